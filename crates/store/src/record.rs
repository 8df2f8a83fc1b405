//! What the store gives back.

use std::fmt;

use domain::activity::ScrAccess;
use domain::audit::AuditEvent;
use domain::permission::{CareProfessional, PermissionToView, Relationship};
use domain::record::{DocumentBytes, DocumentPointer};
use domain::{Consent, MessageId, NhsNumber, OdsCode, SdsUserId};
use jiff::Timestamp;

use crate::Direction;

/// A patient's documents and consent, of one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatientRecord {
    /// All documents filed under the patient: the newest by effective time first (then by time
    /// stored, then by id).
    pub documents: Vec<DocumentPointer>,
    /// The consent now; `None` if none was ever recorded.
    pub consent: Option<ConsentRecord>,
    /// The document asked for, if it is filed under this patient.
    pub document: Option<DocumentBytes>,
}

/// A patient's consent as one message left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// Both settings.
    pub consent: Consent,
    /// Counts changes; the first is 1.
    pub version: u64,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// The message that changed it.
    pub message: MessageId,
    /// Who changed it, if known.
    pub author: Option<CareProfessional>,
}

/// How a care professional stands to a patient.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Every permission to view that was recorded for this very holder and holds at the instant
    /// asked about or later, by start. Those that are over are left out.
    pub permissions: Vec<PermissionToView>,
    /// The relationship, if one was claimed.
    pub relationship: Option<Relationship>,
}

/// What a commit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipt {
    /// The sequence number of the last audit event of the commit, if it had any.
    pub last_audit: Option<u64>,
}

/// An audit event in its place in the chain.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// From 1, without gaps.
    pub sequence: u64,
    /// The hash of the record before; zeros for the first.
    pub previous: [u8; 32],
    /// SHA-256 of `previous` followed by `text`.
    pub hash: [u8; 32],
    /// The event.
    pub event: AuditEvent,
    /// The event as the JSON text that is hashed.
    pub text: String,
}

impl fmt::Debug for AuditRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the text: it holds the NHS number in full.
        f.debug_struct("AuditRecord")
            .field("sequence", &self.sequence)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// Which audit records are wanted: all that meet every filter given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Of this patient.
    pub patient: Option<NhsNumber>,
    /// By this user.
    pub user: Option<SdsUserId>,
    /// Asked for by this message.
    pub message: Option<MessageId>,
    /// From this organisation.
    pub organisation: Option<OdsCode>,
    /// At this instant or later, to the microsecond.
    pub from: Option<Timestamp>,
    /// At this instant or earlier, to the microsecond.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
}

/// Which accesses a report is about: those that meet every filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFilter {
    /// From this organisation.
    pub organisation: OdsCode,
    /// At this instant or later, to the microsecond.
    pub from: Timestamp,
    /// At this instant or earlier, to the microsecond.
    pub to: Timestamp,
    /// To this patient's record.
    pub patient: Option<NhsNumber>,
    /// By this user.
    pub user: Option<SdsUserId>,
    /// At most so many.
    pub limit: usize,
}

/// A report's accesses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessPage {
    /// The earliest by time (then in the order in which they were recorded), at most as many as
    /// were asked for.
    pub rows: Vec<ScrAccess>,
    /// How many there are in all. Exact.
    pub matching: u64,
}

/// Which privacy alerts are wanted: all that meet every filter given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertFilter {
    /// Raised in this organisation.
    pub organisation: Option<OdsCode>,
    /// About what happened at this instant or later, to the microsecond.
    pub from: Option<Timestamp>,
    /// About what happened at this instant or earlier, to the microsecond.
    pub to: Option<Timestamp>,
    /// Those that come after the alert of this id, to page; none if there is no such alert.
    pub after: Option<MessageId>,
    /// At most so many.
    pub limit: usize,
}

/// How much there is. Cheap at any size: the store counts as it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Documents, in any state.
    pub documents: u64,
    /// Audit records.
    pub audit: u64,
    /// Messages waiting to be sent.
    pub outbox: u64,
    /// Messages that were given up.
    pub dead_letters: u64,
    /// CP-IS plans, visible or not.
    pub plans: u64,
    /// Accesses that count for CP-IS.
    pub cpis_accesses: u64,
    /// Messages of mailboxes, in any state.
    pub mail: u64,
}

/// Which outbox entries are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutboxFilter {
    /// Of this lane; of every one without.
    pub lane: Option<String>,
    /// Of this id, letter by letter; then one that was given up is found as well.
    pub id: Option<String>,
    /// Whose next try is at this instant or earlier; all without.
    pub due: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
}

/// Which messages are wanted: all that meet every filter given. Ids are compared as they are kept,
/// in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageFilter {
    /// Of this owner.
    pub owner: Option<String>,
    /// That went this way.
    pub direction: Option<Direction>,
    /// Of this id.
    pub message: Option<MessageId>,
    /// That answer this message.
    pub ref_to: Option<MessageId>,
    /// Of this conversation.
    pub conversation: Option<String>,
    /// About this patient.
    pub patient: Option<NhsNumber>,
    /// Of this interaction.
    pub interaction: Option<String>,
    /// At this instant or later, to the microsecond.
    pub from: Option<Timestamp>,
    /// At this instant or earlier, to the microsecond.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
}
