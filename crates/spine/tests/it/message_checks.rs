//! The checks common to all interactions: a sample of each class, as mutations of a valid
//! request. Every single one is tested where it is made, in `hl7v3`.

use crate::requests::*;
use crate::summaries::document_id;
use crate::world::{World, check};

fn world() -> World {
    World::new().with_documents(&[(&document_id(1), "20240101")])
}

/// Faults of the SOAP header: HTTP 500, the header named.
#[test]
fn a_bad_soap_header_is_a_fault() {
    let list = asked().whole_list();
    let rcv = format!("<hl7:id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"{SPINE_ASID}\"/>");
    let snd = format!("<hl7:id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"{CLIENT_ASID}\"/>");
    for (from, to, name, header) in [
        ("uuid:", "", "SOAP_MESSAGE_ID_ERROR", "wsa:MessageID"),
        ("uuid:", "uuid:0", "SOAP_MESSAGE_ID_ERROR", "wsa:MessageID"),
        (
            "wsa:Action>",
            "wsa:Activity>",
            "SOAP_ACTION_ERROR",
            "wsa:Action",
        ),
        (
            "https://spine.example/sync-service</wsa:To>",
            "</wsa:To>",
            "SOAP_TO_ERROR",
            "wsa:To",
        ),
        (
            &rcv,
            "",
            "SOAP_COMM_FUNC_RCV_ERROR",
            "communicationFunctionRcv",
        ),
        (
            &snd,
            "",
            "SOAP_COMM_FUNC_SND_ERROR",
            "communicationFunctionSnd",
        ),
    ] {
        let answer = check(mutate(&list, from, to), &world());
        let start = format!("fault 201 ErrorBaseTms.{name}: ");
        assert!(answer.line.starts_with(&start), "{}", answer.line);
        assert!(
            answer.line.ends_with(&format!("(SOAP Header - {header})")),
            "{}",
            answer.line
        );
        assert!(answer.body.contains("<faultcode>SOAP:Client</faultcode>"));
    }
    for (from, to) in [
        ("SOAP-ENV:Header", "SOAP-ENV:Head"),
        ("<SOAP-ENV:Body>", "<SOAP-ENV:Body/><SOAP-ENV:Body>"),
        ("</SOAP-ENV:Body>", "<x/></SOAP-ENV:Body>"),
    ] {
        let answer = check(mutate(&list, from, to), &world());
        assert!(
            answer.line.starts_with("fault 201 The message is not"),
            "{}",
            answer.line
        );
    }
}

/// Faults of the message: HTTP 200, answered in the interaction's own form, the rule named.
#[test]
fn a_bad_message_is_refused_in_its_own_form() {
    let id = format!("<id root=\"{REQUEST_ID}\"/>");
    let one_author = "<author typeCode=\"AUT\">";
    let body_rcv =
        format!("\"INSTANCE\"><id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"{SPINE_ASID}\"/>");
    let body_snd = format!(
        "\"INSTANCE\"><id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"{CLIENT_ASID}\"/></device>"
    );
    let rows: Vec<(&str, &str, &str)> = vec![
        (&id, "", "INVALID_ID|"),
        (&id, "<id root=\"\"/>", "INVALID_ID|"),
        (
            "<creationTime value=\"20240701130000\"/>",
            "<creationTime value=\"\"/>",
            "INVALID_CREATION_TIME|",
        ),
        (
            "<versionCode code=\"",
            "<versionCode kode=\"",
            "INVALID_VERSION_CODE|",
        ),
        ("ControlActEvent", "ControlActs", "INVALID_CONTROL_ACT|"),
        (
            one_author,
            "<author/><author typeCode=\"AUT\">",
            "CONTROL_ACT_AUTHOR_INVALID|",
        ),
        (
            "extension=\"S0080:G0450:R5080\"",
            "",
            "CONTROL_ACT_AUTHOR_INVALID|",
        ),
        (
            "author1",
            "author7",
            "CONTROL_ACT_AUTHOR_INVALID_CARDINALITY|",
        ),
        (
            "agentSystemSDS",
            "agentSystem",
            "CONTROL_ACT_AUTHOR_AGENT_INVALID|",
        ),
        (
            "root=\"2.16.840.1.113883.2.1.3.2.4.12\"",
            "root=\"2.16\"",
            "INCONSISTENT_HL7_INTERACTION_ID|",
        ),
        (&body_rcv, "\"INSTANCE\">", "INCONSISTENT_COMM_FUNC_RCV|"),
        (
            &body_snd,
            "\"INSTANCE\"></device>",
            "INCONSISTENT_COMM_FUNC_SND|",
        ),
    ];
    for (message, refusal) in [
        (asked().whole_list(), "QUQI_IN010000UK14 AE 400 400 ID"),
        (
            asked().document(&document_id(1)),
            "QUQI_IN010000UK14 AE 400 400 ID",
        ),
        (asked().permissions(None), "MCCI_IN010000UK13 AE 400 400"),
    ] {
        for (from, to, rule) in &rows {
            let world = world();
            let answer = check(mutate(&message, from, to), &world);
            assert_eq!(answer.line, refusal, "{rule}");
            let named = format!("displayName=\"ErrorBase1732.{rule}");
            assert!(answer.body.contains(&named), "{rule}: {}", answer.body);
            let event = answer.event.expect("an event");
            let decision = event.decision.expect("the rule");
            assert!(
                decision.starts_with(&format!("ErrorBase1732.{rule}")),
                "{decision}"
            );
            assert_eq!(event.asid, Some(asid(CLIENT_ASID)));
        }
    }
}

/// Faults of the query: the parameter named.
#[test]
fn a_bad_query_is_refused_by_its_parameter() {
    let list = asked().list(between("20000101", "2024"));
    let document = asked().document(&document_id(1));
    let id = document_id(1);
    for (message, from, to, rule) in [
        (
            &list,
            "<low value=\"20000101\"/>",
            "",
            "MANDATORY_FILTER_PARAMETER_MISSING|missingLow",
        ),
        (
            &list,
            "<high value=\"2024\"/>",
            "",
            "MANDATORY_FILTER_PARAMETER_MISSING|missingHigh",
        ),
        (
            &list,
            "date>",
            "dates>",
            "SET_ID_NOT_ALLOWED_WITH_OTHER_PARAMS|",
        ),
        (
            &list,
            "<date>",
            "<setID/><date>",
            "SET_ID_NOT_ALLOWED_WITH_OTHER_PARAMS|",
        ),
        (
            &list,
            "<date>",
            "<documentType><value code=\"1\"/></documentType><date>",
            "MANDATORY_FILTER_PARAMETER_MISSING|missingDocumentTypeCodeSystem",
        ),
        (
            &list,
            "dissentOverride>",
            "override>",
            "MANDATORY_FIELD_MISSING|dissentOverride",
        ),
        (
            &document,
            "<documentID>",
            "<setId/><documentID>",
            "SET_ID_NOT_ALLOWED_WITH_OTHER_PARAMS|",
        ),
        (
            &document,
            id.as_str(),
            "",
            "MANDATORY_FILTER_PARAMETER_MISSING|missingDocumentID",
        ),
        (
            &document,
            "documentID>",
            "document>",
            "SET_ID_NOT_ALLOWED_WITH_OTHER_PARAMS|",
        ),
    ] {
        let answer = check(mutate(message, from, to), &world());
        assert_eq!(answer.line, "QUQI_IN010000UK14 AE 400 400 ID", "{rule}");
        let named = format!("displayName=\"ErrorBase1733.{rule}");
        assert!(answer.body.contains(&named), "{rule}: {}", answer.body);
    }
}
