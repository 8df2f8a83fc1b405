//! The Spine Mini Service Provider (SMSP) for the Summary Care Record.
//!
//! A client system asks in ITK SOAP; the provider checks who is asking, decides, asks the Spine,
//! and answers. One module per operation, each from top to bottom: parse, decide, read and
//! commit, answer.
//!
//! Three rules hold for every request, so they live in one place, [`service`](crate::ScrService):
//!
//! * Architecture invariant: no answer leaves before its audit event is durable. If it cannot be
//!   written, the answer is a failure without content.
//! * Architecture invariant: the certificate says which client is calling; what the message says
//!   of its sender can only agree or be refused.
//! * What a disclosure entails (permission, relationship, alerts) is one commit with its audit
//!   event. A request that discloses nothing records nothing but its audit event.

pub mod alert;
pub mod config;
mod get_scr_status;
mod permission;
mod query_scr;
pub mod registry;
mod service;
mod trail;
mod upstream;
pub mod users;
mod verdict;

pub use config::SmspConfig;
pub use registry::ClientRegistry;
pub use service::ScrService;
pub use users::UserDirectory;

#[cfg(test)]
mod tests;
