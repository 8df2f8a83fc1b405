//! Where the directory comes from, and noticing that it has changed.
//!
//! The file is looked at again while the service runs. A new one is read whole and checked before
//! it counts; one that cannot be used changes nothing: the users known before stay, and the log and
//! a metric say so until it is mended.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use transport::{Shutdown, files};

use super::entry::{Listed, gather};
use super::{Entry, User, UserDirectory, UsersError, file};

/// Shortest time between two looks.
const BUSIEST: Duration = Duration::from_millis(10);

/// Entries of the configuration, and a file beside them.
#[derive(Debug)]
pub(super) struct Source {
    fixed: Vec<Listed>,
    path: Option<PathBuf>,
    seen: Mutex<Stamp>,
}

/// When the file was last changed and how long it is; none when it cannot be seen.
type Stamp = Option<(SystemTime, u64)>;

impl Source {
    pub(super) fn new(fixed: Vec<Entry>, path: Option<PathBuf>) -> Self {
        let listed = |(at, entry)| Listed {
            place: format!("smsp.users[{at}]"),
            entry,
        };
        Self {
            fixed: fixed.into_iter().enumerate().map(listed).collect(),
            path,
            seen: Mutex::new(None),
        }
    }

    /// Everybody, as the file is now.
    pub(super) fn read(&self) -> Result<Vec<User>, UsersError> {
        let mut listed = self.fixed.clone();
        if let Some(path) = &self.path {
            // First the stamp: a change in between is found at the next look.
            self.set_seen(self.stamp());
            listed.extend(file::read(path)?);
        }
        gather(listed)
    }

    /// Whether the file is another than the one read last.
    fn has_changed(&self) -> bool {
        self.path.is_some()
            && self.stamp() != *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stamp(&self) -> Stamp {
        files::stamp(self.path.as_deref()?).ok()
    }

    fn set_seen(&self, stamp: Stamp) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
    }
}

impl UserDirectory {
    /// Looks at the file every so often until the process stops, and takes over what changed. Ends
    /// at once for a directory without a file.
    pub async fn watch(self, every: Duration, mut shutdown: Shutdown) {
        let file = self.shared.source.as_ref().and_then(|s| s.path.as_ref());
        if file.is_none() {
            return;
        }
        let mut look = tokio::time::interval(every.max(BUSIEST));
        loop {
            tokio::select! {
                () = shutdown.recv() => return,
                _ = look.tick() => {}
            }
            let directory = self.clone();
            // Reading may take a while: not on a thread that answers requests.
            let looking = tokio::task::spawn_blocking(move || directory.reload_if_changed());
            if let Err(error) = looking.await {
                tracing::error!(%error, "looking for new users failed");
            }
        }
    }

    /// Takes over the file if it has changed since it was last read; says whether it has.
    pub(super) fn reload_if_changed(&self) -> bool {
        let changed = self.shared.source.as_ref().is_some_and(Source::has_changed);
        if changed {
            let outcome = self.reload();
            let label = if outcome.is_ok() { "loaded" } else { "refused" };
            metrics::counter!("minispine_users_reloads_total", "outcome" => label).increment(1);
            match outcome {
                Ok(()) => tracing::info!(users = self.users().len(), "users reloaded"),
                Err(error) => tracing::error!(%error,
                    "the changed users cannot be used; the ones known before stay"),
            }
        }
        changed
    }

    /// Reads the file again. When it cannot be used nothing changes.
    pub fn reload(&self) -> Result<(), UsersError> {
        if let Some(source) = &self.shared.source {
            self.replace(source.read()?);
        }
        Ok(())
    }
}
