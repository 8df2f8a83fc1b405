//! One module per command.

use std::borrow::Cow;
use std::io::Write;

use anyhow::{Context, Result};
use store::SqliteStore;

use crate::arguments::StoreLocation;
use crate::demo::Folder;

pub(crate) mod activity;
pub(crate) mod alerts;
pub(crate) mod asking;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod consent;
pub(crate) mod convert;
pub(crate) mod cpis;
pub(crate) mod docs;
pub(crate) mod gp;
pub(crate) mod import;
pub(crate) mod messages;
pub(crate) mod outbox;
pub(crate) mod pds;
pub(crate) mod pki;
pub(crate) mod ptv;
pub(crate) mod rbac;
pub(crate) mod scr;
pub(crate) mod sds;
pub(crate) mod seed;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod up;
pub(crate) mod users;
pub(crate) mod validate;
mod when;

/// Writes to standard output. A reader that has gone away (`| head`) is no error of ours.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// A line on standard error. Where nobody reads it, there is nothing left to be done.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// As [`print()`], with a line end.
pub(crate) fn print_line(text: &str) -> Result<()> {
    print(&format!("{text}\n"))
}

/// Lays rows out in columns; the first row is the heading.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        rows.iter()
            .filter_map(|r| r.get(at))
            .map(|c| c.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// The text in at most so many characters.
pub(crate) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.chars().count() <= most {
        true => Cow::Borrowed(text),
        false => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            Cow::Owned(format!("{}\u{2026}", kept.trim_end()))
        }
    }
}

/// The store a command line names, for writing. A folder that `up` never saw is made.
pub(crate) fn open_store(location: &StoreLocation) -> Result<SqliteStore> {
    if location.store.is_none() {
        transport::files::create_dir_private(&location.data)
            .with_context(|| format!("cannot make the folder {}", location.data.display()))?;
    }
    crate::assembly::open_store(&store_path(location))
}

/// The store a command line names, for reading, beside whoever writes to it.
pub(crate) fn read_store(location: &StoreLocation) -> Result<SqliteStore> {
    let path = store_path(location);
    SqliteStore::open_read_only(&path)
        .with_context(|| format!("cannot read the store {}", path.display()))
}

fn store_path(location: &StoreLocation) -> std::path::PathBuf {
    match &location.store {
        Some(file) => file.clone(),
        None => Folder::new(&location.data).store(),
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        for (text, most, short) in [
            ("accepted", 8, "accepted"),
            ("accepted", 7, "accept…"),
            ("a repetition", 3, "a…"),
            ("ÄÖÜ", 3, "ÄÖÜ"),
            ("", 0, ""),
        ] {
            assert_eq!(shortened(text, most), short);
        }
    }
}
