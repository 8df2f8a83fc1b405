//! `GET .../outbox/tracking`: what became of a message.

use serde_json::{Map, Value, json};
use store::{MailFilter, MailMessage, MailState};
use transport::Response;

use super::problem::Problem;
use super::{Call, MailService, Version};

impl MailService {
    /// Only whoever sent a message learns anything of it.
    pub(super) async fn track(&self, call: &Call<'_>) -> Result<Response, Problem> {
        let mut filter = asked(&call.http.query)?;
        filter.from = Some(call.mailbox.as_str().to_owned());
        filter.limit = 2;
        let mut found = self.post.store().mail(filter).await?.into_iter();
        let message = match (found.next(), found.next()) {
            (Some(message), None) => message,
            (None, _) => return Err(Problem::no_message()),
            (Some(_), Some(_)) => return Err(Problem::several()),
        };
        let body = match call.version {
            Version::First => first(&message),
            Version::Second => second(&message),
        };
        let body = with_progress(body, self.post.progress().of(&message.id), call.version);
        Ok(call.version.body(200, &body))
    }
}

/// By which id a message is asked for.
fn asked(query: &str) -> Result<MailFilter, Problem> {
    let wrong = || Problem::query("ask for one messageID or localID");
    let (name, value) = query.split_once('=').ok_or_else(wrong)?;
    let value = decoded(value).ok_or_else(wrong)?;
    match name {
        "messageID" => Ok(MailFilter {
            id: Some(value.to_ascii_uppercase()),
            ..MailFilter::default()
        }),
        "localID" => Ok(MailFilter {
            local_id: Some(value),
            ..MailFilter::default()
        }),
        _ => Err(wrong()),
    }
}

/// A value of a query, percent-encoding resolved; none when it is broken or more than one value.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'&' | b'=' => return None,
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.is_empty()).then_some(text)
}

fn first(message: &MailMessage) -> Value {
    let at = |at: jiff::Timestamp| at.strftime("%Y%m%d%H%M%S").to_string();
    let downloaded = message.state == MailState::Acknowledged;
    json!({
        "addressType": "ALL",
        "chunkCount": message.chunks,
        "downloadTimestamp": if downloaded { at(message.changed_at) } else { String::new() },
        "dtsId": message.id,
        "fileName": message.file_name,
        "fileSize": message.size,
        "localId": message.local_id,
        "messageId": message.id,
        "messageType": "Data",
        "recipient": message.to,
        "sender": message.from,
        "status": status(message.state).0,
        "statusSuccess": if message.state == MailState::Failed { "ERROR" } else { "SUCCESS" },
        "statusTimestamp": at(message.changed_at),
        "subject": message.subject,
        "uploadTimestamp": at(message.created_at),
        "version": "1.0",
        "workflowId": message.workflow,
    })
}

fn second(message: &MailMessage) -> Value {
    json!({
        "message_id": message.id,
        "local_id": message.local_id,
        "workflow_id": message.workflow,
        "filename": message.file_name,
        "upload_timestamp": message.created_at.to_string(),
        "recipient": message.to,
        "status": status(message.state).1,
        "status_success": message.state != MailState::Failed,
        "status_timestamp": message.changed_at.to_string(),
    })
}

/// What a state is called in both versions.
const fn status(state: MailState) -> (&'static str, &'static str) {
    match state {
        MailState::Uploading => ("Uploading", "uploading"),
        MailState::Accepted => ("Accepted", "accepted"),
        MailState::Acknowledged => ("Acknowledged", "acknowledged"),
        MailState::Failed => ("Error", "error"),
    }
}

/// Leaves out what is not known, and adds how far an upload has been read.
fn with_progress(body: Value, progress: Option<(u64, u64)>, version: Version) -> Value {
    let mut members = match body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.retain(|_, value| !value.is_null());
    let names = match version {
        Version::First => ("recordsRead", "recordsDeclared"),
        Version::Second => ("records_read", "records_declared"),
    };
    if let Some((read, declared)) = progress {
        members.insert(names.0.to_owned(), json!(read));
        members.insert(names.1.to_owned(), json!(declared));
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_is_asked_for() {
        let by_id = asked("messageID=abc").expect("a filter");
        assert_eq!(by_id.id.as_deref(), Some("ABC"));
        let by_local = asked("localID=a%20b%2fc+d").expect("a filter");
        assert_eq!(by_local.local_id.as_deref(), Some("a b/c d"));
        for wrong in [
            "",
            "messageID",
            "messageID=",
            "messageid=a",
            "messageID=a&localID=b",
            "localID=%4",
            "localID=%zz",
            "localID=%ff",
        ] {
            assert_eq!(asked(wrong).map_err(|p| p.status), Err(400), "{wrong}");
        }
    }
}
