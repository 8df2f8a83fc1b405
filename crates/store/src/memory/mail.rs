//! The mailbox part of the model.

use std::collections::BTreeMap;

use crate::{MailChanges, MailFilter, MailMessage, MailState};

/// What there is in mailboxes.
#[derive(Default)]
pub(super) struct Mail {
    pub(super) messages: BTreeMap<String, MailMessage>,
    chunks: BTreeMap<(String, u32), Vec<u8>>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}

impl Mail {
    pub(super) fn find(&self, filter: &MailFilter) -> Vec<MailMessage> {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        let wanted = |message: &&MailMessage| {
            is(&filter.id, &message.id)
                && is(&filter.to, &message.to)
                && is(&filter.from, &message.from)
                && is(&filter.workflow, &message.workflow)
                && (filter.local_id.is_none() || filter.local_id == message.local_id)
                && filter.state.is_none_or(|state| message.state == state)
        };
        let mut found: Vec<_> = self.messages.values().filter(wanted).cloned().collect();
        found.sort_by_key(|message| message.created_at);
        found.truncate(filter.limit);
        found
    }

    pub(super) fn chunk(&self, message: String, number: u32) -> Option<Vec<u8>> {
        self.chunks.get(&(message, number)).cloned()
    }

    pub(super) fn is_in(&self, id: &str, state: MailState) -> bool {
        let message = self.messages.get(id);
        message.is_some_and(|message| message.state == state)
    }

    pub(super) fn apply(&mut self, changes: MailChanges) {
        for new in changes.messages {
            self.messages.insert(new.id.clone(), new);
        }
        for new in changes.chunks {
            self.chunks.insert((new.message, new.number), new.bytes);
        }
        for id in &changes.emptied {
            self.chunks.retain(|(message, _), _| message != id);
        }
    }
}
