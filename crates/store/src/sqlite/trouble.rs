//! Whether commits fail, for readiness: a full disk shows in no read.

use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::writer::run;
use crate::{Receipt, StoreError};

/// Whether the last commit failed for a reason of the store's.
#[derive(Debug, Default)]
pub(super) struct Trouble(AtomicBool);

impl Trouble {
    pub(super) fn is_there(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes in one outcome. A caller whose view was out of date says nothing about the store.
    pub(super) fn note<T>(&self, outcome: &Result<T, StoreError>) {
        match outcome {
            Ok(_) => self.0.store(false, Ordering::Relaxed),
            Err(StoreError::Precondition(_)) => {}
            Err(_) => self.0.store(true, Ordering::Relaxed),
        }
    }

    /// Takes in what came of a transaction and of each commit in it.
    pub(super) fn note_all(&self, outcome: &Result<Vec<Result<Receipt, StoreError>>, StoreError>) {
        match outcome {
            Ok(results) => results.iter().for_each(|result| self.note(result)),
            Err(_) => self.note(outcome),
        }
    }
}

/// Writes what takes the room of a larger document and leaves nothing behind. It is of a table that
/// nobody lists, and nobody sees it before it is gone; the head is changed and changed back so that
/// there is a page to write whatever becomes of the rest.
pub(super) fn try_to_write(connection: &Connection) -> Result<(), StoreError> {
    for step in [
        "BEGIN IMMEDIATE",
        "INSERT INTO dictionary (id, sha256, content) VALUES (-1, zeroblob(32), zeroblob(65536))",
        "DELETE FROM dictionary WHERE id = -1",
        "UPDATE head SET documents = documents + 1",
        "UPDATE head SET documents = documents - 1",
        "COMMIT",
    ] {
        run(connection, step)?;
    }
    Ok(())
}
