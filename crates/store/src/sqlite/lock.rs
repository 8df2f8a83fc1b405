//! One writing process per store, and a file that only its owner may read.

// The store's own files are the one exception to "files go through `transport`": SQLite opens
// them itself, and what stands here happens to them before it does.
#![allow(clippy::disallowed_methods)]

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::StoreError;

/// The right to write, as a lock on `<store>.lock`. The operating system takes it back when the
/// process ends, however it ends; the file stays and means nothing by itself.
#[derive(Debug)]
pub(super) struct WriterLock(#[expect(dead_code, reason = "held, never read")] File);

impl WriterLock {
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let file = private(&beside(store, ".lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Failed(
                "it is in use by another process".to_owned(),
            )),
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }
}

/// Makes the database file, if it is not there, readable and writable by its owner only. SQLite
/// gives its log the same permissions.
pub(super) fn create_private(store: &Path) -> Result<(), StoreError> {
    private(store).map(|_| ())
}

fn private(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| failed(&error))
}

fn beside(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn failed(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Failed(error.to_string()),
    }
}
