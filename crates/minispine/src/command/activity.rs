//! `minispine activity`: who looked at which record.

use std::process::ExitCode;

use anyhow::Result;
use client::ActivityQuery;
use itk::scr::report::{Report, Row};
use transport::Environment;

use super::asking::{answer, client_of};
use super::when;
use crate::arguments::Activity;

pub(crate) async fn run(activity: Activity) -> Result<ExitCode> {
    let client = client_of(&activity.endpoint.client_file()?, &Environment::system())?;
    let asked = ActivityQuery {
        low: when::hl7_day(activity.from)?,
        high: activity.to.map(when::hl7_day).transpose()?,
        patient: activity.patient,
        user: activity.user.clone(),
    };
    answer(client.activity(&asked).await?, |report| {
        if activity.format.json {
            return super::print_line(&as_json(&report));
        }
        if activity.format.csv {
            return super::print(&as_csv(&report));
        }
        super::print(&as_table(&report))?;
        if report.is_cut_short() {
            super::complain(&format!(
                "minispine: the provider gave the first {} of {} accesses; ask for a shorter period",
                report.header.returned, report.header.matching
            ));
        }
        Ok(())
    })
}

fn as_table(report: &Report) -> String {
    if report.rows.is_empty() {
        return "Nobody looked.\n".to_owned();
    }
    let heading = [
        "when (UK)",
        "patient",
        "user",
        "name",
        "organisation",
        "emergency",
        "reason",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(report.rows.iter().map(cells));
    super::table(&rows)
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        spaced(&row.at),
        row.patient.clone(),
        row.user.clone(),
        row.user_name.clone(),
        format!("{} {}", row.organisation, row.organisation_name),
        if row.emergency { "yes" } else { "no" }.to_owned(),
        row.reason.clone(),
    ]
}

/// `20260302093000` as people write it; anything else as it is.
fn spaced(digits: &str) -> String {
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    match digits.len() == 14 && digits.bytes().all(|b| b.is_ascii_digit()) {
        true => format!(
            "{}-{}-{} {}:{}:{}",
            part(0..4),
            part(4..6),
            part(6..8),
            part(8..10),
            part(10..12),
            part(12..14)
        ),
        false => digits.to_owned(),
    }
}

/// A line for each access under a heading, with the line ends of files on this machine.
fn as_csv(report: &Report) -> String {
    let mut out = String::from(
        "organisation,organisation_name,nhs_number,user_id,role_profile_id,user_name,emergency,reason,at\n",
    );
    for row in &report.rows {
        let emergency = if row.emergency { "T" } else { "F" };
        let fields = [
            &row.organisation,
            &row.organisation_name,
            &row.patient,
            &row.user,
            &row.role_profile,
            &row.user_name,
            emergency,
            &row.reason,
            &row.at,
        ];
        let quoted: Vec<String> = fields
            .iter()
            .map(|field| format!("\"{}\"", field.replace('"', "\"\"")))
            .collect();
        out.push_str(&quoted.join(","));
        out.push('\n');
    }
    out
}

fn as_json(report: &Report) -> String {
    let rows: Vec<_> = report
        .rows
        .iter()
        .map(|row| {
            serde_json::json!({
                "at": row.at,
                "patient": row.patient,
                "user": row.user,
                "role_profile": row.role_profile,
                "user_name": row.user_name,
                "organisation": row.organisation,
                "organisation_name": row.organisation_name,
                "emergency": row.emergency,
                "reason": row.reason,
            })
        })
        .collect();
    serde_json::json!({
        "created": report.header.created,
        "returned": report.header.returned,
        "matching": report.header.matching,
        "from": report.header.low,
        "to": report.header.high,
        "accesses": rows,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spaced_when_they_are_times() {
        assert_eq!(spaced("20260302093001"), "2026-03-02 09:30:01");
        assert_eq!(spaced("20260302"), "20260302");
        assert_eq!(spaced("2026030209300é"), "2026030209300é");
    }
}
