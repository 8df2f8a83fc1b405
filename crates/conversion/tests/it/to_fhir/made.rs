//! Each kind of entry in profile Full, part by part.

use conversion::Profile;
use hl7v3::gp_summary::model::*;
use serde_json::{Value as Json, json};

use super::{Answer, all, document_with};
use domain::code::cre_type::{self, CreType};

const ID: &str = "6F7C0A52-5B55-4B0E-9D3B-7B7A2C0F4E11";
const OTHER: &str = "AAAAAAAA-5B55-4B0E-9D3B-7B7A2C0F4E12";

fn document(cre: &CreType, entries: impl IntoIterator<Item = Entry>) -> GpSummary {
    GpSummary {
        sections: vec![Section::new(cre, entries)],
        ..document_with("", "<html><body></body></html>")
    }
}

fn convert(cre: &CreType, entries: impl IntoIterator<Item = Entry>) -> Json {
    Answer::of(document(cre, entries)).json(Profile::Full)
}

fn entry(kind: EntryKind) -> Entry {
    Entry::new(kind, ID, Period::from("20190502", Some("20190601")))
        .coded(Code::snomed("91936005", "Allergy to penicillin").recorded_as("penicillin allergy"))
        .supported_by("Rash.")
}

/// Whether `found` has everything that `wanted` has, arrays item by item.
fn assert_has(found: &Json, wanted: &Json, place: &str) {
    match (found, wanted) {
        (Json::Object(found), Json::Object(wanted)) => {
            for (name, wanted) in wanted {
                let found = found.get(name).unwrap_or(&Json::Null);
                assert_has(found, wanted, &format!("{place}.{name}"));
            }
        }
        (Json::Array(found), Json::Array(wanted)) => {
            assert_eq!(found.len(), wanted.len(), "{place}");
            for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                assert_has(found, wanted, &format!("{place}[{at}]"));
            }
        }
        _ => assert_eq!(found, wanted, "{place}"),
    }
}

/// The one resource that stands for an entry of a kind.
fn check(cre: &CreType, entry: Entry, wanted: Json) {
    let kind = entry.kind;
    let bundle = convert(cre, [entry]);
    let resource_type = wanted["resourceType"].as_str().expect("a type");
    let found = all(&bundle, resource_type);
    let found = found
        .iter()
        .find(|it| it["id"] == ID)
        .expect("the resource");
    assert_has(found, &wanted, &format!("{kind:?}"));
    assert_eq!(found["identifier"][0]["value"], ID);
    assert_eq!(all(&bundle, "OperationOutcome").len(), 0, "{kind:?}");
}

fn concept() -> Json {
    json!({
        "coding": [{"system": "http://snomed.info/sct", "code": "91936005", "display": "Allergy to penicillin"}],
        "text": "penicillin allergy"
    })
}

#[test]
fn allergies() {
    for kind in [EntryKind::Allergy, EntryKind::AllergyDE] {
        check(
            &cre_type::ALLERGIES,
            entry(kind),
            json!({
                "resourceType": "AllergyIntolerance",
                "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "inactive"}]},
                "code": concept(),
                "onsetPeriod": {"start": "2019-05-02", "end": "2019-06-01"},
                "note": [{"text": "Rash."}],
            }),
        );
    }
    let current = Entry {
        time: Some(Period::from("2019", None)),
        ..entry(EntryKind::Allergy)
    };
    check(
        &cre_type::ALLERGIES,
        current,
        json!({
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "onsetDateTime": "2019",
        }),
    );
}

fn medication(kind: EntryKind, instructions: &str) -> Entry {
    let is_given = kind == EntryKind::MedicationAdministration;
    Entry {
        medication: Some(Box::new(Medication {
            dosage: (!is_given).then(|| Dosage::new(instructions)),
            administration: is_given.then(|| Administration::new(instructions)),
            supply: Some(Supply::new(Quantity::pieces("28", "tablet"))),
            consumable: Some(Consumable::new(Code::snomed(
                "319775004",
                "Aspirin 75mg tablets",
            ))),
            days_supply: Some(DaysSupply::new(
                OTHER,
                Period {
                    width: Some(Quantity::new("28", "d")),
                    ..Period::default()
                },
            )),
        })),
        code: kind
            .code()
            .or_else(|| Some(Code::snomed("18629005", "Administration of medicine"))),
        time: Some(Period::at("20190502")),
        ..entry(kind)
    }
}

#[test]
fn medications() {
    let medicine = json!({"coding": [{"code": "319775004", "display": "Aspirin 75mg tablets"}]});
    let supply =
        json!({"value": 28, "unit": "tablet", "system": "http://unitsofmeasure.org", "code": "1"});
    check(
        &cre_type::MEDICATION,
        medication(EntryKind::AcuteMedication, "1 daily"),
        json!({
            "resourceType": "MedicationRequest", "status": "completed", "intent": "order",
            "medicationCodeableConcept": medicine, "authoredOn": "2019-05-02",
            "dosageInstruction": [{"text": "1 daily"}],
            "dispenseRequest": {"quantity": supply, "expectedSupplyDuration": {"value": 28, "code": "d"}},
            "note": [{"text": "Rash."}],
        }),
    );
    for (kind, status) in [
        (EntryKind::CurrentRepeatMedication, "active"),
        (EntryKind::DiscontinuedRepeatMedication, "stopped"),
        (EntryKind::MedicationAdministration, "completed"),
    ] {
        check(
            &cre_type::MEDICATION,
            medication(kind, "1 daily"),
            json!({
                "resourceType": "MedicationStatement", "status": status,
                "medicationCodeableConcept": medicine, "effectiveDateTime": "2019-05-02",
                "dosage": [{"text": "1 daily"}], "note": [{"text": "Rash."}],
            }),
        );
    }
}

#[test]
fn conditions() {
    check(
        &cre_type::DIAGNOSES,
        entry(EntryKind::Diagnosis),
        json!({
            "resourceType": "Condition", "code": concept(),
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]},
            "category": [{"coding": [{"code": "163001000000103"}]}],
            "onsetDateTime": "2019-05-02", "abatementDateTime": "2019-06-01",
            "note": [{"text": "Rash."}],
        }),
    );
    for (status, clinical, verification) in [
        ("normal", json!("active"), Json::Null),
        ("active", json!("active"), Json::Null),
        ("completed", json!("active"), json!("confirmed")),
        ("nullified", Json::Null, json!("entered-in-error")),
    ] {
        let diagnosis = Entry {
            status: Some(Code::plain(status)),
            time: Some(Period::from("20190502", None)),
            ..entry(EntryKind::Diagnosis)
        };
        let bundle = convert(&cre_type::DIAGNOSES, [diagnosis]);
        let condition = all(&bundle, "Condition")[0];
        assert_eq!(
            condition["clinicalStatus"]["coding"][0]["code"], clinical,
            "{status}"
        );
        assert_eq!(
            condition["verificationStatus"]["coding"][0]["code"], verification,
            "{status}"
        );
    }
}

#[test]
fn a_problem_leads_to_its_entries() {
    let diagnosis = Entry::new(EntryKind::Diagnosis, OTHER, Period::from("2019", None))
        .coded(Code::snomed("38341003", "Hypertension"));
    let problem = Entry::new(EntryKind::Problem, ID, Period::from("2019", None))
        .linked(Target::Diagnosis, &OTHER.to_lowercase())
        .linked(Target::Finding, "BBBBBBBB-5B55-4B0E-9D3B-7B7A2C0F4E12");
    let bundle = convert(&cre_type::PROBLEMS, [problem, diagnosis]);
    let problem = all(&bundle, "Condition")
        .into_iter()
        .find(|it| it["id"] == ID);
    let problem = problem.expect("the problem");
    assert_eq!(
        problem["evidence"],
        json!([{"detail": [{"reference": format!("Condition/{OTHER}")}]}])
    );
    // What is not in the document is named by its id.
    let links: Vec<&Json> = problem["extension"]
        .as_array()
        .expect("extensions")
        .iter()
        .filter(|it| it["url"] == "urn:minispine:scr:link")
        .collect();
    assert_eq!(links.len(), 1);
    let last = links[0];
    assert_eq!(
        last["extension"][2]["valueReference"]["type"],
        "Observation"
    );
    assert_eq!(
        last["extension"][2]["valueReference"]["reference"],
        Json::Null
    );
}

#[test]
fn a_medication_has_its_reason() {
    let reason = Entry::new(EntryKind::Finding, OTHER, Period::around("2019"))
        .coded(Code::snomed("25064002", "Headache"));
    let medication =
        medication(EntryKind::CurrentRepeatMedication, "x").linked(Target::Finding, OTHER);
    let bundle = convert(&cre_type::MEDICATION, [medication, reason]);
    assert_eq!(
        all(&bundle, "MedicationStatement")[0]["reasonReference"],
        json!([{"reference": format!("Observation/{OTHER}")}])
    );
}

#[test]
fn observations() {
    for (kind, cre) in [
        (EntryKind::RiskToPatient, &cre_type::RISKS_TO_PATIENT),
        (EntryKind::RiskToPerson, &cre_type::RISKS_TO_OTHERS),
        (EntryKind::FamilyHistory, &cre_type::FAMILY_HISTORY),
        (
            EntryKind::PersonalPreference,
            &cre_type::PERSONAL_PREFERENCES,
        ),
        (EntryKind::LifeStyle, &cre_type::LIFESTYLE),
        (EntryKind::Smoking, &cre_type::LIFESTYLE),
        (EntryKind::AlcoholIntake, &cre_type::LIFESTYLE),
        (
            EntryKind::SocialOrPersonalCircumstance,
            &cre_type::SOCIAL_CIRCUMSTANCES,
        ),
        (EntryKind::Service, &cre_type::SERVICES),
        (EntryKind::Finding, &cre_type::FINDINGS),
    ] {
        check(
            cre,
            entry(kind),
            json!({
                "resourceType": "Observation", "status": "final", "code": concept(),
                "category": [{"coding": [{"code": cre.code}]}],
                "effectivePeriod": {"start": "2019-05-02", "end": "2019-06-01"},
                "note": [{"text": "Rash."}],
            }),
        );
    }
}

#[test]
fn values() {
    let pq = |number: &str| Value::Quantity(Quantity::new(number, "mmol/L"));
    let low = Quantity {
        inclusive: Some("false".to_owned()),
        ..Quantity::new("5", "g")
    };
    for (value, name, wanted) in [
        (
            pq("4.50"),
            "valueQuantity",
            json!({"value": 4.50, "unit": "mmol/L", "code": "mmol/L"}),
        ),
        (pq("+.5"), "valueQuantity", json!({"value": 0.5})),
        (pq("many"), "valueString", json!("many mmol/L")),
        (Value::Text(Text::new("high")), "valueString", json!("high")),
        (
            Value::Code(Box::new(Code::snomed("10828004", "Positive"))),
            "valueCodeableConcept",
            json!({"coding": [{"code": "10828004", "display": "Positive"}]}),
        ),
        (Value::Integer(Scalar::new("7")), "valueInteger", json!(7)),
        (
            Value::Real(Scalar::new("7.5")),
            "valueQuantity",
            json!({"value": 7.5}),
        ),
        (
            Value::Boolean(Scalar::new("true")),
            "valueBoolean",
            json!(true),
        ),
        (
            Value::Time(Scalar::new("201905")),
            "valueDateTime",
            json!("2019-05"),
        ),
        (
            Value::Period(Box::new(Period::from("2018", Some("2019")))),
            "valuePeriod",
            json!({"start": "2018", "end": "2019"}),
        ),
        (
            Value::Range(Box::new(Range {
                low: Some(Quantity::new("1", "g")),
                high: Some(Quantity::new("2", "g")),
                ..Range::default()
            })),
            "valueRange",
            json!({"low": {"value": 1}, "high": {"value": 2}}),
        ),
        (
            Value::Range(Box::new(Range {
                low: Some(low),
                ..Range::default()
            })),
            "valueQuantity",
            json!({"value": 5, "comparator": ">"}),
        ),
    ] {
        let finding = Entry {
            value: Some(value.typed()),
            ..entry(EntryKind::Finding)
        };
        check(
            &cre_type::FINDINGS,
            finding,
            json!({"resourceType": "Observation", name: wanted}),
        );
    }
}

#[test]
fn what_cannot_be_expressed_is_told() {
    let image = Data {
        media_type: Some("image/png".to_owned()),
        representation: Some("B64".to_owned()),
        content: "AAAA".to_owned(),
        ..Data::default()
    };
    let finding = entry(EntryKind::Finding).valued(Value::Data(Box::new(image)).typed());
    let bundle = convert(&cre_type::FINDINGS, [finding]);
    let outcome = all(&bundle, "OperationOutcome")[0];
    let issue = &outcome["issue"][0];
    assert_eq!(issue["severity"], "information");
    assert_eq!(issue["code"], "informational");
    let place = issue["expression"][0].as_str().expect("a place");
    let at: usize = place
        .trim_start_matches("Bundle.entry[")
        .trim_end_matches("].resource")
        .parse()
        .expect("a number");
    assert_eq!(bundle["entry"][at]["resource"]["id"], ID);
    // It is told beside the search, not as a part of what was found.
    let entries = bundle["entry"].as_array().expect("entries");
    assert_eq!(bundle["total"], entries.len() - 1);
    assert_eq!(entries[entries.len() - 1]["search"]["mode"], "outcome");
}

#[test]
fn blood_pressure_has_components() {
    let time = || Period::at("20190502");
    let mmhg = |number: &str| Quantity::new(number, "mm[Hg]");
    let pressure = Entry {
        time: Some(time()),
        systolic: Some(Systolic::new(OTHER, mmhg("120"), time())),
        diastolic: Some(Diastolic::new(OTHER, mmhg("80"), time())),
        ..entry(EntryKind::BloodPressure)
    };
    check(
        &cre_type::FINDINGS,
        pressure,
        json!({
            "resourceType": "Observation", "effectiveDateTime": "2019-05-02",
            "component": [
                {"id": OTHER, "code": {"coding": [{"code": "271649006"}]}, "valueQuantity": {"value": 120, "code": "mm[Hg]"}},
                {"code": {"coding": [{"code": "271650006"}]}, "valueQuantity": {"value": 80}},
            ],
        }),
    );
}

#[test]
fn an_organizer_has_members_and_a_finding_what_is_normal() {
    let member = Entry {
        reference_range: Some(ReferenceRange::new(
            Quantity::new("3.5", "mmol/L"),
            Quantity::new("5.3", "mmol/L"),
        )),
        ..Entry::new(EntryKind::Finding, OTHER, Period::around("20190502"))
            .coded(Code::snomed("1000731000000107", "Serum potassium"))
            .valued(Value::Quantity(Quantity::new("4.1", "mmol/L")).typed())
    };
    let organizer = Entry {
        members: vec![Member::new(member)],
        ..entry(EntryKind::FindingOrganizer)
    };
    let document = document(&cre_type::INVESTIGATION_RESULTS, [organizer]);
    let bundle = Answer::of(document).json(Profile::Full);
    let observations = all(&bundle, "Observation");
    assert_eq!(
        observations[0]["hasMember"],
        json!([{"reference": format!("Observation/{OTHER}")}])
    );
    assert_has(
        observations[1],
        &json!({
            "id": OTHER,
            "effectiveDateTime": "2019-05-02",
            "referenceRange": [{"low": {"value": 3.5}, "high": {"value": 5.3}}],
        }),
        "member",
    );
}

#[test]
fn procedures() {
    for (kind, cre) in [
        (EntryKind::Treatment, &cre_type::TREATMENTS),
        (EntryKind::Investigation, &cre_type::INVESTIGATIONS),
        (
            EntryKind::AdministrativeProcedure,
            &cre_type::ADMINISTRATIVE,
        ),
    ] {
        check(
            cre,
            entry(kind),
            json!({
                "resourceType": "Procedure", "status": "completed", "code": concept(),
                "category": {"coding": [{"code": cre.code}]},
                "performedPeriod": {"start": "2019-05-02", "end": "2019-06-01"},
                "note": [{"text": "Rash."}],
            }),
        );
    }
    let planned = Entry {
        mood: Some("INT".to_owned()),
        ..entry(EntryKind::Treatment)
    };
    check(
        &cre_type::TREATMENTS,
        planned,
        json!({"resourceType": "Procedure", "status": "preparation"}),
    );
}

#[test]
fn communications() {
    for (kind, cre) in [
        (
            EntryKind::ProvisionOfAdviceAndInformation,
            &cre_type::ADVICE,
        ),
        (
            EntryKind::CareProfessionalDocumentation,
            &cre_type::DOCUMENTATION,
        ),
        (
            EntryKind::PatientCarerCorrespondence,
            &cre_type::PATIENT_CORRESPONDENCE,
        ),
        (
            EntryKind::ThirdPartyCorrespondence,
            &cre_type::THIRD_PARTY_CORRESPONDENCE,
        ),
    ] {
        let letter = Entry {
            text: Some(Data::text("Dear colleague")),
            time: Some(Period::at("20180621161151")),
            ..entry(kind)
        };
        check(
            cre,
            letter,
            json!({
                "resourceType": "Communication", "status": "completed", "topic": concept(),
                "category": [{"coding": [{"code": cre.code}]}],
                "sent": "2018-06-21T16:11:51+01:00",
                "payload": [{"contentString": "Dear colleague"}],
                "note": [{"text": "Rash."}],
            }),
        );
    }
}

#[test]
fn a_care_event_is_an_encounter_with_place_and_people() {
    let place = Agent::service_location(Code::snomed("264372000", "Pharmacy"));
    let event =
        entry(EntryKind::CareEvent).with(Participation::new(Role::ServiceLocation, None, place));
    let event = event.with(Participation::author("20190502", person("Dr A")));
    let bundle = convert(&cre_type::CARE_EVENTS, [event]);
    let encounters = all(&bundle, "Encounter");
    assert_eq!(encounters.len(), 1, "the care event itself");
    assert_has(
        encounters[0],
        &json!({
            "status": "finished", "type": [concept()],
            "period": {"start": "2019-05-02", "end": "2019-06-01"},
            "participant": [{"type": [{"coding": [{"code": "AUT"}]}], "period": {"start": "2019-05-02"}}],
        }),
        "care event",
    );
    let location = encounters[0]["location"][0]["location"]["reference"].as_str();
    let locations = all(&bundle, "Location");
    assert_eq!(
        location,
        Some(format!("Location/{}", locations[0]["id"].as_str().expect("an id")).as_str())
    );
    assert_eq!(locations[0]["type"][0]["coding"][0]["display"], "Pharmacy");
}

fn person(name: &str) -> Agent {
    Agent::Person(Box::new(AgentPerson {
        code: Some(Code::of(
            "2.16.840.1.113883.2.1.3.2.4.17.124",
            "R0260",
            "General Medical Practitioner",
        )),
        telecoms: vec![Telecom {
            value: Some("tel:0113".to_owned()),
            usage: Some("WP".to_owned()),
            ..Telecom::default()
        }],
        person: Some(Person {
            name: Some(Name::text(name)),
            ..Person::default()
        }),
        organisation_sds: Some(OrganisationSds::new("A20047", "The Practice")),
        ..AgentPerson::default()
    }))
}

#[test]
fn people_are_there_once_and_every_role_is_said() {
    let relative = Agent::related(
        "participantNonAgentRole",
        "01",
        "Brother",
        Some(Name::text("Bob")),
    );
    let mut performer =
        Participation::new(Role::Performer, Some(Period::at("2019")), person("Dr A"));
    performer.mode = Some(Code::plain("PHONE"));
    let finding = entry(EntryKind::Finding)
        .with(Participation::author("20190502", person("Dr A")))
        .with(Participation::new(
            Role::Informant,
            Some(Period::at("20190501")),
            relative,
        ))
        .with(performer);
    let treatment = Entry {
        id: Some(Id::uuid(OTHER)),
        ..entry(EntryKind::Treatment)
    }
    .with(Participation::author("20190502", person("Dr A")));
    let bundle = convert(&cre_type::FINDINGS, [finding, treatment]);
    let roles = all(&bundle, "PractitionerRole");
    // The author of the document, and the one of both entries.
    assert_eq!(roles.len(), 2);
    let role = format!(
        "PractitionerRole/{}",
        roles[1]["id"].as_str().expect("an id")
    );
    let encounters = all(&bundle, "Encounter");
    let participants = encounters[0]["participant"]
        .as_array()
        .expect("participants");
    let codes: Vec<&str> = participants
        .iter()
        .map(|it| it["type"][0]["coding"][0]["code"].as_str().expect("a code"))
        .collect();
    assert_eq!(codes, ["PRF", "AUT", "INF"]);
    assert_eq!(
        participants[0]["extension"][0]["valueCodeableConcept"]["coding"][0]["display"],
        "telephone"
    );
    assert_eq!(
        encounters[1]["participant"][0]["individual"]["reference"],
        json!(role)
    );
    assert_eq!(
        all(&bundle, "Procedure")[0]["recorder"]["reference"],
        json!(role)
    );
    assert_eq!(
        all(&bundle, "Observation")[0]["performer"][0]["reference"],
        json!(role)
    );
    assert_has(
        all(&bundle, "Organization")[0],
        &json!({
            "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "A20047"}],
            "name": "The Practice",
            "telecom": [{"system": "phone", "value": "tel:0113", "use": "work"}],
        }),
        "organisation",
    );
    assert_has(
        all(&bundle, "RelatedPerson")[0],
        &json!({
            "relationship": [{"coding": [{"system": "https://fhir.nhs.uk/STU3/ValueSet/PersonRelationshipType-1", "code": "01"}]}],
            "name": [{"text": "Bob"}],
        }),
        "relative",
    );
}

#[test]
fn two_entries_with_one_id_are_two_resources() {
    let bundle = convert(
        &cre_type::FINDINGS,
        [entry(EntryKind::Finding), entry(EntryKind::Finding)],
    );
    let observations = all(&bundle, "Observation");
    assert_eq!(observations.len(), 2);
    assert_ne!(observations[0]["id"], observations[1]["id"]);
    assert_eq!(observations[1]["identifier"][0]["value"], ID);
}

#[test]
fn codes_keep_translations_qualifiers_and_missing_systems() {
    let code = Code {
        qualifiers: vec![Qualifier {
            name: Some(Code::snomed("408732007", "subject relationship context")),
            value: Some(Code::snomed("394861005", "great-uncle")),
            ..Qualifier::default()
        }],
        translations: vec![Code::of("2.16.840.1.113883.2.1.6.2", "H33..", "Asthma")],
        ..Code::snomed("195967001", "Asthma")
    };
    let finding = Entry {
        code: Some(code),
        ..entry(EntryKind::Finding)
    };
    check(
        &cre_type::FINDINGS,
        finding,
        json!({"resourceType": "Observation", "code": {"coding": [
            {"code": "195967001", "extension": [{"url": "urn:minispine:scr:qualifier", "extension": [
                {"url": "name", "valueCoding": {"code": "408732007"}},
                {"url": "value", "valueCoding": {"code": "394861005"}},
            ]}]},
            {"system": "http://read.info/readv2", "code": "H33.."},
        ]}}),
    );
    let unknown = Code {
        null_flavour: Some("UNK".to_owned()),
        ..Code::default()
    };
    let finding = Entry {
        code: Some(unknown.recorded_as("sore")),
        ..entry(EntryKind::Finding)
    };
    check(
        &cre_type::FINDINGS,
        finding,
        json!({"resourceType": "Observation", "code": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}],
            "text": "sore",
        }}),
    );
}

#[test]
fn sections_that_stand_alone() {
    let section = Section::new(&cre_type::FINDINGS, [entry(EntryKind::Finding)]);
    let mut ids = || "00000000-0000-4000-8000-000000000001".to_owned();
    let found = conversion::sections_to_fhir(&[section], Profile::Full, &mut ids);
    let found = found.expect("sections that convert");
    let types: Vec<&str> = found.iter().map(fhir::Resource::resource_type).collect();
    assert_eq!(types, ["Observation", "Patient"]);
}
