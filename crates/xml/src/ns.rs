//! The namespaces of this house, one constant each.

/// SOAP 1.1 envelope.
pub const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SOAP 1.2 envelope, known only to be refused by its own fault.
pub const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// WS-Addressing of the ITK side.
pub const WSA_2005: &str = "http://www.w3.org/2005/08/addressing";
/// WS-Addressing of the Spine side.
pub const WSA_2004: &str = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
/// WS-Security extension.
pub const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// WS-Security utility.
pub const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// XML signature.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Interoperability Toolkit.
pub const ITK: &str = "urn:nhs-itk:ns:201005";
/// HL7 V3.
pub const HL7: &str = "urn:hl7-org:v3";
/// HL7 localisation of the English programme, as the Spine spells it.
pub const NPFITLC: &str = "NPFIT:HL7:Localisation";
/// The other spelling, met in mini-service answers.
pub const NPFITLC_OLD: &str = "NPFIT:Localisation";
/// Access control payloads.
pub const CRS: &str = "http://national.carerecords.nhs.uk/schema/crs/";
/// Details of Spine SOAP faults.
pub const NASP: &str = "http://national.carerecords.nhs.uk/schema/";
/// Presentation text.
pub const PRESENTATION: &str = "xhtml:NPfIT:PresentationText";
/// XML Schema instance.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The `xml` prefix.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The `xmlns` prefix: never declared, never used.
pub(crate) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
