//! What profile Full makes of resources that no retrieval made: the forms that clients send.

use hl7v3::gp_summary::model::{Entry, EntryKind, Role, Value as V3Value};

use super::*;

const ID: &str = "0B6A1C3E-5D2F-4E0A-9B7C-000000000100";

/// Converts the upload with further resources.
fn with(resources: Vec<Value>) -> Converted {
    let mut json = upload();
    let entries = json["entry"].as_array_mut().expect("entries");
    entries.extend(resources.into_iter().map(super::entry));
    convert(&json, Profile::Full)
}

/// The entry of the resource with [`ID`], and the code of its section.
fn of(resources: Vec<Value>) -> (String, Entry) {
    let converted = with(resources);
    let found = converted
        .summary
        .entries()
        .find(|(_, entry)| entry.uuid() == Some(ID));
    let (section, entry) = found.expect("an entry");
    let code = section.code().and_then(|code| code.code.clone());
    (code.expect("a section"), entry.clone())
}

fn resource(name: &str, more: Value) -> Value {
    let mut resource = json!({ "resourceType": name, "id": ID, "identifier": [{ "value": ID }] });
    let parts = resource.as_object_mut().expect("an object");
    parts.extend(more.as_object().expect("an object").clone());
    resource
}

fn observation(category: &str, more: Value) -> Value {
    let mut resource = resource(
        "Observation",
        json!({
            "status": "final",
            "category": [coded(SNOMED, category, "x")],
            "code": coded(SNOMED, "267036007", "Breathless"),
            "effectiveDateTime": "2020-05-06"
        }),
    );
    let parts = resource.as_object_mut().expect("an object");
    parts.extend(more.as_object().expect("an object").clone());
    resource
}

/// The kind of entry of an observation follows from its section and from what it holds.
#[test]
fn kinds_of_observations() {
    let pressure = |code: &str, value: u32| {
        json!({
            "code": coded(SNOMED, code, "x"),
            "valueQuantity": { "value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]" }
        })
    };
    let pressures = json!({ "component": [pressure("271649006", 140), pressure("271650006", 90)] });
    for (category, more, kind) in [
        ("163131000000108", json!({}), EntryKind::Finding),
        ("163141000000104", json!({}), EntryKind::Finding),
        ("163131000000108", pressures, EntryKind::BloodPressure),
        (
            "163131000000108",
            json!({ "hasMember": [{ "reference": "Observation/finding" }] }),
            EntryKind::FindingOrganizer,
        ),
        ("163231000000100", json!({}), EntryKind::RiskToPatient),
        ("163241000000109", json!({}), EntryKind::RiskToPerson),
        (
            "163021000000107",
            json!({}),
            EntryKind::SocialOrPersonalCircumstance,
        ),
        ("163041000000100", json!({}), EntryKind::LifeStyle),
        ("163051000000102", json!({}), EntryKind::FamilyHistory),
        ("162961000000108", json!({}), EntryKind::PersonalPreference),
        ("163031000000109", json!({}), EntryKind::Service),
    ] {
        let (section, entry) = of(vec![observation(category, more)]);
        assert_eq!((section.as_str(), entry.kind), (category, kind));
    }
}

/// Statuses of V3 alone, whatever the resource says.
#[test]
fn statuses() {
    for (status, expected) in [
        ("final", "completed"),
        ("amended", "completed"),
        ("preliminary", "completed"),
        ("entered-in-error", "nullified"),
        ("unknown", "nullified"),
    ] {
        let (_, entry) = of(vec![observation(
            "163131000000108",
            json!({ "status": status }),
        )]);
        assert_eq!(entry.status(), Some(expected), "{status}");
    }
    let (_, risk) = of(vec![observation("163231000000100", json!({}))]);
    assert_eq!(risk.status(), Some("normal"));
}

#[test]
fn values() {
    for (value, type_name) in [
        (
            json!({ "valueQuantity": { "value": 5.10, "unit": "kg" } }),
            "PQ",
        ),
        (
            json!({ "valueQuantity": { "value": 5, "comparator": "<", "unit": "kg" } }),
            "IVL_PQ",
        ),
        (
            json!({ "valueCodeableConcept": coded(SNOMED, "267036007", "Breathless") }),
            "CD",
        ),
        (json!({ "valueString": "much" }), "ST"),
        (json!({ "valueBoolean": true }), "BL"),
        (json!({ "valueInteger": 3 }), "INT"),
        (json!({ "valueDateTime": "2020" }), "TS"),
        (json!({ "valuePeriod": { "start": "2020" } }), "IVL_TS"),
    ] {
        let (_, entry) = of(vec![observation("163131000000108", value)]);
        let found = entry.value.as_ref().and_then(V3Value::type_name);
        assert_eq!(found, Some(type_name));
    }
    let bounded = json!({ "valueQuantity": { "value": 5, "comparator": "<", "unit": "kg" } });
    let (_, entry) = of(vec![observation("163131000000108", bounded)]);
    let Some(V3Value::Range(range)) = &entry.value else {
        panic!("a range")
    };
    let high = range.high.as_ref().expect("an end");
    assert_eq!(
        (high.value.as_deref(), high.inclusive.as_deref()),
        (Some("5"), Some("false"))
    );
}

#[test]
fn allergies() {
    let (section, entry) = of(vec![resource(
        "AllergyIntolerance",
        json!({
            "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "Active"),
            "code": { "coding": [{ "system": SNOMED, "code": "91936005", "display": "Allergy to penicillin" }], "text": "penicillin" },
            "patient": { "reference": "Patient/patient" },
            "recordedDate": "2019-05",
            "note": [{ "text": "Rash." }, { "text": "Twice." }]
        }),
    )]);
    assert_eq!(
        (section.as_str(), entry.kind),
        ("163221000000102", EntryKind::Allergy)
    );
    assert_eq!(entry.status(), Some("completed"));
    let low = entry
        .time
        .as_ref()
        .and_then(|time| time.low.as_ref()?.value.as_deref());
    assert_eq!(low, Some("201905"));
    let words = entry
        .code
        .as_ref()
        .and_then(|code| code.original_text.as_ref());
    assert_eq!(
        words.map(|words| words.content.as_str()),
        Some("penicillin")
    );
    assert_eq!(
        entry.supporting_texts().collect::<Vec<_>>(),
        ["Rash.\nTwice."]
    );
}

#[test]
fn medications() {
    let medicine = || coded(SNOMED, "319775004", "Aspirin 75mg tablets");
    let statement = |status: &str| {
        resource(
            "MedicationStatement",
            json!({
                "status": status,
                "medicationCodeableConcept": medicine(),
                "subject": { "reference": "Patient/patient" },
                "effectivePeriod": { "start": "2020-01-01" },
                "dosage": [{ "text": "one daily" }]
            }),
        )
    };
    let request = resource(
        "MedicationRequest",
        json!({
            "status": "completed",
            "intent": "order",
            "medicationReference": { "reference": "Medication/aspirin" },
            "subject": { "reference": "Patient/patient" },
            "authoredOn": "2020-01-01",
            "dosageInstruction": [{ "text": "one daily" }],
            "dispenseRequest": { "quantity": { "value": 28, "unit": "tablet", "system": "http://unitsofmeasure.org", "code": "1" } }
        }),
    );
    let aspirin = json!({ "resourceType": "Medication", "id": "aspirin", "code": medicine() });
    for (resources, kind, status) in [
        (
            vec![statement("active")],
            EntryKind::CurrentRepeatMedication,
            "active",
        ),
        (
            vec![statement("stopped")],
            EntryKind::DiscontinuedRepeatMedication,
            "completed",
        ),
        (
            vec![request, aspirin],
            EntryKind::AcuteMedication,
            "completed",
        ),
    ] {
        let (section, entry) = of(resources);
        assert_eq!((section.as_str(), entry.kind), ("185361000000102", kind));
        assert_eq!(entry.status(), Some(status));
        assert_eq!(
            entry.subject().and_then(|code| code.label()),
            Some("Aspirin 75mg tablets")
        );
        let medication = entry.medication.as_deref().expect("a medication");
        assert_eq!(medication.instructions(), Some("one daily"));
        if kind == EntryKind::AcuteMedication {
            let quantity = medication.quantity().expect("a quantity");
            assert_eq!(
                (quantity.value.as_deref(), quantity.unit.as_deref()),
                (Some("28"), Some("1"))
            );
            assert_eq!(quantity.unit_label(), Some("tablet"));
        }
    }
}

/// Care events begin when the encounter begins, and say who took part.
#[test]
fn care_events() {
    let (section, entry) = of(vec![resource(
        "Encounter",
        json!({
            "status": "finished",
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
            "type": [coded(SNOMED, "185317003", "Telephone encounter")],
            "period": { "start": "2020-05-06T10:00:00+01:00", "end": "2020-05-06T10:15:00+01:00" },
            "participant": [{
                "type": [coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PPRF", "primary performer")],
                "individual": { "reference": "Practitioner/doctor" }
            }]
        }),
    )]);
    assert_eq!(
        (section.as_str(), entry.kind),
        ("162951000000105", EntryKind::CareEvent)
    );
    let time = entry.time.as_ref().expect("a time");
    let bound = |scalar: &Option<hl7v3::gp_summary::model::Scalar>| scalar.as_ref()?.value.clone();
    assert_eq!(bound(&time.low).as_deref(), Some("20200506100000"));
    assert_eq!(bound(&time.high).as_deref(), Some("20200506101500"));
    assert_eq!(entry.in_role(Role::Performer).count(), 1);
}

/// References by the URL of an entry, `urn:uuid` too.
#[test]
fn references_by_url() {
    let mut json = upload();
    let url = "urn:uuid:5d2f0b6a-4e0a-4b7c-9b7c-000000000001";
    json["entry"][4]["fullUrl"] = json!(url);
    json["entry"][3]["resource"]["encounter"]["reference"] = json!(url);
    let summary = convert(&json, Profile::Full).summary;
    let diagnosis = summary
        .entries()
        .map(|it| it.1)
        .find(|entry| entry.kind == EntryKind::Diagnosis);
    assert_eq!(diagnosis.expect("a diagnosis").participations.len(), 1);
    let findings = converted(&bundle(&json), Profile::Compatible).expect_err("no such reference");
    assert_eq!(
        findings[0].rule,
        format!("Bundle is Missing Encounter {url} that is linked to Condition diagnosis")
    );
}

/// What has no place in a summary is told.
#[test]
fn what_stays_in_the_text_is_told() {
    let immunisation = json!({
        "resourceType": "Immunization",
        "id": "jab",
        "status": "completed",
        "vaccineCode": coded(SNOMED, "1119349007", "COVID-19 vaccine"),
        "patient": { "reference": "Patient/patient" },
        "occurrenceDateTime": "2021"
    });
    let interpreted = json!({
        "interpretation": [coded("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H", "High")]
    });
    let notes = with(vec![
        immunisation,
        observation("163131000000108", interpreted),
    ])
    .notes;
    let told: Vec<_> = notes
        .iter()
        .map(|it| (it.expression.as_str(), it.rule.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "Bundle.entry[8].resource",
                "A resource of type Immunization is not carried over: what it says stays in the presentation text only"
            ),
            (
                "Bundle.entry[9].resource.interpretation",
                "Observation.interpretation is not carried over: what it says stays in the presentation text only"
            ),
        ]
    );
}

/// What would become more than it is in the bundle is refused: a member in two places, and an
/// encounter whose participants would stand in too many entries.
#[test]
fn what_would_multiply() {
    let reference = json!({ "reference": "Observation/finding" });
    let more = json!({ "hasMember": [reference, reference] });
    let mut json = upload();
    let entries = json["entry"].as_array_mut().expect("entries");
    entries.push(super::entry(observation("163131000000108", more)));
    let findings = converted(&bundle(&json), Profile::Full).expect_err("twice");
    assert_eq!(findings[0].expression, "Bundle.entry[5].resource");
    assert_eq!(
        findings[0].rule,
        "An observation is a member of another more than once"
    );

    let mut json = upload();
    let participant = json["entry"][4]["resource"]["participant"][0].clone();
    json["entry"][4]["resource"]["participant"] = Value::Array(vec![participant; 210]);
    let entries = json["entry"].as_array_mut().expect("entries");
    for number in 0..100 {
        let mut resource = observation("163131000000108", json!({}));
        resource["id"] = json!(format!("o{number}"));
        resource["encounter"] = json!({ "reference": "Encounter/visit" });
        entries.push(super::entry(resource));
    }
    let findings = converted(&bundle(&json), Profile::Full).expect_err("too many");
    assert_eq!(
        findings[0].rule,
        "More than 20000 people take part in the entries of a document"
    );
}

/// Observations that hold themselves would be lost.
#[test]
fn observations_that_hold_themselves() {
    let json = |reference: &str| {
        let mut json = upload();
        let holder = observation(
            "163131000000108",
            json!({ "hasMember": [{ "reference": reference }] }),
        );
        json["entry"]
            .as_array_mut()
            .expect("entries")
            .push(super::entry(holder));
        json
    };
    let itself = json(&format!("Observation/{ID}"));
    let found = converted(&bundle(&itself), Profile::Full);
    let findings = found.expect_err("a ring");
    assert_eq!(findings[0].expression, "Bundle.entry[8].resource.hasMember");
    assert_eq!(
        findings[0].rule,
        "Observations that are members of each other cannot be expressed"
    );
}
