//! Messages that were begun and never completed.

use jiff::SignedDuration;
use store::{Commit, MailFilter, MailMessage, MailState, StoreError};

use super::Post;
use super::post::is_uploading;

/// How long a message may take to be completed, as long as it is remembered elsewhere.
const UNFINISHED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The most messages that one sweep looks at.
const PER_SWEEP: usize = 100;

impl Post {
    /// Gives up messages that were begun long ago and never completed; says how many.
    pub(crate) async fn sweep(&self) -> Result<usize, StoreError> {
        let filter = MailFilter {
            state: Some(MailState::Uploading),
            limit: PER_SWEEP,
            ..MailFilter::default()
        };
        let begun = self.store().mail(filter).await?;
        let now = self.env().now();
        let old = |message: &&MailMessage| now.duration_since(message.changed_at) >= UNFINISHED;
        let mut given_up = 0;
        for message in begun.iter().filter(old) {
            let mut mail = self.acknowledged(message);
            for message in &mut mail.messages {
                message.state = MailState::Failed;
            }
            let commit = Commit {
                preconditions: vec![is_uploading(&message.id)],
                mail,
                audit: vec![self.event(&message.workflow, &message.id, "given up")],
                ..Commit::default()
            };
            match self.store().commit(commit).await {
                Ok(_) => given_up += 1,
                // It has been completed since.
                Err(StoreError::Precondition(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(given_up)
    }
}
