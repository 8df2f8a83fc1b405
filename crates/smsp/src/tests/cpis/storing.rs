//! A store that cannot write or read: then nothing leaves.

use std::sync::Arc;

use store::{MemoryStore, Store, StoreError};

use super::spine::Reply;
use super::world::{Ask, Cpis};
use crate::tests::failing_store::Failing;

fn cpis(reply: Reply, commits: Option<StoreError>) -> Cpis {
    let mut cpis = Cpis::answering(reply);
    let store = Failing::new(MemoryStore::new());
    store.fail_commits(commits);
    cpis.world.store = Arc::new(store);
    cpis
}

#[tokio::test]
async fn nothing_leaves_without_its_audit() {
    for (error, expected) in [
        (StoreError::Busy, "fault 2100"),
        (StoreError::Full, "fault 2100"),
        (StoreError::Closed, "SMSP-9999"),
        (StoreError::Failed("disk".to_owned()), "SMSP-9999"),
        (StoreError::Corrupt("audit 1".to_owned()), "SMSP-9999"),
    ] {
        for reply in [Reply::Held, Reply::NoRecord, Reply::Unrelated] {
            let cpis = cpis(reply, Some(error.clone()));
            let answer = cpis
                .check(&Ask::new(&cpis.world.env).bytes(&cpis.world.env))
                .await;
            assert_eq!(answer.outcome, expected, "{error}");
            let payload = String::from_utf8(answer.payload).expect("UTF-8");
            for content in ["pertinentInformation13", "pertinentInformation14", "V145"] {
                assert!(!payload.contains(content), "{error}: {payload}");
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_dies_under_way_lets_nothing_out() {
    let mut cpis = Cpis::new();
    let store = Arc::new(Failing::new(MemoryStore::new()));
    cpis.world.store = Arc::clone(&store) as Arc<dyn Store>;
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    assert_eq!(cpis.check(&message).await.outcome, "SMSP-0000");
    // A repetition whose marks cannot be looked up.
    store.fail_reads(Some(StoreError::Busy));
    assert_eq!(cpis.check(&message).await.outcome, "fault 2100");
    store.fail_reads(Some(StoreError::Corrupt("a row".to_owned())));
    assert_eq!(cpis.check(&message).await.outcome, "SMSP-0002");
    store.fail_reads(None);
    // It is written, and whoever waits for it is told that the store was closed.
    store
        .silent
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let other = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    assert_eq!(cpis.check(&other).await.outcome, "SMSP-9999");
}

/// What is asked before the Spine is fails as our own, too.
#[tokio::test]
async fn people_that_cannot_be_read_are_our_failure() {
    let mut cpis = Cpis::new();
    cpis.world.config.cpis.trace = true;
    // It keeps no people.
    cpis.world.store = Arc::new(Failing::new(MemoryStore::new()));
    let answer = cpis
        .check(&Ask::new(&cpis.world.env).bytes(&cpis.world.env))
        .await;
    assert_eq!(answer.outcome, "SMSP-9999");
    assert!(cpis.spine.asked().is_empty());
}
