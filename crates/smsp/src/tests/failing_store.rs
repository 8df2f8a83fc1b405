//! A store that cannot write: then nothing leaves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use domain::consent::ConsentSetting;
use domain::identifier::DocumentId;
use domain::nhs_number::NhsNumber;
use domain::permission::CareProfessional;
use hl7v3::Interaction::SetPermissions;
use itk::scr::query_scr_activity::ReportType;
use jiff::Timestamp;
use store::{
    AccessFilter, AccessPage, AuditFilter, AuditRecord, Commit, ConsentRecord, Counts, MemoryStore,
    OutboxEntry, PatientRecord, Receipt, SeenKey, SeenMessage, Standing, Store, StoreError,
    StoreFuture,
};

use super::world::{COLLEAGUE, COLLEAGUE_PROFILE, PROFILE_OFFICER, Query, World, check};

/// Fails as it is told, and is a memory store otherwise.
pub(super) struct Failing {
    store: MemoryStore,
    commits: Mutex<Option<StoreError>>,
    reads: Mutex<Option<StoreError>>,
    /// Commits are written, and whoever waits for them is told that the store was closed.
    pub(super) silent: AtomicBool,
}

impl Failing {
    pub(super) fn new(store: MemoryStore) -> Self {
        Self {
            store,
            commits: Mutex::default(),
            reads: Mutex::default(),
            silent: AtomicBool::new(false),
        }
    }

    /// From now on every commit fails so.
    pub(super) fn fail_commits(&self, error: Option<StoreError>) {
        *self.commits.lock().expect("no test panicked") = error;
    }

    /// From now on every reading that services do fails so.
    pub(super) fn fail_reads(&self, error: Option<StoreError>) {
        *self.reads.lock().expect("no test panicked") = error;
    }
}

fn failing<'a, T: 'a>(
    error: &Mutex<Option<StoreError>>,
    otherwise: StoreFuture<'a, T>,
) -> StoreFuture<'a, T> {
    match error.lock().expect("no test panicked").clone() {
        Some(error) => Box::pin(async move { Err(error) }),
        None => otherwise,
    }
}

impl Store for Failing {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt> {
        if self.silent.load(Ordering::Relaxed) {
            return Box::pin(async move {
                self.store.commit(commit).await?;
                Err(StoreError::Closed)
            });
        }
        failing(&self.commits, self.store.commit(commit))
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
    fn standing(
        &self,
        patient: NhsNumber,
        holder: CareProfessional,
        at: Timestamp,
    ) -> StoreFuture<'_, Standing> {
        failing(&self.reads, self.store.standing(patient, holder, at))
    }
    fn accesses(&self, filter: AccessFilter) -> StoreFuture<'_, AccessPage> {
        failing(&self.reads, self.store.accesses(filter))
    }
    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>> {
        failing(&self.reads, self.store.seen(key))
    }
    fn outbox(&self, filter: store::OutboxFilter) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.store.outbox(filter)
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

fn world(commits: Option<StoreError>, reads: Option<StoreError>) -> World {
    let mut world = World::new();
    let store = Failing::new(MemoryStore::new());
    store.fail_commits(commits);
    store.fail_reads(reads);
    world.store = Arc::new(store);
    world
}

/// Every operation, in a form that would succeed.
pub(super) fn each(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let env = &world.env;
    let officer = Query {
        duration: Some((Some("20260302"), None)),
        ..Query::by(PROFILE_OFFICER)
    };
    let subjects = [(COLLEAGUE, COLLEAGUE_PROFILE)];
    vec![
        ("querySCR", Query::new().bytes(env)),
        ("getSCRStatus", Query::new().status_bytes(env)),
        ("getRBACStatus", Query::new().rights_bytes(env)),
        ("queryPTV", Query::new().permission_bytes(env)),
        ("createPTV", Query::new().permit_bytes(env, &subjects)),
        (
            "querySCRActivity",
            officer.activity_bytes(env, ReportType::ByDate, None, None),
        ),
        ("getSCRConsent", Query::new().consent_bytes(env)),
        (
            "setSCRConsent",
            officer.set_consent_bytes(env, ConsentSetting::No),
        ),
    ]
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
        for (row, request) in each(&world) {
            let answer = check(&request, &world).await;
            assert_eq!(answer.outcome, expected, "{row} {error}");
            assert_eq!(answer.document, None, "{row} {error}");
            let text = String::from_utf8(answer.payload).expect("UTF-8");
            for content in ["component", "<text", "<consent", "GPSummary"] {
                assert!(!text.contains(content), "{row} {error}: {text}");
            }
        }
        // What cannot be recorded first is not done elsewhere either.
        assert!(!world.spine.asked().contains(&SetPermissions), "{error}");
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
    let closed = Failing::new(MemoryStore::new());
    closed.fail_commits(Some(StoreError::Closed));
    world.store = Arc::new(closed);
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
        (StoreError::Corrupt("a row".to_owned()), "SMSP-0002"),
    ] {
        for operation in ["querySCR", "queryPTV", "querySCRActivity"] {
            let world = world(None, Some(error.clone()));
            let (_, request) = each(&world)
                .into_iter()
                .find(|(name, _)| *name == operation)
                .expect("an operation");
            let answer = check(&request, &world).await;
            assert_eq!(answer.outcome, expected, "{operation}");
            assert!(world.spine.asked().is_empty());
            assert_eq!(world.audit().await[0].event.outcome, expected);
        }
    }
}

#[tokio::test]
async fn a_repetition_that_cannot_be_looked_up_is_not_answered() {
    let mut world = World::new();
    let store = Arc::new(Failing::new(MemoryStore::new()));
    world.store = Arc::clone(&store) as Arc<dyn Store>;
    let request = Query::new().status_bytes(&world.env);
    assert_eq!(check(&request, &world).await.outcome, "SMSP-0000");
    store.fail_reads(Some(StoreError::Busy));
    assert_eq!(check(&request, &world).await.outcome, "fault 2100");
    store.fail_reads(Some(StoreError::Failed("disk".to_owned())));
    let answer = check(&request, &world).await;
    assert_eq!(answer.outcome, "SMSP-9999");
    let text = String::from_utf8(answer.payload).expect("UTF-8");
    assert!(!text.contains("component"), "{text}");
    store.fail_reads(None);
    assert_eq!(check(&request, &world).await.outcome, "SMSP-0000");
}
