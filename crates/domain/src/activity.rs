//! Who looked: the access log behind querySCRActivity.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{MessageId, NhsNumber, OdsCode, RoleProfileId, SdsUserId};

/// One access to a record that was granted: a line of the activity report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
