//! Damaged files: an error or something missing, never a panic, and nothing of a child in what is
//! logged.

use domain::cpis::{FileCode, RecordOutcome};
use hl7v3::cpis::file::response::{self, Details};
use hl7v3::cpis::file::{access_notice, control, inactive_notice, upload};
use proptest::prelude::*;
use proptest::sample::Index;
use xml::Document;

use super::notices::{accesses, inactive};
use super::world::*;
use crate::support::*;

fn acknowledgement() -> Vec<u8> {
    let heading = response::Heading {
        created: time("20240701120000+0100"),
        file: Some("42".to_owned()),
        quantity: Some(1),
        codes: vec![FileCode::Stored],
        to: heading(1).from,
        stored: 1,
        refused: 0,
    };
    let mut details = Details::start(heading);
    details.record(1, RecordOutcome::STORED, &full_record());
    let mut messages = details.messages();
    messages.record(RecordOutcome::STORED, &full_record());
    messages.end()
}

fn files() -> Vec<Vec<u8>> {
    vec![
        upload(&[full_record()]),
        acknowledgement(),
        access_notice::document(&accesses()),
        inactive_notice::document(&inactive()),
        control::write(&control::Control::data("A", "B", "CPIS_UPLOAD")),
    ]
}

fn read_everyhow(bytes: &[u8]) {
    let _ = upload::read_whole(bytes, CHECK);
    let _ = response::read_whole(bytes, CHECK);
    let _ = control::read(bytes);
    if let Ok(document) = Document::parse(bytes) {
        let _ = access_notice::read(document.root(), CHECK);
        let _ = inactive_notice::read(document.root(), CHECK);
    }
}

#[test]
fn what_is_logged_names_no_child() {
    let shown = format!("{:?} {:?} {:?}", full_record(), accesses(), inactive());
    for secret in ["Tess", "O'Example", "2012", "999000", "LA \\\"1"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_no_panic(
        which in any::<Index>(),
        places in prop::collection::vec((any::<Index>(), 0_usize..30, "[<>/\"'&=a-z\u{0}é ]{0,6}"), 1..4),
    ) {
        let files = files();
        let mut file = which.get(&files).clone();
        for (at, length, with) in places {
            let at = at.index(file.len());
            let end = (at + length).min(file.len());
            file.splice(at..end, with.bytes());
        }
        read_everyhow(&file);
    }

    #[test]
    fn elements_may_be_missing_or_twice(which in any::<Index>(), element in any::<Index>(), twice: bool) {
        let files = files();
        let file = text(&which.get::<Vec<u8>>(&files)[..]);
        let document = Document::parse(file.as_bytes()).expect("well formed");
        let elements: Vec<_> = document.root().descendants().skip(1).collect();
        let element = element.get(&elements);
        let source = element.source();
        let mut changed = file.clone();
        let to = if twice { source.repeat(2) } else { String::new() };
        changed.replace_range(element.range(), &to);
        read_everyhow(changed.as_bytes());
    }
}
