//! The port: what a service may ask of a store.

use std::future::Future;
use std::pin::Pin;

use domain::permission::CareProfessional;
use domain::{DocumentId, NhsNumber};
use jiff::Timestamp;

use crate::{
    AuditFilter, AuditRecord, Commit, ConsentRecord, Counts, OutboxEntry, PatientRecord, Receipt,
    SeenKey, SeenMessage, Standing, StoreError,
};

/// A store's answer to come.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps everything a service must not lose. Each call is one transaction; none is left open.
pub trait Store: Send + Sync + 'static {
    /// Writes all of it, or refuses and writes nothing. When this resolves the commit is durable.
    /// Whoever drops the future before that does not know whether it was written.
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt>;

    /// A patient's documents and consent, and one document's bytes if asked for: one consistent
    /// view. The bytes have been checked against their SHA-256.
    fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> StoreFuture<'_, PatientRecord>;

    /// Every consent the patient ever had here, the first first.
    ///
    /// Every store that passes the conformance tests has it. What stands here serves those that
    /// only stand in for one in tests of services.
    fn consent_history(&self, patient: NhsNumber) -> StoreFuture<'_, Vec<ConsentRecord>> {
        let _ = patient;
        Box::pin(async {
            Err(StoreError::Failed(
                "consent history is not kept here".to_owned(),
            ))
        })
    }

    /// The permissions and the relationship of one care professional with one patient.
    fn standing(&self, patient: NhsNumber, holder: CareProfessional) -> StoreFuture<'_, Standing>;

    /// What is known of a message that was answered; the caller looks at `expires`.
    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>>;

    /// Outbox entries whose next try is at `due` or earlier (all, without `due`), the most urgent
    /// first, then by id.
    fn outbox(&self, due: Option<Timestamp>, limit: usize) -> StoreFuture<'_, Vec<OutboxEntry>>;

    /// Audit records by sequence, those after `after` (0 for the start).
    fn audit_records(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>>;

    /// Audit records by what they are about, the newest by time first (then by sequence).
    fn audit_search(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>>;

    /// Patients who have a document in state Normal filed under them, by NHS number, those after
    /// `after`.
    fn patients(&self, after: Option<NhsNumber>, limit: usize) -> StoreFuture<'_, Vec<NhsNumber>>;

    /// How much there is.
    fn counts(&self) -> StoreFuture<'_, Counts>;
}
