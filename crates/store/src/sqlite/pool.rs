//! The readers: a few threads with a connection each, and a queue in front of them.
//!
//! They also compress new documents, so that neither the writer nor an async worker has to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

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
    queue: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(super) fn start(workers: Vec<Worker>, queue: usize) -> Result<Self, StoreError> {
        let (sender, receiver) = sync_channel::<Job>(queue.max(1));
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for worker in workers {
            let receiver = Arc::clone(&receiver);
            let thread = thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || work(&receiver, worker))
                .map_err(|error| StoreError::Failed(error.to_string()))?;
            threads.push(thread);
        }
        Ok(Self {
            queue: Some(sender),
            threads,
        })
    }

    /// Runs `work` on one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            // The caller may have gone away; then nobody misses the answer.
            let _ = answer.send(work(worker));
        });
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a reader of the store ended by a panic");
            }
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>, mut worker: Worker) {
    loop {
        // Nothing panics while the lock is held, and a receiver has no halves.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A panic drops the answer's sender, so its caller gets `Closed`; statements and
        // transactions are ended by their own destructors, and the worker is as good as new.
        if catch_unwind(AssertUnwindSafe(|| job(&mut worker))).is_err() {
            tracing::error!("a read of the store ended by a panic");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(folder: &tempfile::TempDir) -> Pool {
        let path = folder.path().join("store.db");
        rusqlite::Connection::open(&path)
            .and_then(|db| db.execute_batch("CREATE TABLE t (x)"))
            .expect("a database");
        let reader = Reader::open(&path, 0).expect("open");
        let encoder = Encoder::new().expect("encoder");
        Pool::start(vec![Worker { reader, encoder }], 4).expect("started")
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
    async fn without_threads_it_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut pool = pool(&folder);
        let (sender, receiver) = sync_channel(1);
        drop(receiver);
        pool.queue = Some(sender);
        assert_eq!(pool.run(|_| Ok(7)).await, Err(StoreError::Closed));
        pool.queue = None;
        assert_eq!(pool.run(|_| Ok(7)).await, Err(StoreError::Closed));
    }
}
