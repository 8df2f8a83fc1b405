//! Privacy alerts: what a privacy officer is told of (COMT_IN000001UK01, message type
//! COMT_MT000001UK01).
//!
//! An alert says which way of access was used (type) and on what grounds (reason). Three pairs of
//! the two are forbidden, so a pair is checked once, where it comes in.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Asid, JobRole, MessageId, NhsNumber, OdsCode, RoleProfileId, StaffId};

/// What kind of event it was (`AlertEvent/code`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertType {
    /// 1: a legitimate relationship was claimed.
    SelfClaimed,
    /// 2: a record was seen without permission to view.
    Access,
}

/// On what grounds (`justifyingReasonCoded/code`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertReason {
    /// 1
    PublicInterest,
    /// 2
    Statute,
    /// 3
    CourtOrder,
    /// 4: a relationship was claimed in an emergency.
    SelfClaimEmergency,
    /// 5: a record was seen in an emergency.
    Emergency,
    /// 6: other; a relationship claimed with the patient's permission.
    Other,
}

impl AlertType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::SelfClaimed, Self::Access];

    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SelfClaimed => "1",
            Self::Access => "2",
        }
    }

    /// What it is called.
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::SelfClaimed => "Create LR (Self Claimed)",
            Self::Access => "Access alert",
        }
    }

    /// The type of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl AlertReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::PublicInterest,
        Self::Statute,
        Self::CourtOrder,
        Self::SelfClaimEmergency,
        Self::Emergency,
        Self::Other,
    ];

    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PublicInterest => "1",
            Self::Statute => "2",
            Self::CourtOrder => "3",
            Self::SelfClaimEmergency => "4",
            Self::Emergency => "5",
            Self::Other => "6",
        }
    }

    /// What it is called.
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::PublicInterest => "Access made in the public interest",
            Self::Statute => "Access required by statute",
            Self::CourtOrder => "Access required by Court Order",
            Self::SelfClaimEmergency => "Self-Claim Emergency Access",
            Self::Emergency => "Access made in an emergency",
            Self::Other => "other",
        }
    }

    /// The reason of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Whether an alert of this type may give this reason.
    pub const fn goes_with(self, kind: AlertType) -> bool {
        !matches!(
            (kind, self),
            (AlertType::SelfClaimed, Self::Emergency)
                | (AlertType::Access, Self::SelfClaimEmergency | Self::Other)
        )
    }
}

/// One alert.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacyAlert {
    /// `AlertEvent/id`: an upper-case UUID; what a notification may quote.
    pub id: MessageId,
    /// What kind of event.
    pub kind: AlertType,
    /// On what grounds.
    pub reason: AlertReason,
    /// When it happened.
    pub at: Timestamp,
    /// Whose record.
    pub patient: NhsNumber,
    /// Who did it.
    pub user: StaffId,
    /// Their name.
    pub user_name: String,
    /// Their role profile; alerts in FHIR may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_profile: Option<RoleProfileId>,
    /// Their job role.
    pub job_role: JobRole,
    /// Their organisation.
    pub organisation: OdsCode,
    /// Its name.
    pub organisation_name: String,
    /// The name of the system they used.
    pub system: String,
    /// Its accredited system id.
    pub asid: Asid,
    /// The reason in the user's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The text of the notification, if the sender gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
}

impl fmt::Debug for PrivacyAlert {
    /// Nothing that people wrote: it may name the patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivacyAlert")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .field("at", &self.at)
            .field("patient", &self.patient)
            .field("user", &self.user)
            .field("organisation", &self.organisation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forbidden_pairs_and_no_others() {
        let mut forbidden = Vec::new();
        for kind in AlertType::ALL {
            for reason in AlertReason::ALL {
                if !reason.goes_with(kind) {
                    forbidden.push((kind.code(), reason.code()));
                }
            }
        }
        assert_eq!(forbidden, [("1", "5"), ("2", "4"), ("2", "6")]);
    }

    #[test]
    fn codes_are_two_way() {
        for kind in AlertType::ALL {
            assert_eq!(AlertType::of(kind.code()), Some(kind));
        }
        for reason in AlertReason::ALL {
            assert_eq!(AlertReason::of(reason.code()), Some(reason));
        }
        assert_eq!(AlertType::of("3"), None);
        assert_eq!(AlertReason::of("0"), None);
    }
}
