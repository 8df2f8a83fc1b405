//! GP Summaries between HL7 V3 and FHIR R4, both ways.

// What both directions agree on where R4 has no element: read it before adding to either.
pub mod extension;
