//! Both sides of an exchange as the message handler remembers them, and the answer on its way.

use domain::{DocumentId, MessageId, NhsNumber};
use ebxml::MessageHeader;
use hl7v3::Interaction;
use jiff::Timestamp;
use mhs::{Outgoing, Pattern};
use store::{Commit, Direction, MessageRecord};
use transport::Request;

use super::incoming::upper;
use super::node::Node;
use crate::LANE;

/// The outcome of an answer that is on its way.
const WAITING: &str = "waiting";

/// A message and its answer.
pub(crate) struct Exchange<'a> {
    /// The envelope that came.
    pub(crate) header: &'a MessageHeader,
    /// The HL7 message in it.
    pub(crate) payload: &'a [u8],
    /// The document that holds what it said.
    pub(crate) brought: Option<DocumentId>,
    /// The patient it is about.
    pub(crate) patient: Option<NhsNumber>,
    /// What came of it, in codes.
    pub(crate) outcome: &'a str,
    /// When it came.
    pub(crate) at: Timestamp,
    /// Its answer.
    pub(crate) answer: Answer,
}

/// An answer that is sent.
pub(crate) struct Answer {
    /// Its id, of the HL7 message and of the message around it.
    pub(crate) id: MessageId,
    /// What it is.
    pub(crate) interaction: Interaction,
    /// The HL7 message.
    pub(crate) body: Vec<u8>,
    /// The document it shows, which then stands for it among the messages.
    pub(crate) shows: Option<DocumentId>,
    /// How it travels.
    pub(crate) pattern: Pattern,
}

impl Exchange<'_> {
    /// Adds the two records and the outbox entry to what else is written. The answer goes to the
    /// party that asked, wherever the directory says it takes such answers when it leaves.
    /// `http` is the request that brought the message: it may ask for faults of its answer.
    pub(crate) fn add_to(self, commit: &mut Commit, node: &Node, http: &Request) {
        let header = self.header;
        commit.messages.push(MessageRecord {
            owner: LANE.to_owned(),
            direction: Direction::In,
            message: upper(&header.message_id),
            conversation: Some(header.conversation.clone()),
            ref_to: header.ref_to.as_ref().map(upper),
            service: header.service.clone(),
            interaction: header.action.clone(),
            from: header.from_party.as_str().to_owned(),
            to: header.to_party.as_str().to_owned(),
            patient: self.patient,
            body: self.brought.is_none().then(|| self.payload.to_vec()),
            document: self.brought,
            at: self.at,
            outcome: self.outcome.to_owned(),
        });
        let answer = self.answer;
        let outgoing = Outgoing {
            message: answer.id.clone(),
            conversation: conversation(header),
            service: header.service.clone(),
            interaction: answer.interaction.id().to_owned(),
            payload: String::from_utf8_lossy(&answer.body).into_owned(),
            pattern: answer.pattern,
            to_party: Some(header.from_party.clone()),
            ref_to: Some(header.message_id.as_str().to_owned()),
        };
        let entry = outgoing.entry(LANE, self.patient, self.at);
        match &node.faults {
            None => commit.outbox.push(entry),
            Some(faults) => {
                let patient = self.patient.as_ref();
                commit
                    .outbox
                    .extend(faults.schedule(http, patient, entry, &node.env));
            }
        }
        commit.messages.push(MessageRecord {
            owner: LANE.to_owned(),
            direction: Direction::Out,
            message: answer.id,
            conversation: Some(outgoing.conversation.as_str().to_owned()),
            ref_to: Some(upper(&header.message_id)),
            service: outgoing.service,
            interaction: outgoing.interaction,
            from: node.own.party_key.as_str().to_owned(),
            to: header.from_party.as_str().to_owned(),
            patient: self.patient,
            body: answer.shows.is_none().then_some(answer.body),
            document: answer.shows,
            at: self.at,
            outcome: WAITING.to_owned(),
        });
    }
}

/// The conversation an answer belongs to: that of its message, unless that is too long or has
/// blanks, which no conversation of ours has.
fn conversation(header: &MessageHeader) -> MessageId {
    MessageId::parse(&header.conversation).unwrap_or_else(|_| header.message_id.clone())
}
