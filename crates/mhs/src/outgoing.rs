//! A message on its way, as the outbox keeps it.

use std::fmt;

use domain::{MessageId, NhsNumber, PartyKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::OutboxEntry;

/// The kind of an outbox entry that holds an [`Outgoing`].
pub const KIND: &str = "ebxml-reliable";

/// A message to be sent. How it gets to its party is the [`crate::Contract`]'s business, so that a
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
    /// Its place in the outbox of a role: due now, and for as long as its contract says from the
    /// first time it is sent.
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

    /// The message it answers, with its letters as they were.
    pub(crate) fn ref_to(&self) -> Option<MessageId> {
        MessageId::parse(self.ref_to.as_deref()?).ok()
    }

    /// What an outbox entry of our kind holds; `None` if it is not one of ours.
    pub(crate) fn of(entry: &OutboxEntry) -> Option<Self> {
        if entry.kind != KIND {
            return None;
        }
        let outgoing: Self = serde_json::from_slice(&entry.payload).ok()?;
        // One that names no readable message as answered would go out as something else.
        if outgoing.ref_to.is_some() && outgoing.ref_to().is_none() {
            return None;
        }
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
            .field("pattern", &self.pattern)
            .field("ref_to", &self.ref_to)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(payload: &str) -> OutboxEntry {
        OutboxEntry {
            lane: "smsp".to_owned(),
            id: "B7A10000-7F8E-4B0C-9A8B-3C6D7E8F9A0B".to_owned(),
            kind: KIND.to_owned(),
            payload: payload.as_bytes().to_vec(),
            patient: None,
            queued_at: Timestamp::UNIX_EPOCH,
            next_try: Timestamp::UNIX_EPOCH,
            tries: 0,
            expires: None,
            last_error: None,
            dead: false,
        }
    }

    /// What an outbox held before messages had patterns and answered others.
    const OLD: &str = r#"{"message":"B7A10000-7F8E-4B0C-9A8B-3C6D7E8F9A0B",
        "conversation":"B7A10000-7F8E-4B0C-9A8B-3C6D7E8F9A0B",
        "service":"urn:nhs:names:services:alerts","interaction":"COMT_IN000001UK01",
        "payload":"<a/>"}"#;

    #[test]
    fn entries_of_earlier_versions_are_read_and_unknown_ones_are_not() {
        let old = Outgoing::of(&entry(OLD)).expect("a message");
        assert_eq!(old.pattern, Pattern::Reliable);
        assert_eq!((old.to_party, old.ref_to), (None, None));
        for (from, to) in [
            ("\"payload\"", "\"other\":1,\"payload\""),
            ("\"payload\"", "\"pattern\":\"carrier-pigeon\",\"payload\""),
            ("\"payload\"", "\"ref_to\":\"two words\",\"payload\""),
            ("\"payload\"", "\"to_party\":\"nobody\",\"payload\""),
        ] {
            assert_eq!(Outgoing::of(&entry(&OLD.replace(from, to))), None, "{to}");
        }
        let mut another = entry(OLD);
        another.id = "another".to_owned();
        assert_eq!(Outgoing::of(&another), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut outgoing = Outgoing::of(&entry(OLD)).expect("a message");
        outgoing.pattern = Pattern::Express;
        outgoing.to_party = PartyKey::parse("RKE-000001").ok();
        outgoing.ref_to = Some("38f636e1-8886-4723-a70f-dfb3401551fa".to_owned());
        let entry = outgoing.entry("spine", None, Timestamp::UNIX_EPOCH);
        assert_eq!(Outgoing::of(&entry), Some(outgoing.clone()));
        let shown = format!("{outgoing:?}");
        assert!(!shown.contains("<a/>"), "{shown}");
    }
}
