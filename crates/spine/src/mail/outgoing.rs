//! A file of our own, written as it is made.
//!
//! What exceeds a chunk is committed on the way, under a message that nobody sees yet; the rest
//! goes with the commit that makes the message complete, which is the caller's. So a file of any
//! length takes the memory of one chunk, and it appears together with what it tells of.

use store::{Commit, MailChanges, MailMessage, MailState, Precondition, StoreError};

use super::post::{chunk, length};
use super::{Envelope, Post};

/// A file that is being written.
pub(crate) struct Outgoing<'a> {
    post: &'a Post,
    message: MailMessage,
    /// What must hold for the file to be written at all.
    guard: Vec<Precondition>,
    buffer: Vec<u8>,
}

impl<'a> Outgoing<'a> {
    /// Begins a file. Beginning it again under the same id writes over what there was of it.
    pub(crate) fn new(post: &'a Post, envelope: Envelope, guard: Vec<Precondition>) -> Self {
        let mut message = envelope.into_message(post.env().now());
        message.chunks = 0;
        Self {
            post,
            message,
            guard,
            buffer: Vec::new(),
        }
    }

    /// Adds to its end.
    pub(crate) async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        let most = self.post.own_chunk_bytes();
        while self.buffer.len() + bytes.len() > most {
            let room = most.saturating_sub(self.buffer.len());
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.buffer.extend_from_slice(now);
            bytes = later;
            self.flush().await?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let mail = self.take();
        let commit = Commit {
            preconditions: self.guard.clone(),
            mail,
            ..Commit::default()
        };
        self.post.store().commit(commit).await?;
        Ok(())
    }

    /// The message as it is now, and what has been gathered since the last chunk.
    fn take(&mut self) -> MailChanges {
        let bytes = std::mem::take(&mut self.buffer);
        self.message.chunks += 1;
        self.message.size += length(&bytes);
        MailChanges {
            messages: vec![self.message.clone()],
            chunks: vec![chunk(&self.message.id, self.message.chunks, &bytes)],
            emptied: Vec::new(),
        }
    }

    /// What makes it complete; for the caller's commit.
    pub(crate) fn finish(mut self) -> MailChanges {
        self.message.state = MailState::Accepted;
        self.message.changed_at = self.post.env().now();
        self.take()
    }
}
