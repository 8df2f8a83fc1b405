//! `/reliablemessaging/reliablerequest`: the Spine's asynchronous reliable endpoint, in ebXML.
//!
//! Top to bottom: who is calling, what is sent, what it does, the answer. A message is
//! acknowledged when its effect is durable and not before; effect, acknowledgment and audit event
//! are one commit. So is the memory of its id: a repetition gets the first acknowledgment again,
//! byte for byte, and does nothing; other content under the same id is refused. So it is with an
//! alert's own id, whichever message brings it: the store keeps one alert of an id.
//!
//! What is refused is refused in one of two ways. Whoever is not known, or whose message cannot
//! be read, gets a SOAP fault; whoever can be addressed gets an ebXML `MessageError` that names
//! the rule. An HL7 message that breaks a rule of its interaction *was delivered*, so it is
//! acknowledged; what is wrong with it is on the audit. The asynchronous answer that the national
//! Spine sends later (MCCI_IN010000UK13 to the sender's own endpoint) is not sent.

mod alert;
mod incoming;
mod refusal;

use std::sync::Arc;

use domain::audit::AuditEvent;
use domain::{Asid, PartyKey};
use ebxml::{Acknowledgment, ErrorCode, MessageError, MessageHeader};
use hl7v3::SoapFault;
use jiff::SignedDuration;
use sds::Directory;
use store::{Commit, Precondition, SeenKey, SeenMessage, Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response};

use crate::reliable::incoming::Incoming;
use crate::reliable::refusal::{Refusal, new_id, signal};

/// The path of the service.
pub(crate) const PATH: &str = "/reliablemessaging/reliablerequest";

/// The operation of a message that could not be read, in audit, logs and metrics.
const UNREAD: &str = "unread";

/// How long a message's id is remembered. Longer than any contract's persist duration, because a
/// sender that was down for a weekend may come back with what it could not settle.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Who a Spine is to those who send it messages.
#[derive(Debug, Clone)]
pub struct ReliableConfig {
    /// Its ASID: alerts must be addressed to it.
    pub asid: Asid,
    /// Its party key: messages must be addressed to it.
    pub party_key: PartyKey,
    /// The agreements (CPA ids) it knows; `None` for any.
    pub agreements: Option<Vec<String>>,
}

/// The asynchronous reliable endpoint.
pub struct ReliableService {
    config: ReliableConfig,
    directory: Directory,
    store: Arc<dyn Store>,
    env: Environment,
}

impl ReliableService {
    /// A service over a store.
    pub fn new(
        config: ReliableConfig,
        directory: Directory,
        store: Arc<dyn Store>,
        env: Environment,
    ) -> Self {
        Self {
            config,
            directory,
            store,
            env,
        }
    }

    async fn serve(&self, request: Request) -> Response {
        if request.path != PATH {
            return Response::text(404, format!("not found: this is POST {PATH}\n"));
        }
        if request.method != "POST" {
            return Response::text(405, "method not allowed: use POST\n")
                .with_header("Allow", "POST");
        }
        let mut event = AuditEvent::new(self.env.now(), "spine", UNREAD, "");
        let certificate = request.peer.certificate.as_ref();
        event.certificate = certificate.map(|certificate| certificate.fingerprint.clone());
        let response = match self.work(&request, &mut event).await {
            Ok(response) => response,
            Err(refusal) => self.refuse(refusal, &mut event).await,
        };
        log(&event);
        response
    }

    /// Everything up to the acknowledgment, which is durable when this is done.
    async fn work(&self, http: &Request, event: &mut AuditEvent) -> Result<Response, Refusal> {
        let incoming = Incoming::read(&self.config, &self.directory, http, event)?;
        let effects = incoming.effects(&self.config, event)?;
        let id = new_id(&self.env)?;
        event.related = vec![id.clone()];
        let header = &incoming.message.header;
        let seen = SeenMessage {
            key: incoming.key(),
            digest: incoming.digest(),
            answer: Acknowledgment::write(header, id, event.at),
            at: event.at,
            expires: event.at.checked_add(REMEMBERED).unwrap_or(event.at),
        };
        let brought = effects.seen.clone();
        match self.keep(effects, &seen, event).await {
            Ok(()) => Ok(acknowledgment(seen.answer)),
            Err(StoreError::Precondition(Precondition::MessageUnseen(key))) => {
                match brought.iter().find(|mark| mark.key == key) {
                    Some(mark) => self.known(header, mark, &seen, event).await,
                    None => self.repeat(header, &seen, event).await,
                }
            }
            Err(error) => Err(Refusal::storage(&error)),
        }
    }

    /// Effects, the memory of the message, and its event, in one.
    async fn keep(
        &self,
        effects: Commit,
        seen: &SeenMessage,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let seen = std::iter::once(seen.clone()).chain(effects.seen).collect();
        let commit = Commit {
            seen,
            audit: vec![event.clone()],
            ..effects
        };
        self.store.commit(commit).await.map(|_| ())
    }

    /// A new message that brings what an earlier one brought: nothing is done, and it is
    /// acknowledged. If what it brings only goes under the same id, acknowledging it would lose it,
    /// so it is refused, for its sender to see.
    async fn known(
        &self,
        header: &MessageHeader,
        mark: &SeenMessage,
        seen: &SeenMessage,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let first = self.first(&mark.key).await?;
        if first.digest != mark.digest {
            let description = "the id of the alert was used before, for another alert";
            let error = MessageError::new(ErrorCode::Inconsistent, description);
            return Err(Refusal::error(header, error));
        }
        let what = event.decision.take().unwrap_or_default();
        event.decision = Some(format!("{what}: known already, from another message"));
        match self.keep(Commit::default(), seen, event).await {
            Ok(()) => Ok(acknowledgment(seen.answer.clone())),
            Err(StoreError::Precondition(_)) => self.repeat(header, seen, event).await,
            Err(error) => Err(Refusal::storage(&error)),
        }
    }

    /// A message that was acknowledged before: the same acknowledgment again, if it is the same
    /// message.
    async fn repeat(
        &self,
        header: &MessageHeader,
        now: &SeenMessage,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let first = self.first(&now.key).await?;
        if first.digest != now.digest {
            let description = "the message id was used before, for another message";
            let error = MessageError::new(ErrorCode::Inconsistent, description);
            return Err(Refusal::error(header, error));
        }
        event.decision = Some("a repetition: the first acknowledgment again".to_owned());
        event.related.clear();
        self.record(event)
            .await
            .map_err(|error| Refusal::storage(&error))?;
        Ok(acknowledgment(first.answer))
    }

    /// What is known under a key that was taken when we wrote. Should it be gone when we look, the
    /// sender's next try is new.
    async fn first(&self, key: &SeenKey) -> Result<SeenMessage, Refusal> {
        let first = self.store.seen(key.clone()).await;
        let first = first.map_err(|error| Refusal::storage(&error))?;
        first.ok_or_else(|| SoapFault::processing("the message is to be sent again").into())
    }

    /// The answer that refuses, once its event is durable. When that cannot be written, the
    /// answer is a fault that asks to try again.
    async fn refuse(&self, refusal: Refusal, event: &mut AuditEvent) -> Response {
        refusal.note(event);
        if !refusal.is_of_our_store()
            && let Err(error) = self.record(event).await
        {
            let refusal = Refusal::storage(&error);
            refusal.note(event);
            return refusal.response(&self.env);
        }
        refusal.response(&self.env)
    }

    async fn record(&self, event: &AuditEvent) -> Result<(), StoreError> {
        let commit = Commit {
            audit: vec![event.clone()],
            ..Commit::default()
        };
        self.store.commit(commit).await.map(|_| ())
    }
}

impl Handler for ReliableService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

/// The Spine acknowledges under 202; its adaptor takes nothing else for success.
fn acknowledgment(body: Vec<u8>) -> Response {
    signal(202, Acknowledgment::ACTION, body)
}

/// One line and one count per message, without any patient's data.
fn log(event: &AuditEvent) {
    metrics::counter!(
        "minispine_spine_outcomes_total",
        "interaction" => event.operation.clone(),
        "outcome" => event.outcome.clone(),
    )
    .increment(1);
    tracing::info!(
        interaction = event.operation,
        outcome = event.outcome,
        message_id = event.message.as_ref().map(tracing::field::display),
        asid = event.asid.as_ref().map(tracing::field::display),
        system = event.system,
        "spine message"
    );
}
