//! Every limit and time-out of a listener, in one place.

use std::net::SocketAddr;
use std::time::Duration;

use crate::TlsFiles;

/// A listener to set up.
#[derive(Debug, Clone)]
pub struct ListenerSettings {
    /// Its name in logs and metrics.
    pub name: &'static str,
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Certificate, key and the clients' authorities. `None` speaks plain HTTP with callers
    /// nobody has checked: for the admin port and nothing else.
    pub tls: Option<TlsFiles>,
    /// Who may connect, over TLS.
    pub callers: Callers,
    /// Its limits.
    pub limits: HttpLimits,
}

/// Who may connect to a listener over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Callers {
    /// Whoever shows a certificate of our authorities.
    #[default]
    Certified,
    /// Anybody: the service knows its callers by other means, such as a token.
    Anybody,
}

/// The limits of a listener. A limit of zero refuses everything; there is no "unlimited".
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// The largest request body, bytes. Default 5 MiB: more than the largest message on these
    /// interfaces. Past it: 413.
    pub body_bytes: usize,
    /// The most bytes of request bodies held at any time, all connections together. Default
    /// 256 MiB. Past it: 503.
    pub buffered_bytes: usize,
    /// The most header lines of a request. Default 64. Past it: 431.
    pub headers: usize,
    /// The largest request line and headers together, bytes. Default 32 KiB. Past it: 431.
    pub header_bytes: usize,
    /// From accept to the end of the TLS handshake. Default 10 s. Past it: closed.
    pub handshake_timeout: Duration,
    /// From the first byte of a request to the end of its headers. Default 10 s. Past it: closed.
    pub header_timeout: Duration,
    /// From the end of the headers to the end of the body. Default 30 s. Past it: 408.
    pub body_timeout: Duration,
    /// For the handler. Default 60 s. Past it: 503.
    pub request_timeout: Duration,
    /// Without the peer taking any byte of the answer. Default 30 s. Past it: closed.
    pub write_timeout: Duration,
    /// Between two requests of a kept-alive connection. Default 75 s, longer than the 60 s after
    /// which common clients let go by themselves. Past it: closed.
    pub idle_timeout: Duration,
    /// For an answer to reach a peer that is still sending: after an early answer what it sends
    /// is read and dropped for this long. Default 2 s.
    pub linger: Duration,
    /// Connections at a time. Default 1024. Past it: accepted, closed and counted.
    pub connections: usize,
    /// Requests in the handler at a time. Default 256. Past it: 503 with `Retry-After: 1`.
    pub concurrency: usize,
    /// A connection older than this is closed after its current request. Default 10 min: no
    /// certificate outlives its revocation on an old connection for longer.
    pub connection_age: Duration,
    /// How long running requests may take to finish at shutdown. Default 30 s. Past it: cut.
    pub drain: Duration,
    /// How often the certificate files are looked at for a change. Default 30 s.
    pub reload_poll: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body_bytes: 5 << 20,
            buffered_bytes: 256 << 20,
            headers: 64,
            header_bytes: 32 << 10,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            linger: Duration::from_secs(2),
            connections: 1024,
            concurrency: 256,
            connection_age: Duration::from_secs(600),
            drain: Duration::from_secs(30),
            reload_poll: Duration::from_secs(30),
        }
    }
}
