//! What can go wrong between a service and its store, and who has to act.

use crate::Precondition;

/// Why the store did not do what it was asked. No text of it names a patient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The caller's view was out of date: read again and decide again. Nothing was written.
    #[error("not written: {0}")]
    Precondition(Precondition),
    /// The disk (or the size that the store may have) is full. Nothing was written; commits
    /// succeed again as soon as there is room. For the operator.
    #[error("the store's disk is full")]
    Full,
    /// More is waiting than the store queues, or another process is writing for too long. Try
    /// again soon; nothing was written.
    #[error("the store is busy")]
    Busy,
    /// The store has been closed, or the thread that should have answered is gone. Whether a
    /// commit that meets this was written is not known.
    #[error("the store is closed")]
    Closed,
    /// What was read is not what was written. Names the document or the audit record, never the
    /// patient. For the operator: restore from a backup.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// Anything else that is ours to mend: a disk error, a commit that contradicts itself.
    #[error("the store failed: {0}")]
    Failed(String),
}
