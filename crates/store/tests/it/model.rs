//! A state machine: whatever is asked in whatever order, SQLite and the model answer the same.

mod cpis;

use domain::consent::ConsentSetting;
use domain::record::DocumentState;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use store::conformance::sample;
use store::{
    AccessFilter, AlertFilter, AuditFilter, Commit, Direction, MemoryStore, MessageFilter,
    OutboxEntry, OutboxFilter, Outcome, OutcomeChange, Precondition, SeenMessage, SqliteOptions,
    SqliteStore, StateChange, Store,
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
        (0_u32..5, 0_u32..3).prop_map(|(id, tries)| Precondition::OutboxAt {
            id: id.to_string(),
            tries
        }),
        cpis::precondition(),
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
    // Its time comes with its step: see `Limbo`.
    let seen = (0_u32..5, 0_i64..20).prop_map(|(number, lasts)| sample::seen(number, 0, lasts));
    let outbox = (0_u32..5, 0_i64..5, 0_u32..3, any::<bool>()).prop_map(|(id, at, tries, dead)| {
        let expires = dead.then(|| sample::time(at + 9));
        OutboxEntry {
            tries,
            lane: if at % 2 == 0 { "smsp" } else { "spine" }.to_owned(),
            expires,
            last_error: expires.map(|_| "HTTP status 500".to_owned()),
            dead: dead && at > 2,
            ..sample::outbox(&id.to_string(), at)
        }
    });
    let done = (0_u32..5).prop_map(|id| id.to_string());
    let accesses = (0..PATIENTS, 0_u32..2, 0_i64..5)
        .prop_map(|(of, holder, at)| sample::access(sample::patient(of), holder, at));
    let alerts = (0_u32..6, 0_i64..4).prop_map(|(number, at)| sample::alert(number, at));
    let legitimate = (0..PATIENTS, 0_u32..4, 0_i64..3)
        .prop_map(|(of, number, since)| sample::legitimate(sample::patient(of), number, since));
    let messages = (0_u32..6, 0_i64..4, any::<bool>()).prop_map(|(number, at, other)| {
        let mut new = sample::message(number, at);
        if other {
            new.owner = "another".to_owned();
            new.ref_to = None;
            new.body = new.body.is_none().then(|| b"<a/>".to_vec());
        }
        new
    });
    let mark = prop::sample::select(vec!["AA", "waiting", "acknowledged", "dead letter"]);
    let outcomes =
        (0_u32..6, any::<bool>(), any::<bool>(), mark).prop_map(|(number, other, adds, text)| {
            let of = sample::message(number, 0);
            OutcomeChange {
                owner: if other {
                    "another".to_owned()
                } else {
                    of.owner
                },
                direction: of.direction,
                message: of.message,
                outcome: match adds {
                    true => Outcome::Adds(text.to_owned()),
                    false => Outcome::Becomes(text.to_owned()),
                },
            }
        });
    let parts = (
        prop::collection::vec(precondition(), 0..2),
        prop::collection::vec(documents, few.clone()),
        prop::collection::vec(states, 0..2),
        prop::collection::vec(consents, few.clone()),
        prop::collection::vec(permissions, few.clone()),
        prop::collection::vec(relationships, few.clone()),
        prop::collection::vec(seen, few.clone()),
        prop::collection::vec(outbox, few.clone()),
        (
            prop::collection::vec(done, few.clone()),
            prop::collection::vec(accesses, few.clone()),
            prop::collection::vec(alerts, few.clone()),
            prop::collection::vec(legitimate, few.clone()),
            prop::collection::vec(messages, few.clone()),
            prop::collection::vec(outcomes, few.clone()),
            cpis::changes(),
            cpis::mail(),
        ),
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
        outbox_done: parts.8.0,
        accesses: parts.8.1,
        alerts: parts.8.2,
        legitimate: parts.8.3,
        messages: parts.8.4,
        outcomes: parts.8.5,
        cpis: parts.8.6,
        mail: parts.8.7,
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
async fn all(store: &dyn Store, limbo: Limbo) -> String {
    let mut all = String::new();
    for of in 0..PATIENTS {
        let patient = sample::patient(of);
        for document in 0..DOCUMENTS {
            let id = Some(sample::document_id(document));
            all += &format!("{:#?}\n", store.patient_record(patient, id).await);
        }
        all += &format!("{:#?}\n", store.consent_history(patient).await);
        let legitimate = store.legitimate_relationships(patient).await;
        all += &format!("{legitimate:#?}\n");
        for holder in 0..2 {
            let holder = sample::professional(holder);
            for at in [0, 3_601, 3_700] {
                let standing = store
                    .standing(patient, holder.clone(), sample::time(at))
                    .await;
                all += &format!("{standing:#?}\n");
            }
            for patient in [None, Some(patient)] {
                let filter = AccessFilter {
                    patient,
                    user: (holder.user != sample::professional(1).user)
                        .then(|| holder.user.clone()),
                    ..sample::accesses_of(&holder.organisation, 3)
                };
                all += &format!("{:#?}\n", store.accesses(filter).await);
            }
            let organisation = Some(holder.organisation);
            let filter = AlertFilter {
                organisation,
                limit: 9,
                ..AlertFilter::default()
            };
            all += &format!("{:#?}\n", store.alerts(filter).await);
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
        let seen = seen.map(|seen| seen.filter(|seen| !limbo.holds(seen)));
        all += &format!(
            "{seen:#?} {:?}\n",
            seen.as_ref().map(|s| s.as_ref().map(|s| &s.answer))
        );
    }
    for lane in [None, Some("smsp".to_owned()), Some("spine".to_owned())] {
        for (due, limit) in [(Some(sample::time(2)), 3), (None, 99)] {
            let lane = lane.clone();
            let filter = OutboxFilter {
                lane,
                due,
                limit,
                ..OutboxFilter::default()
            };
            all += &format!("{:#?}\n", store.outbox(filter).await);
        }
    }
    for id in 0..5 {
        let filter = OutboxFilter {
            id: Some(id.to_string()),
            limit: 1,
            ..OutboxFilter::default()
        };
        all += &format!("{:#?}\n", store.outbox(filter).await);
    }
    all += &messages(store).await;
    all += &format!("{:#?}\n", store.dead_letters(99).await);
    let after = Some(sample::message_id(2));
    let filter = AlertFilter {
        after,
        limit: 2,
        ..AlertFilter::default()
    };
    all += &format!("{:#?}\n", store.alerts(filter).await);
    all += &format!("{:#?}\n", store.patients(None, 99).await);
    let records = store.audit_records(0, 999).await;
    let texts = records
        .as_ref()
        .map(|r| r.iter().map(|r| (&r.text, r.hash)).collect::<Vec<_>>());
    all += &format!("{texts:#?} {records:#?} {:#?}\n", store.counts().await);
    all
}

/// What the port says of messages that came and went, as text. Their `Debug` tells too little.
async fn messages(store: &dyn Store) -> String {
    let all = MessageFilter {
        limit: 99,
        ..MessageFilter::default()
    };
    let filters = [
        all.clone(),
        MessageFilter {
            message: Some(sample::message_id(3)),
            ..all.clone()
        },
        MessageFilter {
            ref_to: Some(sample::message_id(1)),
            limit: 1,
            ..all.clone()
        },
        MessageFilter {
            conversation: Some("conversation 1".to_owned()),
            to: Some(sample::time(2)),
            ..all.clone()
        },
        MessageFilter {
            patient: Some(sample::patient(1)),
            direction: Some(Direction::In),
            ..all.clone()
        },
        MessageFilter {
            owner: Some("another".to_owned()),
            from: Some(sample::time(1)),
            limit: 2,
            ..all
        },
    ];
    let mut text = String::new();
    for filter in filters {
        for record in store.messages(filter).await.expect("read") {
            text += &format!(
                "{record:?} {:?} {:?} {:?} {:?} {:?} {:?}\n",
                record.at,
                record.conversation,
                record.ref_to,
                record.patient,
                record.document,
                record.body
            );
        }
    }
    text
}

/// Messages that have expired by the time of the last one recorded. A store may have dropped them
/// or not, so they are no part of what is compared, and no precondition asks about them.
#[derive(Debug, Clone, Copy)]
struct Limbo(Timestamp);

impl Limbo {
    fn holds(self, seen: &SeenMessage) -> bool {
        seen.expires <= self.0
    }

    /// Lets time pass, and takes out of the commit what asks about them.
    async fn enter(&mut self, commit: &mut Commit, step: usize, stores: [&dyn Store; 2]) {
        let now = step as i64 * 3;
        for seen in &mut commit.seen {
            seen.expires += SignedDuration::from_secs(now);
            seen.at = sample::time(now);
        }
        let mut kept = Vec::new();
        for precondition in commit.preconditions.drain(..) {
            let mut in_limbo = false;
            if let Precondition::MessageUnseen(key) = &precondition {
                for store in stores {
                    let seen = store.seen(key.clone()).await.expect("read");
                    in_limbo |= seen.is_some_and(|seen| self.holds(&seen));
                }
            }
            if !in_limbo {
                kept.push(precondition);
            }
        }
        commit.preconditions = kept;
        if !commit.seen.is_empty() {
            self.0 = sample::time(now);
        }
    }
}

async fn compare(steps: Vec<Step>) {
    let folder = Folder::new();
    let open = || SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("open");
    let model = MemoryStore::new();
    let mut sqlite = open();
    let mut limbo = Limbo(sample::time(0));
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Commit(mut commit) => {
                limbo.enter(&mut commit, number, [&sqlite, &model]).await;
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
    assert_eq!(all(&sqlite, limbo).await, all(&model, limbo).await);
    cpis::compare(&sqlite, &model).await;
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
