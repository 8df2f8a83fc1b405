//! Mailboxes through folders, by the MESH client's convention.
//!
//! Below one folder each mailbox has its own, with five in it: `out`, where a sender puts `X.dat`
//! and then `X.ctl` (DTSControl); `sent` and `failed`, where those go; `in`, where files for this
//! mailbox appear, the `.dat` first; and `temp`, which is ours. What lies in `out` is taken exactly
//! once, because the message's id follows from the name and what the files say; what is put into
//! `in` appears exactly once, because a mark in `temp` says how far that has come.
//!
//! A file that cannot be taken goes to `failed`, with a report beside it that says why; one that
//! may still become something is left for a while. Names of files may name people, so the log has
//! a hash in their place.
//!
//! One process has the folders at a time.

mod deliver;
mod envelope;
mod folder;
mod pairs;
mod patience;
mod take;

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use store::StoreError;
use transport::Shutdown;

use super::{MailboxId, Post};
use folder::Folder;
use patience::Patience;

/// Which folders there are, and how they are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeConfig {
    /// The folder that the mailboxes' folders are in.
    pub root: PathBuf,
    /// The mailboxes that have one.
    pub mailboxes: Vec<MailboxId>,
    /// How often they are looked at.
    pub poll: Duration,
    /// How long half a pair, or a control file that cannot be read, may stay as it is.
    pub grace: Duration,
    /// How large the chunks are that files are cut into, bytes.
    pub chunk_bytes: usize,
}

impl ExchangeConfig {
    /// Folders of these mailboxes, looked at every five seconds.
    pub fn new(root: impl Into<PathBuf>, mailboxes: Vec<MailboxId>) -> Self {
        Self {
            root: root.into(),
            mailboxes,
            poll: Duration::from_secs(5),
            grace: Duration::from_secs(3600),
            chunk_bytes: 4 << 20,
        }
    }
}

/// Carries files between folders and mailboxes.
pub struct Exchange {
    config: ExchangeConfig,
    post: Post,
    folders: Vec<Folder>,
    patience: Mutex<Patience>,
}

/// What one round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Files that were taken from `out`.
    pub taken: usize,
    /// Files that were put into `in`.
    pub delivered: usize,
    /// Files that went to `failed`.
    pub failed: usize,
    /// What has to be tried again: the store or the disk failed.
    pub again: usize,
}

/// Why something has to be tried again.
#[derive(Debug, thiserror::Error)]
enum Again {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    File(#[from] io::Error),
    /// It changed while it was read.
    #[error("the file changed while it was read")]
    Changed,
}

impl Exchange {
    /// Folders for mailboxes. Those that are not there are made.
    pub fn open(config: ExchangeConfig, post: Post) -> io::Result<Self> {
        let folder = |mailbox: &MailboxId| Folder::open(&config.root, mailbox);
        let folders = config.mailboxes.iter().map(folder);
        Ok(Self {
            folders: folders.collect::<io::Result<_>>()?,
            patience: Mutex::new(Patience::new(config.grace)),
            config,
            post,
        })
    }

    /// Works until it is told to stop. It may also be dropped at any time: nothing is lost by it.
    pub async fn run(self, mut shutdown: Shutdown) {
        tokio::select! {
            () = shutdown.recv() => {}
            () = self.work() => {}
        }
    }

    async fn work(&self) {
        for folder in &self.folders {
            if let Err(again) = self.tidy(folder).await {
                self.tell(folder, "temp", &again.to_string());
            }
        }
        loop {
            self.round().await;
            tokio::time::sleep(self.config.poll).await;
        }
    }

    /// Takes and delivers everything that is there now.
    pub async fn round(&self) -> Passed {
        let mut passed = Passed::default();
        for folder in &self.folders {
            self.take_all(folder, &mut passed).await;
            self.deliver_all(folder, &mut passed).await;
        }
        passed
    }

    /// Something could not be done; the log says so once, until it can be or is another thing.
    fn tell(&self, folder: &Folder, name: &str, problem: &str) {
        metrics::counter!("minispine_mail_folder_problems_total").increment(1);
        let mut patience = self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        if patience.is_news(folder.mailbox(), name, problem) {
            let file = folder::hashed(name);
            let mailbox = folder.mailbox().as_str();
            tracing::warn!(mailbox, file, problem, "a file in a mailbox's folder");
        }
    }
}

/// Does what may take a while where it holds up nobody.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(io::Error::other(error)),
    }
}
