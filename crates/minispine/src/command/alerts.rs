//! `minispine alerts`: what the privacy officer is told of.

use std::process::ExitCode;

use anyhow::Result;
use store::{AlertFilter, ReceivedAlert, Store};

use super::when::{instant, uk};
use crate::arguments::Alerts;

pub(crate) async fn run(alerts: Alerts) -> Result<ExitCode> {
    let store = super::read_store(&alerts.store)?;
    let at = |text: &Option<String>, end| text.as_deref().map(|t| instant(t, end)).transpose();
    let filter = AlertFilter {
        organisation: alerts.organisation.clone(),
        from: at(&alerts.from, false)?,
        to: at(&alerts.to, true)?,
        limit: alerts.limit,
        ..AlertFilter::default()
    };
    let found = store.alerts(filter).await?;
    if alerts.json {
        for received in &found {
            super::print_line(&as_json(received)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        super::print_line("No alert fits.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let heading = [
        "when (UK)",
        "type",
        "reason",
        "patient",
        "user",
        "name",
        "organisation",
        "in their words",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(found.iter().map(row));
    super::print(&super::table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

fn row(received: &ReceivedAlert) -> Vec<String> {
    let alert = &received.alert;
    vec![
        uk(alert.at),
        alert.kind.display_name().to_owned(),
        alert.reason.display_name().to_owned(),
        alert.patient.to_string(),
        alert.user.to_string(),
        alert.user_name.clone(),
        alert.organisation.to_string(),
        alert.words.clone().unwrap_or_default(),
    ]
}

fn as_json(received: &ReceivedAlert) -> Result<String> {
    Ok(serde_json::json!({
        "alert": serde_json::to_value(&received.alert)?,
        "received_at": received.received_at,
        "message": received.message,
    })
    .to_string())
}
