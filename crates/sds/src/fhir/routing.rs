//! The route look-up of the national message handling adaptor: plain JSON with the names of LDAP.
//!
//! A missing argument is 400; whatever is not found is 500, as the adaptor has it.

use serde_json::{Map, Value, json};
use transport::{Request, Response};

use super::JSON;
use super::parameters::Parameters;
use super::resources::attributes;
use crate::lookup::{AccreditedSystem, DeviceQuery, EndpointQuery, Lookup, MessageHandling};

const ORGANISATION: &str = "org-code";
const SERVICE: &str = "service-id";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// Where messages go, and to whom.
    Routing,
    /// How they are repeated.
    Reliability,
    Both,
}

pub(super) fn answer(lookup: &Lookup, request: &Request, parts: Parts) -> Response {
    if request.method != "GET" {
        return not_get();
    }
    let Ok(parameters) = Parameters::read(&request.query) else {
        return Response::text(400, "the query cannot be read\n");
    };
    if let Some(unknown) = parameters.unknown(&[ORGANISATION, SERVICE]) {
        return Response::text(400, format!("unknown argument {unknown}\n"));
    }
    let required = |name: &str| {
        let missing = || Response::text(400, format!("missing argument {name}\n"));
        parameters.plain(name).ok_or_else(missing)
    };
    let (organisation, service) = match (required(ORGANISATION), required(SERVICE)) {
        (Ok(organisation), Ok(service)) => (organisation, service),
        (Err(missing), _) | (_, Err(missing)) => return missing,
    };
    let Some((system, endpoint)) = route(lookup, organisation, service) else {
        tracing::info!(organisation, service, "no route");
        return Response::text(500, "no such route is in the directory\n");
    };
    let mut body = Map::new();
    if parts != Parts::Reliability {
        body.extend(routing(&system, &endpoint));
    }
    if parts != Parts::Routing {
        body.extend(reliability(&endpoint));
    }
    super::json(200, JSON, &Value::Object(body))
}

pub(super) fn not_get() -> Response {
    Response::text(405, "only GET\n").with_header("allow", "GET")
}

/// The first accredited system of the organisation for the service, and its endpoint.
fn route(
    lookup: &Lookup,
    organisation: &str,
    service: &str,
) -> Option<(AccreditedSystem, MessageHandling)> {
    let systems = lookup.devices(&DeviceQuery {
        organisation: organisation.parse().ok()?,
        service_interaction: service.to_owned(),
        party_key: None,
        manufacturer: None,
    });
    let system = systems
        .into_iter()
        .find(|system| system.party_key.is_some())?;
    let endpoints = lookup.endpoints(&EndpointQuery {
        organisation: None,
        service_interaction: Some(service.to_owned()),
        party_key: system.party_key.clone(),
    });
    let endpoint = endpoints.into_iter().next()?;
    Some((system, endpoint))
}

fn routing(system: &AccreditedSystem, endpoint: &MessageHandling) -> Map<String, Value> {
    let mut routing = attributes(&[
        ("nhsMhsFQDN", Some(endpoint.fqdn.clone())),
        ("nhsMHSPartyKey", Some(endpoint.party_key.to_string())),
        ("nhsMhsCPAId", Some(endpoint.cpa_id.clone())),
    ]);
    routing.insert("nhsMHSEndPoint".to_owned(), json!([endpoint.address]));
    routing.insert("uniqueIdentifier".to_owned(), json!([system.asid]));
    routing
}

fn reliability(endpoint: &MessageHandling) -> Map<String, Value> {
    let contract = &endpoint.contract;
    let some = |text: &str| Some(text.to_owned());
    attributes(&[
        (
            "nhsMHSSyncReplyMode",
            contract.sync_reply_mode.and_then(some),
        ),
        ("nhsMHSRetryInterval", contract.retry_interval.clone()),
        ("nhsMHSRetries", contract.retries.map(|n| n.to_string())),
        ("nhsMHSPersistDuration", contract.persist_duration.clone()),
        (
            "nhsMHSDuplicateElimination",
            some(contract.duplicate_elimination),
        ),
        ("nhsMHSAckRequested", some(contract.ack_requested)),
    ])
}
