//! Passing an answer on: what it says stays, where it goes is new.

use domain::code::psis as codes;
use hl7v3::issue::{QueryFailed, Refusal};
use hl7v3::psis::{self, DocumentAnswer, ListAnswer, QueryAnswer};
use hl7v3::relay::{Passed, write_passed_refusal};
use hl7v3::soap::{SpineAnswer, read_response};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, Interaction};

use crate::support::*;

const OUR_ID: &str = "77AC1810-8211-11E3-8AA7-00059A3C7800";

/// The answer of a Spine, passed on to somebody else who asked under another id.
fn pass_on(answer: &[u8], asked: Interaction) -> Vec<u8> {
    let doc = xml::Document::parse(answer).expect("well formed");
    let Ok(SpineAnswer::Message(message)) = read_response(&doc) else {
        panic!("no message");
    };
    let passed = Passed::of(&message).expect("a subject");
    with_our_parts(asked, |parts| passed.write(parts))
}

fn with_our_parts<T>(asked: Interaction, then: impl FnOnce(&AnswerParts<'_>) -> T) -> T {
    let mut reply_to = reply_to(asked);
    reply_to.message_id = "uuid:88AC1810-8211-11E3-8AA7-00059A3C7800".to_owned();
    reply_to.hl7_id = "99AC1810-8211-11E3-8AA7-00059A3C7800".to_owned();
    reply_to.sender = asid("200000000115");
    then(&AnswerParts {
        id: OUR_ID,
        now: "2024-07-01T12:00:03Z".parse().expect("a time"),
        service_url: "https://smsp.example/sync-service",
        asid: &asid("655159266510"),
        reply_to: &reply_to,
    })
}

#[test]
fn a_list_is_passed_on_with_its_warnings() {
    let entries = [pointer()];
    let list = ListAnswer {
        patient: &patient(),
        entries: &entries,
    };
    let plain = with_answer(Interaction::DocumentListQuery, |parts| list.write(parts));
    let warning = "<reason typeCode=\"RSON\"><justifyingDetectedIssueEvent classCode=\"ALRT\" \
                   moodCode=\"EVN\"><code code=\"9\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.42\" \
                   displayName=\"Successful retrieval\"><qualifier code=\"WG\"/></code>\
                   </justifyingDetectedIssueEvent></reason>";
    let warned = mutate(&text(&plain), "<subject ", &format!("{warning}<subject "));
    for (answer, warnings) in [(text(&plain), 0), (warned, 1)] {
        let passed = pass_on(answer.as_bytes(), Interaction::DocumentListQuery);
        validate(&passed, Interaction::DocumentListAnswer);
        let doc = xml::Document::parse(&passed).expect("well formed");
        let Ok(SpineAnswer::Message(message)) = read_response(&doc) else {
            panic!("no message");
        };
        assert_eq!(message.id.expect("an id").as_str(), OUR_ID);
        let acknowledgement = message.acknowledgement.expect("one");
        assert_eq!(
            acknowledgement.refers_to,
            "99AC1810-8211-11E3-8AA7-00059A3C7800"
        );
        let issues = hl7v3::issue::read_issues(message.element);
        assert_eq!(issues.len(), warnings);
        let Ok(QueryAnswer::Data(list)) = psis::read_list_answer(&doc) else {
            panic!("no data");
        };
        assert_eq!(list.patient, Some(patient()));
        assert_eq!(list.documents[0].id, document(DOCUMENT_ID));
        assert!(!text(&passed).contains(REQUEST_ID) && !text(&passed).contains(ANSWER_ID));
    }
}

/// The bytes of a document stay, whatever prefixes it inherits.
#[test]
fn a_document_is_passed_on_untouched() {
    let odd = "<o:x xmlns:o=\"urn:o\" xmlns:odd=\"urn:hl7-org:v3\" xmlns=\"urn:other\">\
               <odd:GPSummary classCode=\"COMPOSITION\" moodCode=\"EVN\"><!-- kept --><odd:id \
               root='03EEFE2E-796C-11E3-B681-00059A3C7800'/></odd:GPSummary></o:x>";
    for source in [SUMMARY, odd] {
        let bytes = summary_bytes(source);
        let pointer = pointer();
        let answer = DocumentAnswer {
            pointer: &pointer,
            bytes: &bytes,
        };
        let written = with_answer(Interaction::DocumentQuery, |parts| answer.write(parts));
        let twice = pass_on(
            &pass_on(&written, Interaction::DocumentQuery),
            Interaction::DocumentQuery,
        );
        let doc = xml::Document::parse(&twice).expect("well formed");
        let Ok(QueryAnswer::Data(retrieved)) = psis::read_document_answer(&doc) else {
            panic!("no data");
        };
        let slice = retrieved.document.slice();
        assert_eq!(slice.bytes.as_bytes(), bytes.bytes);
        assert_eq!(slice.inherited, bytes.inherited);
    }
}

#[test]
fn what_has_no_subject_is_not_passed_on() {
    let issues = [codes::system_error()];
    let failed = QueryFailed {
        issues: &issues,
        ack: AcknowledgementKind::Error,
    };
    let written = with_answer(Interaction::DocumentListQuery, |parts| failed.write(parts));
    let doc = xml::Document::parse(&written).expect("well formed");
    let Ok(SpineAnswer::Message(message)) = read_response(&doc) else {
        panic!("no message");
    };
    assert_eq!(Passed::of(&message), None);
}

#[test]
fn a_refusal_keeps_its_codes_and_its_form() {
    let issue = |code: &str, system: &str| hl7v3::issue::ReadIssue {
        code: code.to_owned(),
        system: system.to_owned(),
        text: "why & wherefore".to_owned(),
        severity: None,
    };
    let known = "2.16.840.1.113883.2.1.3.2.4.17.42";
    let issues = vec![issue("410", known), issue("30307", "")];
    use AcknowledgementKind::{Accept, Error, Reject};
    use Interaction::{
        Acknowledgement, DocumentListAnswer, DocumentListQuery, PermissionsQuery, QueryFailed,
        SetPermissions,
    };
    for (asked, came, kind, form, passed_kind) in [
        (
            DocumentListQuery,
            QueryFailed,
            Some(Error),
            QueryFailed,
            Error,
        ),
        (
            DocumentListQuery,
            Acknowledgement,
            Some(Reject),
            Acknowledgement,
            Reject,
        ),
        // One that says yes and gives nothing is a refusal all the same.
        (
            DocumentListQuery,
            DocumentListAnswer,
            Some(Accept),
            QueryFailed,
            Error,
        ),
        (PermissionsQuery, QueryFailed, None, Acknowledgement, Error),
        (
            SetPermissions,
            Acknowledgement,
            Some(Error),
            Acknowledgement,
            Error,
        ),
    ] {
        let mut refusal = Refusal {
            interaction: came,
            acknowledgement: kind,
            issues: issues.clone(),
        };
        let written = with_our_parts(asked, |parts| write_passed_refusal(parts, &refusal));
        validate(&written, form);
        let doc = xml::Document::parse(&written).expect("well formed");
        let Ok(SpineAnswer::Message(message)) = read_response(&doc) else {
            panic!("no message");
        };
        assert_eq!(message.interaction, form);
        assert_eq!(message.acknowledgement.expect("one").kind, passed_kind);
        let read = hl7v3::issue::read_issues(message.element);
        let said: Vec<_> = read
            .iter()
            .map(|i| (i.code.as_str(), i.text.as_str()))
            .collect();
        assert_eq!(
            said,
            [("410", "why & wherefore"), ("30307", "why & wherefore")]
        );
        assert_eq!(read[0].system, known);

        refusal.issues.clear();
        let written = with_our_parts(asked, |parts| write_passed_refusal(parts, &refusal));
        assert!(text(&written).contains("code=\"500\""), "no silence");
    }
}
