//! Mailboxes: files that organisations exchange, in chunks, as the national messaging service (MESH)
//! does. A file may be far larger than a message should be in memory, so it is never whole here.

use jiff::Timestamp;

use crate::commit::cut;

/// The longest chunk, in bytes.
pub const MAX_CHUNK_BYTES: usize = crate::MAX_DOCUMENT_BYTES;

/// The mailbox part of a [`crate::Commit`], written in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailChanges {
    /// Messages as they are now. One of the same id is replaced (its chunks stay).
    pub messages: Vec<MailMessage>,
    /// Chunks of messages. One of the same message and number is replaced.
    pub chunks: Vec<MailChunk>,
    /// Messages whose chunks are dropped; the message itself stays on record.
    pub emptied: Vec<String>,
}

/// A file on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailMessage {
    /// Its id: 20 digits or a UUID; unique.
    pub id: String,
    /// The mailbox it is from.
    pub from: String,
    /// The mailbox it is for.
    pub to: String,
    /// What it is for: `CPIS_UPLOAD`.
    pub workflow: String,
    /// The sender's own id for it.
    pub local_id: Option<String>,
    /// Its file name.
    pub file_name: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Where it is on its way.
    pub state: MailState,
    /// How many chunks it has, or will have.
    pub chunks: u32,
    /// How many bytes it has, once it is complete.
    pub size: u64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

/// Where a file is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailState {
    /// Chunks are missing.
    Uploading,
    /// Complete, and waiting for whoever it is for.
    Accepted,
    /// Taken by whoever it was for.
    Acknowledged,
    /// It could not be delivered or used.
    Failed,
}

/// A part of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct MailChunk {
    /// Of which message.
    pub message: String,
    /// Which one, from 1.
    pub number: u32,
    /// Its bytes; at most [`MAX_CHUNK_BYTES`].
    pub bytes: Vec<u8>,
}

impl MailChanges {
    /// Whether a chunk is longer than it may be.
    pub(crate) fn is_too_large(&self) -> bool {
        let mut chunks = self.chunks.iter();
        chunks.any(|chunk| chunk.bytes.len() > MAX_CHUNK_BYTES)
    }

    /// Cuts times to what every adapter keeps.
    pub(crate) fn cut_times(&mut self) {
        for message in &mut self.messages {
            message.created_at = cut(message.created_at);
            message.changed_at = cut(message.changed_at);
        }
    }
}

impl std::fmt::Debug for MailChunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailChunk")
            .field("message", &self.message)
            .field("number", &self.number)
            .field("size", &self.bytes.len())
            .finish()
    }
}

/// Which messages are wanted: all that meet every filter given, the oldest first (then by id).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailFilter {
    /// The one of this id.
    pub id: Option<String>,
    /// For this mailbox.
    pub to: Option<String>,
    /// From this mailbox.
    pub from: Option<String>,
    /// For this purpose.
    pub workflow: Option<String>,
    /// With this sender's own id.
    pub local_id: Option<String>,
    /// In this state.
    pub state: Option<MailState>,
    /// At most so many.
    pub limit: usize,
}
