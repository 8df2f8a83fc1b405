//! Profile Compatible, against the published examples of the national adaptor.

use super::*;
use crate::from_fhir::tree::Tree;

fn published(file: &str) -> Option<Vec<u8>> {
    let path = testkit::vectors_or_skip("from_fhir::national", &format!("scr-fhir/{file}"))?;
    Some(std::fs::read(path).expect("a file"))
}

fn published_bundle(file: &str) -> Option<Bundle> {
    let resource = fhir::json::read_tolerant(&published(file)?).expect("a resource");
    Some(match resource {
        Resource::Bundle(bundle) => bundle,
        resource => Bundle {
            entry: vec![fhir::BundleEntry {
                resource: Some(resource),
                ..fhir::BundleEntry::default()
            }],
            ..Bundle::default()
        },
    })
}

/// The sections of a resource, as the document writes them.
fn sections(bundle: &Bundle) -> Vec<Tree> {
    let mut ids = || "0F582D91-8F89-11EA-8B2D-B741F13EFC47".to_owned();
    let found = conversion::sections_from_fhir(bundle, Profile::Compatible, &mut ids);
    let (sections, _) = found.expect("sections");
    let summary = GpSummary {
        sections,
        ..GpSummary::default()
    };
    let text = text_of(&summary);
    let document = xml::Document::parse(text.as_bytes()).expect("XML");
    document.root().children().map(Tree::of).collect()
}

/// The fragments that the adaptor's own tests expect of single resources.
#[test]
fn single_resources() {
    for (resource, expected) in [
        ("care-event/example.json", "care-event/example.html"),
        ("diagnosis/example.json", "diagnosis/expected.expected.html"),
        ("family-history/without_author.json", "family-history/without_author.html"),
        ("finding/observationsBundle.json", "finding/expected.clinicalObservations.html"),
        ("lifestyle/without_author.json", "lifestyle/without_author.html"),
        (
            "patient-carer-correspondence/example.json",
            "patient-carer-correspondence/example.html",
        ),
        ("provision-of-advice/example.json", "provision-of-advice/example.html"),
        (
            "social-personal-circumstances/example.json",
            "social-personal-circumstances/example.html",
        ),
        ("treatment/example.json", "treatment/example.html"),
    ] {
        let Some(bundle) = published_bundle(&format!("mappers/{resource}")) else { return };
        let Some(expected) = published(&format!("mappers/{expected}")) else { return };
        let expected = xml::Document::parse(&expected).expect("XML");
        let found = sections(&bundle);
        let found = found.first().unwrap_or_else(|| panic!("no section: {resource}"));
        assert_eq!(found.difference(&Tree::of(expected.root())), None, "{resource}");
    }
}

#[test]
fn explore() {
    for file in ["api/upload-scr/success.1-basic.request.json","api/upload-scr/success.2-bulk.request.json","api/upload-scr/no_consent.1-dissent.request.json","spec-examples/UploadScrBundle.json","mappers/gp-summary/standard_gp_summary.json","mappers/additional-info/one-risk-to-patient.json","mappers/additional-info/no-non-core.json","mappers/additional-info/empty-html-tags.json","mappers/additional-info/withheld-information-and-additional.json","mappers/additional-info/treatments-plus-risks-to-patient.json","mappers/additional-info/lifestyle.json"] {
        let bundle = published_bundle(file).unwrap();
        for profile in [Profile::Compatible, Profile::Full] {
            match converted(&bundle, profile) {
                Err(f) => println!("{file} {profile:?} REFUSED {f:#?}"),
                Ok(c) => { println!("{file} {profile:?} ok {} entries, notes {:#?}", c.summary.entries().count(), c.notes);
                    std::fs::write(format!("/tmp/f4/n.{}.{profile:?}.xml", file.replace('/', "_")), text_of(&c.summary)).unwrap(); }
            }
        }
    }
}
