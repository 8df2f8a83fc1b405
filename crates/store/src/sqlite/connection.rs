//! Opening connections: settings, schema, dictionaries.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::blocks::{self, Times};
use super::options::SqliteOptions;
use super::schema;
use crate::{StoreError, audit, compression};

/// The most that the writer's page cache may have. When a page is split SQLite gives pages the number
/// of the one at 1 GiB for a moment, and then, in a file that is smaller, goes through all of its
/// cache at the end of the transaction to drop what is past the end of the file. That costs more
/// than what a larger cache saves: other pages are copies in the memory of the system.
const WRITER_CACHE: u64 = 8 * 1024 * 1024;

/// Smallest unit of a transaction's writes. Most commits are small.
const PAGE_BYTES: u64 = 4096;

/// The writer's connection, with the schema up to date and every dictionary in place.
pub(super) fn open_writer(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch(&format!("PRAGMA page_size={PAGE_BYTES}"))?;
    common(&connection, options.cache_bytes.min(WRITER_CACHE))?;
    // FULL: the log is flushed at every commit. NORMAL would lose acknowledged commits when the
    // power goes. The journal limit gives disk space back after a burst.
    connection.execute_batch(&format!(
        "PRAGMA journal_mode=WAL;
         PRAGMA synchronous=FULL;
         PRAGMA wal_autocheckpoint={};
         PRAGMA journal_size_limit=67108864;",
        options.checkpoint_pages,
    ))?;
    schema::migrate(&mut connection)?;
    keep_dictionaries(&connection)?;
    check_head(&connection)?;
    blocks::complete(&mut connection)?;
    if let Some(bytes) = options.max_bytes {
        let pages = (bytes / PAGE_BYTES).max(1);
        connection.execute_batch(&format!("PRAGMA max_page_count={pages}"))?;
    }
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn open_reader(path: &Path, cache_bytes: u64) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    common(&connection, cache_bytes)?;
    connection.execute_batch("PRAGMA query_only=ON")?;
    Ok(connection)
}

fn common(connection: &Connection, cache_bytes: u64) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::from_secs(5))?;
    // More than a writer, or a reader, has of them: none is prepared again and again.
    connection.set_prepared_statement_cache_capacity(128);
    // The plan of a statement does not depend on what is bound to it: every statement here has one
    // good plan, and without this SQLite makes a new one each time other values are bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // The file is not mapped into memory: SQLite gives the mapping up, and makes it anew, whenever
    // anybody has committed since the last read. Then a read took twice as long as with its pages
    // copied. (And an error of the disk would be a signal that ends the process.)
    connection.execute_batch(&format!(
        "PRAGMA cache_size=-{};
         PRAGMA temp_store=MEMORY;
         PRAGMA mmap_size=0;
         PRAGMA trusted_schema=OFF;",
        (cache_bytes / 1024).max(64),
    ))?;
    Ok(())
}

/// Puts the dictionary of this program beside those of earlier ones.
fn keep_dictionaries(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR IGNORE INTO dictionary (id, sha256, content) VALUES (?1, ?2, ?3)",
        (
            compression::CURRENT,
            compression::digest(compression::BUILT_IN),
            compression::BUILT_IN,
        ),
    )?;
    let kept: [u8; 32] = connection.query_row(
        "SELECT sha256 FROM dictionary WHERE id = ?1",
        [compression::CURRENT],
        |row| row.get(0),
    )?;
    if kept != compression::digest(compression::BUILT_IN) {
        return Err(StoreError::Corrupt(
            "the compression dictionary is another one".to_owned(),
        ));
    }
    Ok(())
}

/// The audit must end where it was left.
fn check_head(connection: &Connection) -> Result<(), StoreError> {
    // One view of both: another process may be writing.
    let view = connection.unchecked_transaction()?;
    let head = Head::read(&view)?;
    let mut last =
        view.prepare("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")?;
    let mut rows = last.query([])?;
    let (sequence, hash) = match rows.next()? {
        Some(row) => (row.get(0)?, row.get(1)?),
        None => (0, audit::START),
    };
    if (sequence, hash) != (head.sequence, head.hash) {
        return Err(StoreError::Corrupt(
            "the audit does not end where it was left".to_owned(),
        ));
    }
    Ok(())
}

/// The single row of table `head`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The last audit record's sequence number; 0 if there is none.
    pub(super) sequence: i64,
    /// Its hash.
    pub(super) hash: [u8; 32],
    /// Documents in the store.
    pub(super) documents: i64,
    /// The last access's number; 0 if there is none.
    pub(super) accesses: i64,
    /// CP-IS plans in the store.
    pub(super) plans: i64,
    /// CP-IS accesses in the store.
    pub(super) cpis_accesses: i64,
    /// Messages of mailboxes in the store.
    pub(super) mail: i64,
    /// The last number of an answered message; 0 if there was none.
    pub(super) seen: i64,
    /// The times of the audit's last block; `None` if it is empty, the one before being whole.
    pub(super) times: Option<Times>,
}

impl Head {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let sql = "SELECT audit_sequence, audit_hash, documents, accesses, block_oldest, \
                   block_newest, plans, cpis_accesses, mail, seen FROM head WHERE shard = 0";
        Ok(connection.prepare_cached(sql)?.query_row([], |row| {
            Ok(Self {
                sequence: row.get(0)?,
                hash: row.get(1)?,
                documents: row.get(2)?,
                accesses: row.get(3)?,
                times: row.get::<_, Option<i64>>(4)?.zip(row.get(5)?),
                plans: row.get(6)?,
                cpis_accesses: row.get(7)?,
                mail: row.get(8)?,
                seen: row.get(9)?,
            })
        })?)
    }

    pub(super) fn write(&self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "UPDATE head SET audit_sequence = ?1, audit_hash = ?2, documents = ?3, \
                   accesses = ?4, block_oldest = ?5, block_newest = ?6, plans = ?7, \
                   cpis_accesses = ?8, mail = ?9, seen = ?10 WHERE shard = 0";
        connection.prepare_cached(sql)?.execute((
            self.sequence,
            self.hash,
            self.documents,
            self.accesses,
            self.times.map(|(oldest, _)| oldest),
            self.times.map(|(_, newest)| newest),
            self.plans,
            self.cpis_accesses,
            self.mail,
            self.seen,
        ))?;
        Ok(())
    }
}
