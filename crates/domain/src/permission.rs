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

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(from: &str, until: Option<&str>) -> PermissionToView {
        PermissionToView {
            patient: NhsNumber::parse("9449310580").expect("valid"),
            holder: CareProfessional {
                user: SdsUserId::parse("111122223333").expect("valid"),
                role_profile: RoleProfileId::parse("444455556666").expect("valid"),
                organisation: OdsCode::parse("RKE").expect("valid"),
            },
            from: from.parse().expect("an instant"),
            until: until.map(|until| until.parse().expect("an instant")),
            source: PermissionSource::CreatePtv,
            message: MessageId::parse("M1").expect("valid"),
        }
    }

    #[test]
    fn both_ends_of_the_interval_count() {
        let day = permission("2024-03-01T00:00:00Z", Some("2024-03-01T23:59:59Z"));
        let lasting = permission("2024-03-01T00:00:00Z", None);
        let instant = permission("2024-03-01T12:00:00Z", Some("2024-03-01T12:00:00Z"));
        let backwards = permission("2024-03-02T00:00:00Z", Some("2024-03-01T00:00:00Z"));
        for (permission, now, holds) in [
            (&day, "2024-02-29T23:59:59.999999999Z", false),
            (&day, "2024-03-01T00:00:00Z", true),
            (&day, "2024-03-01T23:59:59Z", true),
            (&day, "2024-03-01T23:59:59.000000001Z", false),
            (&lasting, "2024-02-29T23:59:59Z", false),
            (&lasting, "2024-03-01T00:00:00Z", true),
            (&lasting, "2124-03-01T00:00:00Z", true),
            (&instant, "2024-03-01T12:00:00Z", true),
            (&instant, "2024-03-01T12:00:00.000000001Z", false),
            (&backwards, "2024-03-01T12:00:00Z", false),
            (&backwards, "2024-03-02T00:00:00Z", false),
        ] {
            let now = now.parse().expect("an instant");
            assert_eq!(permission.holds_at(now), holds, "{now}");
        }
    }

    #[test]
    fn stored_forms_stay() {
        let permission = permission("2024-03-01T00:00:00Z", None);
        let stored = serde_json::to_string(&permission).expect("plain data");
        assert!(stored.contains(r#""source":"create-ptv""#), "{stored}");
        let read: PermissionToView = serde_json::from_str(&stored).expect("as written");
        assert_eq!(read, permission);
    }
}
