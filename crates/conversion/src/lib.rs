//! GP Summaries between HL7 V3 and FHIR R4, both ways.
