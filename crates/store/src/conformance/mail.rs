//! Mailboxes.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{accept, check, refuse, sample};
use crate::{
    Commit, MAX_CHUNK_BYTES, MailChanges, MailChunk, MailFilter, MailMessage, MailState,
    Precondition, Store,
};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    a_message_is_as_it_was_written_last(&*make()).await;
    they_are_found_in_order(&*make()).await;
    chunks_come_back(&*make()).await;
    one_past_the_cap_is_refused(&*make()).await;
    one_of_several_takes_a_message(make()).await;
}

fn messages(messages: Vec<MailMessage>) -> Commit {
    Commit {
        mail: MailChanges {
            messages,
            ..MailChanges::default()
        },
        ..Commit::default()
    }
}

fn chunks(chunks: Vec<MailChunk>) -> Commit {
    Commit {
        mail: MailChanges {
            chunks,
            ..MailChanges::default()
        },
        ..Commit::default()
    }
}

fn all() -> MailFilter {
    MailFilter {
        limit: 99,
        ..MailFilter::default()
    }
}

fn is_in(number: u32, state: MailState) -> Precondition {
    Precondition::MailInState {
        id: format!("mail {number}"),
        state,
    }
}

const STATES: [MailState; 4] = [
    MailState::Uploading,
    MailState::Accepted,
    MailState::Acknowledged,
    MailState::Failed,
];

async fn a_message_is_as_it_was_written_last(store: &dyn Store) {
    assert_eq!(store.mail(all()).await, Ok(vec![]));
    for state in STATES {
        check(store, is_in(1, state), false).await;
    }
    for state in STATES {
        // One with every part, one without.
        let written = [1, 2].map(|number| MailMessage {
            state,
            id: "mail 1".to_owned(),
            ..sample::mail(number, 1, 0)
        });
        for new in &written {
            accept(store, messages(vec![new.clone()])).await;
            assert_eq!(store.mail(all()).await, Ok(vec![new.clone()]));
        }
        let [one, two] = written;
        accept(store, messages(vec![two, one.clone()])).await;
        assert_eq!(store.mail(all()).await, Ok(vec![one]));
        for other in STATES {
            check(store, is_in(1, other), other == state).await;
        }
    }
    assert_eq!(store.counts().await.map(|counts| counts.mail), Ok(1));
    let wrong = is_in(1, MailState::Accepted);
    let refused = Commit {
        preconditions: vec![wrong.clone()],
        mail: MailChanges {
            messages: vec![sample::mail(1, 1, 0), sample::mail(2, 1, 0)],
            chunks: vec![sample::chunk("mail 1", 1)],
            emptied: Vec::new(),
        },
        ..Commit::default()
    };
    refuse(store, refused, wrong).await;
    assert_eq!(store.mail_chunk("mail 1".to_owned(), 1).await, Ok(None));
    // Kept to the microsecond.
    let mut fine = sample::mail(1, 1, 0);
    fine.created_at += SignedDuration::from_nanos(1_999);
    fine.changed_at += SignedDuration::from_nanos(999);
    accept(store, messages(vec![fine.clone()])).await;
    fine.created_at -= SignedDuration::from_nanos(999);
    fine.changed_at -= SignedDuration::from_nanos(999);
    assert_eq!(store.mail(all()).await, Ok(vec![fine]));
}

async fn they_are_found_in_order(store: &dyn Store) {
    // The oldest first, then by id.
    let place = |number: u32| match number {
        8 => 1,
        9 => 2,
        other => i64::from(other),
    };
    let message = |number: u32| MailMessage {
        state: STATES[number as usize % 3],
        ..sample::mail(number, number % 2, place(number))
    };
    for number in [5, 2, 8, 1, 7, 3, 9, 6, 4] {
        accept(store, messages(vec![message(number)])).await;
    }
    let text = |text: &str| Some(text.to_owned());
    let with = |change: &dyn Fn(&mut MailFilter)| {
        let mut filter = all();
        change(&mut filter);
        filter
    };
    for (filter, numbers) in [
        (all(), vec![1, 8, 2, 9, 3, 4, 5, 6, 7]),
        (with(&|f| f.id = text("mail 4")), vec![4]),
        (with(&|f| f.id = text("mail 40")), vec![]),
        (with(&|f| f.to = text("1HC001")), vec![1, 9, 3, 5, 7]),
        (with(&|f| f.from = text("3OT001")), vec![8, 2, 4, 6]),
        (
            with(&|f| f.workflow = text("CPIS_ASN")),
            vec![1, 9, 3, 5, 7],
        ),
        (with(&|f| f.local_id = text("local 2")), vec![2, 6]),
        (with(&|f| f.local_id = text("local 1")), vec![]),
        (with(&|f| f.state = Some(STATES[1])), vec![1, 4, 7]),
        (with(&|f| f.state = Some(STATES[3])), vec![]),
        (
            with(&|f| {
                f.to = text("0HC001");
                f.state = Some(STATES[2]);
            }),
            vec![8, 2],
        ),
        (
            with(&|f| {
                f.to = text("0HC001");
                f.from = text("4OT001");
            }),
            vec![],
        ),
        (
            with(&|f| {
                f.id = text("mail 8");
                f.to = text("0HC001");
                f.from = text("3OT001");
                f.workflow = text("CPIS_UPLOAD");
                f.local_id = text("local 0");
                f.state = Some(STATES[2]);
            }),
            vec![8],
        ),
    ] {
        let expected: Vec<_> = numbers.into_iter().map(message).collect();
        for limit in [0, 1, 2, 99] {
            let filter = MailFilter {
                limit,
                ..filter.clone()
            };
            let found = store.mail(filter.clone()).await.expect("read");
            let some = expected.get(..limit).unwrap_or(&expected);
            assert_eq!(found, some, "{filter:?}");
        }
    }
}

async fn read(store: &dyn Store, message: &str, number: u32) -> Option<Vec<u8>> {
    let chunk = store.mail_chunk(message.to_owned(), number);
    chunk.await.expect("read")
}

async fn chunks_come_back(store: &dyn Store) {
    assert_eq!(read(store, "mail 1", 1).await, None);
    accept(store, messages(vec![sample::mail(1, 1, 0)])).await;
    let empty = MailChunk {
        bytes: Vec::new(),
        ..sample::chunk("mail 1", 3)
    };
    let other = sample::chunk("mail 2", 2);
    let new = vec![sample::chunk("mail 1", 2), empty, other.clone()];
    accept(store, chunks(new)).await;
    accept(store, chunks(vec![sample::chunk("mail 1", 1)])).await;
    let bytes = |number| Some(sample::chunk("", number).bytes);
    assert_eq!(read(store, "mail 1", 1).await, bytes(1));
    assert_eq!(read(store, "mail 1", 2).await, bytes(2));
    assert_eq!(read(store, "mail 1", 3).await, Some(Vec::new()));
    assert_eq!(read(store, "mail 1", 4).await, None);
    // One is replaced, by itself or within a commit; its message may change and they stay.
    let again = |number| MailChunk {
        number: 2,
        ..sample::chunk("mail 1", number)
    };
    accept(store, chunks(vec![again(8), again(9)])).await;
    let changed = MailMessage {
        state: MailState::Acknowledged,
        ..sample::mail(1, 1, 0)
    };
    accept(store, messages(vec![changed.clone()])).await;
    assert_eq!(read(store, "mail 1", 1).await, bytes(1));
    assert_eq!(read(store, "mail 1", 2).await, bytes(9));
    // They are dropped, those of this commit included; the message stays, and so do others'.
    let commit = Commit {
        mail: MailChanges {
            messages: Vec::new(),
            chunks: vec![sample::chunk("mail 1", 5)],
            emptied: vec!["mail 1".to_owned(), "mail 7".to_owned()],
        },
        ..Commit::default()
    };
    accept(store, commit).await;
    for number in 1..6 {
        assert_eq!(read(store, "mail 1", number).await, None);
    }
    assert_eq!(read(store, "mail 2", 2).await, Some(other.bytes));
    assert_eq!(store.mail(all()).await, Ok(vec![changed]));
    accept(store, chunks(vec![sample::chunk("mail 1", 1)])).await;
    assert_eq!(read(store, "mail 1", 1).await, bytes(1));
}

async fn one_past_the_cap_is_refused(store: &dyn Store) {
    let chunk = |bytes| MailChunk {
        bytes: vec![b' '; bytes],
        ..sample::chunk("mail 1", 1)
    };
    let small = sample::chunk("mail 1", 2);
    let mut commit = chunks(vec![small, chunk(MAX_CHUNK_BYTES + 1)]);
    commit.mail.messages.push(sample::mail(1, 1, 0));
    let refused = store.commit(commit).await;
    assert_eq!(refused, Err(crate::too_large("a chunk")));
    assert_eq!(store.mail(all()).await, Ok(vec![]));
    assert_eq!(read(store, "mail 1", 2).await, None);
    let largest = chunk(MAX_CHUNK_BYTES);
    accept(store, chunks(vec![largest.clone()])).await;
    assert!(read(store, "mail 1", 1).await == Some(largest.bytes));
}

async fn one_of_several_takes_a_message(store: Arc<dyn Store>) {
    accept(&*store, messages(vec![sample::mail(1, 1, 0)])).await;
    let taken = |by| Commit {
        preconditions: vec![is_in(1, MailState::Accepted)],
        ..messages(vec![MailMessage {
            state: MailState::Acknowledged,
            subject: Some(format!("taken by {by}")),
            ..sample::mail(1, 1, 0)
        }])
    };
    let mut tasks = tokio::task::JoinSet::new();
    for by in 0..16 {
        let (store, taken) = (Arc::clone(&store), taken(by));
        tasks.spawn(async move { store.commit(taken).await.is_ok().then_some(by) });
    }
    let winners: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let [winner] = winners.as_slice() else {
        panic!("one winner, not {winners:?}")
    };
    let expected = taken(*winner).mail.messages;
    assert_eq!(store.mail(all()).await, Ok(expected));
}
