//! FHIR R4, as far as the SCR FHIR API uses it.
