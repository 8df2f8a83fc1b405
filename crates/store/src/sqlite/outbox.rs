//! Messages to send, and those that were given up.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::apply::execute;
use super::read::{Reader, list};
use super::rows::{self, micros, number};
use crate::{OutboxEntry, StoreError};

/// Adds one, or replaces the one of its id.
pub(super) fn queue(db: &Connection, entry: &OutboxEntry) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO outbox (shard, id, kind, payload, nhs_number, queued_at, next_try, tries, \
         expires, last_error, dead) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
         ON CONFLICT (shard, id) DO UPDATE SET \
         kind = excluded.kind, payload = excluded.payload, nhs_number = excluded.nhs_number, \
         queued_at = excluded.queued_at, next_try = excluded.next_try, tries = excluded.tries, \
         expires = excluded.expires, last_error = excluded.last_error, dead = excluded.dead",
        params![
            entry.id,
            entry.kind,
            entry.payload,
            entry.patient.as_ref().map(|patient| patient.as_str()),
            micros(entry.queued_at),
            micros(entry.next_try),
            entry.tries,
            entry.expires.map(micros),
            entry.last_error,
            entry.dead,
        ],
    )?;
    Ok(())
}

/// Takes one out, if it is there.
pub(super) fn done(db: &Connection, id: &str) -> Result<(), StoreError> {
    execute(db, "DELETE FROM outbox WHERE shard = 0 AND id = ?1", [id])?;
    Ok(())
}

/// How many there are: living, dead.
pub(super) fn counts(db: &Connection) -> Result<(i64, i64), StoreError> {
    // One statement each, so that each is counted in an index of its own.
    let of = |sql| db.prepare_cached(sql)?.query_row([], |row| row.get(0));
    Ok((
        of("SELECT count(*) FROM outbox WHERE shard = 0 AND dead = 0")?,
        of("SELECT count(*) FROM outbox WHERE shard = 0 AND dead = 1")?,
    ))
}

impl Reader {
    pub(super) fn outbox(
        &self,
        due: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        list(
            &self.db,
            "SELECT * FROM outbox WHERE shard = 0 AND dead = 0 AND next_try <= ?1 \
             ORDER BY next_try, id LIMIT ?2",
            (due.map_or(i64::MAX, micros), number(limit)),
            rows::outbox,
        )
    }

    pub(super) fn dead_letters(&self, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        list(
            &self.db,
            "SELECT * FROM outbox WHERE shard = 0 AND dead = 1 ORDER BY queued_at, id LIMIT ?1",
            [number(limit)],
            rows::outbox,
        )
    }
}
