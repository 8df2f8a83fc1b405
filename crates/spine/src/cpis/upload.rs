//! Uploads: the files of plans that local authorities send (REPC_MT000002GB01), and their
//! acknowledgements (REPC_MT000003GB01).
//!
//! [`UploadWorker`] takes complete messages from the mailbox of CP-IS, the oldest first. A file is
//! read three times, each time from its chunks, so that its length costs no memory: once to see
//! that it is whole and from whom it says (`check`), once to store its records in batches
//! (`load`, each record by the one pure function in `decide`), once to write its acknowledgement
//! (`answer`).
//!
//! Architecture invariant: how far a file has been read is written in the commit that stores what
//! was read, on the condition that nobody has read further. So a crash anywhere resumes where it
//! was, and nothing is done twice; and the acknowledgement appears in the commit that marks the
//! file answered and takes it out of the mailbox.
//!
//! Every record that names somebody leaves an event of its own in the audit (`trail`), in the commit
//! of its batch; the whole file leaves another with its acknowledgement.
//!
//! Metrics: `minispine_cpis_uploads_total` by `result` (CPF01 to CPF06),
//! `minispine_cpis_upload_records_total` by `code` (CPR01 to CPR07).

mod answer;
mod check;
mod decide;
mod feed;
mod load;
mod outcomes;
mod trail;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::cpis::{FileCode, RecordFault, RecordOutcome};
use domain::{CheckDigit, OdsCode};
use hl7v3::cpis::file::Party;
use store::{Commit, MailMessage, MailState, Precondition, StoreError, Upload};
use transport::Shutdown;

use crate::mail::Post;
use answer::Answer;
use check::{Corrupt, Sender, Sound};

/// The most messages that one round looks at.
const PER_ROUND: usize = 100;

/// How often is looked for messages that were never completed.
const SWEEP: Duration = Duration::from_secs(3600);

/// How uploads are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadConfig {
    /// Whether the check digits of NHS numbers must be right.
    pub check_digit: CheckDigit,
    /// How many records are decided and stored together.
    pub batch: usize,
    /// How often the mailbox is looked at, if nothing is heard of it meanwhile.
    pub poll: Duration,
    /// How long it is left alone, at most, after the store has failed again and again.
    pub longest_pause: Duration,
    /// How often in a row PDS may fail before the authority is told to send its file again.
    pub patience: u32,
}

impl Default for UploadConfig {
    fn default() -> Self {
        Self {
            check_digit: CheckDigit::Required,
            batch: 500,
            poll: Duration::from_secs(5),
            longest_pause: Duration::from_secs(60),
            patience: 3,
        }
    }
}

/// Takes uploads from the mailbox of CP-IS.
pub struct UploadWorker {
    config: UploadConfig,
    post: Post,
    /// How often PDS has failed in a row, by the message that was being read.
    failures: Mutex<HashMap<String, u32>>,
    /// What authorities have said of themselves, for when a file of theirs cannot be read.
    known: Mutex<HashMap<OdsCode, Party>>,
}

/// What one round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Files that were answered.
    pub answered: usize,
    /// Files that have to wait: the store failed, or somebody else was faster.
    pub waiting: usize,
}

/// Why a file has to wait.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The people of PDS could not be read.
    #[error("PDS: {0}")]
    Pds(StoreError),
    /// An older file of the same number is being read.
    #[error("an older file of the same number is not finished")]
    Later,
}

impl UploadWorker {
    /// A worker over these mailboxes.
    pub fn new(config: UploadConfig, post: Post) -> Self {
        Self {
            config,
            post,
            failures: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Works until it is told to stop. It may also be dropped at any time: nothing is lost by it.
    pub async fn run(self, mut shutdown: Shutdown) {
        let mut pause = self.config.poll;
        let mut swept = None;
        loop {
            let round = tokio::select! {
                () = shutdown.recv() => return,
                round = self.round() => round,
            };
            self.sweep(&mut swept).await;
            let is_well = round.waiting == 0;
            pause = match is_well {
                true => self.config.poll,
                false => pause.saturating_mul(2).min(self.config.longest_pause),
            };
            tokio::select! {
                () = shutdown.recv() => return,
                () = self.post.arrival(), if is_well => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Now and then, what was begun and never completed is given up.
    async fn sweep(&self, swept: &mut Option<Duration>) {
        let now = self.post.env().monotonic();
        let is_time = swept.is_none_or(|last| now.saturating_sub(last) >= SWEEP);
        if !is_time {
            return;
        }
        *swept = Some(now);
        match self.post.sweep().await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "unfinished messages were given up"),
            Err(error) => tracing::warn!(%error, "unfinished messages stay"),
        }
    }

    /// Takes everything that waits now.
    pub async fn round(&self) -> Round {
        let mut round = Round::default();
        let own = self.post.mailboxes().own();
        let waiting = match self.post.waiting(own, None, PER_ROUND).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, "the mailbox of CP-IS cannot be read");
                round.waiting = 1;
                return round;
            }
        };
        for message in &waiting {
            match self.take(message).await {
                Ok(()) => round.answered += 1,
                Err(trouble) => {
                    round.waiting += 1;
                    tracing::warn!(message_id = message.id, %trouble, "an upload has to wait");
                }
            }
        }
        round
    }

    /// Takes one message, to its answer.
    async fn take(&self, message: &MailMessage) -> Result<(), Trouble> {
        if !self.post.workflows().is_upload(&message.workflow) {
            return Ok(self.set_aside(message).await?);
        }
        let taken = self.read(message).await;
        match taken {
            Err(Trouble::Pds(error)) if self.has_no_patience(&message.id) => {
                tracing::warn!(%error, "PDS cannot be asked: an upload is to be sent again");
                self.give_up(message).await?;
            }
            taken => taken?,
        }
        self.failures().remove(&message.id);
        Ok(())
    }

    /// What becomes of a file by its head, and by what is known of its number.
    async fn read(&self, message: &MailMessage) -> Result<(), Trouble> {
        let sender = self.sender(message)?;
        let mut feed = check::feed(&self.post, message, self.config.check_digit);
        let sound = match check::head(&mut feed, &sender).await? {
            Ok(sound) => sound,
            Err(corrupt) => return self.refuse(message, corrupt).await,
        };
        self.remember(&sound, &sender);
        let known = self.known(&sound).await?;
        let is_old = self.post.workflows().is_obsolete(&message.workflow);
        if let Some(upload) = known
            .as_ref()
            .filter(|known| known.message == message.id && known.result.is_none() && !is_old)
        {
            let read = Some(outcomes::count(&upload.outcomes));
            return self
                .load_and_answer(message, &sound, upload.clone(), read)
                .await;
        }
        match check::body(feed, sound, &sender).await? {
            Err(corrupt) => self.refuse(message, corrupt).await,
            Ok((sound, _)) if is_old => {
                let answer = Answer::alone(FileCode::Obsolete, &sound, &sender);
                self.reply(message, answer, Commit::default()).await
            }
            Ok((sound, digest)) => self.place(message, &sound, digest, known, &sender).await,
        }
    }

    fn sender(&self, message: &MailMessage) -> Result<Sender, StoreError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Sender::of(&self.post, message, &known)
    }

    /// Remembers what a file from the mailbox of its organisation says of that.
    fn remember(&self, sound: &Sound, sender: &Sender) {
        let says = &sound.head.organisation;
        if sender.organisation.as_ref() == Some(&sound.authority) && says.name.is_some() {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(sound.authority.clone(), sender.party(says));
        }
    }

    async fn known(&self, sound: &Sound) -> Result<Option<Upload>, StoreError> {
        let (authority, file) = (sound.authority.clone(), sound.file.clone());
        self.post.store().cpis_upload(authority, file).await
    }

    /// A whole file: new, or one of a number that was there before.
    async fn place(
        &self,
        message: &MailMessage,
        sound: &Sound,
        digest: [u8; 32],
        known: Option<Upload>,
        sender: &Sender,
    ) -> Result<(), Trouble> {
        let read = known.as_ref().map(|known| outcomes::count(&known.outcomes));
        let result = known.as_ref().and_then(|known| known.result.as_deref());
        match (&known, result.and_then(FileCode::of)) {
            // It was to be sent again.
            (_, Some(FileCode::NoPds)) => {}
            (Some(known), Some(code)) if known.digest == digest => {
                let answer = Answer::again(known, code, sound, sender);
                return self.reply(message, answer, Commit::default()).await;
            }
            (Some(_), Some(_)) => return self.refuse_number(message, sound, sender).await,
            (Some(known), None) if self.is_waiting(&known.message).await? => {
                return Err(Trouble::Later);
            }
            _ => {}
        }
        let upload = Upload {
            authority: sound.authority.clone(),
            file: sound.file.clone(),
            message: message.id.clone(),
            digest,
            declared: sound.records,
            outcomes: Vec::new(),
            result: None,
            received_at: message.changed_at,
            answered_at: None,
        };
        self.load_and_answer(message, sound, upload, read).await
    }

    async fn is_waiting(&self, id: &str) -> Result<bool, StoreError> {
        let message = self.post.message(id).await?;
        Ok(message.is_some_and(|message| message.state == MailState::Accepted))
    }

    /// Stores what has not been stored yet, then answers. `read` is how far the store has it.
    async fn load_and_answer(
        &self,
        message: &MailMessage,
        sound: &Sound,
        upload: Upload,
        read: Option<u64>,
    ) -> Result<(), Trouble> {
        let sender = self.sender(message)?;
        let mut upload = self.load(message, sound, upload, read).await?;
        let code = outcomes::file_code(&upload.outcomes);
        let at = self.post.env().now();
        upload.result = Some(code.code().to_owned());
        upload.answered_at = Some(at);
        let answer = Answer::of(&upload, code, at, sound, &sender);
        let mut commit = Commit {
            preconditions: vec![is_at(&upload)],
            ..Commit::default()
        };
        commit.cpis.uploads.push(upload);
        self.reply(message, answer, commit).await?;
        Ok(())
    }

    /// CPF01: nothing is stored.
    async fn refuse(&self, message: &MailMessage, corrupt: Box<Corrupt>) -> Result<(), Trouble> {
        let code = match self.post.workflows().is_obsolete(&message.workflow) {
            true => FileCode::Obsolete,
            false => FileCode::Corrupt,
        };
        let answer = Answer::corrupt(code, *corrupt, self.post.env().now());
        self.reply(message, answer, Commit::default()).await
    }

    /// CPF04: the number was used for another file. The file itself has no fault, so it is not
    /// called corrupt; each record says why it was not stored.
    async fn refuse_number(
        &self,
        message: &MailMessage,
        sound: &Sound,
        sender: &Sender,
    ) -> Result<(), Trouble> {
        let refused = RecordOutcome::Fault(RecordFault::FileReused);
        let count = usize::try_from(sound.records).unwrap_or(usize::MAX);
        let outcomes = vec![refused; count];
        let at = self.post.env().now();
        let answer = Answer::unstored(outcomes, at, sound, sender);
        self.reply(message, answer, Commit::default()).await
    }

    /// CPF05: PDS could not be asked. What was stored so far stays: it was verified, and storing
    /// it again changes nothing.
    async fn give_up(&self, message: &MailMessage) -> Result<(), Trouble> {
        let sender = self.sender(message)?;
        let mut feed = check::feed(&self.post, message, self.config.check_digit);
        let sound = match check::head(&mut feed, &sender).await? {
            Ok(sound) => sound,
            Err(corrupt) => return self.refuse(message, corrupt).await,
        };
        let answer = Answer::alone(FileCode::NoPds, &sound, &sender);
        let mut commit = Commit::default();
        let known = self.known(&sound).await?;
        if let Some(mut upload) = known.filter(|known| known.message == message.id) {
            commit.preconditions.push(is_at(&upload));
            upload.result = Some(FileCode::NoPds.code().to_owned());
            upload.answered_at = Some(self.post.env().now());
            commit.cpis.uploads.push(upload);
        }
        self.reply(message, answer, commit).await
    }

    /// Something that is no upload. The ways in refuse it, so its workflow has changed since.
    async fn set_aside(&self, message: &MailMessage) -> Result<(), StoreError> {
        let event = self.post.event(&message.workflow, &message.id, "refused");
        let mut mail = self.post.acknowledged(message);
        for message in &mut mail.messages {
            message.state = MailState::Failed;
        }
        let commit = Commit {
            preconditions: vec![crate::mail::is_accepted(&message.id)],
            mail,
            audit: vec![event],
            ..Commit::default()
        };
        self.post.store().commit(commit).await?;
        Ok(())
    }

    fn has_no_patience(&self, id: &str) -> bool {
        let mut failures = self.failures();
        let count = failures.entry(id.to_owned()).or_default();
        *count += 1;
        *count >= self.config.patience
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody has read the upload further than this.
fn is_at(upload: &Upload) -> Precondition {
    Precondition::UploadAt {
        authority: upload.authority.clone(),
        file: upload.file.clone(),
        read: Some(outcomes::count(&upload.outcomes)),
    }
}
