//! What `check` finds, and how resources are built by hand.

use fhir::{
    Bundle, BundleEntry, CodeableConcept, Composition, Condition, Decimal, Effective, Extension,
    ExtensionValue, FhirDateTime, Identifier, Instant, Narrative, Observation, ObservationValue,
    Patient, Quantity, Reference, Resource, Section, Severity, json, narrative, system, xml,
};

fn observation() -> Observation {
    Observation {
        id: Some("o1".to_owned()),
        status: Some("final".to_owned()),
        code: Some(CodeableConcept::new(
            system::SNOMED,
            "27113001",
            "Body weight",
        )),
        effective: Some(Effective::DateTime(FhirDateTime::parse("2020-08").unwrap())),
        value: Some(ObservationValue::Quantity(Quantity {
            value: Decimal::parse("70.50"),
            unit: Some("kg".to_owned()),
            ..Quantity::default()
        })),
        ..Observation::default()
    }
}

#[test]
fn an_observation_in_both_forms() {
    let resource = Resource::from(observation());
    assert_eq!(
        String::from_utf8(json::write(&resource)).unwrap(),
        "{\"resourceType\":\"Observation\",\"id\":\"o1\",\"status\":\"final\",\"code\":{\"coding\":\
         [{\"system\":\"http://snomed.info/sct\",\"code\":\"27113001\",\"display\":\"Body weight\"}]},\
         \"effectiveDateTime\":\"2020-08\",\"valueQuantity\":{\"value\":70.50,\"unit\":\"kg\"}}"
    );
    assert_eq!(
        String::from_utf8(xml::write(&resource).unwrap()).unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Observation xmlns=\"http://hl7.org/fhir\">\
         <id value=\"o1\"/><status value=\"final\"/><code><coding>\
         <system value=\"http://snomed.info/sct\"/><code value=\"27113001\"/>\
         <display value=\"Body weight\"/></coding></code><effectiveDateTime value=\"2020-08\"/>\
         <valueQuantity><value value=\"70.50\"/><unit value=\"kg\"/></valueQuantity></Observation>"
    );
    assert_eq!(fhir::check(&resource), []);
}

#[test]
fn xml_with_extensions_and_a_div() {
    let text = "<Patient xmlns=\"http://hl7.org/fhir\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                xsi:schemaLocation=\"http://hl7.org/fhir ../fhir-all.xsd\"><!-- a comment -->\
                <text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\"><b>a</b></div></text>\
                <extension url=\"urn:x\"><valueBoolean value=\"true\"/></extension>\
                <name id=\"n\"><given value=\"a\"/><given id=\"g\"><extension url=\"urn:y\"><valueCode value=\"c\"/></extension></given></name>\
                </Patient>";
    let resource = xml::read(text.as_bytes()).unwrap();
    let expected = "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\
                    \"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><b>a</b></div>\"},\
                    \"extension\":[{\"url\":\"urn:x\",\"valueBoolean\":true}],\
                    \"name\":[{\"id\":\"n\",\"given\":[\"a\",null],\"_given\":[null,{\"id\":\"g\",\
                    \"extension\":[{\"url\":\"urn:y\",\"valueCode\":\"c\"}]}]}]}";
    assert_eq!(String::from_utf8(json::write(&resource)).unwrap(), expected);
    assert_eq!(json::read(expected.as_bytes()).unwrap(), resource);
}

#[test]
fn nothing_is_shown_by_debug() {
    let shown = format!("{:?} {:?}", Resource::from(observation()), observation());
    assert_eq!(shown, "Observation Observation");
}

fn document() -> Bundle {
    let composition = Composition {
        id: Some("c".to_owned()),
        status: Some("final".to_owned()),
        r#type: Some(CodeableConcept::text("Summary")),
        subject: Some(Reference::to("Patient", "p")),
        date: Some(FhirDateTime::parse("2020-08-05").unwrap()),
        author: vec![Reference::literal(
            "urn:uuid:0A1B2C3D-0000-4000-8000-00000000000F",
        )],
        title: Some("Summary".to_owned()),
        section: vec![Section {
            text: Some(Narrative {
                status: Some("generated".to_owned()),
                div: Some(format!("<div xmlns=\"{}\">a</div>", narrative::XHTML)),
                ..Narrative::default()
            }),
            ..Section::default()
        }],
        ..Composition::default()
    };
    let patient = |id: &str| Patient {
        id: Some(id.to_owned()),
        ..Patient::default()
    };
    Bundle {
        r#type: Some("document".to_owned()),
        identifier: Some(Identifier::new(system::UUID, "x")),
        timestamp: Some(Instant::parse("2020-08-05T10:00:00Z").unwrap()),
        entry: vec![
            BundleEntry::new("https://x.example/Composition/c", composition),
            BundleEntry::new("https://x.example/Patient/p", patient("p")),
            BundleEntry::new(
                "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000f",
                patient("q"),
            ),
        ],
        ..Bundle::default()
    }
}

fn composition(bundle: &mut Bundle) -> &mut Composition {
    match &mut bundle.entry[0].resource {
        Some(Resource::Composition(composition)) => composition,
        _ => panic!("the first entry is the composition"),
    }
}

/// The findings of a document after a change, as `severity expression: rule`.
fn found(change: impl FnOnce(&mut Bundle)) -> Vec<String> {
    let mut bundle = document();
    change(&mut bundle);
    let findings = fhir::check(&bundle.into());
    let line = |f: &fhir::Finding| format!("{} {}: {}", f.severity.as_str(), f.expression, f.rule);
    findings.iter().map(line).collect()
}

#[test]
fn a_good_document() {
    assert_eq!(found(|_| {}), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_documents() {
    type Change = fn(&mut Bundle);
    let cases: &[(Change, &str)] = &[
        (
            |b| b.r#type = None,
            "error Bundle.type: the element is missing",
        ),
        (
            |b| b.identifier = None,
            "error Bundle.identifier: a document has an identifier with system and value (bdl-9)",
        ),
        (
            |b| b.timestamp = None,
            "error Bundle.timestamp: a document has a timestamp (bdl-10)",
        ),
        (
            |b| b.total = Some(3),
            "error Bundle.total: a total is for searchset and history only (bdl-1)",
        ),
        (
            |b| b.entry.swap(0, 1),
            "error Bundle.entry: the first entry of a document is its Composition (bdl-11)",
        ),
        (
            |b| composition(b).status = Some("done".to_owned()),
            "error Bundle.entry[0].resource.status: not a code of the value set composition-status",
        ),
        (
            |b| composition(b).author.clear(),
            "error Bundle.entry[0].resource.author: the element is missing",
        ),
        (
            |b| composition(b).date = Some(FhirDateTime::as_written("5.8.20")),
            "error Bundle.entry[0].resource.date: not a dateTime of FHIR R4",
        ),
        (
            |b| composition(b).other.insert("nhs", "x"),
            "error Bundle.entry[0].resource.nhs: R4 has no such element here",
        ),
        (
            |b| composition(b).subject = Some(Reference::to("Patient", "z")),
            "error Bundle.entry[0].resource.subject.reference: it leads to nothing in the bundle",
        ),
        (
            |b| composition(b).subject = Some(Reference::literal("z")),
            "error Bundle.entry[0].resource.subject.reference: it has to be Type/id, a URL, urn:uuid:… or #id",
        ),
        (
            |b| composition(b).subject = Some(Reference::literal("#z")),
            "error Bundle.entry[0].resource.subject.reference: no contained resource has this id",
        ),
        (
            |b| {
                composition(b).section[0].text.as_mut().unwrap().div = Some(format!(
                    "<div xmlns=\"{}\"><script>a</script></div>",
                    narrative::XHTML
                ))
            },
            "error Bundle.entry[0].resource.section[0].text.div: element script is not allowed (line 1, column 43 of the div)",
        ),
        (
            |b| b.entry[2].full_url = Some("https://x.example/Patient/r".to_owned()),
            "error Bundle.entry[0].resource.author[0].reference: it leads to nothing in the bundle",
        ),
        (
            |b| b.entry[1].full_url = Some("p".to_owned()),
            "error Bundle.entry[1].fullUrl: it has to be an absolute URL or urn:uuid:…",
        ),
        (
            |b| b.entry.push(b.entry[1].clone()),
            "error Bundle.entry[3].fullUrl: two entries have the same fullUrl",
        ),
    ];
    for (change, expected) in cases {
        let found = found(change);
        assert_eq!(
            found.first().map(String::as_str),
            Some(*expected),
            "{found:?}"
        );
    }
}

#[test]
fn references_that_leave_a_searchset_are_told() {
    let findings = found(|b| {
        b.r#type = Some("searchset".to_owned());
        composition(b).subject = Some(Reference::to("Patient", "z"));
    });
    let expected =
        "warning Bundle.entry[0].resource.subject.reference: it leads to nothing in the bundle";
    assert_eq!(findings, [expected]);
}

#[test]
fn contained_resources_are_found() {
    let condition = Condition {
        contained: vec![Resource::from(Patient {
            id: Some("p".to_owned()),
            ..Patient::default()
        })],
        subject: Some(Reference::literal("#p")),
        ..Condition::default()
    };
    assert_eq!(fhir::check(&condition.into()), []);
}

#[test]
fn an_extension_has_a_value_or_extensions() {
    let patient = Patient {
        extension: vec![Extension {
            url: Some("urn:x".to_owned()),
            value: Some(ExtensionValue::Boolean(true)),
            extension: vec![Extension {
                url: Some("urn:y".to_owned()),
                value: Some(ExtensionValue::Integer(1)),
                ..Extension::default()
            }],
            ..Extension::default()
        }],
        ..Patient::default()
    };
    let findings = fhir::check(&patient.into());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Error);
    assert_eq!(findings[0].expression, "Patient.extension[0]");
    assert_eq!(
        findings[0].rule,
        "an extension has a value or extensions, not both (ext-1)"
    );
}

#[test]
fn times_are_mended_when_asked() {
    let text = |start: &str, updated: &str| {
        format!(
            "{{\"resourceType\":\"Encounter\",\"meta\":{{\"lastUpdated\":\"{updated}\"}},\"period\":{{\"start\":\"{start}\"}}}}"
        )
    };
    let written = text("199006", "2017-10-11T09:50+00:00");
    let mended = text("1990-06", "2017-10-11T09:50:00+00:00");
    let read = json::read_tolerant(written.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(json::write(&read)).unwrap(), mended);
    assert_eq!(
        json::read_tolerant(text("20201399", "2017-10-11T09:50:00Z").as_bytes())
            .unwrap_err()
            .to_string(),
        "not a dateTime of FHIR R4 (line 1, column 85, Encounter.period.start)"
    );
    assert!(json::read(written.as_bytes()).is_err());
}

#[test]
fn the_text_of_the_national_parser() {
    let error = json::read(b"{\"resourceType\":\"AuditEvent\",\"outcomeDesc\":\"\"}").unwrap_err();
    assert_eq!(
        error.national_text().as_deref(),
        Some(
            "[element=\"outcomeDesc\"] Invalid attribute value \"\": Attribute value must not be empty (\"\")"
        )
    );
}

#[test]
fn what_says_nothing_is_not_written() {
    let patient = Patient {
        id: Some(String::new()),
        name: vec![fhir::HumanName::default()],
        ..Patient::default()
    };
    assert_eq!(
        json::write(&patient.into()),
        b"{\"resourceType\":\"Patient\"}"
    );
}
