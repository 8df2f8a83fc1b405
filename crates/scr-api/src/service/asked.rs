//! A request that has passed every station, what an endpoint may do with it, and the answer it
//! makes.

use std::sync::Arc;

use bytes::Bytes;
use conversion::Profile;
use domain::{DocumentId, NhsNumber};
use fhir::{FhirError, FhirErrorKind, Resource};
use mhs::SpineClient;
use serde_json::Value;
use transport::{Ending, Environment, Request, Response, Upstream};

use super::{Inner, ScrApi, Settled};
use crate::caller::Caller;
use crate::config::ScrApiConfig;
use crate::found::no_number;
use crate::headers::Ids;
use crate::media::{Format, JSON};
use crate::outcome::{Issue, Refusal, coding};
use crate::query::{self, Query};
use crate::repeats::{Claim, Held, Identity, Kept, storage};
use crate::trail::Trail;

/// A request to answer.
pub(crate) struct Asked<'a> {
    inner: &'a Inner,
    request: &'a Request,
    settled: &'a mut Settled,
    pub(crate) trail: &'a mut Trail,
    pub(crate) query: Query,
    pub(crate) caller: Caller,
    pub(crate) ids: Ids,
    pub(crate) profile: Profile,
}

/// An answer, in JSON whatever form it is sent in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Empty for none.
    pub(crate) json: Vec<u8>,
    /// Whether it tells something of a patient.
    pub(crate) disclosed: bool,
    /// For audit and log.
    pub(crate) brief: &'static str,
    /// Whether it is a resource, or plain JSON.
    is_resource: bool,
}

impl Answer {
    /// A resource.
    pub(crate) fn resource(status: u16, resource: &Resource, brief: &'static str) -> Self {
        Self {
            status,
            json: fhir::json::write(resource),
            disclosed: false,
            brief,
            is_resource: true,
        }
    }

    /// Nothing but the status.
    pub(crate) fn empty(status: u16, brief: &'static str) -> Self {
        Self {
            status,
            json: Vec::new(),
            disclosed: false,
            brief,
            is_resource: true,
        }
    }

    /// How the service is.
    pub(crate) fn health((status, body): (u16, Value)) -> Self {
        Self {
            json: body.to_string().into_bytes(),
            is_resource: false,
            ..Self::empty(status, "healthcheck")
        }
    }

    /// The first answer again.
    fn kept(kept: Kept) -> Self {
        Self {
            json: kept.json.into_bytes(),
            ..Self::empty(kept.status, "the first answer again")
        }
    }

    /// It tells something of a patient.
    #[must_use]
    pub(crate) fn disclosing(mut self) -> Self {
        self.disclosed = true;
        self
    }

    /// As it is sent.
    pub(crate) fn response(self, format: Format) -> Response {
        if self.json.is_empty() {
            return Response {
                status: self.status,
                headers: Vec::new(),
                body: Bytes::new(),
                ending: Ending::Whole,
            };
        }
        if !self.is_resource {
            return Response::new(self.status, JSON, self.json);
        }
        let (format, body) = format.encode(self.json);
        Response::new(self.status, format.media_type(), body)
    }
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        api: &'a ScrApi,
        request: &'a Request,
        query: Query,
        trail: &'a mut Trail,
        settled: &'a mut Settled,
        caller: Caller,
        ids: Ids,
    ) -> Self {
        Self {
            inner: &api.0,
            profile: caller.client.profile,
            request,
            settled,
            trail,
            query,
            caller,
            ids,
        }
    }

    pub(crate) fn config(&self) -> &'a ScrApiConfig {
        &self.inner.config
    }

    pub(crate) fn env(&self) -> &'a Environment {
        &self.inner.env
    }

    pub(crate) fn base_url(&self) -> &'a str {
        &self.inner.config.base_url
    }

    /// The Spine, asked as the caller's application.
    pub(crate) fn spine(&self) -> SpineClient {
        self.caller.client.spine.clone()
    }

    /// The way to the Spine.
    pub(crate) fn upstream(&self) -> Arc<dyn Upstream> {
        Arc::clone(&self.inner.upstream)
    }

    /// Where the Spine takes alerts.
    pub(crate) fn alert_path(&self) -> &'a str {
        &self.inner.alert_path
    }

    /// Whom the request is about.
    pub(crate) fn patient(&mut self, patient: query::Patient) -> Result<NhsNumber, Refusal> {
        match patient {
            query::Patient::Known(patient) => {
                self.trail.patient = Some(patient);
                Ok(patient)
            }
            query::Patient::NoNumber => Err(no_number()),
        }
    }

    /// The resource in the body.
    pub(crate) fn resource(&self, expected: &str) -> Result<Resource, Refusal> {
        let body = &self.request.body;
        let most = self.inner.config.body_bytes;
        if body.len() > most {
            let text = format!("A {expected} has at most {most} bytes");
            let issue = Issue::error("too-long", text, coding::TOO_LARGE);
            return Err(Refusal::new(413, issue, "body too large"));
        }
        if body.trim_ascii().is_empty() {
            return Err(match self.profile {
                Profile::Full => Refusal::rule("The request has no body"),
                Profile::Compatible => {
                    let issue = Issue::error(
                        "exception",
                        "Required request body is missing",
                        coding::UNKNOWN,
                    );
                    Refusal::new(500, issue, "no body")
                }
            });
        }
        let read = match self.settled.body {
            // Systems that upload write partial dates without hyphens; the adaptor mends some.
            Format::Json => fhir::json::read_tolerant(body),
            Format::Xml => fhir::xml::read(body),
        };
        read.map_err(|error| unread(&error, self.profile))
    }

    /// The body holds something else.
    pub(crate) fn wrong_type(&self, expected: &str, found: &Resource) -> Refusal {
        let found = found.resource_type();
        let text =
            format!("Incorrect resource type found, expected \"{expected}\" but found \"{found}\"");
        Refusal::rule(text).at(found)
    }

    /// Claims the request before its effect, which puts it on audit; or finds the answer that it
    /// had before.
    pub(crate) async fn claim(&mut self) -> Result<Option<Answer>, Refusal> {
        let identity = self.identity();
        let claimed = self
            .inner
            .repeats
            .claim(identity, self.trail, self.profile)
            .await?;
        match claimed {
            Claim::Held(held) => {
                self.settled.held = Some(held);
                Ok(None)
            }
            Claim::Answered(kept) => Ok(Some(Answer::kept(kept))),
        }
    }

    /// What the request is known by, if it is to be known.
    fn identity(&self) -> Option<Identity> {
        if !self.ids.is_given || self.profile == Profile::Compatible {
            return None;
        }
        let person = self.caller.person.as_ref();
        let acting = person.and_then(|person| person.acting.as_ref());
        Some(Identity::new(
            &self.caller.client.application.client_id,
            self.ids.message()?,
            self.trail.operation,
            acting.map(|acting| acting.profile.as_str()),
            &self.request.body,
        ))
    }

    /// Whether the request was begun before, and may have been done.
    pub(crate) fn is_resumed(&self) -> bool {
        self.settled.held.as_ref().is_some_and(Held::is_resumed)
    }

    /// Notes that this body was uploaded as a document.
    pub(crate) fn remember_upload(&mut self, document: &DocumentId) {
        let client_id = &self.caller.client.application.client_id;
        let (body, at) = (&self.request.body, self.trail.at);
        let mark = self.inner.repeats.uploaded(client_id, document, body, at);
        self.settled.marks.extend(mark);
    }

    /// Whether this body was uploaded as a document before.
    pub(crate) async fn was_uploaded(&self, document: &DocumentId) -> Result<bool, Refusal> {
        let client_id = &self.caller.client.application.client_id;
        let (body, at) = (&self.request.body, self.trail.at);
        let known = self
            .inner
            .repeats
            .was_uploaded(client_id, document, body, at)
            .await;
        known.map_err(|error| storage(&error, self.trail, self.profile))
    }

    /// What the Spine gave cannot be made an answer of.
    pub(crate) fn unusable(&self) -> Refusal {
        match self.profile {
            Profile::Full => {
                let text = "The document that the Spine holds cannot be converted";
                let issue = Issue::error("exception", text, coding::UNKNOWN);
                Refusal::new(502, issue, text)
            }
            Profile::Compatible => Refusal::failure(
                self.profile,
                &self.ids.request,
                "the document cannot be converted",
            ),
        }
    }
}

/// The body is no resource that can be read.
fn unread(error: &FhirError, profile: Profile) -> Refusal {
    let of = match error.kind {
        FhirErrorKind::Malformed | FhirErrorKind::Encoding => coding::NOT_WELL_FORMED,
        _ => coding::INVALID_VALUE,
    };
    let text = match profile {
        Profile::Full => error.rule.clone(),
        Profile::Compatible => error.national_text().unwrap_or_else(|| error.to_string()),
    };
    let mut issue = Issue::error("value", text, of);
    issue.expression = Some(error.expression.clone()).filter(|e| !e.is_empty());
    if error.line > 0 {
        issue.diagnostics = Some(format!("line {}, column {}", error.line, error.column));
    }
    Refusal::new(400, issue, "the body cannot be read")
}
