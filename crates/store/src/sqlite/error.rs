//! What SQLite's errors mean to a caller.

use rusqlite::{Error, ErrorCode, ffi};

use crate::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let Error::SqliteFailure(failure, message) = error else {
            return match error {
                Error::SqlInputError { msg, .. } => Self::Failed(msg),
                // A row that is missing or of other types than were written. The value that did
                // not fit is not repeated: it may be a patient's.
                _ => Self::Corrupt("a row is not of the form it was written in".to_owned()),
            };
        };
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            // Another process has been writing for longer than the time-out.
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            // The index of the write-ahead log could not grow, or a page could not be given its
            // place on the disk: SQLite does not say ENOSPC, but nothing else is known to cause it.
            _ if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::Full,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Corrupt("the database file is damaged".to_owned())
            }
            // SQLite's messages name tables and columns, never values.
            _ => Self::Failed(message.unwrap_or_else(|| failure.to_string())),
        }
    }
}
