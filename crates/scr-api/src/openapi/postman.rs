//! A Postman collection (format 2.1) and its environment, from the same examples as the OpenAPI
//! document. The requests run in their order against `minispine up`, each with its tests.
//!
//! The scripts keep to a few forms, one statement a line, so that other programs than Postman can
//! follow them.

mod scripts;

use serde_json::{Value, json};

use super::examples::{self, Example};
use super::place_of;
use crate::media::FHIR_JSON;
use crate::query::NHS_NUMBER;
use crate::route::Endpoint;
use scripts::{Script, equal, is, keep, status};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
/// Ids of the two files, made once.
const COLLECTION_ID: &str = "0b6d1c52-1f5c-4e7a-9a53-5c8f2d7e4b61";
const ENVIRONMENT_ID: &str = "7e3a9f40-52d8-4c1b-b0c6-9d1e6a2f8c35";

/// What a user fills in: name, value, whether it is a secret.
const ENVIRONMENT: [(&str, &str, bool); 7] = [
    (
        "base_url",
        "http://127.0.0.1:14433/summary-care-record/FHIR/R4",
        false,
    ),
    ("user_token", "", true),
    ("application_token", "", true),
    ("patient", "9990000018", false),
    ("ods", "Y90001", false),
    ("user_id", "999000000017", false),
    ("role_profile_id", "999000000025", false),
];

const DESCRIPTION: &str = "\
Every call of the Summary Care Record FHIR API, to run in order against `minispine up`.

Take the environment beside it, and fill in what `minispine up --json` prints: `base_url` and \
`patient`. The tokens are what `minispine token` and `minispine token --application` print.";

/// The environment.
pub fn environment() -> String {
    let value = |(key, value, is_secret): &(&str, &str, bool)| {
        let kind = if *is_secret { "secret" } else { "default" };
        json!({ "key": key, "value": value, "type": kind, "enabled": true })
    };
    super::pretty(&json!({
        "id": ENVIRONMENT_ID,
        "name": "minispine up",
        "values": ENVIRONMENT.iter().map(value).collect::<Vec<_>>(),
        "_postman_variable_scope": "environment",
    }))
}

/// The collection.
pub fn collection() -> String {
    let names = ["scr_id", "document_id", "bundle_id", "alert_id", "now"];
    let variables = names.map(|key| json!({ "key": key, "value": "" }));
    super::pretty(&json!({
        "info": {
            "_postman_id": COLLECTION_ID,
            "name": "Summary Care Record FHIR API",
            "description": DESCRIPTION,
            "schema": SCHEMA,
        },
        "auth": bearer("user_token"),
        "variable": variables,
        "item": [
            folder("Records", records()),
            folder("Consent", consent()),
            folder("Privacy alerts", alerts()),
            folder("Refusals", refusals()),
            folder("About the service", about()),
        ],
    }))
}

fn folder(name: &str, items: Vec<Value>) -> Value {
    json!({ "name": name, "item": items })
}

fn bearer(variable: &str) -> Value {
    json!({
        "type": "bearer",
        "bearer": [{ "key": "token", "value": format!("{{{{{variable}}}}}"), "type": "string" }],
    })
}

/// A request that is being written.
struct Call {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<String>,
    auth: Option<Value>,
    before: Script,
    tests: Script,
}

impl Call {
    fn new(name: &'static str, (method, path): (&'static str, &'static str)) -> Self {
        Self {
            name,
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            auth: None,
            before: Vec::new(),
            tests: Vec::new(),
        }
    }

    fn to(name: &'static str, endpoint: Endpoint) -> Self {
        Self::new(name, place_of(endpoint))
    }

    fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn body(self, body: String) -> Self {
        let mut call = self.header("Content-Type", FHIR_JSON);
        call.body = Some(body);
        call
    }

    fn auth(mut self, auth: Value) -> Self {
        self.auth = Some(auth);
        self
    }

    fn before(mut self, script: Script) -> Self {
        self.before = script;
        self
    }

    fn expect(mut self, script: impl IntoIterator<Item = String>) -> Value {
        self.tests.extend(script);
        self.item()
    }

    fn item(self) -> Value {
        let pair = |name: &str, value: &str| json!({ "key": name, "value": value });
        let query: Vec<Value> = self
            .query
            .iter()
            .map(|(name, value)| pair(name, value))
            .collect();
        let written: Vec<String> = self.query.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut raw = format!("{{{{base_url}}}}{}", self.path);
        let mut url = json!({
            "host": ["{{base_url}}"],
            "path": self.path.trim_start_matches('/').split('/').collect::<Vec<_>>(),
        });
        if !query.is_empty() {
            raw.push('?');
            raw.push_str(&written.join("&"));
            url["query"] = query.into();
        }
        url["raw"] = raw.into();
        let mut request = json!({
            "method": self.method,
            "header": self.headers.iter().map(|(n, v)| pair(n, v)).collect::<Vec<_>>(),
            "url": url,
        });
        if let Some(body) = self.body {
            request["body"] = json!({
                "mode": "raw",
                "raw": body,
                "options": { "raw": { "language": "json" } },
            });
        }
        if let Some(auth) = self.auth {
            request["auth"] = auth;
        }
        let event = |listen: &str, lines: &Script| json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } });
        let mut events = Vec::new();
        if !self.before.is_empty() {
            events.push(event("prerequest", &self.before));
        }
        events.push(event("test", &self.tests));
        json!({ "name": self.name, "request": request, "event": events, "response": [] })
    }
}

fn patient() -> String {
    format!("{NHS_NUMBER}|{{{{patient}}}}")
}

fn find(name: &'static str) -> Call {
    Call::to(name, Endpoint::Find).query("patient", patient())
}

fn get(name: &'static str, id: &str) -> Call {
    Call::to(name, Endpoint::Retrieve)
        .query(crate::retrieve::IDENTIFIER, id)
        .query(crate::retrieve::PATIENT, patient())
}

/// The path in the answer to the identifier of the record.
const IDENTIFIER: &str = "entry[0].resource.masterIdentifier.value";

fn records() -> Vec<Value> {
    vec![
        find("Get the identifier of the record").expect([
            status(200),
            is("resourceType", "\"Bundle\""),
            is("total", "1"),
            keep("scr_id", IDENTIFIER),
        ]),
        get("Get the record", "{{scr_id}}").expect([
            status(200),
            is("type", "\"searchset\""),
            is("entry[0].resource.resourceType", "\"Composition\""),
        ]),
        Call::to("Upload a new version", Endpoint::Upload)
            .header("X-Request-ID", "{{$guid}}")
            .body(upload())
            .before(scripts::new_document())
            .expect([status(201)]),
        find("Get the identifier of the new version")
            .expect([status(200), equal(IDENTIFIER, "document_id")]),
        get("Get the new version", "{{document_id}}").expect([
            status(200),
            equal("entry[0].resource.identifier.value", "document_id"),
        ]),
        get("Get the version before", "{{scr_id}}").expect([
            status(200),
            equal("entry[0].resource.identifier.value", "scr_id"),
        ]),
        find("Get the identifier without a user")
            .auth(bearer("application_token"))
            .expect([status(200), is("total", "1")]),
        find("Get the identifier in FHIR XML")
            .header("Accept", "application/fhir+xml")
            .expect([status(200)]),
    ]
}

fn consent() -> Vec<Value> {
    let set = |name: &'static str, code: &str| {
        Call::to(name, Endpoint::SetPermission)
            .body(permission(code))
            .expect([status(201)])
    };
    vec![
        set("The patient does not consent", "No"),
        find("The record may not be viewed")
            .expect([status(403), is("issue[0].code", "\"forbidden\"")]),
        set("The patient is to be asked", "Ask"),
        find("The record may be viewed").expect([status(200), is("total", "1")]),
    ]
}

fn alerts() -> Vec<Value> {
    vec![
        Call::to("Raise an alert", Endpoint::Alert)
            .header("X-Request-ID", "{{$guid}}")
            .body(alert())
            .before(scripts::new_alert())
            .expect([status(201)]),
    ]
}

fn refusals() -> Vec<Value> {
    let issue = |code: &str| is("issue[0].code", &format!("\"{code}\""));
    vec![
        find("Without a token")
            .auth(json!({ "type": "noauth" }))
            .expect([status(401), issue("forbidden")]),
        Call::to("A wrong NHS number", Endpoint::Find)
            .query("patient", format!("{NHS_NUMBER}|9990000019"))
            .expect([status(400), issue("value")]),
        find("A parameter that is not known")
            .query("colour", "blue")
            .expect([status(400), issue("value")]),
        Call::to("An alert without a user", Endpoint::Alert)
            .body(alert())
            .before(scripts::new_alert())
            .auth(bearer("application_token"))
            .expect([status(403), issue("forbidden")]),
        Call::new(
            "A method that there is not",
            ("DELETE", place_of(Endpoint::Retrieve).1),
        )
        .expect([status(405), issue("not-supported")]),
    ]
}

fn about() -> Vec<Value> {
    let open = |name, path| Call::new(name, ("GET", path)).auth(json!({ "type": "noauth" }));
    vec![
        open("Is it there?", "/_ping").expect([status(200)]),
        open("What can it do?", "/metadata")
            .expect([status(200), is("resourceType", "\"CapabilityStatement\"")]),
        Call::to("Does it work?", Endpoint::Health).expect([status(200), is("status", "\"UP\"")]),
    ]
}

/// An example with variables in some places.
fn with(example: &Example, places: &[(&str, &str)]) -> String {
    let mut value = example.value();
    for (pointer, variable) in places {
        if let Some(place) = value.pointer_mut(pointer) {
            *place = (*variable).into();
        }
    }
    super::pretty(&value)
}

fn upload() -> String {
    let text = with(
        &examples::UPLOAD,
        &[
            ("/identifier/value", "{{bundle_id}}"),
            ("/timestamp", "{{now}}"),
            ("/entry/0/resource/identifier/value", "{{document_id}}"),
            ("/entry/0/resource/meta/lastUpdated", "{{now}}"),
            ("/entry/0/resource/date", "{{now}}"),
            (
                "/entry/0/resource/relatesTo/0/targetIdentifier/value",
                "{{scr_id}}",
            ),
            (
                "/entry/1/resource/identifier/0/value",
                "{{role_profile_id}}",
            ),
            ("/entry/2/resource/identifier/0/value", "{{user_id}}"),
        ],
    );
    text.replace(super::parameters::PATIENT, "{{patient}}")
}

fn permission(code: &str) -> String {
    let places = [
        ("/parameter/0/part/0/valueString", "{{patient}}"),
        ("/parameter/0/part/1/valueCoding/code", code),
    ];
    with(&examples::PERMISSION, &places)
}

fn alert() -> String {
    with(
        &examples::ALERT,
        &[
            ("/id", "{{alert_id}}"),
            ("/recorded", "{{now}}"),
            ("/agent/0/who/identifier/value", "{{patient}}"),
            ("/agent/1/who/identifier/value", "{{ods}}"),
            ("/agent/2/who/identifier/value", "{{user_id}}"),
            ("/entity/0/what/identifier/value", "{{alert_id}}"),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_known() {
        let texts = [upload(), permission("Ask"), alert(), collection()];
        for text in texts {
            for rest in text.split("{{").skip(1) {
                let name = rest.split("}}").next().unwrap_or_default();
                let in_environment = ENVIRONMENT.iter().any(|(known, ..)| *known == name);
                let in_collection = [
                    "scr_id",
                    "document_id",
                    "bundle_id",
                    "alert_id",
                    "now",
                    "$guid",
                ];
                assert!(in_environment || in_collection.contains(&name), "{name}");
            }
        }
        for variable in [
            "{{bundle_id}}",
            "{{document_id}}",
            "{{scr_id}}",
            "{{user_id}}",
            "{{patient}}",
        ] {
            assert!(upload().contains(variable), "{variable}");
        }
    }

    #[test]
    fn every_endpoint_is_called() {
        let collection = collection();
        for (path, _) in crate::route::TABLE {
            assert!(
                collection.contains(&format!("{{{{base_url}}}}{path}")),
                "{path}"
            );
        }
    }
}
