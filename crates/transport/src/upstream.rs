//! Calling another service.

mod in_process;
mod pool;
mod resilient;
mod tls;

use std::time::Duration;

use bytes::Bytes;

use crate::{BoxFuture, TlsFiles};

pub use in_process::InProcess;
pub use resilient::{CircuitState, EndpointState, Resilient, ResilientSettings};
pub use tls::TlsUpstream;

/// Carries requests to one other service.
pub trait Upstream: Send + Sync {
    /// Sends one request and returns the whole answer whatever its status. A
    /// request of which a byte may have been sent is sent again only by [`Resilient`], and only
    /// when it is [`safe`](UpstreamRequest::safe).
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>>;
}

/// The HTTP methods we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// With a body.
    #[default]
    Post,
    /// Without one.
    Get,
    /// That something be so: the same again changes nothing.
    Put,
}

impl Method {
    /// As HTTP has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Put => "PUT",
        }
    }
}

/// A request to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// How it is sent.
    pub method: Method,
    /// An absolute path (`/sync-service`); empty for the one of the configured URL.
    pub path: String,
    /// Header lines; `Host` and `Content-Length` are added.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body.
    pub body: Bytes,
    /// Whether the service may be given it twice: it changes nothing there, or the service knows
    /// a repetition by its message id. [`Resilient`](crate::Resilient) looks at it.
    pub safe: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamResponse {
    /// The status code; a redirect is an answer like any other and is not followed.
    pub status: u16,
    /// The content type as sent; empty when there was none.
    pub content_type: String,
    /// Every header line.
    pub headers: crate::Headers,
    /// The whole body.
    pub body: Bytes,
}

/// Why there is no answer. The texts say what happened and who can mend it, for the operator;
/// they hold addresses and names of certificates, never keys or message content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// No connection: nothing listens there, or the name is unknown.
    #[error("no connection: {0}")]
    Connect(String),
    /// One side refuses the other's certificate, or they have no TLS in common.
    #[error("TLS refused: {0}")]
    Tls(String),
    /// The service, or the wait for it, took too long.
    #[error("timed out in phase {phase}")]
    Timeout {
        /// `queue` (our own limit on requests at a time), `connect`, `handshake`, `response`
        /// (request sent, no answer begun), `body` (answer begun and not ended) or `probe` (see
        /// [`Resilient`](crate::Resilient)).
        phase: &'static str,
    },
    /// The connection ended, or broke HTTP, before the whole answer was there.
    #[error("the connection broke: {0}")]
    Closed(String),
    /// The answer is larger than we take.
    #[error("the answer is larger than the {limit} bytes that are accepted")]
    TooLarge {
        /// The configured limit, bytes.
        limit: usize,
    },
    /// Nothing was sent: every endpoint is left alone for now because it failed lately, or has as
    /// many requests as it may have.
    #[error("no endpoint takes requests now; the next try is in {} s", retry_in.as_secs_f64().ceil())]
    Unavailable {
        /// When it is worth asking again.
        retry_in: Duration,
    },
}

impl UpstreamError {
    /// Whether the service cannot have seen a byte of the request, or refused the caller before it
    /// looked at one. Such a request may be sent again whatever it is.
    pub fn nothing_was_sent(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Tls(_) | Self::Unavailable { .. } => true,
            Self::Timeout { phase } => matches!(*phase, "queue" | "connect" | "handshake"),
            Self::Closed(_) | Self::TooLarge { .. } => false,
        }
    }

    /// How far it got: `connect`, `handshake`, `response`, `body`, or that of the time-out; `none`
    /// when nothing was tried.
    pub fn phase(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::Tls(_) => "handshake",
            Self::Timeout { phase } => phase,
            Self::Closed(_) => "response",
            Self::TooLarge { .. } => "body",
            Self::Unavailable { .. } => "none",
        }
    }

    /// The kind, for metrics.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Closed(_) => "closed",
            Self::TooLarge { .. } => "too_large",
            Self::Unavailable { .. } => "unavailable",
        }
    }
}

/// Another service to call over mutual TLS. [`UpstreamSettings::new`] fills in the defaults.
#[derive(Debug, Clone)]
pub struct UpstreamSettings {
    /// `https://host:port/path`.
    pub url: String,
    /// Our certificate and key, and the authorities the service's certificate is checked against.
    pub tls: TlsFiles,
    /// For the TCP connection, and again for the TLS handshake. Default 5 s.
    pub connect_timeout: Duration,
    /// From sending the request to the first byte of the answer. Default 30 s.
    pub response_timeout: Duration,
    /// For everything together. Default 60 s.
    pub total_timeout: Duration,
    /// Connections kept open while idle. Default 64.
    pub max_idle: usize,
    /// How long a connection is kept open while idle. Default 50 s, less than the 60 s after which
    /// common servers close it.
    pub idle_timeout: Duration,
    /// Requests at a time; more wait. Default 256.
    pub concurrency: usize,
    /// The largest answer, bytes. Default 16 MiB.
    pub body_bytes: usize,
    /// The name the service's certificate must have, when it is not the URL's host.
    pub server_name: Option<String>,
    /// How often the certificate files are looked at for a change. Default 30 s.
    pub reload_poll: Duration,
}

impl UpstreamSettings {
    /// The defaults for a URL and an identity.
    pub fn new(url: impl Into<String>, tls: TlsFiles) -> Self {
        Self {
            url: url.into(),
            tls,
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(60),
            max_idle: 64,
            idle_timeout: Duration::from_secs(50),
            concurrency: 256,
            body_bytes: 16 << 20,
            server_name: None,
            reload_poll: Duration::from_secs(30),
        }
    }
}
