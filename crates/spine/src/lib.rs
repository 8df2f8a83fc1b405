//! The stateful local Spine.
//!
//! It answers what the national Spine answers, from what is stored: the list of a patient's
//! documents and one document (PSIS), and the patient's consent (ACS). [`SyncService`] is its
//! `/sync-service`; each interaction is a module that decides from what is stored and says what to
//! answer. [`ReliableService`] is its `/reliablemessaging/reliablerequest`, which takes privacy
//! alerts; [`Front`] is both behind one listener. [`filing`] is how a GP Summary gets in.
//!
//! Architecture invariant: nothing is answered before its audit event is durable. If the audit
//! cannot be written, the answer is a fault. Deliberately absent: any way to call somebody else.
//!
//! Metrics: `minispine_spine_outcomes_total` by `interaction` (those answered here, or `unread`)
//! and `outcome` (codes of the published tables).

mod answer;
mod document;
mod document_list;
pub mod filing;
mod front;
mod permissions;
mod psis;
mod query;
mod reliable;
mod scenario;
mod sync_service;

/// Whose messages are the Spine's, in a store that several roles share.
pub const LANE: &str = "spine";

pub use front::Front;
pub use reliable::{ReliableConfig, ReliableService};
pub use scenario::ScenarioPack;
pub use sync_service::{SpineConfig, SyncService};
