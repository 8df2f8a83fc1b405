//! Plans.

use std::sync::Arc;

use domain::cpis::{Plan, PlanType, Standing};
use jiff::SignedDuration;

use super::{changes, plans, record};
use crate::conformance::{accept, refuse, sample};
use crate::{Commit, CpisChanges, CpisRecord, PlanKey, Precondition, Store};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    every_plan_comes_back(&*make()).await;
    they_are_in_order(&*make()).await;
    another_key_is_another_plan(&*make()).await;
    the_same_plan_is_replaced(&*make()).await;
    a_batch_is_in_the_order_of_its_keys(&*make()).await;
    a_refused_one_is_not_there(&*make()).await;
}

const KIND: PlanType = PlanType::ChildProtection;

async fn every_plan_comes_back(store: &dyn Store) {
    let none = record(store, sample::patient(1), None).await;
    assert_eq!(none, CpisRecord::default());
    for of in [sample::patient(1), sample::odd_patient()] {
        let kinds = PlanType::ALL.into_iter().cycle();
        let new: Vec<_> = (1..30)
            .zip(kinds)
            .map(|(number, kind)| sample::plan(of, number, kind, number, number))
            .collect();
        accept(store, plans(new.clone())).await;
        let mut found = record(store, of, None).await.plans;
        found.sort_by_key(|plan| plan.start);
        assert_eq!(found, new);
        let keys = new.iter().map(PlanKey::from).collect();
        let (found, people) = store.cpis_batch(keys).await.expect("read");
        assert!(found.into_iter().eq(new.into_iter().map(Some)));
        assert!(people.iter().all(Option::is_none));
    }
    let counts = store.counts().await.expect("counts");
    assert_eq!(counts.plans, 58);
    // Kept to the microsecond.
    let of = sample::patient(2);
    let mut fine = sample::plan(of, 1, KIND, 1, 1);
    fine.created_at += SignedDuration::from_nanos(1_999);
    fine.updated_at += SignedDuration::from_nanos(999);
    accept(store, plans(vec![fine.clone()])).await;
    fine.created_at -= SignedDuration::from_nanos(999);
    fine.updated_at -= SignedDuration::from_nanos(999);
    assert_eq!(record(store, of, None).await.plans, [fine]);
}

async fn they_are_in_order(store: &dyn Store) {
    use PlanType::{ChildProtection, LookedAfter, Unborn};
    let of = sample::patient(1);
    // By authority, then start, then type.
    let in_order = [
        (1, 2, ChildProtection),
        (1, 2, LookedAfter),
        (1, 2, Unborn),
        (1, 3, ChildProtection),
        (10, 1, Unborn),
        (10, 9, LookedAfter),
        (2, 1, LookedAfter),
        (2, 2, ChildProtection),
    ];
    let plan = |(by, day, kind)| sample::plan(of, by, kind, day, 1);
    for place in [5, 0, 7, 2, 3, 6, 1, 4] {
        accept(store, plans(vec![plan(in_order[place])])).await;
    }
    accept(
        store,
        plans(vec![sample::plan(sample::patient(2), 1, KIND, 1, 1)]),
    )
    .await;
    let found = record(store, of, None).await.plans;
    assert_eq!(found, in_order.map(plan));
}

async fn another_key_is_another_plan(store: &dyn Store) {
    let (of, other) = (sample::patient(1), sample::patient(2));
    let all = vec![
        sample::plan(of, 1, KIND, 1, 1),
        sample::plan(other, 1, KIND, 1, 2),
        sample::plan(of, 2, KIND, 1, 3),
        sample::plan(of, 1, PlanType::LookedAfter, 1, 4),
        sample::plan(of, 1, KIND, 2, 5),
    ];
    accept(store, plans(all.clone())).await;
    let keys = all.iter().map(PlanKey::from).collect();
    let (found, _) = store.cpis_batch(keys).await.expect("read");
    assert!(found.into_iter().eq(all.into_iter().map(Some)));
    assert_eq!(record(store, of, None).await.plans.len(), 4);
    assert_eq!(record(store, other, None).await.plans.len(), 1);
}

async fn the_same_plan_is_replaced(store: &dyn Store) {
    let of = sample::patient(1);
    let version = |number| sample::plan(of, 1, KIND, 1, number);
    let kept = |number| Plan {
        created_at: version(1).created_at,
        ..version(number)
    };
    accept(store, plans(vec![version(1)])).await;
    // With and without each part, both ways.
    for number in [60, 7, 2, 3] {
        accept(store, plans(vec![version(number)])).await;
        assert_eq!(record(store, of, None).await.plans, [kept(number)]);
    }
    // Several times in one commit: the last one stays.
    let other = sample::plan(of, 2, KIND, 1, 8);
    accept(store, plans(vec![version(4), other.clone(), version(9)])).await;
    assert_eq!(record(store, of, None).await.plans, [kept(9), other]);
    assert_eq!(store.counts().await.map(|counts| counts.plans), Ok(2));
    let new = |number| sample::plan(of, 3, KIND, 1, number);
    accept(store, plans(vec![new(1), new(2)])).await;
    let found = record(store, of, None).await.plans.pop();
    let created_at = new(1).created_at;
    assert_eq!(
        found,
        Some(Plan {
            created_at,
            ..new(2)
        })
    );
}

async fn a_batch_is_in_the_order_of_its_keys(store: &dyn Store) {
    assert_eq!(store.cpis_batch(vec![]).await, Ok((vec![], vec![])));
    let plan = |number| sample::plan(sample::patient(number), 1, KIND, 1, number);
    let person = |number| sample::person(sample::patient(number), Standing::Current);
    accept(
        store,
        changes(CpisChanges {
            plans: (0..500)
                .filter(|number| number % 3 == 0)
                .map(plan)
                .collect(),
            people: (0..500)
                .filter(|number| number % 2 == 0)
                .map(person)
                .collect(),
            ..CpisChanges::default()
        }),
    )
    .await;
    let asked = || (0..250).flat_map(|number| [499 - number, number, number]);
    let keys = asked().map(|number| PlanKey::from(&plan(number))).collect();
    let (plans, people) = store.cpis_batch(keys).await.expect("read");
    let expected = asked().map(|number| (number % 3 == 0).then(|| plan(number)));
    assert!(plans.into_iter().eq(expected));
    let expected = asked().map(|number| (number % 2 == 0).then(|| person(number)));
    assert!(people.into_iter().eq(expected));
}

async fn a_refused_one_is_not_there(store: &dyn Store) {
    let of = sample::patient(1);
    let first = sample::plan(of, 1, KIND, 1, 1);
    accept(store, plans(vec![first.clone()])).await;
    let never = Precondition::CpisAccesses {
        patient: of,
        count: 1,
    };
    let refused = Commit {
        preconditions: vec![never.clone()],
        ..changes(CpisChanges {
            plans: vec![
                sample::plan(of, 1, KIND, 1, 2),
                sample::plan(of, 2, KIND, 1, 2),
            ],
            accesses: vec![sample::cpis_access(of, 1, 1, 0)],
            notices: vec![sample::notice(1, 1, 0)],
            inactive: vec![sample::inactive(1, of, 0)],
            uploads: vec![sample::upload(1, "1", 1)],
            people: vec![sample::person(of, Standing::Current)],
            ..CpisChanges::default()
        })
    };
    refuse(store, refused, never).await;
    let expected = CpisRecord {
        plans: vec![first],
        ..CpisRecord::default()
    };
    assert_eq!(record(store, of, None).await, expected);
    let all = crate::NoticeFilter {
        limit: 9,
        ..crate::NoticeFilter::default()
    };
    assert_eq!(store.cpis_notices(all.clone()).await, Ok(vec![]));
    assert_eq!(store.cpis_inactive(all).await, Ok(vec![]));
    let upload = store.cpis_upload(sample::authority(1), "1".to_owned());
    assert_eq!(upload.await, Ok(None));
    assert_eq!(store.knows_people().await, Ok(false));
}
