//! What is known of a request so far: the source of its audit event, its log line and its count.

use std::sync::Arc;
use std::time::Duration;

use domain::audit::AuditEvent;
use domain::{DocumentId, MessageId, NhsNumber};
use jiff::Timestamp;
use transport::{Environment, Request};

use crate::caller::Caller;
use crate::headers::Ids;

/// The role name in audit events.
pub(crate) const ROLE: &str = "scr-api";

/// Filled in as a request is read and handled.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) at: Timestamp,
    started: Duration,
    certificate: Option<String>,
    pub(crate) operation: &'static str,
    pub(crate) caller: Option<Caller>,
    pub(crate) ids: Option<Ids>,
    pub(crate) patient: Option<NhsNumber>,
    pub(crate) document: Option<DocumentId>,
    /// Messages sent to the Spine.
    pub(crate) related: Vec<MessageId>,
    /// What was found on the way; no patient data.
    steps: Vec<String>,
}

impl Trail {
    pub(crate) fn new(env: &Environment, request: &Request) -> Self {
        let certificate = request.peer.certificate.as_ref();
        Self {
            at: env.now(),
            started: env.monotonic(),
            certificate: certificate.map(|certificate| certificate.fingerprint.clone()),
            operation: "unknown",
            caller: None,
            ids: None,
            patient: None,
            document: None,
            related: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Notes a step. No patient data: the audit has its own fields for that.
    pub(crate) fn note(&mut self, step: impl Into<String>) {
        self.steps.push(step.into());
    }

    /// The audit event of the request as it stands.
    pub(crate) fn event(&self, outcome: &str, disclosed: bool) -> AuditEvent {
        let mut event = AuditEvent::new(self.at, ROLE, self.operation, outcome);
        event.disclosed = disclosed;
        event.patient = self.patient;
        event.document.clone_from(&self.document);
        event.certificate.clone_from(&self.certificate);
        event.related.clone_from(&self.related);
        event.message = self.ids.as_ref().and_then(Ids::message);
        event.tracking = self
            .ids
            .as_ref()
            .and_then(|ids| MessageId::parse(&ids.correlation.to_ascii_uppercase()).ok());
        event.decision = (!self.steps.is_empty()).then(|| self.steps.join("; "));
        if let Some(caller) = &self.caller {
            let application = &caller.client.application;
            event.system = Some(application.name.clone());
            event.asid = Some(application.asid.clone());
            event.organisation = Some(application.organisation.clone());
            if let Some(person) = &caller.person {
                event.user = Some(person.user.clone());
                if let Some(acting) = &person.acting {
                    event.role_profile = Some(acting.profile.clone());
                    event.job_role.clone_from(&acting.job_role);
                    event.organisation = acting
                        .organisation
                        .clone()
                        .or_else(|| event.organisation.take());
                }
            }
        }
        event
    }

    /// One line and one count, without any patient's data.
    pub(crate) fn log(&self, env: &Environment, status: u16, brief: &str) {
        metrics::counter!(
            "minispine_scr_api_outcomes_total",
            "operation" => self.operation,
            "status" => status.to_string(),
        )
        .increment(1);
        let client: Option<&Arc<_>> = self.caller.as_ref().map(|caller| &caller.client);
        let ids = self.ids.as_ref();
        tracing::info!(
            operation = self.operation,
            status,
            reason = brief,
            application = client.map(|client| client.application.name.as_str()),
            access = self.caller.as_ref().map(|caller| caller.mode.name()),
            request_id = ids.map(|ids| ids.request.as_str()),
            correlation_id = ids.map(|ids| ids.correlation.as_str()),
            millis = env.monotonic().saturating_sub(self.started).as_millis(),
            "SCR FHIR API request"
        );
    }
}
