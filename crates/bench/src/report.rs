//! The report, as a table for people and as JSON for machines.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use crate::durable::Durable;
use crate::measure::Figures;

/// One row of the report.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: &'static str,
    pub(crate) product: Figures,
    pub(crate) bare: Figures,
    /// Requests per second of the product over those of the bare server.
    pub(crate) ratio: f64,
    /// Of a workload that writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) durable: Option<Durable>,
}

/// The whole report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// A large upload of CP-IS, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpis_upload: Option<crate::cpis::Upload>,
    /// From the start of the process to its first answer, milliseconds, with a store that is
    /// there already.
    pub(crate) first_answer_ms: u128,
    /// Resident memory before the load, MiB.
    pub(crate) idle_memory_mib: u64,
    /// Highest resident memory, MiB.
    pub(crate) peak_memory_mib: u64,
    pub(crate) connections: usize,
}

pub(crate) fn print(report: &Report, json: bool) -> Result<()> {
    match json {
        true => line(&serde_json::to_string_pretty(report)?),
        false => line(&text(report)),
    }
}

fn text(report: &Report) -> String {
    let mut lines = vec![format!(
        "{:<21} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9} {:>6}",
        "workload", "req/s", "p50 ms", "p99 ms", "CPU us", "bare req/s", "bare CPU", "ratio"
    )];
    for row in &report.rows {
        lines.push(format!(
            "{:<21} {:>9.0} {:>9.2} {:>9.2} {:>9.0} {:>11.0} {:>9.0} {:>6.2}",
            row.workload,
            row.product.requests_per_second,
            row.product.p50_ms,
            row.product.p99_ms,
            row.product.server_cpu_us,
            row.bare.requests_per_second,
            row.bare.server_cpu_us,
            row.ratio,
        ));
    }
    lines.push(String::new());
    for row in &report.rows {
        if let Some(durable) = &row.durable {
            lines.push(format!("{}: {}", row.workload, durable.text()));
        }
    }
    lines.extend(report.cpis_upload.iter().map(crate::cpis::Upload::text));
    lines.push(format!(
        "{} connections; first answer {} ms after start; memory {} MiB idle, {} MiB at most",
        report.connections, report.first_answer_ms, report.idle_memory_mib, report.peak_memory_mib
    ));
    lines.join("\n")
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_tell_of_durable_commits() {
        let figures = |requests_per_second| Figures {
            requests_per_second,
            p50_ms: 5.0,
            p99_ms: 9.0,
            server_cpu_us: 100.0,
            answer_bytes: 2_000,
        };
        let goal = crate::durable::Goal {
            commits: 2_000.0,
            flushes: Some(3.0),
        };
        let row = |workload, durable| Row {
            workload,
            product: figures(2_500.0),
            bare: figures(10_000.0),
            ratio: 0.25,
            durable,
        };
        let report = Report {
            rows: vec![
                row(
                    "createPTV",
                    Some(Durable::new(&figures(2_500.0), 2.0, 64, goal)),
                ),
                row("PSIS list", None),
            ],
            cpis_upload: None,
            first_answer_ms: 40,
            idle_memory_mib: 20,
            peak_memory_mib: 60,
            connections: 64,
        };
        let text = text(&report);
        assert!(
            text.contains("createPTV: 2500 durable commits/s; p50 5.00 ms is 2.5 flushes of 2.00"),
            "{text}"
        );
        assert_eq!(text.matches("durable").count(), 1, "{text}");

        let json = serde_json::to_value(&report).expect("JSON");
        let durable = json.pointer("/rows/0/durable").expect("durable");
        assert_eq!(durable["p50_in_flushes"], 2.5);
        assert_eq!(durable["goals_met"], true);
        assert_eq!(json.pointer("/rows/1/durable"), None);
    }
}
