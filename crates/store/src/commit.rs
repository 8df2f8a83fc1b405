//! A change as data: what is to be written, and what must still hold for it to be written.

use std::fmt;

use domain::activity::ScrAccess;
use domain::alert::PrivacyAlert;
use domain::audit::AuditEvent;
use domain::permission::{CareProfessional, PermissionToView, Relationship};
use domain::record::{DocumentBytes, DocumentHeader, DocumentState};
use domain::relationship::LegitimateRelationship;
use domain::{Consent, DocumentId, MessageId, NhsNumber, OdsCode};
use jiff::Timestamp;

use crate::{MAX_DOCUMENT_BYTES, StoreError};

/// Everything that one decision writes. All of it is written, durably, or none of it.
///
/// The preconditions are checked first, in order, against the store as it was before; then the
/// parts are written in the order of the fields. Times are kept to the microsecond (the rest is
/// cut off), except inside audit events, whose text is kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// What must hold.
    pub preconditions: Vec<Precondition>,
    /// New documents. That the patient has no document of that id yet is an implied
    /// [`Precondition::DocumentAbsent`].
    pub documents: Vec<NewDocument>,
    /// New states of documents, those of this commit included.
    pub states: Vec<StateChange>,
    /// New consents, each one version up from the one before.
    pub consents: Vec<ConsentChange>,
    /// Permissions to view. One of the same patient, holder and start is replaced. One that ends
    /// before it starts never holds; it replaces, and is not kept.
    pub permissions: Vec<PermissionToView>,
    /// Relationships. The first one of a patient and holder stays; later claims change nothing.
    pub relationships: Vec<Relationship>,
    /// Answered messages. That the key is unknown, or that what was known of it has expired at
    /// the new message's `at`, is an implied [`Precondition::MessageUnseen`] (giving it as well
    /// only makes the store look twice); no key may come twice in one commit.
    pub seen: Vec<SeenMessage>,
    /// Messages to send. One of the same id is replaced.
    pub outbox: Vec<OutboxEntry>,
    /// Ids of outbox entries that are done with. Unknown ids change nothing.
    pub outbox_done: Vec<String>,
    /// Accesses that were granted, for the activity report.
    pub accesses: Vec<ScrAccess>,
    /// Privacy alerts that came in. The first of an alert's id stays; the same id again changes
    /// nothing.
    pub alerts: Vec<ReceivedAlert>,
    /// Legitimate relationships that were created. The first of an id stays, whoever the patient
    /// is; the same id again changes nothing.
    pub legitimate: Vec<LegitimateRelationship>,
    /// Messages that came or went, for whoever looks for them later. One of the same owner,
    /// direction and message is replaced.
    pub messages: Vec<MessageRecord>,
    /// New outcomes of messages, those of this commit included. Where there is no such record,
    /// nothing happens.
    pub outcomes: Vec<OutcomeChange>,
    /// What changes for CP-IS.
    pub cpis: crate::CpisChanges,
    /// What changes in mailboxes.
    pub mail: crate::MailChanges,
    /// Audit events, numbered and chained in this order.
    pub audit: Vec<AuditEvent>,
}

impl Commit {
    /// Whether it has messages to send that nobody has tried to send yet.
    pub(crate) fn fills_outbox(&self) -> bool {
        self.outbox.iter().any(|entry| entry.tries == 0)
    }
}

/// A document to be stored. Its bytes are written once and never changed.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// The patient it is filed under.
    pub filed_under: NhsNumber,
    /// What it says of itself.
    pub header: DocumentHeader,
    /// When it arrived.
    pub stored_at: Timestamp,
    /// The state it starts in.
    pub state: DocumentState,
    /// The newer document that has replaced it already.
    pub replaced_by: Option<DocumentId>,
    /// The document; at most [`crate::MAX_DOCUMENT_BYTES`].
    pub bytes: DocumentBytes,
}

impl fmt::Debug for NewDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDocument")
            .field("filed_under", &self.filed_under)
            .field("id", &self.header.id)
            .field("state", &self.state)
            .field("size", &self.bytes.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A new state of a document. The document must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The patient the document is filed under.
    pub patient: NhsNumber,
    /// The document.
    pub document: DocumentId,
    /// The state it gets.
    pub to: DocumentState,
    /// What brought it there: the replacing document (with `Replaced`), the withdrawing message
    /// (with `Withdrawn`). With `Normal` it is ignored, and what was noted before is cleared.
    pub by: Option<DocumentId>,
}

/// A change of a patient's consent to share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentChange {
    /// Whose.
    pub patient: NhsNumber,
    /// Both settings from now on.
    pub consent: Consent,
    /// When.
    pub at: Timestamp,
    /// The message that said so.
    pub message: MessageId,
    /// Who said so, if the message tells.
    pub author: Option<CareProfessional>,
}

/// A privacy alert as it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedAlert {
    /// The alert.
    pub alert: PrivacyAlert,
    /// When it came.
    pub received_at: Timestamp,
    /// The message that brought it.
    pub message: MessageId,
}

impl fmt::Debug for ReceivedAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedAlert")
            .field("id", &self.alert.id)
            .field("received_at", &self.received_at)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

/// What a decision was based on and must still hold when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// No patient has a document of this id.
    DocumentAbsent(DocumentId),
    /// The patient has this document, and it is in this state.
    DocumentInState {
        /// The patient it is filed under.
        patient: NhsNumber,
        /// The document.
        document: DocumentId,
        /// The state.
        state: DocumentState,
    },
    /// The patient has this many documents, whatever their states.
    DocumentCount {
        /// The patient.
        patient: NhsNumber,
        /// How many.
        count: usize,
    },
    /// The patient's consent is at this version; 0 if none was ever recorded.
    ConsentVersion {
        /// The patient.
        patient: NhsNumber,
        /// The version.
        version: u64,
    },
    /// The message has not been answered yet, or what was known of it has expired and was
    /// dropped, or it has expired at the `at` of a [`SeenMessage`] of the same key in the same
    /// commit.
    MessageUnseen(SeenKey),
    /// The outbox entry is there, has not been given up, and has been tried this often. Whoever
    /// wants to send it writes it anew with one try more and a later `next_try` on this
    /// condition: of several, one succeeds.
    OutboxAt {
        /// The entry's id.
        id: String,
        /// How often it has been tried.
        tries: u32,
    },
    /// The patient has so many accesses that count, for CP-IS.
    CpisAccesses {
        /// The patient.
        patient: NhsNumber,
        /// How many.
        count: u64,
    },
    /// So many records of the upload have been read; `None` for an upload that is not there.
    UploadAt {
        /// Who sent it.
        authority: OdsCode,
        /// Its number.
        file: String,
        /// How many.
        read: Option<u64>,
    },
    /// The mailbox message is there, and in this state.
    MailInState {
        /// Its id.
        id: String,
        /// The state.
        state: crate::MailState,
    },
}

impl fmt::Display for Precondition {
    /// Says which rule, for logs; never whose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DocumentAbsent(document) => write!(f, "document {document} is there already"),
            Self::DocumentInState {
                document, state, ..
            } => {
                write!(
                    f,
                    "document {document} is not in state {}",
                    state.display_name()
                )
            }
            Self::DocumentCount { count, .. } => {
                write!(f, "the patient does not have {count} documents any more")
            }
            Self::ConsentVersion { version, .. } => {
                write!(
                    f,
                    "the patient's consent is not at version {version} any more"
                )
            }
            Self::MessageUnseen(key) => {
                write!(f, "message {} has been answered already", key.message)
            }
            Self::CpisAccesses { count, .. } => {
                write!(f, "the patient's accesses are not {count} any more")
            }
            Self::UploadAt { file, .. } => {
                write!(f, "upload {file} has been read further since")
            }
            Self::MailInState { id, .. } => {
                write!(f, "mailbox message {id} is in another state by now")
            }
            Self::OutboxAt { id, .. } => {
                write!(
                    f,
                    "message {id} has been tried again, sent or given up since"
                )
            }
        }
    }
}

/// What makes a message the same message: its sender, what it asks, and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeenKey {
    /// The sender's ASID or registered name.
    pub sender: String,
    /// The interaction or operation.
    pub interaction: String,
    /// The message id.
    pub message: MessageId,
}

/// An answered message, kept so that a repetition gets the same answer.
#[derive(Clone, PartialEq, Eq)]
pub struct SeenMessage {
    /// Which message.
    pub key: SeenKey,
    /// SHA-256 of what it said, to tell a repetition from a reused id.
    pub digest: [u8; 32],
    /// The answer it got.
    pub answer: Vec<u8>,
    /// When it was answered.
    pub at: Timestamp,
    /// The first instant at which it no longer counts. The store has no clock: whoever reads
    /// compares. Recording a message may drop any that has expired by its `at`, and recording
    /// enough of them drops all.
    pub expires: Timestamp,
}

impl fmt::Debug for SeenMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenMessage")
            .field("key", &self.key)
            .field("at", &self.at)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A message that came or went, as a message handler remembers it. One of the same owner, direction
/// and id is the same message: writing it again replaces the record, so that its outcome may change.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// Whose: `smsp`, `spine`. Roles that share a store each have their own.
    pub owner: String,
    /// Which way it went.
    pub direction: Direction,
    /// Its ebXML message id, upper case.
    pub message: MessageId,
    /// The conversation it belongs to, as written.
    pub conversation: Option<String>,
    /// The message it answers, upper case.
    pub ref_to: Option<MessageId>,
    /// Its service, in full: `urn:nhs:names:services:psis`.
    pub service: String,
    /// Its interaction.
    pub interaction: String,
    /// The party (or ASID) it is from.
    pub from: String,
    /// The party (or ASID) it is for.
    pub to: String,
    /// The patient it is about.
    pub patient: Option<NhsNumber>,
    /// The document it brought, whose bytes are kept as a document.
    pub document: Option<DocumentId>,
    /// When it came or was written.
    pub at: Timestamp,
    /// What came of it, in codes: `AA`, `AE 410 30142`, `waiting`, `acknowledged`.
    pub outcome: String,
    /// The HL7 message, where no document holds what it said; at most
    /// [`crate::MAX_DOCUMENT_BYTES`].
    pub body: Option<Vec<u8>>,
}

/// A new outcome of a message that came or went. The rest of its record stays as it is, and nobody
/// has to read it before: two that change one outcome at the same time do not undo each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeChange {
    /// Whose message.
    pub owner: String,
    /// Which way it went.
    pub direction: Direction,
    /// Its id as it is kept, upper case.
    pub message: MessageId,
    /// What came of it.
    pub outcome: Outcome,
}

/// What comes of a message, beside what came of it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This is the outcome, whatever was noted before.
    Becomes(String),
    /// A mark of delivery: in the place of the mark that stands last ([`crate::delivery`] has them,
    /// `waiting` is the first), and else after what the message says and `; `.
    Adds(String),
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It came.
    In,
    /// It went, or is to go.
    Out,
}

impl fmt::Debug for MessageRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageRecord")
            .field("owner", &self.owner)
            .field("direction", &self.direction)
            .field("message", &self.message)
            .field("interaction", &self.interaction)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// A message that is to be sent, until it has been.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its id, unique in the outbox.
    pub id: String,
    /// Whose outbox it is in, `smsp` or `spine`: several roles may share one store, and each
    /// sends its own.
    pub lane: String,
    /// What it is: `ebxml-reliable`.
    pub kind: String,
    /// Its content, for whoever sends it.
    pub payload: Vec<u8>,
    /// The patient it is about.
    pub patient: Option<NhsNumber>,
    /// When it was put here.
    pub queued_at: Timestamp,
    /// When it is due.
    pub next_try: Timestamp,
    /// How often it has been tried.
    pub tries: u32,
    /// When whoever sends it is to give up; `None` for never.
    pub expires: Option<Timestamp>,
    /// What went wrong at the last try. Never patient data: operators see it.
    pub last_error: Option<String>,
    /// It was given up: no longer due, but kept until somebody decides about it.
    pub dead: bool,
}

impl fmt::Debug for OutboxEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxEntry")
            .field("id", &self.id)
            .field("lane", &self.lane)
            .field("kind", &self.kind)
            .field("patient", &self.patient)
            .field("next_try", &self.next_try)
            .field("tries", &self.tries)
            .field("dead", &self.dead)
            .finish_non_exhaustive()
    }
}

impl Commit {
    /// Refuses what is larger than may be stored.
    pub(crate) fn check_sizes(&self) -> Result<(), StoreError> {
        let too_large = |bytes: &[u8]| bytes.len() > MAX_DOCUMENT_BYTES;
        let element = |new: &NewDocument| match &new.header.author.element {
            Some(element) => too_large(&element.bytes),
            None => false,
        };
        let document = |new: &NewDocument| too_large(&new.bytes.bytes) || element(new);
        if self.documents.iter().any(document) {
            return Err(crate::too_large("a document"));
        }
        if self.mail.is_too_large() {
            return Err(crate::too_large("a chunk"));
        }
        let mut bodies = self.messages.iter().filter_map(|new| new.body.as_deref());
        match bodies.any(too_large) {
            true => Err(crate::too_large("a message")),
            false => Ok(()),
        }
    }

    /// Cuts times to what every adapter keeps, so that all of them hold the same.
    pub(crate) fn cut_times(&mut self) {
        for document in &mut self.documents {
            document.stored_at = cut(document.stored_at);
        }
        for consent in &mut self.consents {
            consent.at = cut(consent.at);
        }
        for permission in &mut self.permissions {
            permission.from = cut(permission.from);
            permission.until = permission.until.map(cut);
        }
        for relationship in &mut self.relationships {
            relationship.since = cut(relationship.since);
        }
        for seen in &mut self.seen {
            seen.at = cut(seen.at);
            seen.expires = cut(seen.expires);
        }
        for entry in &mut self.outbox {
            entry.queued_at = cut(entry.queued_at);
            entry.next_try = cut(entry.next_try);
            entry.expires = entry.expires.map(cut);
        }
        for access in &mut self.accesses {
            access.at = cut(access.at);
        }
        for relationship in &mut self.legitimate {
            relationship.since = cut(relationship.since);
        }
        for message in &mut self.messages {
            message.at = cut(message.at);
        }
        for received in &mut self.alerts {
            received.alert.at = cut(received.alert.at);
            received.received_at = cut(received.received_at);
        }
        self.cpis.cut_times();
        self.mail.cut_times();
    }
}

/// The microsecond an instant lies in.
pub(crate) fn cut(at: Timestamp) -> Timestamp {
    // Cutting off digits never leaves the range.
    from_micros(at.as_microsecond()).unwrap_or(at)
}

/// The instant of a number of microseconds since 1970. Not by `Timestamp::from_microsecond`: that
/// refuses the last second there is, which is where open ends lie.
pub(crate) fn from_micros(micros: i64) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(micros % 1_000_000 * 1_000).ok()?;
    Timestamp::new(micros / 1_000_000, nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use crate::too_large;

    #[test]
    fn errors_name_the_rule_and_never_the_patient() {
        let patient = sample::patient(1);
        let document = sample::document_id(1);
        let key = sample::seen_key(1);
        let state = DocumentState::Normal;
        let of = StoreError::Precondition;
        for (error, text) in [
            (
                of(Precondition::DocumentAbsent(document.clone())),
                "not written: document D0C00000-0000-4000-8000-000000000001 is there already",
            ),
            (
                of(Precondition::DocumentInState {
                    patient,
                    document,
                    state,
                }),
                "not written: document D0C00000-0000-4000-8000-000000000001 is not in state Normal",
            ),
            (
                of(Precondition::DocumentCount { patient, count: 2 }),
                "not written: the patient does not have 2 documents any more",
            ),
            (
                of(Precondition::ConsentVersion {
                    patient,
                    version: 3,
                }),
                "not written: the patient's consent is not at version 3 any more",
            ),
            (
                of(Precondition::MessageUnseen(key)),
                "not written: message 3E55A6E0-0000-4000-8000-000000000001 has been answered already",
            ),
            (
                of(Precondition::OutboxAt {
                    id: "A".to_owned(),
                    tries: 1,
                }),
                "not written: message A has been tried again, sent or given up since",
            ),
            (
                too_large("a document"),
                "the store failed: a document is larger than 16777216 bytes",
            ),
        ] {
            assert_eq!(error.to_string(), text);
            assert!(!format!("{error:?}").contains(patient.as_str()));
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let patient = sample::patient(1);
        let commit = Commit {
            documents: vec![sample::document(patient, 1, 1)],
            seen: vec![sample::seen(1, 0, 1)],
            outbox: vec![sample::outbox("a", 1)],
            alerts: vec![sample::alert(1, 1)],
            messages: vec![sample::message(2, 1)],
            audit: vec![sample::event(1)],
            ..Commit::default()
        };
        let shown = format!("{commit:?}");
        assert!(
            !shown.contains(patient.as_str()) && !shown.contains("Ann"),
            "{shown}"
        );
    }

    #[test]
    fn every_instant_is_cut_to_one_that_comes_back() {
        for at in [
            Timestamp::MIN,
            Timestamp::MAX,
            Timestamp::UNIX_EPOCH,
            sample::time(7),
        ] {
            let cut = cut(at);
            assert_eq!(from_micros(at.as_microsecond()), Some(cut));
            assert_eq!(cut.as_microsecond(), at.as_microsecond());
        }
        assert_eq!(from_micros(i64::MAX), None);
        assert_eq!(from_micros(i64::MIN), None);
    }
}
