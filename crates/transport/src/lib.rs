//! Everything that touches the machine: clock, ids, randomness, files and the network.
//!
//! The services above know four small things from here and nothing of sockets: a [`Handler`] turns
//! a [`Request`] into a [`Response`]; an [`Upstream`] carries an [`UpstreamRequest`] to another
//! service; an [`Environment`] tells the time and makes ids; [`files`] reads and writes. The same
//! handler is served by a mutual-TLS [`Listener`] or called through [`InProcess`] with the same
//! bytes, so a role behaves the same alone, together, and in a simulation.
//!
//! HTTP is 1.1 only and requests are whole: a SOAP message must be complete before anything can be
//! decided about it, so the body is read first, under a cap and a time-out, and then handed over
//! as one `Bytes`. Every phase of a connection has its own time-out ([`HttpLimits`]), and whatever
//! exceeds a limit gets a plain answer and is counted.
//!
//! Metrics: `minispine_requests_total`, `minispine_request_seconds`,
//! `minispine_handshake_failures_total`, `minispine_connections_open`,
//! `minispine_connections_refused_total`, `minispine_certificate_reloads_total`,
//! `minispine_upstream_requests_total`, `minispine_upstream_seconds`, `minispine_upstream_circuit`
//! (0 closed, 1 half-open, 2 open), `minispine_upstream_retries_total`,
//! `minispine_upstream_unavailable_total`.

// This crate is the seam: the banned calls are made here and nowhere else.
#![allow(
    clippy::disallowed_methods,
    reason = "the seam itself calls clock, files and network"
)]

pub mod admin;
mod body;
mod env;
mod error;
pub mod files;
mod limits;
mod listener;
mod lock;
mod message;
mod peer;
pub mod pki;
mod routes;
mod shutdown;
pub mod telemetry;
mod tls;
mod trust;
mod upstream;
mod wire;

pub use env::Environment;
pub use error::TransportError;
pub use limits::{Callers, HttpLimits, ListenerSettings};
pub use listener::{Listener, ReloadHandle};
pub use lock::{Lock, LockError};
pub use message::{BoxFuture, Ending, Handler, Headers, Request, Response};
pub use peer::{CertificateMatch, Peer, PeerCertificate};
pub use routes::Routes;
pub use shutdown::{Shutdown, Trigger};
pub use tls::{TlsFiles, install_crypto_provider};
pub use trust::ClientTrust;
pub use upstream::{
    CircuitState, EndpointState, InProcess, Method, Resilient, ResilientSettings, TlsUpstream,
    Upstream, UpstreamError, UpstreamRequest, UpstreamResponse, UpstreamSettings,
};
