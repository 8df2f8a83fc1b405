//! The file of users: TOML or CSV, by the ending of its name.
//!
//! ```toml
//! [[users]]
//! user_id = "999000000017"
//! ods = "Y90001"
//! role_profile_id = "999000000025"
//! job_role = "S8000:G8000:R8000"
//! name = "Dr A Example"
//! activities = ["B0370", "B0168"]
//! valid_from = "2026-01-01"      # may be left out
//! valid_until = "2026-12-31"     # may be left out
//! ```
//!
//! ```csv
//! user_id,ods,role_profile_id,job_role,name,activities,valid_from,valid_until
//! 999000000017,Y90001,999000000025,S8000:G8000:R8000,Dr A Example,B0370 B0168,2026-01-01,
//! ```
//!
//! The columns of a CSV file may stand in any order; the last two may be missing. Activities are
//! separated by spaces or semicolons. What is not known is refused with its line.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::UsersError;
use super::entry::{Entry, Listed};

mod csv;

/// Largest file, bytes.
const LARGEST: u64 = 32 << 20;
/// Most entries.
const MOST: usize = 200_000;

/// In which form a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Toml,
    Csv,
}

/// One entry of a file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) entry: Entry,
    /// The line it begins on, from 1.
    pub(super) line: usize,
    /// The bytes that only it takes up; empty when that cannot be said.
    pub(super) span: Range<usize>,
}

/// The file's entries, in its order, each by itself not yet looked at.
pub(super) fn read(path: &Path) -> Result<Vec<Listed>, UsersError> {
    let found = parse(path, Form::of(path)?, &text(path)?)?;
    let listed = |found: Found| Listed {
        place: place(path, found.line),
        entry: found.entry,
    };
    Ok(found.into_iter().map(listed).collect())
}

/// The file's text.
pub(super) fn text(path: &Path) -> Result<String, UsersError> {
    let unreadable = |source| UsersError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if transport::files::size(path).map_err(unreadable)? > LARGEST {
        let reason = format!("it is larger than {} MiB", LARGEST >> 20);
        return Err(unusable(path, reason));
    }
    let bytes = transport::files::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to());
        let line = before
            .unwrap_or_default()
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        UsersError::Entry {
            place: place(path, line),
            reason: "this is not UTF-8; save the file as UTF-8".to_owned(),
        }
    })
}

/// The entries of a text in this form; `path` is for errors only.
pub(super) fn parse(path: &Path, form: Form, text: &str) -> Result<Vec<Found>, UsersError> {
    let parsed = match form {
        Form::Toml => toml_entries(text),
        Form::Csv => csv::entries(text),
    };
    let found = parsed.map_err(|wrong| UsersError::Entry {
        place: place(path, wrong.line),
        reason: wrong.reason,
    })?;
    match found.get(MOST) {
        Some(_) => Err(unusable(path, format!("it has more than {MOST} entries"))),
        None => Ok(found),
    }
}

impl Form {
    pub(super) fn of(path: &Path) -> Result<Self, UsersError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("toml") => Ok(Self::Toml),
            Some("csv") => Ok(Self::Csv),
            _ => Err(unusable(
                path,
                "its name must end in .toml or .csv".to_owned(),
            )),
        }
    }

    /// An empty file.
    pub(super) fn empty(self) -> String {
        match self {
            Self::Toml => String::new(),
            Self::Csv => csv::HEADING.to_owned(),
        }
    }

    /// An entry as it stands in a file like `text`.
    pub(super) fn written(self, text: &str, entry: &Entry) -> Result<String, String> {
        match self {
            Self::Toml => toml::to_string(entry)
                .map(|keys| format!("[[users]]\n{keys}"))
                .map_err(|error| error.to_string()),
            Self::Csv => csv::written(text, entry),
        }
    }
}

/// Why a text is not a list of users.
#[derive(Debug)]
struct Wrong {
    line: usize,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default)]
    users: Vec<Spanned<Entry>>,
}

fn toml_entries(text: &str) -> Result<Vec<Found>, Wrong> {
    let file: TomlFile = toml::from_str(text).map_err(|error| {
        let reason = error.message().to_owned();
        Wrong {
            line: line_at(text, error.span().unwrap_or_default().start),
            reason: match reason.contains("expected a date") {
                true => format!("{reason}: write days as \"2026-11-01\""),
                false => reason,
            },
        }
    })?;
    let starts: Vec<usize> = file.users.iter().map(|user| user.span().start).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let spans = starts.iter().zip(ends).map(|(start, end)| *start..end);
    let lines = lines_at(text, &starts);
    let placed = file.users.into_iter().zip(spans).zip(lines);
    let found = placed.map(|((user, span), line)| Found {
        line,
        span: own_lines(text, span),
        entry: user.into_inner(),
    });
    Ok(found.collect())
}

/// The part of a `[[users]]` table's range up to its last line that is neither empty nor a comment:
/// what follows is the next table's. An entry in another form than a table has no lines of its own.
fn own_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(table) = text.get(range.clone()).filter(|t| t.starts_with("[[")) else {
        return range.start..range.start;
    };
    let mut length = 0;
    let mut end = 0;
    for line in table.split_inclusive('\n') {
        length += line.len();
        let content = line.trim();
        if !content.is_empty() && !content.starts_with('#') {
            end = length;
        }
    }
    range.start..range.start + end
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

/// The line at each of these places, which are in order.
fn lines_at(text: &str, places: &[usize]) -> Vec<usize> {
    let (mut line, mut counted) = (1, 0);
    let mut lines = Vec::with_capacity(places.len());
    for place in places {
        let between = text.as_bytes().get(counted..*place).unwrap_or_default();
        line += between.iter().filter(|b| **b == b'\n').count();
        counted = counted.max(*place);
        lines.push(line);
    }
    lines
}

fn place(path: &Path, line: usize) -> String {
    format!("{}, line {line}", path.display())
}

pub(super) fn unusable(path: &Path, reason: String) -> UsersError {
    UsersError::Unusable {
        path: PathBuf::from(path),
        reason,
    }
}
