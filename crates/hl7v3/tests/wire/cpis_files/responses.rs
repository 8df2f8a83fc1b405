//! Acknowledgements, written and read.

use domain::cpis::{FileCode, PlanType, RecordCode, RecordFault, RecordOutcome};
use hl7v3::cpis::answer::Role;
use hl7v3::cpis::file::response::{
    Coded, Detail, Details, Heading, Item, Place, Reader, Summary, read_whole,
};
use hl7v3::cpis::file::upload::Record;
use hl7v3::cpis::file::{Found, Party};
use proptest::prelude::*;
use testkit::xsd::assert_valid_cpis;
use xml::XmlErrorKind;

use super::uploads::a_record;
use super::world::*;
use crate::support::*;
use crate::vectors::one;

const SCHEMA: &str = "REPC_MT000003GB01";

fn heading(codes: &[FileCode], stored: u64, refused: u64) -> Heading {
    Heading {
        created: time("20240701120000+0100"),
        file: Some("42".to_owned()),
        quantity: Some(stored + refused),
        codes: codes.to_vec(),
        to: Party::of(&council(), Some(&contact())),
        stored,
        refused,
    }
}

/// Both passes, each record taken out as it comes.
fn written(heading: Heading, records: &[(RecordOutcome, Record)]) -> Vec<u8> {
    let mut details = Details::start(heading);
    let mut out = details.take();
    for (number, (outcome, record)) in records.iter().enumerate() {
        details.record(number as u64 + 1, *outcome, record);
        out.extend(details.take());
    }
    let mut messages = details.messages();
    out.extend(messages.take());
    for (outcome, record) in records {
        messages.record(*outcome, record);
        out.extend(messages.take());
    }
    out.extend(messages.end());
    out
}

fn at_once(heading: Heading, records: &[(RecordOutcome, Record)]) -> Vec<u8> {
    let mut details = Details::start(heading);
    for (number, (outcome, record)) in records.iter().enumerate() {
        details.record(number as u64 + 1, *outcome, record);
    }
    let mut messages = details.messages();
    for (outcome, record) in records {
        messages.record(*outcome, record);
    }
    messages.end()
}

/// Every outcome there is; every third record too broken to be repeated.
fn everything() -> Vec<(RecordOutcome, Record)> {
    let codes = RecordCode::ALL.into_iter().map(RecordOutcome::Code);
    let faults = RecordFault::ALL.into_iter().map(RecordOutcome::Fault);
    let records = [full_record(), small_record(), Record::default()];
    codes
        .chain(faults)
        .zip(records.into_iter().cycle())
        .collect()
}

#[test]
fn every_outcome_is_valid_and_reads_back() {
    let records = everything();
    let refused = records.len() as u64 - 1;
    let heading = heading(&[FileCode::Partial], 1, refused);
    let file = written(heading.clone(), &records);
    assert_valid_cpis(SCHEMA, &file);
    assert_eq!(text(&file), text(&at_once(heading, &records)));
    let ours = format!(
        "<translation code=\"ADULT\" codeSystem=\"{}\"",
        hl7v3::cpis::file::response::FAULT_CODES
    );
    assert_eq!(text(&file).matches(&ours).count(), 1);

    let read = read_whole(&file, CHECK).expect("read");
    assert_eq!(read.details.len(), records.len());
    let mut messages = 0;
    for ((number, (outcome, record)), detail) in (1..).zip(&records).zip(&read.details) {
        assert_eq!(detail.outcome(), Some(*outcome));
        assert_eq!(detail.code.text, outcome.code().display_name());
        let stored = *outcome == RecordOutcome::STORED;
        let expected = match record == &Record::default() {
            true => Place::Upload(number),
            false => {
                messages += 1;
                let number = messages;
                Place::Message { number, stored }
            }
        };
        assert_eq!(detail.place(), Some(expected));
        // The place leads to the record.
        if let Place::Message { number, stored } = expected {
            let found = &read.messages[number as usize - 1];
            assert_eq!(found.0, stored);
            assert_eq!(found.1.subjects, record.subjects);
            let plans = if stored { &[][..] } else { &record.plans };
            assert_eq!(found.1.plans, plans);
        }
    }
    assert_eq!(read.messages.len(), messages as usize);
    let expected = Summary {
        created: Found::Good(time("20240701120000+0100")),
        file: Some("42".to_owned()),
        quantity: Some(refused + 1),
        codes: vec![Coded {
            code: "CPF03".to_owned(),
            text: "Partial File Upload".to_owned(),
        }],
        organisation: read.summary.organisation.clone(),
        failed: Some(refused),
        stored: Some(1),
    };
    assert_eq!(read.summary, expected);
    assert_eq!(read.summary.code(), Some(FileCode::Partial));
    assert_eq!(read.summary.organisation.authority(), Ok(council()));
    assert_eq!(read.summary.organisation.contact(), Ok(contact()));
}

/// A file that could not be read: -1 for what is not known, no records.
#[test]
fn every_code_of_a_file_is_valid_and_reads_back() {
    for code in FileCode::ALL {
        let heading = Heading {
            file: None,
            quantity: None,
            to: no_contact(),
            ..heading(&[code], 0, 0)
        };
        let file = written(heading, &[]);
        assert_valid_cpis(SCHEMA, &file);
        let source = text(&file);
        assert!(source.contains("<id extension=\"-1\"/>"), "{source}");
        assert!(
            source.contains("<transmissionQuantity value=\"-1\"/>"),
            "{source}"
        );
        assert!(!source.contains("acknowledgementRecord"), "{source}");
        let read = read_whole(&file, CHECK).expect("read");
        let summary = read.summary;
        assert_eq!((summary.file.as_deref(), summary.quantity), (None, None));
        assert_eq!(summary.code(), Some(code));
        assert_eq!((summary.stored, summary.failed), (Some(0), Some(0)));
        assert!(read.details.is_empty() && read.messages.is_empty());
    }
}

#[test]
fn the_synthetic_acknowledgement_is_read() {
    let name = "cpis/synthetic/REPC_MT000003GB01_partial_success.xml";
    let Some(file) = one("the_synthetic_acknowledgement_is_read", name) else {
        return;
    };
    let read = read_whole(&file, domain::CheckDigit::Ignored).expect("read");
    let outcomes: Vec<_> = read.details.iter().filter_map(Detail::outcome).collect();
    let not_verified = RecordOutcome::Code(RecordCode::NotVerified);
    assert_eq!(outcomes, [RecordOutcome::STORED, not_verified]);
    let places: Vec<_> = read.details.iter().filter_map(Detail::place).collect();
    let place = |number, stored| Place::Message { number, stored };
    assert_eq!(places, [place(1, true), place(2, false)]);
    assert_eq!(read.summary.code(), Some(FileCode::Partial));
    assert_eq!(
        (read.summary.stored, read.summary.failed),
        (Some(1), Some(1))
    );
    let [(true, valid), (false, invalid)] = read.messages.as_slice() else {
        panic!("two messages")
    };
    assert_eq!(valid.subjects[0].role, Some(Role::Child));
    assert!(valid.plans.is_empty());
    assert_eq!(invalid.subjects[0].role, Some(Role::Mother));
    assert_eq!(invalid.plans[0].kind, Some(PlanType::Unborn));
    // Written again, it says the same.
    let heading = Heading {
        created: read.summary.created.good().expect("a time").clone(),
        to: read.summary.organisation.party(&council()),
        ..heading(&[FileCode::Partial], 1, 1)
    };
    let records: Vec<_> = outcomes
        .into_iter()
        .zip(read.messages.iter().map(|(_, record)| record.clone()))
        .collect();
    let again = written(heading, &records);
    assert_valid_cpis(SCHEMA, &again);
    assert_eq!(read_whole(&again, domain::CheckDigit::Ignored), Ok(read));
}

fn drain(reader: &mut Reader) -> Result<Vec<Item>, xml::XmlError> {
    let mut items = Vec::new();
    while let Some(item) = reader.read()? {
        items.push(item);
    }
    Ok(items)
}

#[test]
fn chunks_do_not_matter_and_a_truncated_one_is_refused() {
    let refused = |code| RecordOutcome::Code(code);
    let records = [
        (RecordOutcome::STORED, small_record()),
        (refused(RecordCode::Format), small_record()),
        (RecordOutcome::Fault(RecordFault::Shape), Record::default()),
    ];
    let file = written(heading(&[FileCode::Partial], 1, 2), &records);
    let mut reader = Reader::new(CHECK);
    reader.push(&file);
    reader.finish();
    let expected = drain(&mut reader).expect("read");
    assert!(matches!(expected.last(), Some(Item::Summary(_))));
    let mut by_byte = Reader::new(CHECK);
    let mut found = Vec::new();
    for byte in &file {
        by_byte.push(&[*byte]);
        found.extend(drain(&mut by_byte).expect("read"));
    }
    by_byte.finish();
    found.extend(drain(&mut by_byte).expect("complete"));
    assert_eq!(found, expected);
    for end in 0..file.len() - 1 {
        let error = read_whole(&file[..end], CHECK).expect_err("cut short");
        assert_eq!(error.kind, XmlErrorKind::Malformed, "cut at {end}");
    }
}

#[test]
fn what_is_no_acknowledgement_is_refused() {
    let record = (RecordOutcome::STORED, small_record());
    let file = text(&written(heading(&[FileCode::Stored], 1, 0), &[record]));
    let location = "<location>/FileResponse/message[1]/cP-ISLAAcknowledgementResponse/pertinentInformation1/validCP-ISRecord</location>";
    for (form, line, message) in [
        (
            file.replace("FileResponse", "File"),
            2,
            "the document is no CP-IS acknowledgement",
        ),
        (
            mutate(&file, location, ""),
            4,
            "element location is missing",
        ),
        (
            mutate(&file, location, &location.repeat(2)),
            4,
            "element location is given twice",
        ),
        (
            file.replace("validCP-ISRecord>", "record>"),
            7,
            "there must be one valid or invalid",
        ),
        (
            file.replace("pertinentInformation1>", "x>"),
            7,
            "the message has no acknowledged",
        ),
    ] {
        let error = read_whole(form.as_bytes(), CHECK).expect_err("refused");
        assert!(error.message.starts_with(message), "{error}");
        assert_eq!(
            (error.kind, error.location.line),
            (XmlErrorKind::Content, line),
            "{error}"
        );
    }
    // Whatever else is missing is missing, and no more.
    let bare = read_whole(b"<FileResponse xmlns='urn:hl7-org:v3'/>", CHECK).expect("read");
    assert_eq!(bare.summary.codes, []);
    assert_eq!(bare.summary.stored, None);
    let by_value = "<FileResponse xmlns='urn:hl7-org:v3'><id value='7'/></FileResponse>";
    let read = read_whole(by_value.as_bytes(), CHECK).expect("read");
    assert_eq!(read.summary.file.as_deref(), Some("7"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_record_reads_back(records in prop::collection::vec((a_record(), any::<bool>()), 0..5)) {
        let outcome = |stored: bool| match stored {
            true => RecordOutcome::STORED,
            false => RecordOutcome::Fault(RecordFault::Adult),
        };
        let records: Vec<_> = records.into_iter().map(|(r, stored)| (outcome(stored), r)).collect();
        let file = written(heading(&[FileCode::Partial], 0, 0), &records);
        let read = read_whole(&file, CHECK).expect("read");
        let expected: Vec<_> = records
            .into_iter()
            .map(|(outcome, mut record)| {
                let stored = outcome == RecordOutcome::STORED;
                if stored {
                    record.plans.clear();
                }
                (stored, record)
            })
            .collect();
        prop_assert_eq!(read.messages, expected);
    }
}
