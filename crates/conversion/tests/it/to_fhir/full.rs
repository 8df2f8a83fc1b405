//! Profile Full: the national adaptor's defects are not here.

use std::fs::read_to_string;

use conversion::Profile;
use serde_json::{Value, json};

use super::{Answer, all, document_with};

fn section(cre: &str, entries: &str) -> String {
    format!(
        r#"<pertinentInformation2><pertinentCREType><code code="{cre}" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Section"/>{entries}</pertinentCREType></pertinentInformation2>"#
    )
}

fn component(element: &str, id: &str, time: &str) -> String {
    format!(
        r#"<component><{element} classCode="OBS" moodCode="EVN"><id root="{id}"/>
        <code code="38341003" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Hypertension"/>
        <statusCode code="normal"/>{time}</{element}></component>"#
    )
}

const A: &str = "AAAAAAAA-0000-4000-8000-000000000001";
const B: &str = "BBBBBBBB-0000-4000-8000-000000000002";

fn convert(sections: &str) -> Value {
    Answer::of(document_with(sections, "<html><body></body></html>")).json(Profile::Full)
}

fn one(element: &str, time: &str, resource_type: &str) -> Value {
    let bundle = convert(&section("163131000000108", &component(element, A, time)));
    all(&bundle, resource_type)[0].clone()
}

#[test]
fn nothing_is_shared_between_two_patients() {
    let time = "<effectiveTime><low value=\"20200805\"/></effectiveTime>";
    let event = section(
        "162951000000105",
        &component("UKCT_MT144037UK01.CareEvent", A, time),
    );
    for _ in 0..3 {
        let bundle = convert(&event);
        let types = all(&bundle, "Encounter")[0]["type"]
            .as_array()
            .map(Vec::len);
        assert_eq!(types, Some(1));
    }
}

#[test]
fn every_diagnosis_is_there_not_only_four() {
    let time = "<effectiveTime><low value=\"20200805\"/></effectiveTime>";
    let diagnosis = one("UKCT_MT144042UK01.Diagnosis", time, "Condition");
    assert_eq!(diagnosis["code"]["coding"][0]["code"], "38341003");
}

#[test]
fn entries_of_several_kinds_in_one_section_are_all_there() {
    let time = "<effectiveTime><low value=\"20200805\"/></effectiveTime>";
    let entries = [
        component("UKCT_MT144042UK01.Diagnosis", A, time),
        component("UKCT_MT144043UK02.Finding", B, time),
    ];
    let bundle = convert(&section("163001000000103", &entries.concat()));
    assert_eq!(all(&bundle, "Condition").len(), 1);
    assert_eq!(all(&bundle, "Observation").len(), 1);
}

#[test]
fn a_care_event_begins_before_it_ends() {
    let time = "<effectiveTime><low value=\"20200805\"/><high value=\"20200806\"/></effectiveTime>";
    let event = one("UKCT_MT144037UK01.CareEvent", time, "Encounter");
    assert_eq!(
        event["period"],
        json!({"start": "2020-08-05", "end": "2020-08-06"})
    );
}

#[test]
fn a_centre_is_read_in_both_spellings_and_a_value_too() {
    for time in [
        "<effectiveTime><center value=\"20200805\"/></effectiveTime>",
        "<effectiveTime><centre value=\"20200805\"/></effectiveTime>",
        "<effectiveTime value=\"20200805\"/>",
    ] {
        let finding = one("UKCT_MT144043UK02.Finding", time, "Observation");
        assert_eq!(finding["effectiveDateTime"], "2020-08-05", "{time}");
    }
}

#[test]
fn the_end_of_a_period_is_kept() {
    let time = "<effectiveTime><low value=\"2020\"/><high value=\"202105\"/></effectiveTime>";
    let period = json!({"start": "2020", "end": "2021-05"});
    for (element, resource_type, name) in [
        (
            "UKCT_MT144055UK01.Treatment",
            "Procedure",
            "performedPeriod",
        ),
        (
            "UKCT_MT144054UK01.RiskToPatient",
            "Observation",
            "effectivePeriod",
        ),
        (
            "UKCT_MT144036UK01.SocialOrPersonalCircumstance",
            "Observation",
            "effectivePeriod",
        ),
    ] {
        assert_eq!(one(element, time, resource_type)[name], period, "{element}");
    }
    let problem = one("UKCT_MT144038UK02.Problem", time, "Condition");
    assert_eq!(problem["abatementDateTime"], "2021-05");
}

#[test]
fn the_date_is_that_of_the_document_and_the_update_that_of_the_author() {
    let bundle = convert("");
    let composition = all(&bundle, "Composition")[0];
    assert_eq!(composition["date"], "2020-06-01T10:11:12+01:00");
    assert_eq!(
        composition["meta"]["lastUpdated"],
        "2020-06-02T10:11:12+01:00"
    );
    assert_eq!(composition["title"], "General Practice Summary");
}

#[test]
fn statuses_are_of_code_systems_and_times_are_whole() {
    let time = "<effectiveTime><low value=\"200703150100\"/></effectiveTime>";
    let diagnosis = one("UKCT_MT144042UK01.Diagnosis", time, "Condition");
    let system = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    assert_eq!(diagnosis["clinicalStatus"]["coding"][0]["system"], system);
    assert_eq!(diagnosis["onsetDateTime"], "2007-03-15T01:00:00+00:00");
}

#[test]
fn a_section_points_at_all_its_entries() {
    let time = "<effectiveTime><low value=\"20200805\"/></effectiveTime>";
    let sections = [
        section(
            "163071000000106",
            &component("UKCT_MT144055UK01.Treatment", A, time),
        ),
        section(
            "163131000000108",
            &component("UKCT_MT144043UK02.Finding", B, time),
        ),
    ];
    let html = "<html><body><h2 id=\"TreatmentsHeader\">Treatments</h2><p>x</p>\
                <h2>Clinical Observations and Findings</h2><p>y</p><h2 id=\"Title\">Title</h2><p>z</p></body></html>";
    let bundle = Answer::of(document_with(&sections.concat(), html)).json(Profile::Full);
    let entries: Vec<Value> = all(&bundle, "Composition")[0]["section"]
        .as_array()
        .expect("sections")
        .iter()
        .map(|section| section["entry"].clone())
        .collect();
    assert_eq!(
        entries,
        [
            json!([{"reference": format!("Procedure/{A}")}]),
            json!([{"reference": format!("Observation/{B}")}]),
            Value::Null,
        ]
    );
}

#[test]
fn an_entry_of_an_unknown_kind_is_told() {
    let time = "<effectiveTime><low value=\"20200805\"/></effectiveTime>";
    let bundle = convert(&section(
        "163131000000108",
        &component("UKCT_MT999999UK01.New", A, time),
    ));
    let text = &all(&bundle, "OperationOutcome")[0]["issue"][0]["details"]["text"];
    assert_eq!(
        text,
        "An entry of the kind UKCT_MT999999UK01.New is not carried over"
    );
}

/// What the adaptor's unreachable mappers would give, apart from what is wrong in it.
#[test]
fn the_adaptors_examples_of_what_it_never_maps() {
    let name = "to_fhir::the_adaptors_examples_of_what_it_never_maps";
    let Some(folder) = testkit::vectors_or_skip(name, "scr-fhir/mappers") else {
        return;
    };
    for (example, resource_type, elements) in [
        (
            "care-event/example",
            "Encounter",
            &["status", "class", "type", "meta"][..],
        ),
        (
            "family-history/without_author",
            "Observation",
            &["status", "category", "code", "effectivePeriod", "meta"],
        ),
        (
            "lifestyle/without_author",
            "Observation",
            &["status", "code", "effectivePeriod", "meta"],
        ),
        (
            "patient-carer-correspondence/example",
            "Communication",
            &["status", "category", "topic", "meta"],
        ),
        (
            "provision-of-advice/example",
            "Communication",
            &["status", "topic"],
        ),
    ] {
        let text =
            |end: &str| read_to_string(folder.join(format!("{example}.{end}"))).expect(example);
        let fragment = text("html");
        let start = fragment.find("<pertinentInformation2").expect("a section");
        let bundle = convert(&fragment[start..]);
        let found = all(&bundle, resource_type);
        let expected: Value = serde_json::from_str(&text("json")).expect("JSON");
        for element in elements {
            assert_eq!(
                found[0][*element], expected[*element],
                "{example} {element}"
            );
        }
        if resource_type != "Encounter" {
            assert_eq!(
                found[0]["identifier"][0]["value"],
                expected["identifier"][0]["value"]
            );
        }
    }
}
