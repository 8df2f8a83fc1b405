//! The report, as a table for people and as JSON for machines.

use std::io::Write;

use anyhow::Result;

use crate::Report;

pub(crate) fn print(report: &Report, json: bool) -> Result<()> {
    if json {
        return line(&serde_json::to_string_pretty(report)?);
    }
    line(&format!(
        "{:<16} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9} {:>6}",
        "workload", "req/s", "p50 ms", "p99 ms", "CPU us", "bare req/s", "bare CPU", "ratio"
    ))?;
    for row in &report.rows {
        line(&format!(
            "{:<16} {:>9.0} {:>9.2} {:>9.2} {:>9.0} {:>11.0} {:>9.0} {:>6.2}",
            row.workload,
            row.product.requests_per_second,
            row.product.p50_ms,
            row.product.p99_ms,
            row.product.server_cpu_us,
            row.bare.requests_per_second,
            row.bare.server_cpu_us,
            row.ratio,
        ))?;
    }
    line(&format!(
        "\n{} connections; first answer {} ms after start; memory {} MiB idle, {} MiB at most",
        report.connections, report.first_answer_ms, report.idle_memory_mib, report.peak_memory_mib
    ))
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
