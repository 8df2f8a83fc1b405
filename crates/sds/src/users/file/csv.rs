//! Users as comma-separated values (RFC 4180).

use std::ops::Range;
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord, Terminator, Trim, WriterBuilder};

use super::Found;
use crate::text::{Wrong, lines_at};
use crate::users::entry::Entry;

/// The first line of a new file.
pub(super) const HEADING: &str =
    "user_id,ods,role_profile_id,job_role,name,activities,valid_from,valid_until\n";
/// Columns that every file must have.
const REQUIRED: [&str; 6] = [
    "user_id",
    "ods",
    "role_profile_id",
    "job_role",
    "name",
    "activities",
];
/// Columns that may be missing.
const OPTIONAL: [&str; 2] = ["valid_from", "valid_until"];
/// What spreadsheets put at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

pub(super) fn entries(text: &str) -> Result<Vec<Found>, Wrong> {
    let body = text.trim_start_matches(BYTE_ORDER_MARK);
    let skipped = text.len() - body.len();
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .from_reader(body.as_bytes());
    let columns = reader.headers().map_err(|error| broken(&error))?.clone();
    check_columns(&columns)?;
    let mut rows = Vec::new();
    for row in reader.records() {
        rows.push(row.map_err(|error| broken(&error))?);
    }
    let spans = spans(text, skipped, &rows);
    let starts: Vec<usize> = spans.iter().map(|span| span.start).collect();
    let placed = rows.iter().zip(spans).zip(lines_at(text, &starts));
    let found = placed.map(|((row, span), line)| match entry(&columns, row) {
        Ok(entry) => Ok(Found { entry, line, span }),
        Err(reason) => Err(Wrong { line, reason }),
    });
    found.collect()
}

/// Which part of the text each row is, without empty lines before it.
fn spans(text: &str, skipped: usize, rows: &[StringRecord]) -> Vec<Range<usize>> {
    let starts: Vec<usize> = rows.iter().map(|row| skipped + start(row)).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let span = |(start, end): (&usize, usize)| {
        let row = text.get(*start..end).unwrap_or_default();
        let empty = row.len() - row.trim_start_matches(['\r', '\n']).len();
        start + empty..end
    };
    starts.iter().zip(ends).map(span).collect()
}

/// A row with the columns of a file.
pub(super) fn written(text: &str, entry: &Entry) -> Result<String, String> {
    let body = text.trim_start_matches(BYTE_ORDER_MARK);
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .from_reader(body.as_bytes());
    let columns = reader.headers().map_err(|error| error.to_string())?;
    let day = |day: &Option<jiff::civil::Date>| day.map(|d| d.to_string()).unwrap_or_default();
    for (name, value) in [
        ("valid_from", entry.valid_from),
        ("valid_until", entry.valid_until),
    ] {
        if value.is_some() && !columns.iter().any(|column| column == name) {
            return Err(format!("the file has no column {name}"));
        }
    }
    let cell = |column: &str| match column {
        "user_id" => entry.user_id.to_string(),
        "ods" => entry.ods.to_string(),
        "role_profile_id" => entry.role_profile_id.to_string(),
        "job_role" => entry.job_role.to_string(),
        "name" => entry.name.clone(),
        "activities" => entry.activities.join(" "),
        "valid_from" => day(&entry.valid_from),
        _ => day(&entry.valid_until),
    };
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    let row = columns.iter().map(cell);
    writer
        .write_record(row)
        .map_err(|error| error.to_string())?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

fn check_columns(columns: &StringRecord) -> Result<(), Wrong> {
    let wrong = |reason: String| Err(Wrong { line: 1, reason });
    let known = || REQUIRED.iter().chain(&OPTIONAL);
    if let Some(other) = columns.iter().find(|c| !known().any(|k| k == c)) {
        let names: Vec<&str> = known().copied().collect();
        let names = names.join(", ");
        return wrong(format!("{other:?} is no column; there are {names}"));
    }
    if let Some(missing) = REQUIRED.iter().find(|r| !columns.iter().any(|c| c == **r)) {
        return wrong(format!("there is no column {missing}"));
    }
    let twice = |k: &&&str| columns.iter().filter(|c| *c == **k).count() > 1;
    match known().find(twice) {
        Some(twice) => wrong(format!("column {twice} is there twice")),
        None => Ok(()),
    }
}

fn entry(columns: &StringRecord, row: &StringRecord) -> Result<Entry, String> {
    let cell = |name: &str| {
        let cells = columns.iter().zip(row);
        cells
            .filter(|(column, _)| *column == name)
            .map(|(_, value)| value)
            .next()
            .unwrap_or_default()
    };
    let day = |name: &str| match cell(name) {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| format!("column {name}: write days like 2026-11-01")),
    };
    let activities = cell("activities").split([' ', ';', '\t']);
    Ok(Entry {
        user_id: parsed("user_id", cell("user_id"))?,
        ods: parsed("ods", cell("ods"))?,
        role_profile_id: parsed("role_profile_id", cell("role_profile_id"))?,
        job_role: parsed("job_role", cell("job_role"))?,
        name: cell("name").to_owned(),
        activities: activities
            .filter(|code| !code.is_empty())
            .map(str::to_owned)
            .collect(),
        valid_from: day("valid_from")?,
        valid_until: day("valid_until")?,
    })
}

fn parsed<T: FromStr>(column: &str, value: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    value
        .parse()
        .map_err(|error| format!("column {column}: {error}"))
}

fn start(row: &StringRecord) -> usize {
    let byte = row.position().map_or(0, csv::Position::byte);
    usize::try_from(byte).unwrap_or(usize::MAX)
}

fn broken(error: &csv::Error) -> Wrong {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("there are {len} columns here and {expected_len} in the heading"),
        _ => error.to_string(),
    };
    Wrong {
        line: usize::try_from(line).unwrap_or(usize::MAX),
        reason,
    }
}
