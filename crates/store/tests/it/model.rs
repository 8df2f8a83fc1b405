//! A state machine: whatever is asked in whatever order, SQLite and the model answer the same.

use domain::consent::ConsentSetting;
use domain::record::DocumentState;
use proptest::prelude::*;
use store::conformance::sample;
use store::{
    AuditFilter, Commit, MemoryStore, Precondition, SqliteOptions, SqliteStore, StateChange, Store,
};

use crate::{Folder, wait};

/// Few enough of each that they meet.
const PATIENTS: u32 = 3;
const DOCUMENTS: u32 = 6;

#[derive(Debug, Clone)]
enum Step {
    Commit(Box<Commit>),
    Reopen,
}

fn state() -> impl Strategy<Value = DocumentState> {
    prop_oneof![
        Just(DocumentState::Normal),
        Just(DocumentState::Withdrawn),
        Just(DocumentState::Replaced)
    ]
}

fn precondition() -> impl Strategy<Value = Precondition> {
    let patient = || (0..PATIENTS).prop_map(sample::patient);
    let document = || (0..DOCUMENTS).prop_map(sample::document_id);
    prop_oneof![
        document().prop_map(Precondition::DocumentAbsent),
        (patient(), document(), state()).prop_map(|(patient, document, state)| {
            Precondition::DocumentInState {
                patient,
                document,
                state,
            }
        }),
        (patient(), 0_usize..4)
            .prop_map(|(patient, count)| Precondition::DocumentCount { patient, count }),
        (patient(), 0_u64..4)
            .prop_map(|(patient, version)| Precondition::ConsentVersion { patient, version }),
        (0_u32..5).prop_map(|number| Precondition::MessageUnseen(sample::seen_key(number))),
    ]
}

fn commit() -> impl Strategy<Value = Commit> {
    let few = 0_usize..3;
    let some = |strategy| prop::collection::vec(strategy, few.clone());
    let documents =
        (0..PATIENTS, 0..DOCUMENTS, 0_u32..4, state()).prop_map(|(of, n, day, state)| {
            let mut new = sample::document(sample::patient(of), n, day);
            new.state = state;
            new
        });
    let states =
        (0..PATIENTS, 0..DOCUMENTS, state(), 0..DOCUMENTS).prop_map(|(of, document, to, by)| {
            StateChange {
                patient: sample::patient(of),
                document: sample::document_id(document),
                to,
                by: (by > 0).then(|| sample::document_id(by)),
            }
        });
    let consents = (0..PATIENTS, 0_u32..9)
        .prop_map(|(of, number)| sample::consent(sample::patient(of), ConsentSetting::No, number));
    let permissions = (0..PATIENTS, 0_u32..2, 0_i64..3).prop_map(|(of, holder, from)| {
        sample::permission(sample::patient(of), sample::professional(holder), from)
    });
    let relationships = (0..PATIENTS, 0_u32..2, 0_i64..3).prop_map(|(of, holder, since)| {
        sample::relationship(sample::patient(of), sample::professional(holder), since)
    });
    let seen = (0_u32..5, 0_i64..20, 0_i64..20)
        .prop_map(|(number, at, lasts)| sample::seen(number, at, at + lasts));
    let outbox = (0_u32..5, 0_i64..5).prop_map(|(id, at)| sample::outbox(&id.to_string(), at));
    let done = (0_u32..5).prop_map(|id| id.to_string());
    let parts = (
        prop::collection::vec(precondition(), 0..2),
        prop::collection::vec(documents, few.clone()),
        prop::collection::vec(states, 0..2),
        prop::collection::vec(consents, few.clone()),
        prop::collection::vec(permissions, few.clone()),
        prop::collection::vec(relationships, few.clone()),
        prop::collection::vec(seen, few.clone()),
        prop::collection::vec(outbox, few.clone()),
        prop::collection::vec(done, few.clone()),
        some((0_u32..20).prop_map(sample::event).boxed()),
    );
    parts.prop_map(|parts| Commit {
        preconditions: parts.0,
        documents: parts.1,
        states: parts.2,
        consents: parts.3,
        permissions: parts.4,
        relationships: parts.5,
        seen: parts.6,
        outbox: parts.7,
        outbox_done: parts.8,
        audit: parts.9,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        30 => commit().prop_map(|commit| Step::Commit(Box::new(commit))),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

/// Everything that the port can say, as text.
async fn all(store: &dyn Store) -> String {
    let mut all = String::new();
    for of in 0..PATIENTS {
        let patient = sample::patient(of);
        for document in 0..DOCUMENTS {
            let id = Some(sample::document_id(document));
            all += &format!("{:#?}\n", store.patient_record(patient, id).await);
        }
        all += &format!("{:#?}\n", store.consent_history(patient).await);
        for holder in 0..2 {
            let standing = store.standing(patient, sample::professional(holder)).await;
            all += &format!("{standing:#?}\n");
        }
        let filter = AuditFilter {
            patient: Some(patient),
            limit: 9,
            ..AuditFilter::default()
        };
        all += &format!("{:#?}\n", store.audit_search(filter).await);
        all += &format!("{:#?}\n", store.patients(Some(patient), 2).await);
    }
    for number in 0..5 {
        let seen = store.seen(sample::seen_key(number)).await;
        all += &format!(
            "{seen:#?} {:?}\n",
            seen.as_ref().map(|s| s.as_ref().map(|s| &s.answer))
        );
    }
    let due = Some(sample::time(2));
    all += &format!("{:#?}\n", store.outbox(due, 3).await);
    all += &format!("{:#?}\n", store.outbox(None, 99).await);
    all += &format!("{:#?}\n", store.patients(None, 99).await);
    let records = store.audit_records(0, 999).await;
    let texts = records
        .as_ref()
        .map(|r| r.iter().map(|r| (&r.text, r.hash)).collect::<Vec<_>>());
    all += &format!("{texts:#?} {records:#?} {:#?}\n", store.counts().await);
    all
}

async fn compare(steps: Vec<Step>) {
    let folder = Folder::new();
    let open = || SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("open");
    let model = MemoryStore::new();
    let mut sqlite = open();
    for step in steps {
        match step {
            Step::Commit(commit) => {
                let expected = model.commit((*commit).clone()).await;
                assert_eq!(
                    sqlite.commit((*commit).clone()).await,
                    expected,
                    "{commit:#?}"
                );
            }
            Step::Reopen => {
                sqlite.close();
                sqlite = open();
            }
        }
    }
    assert_eq!(all(&sqlite).await, all(&model).await);
    let count = model.counts().await.expect("counts").audit;
    assert_eq!(
        sqlite.verify_audit(|_| ()).map(|verified| verified.count),
        Ok(count)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn sqlite_does_what_the_model_does(steps in steps()) {
        wait(compare(steps));
    }
}
