//! `GET /metadata`: what this API can do, as a CapabilityStatement. The national API has none.

use serde_json::{Value, json};

use crate::config::ScrApiConfig;
use crate::media::{FHIR_JSON, FHIR_XML};
use conversion::Profile;

const NHS_NUMBER: &str = "The patient: https://fhir.nhs.uk/Id/nhs-number|, then the NHS number.";

/// The statement, in JSON.
pub(crate) fn statement(config: &ScrApiConfig, profile: Profile) -> Value {
    let mut formats = vec![FHIR_JSON];
    if profile == Profile::Full {
        formats.push(FHIR_XML);
    }
    json!({
        "resourceType": "CapabilityStatement",
        "name": "SummaryCareRecordApi",
        "title": "Summary Care Record FHIR API",
        "status": "active",
        "date": "2026-01-01",
        "description": "Get, upload and share Summary Care Records, set consent to view, and raise privacy alerts.",
        "kind": "instance",
        "software": { "name": "minispine", "version": version(config) },
        "implementation": { "description": "Summary Care Record FHIR API", "url": config.base_url },
        "fhirVersion": "4.0.1",
        "format": formats,
        "rest": [{
            "mode": "server",
            "security": {
                "cors": !config.origins.is_empty(),
                "service": [{
                    "coding": [{
                        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                        "code": "OAuth",
                        "display": "OAuth",
                    }],
                }],
                "description": format!("Bearer tokens with one of the scopes {}.", crate::access::SCOPES.join(", ")),
            },
            "resource": [document_reference(), bundle(), audit_event()],
            "operation": [{
                "name": "setPermission",
                "definition": format!("{}/OperationDefinition/setPermission", config.base_url),
                "documentation": "Sets a patient's consent to view. Parameters: setPermissions, with the parts nhsNumber and permissionCode.",
            }],
        }],
    })
}

fn version(config: &ScrApiConfig) -> &str {
    match config.build.version.as_str() {
        "" => env!("CARGO_PKG_VERSION"),
        version => version,
    }
}

fn parameter(name: &str, kind: &str, documentation: &str) -> Value {
    json!({ "name": name, "type": kind, "documentation": documentation })
}

fn document_reference() -> Value {
    json!({
        "type": "DocumentReference",
        "documentation": "The id of the patient's current GP Summary, and whether it may be viewed.",
        "interaction": [{ "code": "search-type" }],
        "searchParam": [
            parameter("patient", "token", NHS_NUMBER),
            parameter("type", "token", "http://snomed.info/sct|196981000000101 or absent."),
            parameter("_sort", "string", "date or absent: there is one answer at most, the newest."),
            parameter("_count", "number", "1 or absent: there is one answer at most."),
        ],
    })
}

fn bundle() -> Value {
    json!({
        "type": "Bundle",
        "documentation": "A GP Summary: by its id, any version; uploaded as a document.",
        "interaction": [{ "code": "search-type" }, { "code": "create" }],
        "searchParam": [
            parameter("composition.identifier", "token", "The id of the GP Summary."),
            parameter("composition.subject:Patient.identifier", "token", NHS_NUMBER),
        ],
    })
}

fn audit_event() -> Value {
    json!({
        "type": "AuditEvent",
        "documentation": "A privacy alert, for the privacy officers of the user's organisation.",
        "interaction": [{ "code": "create" }],
    })
}
