//! `minispine messages search | show`: what came and went, as the message handlers remember it.
//!
//! The patient of a message and its content are shown: the operator's store is where those may be
//! seen, logs are not.

use std::process::ExitCode;

use anyhow::{Result, bail};
use domain::MessageId;
use store::{Direction, MessageFilter, MessageRecord, Store};

use super::when::{instant, uk};
use crate::arguments::{Messages, MessagesSearch, MessagesShow};

/// Messages shown for one id: what came, what went, in each role, and what answers it.
const OF_ONE_ID: usize = 100;

pub(crate) async fn run(messages: Messages) -> Result<ExitCode> {
    match messages {
        Messages::Search(search) => find(search).await,
        Messages::Show(show) => self::show(show).await,
    }
}

async fn find(search: MessagesSearch) -> Result<ExitCode> {
    let store = super::read_store(&search.store)?;
    let at = |text: &Option<String>, end| text.as_deref().map(|t| instant(t, end)).transpose();
    let filter = MessageFilter {
        owner: search.owner,
        direction: search.direction.map(Into::into),
        patient: search.patient,
        conversation: search.conversation,
        interaction: search.interaction,
        from: at(&search.from, false)?,
        to: at(&search.to, true)?,
        limit: search.limit,
        ..MessageFilter::default()
    };
    let found = store.messages(filter).await?;
    if search.json {
        for record in &found {
            super::print_line(&as_json(record).to_string())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        super::print_line("No message meets all that.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let heading = [
        "when (UK)",
        "role",
        "way",
        "interaction",
        "message",
        "answers",
        "patient",
        "outcome",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(found.iter().map(row));
    super::print(&super::table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

async fn show(show: MessagesShow) -> Result<ExitCode> {
    let store = super::read_store(&show.store)?;
    // Ids are UUIDs, which mean the same in either case; they are kept in upper case.
    let id = MessageId::parse(&show.id.as_str().to_ascii_uppercase())?;
    let of = |message, ref_to| MessageFilter {
        message,
        ref_to,
        limit: OF_ONE_ID,
        ..MessageFilter::default()
    };
    let itself = store.messages(of(Some(id.clone()), None)).await?;
    if itself.is_empty() {
        bail!("there is no message {id} here; `minispine messages search` lists what there is");
    }
    let answers = store.messages(of(None, Some(id))).await?;
    if show.json {
        let list = |records: &[MessageRecord]| records.iter().map(with_body).collect::<Vec<_>>();
        let shown = serde_json::json!({ "message": list(&itself), "answers": list(&answers) });
        super::print_line(&shown.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    for record in itself.iter().chain(&answers) {
        super::print(&in_full(record))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(record: &MessageRecord) -> Vec<String> {
    vec![
        uk(record.at),
        record.owner.clone(),
        way(record.direction).to_owned(),
        record.interaction.clone(),
        record.message.to_string(),
        record
            .ref_to
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        record.patient.map(|p| p.to_string()).unwrap_or_default(),
        record.outcome.clone(),
    ]
}

fn in_full(record: &MessageRecord) -> String {
    let text = |value: Option<String>| value.unwrap_or_default();
    let rows: Vec<Vec<String>> = [
        ("message", record.message.to_string()),
        (
            "way",
            format!("{}, {}", way(record.direction), record.owner),
        ),
        ("when (UK)", uk(record.at)),
        ("interaction", record.interaction.clone()),
        ("service", record.service.clone()),
        ("from", record.from.clone()),
        ("to", record.to.clone()),
        ("conversation", text(record.conversation.clone())),
        (
            "answers",
            text(record.ref_to.as_ref().map(ToString::to_string)),
        ),
        ("patient", text(record.patient.map(|p| p.to_string()))),
        (
            "document",
            text(record.document.as_ref().map(ToString::to_string)),
        ),
        ("outcome", record.outcome.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| vec![name.to_owned(), value])
    .collect();
    let body = record.body.as_deref().map(String::from_utf8_lossy);
    match body {
        Some(body) => format!("{}\n{body}\n\n", super::table(&rows)),
        None => format!("{}\n", super::table(&rows)),
    }
}

fn as_json(record: &MessageRecord) -> serde_json::Value {
    serde_json::json!({
        "message": record.message,
        "owner": record.owner,
        "direction": way(record.direction),
        "at": record.at,
        "interaction": record.interaction,
        "service": record.service,
        "from": record.from,
        "to": record.to,
        "conversation": record.conversation,
        "ref_to": record.ref_to,
        "patient": record.patient,
        "document": record.document,
        "outcome": record.outcome,
    })
}

fn with_body(record: &MessageRecord) -> serde_json::Value {
    let mut shown = as_json(record);
    let body = record.body.as_deref().map(String::from_utf8_lossy);
    shown["body"] = serde_json::json!(body);
    shown
}

const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}
