//! What is wrong with a file, and where: good ones have no errors, and each rule is broken once.

use conversion::validate::{Form, Found, check};
use fhir::Severity;

/// Every rule of a file, as `severity rule`.
fn rules(bytes: &[u8]) -> Vec<String> {
    let (_, found) = check(bytes);
    let rule = |one: &Found| format!("{} {}", one.severity.as_str(), one.rule);
    found.iter().map(rule).collect()
}

fn errors(bytes: &[u8]) -> Vec<Found> {
    let (_, found) = check(bytes);
    found
        .into_iter()
        .filter(|one| one.severity == Severity::Error)
        .collect()
}

fn summary() -> String {
    // One with entries of many kinds.
    let population = synthetic::population(7);
    let mut all = population.iter(200).map(|patient| patient.summary());
    let many = all.find(|summary| {
        let text = String::from_utf8_lossy(summary);
        [
            ".DiscontinuedRepeatMedication",
            ".Diagnosis",
            "<Diagnosis",
            "<high value=\"2",
        ]
        .iter()
        .all(|part| text.contains(part))
    });
    String::from_utf8(many.expect("a rich summary")).expect("text")
}

#[test]
fn made_up_summaries_have_no_errors() {
    for patient in synthetic::population(3).iter(60) {
        let found = errors(&patient.summary());
        assert_eq!(found, Vec::new());
    }
}

/// The text with the first occurrence of something after a mark replaced.
fn after(text: &str, mark: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(mark).expect(mark);
    assert!(rest.contains(from), "{from}");
    format!("{before}{mark}{}", rest.replacen(from, to, 1))
}

#[test]
fn each_rule_of_a_summary_is_told() {
    let good = summary();
    let (form, _) = check(good.as_bytes());
    assert_eq!(form, Form::Hl7V3);
    let section = "<pertinentCREType";
    let entry = "<UKCT_MT144042UK01.Diagnosis";
    let drop = |text: &str, name: &str| {
        let start = text.find(&format!("<{name}")).expect("there");
        let end = start
            + text
                .get(start..)
                .expect("there")
                .find("/>")
                .expect("closed")
            + 2;
        format!("{}{}", &text[..start], &text[end..])
    };
    let cases = [
        (
            drop(&good, "statusCode"),
            "error A single hl7:GPSummary/hl7:statusCode/@code must be provided",
        ),
        (
            after(
                &good,
                section,
                "codeSystem=\"2.16.840.1.113883.2.1.3.2.4.15\"",
                "codeSystem=\"1.2.3\"",
            ),
            "error the type of a section is a code of SNOMED CT",
        ),
        (
            after(&good, section, "code=\"1", "code=\"9"),
            "warning this type of section is not known",
        ),
        (
            after(&good, entry, "<id root=\"", "<id root=\"x"),
            "error the id of an entry is a UUID",
        ),
        (
            after(&good, entry, "<code code=\"", "<code code=\"9"),
            "error the check digit of the SNOMED CT code is wrong",
        ),
        (
            after(&good, entry, "statusCode code=\"", "statusCode code=\"x"),
            "error the status is none of HL7's states of an act",
        ),
        (
            after(&good, entry, "value=\"", "value=\"x"),
            "error a timestamp is written YYYY[MM[DD[HH[MM[SS[.f]]]]]] with an optional ±HHMM",
        ),
        (
            after(
                &good,
                ".DiscontinuedRepeatMedication",
                "<high value=\"2",
                "<high value=\"1",
            ),
            "error the end lies before the beginning",
        ),
        (
            after(&good, "<Diagnosis", "root=\"", "root=\"x"),
            "warning the link leads to no entry of the document",
        ),
        (
            good.replacen("<body>", "<body><script/>", 1),
            "error script may not be in a presentation text",
        ),
        (
            good.replacen("<h2", "<h2 onclick=\"x\"", 1),
            "error event handlers may not be in a presentation text",
        ),
    ];
    for (text, rule) in cases {
        let found = rules(text.as_bytes());
        assert!(found.iter().any(|one| one == rule), "{rule}: {found:?}");
        assert!(
            !rules(good.as_bytes()).iter().any(|one| one == rule),
            "{rule}"
        );
    }
}

#[test]
fn an_entry_in_the_wrong_section_and_twice() {
    let good = summary();
    let text = good.replace("code=\"163001000000103\"", "code=\"163071000000106\"");
    let found = rules(text.as_bytes());
    let rule = "warning this kind of entry belongs in another section";
    assert!(found.iter().any(|one| one == rule), "{found:?}");

    let id_of = |kind: &str| {
        let (_, rest) = good.split_once(&format!(".{kind} classCode")).expect(kind);
        let (_, rest) = rest.split_once("<id root=\"").expect("an id");
        rest.get(..36).expect("a UUID").to_owned()
    };
    let (one, other) = (id_of("Diagnosis"), id_of("DiscontinuedRepeatMedication"));
    let found = errors(good.replace(&one, &other).as_bytes());
    let rule = "another entry of the document has this id";
    let one = found.iter().find(|one| one.rule == rule).expect("told");
    assert!(one.path.ends_with("/id") && one.place.is_some(), "{one:?}");
}

#[test]
fn bundles_are_checked_as_uploads() {
    let bundle = |kind: &str| {
        format!(
            "{{\"resourceType\":\"Bundle\",\n \"type\":\"{kind}\",\n \"entry\":[\n  {{\"fullUrl\":\
             \"urn:uuid:0a4b7e52-93c5-4d2b-8a0f-6e1d3c5b9a43\",\"resource\":{{\"resourceType\":\"Patient\"}}}}]}}"
        )
    };
    let found = rules(bundle("document").as_bytes());
    let rule = "error Composition missing from payload";
    assert!(found.iter().any(|one| one == rule), "{found:?}");
    let found = rules(bundle("collection").as_bytes());
    assert!(!found.iter().any(|one| one == rule), "{found:?}");

    let (form, found) = check(b"{\"resourceType\": \"Patient\",\n \"gender\": \"x\"}");
    assert_eq!(form, Form::FhirJson);
    assert_eq!(found[0].place.map(|place| place.0), Some(2), "{found:?}");
    assert_eq!(found[0].path, "Patient.gender");
    let (_, found) = check(b"{\"resourceType\":\n \"Patient\",}");
    assert_eq!(found[0].place.map(|place| place.0), Some(2), "{found:?}");
    assert!(found[0].source.contains("RFC 8259"));
    let (form, found) = check(b"<Patient xmlns='http://hl7.org/fhir'>\n<colour/></Patient>");
    assert_eq!(form, Form::FhirXml);
    assert_eq!(found[0].place.map(|place| place.0), Some(2), "{found:?}");
}

/// A large file with a fault in every entry is told of in good time.
#[test]
fn very_many_faults_are_cut_short() {
    let section = "<pertinentInformation2><pertinentCREType><code/></pertinentCREType></pertinentInformation2>";
    let text = format!(
        "<GPSummary xmlns='urn:hl7-org:v3'>{}</GPSummary>",
        section.repeat(20_000)
    );
    let (_, found) = check(text.as_bytes());
    assert_eq!(found.len(), 1_000);
    let entry = "{\"resource\":{\"resourceType\":\"Patient\",\"gender\":\"male\"}}";
    let entries = vec![entry; 9_000].join(",");
    let text =
        format!("{{\"resourceType\":\"Bundle\",\"type\":\"document\",\"entry\":[{entries}]}}");
    let (_, found) = check(text.as_bytes());
    assert!(!found.is_empty() && found.len() <= 1_000, "{}", found.len());
}
