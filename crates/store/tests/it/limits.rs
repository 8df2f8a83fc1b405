//! Limits, and what happens past them; one writer, many readers.

use std::sync::Arc;

use rusqlite::Connection;
use store::conformance::sample;
use store::{
    AuditFilter, Commit, MAX_DOCUMENT_BYTES, MailChanges, MailChunk, MessageFilter, NewDocument,
    Precondition, SqliteOptions, SqliteStore, Store, StoreError,
};

use crate::{Folder, wait};

fn noise(number: u32, length: usize) -> NewDocument {
    let mut new = sample::document(sample::patient(1), number, 1);
    let mut state = u64::from(number) + 1;
    new.bytes.bytes = (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    new
}

fn document(new: NewDocument) -> Commit {
    let audit = vec![sample::event(1)];
    Commit {
        documents: vec![new],
        audit,
        ..Commit::default()
    }
}

/// The same bytes as a part of a mailbox message.
fn chunk(new: NewDocument, number: u32) -> Commit {
    let chunk = MailChunk {
        bytes: new.bytes.bytes,
        ..sample::chunk("mail", number)
    };
    let mail = MailChanges {
        chunks: vec![chunk],
        ..MailChanges::default()
    };
    Commit {
        mail,
        audit: vec![sample::event(1)],
        ..Commit::default()
    }
}

fn open(folder: &Folder, options: SqliteOptions) -> SqliteStore {
    SqliteStore::open(&folder.store(), options).expect("open")
}

#[test]
fn a_full_store_says_so_and_stays_usable() {
    let folder = Folder::new();
    let max_bytes = Some(1024 * 1024);
    let store = open(
        &folder,
        SqliteOptions {
            max_bytes,
            ..SqliteOptions::default()
        },
    );
    wait(async {
        let mut written = 0;
        let error = loop {
            match store.commit(document(noise(written, 50_000))).await {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
            assert!(written < 40, "it never gets full");
        };
        assert_eq!(error, StoreError::Full);
        let counts = store.counts().await.expect("counts");
        assert_eq!(
            (counts.documents, counts.audit),
            (u64::from(written), u64::from(written))
        );
        // What is there can be read, and what still fits can be written.
        let id = Some(sample::document_id(0));
        let record = store
            .patient_record(sample::patient(1), id)
            .await
            .expect("read");
        assert_eq!(record.document, Some(noise(0, 50_000).bytes));
        let small = Commit {
            outbox: vec![sample::outbox("a", 0)],
            ..Commit::default()
        };
        assert!(store.commit(small).await.is_ok());
        assert_eq!(
            store.commit(document(noise(90, 900_000))).await,
            Err(StoreError::Full)
        );
    });
    let count = store.verify_audit(|_| ()).expect("whole").count;
    store.close();
    let store = open(&folder, SqliteOptions::default());
    let receipt = wait(store.commit(document(noise(91, 900_000)))).expect("there is room again");
    assert_eq!(receipt.last_audit, Some(count + 1));
}

#[test]
fn a_full_store_is_not_well_until_there_is_room() {
    let folder = Folder::new();
    let max_bytes = Some(1024 * 1024);
    let full = SqliteOptions {
        max_bytes,
        ..SqliteOptions::default()
    };
    let store = open(&folder, full);
    let head = |store: &SqliteStore| store.verify_audit(|_| ()).expect("whole");
    wait(async {
        assert_eq!(store.health().await, Ok(()));
        let mut number = 0;
        while store.commit(document(noise(number, 50_000))).await.is_ok() {
            number += 1;
        }
        let before = (store.counts().await, head(&store));
        for _ in 0..3 {
            assert_eq!(store.health().await, Err(StoreError::Full));
        }
        assert_eq!((store.counts().await, head(&store)), before);
        // What fits is written, and then the store is well.
        let small = Commit {
            outbox: vec![sample::outbox("a", 0)],
            ..Commit::default()
        };
        assert!(store.commit(small).await.is_ok());
        assert_eq!(store.health().await, Ok(()));
    });
}

#[test]
fn a_store_that_has_room_again_is_well_without_a_commit() {
    let folder = Folder::new();
    let max_bytes = Some(1024 * 1024);
    let small = SqliteOptions {
        max_bytes,
        ..SqliteOptions::default()
    };
    let store = open(&folder, small);
    wait(async {
        let too_large = store.commit(document(noise(0, 900_000))).await;
        assert_eq!(too_large, Err(StoreError::Full));
        let before = store.counts().await;
        for _ in 0..2 {
            assert_eq!(store.health().await, Ok(()));
        }
        assert_eq!(store.counts().await, before);
    });
    assert_eq!(store.verify_audit(|_| ()).expect("whole").count, 0);
}

#[test]
fn one_that_does_not_fit_does_not_take_its_neighbours_along() {
    neighbours_stay(|number, length| document(noise(number, length)));
    neighbours_stay(|number, length| chunk(noise(number, length), number));
}

fn neighbours_stay(make: fn(u32, usize) -> Commit) {
    let folder = Folder::new();
    let max_bytes = Some(1024 * 1024);
    let store = Arc::new(open(
        &folder,
        SqliteOptions {
            max_bytes,
            ..SqliteOptions::default()
        },
    ));
    let results = wait(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..20 {
            let store = Arc::clone(&store);
            let length = if number % 5 == 0 { 2_000_000 } else { 10 };
            tasks.spawn(async move {
                let result = store.commit(make(number, length)).await;
                (number, result.map(|_| ()))
            });
        }
        tasks.join_all().await
    });
    let refused = results
        .iter()
        .filter(|(_, result)| *result == Err(StoreError::Full))
        .count();
    let written = results.iter().filter(|(_, result)| result.is_ok()).count();
    // SQLite may undo a whole batch when the disk is full; then all of it is told so.
    assert_eq!(refused + written, 20, "{results:?}");
    assert!(
        results
            .iter()
            .all(|(number, result)| number % 5 != 0 || result.is_err())
    );
    let counts = wait(store.counts()).expect("counts");
    assert_eq!(counts.audit, written as u64);
    assert!([0, written as u64].contains(&counts.documents));
    let there = (0..20).filter(|number| {
        let chunk = wait(store.mail_chunk("mail".to_owned(), *number));
        chunk.expect("read").is_some()
    });
    assert_eq!(counts.documents + there.count() as u64, counts.audit);
    assert_eq!(
        store.verify_audit(|_| ()).map(|v| v.count),
        Ok(written as u64)
    );
}

#[test]
fn a_full_queue_is_busy() {
    let folder = Folder::new();
    let store = open(
        &folder,
        SqliteOptions {
            queue: 2,
            ..SqliteOptions::default()
        },
    );
    // Another connection holds the write lock, so the writer stands still.
    let other = Connection::open(folder.store()).expect("open");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let results = wait(async {
        let commits = (0..10).map(|at| {
            store.commit(Commit {
                audit: vec![sample::event(at)],
                ..Commit::default()
            })
        });
        let mut commits: Vec<_> = commits.collect();
        let mut results = Vec::new();
        let mut waiting = Vec::new();
        for mut commit in commits.drain(..) {
            let poll = std::future::poll_fn(|context| {
                std::task::Poll::Ready(commit.as_mut().poll(context))
            });
            match poll.await {
                std::task::Poll::Ready(result) => results.push(result),
                std::task::Poll::Pending => waiting.push(commit),
            }
        }
        other.execute_batch("ROLLBACK").expect("released");
        for commit in waiting {
            results.push(commit.await);
        }
        results
    });
    let busy = results
        .iter()
        .filter(|result| **result == Err(StoreError::Busy))
        .count();
    let written = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(busy + written, 10, "{results:?}");
    // Two in the queue, and those that the writer had taken out of it.
    assert!((2..=5).contains(&written), "{written} of 10 were written");
    assert_eq!(
        wait(store.counts()).map(|counts| counts.audit),
        Ok(written as u64)
    );
}

#[test]
fn a_document_past_the_cap_is_refused() {
    let folder = Folder::new();
    let store = open(&folder, SqliteOptions::default());
    let mut new = sample::document(sample::patient(1), 1, 1);
    new.bytes.bytes = vec![b' '; MAX_DOCUMENT_BYTES + 1];
    let refused = wait(store.commit(document(new.clone())));
    let expected = StoreError::Failed("a document is larger than 16777216 bytes".to_owned());
    assert_eq!(refused, Err(expected));
    new.bytes.bytes.pop();
    assert!(wait(store.commit(document(new.clone()))).is_ok());
    let read = wait(store.patient_record(sample::patient(1), Some(new.header.id)));
    assert_eq!(read.map(|record| record.document), Ok(Some(new.bytes)));
}

#[test]
fn so_is_a_message_or_an_author_past_the_cap() {
    let folder = Folder::new();
    let store = open(&folder, SqliteOptions::default());
    let refused = |what: &str| {
        let text = format!("{what} is larger than 16777216 bytes");
        Err(StoreError::Failed(text))
    };
    let mut message = sample::message(1, 1);
    message.body = Some(vec![b' '; MAX_DOCUMENT_BYTES + 1]);
    let messages = |message| Commit {
        messages: vec![message],
        ..Commit::default()
    };
    let result = wait(store.commit(messages(message.clone())));
    assert_eq!(result, refused("a message"));
    message.body.as_mut().map(Vec::pop);
    assert!(wait(store.commit(messages(message.clone()))).is_ok());
    let all = MessageFilter {
        limit: 9,
        ..MessageFilter::default()
    };
    assert!(wait(store.messages(all)) == Ok(vec![message]));
    let mut new = sample::document(sample::patient(1), 1, 1);
    let element = new.header.author.element.as_mut();
    element.expect("it has one").bytes = vec![b' '; MAX_DOCUMENT_BYTES + 1];
    let result = wait(store.commit(document(new)));
    assert_eq!(result, refused("a document"));
}

#[test]
fn several_writers_keep_one_chain() {
    let folder = Folder::new();
    let writers = [
        open(&folder, SqliteOptions::default()),
        open(&folder, SqliteOptions::default()),
        open(&folder, SqliteOptions::default()),
    ];
    wait(async {
        for round in 0..40 {
            let commits = writers.iter().enumerate().map(|(number, store)| {
                store.commit(Commit {
                    audit: vec![sample::event(round * 3 + number as u32)],
                    ..Commit::default()
                })
            });
            let mut commits: Vec<_> = commits.collect();
            for commit in &mut commits {
                commit.await.expect("written");
            }
        }
    });
    let verified = writers.map(|store| store.verify_audit(|_| ()).expect("whole").count);
    assert_eq!(verified, [120, 120, 120]);
}

/// What one has answered the others refuse at once, and know from then on.
#[test]
fn several_writers_answer_a_message_once() {
    let folder = Folder::new();
    let writers = [
        open(&folder, SqliteOptions::default()),
        open(&folder, SqliteOptions::default()),
    ];
    let commit = |number| Commit {
        seen: vec![sample::seen(number, 0, 100)],
        ..Commit::default()
    };
    wait(async {
        for number in 0..40 {
            let (one, other) = match number % 2 {
                0 => (&writers[0], &writers[1]),
                _ => (&writers[1], &writers[0]),
            };
            let mark = sample::seen(number, 0, 100);
            one.commit(commit(number)).await.expect("written");
            assert_eq!(one.seen(mark.key.clone()).await, Ok(Some(mark.clone())));
            let unseen = Precondition::MessageUnseen(mark.key.clone());
            let refused = other.commit(commit(number)).await;
            assert_eq!(refused, Err(StoreError::Precondition(unseen)));
            assert_eq!(other.seen(mark.key.clone()).await, Ok(Some(mark)));
        }
    });
    let reader = SqliteStore::open_read_only(&folder.store()).expect("beside the writers");
    let mark = sample::seen(7, 0, 100);
    assert_eq!(wait(reader.seen(mark.key.clone())), Ok(Some(mark)));
    assert_eq!(wait(reader.seen(sample::seen_key(50))), Ok(None));
}

/// Each of them ends blocks that the others have written a part of.
#[test]
fn several_writers_make_blocks_together() {
    let folder = Folder::new();
    let writers = [
        open(&folder, SqliteOptions::default()),
        open(&folder, SqliteOptions::default()),
    ];
    let mut written: u32 = 0;
    wait(async {
        for (round, size) in [600, 1, 421, 1, 1, 30, 1_023, 1_024, 2_000, 5]
            .into_iter()
            .enumerate()
        {
            let events = written..written + size;
            written = events.end;
            let commit = Commit {
                audit: events.map(sample::event).collect(),
                ..Commit::default()
            };
            let writer = &writers[round % 2];
            writer.commit(commit).await.expect("written");
            let count = writer.verify_audit(|_| ()).map(|verified| verified.count);
            assert_eq!(count, Ok(u64::from(written)), "{round}");
        }
        // Of every block, the first and the last.
        for number in (0..written).filter(|number| number % 1_024 < 2 || number % 1_024 > 1_020) {
            let event = sample::event(number);
            let filter = AuditFilter {
                message: event.message.clone(),
                patient: event.patient,
                from: Some(event.at),
                to: Some(event.at),
                limit: 9,
                ..AuditFilter::default()
            };
            let found = writers[0].audit_search(filter).await.expect("read");
            let events: Vec<_> = found.into_iter().map(|record| record.event).collect();
            assert_eq!(events, [event], "{number}");
        }
    });
}

#[test]
fn readers_beside_a_writer() {
    let folder = Folder::new();
    let writer = open(&folder, SqliteOptions::default());
    let reader = SqliteStore::open_read_only(&folder.store()).expect("beside the writer");
    wait(async {
        writer
            .commit(document(sample::document(sample::patient(1), 1, 1)))
            .await
            .expect("written");
        assert_eq!(reader.counts().await, writer.counts().await);
        let refused = reader.commit(Commit::default()).await;
        let expected = StoreError::Failed("the store is open for reading only".to_owned());
        assert_eq!(refused, Err(expected));
    });
    assert_eq!(reader.verify_audit(|_| ()), writer.verify_audit(|_| ()));
    writer.checkpoint().expect("the log is emptied");
    let log = folder.store().with_extension("db-wal");
    assert_eq!(std::fs::metadata(log).map(|log| log.len()).ok(), Some(0));
    writer.close();
    let next = open(&folder, SqliteOptions::default());
    assert_eq!(wait(next.counts()), wait(reader.counts()));
    next.close();
    drop(reader);
    let alone = SqliteStore::open_read_only(&folder.store()).expect("without a writer");
    assert_eq!(wait(alone.counts()).map(|counts| counts.documents), Ok(1));
}

#[test]
fn reading_what_is_not_there_makes_nothing() {
    let folder = Folder::new();
    assert!(SqliteStore::open_read_only(&folder.store()).is_err());
    assert!(!folder.store().exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let store = open(&folder, SqliteOptions::default());
    wait(store.commit(document(sample::document(sample::patient(1), 1, 1)))).expect("written");
    for name in ["db", "db-wal", "db-shm"] {
        let file = folder.store().with_extension(name);
        let mode = std::fs::metadata(&file)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// Needs a small file system of its own, which only an administrator can make:
/// `mount -t tmpfs -o size=8m none DIR`, then `MINISPINE_TEST_SMALL_DISK=DIR cargo test -p
/// minispine-store -- --ignored a_full_disk`.
#[test]
#[ignore = "needs a small file system"]
fn a_full_disk_says_so_and_the_store_goes_on_when_there_is_room() {
    let folder = std::env::var_os("MINISPINE_TEST_SMALL_DISK").expect("a small file system");
    let folder = std::path::PathBuf::from(folder);
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![1; 2 * 1024 * 1024]).expect("room for ballast");
    let store = SqliteStore::open(&folder.join("store.db"), SqliteOptions::default());
    let store = store.expect("open");
    wait(async {
        let mut written = 0;
        let error = loop {
            match store.commit(document(noise(written, 20_000))).await {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error, StoreError::Full);
        for number in 0..written {
            let id = Some(sample::document_id(number));
            let record = store
                .patient_record(sample::patient(1), id)
                .await
                .expect("read");
            assert_eq!(record.document, Some(noise(number, 20_000).bytes));
        }
        assert_eq!(store.health().await, Err(StoreError::Full));
        std::fs::remove_file(&ballast).expect("removed");
        assert_eq!(store.health().await, Ok(()));
        assert!(store.commit(document(noise(written, 20_000))).await.is_ok());
    });
    store.verify_audit(|_| ()).expect("whole");
}
