//! A message that comes twice is answered once.
//!
//! A client that got no answer sends its message again: under the same tracking id, with the same
//! content. It gets the first answer again, and nothing is recorded or raised a second time. A
//! tracking id with other content, or a MessageID with another tracking id, is refused (fault
//! 1000): one of the two messages would otherwise be lost unnoticed.
//!
//! Ids that are another message's are looked for before the Spine is asked ([`Identity::clash`]):
//! that may leave an access there, which no refusal takes back. Whatever comes between
//! is settled by the marks of the answered message, which are part of the commit that settles it:
//! when the store refuses that, the earlier message is looked up. So a duplicate does its reading
//! for nothing and its writing never, however close it follows. Where the effect is not in our own
//! store, the message is claimed first ([`crate::remembered::Claim`]).
//!
//! Of the first answer its code and its small values are kept, for as long as the configuration
//! says, and never for less than the message itself would still be taken. A record is not: of it
//! the document's id is kept, and it is fetched again. What tells something is told again only to
//! who may know it now. What is no answer (a fault, or a failure of the Spine or of ours) is not
//! remembered: sending again is the cure for those.

use domain::identifier::MessageId;
use itk::Operation;
use itk::envelope::Identity as AuditIdentity;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use store::{SeenKey, SeenMessage, Store, StoreError};

use crate::registry::RegisteredClient;

/// What the keys of the marks stand for.
const TRACKING: &str = "tracking-id";
const MESSAGE: &str = "message-id";
const ANSWER: &str = "answer";

/// Some time after the last instant at which a message is taken.
const AFTER: SignedDuration = SignedDuration::from_millis(1);

/// What is said while nobody knows yet what the first answer is.
pub(crate) const AT_WORK: &str = "the same message is being answered now; send it again later";

const OTHER_CONTENT: &str =
    "trackingid: it was used before, with other content; a new message needs a new one";
const OTHER_TRACKING: &str =
    "MessageID: it was used before, with another trackingid; a new message needs a new one";

/// What makes a message itself.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    client: String,
    tracking: MessageId,
    message: MessageId,
    digest: [u8; 32],
    /// The last instant at which the message is taken, if it says so itself.
    taken_until: Option<Timestamp>,
}

/// What is known of a message whose marks the store refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Earlier<R> {
    /// Nothing any more: the marks have expired meanwhile.
    Nothing,
    /// It was answered.
    Same {
        remembered: R,
        at: Timestamp,
        /// The repetition came under a MessageID of its own.
        new_message: bool,
    },
    /// One of its ids is another message's; the rule that is broken.
    Other(&'static str),
}

impl Identity {
    /// Of a message by this client. What it asks, of whom and on whose behalf make the digest.
    pub(crate) fn new(
        client: &RegisteredClient,
        operation: impl Into<Operation>,
        tracking: &MessageId,
        message: &MessageId,
        identities: &[AuditIdentity],
        payload: &str,
    ) -> Self {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            // The length first, so that no two lists of parts run into the same bytes.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part(operation.into().name());
        part(payload);
        for identity in identities {
            part(identity.oid.as_deref().unwrap_or_default());
            part(&identity.uri);
        }
        Self {
            client: client.name.clone(),
            tracking: plain(tracking),
            message: plain(message),
            digest: hash.finalize().into(),
            taken_until: None,
        }
    }

    /// Of a message that is taken until then: it is remembered for no less.
    pub(crate) fn taken_until(self, until: Timestamp) -> Self {
        Self {
            taken_until: Some(until),
            ..self
        }
    }

    /// The marks of this message, answered so.
    pub(crate) fn marks(
        &self,
        answer: &impl Serialize,
        at: Timestamp,
        retention: SignedDuration,
    ) -> Vec<SeenMessage> {
        let tracking = self.mark(TRACKING, &self.tracking, json(answer), at, retention);
        vec![tracking, self.message_mark(at, retention)]
    }

    /// The mark of the MessageID alone.
    pub(crate) fn message_mark(&self, at: Timestamp, retention: SignedDuration) -> SeenMessage {
        let tracking = self.tracking.as_str().as_bytes().to_vec();
        self.mark(MESSAGE, &self.message, tracking, at, retention)
    }

    /// The mark that the claimed message is answered.
    pub(crate) fn answer_mark(
        &self,
        answer: &impl Serialize,
        at: Timestamp,
        retention: SignedDuration,
    ) -> SeenMessage {
        self.mark(ANSWER, &self.tracking, json(answer), at, retention)
    }

    fn mark(
        &self,
        kind: &str,
        id: &MessageId,
        answer: Vec<u8>,
        at: Timestamp,
        retention: SignedDuration,
    ) -> SeenMessage {
        SeenMessage {
            key: self.key(kind, id),
            digest: self.digest,
            answer,
            at,
            expires: self.expiry(at, retention),
        }
    }

    /// When a mark may go: after what is configured, and not as long as the message is taken.
    fn expiry(&self, at: Timestamp, retention: SignedDuration) -> Timestamp {
        let later = |time: Timestamp, by| time.saturating_add(by).unwrap_or(Timestamp::MAX);
        // A mark has gone at the very instant it expires, and stores cut times to microseconds.
        let taken = self.taken_until.unwrap_or(at);
        later(at, retention).max(later(taken, AFTER))
    }

    fn key(&self, kind: &str, id: &MessageId) -> SeenKey {
        SeenKey {
            sender: self.client.clone(),
            interaction: kind.to_owned(),
            message: id.clone(),
        }
    }

    /// The rule that a message breaks whose ids are another message's by now.
    pub(crate) async fn clash(
        &self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError> {
        Ok(match self.marked(store, now).await? {
            Earlier::Other(rule) => Some(rule),
            Earlier::Nothing | Earlier::Same { .. } => None,
        })
    }

    /// What is known of the ids of this message at an instant. `is_claim` says of what is remembered whether the answer stands on a mark of its own.
    pub(crate) async fn earlier<R: DeserializeOwned>(
        &self,
        store: &dyn Store,
        now: Timestamp,
        is_claim: impl Fn(&R) -> bool,
    ) -> Result<Earlier<R>, StoreError> {
        let (first, new_message) = match self.marked(store, now).await? {
            Earlier::Nothing => return Ok(Earlier::Nothing),
            Earlier::Other(rule) => return Ok(Earlier::Other(rule)),
            Earlier::Same {
                remembered,
                new_message,
                ..
            } => (remembered, new_message),
        };
        let mut remembered = parse(&first.answer)?;
        if is_claim(&remembered)
            && let Some(answered) = self.seen(store, ANSWER, &self.tracking, now).await?
        {
            remembered = parse(&answered.answer)?;
        }
        Ok(Earlier::Same {
            remembered,
            at: first.at,
            new_message,
        })
    }

    /// The mark that this message, or another, has left under its ids.
    async fn marked(
        &self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Earlier<SeenMessage>, StoreError> {
        let message = self.seen(store, MESSAGE, &self.message, now).await?;
        let tracking = self.tracking.as_str().as_bytes();
        if message.as_ref().is_some_and(|seen| seen.answer != tracking) {
            return Ok(Earlier::Other(OTHER_TRACKING));
        }
        let Some(first) = self.seen(store, TRACKING, &self.tracking, now).await? else {
            return Ok(Earlier::Nothing);
        };
        if first.digest != self.digest {
            return Ok(Earlier::Other(OTHER_CONTENT));
        }
        Ok(Earlier::Same {
            at: first.at,
            remembered: first,
            new_message: message.is_none(),
        })
    }

    async fn seen(
        &self,
        store: &dyn Store,
        kind: &str,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<Option<SeenMessage>, StoreError> {
        let seen = store.seen(self.key(kind, id)).await?;
        Ok(seen.filter(|seen| now < seen.expires))
    }
}

/// An id without its prefix, upper case: as it is compared.
fn plain(id: &MessageId) -> MessageId {
    let bare = id.as_str().rsplit(':').next().unwrap_or_default();
    MessageId::parse(&bare.to_ascii_uppercase()).unwrap_or_else(|_| id.clone())
}

/// Plain data, so writing it does not fail; if it did, reading the empty text would say so.
fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}

fn parse<R: DeserializeOwned>(answer: &[u8]) -> Result<R, StoreError> {
    serde_json::from_slice(answer)
        .map_err(|error| StoreError::Corrupt(format!("the answer of a message: {error}")))
}
