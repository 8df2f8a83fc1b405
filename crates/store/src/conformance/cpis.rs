//! What is kept for CP-IS.

mod accesses;
mod notices;
mod plans;
mod uploads;

use std::sync::Arc;

use domain::NhsNumber;
use domain::cpis::{Author, Plan};

use super::{accept, sample};
use crate::{
    AuditFilter, Commit, CpisChanges, CpisRecord, MessageFilter, MessageRecord, OutboxEntry,
    OutboxFilter, Store,
};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    odd_numbers_are_found_wherever_an_upload_or_query_leaves_them(&*make()).await;
    plans::run(make).await;
    accesses::run(make).await;
    notices::run(make).await;
    uploads::run(make).await;
}

fn changes(cpis: CpisChanges) -> Commit {
    Commit {
        cpis,
        ..Commit::default()
    }
}

fn plans(plans: Vec<Plan>) -> Commit {
    changes(CpisChanges {
        plans,
        ..CpisChanges::default()
    })
}

async fn record(store: &dyn Store, patient: NhsNumber, author: Option<&Author>) -> CpisRecord {
    let record = store.cpis_record(patient, author.map(Author::key)).await;
    record.expect("read")
}

/// Numbers of the published test packs: their check digits are wrong.
async fn odd_numbers_are_found_wherever_an_upload_or_query_leaves_them(store: &dyn Store) {
    let patient = Some(sample::odd_patient());
    let mut event = sample::event(1);
    event.patient = patient;
    let message = MessageRecord {
        patient,
        ..sample::message(1, 1)
    };
    let entry = OutboxEntry {
        patient,
        ..sample::outbox("a", 1)
    };
    let commit = Commit {
        messages: vec![message.clone()],
        outbox: vec![entry.clone()],
        audit: vec![event.clone()],
        ..Commit::default()
    };
    accept(store, commit).await;
    let filter = MessageFilter {
        patient,
        limit: 9,
        ..MessageFilter::default()
    };
    assert_eq!(store.messages(filter).await, Ok(vec![message]));
    let filter = OutboxFilter {
        limit: 9,
        ..OutboxFilter::default()
    };
    assert_eq!(store.outbox(filter).await, Ok(vec![entry]));
    let filter = AuditFilter {
        patient,
        limit: 9,
        ..AuditFilter::default()
    };
    let found = store.audit_search(filter).await.expect("read");
    let events: Vec<_> = found.into_iter().map(|record| record.event).collect();
    assert_eq!(events, [event]);
}
