//! Messages: those answered before, and those to be sent.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use super::{accept, check, refuse, sample};
use crate::{Commit, OutboxEntry, OutboxFilter, Precondition, SeenMessage, Store, StoreError};

/// Whoever waits for the outbox hears of what is new in it, and of nothing else.
async fn outbox_filled(store: &dyn Store) {
    let hears = async |commit: Commit| {
        let mut filled = store.outbox_filled();
        accept(store, commit).await;
        // Whoever has been answered has been heard of.
        poll_fn(|context| Poll::Ready(filled.as_mut().poll(context).is_ready())).await
    };
    let tried = |tries: u32| Commit {
        outbox: vec![OutboxEntry {
            tries,
            ..sample::outbox("filled", 0)
        }],
        ..Commit::default()
    };
    assert!(hears(tried(0)).await);
    assert!(!hears(tried(1)).await);
    assert!(!hears(Commit::default()).await);
}

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    answers_come_back(&*make()).await;
    an_expired_key_is_free_again(&*make()).await;
    all_of_a_commit_are_remembered_or_none(&*make()).await;
    expired_messages_are_dropped(&*make()).await;
    ids_in_order_are_dropped_as_well(&*make()).await;
    the_outbox_is_in_order_of_urgency(&*make()).await;
    each_lane_is_its_own(&*make()).await;
    outbox_entries_are_replaced_and_removed(&*make()).await;
    dead_letters_are_kept_and_not_due(&*make()).await;
    one_of_several_claims_an_entry(make()).await;
    outbox_filled(&*make()).await;
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

async fn all_of_a_commit_are_remembered_or_none(store: &dyn Store) {
    let known = sample::seen(3, 0, 100);
    accept(store, seen(vec![known.clone()])).await;
    let several = [1, 2, 3, 4].map(|number| sample::seen(number, 50, 200));
    let unseen = Precondition::MessageUnseen(known.key.clone());
    let commit = Commit {
        outbox: vec![sample::outbox("a", 0)],
        ..seen(several.to_vec())
    };
    refuse(store, commit.clone(), unseen.clone()).await;
    // With a document it is refused after that has been written.
    let documents = vec![sample::document(sample::patient(1), 1, 1)];
    let with_document = Commit {
        documents,
        ..commit
    };
    refuse(store, with_document, unseen).await;
    for new in several {
        let expected = (new.key == known.key).then_some(&known);
        let found = store.seen(new.key).await.expect("read");
        assert_eq!(found.as_ref(), expected);
    }
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

/// All that is in the outbox and was not given up.
async fn waiting(store: &dyn Store) -> Result<Vec<OutboxEntry>, StoreError> {
    let all = OutboxFilter {
        limit: 10,
        ..OutboxFilter::default()
    };
    store.outbox(all).await
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
            .outbox(OutboxFilter {
                due: due.map(sample::time),
                limit,
                ..OutboxFilter::default()
            })
            .await
            .expect("read");
        let ids: Vec<_> = found.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids.join(" "), expected);
    }
    assert_eq!(store.counts().await.expect("counts").outbox, 5);
}

async fn each_lane_is_its_own(store: &dyn Store) {
    let of = |lane: &str, id: &str, next_try| OutboxEntry {
        lane: lane.to_owned(),
        ..sample::outbox(id, next_try)
    };
    let dead = OutboxEntry {
        dead: true,
        ..of("spine", "g", 5)
    };
    let entries = vec![
        of("smsp", "a", 30),
        of("spine", "b", 30),
        of("spine", "c", 10),
        of("smsp", "d", 20),
        of("spine", "e", 40),
        of("", "f", 30),
        dead.clone(),
    ];
    accept(store, outbox(entries)).await;
    let check = async |lane: Option<&str>, due: Option<i64>, limit, expected: &str| {
        let filter = OutboxFilter {
            lane: lane.map(str::to_owned),
            due: due.map(sample::time),
            limit,
            ..OutboxFilter::default()
        };
        let found = store.outbox(filter.clone()).await.expect("read");
        let ids: Vec<_> = found.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids.join(" "), expected, "{filter:?}");
    };
    check(None, None, 10, "c d a b f e").await;
    check(None, Some(30), 4, "c d a b").await;
    check(Some("smsp"), None, 10, "d a").await;
    check(Some("spine"), None, 10, "c b e").await;
    check(Some("spine"), Some(30), 10, "c b").await;
    check(Some("spine"), None, 1, "c").await;
    check(Some(""), None, 10, "f").await;
    check(Some("mhs"), None, 10, "").await;
    // By id, whatever became of it.
    for (id, lane, due, limit, found) in [
        ("b", None, None, 9, true),
        ("b", Some("spine"), Some(30), 1, true),
        ("b", Some("spine"), Some(29), 1, false),
        ("b", Some("smsp"), None, 9, false),
        ("b", None, None, 0, false),
        ("B", None, None, 9, false),
        ("g", Some("spine"), None, 9, true),
        ("h", None, None, 9, false),
    ] {
        let filter = OutboxFilter {
            id: Some(id.to_owned()),
            lane: lane.map(str::to_owned),
            due: due.map(sample::time),
            limit,
        };
        let entries = store.outbox(filter.clone()).await.expect("read");
        let ids: Vec<_> = entries.iter().map(|entry| entry.id.as_str()).collect();
        let expected: &[&str] = if found { &[id] } else { &[] };
        assert_eq!(ids, expected, "{filter:?}");
    }
    // Dead letters and counts are of all lanes.
    assert_eq!(store.dead_letters(10).await, Ok(vec![dead]));
    assert_eq!(store.counts().await.expect("counts").outbox, 6);
    accept(store, outbox(vec![of("smsp", "c", 10)])).await;
    check(Some("spine"), None, 10, "b e").await;
    check(Some("smsp"), None, 10, "c d a").await;
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
    assert_eq!(waiting(store).await, Ok(vec![first.clone()]));
    let mut retry = first;
    (retry.tries, retry.next_try, retry.patient) = (3, sample::time(99), None);
    retry.payload = b"other".to_vec();
    (retry.expires, retry.last_error) = (Some(sample::time(500)), Some("no answer".to_owned()));
    accept(
        store,
        Commit {
            outbox: vec![retry.clone()],
            ..Commit::default()
        },
    )
    .await;
    assert_eq!(waiting(store).await, Ok(vec![retry]));
    let done = Commit {
        outbox: vec![sample::outbox("b", 1)],
        outbox_done: vec!["a".to_owned(), "b".to_owned(), "unknown".to_owned()],
        ..Commit::default()
    };
    accept(store, done).await;
    assert_eq!(waiting(store).await, Ok(vec![]));
    assert_eq!(store.counts().await.expect("counts").outbox, 0);
}

fn outbox(outbox: Vec<OutboxEntry>) -> Commit {
    Commit {
        outbox,
        ..Commit::default()
    }
}

async fn dead_letters_are_kept_and_not_due(store: &dyn Store) {
    let entry = |id: &str, queued_at, dead| OutboxEntry {
        queued_at: sample::time(queued_at),
        dead,
        ..sample::outbox(id, 10)
    };
    let entries = vec![
        entry("a", 5, true),
        entry("b", 3, true),
        entry("c", 3, true),
        entry("d", 1, false),
    ];
    accept(store, outbox(entries.clone())).await;
    let [a, b, c, d] = entries.as_slice() else {
        panic!("four")
    };
    assert_eq!(waiting(store).await, Ok(vec![d.clone()]));
    let dead = vec![b.clone(), c.clone(), a.clone()];
    assert_eq!(store.dead_letters(10).await, Ok(dead));
    assert_eq!(store.dead_letters(1).await, Ok(vec![b.clone()]));
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.outbox, counts.dead_letters), (1, 3));
    // One is tried again after all, one is done with, and the living one dies.
    let commit = Commit {
        outbox_done: vec!["c".to_owned()],
        ..outbox(vec![entry("a", 5, false), entry("d", 1, true)])
    };
    accept(store, commit).await;
    assert_eq!(waiting(store).await, Ok(vec![entry("a", 5, false)]));
    let dead = vec![entry("d", 1, true), b.clone()];
    assert_eq!(store.dead_letters(10).await, Ok(dead));
}

async fn one_of_several_claims_an_entry(store: Arc<dyn Store>) {
    let at = |id: &str, tries| Precondition::OutboxAt {
        id: id.to_owned(),
        tries,
    };
    let dead = OutboxEntry {
        dead: true,
        ..sample::outbox("dead", 10)
    };
    let entries = vec![sample::outbox("a", 10), dead];
    accept(&*store, outbox(entries)).await;
    for (precondition, holds) in [
        (at("a", 0), true),
        (at("a", 1), false),
        (at("b", 0), false),
        (at("dead", 0), false),
    ] {
        check(&*store, precondition, holds).await;
    }
    let mut claims = tokio::task::JoinSet::new();
    for courier in 0..8 {
        let store = Arc::clone(&store);
        let claim = Commit {
            preconditions: vec![at("a", 0)],
            outbox: vec![OutboxEntry {
                tries: 1,
                next_try: sample::time(100 + courier),
                ..sample::outbox("a", 10)
            }],
            ..Commit::default()
        };
        claims.spawn(async move { store.commit(claim).await.is_ok() });
    }
    let claimed = claims.join_all().await;
    assert_eq!(claimed.iter().filter(|claimed| **claimed).count(), 1);
    check(&*store, at("a", 0), false).await;
    check(&*store, at("a", 1), true).await;
    assert_eq!(
        store
            .outbox(OutboxFilter {
                due: Some(sample::time(99)),
                limit: 10,
                ..OutboxFilter::default()
            })
            .await,
        Ok(vec![])
    );
}
