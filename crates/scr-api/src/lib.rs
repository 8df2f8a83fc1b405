//! The SCR FHIR API in front of a Spine.
