//! Answered messages, and how they are forgotten.
//!
//! Two are written with every request, and looked for before that. So their rows are appended, in the
//! order of a number, and which number a key has is known in memory ([`index`]): finding that a message
//! is new, as nearly all are, reads no page, and writing one dirties a page that others share. What is
//! looked up beforehand may lag behind another process; what a commit is refused for may not: inside
//! its transaction the writer first takes in what others have written since.
//!
//! There is no index by expiry: with each new message the writer goes a little further round the
//! blocks of numbers and drops what has expired. It knows of each when the first of its rows expires,
//! so it reads only where there is something to be dropped, and nobody waits for a clean-up.

mod index;

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

pub(super) use self::index::Index;
use self::index::{BLOCK, Changes, Entry};
use super::apply::execute;
use super::connection::Head;
use super::read::{Reader, list};
use super::rows::{self, micros};
use crate::{Precondition, SeenKey, SeenMessage, StoreError};

/// Rows gone by for each new one. More would keep fewer expired ones and look more often.
const ROWS_PER_NEW: usize = 4;

/// What going by a block costs of that in which nothing has expired: the index says so.
const PASSED: usize = 4;

/// Rows gone by in one transaction at most, should many be owed after another process has written.
const ROWS_AT_ONCE: usize = 4_096;

/// Rows taken in at a time.
const TAKEN_IN: usize = 4_096;

/// Longer answers lie in a table of their own (as in schema V5).
const SHORT_ANSWER: usize = 256;

/// What the writer knows of the marks.
#[derive(Debug)]
pub(super) struct Marks {
    index: Arc<Index>,
    /// The last number that is in the index.
    known: i64,
    /// What the running transaction has changed so far.
    changes: Changes,
    sweeper: Sweeper,
}

/// How far a transaction had come, to go back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    added: usize,
    removed: usize,
}

/// Goes round the blocks. Where it is need not be kept: it begins with the oldest.
#[derive(Debug, Default)]
struct Sweeper {
    /// The next block.
    next: i64,
    /// Rows to go by, paid for by what was written.
    owed: usize,
    /// The latest time of what was written.
    now: Option<i64>,
}

impl Marks {
    /// Reads what is there.
    pub(super) fn load(db: &Connection) -> Result<Self, StoreError> {
        Self::with_index(db, Index::new())
    }

    fn with_index(db: &Connection, index: Index) -> Result<Self, StoreError> {
        let mut marks = Self {
            index: Arc::new(index),
            known: 0,
            changes: Changes::default(),
            sweeper: Sweeper::default(),
        };
        // One view: another process may be writing.
        let view = db.unchecked_transaction()?;
        marks.take_in(&view, Head::read(&view)?.seen)?;
        // It begins when something is written.
        marks.sweeper = Sweeper::default();
        Ok(marks)
    }

    /// For those who look beforehand.
    pub(super) fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index)
    }

    /// Begins a transaction: takes in what another process has written, to the last number.
    pub(super) fn begin(&mut self, db: &Connection, last: i64) -> Result<(), StoreError> {
        self.changes = Changes::default();
        match last == self.known {
            true => Ok(()),
            false => self.take_in(db, last),
        }
    }

    fn take_in(&mut self, db: &Connection, last: i64) -> Result<(), StoreError> {
        let mut statement = db.prepare_cached(
            "SELECT number, expires, at, sender, interaction, message FROM seen_mark \
             WHERE number > ?1 ORDER BY number",
        )?;
        let mut rows = statement.query([self.known])?;
        let mut new = Changes::default();
        while let Some(row) = rows.next()? {
            let text = |column| match row.get_ref(column)?.as_str() {
                Ok(text) => Ok::<_, StoreError>(text),
                Err(_) => Err(StoreError::Corrupt(
                    "the key of an answered message cannot be read".to_owned(),
                )),
            };
            new.added.push(Entry {
                number: row.get(0)?,
                expires: row.get(1)?,
                hash: self.index.hash(text(3)?, text(4)?, text(5)?),
            });
            self.sweeper.pay(row.get(2)?);
            if new.added.len() == TAKEN_IN {
                self.index.change(&new);
                new.added.clear();
            }
        }
        self.index.change(&new);
        self.known = last;
        Ok(())
    }

    /// Ends a transaction that is durable: from now on everybody sees what it has changed.
    pub(super) fn publish(&mut self, last: i64) {
        let changes = std::mem::take(&mut self.changes);
        if !(changes.added.is_empty() && changes.removed.is_empty() && changes.swept.is_empty()) {
            self.index.change(&changes);
        }
        self.known = last;
    }

    pub(super) fn place(&self) -> Place {
        Place {
            added: self.changes.added.len(),
            removed: self.changes.removed.len(),
        }
    }

    /// What came after it was undone.
    pub(super) fn go_back(&mut self, place: Place) {
        self.changes.added.truncate(place.added);
        self.changes.removed.truncate(place.removed);
    }

    /// When what is known of a message expires, if anything is known.
    pub(super) fn expiry(&self, db: &Connection, key: &SeenKey) -> Result<Option<i64>, StoreError> {
        Ok(self.find(db, key)?.map(|(_, expires)| expires))
    }

    /// The number of what is known of a message, and when it expires.
    fn find(&self, db: &Connection, key: &SeenKey) -> Result<Option<(i64, i64)>, StoreError> {
        let hash = self.index.hash_of(key);
        let mine = self.changes.added.iter().filter(|new| new.hash == hash);
        let mine = mine.map(|new| new.number);
        for number in self.index.with_hash(hash).into_iter().chain(mine) {
            let sql = "SELECT expires FROM seen_mark WHERE number = ?1 AND sender = ?2 \
                       AND interaction = ?3 AND message = ?4";
            let params = (number, &key.sender, &key.interaction, key.message.as_str());
            let mut statement = db.prepare_cached(sql)?;
            let found = statement.query_row(params, |row| row.get(0)).optional()?;
            if let Some(expires) = found {
                return Ok(Some((number, expires)));
            }
        }
        Ok(None)
    }

    /// Adds all of them, or writes nothing: it refuses if one is known, or comes twice.
    pub(super) fn remember(
        &mut self,
        db: &Connection,
        new: &[SeenMessage],
        head: &mut Head,
    ) -> Result<(), StoreError> {
        let mut expired = Vec::new();
        for (at, seen) in new.iter().enumerate() {
            let before = new.get(..at).unwrap_or_default();
            let known = self.find(db, &seen.key)?;
            let counts = known.is_some_and(|(_, expires)| expires > micros(seen.at));
            if counts || before.iter().any(|other| other.key == seen.key) {
                let unseen = Precondition::MessageUnseen(seen.key.clone());
                return Err(StoreError::Precondition(unseen));
            }
            expired.extend(known.map(|(number, _)| number));
        }
        for number in expired {
            forget(db, number)?;
            self.changes.removed.push(number);
        }
        for seen in new {
            head.seen += 1;
            add(db, head.seen, seen)?;
            self.changes.added.push(Entry {
                number: head.seen,
                hash: self.index.hash_of(&seen.key),
                expires: micros(seen.expires),
            });
        }
        Ok(())
    }

    /// Goes by as many more rows as these new messages pay for.
    pub(super) fn sweep<'a>(
        &mut self,
        db: &Connection,
        new: impl Iterator<Item = &'a SeenMessage>,
    ) -> Result<(), StoreError> {
        new.for_each(|seen| self.sweeper.pay(micros(seen.at)));
        let Some(now) = self.sweeper.now else {
            return Ok(());
        };
        let whole = usize::try_from(BLOCK).unwrap_or_default();
        let mut left = ROWS_AT_ONCE;
        while self.sweeper.owed >= whole && left >= whole {
            let Some((block, expired)) = self.index.block_from(self.sweeper.next, now) else {
                self.sweeper.start_again();
                break;
            };
            let cost = if expired { whole } else { PASSED };
            left -= cost;
            self.sweeper.owed -= cost;
            self.sweeper.next = block + 1;
            if expired {
                self.sweep_block(db, block, now)?;
            }
        }
        Ok(())
    }

    /// Drops what has expired, and forgets what another process has dropped.
    fn sweep_block(&mut self, db: &Connection, block: i64, now: i64) -> Result<(), StoreError> {
        let (first, last) = (block * BLOCK, block * BLOCK + BLOCK - 1);
        let stays = list(
            db,
            "SELECT number, expires FROM seen_mark \
             WHERE number BETWEEN ?1 AND ?2 AND expires > ?3 ORDER BY number",
            (first, last, now),
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?;
        execute(
            db,
            "DELETE FROM seen_mark WHERE number BETWEEN ?1 AND ?2 AND expires <= ?3",
            (first, last, now),
        )?;
        execute(
            db,
            "DELETE FROM seen_answer WHERE number BETWEEN ?1 AND ?2 AND number NOT IN \
             (SELECT number FROM seen_mark WHERE number BETWEEN ?1 AND ?2)",
            (first, last),
        )?;
        let gone = |number: &i64| stays.binary_search_by_key(number, |row| row.0).is_err();
        let removed = self.index.of_block(block).into_iter().filter(gone);
        self.changes.removed.extend(removed);
        let earliest = stays.iter().map(|row| row.1).min();
        self.changes
            .swept
            .push((block, earliest.unwrap_or(i64::MAX)));
        Ok(())
    }
}

impl Sweeper {
    fn pay(&mut self, at: i64) {
        self.owed = self.owed.saturating_add(ROWS_PER_NEW);
        self.now = self.now.max(Some(at));
    }

    /// The end was reached. With nothing there at all, nothing is owed.
    fn start_again(&mut self) {
        if self.next == 0 {
            self.owed = 0;
        }
        self.next = 0;
    }
}

fn add(db: &Connection, number: i64, seen: &SeenMessage) -> Result<(), StoreError> {
    let short = seen.answer.len() <= SHORT_ANSWER;
    execute(
        db,
        "INSERT INTO seen_mark (number, expires, sender, interaction, message, at, digest, \
         answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            number,
            micros(seen.expires),
            seen.key.sender,
            seen.key.interaction,
            seen.key.message.as_str(),
            micros(seen.at),
            seen.digest,
            short.then_some(&seen.answer),
        ],
    )?;
    if !short {
        let sql = "INSERT INTO seen_answer (number, answer) VALUES (?1, ?2)";
        execute(db, sql, (number, &seen.answer))?;
    }
    Ok(())
}

fn forget(db: &Connection, number: i64) -> Result<(), StoreError> {
    execute(db, "DELETE FROM seen_mark WHERE number = ?1", [number])?;
    execute(db, "DELETE FROM seen_answer WHERE number = ?1", [number])?;
    Ok(())
}

/// What is read of a mark. A row without its answer is not one that was written here.
const SEEN: &str = "SELECT digest, coalesce(answer, (SELECT answer FROM seen_answer \
                    WHERE seen_answer.number = seen_mark.number)) AS answer, at, expires \
                    FROM seen_mark WHERE sender = ?1 AND interaction = ?2 AND message = ?3";

impl Reader {
    /// The one of these numbers that is of this key.
    pub(super) fn seen(
        &self,
        key: &SeenKey,
        candidates: &[i64],
    ) -> Result<Option<SeenMessage>, StoreError> {
        for number in candidates {
            let sql = format!("{SEEN} AND number = ?4");
            let found = self.first_seen(&sql, key, number)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Goes through all of them: for a store without a writer, which has no index, and where hardly
    /// anybody asks.
    pub(super) fn seen_anywhere(&self, key: &SeenKey) -> Result<Option<SeenMessage>, StoreError> {
        self.first_seen(&format!("{SEEN} AND number >= ?4"), key, &0)
    }

    fn first_seen(
        &self,
        sql: &str,
        key: &SeenKey,
        number: &i64,
    ) -> Result<Option<SeenMessage>, StoreError> {
        let params = (&key.sender, &key.interaction, key.message.as_str(), number);
        let found = list(&self.db, sql, params, |row| rows::seen(row, key.clone()))?;
        Ok(found.into_iter().next())
    }
}

#[cfg(test)]
mod tests;
