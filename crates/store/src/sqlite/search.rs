//! Searching the audit, block by block from the newest back.

use std::cmp::Reverse;

use rusqlite::Connection;

use super::blocks::{self, Kind};
use super::connection::Head;
use super::read::{Reader, View, list};
use super::rows::{self, micros};
use crate::{AuditFilter, AuditRecord, StoreError};

/// Where a record stands in the order of the answer: its time, then its number.
type Place = (i64, i64);

impl Reader {
    pub(super) fn audit_search(
        &self,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let view = View::begin(&self.db)?;
        let search = Search::new(filter)?;
        let mut found = Vec::new();
        for place in search.newest(&view, filter.limit)? {
            let sql = "SELECT sequence, previous, hash, text FROM audit WHERE sequence = ?1";
            found.extend(list(&view, sql, [place.1], rows::audit)?);
        }
        Ok(found)
    }
}

/// A filter, ready to be held against records.
struct Search {
    /// That of the fewest records first.
    wanted: Vec<Wanted>,
    from: i64,
    to: i64,
}

/// Something that a record must say.
struct Wanted {
    kind: Kind,
    key: u32,
    /// The member as it stands in the texts of records that have it. Texts are flat JSON without
    /// spaces, in which quotation marks of values are escaped, so it stands nowhere else.
    member: String,
}

/// A block that may have something.
struct Stretch {
    block: i64,
    newest: i64,
    is_whole: bool,
}

impl Search {
    fn new(filter: &AuditFilter) -> Result<Self, StoreError> {
        let mut wanted = Vec::new();
        for kind in Kind::ALL {
            let text = match kind {
                Kind::Message => filter.message.as_ref().map(|id| id.as_str()),
                Kind::Patient => filter.patient.as_ref().map(|id| id.as_str()),
                Kind::User => filter.user.as_ref().map(|id| id.as_str()),
                Kind::Organisation => filter.organisation.as_ref().map(|code| code.as_str()),
            };
            if let Some(text) = text {
                let value = serde_json::to_string(text).map_err(|_| {
                    StoreError::Failed("a filter could not be written as JSON".to_owned())
                })?;
                wanted.push(Wanted {
                    kind,
                    key: blocks::key(text),
                    member: format!("\"{}\":{value}", kind.member()),
                });
            }
        }
        Ok(Self {
            wanted,
            from: filter.from.map_or(i64::MIN, micros),
            to: filter.to.map_or(i64::MAX, micros),
        })
    }

    /// Where the records that meet the filter stand, the newest `limit` of them.
    fn newest(&self, db: &Connection, limit: usize) -> Result<Vec<Place>, StoreError> {
        let mut found: Vec<Place> = Vec::new();
        for stretch in self.stretches(db)? {
            // Nothing in this block or those after it is newer than what there is.
            let is_older = |last: &Place| last.0 > stretch.newest;
            if found.len() >= limit && found.last().is_none_or(is_older) {
                break;
            }
            self.look_into(db, &stretch, &mut found)?;
            if found.len() >= limit {
                newest_first(&mut found, limit);
            }
        }
        newest_first(&mut found, limit);
        Ok(found)
    }

    /// The blocks that have records of the period, the newest first.
    fn stretches(&self, db: &Connection) -> Result<Vec<Stretch>, StoreError> {
        let mut stretches = list(
            db,
            "SELECT block, newest FROM audit_block \
             WHERE shard = 0 AND newest >= ?1 AND oldest <= ?2",
            (self.from, self.to),
            |row| {
                Ok(Stretch {
                    block: row.get(0)?,
                    newest: row.get(1)?,
                    is_whole: true,
                })
            },
        )?;
        let head = Head::read(db)?;
        if let Some((oldest, newest)) = head.times
            && newest >= self.from
            && oldest <= self.to
        {
            stretches.push(Stretch {
                block: head.sequence.div_euclid(blocks::BLOCK),
                newest,
                is_whole: false,
            });
        }
        stretches.sort_by_key(|stretch| Reverse(stretch.newest));
        Ok(stretches)
    }

    fn look_into(
        &self,
        db: &Connection,
        stretch: &Stretch,
        found: &mut Vec<Place>,
    ) -> Result<(), StoreError> {
        let Some(named) = self.named(db, stretch)? else {
            let (first, last) = blocks::records(stretch.block);
            return self.look_at(db, first, last, found);
        };
        named
            .into_iter()
            .try_for_each(|record| self.look_at(db, record, record, found))
    }

    /// The records that the lists of a block name; `None` if all of it must be looked at.
    fn named(&self, db: &Connection, stretch: &Stretch) -> Result<Option<Vec<i64>>, StoreError> {
        let mut all: Option<Vec<i64>> = None;
        if !stretch.is_whole {
            return Ok(None);
        }
        for wanted in &self.wanted {
            let Some(named) = blocks::named(db, stretch.block, wanted.kind, wanted.key)? else {
                continue;
            };
            let both = match all {
                Some(mut before) => {
                    before.retain(|record| named.binary_search(record).is_ok());
                    before
                }
                None => named,
            };
            let is_over = both.is_empty();
            all = Some(both);
            if is_over {
                break;
            }
        }
        Ok(all)
    }

    /// Takes those of some records that meet the filter.
    fn look_at(
        &self,
        db: &Connection,
        first: i64,
        last: i64,
        found: &mut Vec<Place>,
    ) -> Result<(), StoreError> {
        let sql = match self.wanted.is_empty() {
            true => "SELECT at, sequence FROM audit WHERE sequence BETWEEN ?1 AND ?2",
            false => "SELECT at, sequence, text FROM audit WHERE sequence BETWEEN ?1 AND ?2",
        };
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query((first, last))?;
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            if !(self.from..=self.to).contains(&at) {
                continue;
            }
            // One whose text is no text is found, and then told to be damaged.
            if !self.wanted.is_empty()
                && let Ok(text) = row.get_ref(2)?.as_str()
                && !self.wanted.iter().all(|one| text.contains(&one.member))
            {
                continue;
            }
            found.push((at, row.get(1)?));
        }
        Ok(())
    }
}

fn newest_first(found: &mut Vec<Place>, limit: usize) {
    found.sort_unstable_by_key(|place| Reverse(*place));
    found.truncate(limit);
}
