//! The stateful local Spine.
//!
//! It answers what the national Spine answers, from what is stored: the list of a patient's
//! documents and one document (PSIS), and the patient's consent (ACS). [`SyncService`] is its
//! `/sync-service`; each interaction is a module that reads its query, decides, and says what to
//! answer. [`filing`] is how a GP Summary gets in.
//!
//! Architecture invariant: nothing is answered before its audit event is durable. If the audit
//! cannot be written, the answer is a fault.

mod answer;
mod directory;
mod document;
mod document_list;
pub mod filing;
mod permissions;
mod scenario;
mod sync_service;

pub use directory::{Directory, System, Unregistered};
pub use scenario::{Effect, On, ScenarioPack};
pub use sync_service::{SpineConfig, SyncService};
