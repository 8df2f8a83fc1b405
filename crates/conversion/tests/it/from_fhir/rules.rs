//! Broken rules: where, and in which words.

use super::*;

/// The number of the entry of a resource in [`upload`].
fn at(json: &Value, name: &str) -> usize {
    let entries = json["entry"].as_array().expect("entries");
    let found = entries
        .iter()
        .position(|entry| entry["resource"]["resourceType"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn refusals(json: &Value, profile: Profile) -> Vec<(String, String)> {
    let found = converted(&bundle(json), profile);
    let findings = found.err().unwrap_or_default();
    findings
        .into_iter()
        .map(|finding| (finding.expression, finding.rule))
        .collect()
}

/// Sets an element of a resource, or takes it away with `null`: of the whole bundle where the
/// resource is `Bundle`.
fn mutated(resource: &str, pointer: &str, value: Value) -> Value {
    let mut json = upload();
    let prefix = match resource {
        "Bundle" => String::new(),
        name => format!("/entry/{}/resource", at(&json, name)),
    };
    let pointer = format!("{prefix}{pointer}");
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let parent = json
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {pointer}"));
    match (parent, value) {
        (Value::Object(map), Value::Null) => {
            map.remove(last).unwrap_or_else(|| panic!("no {pointer}"));
        }
        (Value::Object(map), value) => {
            map.insert(last.to_owned(), value);
        }
        (Value::Array(items), Value::Null) => {
            items.remove(last.parse().expect("a number"));
        }
        (Value::Array(items), value) => items.push(value),
        _ => panic!("no {pointer}"),
    }
    json
}

/// The first refusal.
fn check(profile: Profile, json: &Value, expression: &str, rule: &str) {
    let found = refusals(json, profile);
    let first = found
        .first()
        .map(|(place, rule)| (place.as_str(), rule.as_str()));
    assert_eq!(first, Some((expression, rule)), "{profile:?}");
}

const BOTH: &[Profile] = &[Profile::Compatible, Profile::Full];
const FULL: &[Profile] = &[Profile::Full];
const COMPATIBLE: &[Profile] = &[Profile::Compatible];

#[test]
fn a_bundle_that_breaks_no_rule() {
    for profile in BOTH {
        assert_eq!(refusals(&upload(), *profile), [], "{profile:?}");
        let converted = convert(&upload(), *profile);
        assert_eq!(converted.notes, []);
        assert_eq!(
            converted.message_id.as_deref(),
            Some("0B6A1C3E-5D2F-4E0A-9B7C-000000000002")
        );
        assert_eq!(converted.patient.as_str(), "9990548609");
        assert_eq!(
            converted.replaces.as_deref(),
            Some("0B6A1C3E-5D2F-4E0A-9B7C-000000000004")
        );
    }
}

#[test]
fn the_bundle_and_the_header() {
    let rows: &[(&[Profile], &str, &str, Value, &str, &str)] = &[
        (
            BOTH,
            "Bundle",
            "/type",
            json!("collection"),
            "Bundle.type",
            "Unsupported Bundle.type: COLLECTION",
        ),
        (
            COMPATIBLE,
            "Bundle",
            "/type",
            json!("searchset"),
            "Bundle.type",
            "Unsupported Bundle.type: SEARCHSET",
        ),
        (
            BOTH,
            "Bundle",
            "/timestamp",
            Value::Null,
            "Bundle.timestamp",
            "bundle.timestamp must not be empty",
        ),
        (
            BOTH,
            "Bundle",
            "/identifier",
            Value::Null,
            "Bundle.identifier",
            "bundle.identifier must not be empty",
        ),
        (
            BOTH,
            "Bundle",
            "/identifier/system",
            json!("urn:x"),
            "Bundle.identifier.system",
            "bundle.identifier.system must be https://tools.ietf.org/html/rfc4122",
        ),
        (
            BOTH,
            "Bundle",
            "/identifier/value",
            Value::Null,
            "Bundle.identifier.value",
            "bundle.identifier.value must not be empty",
        ),
        (
            BOTH,
            "Bundle",
            "/entry/0",
            Value::Null,
            "Bundle.entry",
            "Composition missing from payload",
        ),
        (
            BOTH,
            "Composition",
            "/category",
            Value::Null,
            "Bundle.entry[0].resource.category",
            "Composition.category element is missing",
        ),
        (
            BOTH,
            "Composition",
            "/category/0/coding/0/system",
            json!("urn:x"),
            "Bundle.entry[0].resource.category.coding[0].system",
            "Composition.category.coding.system not supported: urn:x",
        ),
        (
            BOTH,
            "Composition",
            "/category/0/coding/0/code",
            json!("1"),
            "Bundle.entry[0].resource.category.coding[0].code",
            "Composition.category.coding.code not supported: 1",
        ),
        (
            COMPATIBLE,
            "Composition",
            "/category/0/coding/0/display",
            json!("x"),
            "Bundle.entry[0].resource.category.coding[0].display",
            "Composition.category.coding.display not supported: x",
        ),
        (
            BOTH,
            "Composition",
            "/type",
            Value::Null,
            "Bundle.entry[0].resource.type",
            "Composition.type element is missing",
        ),
        (
            BOTH,
            "Composition",
            "/type/coding/0/code",
            json!("1"),
            "Bundle.entry[0].resource.type.coding[0].code",
            "Composition.type.coding.code not supported: 1",
        ),
        (
            COMPATIBLE,
            "Composition",
            "/type/coding/0/code",
            json!("196971000000103"),
            "Bundle.entry[0].resource.type.coding[0].code",
            "Composition.type.coding.code not supported: 196971000000103",
        ),
        (
            BOTH,
            "Composition",
            "/status",
            json!("preliminary"),
            "Bundle.entry[0].resource.status",
            "Invalid composition.status: PRELIMINARY",
        ),
        (
            BOTH,
            "Composition",
            "/relatesTo/0/code",
            json!("appends"),
            "Bundle.entry[0].resource.relatesTo[0].code",
            "Unsupported Composition.relatesTo.code element: APPENDS",
        ),
        (
            BOTH,
            "Composition",
            "/relatesTo/0/targetIdentifier",
            Value::Null,
            "Bundle.entry[0].resource.relatesTo[0].targetIdentifier",
            "Composition.relatesTo.targetIdentifier.value element is missing",
        ),
        (
            FULL,
            "Composition",
            "/relatesTo/0/targetIdentifier/value",
            json!("x"),
            "Bundle.entry[0].resource.relatesTo[0].targetIdentifier",
            "Composition.relatesTo.targetIdentifier.value is not a UUID",
        ),
        (
            BOTH,
            "Composition",
            "/identifier",
            Value::Null,
            "Bundle.entry[0].resource.identifier",
            "Missing Composition.identifier for system: https://tools.ietf.org/html/rfc4122",
        ),
        (
            BOTH,
            "Composition",
            "/identifier/value",
            Value::Null,
            "Bundle.entry[0].resource.identifier",
            "Missing Composition.identifier.value element",
        ),
        (
            FULL,
            "Composition",
            "/identifier/value",
            json!("x"),
            "Bundle.entry[0].resource.identifier",
            "Composition.identifier.value is not a UUID",
        ),
        (
            BOTH,
            "Composition",
            "/date",
            Value::Null,
            "Bundle.entry[0].resource.date",
            "Composition Date Element missing from payload",
        ),
        (
            BOTH,
            "Composition",
            "/section",
            Value::Null,
            "Bundle.entry[0].resource.section",
            "Missing mandatory Composition.section",
        ),
        (
            COMPATIBLE,
            "Composition",
            "/meta",
            Value::Null,
            "Bundle.entry[0].resource.meta.lastUpdated",
            "Composition.meta.lastUpdated element is missing",
        ),
        (
            BOTH,
            "Composition",
            "/subject",
            Value::Null,
            "Bundle.entry[0].resource.subject",
            "Composition.subject reference is missing or invalid",
        ),
        (
            BOTH,
            "Composition",
            "/subject/reference",
            json!("Patient/other"),
            "Bundle.entry[0].resource.subject",
            "Composition.subject reference is missing or invalid",
        ),
        (
            FULL,
            "Composition",
            "/subject/identifier",
            json!({ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990548617" }),
            "Bundle.entry[0].resource.subject.identifier",
            "Composition.subject names another patient than the Patient resource",
        ),
    ];
    for (profiles, resource, pointer, value, expression, rule) in rows {
        for profile in *profiles {
            check(
                *profile,
                &mutated(resource, pointer, value.clone()),
                expression,
                rule,
            );
        }
    }
}

#[test]
fn the_author() {
    let rows: &[(&[Profile], &str, &str, Value, &str, &str)] = &[
        (
            BOTH,
            "Composition",
            "/author/0/reference",
            json!("PractitionerRole/x"),
            "Bundle.entry[0].resource.author[0]",
            "Bundle is missing PractitionerRole PractitionerRole/x that is linked to Composition",
        ),
        (
            COMPATIBLE,
            "Composition",
            "/author/0/reference",
            json!("Practitioner/doctor"),
            "Bundle.entry[0].resource.author[0]",
            "Invalid resource reference. Practitioner/doctor expected to be referencing PractitionerRole",
        ),
        (
            BOTH,
            "PractitionerRole",
            "/practitioner",
            Value::Null,
            "Bundle.entry[1].resource",
            "PractitionerRole role is missing Practitioner reference",
        ),
        (
            BOTH,
            "PractitionerRole",
            "/practitioner/reference",
            json!("Practitioner/x"),
            "Bundle.entry[1].resource.practitioner",
            "Bundle is missing Practitioner Practitioner/x that is linked to PractitionerRole role",
        ),
        (
            BOTH,
            "PractitionerRole",
            "/practitioner/reference",
            json!("Patient/patient"),
            "Bundle.entry[1].resource.practitioner",
            "Invalid resource reference. Patient/patient expected to be referencing Practitioner",
        ),
        (
            BOTH,
            "PractitionerRole",
            "/identifier/0/system",
            json!("urn:x"),
            "Bundle.entry[1].resource.identifier",
            "Invalid PractitionerRole role identifier.system or code.coding.system",
        ),
        (
            BOTH,
            "Practitioner",
            "/identifier/0/system",
            json!("urn:x"),
            "Bundle.entry[2].resource.identifier",
            "Invalid practitioner identifier system: urn:x",
        ),
        (
            BOTH,
            "Practitioner",
            "/identifier/0/value",
            Value::Null,
            "Bundle.entry[2].resource.identifier",
            "Missing practitioner identifier value",
        ),
    ];
    for (profiles, resource, pointer, value, expression, rule) in rows {
        for profile in *profiles {
            check(
                *profile,
                &mutated(resource, pointer, value.clone()),
                expression,
                rule,
            );
        }
    }
}

#[test]
fn entries() {
    let rows: &[(&[Profile], &str, &str, Value, &str, &str)] = &[
        (
            BOTH,
            "Condition",
            "/identifier",
            Value::Null,
            "Bundle.entry[3].resource.identifier",
            "Condition.identifier.value is missing",
        ),
        (
            BOTH,
            "Condition",
            "/category/0/coding/0/system",
            json!("urn:x"),
            "Bundle.entry[3].resource.category[0].coding[0].system",
            "Invalid Condition.category.coding.system: urn:x",
        ),
        (
            BOTH,
            "Condition",
            "/category/0/coding/0/code",
            Value::Null,
            "Bundle.entry[3].resource.category[0].coding[0].code",
            "Condition.category.coding.code is missing",
        ),
        (
            BOTH,
            "Condition",
            "/clinicalStatus",
            Value::Null,
            "Bundle.entry[3].resource",
            "Condition should have either clinicalStatus or verificationStatus",
        ),
        (
            FULL,
            "Condition",
            "/verificationStatus",
            coded(
                "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                "refuted",
                "Refuted",
            ),
            "Bundle.entry[3].resource.verificationStatus",
            "A refuted condition cannot be told apart from one that the patient has",
        ),
        (
            FULL,
            "Condition",
            "/code/coding/0/system",
            json!("http://example.org/codes"),
            "Bundle.entry[3].resource.code.coding[0].system",
            "The code system http://example.org/codes has no OID that a GP Summary could name",
        ),
        (
            BOTH,
            "Condition",
            "/encounter/reference",
            json!("Encounter/x"),
            "Bundle.entry[3].resource.encounter",
            "Bundle is Missing Encounter Encounter/x that is linked to Condition diagnosis",
        ),
        (
            FULL,
            "Condition",
            "/evidence/0/detail/0/reference",
            json!("Observation/x"),
            "Bundle.entry[3].resource.evidence[0].detail[0]",
            "The reference Observation/x leads to no resource of the bundle",
        ),
        (
            FULL,
            "Condition",
            "/subject/reference",
            json!("Patient/x"),
            "Bundle.entry[3].resource.subject",
            "The reference Patient/x leads to no resource of the bundle",
        ),
        (
            FULL,
            "Condition",
            "/subject/reference",
            json!("Encounter/visit"),
            "Bundle.entry[3].resource.subject",
            "Invalid resource reference. Encounter/visit expected to be referencing Patient",
        ),
        (
            BOTH,
            "Encounter",
            "/participant/0/type/0/coding/0/system",
            json!("urn:x"),
            "Bundle.entry[4].resource.participant[0].type",
            "Unsupported encounter participant system: urn:x",
        ),
        (
            BOTH,
            "Encounter",
            "/participant/0/type/0/coding/0/code",
            json!("XXX"),
            "Bundle.entry[4].resource.participant[0].type",
            "Invalid encounter visit participant code XXX",
        ),
        (
            COMPATIBLE,
            "Encounter",
            "/participant/0/type/0/coding/0/code",
            json!("PRF"),
            "Bundle.entry[4].resource.participant[0].type",
            "Invalid encounter visit participant code PRF",
        ),
        (
            BOTH,
            "Encounter",
            "/participant/0/period",
            Value::Null,
            "Bundle.entry[4].resource.participant[0].period.start",
            "Encounter.participant.period.start element is missing",
        ),
        (
            BOTH,
            "Observation",
            "/identifier",
            Value::Null,
            "Bundle.entry[5].resource.identifier",
            "Observation.identifier.value is missing",
        ),
        (
            BOTH,
            "Observation",
            "/category",
            Value::Null,
            "Bundle.entry[5].resource.category[0].coding[0].system",
            "Invalid Observation.category.coding.system: null",
        ),
        (
            BOTH,
            "Observation",
            "/effectiveDateTime",
            Value::Null,
            "Bundle.entry[5].resource.effective",
            "Observation.effective must be of type DateTimeType or Period",
        ),
        (
            BOTH,
            "Procedure",
            "/id",
            Value::Null,
            "Bundle.entry[6].resource.id",
            "Procedure.id is missing",
        ),
        (
            BOTH,
            "Procedure",
            "/code",
            Value::Null,
            "Bundle.entry[6].resource.code",
            "Procedure.code is missing",
        ),
        (
            BOTH,
            "Procedure",
            "/performedPeriod",
            Value::Null,
            "Bundle.entry[6].resource.performed",
            "procedure.performed must be of type DateTimeType or Period",
        ),
    ];
    for (profiles, resource, pointer, value, expression, rule) in rows {
        for profile in *profiles {
            check(
                *profile,
                &mutated(resource, pointer, value.clone()),
                expression,
                rule,
            );
        }
    }
}

#[test]
fn the_patient() {
    let rows: &[(&[Profile], &str, Value, &str, &str)] = &[
        (
            BOTH,
            "/identifier",
            Value::Null,
            "Bundle.entry[7].resource.identifier",
            "patient.identifier[] for system https://fhir.nhs.uk/Id/nhs-number must not be empty",
        ),
        (
            BOTH,
            "/identifier/0/value",
            Value::Null,
            "Bundle.entry[7].resource.identifier",
            "patient.identifier[].value for system https://fhir.nhs.uk/Id/nhs-number must not be empty",
        ),
        (
            BOTH,
            "/identifier/1",
            json!({ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990548617" }),
            "Bundle.entry[7].resource.identifier",
            "Multiple Patient resource 'https://fhir.nhs.uk/Id/nhs-number' identifiers",
        ),
        (
            BOTH,
            "/identifier/0/value",
            json!("9990548608"),
            "Bundle.entry[7].resource.identifier",
            "Patient.identifier[] must contain 1 NHS Number: the check digit (modulus 11) of the NHS number is wrong",
        ),
    ];
    for (profiles, pointer, value, expression, rule) in rows {
        for profile in *profiles {
            check(
                *profile,
                &mutated("Patient", pointer, value.clone()),
                expression,
                rule,
            );
        }
    }
    for profile in BOTH {
        check(
            *profile,
            &mutated("Bundle", "/entry/7", Value::Null),
            "Bundle.entry",
            "Patient missing from payload",
        );
    }
}

/// A bundle about somebody else than the request is.
#[test]
fn another_patient_than_stated() {
    let stated = domain::NhsNumber::parse("9990548617").expect("a number");
    let new = NewDocument {
        now: "2025-06-30T11:00:00Z".parse().expect("a time"),
        patient: Some(&stated),
    };
    let mut ids = || "0B6A1C3E-5D2F-4E0A-9B7C-000000000100".to_owned();
    let found = conversion::from_fhir(&bundle(&upload()), &new, Profile::Full, &mut ids);
    let findings = found.expect_err("another patient");
    let rules: Vec<&str> = findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(
        rules,
        ["The bundle is about another patient than the request"]
    );
}

#[test]
fn two_of_what_there_is_one() {
    for (name, number, rule) in [
        (
            "Composition",
            8,
            "There is more than 1 resource of type Composition",
        ),
        (
            "Patient",
            8,
            "There is more than 1 resource of type Patient",
        ),
    ] {
        let mut json = upload();
        let mut second = json["entry"][at(&json, name)].clone();
        second["resource"]["id"] = json!("second");
        json["entry"].as_array_mut().expect("entries").push(second);
        for profile in BOTH {
            check(
                *profile,
                &json,
                &format!("Bundle.entry[{number}].resource"),
                rule,
            );
        }
    }
}

/// A category whose code is no section is refused, unless it has the name of one.
#[test]
fn a_category_that_is_no_section() {
    let pointer = "/category/0/coding/0/code";
    let named = mutated("Observation", pointer, json!("163131000000107"));
    let converted = convert(&named, Profile::Full);
    let rules: Vec<&str> = converted
        .notes
        .iter()
        .map(|note| note.rule.as_str())
        .collect();
    assert_eq!(
        rules,
        [
            "Observation.category.coding.code 163131000000107 is no section of a GP Summary: the entry goes to the section of that name"
        ]
    );
    let mut nameless = named;
    nameless["entry"][5]["resource"]["category"][0]["coding"][0]["display"] = json!("Finding");
    check(
        Profile::Full,
        &nameless,
        "Bundle.entry[5].resource.category",
        "Observation.category.coding.code 163131000000107 is no section of a GP Summary",
    );
}

/// All rules that are broken are told, in the order in which the national adaptor checks them.
#[test]
fn every_broken_rule_is_told_in_order() {
    let mut json = upload();
    json["type"] = json!("batch");
    json["entry"][0]["resource"]["status"] = json!("amended");
    json["entry"][3]["resource"]
        .as_object_mut()
        .expect("a resource")
        .remove("identifier");
    json["entry"][7]["resource"]["identifier"][0]["value"] = json!("1");
    let rules: Vec<String> = refusals(&json, Profile::Full)
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(
        rules,
        [
            "Unsupported Bundle.type: BATCH",
            "Invalid composition.status: AMENDED",
            "Condition.identifier.value is missing",
            "Patient.identifier[] must contain 1 NHS Number: an NHS number has exactly 10 digits",
        ]
    );
}
