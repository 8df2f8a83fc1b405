//! A request that comes twice is done once.
//!
//! A client that got no answer sends its request again: with the same `X-Request-ID` and the same
//! content. It gets the first answer again. The same id with other content is refused: one of the
//! two requests would otherwise be lost unnoticed.
//!
//! What a request brings goes to the Spine, not into our own store, so the request is claimed
//! before that and its answer noted after. Between the two the process may end, or the client may go
//! away: a request that is claimed and has no answer is done again, knowing that it may have been
//! done before ([`Held::is_resumed`]). While it is being done its repetitions are told so. Answers
//! that say that something failed are not remembered: sending again is the cure for those.
//!
//! The compatible profile does none of this, because the national adaptor does not.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{DocumentId, MessageId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Commit, Precondition, SeenKey, SeenMessage, Store, StoreError};

use crate::outcome::{Issue, Refusal, coding};
use crate::trail::{ROLE, Trail};
use conversion::Profile;

/// What the marks stand for.
const BEGUN: &str = "request";
const ANSWERED: &str = "answer";
const UPLOADED: &str = "uploaded";

/// Knows requests again.
pub(crate) struct Repeats {
    store: Arc<dyn Store>,
    remember: SignedDuration,
    in_flight: Arc<Mutex<HashSet<SeenKey>>>,
}

/// What makes a request itself.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    sender: String,
    request: MessageId,
    digest: [u8; 32],
}

/// What came of claiming a request.
pub(crate) enum Claim {
    /// It is ours to do.
    Held(Held),
    /// It was answered before.
    Answered(Kept),
}

/// A request that is ours to do, until this is dropped.
pub(crate) struct Held {
    identity: Option<Identity>,
    is_resumed: bool,
    in_flight: Option<(Arc<Mutex<HashSet<SeenKey>>>, SeenKey)>,
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    /// The resource in JSON; empty for none.
    pub(crate) json: String,
}

impl Identity {
    /// Of a request by an application. What it asks, in whose role, and all it brings make the
    /// digest.
    pub(crate) fn new(
        client_id: &str,
        request: MessageId,
        operation: &str,
        role_profile: Option<&str>,
        body: &[u8],
    ) -> Self {
        let mut hash = Sha256::new();
        for part in [
            operation.as_bytes(),
            role_profile.unwrap_or_default().as_bytes(),
            body,
        ] {
            // The length first, so that no two lists of parts run into the same bytes.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self {
            sender: sender(client_id),
            request,
            digest: hash.finalize().into(),
        }
    }

    fn key(&self, kind: &str) -> SeenKey {
        SeenKey {
            sender: self.sender.clone(),
            interaction: kind.to_owned(),
            message: self.request.clone(),
        }
    }

    fn mark(
        &self,
        kind: &str,
        answer: Vec<u8>,
        at: Timestamp,
        remember: SignedDuration,
    ) -> SeenMessage {
        SeenMessage {
            key: self.key(kind),
            digest: self.digest,
            answer,
            at,
            expires: later(at, remember),
        }
    }
}

impl Repeats {
    pub(crate) fn new(store: Arc<dyn Store>, remember: SignedDuration) -> Self {
        Self {
            store,
            remember,
            in_flight: Arc::default(),
        }
    }

    /// Claims a request before anything is done about it, and puts that on audit. One without an
    /// identity is only put on audit.
    pub(crate) async fn claim(
        &self,
        identity: Option<Identity>,
        trail: &mut Trail,
        profile: Profile,
    ) -> Result<Claim, Refusal> {
        let failed = |error: &StoreError| storage(error, trail, profile);
        let Some(identity) = identity else {
            let commit = Commit {
                audit: vec![trail.event("begun", false)],
                ..Commit::default()
            };
            self.commit(commit).await.map_err(|error| failed(&error))?;
            return Ok(Claim::Held(Held::nothing()));
        };
        let mut held = self.hold(&identity)?;
        let commit = Commit {
            seen: vec![identity.mark(BEGUN, Vec::new(), trail.at, self.remember)],
            audit: vec![trail.event("begun", false)],
            ..Commit::default()
        };
        match self.commit(commit).await {
            Ok(()) => {
                held.identity = Some(identity);
                Ok(Claim::Held(held))
            }
            Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {
                self.known(identity, held, trail, profile).await
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// A request of an id that is known.
    async fn known(
        &self,
        identity: Identity,
        mut held: Held,
        trail: &mut Trail,
        profile: Profile,
    ) -> Result<Claim, Refusal> {
        let begun = self.seen(identity.key(BEGUN), trail.at).await;
        let begun = begun.map_err(|error| storage(&error, trail, profile))?;
        if begun.is_some_and(|begun| begun.digest != identity.digest) {
            let text = "X-Request-ID was used before, for another request; a new request needs a \
                        new one";
            return Err(Refusal::rule(text).at("http.X-Request-ID"));
        }
        let answered = self.seen(identity.key(ANSWERED), trail.at).await;
        let answered = answered.map_err(|error| storage(&error, trail, profile))?;
        if let Some(answered) = answered {
            let kept = serde_json::from_slice(&answered.answer).map_err(|error| {
                let error = StoreError::Corrupt(format!("the answer of a request: {error}"));
                storage(&error, trail, profile)
            })?;
            trail.note("answered before");
            return Ok(Claim::Answered(kept));
        }
        trail.note("begun before");
        let commit = Commit {
            audit: vec![trail.event("begun again", false)],
            ..Commit::default()
        };
        let committed = self.commit(commit).await;
        committed.map_err(|error| storage(&error, trail, profile))?;
        held.identity = Some(identity);
        held.is_resumed = true;
        Ok(Claim::Held(held))
    }

    /// The mark that the request is answered so; none for an answer that is not to be remembered.
    pub(crate) fn answered(&self, held: &Held, kept: &Kept, at: Timestamp) -> Option<SeenMessage> {
        let identity = held.identity.as_ref().filter(|_| kept.status < 500)?;
        // Plain data, so writing it does not fail.
        let answer = serde_json::to_vec(kept).ok()?;
        Some(identity.mark(ANSWERED, answer, at, self.remember))
    }

    /// The mark that a document was uploaded with this content, under whatever request.
    pub(crate) fn uploaded(
        &self,
        client_id: &str,
        document: &DocumentId,
        body: &[u8],
        at: Timestamp,
    ) -> Option<SeenMessage> {
        Some(SeenMessage {
            key: document_key(client_id, document)?,
            digest: Sha256::digest(body).into(),
            answer: Vec::new(),
            at,
            expires: later(at, self.remember),
        })
    }

    /// Whether this very content was uploaded before as this document.
    pub(crate) async fn was_uploaded(
        &self,
        client_id: &str,
        document: &DocumentId,
        body: &[u8],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(key) = document_key(client_id, document) else {
            return Ok(false);
        };
        let seen = self.seen(key, at).await?;
        let digest: [u8; 32] = Sha256::digest(body).into();
        Ok(seen.is_some_and(|seen| seen.digest == digest))
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.store.commit(commit).await.map(|_| ())
    }

    async fn seen(&self, key: SeenKey, at: Timestamp) -> Result<Option<SeenMessage>, StoreError> {
        let seen = self.store.seen(key).await?;
        Ok(seen.filter(|seen| at < seen.expires))
    }

    /// The request is being done from now on, unless it is already.
    fn hold(&self, identity: &Identity) -> Result<Held, Refusal> {
        let key = identity.key(BEGUN);
        let mut running = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !running.insert(key.clone()) {
            let text = "A request with this X-Request-ID is being processed";
            let issue = Issue::error("conflict", text, coding::CONFLICT).at("http.X-Request-ID");
            return Err(Refusal::new(409, issue, text).with_header("retry-after", "5"));
        }
        Ok(Held {
            identity: None,
            is_resumed: false,
            in_flight: Some((Arc::clone(&self.in_flight), key)),
        })
    }
}

impl Held {
    /// Whether it was begun before and may have been done.
    pub(crate) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Nothing is held: the request is not to be known again.
    pub(crate) fn nothing() -> Self {
        Self {
            identity: None,
            is_resumed: false,
            in_flight: None,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((running, key)) = self.in_flight.take() {
            running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&key);
        }
    }
}

fn sender(client_id: &str) -> String {
    format!("{ROLE}/{client_id}")
}

fn document_key(client_id: &str, document: &DocumentId) -> Option<SeenKey> {
    Some(SeenKey {
        sender: sender(client_id),
        interaction: UPLOADED.to_owned(),
        message: MessageId::parse(document.as_str()).ok()?,
    })
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Our store failed; what failed is in the log.
pub(crate) fn storage(error: &StoreError, trail: &Trail, profile: Profile) -> Refusal {
    tracing::error!(%error, "the store failed");
    let message = trail.ids.as_ref().map_or("", |ids| ids.request.as_str());
    Refusal::failure(profile, message, "the store failed")
}
