//! `/reliablemessaging/intermediary` and `/reliablemessaging/forwardreliable`: signals that come
//! alone.
//!
//! A client that takes our answers without acknowledging them on the connection posts its
//! acknowledgment here later, or a [`MessageError`]. Either settles the answer it refers to, if
//! that was for this client: one is done with, the other is a dead letter for an operator. One
//! that refers to nothing that waits is noted and taken all the same, because nobody could do
//! anything about it. Business messages for other parties are not forwarded.

use std::sync::Arc;

use domain::audit::AuditEvent;
use ebxml::{ErrorCode, Kind, MessageError, Pattern};
use mhs::Settled;
use sds::{Directory, Own};
use store::Store;
use transport::{BoxFuture, Environment, Handler, Request, Response};

use super::incoming::{check_parties, open};
use super::node::Node;
use super::refusal::Refusal;
use crate::LANE;

/// The paths of the service.
pub(crate) const PATHS: [&str; 2] = [
    "/reliablemessaging/intermediary",
    "/reliablemessaging/forwardreliable",
];

/// Takes signals about what this Spine sent.
pub struct IntermediaryService(Node);

impl IntermediaryService {
    /// A service over a store.
    pub fn new(own: Own, directory: Directory, store: Arc<dyn Store>, env: Environment) -> Self {
        Self(Node::new(own, directory, store, env))
    }

    async fn serve(&self, request: Request) -> Response {
        let work = async |http, mut event| (self.work(http, &mut event).await, event);
        self.0.serve(&PATHS, &request, work).await
    }

    async fn work(&self, http: &Request, event: &mut AuditEvent) -> Result<Response, Refusal> {
        let Node { store, env, .. } = &self.0;
        let (system, message) = open(&self.0.directory, http, event)?;
        let refused = |error| Refusal::error(&message.header, error);
        if message.kind == Kind::Business {
            let description = "this Spine forwards no messages";
            return Err(refused(MessageError::new(
                ErrorCode::NotSupported,
                description,
            )));
        }
        let action = match &message.kind {
            Kind::Errors(_) => MessageError::ACTION,
            _ => ebxml::Acknowledgment::ACTION,
        };
        action.clone_into(&mut event.operation);
        check_parties(&self.0.own, &system, &message).map_err(refused)?;
        message
            .check(Pattern::Signal)
            .map_err(|broken| refused(broken.into()))?;
        let storage = |error| Refusal::storage(&error);
        let settled = mhs::settle(&**store, env, LANE, &message, event).await;
        let settled = settled.map_err(storage)?;
        settled.name().clone_into(&mut event.outcome);
        if matches!(settled, Settled::Nothing | Settled::Unknown) {
            // Nothing was settled, so nothing has been written of it.
            tracing::warn!(party = %message.header.from_party, outcome = settled.name(), "a signal");
            self.0.record(event).await.map_err(storage)?;
        }
        Ok(Response::new(200, "text/xml", Vec::new()))
    }
}

impl Handler for IntermediaryService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}
