//! Answered messages, and how they are forgotten.
//!
//! Two are written with every request, so they live in one tree and nothing else. There is no
//! index by expiry: with each new message the writer looks at a few rows further round the table
//! and drops those that have expired, whatever their keys are. So a table in balance is one part
//! expired in [`ROWS_PER_NEW`], dropping costs next to nothing (neighbours share a page), and
//! nobody waits for a clean-up.

use rusqlite::{Connection, OptionalExtension, params};

use super::apply::execute;
use super::read::{Reader, list};
use super::rows::{self, micros, number};
use crate::{Precondition, SeenKey, SeenMessage, StoreError};

/// Rows looked at for each new one. More would keep fewer expired ones and read more.
const ROWS_PER_NEW: usize = 4;

/// When what is known of a message expires, if anything is known.
pub(super) fn expiry(db: &Connection, key: &SeenKey) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT expires FROM seen_message \
               WHERE shard = 0 AND sender = ?1 AND interaction = ?2 AND message = ?3";
    let params = (&key.sender, &key.interaction, key.message.as_str());
    Ok(db
        .prepare_cached(sql)?
        .query_row(params, |row| row.get(0))
        .optional()?)
}

/// Adds all of them, or none: it refuses if one is known, or comes twice.
pub(super) fn remember(db: &Connection, new: &[SeenMessage]) -> Result<(), StoreError> {
    for (at, seen) in new.iter().enumerate() {
        let before = new.get(..at).unwrap_or_default();
        let twice = before.iter().any(|other| other.key == seen.key);
        if twice || !add(db, seen)? {
            // What they replaced had expired, so it may be gone.
            before.iter().try_for_each(|other| forget(db, &other.key))?;
            let unseen = Precondition::MessageUnseen(seen.key.clone());
            return Err(StoreError::Precondition(unseen));
        }
    }
    Ok(())
}

/// Adds one, unless what is known under its key has not expired by then.
fn add(db: &Connection, seen: &SeenMessage) -> Result<bool, StoreError> {
    let written = execute(
        db,
        "INSERT INTO seen_message (shard, sender, interaction, message, expires, at, digest, \
         answer) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (shard, sender, interaction, message) DO UPDATE SET \
         expires = excluded.expires, at = excluded.at, digest = excluded.digest, \
         answer = excluded.answer WHERE expires <= excluded.at",
        params![
            seen.key.sender,
            seen.key.interaction,
            seen.key.message.as_str(),
            micros(seen.expires),
            micros(seen.at),
            seen.digest,
            seen.answer,
        ],
    )?;
    Ok(written > 0)
}

fn forget(db: &Connection, key: &SeenKey) -> Result<(), StoreError> {
    execute(
        db,
        "DELETE FROM seen_message \
         WHERE shard = 0 AND sender = ?1 AND interaction = ?2 AND message = ?3",
        (&key.sender, &key.interaction, key.message.as_str()),
    )?;
    Ok(())
}

/// A key, as the table is ordered: sender, interaction, message.
type Place = (String, String, String);

/// Goes round the table and drops what has expired. Where it is need not be kept: after a start
/// it begins at the first new message, which may be anywhere.
#[derive(Debug, Default)]
pub(super) struct Sweeper {
    /// The last row looked at; `None` before the first of the table.
    place: Option<Place>,
    started: bool,
}

impl Sweeper {
    /// Looks at as many more rows as these new messages pay for.
    pub(super) fn sweep<'a>(
        &mut self,
        db: &Connection,
        new: impl Iterator<Item = &'a SeenMessage>,
    ) -> Result<(), StoreError> {
        let (mut rows, mut now) = (0, i64::MIN);
        for seen in new {
            rows += ROWS_PER_NEW;
            now = now.max(micros(seen.at));
            if !self.started {
                self.started = true;
                self.place = Some(place(&seen.key));
            }
        }
        match rows {
            0 => Ok(()),
            _ => self.step(db, rows, now),
        }
    }

    fn step(&mut self, db: &Connection, rows: usize, now: i64) -> Result<(), StoreError> {
        let from = self.place.take().unwrap_or_default();
        let sql = "SELECT sender, interaction, message, expires <= ?4 FROM seen_message \
                   WHERE shard = 0 AND (sender, interaction, message) > (?1, ?2, ?3) \
                   ORDER BY sender, interaction, message LIMIT ?5";
        let mut statement = db.prepare_cached(sql)?;
        let mut found = statement.query((&from.0, &from.1, &from.2, now, number(rows)))?;
        let (mut looked_at, mut expired, mut last) = (0, false, None);
        while let Some(row) = found.next()? {
            looked_at += 1;
            expired |= row.get::<_, bool>(3)?;
            if looked_at == rows {
                last = Some((row.get(0)?, row.get(1)?, row.get(2)?));
            }
        }
        drop(found);
        if expired {
            drop_expired(db, &from, last.as_ref(), now)?;
        }
        // With the end of the table reached, the next round begins.
        self.place = last;
        Ok(())
    }
}

impl Reader {
    pub(super) fn seen(&self, key: &SeenKey) -> Result<Option<SeenMessage>, StoreError> {
        let mut found = list(
            &self.db,
            "SELECT digest, answer, at, expires FROM seen_message \
             WHERE shard = 0 AND sender = ?1 AND interaction = ?2 AND message = ?3",
            (&key.sender, &key.interaction, key.message.as_str()),
            |row| rows::seen(row, key.clone()),
        )?;
        Ok(found.pop())
    }
}

fn place(key: &SeenKey) -> Place {
    let message = key.message.as_str().to_owned();
    (key.sender.clone(), key.interaction.clone(), message)
}

/// Drops what has expired after `from`, to the end of the table or up to and with `to`.
fn drop_expired(
    db: &Connection,
    from: &Place,
    to: Option<&Place>,
    now: i64,
) -> Result<(), StoreError> {
    let (after, until) = (
        "DELETE FROM seen_message WHERE shard = 0 AND expires <= ?4 \
         AND (sender, interaction, message) > (?1, ?2, ?3)",
        " AND (sender, interaction, message) <= (?5, ?6, ?7)",
    );
    match to {
        Some(to) => execute(
            db,
            &format!("{after}{until}"),
            (&from.0, &from.1, &from.2, now, &to.0, &to.1, &to.2),
        )?,
        None => execute(db, after, (&from.0, &from.1, &from.2, now))?,
    };
    Ok(())
}
