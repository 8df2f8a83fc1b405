//! The receiving end: where the Spine's answers come to.
//!
//! The Spine opens a connection of its own for every asynchronous answer. What comes is checked
//! (who sends it, to whom, under which agreement, by the rules of its pattern, and that it answers
//! a message that went from here), then it is kept with the memory of its id, its audit event and
//! the mark on the record of the message it answers in *one* commit, and only then acknowledged. A
//! message that comes again gets the same acknowledgment, byte for byte, and does nothing; other
//! content under the same id is refused. So whatever dies when, an answer counts once.
//!
//! Signals that come by themselves settle the outbox ([`crate::settle`]).
//!
//! Answers of this end, as the national adaptor gives them: 200 with an `Acknowledgment` or a
//! `MessageError`; 202 without content where no acknowledgment is wanted; 500 with a line of text
//! for what cannot be read, answers nothing that was asked, or cannot be kept now, so that its
//! sender repeats it.

mod incoming;
mod receiver;
mod refusal;

use std::sync::Arc;

use domain::MessageId;
use domain::PartyKey;
use domain::audit::AuditEvent;
use ebxml::{Acknowledgment, ErrorCode, Kind, Message, MessageError, Pattern};
use hl7v3::Interaction;
use jiff::Timestamp;
use store::{
    AuditFilter, Commit, Direction, MessageRecord, Precondition, SeenMessage, Store, StoreError,
};
use transport::{BoxFuture, CertificateMatch, Environment, Handler, Request, Response};

pub use receiver::{AnyAnswer, Received, Receiver, Reception};

use crate::inbound::incoming::{Incoming, wants_acknowledgment};
use crate::inbound::refusal::Refusal;
use crate::marks::{self, upper};
use crate::{Correlation, Settled, settle};

/// The operation of a message that could not be read, in audit, logs and metrics.
const UNREAD: &str = "unread";

/// Who receives, and from whom.
#[derive(Debug, Clone)]
pub struct InboundConfig {
    /// The role whose messages these are: the owner of what is kept.
    pub lane: String,
    /// Its party key: messages must be addressed to it.
    pub party_key: PartyKey,
    /// The agreements (CPA ids) it knows; `None` for any. One that ends in `*` stands for all that
    /// start so.
    pub agreements: Option<Vec<String>>,
    /// Whose certificates may bring messages; without any, nobody's.
    pub peers: Vec<CertificateMatch>,
}

/// The receiving end of one role.
pub struct Inbound {
    config: InboundConfig,
    receiver: Arc<dyn Receiver>,
    correlation: Correlation,
    store: Arc<dyn Store>,
    env: Environment,
}

impl Inbound {
    /// A receiving end that takes any answer.
    pub fn new(config: InboundConfig, store: Arc<dyn Store>, env: Environment) -> Self {
        Self {
            correlation: Correlation::new(config.lane.as_str(), Arc::clone(&store)),
            config,
            receiver: Arc::new(AnyAnswer),
            store,
            env,
        }
    }

    /// With somebody who says what answers mean.
    #[must_use]
    pub fn with_receiver(mut self, receiver: Arc<dyn Receiver>) -> Self {
        self.receiver = receiver;
        self
    }

    /// To wait for what comes here.
    pub fn correlation(&self) -> Correlation {
        self.correlation.clone()
    }

    async fn serve(&self, request: Request) -> Response {
        if request.method != "POST" {
            return Response::text(405, "method not allowed: use POST\n")
                .with_header("Allow", "POST");
        }
        let mut event = AuditEvent::new(self.env.now(), "mhs", UNREAD, "");
        let certificate = request.peer.certificate.as_ref();
        event.certificate = certificate.map(|certificate| certificate.fingerprint.clone());
        let response = match self.work(&request, &mut event).await {
            Ok(response) => response,
            Err(refusal) => self.refuse(refusal, &mut event).await,
        };
        log(&event);
        response
    }

    async fn work(&self, http: &Request, event: &mut AuditEvent) -> Result<Response, Refusal> {
        let certificate = http.peer.certificate.as_deref();
        let is_known = certificate.is_some_and(|c| self.config.peers.iter().any(|p| p.is(c)));
        if !is_known {
            return Err(Refusal::Stranger);
        }
        let content_type = http.header("Content-Type").unwrap_or_default();
        let message = ebxml::read(content_type, &http.body).map_err(Refusal::unread)?;
        event.message = Some(message.header.message_id.clone());
        if let Some(interaction) = Interaction::of(&message.header.action) {
            interaction.id().clone_into(&mut event.operation);
        }
        match message.kind {
            Kind::Business => {
                let incoming = self.read(message, event).await?;
                self.take(&incoming, event).await
            }
            _ => self.settle(&message, event).await,
        }
    }

    /// Every rule that a business message can break.
    async fn read<'a>(
        &self,
        message: Message<'a>,
        event: &mut AuditEvent,
    ) -> Result<Incoming<'a>, Refusal> {
        self.check(&message, event.at)
            .map_err(|error| Refusal::error(&message.header, error))?;
        let payload = message.payload_bytes().map_err(Refusal::unread)?;
        let payload = payload.into_owned();
        if event.operation == UNREAD {
            return Err(Refusal::NoSuchInteraction);
        }
        let Some(answers) = message.header.ref_to.clone() else {
            return Err(Refusal::Unsolicited);
        };
        let asked = marks::record(&*self.store, &self.config.lane, Direction::Out, &answers)
            .await
            .map_err(Refusal::storage)?;
        if asked.is_none() && !self.has_sent(&answers).await.map_err(Refusal::storage)? {
            return Err(Refusal::UnknownReference);
        }
        event.related = vec![answers.clone()];
        event.patient = asked.as_ref().and_then(|asked| asked.patient);
        Ok(Incoming {
            message,
            payload,
            answers,
            asked,
        })
    }

    /// The rules that can be broken by name.
    fn check(&self, message: &Message<'_>, at: Timestamp) -> Result<(), MessageError> {
        let header = &message.header;
        let wrong = |text| MessageError::new(ErrorCode::ValueNotRecognized, text);
        if header.to_party != self.config.party_key {
            return Err(wrong("501314:Invalid To Party Type attribute"));
        }
        let is_this = |known: &String| match known.strip_suffix('*') {
            Some(start) => header.cpa_id.starts_with(start),
            None => *known == header.cpa_id,
        };
        let agreements = self.config.agreements.as_ref();
        if agreements.is_some_and(|known| !known.iter().any(is_this)) {
            return Err(wrong("501319:Unknown eb:CPAId"));
        }
        if message.time_to_live.is_some_and(|end| end < at) {
            let text = "the message came after its time";
            return Err(MessageError::new(ErrorCode::TimeToLiveExpired, text));
        }
        let pattern = match wants_acknowledgment(message) {
            true => Pattern::Reliable,
            false => Pattern::Express,
        };
        Ok(message.check(pattern)?)
    }

    /// Whether a message that has no record went from here all the same: before there were
    /// records, only its delivery was written down.
    async fn has_sent(&self, message: &MessageId) -> Result<bool, StoreError> {
        let filter = AuditFilter {
            message: Some(upper(message)),
            limit: 10,
            ..AuditFilter::default()
        };
        let events = self.store.audit_search(filter).await?;
        let outcomes = [marks::ACKNOWLEDGED, marks::DELIVERED, marks::DEAD];
        let mut events = events.iter().map(|record| &record.event);
        Ok(events.any(|e| e.role == "mhs" && outcomes.contains(&e.outcome.as_str())))
    }

    /// Keeps it, and acknowledges it when that is durable.
    async fn take(
        &self,
        incoming: &Incoming<'_>,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let header = &incoming.message.header;
        let received = Received {
            header,
            payload: &incoming.payload,
            asked: incoming.asked.as_ref(),
            at: event.at,
        };
        let reception = self
            .receiver
            .receive(&received)
            .map_err(|error| Refusal::error(header, error))?;
        event.outcome.clone_from(&reception.outcome);
        event.decision.clone_from(&reception.decision);
        let record = incoming.record(&self.config.lane, &reception, event);
        let seen = incoming.seen(&self.config.lane, self.acknowledgment(incoming)?, event);
        // Whoever marks the same message meanwhile would undo our mark.
        let held = marks::hold(&incoming.answers).await;
        let asked = self.marked(&incoming.answers, &reception.outcome).await;
        let commit = Commit {
            seen: vec![seen.clone()],
            messages: asked.into_iter().chain([record.clone()]).collect(),
            audit: vec![event.clone()],
            ..Commit::default()
        };
        let kept = self.store.commit(commit).await;
        drop(held);
        match kept {
            Ok(_) => {
                self.correlation.wake(&record);
                reception.log(header, &incoming.answers);
                Ok(incoming.response(seen.answer))
            }
            Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {
                self.repeat(incoming, &seen, event).await
            }
            Err(error) => Err(Refusal::storage(error)),
        }
    }

    /// The record of the message that is answered, as it stands now, marked with the answer.
    async fn marked(&self, answers: &MessageId, outcome: &str) -> Option<MessageRecord> {
        let (store, lane) = (&*self.store, &self.config.lane);
        // What cannot be read now could not be written either, most likely; the mark is a courtesy.
        let asked = marks::record(store, lane, Direction::Out, answers).await;
        let mut asked = asked.ok().flatten()?;
        outcome.clone_into(&mut asked.outcome);
        Some(asked)
    }

    /// A message that came before: the same answer again, if it is the same message.
    async fn repeat(
        &self,
        incoming: &Incoming<'_>,
        now: &SeenMessage,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let first = self.store.seen(now.key.clone()).await;
        // Should it be forgotten just now, its next time is the first.
        let first = first.map_err(Refusal::storage)?.ok_or(Refusal::NotNow)?;
        if first.digest != now.digest {
            let description = "the message id was used before, for another message";
            let error = MessageError::new(ErrorCode::Inconsistent, description);
            return Err(Refusal::error(&incoming.message.header, error));
        }
        event.decision = Some("a repetition: the first answer again".to_owned());
        self.note(event).await.map_err(Refusal::storage)?;
        Ok(incoming.response(first.answer))
    }

    /// The acknowledgment; nothing where none is wanted.
    fn acknowledgment(&self, incoming: &Incoming<'_>) -> Result<Vec<u8>, Refusal> {
        if !wants_acknowledgment(&incoming.message) {
            return Ok(Vec::new());
        }
        let id = MessageId::parse(&self.env.uuid()).map_err(|_| Refusal::NotNow)?;
        let header = &incoming.message.header;
        Ok(Acknowledgment::write(header, id, self.env.now()))
    }

    async fn settle(
        &self,
        signal: &Message<'_>,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let (store, lane) = (&*self.store, &self.config.lane);
        let settled = settle(store, &self.env, lane, signal, event).await;
        let settled = settled.map_err(Refusal::storage)?;
        settled.name().clone_into(&mut event.outcome);
        if settled == Settled::Unknown {
            tracing::warn!(
                message_id = %signal.header.message_id,
                ref_to = signal.header.ref_to.as_ref().map(tracing::field::display),
                action = signal.header.action,
                "a signal about no message that waits here"
            );
        }
        Ok(Response::new(200, "text/xml", ""))
    }

    /// The answer that refuses, once its event is durable.
    async fn refuse(&self, refusal: Refusal, event: &mut AuditEvent) -> Response {
        refusal.note(event);
        if !refusal.is_of_our_store()
            && let Err(error) = self.note(event).await
        {
            let refusal = Refusal::storage(error);
            refusal.note(event);
            return refusal.response(&self.env);
        }
        refusal.response(&self.env)
    }

    async fn note(&self, event: &AuditEvent) -> Result<(), StoreError> {
        let commit = Commit {
            audit: vec![event.clone()],
            ..Commit::default()
        };
        self.store.commit(commit).await.map(|_| ())
    }
}

impl Handler for Inbound {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

/// One line and one count per message, without any patient's data.
fn log(event: &AuditEvent) {
    metrics::counter!(
        "minispine_inbound_messages_total",
        "interaction" => event.operation.clone(),
        "outcome" => event.outcome.split(' ').next().unwrap_or_default().to_owned(),
    )
    .increment(1);
    tracing::info!(
        interaction = event.operation,
        outcome = event.outcome,
        message_id = event.message.as_ref().map(tracing::field::display),
        "inbound message"
    );
}
