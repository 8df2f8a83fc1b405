//! A store that fails at a commit of one's choice, as a process that is killed there would see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::cpis::Demographics;
use domain::permission::CareProfessional;
use domain::{DocumentId, NhsNumber, OdsCode};
use jiff::Timestamp;
use store::{
    AccessNotice, AuditFilter, AuditRecord, Commit, Counts, CpisBatch, CpisRecord, InactiveNotice,
    MailFilter, MailMessage, MemoryStore, NoticeFilter, OutboxEntry, OutboxFilter, PatientRecord,
    PlanKey, Receipt, SeenKey, SeenMessage, Standing, Store, StoreError, StoreFuture, Upload,
};

/// What becomes of the commit at which the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was not written.
    Before,
    /// It was written, and nobody heard of it.
    After,
}

/// The model store, and how long it works.
#[derive(Default)]
pub(crate) struct FaultyStore {
    pub(crate) inner: Arc<MemoryStore>,
    /// How many commits were asked for.
    pub(crate) commits: AtomicU64,
    /// The commit at which everything ends, from 1; 0 for never.
    ends_at: AtomicU64,
    ends_after: AtomicBool,
    /// People cannot be read.
    pub(crate) no_people: AtomicBool,
}

impl FaultyStore {
    pub(crate) fn over(inner: Arc<MemoryStore>) -> Self {
        Self {
            inner,
            ..Self::default()
        }
    }

    /// From the n-th commit from now on nothing is written any more.
    pub(crate) fn end_at(&self, number: u64, end: End) {
        self.commits.store(0, Ordering::Relaxed);
        self.ends_at.store(number, Ordering::Relaxed);
        self.ends_after.store(end == End::After, Ordering::Relaxed);
    }

    /// How many commits there have been.
    pub(crate) fn count(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    fn has_ended(&self) -> bool {
        let end = self.ends_at.load(Ordering::Relaxed);
        end > 0 && self.count() >= end
    }
}

fn closed<'a, T: Send + 'a>() -> StoreFuture<'a, T> {
    Box::pin(async { Err(StoreError::Closed) })
}

impl Store for FaultyStore {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt> {
        Box::pin(async move {
            let number = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
            let end = self.ends_at.load(Ordering::Relaxed);
            if end == 0 || number < end {
                return self.inner.commit(commit).await;
            }
            if number == end && self.ends_after.load(Ordering::Relaxed) {
                self.inner.commit(commit).await?;
            }
            Err(StoreError::Closed)
        })
    }

    fn cpis_record(
        &self,
        patient: NhsNumber,
        author: Option<String>,
    ) -> StoreFuture<'_, CpisRecord> {
        self.inner.cpis_record(patient, author)
    }

    fn cpis_batch(&self, keys: Vec<PlanKey>) -> StoreFuture<'_, CpisBatch> {
        if self.has_ended() || self.no_people.load(Ordering::Relaxed) {
            return closed();
        }
        self.inner.cpis_batch(keys)
    }

    fn cpis_notices(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<AccessNotice>> {
        self.inner.cpis_notices(filter)
    }

    fn cpis_inactive(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<InactiveNotice>> {
        self.inner.cpis_inactive(filter)
    }

    fn cpis_upload(&self, authority: OdsCode, file: String) -> StoreFuture<'_, Option<Upload>> {
        self.inner.cpis_upload(authority, file)
    }

    fn person(&self, number: NhsNumber) -> StoreFuture<'_, Option<Demographics>> {
        self.inner.person(number)
    }

    fn knows_people(&self) -> StoreFuture<'_, bool> {
        self.inner.knows_people()
    }

    fn mail(&self, filter: MailFilter) -> StoreFuture<'_, Vec<MailMessage>> {
        self.inner.mail(filter)
    }

    fn mail_chunk(&self, message: String, number: u32) -> StoreFuture<'_, Option<Vec<u8>>> {
        self.inner.mail_chunk(message, number)
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
