//! Connections to one service, kept open between requests.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// How long a broken connection may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Idle connections; the one used last is used first, so that the others can grow old and go.
pub(super) struct Pool {
    idle: Mutex<Vec<Idle>>,
    max_idle: usize,
    idle_timeout: Duration,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

/// A connection, for one request at a time. Dropping it closes it.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<Result<(), hyper::Error>>,
}

impl Pool {
    pub(super) fn new(max_idle: usize, idle_timeout: Duration) -> Self {
        Self {
            idle: Mutex::default(),
            max_idle,
            idle_timeout,
        }
    }

    /// A connection that is open as far as we know; the service may be closing it just now.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        self.drop_old(&mut idle);
        while let Some(Idle { connection, .. }) = idle.pop() {
            if !connection.sender.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose answer has been read to its end.
    pub(super) fn put(&self, connection: Connection) {
        if connection.sender.is_closed() {
            return;
        }
        let mut idle = self.idle();
        self.drop_old(&mut idle);
        if idle.len() < self.max_idle {
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
        }
    }

    /// The oldest are at the front.
    fn drop_old(&self, idle: &mut Vec<Idle>) {
        let old = idle
            .iter()
            .take_while(|i| i.since.elapsed() >= self.idle_timeout)
            .count();
        idle.drain(..old);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// HTTP on a fresh stream; the connection is driven by a task of its own.
    pub(super) async fn start<S>(stream: S) -> Result<Self, hyper::Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Self {
            sender,
            driver: tokio::spawn(connection),
        })
    }

    /// Why the connection itself ended, when it ended for a reason.
    pub(super) async fn last_words(self) -> Option<hyper::Error> {
        let Self { sender, driver } = self;
        drop(sender);
        timeout(LAST_WORDS, driver).await.ok()?.ok()?.err()
    }
}
