//! The rules of the envelope that no official test covers: one defect each, and fault 1000.

use itk::fault::ErrorCode::Invalid;
use itk::fault::FaultKind::Client;

use crate::negative::{ACTION, PROFILE, TO, TOOLKIT_ID};
use crate::support::{MESSAGE, PAYLOAD, TRACKING, check_fault, cut, edit, query_message};

#[test]
fn the_rules_beyond_the_official_table() {
    let valid = query_message();
    let with = |from: &str, to: &str| edit(&valid, from, to);
    let tracking = format!("trackingid=\"{TRACKING}\"");
    let sender = "<itk:senderAddress type=\"2.16.840.1.113883.2.1.3.2.4.18.22\" uri=\"urn:nhs-uk:addressing:ods:RKE\"/>";
    let toolkit_type = format!("type=\"2.16.840.1.113883.2.1.3.2.4.18.27\" {TOOLKIT_ID}");
    let cases: Vec<(&str, String, &str)> = vec![
        ("no envelope", "<a/>".into(), "document element"),
        ("an empty message", String::new(), "line "),
        (
            "no header",
            cut(&valid, "<soap:Header>", "</soap:Header>", ""),
            "Header is missing",
        ),
        (
            "after the body",
            with("</soap:Envelope>", "<x/></soap:Envelope>"),
            "only Header and Body",
        ),
        (
            "another body",
            with("</soap:Body>", "<x/></soap:Body>"),
            "Body holds one",
        ),
        (
            "an empty body",
            cut(&valid, "<soap:Body>", "</soap:Body>", "<soap:Body/>"),
            "DistributionEnvelope",
        ),
        (
            "two MessageIDs",
            with(
                ACTION,
                &format!("<wsa:MessageID>{PAYLOAD}</wsa:MessageID>{ACTION}"),
            ),
            "given twice",
        ),
        (
            "MessageID without UUID",
            valid.replace(MESSAGE, "hello"),
            "MessageID must be",
        ),
        (
            "MessageID with an odd prefix",
            valid.replace(MESSAGE, &format!("1-{MESSAGE}")),
            "MessageID must be",
        ),
        (
            "a blank Action",
            with(ACTION, "<wsa:Action> </wsa:Action>"),
            "Action is blank",
        ),
        (
            "another Action",
            with(ACTION, "<wsa:Action>urn:x</wsa:Action>"),
            "Action must be",
        ),
        (
            "a bad mustUnderstand",
            with("<wsa:To>", "<wsa:To soap:mustUnderstand=\"perhaps\">"),
            "mustUnderstand",
        ),
        (
            "reference properties",
            with(
                TO,
                &format!("<wsa:From><wsa:ReferenceProperties/></wsa:From>{TO}"),
            ),
            "ReferenceProperties",
        ),
        (
            "a blank attribute",
            with("<wsa:ReplyTo>", "<wsa:ReplyTo a=\"\">"),
            "attribute a is blank",
        ),
        (
            "a schema location",
            with(
                "<soap:Body>",
                "<soap:Body xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:schemaLocation=\"a b\">",
            ),
            "schemaLocation",
        ),
        (
            "a control character",
            with(PROFILE, " profileid=\"a&#10;b\""),
            "control character",
        ),
        (
            "a Timestamp Id without UUID",
            valid.replace("<wsu:Timestamp ", "<wsu:Timestamp wsu:Id=\"t\" "),
            "Id of Timestamp",
        ),
        (
            "a Timestamp Id used again",
            valid.replace(
                "<wsu:Timestamp ",
                &format!("<wsu:Timestamp wsu:Id=\"ts-{TRACKING}\" "),
            ),
            "must be different",
        ),
        (
            "a tracking id used again",
            valid.replace(TRACKING, MESSAGE),
            "MessageID and trackingid must be different",
        ),
        (
            "a payload id used again",
            valid.replace(PAYLOAD, TRACKING),
            "must be different",
        ),
        (
            "trackingid in lower case",
            with(&tracking, &tracking.to_lowercase()),
            "trackingid",
        ),
        (
            "trackingid with a prefix",
            with(&tracking, &format!("trackingid=\"uuid_{TRACKING}\"")),
            "trackingid",
        ),
        (
            "no auditIdentity",
            cut(&valid, "<itk:auditIdentity>", "</itk:auditIdentity>", ""),
            "auditIdentity",
        ),
        (
            "one token",
            with(TOOLKIT_ID, "uri=\"urn:nhs-uk:identity:ods\""),
            "at least two tokens",
        ),
        (
            "an empty token",
            with(TOOLKIT_ID, "uri=\"urn:nhs-uk:identity:ods::x\""),
            "at least two tokens",
        ),
        (
            "no type",
            with(&toolkit_type, "uri=\"112233445566\""),
            "Toolkit identity must begin",
        ),
        (
            "a bad type",
            with(&toolkit_type, "type=\"user\" uri=\"112233445566\""),
            "must be an OID",
        ),
        (
            "a wrong type",
            with(
                &toolkit_type,
                &format!("type=\"1.2.826.0.1285.0.2.0.65\" {TOOLKIT_ID}"),
            ),
            "type of a Toolkit identity",
        ),
        (
            "five identities",
            with(
                "</itk:auditIdentity>",
                &format!(
                    "{0}{0}</itk:auditIdentity>",
                    "<itk:id type=\"1.2\" uri=\"a\"/>"
                ),
            ),
            "at most four",
        ),
        (
            "another mimetype",
            with("mimetype=\"text/xml\"", "mimetype=\"text/plain\""),
            "mimetype",
        ),
        (
            "base64",
            with(PROFILE, &format!("{PROFILE} base64=\"true\"")),
            "base64",
        ),
        (
            "compressed",
            with(PROFILE, &format!("{PROFILE} compressed=\"1\"")),
            "compressed",
        ),
        (
            "encrypted",
            with(PROFILE, &format!("{PROFILE} encrypted=\"true\"")),
            "encrypted",
        ),
        (
            "a boolean that is none",
            with(PROFILE, &format!("{PROFILE} encrypted=\"no\"")),
            "encrypted",
        ),
        (
            "an unknown attribute",
            with(PROFILE, &format!("{PROFILE} x=\"1\"")),
            "attribute x",
        ),
        (
            "a payload id in lower case",
            valid.replace(PAYLOAD, &PAYLOAD.to_lowercase()),
            "upper-case UUID",
        ),
        (
            "a payload id without prefix",
            valid.replace(&format!("uuid_{PAYLOAD}"), PAYLOAD),
            "prefix",
        ),
        (
            "a bad sender",
            edit(&valid, sender, "<itk:senderAddress uri=\"RKE\"/>"),
            "senderAddress",
        ),
        (
            "a sender out of order",
            edit(
                &edit(&valid, sender, ""),
                "<itk:manifest ",
                &format!("{sender}<itk:manifest "),
            ),
            "senderAddress",
        ),
        (
            "no interaction",
            cut(
                &valid,
                "<itk:handlingSpecification>",
                "</itk:handlingSpecification>",
                "",
            ),
            "handlingSpecification",
        ),
        (
            "another interaction",
            with(
                "interaction:querySCRRequest-v1-0",
                "interaction:queryPTVRequest-v1-0",
            ),
            "handlingSpecification",
        ),
        (
            "another payload",
            edit(
                &valid,
                PROFILE,
                " profileid=\"urn:nhs-en:profile:getSCRStatusRequest-v-1-0\"",
            )
            .replace(
                "interaction:querySCRRequest",
                "interaction:getSCRStatusRequest",
            ),
            "GetSCRStatusRequest",
        ),
        (
            "two payload elements",
            with("</QuerySCRRequest>", "</QuerySCRRequest><x/>"),
            "one element",
        ),
        (
            "text beside the payload",
            with("</QuerySCRRequest>", "</QuerySCRRequest>x"),
            "no text",
        ),
        (
            "no payload",
            cut(&valid, "<QuerySCRRequest", "</QuerySCRRequest>", ""),
            "payload is empty",
        ),
    ];
    for (name, text, names) in cases {
        check_fault(name, &text, Client, Invalid, names);
    }
}
