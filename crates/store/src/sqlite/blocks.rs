//! The audit in blocks of [`BLOCK`] records, which is how it is searched.
//!
//! An index by patient, by user or by message over all of the audit would have each record dirty
//! one page of each, somewhere among thousands, and pages are what a commit costs. So records are
//! only appended, and nothing is written beside them until their block is whole. Then its keys go
//! in at once: of each [`Kind`] one list, sorted, four bytes a record. A search reads one list of
//! each block (or only of those of the period asked about, since of each block the oldest and the
//! newest time are noted) and the few records it names. Three million records are three thousand
//! lists of a page. The last block, which is not whole yet, is searched record by record.

use domain::audit::AuditEvent;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::apply::execute;
use super::connection::Head;
use super::read::list;
use crate::StoreError;

/// Records in a block: number 1,024 is the first of the second one. Their places in a block have
/// ten bits in its lists.
pub(super) const BLOCK: i64 = 1_024;

/// Bits of a place in a block.
const PLACE_BITS: u32 = 10;

/// Blocks whose lists are written in one transaction, for an audit that has none.
const AT_ONCE: i64 = 64;

/// The oldest and the newest time of some records.
pub(super) type Times = (i64, i64);

/// What records are searched by, that of the fewest records first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Patient,
    User,
    Organisation,
}

impl Kind {
    pub(super) const ALL: [Self; 4] =
        [Self::Message, Self::Patient, Self::User, Self::Organisation];

    /// The name of the member of an event's text.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Patient => "patient",
            Self::User => "user",
            Self::Organisation => "organisation",
        }
    }

    /// The key of a block's list in table `audit_keys`.
    const fn list(self, block: i64) -> i64 {
        let kind = match self {
            Self::Message => 0,
            Self::Patient => 1,
            Self::User => 2,
            Self::Organisation => 3,
        };
        block.saturating_mul(4).saturating_add(kind)
    }
}

/// What a record is found by, of each kind: 22 bits each.
pub(super) type Keys = [Option<u32>; 4];

pub(super) fn keys(event: &AuditEvent) -> Keys {
    [
        event.message.as_ref().map(|id| key(id.as_str())),
        event.patient.as_ref().map(|patient| key(patient.as_str())),
        event.user.as_ref().map(|user| key(user.as_str())),
        event.organisation.as_ref().map(|code| key(code.as_str())),
    ]
}

/// FNV-1a of 32 bits, folded to 22. Two texts may share a key, so whoever finds one looks at the
/// record.
pub(super) fn key(text: &str) -> u32 {
    let hash = text.bytes().fold(0x811C_9DC5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash >> 22) ^ (hash & 0x003F_FFFF)
}

/// The block of a record, and its place in it.
fn place(sequence: i64) -> (i64, usize) {
    let place = usize::try_from(sequence.rem_euclid(BLOCK)).unwrap_or_default();
    (sequence.div_euclid(BLOCK), place)
}

/// The first and the last record of a block.
pub(super) fn records(block: i64) -> (i64, i64) {
    let first = block.saturating_mul(BLOCK);
    (first, first.saturating_add(BLOCK - 1))
}

/// The list of one kind: of each record that has one, key and place, four bytes, in their order.
pub(super) fn pack(of: &[Keys], kind: Kind) -> Vec<u8> {
    let entry = |(place, keys): (u32, &Keys)| {
        let [message, patient, user, organisation] = *keys;
        let key = match kind {
            Kind::Message => message,
            Kind::Patient => patient,
            Kind::User => user,
            Kind::Organisation => organisation,
        };
        key.map(|key| key << PLACE_BITS | place)
    };
    let mut entries: Vec<u32> = (0..).zip(of).filter_map(entry).collect();
    entries.sort_unstable();
    entries.into_iter().flat_map(u32::to_be_bytes).collect()
}

/// The places that a list has for a key, in their order.
fn places(list: &[u8], key: u32) -> impl Iterator<Item = i64> {
    let (entries, _) = list.as_chunks::<4>();
    let of = |entry: &[u8; 4]| u32::from_be_bytes(*entry) >> PLACE_BITS;
    let start = entries.partition_point(|entry| of(entry) < key);
    let found = entries.iter().skip(start);
    found
        .take_while(move |entry| of(entry) == key)
        .map(|entry| i64::from(u32::from_be_bytes(*entry)) % BLOCK)
}

/// The records of a block that may have a key; `None` if the block has no list of that kind (or one
/// that is damaged).
pub(super) fn named(
    db: &Connection,
    block: i64,
    kind: Kind,
    key: u32,
) -> Result<Option<Vec<i64>>, StoreError> {
    let mut statement = db.prepare_cached("SELECT content FROM audit_keys WHERE list = ?1")?;
    let mut rows = statement.query([kind.list(block)])?;
    let content = match rows.next()? {
        Some(row) => row.get_ref(0)?.as_blob().ok(),
        None => None,
    };
    let first = records(block).0;
    let named = |content| places(content, key).map(|place| first + place);
    Ok(content.map(|content| named(content).collect()))
}

/// The block that is not whole yet, as far as it is known. Whatever is not is read when it is
/// needed: after a start, and when another process has written.
#[derive(Debug, Default)]
pub(super) struct Current {
    block: i64,
    /// By place.
    keys: Vec<Keys>,
}

impl Current {
    /// Takes a record just appended, and writes what its block is searched by if that is whole now.
    pub(super) fn take(
        &mut self,
        db: &Connection,
        head: &mut Head,
        (keys, at): (Keys, i64),
    ) -> Result<(), StoreError> {
        let (block, place) = place(head.sequence);
        let (oldest, newest) = head.times.unwrap_or((at, at));
        let times = (at.min(oldest), at.max(newest));
        head.times = Some(times);
        if self.block != block {
            (self.block, self.keys) = (block, Vec::new());
        }
        // What comes after it was undone.
        self.keys.truncate(place);
        self.fill(db, place)?;
        self.keys.push(keys);
        if place + 1 < usize::try_from(BLOCK).unwrap_or_default() {
            return Ok(());
        }
        head.times = None;
        let sql = "INSERT INTO audit_block (shard, block, oldest, newest) VALUES (0, ?1, ?2, ?3)";
        execute(db, sql, (block, times.0, times.1))?;
        write_lists(db, block, &self.keys)?;
        self.keys.clear();
        Ok(())
    }

    /// Reads what is not known up to a place.
    fn fill(&mut self, db: &Connection, to: usize) -> Result<(), StoreError> {
        if self.keys.len() < to {
            let rest = read_keys(db, self.block, self.keys.len(), to)?;
            self.keys.extend(rest);
        }
        Ok(())
    }

    /// A transaction was undone, and others may write what it had written.
    pub(super) fn forget(&mut self) {
        self.keys.clear();
    }
}

/// The keys of the records from one place of a block to another, read from their texts. One that
/// is not there or cannot be read has none: to see to that is the verification's task.
fn read_keys(db: &Connection, block: i64, from: usize, to: usize) -> Result<Vec<Keys>, StoreError> {
    let (first, last) = records(block);
    let mut all = vec![Keys::default(); to];
    let sql = "SELECT sequence, text FROM audit WHERE sequence BETWEEN ?1 AND ?2";
    let after = first.saturating_add(i64::try_from(from).unwrap_or(BLOCK));
    let found = list(db, sql, (after, last), |row| {
        let event = row.get_ref(1)?.as_str().ok().map(serde_json::from_str);
        let event: Option<AuditEvent> = event.and_then(Result::ok);
        Ok((place(row.get(0)?).1, event))
    })?;
    for (place, event) in found {
        if let (Some(keys_of), Some(event)) = (all.get_mut(place), event) {
            *keys_of = keys(&event);
        }
    }
    Ok(all.split_off(from.min(to)))
}

fn write_lists(db: &Connection, block: i64, of: &[Keys]) -> Result<(), StoreError> {
    for kind in Kind::ALL {
        let sql = "INSERT OR REPLACE INTO audit_keys (list, content) VALUES (?1, ?2)";
        execute(db, sql, (kind.list(block), pack(of, kind)))?;
    }
    Ok(())
}

/// Writes the lists of whole blocks that have none: those of a store of an earlier schema.
pub(super) fn complete(db: &mut Connection) -> Result<(), StoreError> {
    while !without_lists(db)?.is_empty() {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for block in without_lists(&transaction)? {
            let places = usize::try_from(BLOCK).unwrap_or_default();
            let keys = read_keys(&transaction, block, 0, places)?;
            write_lists(&transaction, block, &keys)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

fn without_lists(db: &Connection) -> Result<Vec<i64>, StoreError> {
    list(
        db,
        "SELECT block FROM audit_block WHERE shard = 0 AND NOT EXISTS \
         (SELECT 1 FROM audit_keys WHERE list = 4 * block) ORDER BY block LIMIT ?1",
        [AT_ONCE],
        |row| Ok(row.get(0)?),
    )
}

/// What was noted of a whole block.
pub(super) fn noted(db: &Connection, block: i64) -> Result<Option<Times>, StoreError> {
    let sql = "SELECT oldest, newest FROM audit_block WHERE shard = 0 AND block = ?1";
    Ok(db
        .prepare_cached(sql)?
        .query_row([block], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Whether the lists of a block are those of these keys.
pub(super) fn has_lists(db: &Connection, block: i64, of: &[Keys]) -> Result<bool, StoreError> {
    for kind in Kind::ALL {
        let sql = "SELECT content FROM audit_keys WHERE list = ?1";
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query([kind.list(block)])?;
        let row = rows.next()?;
        let content = row.and_then(|row| row.get_ref(0).ok()?.as_blob().ok());
        if content != Some(pack(of, kind).as_slice()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many blocks have times, and how many lists there are.
pub(super) fn counts(db: &Connection) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT (SELECT count(*) FROM audit_block), (SELECT count(*) FROM audit_keys)";
    Ok(db
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_every_place_of_a_key_and_no_other() {
        let of: Vec<Keys> = (0..1_024)
            .map(|number: u32| {
                [
                    (!number.is_multiple_of(3)).then(|| number % 7 * 599_186),
                    None,
                    None,
                    None,
                ]
            })
            .collect();
        let content = pack(&of, Kind::Message);
        for key in [0, 1, 599_186, 6 * 599_186, 0x003F_FFFF] {
            let with_key = |(_, keys): &(i64, &Keys)| keys[0] == Some(key);
            let expected: Vec<_> = (0..).zip(&of).filter(with_key).map(|one| one.0).collect();
            assert_eq!(places(&content, key).collect::<Vec<_>>(), expected, "{key}");
        }
        assert_eq!(pack(&of, Kind::User), Vec::<u8>::new());
        assert_eq!(places(&[], 7).count(), 0);
    }

    /// Files have them: a program that made others would find nothing.
    #[test]
    fn keys_are_as_they_were() {
        assert_eq!(key(""), (0x811C_9DC5 >> 22) ^ (0x811C_9DC5 & 0x003F_FFFF));
        // FNV-1a of "a" is E40C292C.
        assert_eq!(key("a"), (0xE40C_292C >> 22) ^ (0xE40C_292C & 0x003F_FFFF));
    }
}
