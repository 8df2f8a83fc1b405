//! Documents: bytes, versions, states, order, paging, consent.

use std::sync::Arc;

use domain::consent::ConsentSetting;
use domain::record::{DocumentBytes, DocumentPointer, DocumentState, Marks};
use domain::{DocumentId, NhsNumber};
use jiff::SignedDuration;

use super::{accept, check, refuse, sample};
use crate::{Commit, Counts, NewDocument, Precondition, StateChange, Store, StoreError};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    bytes_come_back(&*make()).await;
    documents_are_written_once(&*make()).await;
    preconditions_on_documents(&*make()).await;
    states(&*make()).await;
    a_refused_commit_leaves_nothing(&*make()).await;
    what_a_header_says_comes_back(&*make()).await;
    the_newest_is_first(&*make()).await;
    patients_in_order(&*make()).await;
    consent_versions(&*make()).await;
}

fn documents(documents: Vec<NewDocument>) -> Commit {
    Commit {
        documents,
        ..Commit::default()
    }
}

async fn listed(store: &dyn Store, patient: NhsNumber) -> Vec<DocumentPointer> {
    store
        .patient_record(patient, None)
        .await
        .expect("read")
        .documents
}

async fn read(store: &dyn Store, patient: NhsNumber, id: &DocumentId) -> Option<DocumentBytes> {
    store
        .patient_record(patient, Some(id.clone()))
        .await
        .expect("read")
        .document
}

async fn bytes_come_back(store: &dyn Store) {
    let patient = sample::patient(1);
    let mut noise: u32 = 1;
    let mut random = |length: usize| -> Vec<u8> {
        (0..length)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect()
    };
    let all = [
        sample::bytes(0).bytes,
        sample::bytes(39).bytes,
        Vec::new(),
        vec![0],
        vec![b'a'; 400_000],
        random(70_000),
    ];
    for (number, bytes) in (0..).zip(all) {
        let mut new = sample::document(patient, number, number);
        new.bytes.bytes = bytes;
        accept(store, documents(vec![new.clone()])).await;
        let found = read(store, patient, &new.header.id).await;
        assert_eq!(found.as_ref(), Some(&new.bytes));
        let pointers = listed(store, patient).await;
        let pointer = pointers
            .iter()
            .find(|p| p.header.id == new.header.id)
            .expect("listed");
        assert_eq!(pointer.header, new.header);
        assert_eq!(pointer.filed_under, patient);
        assert_eq!(pointer.stored_at, new.stored_at);
        assert_eq!(pointer.size, new.bytes.bytes.len() as u64);
        assert_eq!(
            (pointer.state, &pointer.replaced_by),
            (new.state, &new.replaced_by)
        );
    }
    let counts = store.counts().await.expect("counts");
    assert_eq!(
        counts,
        Counts {
            documents: 6,
            ..Counts::default()
        }
    );
}

async fn documents_are_written_once(store: &dyn Store) {
    let (one, two) = (sample::patient(1), sample::patient(2));
    let first = sample::document(one, 1, 1);
    accept(store, documents(vec![first.clone()])).await;
    let mut again = sample::document(one, 1, 2);
    again.bytes = sample::bytes(7);
    let absent = Precondition::DocumentAbsent(again.header.id.clone());
    refuse(store, documents(vec![again]), absent).await;
    assert_eq!(
        read(store, one, &first.header.id).await.as_ref(),
        Some(&first.bytes)
    );
    let twice = vec![sample::document(two, 2, 1), sample::document(two, 2, 1)];
    let absent = Precondition::DocumentAbsent(sample::document_id(2));
    refuse(store, documents(twice), absent).await;
    // Filed under another patient by mistake, the same document is another entry.
    let mut elsewhere = sample::document(one, 1, 1);
    elsewhere.filed_under = two;
    accept(store, documents(vec![elsewhere])).await;
    assert_eq!(listed(store, two).await[0].header.patient, one);
    assert_eq!(
        read(store, sample::patient(3), &first.header.id).await,
        None
    );
}

async fn preconditions_on_documents(store: &dyn Store) {
    let patient = sample::patient(1);
    let (id, other) = (sample::document_id(1), sample::document_id(2));
    let in_state = |document: &DocumentId, state| Precondition::DocumentInState {
        patient,
        document: document.clone(),
        state,
    };
    let count = |count| Precondition::DocumentCount { patient, count };
    check(store, Precondition::DocumentAbsent(id.clone()), true).await;
    check(store, count(0), true).await;
    check(store, count(1), false).await;
    check(store, in_state(&id, DocumentState::Normal), false).await;
    accept(store, documents(vec![sample::document(patient, 1, 1)])).await;
    check(store, Precondition::DocumentAbsent(id.clone()), false).await;
    check(store, Precondition::DocumentAbsent(other.clone()), true).await;
    check(store, count(0), false).await;
    check(store, count(1), true).await;
    check(store, in_state(&id, DocumentState::Normal), true).await;
    check(store, in_state(&id, DocumentState::Replaced), false).await;
    check(store, in_state(&other, DocumentState::Normal), false).await;
    let elsewhere = Precondition::DocumentInState {
        patient: sample::patient(2),
        document: id,
        state: DocumentState::Normal,
    };
    check(store, elsewhere, false).await;
    // They are checked against the store as it was before the commit.
    let commit = Commit {
        preconditions: vec![count(1), Precondition::DocumentAbsent(other)],
        documents: vec![sample::document(patient, 2, 2)],
        ..Commit::default()
    };
    accept(store, commit).await;
}

async fn states(store: &dyn Store) {
    let patient = sample::patient(1);
    let change = |document, to, by: Option<u32>| StateChange {
        patient,
        document: sample::document_id(document),
        to,
        by: by.map(sample::document_id),
    };
    accept(store, documents(vec![sample::document(patient, 1, 1)])).await;
    let commit = Commit {
        documents: vec![sample::document(patient, 2, 2)],
        states: vec![
            change(1, DocumentState::Replaced, Some(2)),
            change(2, DocumentState::Withdrawn, Some(77)),
        ],
        ..Commit::default()
    };
    accept(store, commit).await;
    let pointers = listed(store, patient).await;
    let [second, first] = pointers.as_slice() else {
        panic!("two documents")
    };
    assert_eq!(first.state, DocumentState::Replaced);
    assert_eq!(first.replaced_by, Some(sample::document_id(2)));
    assert_eq!(second.state, DocumentState::Withdrawn);
    assert_eq!(second.withdrawn_by, Some(sample::document_id(77)));
    assert_eq!(store.patients(None, 10).await, Ok(vec![]));
    let back = vec![change(1, DocumentState::Normal, None)];
    accept(
        store,
        Commit {
            states: back,
            ..Commit::default()
        },
    )
    .await;
    let first = &listed(store, patient).await[1];
    assert_eq!(
        (first.state, &first.replaced_by),
        (DocumentState::Normal, &None)
    );
    assert_eq!(store.patients(None, 10).await, Ok(vec![patient]));
    let missing = vec![change(3, DocumentState::Normal, None)];
    let refused = store
        .commit(Commit {
            states: missing,
            ..Commit::default()
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
}

async fn a_refused_commit_leaves_nothing(store: &dyn Store) {
    let patient = sample::patient(1);
    accept(store, documents(vec![sample::document(patient, 1, 1)])).await;
    let holder = sample::professional(1);
    // Everything in it is fine but the last document.
    let commit = Commit {
        documents: vec![
            sample::document(patient, 2, 2),
            sample::document(patient, 1, 3),
        ],
        consents: vec![sample::consent(patient, ConsentSetting::No, 1)],
        permissions: vec![sample::permission(patient, holder.clone(), 0)],
        relationships: vec![sample::relationship(patient, holder.clone(), 0)],
        seen: vec![sample::seen(1, 0, 10)],
        outbox: vec![sample::outbox("a", 0)],
        legitimate: vec![sample::legitimate(patient, 1, 0)],
        messages: vec![sample::message(2, 0)],
        ..Commit::default()
    };
    refuse(
        store,
        commit,
        Precondition::DocumentAbsent(sample::document_id(1)),
    )
    .await;
    let record = store
        .patient_record(patient, Some(sample::document_id(2)))
        .await
        .expect("read");
    assert_eq!(
        (record.documents.len(), record.consent, record.document),
        (1, None, None)
    );
    assert_eq!(
        store.standing(patient, holder, sample::time(0)).await,
        Ok(crate::Standing::default())
    );
    assert_eq!(store.seen(sample::seen_key(1)).await, Ok(None));
    let outbox = crate::OutboxFilter {
        limit: 10,
        ..crate::OutboxFilter::default()
    };
    assert_eq!(store.outbox(outbox).await, Ok(vec![]));
    let messages = crate::MessageFilter {
        limit: 10,
        ..crate::MessageFilter::default()
    };
    assert_eq!(store.messages(messages).await, Ok(vec![]));
    assert_eq!(store.legitimate_relationships(patient).await, Ok(vec![]));
}

/// The author's element byte for byte, and each of the marks, whatever else happens to a document.
async fn what_a_header_says_comes_back(store: &dyn Store) {
    let patient = sample::patient(1);
    let elements = [
        None,
        Some(sample::author_element(5)),
        Some(DocumentBytes {
            bytes: b"<author>\r\n</author>".repeat(2_000),
            inherited: Vec::new(),
        }),
        Some(DocumentBytes {
            bytes: Vec::new(),
            inherited: vec![("x".to_owned(), "urn:\"x\"".to_owned())],
        }),
    ];
    let mut expected = Vec::new();
    for (number, element) in (0..).zip(elements) {
        let mut new = sample::document(patient, number, 9 - number);
        new.header.author.element = element;
        new.header.marks = Marks {
            dissent_to_store: number % 2 == 1,
            no_significant_content: number / 2 == 1,
        };
        expected.push(new.header.clone());
        accept(store, documents(vec![new])).await;
    }
    let states = (0..4).map(|document| StateChange {
        patient,
        document: sample::document_id(document),
        to: DocumentState::Withdrawn,
        by: Some(sample::document_id(77)),
    });
    let states = states.collect();
    accept(
        store,
        Commit {
            states,
            ..Commit::default()
        },
    )
    .await;
    let found = listed(store, patient).await;
    let found: Vec<_> = found.into_iter().map(|pointer| pointer.header).collect();
    assert_eq!(found, expected);
}

async fn the_newest_is_first(store: &dyn Store) {
    let patient = sample::patient(1);
    for (number, day) in [(1, 5), (2, 9), (3, 1), (4, 9), (5, 9)] {
        let mut new = sample::document(patient, number, day);
        // Of two that were made at the same time the one stored last comes first.
        if number == 4 {
            new.stored_at += SignedDuration::from_micros(1);
        }
        accept(store, documents(vec![new])).await;
    }
    let order: Vec<_> = listed(store, patient)
        .await
        .into_iter()
        .map(|p| p.header.id)
        .collect();
    assert_eq!(order, [4, 5, 2, 1, 3].map(sample::document_id));
}

async fn patients_in_order(store: &dyn Store) {
    for number in [7, 2, 5, 11, 3] {
        accept(
            store,
            documents(vec![sample::document(sample::patient(number), number, 1)]),
        )
        .await;
    }
    let mut gone = sample::document(sample::patient(4), 4, 1);
    gone.state = DocumentState::Withdrawn;
    let second = sample::document(sample::patient(5), 50, 2);
    accept(store, documents(vec![gone, second])).await;
    let of = |numbers: &[u32]| Ok(numbers.iter().map(|n| sample::patient(*n)).collect());
    assert_eq!(store.patients(None, 100).await, of(&[2, 3, 5, 7, 11]));
    assert_eq!(store.patients(None, 2).await, of(&[2, 3]));
    assert_eq!(
        store.patients(Some(sample::patient(3)), 2).await,
        of(&[5, 7])
    );
    assert_eq!(store.patients(Some(sample::patient(4)), 1).await, of(&[5]));
    assert_eq!(store.patients(Some(sample::patient(11)), 2).await, of(&[]));
    assert_eq!(store.patients(None, 0).await, of(&[]));
}

async fn consent_versions(store: &dyn Store) {
    let (patient, other) = (sample::patient(1), sample::patient(2));
    let at_version = |version| Precondition::ConsentVersion { patient, version };
    check(store, at_version(0), true).await;
    check(store, at_version(1), false).await;
    let settings = [ConsentSetting::No, ConsentSetting::Ask, ConsentSetting::Yes];
    for (version, setting) in (1..).zip(settings) {
        let change = sample::consent(patient, setting, version);
        let commit = Commit {
            preconditions: vec![at_version(u64::from(version) - 1)],
            consents: vec![change.clone()],
            ..Commit::default()
        };
        accept(store, commit.clone()).await;
        refuse(store, commit, at_version(u64::from(version) - 1)).await;
        check(store, at_version(u64::from(version)), true).await;
        let now = store
            .patient_record(patient, None)
            .await
            .expect("read")
            .consent
            .expect("one");
        assert_eq!(now.version, u64::from(version));
        assert_eq!((now.consent, now.changed_at), (change.consent, change.at));
        assert_eq!((now.message, now.author), (change.message, change.author));
    }
    // Two in one commit are two versions.
    let both = [(patient, 8), (other, 9), (patient, 10)]
        .map(|(of, number)| sample::consent(of, ConsentSetting::No, number));
    accept(
        store,
        Commit {
            consents: both.into(),
            ..Commit::default()
        },
    )
    .await;
    let history = store.consent_history(patient).await.expect("history");
    let versions: Vec<_> = history.iter().map(|consent| consent.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);
    assert_eq!(history[0].consent.view, ConsentSetting::No);
    assert_eq!(history[2].consent.view, ConsentSetting::Yes);
    assert_eq!(
        store.consent_history(other).await.expect("history").len(),
        1
    );
    let now = store
        .patient_record(patient, None)
        .await
        .expect("read")
        .consent;
    assert_eq!(now.as_ref(), history.last());
}
