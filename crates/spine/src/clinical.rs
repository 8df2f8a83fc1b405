//! `/clinical`: uploads and alerts as the SCR FHIR API sends them.
//!
//! `POST /clinical` takes a GP Summary (REPC_IN150016SM05), or the withdrawal of one
//! (REPC_IN150017UK02, REPC_IN150018UK02), in ebXML's two parts and answers 202 with a
//! `Content-Location`, where the application acknowledgement can be fetched. It decides as the
//! reliable endpoint does. The acknowledgement is durable before the 202, in the commit that has the
//! effect, so whoever has a location can rely on it; that it is "pending" at all is a pause to
//! rehearse polling with. `POST /clinical/alert` takes a privacy alert as a FHIR AuditEvent.
//!
//! Whoever is not known, and whose message cannot be read, gets a SOAP fault; a message that was
//! read and breaks a rule of its interaction is accepted, and its acknowledgement says no.

mod alert;
mod audit_event;
mod outcome;
mod result;
mod upload;

use std::sync::Arc;

use domain::audit::AuditEvent;
use domain::{JobRole, RoleProfileId};
use ebxml::ErrorCode;
use hl7v3::SoapFault;
use jiff::SignedDuration;
use sds::{Directory, Own, System, Unregistered};
use store::{Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response};

use crate::answer::{fault_outcome, fault_response};
use crate::faults::FaultPlan;
use crate::reliable::node::Node;
use crate::reliable::refusal;
use crate::scenario::ScenarioPack;
use crate::stranger;

/// The path of uploads; a result is at this path, a slash and its message's id.
pub const PATH: &str = "/clinical";

/// The path of alerts.
pub const ALERT_PATH: &str = "/clinical/alert";

/// The operation of an upload that could not be read, in audit, logs and metrics.
const UNREAD: &str = "unread";

/// Which job role a role profile has, as far as the directory of users knows.
pub type JobRoles = Arc<dyn Fn(&RoleProfileId) -> Option<JobRole> + Send + Sync>;

/// What the service is told about itself.
#[derive(Debug, Clone)]
pub struct ClinicalConfig {
    /// Who this Spine is.
    pub own: Own,
    /// Whether a GP Summary that names no document it replaces is refused while the patient has a
    /// current one.
    pub strict_versions: bool,
    /// How long after its upload a result is said to be pending. The national Spine takes a while;
    /// this one has it at once, so 0 is honest and anything else rehearses polling.
    pub ready_after: SignedDuration,
}

/// The endpoints of the SCR FHIR API.
pub struct ClinicalService {
    node: Node,
    strict_versions: bool,
    ready_after: SignedDuration,
    job_roles: Option<JobRoles>,
}

impl ClinicalService {
    /// A service over a store.
    pub fn new(
        config: ClinicalConfig,
        directory: Directory,
        store: Arc<dyn Store>,
        env: Environment,
    ) -> Self {
        Self {
            node: Node::new(config.own, directory, store, env),
            strict_versions: config.strict_versions,
            ready_after: config.ready_after,
            job_roles: None,
        }
    }

    /// With the trigger NHS numbers of the test harnesses.
    #[must_use]
    pub fn with_scenarios(mut self, scenarios: Option<ScenarioPack>) -> Self {
        self.node.scenarios = scenarios;
        self
    }

    /// With faults of asynchronous answers: a result that is late is pending meanwhile.
    #[must_use]
    pub fn with_faults(mut self, faults: Option<FaultPlan>) -> Self {
        self.node.faults = faults;
        self
    }

    /// With somebody to ask for the job role of an alert's user: AuditEvents name it in words only.
    #[must_use]
    pub fn with_job_roles(mut self, job_roles: JobRoles) -> Self {
        self.job_roles = Some(job_roles);
        self
    }

    async fn serve(&self, request: Request) -> Response {
        let (allowed, operation) = match request.path.as_str() {
            PATH => ("POST", UNREAD),
            ALERT_PATH => ("POST", alert::OPERATION),
            path if result::id_of(path).is_some() => ("GET", result::OPERATION),
            _ => return Response::text(404, "there is nothing here\n"),
        };
        if request.method != allowed {
            return Response::text(405, format!("method not allowed: use {allowed}\n"))
                .with_header("Allow", allowed);
        }
        let mut event = AuditEvent::new(self.node.env.now(), "spine", operation, "");
        let certificate = request.peer.certificate.as_ref();
        event.certificate = certificate.map(|certificate| certificate.fingerprint.clone());
        let response = match operation {
            alert::OPERATION => self.take_alert(&request, &mut event).await,
            result::OPERATION => self.result(&request, &mut event).await,
            _ => self.upload(&request, &mut event).await,
        };
        let response = match response {
            Ok(response) => response,
            Err(refusal) => self.refuse(refusal, &mut event).await,
        };
        log(&event);
        response
    }

    /// The system that is connected.
    fn system(&self, http: &Request, event: &mut AuditEvent) -> Result<Arc<System>, Unregistered> {
        let system = self
            .node
            .directory
            .system(http.peer.certificate.as_deref())?;
        event.system = Some(system.name.clone());
        Ok(system)
    }

    /// The answer that refuses, once its event is durable.
    async fn refuse(&self, refusal: Refusal, event: &mut AuditEvent) -> Response {
        event.related.clear();
        let (outcome, decision, response) = match refusal {
            Refusal::Fault(fault) => {
                let why = fault.to_string();
                (fault_outcome(&fault), why, fault_response(&fault))
            }
            Refusal::Http(response, why) => (response.status.to_string(), why, response),
            // Nothing more can be written, so nothing is tried.
            Refusal::Storage => return storage(event),
        };
        event.outcome = outcome;
        event.decision = Some(decision);
        match self.record(event).await {
            Ok(()) => response,
            Err(_) => storage(event),
        }
    }

    async fn record(&self, event: &AuditEvent) -> Result<(), Refusal> {
        let written = self.node.record(event).await;
        written.map_err(|error| Refusal::storage(&error))
    }
}

impl Handler for ClinicalService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

/// Why a request is not done.
#[derive(Debug)]
enum Refusal {
    /// A SOAP fault.
    Fault(SoapFault),
    /// Any other answer, and why, for the audit.
    Http(Response, String),
    /// Our store failed; what failed is in the log.
    Storage,
}

impl Refusal {
    fn storage(error: &StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Storage
    }
}

impl From<SoapFault> for Refusal {
    fn from(fault: SoapFault) -> Self {
        Self::Fault(fault)
    }
}

/// Clients of this interface know SOAP faults and no errors of ebXML.
impl From<refusal::Refusal> for Refusal {
    fn from(refusal: refusal::Refusal) -> Self {
        match refusal {
            refusal::Refusal::Fault { storage: true, .. } => Self::Storage,
            refusal::Refusal::Fault { fault, .. } => Self::Fault(fault),
            refusal::Refusal::Unacknowledged => {
                Self::Fault(SoapFault::processing("the message is not taken"))
            }
            // Sent again it would fare no better, and 101 says so.
            refusal::Refusal::Error { error, .. } if error.code == ErrorCode::NotSupported => {
                Self::Fault(SoapFault::not_supported())
            }
            refusal::Refusal::Error { error, .. } => {
                Self::Fault(SoapFault::processing(error.description))
            }
        }
    }
}

fn turned_away(why: &Unregistered, http: &Request) -> Refusal {
    stranger::tell(why, http);
    Refusal::Fault(SoapFault::processing(why.to_string()))
}

fn storage(event: &mut AuditEvent) -> Response {
    let text = "System failure to process message - default";
    if event.operation == alert::OPERATION {
        event.outcome = "500".to_owned();
        return outcome::response(500, outcome::Issue::Exception, text);
    }
    let fault = SoapFault::processing(text);
    event.outcome = fault_outcome(&fault);
    fault_response(&fault)
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
