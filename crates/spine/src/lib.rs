//! The stateful local Spine.
//!
//! It answers what the national Spine answers, from what is stored: a patient's documents and
//! events (PSIS), consent (ACS), legitimate relationships (LRS), and child protection ([`cpis`]).
//! Each interaction is a module that decides from what is stored and says what to answer; the
//! endpoints carry that, each in its way, and [`Front`] is all of them behind one listener:
//!
//! - [`SyncService`], `/sync-service`: synchronous SOAP.
//! - [`ReliableService`], `/reliablemessaging/reliablerequest`: uploads and withdrawals of GP
//!   Summaries, consents, relationships, privacy alerts and queries of CP-IS in ebXML, acknowledged
//!   at once and answered later.
//! - [`ExpressService`], `/reliablemessaging/queryrequest`: document queries, and local authorities
//!   that ask for their notices, in ebXML.
//! - [`IntermediaryService`], `/reliablemessaging/intermediary`: acknowledgments that come alone.
//! - [`clinical`], `/clinical`: uploads and alerts as the SCR FHIR API sends them.
//!
//! [`filing`] is how a GP Summary gets in otherwise. [`faults`] rehearses failures.
//!
//! Architecture invariant: nothing is answered before its audit event is durable. If the audit
//! cannot be written, the answer is a fault. What the Spine sends on its own account it puts into
//! the outbox, in that same commit; a courier takes it from there to where the directory says
//! ([`DirectoryRoutes`]), and to no address that stands in a message.
//!
//! Metrics: `minispine_spine_outcomes_total` by `interaction` (those answered here, or `unread`)
//! and `outcome` (codes of the published tables).

mod answer;
pub mod clinical;
pub mod cpis;
mod document;
mod document_list;
mod event;
mod event_list;
mod express;
pub mod faults;
pub mod filing;
mod front;
pub mod mail;
mod permissions;
mod psis;
mod query;
mod relationships;
mod reliable;
mod replies;
mod scenario;
mod stranger;
mod sync_service;
mod uploads;

/// Whose messages are the Spine's, in a store that several roles share.
pub const LANE: &str = "spine";

pub use express::ExpressService;
pub use front::Front;
pub use reliable::{IntermediaryService, ReliableConfig, ReliableService};
pub use replies::{Connect, DirectoryRoutes};
pub use scenario::ScenarioPack;
pub use sync_service::{SpineConfig, SyncService};
