//! A database file that only its owner may read.

// The store's own files are the one exception to "files go through `transport`": SQLite opens
// them itself, and what stands here happens to the file before it does.
#![allow(clippy::disallowed_methods)]

use std::fs::OpenOptions;
use std::path::Path;

use crate::StoreError;

/// Makes the database file, if it is not there, readable and writable by its owner only. SQLite
/// gives its log the same permissions.
pub(super) fn create(store: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(store)
        .map(|_| ())
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull => StoreError::Full,
            _ => StoreError::Failed(error.to_string()),
        })
}
