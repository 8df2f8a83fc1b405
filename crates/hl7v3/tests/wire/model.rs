//! The typed GP Summary: nothing of a document is lost, whatever it holds, and what is made
//! from scratch is valid.

#![expect(clippy::disallowed_methods, reason = "the vectors are read as files")]

mod made;
mod tree;
mod whole;

use std::path::{Path, PathBuf};

use domain::record::{DocumentBytes, SummaryKind};
use hl7v3::gp_summary::model::{self, EntryKind, GpSummary, Piece, Role, Target, Value};
use hl7v3::gp_summary::{PresentationBlock, blocks, find, header, sections};
use proptest::prelude::*;

use crate::support::*;
use tree::Tree;

/// Reads the only summary of a text.
fn read(source: &str) -> GpSummary {
    let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
    let found = find(&doc);
    assert_eq!(found.len(), 1, "one summary");
    model::read(found[0]).expect("a summary")
}

fn written(summary: &GpSummary) -> String {
    let DocumentBytes { bytes, inherited } = summary.write();
    assert!(inherited.is_empty(), "it declares what it needs");
    String::from_utf8(bytes).expect("UTF-8")
}

/// Asserts that a document survives reading and writing, and gives what was read.
fn check(source: &str) -> GpSummary {
    let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
    let found = *find(&doc).first().expect("a summary");
    let summary = model::read(found).expect("a summary");
    let text = written(&summary);
    let again = xml::Document::parse(text.as_bytes()).expect("well formed");
    let (found, again_found) = (Tree::of(found), Tree::of(again.root()));
    assert_eq!(
        again_found.difference(&found),
        None,
        "what was written is what was read"
    );
    assert!(model::read(again.root()).expect("a summary") == summary);
    summary
}

/// Asserts that a summary reads back as itself.
fn check_made(summary: &GpSummary) -> String {
    let text = written(summary);
    let again = read(&text);
    for ((_, made), (_, found)) in summary.entries().zip(again.entries()) {
        let parts = [
            made.value == found.value,
            made.code == found.code,
            made.time == found.time,
            made.text == found.text,
            made.medication == found.medication,
            made.members == found.members,
            made.reference_range == found.reference_range,
            (&made.systolic, &made.diastolic) == (&found.systolic, &found.diastolic),
            made.participations == found.participations,
            made.supporting == found.supporting,
            made.links == found.links,
            made.extra == found.extra,
        ];
        assert_eq!(parts, [true; 12], "{:?}", made.kind);
    }
    assert!(&again == summary, "{text}");
    text
}

#[test]
fn the_example_survives() {
    let summary = check(SUMMARY);
    assert_eq!(summary.document_id(), Some(document(DOCUMENT_ID)));
    assert_eq!(summary.kind(), Some(SummaryKind::Full));
    assert_eq!(summary.effective(), Some(time("202406301015")));
    assert_eq!(summary.patient(), Some(patient()));
    assert_eq!(summary.replaces(), Some(document(OTHER_ID)));
    let author = summary.author.as_ref().and_then(|it| it.agent.as_ref());
    assert_eq!(
        author.and_then(|it| it.label()).as_deref(),
        Some("Dr Ada Barstow")
    );

    let (section, entry) = summary.entries().next().expect("an entry");
    let code = section.code().and_then(|code| code.code.as_deref());
    assert_eq!(code, Some("185361000000102"));
    assert_eq!(entry.kind, EntryKind::CurrentRepeatMedication);
    assert_eq!(entry.status(), Some("active"));
    assert_eq!(
        entry.subject().and_then(|code| code.label()),
        Some("Aspirin 75mg tablets")
    );
    let medication = entry.medication.as_deref().expect("a medication");
    assert_eq!(medication.instructions(), Some("one daily"));
    let quantity = medication.quantity().expect("a quantity");
    assert_eq!(quantity.value.as_deref(), Some("60"));
    assert_eq!(quantity.unit_label(), Some("tablet"));

    let markup = summary.presentation().and_then(|text| text.value.as_ref());
    let alone = markup.expect("a text").document();
    let alone = xml::Document::parse(&alone).expect("well formed");
    assert_eq!(
        blocks(alone.root().children().next().expect("html")).first(),
        Some(&PresentationBlock::Heading {
            level: 2,
            text: "General Practice Summary".to_owned()
        })
    );
}

/// What is refused is what the header refuses, in its words.
#[test]
fn a_broken_header_is_refused() {
    for (from, to, rule) in [
        (
            "<effectiveTime value=\"202406301015\"/>",
            "",
            "A single hl7:GPSummary/hl7:effectiveTime/@value must be provided",
        ),
        (
            "code=\"196981000000101\"",
            "code=\"1\"",
            "the code must be SNOMED CT 196971000000103 or 196981000000101",
        ),
    ] {
        let source = mutate(SUMMARY, from, to);
        let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
        let error = model::read(doc.root()).expect_err(rule);
        assert_eq!(error.message, rule);
    }
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

/// Every published document, those of the mini-service among them, which break the schemas in
/// many ways.
#[test]
fn published_documents_survive() {
    let mut paths = Vec::new();
    for folder in [
        "spine-scr",
        "smsp-scr/response-templates",
        "smsp-scr/upstream-spine",
        "scr-fhir",
    ] {
        let Some(folder) = testkit::vectors_or_skip("published_documents_survive", folder) else {
            return;
        };
        files(&folder, &mut paths);
    }
    let (mut documents, mut entries, mut unknown) = (0, 0, Vec::new());
    for path in paths {
        let bytes = std::fs::read(&path).expect("a file");
        let Ok(source) = std::str::from_utf8(&bytes) else {
            continue;
        };
        let Ok(doc) = xml::Document::parse(source.as_bytes()) else {
            continue;
        };
        for summary in find(&doc) {
            documents += 1;
            let mut source = String::from_utf8(wrapped(summary)).expect("UTF-8");
            if let Err(error) = header(summary) {
                // Some have a patient who cannot be.
                assert!(error.message.contains("NHS number"), "{error}");
                let id = summary.path(xml::ns::HL7, &["recordTarget", "patient", "id"]);
                let number = id.and_then(|id| id.attribute("extension"));
                source = source.replace(number.expect("a number"), patient().as_str());
            }
            let model = check(&source);
            let coded = sections(summary);
            let coded: Vec<_> = coded.iter().flat_map(|section| &section.entries).collect();
            let typed: Vec<_> = model.entries().map(|(_, entry)| entry).collect();
            let names: Vec<_> = typed.iter().map(|entry| entry.kind.element()).collect();
            let all: Vec<_> = coded.iter().map(|entry| entry.element.as_str()).collect();
            assert_eq!(names, all, "{}", path.display());
            entries += typed.len();
            for entry in typed {
                unknown.extend(entry.extra.pieces().map(|_| entry.kind.element()));
            }
        }
    }
    assert!(documents >= 25, "{documents} documents");
    assert!(entries >= 400, "{entries} entries");
    assert_eq!(
        unknown,
        Vec::<&str>::new(),
        "all parts of entries are typed"
    );
}

/// A summary as a text of its own.
fn wrapped(summary: xml::Element<'_, '_>) -> Vec<u8> {
    let slice = summary.slice();
    let mut w = xml::Writer::new();
    w.slice(
        "w:x",
        &[("xmlns:w", "w")],
        slice.bytes.as_bytes(),
        &slice.inherited,
    );
    w.finish()
}

/// One of everything, valid as the upload it would be.
#[test]
fn what_is_made_is_valid() {
    for summary in [
        whole::full(),
        whole::by_person(),
        whole::initial(),
        whole::by_practice(),
    ] {
        let text = check_made(&summary);
        let interaction = match summary.kind() {
            Some(SummaryKind::Full) => "REPC_IN150016UK05",
            _ => "REPC_IN150015UK05",
        };
        let schema = format!("schemas/spine-mim/TightenedSchemas/{interaction}.xsd");
        testkit::xsd::assert_valid(&schema, &whole::upload(interaction, &text));
    }
}

/// Every kind of entry is among what is made, and is found under its name.
#[test]
fn every_kind_is_made() {
    let summary = whole::full();
    for kind in EntryKind::ALL {
        assert_eq!(EntryKind::of(kind.element()), Some(*kind));
        let found = summary.entries().any(|(_, entry)| entry.kind == *kind);
        assert!(found, "{kind:?}");
    }
    let targets: std::collections::HashSet<_> =
        Target::ALL.iter().map(|target| target.element()).collect();
    assert_eq!(targets.len(), Target::ALL.len());
}

#[test]
fn the_parts_of_entries_are_found() {
    let summary = whole::full();
    let entry = |kind| {
        let mut all = summary.entries().map(|(_, entry)| entry);
        all.find(|entry| entry.kind == kind).expect("an entry")
    };
    let pressure = entry(EntryKind::BloodPressure);
    let pressures = pressure.pressures().expect("two");
    let values = (pressures.0.value.as_deref(), pressures.1.value.as_deref());
    assert_eq!(values, (Some("120"), Some("80")));

    let organizer = entry(EntryKind::FindingOrganizer);
    assert_eq!(organizer.findings().count(), 2);

    let problem = entry(EntryKind::Problem);
    let link = problem.links.first().expect("a link");
    let diagnosis = summary.linked(link).expect("the diagnosis");
    assert_eq!(diagnosis.kind, EntryKind::Diagnosis);

    let treatment = entry(EntryKind::Treatment);
    let roles = [Role::Author, Role::Informant, Role::Performer];
    let counts = roles.map(|role| treatment.in_role(role).count());
    assert_eq!(counts, [1, 1, 2]);
    let allergy = entry(EntryKind::Allergy);
    assert_eq!(
        allergy.supporting_texts().collect::<Vec<_>>(),
        ["Rash <5 days"]
    );
}

/// Nothing of the content shows where it might be logged.
#[test]
fn nothing_shows_in_debug() {
    let summary = whole::full();
    assert_eq!(format!("{summary:?}"), "GpSummary { .. }");
    let (_, entry) = summary.entries().next().expect("an entry");
    assert_eq!(
        format!("{entry:?}"),
        format!("Entry {{ kind: {:?}, .. }}", entry.kind)
    );
}

/// Sections, entries and agents that nobody has heard of are kept as they are.
#[test]
fn the_unknown_is_kept() {
    let source = mutate(SUMMARY, "code=\"185361000000102\"", "code=\"1\"");
    let summary = check(&source);
    let section = summary.sections.first().expect("a section");
    assert_eq!(section.code().and_then(|it| it.code.as_deref()), Some("1"));
    assert_eq!(section.entries().count(), 1);

    let source = SUMMARY.replace("UKCT_MT144040UK01.Current", "UKCT_MT999999UK01.Current");
    let summary = check(&source);
    assert_eq!(summary.entries().count(), 0);
    let content = summary.sections.first().and_then(|it| it.content.as_ref());
    let component = content.and_then(|it| it.components.first()).expect("one");
    let [Piece::Element(raw)] = component.extra.pieces().collect::<Vec<_>>()[..] else {
        panic!("one element is kept");
    };
    assert_eq!(raw.name, "UKCT_MT999999UK01.CurrentRepeatMedication");

    let source = SUMMARY.replace("UKCT_MT160018UK01.AgentPersonSDS", "AgentOfOurs");
    let author = check(&source).author.expect("an author");
    assert_eq!((author.agent, author.extra.pieces().count()), (None, 1));
}

#[test]
fn values_are_read_by_what_they_say() {
    let value = |value: &str| {
        let source = mutate(
            SUMMARY,
            "<UKCT_MT144040UK01.CurrentRepeatMedication classCode=\"SBADM\" moodCode=\"RQO\">",
            &format!(
                "<UKCT_MT144040UK01.CurrentRepeatMedication classCode=\"SBADM\" moodCode=\"RQO\" xmlns:h=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{value}"
            ),
        );
        let summary = check(&source);
        let (_, entry) = summary.entries().next().expect("an entry");
        entry.value.clone().expect("a value")
    };
    let name = |value: &Value| match value {
        Value::Quantity(_) => "quantity",
        Value::Range(_) => "range",
        Value::Ratio(_) => "ratio",
        Value::Code(_) => "code",
        Value::Text(_) => "text",
        Value::Data(_) => "data",
        Value::Integer(_) => "integer",
        Value::Real(_) => "real",
        Value::Boolean(_) => "boolean",
        Value::Time(_) => "time",
        Value::Period(_) => "period",
        Value::Other(_) => "other",
    };
    for (written, expected) in [
        ("<value value=\"1\" unit=\"kg\"/>", "quantity"),
        ("<value type=\"PQ\"/>", "quantity"),
        ("<value xsi:type=\"h:PQ\" value=\"1\"/>", "quantity"),
        (
            "<value xsi:type=\"IVL_PQ\"><low value=\"1\" unit=\"kg\"/></value>",
            "range",
        ),
        (
            "<value xsi:type=\"RTO_PQ_PQ\"><numerator value=\"1\"/></value>",
            "ratio",
        ),
        ("<value code=\"1\" displayName=\"x\"/>", "code"),
        (
            "<value xsi:type=\"CV\" code=\"1\"><originalText>x</originalText></value>",
            "code",
        ),
        ("<value>words</value>", "text"),
        ("<value/>", "text"),
        ("<value xsi:type=\"ST\"> words </value>", "text"),
        (
            "<value xsi:type=\"ED\" mediaType=\"text/plain\">words</value>",
            "data",
        ),
        ("<value xsi:type=\"INT\" value=\"1\"/>", "integer"),
        ("<value xsi:type=\"REAL\" value=\"1.5\"/>", "real"),
        ("<value xsi:type=\"BL\" value=\"true\"/>", "boolean"),
        ("<value xsi:type=\"TS\" value=\"2024\"/>", "time"),
        (
            "<value xsi:type=\"IVL_TS\"><low value=\"2024\"/></value>",
            "period",
        ),
        (
            "<value xsi:type=\"GLIST_PQ\" denominator=\"5\"><x>1</x> y</value>",
            "other",
        ),
        ("<value><x/>words</value>", "other"),
    ] {
        assert_eq!(name(&value(written)), expected, "{written}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is made is read back as it was.
    #[test]
    fn made_summaries_read_back(summary in made::summary()) {
        check_made(&summary);
    }

    /// Whatever somebody does to a document, nothing of it is lost.
    #[test]
    fn changed_documents_survive(changes in prop::collection::vec(any::<[u16; 4]>(), 1..12)) {
        let source = written(&whole::full());
        let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
        let mut tree = Tree::of(doc.root());
        for change in changes {
            tree.change(change);
        }
        check(&tree.written());
    }
}
