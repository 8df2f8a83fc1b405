//! What requests bring: the resource that an endpoint takes, and what it must have.

use serde_json::{Map, Value, json};

use super::examples::{self, Example};
use super::parameters::UUID;
use crate::media::{FHIR_JSON, FHIR_XML};
use crate::route::Endpoint;
use domain::alert::{AlertReason, AlertType};
use fhir::system;

/// The place of a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{}{name}", fhir::schema::PLACE) })
}

/// The body of an endpoint that has one.
pub(super) fn of(endpoint: Endpoint) -> Option<Value> {
    let (schema, examples, description): (&str, &[&Example], &str) = match endpoint {
        Endpoint::Upload => (
            "UploadBundle",
            &[&examples::FIRST_UPLOAD, &examples::UPLOAD],
            "A bundle of type `document` with one Composition, one Patient, and a resource for \
             every coded entry. Resources refer to each other as `Type/id` or by `fullUrl`.",
        ),
        Endpoint::Alert => (
            "Alert",
            &[&examples::ALERT],
            "An AuditEvent with one agent each for the patient, the organisation and the user.",
        ),
        Endpoint::SetPermission => (
            "Permission",
            &[&examples::PERMISSION],
            "Parameters with the patient's NHS number and the new permission.",
        ),
        Endpoint::Find | Endpoint::Retrieve | Endpoint::Health => return None,
    };
    let named = |of: &dyn Fn(&Example) -> Value| -> Map<String, Value> {
        let examples = examples.iter();
        examples
            .map(|example| (example.name.to_owned(), of(example)))
            .collect()
    };
    let xml = |example: &Example| json!({ "summary": example.summary, "value": example.xml() });
    Some(json!({
        "required": true,
        "description": description,
        "content": {
            FHIR_JSON: {
                "schema": reference(schema),
                "examples": named(&Example::reference),
            },
            FHIR_XML: {
                "schema": { "type": "string" },
                "examples": named(&xml),
            },
        },
    }))
}

/// The schemas beside those of R4.
pub(super) fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, schema: Value| all.insert(name.to_owned(), schema);
    add("UploadBundle", upload());
    add("Alert", alert());
    add("Permission", permission());
    add("Searchset", searchset());
    add("Outcome", outcome());
    add("Ping", ping(json!({})));
    add("Status", ping(status()));
    add("Health", health());
    all
}

fn of_type(resource: &str, rules: Value) -> Value {
    let mut rules = rules;
    rules["type"] = "object".into();
    json!({ "allOf": [reference(resource), rules] })
}

fn identifier(system: &str, value: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["system", "value"],
        "properties": { "system": { "type": "string", "enum": [system] }, "value": value },
    })
}

fn upload() -> Value {
    let uuid = json!({ "type": "string", "pattern": UUID });
    of_type(
        "Bundle",
        json!({
            "description": "A bundle that is uploaded.",
            "required": ["identifier", "type", "timestamp", "entry"],
            "properties": {
                "identifier": identifier(system::UUID, &uuid),
                "type": { "type": "string", "enum": ["document"] },
            },
        }),
    )
}

fn alert() -> Value {
    let types: Vec<&str> = AlertType::ALL.iter().map(|of| of.code()).collect();
    let reasons: Vec<&str> = AlertReason::ALL.iter().map(|of| of.code()).collect();
    let coding = |of: &str, codes: &[&str]| {
        json!({
            "type": "object",
            "required": ["system", "code", "display"],
            "properties": {
                "system": { "type": "string", "enum": [of] },
                "code": { "type": "string", "enum": codes },
            },
        })
    };
    let agents = [system::NHS_NUMBER, system::ODS, system::SDS_USER];
    of_type(
        "AuditEvent",
        json!({
            "description": "A privacy alert.",
            "required": ["id", "extension", "type", "subtype", "recorded", "agent", "entity"],
            "properties": {
                "extension": {
                    "type": "array",
                    "minItems": 1,
                    "description": format!(
                        "One of them has the url `{}` and the text of the alert as `valueString`.",
                        system::NOTIFICATION_MESSAGE
                    ),
                },
                "type": coding(system::ALERT_TYPE, &types),
                "subtype": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": coding(system::ALERT_REASON, &reasons),
                },
                "agent": {
                    "type": "array",
                    "minItems": agents.len(),
                    "description": format!(
                        "One each with `who.identifier.system` `{}`; the last has a role. None of them \
                         is the requestor.",
                        agents.join("`, `")
                    ),
                    "items": { "type": "object", "required": ["who", "requestor"] },
                },
                "entity": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": { "type": "object", "required": ["what"] },
                },
            },
        }),
    )
}

fn permission() -> Value {
    let part = |name: &str, value: &str, of: Value| {
        json!({
            "type": "object",
            "required": ["name", value],
            "properties": { "name": { "type": "string", "enum": [name] }, value: of },
        })
    };
    let number = json!({ "type": "string", "pattern": "^[0-9]{10}$" });
    let code = json!({
        "type": "object",
        "required": ["system", "code"],
        "properties": {
            "system": { "type": "string", "enum": [system::ACS_PERMISSION] },
            "code": { "type": "string", "enum": ["Yes", "No", "Ask"] },
        },
    });
    of_type(
        "Parameters",
        json!({
            "description": "The permission to view that is set.",
            "required": ["parameter"],
            "properties": {
                "parameter": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["name", "part"],
                        "properties": {
                            "name": { "type": "string", "enum": ["setPermissions"] },
                            "part": {
                                "type": "array",
                                "minItems": 2,
                                "maxItems": 2,
                                "items": { "anyOf": [
                                    part("nhsNumber", "valueString", number),
                                    part("permissionCode", "valueCoding", code),
                                ] },
                            },
                        },
                    },
                },
            },
        }),
    )
}

fn searchset() -> Value {
    of_type(
        "Bundle",
        json!({
            "description": "What was found.",
            "required": ["id", "type", "total"],
            "properties": {
                "type": { "type": "string", "enum": ["searchset"] },
                "entry": {
                    "type": "array",
                    "items": { "type": "object", "required": ["fullUrl", "resource"] },
                },
            },
        }),
    )
}

fn outcome() -> Value {
    of_type(
        "OperationOutcome",
        json!({
            "description": "Why a request is not done, or what is to be known of one that is.",
            "required": ["issue"],
            "properties": {
                "issue": {
                    "type": "array",
                    "items": { "type": "object", "required": ["severity", "code", "details"] },
                },
            },
        }),
    )
}

fn ping(more: Value) -> Value {
    let text = json!({ "type": "string" });
    let mut properties = json!({
        "version": text,
        "revision": text,
        "releaseId": text,
        "commitId": text,
    });
    if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
        properties.extend(more);
    }
    let required: Vec<String> = properties
        .as_object()
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn status() -> Value {
    let pass = json!({ "type": "string", "enum": ["pass", "fail"] });
    json!({
        "status": pass,
        "checks": {
            "type": "object",
            "required": ["healthcheckService:status"],
            "properties": {
                "healthcheckService:status": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["status", "timeout", "responseCode", "outcome", "links"],
                        "properties": {
                            "status": pass,
                            "timeout": { "type": "string", "enum": ["true", "false"] },
                            "responseCode": { "type": "integer" },
                            "outcome": {},
                            "links": {
                                "type": "object",
                                "properties": { "self": { "type": "string" } },
                            },
                        },
                    },
                },
            },
        },
    })
}

fn health() -> Value {
    json!({
        "type": "object",
        "required": ["status"],
        "properties": { "status": { "type": "string", "enum": ["UP", "DOWN"] } },
    })
}
