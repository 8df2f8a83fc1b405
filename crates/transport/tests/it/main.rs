//! The listener and the connector over real sockets and real TLS.
#![allow(
    clippy::disallowed_methods,
    reason = "tests open sockets and read files themselves"
)]

mod broken;
mod identity;
mod lifecycle;
mod limits;
mod reload;
mod resilient;
mod support;
mod trust;
mod upstream;
