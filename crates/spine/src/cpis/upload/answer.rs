//! The acknowledgement of an upload: written as a message to whoever sent it, in the commit that
//! takes the upload out of the mailbox.

use domain::cpis::{FileCode, RecordOutcome};
use hl7v3::cpis::file::Party;
use hl7v3::cpis::file::response::{Details, Heading};
use jiff::Timestamp;
use store::{Commit, MailMessage, Upload};

use super::check::{self, Corrupt, Sender, Sound};
use super::load::record;
use super::{Trouble, UploadWorker, outcomes};
use crate::cpis::query::zoned;
use crate::mail::{self, Envelope, MailboxId, Outgoing, workflow};

/// After how many records what has been written is handed on.
const HAND_ON: usize = 256;

/// What a file is answered.
#[derive(Debug)]
pub(super) struct Answer {
    code: FileCode,
    file: Option<String>,
    quantity: Option<u64>,
    to: Party,
    /// When it was first answered; `None` for now.
    at: Option<Timestamp>,
    /// What became of its records; none when nothing is to be said of them.
    outcomes: Vec<RecordOutcome>,
    /// For the audit, and of a corrupt file for its sender: nothing of the content.
    why: Option<String>,
}

impl Answer {
    /// A file whose records have been read.
    pub(super) fn of(
        upload: &Upload,
        code: FileCode,
        at: Timestamp,
        sound: &Sound,
        sender: &Sender,
    ) -> Self {
        Self {
            at: Some(at),
            outcomes: upload.outcomes.clone(),
            quantity: Some(outcomes::count(&upload.outcomes)),
            ..Self::alone(code, sound, sender)
        }
    }

    /// A file that was answered before: the same again.
    pub(super) fn again(upload: &Upload, code: FileCode, sound: &Sound, sender: &Sender) -> Self {
        let at = upload.answered_at.unwrap_or(upload.received_at);
        Self {
            why: Some("a repetition: it was answered before".to_owned()),
            ..Self::of(upload, code, at, sound, sender)
        }
    }

    /// A file none of whose records was looked at, for a reason that they say.
    pub(super) fn unstored(
        outcomes: Vec<RecordOutcome>,
        at: Timestamp,
        sound: &Sound,
        sender: &Sender,
    ) -> Self {
        Self {
            at: Some(at),
            outcomes,
            why: Some("the file's number was used before, for another file".to_owned()),
            ..Self::alone(FileCode::Unsuccessful, sound, sender)
        }
    }

    /// A code and nothing about records.
    pub(super) fn alone(code: FileCode, sound: &Sound, sender: &Sender) -> Self {
        Self {
            code,
            file: Some(sound.file.clone()),
            quantity: Some(sound.records),
            to: sender.party(&sound.head.organisation),
            at: None,
            outcomes: Vec::new(),
            why: None,
        }
    }

    /// A file that could not be read.
    pub(super) fn corrupt(code: FileCode, corrupt: Corrupt, at: Timestamp) -> Self {
        Self {
            code,
            file: corrupt.file,
            quantity: corrupt.records,
            to: corrupt.to,
            at: Some(at),
            outcomes: Vec::new(),
            why: Some(corrupt.why),
        }
    }

    fn heading(&self, now: Timestamp) -> Heading {
        let (stored, refused) = outcomes::stored_and_refused(&self.outcomes);
        Heading {
            created: zoned(self.at.unwrap_or(now)),
            file: self.file.clone(),
            quantity: self.quantity,
            codes: vec![self.code],
            to: self.to.clone(),
            stored,
            refused,
        }
    }

    /// For whoever sees the acknowledgement's envelope only: of a corrupt file, which the schema lets
    /// say nothing more, why; of others the counts.
    fn subject(&self) -> String {
        let code = self.code.code();
        match (&self.why, self.code) {
            (Some(why), FileCode::Corrupt) => format!("{code}: {why}"),
            _ => {
                let (stored, refused) = outcomes::stored_and_refused(&self.outcomes);
                format!("{code}: {stored} stored, {refused} refused")
            }
        }
    }

    /// For the audit: `CPF03: file 42, 10 records, 8 stored`.
    fn said(&self) -> String {
        let (stored, refused) = outcomes::stored_and_refused(&self.outcomes);
        let file = self.file.as_deref().unwrap_or("unknown");
        let counts = format!("file {file}: {stored} records stored, {refused} refused");
        match &self.why {
            Some(why) => format!("{counts}; {why}"),
            None => counts,
        }
    }
}

impl UploadWorker {
    /// Writes an acknowledgement, takes the upload out of the mailbox, and whatever else is to be
    /// written, in one.
    pub(super) async fn reply(
        &self,
        message: &MailMessage,
        answer: Answer,
        mut commit: Commit,
    ) -> Result<(), Trouble> {
        let id = mail::id_of(&[b"acknowledgement", message.id.as_bytes()]);
        let unanswered = mail::is_accepted(&message.id);
        let mut out = Outgoing::new(
            &self.post,
            self.envelope(message, &answer, &id)?,
            vec![unanswered.clone()],
        );
        self.write(&mut out, message, &answer).await?;
        let mut event = self
            .post
            .event(&message.workflow, &message.id, answer.code.code());
        event.organisation = Some(answer.to.authority.code.clone());
        event.decision = Some(answer.said());
        event.related = domain::MessageId::parse(&id).into_iter().collect();
        let done = self.post.acknowledged(message);
        commit.preconditions.push(unanswered);
        commit.mail = out.finish();
        commit.mail.messages.extend(done.messages);
        commit.mail.emptied.extend(done.emptied);
        commit.audit.push(event);
        self.post.store().commit(commit).await?;
        told(&answer, message);
        Ok(())
    }

    /// To the mailbox that the upload is from, whatever the file says.
    fn envelope(
        &self,
        message: &MailMessage,
        answer: &Answer,
        id: &str,
    ) -> Result<Envelope, Trouble> {
        let broken = |error: mail::MailboxError| store::StoreError::Failed(error.to_string());
        Ok(Envelope {
            id: id.to_owned(),
            from: self.post.mailboxes().own().clone(),
            to: MailboxId::parse(&message.from).map_err(broken)?,
            workflow: self.post.workflows().acknowledgement.clone(),
            local_id: message.local_id.clone(),
            file_name: None,
            subject: Some(answer.subject()),
            chunks: 1,
        })
    }

    /// Goes over the upload twice, if there is something to say of its records.
    async fn write(
        &self,
        out: &mut Outgoing<'_>,
        message: &MailMessage,
        answer: &Answer,
    ) -> Result<(), Trouble> {
        let mut details = Details::start(answer.heading(self.post.env().now()));
        if !answer.outcomes.is_empty() {
            let mut feed = check::feed(&self.post, message, self.config.check_digit);
            for (number, outcome) in (1..).zip(&answer.outcomes) {
                let Some(record) = record(&mut feed).await? else {
                    break;
                };
                details.record(number, *outcome, &record);
                if number % HAND_ON as u64 == 0 {
                    out.write(&details.take()).await?;
                }
            }
        }
        let mut messages = details.messages();
        if !answer.outcomes.is_empty() {
            let mut feed = check::feed(&self.post, message, self.config.check_digit);
            for (number, outcome) in (1_usize..).zip(&answer.outcomes) {
                let Some(record) = record(&mut feed).await? else {
                    break;
                };
                messages.record(*outcome, &record);
                if number % HAND_ON == 0 {
                    out.write(&messages.take()).await?;
                }
            }
        }
        out.write(&messages.end()).await?;
        Ok(())
    }
}

/// One line and the counts of an upload, without anything of what is in it.
fn told(answer: &Answer, message: &MailMessage) {
    metrics::counter!("minispine_cpis_uploads_total", "result" => answer.code.code()).increment(1);
    for (code, number) in outcomes::by_code(&answer.outcomes) {
        metrics::counter!("minispine_cpis_upload_records_total", "code" => code.code())
            .increment(number);
    }
    let (stored, refused) = outcomes::stored_and_refused(&answer.outcomes);
    tracing::info!(
        interaction = workflow::UPLOAD,
        message_id = message.id,
        mailbox = message.from,
        result = answer.code.code(),
        stored,
        refused,
        "upload answered"
    );
}
