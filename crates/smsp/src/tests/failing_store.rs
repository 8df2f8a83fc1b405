//! A store that cannot write: then nothing leaves.

use std::sync::Arc;

use domain::identifier::DocumentId;
use domain::nhs_number::NhsNumber;
use domain::permission::CareProfessional;
use jiff::Timestamp;
use store::{
    AuditFilter, AuditRecord, Commit, ConsentRecord, Counts, MemoryStore, OutboxEntry,
    PatientRecord, Receipt, SeenKey, SeenMessage, Standing, Store, StoreError, StoreFuture,
};

use super::world::{Query, World, check};

/// Fails as it is told, and is a memory store otherwise.
struct Failing {
    store: MemoryStore,
    commit: Option<StoreError>,
    standing: Option<StoreError>,
}

fn failing<'a, T: 'a>(
    error: &Option<StoreError>,
    otherwise: StoreFuture<'a, T>,
) -> StoreFuture<'a, T> {
    match error.clone() {
        Some(error) => Box::pin(async move { Err(error) }),
        None => otherwise,
    }
}

impl Store for Failing {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt> {
        failing(&self.commit, self.store.commit(commit))
    }
    fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> StoreFuture<'_, PatientRecord> {
        self.store.patient_record(patient, document)
    }
    fn consent_history(&self, patient: NhsNumber) -> StoreFuture<'_, Vec<ConsentRecord>> {
        self.store.consent_history(patient)
    }
    fn standing(&self, patient: NhsNumber, holder: CareProfessional) -> StoreFuture<'_, Standing> {
        failing(&self.standing, self.store.standing(patient, holder))
    }
    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>> {
        self.store.seen(key)
    }
    fn outbox(&self, due: Option<Timestamp>, limit: usize) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.store.outbox(due, limit)
    }
    fn audit_records(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.store.audit_records(after, limit)
    }
    fn audit_search(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.store.audit_search(filter)
    }
    fn patients(&self, after: Option<NhsNumber>, limit: usize) -> StoreFuture<'_, Vec<NhsNumber>> {
        self.store.patients(after, limit)
    }
    fn counts(&self) -> StoreFuture<'_, Counts> {
        self.store.counts()
    }
}

fn world(commit: Option<StoreError>, standing: Option<StoreError>) -> World {
    let mut world = World::new();
    world.store = Arc::new(Failing {
        store: MemoryStore::new(),
        commit,
        standing,
    });
    world
}

#[tokio::test]
async fn no_record_leaves_without_its_audit() {
    for (error, expected) in [
        (StoreError::Busy, "fault 2100"),
        (StoreError::Full, "fault 2100"),
        (StoreError::Closed, "SMSP-9999"),
        (StoreError::Failed("disk".to_owned()), "SMSP-9999"),
        (StoreError::Corrupt("audit 1".to_owned()), "SMSP-9999"),
    ] {
        let world = world(Some(error.clone()), None);
        for request in [
            Query::new().bytes(&world.env),
            Query::new().status_bytes(&world.env),
        ] {
            let answer = check(&request, &world).await;
            assert_eq!(answer.outcome, expected, "{error}");
            assert_eq!(answer.document, None, "{error}");
            let text = String::from_utf8(answer.payload).expect("UTF-8");
            assert!(
                !text.contains("sCRExistsFlag") && !text.contains("GPSummary"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn no_refusal_leaves_without_its_audit_either() {
    let mut world = world(Some(StoreError::Busy), None);
    let refused = Query {
        create_ptv: false,
        ..Query::new()
    };
    assert_eq!(
        check(&refused.bytes(&world.env), &world).await.outcome,
        "fault 2100"
    );
    world.certificate = None;
    assert_eq!(
        check(&refused.bytes(&world.env), &world).await.outcome,
        "fault 2100"
    );
    world.store = Arc::new(Failing {
        store: MemoryStore::new(),
        commit: Some(StoreError::Closed),
        standing: None,
    });
    assert_eq!(
        check(&refused.bytes(&world.env), &world).await.outcome,
        "fault 2200"
    );
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_our_failure() {
    for (error, expected) in [
        (StoreError::Busy, "fault 2100"),
        (StoreError::Failed("disk".to_owned()), "SMSP-9999"),
    ] {
        let world = world(None, Some(error));
        let answer = check(&Query::new().bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected);
        assert!(world.spine.asked().is_empty());
        assert_eq!(world.audit().await[0].event.outcome, expected);
    }
}
