//! Profile Compatible, against the published examples of the national adaptor.

use hl7v3::gp_summary::model::EntryKind;

use super::*;
use crate::from_fhir::tree::Tree;

fn published(file: &str) -> Option<Vec<u8>> {
    let path = testkit::vectors_or_skip("from_fhir::national", &format!("scr-fhir/{file}"))?;
    Some(std::fs::read(path).expect("a file"))
}

fn published_bundle(file: &str) -> Option<Bundle> {
    let resource = fhir::json::read_tolerant(&published(file)?).expect("a resource");
    Some(match resource {
        Resource::Bundle(bundle) => bundle,
        resource => Bundle {
            entry: vec![fhir::BundleEntry {
                resource: Some(resource),
                ..fhir::BundleEntry::default()
            }],
            ..Bundle::default()
        },
    })
}

/// The sections of a resource, as the document writes them.
fn sections(bundle: &Bundle) -> Vec<Tree> {
    let mut ids = || "0F582D91-8F89-11EA-8B2D-B741F13EFC47".to_owned();
    let found = conversion::sections_from_fhir(bundle, Profile::Compatible, &mut ids);
    let (sections, _) = found.expect("sections");
    let summary = GpSummary {
        sections,
        ..GpSummary::default()
    };
    let text = text_of(&summary);
    let document = xml::Document::parse(text.as_bytes()).expect("XML");
    document.root().children().map(Tree::of).collect()
}

/// The fragments that the adaptor's own tests expect of single resources.
#[test]
fn single_resources() {
    for (resource, expected) in [
        ("care-event/example.json", "care-event/example.html"),
        ("diagnosis/example.json", "diagnosis/expected.expected.html"),
        (
            "family-history/without_author.json",
            "family-history/without_author.html",
        ),
        (
            "finding/observationsBundle.json",
            "finding/expected.clinicalObservations.html",
        ),
        (
            "lifestyle/without_author.json",
            "lifestyle/without_author.html",
        ),
        (
            "patient-carer-correspondence/example.json",
            "patient-carer-correspondence/example.html",
        ),
        (
            "provision-of-advice/example.json",
            "provision-of-advice/example.html",
        ),
        (
            "social-personal-circumstances/example.json",
            "social-personal-circumstances/example.html",
        ),
        ("treatment/example.json", "treatment/example.html"),
    ] {
        let Some(bundle) = published_bundle(&format!("mappers/{resource}")) else {
            return;
        };
        let Some(expected) = published(&format!("mappers/{expected}")) else {
            return;
        };
        let expected = xml::Document::parse(&expected).expect("XML");
        let found = sections(&bundle);
        let found = found
            .first()
            .unwrap_or_else(|| panic!("no section: {resource}"));
        assert_eq!(
            found.difference(&Tree::of(expected.root())),
            None,
            "{resource}"
        );
    }
}

/// Of the problem the adaptor's own test looks at id, code and status.
#[test]
fn a_problem() {
    let Some(bundle) = published_bundle("mappers/problem/example-1.json") else {
        return;
    };
    let mut ids = || String::new();
    let found = conversion::sections_from_fhir(&bundle, Profile::Compatible, &mut ids);
    let (sections, _) = found.expect("sections");
    let entry = sections
        .iter()
        .flat_map(|section| section.entries())
        .next()
        .expect("an entry");
    assert_eq!(entry.uuid(), Some("BB890EB6-3152-4D08-9331-D48FE63198C1"));
    assert_eq!(entry.status(), Some("active"));
    let code = entry.code.as_ref().and_then(|code| code.code.as_deref());
    assert_eq!(code, Some("181301000000103"));
}

/// The entry that makes viewers offer the additional information.
#[test]
fn the_note_of_additional_information() {
    let Some(expected) = published("mappers/third-party-correspondence/example.html") else {
        return;
    };
    let expected = xml::Document::parse(&expected).expect("XML");
    let expected = Tree::of(expected.root());
    let mut json = upload();
    let section = &mut json["entry"][0]["resource"]["section"][0];
    section["code"]["coding"][0]["code"] = json!("TreatmentsHeader");
    section["text"]["div"] =
        json!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p id=\"x\">x</p></div>");
    for profile in [Profile::Compatible, Profile::Full] {
        let summary = convert(&json, profile).summary;
        let section = summary.sections.last().expect("a section");
        let code = section.code().and_then(|code| code.code.as_deref());
        assert_eq!(code, Some("163191000000109"));
        let entry = section.entries().next().expect("an entry");
        let texts: Vec<&str> = entry.supporting_texts().collect();
        assert_eq!(
            texts,
            [
                "Additional information records have been found under the following types:\nTreatments"
            ]
        );
        let time = entry.time.as_ref().and_then(|time| time.value.as_deref());
        assert_eq!(time, Some("20250630120000"), "UK local time");
        let text = text_of(&summary);
        let whole = xml::Document::parse(text.as_bytes()).expect("XML");
        let found = whole
            .root()
            .children_named(xml::ns::HL7, "pertinentInformation2")
            .last();
        let found = Tree::of(found.expect("a section")).names();
        assert_eq!(found, expected.names(), "{profile:?}");
    }
}

/// Section, kind, status and beginning of every entry of a published upload.
#[test]
fn a_published_upload() {
    let Some(bundle) = published_bundle("api/upload-scr/success.1-basic.request.json") else {
        return;
    };
    let summary = converted(&bundle, Profile::Compatible)
        .expect("a bundle")
        .summary;
    let sections: Vec<_> = summary
        .sections
        .iter()
        .map(|section| {
            section
                .code()
                .and_then(|code| code.display.clone())
                .expect("a name")
        })
        .collect();
    assert_eq!(
        sections,
        [
            "Diagnoses",
            "Investigation Results",
            "Third Party Correspondence"
        ]
    );
    let text = text_of(&summary);
    for part in [
        "<id root=\"BF4180FD-C403-4EF7-A4AB-E07303AF5477\"/>",
        "<effectiveTime value=\"20201117010000\"/><statusCode code=\"active\"/>",
        "UKCT_MT144042UK01.Diagnosis moodCode=\"EVN\" classCode=\"CON\"",
        "<agentDeviceSDS classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"930484003023\"/>",
        "<code code=\"01\" codeSystem=\"ABC\" displayName=\"Some device\"/>",
        "<modeCode code=\"PHYSICAL\" codeSystem=\"2.16.840.1.113883.5.1064\"/>",
        "<priorMessageRef classCode=\"COMPOSITION\" moodCode=\"EVN\"><id root=\"D18B57ED-992E-45A2-A6AF-55200D20F48E\"/>",
        "<code code=\"01\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.16.15\" displayName=\"Brother\"/>",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

/// What the adaptor does that profile Full does not: one row each.
#[test]
fn oddities() {
    for (resource, pointer, value, compatible, full) in [
        // Months keep their dash.
        (
            "Observation",
            "/effectiveDateTime",
            json!("2020-05"),
            "<center value=\"2020-05\"/>",
            "<center value=\"202005\"/>",
        ),
        // The author's time is UTC.
        (
            "Composition",
            "/meta/lastUpdated",
            json!("2025-06-30T11:59:00+01:00"),
            "<time value=\"20250630105900\"/>",
            "<time value=\"20250630115900\"/>",
        ),
        // The end of a treatment is lost.
        (
            "Procedure",
            "/performedPeriod/end",
            json!("2020-05-09"),
            "<low value=\"20200507\"/></effectiveTime>",
            "<low value=\"20200507\"/><high value=\"20200509\"/>",
        ),
        // Every diagnosis is normal.
        (
            "Condition",
            "/clinicalStatus/coding/0/code",
            json!("active"),
            "<statusCode code=\"normal\"/><effectiveTime><low value=\"20200506\"/>",
            "<statusCode code=\"active\"/><effectiveTime><low value=\"20200506\"/>",
        ),
    ] {
        let mut json = upload();
        let entries = json["entry"].as_array_mut().expect("entries");
        let entry = entries
            .iter_mut()
            .find(|entry| entry["resource"]["resourceType"] == resource);
        let resource = &mut entry.expect("an entry")["resource"];
        *resource.pointer_mut(pointer).expect("an element") = value;
        for (profile, part) in [(Profile::Compatible, compatible), (Profile::Full, full)] {
            let text = text_of(&convert(&json, profile).summary);
            assert!(text.contains(part), "{profile:?} {part}\n{text}");
        }
    }
}

/// The author of a finding can only be a device nationally.
#[test]
fn a_person_who_is_the_author_of_a_finding() {
    let mut json = upload();
    json["entry"][5]["resource"]["encounter"] = json!({ "reference": "Encounter/visit" });
    let found = converted(&bundle(&json), Profile::Compatible);
    let findings = found.expect_err("a person");
    assert_eq!(
        findings[0].rule,
        "Invalid resource reference. Practitioner/doctor expected to be referencing PractitionerRole"
    );
    let summary = convert(&json, Profile::Full).summary;
    let finding = summary
        .entries()
        .map(|it| it.1)
        .find(|entry| entry.kind == EntryKind::Finding);
    assert_eq!(finding.expect("a finding").participations.len(), 1);
}

/// Letters of a client do not reach the national message.
#[test]
fn communications_are_dropped() {
    let mut json = upload();
    json["entry"]
        .as_array_mut()
        .expect("entries")
        .push(super::entry(json!({
            "resourceType": "Communication",
            "id": "letter",
            "identifier": [{ "value": "0B6A1C3E-5D2F-4E0A-9B7C-000000000020" }],
            "status": "completed",
            "category": [coded(SNOMED, "163191000000109", "Third Party Correspondence")],
            "topic": coded(SNOMED, "263536004", "Communication"),
            "sent": "2020-05-07T10:00:00+01:00"
        })));
    let count = |profile| convert(&json, profile).summary.entries().count();
    assert_eq!((count(Profile::Compatible), count(Profile::Full)), (3, 4));
}
