//! Telling every part of the process to stop, once.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The receiving side: resolves once the process should stop. Clones see the same event.
#[derive(Debug, Clone)]
pub struct Shutdown {
    fired: watch::Receiver<bool>,
    /// Set until somebody waits: the signals can only be watched inside the runtime.
    signals: Arc<Mutex<Option<Trigger>>>,
}

/// The sending side.
#[derive(Debug, Clone)]
pub struct Trigger(Arc<watch::Sender<bool>>);

impl Trigger {
    /// Stops everything that waits on the other side, now and later.
    pub fn fire(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// A pair: whoever holds the trigger stops whoever holds the other side. A trigger that is
    /// dropped without firing never stops anything.
    #[allow(
        clippy::new_ret_no_self,
        reason = "the pair is what is wanted, as with channels"
    )]
    pub fn new() -> (Trigger, Self) {
        let (sender, fired) = watch::channel(false);
        (
            Trigger(Arc::new(sender)),
            Self {
                fired,
                signals: Arc::default(),
            },
        )
    }

    /// Stops at the process's first SIGINT or SIGTERM from now on; made outside the runtime, from
    /// when somebody begins to wait.
    pub fn until_signal() -> Self {
        let (trigger, shutdown) = Self::new();
        *shutdown
            .signals
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(trigger);
        if tokio::runtime::Handle::try_current().is_ok() {
            shutdown.watch_signals();
        }
        shutdown
    }

    /// Waits until it is time to stop; at once when that is past.
    pub async fn recv(&mut self) {
        self.watch_signals();
        if self.fired.wait_for(|fired| *fired).await.is_err() {
            // The trigger is gone: it can never fire.
            std::future::pending::<()>().await;
        }
    }

    /// Whether it is time to stop.
    pub fn is_fired(&self) -> bool {
        *self.fired.borrow()
    }

    /// Starts to watch the signals, the first time.
    fn watch_signals(&self) {
        let waiting = self
            .signals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(trigger) = waiting else { return };
        match signals() {
            Ok((interrupt, terminate)) => {
                tokio::spawn(fire_on(interrupt, terminate, trigger));
            }
            Err(error) => {
                tracing::error!(%error, "signals cannot be watched; stop the process with SIGKILL");
            }
        }
    }
}

fn signals() -> io::Result<(Signal, Signal)> {
    Ok((
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    ))
}

async fn fire_on(mut interrupt: Signal, mut terminate: Signal, trigger: Trigger) {
    tokio::select! {
        _ = interrupt.recv() => tracing::info!("interrupted: shutting down"),
        _ = terminate.recv() => tracing::info!("told to terminate: shutting down"),
    }
    trigger.fire();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn every_clone_sees_the_trigger() {
        let (trigger, mut one) = Shutdown::new();
        let mut other = one.clone();
        assert!(!one.is_fired());
        trigger.fire();
        one.recv().await;
        other.recv().await;
        assert!(other.is_fired());
    }

    #[tokio::test]
    async fn a_dropped_trigger_stops_nothing() {
        let (trigger, mut shutdown) = Shutdown::new();
        drop(trigger);
        let waited = tokio::time::timeout(Duration::from_millis(20), shutdown.recv()).await;
        assert!(waited.is_err());
    }

    #[test]
    fn waiting_for_signals_may_begin_outside_the_runtime() {
        let mut shutdown = Shutdown::until_signal();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async move {
            let waited = tokio::time::timeout(Duration::from_millis(20), shutdown.recv()).await;
            assert!(waited.is_err());
        });
    }
}
