//! Many writers at once.

use std::sync::Arc;

use domain::consent::ConsentSetting;
use tokio::task::JoinSet;

use super::sample;
use crate::audit::verify;
use crate::{Commit, Precondition, Receipt, Store, StoreError};

const WRITERS: u32 = 16;
const COMMITS: u32 = 25;

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    every_version_has_one_winner(make()).await;
    one_writer_files_a_document(make()).await;
}

/// Compare and set: every writer counts one patient's consent up, all in one order.
async fn every_version_has_one_winner(store: Arc<dyn Store>) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let mut receipts = Vec::new();
            for _ in 0..COMMITS {
                receipts.push(count_up(&*store, writer).await);
            }
            receipts
        });
    }
    let mut numbers = Vec::new();
    for receipts in writers.join_all().await {
        numbers.extend(receipts.into_iter().map(|receipt| receipt.last_audit));
    }
    numbers.sort();
    let total = u64::from(WRITERS * COMMITS);
    assert_eq!(
        numbers,
        (1..=total).map(Some).collect::<Vec<_>>(),
        "each number is given once"
    );
    let history = store
        .consent_history(sample::patient(1))
        .await
        .expect("history");
    assert_eq!(history.len() as u64, total);
    let records = store.audit_records(0, usize::MAX).await.expect("read");
    assert_eq!(verify(records).map(|verified| verified.count), Ok(total));
}

async fn count_up(store: &dyn Store, writer: u32) -> Receipt {
    let patient = sample::patient(1);
    loop {
        let consent = store
            .patient_record(patient, None)
            .await
            .expect("read")
            .consent;
        let version = consent.map_or(0, |consent| consent.version);
        let precondition = Precondition::ConsentVersion { patient, version };
        let commit = Commit {
            preconditions: vec![precondition.clone()],
            consents: vec![sample::consent(patient, ConsentSetting::No, writer)],
            audit: vec![sample::event(writer)],
            ..Commit::default()
        };
        match store.commit(commit).await {
            Ok(receipt) => return receipt,
            Err(error) => assert_eq!(error, StoreError::Precondition(precondition)),
        }
        tokio::task::yield_now().await;
    }
}

async fn one_writer_files_a_document(store: Arc<dyn Store>) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let mut new = sample::document(sample::patient(1), 1, 1);
            new.bytes = sample::bytes(writer);
            let id = new.header.id.clone();
            let commit = Commit {
                documents: vec![new],
                ..Commit::default()
            };
            match store.commit(commit).await {
                Ok(_) => Some(writer),
                Err(error) => {
                    let absent = Precondition::DocumentAbsent(id);
                    assert_eq!(error, StoreError::Precondition(absent));
                    None
                }
            }
        });
    }
    let winners: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    let [winner] = winners.as_slice() else {
        panic!("one winner, not {winners:?}")
    };
    let id = Some(sample::document_id(1));
    let record = store
        .patient_record(sample::patient(1), id)
        .await
        .expect("read");
    assert_eq!(record.document, Some(sample::bytes(*winner)));
}
