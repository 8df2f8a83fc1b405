//! Messages without SOAP: every check of the wrapper, and answers that have no envelope either.

use domain::code::psis as codes;
use hl7v3::issue::{Acknowledged, ApplicationAcknowledgement, QueryFailed, read_acknowledgement};
use hl7v3::psis::{self, QueryAnswer};
use hl7v3::soap::AnswerForm;
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerError, Interaction, RequestError, acs, bare};

use crate::support::*;

fn list_query_alone() -> String {
    let written = with_request(Some(&author()), |parts| {
        psis::write_list_query(parts, &list_query())
    });
    bare_of(&written, Interaction::DocumentListQuery)
}

/// Reads a message, and gives the outcome as one line.
fn outcome(message: &str) -> String {
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    match bare::read(doc.root()) {
        Ok(_) => "ok".to_owned(),
        Err(RequestError::Fault(fault)) => format!("fault {fault}"),
        Err(RequestError::Issue { invalid, reply_to }) => {
            assert_eq!(reply_to.form, AnswerForm::Bare);
            assert_eq!(reply_to.sender, asid("276827251543"));
            format!("{invalid}")
        }
    }
}

#[test]
fn a_message_alone_says_what_soap_says() {
    let message = list_query_alone();
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    let request = bare::read(doc.root()).expect("valid");
    assert_eq!(request.interaction, Interaction::DocumentListQuery);
    assert_eq!(request.message_id, format!("uuid:{REQUEST_ID}"));
    assert_eq!(
        request.action,
        "urn:nhs:names:services:psisquery/QUPC_IN160101UK05"
    );
    assert_eq!(request.sender, asid("276827251543"));
    assert_eq!(request.receiver, asid("655159266510"));
    assert_eq!(request.author, Some(author()));
    assert_eq!(psis::read_list_query(&request), Ok(list_query()));
    let reply_to = request.reply_to();
    assert_eq!(reply_to.form, AnswerForm::Bare);
    assert_eq!(reply_to.hl7_id, REQUEST_ID);
}

/// Spine 2 takes a list query without any filter in ebXML, and not in SOAP.
#[test]
fn a_list_query_alone_may_want_everything() {
    let message = list_query_alone();
    let from = message.find("<filterParameters>").expect("a filter");
    let to = message.find("</filterParameters>").expect("its end");
    let message = format!("{}<filterParameters>{}", &message[..from], &message[to..]);
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    let request = bare::read(doc.root()).expect("valid");
    let query = psis::read_list_query(&request).expect("valid");
    assert_eq!(query.filter, psis::ListFilter::default());
    let in_soap = hl7v3::SpineRequest {
        form: AnswerForm::Soap,
        ..request
    };
    assert!(psis::read_list_query(&in_soap).is_err());
}

#[test]
fn a_setting_alone_is_read() {
    let written = crate::acs::set_request(acs::NewSetting::No);
    let message = bare_of(written.as_bytes(), Interaction::SetPermissions);
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    let request = bare::read(doc.root()).expect("valid");
    let set = acs::read_set(&request).expect("valid");
    assert_eq!(set.setting, acs::NewSetting::No);
}

#[test]
fn every_check_of_the_wrapper_is_made() {
    let message = list_query_alone();
    let author1 = "<author1 typeCode=\"AUT\">";
    for (from, to, expected) in [
        ("", "", "ok"),
        (
            "QUPC_IN160101UK05",
            "QUPC_IN160102UK05",
            "fault SOAP:Client: The service/interaction is not supported",
        ),
        (
            "QUPC_IN160101UK05",
            "Hello",
            "fault SOAP:Client: The service/interaction is not supported",
        ),
        (
            "xmlns=\"urn:hl7-org:v3\"",
            "",
            "fault SOAP:Client: The service/interaction is not supported",
        ),
        (
            "communicationFunctionSnd",
            "communicationFunctionX",
            "fault SOAP:Client: The message is not well formed: 201 one sending ASID must be given",
        ),
        (
            "extension=\"QUPC_IN160101UK05\"",
            "extension=\"QUPC_IN160103UK05\"",
            "ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID|",
        ),
        (
            "communicationFunctionRcv",
            "communicationFunctionX",
            "ErrorBase1732.INCONSISTENT_COMM_FUNC_RCV|",
        ),
        (
            "<id root=\"12AC1810-8211-11E3-8AA7-00059A3C7800\"/>",
            "",
            "ErrorBase1732.INVALID_ID|",
        ),
        (
            "creationTime",
            "time",
            "ErrorBase1732.INVALID_CREATION_TIME|",
        ),
        (
            "versionCode",
            "version",
            "ErrorBase1732.INVALID_VERSION_CODE|",
        ),
        (
            "ControlActEvent",
            "Act",
            "ErrorBase1732.INVALID_CONTROL_ACT|",
        ),
        (
            author1,
            "<author1/><author1/><author1 typeCode=\"AUT\">",
            "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID_CARDINALITY|",
        ),
        (
            "1.2.826.0.1285.0.2.1.104",
            "1",
            "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|job role",
        ),
        (
            "<query>",
            "<query/><query>",
            "ErrorBase1732.CONTROL_ACT_QUERY_INVALID|",
        ),
    ] {
        let found = outcome(&mutate(&message, from, to));
        assert!(
            found.starts_with(expected),
            "expected {expected}, found {found}"
        );
    }
}

/// Whether the message begins with the interaction element, and validates.
#[track_caller]
fn check_answer(written: &[u8], interaction: Interaction) {
    let doc = xml::Document::parse(written).expect("well formed");
    assert_eq!(doc.root().name(), interaction.id());
    validate(written, interaction);
}

#[test]
fn answers_to_a_message_alone_are_alone_and_valid() {
    let patient = patient();
    let entries = [pointer()];
    let list = psis::ListAnswer {
        patient: &patient,
        entries: &entries,
    };
    let written = with_bare_answer(Interaction::DocumentListQuery, |parts| list.write(parts));
    check_answer(&written, Interaction::DocumentListAnswer);
    let doc = xml::Document::parse(&written).expect("well formed");
    assert!(matches!(
        psis::read_list_answer(&doc),
        Ok(QueryAnswer::Data(list)) if list.documents.len() == 1
    ));

    let bytes = summary_bytes(SUMMARY);
    let document = psis::DocumentAnswer {
        pointer: &entries[0],
        bytes: &bytes,
    };
    let written = with_bare_answer(Interaction::DocumentQuery, |parts| document.write(parts));
    check_answer(&validatable(&written), Interaction::DocumentAnswer);

    let issues = [codes::access_refused(), codes::access_not_permitted()];
    let failed = QueryFailed {
        issues: &issues,
        ack: AcknowledgementKind::Error,
    };
    let written = with_bare_answer(Interaction::DocumentQuery, |parts| failed.write(parts));
    check_answer(&written, Interaction::QueryFailed);

    let query = acs::PermissionsQuery {
        patient,
        criteria: None,
    };
    let permissions = acs::PermissionsAnswer {
        query: &query,
        consent: domain::Consent::both(domain::ConsentSetting::No),
    };
    let written = with_bare_answer(Interaction::PermissionsQuery, |parts| {
        permissions.write(parts)
    });
    check_answer(&written, Interaction::PermissionsAnswer);
}

#[test]
fn acknowledgements_read_back() {
    let refused = [codes::no_consent_to_store()];
    for (kind, issues) in [
        (AcknowledgementKind::Accept, &[][..]),
        (AcknowledgementKind::Error, &refused[..]),
    ] {
        let acknowledged = Acknowledged { ack: kind, issues };
        let written = with_bare_answer(Interaction::Summary, |parts| acknowledged.write(parts));
        check_answer(&written, Interaction::Acknowledgement);
        let doc = xml::Document::parse(&written).expect("well formed");
        let read = read_acknowledgement(doc.root()).expect("valid");
        assert_eq!(read.kind, kind);
        assert_eq!(read.refers_to, REQUEST_ID);
        let texts: Vec<&str> = read
            .issues
            .iter()
            .map(|issue| issue.text.as_str())
            .collect();
        let expected: Vec<&str> = issues.iter().map(|issue| issue.text.as_str()).collect();
        assert_eq!(texts, expected);
    }
}

#[test]
fn what_is_no_acknowledgement_is_refused() {
    let message =
        |name: &str, ack: &str| format!("<{name} xmlns=\"urn:hl7-org:v3\">{ack}</{name}>");
    let read = |message: &str| {
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        read_acknowledgement(doc.root())
    };
    let rejected = "<acknowledgement typeCode=\"AR\"><acknowledgementDetail typeCode=\"ER\">\
        <code code=\"502\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.32\" displayName=\"Off\"/>\
        </acknowledgementDetail><messageRef><id root=\"A\"/></messageRef></acknowledgement>";
    let found = read(&message("MCCI_IN010000UK13", rejected)).expect("valid");
    let ApplicationAcknowledgement {
        kind,
        refers_to,
        issues,
    } = found;
    assert_eq!(
        (kind, refers_to.as_str()),
        (AcknowledgementKind::Reject, "A")
    );
    assert_eq!(
        (issues[0].code.as_str(), issues[0].text.as_str()),
        ("502", "Off")
    );
    assert_eq!(issues[0].severity, Some(codes::Severity::Error));

    assert_eq!(
        read(&message("Hello", rejected)),
        Err(AnswerError::NoInteraction)
    );
    assert_eq!(
        read(&message("QUPC_IN160102UK05", rejected)),
        Err(AnswerError::Unexpected("QUPC_IN160102UK05"))
    );
    for broken in ["", "<acknowledgement typeCode=\"XX\"/>"] {
        let found = read(&message("MCCI_IN010000UK13", broken));
        let Err(AnswerError::Content(error)) = found else {
            panic!("{found:?}");
        };
        assert_eq!(
            error.message,
            "acknowledgement/@typeCode must be AA, AE or AR"
        );
    }
}
