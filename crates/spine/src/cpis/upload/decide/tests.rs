//! Every rule of a record.

use domain::OdsCode;
use domain::cpis::{LocalId, Standing};
use hl7v3::cpis::file::Telecom;
use jiff::civil::date;

use super::*;

/// When everything here happens: 1 July 2024, 13:00 in the UK.
fn now() -> Timestamp {
    "2024-07-01T12:00:00Z".parse().expect("a time")
}

fn number() -> NhsNumber {
    NhsNumber::parse("9990000018").expect("a number")
}

fn other_number() -> NhsNumber {
    NhsNumber::parse("9990000026").expect("a number")
}

fn plan_date(text: &str) -> PlanDate {
    text.parse().expect("a date")
}

fn good(text: &str) -> Found<PlanDate> {
    Found::Good(plan_date(text))
}

fn uploaded(kind: PlanType) -> UploadedPlan {
    let end = match kind {
        PlanType::Unborn => good("202412310000"),
        _ => Found::Missing,
    };
    UploadedPlan {
        kind: Some(kind),
        start: good("202401020000"),
        end,
        delete: Found::Missing,
        misplaced: false,
    }
}

fn subject(role: Role, number: NhsNumber) -> UploadedSubject {
    let born = match role {
        Role::Child => date(2014, 5, 29),
        Role::Mother => date(1990, 9, 26),
    };
    UploadedSubject {
        role: Some(role),
        number: Found::Good(number),
        local_id: Some(LocalId {
            id: "LA-1".to_owned(),
            assigned_by: None,
        }),
        given: Some("Trace".to_owned()),
        family: Some("Lewington".to_owned()),
        birth: Found::Good(born),
    }
}

/// A child with a protection plan.
fn record() -> Record {
    Record {
        plans: vec![uploaded(PlanType::ChildProtection)],
        subjects: vec![subject(Role::Child, number())],
    }
}

/// A mother with an unborn child's plan.
fn unborn() -> Record {
    Record {
        plans: vec![uploaded(PlanType::Unborn)],
        subjects: vec![subject(Role::Mother, number())],
    }
}

fn organisation() -> Organisation {
    Organisation {
        code: Found::Good(OdsCode::parse("V145").expect("a code")),
        site: false,
        name: Some("Example Council".to_owned()),
        telecoms: vec![
            telecom("WP", "tel:02070000000"),
            telecom("EC", "tel:07000000000"),
        ],
    }
}

fn telecom(usage: &str, value: &str) -> Telecom {
    Telecom {
        usage: Some(usage.to_owned()),
        value: Some(value.to_owned()),
    }
}

fn letter() -> Letter {
    Letter::new(&organisation(), "42", now())
}

fn outcome(record: &Record, letter: &Letter, view: &View) -> RecordOutcome {
    match decide(record, letter, view) {
        Ok(_) => RecordOutcome::STORED,
        Err(outcome) => outcome,
    }
}

/// A record after a change, and what becomes of it with nothing stored and PDS not asked.
#[track_caller]
fn check(mut record: Record, change: impl FnOnce(&mut Record), expected: impl Into<RecordOutcome>) {
    change(&mut record);
    let found = outcome(&record, &letter(), &View::default());
    assert_eq!(found, expected.into(), "{record:?}");
}

#[test]
fn records_by_themselves() {
    use RecordFault as Fault;
    let stored = RecordOutcome::STORED;
    check(record(), |_| {}, stored);
    check(unborn(), |_| {}, stored);
    check(record(), |r| *r = Record::default(), Fault::Shape);
    check(
        record(),
        |r| r.plans = vec![r.plans[0].clone(); 4],
        Fault::Shape,
    );
    check(
        record(),
        |r| r.subjects = vec![r.subjects[0].clone(); 3],
        Fault::Shape,
    );
    check(record(), |r| r.plans.clear(), Fault::PlanType);
    check(record(), |r| r.plans[0].misplaced = true, Fault::Shape);
    check(record(), |r| r.subjects[0].role = None, Fault::Shape);
    check(record(), |r| r.plans[0].kind = None, Fault::PlanType);
    check(record(), |r| r.subjects.clear(), Fault::Pairing);
    check(
        record(),
        |r| r.subjects[0].role = Some(Role::Mother),
        Fault::Pairing,
    );
    check(
        unborn(),
        |r| r.subjects[0].role = Some(Role::Child),
        Fault::Pairing,
    );
    check(
        record(),
        |r| r.subjects.push(subject(Role::Child, other_number())),
        Fault::Pairing,
    );
    check(
        record(),
        |r| r.subjects.push(subject(Role::Mother, other_number())),
        Fault::Pairing,
    );
    check(
        record(),
        |r| r.subjects[0].number = Found::Missing,
        Fault::NumberMissing,
    );
    check(
        record(),
        |r| r.subjects[0].number = Found::Wrong("ABC123".to_owned()),
        RecordOutcome::Code(RecordCode::Format),
    );
    check(
        record(),
        |r| r.plans[0].start = Found::Missing,
        Fault::StartMissing,
    );
    check(
        record(),
        |r| r.plans[0].start = Found::Wrong("x".to_owned()),
        Fault::Date,
    );
    check(
        record(),
        |r| r.plans[0].end = Found::Wrong("x".to_owned()),
        Fault::Date,
    );
    check(
        record(),
        |r| r.plans[0].delete = Found::Wrong("x".to_owned()),
        Fault::Date,
    );
    check(
        record(),
        |r| r.subjects[0].birth = Found::Missing,
        Fault::BirthDate,
    );
    check(
        record(),
        |r| r.subjects[0].birth = Found::Wrong("x".to_owned()),
        Fault::BirthDate,
    );
    check(record(), |r| r.subjects[0].given = None, Fault::Name);
    check(
        record(),
        |r| r.subjects[0].family = Some(" ".to_owned()),
        Fault::Name,
    );
    check(
        unborn(),
        |r| r.plans[0].end = Found::Missing,
        Fault::EndMissing,
    );
    check(record(), |r| r.plans[0].end = good("202401020000"), stored);
    check(
        record(),
        |r| r.plans[0].end = good("202401012359"),
        Fault::EndBeforeStart,
    );
    check(
        record(),
        |r| r.plans[0].delete = good("202401012359"),
        Fault::EndBeforeStart,
    );
    let born = |r: &mut Record, day| r.subjects[0].birth = Found::Good(date(2024, 1, day));
    check(record(), |r| born(r, 2), stored);
    check(record(), |r| born(r, 3), Fault::StartBeforeBirth);
    check(
        unborn(),
        |r| r.plans[0].start = good("198001010000"),
        stored,
    );
    check(
        record(),
        |r| r.plans[0].start = good("202407011300"),
        stored,
    );
    check(
        record(),
        |r| r.plans[0].start = good("202407011301"),
        Fault::StartInFuture,
    );
    check(
        record(),
        |r| r.subjects[0].birth = Found::Good(date(2006, 7, 2)),
        stored,
    );
    check(
        record(),
        |r| r.subjects[0].birth = Found::Good(date(2006, 7, 1)),
        Fault::Adult,
    );
}

#[test]
fn an_end_is_taken_for_a_year() {
    let ended = |end: &str, delete: Option<&str>| {
        let mut record = record();
        record.plans[0].start = good("202201010000");
        record.plans[0].end = good(end);
        record.plans[0].delete = delete.map(plan_date).into();
        outcome(&record, &letter(), &View::default())
    };
    assert_eq!(ended("202307021301", None), RecordOutcome::STORED);
    assert_eq!(
        ended("202307021300", None),
        RecordFault::EndTooLongAgo.into()
    );
    // With a date of deletion it is a withdrawal, here of a plan that is not there.
    assert_eq!(
        ended("202307021300", Some("202406010000")),
        RecordFault::UnknownPlan.into()
    );
}

#[test]
fn what_the_file_says_of_its_sender_counts_for_every_record() {
    let changed = |change: &dyn Fn(&mut Organisation)| {
        let mut organisation = organisation();
        change(&mut organisation);
        let letter = Letter::new(&organisation, "42", now());
        outcome(&record(), &letter, &View::default())
    };
    use RecordFault as Fault;
    assert_eq!(changed(&|o| o.name = None), Fault::Organisation.into());
    assert_eq!(
        changed(&|o| o.code = Found::Missing),
        Fault::Organisation.into()
    );
    assert_eq!(
        changed(&|o| o.telecoms.truncate(1)),
        Fault::EmergencyMissing.into()
    );
    assert_eq!(
        changed(&|o| o.telecoms.push(telecom("EC", "tel:1"))),
        Fault::EmergencyTwice.into()
    );
    assert_eq!(
        changed(&|o| o.telecoms[0].value = None),
        Fault::TelecomValue.into()
    );
    assert_eq!(
        changed(&|o| drop(o.telecoms.remove(0))),
        RecordOutcome::STORED,
        "office hours are optional"
    );
}

fn person() -> Demographics {
    Demographics {
        number: number(),
        given: vec!["Trace".to_owned()],
        family: "Lewington".to_owned(),
        birth_date: date(2014, 5, 29),
        sensitive: false,
        standing: Standing::Current,
    }
}

#[test]
fn pds_is_asked_when_there_is_one() {
    let with = |people: Vec<Demographics>| {
        let people = people.into_iter().map(|person| (person.number, person));
        let view = View {
            people: Some(people.collect()),
            ..View::default()
        };
        outcome(&record(), &letter(), &view)
    };
    assert_eq!(with(vec![person()]), RecordOutcome::STORED);
    for (people, expected) in [
        (vec![], RecordCode::NoMatch),
        (
            vec![Demographics {
                sensitive: true,
                ..person()
            }],
            RecordCode::Sensitive,
        ),
        (
            vec![Demographics {
                family: "Other".to_owned(),
                ..person()
            }],
            RecordCode::NotVerified,
        ),
        (
            vec![Demographics {
                standing: Standing::Superseded(other_number()),
                ..person()
            }],
            RecordCode::Superseded,
        ),
    ] {
        assert_eq!(with(people), RecordOutcome::Code(expected));
    }
}

/// What is stored after the record was uploaded with some file.
fn stored(record: &Record, file: &str) -> Vec<Plan> {
    let letter = Letter::new(&organisation(), file, now());
    decide(record, &letter, &View::default()).expect("stored")
}

fn view(plans: Vec<Plan>) -> View {
    let plans = plans.into_iter().map(|plan| (PlanKey::from(&plan), plan));
    View {
        plans: plans.collect(),
        people: None,
    }
}

#[test]
fn a_later_file_changes_a_plan_and_an_earlier_one_does_not() {
    let mut ended = record();
    ended.plans[0].end = good("202406010000");
    for (stored_by, outcome_of_42) in [
        ("41", Ok(())),
        ("42", Ok(())),
        ("007", Ok(())),
        ("43", Err(RecordFault::Overtaken)),
        ("100", Err(RecordFault::Overtaken)),
        // What is no number has no order but that of its coming.
        ("43a", Ok(())),
    ] {
        let mut before = stored(&record(), stored_by);
        before[0].created_at = Timestamp::UNIX_EPOCH;
        let decided = decide(&ended, &letter(), &view(before));
        let found = decided.as_ref().map(|_| ()).map_err(|outcome| *outcome);
        let expected = outcome_of_42.map_err(RecordOutcome::Fault);
        assert_eq!(found, expected, "{stored_by}");
        for plan in decided.iter().flatten() {
            assert_eq!(plan.end, Some(plan_date("202406010000")));
            assert_eq!((plan.file.as_str(), plan.updated_at), ("42", now()));
            assert_eq!(plan.created_at, Timestamp::UNIX_EPOCH);
        }
    }
}

#[test]
fn a_withdrawal_needs_a_plan_and_may_be_taken_back() {
    let mut withdrawal = record();
    withdrawal.plans[0].delete = good("202406010000");
    let decided = |record: &Record, before: &[Plan]| {
        decide(record, &letter(), &view(before.to_vec())).map_err(|outcome| outcome.to_byte())
    };
    let fault = |fault| Err(RecordOutcome::Fault(fault).to_byte());
    assert_eq!(decided(&withdrawal, &[]), fault(RecordFault::UnknownPlan));
    let before = stored(&record(), "41");
    let after = decided(&withdrawal, &before).expect("withdrawn");
    assert_eq!(after[0].delete, Some(plan_date("202406010000")));
    assert!(!after[0].is_visible(uk_local(now())));
    // The same again is no fault, nor is another date.
    assert_eq!(decided(&withdrawal, &after), Ok(after.clone()));
    withdrawal.plans[0].delete = good("202406020000");
    let moved = decided(&withdrawal, &after).expect("withdrawn on another day");
    assert_eq!(moved[0].delete, Some(plan_date("202406020000")));
    // Without a date it is there again.
    let again = decided(&record(), &after).expect("there again");
    assert_eq!(again[0].delete, None);
    assert!(again[0].is_visible(uk_local(now())));
    // But not by an older file.
    let mut later = after;
    later[0].file = "43".to_owned();
    assert_eq!(decided(&record(), &later), fault(RecordFault::Overtaken));
    // A withdrawal that is still to come can be taken back.
    let mut announced = record();
    announced.plans[0].delete = good("202408010000");
    let after = decided(&announced, &before).expect("to be withdrawn");
    assert_eq!(
        decided(&record(), &after).expect("open again")[0].delete,
        None
    );
}

#[test]
fn a_number_that_is_in_use_again_is_shown_again() {
    let mut before = stored(&record(), "41");
    before[0].inactive = true;
    let mut view = view(before);
    let plan = |view: &View| decide(&record(), &letter(), view).expect("stored")[0].clone();
    assert!(plan(&view).inactive, "without PDS nobody knows better");
    view.people = Some([(number(), person())].into());
    assert!(!plan(&view).inactive);
}

#[test]
fn a_record_of_several_plans_is_one() {
    let both = Record {
        plans: vec![
            uploaded(PlanType::ChildProtection),
            uploaded(PlanType::LookedAfter),
            uploaded(PlanType::Unborn),
        ],
        subjects: vec![
            subject(Role::Child, number()),
            subject(Role::Mother, other_number()),
        ],
    };
    let plans = stored(&both, "42");
    let of: Vec<_> = plans.iter().map(|plan| (plan.kind, plan.patient)).collect();
    assert_eq!(
        of,
        [
            (PlanType::ChildProtection, number()),
            (PlanType::LookedAfter, number()),
            (PlanType::Unborn, other_number()),
        ]
    );
    assert_eq!(
        keys(&both, &letter()),
        plans.iter().map(PlanKey::from).collect::<Vec<_>>()
    );
    let mut one_wrong = both;
    one_wrong.plans[2].end = Found::Missing;
    assert_eq!(
        outcome(&one_wrong, &letter(), &View::default()),
        RecordFault::EndMissing.into()
    );
    // The same plan twice: the second changes the first.
    let mut twice = record();
    let mut end = uploaded(PlanType::ChildProtection);
    end.delete = good("202406010000");
    twice.plans.push(end);
    assert_eq!(stored(&twice, "42").len(), 2);
}

#[test]
fn file_numbers_are_compared_as_numbers() {
    for (file, than, expected) in [
        ("2", "1", true),
        ("10", "9", true),
        ("010", "9", true),
        ("9", "010", false),
        ("1", "1", false),
        ("01", "1", false),
        ("123456789012345678901234567890", "99", true),
        ("A2", "A1", false),
        ("2", "A1", false),
        ("", "1", false),
    ] {
        assert_eq!(is_later(file, than), expected, "{file} {than}");
    }
}
