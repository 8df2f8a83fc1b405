//! Messages to send, and those that were given up.

use rusqlite::{Connection, params};

use super::apply::execute;
use super::read::{Reader, list};
use super::rows::{self, micros, number};
use crate::{OutboxEntry, OutboxFilter, StoreError};

/// Adds one, or replaces the one of its id.
pub(super) fn queue(db: &Connection, entry: &OutboxEntry) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO outbox (shard, id, lane, kind, payload, nhs_number, queued_at, next_try, \
         tries, expires, last_error, dead) \
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (shard, id) DO UPDATE SET lane = excluded.lane, \
         kind = excluded.kind, payload = excluded.payload, nhs_number = excluded.nhs_number, \
         queued_at = excluded.queued_at, next_try = excluded.next_try, tries = excluded.tries, \
         expires = excluded.expires, last_error = excluded.last_error, dead = excluded.dead",
        params![
            entry.id,
            entry.lane,
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

/// What is due in a lane.
const OF_A_LANE: &str = "SELECT * FROM outbox WHERE shard = 0 AND dead = 0 AND lane = ?1 \
    AND next_try <= ?2 ORDER BY next_try, id LIMIT ?3";

/// The one of an id, living or dead.
const OF_AN_ID: &str = "SELECT * FROM outbox WHERE shard = 0 AND id = ?1 \
    AND (?2 IS NULL OR lane = ?2) AND next_try <= ?3 LIMIT ?4";

impl Reader {
    pub(super) fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<OutboxEntry>, StoreError> {
        let due = filter.due.map_or(i64::MAX, micros);
        let limit = number(filter.limit);
        if let Some(id) = &filter.id {
            let params = (id, &filter.lane, due, limit);
            return list(&self.db, OF_AN_ID, params, rows::outbox);
        }
        match &filter.lane {
            Some(lane) => list(&self.db, OF_A_LANE, (lane, due, limit), rows::outbox),
            // For people, not for couriers: all lanes are gone through, but only in the index.
            None => list(
                &self.db,
                "SELECT * FROM outbox WHERE rowid IN (SELECT rowid FROM outbox \
                 INDEXED BY outbox_by_lane WHERE shard = 0 AND dead = 0 AND next_try <= ?1 \
                 ORDER BY next_try, id LIMIT ?2) ORDER BY next_try, id",
                (due, limit),
                rows::outbox,
            ),
        }
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

#[cfg(test)]
mod tests {
    use crate::sqlite::plan;

    /// A courier asks often: it must not look at what is not due, or not its own.
    #[test]
    fn what_is_due_in_a_lane_is_found_in_order_by_the_index() {
        let (_folder, db) = plan::empty();
        let steps = plan::steps(&db, super::OF_A_LANE, ("smsp", 1, 1));
        let expected =
            "SEARCH outbox USING INDEX outbox_by_lane (shard=? AND lane=? AND next_try<?)";
        assert_eq!(steps, [expected]);
    }
}
