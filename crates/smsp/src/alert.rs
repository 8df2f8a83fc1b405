//! What a privacy officer must be told of.
//!
//! Looking at a record in an emergency, and claiming a relationship with a patient, each raise an
//! alert (MSCA-SCR-103 and -104). It is put in the outbox in the same commit that records the
//! access, so it can be late but not lost.

use domain::identifier::{Asid, JobRole, MessageId, OdsCode, RoleProfileId, SdsUserId};
use domain::nhs_number::NhsNumber;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::OutboxEntry;

/// The `kind` of outbox entries that hold an [`Alert`].
pub const KIND: &str = "alert";

/// An alert to be sent: the payload of an outbox entry, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// What happened.
    pub event: AlertEvent,
    /// When.
    pub at: Timestamp,
    /// Whose record.
    pub patient: NhsNumber,
    /// Who did it.
    pub user: SdsUserId,
    /// Their name.
    pub user_name: String,
    /// Their role profile.
    pub role_profile: RoleProfileId,
    /// Their job role.
    pub job_role: JobRole,
    /// Their organisation.
    pub organisation: OdsCode,
    /// The client system they used.
    pub system: String,
    /// Its accredited system id.
    pub asid: Asid,
    /// The reason the user gave.
    pub reason: Option<String>,
    /// The message that caused it.
    pub message: MessageId,
}

/// What a privacy officer is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertEvent {
    /// A relationship was claimed, with the patient's permission to view.
    SelfClaimed,
    /// A relationship was claimed in an emergency.
    SelfClaimedInEmergency,
    /// A record was viewed in an emergency, without permission.
    EmergencyAccess,
}

impl AlertEvent {
    /// Type and subtype on the wire.
    pub fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::SelfClaimed => ("1", "6"),
            Self::SelfClaimedInEmergency => ("1", "4"),
            Self::EmergencyAccess => ("2", "5"),
        }
    }

    /// What an access on these grounds raises.
    pub(crate) fn raised_by(claims_relationship: bool, emergency: bool) -> Vec<Self> {
        match (claims_relationship, emergency) {
            (false, false) => vec![],
            (true, false) => vec![Self::SelfClaimed],
            (false, true) => vec![Self::EmergencyAccess],
            (true, true) => vec![Self::SelfClaimedInEmergency, Self::EmergencyAccess],
        }
    }
}

impl Alert {
    /// The outbox entry that holds it, due now. `None` never comes out for an alert made of valid
    /// parts; it would mean that the JSON writer failed.
    pub(crate) fn entry(&self, id: String) -> Option<OutboxEntry> {
        Some(OutboxEntry {
            id,
            kind: KIND.to_owned(),
            payload: serde_json::to_vec(self).ok()?,
            patient: Some(self.patient),
            queued_at: self.at,
            next_try: self.at,
            tries: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_subtypes_are_the_published_ones() {
        for (claims, emergency, expected) in [
            (false, false, vec![]),
            (true, false, vec![("1", "6")]),
            (false, true, vec![("2", "5")]),
            (true, true, vec![("1", "4"), ("2", "5")]),
        ] {
            let raised = AlertEvent::raised_by(claims, emergency);
            let codes: Vec<_> = raised.iter().map(|event| event.codes()).collect();
            assert_eq!(codes, expected);
        }
    }
}
