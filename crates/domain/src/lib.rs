//! What the Summary Care Record is about, without saying how it travels or where it is kept.
//!
//! Every other crate speaks in these types. Text from outside is parsed into them once, at the
//! boundary, and never seen as a string again: a function that takes an [`NhsNumber`] cannot be
//! handed one with a wrong check digit.
//!
//! There is no input or output here, no XML and no clock: the time is an argument.

pub mod access;
pub mod activity;
pub mod alert;
pub mod audit;
pub mod code;
pub mod consent;
pub mod cpis;
pub mod identifier;
pub mod nhs_number;
pub mod oid;
pub mod permission;
pub mod record;
pub mod relationship;
pub mod time;

pub use access::{AccessFacts, AccessOutcome};
pub use activity::ScrAccess;
pub use alert::PrivacyAlert;
pub use consent::{Consent, ConsentSetting};
pub use identifier::{
    Asid, DocumentId, IdentifierError, JobRole, MessageId, OdsCode, PartyKey, RoleProfileId,
    SdsUserId, StaffId,
};
pub use nhs_number::{CheckDigit, NhsNumber, NhsNumberError};
pub use time::Hl7Timestamp;
