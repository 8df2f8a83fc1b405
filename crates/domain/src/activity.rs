//! Who looked: the access log behind querySCRActivity.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{MessageId, NhsNumber, OdsCode, RoleProfileId, SdsUserId};

/// One access to a record that was granted: a line of the activity report.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrAccess {
    /// When.
    pub at: Timestamp,
    /// From which organisation.
    pub organisation: OdsCode,
    /// Its name then.
    pub organisation_name: String,
    /// Whose record.
    pub patient: NhsNumber,
    /// Who looked.
    pub user: SdsUserId,
    /// In which role.
    pub role_profile: RoleProfileId,
    /// Their name then.
    pub user_name: String,
    /// The reason of emergency access; `None` when it was none.
    pub emergency: Option<String>,
    /// The message that asked.
    pub message: MessageId,
}

impl fmt::Debug for ScrAccess {
    /// Nothing that people wrote: it may name the patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScrAccess")
            .field("at", &self.at)
            .field("organisation", &self.organisation)
            .field("patient", &self.patient)
            .field("user", &self.user)
            .field("emergency", &self.emergency.is_some())
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}
