//! `/messageexchange`: mailboxes over HTTP, in the shape of the public MESH API.
//!
//! Who calls is known by their certificate, so there is no `Authorization`: a system opens its own
//! mailbox, and nobody another's. Paths, headers, status codes and error codes are those of the
//! MESH API and its sandbox; a caller that accepts `application/vnd.mesh.v2+json` gets the second
//! version's bodies. What differs: content encodings are refused, and an upload that is tracked says
//! how many of its records have been read.

mod inbox;
mod outbox;
mod place;
mod problem;
mod tracking;

use domain::audit::AuditEvent;
use sds::System;
use serde_json::Value;
use store::{Commit, MailMessage, StoreError};
use transport::{BoxFuture, Handler, Request, Response};

use super::{MailboxId, Post};
use crate::stranger;
use place::{Place, Wrong};
use problem::Problem;

/// The path of mailboxes; all are below it.
pub const PATH: &str = "/messageexchange";

/// The media type of the second version of the API.
const VERSION_2: &str = "application/vnd.mesh.v2+json";

/// Mailboxes over HTTP.
pub struct MailService {
    post: Post,
}

/// A call by whoever has the mailbox.
struct Call<'a> {
    http: &'a Request,
    system: &'a System,
    mailbox: &'a MailboxId,
    version: Version,
}

/// Which bodies the caller knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    First,
    Second,
}

impl MailService {
    /// The door to these mailboxes.
    pub fn new(post: Post) -> Self {
        Self { post }
    }

    async fn serve(&self, http: Request) -> Response {
        let version = Version::of(&http);
        let place = match Place::of(&http.method, &http.path) {
            Ok(place) => place,
            Err(Wrong::Path) => return Problem::nothing_here().response(version),
            Err(Wrong::Method(allowed)) => {
                let response = Problem::method().response(version);
                return response.with_header("Allow", allowed);
            }
        };
        let mut event = self.post.event("", "", "");
        let certificate = http.peer.certificate.as_ref();
        event.certificate = certificate.map(|certificate| certificate.fingerprint.clone());
        let (outcome, response) = match self.answer(&http, version, &place, &mut event).await {
            Ok(response) => (event.outcome.clone(), response),
            Err(problem) => self.refuse(&problem, version, event.clone()).await,
        };
        log(&place, &event, &outcome, response.status);
        response
    }

    async fn answer(
        &self,
        http: &Request,
        version: Version,
        place: &Place,
        event: &mut AuditEvent,
    ) -> Result<Response, Problem> {
        let directory = self.post.mailboxes().directory();
        let system = directory.system(http.peer.certificate.as_deref());
        let system = system.map_err(|why| {
            stranger::tell(&why, http);
            Problem::not_yours()
        })?;
        event.system = Some(system.name.clone());
        event.organisation.clone_from(&system.organisation);
        let mailbox = MailboxId::parse(&place.mailbox).map_err(|_| Problem::not_yours())?;
        if !self.post.mailboxes().may_open(&system, &mailbox) {
            return Err(Problem::not_yours());
        }
        let call = Call {
            http,
            system: &system,
            mailbox: &mailbox,
            version,
        };
        self.open(&call, &place.what, event).await
    }

    /// The answer that refuses. Refusals are on record like disclosures; that somebody asked for
    /// what is not there is not.
    async fn refuse(
        &self,
        problem: &Problem,
        version: Version,
        mut event: AuditEvent,
    ) -> (String, Response) {
        event.disclosed = false;
        event.outcome = problem.outcome();
        event.decision = Some(problem.description.to_owned());
        if problem.is_on_record()
            && let Err(error) = self.record(event).await
        {
            let problem = Problem::from(error);
            return (problem.outcome(), problem.response(version));
        }
        (problem.outcome(), problem.response(version))
    }

    async fn record(&self, event: AuditEvent) -> Result<(), StoreError> {
        let commit = Commit {
            audit: vec![event],
            ..Commit::default()
        };
        self.post.store().commit(commit).await.map(|_| ())
    }

    /// Names the message in the event.
    fn note(&self, event: &mut AuditEvent, message: &MailMessage) {
        let noted = self.post.event(&message.workflow, &message.id, "");
        event.operation = noted.operation;
        event.message = noted.message;
    }
}

impl Handler for MailService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

impl Version {
    fn of(http: &Request) -> Self {
        match http.headers.all("Accept").any(|a| a.contains(VERSION_2)) {
            true => Self::Second,
            false => Self::First,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::First => "application/json",
            Self::Second => VERSION_2,
        }
    }

    /// A body of this version.
    fn body(self, status: u16, body: &Value) -> Response {
        Response::new(status, self.media_type(), body.to_string())
    }

    /// One of two bodies; the second version often has none.
    fn either(self, status: u16, first: &Value, second: Option<&Value>) -> Response {
        match (self, second) {
            (Self::First, _) => self.body(status, first),
            (Self::Second, Some(second)) => self.body(status, second),
            (Self::Second, None) => Response::new(status, VERSION_2, Vec::new()),
        }
    }
}

/// One line and one count per call. Never a file name, a subject or a local id: people write names
/// into those.
fn log(place: &Place, event: &AuditEvent, outcome: &str, status: u16) {
    metrics::counter!(
        "minispine_mail_requests_total",
        "operation" => place.what.name(),
        "status" => status.to_string(),
    )
    .increment(1);
    tracing::info!(
        operation = place.what.name(),
        interaction = event.operation,
        outcome,
        status,
        message_id = event.message.as_ref().map(tracing::field::display),
        system = event.system,
        "mailbox request"
    );
}

/// A system may not send what it is not registered for.
fn may_upload(system: &System) -> bool {
    system.may_ask(super::workflow::MAY_UPLOAD).is_ok()
}
