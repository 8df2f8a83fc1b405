//! The Spine Mini Service Provider (SMSP) for the Summary Care Record, and for Child Protection -
//! Information Sharing (`cpis`).
//!
//! A client system asks in ITK SOAP; the provider checks who is asking, decides, asks the Spine,
//! and answers. One module per operation, each from top to bottom: parse, decide, read and
//! commit, answer.
//!
//! Four rules hold for every request, so they live in one place, `provider`, through which every
//! request passes whichever service it is for (`face`):
//!
//! * Architecture invariant: no answer leaves before its audit event is durable. If it cannot be
//!   written, the answer is a failure without content. A request that is never answered leaves its
//!   event too.
//! * Architecture invariant: the certificate says which client is calling; what the message says
//!   of its sender can only agree or be refused.
//! * What an answer entails (permissions, a relationship, a line of the access log, alerts) is one
//!   commit with its audit event. A request that is refused records nothing but its audit event.
//! * A message that comes twice has its effects once, and gets its first answer again
//!   (`duplicates`).

mod alert;
mod answers;
pub mod config;
mod cpis;
mod create_ptv;
mod duplicates;
mod face;
mod get_consent;
mod get_rbac_status;
mod get_scr_status;
mod hl7v3_face;
mod outcome;
mod permission;
mod provider;
mod query_ptv;
mod query_scr;
mod query_scr_activity;
pub mod registry;
mod remembered;
mod service;
mod set_consent;
mod trail;
mod upstream;
mod users;
mod verdict;
mod viewing;
mod watched;

pub use answers::{INBOUND_PATH, inbound};
pub use config::SmspConfig;
pub use cpis::{CpisService, CpisUpstream};
pub use hl7v3_face::Hl7Face;
pub use registry::ClientRegistry;
pub use service::ScrService;
pub use upstream::is_message;
pub use users::Duties;

/// Whose messages are the SMSP's, in a store that several roles share.
pub const LANE: &str = "smsp";

#[cfg(test)]
mod tests;
