//! The wrappers around every message: transmission and control act
//! (MCCI_MT010101UK12, MCCI_MT020101UK12, QUQI_MT050000UK01, QUQI_MT030101UK03).

mod read;
mod write;

pub(crate) use read::{
    COMMON, Faults, UPLOAD, device_asid, one_id, party, person_ids, read_acknowledgement,
    read_author, read_sender, read_sender_wrapper, read_system, read_transmission, value,
};
pub use write::{Outgoing, write_answer, write_send};
pub(crate) use write::{device, id};
pub(crate) use write::{parties as write_parties, write_versioned};

use domain::code::psis::{self, Issue};
use domain::{Asid, Hl7Timestamp, JobRole, MessageId, RoleProfileId, SdsUserId};

/// The transmission wrapper of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmission {
    /// `id/@root`.
    pub id: MessageId,
    /// `creationTime/@value`; all requests have one but those for notices of CP-IS.
    pub creation_time: Option<Hl7Timestamp>,
    /// `versionCode/@code`, likewise; any value counts.
    pub version_code: Option<String>,
    /// `communicationFunctionRcv`: who it is for.
    pub receiver: Asid,
    /// `communicationFunctionSnd`: who it is from.
    pub sender: Asid,
}

/// The person who caused a message: `ControlActEvent/author`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The role profile they act in (OID 1.2.826.0.1285.0.2.0.67).
    pub role_profile: RoleProfileId,
    /// The person (OID 1.2.826.0.1285.0.2.0.65).
    pub user: SdsUserId,
    /// Their job role (OID 1.2.826.0.1285.0.2.1.104).
    pub job_role: JobRole,
}

/// How an answer takes the message it answers: `acknowledgement/@typeCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AcknowledgementKind {
    /// `AA`: accepted.
    Accept,
    /// `AE`: an error in its content.
    Error,
    /// `AR`: rejected unread.
    Reject,
}

impl AcknowledgementKind {
    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accept => "AA",
            Self::Error => "AE",
            Self::Reject => "AR",
        }
    }

    /// The kind that goes with refusing for these reasons, by the first of them.
    pub fn refusing(issues: &[Issue]) -> Self {
        let code = issues.first().map_or("AE", psis::acknowledgement);
        Self::from_code(code).unwrap_or(Self::Error)
    }

    /// The kind of a code on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "AA" => Some(Self::Accept),
            "AE" => Some(Self::Error),
            "AR" => Some(Self::Reject),
            _ => None,
        }
    }
}

/// The acknowledgement of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// How the message was taken.
    pub kind: AcknowledgementKind,
    /// The HL7 id of the message it answers, as that message wrote it.
    pub refers_to: String,
}
