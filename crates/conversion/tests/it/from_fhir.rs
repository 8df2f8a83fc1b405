//! Bundles to documents.

mod entries;
mod national;
mod presentation;
mod round_trip;
mod rules;
mod tree;

use conversion::{Converted, NewDocument, Profile};
use fhir::{Bundle, Finding, Resource};
use hl7v3::gp_summary::model::GpSummary;
use serde_json::{Value, json};

/// A bundle that breaks no rule: a document with a diagnosis and a finding.
pub(crate) fn upload() -> Value {
    json!({
        "resourceType": "Bundle",
        "id": "0B6A1C3E-5D2F-4E0A-9B7C-000000000001",
        "identifier": {
            "system": "https://tools.ietf.org/html/rfc4122",
            "value": "0b6a1c3e-5d2f-4e0a-9b7c-000000000002"
        },
        "type": "document",
        "timestamp": "2025-06-30T12:00:00+01:00",
        "entry": [
            entry(composition()),
            entry(json!({
                "resourceType": "PractitionerRole",
                "id": "role",
                "identifier": [{
                    "system": "http://fhir.nhs.net/Id/sds-role-profile-id",
                    "value": "100180580981"
                }],
                "practitioner": { "reference": "Practitioner/doctor" }
            })),
            entry(json!({
                "resourceType": "Practitioner",
                "id": "doctor",
                "identifier": [{
                    "system": "https://fhir.nhs.uk/Id/sds-user-id",
                    "value": "100180579988"
                }],
                "name": [{ "text": "Dr Ada Barstow" }]
            })),
            entry(json!({
                "resourceType": "Condition",
                "id": "diagnosis",
                "identifier": [{ "value": "0B6A1C3E-5D2F-4E0A-9B7C-000000000010" }],
                "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
                "category": [coded(SNOMED, "163001000000103", "Diagnoses")],
                "code": coded(SNOMED, "195967001", "Asthma"),
                "subject": { "reference": "Patient/patient" },
                "encounter": { "reference": "Encounter/visit" },
                "onsetDateTime": "2020-05-06",
                "note": [{ "text": "mild" }],
                "evidence": [{ "detail": [{ "reference": "Observation/finding" }] }]
            })),
            entry(json!({
                "resourceType": "Encounter",
                "id": "visit",
                "status": "finished",
                "class": {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
                    "code": "UNK"
                },
                "participant": [{
                    "type": [coded(
                        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                        "AUT",
                        "author"
                    )],
                    "period": { "start": "2020-05-06T12:48:19+01:00" },
                    "individual": { "reference": "PractitionerRole/role" }
                }]
            })),
            entry(json!({
                "resourceType": "Observation",
                "id": "finding",
                "identifier": [{ "value": "0B6A1C3E-5D2F-4E0A-9B7C-000000000011" }],
                "status": "final",
                "category": [coded(SNOMED, "163131000000108", "Clinical Observations and Findings")],
                "code": coded(SNOMED, "267036007", "Breathless"),
                "effectiveDateTime": "2020-05"
            })),
            entry(json!({
                "resourceType": "Procedure",
                "id": "treatment",
                "identifier": [{ "value": "0B6A1C3E-5D2F-4E0A-9B7C-000000000012" }],
                "status": "completed",
                "category": coded(SNOMED, "163071000000106", "Treatments"),
                "code": coded(SNOMED, "182832007", "Inhaler technique"),
                "subject": { "reference": "Patient/patient" },
                "performedPeriod": { "start": "2020-05-07", "end": "2020-05-08" }
            })),
            entry(json!({
                "resourceType": "Patient",
                "id": "patient",
                "identifier": [{
                    "system": "https://fhir.nhs.uk/Id/nhs-number",
                    "value": "9990548609"
                }]
            })),
        ]
    })
}

pub(crate) const SNOMED: &str = "http://snomed.info/sct";

pub(crate) fn coded(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": display }] })
}

pub(crate) fn entry(resource: Value) -> Value {
    let name = resource["resourceType"].as_str().expect("a type");
    let id = resource["id"].as_str().expect("an id");
    json!({ "fullUrl": format!("https://example.org/FHIR/R4/{name}/{id}"), "resource": resource })
}

fn composition() -> Value {
    json!({
        "resourceType": "Composition",
        "id": "composition",
        "meta": { "lastUpdated": "2025-06-30T11:59:00+01:00" },
        "identifier": {
            "system": "https://tools.ietf.org/html/rfc4122",
            "value": "0b6a1c3e-5d2f-4e0a-9b7c-000000000003"
        },
        "status": "final",
        "type": coded(SNOMED, "196981000000101", "General Practice Summary"),
        "category": [coded(SNOMED, "163171000000105", "Care Professional Documentation")],
        "subject": { "reference": "Patient/patient" },
        "date": "2025-06-30T12:00:00+01:00",
        "author": [{ "reference": "PractitionerRole/role" }],
        "title": "General Practice Summary",
        "relatesTo": [{
            "code": "replaces",
            "targetIdentifier": { "value": "0B6A1C3E-5D2F-4E0A-9B7C-000000000004" }
        }],
        "section": [{
            "title": "Title",
            "code": { "coding": [{ "code": "Title" }] },
            "text": {
                "status": "generated",
                "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p id=\"CreateTime\">Today</p></div>"
            }
        }]
    })
}

pub(crate) fn bundle(json: &Value) -> Bundle {
    let bytes = serde_json::to_vec(json).expect("JSON");
    match fhir::json::read(&bytes) {
        Ok(Resource::Bundle(bundle)) => bundle,
        Ok(_) => panic!("no bundle"),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn converted(bundle: &Bundle, profile: Profile) -> Result<Converted, Vec<Finding>> {
    let mut made = 0;
    let mut ids = move || {
        made += 1;
        format!("00000000-0000-4000-8000-{made:012}")
    };
    let new = NewDocument {
        now: "2025-06-30T11:00:00Z".parse().expect("a time"),
        patient: None,
    };
    conversion::from_fhir(bundle, &new, profile, &mut ids)
}

pub(crate) fn convert(json: &Value, profile: Profile) -> Converted {
    converted(&bundle(json), profile).expect("a bundle that converts")
}

pub(crate) fn text_of(summary: &GpSummary) -> String {
    String::from_utf8(summary.write().bytes).expect("UTF-8")
}
