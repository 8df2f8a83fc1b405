//! OpenAPI 3 of exactly what this API does, and a page to try it with.
//!
//! The document is made in code, from what the service itself goes by: the table of endpoints, the
//! names of parameters, the media types, the scopes, the functions that refuse, and the table of
//! R4's elements. It describes the full profile. `minispine docs openapi` prints it, a copy of it
//! is kept in the repository, and the lint compares the two.

mod answers;
mod bodies;
mod examples;
mod operations;
mod page;
mod parameters;
mod postman;

use serde_json::{Map, Value, json};

use crate::access::SCOPES;
use crate::route::Endpoint;

pub(crate) use page::open;
pub use postman::{collection as postman_collection, environment as postman_environment};

/// The resources whose elements are described.
const RESOURCES: [&str; 22] = [
    "AllergyIntolerance",
    "AuditEvent",
    "Bundle",
    "CapabilityStatement",
    "Communication",
    "Composition",
    "Condition",
    "Device",
    "DocumentReference",
    "Encounter",
    "Location",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "OperationOutcome",
    "Organization",
    "Parameters",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "RelatedPerson",
];

const DESCRIPTION: &str = "\
Summary Care Records of England in FHIR R4: find, get and upload a GP Summary, set a patient's \
consent, and raise privacy alerts. The paths, parameters, headers and texts are those of the \
national API of this name, version 3.

What differs from it, for the better: every version of a summary can be got, not only the latest; \
every entry of a summary is mapped; parameters that are not known are refused; NHS numbers are \
checked; all rules that a request breaks are told at once, each with the place; FHIR XML is taken and \
given as well as JSON.

A resource may hold any element of R4 beside those that are described here, and the ids and \
extensions of primitives (`_birthDate`). An element that R4 does not have is refused.

Nobody in the examples is real.";

/// The document.
pub fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Summary Care Record FHIR API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "servers": [{
            "url": crate::BASE_PATH,
            "description": "Where this document is served from. The compatible profile, which \
                            answers as the national adaptor does, is not described here.",
        }],
        "tags": tags(),
        "paths": paths(),
        "components": {
            "securitySchemes": security_schemes(),
            "schemas": schemas(),
            "parameters": parameters::headers(),
            "headers": answers::headers(),
            "examples": examples::all(),
        },
    })
}

/// The document as text, as it is served and checked in.
pub fn text() -> String {
    pretty(&document())
}

pub(crate) fn pretty(value: &Value) -> String {
    // Plain data, so writing it does not fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// The groups, in the order in which they are shown.
const TAGS: [(&str, &str); 4] = [
    ("Records", "Find, get and upload GP Summaries."),
    ("Consent", "Whether the patient lets the record be viewed."),
    ("Privacy alerts", "Tell the privacy officer of an access."),
    (
        "About the service",
        "Whether it is there, and what it can do.",
    ),
];

fn tags() -> Value {
    let tag =
        |(name, description): &(&str, &str)| json!({ "name": name, "description": description });
    TAGS.iter().map(tag).collect()
}

fn paths() -> Value {
    let mut paths = Map::new();
    for (path, methods) in crate::route::TABLE {
        let item: Map<String, Value> = methods
            .iter()
            .map(|(method, endpoint)| (method.to_ascii_lowercase(), operations::of(*endpoint)))
            .collect();
        paths.insert(path.to_owned(), item.into());
    }
    for (path, item) in operations::open() {
        paths.insert(path.to_owned(), item);
    }
    paths.into()
}

fn schemas() -> Value {
    let mut schemas: Map<String, Value> = fhir::schema::schemas(&RESOURCES).into_iter().collect();
    schemas.extend(bodies::schemas());
    schemas.into()
}

/// The two ways of access, as scopes of one token.
fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": format!(
                "A signed JWT of an issuer that is configured, with one of the scopes `{}`. With \
                 the first, which is application-restricted, records can be found, got and \
                 uploaded; the others are of a user who is logged in. `minispine token` prints \
                 one for `minispine up`.",
                SCOPES.join("`, `"),
            ),
        },
        "apikey": {
            "type": "apiKey",
            "in": "header",
            "name": "apikey",
            "description": "The key that is configured for `_status`.",
        },
    })
}

/// Whether an application may make the call without a user.
fn is_for_applications(method: &str, path: &str) -> bool {
    let profile = conversion::Profile::Full;
    crate::access::Mode::Application
        .check(method, path, profile)
        .is_ok()
}

/// The method and path of an endpoint.
fn place_of(endpoint: Endpoint) -> (&'static str, &'static str) {
    let all = crate::route::TABLE
        .into_iter()
        .flat_map(|(path, methods)| methods.iter().map(move |(method, of)| (*of, *method, path)));
    let mut found = all.filter(|(of, ..)| *of == endpoint);
    found
        .next()
        .map_or(("GET", "/"), |(_, method, path)| (method, path))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Calls with every object and with where it stands.
    fn walk<'v>(value: &'v Value, visit: &mut dyn FnMut(&'v Map<String, Value>)) {
        match value {
            Value::Object(members) => {
                visit(members);
                members.values().for_each(|member| walk(member, visit));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut count = 0;
        walk(&document, &mut |members| {
            if let Some(Value::String(to)) = members.get("$ref") {
                let pointer = to.strip_prefix('#').expect("inside the document");
                assert!(document.pointer(pointer).is_some(), "{to}");
                count += 1;
            }
        });
        assert!(count > 500, "{count}");
    }

    #[test]
    fn operations_have_names_of_their_own_and_known_tags() {
        let document = document();
        let (mut names, mut tags) = (HashSet::new(), HashSet::new());
        walk(&document["paths"], &mut |members| {
            if let Some(Value::String(name)) = members.get("operationId") {
                assert!(names.insert(name.clone()), "{name}");
                tags.insert(members["tags"][0].as_str().expect("a tag").to_owned());
            }
        });
        let known: HashSet<String> = TAGS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(tags, known);
        let calls = crate::route::TABLE.iter().map(|(_, methods)| methods.len());
        // With GET and HEAD of `_ping` and `_status`, and `metadata`.
        assert_eq!(names.len(), calls.sum::<usize>() + 5);
    }

    #[test]
    fn every_refusal_is_an_outcome_that_says_what() {
        let mut count = 0;
        for (_, item) in document()["paths"].as_object().expect("paths") {
            walk(item, &mut |members| {
                let Some(Value::String(kind)) = members.get("resourceType") else {
                    return;
                };
                if kind == "OperationOutcome" {
                    let text = &members["issue"][0]["details"]["text"];
                    assert!(
                        text.as_str().is_some_and(|text| !text.is_empty()),
                        "{members:?}"
                    );
                    count += 1;
                }
            });
        }
        assert!(count > 20, "{count}");
    }
}
