//! What is written down of every access, before the answer leaves.
//!
//! The items are those of the MSCA-AUD requirements: who, when, what, whose record, from where,
//! under which message, with what outcome; the store adds a sequence number and chains the
//! records by hash.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Asid, JobRole, MessageId, NhsNumber, OdsCode, RoleProfileId, SdsUserId};

/// One event. Fields are absent only when the request did not carry them (or was refused before
/// they could be read).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEvent {
    /// When it happened.
    pub at: Timestamp,
    /// The role that writes it: `smsp`, `spine`, `mhs`, `cli`.
    pub role: String,
    /// What was asked for: `querySCR`, `QUPC_IN160103UK05`, `import`.
    pub operation: String,
    /// What came of it, in the interface's own code: `SMSP-0000`, `fault 3000`, `AA`.
    pub outcome: String,
    /// Whether patient data was disclosed.
    pub disclosed: bool,
    /// The patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<NhsNumber>,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<SdsUserId>,
    /// Their role profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_profile: Option<RoleProfileId>,
    /// Their job role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_role: Option<JobRole>,
    /// Their organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OdsCode>,
    /// The calling system: the registered client's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The calling system's ASID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asid: Option<Asid>,
    /// SHA-256 of the calling system's certificate, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The message that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// Its ITK tracking id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<MessageId>,
    /// Messages sent because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<MessageId>,
    /// The document disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<crate::DocumentId>,
    /// The decision and its path, or the rule that was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The reason the user gave for emergency access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl AuditEvent {
    /// An event with nothing but its mandatory parts.
    pub fn new(at: Timestamp, role: &str, operation: &str, outcome: &str) -> Self {
        Self {
            at,
            role: role.to_owned(),
            operation: operation.to_owned(),
            outcome: outcome.to_owned(),
            disclosed: false,
            patient: None,
            user: None,
            role_profile: None,
            job_role: None,
            organisation: None,
            system: None,
            asid: None,
            certificate: None,
            message: None,
            tracking: None,
            related: Vec::new(),
            document: None,
            decision: None,
            reason: None,
        }
    }
}
