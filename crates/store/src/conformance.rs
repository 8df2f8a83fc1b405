//! The contract as tests: what every adapter must pass.
//!
//! [`run`] holds a store to the [`crate::Store`] port through that port alone. Not part of the
//! product: it panics where a store does not do what the contract says.

mod accesses;
mod alerts;
mod audit;
mod concurrent;
mod cpis;
mod documents;
mod mail;
mod messages;
mod records;
pub mod sample;
mod standing;

use std::sync::Arc;

use crate::{Commit, Precondition, Receipt, Store, StoreError};

/// Runs every check, each on a new and empty store made by `make`. Must be called on a Tokio
/// runtime.
pub async fn run(make: impl Fn() -> Arc<dyn Store>) {
    documents::run(&make).await;
    standing::run(&make).await;
    messages::run(&make).await;
    records::run(&make).await;
    accesses::run(&make).await;
    alerts::run(&make).await;
    cpis::run(&make).await;
    mail::run(&make).await;
    audit::run(&make).await;
    concurrent::run(&make).await;
}

/// Commits what must be accepted.
async fn accept(store: &dyn Store, commit: Commit) -> Receipt {
    store
        .commit(commit)
        .await
        .expect("the store accepts the commit")
}

/// Commits what must be refused for this reason, with an audit event that must not stay.
async fn refuse(store: &dyn Store, mut commit: Commit, reason: Precondition) {
    commit.audit.push(sample::event(9_000));
    let before = store.counts().await.expect("counts");
    assert_eq!(
        store.commit(commit).await,
        Err(StoreError::Precondition(reason))
    );
    assert_eq!(
        store.counts().await.expect("counts"),
        before,
        "a refused commit left a trace"
    );
}

/// Checks a precondition alone: it holds, or it is the reason of the refusal.
async fn check(store: &dyn Store, precondition: Precondition, holds: bool) {
    let commit = Commit {
        preconditions: vec![precondition.clone()],
        ..Commit::default()
    };
    let expected = match holds {
        true => Ok(Receipt { last_audit: None }),
        false => Err(StoreError::Precondition(precondition)),
    };
    assert_eq!(store.commit(commit).await, expected);
}
