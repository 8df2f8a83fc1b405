//! What may be answered: each status with its headers, and examples that come from the very
//! functions that refuse.

use serde_json::{Map, Value, json};

use super::bodies::reference;
use super::examples::{self, Example};
use super::{is_for_applications, place_of};
use crate::media::{FHIR_JSON, FHIR_XML, JSON};
use crate::outcome::Refusal;
use crate::route::Endpoint;
use conversion::Profile;

mod refusals;

/// The answers of an endpoint by status.
pub(super) fn of(endpoint: Endpoint) -> Value {
    let mut all = Map::new();
    let mut add = |status: u16, answer: Value| all.insert(status.to_string(), answer);
    match endpoint {
        Endpoint::Find => add(
            200,
            resource(
                "A searchset with one DocumentReference and the Patient, or with nothing.",
                &reference("Searchset"),
                Some(&[&examples::FOUND, &examples::NOTHING]),
            ),
        ),
        Endpoint::Retrieve => add(
            200,
            resource(
                "A searchset with the document, or with nothing.",
                &reference("Searchset"),
                Some(&[&examples::RETRIEVED, &examples::NOTHING]),
            ),
        ),
        Endpoint::Upload => add(
            201,
            resource(
                "The document is filed. The body is empty, or tells what stays in the presentation \
                 text alone.",
                &reference("Outcome"),
                None,
            ),
        ),
        Endpoint::Alert => add(
            201,
            empty("The alert is with the Spine. The body is empty."),
        ),
        Endpoint::SetPermission => add(201, empty("The permission is set. The body is empty.")),
        Endpoint::Health => add(
            200,
            json(
                "The service works.",
                &reference("Health"),
                &json!({ "status": "UP" }),
            ),
        ),
    };
    for group in refusals::of(endpoint, is_restricted(endpoint)) {
        let mut answer = refusal(&group);
        if (endpoint, group.status) == (Endpoint::Health, 503) {
            let down = json!({ "status": "DOWN" });
            answer["content"][JSON] = json!({ "schema": reference("Health"), "example": down });
        }
        add(group.status, answer);
    }
    all.into()
}

fn is_restricted(endpoint: Endpoint) -> bool {
    let (method, path) = place_of(endpoint);
    !is_for_applications(method, path)
}

/// A resource, in both forms.
pub(super) fn resource(description: &str, schema: &Value, examples: Option<&[&Example]>) -> Value {
    let mut json = json!({ "schema": schema });
    let mut xml = json!({ "schema": { "type": "string" } });
    for example in examples.unwrap_or_default() {
        json["examples"][example.name] = example.reference();
        let text = json!({ "summary": example.summary, "value": example.xml() });
        xml["examples"][example.name] = text;
    }
    json!({
        "description": description,
        "headers": mirrored(),
        "content": { FHIR_JSON: json, FHIR_XML: xml },
    })
}

/// A resource that is given without a token, and so without the ids of a request.
pub(super) fn statement(description: &str, schema: &Value) -> Value {
    json!({
        "description": description,
        "content": {
            FHIR_JSON: { "schema": schema },
            FHIR_XML: { "schema": { "type": "string" } },
        },
    })
}

/// Plain JSON.
pub(super) fn json(description: &str, schema: &Value, example: &Value) -> Value {
    json!({
        "description": description,
        "content": { JSON: { "schema": schema, "example": example } },
    })
}

fn empty(description: &str) -> Value {
    json!({ "description": description, "headers": mirrored() })
}

/// Refusals that have one status.
struct Group {
    status: u16,
    /// When it is so.
    when: String,
    /// Each with what it shows.
    refusals: Vec<(&'static str, Refusal)>,
    /// More that have headers to tell of.
    hints: Vec<Refusal>,
}

fn refusal(group: &Group) -> Value {
    let mut headers = mirrored();
    let refusals = group.refusals.iter().map(|(_, refusal)| refusal);
    for (name, _) in refusals
        .chain(&group.hints)
        .flat_map(|refusal| &refusal.headers)
    {
        let known = [
            ("www-authenticate", "WWW-Authenticate"),
            ("retry-after", "Retry-After"),
        ];
        if let Some((_, name)) = known.iter().find(|(lower, _)| lower == name) {
            headers[*name] = header_reference(name);
        }
    }
    let mut examples = Map::new();
    for (at, (summary, refusal)) in group.refusals.iter().enumerate() {
        let value: Value = serde_json::from_slice(&refusal.json(Profile::Full)).unwrap_or_default();
        let name = format!("{}-{}", group.status, at + 1);
        examples.insert(name, json!({ "summary": summary, "value": value }));
    }
    let mut content = json!({ "schema": reference("Outcome") });
    if !examples.is_empty() {
        content["examples"] = examples.into();
    }
    json!({
        "description": group.when,
        "headers": headers,
        "content": {
            FHIR_JSON: content,
            FHIR_XML: { "schema": { "type": "string" } },
        },
    })
}

/// The headers of every answer to a call with a token.
fn mirrored() -> Value {
    json!({
        "X-Request-ID": header_reference("X-Request-ID"),
        "X-Correlation-ID": header_reference("X-Correlation-ID"),
    })
}

fn header_reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The headers of answers.
pub(super) fn headers() -> Value {
    let text =
        |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "X-Request-ID": text("The id of the request, as it was given or as it was made here."),
        "X-Correlation-ID": text("The correlation id, as it was given or as it was made here."),
        "WWW-Authenticate": text("`Bearer`, and what is wrong with the token."),
        "Retry-After": {
            "description": "After how many seconds to send the request again.",
            "schema": { "type": "integer" },
        },
    })
}
