//! Asking by message: the query goes through the outbox, its answer comes to the receiving end.
//!
//! What an answer says is kept by the receiving end until it is read here, and then no longer. A
//! query that nobody waits for any more, because its time is up or its client has gone, is taken
//! back: it is not sent, and its answer is not taken.

use std::sync::Arc;
use std::time::Duration;

use domain::identifier::{Asid, MessageId};
use hl7v3::cpis::query;
use hl7v3::cpis::reply::Reply;
use hl7v3::wrapper::Outgoing as Wrapper;
use hl7v3::{Interaction, SpineAnswer};
use jiff::SignedDuration;
use mhs::{Correlation, Outgoing, Pattern};
use store::{Commit, Direction, MessageRecord, Outcome, OutcomeChange, Store, StoreError};
use tokio::runtime::Handle;

use super::{SERVICE, read};
use crate::cpis::Asked;
use crate::provider::Provider;
use crate::remembered::Begun;
use crate::trail::Trail;
use crate::upstream::{SpineFailure, parse};

/// What the record of a query says whose answer nobody waits for any more.
const GIVEN_UP: &str = "given up";

/// The way by message.
pub(super) struct Post<'a> {
    pub(super) provider: &'a Provider,
    pub(super) answers: &'a Correlation,
    pub(super) within: Duration,
    pub(super) spine: &'a Asid,
}

impl Post<'_> {
    /// QUPC_IN000006GB01 as a message of its own.
    pub(super) async fn ask(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Result<Reply, SpineFailure>, StoreError> {
        let message = self.message(asked);
        let message =
            message.ok_or_else(|| StoreError::Failed("a fresh id is no id".to_owned()))?;
        self.send(trail, asked, &message).await?;
        let mut waiting = Waiting {
            store: Arc::clone(&self.provider.store),
            answers: self.answers.clone(),
            message: message.message.clone(),
            over: false,
        };
        let answer = self.answers.wait(&message.message, self.within).await;
        let answer = match answer {
            Some(answer) => Some(answer),
            None => waiting.give_up().await,
        };
        waiting.over = true;
        let Some(mut answer) = answer else {
            let failure = SpineFailure::Unreachable("no answer came in time".to_owned());
            return Ok(Err(failure));
        };
        let body = answer.body.take().unwrap_or_default();
        forget(self.provider.store.as_ref(), answer).await?;
        Ok(read_message(&message, &body))
    }

    fn message(&self, asked: &Asked) -> Option<Outgoing> {
        let id = MessageId::parse(&self.provider.env.uuid()).ok()?;
        let wrapper = Wrapper {
            id: id.as_str(),
            now: asked.at,
            receiver: self.spine,
            sender: &asked.client.asid,
        };
        let payload = query::write_bare(&wrapper, None, &asked.what);
        Some(Outgoing {
            conversation: id.clone(),
            message: id,
            service: SERVICE.to_owned(),
            interaction: Interaction::CpisQuery.id().to_owned(),
            payload: String::from_utf8(payload).ok()?,
            pattern: Pattern::Reliable,
            to_party: None,
            ref_to: None,
        })
    }

    /// Puts it in the outbox. It is on audit before it can leave, and is not sent when its time is
    /// up: a late query would be an access that nobody made.
    async fn send(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        message: &Outgoing,
    ) -> Result<(), StoreError> {
        let begun = Begun {
            spine_message: message.message.as_str().to_owned(),
            at: asked.at,
        };
        let mut entry = message.entry(crate::LANE, Some(asked.what.patient), asked.at);
        let within = SignedDuration::try_from(self.within).unwrap_or(SignedDuration::MAX);
        entry.expires = asked.at.saturating_add(within).ok();
        let commit = Commit {
            audit: vec![trail.begun(&begun)],
            messages: vec![self.record(message, asked)],
            outbox: vec![entry],
            ..Commit::default()
        };
        trail.spine_messages.push(message.message.clone());
        self.provider.store.commit(commit).await.map(drop)
    }

    /// That it went. Not what it says: it waits in the outbox until it has gone.
    fn record(&self, message: &Outgoing, asked: &Asked) -> MessageRecord {
        MessageRecord {
            owner: crate::LANE.to_owned(),
            direction: Direction::Out,
            conversation: Some(message.conversation.as_str().to_owned()),
            message: message.message.clone(),
            ref_to: None,
            service: message.service.clone(),
            interaction: message.interaction.clone(),
            from: asked.client.asid.as_str().to_owned(),
            to: self.spine.as_str().to_owned(),
            patient: Some(asked.what.patient),
            document: None,
            at: asked.at,
            outcome: store::delivery::WAITING.to_owned(),
            body: None,
        }
    }
}

/// A query whose answer is waited for. Whoever drops it before that is over gives it up.
struct Waiting {
    store: Arc<dyn Store>,
    answers: Correlation,
    message: MessageId,
    over: bool,
}

impl Waiting {
    /// Takes a query back. An answer that came at the last moment is given all the same.
    async fn give_up(&self) -> Option<MessageRecord> {
        let given_up = OutcomeChange {
            owner: crate::LANE.to_owned(),
            direction: Direction::Out,
            message: self.message.clone(),
            outcome: Outcome::Becomes(GIVEN_UP.to_owned()),
        };
        let commit = Commit {
            outbox_done: vec![self.message.as_str().to_owned()],
            outcomes: vec![given_up],
            ..Commit::default()
        };
        if let Err(error) = self.store.commit(commit).await {
            tracing::error!(message_id = %self.message, %error, "a query cannot be taken back");
        }
        self.answers.wait(&self.message, Duration::ZERO).await
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Without a runtime nothing can be written: the process is ending.
        let (false, Ok(runtime)) = (self.over, Handle::try_current()) else {
            return;
        };
        let gone = Self {
            store: Arc::clone(&self.store),
            answers: self.answers.clone(),
            message: self.message.clone(),
            over: true,
        };
        runtime.spawn(async move {
            let Some(mut answer) = gone.give_up().await else {
                return;
            };
            answer.body = None;
            if let Err(error) = forget(gone.store.as_ref(), answer).await {
                tracing::error!(message_id = %gone.message, %error, "an answer that nobody reads is still kept");
            }
        });
    }
}

/// Of an answer that was read nothing is kept but that it came.
async fn forget(store: &dyn Store, without_body: MessageRecord) -> Result<(), StoreError> {
    let commit = Commit {
        messages: vec![without_body],
        ..Commit::default()
    };
    store.commit(commit).await.map(drop)
}

/// Reads an answer. That it is one to this message its envelope has said; what it acknowledges must
/// not say otherwise.
fn read_message(message: &Outgoing, body: &[u8]) -> Result<Reply, SpineFailure> {
    let document = parse(body)?;
    if let SpineAnswer::Message(answer) = hl7v3::soap::read_response(&document)?
        && let Some(acknowledged) = answer.acknowledgement
        && !acknowledged
            .refers_to
            .eq_ignore_ascii_case(message.message.as_str())
    {
        return Err(SpineFailure::unusable(
            "the answer belongs to another message",
        ));
    }
    read(&document)
}

/// Whether the record of a query says that nobody waits for its answer.
pub(crate) fn is_given_up(record: &MessageRecord) -> bool {
    record.outcome.starts_with(GIVEN_UP)
}
