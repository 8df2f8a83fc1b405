//! What every way in and out of mailboxes shares: messages and their chunks in the store.

use std::sync::Arc;

use domain::MessageId;
use domain::audit::AuditEvent;
use jiff::Timestamp;
use store::{
    Commit, MAX_CHUNK_BYTES, MailChanges, MailChunk, MailFilter, MailMessage, MailState,
    Precondition, SeenMessage, Store, StoreError,
};
use tokio::sync::Notify;
use transport::Environment;

use super::marks::{self, Marks};
use super::{MailboxId, Mailboxes, Progress, Reading, Workflows};

/// The most chunks of a file: 160 GB of the largest.
const MOST_CHUNKS: u32 = 10_000;

/// How large the chunks of our own files are, bytes, unless it is said otherwise.
const OWN_CHUNK_BYTES: usize = 4 << 20;

/// Mailboxes over a store. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Post {
    inner: Arc<Inner>,
    own_chunk_bytes: usize,
}

struct Inner {
    store: Arc<dyn Store>,
    env: Environment,
    mailboxes: Mailboxes,
    workflows: Workflows,
    progress: Progress,
    arrived: Notify,
}

/// Everything about a file but its content.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) id: String,
    pub(crate) from: MailboxId,
    pub(crate) to: MailboxId,
    pub(crate) workflow: String,
    pub(crate) local_id: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) chunks: u32,
}

/// Why the post does not take something.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    /// Our store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody has the mailbox that it is for.
    #[error("nobody has the mailbox it is for")]
    Nobody,
    /// A chunk with no bytes.
    #[error("a chunk is empty")]
    Empty,
    /// A chunk with too many bytes.
    #[error("a chunk is larger than {MAX_CHUNK_BYTES} bytes")]
    TooLarge,
    /// A number of chunks, or of a chunk, that cannot be.
    #[error("there is no such chunk")]
    Chunks,
    /// The file is complete, and what comes now is not what it has.
    #[error("the file is complete")]
    Complete,
}

impl Post {
    /// Mailboxes over a store.
    pub fn new(
        store: Arc<dyn Store>,
        env: Environment,
        mailboxes: Mailboxes,
        workflows: Workflows,
    ) -> Self {
        let inner = Inner {
            store,
            env,
            mailboxes,
            workflows,
            progress: Progress::default(),
            arrived: Notify::new(),
        };
        Self {
            inner: Arc::new(inner),
            own_chunk_bytes: OWN_CHUNK_BYTES,
        }
    }

    /// With our own files (acknowledgements, notices) in chunks of another size, in bytes: at most
    /// what a listener takes the other way.
    #[must_use]
    pub fn with_chunks_of(mut self, bytes: usize) -> Self {
        self.own_chunk_bytes = bytes.clamp(1, MAX_CHUNK_BYTES);
        self
    }

    pub(crate) fn own_chunk_bytes(&self) -> usize {
        self.own_chunk_bytes
    }

    /// Who has which mailbox.
    pub fn mailboxes(&self) -> &Mailboxes {
        &self.inner.mailboxes
    }

    /// What files are for.
    pub fn workflows(&self) -> &Workflows {
        &self.inner.workflows
    }

    /// How far uploads have been read.
    pub fn progress(&self) -> &Progress {
        &self.inner.progress
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.inner.store
    }

    pub(crate) fn env(&self) -> &Environment {
        &self.inner.env
    }

    /// Waits for the next file that is for CP-IS itself. One that came meanwhile counts.
    pub(crate) async fn arrival(&self) {
        self.inner.arrived.notified().await;
    }

    /// An event about a message, not yet complete.
    pub(crate) fn event(&self, workflow: &str, id: &str, outcome: &str) -> AuditEvent {
        let operation = self.inner.workflows.operation(workflow);
        let mut event = AuditEvent::new(self.inner.env.now(), crate::LANE, operation, outcome);
        event.message = MessageId::parse(id).ok();
        event
    }

    /// A message.
    pub(crate) async fn message(&self, id: &str) -> Result<Option<MailMessage>, StoreError> {
        let filter = MailFilter {
            id: Some(id.to_owned()),
            limit: 1,
            ..MailFilter::default()
        };
        Ok(self.inner.store.mail(filter).await?.pop())
    }

    /// Messages that wait in a mailbox, the oldest first.
    pub(crate) async fn waiting(
        &self,
        mailbox: &MailboxId,
        workflow: Option<&str>,
        limit: usize,
    ) -> Result<Vec<MailMessage>, StoreError> {
        let filter = MailFilter {
            to: Some(mailbox.as_str().to_owned()),
            workflow: workflow.map(str::to_owned),
            state: Some(MailState::Accepted),
            limit,
            ..MailFilter::default()
        };
        self.inner.store.mail(filter).await
    }

    /// The chunks of a message, from the first.
    pub(crate) fn open<'a>(&'a self, message: &'a MailMessage) -> Reading<'a> {
        Reading::new(self.store(), message)
    }

    /// Begins a message. Its chunks follow.
    pub(crate) fn begin(&self, envelope: Envelope) -> Result<MailMessage, PostError> {
        if !self.inner.mailboxes.has(&envelope.to) {
            return Err(PostError::Nobody);
        }
        if !(1..=MOST_CHUNKS).contains(&envelope.chunks) {
            return Err(PostError::Chunks);
        }
        Ok(envelope.into_message(self.inner.env.now()))
    }

    /// Writes a new message with its first chunk. If that is all of it, it is complete.
    pub(crate) async fn deposit(
        &self,
        mut message: MailMessage,
        first: &[u8],
        event: AuditEvent,
    ) -> Result<MailMessage, PostError> {
        check_chunk(first)?;
        let chunk = chunk(&message.id, 1, first);
        let is_whole = message.chunks == 1;
        let mut commit = Commit::default();
        if is_whole {
            message.state = MailState::Accepted;
            message.size = length(first);
            commit.seen = Marks::new(&message).and(first).into_marks(event.at);
            commit.audit.push(event);
        }
        commit.mail.messages.push(message.clone());
        commit.mail.chunks.push(chunk);
        self.inner.store.commit(commit).await?;
        if is_whole {
            self.taken(&message);
        }
        Ok(message)
    }

    /// Writes a message that has no chunk yet, or begins it again.
    pub(crate) async fn announce(&self, message: &MailMessage) -> Result<(), PostError> {
        let commit = Commit {
            mail: MailChanges {
                messages: vec![message.clone()],
                ..MailChanges::default()
            },
            ..Commit::default()
        };
        self.inner.store.commit(commit).await?;
        Ok(())
    }

    /// Writes a chunk of a message that is not complete, in the place of what was there. Of a
    /// complete one, only what it has already is taken.
    pub(crate) async fn keep(
        &self,
        message: &MailMessage,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), PostError> {
        check_chunk(bytes)?;
        if !(1..=message.chunks).contains(&number) {
            return Err(PostError::Chunks);
        }
        let commit = Commit {
            preconditions: vec![is_uploading(&message.id)],
            mail: MailChanges {
                chunks: vec![chunk(&message.id, number, bytes)],
                ..MailChanges::default()
            },
            ..Commit::default()
        };
        match self.inner.store.commit(commit).await {
            Err(StoreError::Precondition(_)) => self.is_known(message, number, bytes).await,
            written => Ok(written.map(|_| ())?),
        }
    }

    async fn is_known(
        &self,
        message: &MailMessage,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), PostError> {
        let known = match marks::key(message, number) {
            Some(key) => self.inner.store.seen(key).await?,
            None => None,
        };
        match known.is_some_and(|known| known.digest == marks::digest(bytes)) {
            true => Ok(()),
            false => Err(PostError::Complete),
        }
    }

    /// Accepts a message if none of its chunks is missing, after this one came. Those that are most
    /// likely missing are looked for first (the last one, then the neighbours of this one), so that
    /// a file that comes in any sensible order is read once.
    pub(crate) async fn accept_if_whole(
        &self,
        message: &MailMessage,
        number: u32,
        event: AuditEvent,
    ) -> Result<bool, PostError> {
        let neighbours = [
            message.chunks,
            number.saturating_add(1),
            number.saturating_sub(1),
        ];
        let there = |number: &u32| (1..=message.chunks).contains(number);
        for number in neighbours.into_iter().filter(there) {
            if self.chunk(message, number).await?.is_none() {
                return Ok(false);
            }
        }
        let mut size = 0;
        let mut marks = Marks::new(message);
        for number in 1..=message.chunks {
            match self.chunk(message, number).await? {
                Some(bytes) => {
                    size += length(&bytes);
                    marks = marks.and(&bytes);
                }
                None => return Ok(false),
            }
        }
        let marks = marks.into_marks(event.at);
        self.accept(message, size, marks, event).await?;
        Ok(true)
    }

    async fn chunk(
        &self,
        message: &MailMessage,
        number: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner
            .store
            .mail_chunk(message.id.clone(), number)
            .await
    }

    /// Accepts a message, all of whose chunks are there. It may have been accepted already. `seen`
    /// is by what its chunks are known again.
    pub(crate) async fn accept(
        &self,
        message: &MailMessage,
        size: u64,
        seen: Vec<SeenMessage>,
        event: AuditEvent,
    ) -> Result<(), PostError> {
        let accepted = MailMessage {
            state: MailState::Accepted,
            changed_at: self.inner.env.now(),
            size,
            ..message.clone()
        };
        let commit = Commit {
            preconditions: vec![is_uploading(&message.id)],
            mail: MailChanges {
                messages: vec![accepted.clone()],
                ..MailChanges::default()
            },
            seen,
            audit: vec![event],
            ..Commit::default()
        };
        match self.inner.store.commit(commit).await {
            Err(StoreError::Precondition(_)) => Ok(()),
            written => {
                written?;
                self.taken(&accepted);
                Ok(())
            }
        }
    }

    /// Whoever it was for has it: its content is dropped. It may have been acknowledged already.
    pub(crate) async fn acknowledge(
        &self,
        message: &MailMessage,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let commit = Commit {
            preconditions: vec![is_accepted(&message.id)],
            mail: self.acknowledged(message),
            audit: vec![event],
            ..Commit::default()
        };
        match self.inner.store.commit(commit).await {
            Ok(_) => self.count(message, "acknowledged"),
            Err(StoreError::Precondition(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What changes when a message is acknowledged.
    pub(crate) fn acknowledged(&self, message: &MailMessage) -> MailChanges {
        MailChanges {
            messages: vec![MailMessage {
                state: MailState::Acknowledged,
                changed_at: self.inner.env.now(),
                ..message.clone()
            }],
            chunks: Vec::new(),
            emptied: vec![message.id.clone()],
        }
    }

    fn taken(&self, message: &MailMessage) {
        self.count(message, "accepted");
        if message.to == self.inner.mailboxes.own().as_str() {
            self.inner.arrived.notify_one();
        }
    }

    /// One count per step of a file, without anything of what it is about.
    pub(crate) fn count(&self, message: &MailMessage, step: &'static str) {
        metrics::counter!(
            "minispine_mail_files_total",
            "interaction" => self.inner.workflows.operation(&message.workflow),
            "step" => step,
        )
        .increment(1);
    }
}

impl Envelope {
    pub(crate) fn into_message(self, now: Timestamp) -> MailMessage {
        MailMessage {
            id: self.id,
            from: self.from.as_str().to_owned(),
            to: self.to.as_str().to_owned(),
            workflow: self.workflow,
            local_id: self.local_id,
            file_name: self.file_name,
            subject: self.subject,
            state: MailState::Uploading,
            chunks: self.chunks,
            size: 0,
            created_at: now,
            changed_at: now,
        }
    }
}

/// The message must be waiting for whoever it is for.
pub(crate) fn is_accepted(id: &str) -> Precondition {
    Precondition::MailInState {
        id: id.to_owned(),
        state: MailState::Accepted,
    }
}

pub(super) fn is_uploading(id: &str) -> Precondition {
    Precondition::MailInState {
        id: id.to_owned(),
        state: MailState::Uploading,
    }
}

pub(crate) fn chunk(message: &str, number: u32, bytes: &[u8]) -> MailChunk {
    MailChunk {
        message: message.to_owned(),
        number,
        bytes: bytes.to_vec(),
    }
}

pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn check_chunk(bytes: &[u8]) -> Result<(), PostError> {
    match bytes.len() {
        0 => Err(PostError::Empty),
        size if size > MAX_CHUNK_BYTES => Err(PostError::TooLarge),
        _ => Ok(()),
    }
}
