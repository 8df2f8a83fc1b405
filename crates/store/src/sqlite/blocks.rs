//! The audit in blocks of [`BLOCK`] records, which is how it is searched.
//!
//! An index by patient, by user or by message over all of the audit would have each record dirty
//! one page of each, somewhere among thousands, and pages are what a commit costs. So the block
//! comes first in those indexes: what is written at one time goes to the same few pages, and a
//! search looks into each block (or only those of the period asked about, since of each block the
//! oldest and the newest time are noted). Three million records are three thousand looks.

use std::collections::BTreeMap;

use domain::audit::AuditEvent;
use rusqlite::{Connection, OptionalExtension};

use super::apply::execute;
use super::rows::micros;
use crate::StoreError;

/// Records in a block. The indexes have it in their expressions (`sequence / 1024`).
pub(super) const BLOCK: i64 = 1_024;

/// The oldest and the newest time of some records.
pub(super) type Times = (i64, i64);

/// Notes the times of records that follow number `after`.
pub(super) fn note<'a>(
    db: &Connection,
    after: i64,
    events: impl Iterator<Item = &'a AuditEvent>,
) -> Result<(), StoreError> {
    let mut blocks: BTreeMap<i64, Times> = BTreeMap::new();
    for (sequence, event) in (after + 1..).zip(events) {
        let at = micros(event.at);
        let (oldest, newest) = blocks.entry(sequence / BLOCK).or_insert((at, at));
        (*oldest, *newest) = (at.min(*oldest), at.max(*newest));
    }
    for (block, (oldest, newest)) in blocks {
        execute(
            db,
            "INSERT INTO audit_block (shard, block, oldest, newest) VALUES (0, ?1, ?2, ?3) \
             ON CONFLICT (shard, block) DO UPDATE SET \
             oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)",
            (block, oldest, newest),
        )?;
    }
    Ok(())
}

/// What was noted of a block.
pub(super) fn noted(db: &Connection, block: i64) -> Result<Option<Times>, StoreError> {
    let sql = "SELECT oldest, newest FROM audit_block WHERE shard = 0 AND block = ?1";
    Ok(db
        .prepare_cached(sql)?
        .query_row([block], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}
