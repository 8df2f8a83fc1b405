//! Child Protection - Information Sharing (CP-IS): what is held of a child or a pregnant woman, who
//! looked, and the rules.
//!
//! A local authority uploads plans; staff of unscheduled care ask by NHS number; each of their
//! accesses is kept, shown to the next who ask, and told to the authorities concerned. The words are
//! those of the "Child Protection Domain Message Specification" (DMS).

mod access;
mod author;
mod demographics;
mod plan;
mod upload;

pub use access::{Access, SAME_ACCESS, SHOWN, is_new, shown};
pub use author::{Author, Device, JobTitle, Organisation, Person, PersonName, Responsible};
pub use demographics::{Demographics, Standing};
pub use plan::{
    Authority, AuthorityContact, LocalId, Plan, PlanDate, PlanDateError, PlanType, Subject,
    VISIBLE_AFTER_END, age_at,
};
pub use upload::{FileCode, RecordCode, RecordFault, RecordOutcome};
