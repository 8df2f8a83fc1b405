//! Withdrawals of a GP Summary (REPC_IN150017UK02, REPC_IN150018UK02; UKCI_MT000001UK02).

use domain::{DocumentId, Hl7Timestamp, NhsNumber, RoleProfileId, SdsUserId};

use crate::wrapper::{Author, Outgoing};
use crate::{Interaction, Invalid, SpineRequest};

/// A withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its own id: the withdrawing event.
    pub id: DocumentId,
    /// When it was made.
    pub effective: Hl7Timestamp,
    /// Whose document.
    pub patient: NhsNumber,
    /// Who withdraws it.
    pub user: SdsUserId,
    /// In which role profile.
    pub role_profile: RoleProfileId,
    /// The reason's code (vocabulary 2.16.840.1.113883.2.1.3.2.4.17.143; 01 to 03).
    pub reason: String,
    /// The reason in words.
    pub words: Option<String>,
    /// The document to withdraw.
    pub target: Option<DocumentId>,
}

/// Reads a withdrawal with Spine 2's checks.
pub fn read(request: &SpineRequest<'_, '_>) -> Result<Withdrawal, Invalid> {
    let _ = request;
    todo!()
}

/// Writes a withdrawal as a message without SOAP; `interaction` is one of the two.
pub fn write(
    interaction: Interaction,
    out: &Outgoing<'_>,
    author: &Author,
    withdrawal: &Withdrawal,
) -> Vec<u8> {
    let _ = (interaction, out, author, withdrawal);
    todo!()
}
