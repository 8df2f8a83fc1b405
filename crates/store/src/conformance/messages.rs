//! Messages: those answered before, and those to be sent.

use std::sync::Arc;

use super::{accept, check, refuse, sample};
use crate::{Commit, Precondition, SeenMessage, Store};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    answers_come_back(&*make()).await;
    an_expired_key_is_free_again(&*make()).await;
    expired_messages_are_dropped(&*make()).await;
    ids_in_order_are_dropped_as_well(&*make()).await;
    the_outbox_is_in_order_of_urgency(&*make()).await;
    outbox_entries_are_replaced_and_removed(&*make()).await;
}

fn seen(seen: Vec<SeenMessage>) -> Commit {
    Commit {
        seen,
        ..Commit::default()
    }
}

async fn answers_come_back(store: &dyn Store) {
    let (first, key) = (sample::seen(1, 0, 100), sample::seen_key(1));
    check(store, Precondition::MessageUnseen(key.clone()), true).await;
    assert_eq!(store.seen(key.clone()).await, Ok(None));
    accept(store, seen(vec![first.clone()])).await;
    check(store, Precondition::MessageUnseen(key.clone()), false).await;
    assert_eq!(store.seen(key.clone()).await, Ok(Some(first)));
    for changed in 0..3 {
        let mut other = key.clone();
        match changed {
            0 => other.sender.push('0'),
            1 => other.interaction.push('0'),
            _ => other.message = sample::message_id(2),
        }
        check(store, Precondition::MessageUnseen(other.clone()), true).await;
        assert_eq!(store.seen(other).await, Ok(None));
    }
}

async fn an_expired_key_is_free_again(store: &dyn Store) {
    let first = sample::seen(1, 0, 100);
    let unseen = Precondition::MessageUnseen(first.key.clone());
    accept(store, seen(vec![first.clone()])).await;
    // One that comes before the first expires is refused, whether or not it asks.
    let early = sample::seen(1, 99, 200);
    refuse(store, seen(vec![early.clone()]), unseen.clone()).await;
    let asking = Commit {
        preconditions: vec![unseen.clone()],
        ..seen(vec![early])
    };
    refuse(store, asking, unseen.clone()).await;
    assert_eq!(store.seen(first.key.clone()).await, Ok(Some(first)));
    let late = sample::seen(1, 100, 200);
    let asking = Commit {
        preconditions: vec![unseen.clone()],
        ..seen(vec![late.clone()])
    };
    accept(store, asking).await;
    assert_eq!(store.seen(late.key.clone()).await, Ok(Some(late)));
    let twice = vec![sample::seen(2, 0, 0), sample::seen(2, 5, 9)];
    refuse(
        store,
        seen(twice),
        Precondition::MessageUnseen(sample::seen_key(2)),
    )
    .await;
}

async fn expired_messages_are_dropped(store: &dyn Store) {
    let first = (0..40).map(|n| sample::seen(n, 0, 100 + i64::from(n)));
    accept(store, seen(first.collect())).await;
    // As many again: enough to reach every one that has expired by then, but none that has not.
    for number in 100..140 {
        accept(store, seen(vec![sample::seen(number, 119, 1_000)])).await;
    }
    for number in 0..40 {
        let found = store.seen(sample::seen_key(number)).await.expect("read");
        assert_eq!(found.is_some(), number >= 20, "message {number}");
    }
}

/// Not only where new ones come to lie: senders' ids may all be greater than those before.
async fn ids_in_order_are_dropped_as_well(store: &dyn Store) {
    for number in 0..200 {
        let at = i64::from(number);
        let mut new = sample::seen(number, at, at + 10);
        new.key.sender = format!("sender {}", number % 2);
        accept(store, seen(vec![new])).await;
    }
    for number in 0..200 {
        let mut key = sample::seen_key(number);
        key.sender = format!("sender {}", number % 2);
        let found = store.seen(key).await.expect("read");
        match number {
            0..100 => assert_eq!(found, None, "message {number}"),
            190.. => assert!(found.is_some(), "message {number}"),
            // Has expired, but may not have been reached yet.
            _ => {}
        }
    }
}

async fn the_outbox_is_in_order_of_urgency(store: &dyn Store) {
    let entries = [("d", 30), ("b", 10), ("c", 20), ("a", 20), ("e", 40)];
    let outbox = entries
        .map(|(id, next_try)| sample::outbox(id, next_try))
        .into();
    accept(
        store,
        Commit {
            outbox,
            ..Commit::default()
        },
    )
    .await;
    for (due, limit, expected) in [
        (None, 10, "b a c d e"),
        (None, 2, "b a"),
        (Some(20), 10, "b a c"),
        (Some(9), 10, ""),
        (Some(100), 4, "b a c d"),
    ] {
        let found = store
            .outbox(due.map(sample::time), limit)
            .await
            .expect("read");
        let ids: Vec<_> = found.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids.join(" "), expected);
    }
    assert_eq!(store.counts().await.expect("counts").outbox, 5);
}

async fn outbox_entries_are_replaced_and_removed(store: &dyn Store) {
    let first = sample::outbox("a", 10);
    accept(
        store,
        Commit {
            outbox: vec![first.clone()],
            ..Commit::default()
        },
    )
    .await;
    assert_eq!(store.outbox(None, 10).await, Ok(vec![first.clone()]));
    let mut retry = first;
    (retry.tries, retry.next_try, retry.patient) = (3, sample::time(99), None);
    retry.payload = b"other".to_vec();
    accept(
        store,
        Commit {
            outbox: vec![retry.clone()],
            ..Commit::default()
        },
    )
    .await;
    assert_eq!(store.outbox(None, 10).await, Ok(vec![retry]));
    let done = Commit {
        outbox: vec![sample::outbox("b", 1)],
        outbox_done: vec!["a".to_owned(), "b".to_owned(), "unknown".to_owned()],
        ..Commit::default()
    };
    accept(store, done).await;
    assert_eq!(store.outbox(None, 10).await, Ok(vec![]));
    assert_eq!(store.counts().await.expect("counts").outbox, 0);
}
