//! A file that is read, chunk by chunk.

use store::{MailMessage, Store, StoreError};

/// The chunks of a message, in their order.
pub(crate) struct Reading<'a> {
    store: &'a dyn Store,
    message: &'a MailMessage,
    next: u32,
}

impl<'a> Reading<'a> {
    pub(super) fn new(store: &'a dyn Store, message: &'a MailMessage) -> Self {
        Self {
            store,
            message,
            next: 1,
        }
    }

    /// The next chunk; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let number = self.next;
        if number > self.message.chunks {
            return Ok(None);
        }
        let id = &self.message.id;
        let found = self.store.mail_chunk(id.clone(), number).await?;
        let gone = || StoreError::Corrupt(format!("chunk {number} of mail message {id} is gone"));
        self.next += 1;
        found.ok_or_else(gone).map(Some)
    }
}
