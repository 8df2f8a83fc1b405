//! querySCR.

use itk::scr::query_scr::{self, Request};

use super::Expected::{self, Content, Fine, Schema};
use super::{Kind, prefixed, written};
use crate::support::{PAYLOAD, cut, edit, patient, query};

const KIND: Kind<Request> = Kind {
    schema: Some("QUPC_MT150004GB01"),
    read: Request::read,
};

fn query_payload() -> String {
    written(|w| query().write(w))
}

fn emergency_payload() -> String {
    let request = query_scr::Request {
        create_ptv: false,
        ptv_duration: None,
        emergency: true,
        emergency_reason: Some("unconscious".into()),
        ..query()
    };
    written(|w| request.write(w))
}

fn check(name: &str, text: &str, expected: Expected) {
    KIND.check(name, text, expected);
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
        ("prefixed", prefixed(&valid), Fine),
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
        (
            "the longest reason",
            emergency.replace("unconscious", &"é".repeat(query_scr::LONGEST_REASON / 2)),
            Fine,
        ),
        (
            "a longer reason",
            emergency.replace("unconscious", &"x".repeat(query_scr::LONGEST_REASON + 1)),
            Content("too long"),
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
