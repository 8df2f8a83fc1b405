//! The published messages of the SCR FHIR API: nothing is lost on the way through.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fhir::{Resource, Severity, json, xml};
use serde_json::Value;

/// Not resources: answers of other services.
const NO_RESOURCE: &[&str] = &["identity-service"];

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|e| e == "json") {
            into.push(path);
        }
    }
}

/// Every published JSON file that is a resource, by its path.
fn published(test: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = testkit::vectors_or_skip(test, "scr-fhir") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    found
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&folder).unwrap().display().to_string();
            (name, fs::read(path).unwrap())
        })
        .filter(|(name, _)| NO_RESOURCE.iter().all(|other| !name.contains(other)))
        .collect()
}

/// Reads, and says the JSON that should come out again: times to the minute get their seconds.
fn read(name: &str, bytes: &[u8]) -> (Resource, Value) {
    let mut expected: Value = serde_json::from_slice(bytes).unwrap();
    let resource = match json::read(bytes) {
        Ok(resource) => resource,
        Err(error) => {
            assert!(error.rule.starts_with("not a"), "{name}: {error}");
            mend(&mut expected);
            json::read_tolerant(bytes).unwrap_or_else(|e| panic!("{name}: {e}"))
        }
    };
    (resource, expected)
}

fn mend(value: &mut Value) {
    match value {
        Value::String(text) if is_to_the_minute(text) => text.insert_str(16, ":00"),
        Value::Array(items) => items.iter_mut().for_each(mend),
        Value::Object(members) => members.values_mut().for_each(mend),
        _ => {}
    }
}

fn is_to_the_minute(text: &str) -> bool {
    text.len() == 22 && text.as_bytes()[10] == b'T' && text.as_bytes()[16] == b'+'
}

/// White space around a `div` has no place in XML.
fn trim_divs(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("<div") => *text = text.trim().to_owned(),
        Value::Array(items) => items.iter_mut().for_each(trim_divs),
        Value::Object(members) => members.values_mut().for_each(trim_divs),
        _ => {}
    }
}

#[test]
fn json_to_typed_to_json() {
    for (name, bytes) in published("json_to_typed_to_json") {
        let (resource, expected) = read(&name, &bytes);
        let written = json::write(&resource);
        let found: Value = serde_json::from_slice(&written).unwrap();
        assert!(found == expected, "{name} has changed");
        let again = json::write(&json::read(&written).unwrap());
        assert_eq!(again, written, "{name}");
    }
}

#[test]
fn json_to_xml_to_json() {
    for (name, bytes) in published("json_to_xml_to_json") {
        let (resource, mut expected) = read(&name, &bytes);
        let written = xml::write(&resource).unwrap_or_else(|e| panic!("{name}: {e}"));
        let again = xml::read(&written).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found: Value = serde_json::from_slice(&json::write(&again)).unwrap();
        trim_divs(&mut expected);
        assert!(found == expected, "{name} has changed");
    }
}

/// Times to the minute are in two kinds of published messages, and in no others.
#[test]
fn what_is_refused_when_read_strictly() {
    for (name, bytes) in published("what_is_refused_when_read_strictly") {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut mended = value.clone();
        mend(&mut mended);
        match json::read(&bytes) {
            Ok(_) => assert_eq!(mended, value, "{name}"),
            Err(error) => {
                assert_ne!(mended, value, "{name}: {error}");
                let line = text.lines().nth(error.line as usize - 1).unwrap();
                let last = error.expression.rsplit('.').next().unwrap();
                assert!(line[error.column as usize - 1..].starts_with(&format!("\"{last}\"")));
            }
        }
    }
}

/// What the national service and its examples do that R4 does not allow: this and nothing else.
const FOUND: &[(&str, &str)] = &[
    ("fullUrl", "it has to be an absolute URL or urn:uuid:…"),
    ("title", "the element is missing"),
    ("subject", "the element is missing"),
    ("forecastStatus", "the element is missing"),
    (
        "entry",
        "the first entry of a document is its Composition (bdl-11)",
    ),
    ("fullUrl", "two entries have the same fullUrl"),
];

#[test]
fn what_is_found_in_published_messages() {
    let mut seen = BTreeSet::new();
    for (name, bytes) in published("what_is_found_in_published_messages") {
        if !name.starts_with("api/") && !name.starts_with("spec-examples/") {
            continue;
        }
        let (resource, _) = read(&name, &bytes);
        for finding in fhir::check(&resource) {
            if finding.severity == Severity::Error {
                let last = finding.expression.rsplit('.').next().unwrap();
                seen.insert((last.to_owned(), finding.rule));
            }
        }
    }
    let expected = FOUND
        .iter()
        .map(|(at, rule)| ((*at).to_owned(), (*rule).to_owned()));
    if testkit::vectors("scr-fhir").is_some() {
        assert_eq!(seen, expected.collect::<BTreeSet<_>>());
    }
}
