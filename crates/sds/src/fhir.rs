//! The directory over HTTP, read-only: the resources of the SDS FHIR API (`Device`, `Endpoint`,
//! and `PractitionerRole` as the adaptor of the SCR FHIR API asks for it), and the route look-up of
//! the national message handling adaptor (`/routing`, `/reliability`, `/routing-reliability`).
//!
//! An `apikey` is not needed, and ignored when there: who may connect is for the listener to say.

use std::sync::Arc;

use bytes::Bytes;
use domain::identifier::is_uuid;
use transport::{BoxFuture, Environment, Handler, Request, Response};

use crate::lookup::Lookup;
use crate::users::UserDirectory;
use crate::{Directory, Own};
use outcome::Refusal;
use parameters::Parameters;

mod outcome;
mod parameters;
mod resources;
mod routing;

/// Where the FHIR resources are.
pub const BASE_PATH: &str = "/spine-directory/FHIR/R4";
/// What FHIR answers are.
const FHIR_JSON: &str = "application/fhir+json";
const JSON: &str = "application/json";
/// The id by which a caller follows a request.
const CORRELATION_ID: &str = "X-Correlation-ID";

/// Answers look-ups about the Spine, the registered systems and the users. Behind mutual TLS or
/// plain HTTP alike.
#[derive(Clone)]
pub struct FhirService(Arc<Inner>);

struct Inner {
    own: Own,
    lookup: Lookup,
    users: UserDirectory,
    env: Environment,
}

impl FhirService {
    /// Every path that is answered, for whoever puts the service behind a listener with others.
    pub const PATHS: [&'static str; 9] = [
        "/spine-directory/FHIR/R4/Device",
        "/spine-directory/FHIR/R4/Endpoint",
        "/spine-directory/FHIR/R4/PractitionerRole",
        "/spine-directory/FHIR/R4/healthcheck",
        "/spine-directory/FHIR/R4/healthcheck/deep",
        "/routing",
        "/reliability",
        "/routing-reliability",
        "/healthcheck",
    ];

    /// The directory of this Spine, these systems and these users.
    pub fn new(own: Own, directory: Directory, users: UserDirectory, env: Environment) -> Self {
        Self(Arc::new(Inner {
            lookup: Lookup::new(Some(own.clone()), directory),
            own,
            users,
            env,
        }))
    }

    fn answer(&self, request: &Request) -> Response {
        let inner = &self.0;
        match request.path.as_str() {
            "/routing" => routing::answer(&inner.lookup, request, routing::Parts::Routing),
            "/reliability" => routing::answer(&inner.lookup, request, routing::Parts::Reliability),
            "/routing-reliability" => routing::answer(&inner.lookup, request, routing::Parts::Both),
            "/healthcheck" => healthcheck(request),
            _ => self.fhir(request),
        }
    }

    /// What is under the FHIR base, and every path that is nothing.
    fn fhir(&self, request: &Request) -> Response {
        let given = request.header(CORRELATION_ID).filter(|id| !id.is_empty());
        let valid = given.filter(|id| is_uuid(id));
        let correlation = valid.map_or_else(|| self.0.env.uuid(), str::to_owned);
        let answered = match given.is_some() && valid.is_none() {
            true => Err(Refusal::correlation_id()),
            false => self.resource(request),
        };
        let response = answered.unwrap_or_else(|refusal| {
            tracing::debug!(correlation, path = request.path, %refusal, "look-up refused");
            refusal.response(&correlation)
        });
        response.with_header("x-correlation-id", correlation)
    }

    fn resource(&self, request: &Request) -> Result<Response, Refusal> {
        let path = request
            .path
            .strip_prefix(BASE_PATH)
            .ok_or(Refusal::NotFound)?;
        if !Self::PATHS.contains(&request.path.as_str()) {
            return Err(Refusal::NotFound);
        }
        if request.method != "GET" {
            return Err(Refusal::Method);
        }
        let inner = &self.0;
        match path {
            "/healthcheck" => return Ok(Response::text(200, "")),
            "/healthcheck/deep" => return Ok(deep_healthcheck(&inner.lookup)),
            _ => {}
        }
        let parameters = Parameters::read(&request.query)?;
        let here = self.base_of(request);
        let found = match path {
            "/Device" => {
                let query = parameters.device()?;
                let found = query.map(|query| inner.lookup.devices(&query));
                let found = found.unwrap_or_default();
                found.iter().map(resources::device).collect()
            }
            "/Endpoint" => {
                let query = parameters.endpoint()?;
                let found = query.map(|query| inner.lookup.endpoints(&query));
                let found = found.unwrap_or_default();
                found.iter().map(resources::endpoint).collect::<Vec<_>>()
            }
            _ => {
                let id = parameters.role_profile()?;
                let known = id.and_then(|id| inner.users.role_profile(&id));
                let now = inner.env.now();
                let valid = known.filter(|(_, profile)| profile.valid_at(now));
                let found = valid.iter();
                found
                    .map(|(_, p)| resources::practitioner_role(p))
                    .collect()
            }
        };
        let accepted = accepted(request)?;
        let bundle = resources::bundle(found, &here, &request.query, &inner.env);
        Ok(json(200, accepted, &bundle))
    }

    /// The address by which this resource was asked for.
    fn base_of(&self, request: &Request) -> String {
        let scheme = match request.peer.certificate {
            Some(_) => "https",
            None => "http",
        };
        let is_host = |host: &&str| {
            (1..=255).contains(&host.len())
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
        };
        match request.header("host").filter(is_host) {
            Some(host) => format!("{scheme}://{host}{}", request.path),
            None => format!("{}{}", self.0.own.url.trim_end_matches('/'), request.path),
        }
    }
}

impl Handler for FhirService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move { self.answer(&request) })
    }
}

/// The media type to answer in: the first of the caller's that we have.
fn accepted(request: &Request) -> Result<&'static str, Refusal> {
    let mut ranges = request
        .headers
        .all("accept")
        .flat_map(|line| line.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .peekable();
    if ranges.peek().is_none() {
        return Ok(FHIR_JSON);
    }
    let known = |range: &str| match range.to_ascii_lowercase().as_str() {
        "*/*" | FHIR_JSON => Some(FHIR_JSON),
        JSON => Some(JSON),
        _ => None,
    };
    ranges.find_map(known).ok_or(Refusal::Accept)
}

fn healthcheck(request: &Request) -> Response {
    match request.method.as_str() {
        "GET" => Response::text(200, ""),
        _ => routing::not_get(),
    }
}

/// Whether look-ups are answered from what the files say now. A file that cannot be used is said,
/// but is no reason to send callers elsewhere: the systems known before are served.
fn deep_healthcheck(lookup: &Lookup) -> Response {
    let output = match lookup.is_behind() {
        true => "the changed file of systems cannot be used; the ones known before are served",
        false => "",
    };
    let body = serde_json::json!({
        "status": "pass",
        "details": { "directory": { "status": "pass", "output": output } },
    });
    json(200, JSON, &body)
}

fn json(status: u16, content_type: &'static str, body: &serde_json::Value) -> Response {
    // A value of our own making can always be written.
    let body = serde_json::to_vec_pretty(body).unwrap_or_default();
    Response::new(status, content_type, Bytes::from(body))
}

#[cfg(test)]
mod tests;
