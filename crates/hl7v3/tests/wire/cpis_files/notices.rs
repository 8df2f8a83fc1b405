//! What goes back to authorities: who looked, and which numbers went out of use.

use domain::cpis::Access;
use domain::{CheckDigit, MessageId};
use hl7v3::cpis::file::access_notice::{self, AccessNotification, NotedQuery, RecordAccess};
use hl7v3::cpis::file::inactive_notice::{self, InactiveNotification, InactivePatient};
use testkit::xsd::assert_valid_cpis;
use xml::{Document, XmlError};

use super::world::*;
use crate::cpis::world::{device, person};
use crate::support::*;
use crate::vectors::one;

const ACCESSES: &str = "REPC_MT000004GB01";
const INACTIVE: &str = "REPC_MT000005GB01";

fn query(at: &str, author: domain::cpis::Author) -> NotedQuery {
    NotedQuery {
        id: OTHER_ID.to_owned(),
        at: time(at),
        author,
        patient: patient(),
        local_id: Some(local_id()),
    }
}

pub(crate) fn accesses() -> AccessNotification {
    let without = NotedQuery {
        local_id: None,
        ..query("20240601090000", device())
    };
    AccessNotification {
        id: ANSWER_ID.to_owned(),
        at: time("20240701120000+0100"),
        recipient: council(),
        accesses: vec![
            RecordAccess {
                queries: vec![query("20240701130000+0100", person()), without],
                file: "42".to_owned(),
            },
            RecordAccess {
                queries: vec![query("20240701130000+0100", device())],
                file: "<43>".to_owned(),
            },
        ],
    }
}

pub(crate) fn inactive() -> InactiveNotification {
    let patient = InactivePatient {
        number: patient(),
        local_id: Some(local_id()),
        replaced_by: vec![mother(), patient()],
        file: "42".to_owned(),
    };
    let adopted = InactivePatient {
        local_id: None,
        replaced_by: Vec::new(),
        ..patient.clone()
    };
    InactiveNotification {
        id: ANSWER_ID.to_owned(),
        at: time("20240701120000+0100"),
        recipient: council(),
        patients: vec![patient, adopted],
    }
}

fn read_accesses(bytes: &[u8]) -> Result<AccessNotification, XmlError> {
    access_notice::read(Document::parse(bytes)?.root(), CHECK)
}

fn read_inactive(bytes: &[u8]) -> Result<InactiveNotification, XmlError> {
    inactive_notice::read(Document::parse(bytes)?.root(), CHECK)
}

#[test]
fn accesses_are_valid_and_read_back() {
    let none = AccessNotification {
        accesses: Vec::new(),
        ..accesses()
    };
    for notification in [accesses(), none] {
        let written = access_notice::document(&notification);
        assert_valid_cpis(ACCESSES, &written);
        assert_eq!(read_accesses(&written), Ok(notification));
    }
}

#[test]
fn inactive_numbers_are_valid_and_read_back() {
    let written = inactive_notice::document(&inactive());
    assert_valid_cpis(INACTIVE, &written);
    assert_eq!(read_inactive(&written), Ok(inactive()));
}

#[test]
fn an_access_is_told_as_it_was_asked() {
    let access = Access {
        patient: patient(),
        query: OTHER_ID.to_owned(),
        at: "2024-07-01T12:00:00.5Z".parse().expect("a time"),
        author: person(),
        asid: asid("276827251543"),
        message: MessageId::parse(REQUEST_ID).expect("an id"),
    };
    let expected = query("20240701130000", person());
    assert_eq!(NotedQuery::of(&access, Some(&local_id())), expected);
}

#[test]
fn the_synthetic_notices_are_read() {
    let test = "the_synthetic_notices_are_read";
    let folder = "cpis/synthetic";
    let name = format!("{folder}/REPC_MT000004GB01_access_notification.xml");
    let Some(file) = one(test, &name) else {
        return;
    };
    let read = read_accesses(&file).expect("read");
    let [access] = read.accesses.as_slice() else {
        panic!("one record")
    };
    assert_eq!(access.file, "42");
    assert_eq!(access.queries[0].patient.as_str(), "9449310394");
    let local = access.queries[0].local_id.as_ref().expect("a local id");
    assert_eq!(local.assigned_by.as_deref(), Some("V145:Example Council"));
    assert_eq!(read.recipient.code.as_str(), "V145");
    let again = access_notice::document(&read);
    assert_valid_cpis(ACCESSES, &again);
    assert_eq!(read_accesses(&again), Ok(read));

    let name = format!("{folder}/REPC_MT000005GB01_inactive_nhs_number.xml");
    let file = one(test, &name).expect("beside the other");
    let document = Document::parse(&file).expect("well formed");
    let read = inactive_notice::read(document.root(), CheckDigit::Ignored).expect("read");
    assert_eq!(read.patients[0].replaced_by[0].as_str(), "9449310408");
    let again = inactive_notice::document(&read);
    assert_valid_cpis(INACTIVE, &again);
    let again = Document::parse(&again)
        .map(|again| inactive_notice::read(again.root(), CheckDigit::Ignored));
    assert_eq!(again, Ok(Ok(read)));
}

#[test]
fn what_must_be_there_is_asked_for() {
    let (accesses, inactive) = (
        text(&access_notice::document(&accesses())),
        text(&inactive_notice::document(&inactive())),
    );
    let both = [&accesses, &inactive];
    let number = "root=\"2.16.840.1.113883.2.1.4.1\"";
    for (source, from, to, message) in [
        (
            both,
            "effectiveTime",
            "x",
            "element effectiveTime is missing",
        ),
        (
            both,
            "\"20240701120000+0100\"",
            "\"noon\"",
            "a timestamp is written",
        ),
        (both, ANSWER_ID, "1", "id/@root must be a UUID"),
        (
            both,
            "primaryInformationRecipient",
            "x",
            "element primaryInformationRecipient is missing",
        ),
        (
            both,
            ".IntendedRecipient",
            ".Recipient",
            "the recipient is missing",
        ),
        (both, "\"V145\"", "\"V-145\"", "an ODS code"),
        (both, number, "root=\"1\"", "the NHS number is missing"),
        (
            both,
            "9990000018",
            "9990000019",
            "extension must be an NHS number",
        ),
        (both, "UploadFile", "File", "element "),
        (
            [&accesses; 2],
            "CP-ISAccess",
            "CP-ISAcces",
            "the element is not CP-ISAccess",
        ),
        (
            [&inactive; 2],
            "CP-ISInactive",
            "CP-ISActive",
            "the element is not CP-ISInactive",
        ),
        (
            [&accesses; 2],
            "queryByParameter",
            "x",
            "element queryByParameter is missing",
        ),
        (
            [&accesses; 2],
            "GB01.AssignedAuthor",
            "GB01.Author",
            "[authorPerson or authorDevice] missing",
        ),
        (
            [&inactive; 2],
            "\"9990000026\"",
            "\"\"",
            "attribute extension is blank",
        ),
    ] {
        for source in source {
            let form = source.replace(from, to);
            assert_ne!(&form, source, "{from}");
            let read = match source == &accesses {
                true => read_accesses(form.as_bytes()).map(drop),
                false => read_inactive(form.as_bytes()).map(drop),
            };
            let error = read.expect_err(from);
            assert!(error.message.contains(message), "{from}: {error}");
            assert!(!error.to_string().contains("999000"), "{error}");
        }
    }
}
