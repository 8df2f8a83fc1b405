//! The one thread that writes, and how many commits share one flush.
//!
//! It takes what is waiting, up to the batch limit, into one transaction ([`super::queue`] says when
//! it waits for more). A commit is refused before anything of it is written, as a rule. One
//! that has documents may fail half way all the same: then the transaction is undone and done again
//! with a savepoint for each of that kind, so that what fails leaves no trace while its neighbours
//! stay. (A savepoint costs a copy of every page that is written after it, and nearly none is
//! needed.) One flush later all of them are answered. A lone commit waits for nobody.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::apply::{add_documents, apply, check};
use super::blocks::Current;
use super::connection::Head;
use super::options::SqliteOptions;
use super::prepared::Prepared;
use super::queue::Queue;
use super::seen::{Index, Marks};
use super::trouble::{Trouble, try_to_write};
use crate::{Receipt, SeenKey, StoreError};

type Answer = oneshot::Sender<Result<Receipt, StoreError>>;

enum Order {
    Commit(Box<Prepared>, Answer),
    Checkpoint(SyncSender<Result<(), StoreError>>),
    Try(oneshot::Sender<Result<(), StoreError>>),
}

/// The thread. Dropping it writes what is queued and ends it.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<Queue<Order>>,
    seen: Arc<Index>,
    trouble: Arc<Trouble>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        options: &SqliteOptions,
    ) -> Result<Self, StoreError> {
        let head = Head::read(&connection)?;
        let marks = Marks::load(&connection)?;
        let (queue, seen) = (Arc::new(Queue::new(options.queue)), marks.index());
        let trouble = Arc::new(Trouble::default());
        let mut state = State {
            connection,
            head,
            batch: options.batch.max(1),
            patience: options.group_wait,
            marks,
            current: Current::default(),
            trouble: Arc::clone(&trouble),
        };
        let orders = Orders(Arc::clone(&queue));
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || state.work(&orders))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            queue,
            seen,
            trouble,
            thread: Some(thread),
        })
    }

    /// The numbers of the answered messages that may be of this key.
    pub(super) fn seen(&self, key: &SeenKey) -> Vec<i64> {
        self.seen.candidates(key)
    }

    pub(super) async fn commit(&self, prepared: Prepared) -> Result<Receipt, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(Order::Commit(Box::new(prepared), answer))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Whether commits are written. Nothing is tried as long as the last one was; otherwise
    /// something harmless is written, so that room that was made is noticed without a commit.
    pub(super) async fn health(&self) -> Result<(), StoreError> {
        if !self.trouble.is_there() {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        self.queue.push(Order::Try(answer))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Blocks until everything queued before is in the database file and the log is empty.
    pub(super) fn checkpoint(&self) -> Result<(), StoreError> {
        let (answer, answered) = sync_channel(1);
        self.queue.press(Order::Checkpoint(answer))?;
        answered.recv().unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the writer of the store ended by a panic");
        }
    }
}

/// The thread's end of the queue. Whoever waits when it is dropped gets `Closed`.
struct Orders(Arc<Queue<Order>>);

impl Drop for Orders {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

struct State {
    connection: Connection,
    /// As of the running transaction.
    head: Head,
    batch: usize,
    /// How long a group may wait for more.
    patience: Duration,
    /// As published by the last transaction, and what the running one adds.
    marks: Marks,
    /// The block of the audit that `head` is in.
    current: Current,
    /// Whether the last commit failed.
    trouble: Arc<Trouble>,
}

/// Why a transaction is undone.
enum Undone {
    /// The database fails, for all.
    ByDatabase(StoreError),
    /// A commit failed when a part of it was written, and there is no savepoint to go back to.
    HalfWay,
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::ByDatabase(error)
    }
}

type Results = Vec<Result<Receipt, StoreError>>;

impl State {
    fn work(&mut self, orders: &Orders) {
        let (mut waiting, mut last) = (Vec::with_capacity(self.batch), 0);
        while let Some(taken) = orders.0.take(self.batch, last, self.patience) {
            last = taken.len();
            for order in taken {
                match order {
                    Order::Commit(prepared, answer) => waiting.push((prepared, answer)),
                    Order::Checkpoint(answer) => {
                        self.write(&mut waiting);
                        let _ = answer.send(self.checkpoint());
                    }
                    Order::Try(answer) => {
                        self.write(&mut waiting);
                        let _ = answer.send(self.try_to_write());
                    }
                }
            }
            self.write(&mut waiting);
        }
        if let Err(error) = self.checkpoint() {
            tracing::warn!(%error, "the store's log was not emptied at closing; it is kept");
        }
    }

    /// One transaction for all that are waiting, then their answers.
    fn write(&mut self, waiting: &mut Vec<(Box<Prepared>, Answer)>) {
        if waiting.is_empty() {
            return;
        }
        let outcome = self.transaction(waiting);
        if let Err(error) = &outcome {
            tracing::error!(%error, commits = waiting.len(), "commits were not written");
        }
        self.trouble.note_all(&outcome);
        let answers = waiting.drain(..).map(|(_, answer)| answer);
        match outcome {
            Ok(results) => answers.zip(results).for_each(|(answer, result)| {
                // A caller that has gone away does not undo its commit.
                let _ = answer.send(result);
            }),
            Err(error) => answers.for_each(|answer| {
                let _ = answer.send(Err(error.clone()));
            }),
        }
    }

    /// What a health check asks for while commits fail.
    fn try_to_write(&self) -> Result<(), StoreError> {
        let outcome = self.undo().and_then(|()| try_to_write(&self.connection));
        self.undo()?;
        self.trouble.note(&outcome);
        outcome
    }

    /// The result of each commit, all of them durable; or the error that undid them all.
    fn transaction(&mut self, waiting: &[(Box<Prepared>, Answer)]) -> Result<Results, StoreError> {
        for savepoints in [false, true] {
            match self.attempt(waiting, savepoints) {
                Ok(results) => return Ok(results),
                Err(Undone::ByDatabase(error)) => return Err(error),
                Err(Undone::HalfWay) => {}
            }
        }
        let text = "a commit failed half way in spite of its savepoint";
        Err(StoreError::Failed(text.to_owned()))
    }

    fn attempt(
        &mut self,
        waiting: &[(Box<Prepared>, Answer)],
        savepoints: bool,
    ) -> Result<Results, Undone> {
        self.undo()?;
        run(&self.connection, "BEGIN IMMEDIATE")?;
        // Another process may have written since: the audit goes on where it ended.
        self.head = Head::read(&self.connection)?;
        let written = self.write_all(waiting, savepoints);
        if written.is_err() {
            self.current.forget();
            self.undo()?;
        }
        written
    }

    /// Undoes what an error left open. SQLite undoes some transactions by itself, not all.
    fn undo(&self) -> Result<(), StoreError> {
        match self.connection.is_autocommit() {
            true => Ok(()),
            false => run(&self.connection, "ROLLBACK"),
        }
    }

    fn write_all(
        &mut self,
        waiting: &[(Box<Prepared>, Answer)],
        savepoints: bool,
    ) -> Result<Results, Undone> {
        let start = self.head;
        self.marks.begin(&self.connection, start.seen)?;
        let mut results = Vec::with_capacity(waiting.len());
        for (prepared, _) in waiting {
            results.push(match savepoints && prepared.may_fail_half_way {
                true => self.savepoint(prepared)?,
                false => self.write_one(prepared)?,
            });
        }
        let all = waiting.iter().map(|(prepared, _)| &prepared.commit);
        let written = all.zip(&results).filter(|(_, result)| result.is_ok());
        let messages = written.flat_map(|(commit, _)| &commit.seen);
        self.marks.sweep(&self.connection, messages)?;
        if self.head != start {
            self.head.write(&self.connection)?;
        }
        run(&self.connection, "COMMIT")?;
        // Before anybody is answered.
        self.marks.publish(self.head.seen);
        Ok(results)
    }

    /// The result of one commit; or what undoes its neighbours as well.
    fn write_one(&mut self, prepared: &Prepared) -> Result<Result<Receipt, StoreError>, Undone> {
        let db = &self.connection;
        // Only read so far: its neighbours may be fine even if the database cannot be read here.
        match check(db, &prepared.commit, &self.marks) {
            Err(error) if db.is_autocommit() => return Err(error.into()),
            Err(reason) => return Ok(Err(reason)),
            Ok(()) => {}
        }
        let half_way = |error| match prepared.may_fail_half_way && !db.is_autocommit() {
            true => Undone::HalfWay,
            false => Undone::ByDatabase(error),
        };
        let mut head = self.head;
        add_documents(db, prepared, &mut head).map_err(half_way)?;
        // Refusing, it has written nothing.
        let remembered = self.marks.remember(db, &prepared.commit.seen, &mut head);
        match remembered {
            Err(reason @ StoreError::Precondition(_)) if !prepared.may_fail_half_way => {
                return Ok(Err(reason));
            }
            other => other.map_err(half_way)?,
        }
        let receipt = apply(db, prepared, (&mut head, &mut self.current)).map_err(half_way)?;
        self.head = head;
        Ok(Ok(receipt))
    }

    /// As [`Self::write_one`], for a commit that may leave half of it behind.
    fn savepoint(&mut self, prepared: &Prepared) -> Result<Result<Receipt, StoreError>, Undone> {
        run(&self.connection, "SAVEPOINT one")?;
        let mut head = self.head;
        let (db, current, marks) = (&self.connection, &mut self.current, &mut self.marks);
        let place = marks.place();
        let result = check(db, &prepared.commit, marks)
            .and_then(|()| add_documents(db, prepared, &mut head))
            .and_then(|()| marks.remember(db, &prepared.commit.seen, &mut head))
            .and_then(|()| apply(db, prepared, (&mut head, current)));
        match &result {
            Ok(_) => self.head = head,
            Err(error) if db.is_autocommit() => return Err(error.clone().into()),
            Err(_) => {
                run(db, "ROLLBACK TO one")?;
                marks.go_back(place);
            }
        }
        run(db, "RELEASE one")?;
        Ok(result)
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        let busy: i64 =
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        match busy {
            0 => Ok(()),
            _ => Err(StoreError::Failed(
                "a reader keeps the log from being emptied".to_owned(),
            )),
        }
    }
}

pub(super) fn run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Chain;
    use crate::compression::Encoder;
    use crate::conformance::sample;
    use crate::sqlite::connection::open_writer;
    use crate::sqlite::verify;
    use crate::{Commit, Precondition, SqliteOptions};

    fn audited() -> Prepared {
        let audit = vec![sample::event(1)];
        Prepared::new(Commit {
            audit,
            ..Commit::default()
        })
        .expect("nothing to fail")
    }

    /// Writes two commits in one transaction and gives their results.
    fn write_two(state: &mut State) -> [Result<Receipt, StoreError>; 2] {
        let (mut waiting, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let (answer, answered) = oneshot::channel();
            waiting.push((Box::new(audited()), answer));
            answers.push(answered);
        }
        state.write(&mut waiting);
        let mut answer = || answers.remove(0).try_recv().expect("answered");
        [answer(), answer()]
    }

    #[test]
    fn a_batch_that_fails_as_a_whole_is_undone_and_numbers_go_on_where_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let connection = open_writer(&path, &SqliteOptions::default()).expect("open");
        let head = Head::read(&connection).expect("head");
        let marks = Marks::load(&connection).expect("marks");
        let mut state = State {
            connection,
            head,
            batch: 2,
            patience: Duration::ZERO,
            marks,
            current: Current::default(),
            trouble: Arc::default(),
        };
        let receipt = |number| {
            Ok(Receipt {
                last_audit: Some(number),
            })
        };
        assert_eq!(write_two(&mut state), [receipt(1), receipt(2)]);
        // At the end of the batch; at its second commit, with the first one written.
        for (at, next) in [
            ("UPDATE ON main.head", 3),
            ("INSERT ON main.audit WHEN new.sequence = 6", 5),
        ] {
            let fails = format!(
                "CREATE TEMP TRIGGER fails BEFORE {at} \
                 BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
            );
            let set = state.connection.execute_batch(&fails);
            set.expect("the trigger is set");
            let failed = || Err(StoreError::Failed("on purpose".to_owned()));
            assert_eq!(write_two(&mut state), [failed(), failed()], "{at}");
            let gone = state.connection.execute_batch("DROP TRIGGER fails");
            gone.expect("the trigger is gone");
            assert_eq!(write_two(&mut state), [receipt(next), receipt(next + 1)]);
        }
        assert_eq!(Head::read(&state.connection), Ok(state.head));
    }

    /// Writes commits in one transaction and gives their results.
    fn write(state: &mut State, commits: Vec<Commit>) -> Vec<Result<Receipt, StoreError>> {
        let mut encoder = Encoder::new().expect("an encoder");
        let (mut waiting, mut answers) = (Vec::new(), Vec::new());
        for commit in commits {
            let (answer, answered) = oneshot::channel();
            let prepared = Prepared::new(commit).and_then(|new| new.compress(&mut encoder));
            waiting.push((Box::new(prepared.expect("ready")), answer));
            answers.push(answered);
        }
        state.write(&mut waiting);
        let answer = |mut answer: oneshot::Receiver<_>| answer.try_recv().expect("answered");
        answers.into_iter().map(answer).collect()
    }

    #[test]
    fn one_that_fails_half_way_is_undone_alone_and_so_is_its_part_of_a_block() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let connection = open_writer(&path, &SqliteOptions::default()).expect("open");
        let marks = Marks::load(&connection).expect("marks");
        let mut state = State {
            head: Head::read(&connection).expect("head"),
            connection,
            batch: 9,
            patience: Duration::ZERO,
            marks,
            current: Current::default(),
            trouble: Arc::default(),
        };
        let commit = |documents: &[u32], audit: u32, event: u32| Commit {
            documents: documents
                .iter()
                .map(|number| sample::document(sample::patient(1), *number, 1))
                .collect(),
            audit: (event..event + audit).map(sample::event).collect(),
            ..Commit::default()
        };
        let receipt = |number| {
            Ok(Receipt {
                last_audit: Some(number),
            })
        };
        let absent = || {
            let document = sample::document_id(1);
            Err(StoreError::Precondition(Precondition::DocumentAbsent(
                document,
            )))
        };
        let first = write(&mut state, vec![commit(&[1], 1_020, 0)]);
        assert_eq!(first, [receipt(1_020)]);
        // The second has its new document written before the old one refuses it; with the third the
        // block is whole, and then the fourth fails as the second did.
        let batch = vec![
            commit(&[2], 1, 2_000),
            commit(&[3, 1], 1, 2_001),
            commit(&[], 7, 2_002),
            commit(&[4, 1], 1, 2_009),
            commit(&[3], 1, 2_010),
        ];
        let expected = [
            receipt(1_021),
            absent(),
            receipt(1_028),
            absent(),
            receipt(1_029),
        ];
        assert_eq!(write(&mut state, batch), expected);
        assert_eq!(Head::read(&state.connection), Ok(state.head));
        assert_eq!(state.head.documents, 3);
        let verified = verify::verify(&path, Chain::new(), |_| ());
        assert_eq!(verified.map(|verified| verified.count), Ok(1_029));
    }

    #[tokio::test]
    async fn without_its_thread_it_is_closed() {
        let commit = || Prepared::new(Commit::default()).expect("nothing to fail");
        let writer = Writer {
            queue: Arc::new(Queue::new(1)),
            seen: Arc::new(Index::new()),
            trouble: Arc::default(),
            thread: None,
        };
        let orders = Orders(Arc::clone(&writer.queue));
        // The thread ends with the commit still queued.
        let (result, ()) = tokio::join!(writer.commit(commit()), async { drop(orders) });
        assert_eq!(result, Err(StoreError::Closed));
        assert_eq!(writer.commit(commit()).await, Err(StoreError::Closed));
        assert_eq!(writer.checkpoint(), Err(StoreError::Closed));
    }
}
