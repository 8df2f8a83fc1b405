//! `minispine outbox list | retry`: what waits to be sent.
//!
//! The patient of an entry is shown: the operator's store is where that may be seen, logs are not.

use std::process::ExitCode;

use anyhow::{Result, bail};
use store::{Commit, OutboxEntry, Precondition, Store};
use transport::Environment;

use super::when::uk;
use crate::arguments::{Outbox, StoreLocation};

/// Entries looked through for one id.
const LOOKED_THROUGH: usize = 1_000_000;

pub(crate) async fn run(outbox: Outbox) -> Result<ExitCode> {
    match outbox {
        Outbox::List {
            dead,
            limit,
            json,
            store,
        } => list(dead, limit, json, &store).await,
        Outbox::Retry { id, store, .. } => retry(id.as_deref(), &store).await,
    }
}

async fn list(dead: bool, limit: usize, json: bool, location: &StoreLocation) -> Result<ExitCode> {
    let store = super::read_store(location)?;
    let entries = match dead {
        true => store.dead_letters(limit).await?,
        false => {
            store
                .outbox(store::OutboxFilter {
                    limit,
                    ..Default::default()
                })
                .await?
        }
    };
    if json {
        for entry in &entries {
            super::print_line(&as_json(entry))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if entries.is_empty() {
        super::print_line(match dead {
            true => "No message was given up.",
            false => "Nothing waits to be sent.",
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let heading = [
        "id",
        "kind",
        "patient",
        "since (UK)",
        "next try (UK)",
        "tries",
        "last error",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(entries.iter().map(row));
    super::print(&super::table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes one message due now, or all that were given up.
async fn retry(id: Option<&str>, location: &StoreLocation) -> Result<ExitCode> {
    let store = super::open_store(location)?;
    let mut entries = store.dead_letters(LOOKED_THROUGH).await?;
    if let Some(id) = id {
        entries.extend(
            store
                .outbox(store::OutboxFilter {
                    limit: LOOKED_THROUGH,
                    ..Default::default()
                })
                .await?,
        );
        entries.retain(|entry| entry.id == id);
        if entries.is_empty() {
            bail!("there is no message {id} in the outbox");
        }
    }
    let count = entries.len();
    for entry in entries {
        store.commit(due_now(entry)).await?;
    }
    super::print_line(&match (id, count) {
        (Some(id), _) => format!("{id} is due now."),
        (None, 1) => "1 message is due now.".to_owned(),
        (None, count) => format!("{count} messages are due now."),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Due now and living, if nobody has taken it meanwhile.
fn due_now(entry: OutboxEntry) -> Commit {
    let preconditions = match entry.dead {
        true => Vec::new(),
        false => vec![Precondition::OutboxAt {
            id: entry.id.clone(),
            tries: entry.tries,
        }],
    };
    Commit {
        preconditions,
        outbox: vec![OutboxEntry {
            next_try: Environment::system().now(),
            dead: false,
            expires: None,
            ..entry
        }],
        ..Commit::default()
    }
}

fn row(entry: &OutboxEntry) -> Vec<String> {
    vec![
        entry.id.clone(),
        entry.kind.clone(),
        entry.patient.map(|p| p.to_string()).unwrap_or_default(),
        uk(entry.queued_at),
        match entry.dead {
            true => "given up".to_owned(),
            false => uk(entry.next_try),
        },
        entry.tries.to_string(),
        entry.last_error.clone().unwrap_or_default(),
    ]
}

fn as_json(entry: &OutboxEntry) -> String {
    serde_json::json!({
        "id": entry.id,
        "kind": entry.kind,
        "patient": entry.patient,
        "queued_at": entry.queued_at,
        "next_try": entry.next_try,
        "tries": entry.tries,
        "expires": entry.expires,
        "dead": entry.dead,
        "last_error": entry.last_error,
    })
    .to_string()
}
