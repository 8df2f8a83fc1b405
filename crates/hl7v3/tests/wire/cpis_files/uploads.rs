//! Uploads, read and written.

use domain::cpis::{PlanType, RecordFault};
use hl7v3::cpis::answer::Role;
use hl7v3::cpis::file::upload::{
    self, Head, Heading, Item, Reader, Record, UploadedPlan, UploadedSubject, read_whole,
};
use hl7v3::cpis::file::{Found, Party};
use jiff::civil::date;
use proptest::prelude::*;
use testkit::xsd::assert_valid_cpis;
use xml::{XmlError, XmlErrorKind};

use super::world::*;
use crate::support::*;
use crate::vectors::one;

const SCHEMA: &str = "REPC_MT000002GB01";

fn good<T>(found: &Found<T>) -> &T {
    found.good().expect("good")
}

#[test]
fn what_is_written_is_valid_and_reads_back() {
    let records = [full_record(), small_record()];
    let file = upload(&records);
    assert_valid_cpis(SCHEMA, &file);
    let (head, read) = read_whole(&file, CHECK).expect("read");
    assert_eq!(read, records);
    assert_eq!(head.missing(), Vec::<&str>::new());
    assert_eq!(head.created, Found::Good(heading(2).created));
    assert_eq!(head.file.as_deref(), Some("42"));
    assert_eq!(head.quantity, Found::Good(2));
    assert_eq!(head.organisation.authority(), Ok(council()));
    assert_eq!(head.organisation.contact(), Ok(contact()));
    assert_eq!(head.organisation.party(&council()), heading(2).from);
}

#[test]
fn a_council_of_which_little_is_known_can_still_be_written() {
    let mut file = upload::start(&Heading {
        from: no_contact(),
        ..heading(1)
    });
    file.extend(upload::record(&small_record()).expect("valid"));
    file.extend(upload::end());
    assert_valid_cpis(SCHEMA, &file);
    let (head, _) = read_whole(&file, CHECK).expect("read");
    assert!(head.organisation.site);
    let place = "communicationFunctionSnd/organisation/telecom";
    assert_eq!(head.missing(), [place]);
    let fault = Err(RecordFault::EmergencyMissing);
    assert_eq!(head.organisation.contact(), fault);
    assert_eq!(head.organisation.party(&council()), no_contact());
}

#[test]
fn the_synthetic_upload_is_read() {
    let name = "cpis/synthetic/REPC_MT000002GB01_upload_cpp_and_ucp.xml";
    let Some(file) = one("the_synthetic_upload_is_read", name) else {
        return;
    };
    let (head, records) = read_whole(&file, domain::CheckDigit::Ignored).expect("read");
    assert_eq!(head.missing(), Vec::<&str>::new());
    assert_eq!(head.file.as_deref(), Some("42"));
    let contact = head.organisation.contact().expect("complete");
    assert_eq!(contact.office.as_deref(), Some("tel:02070000000"));
    let [child, mother] = records.as_slice() else {
        panic!("two records")
    };
    let date = |text: &str| Found::Good(text.parse().expect("a date"));
    let plan = |kind, delete| UploadedPlan {
        kind: Some(kind),
        start: date("202401020000"),
        end: date("202406020000"),
        delete,
        misplaced: false,
    };
    let delete = date("202406020000");
    assert_eq!(child.plans, [plan(PlanType::ChildProtection, delete)]);
    assert_eq!(mother.plans, [plan(PlanType::Unborn, Found::Missing)]);
    let [who] = child.subjects.as_slice() else {
        panic!("one subject")
    };
    assert_eq!(who.role, Some(Role::Child));
    assert_eq!(good(&who.number).as_str(), "9449310394");
    let person = who.subject().expect("complete");
    assert_eq!(
        (person.given.as_str(), person.family.as_str()),
        ("TRACE", "LEWINGTON")
    );
    assert_eq!(person.birth_date, date_of(2014, 5, 29));
    assert_eq!(person.local_id.expect("a local id").id, "LA-1");
    assert_eq!(mother.subjects[0].role, Some(Role::Mother));
    assert_eq!(good(&mother.subjects[0].number).as_str(), "1234567881");
    // Written again, it is valid and the same.
    let head = Heading {
        created: good(&head.created).clone(),
        file: head.file.clone().expect("a number"),
        quantity: *good(&head.quantity),
        from: head.organisation.party(&council()),
    };
    let mut again = upload::start(&head);
    for record in &records {
        again.extend(upload::record(record).expect("valid"));
    }
    again.extend(upload::end());
    assert_valid_cpis(SCHEMA, &again);
    let read = read_whole(&again, domain::CheckDigit::Ignored).expect("read");
    assert_eq!(read.1, records);
}

fn date_of(year: i16, month: i8, day: i8) -> jiff::civil::Date {
    date(year, month, day)
}

/// Any prefix, any namespace declared anywhere, comments, and what no schema knows.
#[test]
fn the_form_does_not_matter() {
    let records = [full_record(), small_record()];
    let file = text(&upload(&records));
    let prefixed = file
        .replace("</", "</h:")
        .replace('<', "<h:")
        .replace("<h:/h:", "</h:")
        .replace("<h:?", "<?")
        .replace("h:npfitlc:", "npfitlc:")
        .replace("xmlns=", "xmlns:h=");
    let commented = file
        .replace("<record>", "\n\n<!-- <record> --><?x <record> ?><record>")
        .replace("<given>", "<given><!-- x -->")
        .replace("<id ", "<foreign xmlns='urn:x'><id/></foreign><id ");
    let swapped = {
        // Family before given, the local id before the NHS number, as the Spine itself has it.
        let local = "<id root=\"2.16.840.1.113883.2.1.3.2.4.18.24\" extension=\"LA &quot;1&quot;\" assigningAuthorityName=\"V145:Example Council\"/>";
        let given = "<given>Tess Ann</given>";
        let family = "<family>O'Example &amp; Sons</family>";
        let numbers = ["9990000018", "9990000026"].map(|number| {
            format!("<id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{number}\"/>")
        });
        let mut swapped = mutate(
            &file,
            &format!("{given}{family}"),
            &format!("{family}{given}"),
        );
        for number in numbers {
            swapped = mutate(
                &swapped,
                &format!("{number}{local}"),
                &format!("{local}{number}"),
            );
        }
        swapped
    };
    let split_given = mutate(
        &file,
        "<given>Tess Ann</given>",
        "<given>Tess</given><given> Ann </given>",
    );
    for form in [prefixed, commented, swapped, split_given] {
        let read = read_whole(form.as_bytes(), CHECK);
        assert_eq!(
            read.map(|(_, records)| records).as_ref(),
            Ok(&records.to_vec()),
            "{form}"
        );
    }
}

/// A birth date may come with a time.
#[test]
fn a_date_of_birth_is_a_day() {
    let file = text(&upload(&[small_record()]));
    for (value, expected) in [
        ("20120229", Found::Good(date_of(2012, 2, 29))),
        (" 20120229 ", Found::Good(date_of(2012, 2, 29))),
        ("20120229000000", Found::Good(date_of(2012, 2, 29))),
        ("20120701233000+0000", Found::Good(date_of(2012, 7, 2))),
        ("201202", Found::Wrong("201202".to_owned())),
        ("20120230", Found::Wrong("20120230".to_owned())),
        ("29/02/2012", Found::Wrong("29/02/2012".to_owned())),
        ("", Found::Missing),
    ] {
        let form = mutate(&file, "\"20120229\"", &format!("\"{value}\""));
        let (_, records) = read_whole(form.as_bytes(), CHECK).expect("read");
        assert_eq!(records[0].subjects[0].birth, expected, "{value}");
    }
}

fn head_of(file: &str) -> Head {
    read_whole(file.as_bytes(), CHECK).expect("read").0
}

#[test]
fn what_is_missing_in_the_head_is_named() {
    let file = text(&upload(&[small_record()]));
    let organisation = |rest: &str| format!("communicationFunctionSnd/organisation/{rest}");
    for (part, to, expected) in [
        (
            "<creationTime value=\"20240701120000+0100\"/>",
            "",
            "creationTime/@value".to_owned(),
        ),
        (
            "\"20240701120000+0100\"",
            "\"yesterday\"",
            "creationTime/@value".to_owned(),
        ),
        ("<id extension=\"42\"/>", "", "id/@extension".to_owned()),
        (
            "<id extension=\"42\"/>",
            "<id extension=\" \"/>",
            "id/@extension".to_owned(),
        ),
        (
            "<id extension=\"42\"/>",
            "<id extension=\"42\"/><id extension=\"43\"/>",
            "id/@extension".to_owned(),
        ),
        (
            "Quantity value=\"1\"",
            "Quantity",
            "transmissionQuantity/@value".to_owned(),
        ),
        (
            "Quantity value=\"1\"",
            "Quantity value=\"-1\"",
            "transmissionQuantity/@value".to_owned(),
        ),
        (
            "Quantity value=\"1\"",
            "Quantity value=\"one\"",
            "transmissionQuantity/@value".to_owned(),
        ),
        ("extension=\"V145\"", "", organisation("id/@extension")),
        (
            "extension=\"V145\"",
            "extension=\"V-145\"",
            organisation("id/@extension"),
        ),
        (
            "<name>Example Council &amp; District</name>",
            "<name> </name>",
            organisation("name"),
        ),
        ("use=\"EC\"", "use=\"WP\"", organisation("telecom")),
    ] {
        let head = head_of(&mutate(&file, part, to));
        assert_eq!(head.missing(), [expected.as_str()], "{part} -> {to}");
    }
    let none = mutate(
        &file,
        "communicationFunctionSnd",
        "communicationFunctionRcv",
    );
    assert_eq!(head_of(&none).missing().len(), 3);
    let place = |field: &str| head_of(&mutate(&file, "\"1\"", field)).quantity;
    assert_eq!(place("\"100000\""), Found::Good(100_000));
    assert_eq!(place("\"x\""), Found::Wrong("x".to_owned()));
}

fn refused(file: &[u8]) -> XmlError {
    let error = read_whole(file, CHECK).expect_err("refused");
    let mut reader = Reader::new(CHECK);
    let mut by_byte = None;
    for byte in file {
        reader.push(&[*byte]);
        by_byte = by_byte.or_else(|| drain(&mut reader).err());
    }
    reader.finish();
    let by_byte = by_byte.or_else(|| drain(&mut reader).err());
    assert_eq!(by_byte.as_ref(), Some(&error), "chunks do not matter");
    assert_eq!(reader.read().as_ref().err(), Some(&error), "it comes again");
    error
}

fn drain(reader: &mut Reader) -> Result<Vec<Item>, XmlError> {
    let mut items = Vec::new();
    while let Some(item) = reader.read()? {
        items.push(item);
    }
    Ok(items)
}

#[test]
fn what_is_no_upload_is_refused() {
    let file = text(&upload(&[small_record(), small_record()]));
    let record = text(&upload::record(&small_record()).expect("valid"));
    let second = format!("<x/>{record}");
    let between = file
        .replacen(&record, "", 1)
        .replacen(&record, &format!("{record}{second}"), 1);
    for (form, kind, line, message) in [
        (
            file.replace("File", "Files"),
            XmlErrorKind::Content,
            2,
            "the document is no CP-IS upload",
        ),
        (
            mutate(&file, "xmlns=\"urn:hl7-org:v3\"", ""),
            XmlErrorKind::Content,
            2,
            "the document is no CP-IS upload",
        ),
        (
            between,
            XmlErrorKind::Content,
            4,
            "there is something other than a record between",
        ),
        (
            mutate(&file, "</File>", "<x/></File>"),
            XmlErrorKind::Content,
            5,
            "there is something other than a record after",
        ),
        (
            mutate(&file, "</File>", "x</File>"),
            XmlErrorKind::Content,
            4,
            "there is something other than a record after",
        ),
        (
            mutate(&file, "</File>", "</Files>"),
            XmlErrorKind::Malformed,
            5,
            "an end tag does not match",
        ),
        (
            mutate(&file, "</File>", ""),
            XmlErrorKind::Malformed,
            6,
            "the document ends before",
        ),
        (
            format!("{file}<x/>"),
            XmlErrorKind::Malformed,
            6,
            "there is a second document element",
        ),
        (
            file.replacen(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                "<!DOCTYPE File>\n",
                1,
            ),
            XmlErrorKind::Forbidden,
            1,
            "a DOCTYPE",
        ),
        (
            file.replace("UTF-8", "UTF-16"),
            XmlErrorKind::Encoding,
            1,
            "the document declares",
        ),
        (
            file.replacen("<given>", "<given>\u{1}", 1),
            XmlErrorKind::Malformed,
            3,
            "a control character",
        ),
    ] {
        let error = refused(form.as_bytes());
        let found = (error.kind, error.location.line);
        assert_eq!(found, (kind, line), "{error}\n{form}");
        assert!(error.message.starts_with(message), "{error}");
    }
}

/// An upload that ends too soon, at any byte, is refused and never a panic.
#[test]
fn a_truncated_upload_is_refused() {
    let file = upload(&[full_record(), small_record()]);
    let complete = file.len() - 1;
    for end in 0..complete {
        let mut reader = Reader::new(CHECK);
        reader.push(&file[..end]);
        let read = drain(&mut reader);
        assert!(
            read.is_ok_and(|items| !items.contains(&Item::End)),
            "cut at {end}"
        );
        reader.finish();
        let error = drain(&mut reader).expect_err("cut short");
        assert_eq!(error.kind, XmlErrorKind::Malformed, "cut at {end}");
    }
    assert!(read_whole(&file[..complete], CHECK).is_ok());
}

#[test]
fn the_reader_counts_records_and_lines() {
    let file = upload(&[small_record(), full_record()]);
    let mut reader = Reader::new(CHECK);
    reader.push(&file);
    let items = drain(&mut reader).expect("read");
    let places: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            Item::Record { number, line, .. } => Some((*number, *line)),
            _ => None,
        })
        .collect();
    assert_eq!(places, [(1, 3), (2, 4)]);
    assert!(matches!(items[0], Item::Head(_)));
    reader.finish();
    assert_eq!(drain(&mut reader).expect("complete"), [Item::End]);
    assert_eq!(reader.read(), Ok(None));
}

/// What can be said in text that is not blank at its ends.
fn said() -> impl Strategy<Value = String> {
    "[!-~é\u{10348}]( ?[!-~é<&\"']){0,20}"
}

fn plan_date() -> impl Strategy<Value = String> {
    (1900..2100, 1..=12, 1..=28, 0..24, 0..60)
        .prop_map(|(y, m, d, h, n)| format!("{y:04}{m:02}{d:02}{h:02}{n:02}"))
}

fn a_plan() -> impl Strategy<Value = UploadedPlan> {
    let date = || plan_date().prop_map(|date| date.parse().expect("a date"));
    let maybe = move || prop::option::of(date()).prop_map(Found::from);
    let kind = prop::sample::select(PlanType::ALL.to_vec());
    (kind, date(), date(), maybe(), maybe()).prop_map(|(kind, start, must, end, delete)| {
        UploadedPlan {
            kind: Some(kind),
            start: Found::Good(start),
            end: match kind {
                PlanType::Unborn => Found::Good(must),
                _ => end,
            },
            delete,
            misplaced: false,
        }
    })
}

fn a_subject() -> impl Strategy<Value = UploadedSubject> {
    let role = prop_oneof![Just(Role::Child), Just(Role::Mother)];
    let number = prop_oneof![Just(patient()), Just(mother())];
    let local = prop::option::of((said(), prop::option::of(said())));
    let birth = (1990_i16..2026, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| date(y, m, d));
    (role, number, local, said(), said(), birth).prop_map(
        |(role, number, local, given, family, birth)| UploadedSubject {
            role: Some(role),
            number: Found::Good(number),
            local_id: local.map(|(id, assigned_by)| domain::cpis::LocalId { id, assigned_by }),
            given: Some(given),
            family: Some(family),
            birth: Found::Good(birth),
        },
    )
}

pub(crate) fn a_record() -> impl Strategy<Value = Record> {
    let plans = prop::collection::vec(a_plan(), 1..=3);
    let subjects = prop::collection::vec(a_subject(), 1..=2);
    (plans, subjects).prop_map(|(plans, subjects)| Record { plans, subjects })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_record_reads_back(
        records in prop::collection::vec(a_record(), 0..4),
        name in said(),
        file in said(),
        size in 1_usize..200,
    ) {
        let heading = Heading {
            file: file.clone(),
            from: Party {
                authority: domain::cpis::Authority { name: name.clone(), ..council() },
                ..heading(0).from
            },
            ..heading(records.len() as u64)
        };
        let mut bytes = upload::start(&heading);
        for record in &records {
            bytes.extend(upload::record(record).expect("valid"));
        }
        bytes.extend(upload::end());
        let mut reader = Reader::new(CHECK);
        let mut items = Vec::new();
        for chunk in bytes.chunks(size) {
            reader.push(chunk);
            items.extend(drain(&mut reader).expect("read"));
        }
        reader.finish();
        items.extend(drain(&mut reader).expect("complete"));
        let Some(Item::Head(head)) = items.first() else {
            panic!("a head")
        };
        prop_assert_eq!(head.file.as_deref(), Some(file.as_str()));
        prop_assert_eq!(head.organisation.name.as_deref(), Some(name.as_str()));
        let read: Vec<_> = items
            .iter()
            .filter_map(|item| match item {
                Item::Record { record, .. } => Some(record.clone()),
                _ => None,
            })
            .collect();
        prop_assert_eq!(read, records);
    }
}
