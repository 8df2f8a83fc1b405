//! The schema: its migrations, in order, and which of them a file has had.

use refinery_core::{Migration, Runner};
use rusqlite::Connection;

use crate::StoreError;

/// A migration that is here only in part would be refused as unknown by those who had it before:
/// names and texts never change once they have landed.
macro_rules! migrations {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../migrations/sqlite/", $name, ".sql")))),*]
    };
}

/// Name and text of each. Listed by hand: the library's macro, which reads the folder, would have a
/// second copy of a regular-expression engine built for it alone.
const MIGRATIONS: &[(&str, &str)] = migrations! {
    "V1__initial"
    "V2__accesses_alerts_dead_letters"
    "V3__messages_lanes_authors"
    "V4__cpis_and_mailboxes"
    "V5__seen_marks_in_order"
};

/// Brings a file up to date. A migration whose text changed after it was applied, or one that this
/// program does not know, is refused: the runner compares names and checksums.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let runner = runner()?;
    if let Some(found) = version(connection)? {
        refuse_newer(&runner, found)?;
    }
    match runner.run(connection) {
        Ok(_) => Ok(()),
        Err(error) => Err(schema_error(&error.to_string())),
    }
}

/// Refuses a schema that this program does not know, where it may not be changed.
pub(super) fn check(connection: &mut Connection) -> Result<(), StoreError> {
    let runner = runner()?;
    let Some(found) = version(connection)? else {
        return Err(schema_error("there is no store in this file"));
    };
    refuse_newer(&runner, found)?;
    match i64::from(last(&runner)) == found {
        true => Ok(()),
        false => Err(schema_error(
            "an earlier minispine wrote it; `up`, `serve` or `import` bring it up to date",
        )),
    }
}

/// The last migration that a file has had; nothing if it is empty. A database of somebody else's is
/// refused, before anything is added to it.
fn version(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let tables = |is_history: bool| -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' \
                   AND (name = 'refinery_schema_history') = ?1)";
        connection.query_row(sql, [is_history], |row| row.get(0))
    };
    if !tables(true)? {
        return match tables(false)? {
            true => Err(schema_error("the file is a database, but no store of ours")),
            false => Ok(None),
        };
    }
    let sql = "SELECT max(version) FROM refinery_schema_history";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn refuse_newer(runner: &Runner, found: i64) -> Result<(), StoreError> {
    let known = last(runner);
    match found > i64::from(known) {
        true => Err(schema_error(&format!(
            "a newer minispine wrote it (its version is {found}, this program knows {known})"
        ))),
        false => Ok(()),
    }
}

/// The newest version this program knows.
fn last(runner: &Runner) -> i32 {
    let last = runner.get_migrations().last();
    last.map_or(0, Migration::version)
}

fn runner() -> Result<Runner, StoreError> {
    let migrations = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql));
    match migrations.collect::<Result<Vec<_>, _>>() {
        Ok(migrations) => Ok(Runner::new(&migrations)),
        Err(error) => Err(schema_error(&error.to_string())),
    }
}

fn schema_error(reason: &str) -> StoreError {
    StoreError::Failed(format!("the store's schema: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folder is what a reader looks at, and the list is what is applied.
    #[test]
    fn every_file_of_the_folder_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let of_the_folder = refinery_core::load_sql_migrations(folder).expect("read");
        assert_eq!(runner().expect("listed").get_migrations(), &of_the_folder);
    }
}
