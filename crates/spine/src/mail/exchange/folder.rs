//! The folders of a mailbox.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use transport::files;

use crate::mail::MailboxId;

/// The folder of a mailbox and those in it.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    mailbox: MailboxId,
    path: PathBuf,
}

impl Folder {
    /// Makes what is not there, private.
    pub(super) fn open(root: &Path, mailbox: &MailboxId) -> io::Result<Self> {
        let folder = Self {
            mailbox: mailbox.clone(),
            path: root.join(mailbox.as_str()),
        };
        for name in ["out", "in", "sent", "failed", "temp"] {
            files::create_dir_private(folder.path.join(name))?;
        }
        Ok(folder)
    }

    pub(super) fn mailbox(&self) -> &MailboxId {
        &self.mailbox
    }

    /// Where a sender puts files.
    pub(super) fn out(&self) -> PathBuf {
        self.path.join("out")
    }

    /// A file that was taken.
    pub(super) fn sent(&self, name: &str) -> PathBuf {
        self.path.join("sent").join(name)
    }

    /// Where files are that were taken.
    pub(super) fn all_sent(&self) -> PathBuf {
        self.path.join("sent")
    }

    /// A file that could not be taken.
    pub(super) fn failed(&self, name: &str) -> PathBuf {
        self.path.join("failed").join(name)
    }

    /// A file for the mailbox.
    pub(super) fn inbox(&self, name: &str) -> PathBuf {
        self.path.join("in").join(name)
    }

    /// A file of ours.
    pub(super) fn temp(&self, name: &str) -> PathBuf {
        self.path.join("temp").join(name)
    }
}

/// What stands for the name of a file in the log.
pub(super) fn hashed(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_a_hash_for_a_name() {
        assert_eq!(hashed("SMITH_John.dat").len(), 12);
        assert_ne!(hashed("a"), hashed("b"));
    }
}
