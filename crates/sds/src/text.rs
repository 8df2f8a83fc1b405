//! The text of a file of entries: reading it under a cap, saying on which line something stands,
//! and changing entries without touching anything else in it.

use std::ops::Range;
use std::path::Path;

use crate::FileError;

/// Largest file, bytes.
const LARGEST: u64 = 32 << 20;

/// One entry of a file.
#[derive(Debug, Clone)]
pub(crate) struct Found<E> {
    pub(crate) entry: E,
    /// The line it begins on, from 1.
    pub(crate) line: usize,
    /// The bytes that only it takes up; empty when that cannot be said.
    pub(crate) span: Range<usize>,
}

/// An entry, and where the operator finds it.
#[derive(Debug, Clone)]
pub(crate) struct Listed<E> {
    pub(crate) place: String,
    pub(crate) entry: E,
}

/// Why a text is not a list of entries.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// What becomes of an entry.
#[derive(Debug)]
pub(crate) enum Fate<E> {
    Stays,
    Goes,
    Becomes(E),
}

/// The file's text.
pub(crate) fn read(path: &Path) -> Result<String, FileError> {
    let unreadable = |source| FileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if transport::files::size(path).map_err(unreadable)? > LARGEST {
        let reason = format!("it is larger than {} MiB", LARGEST >> 20);
        return Err(FileError::unusable(path, reason));
    }
    let bytes = transport::files::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to());
        let before = before.unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        FileError::Entry {
            place: place(path, line),
            reason: "this is not UTF-8; save the file as UTF-8".to_owned(),
        }
    })
}

/// Writes the text, whole or not at all; who may read the file stays as it is.
pub(crate) fn save(path: &Path, text: &str) -> Result<(), FileError> {
    transport::files::rewrite_atomic(path, text).map_err(|source| FileError::Unwritable {
        path: path.to_owned(),
        source,
    })
}

/// File and line, for people.
pub(crate) fn place(path: &Path, line: usize) -> String {
    format!("{}, line {line}", path.display())
}

/// Entries with the places where they stand in this file.
pub(crate) fn listed<E: Clone>(path: &Path, found: &[Found<E>]) -> Vec<Listed<E>> {
    let listed = |found: &Found<E>| Listed {
        place: place(path, found.line),
        entry: found.entry.clone(),
    };
    found.iter().map(listed).collect()
}

/// A new text: everything between the entries as it is, each entry as its fate has it, and new ones
/// at the end; and the entries it is meant to have. Nothing when an entry to be changed has no
/// bytes of its own.
pub(crate) fn rewritten<E: Clone>(
    text: &str,
    found: &[Found<E>],
    fates: Vec<Fate<E>>,
    new: Vec<E>,
    written: impl Fn(&E) -> Result<String, String>,
    empty_line_between: bool,
) -> Result<Option<(String, Vec<E>)>, String> {
    let mut out = String::new();
    let mut meant = Vec::new();
    let mut copied = 0;
    for (found, fate) in found.iter().zip(fates) {
        if let Fate::Stays = fate {
            meant.push(found.entry.clone());
            continue;
        }
        let before = text.get(copied..found.span.start);
        let Some(before) = before.filter(|_| !found.span.is_empty()) else {
            return Ok(None);
        };
        out.push_str(before);
        copied = found.span.end;
        if let Fate::Becomes(entry) = fate {
            out.push_str(&written(&entry)?);
            meant.push(entry);
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    for entry in new {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        if empty_line_between && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&written(&entry)?);
        meant.push(entry);
    }
    Ok(Some((out, meant)))
}

/// Entries of an array of tables with the places where they stand.
pub(crate) fn of_tables<E>(text: &str, tables: Vec<toml::Spanned<E>>) -> Vec<Found<E>> {
    let starts: Vec<usize> = tables.iter().map(|table| table.span().start).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let spans = starts.iter().zip(ends).map(|(start, end)| *start..end);
    let lines = lines_at(text, &starts);
    let placed = tables.into_iter().zip(spans).zip(lines);
    let found = placed.map(|((table, span), line)| Found {
        line,
        span: own_lines(text, span),
        entry: table.into_inner(),
    });
    found.collect()
}

/// The part of a table's range up to its last line that is neither empty nor a comment: what
/// follows is the next table's. An entry in another form than a table has no lines of its own.
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

/// The line of this place, from 1.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

/// The line at each of these places, which are in order.
pub(crate) fn lines_at(text: &str, places: &[usize]) -> Vec<usize> {
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
