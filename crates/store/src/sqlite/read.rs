//! Every read, on a connection that cannot write.

mod namespaces;
mod record;

use std::ops::Deref;
use std::path::Path;

use domain::NhsNumber;
use rusqlite::{Connection, Params, Row};

use self::namespaces::Namespaces;
use super::connection::{Head, open_reader};
use super::outbox;
use super::rows::{self, consent_columns, number};
use crate::compression::Decoder;
use crate::{AuditRecord, ConsentRecord, Counts, StoreError};

/// A connection and what it needs to read documents.
pub(super) struct Reader {
    pub(super) db: Connection,
    pub(super) decoder: Decoder,
    of_authors: Namespaces,
}

impl Reader {
    pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        Ok(Self {
            db: open_reader(path, cache_bytes)?,
            decoder: Decoder::default(),
            of_authors: Namespaces::default(),
        })
    }

    /// All rows, each read by `read`.
    fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        list(&self.db, sql, params, read)
    }

    pub(super) fn consent_history(
        &self,
        patient: NhsNumber,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        let sql = concat!(
            "SELECT ",
            consent_columns!(),
            " FROM consent WHERE nhs_number = ?1 ORDER BY version"
        );
        self.list(sql, [patient.as_str()], rows::consent)
    }

    pub(super) fn audit_records(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.list(
            "SELECT sequence, previous, hash, text FROM audit WHERE sequence > ?1 \
             ORDER BY sequence LIMIT ?2",
            (i64::try_from(after).unwrap_or(i64::MAX), number(limit)),
            rows::audit,
        )
    }

    pub(super) fn patients(
        &self,
        after: Option<NhsNumber>,
        limit: usize,
    ) -> Result<Vec<NhsNumber>, StoreError> {
        self.list(
            "SELECT DISTINCT nhs_number FROM document WHERE nhs_number > ?1 AND state = 1 \
             ORDER BY nhs_number LIMIT ?2",
            (
                after.as_ref().map_or("", |after| after.as_str()),
                number(limit),
            ),
            rows::patient,
        )
    }

    pub(super) fn counts(&self) -> Result<Counts, StoreError> {
        let view = View::begin(&self.db)?;
        let head = Head::read(&view)?;
        let (living, dead) = outbox::counts(&view)?;
        let count = |number| u64::try_from(number).unwrap_or_default();
        Ok(Counts {
            documents: count(head.documents),
            audit: count(head.sequence),
            outbox: count(living),
            dead_letters: count(dead),
            plans: count(head.plans),
            cpis_accesses: count(head.cpis_accesses),
            mail: count(head.mail),
        })
    }
}

/// A moment of the database: until it is dropped every statement sees the same. Its statements are
/// kept prepared, because some of the reads are hardly longer than they are.
pub(super) struct View<'a>(&'a Connection);

impl<'a> View<'a> {
    pub(super) fn begin(db: &'a Connection) -> Result<Self, StoreError> {
        db.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(db))
    }
}

impl Deref for View<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // Nothing was written, so to commit is to end. An error may have ended it before.
        let ended = self.0.prepare_cached("COMMIT");
        let ended = ended.and_then(|mut commit| commit.execute([]));
        if ended.is_err() && !self.0.is_autocommit() {
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

pub(super) fn list<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}
