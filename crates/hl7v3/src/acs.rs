//! The access control service: a patient's consent, read (GET_RESOURCE_PERMISSIONS_INUK01),
//! tested (HAS_RESOURCE_PERMISSIONS_INUK01) and set (SET_RESOURCE_PERMISSIONS_INUK01).
//!
//! Consent is two settings, *View* and *Store*, that Spine 2 always changes together. A setting
//! that nobody made is *Ask*, and the Spine never sends a default: what is not asserted is *Ask*.

mod answer;
mod get;
mod has;
mod parts;
mod set;

pub use answer::{
    HasAnswer, PermissionsAnswer, PermissionsOutcome, read_answer, read_has_answer,
    read_permissions,
};
pub use get::{Criteria, PermissionsQuery, read_query, write_query};
pub use has::{AccessControlSet, Accessor, HasQuery, read_has, write_has};
pub use set::{
    NewSetting, SetAccepted, SetOutcome, SetPermissions, read_set, read_set_answer, write_set,
};

use domain::{Consent, NhsNumber};

/// Writes a patient's consent in the default namespace, which is HL7's where this is called: inside
/// the list of events.
pub(crate) fn write_permissions(w: &mut xml::Writer, patient: &NhsNumber, consent: Consent) {
    parts::permissions(w, parts::Names::Default, patient, consent, |_| true);
}

/// A field of the request is missing or wrong.
const DATA_MISSING: &str = "ErrorBase1712.MANDATORY_DATA_MISSING";
/// There are too few or too many parts of a kind.
const CARDINALITY: &str = "ErrorBase1712.INVALID_ACA_CARDINALITY";
/// A resource is another patient's than the request.
const OTHER_RESOURCE: &str = "ErrorBase1712.INVALID_COMBINATION_FC_RC_RI";

/// The context of consent functions.
const CONSENT: &str = "Consent";
/// The context of sealing, a function that the Spine never had in use.
const SEALING: &str = "Sealing";
/// The resource type of summary care records.
const SCR: &str = "SCR";
/// The only accessor that consent of a record is kept for.
const EVERYONE: &str = "Everyone";

/// Which of the two consent settings an assertion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentFunction {
    /// May the record be viewed?
    View,
    /// May a record be stored?
    Store,
}

impl ConsentFunction {
    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Store => "Store",
        }
    }
}
