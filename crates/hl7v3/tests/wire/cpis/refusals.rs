//! No record, and requests that break a rule.

use domain::code::psis::Severity;
use domain::oid;
use hl7v3::cpis::acknowledgement::{Codes, NoRecord, UNEXPECTED, write_refusal};
use hl7v3::cpis::query;
use hl7v3::cpis::reply::{self, Reply};
use hl7v3::issue::{self, Refusal};
use hl7v3::soap::{RequestError, SpineAnswer, read_request, read_response};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{Interaction, SoapFault};

use super::world::*;
use crate::support::*;

fn read(message: &[u8]) -> Reply {
    reply::read(&parsed(message)).expect("an answer")
}

fn told(refusal: &Refusal) -> Vec<(&str, &str)> {
    let issues = refusal.issues.iter();
    issues
        .inspect(|issue| {
            assert_eq!(issue.system, oid::QUERY_WARNING);
            assert_eq!(issue.severity, Some(Severity::Error));
        })
        .map(|issue| (issue.code.as_str(), issue.text.as_str()))
        .collect()
}

#[test]
fn no_record_is_said_as_published() {
    let written = with_answer(Interaction::CpisQuery, |parts| NoRecord.write(parts));
    validate_message(&written, Interaction::QueryFailed);
    let message = text(&written);
    for part in [
        "<wsa:Action>urn:nhs:names:services:cpisquery/QUQI_IN010000UK14</wsa:Action>",
        "<CP-ISNHSQueryResponse><QUQI_IN010000UK14 ",
        "<versionCode code=\"V3NPfIT3.0\"/>",
        "<acknowledgement typeCode=\"AE\">",
        "<queryResponseCode code=\"ID\"/>",
    ] {
        assert!(message.contains(part), "{part}");
    }
    for code in ["ID", "NF"] {
        let message = mutate(
            &message,
            "Code code=\"ID\"",
            &format!("Code code=\"{code}\""),
        );
        let Reply::NoRecord(refusal) = read(message.as_bytes()) else {
            panic!("{code}")
        };
        let text = "NHS Number Not Found";
        assert_eq!(told(&refusal), [("1", text), ("NHSNCC002", text)]);
        assert_eq!(refusal.acknowledgement, Some(AcknowledgementKind::Error));
    }
    // A failed query that does not say so is not taken for an absent record.
    for (from, to) in [
        ("<queryResponseCode code=\"ID\"/>", ""),
        ("Code code=\"ID\"", "Code code=\"OK\""),
    ] {
        let other = mutate(&message, from, to);
        assert!(matches!(read(other.as_bytes()), Reply::Refused(_)));
    }
}

#[test]
fn a_bare_request_is_answered_bare() {
    let written = with_bare_answer(Interaction::CpisQuery, |parts| NoRecord.write(parts));
    validate_message(&written, Interaction::QueryFailed);
    assert_eq!(parsed(&written).root().name(), "QUQI_IN010000UK14");
    assert!(matches!(read(&written), Reply::NoRecord(_)));
}

#[test]
fn each_broken_rule_has_a_reason() {
    let query = query(person(), false);
    let message = text(&with_request(None, |parts| {
        query::write_request(parts, &query)
    }));
    let message = mutate(&message, "v3INF_DMSv5.7:FIN", "");
    let message = mutate(&message, "9990000018", "99");
    let message = mutate(&message, "code=\"S0010:G0020:R0050\" ", "");
    let doc = parsed(message.as_bytes());
    let Err(RequestError::Issue { invalid, reply_to }) = read_request(&doc, None) else {
        panic!("three faults")
    };
    let issues = invalid.issues_for(reply_to.interaction);
    let written = with_answer(Interaction::CpisQuery, |parts| {
        issue::write_refusal(parts, &issues, AcknowledgementKind::refusing(&issues))
    });
    validate_message(&written, Interaction::Acknowledgement);
    let doc = parsed(&written);
    let body = doc.root().child(xml::ns::SOAP11, "Body").expect("a body");
    let only = body.children().next().expect("a message");
    assert_eq!(only.name(), "MCCI_IN010000UK13", "bare in the body");
    let message = text(&written);
    let action = "<wsa:Action>urn:nhs:names:services:cpisquery/MCCI_IN010000UK13</wsa:Action>";
    assert!(message.contains(action));
    assert!(message.contains("<versionCode code=\"V3NPfIT3.0\"/>"));
    assert!(!message.contains("queryAck"));
    let expected = [
        ("202", "HL7 Validation Error"),
        ("202", "HL7 Validation Error: NHS Number invalid"),
        ("202", "HL7 Validation Error: Job Role Code missing"),
    ];
    let Reply::Refused(refusal) = read(&written) else {
        panic!("refused")
    };
    assert_eq!(told(&refusal), expected);
    assert_eq!(refusal.interaction, Interaction::Acknowledgement);
    // Wrapped as the stylesheet's builder does it, under whatever name.
    let source = only.source();
    let wrapped = mutate(&message, source, &format!("<NotKnown>{source}</NotKnown>"));
    let Reply::Refused(refusal) = read(wrapped.as_bytes()) else {
        panic!("refused")
    };
    assert_eq!(told(&refusal), expected);
    let alone = format!("<x xmlns:hl7='urn:hl7-org:v3'>{source}</x>");
    assert!(matches!(read(alone.as_bytes()), Reply::Refused(_)));
}

#[test]
fn an_operator_may_know_other_codes() {
    let mut codes = Codes::default();
    codes.set("ErrorBase1732.INVALID_ID", "9", "Id");
    codes.set("ErrorBase1712", "10", "{field} is not here");
    codes.set(UNEXPECTED, "GE1", "Sorry");
    codes.set(UNEXPECTED, "GE2", "Very sorry");
    let query = query(person(), false);
    let message = text(&with_request(None, |parts| {
        query::write_request(parts, &query)
    }));
    let message = mutate(&message, &format!("<id root=\"{REQUEST_ID}\"/>"), "");
    let message = mutate(&message, "v3INF_DMSv5.7:FIN", "");
    let message = mutate(&message, "9990000018", "");
    let doc = parsed(message.as_bytes());
    let Err(RequestError::Issue { invalid, reply_to }) = read_request(&doc, None) else {
        panic!("three faults")
    };
    // Where the message has no id, that of the SOAP header is referred to.
    assert_eq!(reply_to.hl7_id, REQUEST_ID);
    let issues = codes.issues(&invalid);
    let told: Vec<_> = issues.iter().map(|i| (&*i.code, i.text.as_str())).collect();
    let expected = [
        ("9", "Id"),
        ("202", "HL7 Validation Error"),
        ("10", "NHS Number is not here"),
    ];
    assert_eq!(told, expected);
    assert_eq!(codes.unexpected().text, "Very sorry");
}

#[test]
fn what_nobody_foresaw_is_said_as_published() {
    let issues = [Codes::default().unexpected()];
    let written = with_bare_answer(Interaction::CpisQuery, |parts| {
        write_refusal(parts, &issues)
    });
    validate_message(&written, Interaction::Acknowledgement);
    let Reply::Refused(refusal) = read(&written) else {
        panic!("refused")
    };
    let text = "Unexpected business error encountered.";
    assert_eq!(told(&refusal), [("GE002", text)]);
}

#[test]
fn a_soap_fault_is_one() {
    let fault = SoapFault::not_supported();
    match read(&fault.write()) {
        Reply::Fault(found) => assert_eq!(found, fault),
        other => panic!("{other:?}"),
    }
    assert_eq!(fault.errors[0].code, "101");
    assert_eq!(fault.errors[0].location, "HTTP Header - SOAPAction");
}

/// The headers of an answer, in the order of the stylesheets.
#[test]
fn the_headers_of_an_answer_are_in_order() {
    let written = with_answer(Interaction::CpisQuery, |parts| NoRecord.write(parts));
    let doc = parsed(&written);
    let header = doc.root().child(xml::ns::SOAP11, "Header").expect("one");
    let names: Vec<&str> = header.children().map(|child| child.name()).collect();
    assert_eq!(
        names,
        [
            "MessageID",
            "Action",
            "To",
            "From",
            "communicationFunctionRcv",
            "communicationFunctionSnd",
            "RelatesTo",
        ]
    );
    let Ok(SpineAnswer::Message(message)) = read_response(&doc) else {
        panic!("a message")
    };
    assert_eq!(message.relates_to, Some(format!("uuid:{REQUEST_ID}")));
}
