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

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::entry::Entry;
use crate::FileError;
use crate::text::{self, Listed, Wrong};

mod csv;

/// Most entries.
const MOST: usize = 200_000;

/// In which form a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Toml,
    Csv,
}

/// One entry of a file.
pub(super) type Found = text::Found<Entry>;

/// The file's entries, in its order, each by itself not yet looked at.
pub(super) fn read(path: &Path) -> Result<Vec<Listed<Entry>>, FileError> {
    let found = parse(path, Form::of(path)?, &text::read(path)?)?;
    Ok(text::listed(path, &found))
}

/// The entries of a text in this form; `path` is for errors only.
pub(super) fn parse(path: &Path, form: Form, text: &str) -> Result<Vec<Found>, FileError> {
    let parsed = match form {
        Form::Toml => toml_entries(text),
        Form::Csv => csv::entries(text),
    };
    let found = parsed.map_err(|wrong| FileError::Entry {
        place: text::place(path, wrong.line),
        reason: wrong.reason,
    })?;
    match found.get(MOST) {
        Some(_) => Err(FileError::unusable(
            path,
            format!("it has more than {MOST} entries"),
        )),
        None => Ok(found),
    }
}

impl Form {
    pub(super) fn of(path: &Path) -> Result<Self, FileError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("toml") => Ok(Self::Toml),
            Some("csv") => Ok(Self::Csv),
            _ => Err(FileError::unusable(
                path,
                "its name must end in .toml or .csv",
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
            line: text::line_at(text, error.span().unwrap_or_default().start),
            reason: match reason.contains("expected a date") {
                true => format!("{reason}: write days as \"2026-11-01\""),
                false => reason,
            },
        }
    })?;
    Ok(text::of_tables(text, file.users))
}
