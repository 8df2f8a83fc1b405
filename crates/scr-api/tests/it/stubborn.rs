//! When our own store fails: nothing is told that is not on audit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::permission::CareProfessional;
use domain::{DocumentId, NhsNumber};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{
    AuditFilter, AuditRecord, Commit, Counts, MemoryStore, OutboxEntry, OutboxFilter,
    PatientRecord, Receipt, SeenKey, SeenMessage, Standing, Store, StoreError, StoreFuture,
};

use crate::consent::permission;
use crate::upload::stored;
use crate::world::{
    APP, DOCUMENT, OLD_APP, PATIENT, SECRET, World, bundle, bundle_path, config, find_path,
};

/// A store that takes so many commits and no more.
struct Stubborn {
    inner: Arc<MemoryStore>,
    takes: AtomicUsize,
}

impl Store for Stubborn {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt> {
        let left = self
            .takes
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        match left {
            Ok(_) => self.inner.commit(commit),
            Err(_) => Box::pin(async {
                Err(StoreError::Failed(
                    "the disk of 9990000018 is full".to_owned(),
                ))
            }),
        }
    }

    fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> StoreFuture<'_, PatientRecord> {
        self.inner.patient_record(patient, document)
    }

    fn standing(
        &self,
        patient: NhsNumber,
        holder: CareProfessional,
        at: Timestamp,
    ) -> StoreFuture<'_, Standing> {
        self.inner.standing(patient, holder, at)
    }

    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>> {
        self.inner.seen(key)
    }

    fn outbox(&self, filter: OutboxFilter) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.inner.outbox(filter)
    }

    fn audit_records(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.inner.audit_records(after, limit)
    }

    fn audit_search(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.inner.audit_search(filter)
    }

    fn patients(&self, after: Option<NhsNumber>, limit: usize) -> StoreFuture<'_, Vec<NhsNumber>> {
        self.inner.patients(after, limit)
    }

    fn counts(&self) -> StoreFuture<'_, Counts> {
        self.inner.counts()
    }
}

fn world(takes: usize) -> World {
    World::over(config(), SignedDuration::ZERO, |inner| {
        Arc::new(Stubborn {
            inner,
            takes: AtomicUsize::new(takes),
        })
    })
}

#[tokio::test]
async fn nothing_is_disclosed_without_audit() {
    for client in [APP, OLD_APP] {
        for path in [find_path(PATIENT), bundle_path(DOCUMENT, PATIENT)] {
            let world = world(0).with_document().await;
            let answer = world.call_as(client, "GET", &path).send().await;
            assert_eq!(answer.status(), 500, "{client} {path}");
            for secret in [SECRET, PATIENT, "disk", DOCUMENT] {
                assert!(!answer.text().contains(secret), "{}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_brought_that_is_not_on_audit_first() {
    let world = world(0);
    for (path, body) in [
        ("/Bundle", bundle(DOCUMENT, PATIENT)),
        ("/$setPermission", permission(PATIENT, "No")),
        ("/AuditEvent", crate::alerts::alert(PATIENT)),
    ] {
        let answer = world.call("POST", path).json(&body).send().await;
        assert_eq!(
            (answer.status(), &answer.json()["issue"][0]["code"]),
            (500, &json!("unknown")),
            "{path}"
        );
    }
    assert!(world.way.sent().is_empty());
}

/// It was done, and cannot be said: the client sends it again, and it is not done twice.
#[tokio::test]
async fn what_was_done_and_could_not_be_noted_is_not_done_twice() {
    let world = world(1);
    let post = || {
        let call = world
            .call("POST", "/Bundle")
            .with("X-Request-ID", crate::world::REQUEST_ID);
        call.json(&bundle(DOCUMENT, PATIENT))
    };
    assert_eq!(post().send().await.status(), 500);
    assert_eq!(stored(&world).await.len(), 1);
    assert_eq!(world.outcomes().await.len(), 1, "begun");
    assert_eq!(post().send().await.status(), 500, "still broken");
    assert_eq!(stored(&world).await.len(), 1);
}
