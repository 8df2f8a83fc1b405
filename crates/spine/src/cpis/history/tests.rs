//! What an access leaves behind: when it counts, who is shown, who is told.

use domain::cpis::{
    Author, Authority, AuthorityContact, JobTitle, Organisation, Person, PersonName, PlanType,
    Subject,
};
use domain::{Asid, NhsNumber};
use jiff::SignedDuration;
use jiff::civil::date;

use super::*;

/// An instant, in minutes from the start.
fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().expect("a time");
    start + SignedDuration::from_mins(minute)
}

fn patient() -> NhsNumber {
    NhsNumber::parse("9990000018").expect("valid")
}

/// The access of user `user` of an organisation at a minute; the minute is its query id too.
fn access(user: u32, organisation: &str, minute: i64) -> Access {
    Access {
        patient: patient(),
        query: format!("00000000-0000-4000-8000-{minute:012}"),
        at: at(minute),
        author: Author::Person(Person {
            role: JobTitle {
                code: "R0050".to_owned(),
                display_name: "Consultant".to_owned(),
            },
            user: format!("{user:012}"),
            role_profile: None,
            name: PersonName::default(),
            organisation: Organisation {
                code: organisation.to_owned(),
                site: false,
                name: "X".to_owned(),
            },
        }),
        asid: Asid::parse("200000000001").expect("digits"),
        message: MessageId::parse("M").expect("an id"),
    }
}

/// A plan of an authority from a file, which first came at one minute and last at another.
fn plan(authority: &str, file: &str, created: i64, updated: i64) -> Plan {
    Plan {
        patient: patient(),
        authority: Authority {
            code: code(authority),
            name: "An authority".to_owned(),
        },
        kind: PlanType::LookedAfter,
        start: "202601010000".parse().expect("a date"),
        end: None,
        delete: None,
        contact: AuthorityContact {
            office: None,
            emergency: "tel:01632960000".to_owned(),
        },
        subject: Subject {
            given: "Given".to_owned(),
            family: "Family".to_owned(),
            birth_date: date(2020, 1, 1),
            local_id: None,
        },
        file: file.to_owned(),
        created_at: at(created),
        updated_at: at(updated),
        inactive: false,
    }
}

fn code(text: &str) -> OdsCode {
    OdsCode::parse(text).expect("a code")
}

/// Three authorities; the second has two plans, and the third a plan that came at minute 100.
fn plans() -> Vec<Plan> {
    vec![
        plan("301", "1", -10, -10),
        plan("302", "7", -10, -5),
        plan("302", "8", -10, -4),
        plan("303", "3", 100, 100),
    ]
}

/// What differs from an unscheduled query under the usual configuration.
struct Given {
    care: Care,
    every_query_is_told: bool,
    told_late: Vec<OdsCode>,
}

const USUAL: Given = Given {
    care: Care::Unscheduled,
    every_query_is_told: false,
    told_late: Vec::new(),
};

/// What is decided, in words: `kept; shown 1 2; 301 of 1`.
fn check(record: &CpisRecord, present: &Access, given: &Given) -> String {
    let plans = plans();
    let visible: Vec<&Plan> = plans.iter().collect();
    let viewing = decide(Facts {
        record,
        visible: &visible,
        present,
        care: given.care,
        every_query_is_told: given.every_query_is_told,
        told_late: &given.told_late,
    });
    let minute = |access: &Access| (access.at - at(0)).total(jiff::Unit::Minute).expect("one");
    let kept = viewing.access.as_ref().map(|access| {
        assert_eq!(access, present);
        "kept; "
    });
    let shown: Vec<String> = viewing
        .shown
        .iter()
        .map(|a| minute(a).to_string())
        .collect();
    let told = viewing.notices.iter().map(|notice| {
        assert_eq!(
            &notice.access, present,
            "the authority learns what happened"
        );
        assert_eq!((notice.created_at, notice.told_at), (present.at, None));
        format!("; {} of {}", notice.authority, notice.file)
    });
    let late = viewing
        .late
        .iter()
        .map(|key| format!("; late {}", key.sender));
    let told: String = told.chain(late).collect();
    format!(
        "{}shown {}{told}",
        kept.unwrap_or_default(),
        shown.join(" ")
    )
}

fn record(accesses: &[&Access], last_of_author: Option<&Access>) -> CpisRecord {
    CpisRecord {
        plans: Vec::new(),
        accesses: accesses.iter().map(|a| (*a).clone()).collect(),
        last_of_author: last_of_author.cloned(),
        count: accesses.len() as u64,
    }
}

#[test]
fn the_first_access_is_kept_and_told_to_each_authority_once() {
    let other = access(2, "RKE", 5);
    let told = check(&record(&[&other], None), &access(1, "RKE", 10), &USUAL);
    assert_eq!(told, "kept; shown 5 10; 301 of 1; 302 of 8; 303 of 3");
}

#[test]
fn an_authority_is_not_told_of_its_own() {
    let told = check(&record(&[], None), &access(1, "302", 10), &USUAL);
    assert_eq!(told, "kept; shown 10; 301 of 1; 303 of 3");
    let told = check(&record(&[], None), &access(1, "no code", 10), &USUAL);
    assert_eq!(told, "kept; shown 10; 301 of 1; 302 of 8; 303 of 3");
}

#[test]
fn a_silent_read_leaves_nothing() {
    let first = access(1, "RKE", 5);
    let silent = &Given {
        care: Care::Scheduled,
        ..USUAL
    };
    let present = access(1, "RKE", 7000);
    let read = check(&record(&[&first], Some(&first)), &present, silent);
    assert_eq!(read, "shown 5");
    assert_eq!(check(&record(&[], None), &present, silent), "shown ");
}

#[test]
fn within_a_day_only_who_came_late_is_told_and_only_once() {
    let first = access(1, "RKE", 5);
    let known = record(&[&first], Some(&first));
    let day = 24 * 60;
    for (minute, expected) in [
        (6, "shown 5; 303 of 3; late 303"),
        (day + 4, "shown 5; 303 of 3; late 303"),
        (day + 5, "kept; shown 5 1445; 301 of 1; 302 of 8; 303 of 3"),
    ] {
        assert_eq!(check(&known, &access(1, "RKE", minute), &USUAL), expected);
    }
    let told = Given {
        told_late: vec![code("303")],
        ..USUAL
    };
    assert_eq!(check(&known, &access(1, "RKE", 120), &told), "shown 5");
    // After all plans had come, nobody is late.
    let after = access(1, "RKE", 100);
    let known = record(&[&after], Some(&after));
    assert_eq!(check(&known, &access(1, "RKE", 101), &USUAL), "shown 100");
}

#[test]
fn every_query_may_be_told() {
    let every = Given {
        every_query_is_told: true,
        ..USUAL
    };
    let first = access(1, "RKE", 5);
    let known = record(&[&first], Some(&first));
    let read = check(&known, &access(1, "RKE", 6), &every);
    assert_eq!(read, "shown 5; 301 of 1; 302 of 8; 303 of 3; late 303");
}

#[test]
fn whoever_asks_is_shown_although_many_came_since() {
    let first = access(1, "RKE", 0);
    let others: Vec<Access> = (1..=30).rev().map(|n| access(100, "RKE", n)).collect();
    let newest: Vec<&Access> = others.iter().take(25).collect();
    let words = |range: std::ops::RangeInclusive<i64>| {
        let words: Vec<String> = range.map(|n| n.to_string()).collect();
        words.join(" ")
    };
    let read = check(
        &record(&newest, Some(&first)),
        &access(1, "RKE", 60),
        &USUAL,
    );
    let expected = format!("shown 0 {}; 303 of 3; late 303", words(7..=30));
    assert_eq!(read, expected);
    let read = check(&record(&newest, None), &access(1, "RKE", 60), &USUAL);
    let expected = format!("kept; shown {} 60", words(7..=30));
    assert!(read.starts_with(&expected), "{read}");
}
