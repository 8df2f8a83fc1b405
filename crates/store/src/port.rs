//! The port: what a service may ask of a store.

use std::future::Future;
use std::pin::Pin;

use domain::cpis::Demographics;
use domain::permission::CareProfessional;
use domain::relationship::LegitimateRelationship;
use domain::{DocumentId, NhsNumber, OdsCode};
use jiff::Timestamp;

use crate::{
    AccessFilter, AccessNotice, AccessPage, AlertFilter, AuditFilter, AuditRecord, Commit,
    ConsentRecord, Counts, CpisBatch, CpisRecord, InactiveNotice, MailFilter, MailMessage,
    MessageFilter, MessageRecord, NoticeFilter, OutboxEntry, OutboxFilter, PatientRecord, PlanKey,
    Receipt, ReceivedAlert, SeenKey, SeenMessage, Standing, StoreError, Upload,
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
        not_kept("consent history is")
    }

    /// The permissions that hold `at` an instant or later, and the relationship, of one care
    /// professional with one patient. Those that are over cost nothing, however many there are.
    fn standing(
        &self,
        patient: NhsNumber,
        holder: CareProfessional,
        at: Timestamp,
    ) -> StoreFuture<'_, Standing>;

    /// What is known of a message that was answered; the caller looks at `expires`.
    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>>;

    /// Outbox entries that were not given up (or are asked for by id) and meet the filter, the most
    /// urgent first, then by id.
    fn outbox(&self, filter: OutboxFilter) -> StoreFuture<'_, Vec<OutboxEntry>>;

    /// Resolves when a commit made here, after this was called, has put something new in the outbox:
    /// so that it need not wait until the outbox is looked at anyhow. What another process puts there
    /// is not noticed, and a store need not notice anything.
    fn outbox_filled(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    /// Messages that came and went, the newest first by time, then by id, owner and direction (the
    /// greatest first). With their bodies, which have been checked against their SHA-256.
    fn messages(&self, filter: MessageFilter) -> StoreFuture<'_, Vec<MessageRecord>> {
        let _ = filter;
        not_kept("messages are")
    }

    /// The legitimate relationships with a patient, by start, then by id.
    fn legitimate_relationships(
        &self,
        patient: NhsNumber,
    ) -> StoreFuture<'_, Vec<LegitimateRelationship>> {
        let _ = patient;
        not_kept("legitimate relationships are")
    }

    /// Outbox entries that were given up, the one queued first first, then by id.
    ///
    /// As with [`Store::consent_history`], what stands here serves those that stand in for a store.
    fn dead_letters(&self, limit: usize) -> StoreFuture<'_, Vec<OutboxEntry>> {
        let _ = limit;
        not_kept("dead letters are")
    }

    /// The accesses of an organisation in a period, and how many there are. Quick at any number.
    fn accesses(&self, filter: AccessFilter) -> StoreFuture<'_, AccessPage> {
        let _ = filter;
        not_kept("the access log is")
    }

    /// Privacy alerts that were received, the newest first by when it happened (then by id, the
    /// greatest first).
    fn alerts(&self, filter: AlertFilter) -> StoreFuture<'_, Vec<ReceivedAlert>> {
        let _ = filter;
        not_kept("alerts are")
    }

    /// What CP-IS knows of a patient, and the last access that counts of the author of this key
    /// ([`domain::cpis::Author::key`]).
    fn cpis_record(
        &self,
        patient: NhsNumber,
        author: Option<String>,
    ) -> StoreFuture<'_, CpisRecord> {
        let _ = (patient, author);
        not_kept("CP-IS records are")
    }

    /// The plans of these keys, and the people of their numbers, as far as they are there: what a
    /// batch of an upload is decided on. One consistent view.
    fn cpis_batch(&self, keys: Vec<PlanKey>) -> StoreFuture<'_, CpisBatch> {
        let _ = keys;
        not_kept("CP-IS records are")
    }

    /// Accesses to be told, or told, by when they arose (then by query id, then by authority).
    fn cpis_notices(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<AccessNotice>> {
        let _ = filter;
        not_kept("CP-IS notices are")
    }

    /// Numbers out of use to be told, or told, by when they arose (then by number, then by
    /// authority).
    fn cpis_inactive(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<InactiveNotice>> {
        let _ = filter;
        not_kept("CP-IS notices are")
    }

    /// An upload.
    fn cpis_upload(&self, authority: OdsCode, file: String) -> StoreFuture<'_, Option<Upload>> {
        let _ = (authority, file);
        not_kept("CP-IS uploads are")
    }

    /// A person on PDS.
    fn person(&self, number: NhsNumber) -> StoreFuture<'_, Option<Demographics>> {
        let _ = number;
        not_kept("people are")
    }

    /// Whether anybody is known from PDS at all.
    fn knows_people(&self) -> StoreFuture<'_, bool> {
        not_kept("people are")
    }

    /// Files on their way.
    fn mail(&self, filter: MailFilter) -> StoreFuture<'_, Vec<MailMessage>> {
        let _ = filter;
        not_kept("mailboxes are")
    }

    /// A part of a file, from 1. It has been checked against its SHA-256.
    fn mail_chunk(&self, message: String, number: u32) -> StoreFuture<'_, Option<Vec<u8>>> {
        let _ = (message, number);
        not_kept("mailboxes are")
    }

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

fn not_kept<'a, T: Send + 'a>(what: &str) -> StoreFuture<'a, T> {
    let error = StoreError::Failed(format!("{what} not kept here"));
    Box::pin(async { Err(error) })
}
