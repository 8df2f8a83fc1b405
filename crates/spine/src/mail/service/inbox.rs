//! Taking: what waits, its chunks, and that it has been taken.

use domain::audit::AuditEvent;
use serde_json::json;
use store::{MailMessage, MailState};
use transport::Response;

use super::place::What;
use super::problem::Problem;
use super::{Call, MailService, place};

/// The most messages that one listing names.
const MOST_LISTED: usize = 500;

/// The fewest messages that a caller may ask to be named.
const FEWEST_LISTED: usize = 10;

/// How far messages are counted.
const MOST_COUNTED: usize = 10_000;

impl MailService {
    pub(super) async fn open(
        &self,
        call: &Call<'_>,
        what: &What,
        event: &mut AuditEvent,
    ) -> Result<Response, Problem> {
        event.outcome = "ok".to_owned();
        match what {
            What::Handshake => Ok(handshake(call)),
            What::Count => self.count(call).await,
            What::List => self.list(call).await,
            What::Fetch { id, chunk } => self.fetch(call, (id, *chunk), event).await,
            What::Acknowledge { id } => self.acknowledge(call, id, event).await,
            What::Send => self.send(call, event).await,
            What::SendChunk { id, chunk } => self.send_chunk(call, (id, *chunk), event).await,
            What::Track => self.track(call).await,
        }
    }

    async fn count(&self, call: &Call<'_>) -> Result<Response, Problem> {
        let waiting = self.post.waiting(call.mailbox, None, MOST_COUNTED).await?;
        let count = waiting.len();
        let first = json!({
            "count": count,
            "internalID": self.post.env().uuid(),
            "allResultsIncluded": count < MOST_COUNTED,
        });
        let second = json!({ "count": count });
        Ok(call.version.either(200, &first, Some(&second)))
    }

    async fn list(&self, call: &Call<'_>) -> Result<Response, Problem> {
        let wanted = Wanted::of(&call.http.query)?;
        let workflow = wanted.workflow.as_deref();
        let waiting = self.post.waiting(call.mailbox, workflow, wanted.limit);
        let waiting = waiting.await?;
        let ids: Vec<&str> = waiting.iter().map(|message| message.id.as_str()).collect();
        let first = json!({ "messages": ids });
        let second = json!({
            "messages": ids,
            "approx_inbox_count": ids.len(),
            "links": { "self": call.http.path },
        });
        Ok(call.version.either(200, &first, Some(&second)))
    }

    /// A message that is for this mailbox. That another's is there is told to nobody but the audit.
    async fn own(
        &self,
        call: &Call<'_>,
        id: &str,
        event: &mut AuditEvent,
    ) -> Result<MailMessage, Problem> {
        let message = self.post.message(id).await?;
        let message = message.ok_or_else(Problem::no_message)?;
        self.note(event, &message);
        match message.to == call.mailbox.as_str() {
            true => Ok(message),
            false => Err(Problem::not_yours()),
        }
    }

    async fn fetch(
        &self,
        call: &Call<'_>,
        (id, number): (&str, u32),
        event: &mut AuditEvent,
    ) -> Result<Response, Problem> {
        let message = self.own(call, id, event).await?;
        match message.state {
            MailState::Accepted => {}
            MailState::Uploading => return Err(Problem::no_message()),
            MailState::Acknowledged | MailState::Failed => return Err(Problem::gone()),
        }
        if !(1..=message.chunks).contains(&number) {
            return Err(Problem::no_message());
        }
        let bytes = self.post.store().mail_chunk(message.id.clone(), number);
        // Acknowledged, and so emptied, since.
        let bytes = bytes.await?.ok_or_else(Problem::gone)?;
        event.disclosed = true;
        event.outcome = "fetched".to_owned();
        event.decision = Some(format!("chunk {number} of {}", message.chunks));
        self.record(event.clone()).await?;
        self.post.count(&message, "fetched");
        Ok(chunk(&message, number, bytes))
    }

    async fn acknowledge(
        &self,
        call: &Call<'_>,
        id: &str,
        event: &mut AuditEvent,
    ) -> Result<Response, Problem> {
        let message = self.own(call, id, event).await?;
        if message.state == MailState::Uploading {
            return Err(Problem::no_message());
        }
        event.outcome = "acknowledged".to_owned();
        if message.state == MailState::Accepted {
            self.post.acknowledge(&message, event.clone()).await?;
        }
        let first = json!({ "messageId": message.id });
        Ok(call.version.either(200, &first, None))
    }
}

fn handshake(call: &Call<'_>) -> Response {
    let first = json!({ "mailboxId": call.mailbox.as_str() });
    call.version.either(200, &first, None)
}

/// What a listing is to name.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    limit: usize,
    workflow: Option<String>,
}

impl Wanted {
    fn of(query: &str) -> Result<Self, Problem> {
        let mut wanted = Self {
            limit: MOST_LISTED,
            workflow: None,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("max_results", value)) => {
                    let limit = place::number(value).and_then(|n| usize::try_from(n).ok());
                    let limit = limit.filter(|limit| *limit >= FEWEST_LISTED);
                    let wrong = Problem::query("max_results must be a number from 10 on");
                    wanted.limit = limit.ok_or(wrong)?.min(MOST_LISTED);
                }
                Some(("workflow_filter", value)) if is_plain(value) => {
                    wanted.workflow = Some(value.to_owned());
                }
                Some(("workflow_filter", _)) => {
                    return Err(Problem::query("workflow_filter must be one workflow id"));
                }
                _ => {
                    return Err(Problem::query(
                        "only max_results and workflow_filter are known",
                    ));
                }
            }
        }
        Ok(wanted)
    }
}

/// Letters, digits and what workflow ids have beside them: nothing that a query encodes.
fn is_plain(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !value.is_empty() && value.bytes().all(plain)
}

/// A chunk and what is known of its message. The last one (or the only one) is 200, others are 206.
fn chunk(message: &MailMessage, number: u32, bytes: Vec<u8>) -> Response {
    let status = if number == message.chunks { 200 } else { 206 };
    let at = message.changed_at.strftime("%Y%m%d%H%M%S").to_string();
    let file_name = match &message.file_name {
        Some(name) => name.clone(),
        None => format!("{}.dat", message.id),
    };
    let mut response = Response::new(status, "application/octet-stream", bytes)
        .with_header("Mex-From", sendable(&message.from))
        .with_header("Mex-To", sendable(&message.to))
        .with_header("Mex-WorkflowID", sendable(&message.workflow))
        .with_header("Mex-Chunk-Range", format!("{number}:{}", message.chunks))
        .with_header("Mex-Total-Chunks", message.chunks.to_string())
        .with_header("Mex-AddressType", "ALL")
        .with_header("Mex-FileName", sendable(&file_name))
        .with_header("Mex-Version", "1.0")
        .with_header("Mex-MessageType", "DATA")
        .with_header("Mex-MessageID", sendable(&message.id))
        .with_header("Mex-StatusCode", "00")
        .with_header("Mex-StatusEvent", "TRANSFER")
        .with_header("Mex-StatusDescription", "Transferred to recipient mailbox")
        .with_header("Mex-StatusSuccess", "SUCCESS")
        .with_header("Mex-StatusTimestamp", at);
    for (name, value) in [
        ("Mex-LocalID", &message.local_id),
        ("Mex-Subject", &message.subject),
    ] {
        if let Some(value) = value {
            response = response.with_header(name, sendable(value));
        }
    }
    response
}

/// As a header can carry it: what came through a folder may have other characters.
fn sendable(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '?'
        }
    };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_asked_for_plainly() {
        let wanted = |limit, workflow: Option<&str>| {
            Ok(Wanted {
                limit,
                workflow: workflow.map(str::to_owned),
            })
        };
        for (query, expected) in [
            ("", wanted(500, None)),
            ("max_results=10", wanted(10, None)),
            ("max_results=5000", wanted(500, None)),
            ("workflow_filter=CPIS_ASN", wanted(500, Some("CPIS_ASN"))),
        ] {
            assert_eq!(Wanted::of(query), expected, "{query}");
        }
        for wrong in [
            "max_results=9",
            "max_results=x",
            "workflow_filter=*A*",
            "workflow_filter=",
            "continue_from=x",
            "max_results",
        ] {
            assert_eq!(Wanted::of(wrong).map_err(|p| p.status), Err(400), "{wrong}");
        }
    }

    #[test]
    fn what_a_header_cannot_carry_is_masked() {
        assert_eq!(sendable("a é\r\nb"), "a ???b");
    }
}
