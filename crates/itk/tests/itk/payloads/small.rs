//! getSCRStatus, getRBACStatus and queryPTV: an id, and at most a patient.

use domain::ConsentSetting;
use itk::scr::{get_rbac_status, get_scr_status, query_ptv};

use super::Expected::{Content, Fine, Schema};
use super::{Expected, Kind, prefixed, written};
use crate::support::{PAYLOAD, edit, patient};

const STATUS: Kind<get_scr_status::Request> = Kind {
    schema: Some("QUPC_MT150001GB01"),
    read: get_scr_status::Request::read,
};
const RBAC: Kind<get_rbac_status::Request> = Kind {
    schema: Some("QUPC_MT150002GB01"),
    read: get_rbac_status::Request::read,
};
const PTV: Kind<query_ptv::Request> = Kind {
    schema: Some("QUPC_MT150003GB01"),
    read: query_ptv::Request::read,
};

/// What goes for every request that names a patient in a grouper.
fn rows(valid: &str, root: &str, grouper: &str) -> Vec<(&'static str, String, Expected)> {
    let with = |from: &str, to: &str| edit(valid, from, to);
    let id = format!("<id root=\"{PAYLOAD}\"/>");
    let number = patient();
    let value = format!("<value extension=\"{}\"/>", number.as_str());
    let (open, close) = (format!("<{grouper}>"), format!("</{grouper}>"));
    vec![
        ("as written", valid.to_owned(), Fine),
        ("prefixed", prefixed(valid), Fine),
        (
            "infrastructure attributes",
            with(
                &open,
                &format!("<{grouper} nullFlavor=\"UNK\" updateMode=\"altered\">"),
            ),
            Fine,
        ),
        (
            "classCode",
            with(
                &format!("<{root} "),
                &format!("<{root} classCode=\"CACT\" "),
            ),
            Schema("classCode"),
        ),
        (
            "moodCode",
            with(&format!("<{root} "), &format!("<{root} moodCode=\"EVN\" ")),
            Schema("moodCode"),
        ),
        (
            "code",
            with(&id, &format!("<code/>{id}")),
            Schema("id is expected before code"),
        ),
        ("no id", with(&id, ""), Schema("id is expected")),
        (
            "id after the grouper",
            edit(&with(&id, ""), &close, &format!("{close}{id}")),
            Schema("id is expected"),
        ),
        (
            "id in lower case",
            valid.replace(PAYLOAD, &PAYLOAD.to_lowercase()),
            Schema("upper-case UUID"),
        ),
        (
            "no grouper",
            with(
                &format!("{open}<person.NHSNumber>{value}</person.NHSNumber>{close}"),
                "",
            ),
            Schema("is missing"),
        ),
        (
            "semanticsText",
            with(&value, &format!("<semanticsText/>{value}")),
            Schema("value is expected before semanticsText"),
        ),
        (
            "something more in the grouper",
            with(&close, &format!("<x/>{close}")),
            Schema("element x"),
        ),
        (
            "two numbers",
            with(&value, &format!("{value}{value}")),
            Schema("repeated"),
        ),
        (
            "text",
            with(&open, &format!("{open}text")),
            Schema("no text"),
        ),
        (
            "no extension",
            with(&value, "<value/>"),
            Schema("extension is missing"),
        ),
        (
            "an empty extension",
            with(&value, "<value extension=\"\"/>"),
            Schema("is blank"),
        ),
        (
            "a blank extension",
            with(&value, "<value extension=\" \"/>"),
            Schema("is blank"),
        ),
        (
            "a root",
            with("<value ", "<value root=\"2.16.840.1.113883.2.1.4.1\" "),
            Schema("root"),
        ),
        (
            "updateMode of the number",
            with("<value ", "<value updateMode=\"added\" "),
            Schema("updateMode"),
        ),
        (
            "another check digit",
            with(number.as_str(), "9990000010"),
            Content("person.NHSNumber: "),
        ),
        (
            "spaces",
            with(number.as_str(), "999 000 0018"),
            Content("person.NHSNumber: "),
        ),
        (
            "both kinds of error",
            edit(
                &with(number.as_str(), "9990000010"),
                &close,
                &format!("<x/>{close}"),
            ),
            Schema("element x"),
        ),
    ]
}

#[test]
fn the_payload_of_get_scr_status() {
    let request = get_scr_status::Request {
        id: PAYLOAD.into(),
        patient: patient(),
    };
    let valid = written(|w| request.write(w));
    assert_eq!(STATUS.read(&valid), Ok(request));
    for (name, text, expected) in rows(&valid, "GetSCRStatusRequest", "getSCRStatusRequestGrouper")
    {
        STATUS.check(name, &text, expected);
    }
}

#[test]
fn the_payload_of_query_ptv() {
    let request = query_ptv::Request {
        id: PAYLOAD.into(),
        patient: patient(),
    };
    let valid = written(|w| request.write(w));
    assert_eq!(PTV.read(&valid), Ok(request));
    for (name, text, expected) in rows(&valid, "QueryPTVRequest", "queryPTVGrouper") {
        PTV.check(name, &text, expected);
    }
}

#[test]
fn the_payload_of_get_rbac_status() {
    let request = get_rbac_status::Request { id: PAYLOAD.into() };
    let valid = written(|w| request.write(w));
    assert_eq!(RBAC.read(&valid), Ok(request));
    let with = |from: &str, to: &str| edit(&valid, from, to);
    let id = format!("<id root=\"{PAYLOAD}\"/>");
    for (name, text, expected) in [
        ("as written", valid.clone(), Fine),
        ("prefixed", prefixed(&valid), Fine),
        (
            "infrastructure attributes",
            with(" xmlns", " nullFlavor=\"NI\" updateMode=\"added\" xmlns"),
            Fine,
        ),
        (
            "classCode",
            with(" xmlns", " classCode=\"CACT\" xmlns"),
            Schema("classCode"),
        ),
        ("no id", with(&id, ""), Schema("id is missing")),
        (
            "two ids",
            with(&id, &format!("{id}{id}")),
            Schema("repeated"),
        ),
        (
            "a user",
            with(&id, &format!("{id}<subject/>")),
            Schema("element subject"),
        ),
        (
            "a code",
            with(&id, &format!("<code code=\"03\"/>{id}")),
            Schema("id is expected before code"),
        ),
        (
            "id of another namespace",
            with("<id ", "<id xmlns=\"urn:x\" "),
            Schema("id is expected"),
        ),
        (
            "id with nullFlavor",
            with("<id ", "<id nullFlavor=\"NI\" "),
            Schema("nullFlavor"),
        ),
        (
            "id in braces",
            with(PAYLOAD, &format!("{{{PAYLOAD}}}")),
            Schema("upper-case UUID"),
        ),
    ] {
        RBAC.check(name, &text, expected);
    }
}

#[test]
fn status_answers_read_back() {
    let status = |exists, consent| get_scr_status::Status { exists, consent };
    for (sent, expected) in [
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
        let code = if sent.is_some() {
            ("SMSP-0000", "Success")
        } else {
            ("SMSP-0004", "Could not connect to Spine")
        };
        let text = written(|w| get_scr_status::write_response(w, PAYLOAD, code, sent));
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let response = get_scr_status::Response::read(&doc.root()).expect("an answer");
        assert_eq!(response.status, expected);
        let value = &response.value;
        assert_eq!((value.code.as_str(), value.display.as_str()), code);
    }
}
