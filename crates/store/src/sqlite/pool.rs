//! The readers: a few threads with a connection each, and a queue in front of them.
//!
//! They also compress what is large, so that neither the writer nor an async worker has to.
//!
//! Handing over costs more than many a read, so it is done with one wake-up: of the thread that
//! came to rest last, whose stack and pages are the warmest, and of none when all are at work, since
//! each looks for more before it rests.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};

use tokio::sync::oneshot;

use super::read::Reader;
use crate::StoreError;
use crate::compression::Encoder;

/// What one thread has at hand.
pub(super) struct Worker {
    pub(super) reader: Reader,
    pub(super) encoder: Encoder,
}

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// The threads. Dropping it finishes what is queued and ends them.
#[derive(Debug)]
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(super) fn start(workers: Vec<Worker>, queue: usize) -> Result<Self, StoreError> {
        let mut pool = Self {
            queue: Arc::new(Queue::new(queue.max(1))),
            threads: Vec::with_capacity(workers.len()),
        };
        for worker in workers {
            let queue = Arc::clone(&pool.queue);
            let thread = thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || work(&queue, worker))
                .map_err(|error| StoreError::Failed(error.to_string()))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Runs `work` on one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(Box::new(move |worker| {
            // The caller may have gone away; then nobody misses the answer.
            let _ = answer.send(work(worker));
        }))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a reader of the store ended by a panic");
            }
        }
    }
}

fn work(queue: &Queue, mut worker: Worker) {
    while let Some(job) = queue.next() {
        // A panic drops the answer's sender, so its caller gets `Closed`; statements and
        // transactions are ended by their own destructors, and the worker is as good as new.
        if catch_unwind(AssertUnwindSafe(|| job(&mut worker))).is_err() {
            tracing::error!("a read of the store ended by a panic");
        }
    }
}

/// Jobs that wait for a thread, and threads that wait for a job.
struct Queue {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Those that rest and have not been woken, in the order in which they came to rest.
    idle: Vec<Thread>,
    closed: bool,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Queue {
    fn new(limit: usize) -> Self {
        let state = Mutex::default();
        Self { limit, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed);
        }
        if state.jobs.len() >= self.limit {
            return Err(StoreError::Busy);
        }
        state.jobs.push_back(job);
        let idle = state.idle.pop();
        drop(state);
        if let Some(thread) = idle {
            thread.unpark();
        }
        Ok(())
    }

    /// The next job, as soon as there is one; none when the queue is closed and empty.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            match state.jobs.pop_front() {
                Some(job) => return Some(job),
                None if state.closed => return None,
                None => state = self.rest(state),
            }
        }
    }

    /// Waits to be woken.
    fn rest<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let this = thread::current();
        let id = this.id();
        state.idle.push(this);
        drop(state);
        thread::park();
        let mut state = self.state();
        // Whoever wakes it takes it out; it may also wake by chance.
        state.idle.retain(|idle| idle.id() != id);
        state
    }

    /// Takes no more jobs; those that wait are done.
    fn close(&self) {
        let idle = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.idle)
        };
        idle.iter().for_each(Thread::unpark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(folder: &tempfile::TempDir) -> Pool {
        pool_of(folder, 1)
    }

    fn pool_of(folder: &tempfile::TempDir, threads: usize) -> Pool {
        let path = folder.path().join("store.db");
        rusqlite::Connection::open(&path)
            .and_then(|db| db.execute_batch("CREATE TABLE t (x)"))
            .expect("a database");
        let workers = (0..threads).map(|_| Worker {
            reader: Reader::open(&path, 0).expect("open"),
            encoder: Encoder::new().expect("encoder"),
        });
        Pool::start(workers.collect(), 4).expect("started")
    }

    #[tokio::test]
    async fn a_panic_is_closed_to_its_caller_and_nothing_to_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let pool = pool(&folder);
        for _ in 0..3 {
            let failed = pool
                .run::<()>(|_| panic!("this panic belongs to the test"))
                .await;
            assert_eq!(failed, Err(StoreError::Closed));
            assert_eq!(pool.run(|_| Ok(7)).await, Ok(7));
        }
    }

    #[tokio::test]
    async fn what_was_taken_is_done_and_no_more_is_taken_once_it_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let pool = pool(&folder);
        let (start, started) = std::sync::mpsc::channel::<()>();
        let waits = pool.run(move |_| {
            let _ = started.recv();
            Ok(1)
        });
        let (first, second, late) = tokio::join!(waits, pool.run(|_| Ok(2)), async {
            pool.queue.close();
            let late = pool.run(|_| Ok(3)).await;
            drop(start);
            late
        });
        assert_eq!((first, second), (Ok(1), Ok(2)));
        assert_eq!(late, Err(StoreError::Closed));
    }

    #[tokio::test]
    async fn more_than_may_wait_is_busy() {
        let folder = tempfile::tempdir().expect("a folder");
        let pool = pool(&folder);
        let (ready, is_ready) = oneshot::channel();
        let (start, started) = std::sync::mpsc::channel::<()>();
        let waits = pool.run(move |_| {
            let _ = ready.send(());
            let _ = started.recv();
            Ok(0)
        });
        let others = async {
            is_ready.await.expect("the only thread is at work");
            let waiting = (1..=4).map(|number| pool.run(move |_| Ok(number)));
            let mut waiting: Vec<_> = waiting.map(Box::pin).collect();
            for one in &mut waiting {
                let pending = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(one.as_mut().poll(context).is_pending())
                });
                assert!(pending.await);
            }
            assert_eq!(pool.run(|_| Ok(5)).await, Err(StoreError::Busy));
            drop(start);
            let mut answers = Vec::new();
            for one in waiting {
                answers.push(one.await);
            }
            assert_eq!(answers, [Ok(1), Ok(2), Ok(3), Ok(4)]);
        };
        let (first, ()) = tokio::join!(waits, others);
        assert_eq!(first, Ok(0));
    }

    /// Many threads, many callers, no pause between: no wake-up is lost, or this never ends.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_job_is_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let pool = Arc::new(pool_of(&folder, 3));
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..4_u32 {
            let pool = Arc::clone(&pool);
            callers.spawn(async move {
                for number in 0..2_000 {
                    let answer = pool.run(move |_| Ok(number + caller)).await;
                    assert_eq!(answer, Ok(number + caller));
                }
            });
        }
        callers.join_all().await;
    }
}
