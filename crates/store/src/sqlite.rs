//! The adapter that runs: one SQLite file.

mod access;
mod alert;
mod apply;
mod at_hand;
mod blocks;
mod connection;
mod cpis;
mod error;
mod filter;
mod frame;
mod legitimate;
mod mail;
mod message;
mod options;
mod outbox;
#[cfg(test)]
mod plan;
mod pool;
mod prepared;
mod private_file;
mod queue;
mod read;
mod rows;
mod schema;
mod search;
mod seen;
mod standing;
mod tally;
mod trouble;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use domain::cpis::Demographics;
use domain::permission::CareProfessional;
use domain::relationship::LegitimateRelationship;
use domain::{DocumentId, NhsNumber, OdsCode};
use jiff::Timestamp;
use tokio::sync::Notify;

use self::at_hand::AtHand;
pub use self::options::SqliteOptions;
use self::pool::{Pool, Worker};
use self::prepared::Prepared;
use self::read::Reader;
use self::writer::Writer;
use crate::audit::{Broken, Chain, Verified};
use crate::compression::Encoder;
use crate::{
    AccessFilter, AccessNotice, AccessPage, AlertFilter, AuditFilter, AuditRecord, Commit,
    ConsentRecord, Counts, CpisBatch, CpisRecord, InactiveNotice, MailFilter, MailMessage,
    MessageFilter, MessageRecord, NoticeFilter, OutboxEntry, OutboxFilter, PatientRecord, PlanKey,
    Receipt, ReceivedAlert, SeenKey, SeenMessage, Standing, Store, StoreError, StoreFuture, Upload,
};

/// Bytes that are compressed where they are: it takes a tenth of a millisecond, and less than to
/// have another thread do it and wait for that.
const COMPRESSED_AT_ONCE: usize = 64 * 1024;

/// A store in one SQLite file.
///
/// Dropping it (or [`SqliteStore::close`]) writes what is queued, empties the write-ahead log and
/// waits for its threads.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    // Dropped in this order: the writer ends first, then the readers.
    writer: Option<Writer>,
    readers: Pool,
    at_hand: AtHand,
    filled: Notify,
    /// Those that are not in use: as many as threads have compressed at one time.
    encoders: Mutex<Vec<Encoder>>,
}

impl SqliteStore {
    /// Opens a store for reading and writing; makes it (readable by its owner only) if it is not
    /// there, and brings its schema up to date. The folder must exist, on a local disk.
    ///
    /// Several processes may do this at one time, an import beside a running service say: SQLite
    /// lets one of them write at a time, and each takes up the audit where the last one left it.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        private_file::create(path)?;
        let connection = connection::open_writer(path, &options)?;
        let readers = start_readers(path, &options)?;
        let writer = Writer::start(connection, &options)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Some(writer),
            readers,
            filled: Notify::new(),
            at_hand: at_hand(path, &options)?,
            encoders: Mutex::default(),
        })
    }

    /// Opens a store for reading only, beside a running writer or without one. Commits get
    /// [`StoreError::Failed`].
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteOptions {
            readers: 2,
            ..SqliteOptions::default()
        };
        schema::check(&mut connection::open_reader(path, options.cache_bytes)?)?;
        let readers = start_readers(path, &options)?;
        Ok(Self {
            path: path.to_owned(),
            writer: None,
            readers,
            filled: Notify::new(),
            at_hand: at_hand(path, &options)?,
            encoders: Mutex::default(),
        })
    }

    /// Whether the store can be read and, opened for writing, written. From the failure of a commit
    /// until one has succeeded each call writes something harmless and says what comes of it; at
    /// other times nothing is written.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.counts().await?;
        match &self.writer {
            Some(writer) => writer.health().await,
            None => Ok(()),
        }
    }

    /// Waits for everything queued before to be written, and empties the write-ahead log into the
    /// database file. Blocks the thread that calls it. Does nothing when opened for reading only.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        match &self.writer {
            Some(writer) => writer.checkpoint(),
            None => Ok(()),
        }
    }

    /// Writes what is queued, empties the write-ahead log and ends the threads. Blocks the thread
    /// that calls it. What goes wrong is logged: everything acknowledged is on disk anyhow.
    pub fn close(self) {
        drop(self);
    }

    /// Verifies the whole audit: the chain, the columns it is searched by, and that it ends where
    /// the store left it. Blocks the thread that calls it; memory does not grow with the audit.
    /// `progress` gets the number of records done, now and then.
    pub fn verify_audit(&self, progress: impl FnMut(u64)) -> Result<Verified, Broken> {
        verify::verify(&self.path, Chain::new(), progress)
    }

    /// As [`SqliteStore::verify_audit`], and that the audit still goes through what was found
    /// earlier: shows an end that was cut off, and an audit that was written anew.
    pub fn verify_audit_since(
        &self,
        earlier: Verified,
        progress: impl FnMut(u64),
    ) -> Result<Verified, Broken> {
        verify::verify(&self.path, Chain::expecting(earlier), progress)
    }

    /// Compresses on the thread that calls it.
    fn compress(&self, prepared: Prepared) -> Result<Prepared, StoreError> {
        // Nothing panics while the lock is held.
        let encoders = || self.encoders.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = encoders().pop();
        let mut encoder = match idle {
            Some(encoder) => encoder,
            None => Encoder::new()?,
        };
        let prepared = prepared.compress(&mut encoder)?;
        encoders().push(encoder);
        Ok(prepared)
    }

    /// Runs a short read: a few rows, found by their keys. At once, as a rule.
    fn find<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(async move {
            match self.at_hand.read(read) {
                Ok(outcome) => outcome,
                Err(read) => {
                    self.readers
                        .run(move |worker| read(&mut worker.reader))
                        .await
                }
            }
        })
    }

    /// Runs a read on one of the reader threads.
    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(self.readers.run(move |worker| read(&mut worker.reader)))
    }
}

fn start_readers(path: &Path, options: &SqliteOptions) -> Result<Pool, StoreError> {
    let worker = |_| {
        let reader = Reader::open(path, options.cache_bytes)?;
        Ok(Worker {
            reader,
            encoder: Encoder::new()?,
        })
    };
    let workers: Result<Vec<_>, StoreError> = (0..options.readers.max(1)).map(worker).collect();
    Pool::start(workers?, options.queue)
}

fn at_hand(path: &Path, options: &SqliteOptions) -> Result<AtHand, StoreError> {
    let cache_bytes = options.cache_bytes.min(at_hand::CACHE);
    let reader = |_| Reader::open(path, cache_bytes);
    let readers: Result<Vec<_>, StoreError> = (0..options.readers.max(1)).map(reader).collect();
    Ok(AtHand::new(readers?))
}

impl Store for SqliteStore {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt> {
        Box::pin(async move {
            let writer = self.writer.as_ref().ok_or_else(|| {
                StoreError::Failed("the store is open for reading only".to_owned())
            })?;
            let fills_outbox = commit.fills_outbox();
            let mut prepared = Prepared::new(commit)?;
            prepared = match prepared.to_compress() {
                None => prepared,
                Some(bytes) if bytes <= COMPRESSED_AT_ONCE => self.compress(prepared)?,
                Some(_) => {
                    let compress = |worker: &mut Worker| prepared.compress(&mut worker.encoder);
                    self.readers.run(compress).await?
                }
            };
            let receipt = writer.commit(prepared).await?;
            if fills_outbox {
                self.filled.notify_waiters();
            }
            Ok(receipt)
        })
    }

    fn outbox_filled(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.filled.notified())
    }

    fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> StoreFuture<'_, PatientRecord> {
        self.find(move |reader| reader.patient_record(patient, document.as_ref()))
    }

    fn consent_history(&self, patient: NhsNumber) -> StoreFuture<'_, Vec<ConsentRecord>> {
        self.read(move |reader| reader.consent_history(patient))
    }

    fn standing(
        &self,
        patient: NhsNumber,
        holder: CareProfessional,
        at: Timestamp,
    ) -> StoreFuture<'_, Standing> {
        self.find(move |reader| reader.standing(patient, &holder, at))
    }

    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>> {
        Box::pin(async move {
            let Some(writer) = &self.writer else {
                return self.read(move |reader| reader.seen_anywhere(&key)).await;
            };
            let candidates = writer.seen(&key);
            if candidates.is_empty() {
                return Ok(None);
            }
            self.find(move |reader| reader.seen(&key, &candidates))
                .await
        })
    }

    fn outbox(&self, filter: OutboxFilter) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.read(move |reader| reader.outbox(&filter))
    }

    fn messages(&self, filter: MessageFilter) -> StoreFuture<'_, Vec<MessageRecord>> {
        self.read(move |reader| reader.messages(&filter))
    }

    fn legitimate_relationships(
        &self,
        patient: NhsNumber,
    ) -> StoreFuture<'_, Vec<LegitimateRelationship>> {
        self.read(move |reader| reader.legitimate_relationships(patient))
    }

    fn dead_letters(&self, limit: usize) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.read(move |reader| reader.dead_letters(limit))
    }

    fn accesses(&self, filter: AccessFilter) -> StoreFuture<'_, AccessPage> {
        self.read(move |reader| reader.accesses(&filter))
    }

    fn alerts(&self, filter: AlertFilter) -> StoreFuture<'_, Vec<ReceivedAlert>> {
        self.read(move |reader| reader.alerts(&filter))
    }

    fn cpis_record(
        &self,
        patient: NhsNumber,
        author: Option<String>,
    ) -> StoreFuture<'_, CpisRecord> {
        self.find(move |reader| reader.cpis_record(patient, author.as_deref()))
    }

    fn cpis_batch(&self, keys: Vec<PlanKey>) -> StoreFuture<'_, CpisBatch> {
        self.read(move |reader| reader.cpis_batch(&keys))
    }

    fn cpis_notices(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<AccessNotice>> {
        self.read(move |reader| reader.cpis_notices(&filter))
    }

    fn cpis_inactive(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<InactiveNotice>> {
        self.read(move |reader| reader.cpis_inactive(&filter))
    }

    fn cpis_upload(&self, authority: OdsCode, file: String) -> StoreFuture<'_, Option<Upload>> {
        self.find(move |reader| reader.cpis_upload(&authority, &file))
    }

    fn person(&self, number: NhsNumber) -> StoreFuture<'_, Option<Demographics>> {
        self.find(move |reader| reader.person(number))
    }

    fn knows_people(&self) -> StoreFuture<'_, bool> {
        self.find(|reader| reader.knows_people())
    }

    fn mail(&self, filter: MailFilter) -> StoreFuture<'_, Vec<MailMessage>> {
        self.read(move |reader| reader.mail(&filter))
    }

    fn mail_chunk(&self, message: String, number: u32) -> StoreFuture<'_, Option<Vec<u8>>> {
        self.read(move |reader| reader.mail_chunk(&message, number))
    }

    fn audit_records(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.read(move |reader| reader.audit_records(after, limit))
    }

    fn audit_search(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.read(move |reader| reader.audit_search(&filter))
    }

    fn patients(&self, after: Option<NhsNumber>, limit: usize) -> StoreFuture<'_, Vec<NhsNumber>> {
        self.read(move |reader| reader.patients(after, limit))
    }

    fn counts(&self) -> StoreFuture<'_, Counts> {
        self.read(|reader| reader.counts())
    }
}
