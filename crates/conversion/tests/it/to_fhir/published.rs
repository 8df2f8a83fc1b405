//! Every published document, in profile Full: valid, and nothing of it missing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use conversion::Profile;
use fhir::{Bundle, Resource, Severity};
use hl7v3::gp_summary::model::{self, Entry, GpSummary};
use xml::Document;

use super::{Answer, json};

/// Asserts that a bundle is valid R4 and comes back from JSON as it is.
pub(crate) fn is_valid(name: &str, bundle: &Bundle) {
    let resource = Resource::Bundle(bundle.clone());
    let errors: Vec<String> = fhir::check(&resource)
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{}: {}", finding.expression, finding.rule))
        .collect();
    assert_eq!(errors, [""; 0], "{name}");
    let read = fhir::json::read(&fhir::json::write(&resource));
    assert!(
        read.as_ref().is_ok_and(|read| *read == resource),
        "{name}: {:?}",
        read.err()
    );
}

/// Checks what has to be so of every document.
pub(crate) fn check(name: &str, document: GpSummary) {
    let answer = Answer::of(document);
    let bundle = answer.convert(Profile::Full);
    is_valid(name, &bundle);
    let resource = Resource::Bundle(bundle.clone());
    let text = json(resource).to_string();
    for (_, entry) in answer.document.entries() {
        every_part_is_there(name, entry, &text);
    }
    let mut urls = HashSet::new();
    for entry in &bundle.entry {
        assert!(
            urls.insert(entry.full_url.clone()),
            "{name}: {:?} twice",
            entry.full_url
        );
    }
}

fn every_part_is_there(name: &str, entry: &Entry, json: &str) {
    let there = |text: Option<&str>| {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        if let Some(text) = text {
            let quoted = serde_json::to_string(text).expect("text");
            let inner = quoted.trim_matches('"');
            assert!(
                json.contains(inner),
                "{name}: {:?} lacks {text}",
                entry.kind
            );
        }
    };
    there(entry.uuid());
    let subject = entry.subject();
    there(subject.and_then(|code| code.code.as_deref()));
    there(subject.and_then(|code| code.display.as_deref()));
    there(entry.medication.as_ref().and_then(|it| it.instructions()));
    entry.supporting_texts().for_each(|text| there(Some(text)));
    for link in &entry.links {
        there(link.id());
    }
    for participation in &entry.participations {
        there(
            participation
                .agent
                .as_ref()
                .and_then(model::Agent::label)
                .as_deref(),
        );
    }
    for finding in entry.findings() {
        every_part_is_there(name, finding, json);
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| end == "xml" || end == "html")
        {
            found.push(path);
        }
    }
}

/// The documents in a file.
pub(crate) fn documents(path: &Path) -> Vec<GpSummary> {
    let Ok(bytes) = std::fs::read(path) else {
        return Vec::new();
    };
    let Ok(document) = Document::parse(&bytes) else {
        return Vec::new();
    };
    let root = document.root();
    std::iter::once(root)
        .chain(root.descendants())
        .filter(|element| element.name() == "GPSummary")
        .filter_map(|element| model::read(element).ok())
        .collect()
}

#[test]
fn every_published_document_converts() {
    let name = "to_fhir::every_published_document_converts";
    let mut checked = 0;
    for folder in ["spine-scr", "scr-fhir", "smsp-scr", "mhs"] {
        let Some(folder) = testkit::vectors(folder) else {
            continue;
        };
        let mut found = Vec::new();
        files(&folder, &mut found);
        for path in found {
            for document in documents(&path) {
                check(&path.display().to_string(), document);
                checked += 1;
            }
        }
    }
    match checked {
        0 => testkit::skip(name, "shared vectors are not here"),
        checked => assert!(checked > 5, "only {checked} documents were found"),
    }
}
