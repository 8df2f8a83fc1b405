//! `minispine audit verify | search | export`

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};
use store::{AuditRecord, Store};

use super::when::instant;
use crate::arguments::{Audit, AuditFilter, StoreLocation};

/// Records read at one time by an export.
const PAGE: usize = 1_000;
/// Room for a decision on a terminal; all of it is in `--json`.
const DECISION_WIDTH: usize = 48;

pub(crate) async fn run(audit: Audit) -> Result<ExitCode> {
    match audit {
        Audit::Verify { store, json } => verify(&store, json).await,
        Audit::Search {
            filter,
            store,
            json,
        } => search(filter, &store, json).await,
        Audit::Export { output, store } => export(output.as_deref(), &store).await,
    }
}

async fn verify(location: &StoreLocation, json: bool) -> Result<ExitCode> {
    let store = super::read_store(location)?;
    let total = store.counts().await?.audit;
    let bar = crate::progress::bar(total, "verifying");
    let outcome = store.verify_audit(|done| bar.set_position(done));
    bar.finish_and_clear();
    match outcome {
        Ok(verified) => {
            let head = hex(&verified.head);
            super::print_line(&match json {
                true => serde_json::json!({"valid": true, "records": verified.count, "head": head})
                    .to_string(),
                false => format!(
                    "the audit is whole: {} records, head {head}\n\
                     (keep the head elsewhere: it shows whether the end was cut off later)",
                    verified.count
                ),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            super::print_line(&match json {
                true => {
                    serde_json::json!({"valid": false, "reason": broken.to_string()}).to_string()
                }
                false => format!("THE AUDIT IS BROKEN: {broken}"),
            })?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn search(filter: AuditFilter, location: &StoreLocation, json: bool) -> Result<ExitCode> {
    let store = super::read_store(location)?;
    let from = filter
        .from
        .as_deref()
        .map(|text| instant(text, false))
        .transpose()?;
    let to = filter
        .to
        .as_deref()
        .map(|text| instant(text, true))
        .transpose()?;
    let records = store
        .audit_search(store::AuditFilter {
            patient: filter.patient,
            user: filter.user,
            message: filter.message,
            organisation: filter.organisation,
            from,
            to,
            limit: filter.limit,
        })
        .await?;
    if json {
        for record in &records {
            super::print_line(&as_json(record)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = vec![
        [
            "no.",
            "when (UK)",
            "role",
            "operation",
            "outcome",
            "disclosed",
            "patient",
            "user",
            "decision",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    // A pipe has room for all of it.
    let room = match std::io::stdout().is_terminal() {
        true => DECISION_WIDTH,
        false => usize::MAX,
    };
    rows.extend(records.iter().map(|record| row(record, room)));
    super::print(&super::table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

async fn export(output: Option<&std::path::Path>, location: &StoreLocation) -> Result<ExitCode> {
    let store = super::read_store(location)?;
    let bar = crate::progress::bar(store.counts().await?.audit, "exporting");
    let started = output.map(|path| {
        transport::files::AtomicWriter::create(path)
            .with_context(|| format!("cannot write {}", path.display()))
    });
    let mut out = started.transpose()?;
    let mut after = 0;
    loop {
        let records = store.audit_records(after, PAGE).await?;
        let Some(last) = records.last() else { break };
        after = last.sequence;
        for record in &records {
            let line = as_json(record)? + "\n";
            match &mut out {
                Some(file) => file
                    .write_all(line.as_bytes())
                    .context("cannot write the export")?,
                None => super::print(&line)?,
            }
        }
        bar.inc(records.len() as u64);
    }
    bar.finish_and_clear();
    if let Some(file) = out {
        file.finish().context("cannot write the export")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The cells of a record; its decision in at most so many characters.
fn row(record: &AuditRecord, room: usize) -> Vec<String> {
    let event = &record.event;
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        record.sequence.to_string(),
        super::when::uk(event.at),
        event.role.clone(),
        event.operation.clone(),
        event.outcome.clone(),
        if event.disclosed { "yes" } else { "no" }.to_owned(),
        text(event.patient.map(|p| p.to_string())),
        text(event.user.as_ref().map(|u| u.to_string())),
        super::shortened(event.decision.as_deref().unwrap_or_default(), room).into_owned(),
    ]
}

/// The record as one line: the very text that is hashed stands in it as `event`.
fn as_json(record: &AuditRecord) -> Result<String> {
    let event = serde_json::value::to_value(&record.event)?;
    Ok(serde_json::json!({
        "sequence": record.sequence,
        "previous": hex(&record.previous),
        "hash": hex(&record.hash),
        "text": record.text,
        "event": event,
    })
    .to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use domain::audit::AuditEvent;

    use super::*;

    #[test]
    fn a_row_ends_with_the_decision_as_far_as_there_is_room() {
        let at = "2026-07-02T09:00:00Z".parse().expect("a time");
        let mut event = AuditEvent::new(at, "smsp", "querySCR", "SMSP-0000");
        let record = |event: &AuditEvent| AuditRecord {
            sequence: 1,
            previous: [0; 32],
            hash: [0; 32],
            text: String::new(),
            event: event.clone(),
        };
        let last = |event: &AuditEvent, room| row(&record(event), room).pop();
        assert_eq!(last(&event, 10).as_deref(), Some(""));
        event.decision = Some("a repetition: the first answer again".to_owned());
        assert_eq!(last(&event, 12).as_deref(), Some("a repetitio\u{2026}"));
        assert_eq!(last(&event, usize::MAX), event.decision);
    }
}
