//! The chain of a patient's GP Summaries: whatever comes, in whatever order and however much at a
//! time, one document at most is current, and every other says what became of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::DocumentId;
use domain::NhsNumber;
use domain::record::{DocumentPointer, DocumentState};
use proptest::prelude::*;
use spine::Front;
use spine::filing::{self, Filed};
use store::Store;
use transport::Handler;

use crate::gp_system::{Summary, summary, withdrawal};
use crate::reliable::support::{Answered, Post, Setup, World, front, line};
use crate::requests::patient;
use crate::summaries::{cut_out, document_id};
use crate::world::wait;

/// The codes of the answer to this message.
async fn codes(world: &World, post: &Post) -> String {
    world.env.advance(jiff::SignedDuration::from_secs(1));
    let response = line(&world.send(post).await);
    assert!(response.starts_with("202 "), "{response}");
    let answers = world.answers().await;
    let line = answers.last().expect("an answer").codes();
    line.trim_start_matches("MCCI_IN010000UK13 ").to_owned()
}

#[tokio::test]
async fn a_record_begins_is_replaced_is_withdrawn_and_begins_again() {
    let world = World::new();
    for (number, (post, expected, versions)) in [
        (summary(1, None).post(1), "AA", vec!["1 Normal"]),
        (summary(1, None).post(2), "AE 410 30142", vec!["1 Normal"]),
        (
            summary(2, Some(1)).post(3),
            "AA",
            vec!["2 Normal", "1 Replaced by 2"],
        ),
        (
            summary(3, Some(1)).post(4),
            "AE 410 30333",
            vec!["2 Normal", "1 Replaced by 2"],
        ),
        (
            summary(3, Some(9)).post(5),
            "AE 410 30308",
            vec!["2 Normal", "1 Replaced by 2"],
        ),
        (
            withdrawal(6, 101, 2),
            "AA",
            vec!["2 Withdrawn by 101", "1 Replaced by 2"],
        ),
        (
            summary(3, Some(2)).post(7),
            "AE 410 30333",
            vec!["2 Withdrawn by 101", "1 Replaced by 2"],
        ),
        (
            summary(3, None).post(8),
            "AA",
            vec!["3 Normal", "2 Withdrawn by 101", "1 Replaced by 2"],
        ),
        (
            withdrawal(9, 102, 1),
            "AA",
            vec!["3 Normal", "2 Withdrawn by 101", "1 Withdrawn by 102"],
        ),
        // Without a reference, the current one is replaced all the same.
        (
            summary(4, None).post(10),
            "AA",
            vec![
                "4 Normal",
                "3 Replaced by 4",
                "2 Withdrawn by 101",
                "1 Withdrawn by 102",
            ],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(codes(&world, &post).await, expected, "step {number}");
        assert_eq!(world.versions().await, versions, "step {number}");
    }
}

#[tokio::test]
async fn a_strict_spine_wants_the_document_that_is_replaced_named() {
    let world = World::with(Setup {
        strict_versions: true,
        ..Setup::default()
    });
    assert_eq!(codes(&world, &summary(1, None).post(1)).await, "AA");
    assert_eq!(
        codes(&world, &summary(2, None).post(2)).await,
        "AE 410 30112"
    );
    assert_eq!(codes(&world, &summary(2, Some(1)).post(3)).await, "AA");
    assert_eq!(world.versions().await, ["2 Normal", "1 Replaced by 2"]);
}

/// An upload that is older by its own date is current all the same: it came last.
#[tokio::test]
async fn the_chain_goes_by_arrival() {
    let world = World::new();
    let older = Summary {
        effective: "20250101",
        ..summary(2, Some(1))
    };
    assert_eq!(codes(&world, &summary(1, None).post(1)).await, "AA");
    assert_eq!(codes(&world, &older.post(2)).await, "AA");
    assert_eq!(world.versions().await, ["1 Replaced by 2", "2 Normal"]);
    assert_eq!(codes(&world, &summary(3, Some(2)).post(3)).await, "AA");
    assert_eq!(
        world.versions().await,
        ["3 Normal", "1 Replaced by 2", "2 Replaced by 3"]
    );
}

#[tokio::test]
async fn documents_of_others_can_be_neither_taken_nor_replaced() {
    let world = World::new();
    let other = NhsNumber::parse("9449310580").expect("a number");
    let of_other = |summary: Summary| Summary {
        patient: other,
        ..summary
    };
    assert_eq!(codes(&world, &summary(1, None).post(1)).await, "AA");
    let answer = codes(&world, &of_other(summary(2, Some(1))).post(2)).await;
    assert_eq!(answer, "AE 410 30333");
    assert_eq!(
        codes(&world, &of_other(summary(1, None)).post(3)).await,
        "AE 410 30317"
    );
    assert_eq!(
        codes(&world, &of_other(summary(2, None)).post(4)).await,
        "AA"
    );
    assert_eq!(codes(&world, &withdrawal(5, 101, 2)).await, "AE 410 30308");
    assert_eq!(world.versions().await, ["1 Normal"]);
    for answer in world.answers().await {
        let tells = answer.outgoing.payload.contains(patient().as_str());
        assert!(!tells || answer.entry.patient == Some(patient()));
    }
}

/// Two replacements of one document at the same time: one is current, and the other is told that
/// what it replaces is not.
#[test]
fn of_two_replacements_one_wins() {
    for seed in 0..50 {
        wait(async {
            let world = Arc::new(World::new());
            world.store.dawdles.store(true, Ordering::Relaxed);
            world.send(&summary(1, None).post(1)).await;
            let mut race = tokio::task::JoinSet::new();
            for n in [2, 3] {
                let world = Arc::clone(&world);
                race.spawn(async move {
                    if seed % 2 == 1 && n == 2 {
                        tokio::task::yield_now().await;
                    }
                    world.send(&summary(n, Some(1)).post(n)).await
                });
            }
            race.join_all().await;
            let mut lines: Vec<_> = world.answers().await.iter().map(Answered::codes).collect();
            lines.sort();
            assert_eq!(
                lines,
                [
                    "MCCI_IN010000UK13 AA",
                    "MCCI_IN010000UK13 AA",
                    "MCCI_IN010000UK13 AE 410 30333"
                ]
            );
            let versions = world.versions().await;
            let expected = [
                ["2 Normal", "1 Replaced by 2"],
                ["3 Normal", "1 Replaced by 3"],
            ];
            assert!(expected.iter().any(|two| versions == *two), "{versions:?}");
        });
    }
}

#[test]
fn many_uploads_at_once_make_one_chain() {
    wait(async {
        let world = Arc::new(World::new());
        world.store.dawdles.store(true, Ordering::Relaxed);
        let mut storm = tokio::task::JoinSet::new();
        for n in 1..=12 {
            // Each twice, as a client whose connection broke would.
            for _ in 0..2 {
                let world = Arc::clone(&world);
                storm.spawn(async move { line(&world.send(&summary(n, None).post(n)).await) });
            }
        }
        for line in storm.join_all().await {
            assert!(line.starts_with("202 "), "{line}");
        }
        assert_eq!(world.answers().await.len(), 12);
        check_chain(&world, 12).await;
    });
}

/// Whose documents are raced for, and how often of each: a thousand races in all.
const RACED: u32 = 25;
const RACES: u32 = 40;

/// The same over a store on disk, and on several threads: three uploads want to replace one document.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn races_on_disk_have_one_winner_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spine.db");
    let store = store::SqliteStore::open(&path, store::SqliteOptions::default());
    let store: Arc<dyn Store> = Arc::new(store.expect("a store"));
    let env = transport::Environment::system();
    let front = Arc::new(front(Setup::default(), store.clone(), &env));
    let mut patients = tokio::task::JoinSet::new();
    for patient in 0..RACED {
        patients.spawn(race(Arc::clone(&front), Arc::clone(&store), patient));
    }
    assert_eq!(patients.join_all().await.len() as u32, RACED);

    let filter = store::OutboxFilter {
        lane: Some(spine::LANE.to_owned()),
        due: None,
        limit: 10_000,
        ..store::OutboxFilter::default()
    };
    let answers = store.outbox(filter).await.expect("answers");
    let mut codes: HashMap<String, u32> = HashMap::new();
    for answer in answers {
        *codes.entry(Answered::of(answer).codes()).or_default() += 1;
    }
    let expected = [
        ("MCCI_IN010000UK13 AA".to_owned(), RACED * (RACES + 1)),
        (
            "MCCI_IN010000UK13 AE 410 30333".to_owned(),
            RACED * RACES * 2,
        ),
    ];
    assert_eq!(codes, HashMap::from(expected));
}

/// The races for the documents of one patient: after each there is one more, and one is current,
/// which took the place of the one before.
async fn race(front: Arc<Front>, store: Arc<dyn Store>, number: u32) {
    let patient = NhsNumber::from_first_nine(&format!("99900{number:04}"));
    // Of one number in eleven there is none.
    let patient = patient.or_else(|| NhsNumber::from_first_nine(&format!("99901{number:04}")));
    let patient = patient.expect("an NHS number");
    let send = |document: u32, replaces: Option<u32>| {
        let upload = Summary {
            patient,
            ..summary(document, replaces)
        };
        let (front, request) = (Arc::clone(&front), upload.post(document).request());
        tokio::spawn(async move { line(&front.handle(request).await) })
    };
    let first = number * 10_000;
    let mut current = first;
    let line = send(first, None).await.expect("no panic");
    assert!(line.starts_with("202 "), "{line}");
    for round in 1..=RACES {
        let rivals = [1, 2, 3].map(|rival| first + round * 10 + rival);
        for response in rivals.map(|rival| send(rival, Some(current))) {
            let line = response.await.expect("no panic");
            assert!(line.starts_with("202 "), "{line}");
        }
        let record = store.patient_record(patient, None).await;
        let documents = record.expect("a record").documents;
        assert_eq!(documents.len() as u32, round + 1);
        let now: Vec<_> = documents
            .iter()
            .filter(|d| d.state == DocumentState::Normal)
            .collect();
        let [now] = now.as_slice() else {
            panic!("{} current documents", now.len());
        };
        let replaced = documents
            .iter()
            .find(|d| d.replaced_by.as_ref() == Some(&now.header.id));
        let replaced = replaced.expect("the one before").header.id.clone();
        assert_eq!(replaced.as_str(), document_id(current));
        let won = |n: &u32| document_id(*n) == now.header.id.as_str();
        current = rivals.into_iter().find(won).expect("one of them");
    }
}

/// A document that is imported takes its place by date, and never that of the current one, unless
/// it is newer than all.
#[test]
fn imports_and_uploads_keep_one_document_current() {
    let of = |number, effective| Summary {
        effective,
        ..summary(number, None)
    };
    let upload = |world: &World, summary: Summary| {
        let message = summary.number;
        wait(world.send(&summary.post(message)));
    };
    let file = |world: &World, summary: Summary| {
        let (header, bytes) = cut_out(&summary.text());
        let event = domain::audit::AuditEvent::new(world.env.now(), "test", "import", "filed");
        let patient = header.patient;
        let filing = filing::file(&*world.store, &world.env, patient, header, bytes, event);
        wait(filing).expect("filed")
    };
    let world = World::new();
    upload(&world, of(1, "20260301"));
    // Older by its own date, and current because it came last.
    upload(&world, of(2, "20260201"));
    for (number, effective, expected, versions) in [
        (
            3,
            "20260215",
            Filed::Earlier,
            vec!["1 Replaced by 2", "3 Replaced by 1", "2 Normal"],
        ),
        (
            4,
            "20260101",
            Filed::Earlier,
            vec![
                "1 Replaced by 2",
                "3 Replaced by 1",
                "2 Normal",
                "4 Replaced by 2",
            ],
        ),
        (
            5,
            "20260401",
            Filed::Current,
            vec![
                "5 Normal",
                "1 Replaced by 5",
                "3 Replaced by 1",
                "2 Replaced by 5",
                "4 Replaced by 2",
            ],
        ),
    ] {
        assert_eq!(file(&world, of(number, effective)), expected, "{number}");
        assert_eq!(wait(world.versions()), versions, "{number}");
    }
    upload(&world, of(6, "20200101"));
    let versions = wait(world.versions());
    assert_eq!(versions[0], "5 Replaced by 6");
    assert_eq!(versions.last().map(String::as_str), Some("6 Normal"));
}

/// One current document at most; every replaced one names a document that is there, no two the
/// same; following them ends.
async fn check_chain(world: &World, count: usize) {
    let record = world.store.inner.patient_record(patient(), None).await;
    let documents = record.expect("a record").documents;
    assert_eq!(documents.len(), count);
    let by_id: HashMap<&DocumentId, &DocumentPointer> =
        documents.iter().map(|d| (&d.header.id, d)).collect();
    let current = documents
        .iter()
        .filter(|d| d.state == DocumentState::Normal);
    assert!(current.count() <= 1);
    let mut followers: Vec<_> = documents
        .iter()
        .filter_map(|d| d.replaced_by.as_ref())
        .collect();
    let named = followers.len();
    followers.sort();
    followers.dedup();
    assert_eq!(followers.len(), named, "no document replaces two");
    for document in &documents {
        let replaced = document.state == DocumentState::Replaced;
        assert!(!replaced || document.replaced_by.is_some());
        let mut at = document;
        for _ in 0..=count {
            match at.replaced_by.as_ref() {
                Some(next) => at = by_id.get(next).expect("what replaces it is there"),
                None => break,
            }
        }
        assert!(at.replaced_by.is_none(), "the chain has an end");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Upload(u32, Option<u32>),
    Withdraw(u32, u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..8_u32, proptest::option::of(1..8_u32)).prop_map(|(n, of)| Step::Upload(n, of)),
        1 => (100..104_u32, 1..8_u32).prop_map(|(event, of)| Step::Withdraw(event, of)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is sent, the answer says what happened, and the history stays in order.
    #[test]
    fn history_stays_in_order(steps in proptest::collection::vec(step(), 1..16)) {
        wait(async {
            let world = World::new();
            let mut taken = 0;
            for (number, step) in (1..).zip(&steps) {
                let before = world.versions().await;
                let (post, document) = match *step {
                    Step::Upload(n, of) => (summary(n, of).post(number), Some(n)),
                    Step::Withdraw(event, of) => (withdrawal(number, event, of), None),
                };
                let accepted = codes(&world, &post).await == "AA";
                let after = world.versions().await;
                assert_eq!(before != after, accepted, "{step:?}: {before:?} {after:?}");
                if let Some(n) = document.filter(|_| accepted) {
                    taken += 1;
                    let current = format!("{n} Normal");
                    assert!(after.contains(&current), "{step:?}: {after:?}");
                }
                check_chain(&world, taken).await;
            }
        });
    }
}
