//! By what the chunks of a complete message are known again.
//!
//! A sender that did not hear our answer sends its last chunk once more, and by then the file may
//! have been used and dropped. So the digest of each chunk is remembered with the acceptance, for
//! longer than anybody tries again.

use domain::MessageId;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use store::{MailMessage, SeenKey, SeenMessage};

/// For how long a chunk is known again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The marks of a message's chunks, in their order.
pub(super) struct Marks<'a> {
    message: &'a MailMessage,
    digests: Vec<[u8; 32]>,
}

impl<'a> Marks<'a> {
    pub(super) fn new(message: &'a MailMessage) -> Self {
        Self {
            message,
            digests: Vec::new(),
        }
    }

    /// And the next chunk.
    pub(super) fn and(mut self, bytes: &[u8]) -> Self {
        self.digests.push(digest(bytes));
        self
    }

    pub(super) fn into_marks(self, at: Timestamp) -> Vec<SeenMessage> {
        let expires = at.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        let numbered = (1..).zip(self.digests);
        let marks = numbered.filter_map(|(number, digest)| {
            Some(SeenMessage {
                key: key(self.message, number)?,
                digest,
                answer: Vec::new(),
                at,
                expires,
            })
        });
        marks.collect()
    }
}

/// Under what a chunk is remembered. An id of ours always makes one.
pub(super) fn key(message: &MailMessage, number: u32) -> Option<SeenKey> {
    Some(SeenKey {
        sender: message.from.clone(),
        interaction: format!("mail chunk {number}"),
        message: MessageId::parse(&message.id).ok()?,
    })
}

pub(super) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
