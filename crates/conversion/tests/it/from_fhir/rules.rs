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

/// Rows of a table: the profiles, the element, what it is changed to (`-` takes it away), where
/// that is refused, in which words. An entry is written `[3]`, its resource being understood.
fn check_all(table: &str) {
    let rows = table.lines().filter(|row| !row.is_empty());
    for row in rows {
        let cells: Vec<&str> = row.splitn(5, " | ").collect();
        let [profiles, element, value, place, rule] = cells[..] else {
            panic!("a row has five cells: {row}");
        };
        let (resource, pointer) = element.split_once('/').expect("an element");
        let value = match value {
            "-" => Value::Null,
            value => serde_json::from_str(value).expect("JSON"),
        };
        let json = mutated(resource, &format!("/{pointer}"), value);
        let place = match place.split_once(']') {
            Some((entry, element)) if entry.starts_with('[') => {
                format!("Bundle.entry{entry}].resource{element}")
            }
            _ => place.to_owned(),
        };
        let profiles = match profiles {
            "full" => &[Profile::Full][..],
            "compatible" => &[Profile::Compatible],
            _ => BOTH,
        };
        for profile in profiles {
            check(*profile, &json, &place, rule);
        }
    }
}

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
    check_all(
        r#"
both | Bundle/type | "collection" | Bundle.type | Unsupported Bundle.type: COLLECTION
compatible | Bundle/type | "searchset" | Bundle.type | Unsupported Bundle.type: SEARCHSET
both | Bundle/timestamp | - | Bundle.timestamp | bundle.timestamp must not be empty
both | Bundle/identifier | - | Bundle.identifier | bundle.identifier must not be empty
both | Bundle/identifier/system | "urn:x" | Bundle.identifier.system | bundle.identifier.system must be https://tools.ietf.org/html/rfc4122
both | Bundle/identifier/value | - | Bundle.identifier.value | bundle.identifier.value must not be empty
both | Bundle/entry/0 | - | Bundle.entry | Composition missing from payload
both | Composition/category | - | [0].category | Composition.category element is missing
both | Composition/category/0/coding/0/system | "urn:x" | [0].category.coding[0].system | Composition.category.coding.system not supported: urn:x
both | Composition/category/0/coding/0/code | "1" | [0].category.coding[0].code | Composition.category.coding.code not supported: 1
both | Composition/category/0/coding/0/display | "x" | [0].category.coding[0].display | Composition.category.coding.display not supported: x
both | Composition/type | - | [0].type | Composition.type element is missing
both | Composition/type/coding/0/code | "1" | [0].type.coding[0].code | Composition.type.coding.code not supported: 1
compatible | Composition/type/coding/0/code | "196971000000103" | [0].type.coding[0].code | Composition.type.coding.code not supported: 196971000000103
both | Composition/status | "preliminary" | [0].status | Invalid composition.status: PRELIMINARY
both | Composition/relatesTo/0/code | "appends" | [0].relatesTo[0].code | Unsupported Composition.relatesTo.code element: APPENDS
both | Composition/relatesTo/0/targetIdentifier | - | [0].relatesTo[0].targetIdentifier | Composition.relatesTo.targetIdentifier.value element is missing
full | Composition/relatesTo/0/targetIdentifier/value | "x" | [0].relatesTo[0].targetIdentifier | Composition.relatesTo.targetIdentifier.value is not a UUID
both | Composition/identifier | - | [0].identifier | Missing Composition.identifier for system: https://tools.ietf.org/html/rfc4122
both | Composition/identifier/value | - | [0].identifier | Missing Composition.identifier.value element
full | Composition/identifier/value | "x" | [0].identifier | Composition.identifier.value is not a UUID
both | Composition/date | - | [0].date | Composition Date Element missing from payload
both | Composition/section | - | [0].section | Missing mandatory Composition.section
compatible | Composition/meta | - | [0].meta.lastUpdated | Composition.meta.lastUpdated element is missing
both | Composition/subject | - | [0].subject | Composition.subject reference is missing or invalid
both | Composition/subject/reference | "Patient/other" | [0].subject | Composition.subject reference is missing or invalid
full | Composition/subject/identifier | { "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990548617" } | [0].subject.identifier | Composition.subject names another patient than the Patient resource
"#,
    );
}

#[test]
fn the_author() {
    check_all(
        r#"
both | Composition/author/0/reference | "PractitionerRole/x" | [0].author[0] | Bundle is missing PractitionerRole PractitionerRole/x that is linked to Composition
compatible | Composition/author/0/reference | "Practitioner/doctor" | [0].author[0] | Invalid resource reference. Practitioner/doctor expected to be referencing PractitionerRole
both | PractitionerRole/practitioner | - | [1] | PractitionerRole role is missing Practitioner reference
both | PractitionerRole/practitioner/reference | "Practitioner/x" | [1].practitioner | Bundle is missing Practitioner Practitioner/x that is linked to PractitionerRole role
both | PractitionerRole/practitioner/reference | "Patient/patient" | [1].practitioner | Invalid resource reference. Patient/patient expected to be referencing Practitioner
both | PractitionerRole/identifier/0/system | "urn:x" | [1].identifier | Invalid PractitionerRole role identifier.system or code.coding.system
both | Practitioner/identifier/0/system | "urn:x" | [2].identifier | Invalid practitioner identifier system: urn:x
both | Practitioner/identifier/0/value | - | [2].identifier | Missing practitioner identifier value
"#,
    );
}

#[test]
fn entries() {
    check_all(
        r#"
both | Condition/identifier | - | [3].identifier | Condition.identifier.value is missing
both | Condition/category/0/coding/0/system | "urn:x" | [3].category[0].coding[0].system | Invalid Condition.category.coding.system: urn:x
both | Condition/category/0/coding/0/code | - | [3].category[0].coding[0].code | Condition.category.coding.code is missing
both | Condition/clinicalStatus | - | [3] | Condition should have either clinicalStatus or verificationStatus
full | Condition/verificationStatus | {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "refuted", "display": "Refuted"}]} | [3].verificationStatus | A refuted condition cannot be told apart from one that the patient has
full | Condition/code/coding/0/system | "http://example.org/codes" | [3].code.coding[0].system | The code system http://example.org/codes has no OID that a GP Summary could name
both | Condition/encounter/reference | "Encounter/x" | [3].encounter | Bundle is Missing Encounter Encounter/x that is linked to Condition diagnosis
full | Condition/evidence/0/detail/0/reference | "Observation/x" | [3].evidence[0].detail[0] | The reference Observation/x leads to no resource of the bundle
full | Condition/subject/reference | "Patient/x" | [3].subject | The reference Patient/x leads to no resource of the bundle
full | Condition/subject/reference | "Encounter/visit" | [3].subject | Invalid resource reference. Encounter/visit expected to be referencing Patient
both | Encounter/participant/0/type/0/coding/0/system | "urn:x" | [4].participant[0].type | Unsupported encounter participant system: urn:x
both | Encounter/participant/0/type/0/coding/0/code | "XXX" | [4].participant[0].type | Invalid encounter visit participant code XXX
compatible | Encounter/participant/0/type/0/coding/0/code | "PRF" | [4].participant[0].type | Invalid encounter visit participant code PRF
both | Encounter/participant/0/period | - | [4].participant[0].period.start | Encounter.participant.period.start element is missing
both | Observation/identifier | - | [5].identifier | Observation.identifier.value is missing
both | Observation/category | - | [5].category[0].coding[0].system | Invalid Observation.category.coding.system: null
both | Observation/effectiveDateTime | - | [5].effective | Observation.effective must be of type DateTimeType or Period
both | Procedure/id | - | [6].id | Procedure.id is missing
both | Procedure/code | - | [6].code | Procedure.code is missing
both | Procedure/performedPeriod | - | [6].performed | procedure.performed must be of type DateTimeType or Period
"#,
    );
}

#[test]
fn the_patient() {
    check_all(
        r#"
both | Patient/identifier | - | [7].identifier | patient.identifier[] for system https://fhir.nhs.uk/Id/nhs-number must not be empty
both | Patient/identifier/0/value | - | [7].identifier | patient.identifier[].value for system https://fhir.nhs.uk/Id/nhs-number must not be empty
both | Patient/identifier/1 | { "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990548617" } | [7].identifier | Multiple Patient resource 'https://fhir.nhs.uk/Id/nhs-number' identifiers
both | Patient/identifier/0/value | "9990548608" | [7].identifier | Patient.identifier[] must contain 1 NHS Number: the check digit (modulus 11) of the NHS number is wrong
"#,
    );
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

/// An informant who is a relative: each part that is asked for.
#[test]
fn a_relative() {
    const RELATIONSHIP: &str = "https://fhir.nhs.uk/STU3/ValueSet/PersonRelationshipType-1";
    let with = |relationship: Value, reference: &str| {
        let mut json = upload();
        json["entry"][4]["resource"]["participant"][0] = json!({
            "type": [coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "INF", "informant")],
            "period": { "start": "2020-05-06" },
            "individual": { "reference": reference }
        });
        let relative = json!({
            "resourceType": "RelatedPerson",
            "id": "mother",
            "patient": { "reference": "Patient/patient" },
            "relationship": [relationship],
            "name": [{ "text": "Mary Example" }]
        });
        json["entry"]
            .as_array_mut()
            .expect("entries")
            .push(entry(relative));
        json
    };
    let mother = coded(RELATIONSHIP, "12", "Mother");
    for (relationship, reference, place, rule) in [
        (
            coded("urn:x", "12", "Mother"),
            "RelatedPerson/mother",
            "Bundle.entry[8].resource.relationship",
            "Unsupported RelatedPerson.relationship.coding.system: urn:x",
        ),
        (
            json!({ "coding": [{ "system": RELATIONSHIP, "display": "Mother" }] }),
            "RelatedPerson/mother",
            "Bundle.entry[8].resource.relationship",
            "Missing RelatedPerson.relationship.coding.code element",
        ),
        (
            mother.clone(),
            "RelatedPerson/x",
            "Bundle.entry[4].resource.participant[0].individual",
            "Bundle is missing RelatedPerson RelatedPerson/x that is linked to Encounter",
        ),
        (
            mother.clone(),
            "Patient/patient",
            "Bundle.entry[4].resource.participant[0].individual",
            "Invalid Encounter participant type Patient",
        ),
    ] {
        for profile in BOTH {
            check(
                *profile,
                &with(relationship.clone(), reference),
                place,
                rule,
            );
        }
    }
    for profile in BOTH {
        let converted = convert(&with(mother.clone(), "RelatedPerson/mother"), *profile);
        let people = converted
            .summary
            .entries()
            .flat_map(|it| &it.1.participations);
        let names: Vec<_> = people.filter_map(|it| it.agent.as_ref()?.label()).collect();
        assert_eq!(names, ["Mary Example"], "{profile:?}");
    }
}

#[test]
fn what_changes_the_meaning_is_refused() {
    let rule = "It changes the meaning, in a way that is not known";
    let extension = json!([{ "url": "urn:example:not", "valueBoolean": true }]);
    let mut json = mutated("Condition", "/modifierExtension", extension);
    let entry = at(&json, "Condition");
    let place = format!("Bundle.entry[{entry}].resource.modifierExtension");
    check(Profile::Full, &json, &place, rule);
    assert_eq!(refusals(&json, Profile::Compatible), []);
    json = mutated(
        "Bundle",
        "/implicitRules",
        json!("https://example.test/rules"),
    );
    check(Profile::Full, &json, "Bundle.implicitRules", rule);
}

#[test]
fn an_address_that_leads_to_two_entries_is_told() {
    let mut json = mutated("Bundle", "/entry/1/fullUrl", json!("urn:uuid:same"));
    json["entry"][2]["fullUrl"] = json!("urn:uuid:same");
    assert_eq!(refusals(&json, Profile::Full), []);
    let notes = convert(&json, Profile::Full).notes;
    let mut told = notes
        .iter()
        .map(|note| (note.expression.as_str(), note.rule.as_str()));
    let rule = "Another entry has the same fullUrl: references lead to the first";
    assert_eq!(told.next_back(), Some(("Bundle.entry[2].fullUrl", rule)));
}

#[test]
fn a_resource_about_another_patient_is_refused() {
    let reference = |number: &str| {
        let system = "https://fhir.nhs.uk/Id/nhs-number";
        json!({ "identifier": { "system": system, "value": number } })
    };
    let json = mutated("Condition", "/subject", reference("9990000077"));
    let entry = at(&json, "Condition");
    let place = format!("Bundle.entry[{entry}].resource.subject.identifier");
    let rule = "The resource is about another patient than the bundle";
    check(Profile::Full, &json, &place, rule);
    let number = json["entry"][at(&json, "Patient")]["resource"]["identifier"][0]["value"].clone();
    let same = mutated(
        "Condition",
        "/subject",
        reference(number.as_str().expect("text")),
    );
    assert_eq!(refusals(&same, Profile::Full), []);
}
