//! Parameters and headers of requests.

use serde_json::{Map, Value, json};

use crate::caller::URID;
use crate::found;
use crate::query::NHS_NUMBER;
use crate::retrieve;
use crate::route::Endpoint;

/// The shape of a UUID in whatever case.
pub(super) const UUID: &str =
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// The patient that all examples are about.
pub(super) const PATIENT: &str = "9990000018";

/// The parameters of an endpoint, its headers among them.
pub(super) fn of(endpoint: Endpoint) -> Value {
    let mut all = match endpoint {
        Endpoint::Find => vec![
            patient("patient"),
            query(
                "type",
                "The type of document.",
                &json!({ "type": "string", "enum": [found::TYPE] }),
            ),
            query(
                "_sort",
                "The newest first; there is only one.",
                &json!({ "type": "string", "enum": ["date"] }),
            ),
            query(
                "_count",
                "How many; there is only one.",
                &json!({ "type": "integer", "enum": [1] }),
            ),
        ],
        Endpoint::Retrieve => vec![
            json!({
                "name": retrieve::IDENTIFIER,
                "in": "query",
                "required": true,
                "description": "The identifier of the document, as `GET /DocumentReference` gives it.",
                "schema": { "type": "string", "pattern": UUID },
                "example": super::examples::DOCUMENT,
            }),
            patient(retrieve::PATIENT),
        ],
        Endpoint::Upload | Endpoint::Alert | Endpoint::SetPermission | Endpoint::Health => {
            Vec::new()
        }
    };
    if endpoint != Endpoint::Health {
        all.push(format());
    }
    let names = ["RoleProfile", "RequestId", "CorrelationId"];
    all.extend(names.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })));
    all.into()
}

fn patient(name: &str) -> Value {
    json!({
        "name": name,
        "in": "query",
        "required": true,
        "description": format!("The patient: `{NHS_NUMBER}`, a pipe and the NHS number."),
        "schema": {
            "type": "string",
            "pattern": format!("^{}\\|[0-9]{{10}}$", NHS_NUMBER.replace('.', "\\.")),
        },
        "example": format!("{NHS_NUMBER}|{PATIENT}"),
    })
}

fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

/// The answer's form, where a client cannot set `Accept`.
pub(super) fn format() -> Value {
    let schema = json!({ "type": "string", "enum": ["json", "xml"] });
    query(
        "_format",
        "The form of the answer, before what `Accept` says.",
        &schema,
    )
}

/// The headers that all endpoints know.
pub(super) fn headers() -> Value {
    let header = |name: &str, description: &str, pattern: &str, example: &str| {
        json!({
            "name": name,
            "in": "header",
            "description": description,
            "schema": { "type": "string", "pattern": pattern },
            "example": example,
        })
    };
    let mut all = Map::new();
    all.insert(
        "RoleProfile".to_owned(),
        header(
            URID,
            "Which of their role profiles the user acts in. Not needed where the token says it, or \
             where there is only one.",
            "^[0-9]+$",
            "999000000025",
        ),
    );
    all.insert(
        "RequestId".to_owned(),
        header(
            "X-Request-ID",
            "A UUID of this request; given back. A request that brings something and comes again \
             with the same id and content is not done again: it gets its first answer.",
            UUID,
            "60e0b220-8136-4ca5-ae46-1d97ef59d068",
        ),
    );
    all.insert(
        "CorrelationId".to_owned(),
        header(
            "X-Correlation-ID",
            "A UUID that stands for several requests; given back.",
            UUID,
            "11c46f5f-cdef-4865-94b2-0ee0edcc26da",
        ),
    );
    all.into()
}
