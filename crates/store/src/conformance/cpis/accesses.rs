//! Accesses that count.

use std::sync::Arc;

use domain::cpis::{Access, SHOWN};
use jiff::SignedDuration;
use tokio::task::JoinSet;

use super::{changes, record};
use crate::conformance::{accept, check, refuse, sample};
use crate::{Commit, CpisChanges, CpisRecord, Precondition, Store, StoreError};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    the_newest_come_back(&*make()).await;
    an_authors_last_is_found_among_any_number(&*make()).await;
    the_first_of_a_query_id_stays(&*make()).await;
    a_commit_may_ask_how_many_there_are(&*make()).await;
    of_several_that_counted_the_same_one_wins(make()).await;
    every_count_has_one_winner(make()).await;
}

fn accesses(accesses: Vec<Access>) -> Commit {
    changes(CpisChanges {
        accesses,
        ..CpisChanges::default()
    })
}

async fn the_newest_come_back(store: &dyn Store) {
    let of = sample::patient(1);
    // In the order of the answer: the newest first, of the same time the greatest id.
    let all = [(40, 1), (30, 9), (30, 2), (20, 5), (10, 3), (10, 1)];
    let all: Vec<_> = all
        .into_iter()
        .zip(10..)
        .map(|((at, by), number)| (at, by, 100 - number))
        .map(|(at, by, number)| sample::cpis_access(of, by, number, at))
        .collect();
    for place in [3, 5, 0, 1, 4, 2] {
        accept(store, accesses(vec![all[place].clone()])).await;
    }
    accept(
        store,
        accesses(vec![sample::cpis_access(sample::patient(2), 1, 7, 99)]),
    )
    .await;
    let found = record(store, of, Some(&sample::cpis_author(1))).await;
    assert_eq!(found.count, 6);
    assert_eq!(found.last_of_author.as_ref(), all.first());
    assert_eq!(found.accesses, all);
    for (author, expected) in [(9, 1), (2, 2), (3, 4)] {
        let found = record(store, of, Some(&sample::cpis_author(author))).await;
        assert_eq!(found.last_of_author.as_ref(), all.get(expected));
    }
    for author in [None, Some(&sample::cpis_author(4))] {
        let found = record(store, of, author).await;
        assert_eq!((found.last_of_author, found.count), (None, 6));
    }
    let other = record(store, sample::patient(3), Some(&sample::cpis_author(1))).await;
    assert_eq!(other, CpisRecord::default());
    assert_eq!(
        store.counts().await.map(|counts| counts.cpis_accesses),
        Ok(7)
    );
    // A number with a wrong check digit; kept to the microsecond.
    let of = sample::odd_patient();
    let mut fine = sample::cpis_access(of, 1, 8, 0);
    fine.at += SignedDuration::from_nanos(1_999);
    accept(store, accesses(vec![fine.clone()])).await;
    fine.at -= SignedDuration::from_nanos(999);
    assert_eq!(record(store, of, None).await.accesses, [fine]);
}

async fn an_authors_last_is_found_among_any_number(store: &dyn Store) {
    let of = sample::patient(1);
    let all: Vec<_> = (0..100)
        .map(|number: u32| {
            // Those of author 1 are the oldest, all but one.
            let by = if number < 10 || number == 74 { 1 } else { 2 };
            sample::cpis_access(of, by, number, i64::from(number / 2))
        })
        .collect();
    // The older half comes later.
    accept(store, accesses(all[50..].to_vec())).await;
    accept(store, accesses(all[..50].to_vec())).await;
    let newest: Vec<_> = all.iter().rev().take(SHOWN).cloned().collect();
    for (author, last) in [(1, 74), (2, 99)] {
        let found = record(store, of, Some(&sample::cpis_author(author))).await;
        assert_eq!(found.count, 100);
        assert_eq!(found.last_of_author.as_ref(), all.get(last), "{author}");
        assert_eq!(found.accesses, newest);
    }
}

async fn the_first_of_a_query_id_stays(store: &dyn Store) {
    let (of, other) = (sample::patient(1), sample::patient(2));
    let first = sample::cpis_access(of, 1, 1, 10);
    accept(
        store,
        accesses(vec![first.clone(), sample::cpis_access(of, 2, 1, 20)]),
    )
    .await;
    let again = [
        sample::cpis_access(of, 1, 1, 10),
        sample::cpis_access(of, 3, 1, 30),
        sample::cpis_access(other, 1, 1, 10),
    ];
    accept(store, accesses(again.to_vec())).await;
    let found = record(store, of, Some(&sample::cpis_author(3))).await;
    assert_eq!((found.accesses, found.count), (vec![first], 1));
    assert_eq!(found.last_of_author, None);
    assert_eq!(record(store, other, None).await, CpisRecord::default());
    assert_eq!(
        store.counts().await.map(|counts| counts.cpis_accesses),
        Ok(1)
    );
}

async fn a_commit_may_ask_how_many_there_are(store: &dyn Store) {
    let patient = sample::patient(1);
    let at = |count| Precondition::CpisAccesses { patient, count };
    for count in 0..4 {
        check(store, at(count), true).await;
        check(store, at(count + 1), false).await;
        if count > 0 {
            check(store, at(count - 1), false).await;
        }
        let new = sample::cpis_access(patient, 1, count as u32, 0);
        let refused = Commit {
            preconditions: vec![at(count), at(u64::MAX)],
            ..accesses(vec![new.clone()])
        };
        refuse(store, refused, at(u64::MAX)).await;
        let next = Commit {
            preconditions: vec![at(count)],
            ..accesses(vec![new])
        };
        accept(store, next).await;
    }
    // Others' are not counted.
    let other = sample::cpis_access(sample::patient(2), 1, 9, 0);
    accept(store, accesses(vec![other])).await;
    check(store, at(4), true).await;
}

/// The access of whoever is the `by`-th, if nobody was quicker.
fn claim(by: u32, number: u32, count: u64) -> Commit {
    let patient = sample::patient(1);
    Commit {
        preconditions: vec![Precondition::CpisAccesses { patient, count }],
        ..accesses(vec![sample::cpis_access(
            patient,
            by,
            number,
            i64::from(number),
        )])
    }
}

async fn of_several_that_counted_the_same_one_wins(store: Arc<dyn Store>) {
    let mut tasks = JoinSet::new();
    for by in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { (by, store.commit(claim(by, by, 0)).await) });
    }
    let mut winners = Vec::new();
    for (by, result) in tasks.join_all().await {
        match result {
            Ok(_) => winners.push(by),
            Err(error) => {
                let patient = sample::patient(1);
                let expected = Precondition::CpisAccesses { patient, count: 0 };
                assert_eq!(error, StoreError::Precondition(expected));
            }
        }
    }
    let [winner] = winners.as_slice() else {
        panic!("one winner, not {winners:?}")
    };
    let found = record(&*store, sample::patient(1), None).await;
    let expected = sample::cpis_access(sample::patient(1), *winner, *winner, i64::from(*winner));
    assert_eq!((found.accesses, found.count), (vec![expected], 1));
}

/// Read, decide, write, and again if somebody was quicker: nobody's access is lost.
async fn every_count_has_one_winner(store: Arc<dyn Store>) {
    const EACH: u32 = 10;
    let mut tasks = JoinSet::new();
    for by in 0..8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut done = 0;
            while done < EACH {
                let count = record(&*store, sample::patient(1), None).await.count;
                let claim = claim(by, by * EACH + done, count);
                match store.commit(claim).await {
                    Ok(_) => done += 1,
                    Err(error) => assert!(matches!(error, StoreError::Precondition(_))),
                }
                tokio::task::yield_now().await;
            }
        });
    }
    tasks.join_all().await;
    let found = record(&*store, sample::patient(1), None).await;
    assert_eq!(found.count, u64::from(8 * EACH));
}
