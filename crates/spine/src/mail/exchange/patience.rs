//! What is waited for, since when, and what has been told.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::mail::MailboxId;

/// The most files that are remembered; beyond that everything is new again.
const MOST: usize = 10_000;

type Key = (MailboxId, String);

/// When a file was last changed and how long it is.
pub(super) type Stamp = (SystemTime, u64);

/// Memory of a process: after a restart waiting begins anew.
#[derive(Debug)]
pub(super) struct Patience {
    grace: Duration,
    waiting: HashMap<Key, (Stamp, Duration)>,
    told: HashMap<Key, String>,
}

impl Patience {
    pub(super) fn new(grace: Duration) -> Self {
        Self {
            grace,
            waiting: HashMap::new(),
            told: HashMap::new(),
        }
    }

    /// Whether a file has been as it is for longer than it may. `now` is of a clock that never goes
    /// back.
    pub(super) fn is_over(
        &mut self,
        mailbox: &MailboxId,
        name: &str,
        stamp: Stamp,
        now: Duration,
    ) -> bool {
        if self.waiting.len() >= MOST {
            self.waiting.clear();
        }
        let key = (mailbox.clone(), name.to_owned());
        let entry = self.waiting.entry(key).or_insert((stamp, now));
        if entry.0 != stamp {
            *entry = (stamp, now);
        }
        now.saturating_sub(entry.1) >= self.grace
    }

    /// Whether this has not been told of a file yet, or something else since.
    pub(super) fn is_news(&mut self, mailbox: &MailboxId, name: &str, problem: &str) -> bool {
        if self.told.len() >= MOST {
            self.told.clear();
        }
        let key = (mailbox.clone(), name.to_owned());
        let before = self.told.insert(key, problem.to_owned());
        before.as_deref() != Some(problem)
    }

    /// A file is dealt with.
    pub(super) fn forget(&mut self, mailbox: &MailboxId, name: &str) {
        let key = (mailbox.clone(), name.to_owned());
        self.waiting.remove(&key);
        self.told.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_begins_anew_when_a_file_changes() {
        let mailbox = MailboxId::parse("V145").expect("an id");
        let mut patience = Patience::new(Duration::from_secs(10));
        let at = |seconds| Duration::from_secs(seconds);
        let mut is_over = |length, now| {
            let stamp = (SystemTime::UNIX_EPOCH, length);
            patience.is_over(&mailbox, "x", stamp, at(now))
        };
        assert!(!is_over(1, 100));
        assert!(!is_over(1, 109));
        assert!(!is_over(2, 110));
        assert!(!is_over(2, 119));
        assert!(is_over(2, 120));
        patience.forget(&mailbox, "x");
        assert!(!patience.is_over(&mailbox, "x", (SystemTime::UNIX_EPOCH, 2), at(130)));
    }

    #[test]
    fn a_problem_is_told_once() {
        let mailbox = MailboxId::parse("V145").expect("an id");
        let mut patience = Patience::new(Duration::ZERO);
        assert!(patience.is_news(&mailbox, "x", "one"));
        assert!(!patience.is_news(&mailbox, "x", "one"));
        assert!(patience.is_news(&mailbox, "x", "other"));
        assert!(patience.is_news(&mailbox, "y", "other"));
        patience.forget(&mailbox, "x");
        assert!(patience.is_news(&mailbox, "x", "other"));
    }
}
