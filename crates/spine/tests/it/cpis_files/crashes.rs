//! A process that ends at any commit, and the one that comes after it.

use std::sync::Arc;

use domain::cpis::Plan;
use store::MailState;

use super::faulty_store::{End, FaultyStore};
use super::support::*;

const RECORDS: usize = 7;

/// What there is in the end.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    plans: Vec<Vec<Plan>>,
    acknowledgements: Vec<String>,
    states: Vec<(String, MailState)>,
    trail: Vec<String>,
}

fn upload() -> String {
    let mut plans: Vec<_> = (0..RECORDS).map(|index| plan(number(index))).collect();
    plans[3].subject.birth_date = jiff::civil::date(1999, 5, 3);
    // The same plan again, ended.
    plans[5] = plan(number(0));
    plans[5].end = Some("202406010000".parse().expect("a date"));
    file("42", &plans)
}

/// Small chunks both ways, so that the acknowledgement takes several commits.
fn desk(store: Arc<FaultyStore>) -> Desk {
    Desk::with(store, config(), 1500)
}

fn outcome(desk: &Desk) -> Outcome {
    let mut acknowledgements: Vec<String> = desk.told().iter().map(without_time).collect();
    acknowledgements.sort();
    let states = desk.office.messages().into_iter();
    let states = states.map(|message| (message.workflow, message.state));
    let mut states: Vec<_> = states.collect();
    states.sort();
    Outcome {
        plans: (0..RECORDS)
            .map(|index| desk.plans(number(index)))
            .collect(),
        acknowledgements,
        states,
        trail: desk.office.trail(),
    }
}

/// What an acknowledgement says but for when it was made.
fn without_time(told: &Told) -> String {
    let text = String::from_utf8_lossy(&told.bytes);
    let (_, rest) = text.split_once("<id ").expect("an id");
    rest.to_owned()
}

#[test]
fn a_crash_at_any_commit_changes_nothing_in_the_end() {
    let whole = desk(Arc::new(FaultyStore::default()));
    whole.send(upload().as_bytes(), 1000);
    whole.store.end_at(0, End::Before);
    assert_eq!(whole.round().answered, 1);
    let commits = whole.store.count();
    assert!(commits > 8, "batches and chunks: {commits}");
    let expected = outcome(&whole);
    assert_eq!(expected.acknowledgements.len(), 1);
    for end in [End::Before, End::After] {
        for at in 1..=commits {
            let store = Arc::new(FaultyStore::default());
            let first = desk(store.clone());
            first.send(upload().as_bytes(), 1000);
            store.end_at(at, end);
            first.round();
            first.round();
            let after = desk(Arc::new(FaultyStore::over(store.inner.clone())));
            let round = after.round();
            assert_eq!(round.waiting, 0, "{end:?} {at}");
            assert!(outcome(&after) == expected, "{end:?} {at}");
            assert_eq!(after.round().answered, 0, "nothing is left");
        }
    }
}

/// Two processes on one store, one of which is a commit behind.
#[test]
fn two_readers_of_one_file_do_nothing_twice() {
    let store = Arc::new(FaultyStore::default());
    let first = desk(store.clone());
    first.send(upload().as_bytes(), 1000);
    store.end_at(3, End::Before);
    assert_eq!(first.round().waiting, 1);
    let second = desk(Arc::new(FaultyStore::over(store.inner.clone())));
    assert_eq!(second.round().answered, 1);
    let expected = outcome(&second);
    // The first comes back to life with its message still in hand.
    store.end_at(0, End::Before);
    first.round();
    assert!(outcome(&first) == expected);
}

#[test]
fn refused_and_repeated_files_survive_a_crash_too() {
    let again = upload();
    for (what, sent) in [
        ("corrupt", again[..again.len() - 20].to_owned()),
        ("repeated", again.clone()),
        ("reused", again.replacen("tel:020", "tel:030", 1)),
    ] {
        let prepared = || {
            let store = Arc::new(FaultyStore::default());
            let desk = desk(store);
            desk.upload(&again);
            desk.send(sent.as_bytes(), 1000);
            desk
        };
        let whole = prepared();
        whole.store.end_at(0, End::Before);
        whole.round();
        let (commits, expected) = (whole.store.count(), outcome(&whole));
        assert_eq!(expected.acknowledgements.len(), 2, "{what}");
        for end in [End::Before, End::After] {
            for at in 1..=commits {
                let first = prepared();
                first.store.end_at(at, end);
                first.round();
                let after = desk(Arc::new(FaultyStore::over(first.store.inner.clone())));
                after.round();
                assert!(outcome(&after) == expected, "{what} {end:?} {at}");
            }
        }
    }
}
