//! `/reliablemessaging/queryrequest`: document queries, and local authorities that ask for their
//! notices, in ebXML, without reliability ("express").
//!
//! The request is taken with an empty 202; its answer, the one that the synchronous service would
//! give without the SOAP around it, goes out in a message of its own. Neither is repeated: a query
//! that comes twice is answered twice.

use std::sync::Arc;

use domain::MessageId;
use domain::audit::AuditEvent;
use ebxml::{ErrorCode, MessageError, Pattern};
use hl7v3::{AnswerParts, Interaction, Invalid, ReplyTo, SoapFault, SpineRequest};
use sds::users::UserDirectory;
use sds::{Directory, Own};
use store::{Commit, Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response};

use crate::answer;
use crate::cpis::{self, Cpis, CpisConfig};
use crate::faults::FaultPlan;
use crate::query::Query;
use crate::reliable::exchange::{Answer, Exchange};
use crate::reliable::incoming::{Content, Entrance, Incoming};
use crate::reliable::node::Node;
use crate::reliable::refusal::Refusal;
use crate::scenario::ScenarioPack;
use crate::uploads::ATTEMPTS;

/// The path of the service.
pub(crate) const PATH: &str = "/reliablemessaging/queryrequest";

/// What the Spine says in the `SOAPAction` of its empty answer.
const TAKEN: &str = "asyncExpressSyncAck";

/// How messages come here.
const ENTRANCE: Entrance = Entrance {
    pattern: Pattern::Express,
    takes: &[
        Interaction::DocumentListQuery,
        Interaction::DocumentQuery,
        Interaction::CpisAccessPull,
        Interaction::CpisInactivePull,
    ],
};

/// The asynchronous express endpoint.
pub struct ExpressService(Node);

impl ExpressService {
    /// A service over a store.
    pub fn new(own: Own, directory: Directory, store: Arc<dyn Store>, env: Environment) -> Self {
        Self(Node::new(own, directory, store, env))
    }

    /// With the trigger NHS numbers of the test harnesses.
    #[must_use]
    pub fn with_scenarios(mut self, scenarios: Option<ScenarioPack>) -> Self {
        self.0.scenarios = scenarios;
        self
    }

    /// With this configuration of CP-IS.
    #[must_use]
    pub fn with_cpis(mut self, config: CpisConfig, users: UserDirectory) -> Self {
        self.0.cpis = Cpis { config, users };
        self
    }

    /// With faults of asynchronous answers.
    #[must_use]
    pub fn with_faults(mut self, faults: Option<FaultPlan>) -> Self {
        self.0.faults = faults;
        self
    }

    async fn serve(&self, request: Request) -> Response {
        let work = async |http, mut event| (self.work(http, &mut event).await, event);
        self.0.serve(&[PATH], &request, work).await
    }

    /// Everything up to the empty answer; by then the answer that counts is on its way.
    async fn work(&self, http: &Request, event: &mut AuditEvent) -> Result<Response, Refusal> {
        let Node { own, directory, .. } = &self.0;
        let incoming = Incoming::read(own, directory, &ENTRANCE, http, event)?;
        incoming.check_time(event.at)?;
        let payload = incoming.payload()?;
        let document = xml::Document::parse(&payload).map_err(SoapFault::from)?;
        let content = incoming.content(own, document.root(), event)?;
        let mut overtaken = StoreError::Busy;
        for _ in 0..ATTEMPTS {
            let (answer, reply_to) = self.answer(&incoming, &content, event).await?;
            let written = self.write(&answer, &reply_to, event)?;
            let commit = self.commit(&answer, written, http, &incoming, &payload, event);
            match self.0.store.commit(commit).await {
                Ok(_) => {
                    let taken = Response::new(202, "text/xml", Vec::new());
                    return Ok(taken.with_header("SOAPAction", TAKEN));
                }
                Err(error @ StoreError::Precondition(_)) => overtaken = error,
                Err(error) => return Err(Refusal::storage(&error)),
            }
        }
        Err(Refusal::storage(&overtaken))
    }

    async fn answer(
        &self,
        incoming: &Incoming<'_>,
        content: &Content<'_, '_>,
        event: &mut AuditEvent,
    ) -> Result<(answer::Answer, ReplyTo), Refusal> {
        let request: &SpineRequest<'_, '_> = match content {
            Content::Sound(request) => request,
            Content::Broken(invalid, reply_to) => {
                let answer = self.refuse(reply_to, invalid, event);
                return Ok((answer, reply_to.as_ref().clone()));
            }
        };
        let reply_to = request.reply_to();
        match cpis::Question::read(request, &self.0.cpis) {
            None => {}
            Some(Ok(question)) => {
                let answer = self.decide_cpis(&question, incoming, event).await?;
                return Ok((answer, reply_to));
            }
            Some(Err(invalid)) => return Ok((self.refuse(&reply_to, &invalid, event), reply_to)),
        }
        let answer = match Query::read(request) {
            Some(Ok(query)) => self.decide(query, event).await?,
            Some(Err(invalid)) => self.refuse(&reply_to, &invalid, event),
            None => {
                let description = "the interaction is not answered by this Spine";
                let error = MessageError::new(ErrorCode::NotSupported, description);
                return Err(Refusal::error(&incoming.message.header, error));
            }
        };
        Ok((answer, reply_to))
    }

    fn refuse(
        &self,
        reply_to: &ReplyTo,
        invalid: &Invalid,
        event: &mut AuditEvent,
    ) -> answer::Answer {
        event.decision = Some(invalid.to_string());
        answer::Answer::Refused(self.0.cpis.issues(reply_to.interaction, invalid))
    }

    async fn decide_cpis(
        &self,
        question: &cpis::Question,
        incoming: &Incoming<'_>,
        event: &mut AuditEvent,
    ) -> Result<answer::Answer, Refusal> {
        question.note(event);
        let desk = cpis::Desk {
            cpis: &self.0.cpis,
            store: &*self.0.store,
            now: self.0.env.now(),
            scenarios: self.0.scenarios,
            organisation: incoming.system.organisation.as_ref(),
        };
        let answer = question.answer(desk, event).await;
        answer.map_err(|error| Refusal::storage(&error))
    }

    async fn decide(
        &self,
        query: Query,
        event: &mut AuditEvent,
    ) -> Result<answer::Answer, Refusal> {
        crate::sync_service::note_query(event, &query);
        let scripted = self.0.scenarios.and_then(|pack| pack.answer(&query));
        if let Some(answer) = scripted {
            return Ok(answer);
        }
        let answer = query.answer(&*self.0.store, self.0.env.now()).await;
        answer.map_err(|error| Refusal::storage(&error))
    }

    /// The answer as bytes. A fault is no message: it goes back on the connection.
    fn write(
        &self,
        answer: &answer::Answer,
        reply_to: &ReplyTo,
        event: &mut AuditEvent,
    ) -> Result<Written, Refusal> {
        if let answer::Answer::Fault(fault) = answer {
            return Err(fault.clone().into());
        }
        let text = self.0.env.uuid();
        let internal = |error: &dyn std::fmt::Display| SoapFault::processing(error.to_string());
        let id = MessageId::parse(&text).map_err(|error| internal(&error))?;
        let response = answer.write(&AnswerParts {
            id: &text,
            now: self.0.env.now(),
            service_url: &self.0.own.url,
            asid: &self.0.own.asid,
            reply_to,
        });
        event.outcome = answer.outcome();
        event.disclosed = answer.discloses();
        event.document = answer.document();
        event.related = vec![id.clone()];
        event.decision = answer.decision().or_else(|| event.decision.take());
        if answer.overrides_dissent() {
            let what = event.decision.take().unwrap_or_default();
            event.decision = Some(format!("{what}: shown although the patient dissents"));
        }
        Ok(Written {
            id,
            interaction: interaction(&response.body)?,
            response,
        })
    }

    /// The event, the message, its answer and whatever else that has to write.
    fn commit(
        &self,
        answer: &answer::Answer,
        written: Written,
        http: &Request,
        incoming: &Incoming<'_>,
        payload: &[u8],
        event: &AuditEvent,
    ) -> Commit {
        let mut commit = answer.effects(&written.response, event.at);
        commit.audit.push(event.clone());
        let exchange = Exchange {
            header: &incoming.message.header,
            payload,
            brought: None,
            patient: event.patient,
            outcome: &event.outcome,
            at: event.at,
            answer: Answer {
                id: written.id,
                interaction: written.interaction,
                body: written.response.body.to_vec(),
                shows: answer.document(),
                pattern: mhs::Pattern::Express,
            },
        };
        exchange.add_to(&mut commit, &self.0, http);
        commit
    }
}

/// An answer, written.
struct Written {
    id: MessageId,
    interaction: Interaction,
    response: Response,
}

impl Handler for ExpressService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

/// Which interaction an answer of ours is: its root says so.
fn interaction(body: &[u8]) -> Result<Interaction, SoapFault> {
    let document = xml::Document::parse(body)?;
    Interaction::of(document.root().name())
        .ok_or_else(|| SoapFault::processing("System failure to process message - default"))
}
