//! Filing: which version a document becomes, whatever arrives when.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::audit::AuditEvent;
use domain::record::DocumentState::{self, Normal, Replaced, Withdrawn};
use jiff::SignedDuration;
use proptest::prelude::*;
use spine::filing::{self, Filed, FilingError};
use store::{Commit, StateChange, Store, StoreError};
use transport::Environment;

use crate::requests::{id, patient};
use crate::stubborn_store::StubbornStore;
use crate::summaries::{cut_out, document_id, summary};
use crate::world::wait;

type Outcome = Result<Filed, FilingError>;

/// A store and a clock that moves on with every filing.
struct Archive {
    store: Arc<StubbornStore>,
    env: Environment,
}

/// A document as the archive shows it: number, state, number of the one that replaced it.
type Entry = (u32, DocumentState, Option<u32>);

impl Archive {
    fn new() -> Self {
        let start = "2024-07-01T12:00:00Z".parse().expect("a time");
        Self {
            store: Arc::default(),
            env: Environment::simulated(start, 1),
        }
    }

    fn file(&self, number: u32, effective: &str) -> Outcome {
        self.file_as(&summary(&document_id(number), effective))
    }

    fn file_as(&self, source: &str) -> Outcome {
        self.env.advance(SignedDuration::from_secs(1));
        wait(file(
            self.store.clone(),
            self.env.clone(),
            source.to_owned(),
        ))
    }

    fn withdraw(&self, number: u32) {
        wait(self.store.commit(withdrawal(number))).expect("written");
    }

    /// All documents, newest first.
    fn entries(&self) -> Vec<Entry> {
        let record = wait(self.store.patient_record(patient(), None)).expect("readable");
        let number = |id: &domain::DocumentId| {
            let (_, digits) = id.as_str().rsplit_once('-').expect("a UUID");
            digits.parse::<u32>().expect("our own id")
        };
        record
            .documents
            .iter()
            .map(|pointer| {
                let by = pointer.replaced_by.as_ref().map(number);
                (number(&pointer.header.id), pointer.state, by)
            })
            .collect()
    }

    fn events(&self) -> Vec<AuditEvent> {
        let records = wait(self.store.audit_records(0, usize::MAX)).expect("readable");
        records.into_iter().map(|record| record.event).collect()
    }
}

fn withdrawal(number: u32) -> Commit {
    Commit {
        states: vec![StateChange {
            patient: patient(),
            document: id(&document_id(number)),
            to: Withdrawn,
            by: Some(id(&document_id(99))),
        }],
        ..Commit::default()
    }
}

async fn file(store: Arc<StubbornStore>, env: Environment, source: String) -> Outcome {
    let (header, bytes) = cut_out(&source);
    let event = AuditEvent::new(env.now(), "cli", "import", "filed");
    filing::file(&*store, &env, patient(), header, bytes, event).await
}

/// The chain that must result: newest first, the first Normal, each other Replaced by the one
/// before it.
fn chain(newest_first: &[u32]) -> Vec<Entry> {
    let newer = std::iter::once(None).chain(newest_first.iter().copied().map(Some));
    let state = |newer: Option<u32>| newer.map_or(Normal, |_| Replaced);
    newest_first
        .iter()
        .zip(newer)
        .map(|(number, newer)| (*number, state(newer), newer))
        .collect()
}

#[test]
fn the_newest_effective_document_is_current() {
    use Filed::{Current, Earlier};
    for (name, arrivals, expected) in [
        ("one", vec![(1, "2024", Current)], vec![1]),
        (
            "in order",
            vec![
                (1, "2022", Current),
                (2, "2023", Current),
                (3, "2024", Current),
            ],
            vec![3, 2, 1],
        ),
        (
            "late",
            vec![(3, "2024", Current), (1, "2022", Earlier)],
            vec![3, 1],
        ),
        (
            "between",
            vec![
                (1, "2022", Current),
                (3, "2024", Current),
                (2, "2023", Earlier),
            ],
            vec![3, 2, 1],
        ),
        (
            "backwards",
            vec![
                (3, "2024", Current),
                (2, "2023", Earlier),
                (1, "2022", Earlier),
            ],
            vec![3, 2, 1],
        ),
        (
            "same time: later filed is newer",
            vec![(2, "2024", Current), (1, "2024", Current)],
            vec![1, 2],
        ),
        (
            "same time, late",
            vec![
                (5, "2025", Current),
                (2, "2024", Earlier),
                (1, "2024", Earlier),
            ],
            vec![5, 1, 2],
        ),
        (
            "by the instant, not the text",
            vec![
                (1, "20240101000000+0000", Current),
                (2, "20240101003000+0100", Earlier),
            ],
            vec![1, 2],
        ),
    ] {
        let archive = Archive::new();
        for (number, effective, filed) in arrivals {
            assert_eq!(
                archive.file(number, effective).expect(name),
                filed,
                "{name}"
            );
        }
        assert_eq!(archive.entries(), chain(&expected), "{name}");
    }
}

/// Of documents filed in one instant of the clock, the chain is in the order of the list.
#[test]
fn a_clock_that_stands_or_goes_back_keeps_the_chain() {
    let archive = Archive::new();
    for (number, seconds) in [(2, 0), (1, 0), (4, -60), (3, 30)] {
        archive.env.advance(SignedDuration::from_secs(seconds));
        let source = summary(&document_id(number), "2024");
        wait(file(archive.store.clone(), archive.env.clone(), source)).expect("filed");
    }
    let order: Vec<u32> = archive.entries().iter().map(|entry| entry.0).collect();
    assert_eq!(archive.entries(), chain(&order));
}

/// A withdrawn document is out of the chain: it replaces nothing and is replaced by nothing new.
#[test]
fn withdrawn_documents_are_passed_over() {
    let archive = Archive::new();
    archive.file(1, "2021").expect("filed");
    archive.file(5, "2025").expect("filed");
    archive.withdraw(5);
    assert_eq!(archive.file(3, "2023").expect("filed"), Filed::Current);
    let current = [(5, Withdrawn), (3, Normal), (1, Replaced)];
    let states: Vec<_> = archive.entries().iter().map(|e| (e.0, e.1)).collect();
    assert_eq!(states, current);
    assert_eq!(
        archive.entries()[2].2,
        Some(3),
        "the next to look at, not the withdrawn one"
    );
    assert_eq!(archive.file(6, "2026").expect("filed"), Filed::Current);
    assert_eq!(archive.entries()[2], (3, Replaced, Some(6)));
    assert_eq!(archive.entries()[1].1, Withdrawn);
}

/// A withdrawal changes no number of documents, so what stands beside the place is looked at too.
#[test]
fn a_withdrawal_that_gets_in_between_is_noticed() {
    for (there, expected) in [
        ("2022", [(2, Normal), (1, Withdrawn)]),
        ("2024", [(1, Withdrawn), (2, Normal)]),
    ] {
        let archive = Archive::new();
        archive.file(1, there).expect("filed");
        *archive.store.slips_in.lock().expect("no panic") = Some(withdrawal(1));
        assert_eq!(archive.file(2, "2023").expect("filed"), Filed::Current);
        let states: Vec<_> = archive.entries().iter().map(|e| (e.0, e.1)).collect();
        assert_eq!(states, expected, "{there}");
        assert!(archive.entries().iter().all(|entry| entry.2.is_none()));
        assert_eq!(archive.events().len(), 2);
    }
}

#[test]
fn the_same_document_again_changes_nothing() {
    let archive = Archive::new();
    archive.file(1, "2022").expect("filed");
    archive.file(2, "2023").expect("filed");
    let before = (archive.entries(), archive.events());
    for number in [1, 2] {
        let effective = if number == 1 { "2022" } else { "2023" };
        assert_eq!(
            archive.file(number, effective).expect("known"),
            Filed::AlreadyThere
        );
    }
    let changed = summary(&document_id(1), "2022").replace("rash", "swelling");
    let error = archive
        .file_as(&changed)
        .expect_err("stored documents never change");
    assert!(matches!(&error, FilingError::DuplicateId(known) if *known == id(&document_id(1))));
    assert_eq!(
        error.to_string(),
        "document D0C00000-0000-4000-8000-000000000001 is already stored with other content, \
         and a stored document never changes"
    );
    assert_eq!((archive.entries(), archive.events()), before);
}

#[test]
fn a_filing_and_its_event_are_one() {
    let archive = Archive::new();
    archive.file(1, "2022").expect("filed");
    let [event] = archive.events().try_into().expect("one event");
    assert_eq!(event.patient, Some(patient()));
    assert_eq!(event.document, Some(id(&document_id(1))));
    assert_eq!(
        (event.operation.as_str(), event.outcome.as_str()),
        ("import", "filed")
    );
    archive.store.refuses_commits.store(true, Ordering::Relaxed);
    let error = archive.file(2, "2023").expect_err("refused");
    assert!(matches!(error, FilingError::Store(StoreError::Full)));
    archive
        .store
        .refuses_commits
        .store(false, Ordering::Relaxed);
    archive.store.refuses_reads.store(true, Ordering::Relaxed);
    let error = archive.file(2, "2023").expect_err("refused");
    assert!(matches!(error, FilingError::Store(StoreError::Corrupt(_))));
    archive.store.refuses_reads.store(false, Ordering::Relaxed);
    assert_eq!(archive.entries(), chain(&[1]));
    assert_eq!(archive.events().len(), 1);
}

/// Many at once, each reading before any of them writes.
#[test]
fn racing_filings_leave_one_current_document_and_one_chain() {
    const TASKS: u32 = 16;
    for round in 0..20 {
        let archive = Archive::new();
        archive.store.dawdles.store(true, Ordering::Relaxed);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for number in 0..TASKS {
                // A different order every round; 7 has no divisor in common with 16.
                let year = 2000 + (number * 7 + round) % TASKS;
                let source = summary(&document_id(year), &year.to_string());
                tasks.spawn(file(archive.store.clone(), archive.env.clone(), source));
            }
            while let Some(done) = tasks.join_next().await {
                done.expect("no panic").expect("filed");
            }
        });
        let newest_first: Vec<u32> = (2000..2000 + TASKS).rev().collect();
        assert_eq!(archive.entries(), chain(&newest_first));
        assert_eq!(archive.events().len(), TASKS as usize);
    }
}

/// The same document from many sides at once is filed once.
#[test]
fn racing_filings_of_one_document_file_it_once() {
    let archive = Archive::new();
    archive.store.dawdles.store(true, Ordering::Relaxed);
    let filed = wait(async {
        let one = summary(&document_id(1), "2024");
        let other = one.replace("rash", "swelling");
        let task =
            |source: &String| file(archive.store.clone(), archive.env.clone(), source.clone());
        tokio::join!(task(&one), task(&one), task(&other))
    });
    // Who comes first is open; that the others then meet what is there is not.
    match (&filed.0, &filed.1, &filed.2) {
        (Ok(Filed::Current), Ok(Filed::AlreadyThere), Err(FilingError::DuplicateId(_)))
        | (Ok(Filed::AlreadyThere), Ok(Filed::Current), Err(FilingError::DuplicateId(_)))
        | (
            Err(FilingError::DuplicateId(_)),
            Err(FilingError::DuplicateId(_)),
            Ok(Filed::Current),
        ) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(archive.entries(), chain(&[1]));
}

proptest! {
    /// Documents of distinct effective times give one chain, in whatever order they arrive.
    #[test]
    fn the_order_of_arrival_does_not_matter(
        arrivals in Just((1..=12u32).collect::<Vec<_>>()).prop_shuffle(),
        count in 1..=12usize,
    ) {
        let archive = Archive::new();
        let arrivals = &arrivals[..count];
        for number in arrivals {
            let newest = archive.entries().iter().all(|entry| entry.0 < *number);
            let expected = if newest { Filed::Current } else { Filed::Earlier };
            let effective = (2000 + number).to_string();
            prop_assert_eq!(archive.file(*number, &effective).expect("filed"), expected);
        }
        let mut newest_first = arrivals.to_vec();
        newest_first.sort_unstable_by(|a, b| b.cmp(a));
        prop_assert_eq!(archive.entries(), chain(&newest_first));
    }
}
