//! What comes from a file that may change while it is in use.
//!
//! The file is looked at again every so often. A new one is read whole and checked before it
//! counts; one that cannot be used changes nothing: what was known before stays, and the log and a
//! metric say so until it is mended.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use transport::{Shutdown, files};

use crate::FileError;

/// Shortest time between two looks.
const BUSIEST: Duration = Duration::from_millis(10);

/// Where something comes from.
pub(crate) trait Source: Send + Sync + 'static {
    /// What it comes to.
    type Value: Send + Sync + 'static;

    /// Its name in the log.
    const WHAT: &'static str;
    /// The counter of its reloads.
    const METRIC: &'static str;

    /// The file, if there is one.
    fn path(&self) -> Option<&Path>;
    /// Everything, as the file is now.
    fn read(&self) -> Result<Self::Value, FileError>;
    /// How many there are, for the log.
    fn count(value: &Self::Value) -> usize;
}

/// A value as its file had it when it was last good.
#[derive(Debug)]
pub(crate) struct Reloading<S: Source> {
    source: S,
    current: ArcSwap<S::Value>,
    seen: Mutex<Stamp>,
    refused: AtomicBool,
}

/// When the file was last changed and how long it is; none when it cannot be seen.
type Stamp = Option<(SystemTime, u64)>;

impl<S: Source> Reloading<S> {
    /// Reads it for the first time.
    pub(crate) fn open(source: S) -> Result<Self, FileError> {
        // First the stamp: a change in between is found at the next look.
        let seen = stamp(&source);
        let value = source.read()?;
        Ok(Self::new(source, value, seen))
    }

    /// A value that stays as it is.
    pub(crate) fn fixed(source: S, value: S::Value) -> Self {
        Self::new(source, value, None)
    }

    fn new(source: S, value: S::Value, seen: Stamp) -> Self {
        Self {
            source,
            current: ArcSwap::from_pointee(value),
            seen: Mutex::new(seen),
            refused: AtomicBool::new(false),
        }
    }

    /// The value as it stands now.
    pub(crate) fn current(&self) -> Arc<S::Value> {
        self.current.load_full()
    }

    /// Whether the file has changed and what it says now cannot be used.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Looks at the file every so often until the process stops, and takes over what changed. Ends
    /// at once when there is no file.
    pub(crate) async fn watch(self: Arc<Self>, every: Duration, mut shutdown: Shutdown) {
        if self.source.path().is_none() {
            return;
        }
        let mut look = tokio::time::interval(every.max(BUSIEST));
        loop {
            tokio::select! {
                () = shutdown.recv() => return,
                _ = look.tick() => {}
            }
            let kept = Arc::clone(&self);
            // Reading may take a while: not on a thread that answers requests.
            let looking = tokio::task::spawn_blocking(move || kept.reload_if_changed());
            if let Err(error) = looking.await {
                tracing::error!(%error, "looking for new {} failed", S::WHAT);
            }
        }
    }

    /// Takes over the file if it has changed since it was last read; says whether it has.
    pub(crate) fn reload_if_changed(&self) -> bool {
        let changed = self.source.path().is_some() && stamp(&self.source) != *self.seen();
        if changed {
            let outcome = self.reload();
            let label = if outcome.is_ok() { "loaded" } else { "refused" };
            metrics::counter!(S::METRIC, "outcome" => label).increment(1);
            match outcome {
                Ok(()) => {
                    tracing::info!(count = S::count(&self.current()), "{} reloaded", S::WHAT);
                }
                Err(error) => tracing::error!(
                    %error,
                    "the changed {} cannot be used; the ones known before stay", S::WHAT
                ),
            }
        }
        changed
    }

    /// Reads the file again. When it cannot be used nothing changes.
    pub(crate) fn reload(&self) -> Result<(), FileError> {
        let Some(path) = self.source.path() else {
            return Ok(());
        };
        let before = stamp(&self.source);
        *self.seen() = before;
        let read = self.source.read().and_then(|value| {
            // Somebody is writing it this moment: the next look finds it whole.
            match stamp(&self.source) == before {
                true => Ok(value),
                false => Err(FileError::unusable(path, "it changed while it was read")),
            }
        });
        self.refused.store(read.is_err(), Ordering::Relaxed);
        self.current.store(Arc::new(read?));
        Ok(())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Stamp> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp<S: Source>(source: &S) -> Stamp {
    files::stamp(source.path()?).ok()
}
