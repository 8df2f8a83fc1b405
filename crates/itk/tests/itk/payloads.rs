//! The payloads: what their schemas forbid, and what only makes no sense.

use domain::ConsentSetting;
use itk::scr::{PayloadError, get_scr_status, query_scr};

use testkit::xsd::Outcome;

use crate::support::{PAYLOAD, cut, edit, patient, query};

const SCHEMA: &str = "smsp-scr/schemas/Schemas/QUPC_MT150004GB01.xsd";

fn query_payload() -> String {
    let mut w = xml::Writer::new();
    query().write(&mut w);
    String::from_utf8(w.finish()).expect("UTF-8")
}

fn emergency_payload() -> String {
    let request = query_scr::Request {
        create_ptv: false,
        ptv_duration: None,
        emergency: true,
        emergency_reason: Some("unconscious".into()),
        ..query()
    };
    let mut w = xml::Writer::new();
    request.write(&mut w);
    String::from_utf8(w.finish()).expect("UTF-8")
}

fn read(text: &str) -> Result<query_scr::Request, PayloadError> {
    let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
    query_scr::Request::read(&doc.root())
}

enum Expected {
    Fine,
    Schema(&'static str),
    Content(&'static str),
}
use Expected::{Content, Fine, Schema};

/// Reads a payload, and asks the published schema for its opinion: what we call an error of
/// content must be valid, what we call an error of schema must not.
fn check(name: &str, text: &str, expected: Expected) {
    let judge = testkit::xsd::validate(SCHEMA, text.as_bytes());
    match (&judge, &expected) {
        // The schema has nothing against schema locations; the Toolkit's workbench has.
        (Outcome::Valid, Schema("schemaLocation")) => {}
        (Outcome::Valid, Schema(_)) => panic!("{name}: the schema allows it"),
        (Outcome::Invalid(why), Fine | Content(_)) => {
            panic!("{name}: the schema forbids it: {why}")
        }
        _ => {}
    }
    match (read(text), expected) {
        (Ok(_), Fine) => {}
        (Err(PayloadError::Schema(error)), Schema(part)) => {
            assert!(error.to_string().contains(part), "{name}: {error}");
            assert!(error.location.line > 0, "{name}: {error}");
        }
        (Err(PayloadError::Content(error)), Content(part)) => {
            assert!(error.contains(part), "{name}: {error}");
            assert!(!error.contains(patient().as_str()), "{name}: {error}");
        }
        (found, _) => panic!("{name}: {found:?}"),
    }
}

#[test]
fn the_schema_of_query_scr() {
    let valid = query_payload();
    let with = |from: &str, to: &str| edit(&valid, from, to);
    let id = format!("<id root=\"{PAYLOAD}\"/>");
    let create = "<createPTV.Value><value value=\"true\"/></createPTV.Value>";
    let xsi = "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let rows = [
        ("as written", valid.clone(), Fine),
        (
            "prefixed",
            valid
                .replace("</", "</v:")
                .replace('<', "<v:")
                .replace("<v:/v:", "</v:")
                .replace("xmlns=", "xmlns:v="),
            Fine,
        ),
        (
            "nullFlavor and updateMode",
            with(
                "<querySCRGrouper>",
                "<querySCRGrouper nullFlavor=\"NI\" updateMode=\"added\">",
            ),
            Fine,
        ),
        (
            "an unknown nullFlavor",
            with("<querySCRGrouper>", "<querySCRGrouper nullFlavor=\"X\">"),
            Schema("nullFlavor"),
        ),
        (
            "nullFlavor of the id",
            with(&id, &format!("<id root=\"{PAYLOAD}\" nullFlavor=\"NI\"/>")),
            Schema("nullFlavor"),
        ),
        (
            "classCode",
            with("<QuerySCRRequest ", "<QuerySCRRequest classCode=\"CACT\" "),
            Schema("classCode"),
        ),
        (
            "moodCode",
            with("<QuerySCRRequest ", "<QuerySCRRequest moodCode=\"EVN\" "),
            Schema("moodCode"),
        ),
        (
            "code",
            with(&id, &format!("<code code=\"14\"/>{id}")),
            Schema("id is expected before code"),
        ),
        (
            "semanticsText",
            with(
                "<person.NHSNumber>",
                "<person.NHSNumber><semanticsText>Person.NHSNumber</semanticsText>",
            ),
            Schema("semanticsText"),
        ),
        ("no id", with(&id, ""), Schema("id is expected")),
        (
            "two ids",
            with(&id, &format!("{id}{id}")),
            Schema("querySCRGrouper is expected before id"),
        ),
        (
            "id in lower case",
            valid.replace(PAYLOAD, &PAYLOAD.to_lowercase()),
            Schema("upper-case UUID"),
        ),
        (
            "id with extension",
            with(&id, &format!("<id root=\"{PAYLOAD}\" extension=\"1\"/>")),
            Schema("extension"),
        ),
        (
            "root of the NHS number",
            with(
                "<value extension",
                "<value root=\"2.16.840.1.113883.2.1.4.1\" extension",
            ),
            Schema("root"),
        ),
        (
            "no createPTV",
            with(create, ""),
            Schema("createPTV.Value is expected"),
        ),
        (
            "out of order",
            edit(
                &with(create, ""),
                "<selfClaimLR.Value>",
                &format!("{create}<selfClaimLR.Value>"),
            ),
            Schema("createPTV.Value is expected"),
        ),
        (
            "a boolean that is none",
            with(
                create,
                "<createPTV.Value><value value=\"1\"/></createPTV.Value>",
            ),
            Schema("true or false"),
        ),
        (
            "text in the grouper",
            with("<querySCRGrouper>", "<querySCRGrouper>x"),
            Schema("no text"),
        ),
        (
            "after the end",
            with("</querySCRGrouper>", "</querySCRGrouper><x/>"),
            Schema("element x"),
        ),
        (
            "another namespace",
            with("<querySCRGrouper>", "<querySCRGrouper xmlns=\"urn:x\">"),
            Schema("querySCRGrouper"),
        ),
        (
            "a schema location",
            with(
                "<QuerySCRRequest ",
                &format!("<QuerySCRRequest {xsi} i:schemaLocation=\"a b\" "),
            ),
            Schema("schemaLocation"),
        ),
        (
            "nil where it may be",
            cut(
                &valid,
                "<pTVDuration.Value>",
                "</pTVDuration.Value>",
                &format!("<pTVDuration.Value {xsi} i:nil=\"true\"/>"),
            ),
            Fine,
        ),
        (
            "nil where it may not",
            cut(
                &valid,
                "<createPTV.Value>",
                "</createPTV.Value>",
                &format!("<createPTV.Value {xsi} i:nil=\"true\"/>"),
            ),
            Schema("nil"),
        ),
        (
            "a timestamp that is none",
            with("20260308", "next week"),
            Schema("timestamp"),
        ),
        (
            "reason with markup",
            edit(&emergency_payload(), "unconscious", "<b>x</b>"),
            Schema("element b"),
        ),
        (
            "reason of another type",
            edit(
                &emergency_payload(),
                "<value>unconscious",
                "<value mediaType=\"text/html\">unconscious",
            ),
            Schema("mediaType"),
        ),
    ];
    for (name, text, expected) in rows {
        check(name, &text, expected);
    }
}

#[test]
fn the_content_of_query_scr() {
    let (valid, emergency) = (query_payload(), emergency_payload());
    let number = patient();
    let wrong_check_digit = format!("{}0", &number.as_str()[..9]);
    assert_ne!(wrong_check_digit, number.as_str());
    let create = "<createPTV.Value><value value=\"true\"/></createPTV.Value>";
    let no_create = "<createPTV.Value><value value=\"false\"/></createPTV.Value>";
    let rows = [
        (
            "check digit",
            valid.replace(number.as_str(), &wrong_check_digit),
            Content("check digit"),
        ),
        (
            "nine digits",
            valid.replace(number.as_str(), "999000001"),
            Content("10 digits"),
        ),
        (
            "spaces",
            valid.replace(number.as_str(), "999 000 0018"),
            Content("10 digits"),
        ),
        (
            "no value",
            edit(
                &valid,
                create,
                "<createPTV.Value><value/></createPTV.Value>",
            ),
            Content("createPTV.Value has no value"),
        ),
        (
            "null value",
            edit(
                &valid,
                create,
                "<createPTV.Value><value nullFlavor=\"UNK\"/></createPTV.Value>",
            ),
            Content("createPTV.Value has no value"),
        ),
        (
            "duration without permission",
            edit(&valid, create, no_create),
            Content("pTVDuration.Value is given only"),
        ),
        (
            "dates in the wrong order",
            valid.replace("20260301", "20260309"),
            Content("ends before it begins"),
        ),
        (
            "an impossible date",
            valid.replace("20260301", "20260230"),
            Content("does not exist"),
        ),
        ("emergency", emergency.clone(), Fine),
        (
            "emergency and permission",
            edit(&emergency, no_create, create),
            Content("cannot both be true"),
        ),
        (
            "a blank reason",
            emergency.replace("unconscious", " \n "),
            Content("needs a reason"),
        ),
        (
            "no reason",
            cut(
                &emergency,
                "<emergencyAccessReason",
                "</emergencyAccessReason.Value>",
                "",
            ),
            Content("needs a reason"),
        ),
        // A schema error outranks an error of content that stands before it.
        (
            "both",
            edit(
                &valid.replace(number.as_str(), "1"),
                "<low value",
                "<low x=\"1\" value",
            ),
            Schema("attribute x"),
        ),
    ];
    for (name, text, expected) in rows {
        check(name, &text, expected);
    }
}

#[test]
fn the_schema_of_get_scr_status() {
    let request = get_scr_status::Request {
        id: PAYLOAD.into(),
        patient: patient(),
    };
    let mut w = xml::Writer::new();
    request.write(&mut w);
    let valid = String::from_utf8(w.finish()).expect("UTF-8");
    let read = |text: &str| {
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        get_scr_status::Request::read(&doc.root())
    };
    assert_eq!(read(&valid), Ok(request));
    let schema = "smsp-scr/schemas/Schemas/QUPC_MT150001GB01.xsd";
    testkit::xsd::assert_valid(schema, valid.as_bytes());
    let schema = [
        edit(
            &valid,
            "<getSCRStatusRequestGrouper>",
            "<getSCRStatusRequestGrouper><x/>",
        ),
        edit(
            &valid,
            "</getSCRStatusRequestGrouper>",
            "</getSCRStatusRequestGrouper><id/>",
        ),
        edit(&valid, "<value ", "<value updateMode=\"added\" "),
        edit(&valid, &format!("extension=\"{}\"", patient().as_str()), ""),
        edit(&valid, patient().as_str(), " "),
    ];
    for text in schema {
        assert!(
            matches!(read(&text), Err(PayloadError::Schema(_))),
            "{text}"
        );
    }
    let wrong = edit(&valid, patient().as_str(), "9990000010");
    assert!(matches!(read(&wrong), Err(PayloadError::Content(_))));
}

#[test]
fn status_answers_read_back() {
    let status = |exists, consent| get_scr_status::Status { exists, consent };
    for (written, expected) in [
        (
            Some(status(true, ConsentSetting::No)),
            Some(status(true, ConsentSetting::No)),
        ),
        (
            Some(status(false, ConsentSetting::Ask)),
            Some(status(false, ConsentSetting::Ask)),
        ),
        (
            Some(status(true, ConsentSetting::Yes)),
            Some(status(true, ConsentSetting::Ask)),
        ),
        (None, None),
    ] {
        let code = if written.is_some() {
            ("SMSP-0000", "Success")
        } else {
            ("SMSP-0004", "Could not connect to Spine")
        };
        let mut w = xml::Writer::new();
        get_scr_status::write_response(&mut w, PAYLOAD, code, written);
        let bytes = w.finish();
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let response = get_scr_status::Response::read(&doc.root()).expect("an answer");
        assert_eq!(response.status, expected);
        assert_eq!(
            (
                response.value.code.as_str(),
                response.value.display.as_str()
            ),
            code
        );
    }
}
