//! Which plans are shown, and how they are put together.

use domain::cpis::{LocalId, Plan, PlanType};
use hl7v3::cpis::answer::Role;
use jiff::civil::date;

use super::support::{Told, World, ask, plan, plan_date};

/// The answer to a query at noon on 1 July 2026, when there is just this plan.
async fn shown(change: impl Fn(&mut Plan)) -> String {
    let world = World::new();
    let mut plan = plan("301", PlanType::LookedAfter);
    change(&mut plan);
    world.upload(plan).await;
    let told = world.ask(&ask(1, 11)).await;
    let hidden = told.answer.is_none();
    if hidden {
        assert_eq!(told.line, "QUQI_IN010000UK14 1 NHSNCC002");
        assert_eq!(
            told.decision(),
            "no record: none of 1 plans is shown any more"
        );
        assert_eq!(world.accesses().await, 0);
        assert_eq!(world.notices().await, Vec::<String>::new());
        return "hidden".to_owned();
    }
    told.line
}

#[tokio::test]
async fn a_plan_is_shown_until_a_year_after_its_end() {
    for (end, expected) in [
        (None, "11; 301 LAC"),
        (Some("202701010000"), "11; 301 LAC"),
        (Some("202606300000"), "11; 301 LAC"),
        // 364 days and 23 hours 59 minutes; 365 days. It is 12:00 in summer time.
        (Some("202507011201"), "11; 301 LAC"),
        (Some("202507011200"), "hidden"),
        (Some("202506300000"), "hidden"),
    ] {
        let line = shown(|plan| {
            plan.start = plan_date("202501010000");
            plan.end = end.map(plan_date);
        });
        assert_eq!(line.await, expected, "{end:?}");
    }
}

#[tokio::test]
async fn what_was_withdrawn_or_went_out_of_use_is_hidden() {
    for (delete, expected) in [("202607011201", "11; 301 LAC"), ("202607011200", "hidden")] {
        let line = shown(|plan| plan.delete = Some(plan_date(delete)));
        assert_eq!(line.await, expected, "{delete}");
    }
    assert_eq!(shown(|plan| plan.inactive = true).await, "hidden");
}

#[tokio::test]
async fn a_child_comes_of_age() {
    for (birth, expected) in [
        (date(2008, 7, 2), "11; 301 LAC"),
        (date(2008, 7, 1), "hidden"),
        (date(1990, 1, 1), "hidden"),
    ] {
        let line = shown(|plan| plan.subject.birth_date = birth);
        assert_eq!(line.await, expected, "{birth}");
    }
    // The mother of an unborn child is of any age.
    let line = shown(|plan| {
        plan.kind = PlanType::Unborn;
        plan.end = Some(plan_date("202612010000"));
        plan.subject.birth_date = date(1990, 1, 1);
    });
    assert_eq!(line.await, "11; 301 UCP");
}

/// A world with plans, given as authority, kind, start and end.
async fn told(plans: &[(&str, PlanType, &str, Option<&str>)]) -> Told {
    let world = World::new();
    for (authority, kind, start, end) in plans {
        let mut plan = plan(authority, *kind);
        plan.start = plan_date(start);
        plan.end = end.map(plan_date);
        world.pass(1);
        world.upload(plan).await;
    }
    world.ask(&ask(1, 11)).await
}

#[tokio::test]
async fn records_are_by_authority_then_by_start() {
    use PlanType::{ChildProtection, LookedAfter, Unborn};
    let told = told(&[
        ("V145", LookedAfter, "202501010000", None),
        ("301", ChildProtection, "202603010000", None),
        ("301", LookedAfter, "202602010000", None),
        ("301", Unborn, "202601010000", Some("202609010000")),
        ("302", Unborn, "202604010000", Some("202609010000")),
        ("302", LookedAfter, "202605010000", None),
    ])
    .await;
    assert_eq!(
        told.line,
        "11; 301 UCP, 301 LAC CPP, 302 UCP, 302 LAC, V145 LAC"
    );
    let answer = told.answer.expect("a record");
    let roles: Vec<Role> = answer.records.iter().map(|r| r.subjects[0].role).collect();
    use Role::{Child, Mother};
    assert_eq!(roles, [Mother, Child, Mother, Child, Child]);
    assert!(
        answer
            .records
            .iter()
            .all(|record| record.subjects.len() == 1)
    );
}

/// The schema has room for three plans in a record.
#[tokio::test]
async fn many_plans_take_several_records() {
    use PlanType::{ChildProtection, LookedAfter};
    let told = told(&[
        ("301", LookedAfter, "202601010000", Some("202601310000")),
        ("301", LookedAfter, "202602010000", Some("202602280000")),
        ("301", ChildProtection, "202602010000", Some("202603010000")),
        ("301", LookedAfter, "202603010000", None),
        ("301", ChildProtection, "202604010000", None),
    ])
    .await;
    assert_eq!(told.line, "11; 301 LAC CPP LAC, 301 LAC CPP");
}

/// Who it is and how to reach the authority is as the last upload had it.
#[tokio::test]
async fn what_came_last_counts() {
    let world = World::with_a_plan().await;
    world.pass(60);
    let mut newer = plan("301", PlanType::ChildProtection);
    newer.contact.office = None;
    newer.contact.emergency = "tel:01632960003".to_owned();
    newer.subject.given = "Secretta Ann".to_owned();
    newer.subject.local_id = Some(LocalId {
        id: "L-1".to_owned(),
        assigned_by: Some("301:Authority 301".to_owned()),
    });
    newer.authority.name = "New name".to_owned();
    world.upload(newer).await;
    let answer = world.ask(&ask(1, 11)).await.answer.expect("a record");
    let [record] = answer.records.as_slice() else {
        panic!("one record");
    };
    assert_eq!(record.authority.name, "New name");
    assert_eq!(record.contact.office, None);
    assert_eq!(record.contact.emergency.as_deref(), Some("tel:01632960003"));
    assert_eq!(record.subjects[0].person.given, "Secretta Ann");
    let local = record.subjects[0].person.local_id.as_ref();
    assert_eq!(local.map(|local| local.id.as_str()), Some("L-1"));
    assert_eq!(record.plans.len(), 2);
}
