//! Upload files, and how far their reading has come.

use domain::OdsCode;
use domain::cpis::RecordOutcome;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::sqlite::apply::execute;
use crate::sqlite::read::{Reader, list};
use crate::sqlite::rows::{damaged, micros, optional_time, parsed, time, unsigned, value, whole};
use crate::{StoreError, Upload};

/// Adds one, or replaces the one of its authority and number.
pub(super) fn add(db: &Connection, new: &Upload) -> Result<(), StoreError> {
    let outcomes: Vec<u8> = new
        .outcomes
        .iter()
        .map(|outcome| outcome.to_byte())
        .collect();
    execute(
        db,
        "INSERT INTO cpis_upload (shard, authority, file, message, digest, declared, result, \
         received_at, answered_at, outcomes) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT (shard, authority, file) DO UPDATE SET message = excluded.message, \
         digest = excluded.digest, declared = excluded.declared, result = excluded.result, \
         received_at = excluded.received_at, answered_at = excluded.answered_at, \
         outcomes = excluded.outcomes",
        params![
            new.authority.as_str(),
            new.file,
            new.message,
            new.digest,
            whole(new.declared),
            new.result,
            micros(new.received_at),
            new.answered_at.map(micros),
            outcomes,
        ],
    )?;
    Ok(())
}

/// How many records of one have been read; `None` if it is not there.
pub(in crate::sqlite) fn records_read(
    db: &Connection,
    authority: &OdsCode,
    file: &str,
) -> Result<Option<u64>, StoreError> {
    // The length stands in the row's head: the bytes are not read.
    let sql = "SELECT length(outcomes) FROM cpis_upload \
               WHERE shard = 0 AND authority = ?1 AND file = ?2";
    let read: Option<i64> = db
        .prepare_cached(sql)?
        .query_row((authority.as_str(), file), |row| row.get(0))
        .optional()?;
    Ok(read.map(|read| u64::try_from(read).unwrap_or_default()))
}

impl Reader {
    pub(in crate::sqlite) fn cpis_upload(
        &self,
        authority: &OdsCode,
        file: &str,
    ) -> Result<Option<Upload>, StoreError> {
        let sql = "SELECT authority, file, message, digest, declared, result, received_at, \
                   answered_at, outcomes FROM cpis_upload \
                   WHERE shard = 0 AND authority = ?1 AND file = ?2";
        list(&self.db, sql, (authority.as_str(), file), upload).map(|mut found| found.pop())
    }
}

fn upload(row: &Row<'_>) -> Result<Upload, StoreError> {
    let outcomes: Vec<u8> = value(row, (8, "outcomes"))?;
    let outcomes = outcomes.into_iter().map(RecordOutcome::from_byte);
    Ok(Upload {
        authority: parsed(row, (0, "authority"))?,
        file: value(row, (1, "file"))?,
        message: value(row, (2, "message"))?,
        digest: value(row, (3, "digest"))?,
        declared: unsigned(row, (4, "declared"))?,
        outcomes: outcomes
            .collect::<Option<_>>()
            .ok_or_else(|| damaged("outcomes"))?,
        result: value(row, (5, "result"))?,
        received_at: time(row, (6, "received_at"))?,
        answered_at: optional_time(row, (7, "answered_at"))?,
    })
}
