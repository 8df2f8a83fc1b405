//! `/sync-service`: the Spine's synchronous SOAP endpoint.
//!
//! Top to bottom: who is calling, what is asked, the answer, its audit event, the response. The
//! event is durable before the response leaves. Addresses in a message (`wsa:From`, `wsa:ReplyTo`)
//! are never dialled: the answer goes back on the connection.

use std::sync::Arc;

use domain::audit::AuditEvent;
use domain::{Asid, MessageId};
use hl7v3::wrapper::Author;
use hl7v3::{AnswerParts, Invalid, ReplyTo, RequestError, SoapFault, soap};
use sds::users::UserDirectory;
use sds::{Directory, System, Unregistered};
use store::{Commit, Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response};

use crate::answer::{Answer, fault_outcome, fault_response};
use crate::cpis::{self, Cpis, CpisConfig};
use crate::query::Query;
use crate::scenario::ScenarioPack;
use crate::stranger;

/// The path of the service.
pub(crate) const PATH: &str = "/sync-service";

/// The operation of a request whose interaction could not be read, in audit, logs and metrics.
const UNREAD: &str = "unread";

/// How often an answer is decided anew when others change meanwhile what it was decided on. Each
/// time somebody else has succeeded, so it takes as many at once to run out of attempts.
const ATTEMPTS: usize = 20;

/// How much of a text in a message the audit keeps, in characters.
const LONGEST_NOTE: usize = 300;

/// What a Spine is called.
#[derive(Debug, Clone)]
pub struct SpineConfig {
    /// Its ASID: messages must be addressed to it.
    pub asid: Asid,
    /// The URL of the service, written as the sender of answers.
    pub url: String,
}

/// The synchronous SOAP endpoint.
pub struct SyncService {
    config: SpineConfig,
    directory: Directory,
    store: Arc<dyn Store>,
    scenarios: Option<ScenarioPack>,
    cpis: Cpis,
    env: Environment,
}

/// What is asked.
enum Question {
    Query(Query),
    Cpis(cpis::Question),
}

impl SyncService {
    /// A service over a store. Scenarios are the published trigger NHS numbers.
    pub fn new(
        config: SpineConfig,
        directory: Directory,
        store: Arc<dyn Store>,
        scenarios: Option<ScenarioPack>,
        env: Environment,
    ) -> Self {
        Self {
            config,
            directory,
            store,
            scenarios,
            cpis: Cpis::default(),
            env,
        }
    }

    /// With this configuration of CP-IS, and the users whose rights it looks up.
    #[must_use]
    pub fn with_cpis(mut self, config: CpisConfig, users: UserDirectory) -> Self {
        self.cpis = Cpis { config, users };
        self
    }

    async fn serve(&self, request: Request) -> Response {
        if request.path != PATH {
            return Response::text(404, "not found: this Spine answers POST /sync-service\n");
        }
        if request.method != "POST" {
            return Response::text(405, "method not allowed: use POST\n")
                .with_header("Allow", "POST");
        }
        let mut overtaken = StoreError::Busy;
        for _ in 0..ATTEMPTS {
            match self.attempt(&request).await {
                Ok(response) => return response,
                Err(error) => overtaken = error,
            }
        }
        let fault = storage_fault(&overtaken);
        let mut event = self.event(&request);
        event.outcome = fault_outcome(&fault);
        event.decision = Some(overtaken.to_string());
        let response = fault_response(&fault);
        let recorded = self.record(event, response, Commit::default()).await;
        recorded.unwrap_or_else(|error| fault_response(&storage_fault(&error)))
    }

    /// The event of a request of which nothing has been read.
    fn event(&self, request: &Request) -> AuditEvent {
        let mut event = AuditEvent::new(self.env.now(), "spine", UNREAD, "");
        let certificate = request.peer.certificate.as_ref();
        event.certificate = certificate.map(|certificate| certificate.fingerprint.clone());
        event
    }

    /// One attempt to answer. It fails only when what the answer was decided on has changed
    /// before it could be written down; then nothing was, and it is decided anew.
    async fn attempt(&self, request: &Request) -> Result<Response, StoreError> {
        let mut event = self.event(request);
        let (response, effects) = match self.work(request, &mut event).await {
            Ok(done) => done,
            Err(fault) => {
                event.outcome = fault_outcome(&fault);
                event.decision = Some(fault.to_string());
                (fault_response(&fault), Commit::default())
            }
        };
        self.record(event, response, effects).await
    }

    /// Gives the response once its effects and its event are durable. Nothing leaves that is not
    /// on record: when the event cannot be written, a fault leaves instead.
    async fn record(
        &self,
        mut event: AuditEvent,
        response: Response,
        effects: Commit,
    ) -> Result<Response, StoreError> {
        let commit = Commit {
            audit: vec![event.clone()],
            ..effects
        };
        let response = match self.store.commit(commit).await {
            Ok(_) => response,
            Err(error @ StoreError::Precondition(_)) => return Err(error),
            Err(error) => {
                let fault = storage_fault(&error);
                event.outcome = fault_outcome(&fault);
                fault_response(&fault)
            }
        };
        log(&event);
        Ok(response)
    }

    /// Everything up to the response and what has to be written before it leaves; an error is a
    /// SOAP fault.
    async fn work(
        &self,
        http: &Request,
        event: &mut AuditEvent,
    ) -> Result<(Response, Commit), SoapFault> {
        let system = self
            .directory
            .system(http.peer.certificate.as_deref())
            .map_err(|why| turned_away(&why, http))?;
        event.system = Some(system.name.clone());
        let document = xml::Document::parse(&http.body)?;
        let (reply_to, question) = self.read(&document, http.header("SOAPAction"), event)?;
        system
            .may_send(&reply_to.sender, reply_to.interaction.id())
            .map_err(|why| turned_away(&why, http))?;
        let answer = match question {
            Ok(Question::Query(query)) => self.answer(query).await?,
            Ok(Question::Cpis(question)) => self.answer_cpis(&question, &system, event).await?,
            Err(invalid) => {
                event.decision = Some(invalid.to_string());
                Answer::Refused(self.cpis.issues(reply_to.interaction, &invalid))
            }
        };
        let response = self.write(&answer, &reply_to, event);
        let effects = answer.effects(&response, event.at);
        Ok((response, effects))
    }

    /// What is asked, and how to answer it. Notes in the event whatever could be read.
    fn read(
        &self,
        document: &xml::Document<'_>,
        soap_action: Option<&str>,
        event: &mut AuditEvent,
    ) -> Result<(ReplyTo, Result<Question, Invalid>), SoapFault> {
        let request = match soap::read_request(document, soap_action) {
            Ok(request) => request,
            Err(RequestError::Fault(fault)) => return Err(fault),
            Err(RequestError::Issue { invalid, reply_to }) => {
                note_message(event, &reply_to);
                return Ok((*reply_to, Err(invalid)));
            }
        };
        let reply_to = request.reply_to();
        note_message(event, &reply_to);
        if let Some(author) = &request.author {
            note_author(event, author);
        }
        if request.receiver != self.config.asid {
            return Err(SoapFault::processing(
                "the receiving ASID is not that of this Spine",
            ));
        }
        if let Some(question) = cpis::Question::read(&request, &self.cpis) {
            if let Ok(question) = &question {
                question.note(event);
            }
            return Ok((reply_to, question.map(Question::Cpis)));
        }
        let query = Query::read(&request).ok_or_else(SoapFault::not_supported)?;
        if let Ok(query) = &query {
            note_query(event, query);
        }
        Ok((reply_to, query.map(Question::Query)))
    }

    async fn answer_cpis(
        &self,
        question: &cpis::Question,
        system: &System,
        event: &mut AuditEvent,
    ) -> Result<Answer, SoapFault> {
        let desk = cpis::Desk {
            cpis: &self.cpis,
            store: &*self.store,
            now: self.env.now(),
            scenarios: self.scenarios,
            organisation: system.organisation.as_ref(),
        };
        let answer = question.answer(desk, event).await;
        answer.map_err(|error| storage_fault(&error))
    }

    async fn answer(&self, query: Query) -> Result<Answer, SoapFault> {
        let scripted = self.scenarios.and_then(|pack| pack.answer(&query));
        if let Some(answer) = scripted {
            return Ok(answer);
        }
        let answer = query.answer(&*self.store, self.env.now()).await;
        answer.map_err(|error| storage_fault(&error))
    }

    fn write(&self, answer: &Answer, reply_to: &ReplyTo, event: &mut AuditEvent) -> Response {
        let id = self.env.uuid();
        event.outcome = answer.outcome();
        event.disclosed = answer.discloses();
        event.document = answer.document();
        event.related = answer.id(&id).into_iter().collect();
        event.decision = answer.decision().or_else(|| event.decision.take());
        if answer.overrides_dissent() {
            let what = event.decision.take().unwrap_or_default();
            event.decision = Some(format!("{what}: shown although the patient dissents"));
        }
        answer.write(&AnswerParts {
            id: &id,
            now: self.env.now(),
            service_url: &self.config.url,
            asid: &self.config.asid,
            reply_to,
        })
    }
}

impl Handler for SyncService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

/// The message goes under its bare UUID, as it stands in its HL7 part and in the audit of whoever
/// sent it.
fn note_message(event: &mut AuditEvent, reply_to: &ReplyTo) {
    let id = reply_to.message_id.trim_start_matches("uuid:");
    event.operation = reply_to.interaction.id().to_owned();
    event.message = MessageId::parse(id).ok();
    event.asid = Some(reply_to.sender.clone());
}

fn note_author(event: &mut AuditEvent, author: &Author) {
    event.user = Some(author.user.clone());
    event.role_profile = Some(author.role_profile.clone());
    event.job_role = Some(author.job_role.clone());
}

/// Of an override, the sender's own words are kept beside the code: what codes 4 and 5 mean has
/// changed between versions.
pub(crate) fn note_query(event: &mut AuditEvent, query: &Query) {
    event.patient = Some(query.patient());
    let Some(overriding) = query.dissent_override().filter(|o| o.overrides()) else {
        return;
    };
    let name = overriding.display_name.as_deref().map(shortened);
    event.decision = Some(match name {
        Some(name) => format!("dissent override {} ({name})", overriding.code),
        None => format!("dissent override {}", overriding.code),
    });
    event.reason = overriding.original_text.as_deref().map(shortened);
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_NOTE).collect()
}

/// One line and one count per request, without any patient's data.
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
        "spine request"
    );
}

fn turned_away(why: &Unregistered, http: &Request) -> SoapFault {
    stranger::tell(why, http);
    SoapFault::processing(why.to_string())
}

/// Our store failed: what failed stays here, the caller learns that it is not their fault.
fn storage_fault(error: &StoreError) -> SoapFault {
    tracing::error!(%error, "the store failed");
    SoapFault::processing("System failure to process message - default")
}
