//! Made-up documents, in both profiles.

use conversion::Profile;
use hl7v3::gp_summary::model;
use proptest::prelude::*;
use xml::Document;

use super::{Answer, published};

fn document(seed: u64, patient: u32) -> model::GpSummary {
    let bytes = synthetic::population(seed).patient(patient).summary();
    let document = Document::parse(&bytes).expect("a synthetic document is XML");
    model::read(document.root()).expect("and a document")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_synthetic_document_converts(seed in 0u64..1_000, patient in 0u32..10_000) {
        let made = document(seed, patient);
        Answer::of(made.clone()).convert(Profile::Compatible);
        published::check(&format!("synthetic {seed}/{patient}"), made);
    }
}

/// Nothing of what we make is told to be missing.
#[test]
fn synthetic_documents_are_carried_over_whole() {
    for patient in 0..40 {
        let bundle = Answer::of(document(7, patient)).convert(Profile::Full);
        let outcomes = bundle.all::<fhir::OperationOutcome>().count();
        assert_eq!(outcomes, 0, "patient {patient}");
    }
}

/// What stored documents hold in place of a good value.
const ODD: [&str; 12] = [
    "",
    " ",
    "x y",
    "  padded ",
    "1.2.3",
    "00000000-0000-4000-8000-000000000001",
    "20209999",
    "2020",
    "-1",
    "nullified",
    "aborted",
    "http://example.org/a b",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// A value of an attribute of the coded entries is another: what comes out is still valid R4.
    #[test]
    fn odd_values_do_no_harm(patient in 0u32..500, place in 0usize..10_000, odd in 0usize..ODD.len()) {
        let bytes = synthetic::population(11).patient(patient).summary();
        let text = String::from_utf8(bytes).expect("UTF-8");
        let Some(start) = text.find("<pertinentInformation2") else { return Ok(()) };
        let end = text.find("<recordTarget").expect("a target");
        let values: Vec<usize> = text[start..end].match_indices("=\"").map(|(at, _)| start + at + 2).collect();
        let from = values[place % values.len()];
        let to = from + text[from..].find('"').expect("an end");
        let text = [&text[..from], ODD[odd], &text[to..]].concat();
        let document = Document::parse(text.as_bytes()).expect("XML");
        let made = model::read(document.root()).expect("a document");
        let _ = conversion::to_fhir(&Answer::of(made.clone()).retrieved(), Profile::Compatible, &mut || "A".to_owned());
        published::is_valid(&format!("{patient} {place} {}", ODD[odd]), &Answer::of(made).convert(Profile::Full));
    }
}
