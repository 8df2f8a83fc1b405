//! Local authorities' requests for notices, and their answers.

use domain::OdsCode;
use hl7v3::cpis::acknowledgement::{Codes, write_refusal};
use hl7v3::cpis::pull::{self, Notices, Pull, Pulled};
use hl7v3::soap::{AnswerForm, read_request};
use hl7v3::{AnswerError, Interaction, RequestError, bare};

use super::world::*;
use crate::support::*;

fn pull() -> Pull {
    Pull {
        id: REQUEST_ID.to_owned(),
        authority: OdsCode::parse("V145").expect("a code"),
        name: Some("Example Council".to_owned()),
        low: time("20240101000000"),
        high: time("20240102000000"),
    }
}

pub(crate) fn message() -> Vec<u8> {
    with_request(None, |parts| {
        pull::write_request(parts, Notices::Accesses, &pull())
    })
}

#[test]
fn a_request_reads_as_itself() {
    for notices in Notices::ALL {
        for name in [None, Some("Example Council".to_owned())] {
            let pull = Pull { name, ..pull() };
            let written = with_request(None, |parts| pull::write_request(parts, notices, &pull));
            let doc = parsed(&written);
            let id = notices.request().id();
            let action = format!("urn:nhs:names:services:cpisquery/{id}");
            let request = read_request(&doc, Some(&action)).expect("valid");
            assert_eq!(request.interaction, notices.request());
            assert_eq!(request.sender, asid("276827251543"));
            assert_eq!(request.transmission.id.as_str(), REQUEST_ID);
            assert_eq!(pull::read_request(&request), Ok((notices, pull.clone())));

            let written = with_outgoing(|out| pull::write_bare(out, notices, &pull));
            let doc = parsed(&written);
            let request = bare::read(doc.root()).expect("valid");
            assert_eq!(request.form, AnswerForm::Bare);
            assert_eq!(request.sender, asid("276827251543"));
            assert_eq!(request.receiver, asid("655159266510"));
            assert_eq!(pull::read_request(&request), Ok((notices, pull)));
        }
    }
}

#[test]
fn a_request_is_what_the_stylesheets_read() {
    let doc_bytes = message();
    let alone = bare_of(&doc_bytes, Interaction::CpisAccessPull);
    let expected = format!(
        "<ACCESS_TO_SERVICE xmlns=\"urn:hl7-org:v3\"><id root=\"{REQUEST_ID}\"/>\
         <LocalAuthority id=\"V145\" name=\"Example Council\"/>\
         <AccessTime low=\"20240101000000\" high=\"20240102000000\"/></ACCESS_TO_SERVICE>"
    );
    assert_eq!(alone, expected);
}

#[test]
fn each_missing_part_is_told() {
    let message = text(&message());
    let missing = |field: &str| format!("ErrorBase1712.MANDATORY_DATA_MISSING|{field}");
    let invalid = |field: &str| format!("ErrorBase1712.INVALID_DATA|{field}");
    for (from, to, expected) in [
        (
            format!("<id root=\"{REQUEST_ID}\"/>"),
            "",
            missing("Message ID"),
        ),
        (" id=\"V145\"".to_owned(), "", missing("Local Authority ID")),
        (
            "\"V145\"".to_owned(),
            "\"V-1\"",
            invalid("Local Authority ID"),
        ),
        (
            " low=\"20240101000000\"".to_owned(),
            "",
            missing("Access Time Low"),
        ),
        (
            "20240101000000".to_owned(),
            "then",
            invalid("Access Time Low"),
        ),
        (
            "20240101000000".to_owned(),
            "20250101",
            invalid("Access Time High"),
        ),
        (
            " high=\"20240102000000\"".to_owned(),
            "",
            missing("Access Time High"),
        ),
    ] {
        let broken = mutate(&message, &from, to);
        let doc = parsed(broken.as_bytes());
        match read_request(&doc, None) {
            Err(RequestError::Issue { invalid, reply_to }) => {
                assert_eq!(invalid.to_string(), expected);
                assert_eq!(reply_to.hl7_id, REQUEST_ID);
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    let broken = mutate(
        &message,
        "<AccessTime low=\"20240101000000\" high=\"20240102000000\"/>",
        "",
    );
    let doc = parsed(broken.as_bytes());
    let Err(RequestError::Issue { invalid, .. }) = read_request(&doc, None) else {
        panic!("two faults")
    };
    assert_eq!(invalid.each().count(), 2);
    // In ebXML nothing else says whom to answer.
    let alone = bare_of(message.as_bytes(), Interaction::CpisAccessPull);
    let doc = parsed(alone.as_bytes());
    assert!(matches!(
        bare::read(doc.root()),
        Err(RequestError::Fault(_))
    ));
    let other = mutate(
        &message,
        "ACCESS_TO_SERVICE xmlns",
        "INACTIVE_NHS_NUMBERS xmlns",
    );
    let other = mutate(&other, "</ACCESS_TO_SERVICE>", "</INACTIVE_NHS_NUMBERS>");
    let doc = parsed(other.as_bytes());
    match read_request(&doc, None) {
        Err(RequestError::Issue { invalid, .. }) => {
            assert_eq!(
                invalid.fault,
                "ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_notice_comes_out_as_it_went_in() {
    for notices in Notices::ALL {
        let written = with_answer(notices.request(), |parts| {
            pull::write_notice(parts, notices, |w| {
                w.text_element("Notice", &[("xmlns", xml::ns::HL7)], "payload");
            })
        });
        let message = text(&written);
        let id = notices.answer().id();
        let action = format!("<wsa:Action>urn:nhs:names:services:cpisquery/{id}</wsa:Action>");
        assert!(message.contains(&action));
        let doc = parsed(&written);
        match pull::read_answer(&doc, notices) {
            Ok(Pulled::Notice(element)) => {
                assert!(element.is(xml::ns::HL7, "Notice"));
                assert_eq!(element.text(), "payload");
            }
            other => panic!("{other:?}"),
        }
        let other = Notices::ALL.into_iter().find(|other| *other != notices);
        let found = pull::read_answer(&doc, other.expect("the other"));
        assert_eq!(
            found.expect_err("of the other"),
            AnswerError::Unexpected(id)
        );

        let written = with_bare_answer(notices.request(), |parts| {
            pull::write_nothing(parts, notices)
        });
        let doc = parsed(&written);
        assert_eq!(doc.root().name(), id);
        assert!(matches!(
            pull::read_answer(&doc, notices),
            Ok(Pulled::Nothing)
        ));

        let issues = [Codes::default().unexpected()];
        let written = with_answer(notices.request(), |parts| write_refusal(parts, &issues));
        let doc = parsed(&written);
        match pull::read_answer(&doc, notices) {
            Ok(Pulled::Refused(refusal)) => assert_eq!(refusal.codes(), "GE002"),
            other => panic!("{other:?}"),
        }
    }
}
