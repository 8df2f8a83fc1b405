//! The operations: one for each method of each endpoint.

use serde_json::{Value, json};

use super::{answers, bodies, examples, is_for_applications, parameters, place_of};
use crate::route::Endpoint;

/// The order in which operations are shown within their group.
const ORDER: [Endpoint; 6] = [
    Endpoint::Find,
    Endpoint::Retrieve,
    Endpoint::Upload,
    Endpoint::SetPermission,
    Endpoint::Alert,
    Endpoint::Health,
];

/// What is said of an endpoint.
struct Words {
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
}

const fn words(endpoint: Endpoint) -> Words {
    let (id, tag, summary, description) = match endpoint {
        Endpoint::Find => (
            "findDocumentReference",
            "Records",
            "Get the identifier of a patient's record",
            "Which GP Summary is the patient's current one, and may it be viewed? The answer is a \
             searchset with one DocumentReference, or with none.\n\n\
             `masterIdentifier` is the identifier of the document, which `GET /Bundle` and the \
             `relatesTo` of an upload want. `securityLabel` is the permission to view: with `Ask` \
             the patient is to be asked first; `No` means that the patient does not consent.",
        ),
        Endpoint::Retrieve => (
            "getBundle",
            "Records",
            "Get a record",
            "A GP Summary as a searchset: its Composition, and a resource for every entry. Any \
             version can be asked for by its identifier. An identifier that is not the patient's \
             finds nothing.\n\n\
             The sections of the Composition hold the presentation text, whole and as it was \
             written. What R4 cannot express is in the text alone, and the answer says so.",
        ),
        Endpoint::Upload => (
            "uploadBundle",
            "Records",
            "Upload a record",
            "A bundle of type `document` becomes the patient's GP Summary. An update names the \
             document that it replaces in `Composition.relatesTo`; get that identifier first.\n\n\
             The request is answered when the Spine has filed the document. After a 504 it is not \
             known whether it has: send the same request again with the same `X-Request-ID`.",
        ),
        Endpoint::Alert => (
            "raiseAlert",
            "Privacy alerts",
            "Raise a privacy alert",
            "Tells the privacy officer of the organisation that a record was viewed without the \
             patient's permission, or that a relationship was claimed.\n\n\
             - Type `1` (a relationship was claimed) goes with the reasons 1, 2, 3, 4 and 6.\n\
             - Type `2` (access alert) goes with the reasons 1, 2, 3 and 5.",
        ),
        Endpoint::SetPermission => (
            "setPermission",
            "Consent",
            "Set the permission to view",
            "Sets whether the patient's record may be viewed: `Yes`, `No` or `Ask`.",
        ),
        Endpoint::Health => (
            "healthcheck",
            "About the service",
            "Ask whether the service works",
            "Whether the service and what it depends on work.",
        ),
    };
    Words {
        id,
        tag,
        summary,
        description,
    }
}

/// The operation of an endpoint.
pub(super) fn of(endpoint: Endpoint) -> Value {
    let Words {
        id,
        tag,
        summary,
        description,
    } = words(endpoint);
    let (method, path) = place_of(endpoint);
    let access = match is_for_applications(method, path) {
        true => "Access: user-restricted or application-restricted.",
        false => "Access: user-restricted only.",
    };
    let mut operation = json!({
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "description": format!("{description}\n\n{access}"),
        "security": [{ "token": [] }],
        "parameters": parameters::of(endpoint),
        "responses": answers::of(endpoint),
        "x-order": ORDER.iter().position(|of| *of == endpoint),
    });
    if let Some(body) = bodies::of(endpoint) {
        operation["requestBody"] = body;
    }
    operation
}

/// The operations that need no token.
pub(super) fn open() -> Vec<(&'static str, Value)> {
    let operation = |id: &str, summary: &str, description: &str, answer: Value| {
        json!({
            "operationId": id,
            "tags": ["About the service"],
            "summary": summary,
            "description": description,
            "security": [],
            "responses": { "200": answer },
        })
    };
    let with_head = |operation: Value, id: &str| {
        let mut head = operation.clone();
        head["operationId"] = id.into();
        head["responses"]["200"] = json!({ "description": "As to GET, without a body." });
        json!({ "get": operation, "head": head })
    };
    let ping = operation(
        "ping",
        "Ask whether the API is there",
        "Tells the version.",
        answers::json(
            "The API is there.",
            &bodies::reference("Ping"),
            &examples::ping(),
        ),
    );
    let mut status = operation(
        "status",
        "Ask for the status",
        "Whether the API and what is behind it work. It needs the key that is configured for it.",
        answers::json(
            "The status.",
            &bodies::reference("Status"),
            &examples::status(),
        ),
    );
    status["security"] = json!([{ "apikey": [] }]);
    status["responses"]["401"] = json!({
        "description": "The key is wrong, or none is configured.",
        "content": { "text/plain": { "schema": { "type": "string" } } },
    });
    let mut metadata = operation(
        "metadata",
        "Get the CapabilityStatement",
        "What this server can do, as FHIR servers tell it.",
        answers::statement("The statement.", &bodies::reference("CapabilityStatement")),
    );
    metadata["parameters"] = json!([parameters::format()]);
    for (status, description) in [
        ("400", "A query parameter is not known, or is there twice."),
        (
            "406",
            "Neither FHIR JSON nor FHIR XML is accepted; in FHIR JSON.",
        ),
    ] {
        let refusal = answers::statement(description, &bodies::reference("Outcome"));
        metadata["responses"][status] = refusal;
    }
    let mut status = with_head(status, "statusHead");
    status["head"]["responses"]["401"] = json!({ "description": "As to GET." });
    vec![
        ("/_ping", with_head(ping, "pingHead")),
        ("/_status", status),
        ("/metadata", json!({ "get": metadata })),
    ]
}
