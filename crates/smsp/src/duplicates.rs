//! A message that comes twice is answered once.
//!
//! A client that got no answer sends its message again: under the same tracking id, with the same
//! content. It gets the first answer again, and nothing is recorded or raised a second time. A
//! tracking id with other content, or a MessageID with another tracking id, is refused (fault
//! 1000): one of the two messages would otherwise be lost unnoticed.
//!
//! It costs no extra read: the marks of an answered message are part of the commit that settles
//! it, and only when the store refuses that commit is the earlier message looked up. So a
//! duplicate does its reading for nothing and its writing never, however close it follows. Where
//! the effect is not in our own store, the message is claimed first ([`Claim`]).
//!
//! Of the first answer its code and its small values are kept, for as long as the configuration
//! says, and never for less than the message itself would still be taken. A record is not: of it
//! the document's id is kept, and it is fetched again. What tells something is told again only to
//! who may know it now. What is no answer (a fault, or a failure of the Spine or of ours) is not
//! remembered: sending again is the cure for those.

use domain::DocumentId;
use domain::code::smsp::ResponseCode;
use domain::consent::{Consent, ConsentSetting};
use domain::identifier::MessageId;
use itk::envelope::Identity as AuditIdentity;
use itk::scr::Operation;
use itk::scr::get_rbac_status::RbacStatus;
use itk::scr::get_scr_status::Status;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{SeenKey, SeenMessage, Store, StoreError};

use crate::registry::RegisteredClient;
use crate::verdict::{Answer, Content};

/// What the keys of the marks stand for.
const TRACKING: &str = "tracking-id";
const MESSAGE: &str = "message-id";
const ANSWER: &str = "answer";

/// Some time after the last instant at which a message is taken.
const AFTER: SignedDuration = SignedDuration::from_millis(1);

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

/// The first answer, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Remembered {
    /// None yet: the message is claimed.
    Begun(Begun),
    Code(String),
    Status {
        exists: bool,
        consent: ConsentSetting,
    },
    Rights {
        with_ptv: bool,
        in_emergency: bool,
    },
    Permission(bool),
    Recorded,
    Record(DocumentId),
    Report,
    Consent(Consent),
    ConsentSet,
}

/// The one message to the Spine that a claimed message leads to, however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    /// Its id.
    pub(crate) spine_message: String,
    /// When it was written.
    pub(crate) at: Timestamp,
}

/// What came of claiming a message.
pub(crate) enum Claim {
    /// It is ours to do, or to finish.
    Held(Begun),
    /// It was answered before.
    Answered(Answer),
}

/// What is known of a message whose marks the store refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// Nothing any more: the marks have expired meanwhile.
    Nothing,
    /// It was answered.
    Same {
        remembered: Remembered,
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
        operation: Operation,
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
        part(operation.name());
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
        answer: &Remembered,
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
        answer: &Remembered,
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

    /// What is known of the ids of this message at an instant.
    pub(crate) async fn earlier(
        &self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Earlier, StoreError> {
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
        let mut remembered = parse(&first.answer)?;
        if matches!(remembered, Remembered::Begun(_))
            && let Some(answered) = self.seen(store, ANSWER, &self.tracking, now).await?
        {
            remembered = parse(&answered.answer)?;
        }
        Ok(Earlier::Same {
            remembered,
            at: first.at,
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

impl Remembered {
    /// What is kept of an answer; `None` of what is no answer.
    pub(crate) fn of(answer: &Answer) -> Option<Self> {
        Some(match answer {
            Answer::Fault(_) => return None,
            Answer::Code(code) if !is_final(*code) => return None,
            Answer::Code(code) => Self::Code(code.code().0.to_owned()),
            Answer::Content(content) => match content {
                Content::Status(status) => Self::Status {
                    exists: status.exists,
                    consent: status.consent,
                },
                Content::Rights(rights) => Self::Rights {
                    with_ptv: rights.with_ptv,
                    in_emergency: rights.in_emergency,
                },
                Content::Permission(permitted) => Self::Permission(*permitted),
                Content::Recorded => Self::Recorded,
                Content::Record(document, _) => Self::Record(document.clone()),
                Content::Report(_) => Self::Report,
                Content::Consent(consent) => Self::Consent(*consent),
                Content::ConsentSet => Self::ConsentSet,
            },
        })
    }

    /// Whether it tells something, rather than that something was done or refused.
    pub(crate) fn tells(&self) -> bool {
        match self {
            Self::Status { .. }
            | Self::Rights { .. }
            | Self::Permission(_)
            | Self::Record(_)
            | Self::Report
            | Self::Consent(_) => true,
            Self::Begun(_) | Self::Code(_) | Self::Recorded | Self::ConsentSet => false,
        }
    }

    /// The answer it stands for; `None` when that has to be made anew.
    pub(crate) fn answer(&self) -> Option<Answer> {
        let content = match self {
            Self::Begun(_) | Self::Record(_) | Self::Report => return None,
            Self::Code(code) => {
                let mut all = ResponseCode::ALL.into_iter();
                return all.find(|known| known.code().0 == code).map(Answer::Code);
            }
            Self::Status { exists, consent } => Content::Status(Status {
                exists: *exists,
                consent: *consent,
            }),
            Self::Rights {
                with_ptv,
                in_emergency,
            } => Content::Rights(RbacStatus {
                with_ptv: *with_ptv,
                in_emergency: *in_emergency,
            }),
            Self::Permission(permitted) => Content::Permission(*permitted),
            Self::Recorded => Content::Recorded,
            Self::Consent(consent) => Content::Consent(*consent),
            Self::ConsentSet => Content::ConsentSet,
        };
        Some(content.into())
    }
}

/// Whether sending the same message again could not come out otherwise for a good reason: failures
/// of the Spine and of ours may have passed by then.
fn is_final(code: ResponseCode) -> bool {
    !matches!(
        code,
        ResponseCode::ResponseValidation | ResponseCode::NoSpine | ResponseCode::Failure
    )
}

/// An id without its prefix, upper case: as it is compared.
fn plain(id: &MessageId) -> MessageId {
    let bare = id.as_str().rsplit(':').next().unwrap_or_default();
    MessageId::parse(&bare.to_ascii_uppercase()).unwrap_or_else(|_| id.clone())
}

/// Plain data, so writing it does not fail; if it did, reading the empty text would say so.
fn json(answer: &Remembered) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}

fn parse(answer: &[u8]) -> Result<Remembered, StoreError> {
    serde_json::from_slice(answer)
        .map_err(|error| StoreError::Corrupt(format!("the answer of a message: {error}")))
}
