//! How far the reading of uploads has come, for whoever tracks theirs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many uploads are remembered, the last ones.
const MOST: usize = 1000;

/// How far each upload of this process has come. It is a comfort, so it is in memory only: after a
/// restart it is known again as soon as reading goes on. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<VecDeque<Entry>>>);

#[derive(Debug)]
struct Entry {
    message: String,
    read: u64,
    declared: u64,
}

impl Progress {
    /// How many records of an upload have been read, of how many; by its mailbox message.
    pub fn of(&self, message: &str) -> Option<(u64, u64)> {
        let entries = self.entries();
        let found = entries.iter().find(|entry| entry.message == message)?;
        Some((found.read, found.declared))
    }

    /// So many have been read.
    pub(crate) fn set(&self, message: &str, read: u64, declared: u64) {
        let mut entries = self.entries();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.message == message) {
            (entry.read, entry.declared) = (read, declared);
            return;
        }
        if entries.len() >= MOST {
            entries.pop_front();
        }
        entries.push_back(Entry {
            message: message.to_owned(),
            read,
            declared,
        });
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_uploads_are_remembered() {
        let progress = Progress::default();
        progress.set("A", 0, 10);
        progress.set("A", 5, 10);
        assert_eq!(progress.of("A"), Some((5, 10)));
        for number in 0..MOST {
            progress.set(&number.to_string(), 1, 1);
        }
        assert_eq!(progress.of("A"), None);
        assert_eq!(progress.of("0"), Some((1, 1)));
    }
}
