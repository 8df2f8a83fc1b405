//! Sending: a message, and its further chunks.

use domain::audit::AuditEvent;
use serde_json::json;
use store::{MailMessage, MailState};
use transport::{Request, Response};

use super::problem::Problem;
use super::{Call, MailService, place};
use crate::mail::post::PostError;
use crate::mail::{Envelope, MailboxId};

/// The longest recipient, bytes, as the MESH API has it; so for what follows.
const LONGEST_RECIPIENT: usize = 100;
const LONGEST_SUBJECT: usize = 500;
const LONGEST_TEXT: usize = 300;

impl MailService {
    /// A new message. That of one chunk is complete.
    pub(super) async fn send(
        &self,
        call: &Call<'_>,
        event: &mut AuditEvent,
    ) -> Result<Response, Problem> {
        check_encoding(call.http)?;
        check_sender(call)?;
        let envelope = self.envelope(call)?;
        event.operation = self
            .post
            .workflows()
            .operation(&envelope.workflow)
            .to_owned();
        self.check_workflow(call, &envelope)?;
        let message = self.post.begin(envelope).map_err(|error| match error {
            PostError::Chunks => Problem::chunks(),
            other => other.into(),
        })?;
        self.note(event, &message);
        note_accepted(event, &message);
        let whole = self.post.deposit(message, &call.http.body, event.clone());
        let message = whole.await?;
        if message.state == MailState::Uploading {
            event.outcome = "uploading".to_owned();
        }
        let id = &message.id;
        let (first, second) = (json!({ "messageID": id }), json!({ "message_id": id }));
        Ok(call.version.either(202, &first, Some(&second)))
    }

    /// A further chunk. When none is missing any more, the message is complete.
    pub(super) async fn send_chunk(
        &self,
        call: &Call<'_>,
        (id, number): (&str, u32),
        event: &mut AuditEvent,
    ) -> Result<Response, Problem> {
        check_encoding(call.http)?;
        check_sender(call)?;
        let range = call.http.header("Mex-Chunk-Range").unwrap_or_default();
        let (of, chunks) = range_of(range).ok_or_else(|| Problem::chunks().about(id))?;
        let message = self.post.message(id).await?;
        let message = message.ok_or_else(Problem::no_message)?;
        if message.from != call.mailbox.as_str() {
            return Err(Problem::not_yours());
        }
        self.note(event, &message);
        if of != number || chunks != message.chunks {
            return Err(Problem::chunks().about(id));
        }
        let kept = self.post.keep(&message, number, &call.http.body).await;
        kept.map_err(|error| Problem::from(error).about(id))?;
        note_accepted(event, &message);
        let whole = self.post.accept_if_whole(&message, number, event.clone());
        let whole = whole.await?;
        if !whole {
            event.outcome = "uploading".to_owned();
        }
        let first = json!({ "messageID": id, "blockID": number });
        Ok(call.version.either(202, &first, None))
    }

    fn envelope(&self, call: &Call<'_>) -> Result<Envelope, Problem> {
        let http = call.http;
        let to = text(http, "Mex-To", LONGEST_RECIPIENT)?.ok_or(Problem::no_recipient())?;
        let workflow = text(http, "Mex-WorkflowID", LONGEST_TEXT)?
            .ok_or(Problem::header("Mex-WorkflowID is missing"))?;
        let (number, chunks) = match text(http, "Mex-Chunk-Range", LONGEST_TEXT)? {
            Some(range) => range_of(&range).ok_or(Problem::chunks())?,
            None => (1, 1),
        };
        if number != 1 {
            return Err(Problem::chunks());
        }
        Ok(Envelope {
            id: self.post.env().uuid(),
            from: call.mailbox.clone(),
            to: MailboxId::parse(&to).map_err(|_| Problem::unregistered())?,
            workflow,
            local_id: text(http, "Mex-LocalID", LONGEST_TEXT)?,
            file_name: text(http, "Mex-FileName", LONGEST_TEXT)?,
            subject: text(http, "Mex-Subject", LONGEST_SUBJECT)?,
            chunks,
        })
    }

    /// CP-IS takes uploads and nothing else, from systems that are registered for them.
    fn check_workflow(&self, call: &Call<'_>, envelope: &Envelope) -> Result<(), Problem> {
        if envelope.to != *self.post.mailboxes().own() {
            return Ok(());
        }
        let is_upload = self.post.workflows().is_upload(&envelope.workflow);
        match is_upload && super::may_upload(call.system) {
            true => Ok(()),
            false => Err(Problem::workflow()),
        }
    }
}

fn note_accepted(event: &mut AuditEvent, message: &MailMessage) {
    event.outcome = "accepted".to_owned();
    event.decision = Some(format!("from mailbox {} to {}", message.from, message.to));
}

/// A file is from the mailbox that it is sent through. It need not say so.
fn check_sender(call: &Call<'_>) -> Result<(), Problem> {
    let mut senders = call.http.headers.all("Mex-From").map(str::trim);
    let is_own = |from: &str| from.is_empty() || from.eq_ignore_ascii_case(call.mailbox.as_str());
    match senders.all(is_own) {
        true => Ok(()),
        false => Err(Problem::sender()),
    }
}

/// Contents travel as they are.
fn check_encoding(http: &Request) -> Result<(), Problem> {
    let mut encodings = http.headers.all("Content-Encoding");
    let plain = encodings.all(|encoding| encoding.trim().eq_ignore_ascii_case("identity"));
    let marked = |name| {
        let mark = http.header(name).unwrap_or_default().trim();
        mark.eq_ignore_ascii_case("Y") || mark.eq_ignore_ascii_case("true")
    };
    match plain && !marked("Mex-Content-Compressed") && !marked("Mex-Content-Encrypted") {
        true => Ok(()),
        false => Err(Problem::encoding()),
    }
}

/// The text of a header; none when it is absent or blank.
fn text(http: &Request, name: &str, longest: usize) -> Result<Option<String>, Problem> {
    let text = http.header(name).unwrap_or_default().trim();
    match text.len() > longest || text.chars().any(char::is_control) {
        true => Err(Problem::header(
            "MalformedControlFile: a header is too long or broken",
        )),
        false => Ok((!text.is_empty()).then(|| text.to_owned())),
    }
}

/// `2:5`, which is the second of five.
fn range_of(range: &str) -> Option<(u32, u32)> {
    let (number, of) = range.trim().split_once(':')?;
    let (number, of) = (place::number(number.trim())?, place::number(of.trim())?);
    (1..=of).contains(&number).then_some((number, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_one_of_so_many() {
        for (range, expected) in [
            ("1:1", Some((1, 1))),
            (" 2 : 5 ", Some((2, 5))),
            ("0:1", None),
            ("2:1", None),
            ("1", None),
            ("1:2:3", None),
            ("", None),
            ("+1:2", None),
            ("1:99999999999", None),
        ] {
            assert_eq!(range_of(range), expected, "{range}");
        }
    }
}
