//! Why a listener or a connector cannot be set up: our own side's mistakes, met at start or reload.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a listener or a connector cannot be set up. The text names the file or address and what is
/// wrong with it, for the operator; it never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file can be read and does not hold what it should.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A URL or server name that cannot be called.
    #[error("{url}: {reason}")]
    Url {
        /// As configured.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A log filter that cannot be read.
    #[error("log level {level:?}: {reason}")]
    Level {
        /// As configured.
        level: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS library refuses a setting that does not come from a file.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// Something was asked of a listener that it does not do.
    #[error("{0}")]
    Unsupported(&'static str),
}
