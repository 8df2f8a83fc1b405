//! The event generation: queries and answers, both directions.

use domain::record::{DocumentAuthor, DocumentBytes, DocumentPointer, DocumentState, SummaryKind};
use domain::{Consent, ConsentSetting};
use hl7v3::gp_summary;
use hl7v3::psis::event::{
    EventAnswer, EventList, EventListAnswer, EventListQuery, EventQuery, read_event_answer,
    read_event_list_answer, read_event_list_query, read_event_query, write_event_list_query,
    write_event_query,
};
use hl7v3::psis::{DissentOverride, QueryAnswer};
use hl7v3::soap::read_request;
use hl7v3::{AnswerError, Interaction, Invalid};

use crate::support::*;

fn overrides() -> [DissentOverride; 2] {
    let overriding = DissentOverride {
        code: 4,
        display_name: Some("Query for update".to_owned()),
        original_text: Some("asked by <the> patient".to_owned()),
    };
    [DissentOverride::none(), overriding]
}

#[test]
fn queries_validate_and_read_back() {
    for dissent_override in overrides() {
        let list = EventListQuery {
            patient: patient(),
            dissent_override: dissent_override.clone(),
        };
        for (sm, interaction) in [
            (false, Interaction::EventListQuery),
            (true, Interaction::EventListQuerySm),
        ] {
            let written = with_request(Some(&author()), |parts| {
                write_event_list_query(parts, &list, sm)
            });
            validate_as(&written, interaction, "QUPC_IN180000UK04");
            let doc = xml::Document::parse(&written).expect("well formed");
            let request = read_request(&doc, Some(&interaction.action())).expect("valid");
            assert_eq!(request.interaction, interaction);
            assert_eq!(read_event_list_query(&request), Ok(list.clone()));
        }
        let one = EventQuery {
            patient: patient(),
            dissent_override,
            event: document(DOCUMENT_ID),
        };
        let written = with_request(Some(&author()), |parts| write_event_query(parts, &one));
        validate(&written, Interaction::EventQuery);
        let doc = xml::Document::parse(&written).expect("well formed");
        let request = read_request(&doc, None).expect("valid");
        assert_eq!(read_event_query(&request), Ok(one));
    }
}

#[test]
fn every_check_of_a_query_is_made() {
    let [_, overriding] = overrides();
    let query = |dissent_override| EventQuery {
        patient: patient(),
        dissent_override,
        event: document(DOCUMENT_ID),
    };
    let message = |author: Option<&_>, query: &EventQuery| {
        with_request(author, |parts| text(&write_event_query(parts, query)))
    };
    let read = |message: &str| -> Result<EventQuery, Invalid> {
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        read_event_query(&read_request(&doc, None).expect("a sound wrapper"))
    };
    let sound = message(Some(&author()), &query(DissentOverride::none()));
    let missing = "ErrorBase1733.MANDATORY_FIELD_MISSING";
    for (from, to, expected) in [
        (
            "dissentOverride",
            "consent",
            format!("{missing}|dissentOverride"),
        ),
        ("17.60", "17.61", format!("{missing}|dissentOverride")),
        ("nHSNumber", "number", format!("{missing}|nhsNumber")),
        ("9990000018", "9990000019", format!("{missing}|nhsNumber")),
        ("eventRecord", "record", format!("{missing}|eventRecord")),
        (DOCUMENT_ID, "1", format!("{missing}|eventRecord")),
        (
            "code=\"0\"",
            "code=\"6\"",
            "ErrorBase1733.INVALID_FIELD_VALUE|dissentOverride|[0 to 5]".to_owned(),
        ),
    ] {
        let invalid = read(&mutate(&sound, from, to)).expect_err(&expected);
        assert_eq!(invalid.to_string(), expected);
        assert_eq!(invalid.nhs_number, expected.ends_with("nhsNumber"));
    }
    let nobody = read(&message(None, &query(overriding))).expect_err("nobody");
    assert_eq!(nobody.fault, "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID");
}

/// A document of the example, filed: with its author's own element.
fn filed() -> (DocumentPointer, DocumentBytes) {
    let bytes = summary_bytes(SUMMARY);
    let doc = xml::Document::parse(SUMMARY.as_bytes()).expect("well formed");
    let header = gp_summary::header(doc.root()).expect("valid");
    let pointer = DocumentPointer {
        header,
        ..pointer()
    };
    (pointer, bytes)
}

fn with_author(author: DocumentAuthor) -> DocumentPointer {
    let mut pointer = pointer();
    pointer.header.author = author;
    pointer
}

/// A list of one event, with the consent.
pub(crate) fn list_message() -> Vec<u8> {
    let (pointer, _) = filed();
    let answer = EventListAnswer {
        patient: &patient(),
        entries: std::slice::from_ref(&pointer),
        consent: Consent::both(ConsentSetting::No),
    };
    with_answer(Interaction::EventListQuerySm, |parts| answer.write(parts))
}

/// One event.
pub(crate) fn event_message() -> Vec<u8> {
    let (pointer, bytes) = filed();
    let answer = EventAnswer {
        pointer: &pointer,
        bytes: &bytes,
    };
    with_answer(Interaction::EventQuery, |parts| answer.write(parts))
}

fn list_of(written: &[u8]) -> EventList {
    let doc = xml::Document::parse(written).expect("well formed");
    match read_event_list_answer(&doc) {
        Ok(QueryAnswer::Data(list)) => list,
        other => panic!("{other:?}"),
    }
}

fn written_list(asked: Interaction, entries: &[DocumentPointer], consent: Consent) -> Vec<u8> {
    let answer = EventListAnswer {
        patient: &patient(),
        entries,
        consent,
    };
    let soap = with_answer(asked, |parts| answer.write(parts));
    let bare = with_bare_answer(asked, |parts| answer.write(parts));
    assert_eq!(list_of(&soap), list_of(&bare));
    let interaction = match asked {
        Interaction::EventListQuerySm => Interaction::EventListAnswerSm,
        _ => Interaction::EventListAnswer,
    };
    validate_as(&soap, interaction, "QUPC_IN200000UK04");
    validate_as(&bare, interaction, "QUPC_IN200000UK04");
    soap
}

#[test]
fn a_list_validates_and_reads_back() {
    let (newest, _) = filed();
    let withdrawn = DocumentPointer {
        state: DocumentState::Withdrawn,
        withdrawn_by: Some(document(OTHER_ID)),
        ..pointer()
    };
    let organisation = with_author(DocumentAuthor {
        organisation: Some("B83013".to_owned()),
        name: Some("The Surgery".to_owned()),
        ..DocumentAuthor::default()
    });
    let mut initial = with_author(DocumentAuthor {
        name: Some("Somebody".to_owned()),
        ..DocumentAuthor::default()
    });
    initial.header.kind = SummaryKind::Initial;
    initial.state = DocumentState::Replaced;
    let entries = [newest.clone(), withdrawn, organisation, initial];
    let written = written_list(Interaction::EventListQuery, &entries, Consent::default());
    let list = list_of(&written);
    assert_eq!(list.patient, Some(patient()));
    assert_eq!(list.consent, None, "only the other interaction tells it");

    let [first, second, third, fourth] = &list.events[..] else {
        panic!("{list:?}");
    };
    assert_eq!(first.id, document(DOCUMENT_ID));
    assert_eq!(first.stored, Some(time("20240630110000")), "UK local time");
    assert_eq!(first.author, newest.header.author, "its own element");
    assert_eq!(first.kind_name.as_deref(), Some("General Practice Summary"));
    assert_eq!(second.withdrawn_by, Some(document(OTHER_ID)));
    assert_eq!(second.state, Some(DocumentState::Withdrawn));
    let rebuilt = &second.author;
    assert_eq!(rebuilt.user, Some(author().user));
    assert_eq!(rebuilt.role_profile, Some(author().role_profile));
    assert_eq!(rebuilt.name.as_deref(), Some("Dr BARSTOW & Co"));
    assert_eq!(third.author.organisation.as_deref(), Some("B83013"));
    assert_eq!(
        fourth.author,
        DocumentAuthor::default(),
        "too little is known"
    );
    assert_eq!(fourth.message_type.as_deref(), Some("REPC_MT150002UK05"));
    assert_eq!(fourth.kind_code, "196971000000103");
    let own = newest.header.author.element.expect("an element");
    assert!(text(&written).contains(&text(&own.bytes)), "byte for byte");
}

#[test]
fn a_list_tells_the_consent_when_it_is_asked() {
    let (pointer, _) = filed();
    for (view, store) in [
        (ConsentSetting::Ask, ConsentSetting::Ask),
        (ConsentSetting::No, ConsentSetting::No),
        (ConsentSetting::Yes, ConsentSetting::Ask),
    ] {
        let consent = Consent { view, store };
        let entries = std::slice::from_ref(&pointer);
        let written = written_list(Interaction::EventListQuerySm, entries, consent);
        assert_eq!(list_of(&written).consent, Some(consent));
        let doc = xml::Document::parse(&written).expect("well formed");
        let list = doc
            .root()
            .find("urn:npfit:psisqr", "queryResponseEventList")
            .expect("a list");
        let last = list.children().last().expect("a child");
        assert!(last.is(xml::ns::HL7, "permissions"));
    }
}

/// The author's element may claim the very prefix we use, or no default namespace.
#[test]
fn a_list_survives_an_authors_prefixes() {
    let mut pointer = pointer();
    for (bytes, inherited) in [
        (
            "<psis:author><psis:time value=\"20240630101500\"/></psis:author>",
            vec![("psis", "urn:hl7-org:v3")],
        ),
        (
            "<h:author><h:time value=\"20240630101500\"/></h:author>",
            vec![("h", "urn:hl7-org:v3")],
        ),
    ] {
        pointer.header.author.element = Some(DocumentBytes {
            bytes: bytes.as_bytes().to_vec(),
            inherited: inherited
                .into_iter()
                .map(|(prefix, namespace)| (prefix.to_owned(), namespace.to_owned()))
                .collect(),
        });
        let entries = std::slice::from_ref(&pointer);
        let consent = Consent::both(ConsentSetting::No);
        let written = written_list(Interaction::EventListQuerySm, entries, consent);
        let list = list_of(&written);
        assert_eq!(list.consent, Some(consent));
        assert_eq!(list.events[0].author.element, pointer.header.author.element);
    }
}

#[test]
fn an_event_validates_and_its_document_is_untouched() {
    let (pointer, bytes) = filed();
    let answer = EventAnswer {
        pointer: &pointer,
        bytes: &bytes,
    };
    let soap = with_answer(Interaction::EventQuery, |parts| answer.write(parts));
    let bare = with_bare_answer(Interaction::EventQuery, |parts| answer.write(parts));
    for written in [soap, bare] {
        let doc = xml::Document::parse(&written).expect("well formed");
        let Ok(QueryAnswer::Data(retrieved)) = read_event_answer(&doc) else {
            panic!("no data");
        };
        assert!(retrieved.document.source().as_bytes() == bytes.bytes);
        assert_eq!(retrieved.patient, Some(patient()));
        assert_eq!(retrieved.listed.id, pointer.header.id);
        let header = gp_summary::header(retrieved.document).expect("valid");
        assert_eq!(header, pointer.header);
        validate(&validatable(&written), Interaction::EventAnswer);
    }
}

/// Neither answer can be empty: the schema wants an event.
#[test]
fn no_events_are_answered_as_no_record() {
    for asked in [Interaction::EventListQuery, Interaction::EventListQuerySm] {
        let written = with_answer(asked, |parts| {
            let answer = EventListAnswer {
                patient: &patient(),
                entries: &[],
                consent: Consent::default(),
            };
            answer.write(parts)
        });
        validate(&written, Interaction::QueryFailed);
        let doc = xml::Document::parse(&written).expect("well formed");
        let Ok(QueryAnswer::Refused(refusal)) = read_event_list_answer(&doc) else {
            panic!("not refused");
        };
        assert!(refusal.is_no_record());
        assert_eq!(refusal.codes(), "210 30312");
    }
}

/// An answer of one interaction is none of another.
#[test]
fn answers_to_something_else_are_unexpected() {
    let written = event_message();
    let doc = xml::Document::parse(&written).expect("well formed");
    assert_eq!(
        read_event_list_answer(&doc).map(|_| ()),
        Err(AnswerError::Unexpected("QUPC_IN210000UK04"))
    );
}

#[test]
fn broken_answers_are_refused() {
    let event = text(&event_message());
    let read = |message: &str| {
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        match read_event_answer(&doc) {
            Err(AnswerError::Content(error)) => error.message,
            other => panic!("{:?}", other.map(|_| ())),
        }
    };
    for (from, to, expected) in [
        ("psis:event>", "psis:other>", "element event is missing"),
        (
            "hl7Data",
            "data",
            "hl7Data, which holds the document, is missing",
        ),
        (
            "</psis:hl7Data>",
            "<GPSummary/></psis:hl7Data>",
            "hl7Data must hold exactly one document",
        ),
        ("eventID", "id", "eventID/@root must be the event's UUID"),
    ] {
        assert_eq!(read(&mutate(&event, from, to)), expected);
    }
}
