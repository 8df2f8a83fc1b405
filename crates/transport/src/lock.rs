//! A file that one process at a time holds.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Only we may read it and, more to the point, hold it.
const MODE: u32 = 0o600;
/// More than a process's number has digits.
const NUMBER: u64 = 20;

/// A file that nobody else holds until this is dropped, or until the process ends in whatever way:
/// the system lets go of it then, so nothing is ever left to clear. The file itself stays.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a file is not ours to hold.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it: the process of this number, where it has said so.
    #[error("it is held by {}", process(*.0))]
    Held(Option<u32>),
    /// It cannot be made, locked or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Lock {
    /// Holds a file, which is made when there is none, and writes our process's number into it. Does
    /// not wait for another holder.
    pub fn take(path: impl AsRef<Path>) -> Result<Self, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            // What stands in it is the holder's, who may be another.
            .truncate(false)
            .mode(MODE)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder(&file))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

/// The number of the process that holds it; nothing where it has not come to write it.
fn holder(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(NUMBER).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn process(number: Option<u32>) -> String {
    match number {
        Some(number) => format!("process {number}"),
        None => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_once_and_by_name() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("up.lock");
        std::fs::write(&path, "4294967295 is long gone, and said more\n").expect("written");
        let held = Lock::take(&path).expect("free");
        let error = Lock::take(&path).expect_err("held");
        let ours = std::process::id();
        assert!(matches!(error, LockError::Held(Some(number)) if number == ours));
        assert_eq!(error.to_string(), format!("it is held by process {ours}"));
        drop(held);
        Lock::take(&path).expect("free again");
    }

    #[test]
    fn a_holder_without_a_number_is_another_process() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("up.lock");
        let held = Lock::take(&path).expect("free");
        std::fs::write(&path, "").expect("written");
        let error = Lock::take(&path).expect_err("held");
        assert_eq!(error.to_string(), "it is held by another process");
        drop(held);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let error = Lock::take(dir.path().join("absent/up.lock")).expect_err("no folder");
        assert!(matches!(error, LockError::Io(error) if error.kind() == io::ErrorKind::NotFound));
    }
}
