//! A business message that came: what is kept of it, and how it is answered.

use domain::MessageId;
use domain::audit::AuditEvent;
use ebxml::{Acknowledgment, Message};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use store::{Direction, MessageRecord, SeenKey, SeenMessage};
use transport::Response;

use super::Reception;
use super::refusal::signal_response;
use crate::marks::upper;

/// How long a message's id is remembered: longer than any contract's persist duration, because a
/// sender that was down for a weekend may come back with what it could not settle.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// A business message that keeps every rule of its envelope.
pub(super) struct Incoming<'a> {
    pub(super) message: Message<'a>,
    pub(super) payload: Vec<u8>,
    /// The message it answers.
    pub(super) answers: MessageId,
    /// The record of that one, if there is one.
    pub(super) asked: Option<MessageRecord>,
}

/// By the pattern it comes in; the rules of the pattern say that it wants it on the connection.
pub(super) fn wants_acknowledgment(message: &Message<'_>) -> bool {
    message.header.ack_requested.is_some() || message.header.duplicate_elimination
}

impl Incoming<'_> {
    pub(super) fn record(
        &self,
        lane: &str,
        reception: &Reception,
        event: &AuditEvent,
    ) -> MessageRecord {
        let header = &self.message.header;
        MessageRecord {
            owner: lane.to_owned(),
            direction: Direction::In,
            message: upper(&header.message_id),
            conversation: Some(header.conversation.clone()),
            ref_to: Some(upper(&self.answers)),
            service: header.service.clone(),
            interaction: header.action.clone(),
            from: header.from_party.as_str().to_owned(),
            to: header.to_party.as_str().to_owned(),
            patient: event.patient,
            document: None,
            at: event.at,
            outcome: reception.outcome.clone(),
            body: Some(self.payload.clone()),
        }
    }

    pub(super) fn seen(&self, lane: &str, answer: Vec<u8>, event: &AuditEvent) -> SeenMessage {
        SeenMessage {
            key: SeenKey {
                // Of one party, and of one role where several share a store.
                sender: self.message.header.from_party.as_str().to_owned(),
                interaction: format!("ebXML to {lane}"),
                message: upper(&self.message.header.message_id),
            },
            digest: self.digest(),
            answer,
            at: event.at,
            expires: event.at.checked_add(REMEMBERED).unwrap_or(event.at),
        }
    }

    /// SHA-256 of what it says. Not of its bytes: a sender may write its envelope anew.
    fn digest(&self) -> [u8; 32] {
        let header = &self.message.header;
        let answers = self.answers.as_str().to_ascii_uppercase();
        let mut hash = Sha256::new();
        for text in [&header.service, &header.action, &answers] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(&self.payload);
        hash.finalize().into()
    }

    pub(super) fn response(&self, answer: Vec<u8>) -> Response {
        match answer.is_empty() {
            true => Response::new(202, "text/xml", ""),
            false => signal_response(Acknowledgment::ACTION, answer),
        }
    }
}
