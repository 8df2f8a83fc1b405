//! Names on the wire.

use domain::MessageId;

/// ebXML message headers.
pub(crate) const EB: &str =
    "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd";
/// Links.
pub(crate) const XLINK: &str = "http://www.w3.org/1999/xlink";
/// HL7's own mark on a payload. Readers also meet `ebxml` in lower case, and look at neither.
pub(crate) const HL7EBXML: &str = "urn:hl7-org:transport/ebXML/DSTUv1.0";
/// XML Schema instance as everybody on this interface misspells it.
pub(crate) const XSI_AS_WRITTEN: &str = "http://www.w3c.org/2001/XML-Schema-Instance";

/// The type of every party id.
pub(crate) const PARTY_TYPE: &str = "urn:nhs:names:partyType:ocs+serviceInstance";
/// The version of every header element.
pub(crate) const VERSION: &str = "2.0";
/// Who must act on `SyncReply`.
pub(crate) const NEXT: &str = "http://schemas.xmlsoap.org/soap/actor/next";
/// The acknowledgment is the final receiver's.
pub(crate) const TO_PARTY_MSH: &str = "urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH";
/// The acknowledgment is the next handler's.
pub(crate) const NEXT_MSH: &str = "urn:oasis:names:tc:ebxml-msg:actor:nextMSH";
/// As some directory data misspells it.
pub(crate) const TO_PARTY_MSH_MISSPELT: &str = "urn:oasis:names:tc:ebxml-ms:actor:toPartyMSH";
/// What standard error codes are codes of.
pub(crate) const ERRORS: &str = "urn:oasis:names:tc:ebxml-msg:service:errors";

/// The service of signals: acknowledgments and errors.
pub const MESSAGE_SERVICE: &str = "urn:oasis:names:tc:ebxml-msg:service";

/// The id of the first part.
pub(crate) const HEADER_ID: &str = "ebXMLHeader@spine.nhs.uk";

/// The content id of the HL7 message in the message of this id.
pub fn content_id(message: &MessageId) -> String {
    format!("{message}@spine.nhs.uk")
}

/// The `SOAPAction` of a service and action: `urn:nhs:names:services:psis/REPC_IN150016UK05`.
pub fn soap_action(service: &str, action: &str) -> String {
    format!("{service}/{action}")
}

/// Service and action of a `SOAPAction` header as it is met: with or without quotes, and with
/// `urn:` once or twice in front.
pub fn split_soap_action(header: &str) -> Option<(&str, &str)> {
    let bare = header.trim().trim_matches('"');
    let bare = bare
        .strip_prefix("urn:")
        .filter(|rest| rest.starts_with("urn:"))
        .unwrap_or(bare);
    let (service, action) = bare.rsplit_once('/')?;
    (!service.is_empty() && !action.is_empty()).then_some((service, action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soap_actions_are_read_as_they_are_met() {
        let psis = Some(("urn:nhs:names:services:psis", "REPC_IN150016UK05"));
        let ack = Some((MESSAGE_SERVICE, "Acknowledgment"));
        for (header, expected) in [
            ("urn:nhs:names:services:psis/REPC_IN150016UK05", psis),
            ("\"urn:nhs:names:services:psis/REPC_IN150016UK05\"", psis),
            (" urn:urn:nhs:names:services:psis/REPC_IN150016UK05 ", psis),
            (
                "urn:urn:oasis:names:tc:ebxml-msg:service/Acknowledgment",
                ack,
            ),
            ("\"\"", None),
            ("/x", None),
            ("x/", None),
            ("asyncExpressSyncAck", None),
        ] {
            assert_eq!(split_soap_action(header), expected, "{header}");
        }
    }
}
