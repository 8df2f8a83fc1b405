//! `/reliablemessaging/reliablerequest`: the Spine's asynchronous reliable endpoint, in ebXML.
//!
//! Top to bottom: who is calling, what is sent, what it does, the answer. A message is
//! acknowledged when its effect is durable and not before; effect, acknowledgment, audit event,
//! the record of the message and the application's own answer are one commit. So is the memory of
//! its id: a repetition gets the first acknowledgment again, byte for byte, and does nothing; other
//! content under the same id is refused. So it is with an alert's own id, whichever message brings
//! it: the store keeps one alert of an id.
//!
//! What is refused is refused in one of three ways. Whoever is not known, or whose message cannot
//! be read, gets a SOAP fault; whoever can be addressed gets an ebXML `MessageError` that names
//! the rule. An HL7 message that breaks a rule of its interaction *was delivered*, so it is
//! acknowledged, and its answer, an application acknowledgement (MCCI_IN010000UK13), says what is
//! wrong with it. Answers wait in the outbox, in the lane [`crate::LANE`], for a courier.

pub(crate) mod alert;
mod business;
mod cpis;
pub(crate) mod exchange;
pub(crate) mod incoming;
pub(crate) mod node;
pub(crate) mod refusal;
mod signals;

pub use signals::IntermediaryService;
pub(crate) use signals::PATHS as SIGNAL_PATHS;

use std::sync::Arc;

use domain::audit::AuditEvent;
use ebxml::{Acknowledgment, ErrorCode, MessageError, MessageHeader, Pattern};
use hl7v3::SoapFault;
use sds::users::UserDirectory;
use sds::{Directory, Own};
use store::{Commit, SeenMessage, Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response};

use crate::cpis::{Cpis, CpisConfig};
use crate::faults::FaultPlan;
use crate::reliable::exchange::{Answer, Exchange};
use crate::reliable::incoming::{Entrance, Incoming, is_unseen};
use crate::reliable::node::Node;
use crate::reliable::refusal::{Refusal, new_id, signal};
use crate::scenario::ScenarioPack;
use crate::uploads::{ATTEMPTS, Attempt, Desk, REMEMBERED, Taken};

/// The path of the service.
pub(crate) const PATH: &str = "/reliablemessaging/reliablerequest";

/// How messages come here.
const ENTRANCE: Entrance = Entrance {
    pattern: Pattern::Reliable,
    takes: business::TAKES,
};

/// Who a Spine is to those who send it messages.
#[derive(Debug, Clone)]
pub struct ReliableConfig {
    /// As its directory has it: messages must be addressed to its party key and its ASID, under an
    /// agreement it knows.
    pub own: Own,
    /// Whether a GP Summary that names no document it replaces is refused (30112) while the patient
    /// has a current one. Otherwise it replaces that one, because GP systems upload anew without
    /// a reference.
    pub strict_versions: bool,
}

/// The asynchronous reliable endpoint.
pub struct ReliableService {
    node: Node,
    strict_versions: bool,
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
            node: Node::new(config.own, directory, store, env),
            strict_versions: config.strict_versions,
        }
    }

    /// With the trigger NHS numbers of the test harnesses.
    #[must_use]
    pub fn with_scenarios(mut self, scenarios: Option<ScenarioPack>) -> Self {
        self.node.scenarios = scenarios;
        self
    }

    /// With this configuration of CP-IS, and the users whose rights it looks up.
    #[must_use]
    pub fn with_cpis(mut self, config: CpisConfig, users: UserDirectory) -> Self {
        self.node.cpis = Cpis { config, users };
        self
    }

    /// With faults of asynchronous answers.
    #[must_use]
    pub fn with_faults(mut self, faults: Option<FaultPlan>) -> Self {
        self.node.faults = faults;
        self
    }

    async fn serve(&self, request: Request) -> Response {
        let work = async |http, mut event| (self.work(http, &mut event).await, event);
        self.node.serve(&[PATH], &request, work).await
    }

    /// Everything up to the acknowledgment, which is durable when this is done.
    async fn work(&self, http: &Request, event: &mut AuditEvent) -> Result<Response, Refusal> {
        let Node { own, directory, .. } = &self.node;
        let incoming = Incoming::read(own, directory, &ENTRANCE, http, event)?;
        let payload = incoming.payload()?;
        let document = xml::Document::parse(&payload).map_err(SoapFault::from)?;
        let content = incoming.content(own, document.root(), event)?;
        let id = new_id(&self.node.env)?;
        let header = &incoming.message.header;
        let seen = SeenMessage {
            key: incoming.key(),
            digest: incoming.digest(&payload),
            answer: Acknowledgment::write(header, id.clone(), event.at),
            at: event.at,
            expires: event.at.checked_add(REMEMBERED).unwrap_or(event.at),
        };
        if let Err(expired) = incoming.check_time(event.at) {
            return self.late(expired, header, &seen, event).await;
        }
        let mut overtaken = None;
        for _ in 0..ATTEMPTS {
            let attempt = Attempt {
                key: &seen.key,
                overtaken: overtaken.as_ref(),
            };
            let at = (self.desk(), &self.node.cpis);
            let taken = business::take(at, &incoming, &content, attempt, event).await?;
            note(event, &taken);
            event.related = vec![id.clone(), taken.answer_id.clone()];
            let commit = self.commit(taken, http, header, &payload, &seen, event);
            match self.node.store.commit(commit).await {
                Ok(_) => return Ok(acknowledgment(seen.answer)),
                Err(StoreError::Precondition(broken)) if is_unseen(&broken, &seen.key) => {
                    return self.repeat(header, &seen, event).await;
                }
                Err(StoreError::Precondition(broken)) => overtaken = Some(broken),
                Err(error) => return Err(Refusal::storage(&error)),
            }
        }
        let description = "too many messages about one patient at a time: send it again";
        Err(SoapFault::processing(description).into())
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            store: &*self.node.store,
            env: &self.node.env,
            own: &self.node.own,
            strict_versions: self.strict_versions,
            scenarios: self.node.scenarios,
        }
    }

    /// Effects, the memory of the message, the message and its answer, and the event, in one.
    fn commit(
        &self,
        taken: Taken,
        http: &Request,
        header: &MessageHeader,
        payload: &[u8],
        seen: &SeenMessage,
        event: &AuditEvent,
    ) -> Commit {
        let mut commit = taken.commit;
        // The message's own memory first: of all that may be known, a repetition finds that.
        commit.seen.insert(0, seen.clone());
        commit.audit.push(event.clone());
        let exchange = Exchange {
            header,
            payload,
            brought: taken.document,
            patient: taken.patient,
            outcome: &taken.outcome,
            at: event.at,
            answer: Answer {
                id: taken.answer_id,
                interaction: taken.answer_interaction,
                body: taken.answer,
                shows: None,
                pattern: taken.answer_pattern,
            },
        };
        exchange.add_to(&mut commit, &self.node, http);
        commit
    }

    /// A message that comes when its time is over. That is no reason to take back what it did when
    /// it came in time.
    async fn late(
        &self,
        expired: Refusal,
        header: &MessageHeader,
        seen: &SeenMessage,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let known = self.node.store.seen(seen.key.clone()).await;
        let known = known.map_err(|error| Refusal::storage(&error))?;
        match known.filter(|first| event.at < first.expires) {
            Some(_) => self.repeat(header, seen, event).await,
            None => Err(expired),
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
        let storage = |error| Refusal::storage(&error);
        let first = self.node.store.seen(now.key.clone()).await;
        // Should it be gone by now, the sender's next try is new.
        let gone = || SoapFault::processing("the message is to be sent again");
        let first = first.map_err(storage)?.ok_or_else(gone)?;
        if first.digest != now.digest {
            let description = "the message id was used before, for another message";
            let error = MessageError::new(ErrorCode::Inconsistent, description);
            return Err(Refusal::error(header, error));
        }
        "repeated".clone_into(&mut event.outcome);
        event.decision = Some("a repetition: the first acknowledgment again".to_owned());
        event.document = None;
        event.disclosed = false;
        event.related.clear();
        self.node.record(event).await.map_err(storage)?;
        Ok(acknowledgment(first.answer))
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

/// What became of a message, for the audit.
fn note(event: &mut AuditEvent, taken: &Taken) {
    event.outcome.clone_from(&taken.outcome);
    event.decision.clone_from(&taken.decision);
    event.document.clone_from(&taken.document);
    event.patient = taken.patient.or(event.patient);
}
