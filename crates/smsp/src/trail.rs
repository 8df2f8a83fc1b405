//! What is known of a request so far: the source of its audit event and of its log line.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use domain::audit::AuditEvent;
use domain::cpis::Author;
use domain::identifier::{DocumentId, JobRole, MessageId, RoleProfileId, SdsUserId};
use domain::nhs_number::NhsNumber;
use itk::Operation;
use itk::envelope::Caller;
use itk::fault::Fault;
use jiff::Timestamp;
use transport::{Environment, Peer, PeerCertificate};

use crate::duplicates::Identity;
use crate::registry::RegisteredClient;
use crate::remembered::Begun;
use crate::upstream::SpineFailure;
use crate::users::Professional;

/// The role name in audit events.
const ROLE: &str = "smsp";
/// The operation of a request that could not be read far enough to tell.
const UNKNOWN_OPERATION: &str = "unknown";

/// The outcome of what is about to be done elsewhere.
const BEGUN: &str = "begun";

/// Filled in as a request is read and handled; whatever is known when it ends is audited.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) at: Timestamp,
    started: Duration,
    certificate: Option<Arc<PeerCertificate>>,
    pub(crate) operation: Option<Operation>,
    /// The interaction, of a request in HL7 V3.
    pub(crate) interaction: Option<&'static str>,
    pub(crate) client: Option<Arc<RegisteredClient>>,
    /// `wsa:MessageID` as sent.
    pub(crate) message: Option<MessageId>,
    pub(crate) tracking: Option<MessageId>,
    /// What tells a repetition of it, once it has been read so far.
    pub(crate) identity: Option<Identity>,
    /// Whether it is a repetition of an answered message.
    pub(crate) repetition: bool,
    pub(crate) caller: Option<Arc<Caller>>,
    pub(crate) professional: Option<Arc<Professional>>,
    pub(crate) patient: Option<NhsNumber>,
    /// The author that a query of CP-IS names itself.
    pub(crate) author: Option<Author>,
    /// The id of that query.
    pub(crate) query: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) document: Option<DocumentId>,
    /// Messages sent to the Spine.
    pub(crate) spine_messages: Vec<MessageId>,
    /// Why the Spine could not be asked.
    unreachable: Option<String>,
    /// Why it was decided as it was, step by step.
    steps: Vec<String>,
}

impl Trail {
    pub(crate) fn new(env: &Environment, peer: &Peer) -> Self {
        Self {
            at: env.now(),
            started: env.monotonic(),
            certificate: peer.certificate.clone(),
            operation: None,
            interaction: None,
            client: None,
            message: None,
            tracking: None,
            identity: None,
            repetition: false,
            caller: None,
            professional: None,
            patient: None,
            author: None,
            query: None,
            reason: None,
            document: None,
            spine_messages: Vec::new(),
            unreachable: None,
            steps: Vec::new(),
        }
    }

    /// The name of the operation or interaction, as far as it is known.
    pub(crate) fn name(&self) -> &'static str {
        self.operation
            .map(Operation::name)
            .or(self.interaction)
            .unwrap_or(UNKNOWN_OPERATION)
    }

    /// How long the request has been worked on.
    pub(crate) fn elapsed(&self, env: &Environment) -> Duration {
        env.monotonic().saturating_sub(self.started)
    }

    /// The common name of the caller's certificate.
    pub(crate) fn common_name(&self) -> Option<&str> {
        self.certificate.as_ref().map(|c| c.common_name.as_str())
    }

    /// Notes a step of the decision. No patient data: the audit has its own fields for that.
    pub(crate) fn note(&mut self, step: impl Into<String>) {
        self.steps.push(step.into());
    }

    /// Notes why the Spine did not give what was asked for.
    pub(crate) fn spine_failed(&mut self, failure: &SpineFailure) {
        self.note(format!("Spine: {failure}"));
        // The others are about the message, and what is wrong with it is for the audit.
        if let SpineFailure::Unreachable(_) | SpineFailure::Elsewhere(_) = failure {
            self.unreachable = Some(failure.to_string());
        }
    }

    /// Why the Spine could not be asked, for the log.
    pub(crate) fn unreachable(&self) -> Option<&str> {
        self.unreachable.as_deref()
    }

    /// It is a repetition of a message that was answered.
    pub(crate) fn repeats(&mut self) {
        self.repetition = true;
        self.note("a repetition: the first answer again, and nothing recorded twice");
    }

    /// The audit event of the request as it ends.
    pub(crate) fn event(&self, outcome: &str, disclosed: bool) -> AuditEvent {
        let mut event = AuditEvent::new(self.at, ROLE, self.name(), outcome);
        event.disclosed = disclosed;
        event.patient = self.patient;
        event.certificate = self.certificate.as_ref().map(|c| c.fingerprint.clone());
        event.system = self.client.as_ref().map(|c| c.name.clone());
        event.asid = self.client.as_ref().map(|c| c.asid.clone());
        event.message.clone_from(&self.message);
        event.tracking.clone_from(&self.tracking);
        event.related.clone_from(&self.spine_messages);
        event.document.clone_from(&self.document);
        event.reason.clone_from(&self.reason);
        event.decision = (!self.steps.is_empty()).then(|| self.steps.join("; "));
        if let Some(caller) = &self.caller {
            event.user.clone_from(&caller.user);
            event.role_profile.clone_from(&caller.role_profile);
            event.job_role.clone_from(&caller.job_role);
            event.organisation = Some(caller.organisation.clone());
        }
        if let Some(Author::Person(person)) = &self.author {
            // What the envelope says of them stands first.
            let user = || SdsUserId::parse(&person.user).ok();
            event.user = event.user.take().or_else(user);
            let profile = || RoleProfileId::parse(person.role_profile.as_deref()?).ok();
            event.role_profile = event.role_profile.take().or_else(profile);
            let role = || JobRole::parse(&person.role.code).ok();
            event.job_role = event.job_role.take().or_else(role);
        }
        if let Some(professional) = &self.professional {
            event.role_profile = Some(professional.holder.role_profile.clone());
            event.job_role = Some(professional.job_role.clone());
        }
        event
    }

    /// The audit event of what is about to be done elsewhere, where no commit of ours can take it
    /// back: it is on record before it is done, whatever becomes of us.
    pub(crate) fn begun(&self, begun: &Begun) -> AuditEvent {
        let mut event = self.event(BEGUN, false);
        let message = MessageId::parse(&begun.spine_message);
        event.related.extend(message.ok());
        event
    }

    /// Counts the request and writes its one log line.
    /// A fault comes with the id it goes under.
    pub(crate) fn log(
        &self,
        env: &Environment,
        code: Cow<'static, str>,
        fault: Option<(&Fault, &str)>,
    ) {
        metrics::counter!("minispine_smsp_outcomes_total",
            "operation" => self.name(), "code" => code.clone())
        .increment(1);
        let text = |id: &Option<MessageId>| id.as_ref().map(|id| id.as_str().to_owned());
        let client = self.client.as_deref();
        tracing::info!(
            message_id = text(&self.message),
            tracking_id = text(&self.tracking),
            operation = self.name(),
            client = client.map(|c| c.name.as_str()),
            asid = client.map(|c| c.asid.as_str()),
            outcome = code.as_ref(),
            spine = self.unreachable(),
            repetition = self.repetition.then_some(true),
            error_id = fault.map(|(_, error_id)| error_id),
            diagnostic = fault.map(|(fault, _)| fault.diagnostic.as_str()),
            spine_messages = ?self.spine_messages.iter().map(MessageId::as_str).collect::<Vec<_>>(),
            ms = env.monotonic().saturating_sub(self.started).as_millis() as u64,
            "mini service request"
        );
    }
}
