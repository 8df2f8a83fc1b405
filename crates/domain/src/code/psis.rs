//! Detected issues: the codes with which PSIS and ACS say no
//! (OID 2.16.840.1.113883.2.1.3.2.4.17.33).
//!
//! A failed query carries the general issue first and the specific one second.
