//! A store that can be told to fail, around one that works.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use domain::cpis::Demographics;
use domain::permission::CareProfessional;
use domain::relationship::LegitimateRelationship;
use domain::{DocumentId, NhsNumber};
use jiff::Timestamp;
use store::{
    AccessNotice, AuditFilter, AuditRecord, Commit, Counts, CpisRecord, InactiveNotice,
    MemoryStore, MessageFilter, MessageRecord, NoticeFilter, OutboxEntry, OutboxFilter,
    PatientRecord, Receipt, SeenKey, SeenMessage, Standing, Store, StoreError, StoreFuture,
};

/// The model store with faults to switch on.
#[derive(Default)]
pub(crate) struct StubbornStore {
    pub(crate) inner: Arc<MemoryStore>,
    /// Commits fail, as on a full disk.
    pub(crate) refuses_commits: AtomicBool,
    /// Patient records cannot be read, as on a damaged disk.
    pub(crate) refuses_reads: AtomicBool,
    /// Lets other tasks run between reading and committing.
    pub(crate) dawdles: AtomicBool,
    /// Whoever commits under preconditions finds them broken by somebody who was faster.
    pub(crate) always_overtaken: AtomicBool,
    /// Every commit that was written, once somebody wants them.
    pub(crate) written: Mutex<Option<Vec<Commit>>>,
    /// What somebody else writes just before the next commit.
    pub(crate) slips_in: Mutex<Option<Commit>>,
}

/// What a failing read says, which must stay inside.
pub(crate) const DAMAGE: &str = "page 77 of store.db";

fn on(switch: &AtomicBool) -> bool {
    switch.load(Ordering::Relaxed)
}

impl Store for StubbornStore {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt> {
        Box::pin(async move {
            if on(&self.refuses_commits) {
                return Err(StoreError::Full);
            }
            if on(&self.always_overtaken)
                && let Some(broken) = commit.preconditions.first()
            {
                return Err(StoreError::Precondition(broken.clone()));
            }
            if on(&self.dawdles) {
                tokio::task::yield_now().await;
            }
            let other = self.slips_in.lock().expect("no panic").take();
            if let Some(other) = other {
                self.inner.commit(other).await?;
            }
            let receipt = self.inner.commit(commit.clone()).await?;
            if let Some(written) = self.written.lock().expect("no panic").as_mut() {
                written.push(commit);
            }
            Ok(receipt)
        })
    }

    fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> StoreFuture<'_, PatientRecord> {
        Box::pin(async move {
            if on(&self.refuses_reads) {
                return Err(StoreError::Corrupt(DAMAGE.to_owned()));
            }
            self.inner.patient_record(patient, document).await
        })
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

    fn messages(&self, filter: MessageFilter) -> StoreFuture<'_, Vec<MessageRecord>> {
        self.inner.messages(filter)
    }

    fn legitimate_relationships(
        &self,
        patient: NhsNumber,
    ) -> StoreFuture<'_, Vec<LegitimateRelationship>> {
        self.inner.legitimate_relationships(patient)
    }

    fn cpis_record(
        &self,
        patient: NhsNumber,
        author: Option<String>,
    ) -> StoreFuture<'_, CpisRecord> {
        Box::pin(async move {
            if on(&self.refuses_reads) {
                return Err(StoreError::Corrupt(DAMAGE.to_owned()));
            }
            self.inner.cpis_record(patient, author).await
        })
    }

    fn cpis_notices(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<AccessNotice>> {
        self.inner.cpis_notices(filter)
    }

    fn cpis_inactive(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<InactiveNotice>> {
        self.inner.cpis_inactive(filter)
    }

    fn person(&self, number: NhsNumber) -> StoreFuture<'_, Option<Demographics>> {
        self.inner.person(number)
    }

    fn dead_letters(&self, limit: usize) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.inner.dead_letters(limit)
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
