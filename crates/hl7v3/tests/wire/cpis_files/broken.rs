//! Records that break a rule: what is read of each, and that exactly what the schema takes can be
//! repeated.

use domain::cpis::{FileCode, PlanType, RecordFault, RecordOutcome};
use hl7v3::cpis::answer::Role;
use hl7v3::cpis::file::Found;
use hl7v3::cpis::file::response::{self, Details};
use hl7v3::cpis::file::upload::{self, Record, read_whole};
use testkit::xsd::{Outcome, validate_cpis};

use super::world::*;
use crate::support::*;

const NUMBER: &str = "<id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"9990000018\"/>";
const LOCAL: &str = "<id root=\"2.16.840.1.113883.2.1.3.2.4.18.24\" extension=\"LA &quot;1&quot;\" assigningAuthorityName=\"V145:Example Council\"/>";
const START: &str =
    "<component><lACStartDate><value value=\"202301020304\"/></lACStartDate></component>";
const NAME: &str = "<name><given>Tess Ann</given><family>O'Example &amp; Sons</family></name>";
const BIRTH: &str = "<birthTime value=\"20120229\"/>";

/// A record of one looked-after plan, in its file.
fn file() -> String {
    let start = Some("202301020304");
    let record = Record::of(&[&plan(PlanType::LookedAfter, [start, None, None])]);
    text(&upload(&[record]))
}

fn read_one(file: &str) -> Record {
    let (_, mut records) = read_whole(file.as_bytes(), CHECK).expect("read");
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn read_mutated(part: &str, to: &str) -> Record {
    read_one(&mutate(&file(), part, to))
}

fn wrong<T>(text: &str) -> Found<T> {
    Found::Wrong(text.to_owned())
}

#[test]
fn dates_are_kept_as_found() {
    let start = |to: &str| read_mutated(START, to).plans[0].start.clone();
    let value = |text: &str| START.replace("202301020304", text);
    for (to, expected) in [
        (String::new(), Found::Missing),
        ("<component/>".to_owned(), Found::Missing),
        (value(" "), Found::Missing),
        (value("20230102"), wrong("20230102")),
        (value("202313020304"), wrong("202313020304")),
        (value("20230102030405"), wrong("20230102030405")),
        (value("2023-01-02"), wrong("2023-01-02")),
        (value("x"), wrong("x")),
        (format!("{START}{START}"), wrong("202301020304")),
        (
            START.replace("lACStartDate", "cPPStartDate"),
            Found::Missing,
        ),
    ] {
        assert_eq!(start(&to), expected, "{to}");
    }
    // Their order is not.
    let ends = START
        .replace("StartDate", "EndDate")
        .replace("component", "component1");
    let plan = read_mutated(START, &format!("{ends}{START}")).plans[0].clone();
    assert!(plan.start.good().is_some() && plan.end == plan.start);
    assert_eq!((plan.delete, plan.misplaced), (Found::Missing, false));
}

#[test]
fn a_date_in_another_place_than_its_own_is_none() {
    let inside = |component: &str, date: &str| {
        format!("<{component}><{date}><value value=\"202401020304\"/></{date}></{component}>")
    };
    for (more, misplaced) in [
        (String::new(), false),
        (inside("component1", "lACEndDate"), false),
        (inside("component2", "lACDeleteDate"), false),
        (inside("component", "lACEndDate"), true),
        (inside("component2", "lACEndDate"), true),
        (inside("component9", "lACEndDate"), true),
        (inside("component1", "lACDeleteDate"), true),
        (inside("component1", "cPPEndDate"), true),
        (inside("component1", "uCPEndDate"), true),
        (inside("component1", "lACStartDate"), true),
        (
            "<lACEndDate><value value=\"202401020304\"/></lACEndDate>".to_owned(),
            true,
        ),
        // What no schema knows says nothing.
        (inside("component9", "lACReviewDate"), false),
        ("<component1><more/></component1><more/>".to_owned(), false),
    ] {
        let plan = read_mutated(START, &format!("{START}{more}")).plans[0].clone();
        assert_eq!(plan.misplaced, misplaced, "{more}");
        assert!(plan.start.good().is_some(), "{more}");
        if misplaced {
            assert_eq!(
                (plan.end, plan.delete),
                (Found::Missing, Found::Missing),
                "{more}"
            );
        }
    }
    let elsewhere = START.replace("component", "component1");
    let plan = read_mutated(START, &elsewhere).plans[0].clone();
    assert_eq!((plan.start, plan.misplaced), (Found::Missing, true));
    let foreign =
        inside("component1", "lACEndDate").replacen("<lACEndDate", "<lACEndDate xmlns='urn:x'", 1);
    assert!(read_mutated(START, &format!("{START}{foreign}")).plans[0].misplaced);
}

#[test]
fn plan_types_are_told_by_their_templates() {
    let kind = |from: &str, to: &str| read_one(&file().replace(from, to)).plans[0].kind;
    for (from, to, expected) in [
        (
            "LACInformation",
            "LACInformation",
            Some(PlanType::LookedAfter),
        ),
        ("COCT_TP146100GB01", "COCT_TP146103GB01", None),
        ("COCT_TP146100GB01", "COCT_TP146999GB01", None),
        ("LACInformation", "CPPInformation", None),
        ("LACInformation", "UCPInformation", None),
        (
            "COCT_TP146100GB01#LACInformation",
            "COCT_TP146101GB01#CPPInformation",
            None,
        ),
        (
            "COCT_TP146100GB01#LACInformation",
            "COCT_TP146100GB01",
            None,
        ),
        (" extension=\"COCT_TP146100GB01#LACInformation\"", "", None),
        (
            "2.16.840.1.113883.2.1.3.2.4.18.16",
            "1.2",
            Some(PlanType::LookedAfter),
        ),
        ("LACInformation", "XYZInformation", None),
        ("COCT_TP146100GB01.LACInformation", "LACInformation", None),
        (
            "COCT_TP146100GB01.LACInformation",
            "COCT_TP146100GB01.",
            None,
        ),
    ] {
        assert_eq!(kind(from, to), expected, "{to}");
    }
    let twice = mutate(
        &file(),
        "</pertinentInformation>",
        "<COCT_TP146101GB01.CPPInformation/></pertinentInformation>",
    );
    assert_eq!(read_one(&twice).plans[0].kind, None);
    let id = |name: &str| {
        format!(
            "<npfitlc:contentId root=\"2.16.840.1.113883.2.1.3.2.4.18.16\" extension=\"{name}\"/>"
        )
    };
    let own = id("COCT_TP146100GB01#LACInformation");
    assert_eq!(
        read_mutated(&own, "").plans[0].kind,
        Some(PlanType::LookedAfter)
    );
    let both = format!("{own}{}", id("COCT_TP146101GB01#CPPInformation"));
    assert_eq!(read_mutated(&own, &both).plans[0].kind, None);
}

#[test]
fn subjects_are_kept_as_found() {
    let number = |to: &str| read_mutated(NUMBER, to).subjects[0].number.clone();
    let value = |text: &str| NUMBER.replace("9990000018", text);
    for (to, expected) in [
        (NUMBER.to_owned(), Found::Good(patient())),
        (value(" 9990000018 "), Found::Good(patient())),
        (String::new(), Found::Missing),
        (value(""), Found::Missing),
        (value("999000001"), wrong("999000001")),
        (value("9990000019"), wrong("9990000019")),
        (value("999 000 0018"), wrong("999 000 0018")),
        (NUMBER.replace("2.1.4.1", "2.1.4.2"), Found::Missing),
        (
            format!("{NUMBER}{}", value("9990000026")),
            wrong("9990000018"),
        ),
    ] {
        assert_eq!(number(&to), expected, "{to}");
    }
    assert_eq!(read_mutated(LOCAL, "").subjects[0].local_id, None);
    let names = |to: &str| {
        let subject = read_mutated(NAME, to).subjects[0].clone();
        (
            subject.given.clone(),
            subject.family.clone(),
            subject.subject(),
        )
    };
    let some = |text: &str| Some(text.to_owned());
    for (to, given, family) in [
        ("", None, None),
        ("<name/>", None, None),
        ("<name>Tess Example</name>", None, None),
        ("<name><given>Tess</given></name>", some("Tess"), None),
        (
            "<name><family>Example</family><given> </given></name>",
            None,
            some("Example"),
        ),
    ] {
        assert_eq!(names(to), (given, family, Err(RecordFault::Name)), "{to}");
    }
    let birth = read_mutated(BIRTH, "").subjects[0].clone();
    assert_eq!(birth.birth, Found::Missing);
    assert_eq!(birth.subject(), Err(RecordFault::BirthDate));
}

#[test]
fn roles_are_told_by_their_templates() {
    let role = |from: &str, to: &str| read_one(&file().replace(from, to)).subjects[0].role;
    assert_eq!(role("x", "x"), Some(Role::Child));
    assert_eq!(role("GB01.Child", "GB01.UnbornChild"), None);
    assert_eq!(role("GB01#Child", "GB01#UnbornChild"), None);
    assert_eq!(role("COCT_TP145101GB01", "COCT_TP145999GB01"), None);
    assert_eq!(role("GB01.Child", "GB01.Person"), None);
    let twice = mutate(
        &file(),
        "</subject>",
        "<COCT_TP145101GB01.Child/></subject>",
    );
    assert_eq!(read_one(&twice).subjects[0].role, None);
}

#[test]
fn a_record_without_shape_is_empty() {
    let file = file();
    for form in [
        file.replace("CP-ISRecord", "Record"),
        mutate(&file, "</record>", "<CP-ISRecord/></record>"),
        mutate(&file, "<CP-ISRecord>", "<CP-ISRecord xmlns='urn:x'>"),
    ] {
        assert_eq!(read_one(&form), Record::default(), "{form}");
    }
}

/// Every record, however broken, either is repeated in a form that the schema takes or is left out,
/// and then the schema would not have taken it.
#[test]
fn what_is_repeatable_is_what_the_schema_takes() {
    let plan = |count: usize| {
        let file = file();
        let from = file.find("<pertinentInformation>").expect("a plan");
        let to = file.find("<subject>").expect("a subject");
        file[from..to].repeat(count)
    };
    let subject = |count: usize| {
        let file = file();
        let from = file.find("<subject>").expect("a subject");
        let to = file.find("</CP-ISRecord>").expect("an end");
        file[from..to].repeat(count)
    };
    let start = |text: &str| START.replace("202301020304", text);
    let birth = |text: &str| BIRTH.replace("20120229", text);
    let end = START
        .replace("StartDate", "EndDate")
        .replace("component", "component1");
    let unborn = |file: &str| {
        let file = file.replace("LACInf", "UCPInf").replace("lAC", "uCP");
        file.replace("TP146100", "TP146102")
    };
    // What is changed, and whether it can be repeated when it was refused, and when stored.
    let rows: Vec<(String, bool, bool)> = vec![
        (file(), true, true),
        (mutate(&file(), START, ""), false, true),
        (mutate(&file(), START, &start("20230102")), false, true),
        (mutate(&file(), START, &start("202302300000")), true, true),
        (mutate(&file(), START, &start("202301022400")), false, true),
        (mutate(&file(), START, &format!("{START}{end}")), true, true),
        (
            mutate(
                &file(),
                START,
                &format!("{START}{}", end.replace("component1", "component2")),
            ),
            false,
            true,
        ),
        (
            mutate(
                &file(),
                START,
                &format!("{START}{}", end.replace("2023", "x")),
            ),
            false,
            true,
        ),
        (unborn(&file()), false, true),
        (
            unborn(&mutate(&file(), START, &format!("{START}{end}"))),
            true,
            true,
        ),
        (
            file().replace("LACInformation", "XYZInformation"),
            false,
            true,
        ),
        (mutate(&file(), &plan(1), ""), false, true),
        (mutate(&file(), &plan(1), &plan(3)), true, true),
        (mutate(&file(), &plan(1), &plan(4)), false, true),
        (mutate(&file(), &subject(1), ""), false, false),
        (mutate(&file(), &subject(1), &subject(2)), true, true),
        (mutate(&file(), &subject(1), &subject(3)), false, false),
        (mutate(&file(), NUMBER, ""), true, true),
        (
            mutate(&file(), NUMBER, &NUMBER.replace("999", "x y")),
            true,
            true,
        ),
        (mutate(&file(), LOCAL, ""), true, true),
        (
            mutate(&mutate(&file(), LOCAL, ""), NUMBER, ""),
            false,
            false,
        ),
        (mutate(&file(), BIRTH, ""), false, false),
        (mutate(&file(), BIRTH, &birth("2012")), true, true),
        (mutate(&file(), BIRTH, &birth("20121341")), true, true),
        (mutate(&file(), BIRTH, &birth("29/02/2012")), false, false),
        (mutate(&file(), NAME, ""), true, true),
        (mutate(&file(), NAME, "<name>Tess</name>"), true, true),
        (file().replace("GB01.Child", "GB01.Person"), false, false),
        (file().replace("CP-ISRecord", "Record"), false, false),
    ];
    for (form, refused, stored) in rows {
        let record = read_one(&form);
        for (is_stored, expected) in [(false, refused), (true, stored)] {
            assert_eq!(
                record.is_repeatable(is_stored),
                expected,
                "{is_stored}: {form}"
            );
            let whole = acknowledged(&record, is_stored);
            assert_ne!(valid(&whole), Some(false), "{is_stored}: {form}");
            if let Some(as_sent) = as_sent(&form, is_stored)
                && !expected
            {
                let forced = text(&whole).replace("<successful", &format!("{as_sent}<successful"));
                assert_ne!(valid(forced.as_bytes()), Some(true), "{is_stored}: {form}");
            }
        }
        assert_eq!(upload::record(&record).is_some(), refused, "{form}");
    }
}

/// `None` where nothing can judge.
fn valid(response: &[u8]) -> Option<bool> {
    match validate_cpis("REPC_MT000003GB01", response) {
        Outcome::Invalid(_) => Some(false),
        Outcome::Valid => Some(true),
        Outcome::Skipped => None,
    }
}

/// A message that repeats a record as it was sent, without a question.
fn as_sent(file: &str, stored: bool) -> Option<String> {
    let (_, parts) = file.split_once("<CP-ISRecord>")?;
    let (parts, _) = parts.split_once("</CP-ISRecord>")?;
    let (parts, name) = match stored {
        true => (&parts[parts.find("<subject>")?..], "validCP-ISRecord"),
        false => (parts, "invalidCP-ISRecord"),
    };
    let around = [
        "message",
        "cP-ISLAAcknowledgementResponse",
        "pertinentInformation1",
        name,
    ];
    let message = around.iter().rev().fold(parts.to_owned(), |inside, name| {
        format!("<{name}>{inside}</{name}>")
    });
    Some(message)
}

fn acknowledged(record: &Record, stored: bool) -> Vec<u8> {
    let outcome = match stored {
        true => RecordOutcome::STORED,
        false => RecordOutcome::Fault(RecordFault::Shape),
    };
    let heading = response::Heading {
        created: time("20240701120000+0100"),
        file: Some("42".to_owned()),
        quantity: Some(1),
        codes: vec![FileCode::for_counts(stored.into(), (!stored).into())],
        to: heading(1).from,
        stored: stored.into(),
        refused: (!stored).into(),
    };
    let mut details = Details::start(heading);
    details.record(1, outcome, record);
    let mut messages = details.messages();
    messages.record(outcome, record);
    messages.end()
}
