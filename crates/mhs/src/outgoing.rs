//! A message on its way, as the outbox keeps it.

use std::fmt;

use domain::{MessageId, NhsNumber, PartyKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::OutboxEntry;

/// The kind of an outbox entry that holds an [`Outgoing`].
pub const KIND: &str = "ebxml-reliable";

/// A message to be sent reliably. Who it goes to is the [`crate::Contract`]'s business, so that a
/// message that waits goes out under the contract as it is when it leaves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outgoing {
    /// Its id, the same at every try; also the id of the HL7 message inside.
    pub message: MessageId,
    /// The conversation it belongs to.
    pub conversation: MessageId,
    /// The service, in full: `urn:nhs:names:services:alerts`.
    pub service: String,
    /// The interaction: `COMT_IN000001UK01`.
    pub interaction: String,
    /// The HL7 message.
    pub payload: String,
    /// How it is sent.
    #[serde(default)]
    pub pattern: Pattern,
    /// The party it is for; the contract's when absent.
    #[serde(default)]
    pub to_party: Option<PartyKey>,
    /// The ebXML message it answers, as that message wrote its id.
    #[serde(default)]
    pub ref_to: Option<String>,
}

/// How a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// Until it is acknowledged; the receiver knows it when it comes again.
    #[default]
    Reliable,
    /// Once, with no acknowledgment: sent again only when nothing was sent at all.
    Express,
}

impl Outgoing {
    /// Its place in the outbox of a role: due now, and for as long as its contract says.
    pub fn entry(&self, lane: &str, patient: Option<NhsNumber>, now: Timestamp) -> OutboxEntry {
        OutboxEntry {
            lane: lane.to_owned(),
            id: self.message.as_str().to_owned(),
            kind: KIND.to_owned(),
            // A structure of strings always becomes JSON.
            payload: serde_json::to_vec(self).unwrap_or_default(),
            patient,
            queued_at: now,
            next_try: now,
            tries: 0,
            expires: None,
            last_error: None,
            dead: false,
        }
    }

    /// What an outbox entry of our kind holds; `None` if it is not one of ours.
    pub(crate) fn of(entry: &OutboxEntry) -> Option<Self> {
        if entry.kind != KIND {
            return None;
        }
        let outgoing: Self = serde_json::from_slice(&entry.payload).ok()?;
        (outgoing.message.as_str() == entry.id).then_some(outgoing)
    }
}

impl fmt::Debug for Outgoing {
    /// Not the payload: it is about a patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("message", &self.message)
            .field("conversation", &self.conversation)
            .field("service", &self.service)
            .field("interaction", &self.interaction)
            .finish_non_exhaustive()
    }
}
