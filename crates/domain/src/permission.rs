//! Permission to view (PTV) and legitimate relationships, as an SMSP keeps them.
//!
//! Consent to *have* a record lives in the Spine's ACS; permission to *view* it is asked of the
//! patient at the point of care and belongs to one user, in one organisation, for one interval.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{MessageId, NhsNumber, OdsCode, RoleProfileId, SdsUserId};

/// A user in the place they work: what permissions and relationships belong to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CareProfessional {
    /// The person.
    pub user: SdsUserId,
    /// The role they act in.
    pub role_profile: RoleProfileId,
    /// The organisation they act for.
    pub organisation: OdsCode,
}

/// Who recorded a permission, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermissionSource {
    /// A createPTV request.
    CreatePtv,
    /// `createPTV` inside a querySCR request.
    QueryScr,
}

/// A recorded permission to view one patient's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionToView {
    /// Whose record.
    pub patient: NhsNumber,
    /// Who may view it.
    pub holder: CareProfessional,
    /// First instant it holds.
    pub from: Timestamp,
    /// Last instant it holds; `None` for a lasting one.
    pub until: Option<Timestamp>,
    /// How it came about.
    pub source: PermissionSource,
    /// The message that recorded it.
    pub message: MessageId,
}

impl PermissionToView {
    /// Does it hold at this instant? Both ends count.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now <= until)
    }
}

/// A self-claimed legitimate relationship between a care professional and a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationship {
    /// The patient.
    pub patient: NhsNumber,
    /// Who claimed it.
    pub holder: CareProfessional,
    /// When.
    pub since: Timestamp,
    /// The message that claimed it.
    pub message: MessageId,
}
