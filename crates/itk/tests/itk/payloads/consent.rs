//! getSCRConsent and setSCRConsent: no published schema judges them, so the rows are all there is.

use domain::{Consent, ConsentSetting};
use itk::scr::consent::{get, set};

use super::Expected::{Content, Fine, Schema};
use super::{Expected, Kind, prefixed, written};
use crate::support::{PAYLOAD, edit, patient};

const GET: Kind<get::Request> = Kind {
    schema: None,
    read: get::Request::read,
};
const SET: Kind<set::Request> = Kind {
    schema: None,
    read: set::Request::read,
};
const SETTINGS: [ConsentSetting; 3] =
    [ConsentSetting::Yes, ConsentSetting::No, ConsentSetting::Ask];
const SUCCESS: (&str, &str) = ("SMSP-0000", "Success");

fn get_request() -> get::Request {
    get::Request {
        id: PAYLOAD.into(),
        patient: patient(),
    }
}

fn set_request(setting: ConsentSetting) -> set::Request {
    set::Request {
        id: PAYLOAD.into(),
        patient: patient(),
        setting,
    }
}

/// What goes for both.
fn rows(valid: &str) -> Vec<(&'static str, String, Expected)> {
    let with = |from: &str, to: &str| edit(valid, from, to);
    let id = format!("<id root=\"{PAYLOAD}\"/>");
    let number = format!("<patient extension=\"{}\"/>", patient().as_str());
    vec![
        ("as written", valid.to_owned(), Fine),
        ("prefixed", prefixed(valid), Fine),
        (
            "no id",
            with(&id, ""),
            Schema("id is expected before patient"),
        ),
        (
            "the patient first",
            with(&format!("{id}{number}"), &format!("{number}{id}")),
            Schema("id is expected before patient"),
        ),
        (
            "id in lower case",
            valid.replace(PAYLOAD, &PAYLOAD.to_lowercase()),
            Schema("upper-case UUID"),
        ),
        ("no patient", with(&number, ""), Schema("patient is")),
        (
            "no number",
            with(&number, "<patient/>"),
            Schema("extension is missing"),
        ),
        (
            "a root",
            with("<patient ", "<patient root=\"1\" "),
            Schema("attribute root"),
        ),
        (
            "an attribute of HL7",
            with(" xmlns", " nullFlavor=\"NI\" xmlns"),
            Schema("nullFlavor"),
        ),
        (
            "another namespace",
            valid.replace("scr-consent:v1", "scr-consent:v2"),
            Schema("id is expected before id"),
        ),
        ("text", with(&id, &format!("x{id}")), Schema("no text")),
        (
            "a wrong check digit",
            with(patient().as_str(), "9990000010"),
            Content("patient: "),
        ),
        (
            "a wrong check digit, and something more",
            edit(
                &with(patient().as_str(), "9990000010"),
                &id,
                &format!("{id}<x/>"),
            ),
            Schema("patient is expected before x"),
        ),
    ]
}

#[test]
fn the_request_to_get() {
    let valid = written(|w| get_request().write(w));
    assert_eq!(GET.read(&valid), Ok(get_request()));
    for (name, text, expected) in rows(&valid) {
        GET.check(name, &text, expected);
    }
    let more = edit(&valid, "</Get", "<consent setting=\"No\"/></Get");
    GET.check("a setting", &more, Schema("element consent"));
}

#[test]
fn the_request_to_set() {
    for setting in SETTINGS {
        let text = written(|w| set_request(setting).write(w));
        assert_eq!(SET.read(&text), Ok(set_request(setting)));
    }
    let valid = written(|w| set_request(ConsentSetting::No).write(w));
    for (name, text, expected) in rows(&valid) {
        SET.check(name, &text, expected);
    }
    let consent = "<consent setting=\"No\"/>";
    let with = |to: &str| edit(&valid, consent, to);
    for (name, text, expected) in [
        ("no setting", with(""), Schema("consent is missing")),
        (
            "an empty one",
            with("<consent/>"),
            Schema("setting is missing"),
        ),
        (
            "another word",
            with("<consent setting=\"no\"/>"),
            Schema("setting must be Yes, No or Ask"),
        ),
        (
            "blanks",
            with("<consent setting=\" No\"/>"),
            Schema("setting must be Yes, No or Ask"),
        ),
        ("two", with(&consent.repeat(2)), Schema("repeated")),
        (
            "an answer's attributes",
            with("<consent view=\"No\" store=\"No\"/>"),
            Schema("attribute view"),
        ),
        (
            "a wrong number and a wrong word",
            edit(&with("<consent setting=\"0\"/>"), patient().as_str(), "1"),
            Schema("setting must be"),
        ),
    ] {
        SET.check(name, &text, expected);
    }
}

#[test]
fn answers_read_back() {
    for view in SETTINGS {
        for store in SETTINGS {
            let consent = Consent { view, store };
            let text = written(|w| get::write_response(w, PAYLOAD, SUCCESS, Some(consent)));
            let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
            let read = get::Response::read(&doc.root()).expect("an answer");
            assert_eq!((read.id.as_str(), read.consent), (PAYLOAD, Some(consent)));
        }
    }
    let refused = ("SMSP-0005", "Author credentials error");
    let got = written(|w| get::write_response(w, PAYLOAD, refused, None));
    let doc = xml::Document::parse(got.as_bytes()).expect("well-formed");
    let read = get::Response::read(&doc.root()).expect("an answer");
    assert_eq!(
        (read.value.code.as_str(), read.consent),
        ("SMSP-0005", None)
    );
    let done = written(|w| set::write_response(w, PAYLOAD, SUCCESS));
    let doc = xml::Document::parse(done.as_bytes()).expect("well-formed");
    let read = set::Response::read(&doc.root()).expect("an answer");
    assert!(read.value.is_success() && read.id == PAYLOAD);
}
