//! For tests: how SQLite means to carry a statement out.

use rusqlite::{Connection, Params};
use tempfile::TempDir;

use super::connection::open_writer;
use super::options::SqliteOptions;

/// An empty store, and the folder that holds it.
pub(super) fn empty() -> (TempDir, Connection) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let db = open_writer(&path, &SqliteOptions::default()).expect("open");
    (folder, db)
}

/// The steps of a statement's plan, as `EXPLAIN QUERY PLAN` words them. The values only fill its
/// places.
pub(super) fn steps(db: &Connection, sql: &str, values: impl Params) -> Vec<String> {
    let mut plan = db
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("a statement");
    plan.query_map(values, |row| row.get(3))
        .expect("a plan")
        .map(|step| step.expect("a step"))
        .collect()
}
