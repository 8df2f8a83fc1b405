//! What an accepted message writes, and on what condition.

use domain::record::{DocumentBytes, DocumentState};
use domain::{DocumentId, MessageId};
use hl7v3::upload::Upload;
use hl7v3::withdrawal::Withdrawal;
use hl7v3::{Interaction, ReplyTo};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{Commit, NewDocument, PatientRecord, Precondition, SeenKey, SeenMessage, StateChange};

use super::decide::Target;
use super::{Desk, Taken};

/// In whose name withdrawing events are remembered: whoever sends it, an event is one event.
const ANYBODY: &str = "*";

/// The document becomes the patient's current GP Summary, and those that were are replaced by it.
pub(super) fn store(
    desk: Desk<'_>,
    reply_to: &ReplyTo,
    upload: &Upload<'_, '_>,
    record: &PatientRecord,
    replaced: &[DocumentId],
) -> Taken {
    let header = &upload.header;
    let patient = header.patient;
    let slice = upload.summary.slice();
    let states = replaced.iter().map(|document| StateChange {
        patient,
        document: document.clone(),
        to: DocumentState::Replaced,
        by: Some(header.id.clone()),
    });
    let commit = Commit {
        preconditions: unchanged(header.id.clone(), record, upload, replaced),
        documents: vec![NewDocument {
            filed_under: patient,
            header: header.clone(),
            stored_at: desk.env.now(),
            state: DocumentState::Normal,
            replaced_by: None,
            bytes: DocumentBytes {
                bytes: slice.bytes.as_bytes().to_vec(),
                inherited: slice.inherited,
            },
        }],
        states: states.collect(),
        ..Commit::default()
    };
    Taken {
        decision: Some(match replaced {
            [] => "the first GP Summary, or the first after a withdrawal".to_owned(),
            [one] => format!("replaces {one}"),
            [first, ..] => format!("replaces {first} and {} more", replaced.len() - 1),
        }),
        document: Some(header.id.clone()),
        ..Taken::accepted(desk, reply_to, commit)
    }
}

/// That the record is as it was when this was decided: no document more, those that were current
/// still are, the consent is the same; and nobody else has a document of that id.
fn unchanged(
    id: DocumentId,
    record: &PatientRecord,
    upload: &Upload<'_, '_>,
    replaced: &[DocumentId],
) -> Vec<Precondition> {
    let patient = upload.header.patient;
    let mut preconditions = vec![
        Precondition::DocumentCount {
            patient,
            count: record.documents.len(),
        },
        Precondition::ConsentVersion {
            patient,
            version: record.consent.as_ref().map_or(0, |consent| consent.version),
        },
        Precondition::DocumentAbsent(id),
    ];
    preconditions.extend(
        replaced
            .iter()
            .map(|document| Precondition::DocumentInState {
                patient,
                document: document.clone(),
                state: DocumentState::Normal,
            }),
    );
    preconditions
}

/// The document is withdrawn by this event. Nothing becomes current in its place: until the next
/// upload the patient has no current GP Summary.
pub(super) fn withdraw(
    desk: Desk<'_>,
    reply_to: &ReplyTo,
    withdrawal: &Withdrawal,
    target: Target,
    event: SeenKey,
) -> Taken {
    let patient = withdrawal.patient;
    let now = desk.env.now();
    let Target { document, state } = target;
    let decision = format!(
        "withdraws {document}, which was {}; reason {}",
        state.display_name(),
        withdrawal.reason
    );
    let commit = Commit {
        preconditions: vec![Precondition::DocumentInState {
            patient,
            document: document.clone(),
            state,
        }],
        states: vec![StateChange {
            patient,
            document,
            to: DocumentState::Withdrawn,
            by: Some(withdrawal.id.clone()),
        }],
        seen: vec![SeenMessage {
            digest: Sha256::digest(event.message.as_str()).into(),
            key: event,
            answer: Vec::new(),
            at: now,
            expires: Timestamp::MAX,
        }],
        ..Commit::default()
    };
    Taken {
        decision: Some(decision),
        ..Taken::accepted(desk, reply_to, commit)
    }
}

/// By which a withdrawing event is known for good, as its effect is. A UUID is always a message
/// id; `message` would stand in for one that is not.
pub(super) fn withdrawing(withdrawal: &Withdrawal, message: &MessageId) -> SeenKey {
    let id = MessageId::parse(withdrawal.id.as_str());
    SeenKey {
        sender: ANYBODY.to_owned(),
        interaction: Interaction::WithdrawSummary.id().to_owned(),
        message: id.unwrap_or_else(|_| message.clone()),
    }
}
