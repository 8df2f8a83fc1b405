//! Readers for short reads, used by whoever asks, on the thread that asks.
//!
//! Finding a few rows by their key takes some ten microseconds when its pages are at hand, and
//! handing that over to another thread and back as much again and two changes of context. So short
//! reads are done at once, even on an async worker: should a page have to come from the disk, one
//! read of it delays that worker less than parsing a record does. Everything that may go through many
//! rows belongs to the threads ([`super::pool`]), and so does a short read that finds no reader here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::read::Reader;
use crate::StoreError;

/// The most that the page cache of one may have. After each commit, of whomever, SQLite drops the
/// whole cache of a connection, and to do so goes through a table as large as the cache has ever been;
/// a short read needs some ten pages.
pub(super) const CACHE: u64 = 1024 * 1024;

/// Those that are not in use. The one used last is used first: its pages are the warmest.
pub(super) struct AtHand(Mutex<Vec<Reader>>);

impl std::fmt::Debug for AtHand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AtHand").finish_non_exhaustive()
    }
}

impl AtHand {
    pub(super) fn new(readers: Vec<Reader>) -> Self {
        Self(Mutex::new(readers))
    }

    /// Reads at once; gives the question back when all readers are in use.
    pub(super) fn read<T, R>(&self, read: R) -> Result<Result<T, StoreError>, R>
    where
        R: FnOnce(&mut Reader) -> Result<T, StoreError>,
    {
        let Some(mut reader) = self.idle().pop() else {
            return Err(read);
        };
        // As in the pool: after a panic the reader is as good as new, and its caller gets `Closed`.
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&mut reader)));
        self.idle().push(reader);
        Ok(outcome.unwrap_or_else(|_| {
            tracing::error!("a read of the store ended by a panic");
            Err(StoreError::Closed)
        }))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_hand(folder: &tempfile::TempDir, readers: usize) -> AtHand {
        let path = folder.path().join("store.db");
        rusqlite::Connection::open(&path)
            .and_then(|db| db.execute_batch("CREATE TABLE IF NOT EXISTS t (x)"))
            .expect("a database");
        let readers = (0..readers).map(|_| Reader::open(&path, 0).expect("open"));
        AtHand::new(readers.collect())
    }

    #[test]
    fn a_panic_is_closed_to_its_caller_and_nothing_to_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let at_hand = at_hand(&folder, 1);
        for _ in 0..3 {
            let failed = at_hand.read::<(), _>(|_| panic!("this panic belongs to the test"));
            assert!(matches!(failed, Ok(Err(StoreError::Closed))));
            assert!(matches!(at_hand.read(|_| Ok(7)), Ok(Ok(7))));
        }
    }

    #[test]
    fn a_read_that_finds_no_reader_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let at_hand = at_hand(&folder, 1);
        let inner = at_hand.read(|_| Ok(at_hand.read(|_| Ok(1)).is_err()));
        assert!(matches!(inner, Ok(Ok(true))));
        assert!(matches!(at_hand.read(|_| Ok(2)), Ok(Ok(2))));
    }
}
