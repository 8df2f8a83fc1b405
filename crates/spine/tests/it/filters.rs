//! Which documents a list shows, in which order and state.

use domain::record::DocumentState::{self, Normal, Replaced, Withdrawn};
use hl7v3::psis::{ListFilter, ListedDocument, QueryAnswer, read_list_answer};
use store::{Commit, StateChange};

use crate::requests::*;
use crate::summaries::{document_id, summary};
use crate::world::{World, check};

/// Asks, and gives the documents of the list; none when nothing is found.
fn listed(filter: ListFilter, world: &World) -> Vec<ListedDocument> {
    let answer = check(asked().list(filter), world);
    let document = xml::Document::parse(answer.body.as_bytes()).expect("well formed");
    match read_list_answer(&document).expect("an answer") {
        QueryAnswer::Data(list) => {
            assert_eq!(list.patient, Some(patient()));
            assert!(!list.documents.is_empty());
            list.documents
        }
        QueryAnswer::NotFound => Vec::new(),
        other => panic!("{other:?}"),
    }
}

/// The last digit of each document's id.
fn numbers(documents: &[ListedDocument]) -> String {
    let last = |document: &ListedDocument| document.id.as_str().chars().last();
    documents.iter().filter_map(last).collect()
}

/// Three documents: the beginning of 10 May (UTC+1), a moment of 20 May, and the whole of 30 May.
fn world() -> World {
    let world = World::new().with_documents(&[
        (&document_id(1), "20240510000000"),
        (&document_id(2), "20240520123000"),
        (&document_id(3), "20240530"),
    ]);
    let initial = summary(&document_id(4), "2001").replace("196981000000101", "196971000000103");
    world.file(&initial);
    world
}

#[test]
fn periods_include_both_ends_at_the_precision_they_are_written_in() {
    let world = world();
    for (from, to, expected) in [
        ("1900", "2100", "3214"),
        ("20240510", "20240530", "321"),
        ("20240511", "20240529", "2"),
        ("20240510", "20240510", "1"),
        ("20240510000000", "20240520123000", "21"),
        ("20240510000001", "20240520122959", ""),
        ("20240510000000", "20240510000000", "1"),
        ("202405", "202405", "321"),
        ("202404", "20240509", ""),
        ("2024", "2024", "321"),
        ("20240530", "20240530", "3"),
        // The document is of some moment of that day: it may lie in the period.
        ("20240530120000", "20240530130000", "3"),
        ("20240529", "20240530000000", "3"),
        ("20240530235959", "20240601", "3"),
        ("20240531", "20240601", ""),
        // An offset counts: 23:30 in UTC is half past midnight here.
        ("20240509233000+0000", "20240510", ""),
        ("20240509230000+0000", "20240510", "1"),
        ("2001", "2001", "4"),
        ("20010601", "20010602", "4"),
        ("20240530", "20240510", ""),
    ] {
        let found = listed(between(from, to), &world);
        assert_eq!(numbers(&found), expected, "{from} to {to}");
    }
}

#[test]
fn types_and_sets_narrow_a_list() {
    let world = world();
    let both = ListFilter {
        document_type: of_type("196981000000101").document_type,
        ..between("20240515", "2024")
    };
    let foreign = ListFilter {
        document_type: Some(("196981000000101".to_owned(), "2.16.840".to_owned())),
        ..ListFilter::default()
    };
    for (filter, expected) in [
        (of_type("196981000000101"), "321"),
        (of_type("196971000000103"), "4"),
        (of_type("163171000000105"), ""),
        (foreign, ""),
        (both, "32"),
        (of_set(&document_id(4)), "3214"),
        (of_set(&document_id(4).to_lowercase()), "3214"),
        (of_set(&document_id(3)), ""),
        (of_set(&document_id(9)), ""),
    ] {
        let found = listed(filter.clone(), &world);
        assert_eq!(numbers(&found), expected, "{filter:?}");
    }
}

#[test]
fn a_list_is_newest_first_with_states_and_what_replaced_them() {
    let world = world();
    world.commit(Commit {
        states: vec![StateChange {
            patient: patient(),
            document: id(&document_id(2)),
            to: Withdrawn,
            by: Some(id(&document_id(8))),
        }],
        ..Commit::default()
    });
    let found = listed(between("1900", "2100"), &world);
    let of = |number: u32| Some(id(&document_id(number)));
    let rows: Vec<(u32, DocumentState, _, _)> = vec![
        (3, Normal, None, None),
        (2, Withdrawn, None, of(8)),
        (1, Replaced, of(2), None),
        (4, Replaced, of(1), None),
    ];
    assert_eq!(found.len(), rows.len());
    for (document, (number, state, replaced_by, withdrawn_by)) in found.iter().zip(rows) {
        assert_eq!(Some(&document.id), of(number).as_ref());
        assert_eq!(document.state, Some(state), "{number}");
        assert_eq!(document.withdrawn_by, withdrawn_by, "{number}");
        if state == Replaced {
            assert_eq!(document.replaced_by, replaced_by, "{number}");
        }
    }
    let first = &found[0];
    let (_, bytes) = crate::summaries::cut_out(&summary(&document_id(3), "20240530"));
    assert_eq!(first.effective, Some(time("20240530")));
    assert_eq!(first.stored, Some(time("20240701130001")));
    assert_eq!(first.size, Some(bytes.bytes.len() as u64));
    assert_eq!(first.message_type.as_deref(), Some("REPC_MT150007UK05"));
    assert_eq!(first.author.name.as_deref(), Some("Dr Ada Barstow"));
    assert_eq!(first.author.user, Some(author().user));
}
