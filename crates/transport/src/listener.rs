//! The mutual-TLS listener: accepts connections, within limits, until told to stop.
//!
//! A connection is served by one task (`connection`) over a stream that keeps time (`timed`); each
//! of its requests goes through `exchange`. What all of them share is [`Shared`].

mod connection;
mod exchange;
mod sent;
mod timed;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use metrics::{Counter, Gauge, Histogram};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::tls::Stamps;
use crate::{
    Callers, Environment, Handler, HttpLimits, ListenerSettings, Shutdown, TlsFiles, TransportError,
};

/// After a failed accept (usually: no file descriptors left), time for connections to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long connections that were cut may take to notice.
const CUT_PAUSE: Duration = Duration::from_secs(1);
/// At most one log line about refused connections in this time.
const REFUSED_LOG: Duration = Duration::from_secs(10);
/// Body memory is accounted for in pieces of this many bytes.
const PIECE: usize = 1024;

/// A bound listener. Nothing is accepted before [`run`](Self::run).
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// Reloads the certificate files of a listener that may be running.
#[derive(Clone)]
pub struct ReloadHandle(Arc<Shared>);

/// What all connections of a listener share.
struct Shared {
    name: &'static str,
    limits: HttpLimits,
    handler: Arc<dyn Handler>,
    env: Environment,
    tls: Option<Tls>,
    stage: watch::Sender<Stage>,
    /// Requests that may still enter the handler.
    requests: Semaphore,
    /// Pieces of body memory left.
    buffered: Semaphore,
    connections: Arc<Semaphore>,
    counts: Counts,
}

struct Tls {
    files: TlsFiles,
    callers: Callers,
    config: ArcSwap<ServerConfig>,
    loaded: Mutex<Stamps>,
}

/// What connections must know of the listener's life. The stages of `Ending` only go forward.
#[derive(Debug, Clone, Copy, Default)]
struct Stage {
    /// Counts reloads: a connection of an earlier epoch ends after its current request.
    epoch: u64,
    ending: Ending,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Ending {
    #[default]
    No,
    /// Requests that run may finish.
    Draining,
    /// Whatever runs is cut.
    Cut,
}

struct Counts {
    open: Gauge,
    refused: Counter,
    seconds: Histogram,
}

impl Listener {
    /// Reads the TLS files and binds the address.
    pub async fn bind(
        settings: ListenerSettings,
        handler: Arc<dyn Handler>,
        env: Environment,
    ) -> Result<Self, TransportError> {
        let ListenerSettings {
            name,
            address,
            tls,
            callers,
            limits,
        } = settings;
        let tls = tls.map(|files| Tls::load(files, callers)).transpose()?;
        let bind = |source| TransportError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let shared = Shared::new(name, limits, handler, env, tls);
        Ok(Self {
            listener,
            address,
            shared: Arc::new(shared),
        })
    }

    /// Where it listens; with the real port when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A handle to reload the certificate files with, also while running.
    pub fn reload_handle(&self) -> ReloadHandle {
        ReloadHandle(self.shared.clone())
    }

    /// Serves until told to stop. Then nothing more is accepted, idle connections are closed,
    /// running requests may finish within the drain time, and what is left is cut.
    pub async fn run(self, mut shutdown: Shutdown) {
        let Self {
            listener,
            address,
            shared,
        } = self;
        let tracker = TaskTracker::new();
        let mut poll = interval(shared.limits.reload_poll.max(Duration::from_millis(1)));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut refused = RefusedLog::default();
        tracing::info!(listener = shared.name, %address, tls = shared.tls.is_some(), "listening");
        loop {
            tokio::select! {
                () = shutdown.recv() => break,
                _ = poll.tick() => shared.reload_if_changed(),
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => accept(&shared, &tracker, stream, peer, &mut refused),
                    Err(error) => {
                        tracing::error!(listener = shared.name, %error, "cannot accept");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        drain(&shared, &tracker).await;
    }
}

impl ReloadHandle {
    /// Reads the files again and uses them for new connections; older connections end after their
    /// current request. When the files cannot be used nothing changes.
    pub fn reload(&self) -> Result<(), TransportError> {
        self.0.reload()
    }
}

fn accept(
    shared: &Arc<Shared>,
    tracker: &TaskTracker,
    stream: TcpStream,
    peer: SocketAddr,
    refused: &mut RefusedLog,
) {
    let Ok(permit) = shared.connections.clone().try_acquire_owned() else {
        shared.counts.refused.increment(1);
        refused.note(shared, peer);
        return;
    };
    let shared = shared.clone();
    tracker.spawn(async move {
        connection::serve(&shared, stream, peer).await;
        drop(permit);
    });
}

async fn drain(shared: &Shared, tracker: &TaskTracker) {
    shared
        .stage
        .send_modify(|stage| stage.ending = Ending::Draining);
    tracker.close();
    if timeout(shared.limits.drain, tracker.wait()).await.is_ok() {
        tracing::info!(listener = shared.name, "stopped");
        return;
    }
    tracing::warn!(
        listener = shared.name,
        connections = tracker.len(),
        "requests did not finish within the drain time and are cut"
    );
    shared.stage.send_modify(|stage| stage.ending = Ending::Cut);
    let _ = timeout(CUT_PAUSE, tracker.wait()).await;
}

impl Tls {
    fn load(files: TlsFiles, callers: Callers) -> Result<Self, TransportError> {
        // Stamps first: a change while reading is then seen as one at the next look.
        let loaded = Mutex::new(files.stamps());
        let config = ArcSwap::from_pointee(files.server_config(callers)?);
        Ok(Self {
            files,
            callers,
            config,
            loaded,
        })
    }
}

impl Shared {
    fn new(
        name: &'static str,
        limits: HttpLimits,
        handler: Arc<dyn Handler>,
        env: Environment,
        tls: Option<Tls>,
    ) -> Self {
        crate::telemetry::metrics();
        let permits = |n: usize| Semaphore::new(n.min(Semaphore::MAX_PERMITS));
        Self {
            name,
            handler,
            env,
            tls,
            stage: watch::Sender::default(),
            requests: permits(limits.concurrency),
            buffered: permits(limits.buffered_bytes / PIECE),
            connections: Arc::new(permits(limits.connections)),
            counts: Counts {
                open: metrics::gauge!("minispine_connections_open", "listener" => name),
                refused: metrics::counter!(
                    "minispine_connections_refused_total", "listener" => name),
                seconds: metrics::histogram!("minispine_request_seconds", "listener" => name),
            },
            limits,
        }
    }

    fn reload(&self) -> Result<(), TransportError> {
        let tls = self.tls.as_ref();
        let tls = tls.ok_or(TransportError::Unsupported(
            "a plain listener has no TLS files",
        ))?;
        let stamps = tls.files.stamps();
        let outcome = tls.files.server_config(tls.callers);
        let label = if outcome.is_ok() { "ok" } else { "failed" };
        metrics::counter!("minispine_certificate_reloads_total",
            "listener" => self.name, "outcome" => label)
        .increment(1);
        tls.config.store(Arc::new(outcome?));
        *tls.loaded.lock().unwrap_or_else(PoisonError::into_inner) = stamps;
        self.stage.send_modify(|stage| stage.epoch += 1);
        tracing::info!(listener = self.name, "TLS files reloaded");
        Ok(())
    }

    /// Looks at the files; a change that cannot be used is looked at again next time.
    fn reload_if_changed(&self) {
        let Some(tls) = &self.tls else { return };
        let loaded = tls
            .loaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if tls.files.stamps() == loaded {
            return;
        }
        if let Err(error) = self.reload() {
            tracing::error!(listener = self.name, %error,
                "changed TLS files cannot be used; the old ones stay in use");
        }
    }
}

/// Keeps a flood of refused connections from flooding the log.
#[derive(Default)]
struct RefusedLog {
    last: Option<Instant>,
    unlogged: u64,
}

impl RefusedLog {
    fn note(&mut self, shared: &Shared, peer: SocketAddr) {
        self.unlogged += 1;
        if self.last.is_some_and(|last| last.elapsed() < REFUSED_LOG) {
            return;
        }
        tracing::warn!(listener = shared.name, %peer, refused = self.unlogged,
            limit = shared.limits.connections, "too many connections: closed at once");
        *self = Self {
            last: Some(Instant::now()),
            unlogged: 0,
        };
    }
}
