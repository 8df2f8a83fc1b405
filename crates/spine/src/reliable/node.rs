//! What every asynchronous endpoint has: who this Spine is, who may call, where things are kept;
//! and what it does with a request whatever it is about.

use std::future::Future;
use std::sync::Arc;

use domain::audit::AuditEvent;
use sds::{Directory, Own};
use store::{Commit, Store, StoreError};
use transport::{Environment, Request, Response};

use super::refusal::Refusal;
use crate::cpis::Cpis;
use crate::faults::FaultPlan;
use crate::scenario::ScenarioPack;

/// The operation of a message that could not be read, in audit, logs and metrics.
const UNREAD: &str = "unread";

/// An asynchronous endpoint's surroundings.
pub(crate) struct Node {
    pub(crate) own: Own,
    pub(crate) directory: Directory,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) env: Environment,
    /// The published trigger NHS numbers, if they are on.
    pub(crate) scenarios: Option<ScenarioPack>,
    /// How CP-IS is configured.
    pub(crate) cpis: Cpis,
    /// What happens to answers on purpose.
    pub(crate) faults: Option<FaultPlan>,
}

impl Node {
    pub(crate) fn new(
        own: Own,
        directory: Directory,
        store: Arc<dyn Store>,
        env: Environment,
    ) -> Self {
        Self {
            own,
            directory,
            store,
            env,
            scenarios: None,
            cpis: Cpis::default(),
            faults: None,
        }
    }

    /// Answers a POST to one of these paths with what `work` makes of it; nothing leaves before
    /// its event is durable, which `work` sees to unless it refuses.
    pub(crate) async fn serve<'a, W, F>(
        &'a self,
        paths: &[&str],
        request: &'a Request,
        work: W,
    ) -> Response
    where
        W: FnOnce(&'a Request, AuditEvent) -> F,
        F: Future<Output = (Result<Response, Refusal>, AuditEvent)>,
    {
        if !paths.contains(&request.path.as_str()) {
            let paths = paths.join(" or ");
            return Response::text(404, format!("not found: this is POST {paths}\n"));
        }
        if request.method != "POST" {
            return Response::text(405, "method not allowed: use POST\n")
                .with_header("Allow", "POST");
        }
        let mut event = AuditEvent::new(self.env.now(), "spine", UNREAD, "");
        let certificate = request.peer.certificate.as_ref();
        event.certificate = certificate.map(|certificate| certificate.fingerprint.clone());
        let (worked, mut event) = work(request, event).await;
        let response = match worked {
            Ok(response) => response,
            Err(refusal) => self.refuse(refusal, &mut event).await,
        };
        log(&event);
        response
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

    /// Writes an event of which nothing else is written.
    pub(crate) async fn record(&self, event: &AuditEvent) -> Result<(), StoreError> {
        let commit = Commit {
            audit: vec![event.clone()],
            ..Commit::default()
        };
        self.store.commit(commit).await.map(|_| ())
    }
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
