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
    match runner()?.run(connection) {
        Ok(_) => Ok(()),
        Err(error) => Err(schema_error(&error.to_string())),
    }
}

/// Refuses a schema that this program does not know, where it may not be changed.
pub(super) fn check(connection: &mut Connection) -> Result<(), StoreError> {
    let runner = runner()?;
    let known = runner.get_migrations().last().map(Migration::version);
    let found = runner
        .get_last_applied_migration(connection)
        .map_err(|error| schema_error(&error.to_string()))?
        .map(|migration| migration.version());
    if known != found {
        return Err(schema_error(
            "it is of another version; open it for writing once",
        ));
    }
    Ok(())
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
