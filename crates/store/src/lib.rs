//! The store: everything that must not be lost, behind one port that speaks the domain.
//!
//! A service reads through [`Store`], decides, and hands over a [`Commit`]: what is to be written,
//! and what must still hold for it to be written. The store writes all of it or refuses, and
//! answers when it is on disk. There is no transaction to hold open and no SQL outside this crate.
//! [`SqliteStore`] is what runs; [`MemoryStore`] is the model of what it must do; `conformance` is
//! the contract as tests, for both and for any store to come.
//!
//! # One writer
//!
//! SQLite has one writer at a time whatever we do, and the audit is one chain, so there is an order
//! in any case. In a process, one thread that owns the writing connection makes that order without
//! locks to wait for, and it lets many commits share what is expensive, the flush to disk: it
//! takes whatever is waiting when the last flush has ended, writes each that is not refused,
//! flushes once, and answers all. Under load it lets a batch grow to about as many as the last ones
//! show to be coming, for a bounded time (`sqlite/queue.rs`); a lone commit waits for nobody. Reads have
//! threads and connections of their own and never wait for the writer (write-ahead log). No write and
//! no long read blocks an async worker; a full queue is [`StoreError::Busy`] at once.
//!
//! # What a commit costs
//!
//! Beside the flush, pages: each page that a commit touches is copied into the log and later into
//! the file, and that costs more than finding it and changing it. So what is written with every
//! request touches few. The audit's indexes are in blocks, so that what is written at one time lies
//! together (`sqlite/blocks.rs`); an answered message is a row at the end of a table, and which number
//! a key has is known in memory (`sqlite/seen.rs`); accesses are counted in advance only where there are
//! many (`sqlite/tally.rs`). The element of a document's author, which lists need, lies compressed in
//! the row of its header; the rest of a document is only touched when it is asked for. What a local
//! authority uploads for CP-IS lies as it came, so that a batch of plans that comes again is a few
//! pages (schema V4); how many accesses a patient has is counted in advance, since each query asks
//! (`sqlite/cpis/access.rs`); what has to be told is found by an index that has nothing else.
//!
//! # What a read costs
//!
//! A few rows found by their keys cost less than being handed to another thread and back, so they are
//! read where they are asked for (`sqlite/at_hand.rs`). What may go through many rows is done by
//! threads, with one wake-up (`sqlite/pool.rs`). Statements are kept prepared, and columns are found by
//! place (`sqlite/rows.rs`). Each commit makes the readers' page caches worthless, which is
//! what they pay for never waiting. That a message is new is known without reading anything. What is
//! small is compressed where it comes in.
//!
//! `examples/commit_rate.rs`, `examples/read_rate.rs`, `examples/activity.rs` and
//! `examples/cpis_rate.rs` measure all this.
//!
//! # What is assumed of the disk
//!
//! * What has been flushed (`fdatasync`) survives a crash of the process, the system, or the power. A
//!   disk or a virtual machine that answers before it has written breaks this, and no program can
//!   tell.
//! * A write that is cut off by a crash damages only what was being written. The log's frames carry
//!   check sums, so a torn end of it is recognised and left out: it was never acknowledged.
//! * Bytes may rot. A document is compared with its SHA-256 at every read, and so is a part of a
//!   mailbox message; the audit with its hash chain when it is verified. The answer is then
//!   [`StoreError::Corrupt`], never the wrong bytes.
//! * The file system is local and has working locks. Network file systems are not.
//! * The disk may be full at any time: [`StoreError::Full`], nothing half written, and on it goes
//!   when there is room.
//!
//! # Files
//!
//! `store.db`, its log `store.db-wal` and the log's index `store.db-shm`, readable by their owner
//! only. Several processes may have them open, to read and to write: each transaction takes up the
//! audit where the last one left it. Any tool that reads SQLite opens the file; back it up with
//! SQLite's backup, never by copying it while a process writes.
//!
//! # Limits
//!
//! Documents and bodies of messages: [`MAX_DOCUMENT_BYTES`] each, on writing and on reading; parts of
//! mailbox messages: [`MAX_CHUNK_BYTES`]. Waiting calls and the size of the file: [`SqliteOptions`].
//! Rows of a reading: what the caller asks for. An answered message takes 30 to 50 bytes of memory until
//! it has expired; with a million of them the store opens in half a second.

pub mod audit;
mod commit;
mod compression;
#[doc(hidden)]
pub mod conformance;
mod cpis;
pub mod delivery;
mod error;
mod mailbox;
mod memory;
mod port;
mod record;
mod sqlite;

pub use commit::{
    Commit, ConsentChange, Direction, MessageRecord, NewDocument, OutboxEntry, Outcome,
    OutcomeChange, Precondition, ReceivedAlert, SeenKey, SeenMessage, StateChange,
};
pub use cpis::{
    AccessNotice, CpisBatch, CpisChanges, CpisRecord, InactiveNotice, NoticeFilter, PlanKey, Told,
    Upload,
};
pub use error::StoreError;
pub use mailbox::{MAX_CHUNK_BYTES, MailChanges, MailChunk, MailFilter, MailMessage, MailState};
pub use memory::MemoryStore;
pub use port::{Store, StoreFuture};
pub use record::{
    AccessFilter, AccessPage, AlertFilter, AuditFilter, AuditRecord, ConsentRecord, Counts,
    MessageFilter, OutboxFilter, PatientRecord, Receipt, Standing,
};
pub use sqlite::{SqliteOptions, SqliteStore};

/// The largest document, or body of a message, in plain bytes, that is stored or read back.
pub const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

fn too_large(what: &str) -> StoreError {
    StoreError::Failed(format!("{what} is larger than {MAX_DOCUMENT_BYTES} bytes"))
}

fn no_such_document(id: &domain::DocumentId) -> StoreError {
    StoreError::Failed(format!(
        "the state of document {id} was to change, but it is not there"
    ))
}
