//! `/sync-service`: the Spine's synchronous SOAP endpoint.
//!
//! Top to bottom: who is calling, what is asked, the answer, its audit event, the response. The
//! event is durable before the response exists.

use std::sync::Arc;

use domain::audit::AuditEvent;
use domain::{Asid, MessageId, NhsNumber};
use hl7v3::issue::Invalid;
use hl7v3::psis::{read_document_query, read_list_query};
use hl7v3::{AnswerParts, Interaction, RequestError, SoapFault, SpineRequest, acs, soap};
use store::{Commit, Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response};

use crate::answer::{Answer, fault_response};
use crate::directory::{Directory, System};
use crate::scenario::{On, ScenarioPack};
use crate::{document, document_list, permissions};

/// The path of the service.
const PATH: &str = "/sync-service";

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
    env: Environment,
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
            env,
        }
    }

    async fn serve(&self, request: Request) -> Response {
        if request.path != PATH {
            return Response::text(404, "not found: this Spine answers POST /sync-service\n");
        }
        if request.method != "POST" {
            return Response::text(405, "method not allowed: use POST\n")
                .with_header("Allow", "POST");
        }
        let mut event = AuditEvent::new(self.env.now(), "spine", "unreadable", "");
        event.certificate = request
            .peer
            .certificate
            .as_ref()
            .map(|c| c.fingerprint.clone());
        let response = match self.work(&request, &mut event).await {
            Ok(response) => response,
            Err(fault) => {
                event.outcome = Answer::Fault(fault.clone()).outcome();
                event.decision = event.decision.or_else(|| Some(fault.to_string()));
                fault_response(&fault)
            }
        };
        self.log(&event);
        let commit = Commit {
            audit: vec![event],
            ..Commit::default()
        };
        match self.store.commit(commit).await {
            Ok(_) => response,
            // Nothing is disclosed that is not on record.
            Err(error) => fault_response(&storage_fault(&error)),
        }
    }

    /// Everything up to the response; an error is a SOAP fault.
    async fn work(&self, http: &Request, event: &mut AuditEvent) -> Result<Response, SoapFault> {
        let system = self
            .directory
            .system(http.peer.certificate.as_deref())
            .map_err(|unregistered| SoapFault::processing(unregistered.to_string()))?;
        event.system = Some(system.name.clone());
        let document = xml::Document::parse(&http.body)?;
        let (reply_to, answer) = match soap::read_request(&document, http.header("SOAPAction")) {
            Ok(request) => {
                describe(&request, event);
                self.admit(system, &request)?;
                (request.reply_to(), self.answer(&request, event).await?)
            }
            Err(RequestError::Fault(fault)) => return Err(fault),
            Err(RequestError::Issue { invalid, reply_to }) => {
                event.operation = reply_to.interaction.id().to_owned();
                event.message = MessageId::parse(&reply_to.message_id).ok();
                event.asid = Some(reply_to.sender.clone());
                (*reply_to, refused(&invalid, event))
            }
        };
        event.outcome = answer.outcome();
        event.disclosed = answer.discloses();
        event.document = answer.document();
        let id = self.env.uuid();
        event.related = MessageId::parse(&id).into_iter().collect();
        Ok(answer.write(&AnswerParts {
            id: &id,
            now: self.env.now(),
            service_url: &self.config.url,
            asid: &self.config.asid,
            reply_to: &reply_to,
        }))
    }

    /// The message must come from an ASID of the calling system, and be for us.
    fn admit(&self, system: &System, request: &SpineRequest<'_, '_>) -> Result<(), SoapFault> {
        if request.receiver != self.config.asid {
            return Err(SoapFault::processing(
                "the receiving ASID is not that of this Spine",
            ));
        }
        system
            .may_send(&request.sender, request.interaction.id())
            .map_err(|unregistered| SoapFault::processing(unregistered.to_string()))
    }

    async fn answer(
        &self,
        request: &SpineRequest<'_, '_>,
        event: &mut AuditEvent,
    ) -> Result<Answer, SoapFault> {
        let answer = match request.interaction {
            Interaction::DocumentListQuery => match read_list_query(request) {
                Ok(query) => {
                    note(event, query.patient, query.dissent_override.code);
                    match self.scenario(&query.patient, On::List) {
                        Some(answer) => Ok(answer),
                        None => document_list::answer(&*self.store, &query).await,
                    }
                }
                Err(invalid) => Ok(refused(&invalid, event)),
            },
            Interaction::DocumentQuery => match read_document_query(request) {
                Ok(query) => {
                    note(event, query.patient, query.dissent_override.code);
                    match self.scenario(&query.patient, On::Document) {
                        Some(answer) => Ok(answer),
                        None => document::answer(&*self.store, &query).await,
                    }
                }
                Err(invalid) => Ok(refused(&invalid, event)),
            },
            Interaction::PermissionsQuery => match acs::read_query(request) {
                Ok(query) => {
                    note(event, query.patient, 0);
                    permissions::answer(&*self.store, query).await
                }
                Err(invalid) => Ok(refused(&invalid, event)),
            },
            _ => Ok(Answer::Fault(SoapFault::not_supported())),
        };
        answer.map_err(|error| storage_fault(&error))
    }

    fn scenario(&self, patient: &NhsNumber, on: On) -> Option<Answer> {
        let effect = self.scenarios.as_ref()?.effect(patient, on)?;
        Some(Answer::scenario(effect))
    }

    /// One line per request, without any patient's data.
    fn log(&self, event: &AuditEvent) {
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
}

impl Handler for SyncService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

/// What the audit keeps of a request that could be read.
fn describe(request: &SpineRequest<'_, '_>, event: &mut AuditEvent) {
    event.operation = request.interaction.id().to_owned();
    event.message = MessageId::parse(&request.message_id).ok();
    event.asid = Some(request.sender.clone());
    if let Some(author) = &request.author {
        event.user = Some(author.user.clone());
        event.role_profile = Some(author.role_profile.clone());
        event.job_role = Some(author.job_role.clone());
    }
}

fn note(event: &mut AuditEvent, patient: NhsNumber, dissent_override: u8) {
    event.patient = Some(patient);
    if dissent_override != 0 {
        event.decision = Some(format!("dissent override {dissent_override}"));
    }
}

fn refused(invalid: &Invalid, event: &mut AuditEvent) -> Answer {
    event.decision = Some(invalid.to_string());
    Answer::Refused(invalid.issues())
}

/// Our store failed: what failed stays here, the caller learns that it is not their fault.
fn storage_fault(error: &StoreError) -> SoapFault {
    tracing::error!(%error, "the store failed");
    SoapFault::processing("System failure to process message - default")
}
