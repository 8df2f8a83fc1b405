//! What comes back of a document that goes to FHIR and back, and of a bundle that goes to V3 and
//! back, in profile Full.

use std::path::{Path, PathBuf};

use domain::record::SummaryKind;
use hl7v3::gp_summary::model::{self, Agent, Entry, EntryKind, Participation};
use proptest::prelude::*;

use super::tree::Tree;
use super::*;
use crate::to_fhir::Answer;

fn to_fhir(document: &GpSummary) -> Bundle {
    Answer::of(document.clone()).convert(Profile::Full)
}

fn back(document: &GpSummary) -> GpSummary {
    let found = converted(&to_fhir(document), Profile::Full);
    found.expect("a bundle of ours converts").summary
}

/// What has to come back of a participation: role, name, mode and time.
type Who = (String, Option<String>, Option<String>, Option<String>);

fn who(participation: &Participation) -> Who {
    let mode = participation
        .mode
        .as_ref()
        .and_then(|mode| mode.code.clone());
    let time = participation
        .time
        .as_ref()
        .and_then(|time| time.value.clone());
    let label = participation.agent.as_ref().and_then(Agent::label);
    (format!("{:?}", participation.role), label, mode, time)
}

/// What has to come back of an entry.
#[derive(Debug, PartialEq)]
struct Kept {
    kind: EntryKind,
    id: Option<String>,
    code: Option<(Option<String>, Option<String>)>,
    status: Option<String>,
    times: [Option<String>; 4],
    subject: Option<String>,
    supporting: Vec<String>,
    links: Vec<(String, Option<String>)>,
    people: Vec<Who>,
    members: Vec<Kept>,
    has_value: bool,
    pressures: Option<(Option<String>, Option<String>)>,
}

impl Kept {
    fn of(entry: &Entry) -> Self {
        let bound = |scalar: &Option<model::Scalar>| scalar.as_ref()?.value.clone();
        let time = entry.time.clone().unwrap_or_default();
        let link = |link: &model::Link| (link.relation.clone(), link.id().map(str::to_owned));
        let mut links: Vec<_> = entry.links.iter().map(link).collect();
        links.sort();
        let mut people: Vec<_> = entry.participations.iter().map(who).collect();
        people.sort();
        let pressures = entry.pressures();
        Self {
            kind: entry.kind,
            id: entry.uuid().map(str::to_owned),
            code: entry
                .code
                .as_ref()
                .map(|code| (code.code.clone(), code.display.clone())),
            status: entry.status().map(str::to_owned),
            times: [
                time.value.clone(),
                bound(&time.low),
                bound(&time.center),
                bound(&time.high),
            ],
            subject: entry
                .subject()
                .and_then(|code| code.label())
                .map(str::to_owned),
            supporting: entry.supporting_texts().map(str::to_owned).collect(),
            links,
            people,
            members: entry.findings().map(Self::of).collect(),
            has_value: entry.value.is_some(),
            pressures: pressures.map(|(high, low)| (high.value.clone(), low.value.clone())),
        }
    }
}

fn kept(document: &GpSummary) -> Vec<(Option<String>, Kept)> {
    let mut all: Vec<_> = document
        .entries()
        .filter(|(_, entry)| !is_note_of_additional_information(entry))
        .map(|(section, entry)| {
            let section = section.code().and_then(|code| code.code.clone());
            (section, Kept::of(entry))
        })
        .collect();
    all.sort_by(|a, b| (&a.0, &a.1.id).cmp(&(&b.0, &b.1.id)));
    all
}

/// Every entry, whole.
fn whole(document: &GpSummary) -> Vec<Entry> {
    let entries = document.entries().map(|(_, entry)| entry);
    let entries = entries.filter(|entry| !is_note_of_additional_information(entry));
    let mut all: Vec<Entry> = entries.cloned().collect();
    all.sort_by(|a, b| a.uuid().cmp(&b.uuid()));
    all
}

fn is_note_of_additional_information(entry: &Entry) -> bool {
    let mut texts = entry.supporting_texts();
    entry.kind == EntryKind::ThirdPartyCorrespondence
        && texts.any(|text| text.starts_with("Additional information records have been found"))
}

/// Headings and content of the presentation text, white space aside.
fn headings(document: &GpSummary) -> Vec<(String, Option<String>, String)> {
    let markup = document.presentation().and_then(|text| text.value.as_ref());
    let bytes = markup.expect("a text").document();
    let whole = xml::Document::parse(&bytes).expect("XML");
    let named = |name: &str| whole.root().descendants().find(|it| it.name() == name);
    let body = named("body")
        .or_else(|| named("html"))
        .or(Some(whole.root()));
    let mut all: Vec<(String, Option<String>, String)> = Vec::new();
    for child in body.into_iter().flat_map(|body| body.children()) {
        if child.name() == "h2" {
            let id = child.attribute("id").map(str::to_owned);
            all.push((child.deep_text().trim().to_owned(), id, String::new()));
        } else if let Some((_, _, text)) = all.last_mut() {
            text.extend(child.deep_text().split_whitespace());
        }
    }
    all
}

/// Asserts that a document comes back, and that what came back then stays as it is.
fn check(document: &GpSummary, name: &str) -> GpSummary {
    let once = back(document);
    let upper = |document: &GpSummary| document.document_id();
    assert_eq!(upper(&once), upper(document), "{name}");
    assert_eq!(once.kind(), document.kind(), "{name}");
    assert_eq!(once.patient(), document.patient(), "{name}");
    assert_eq!(once.replaces(), document.replaces(), "{name}");
    assert_eq!(
        once.effective().map(|it| it.first_instant()),
        document.effective().map(|it| it.first_instant()),
        "{name}"
    );
    assert_eq!(headings(&once), headings(document), "{name}");
    let (found, expected) = (kept(&once), kept(document));
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{name}");
    }
    let author = |document: &GpSummary| document.author.as_ref().map(who);
    let label = |document: &GpSummary| author(document).and_then(|it| it.1);
    assert_eq!(label(&once), label(document), "{name}");
    let twice = back(&once);
    let tree = |document: &GpSummary| {
        let text = without_new_ids(&text_of(document));
        Tree::of(xml::Document::parse(text.as_bytes()).expect("XML").root())
    };
    assert_eq!(
        tree(&twice).difference(&tree(&once)),
        None,
        "{name}: stable"
    );
    once
}

/// The ids that a conversion makes differ from one to the next.
fn without_new_ids(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some(at) = rest.find("00000000-0000-4000-8000-") {
        out.push_str(&rest[..at]);
        rest = &rest[at + 36..];
    }
    out.push_str(rest);
    out
}

#[test]
fn synthetic_documents_come_back() {
    for patient in synthetic::population(20).iter(40) {
        let text = patient.summary();
        let document = xml::Document::parse(&text).expect("XML");
        let document = model::read(document.root()).expect("a summary");
        let once = check(&document, "synthetic");
        assert!(
            whole(&once) == whole(&document),
            "every part of every entry comes back"
        );
        if once.kind() == Some(SummaryKind::Full) && once.entries().next().is_some() {
            assert_valid(&once);
        }
    }
}

/// The note of the additional information is left out: the schema has no place for it.
fn assert_valid(document: &GpSummary) {
    let mut document = document.clone();
    for content in document
        .sections
        .iter_mut()
        .filter_map(|it| it.content.as_mut())
    {
        content.components.retain(|component| {
            let entry = component.entry.as_deref();
            !entry.is_some_and(is_note_of_additional_information)
        });
    }
    document
        .sections
        .retain(|section| section.entries().next().is_some());
    let document = &document;
    let schema = "schemas/spine-mim/TightenedSchemas/REPC_IN150016UK05.xsd";
    testkit::xsd::assert_valid(schema, &message(document));
}

/// The message that uploads a document, as far as the schema asks.
pub(crate) fn message(document: &GpSummary) -> Vec<u8> {
    const ASID: [(&str, &str); 2] = [
        ("root", "1.2.826.0.1285.0.2.0.107"),
        ("extension", "200000000001"),
    ];
    const DEVICE: [(&str, &str); 2] = [("classCode", "DEV"), ("determinerCode", "INSTANCE")];
    let name = "REPC_IN150016UK05";
    let mut w = xml::Writer::new();
    w.element(
        name,
        &[("xmlns", xml::ns::HL7), ("ITSVersion", "XML_1.0")],
        |w| {
            w.empty("id", &[("root", "0B6A1C3E-5D2F-4E0A-9B7C-000000000950")]);
            w.empty("creationTime", &[("value", "20250630120000")]);
            w.empty("versionCode", &[("code", "V3NPfIT4.2.00")]);
            w.empty(
                "interactionId",
                &[
                    ("root", "2.16.840.1.113883.2.1.3.2.4.12"),
                    ("extension", name),
                ],
            );
            w.empty("processingCode", &[("code", "P")]);
            w.empty("processingModeCode", &[("code", "T")]);
            w.empty("acceptAckCode", &[("code", "NE")]);
            for (name, code) in [
                ("communicationFunctionRcv", "RCV"),
                ("communicationFunctionSnd", "SND"),
            ] {
                w.element(name, &[("typeCode", code)], |w| {
                    w.element("device", &DEVICE, |w| w.empty("id", &ASID));
                });
            }
            w.element(
                "ControlActEvent",
                &[("classCode", "CACT"), ("moodCode", "EVN")],
                |w| {
                    w.element("author1", &[("typeCode", "AUT")], |w| {
                        w.element("AgentSystemSDS", &[("classCode", "AGNT")], |w| {
                            w.element("agentSystemSDS", &DEVICE, |w| w.empty("id", &ASID));
                        });
                    });
                    let subject = [("typeCode", "SUBJ"), ("contextConductionInd", "false")];
                    w.element("subject", &subject, |w| w.written(&document.write().bytes));
                },
            );
        },
    );
    w.finish()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "xml") {
            found.push(path);
        }
    }
}

#[test]
fn published_documents_come_back() {
    let mut paths = Vec::new();
    for folder in [
        "spine-scr",
        "smsp-scr/response-templates",
        "smsp-scr/upstream-spine",
        "scr-fhir",
    ] {
        let Some(folder) = testkit::vectors_or_skip("published_documents_come_back", folder) else {
            return;
        };
        files(&folder, &mut paths);
    }
    let mut documents = 0;
    for path in paths {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let bytes = std::fs::read(&path).expect("a file");
        let Ok(whole) = xml::Document::parse(&bytes) else {
            continue;
        };
        for summary in hl7v3::gp_summary::find(&whole) {
            let Ok(document) = model::read(summary) else {
                continue;
            };
            documents += 1;
            check(&document, name);
        }
    }
    assert!(documents >= 20, "{documents} documents");
}

/// Uploads of the national adaptor's own tests: what a retrieval gives of them, uploaded again,
/// is the same document.
#[test]
fn an_upload_that_was_retrieved_is_the_same_upload() {
    for file in [
        "api/upload-scr/success.1-basic.request.json",
        "api/upload-scr/success.2-bulk.request.json",
        "mappers/gp-summary/standard_gp_summary.json",
        "mappers/additional-info/treatments-plus-risks-to-patient.json",
        "mappers/additional-info/lifestyle.json",
    ] {
        let path =
            testkit::vectors_or_skip("an_upload_that_was_retrieved", &format!("scr-fhir/{file}"));
        let Some(path) = path else { return };
        let bytes = std::fs::read(path).expect("a file");
        let resource = fhir::json::read_tolerant(&bytes).expect("a resource");
        let Resource::Bundle(bundle) = resource else {
            panic!("no bundle")
        };
        let first = converted(&bundle, Profile::Full).expect("a bundle that converts");
        check(&first.summary, file);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_synthetic_document_comes_back(seed in any::<u64>(), index in 0_u32..1_000_000) {
        let text = synthetic::population(seed).patient(index).summary();
        let document = xml::Document::parse(&text).expect("XML");
        let document = model::read(document.root()).expect("a summary");
        check(&document, "synthetic");
    }
}
