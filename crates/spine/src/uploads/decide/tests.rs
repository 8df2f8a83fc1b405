//! What decides an upload, row by row of the rules.

use domain::record::{DocumentAuthor, Marks, SummaryKind};
use domain::{Consent, Hl7Timestamp, MessageId, NhsNumber, RoleProfileId, SdsUserId};
use jiff::Timestamp;
use store::ConsentRecord;

use super::*;

fn id(number: u32) -> DocumentId {
    DocumentId::parse(&format!("D0C00000-0000-4000-8000-{number:012}")).expect("a UUID")
}

fn patient() -> NhsNumber {
    NhsNumber::parse("9990000018").expect("an NHS number")
}

fn header(number: u32, replaces: Option<u32>) -> DocumentHeader {
    DocumentHeader {
        id: id(number),
        kind: SummaryKind::Full,
        effective: Hl7Timestamp::parse("20260101120000").expect("a time"),
        patient: patient(),
        author: DocumentAuthor::default(),
        replaces: replaces.map(id),
        marks: Marks::default(),
    }
}

/// `1N 2R 3W`: document 1 is Normal, 2 Replaced, 3 Withdrawn by event 103. The newest first.
fn listed(documents: &str) -> Vec<DocumentPointer> {
    let document = |text: &str| {
        let (number, state) = text.split_at(text.len() - 1);
        let number: u32 = number.parse().expect("a number");
        let state = match state {
            "N" => DocumentState::Normal,
            "R" => DocumentState::Replaced,
            _ => DocumentState::Withdrawn,
        };
        DocumentPointer {
            filed_under: patient(),
            header: header(number, None),
            stored_at: Timestamp::UNIX_EPOCH,
            state,
            replaced_by: None,
            withdrawn_by: (state == DocumentState::Withdrawn).then(|| id(100 + number)),
            size: 1,
            sha256: [0; 32],
        }
    };
    documents.split_whitespace().map(document).collect()
}

fn record(documents: &str, store: ConsentSetting) -> PatientRecord {
    PatientRecord {
        documents: listed(documents),
        consent: Some(ConsentRecord {
            consent: Consent {
                view: ConsentSetting::Ask,
                store,
            },
            version: 1,
            changed_at: Timestamp::UNIX_EPOCH,
            message: MessageId::parse("m").expect("an id"),
            author: None,
        }),
        document: None,
    }
}

fn short<T>(decision: Decision<T>, done: impl Fn(T) -> String) -> String {
    match decision {
        Decision::Done(what) => done(what),
        Decision::Refused(refusal) => {
            assert!(!refusal.why.is_empty());
            assert!(!refusal.why.contains(patient().as_str()), "{}", refusal.why);
            let codes: Vec<&str> = refusal.issues.iter().map(|i| i.code.as_ref()).collect();
            let conditions = "?".repeat(refusal.provided.len());
            format!("{}{conditions}", codes.join(" "))
        }
    }
}

fn numbers(ids: &[DocumentId]) -> String {
    let last = |id: &DocumentId| {
        id.as_str()
            .trim_start_matches("D0C00000-0000-4000-8000-0")
            .to_owned()
    };
    let ids: Vec<String> = ids
        .iter()
        .map(|id| last(id).trim_start_matches('0').to_owned())
        .collect();
    format!("replaces {}", ids.join(" ")).trim().to_owned()
}

/// Document 9 is uploaded.
#[test]
fn an_upload_becomes_the_current_document_or_says_why_not() {
    for (documents, names, lenient, strict) in [
        ("", None, "replaces", "replaces"),
        ("1N", Some(1), "replaces 1", "replaces 1"),
        ("2N 1R", Some(2), "replaces 2", "replaces 2"),
        // By the chain, not by date: the current one may be older than one that is replaced.
        ("2R 1N", Some(1), "replaces 1", "replaces 1"),
        ("1N", None, "replaces 1", "410 30112"),
        // Older rules may have left more than one.
        ("2N 1N", None, "replaces 2 1", "410 30112"),
        ("2N 1N", Some(1), "replaces 2 1", "replaces 2 1"),
        // After a withdrawal nothing is current, and nothing need be named.
        ("1W", None, "replaces", "replaces"),
        ("2W 1R", None, "replaces", "replaces"),
        ("2W 1R", Some(2), "410 30333", "410 30333"),
        ("2W 1R", Some(1), "410 30333", "410 30333"),
        ("2N 1R", Some(1), "410 30333", "410 30333"),
        // What is not known may be another patient's, which the store is asked.
        ("", Some(1), "410 30308?", "410 30308?"),
        ("2N 1R", Some(3), "410 30308?", "410 30308?"),
        // A document comes once, whatever has become of it, and does not replace itself.
        ("9N", None, "410 30142", "410 30142"),
        ("9N", Some(9), "410 30142", "410 30142"),
        ("10N 9R", Some(10), "410 30142", "410 30142"),
        ("9W", None, "410 30142", "410 30142"),
        ("", Some(9), "410 30308?", "410 30308?"),
    ] {
        let header = header(9, names);
        let record = record(documents, ConsentSetting::Ask);
        for (is_strict, expected) in [(false, lenient), (true, strict)] {
            let decision = upload(&header, &record, is_strict, None);
            let found = short(decision, |ids| numbers(&ids));
            assert_eq!(found, expected, "{documents}, names {names:?}, {is_strict}");
        }
    }
}

#[test]
fn consent_to_store_comes_first() {
    for (store, expected) in [
        (ConsentSetting::Ask, "replaces 1"),
        (ConsentSetting::Yes, "replaces 1"),
        (ConsentSetting::No, "420"),
    ] {
        let decision = upload(&header(9, Some(1)), &record("1N", store), false, None);
        assert_eq!(short(decision, |ids| numbers(&ids)), expected, "{store:?}");
        let decision = upload(&header(1, None), &record("1N", store), false, None);
        let expected = match expected {
            "420" => "420",
            _ => "410 30142",
        };
        assert_eq!(short(decision, |ids| numbers(&ids)), expected, "{store:?}");
    }
    let nothing = PatientRecord::default();
    let decision = upload(&header(9, None), &nothing, true, None);
    assert_eq!(short(decision, |ids| numbers(&ids)), "replaces");
}

#[test]
fn documents_of_other_patients_are_known_by_what_was_found_broken() {
    for (names, broken, expected) in [
        (None, 9, "410 30317"),
        (Some(1), 9, "410 30317"),
        (Some(1), 1, "replaces 1"),
        (Some(3), 3, "410 30333"),
        (Some(3), 4, "410 30308?"),
    ] {
        let broken = Precondition::DocumentAbsent(id(broken));
        let record = record("1N", ConsentSetting::Ask);
        let decision = upload(&header(9, names), &record, false, Some(&broken));
        assert_eq!(short(decision, |ids| numbers(&ids)), expected, "{names:?}");
    }
}

/// Event 109 withdraws.
#[test]
fn a_withdrawal_takes_a_document_out_of_use_once() {
    for (documents, event, target, known, expected) in [
        ("1N", 109, Some(1), false, "Normal"),
        ("2N 1R", 109, Some(1), false, "Replaced"),
        ("2N 1R", 109, Some(2), false, "Normal"),
        ("1W", 109, Some(1), false, "410 30112"),
        ("2N 1W", 109, Some(2), false, "Normal"),
        ("1N", 109, Some(2), false, "410 30308"),
        ("", 109, Some(1), false, "410 30308"),
        ("1N", 109, None, false, "410 30112"),
        // An event counts once, also one that is the id of a document.
        ("2N 1W", 101, Some(2), false, "410 30134"),
        ("1W", 101, Some(1), false, "410 30134"),
        ("1N", 1, Some(1), false, "410 30134"),
        ("1N", 109, Some(1), true, "410 30134"),
    ] {
        let message = Withdrawal {
            id: id(event),
            effective: Hl7Timestamp::parse("20260102").expect("a time"),
            patient: patient(),
            user: SdsUserId::parse("123456789012").expect("a user"),
            role_profile: RoleProfileId::parse("210987654321").expect("a role profile"),
            reason: "01".to_owned(),
            words: None,
            target: target.map(id),
        };
        let decision = withdrawal(&message, &listed(documents), known);
        let found = short(decision, |found| {
            assert_eq!(Some(found.document), message.target);
            found.state.display_name().to_owned()
        });
        assert_eq!(found, expected, "{documents}, {event} withdraws {target:?}");
    }
}
