//! Acknowledgments and errors, ours and the published ones.

use ebxml::{
    Acknowledgment, Actor, ErrorCode, Kind, MESSAGE_SERVICE, MessageError, MessageHeader, Pattern,
    Severity, read,
};
use jiff::Timestamp;

use crate::support::{file, header, id, squeezed};

/// The header of the message that the published acknowledgment acknowledges.
fn acknowledged() -> MessageHeader {
    MessageHeader {
        from_party: "YES-0000806".parse().expect("a party key"),
        to_party: "FROM-000001".parse().expect("a party key"),
        conversation: "10F5A436-1913-43F0-9F18-95EA0E43E61A".to_owned(),
        message_id: id("C614484E-4B10-499A-9ACD-5D645CFACF61"),
        timestamp: "2019-05-04T20:55:16Z".parse().expect("an instant"),
        ..header()
    }
}

fn now() -> Timestamp {
    "2012-03-15T06:51:08Z".parse().expect("an instant")
}

#[test]
fn an_acknowledgment_is_the_adaptor_s() {
    let Some(expected) = file(
        "an_acknowledgment_is_the_adaptor_s",
        "adaptor-inbound/ebxml_ack.xml",
    ) else {
        return;
    };
    let own = id("5BB171D4-53B2-4986-90CF-428BE6D157F5");
    let ours = Acknowledgment::write(&acknowledged(), own, now());
    let ours = String::from_utf8(ours).expect("text");
    let expected = squeezed(&expected.replace("FROM_PARTY_ID", "FROM-000001"));
    assert_eq!(squeezed(&ours), expected.trim_end());
}

#[test]
fn an_acknowledgment_is_read_back() {
    for actor in [Actor::ToParty, Actor::Next] {
        let of = MessageHeader {
            ack_requested: Some(actor),
            ..acknowledged()
        };
        let bytes = Acknowledgment::write(&of, id("A"), now());
        let signal = read("text/xml; charset=utf-8", &bytes).expect("read");
        assert_eq!(signal.check(Pattern::Signal), Ok(()));
        assert_eq!(signal.header, of.of_signal("Acknowledgment", id("A")));
        assert_eq!(signal.header.service, MESSAGE_SERVICE);
        let expected = Acknowledgment {
            timestamp: now(),
            ref_to: of.message_id.clone(),
            actor,
            from: Some(of.to_party.clone()),
        };
        assert_eq!(signal.kind, Kind::Acknowledgment(expected));
        assert!(signal.payload.is_none() && signal.references.is_empty());
    }
}

#[test]
fn an_error_message_has_the_published_shape() {
    let errors = [
        MessageError::new(ErrorCode::ValueNotRecognized, "501319:Unknown eb:CPAId"),
        MessageError {
            code: ErrorCode::Other("200".to_owned()),
            severity: Severity::Warning,
            description: "a < b".to_owned(),
        },
    ];
    let bytes = MessageError::write(&errors, &acknowledged(), id("A"));
    let text = String::from_utf8(bytes.clone()).expect("text");
    let list = "<eb:ErrorList eb:version=\"2.0\" soap:mustUnderstand=\"1\" \
         eb:highestSeverity=\"Error\">\
         <eb:Error eb:codeContext=\"urn:oasis:names:tc:ebxml-msg:service:errors\" \
         eb:errorCode=\"ValueNotRecognized\" eb:severity=\"Error\">\
         <eb:Description xml:lang=\"en-GB\">501319:Unknown eb:CPAId</eb:Description></eb:Error>";
    assert!(text.contains(list), "{text}");
    let signal = read("text/xml", &bytes).expect("read");
    assert_eq!(
        signal.header,
        acknowledged().of_signal("MessageError", id("A"))
    );
    assert_eq!(signal.kind, Kind::Errors(errors.to_vec()));
    assert_eq!(
        errors[0].to_string(),
        "Error ValueNotRecognized: 501319:Unknown eb:CPAId"
    );

    let warning = MessageError::write(&errors[1..], &acknowledged(), id("A"));
    let text = String::from_utf8(warning).expect("text");
    assert!(text.contains("eb:highestSeverity=\"Warning\""), "{text}");
}

#[test]
fn error_codes_are_two_way() {
    for name in [
        "ValueNotRecognized",
        "NotSupported",
        "Inconsistent",
        "OtherXml",
        "DeliveryFailure",
        "TimeToLiveExpired",
        "SecurityFailure",
        "MimeProblem",
        "Unknown",
    ] {
        assert!(
            !matches!(ErrorCode::of(name), ErrorCode::Other(_)),
            "{name}"
        );
        assert_eq!(ErrorCode::of(name).name(), name);
    }
    assert_eq!(ErrorCode::of("200"), ErrorCode::Other("200".to_owned()));
}

/// An acknowledgment with an error list beside it.
fn with_error(error: &MessageError) -> Kind {
    let errors = MessageError::write(std::slice::from_ref(error), &acknowledged(), id("A"));
    let errors = String::from_utf8(errors).expect("text");
    let from = errors.find("<eb:ErrorList").expect("a list");
    let to = errors.find("</soap:Header>").expect("an end");
    let list = &errors[from..to];
    let both = String::from_utf8(Acknowledgment::write(&acknowledged(), id("A"), now()))
        .expect("text")
        .replace("</soap:Header>", &format!("{list}</soap:Header>"));
    read("text/xml", both.as_bytes()).expect("read").kind
}

#[test]
fn an_error_undoes_an_acknowledgment_and_a_warning_does_not() {
    let mut error = MessageError::new(ErrorCode::Unknown, "no");
    assert_eq!(with_error(&error), Kind::Errors(vec![error.clone()]));
    error.severity = Severity::Warning;
    assert!(matches!(with_error(&error), Kind::Acknowledgment(_)));
}

#[test]
fn the_harness_s_acknowledgment_template_is_read() {
    let name = "mth/spine-ebxmlack-template.xml";
    let Some(template) = file("the_harness_s_acknowledgment_template_is_read", name) else {
        return;
    };
    let body = template
        .replace("__ORIGINATING_TO_PARTY_ID__", "YES-0000806")
        .replace("__ORIGINATING_FROM_PARTY_ID__", "A91424-9199121")
        .replace("__MY_ACK_CPAID_LITERAL__", "oasis0001")
        .replace("__CONVERSATION_ID__", "C")
        .replace("__ORIGINAL_MESSAGEID__", "ORIGINAL")
        .replace("__MESSAGEID__", "OWN")
        .replace("__TIMESTAMP__", "2026-11-21T09:30:00");
    let signal = read("text/xml", body.as_bytes()).expect("read");
    let Kind::Acknowledgment(acknowledgment) = signal.kind else {
        panic!("an acknowledgment: {signal:?}");
    };
    assert_eq!(acknowledgment.ref_to, id("ORIGINAL"));
    assert_eq!(signal.header.ref_to, Some(id("ORIGINAL")));
}
