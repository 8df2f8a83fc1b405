//! Which numbers a key may have: the index of answered messages, in memory.
//!
//! Ids are like chance, so an index by key on disk would have every mark read and write a page
//! somewhere, and nearly every question is about a message that is new. Here a question costs a hash
//! and says "none" at once, as a rule. What it names is only a candidate: whoever asks compares the
//! key in its row. A mark takes some 30 to 50 bytes.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU64;
use std::sync::{PoisonError, RwLock};

use crate::SeenKey;

/// Numbers in a block, which is what is swept at a time.
pub(super) const BLOCK: i64 = 64;

/// The index. The writer changes it after each transaction; everybody asks.
#[derive(Debug)]
pub(in super::super) struct Index {
    hasher: RandomState,
    /// Bits of a hash that are used: all but in tests.
    mask: u64,
    state: RwLock<Numbers>,
}

/// A row to be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) number: i64,
    pub(super) hash: NonZeroU64,
    pub(super) expires: i64,
}

/// What a transaction has changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) added: Vec<Entry>,
    pub(super) removed: Vec<i64>,
    /// Of blocks that were gone through: when the first of their rows expires now.
    pub(super) swept: Vec<(i64, i64)>,
}

impl Index {
    pub(in super::super) fn new() -> Self {
        Self::of_bits(u64::MAX)
    }

    pub(super) fn of_bits(mask: u64) -> Self {
        Self {
            hasher: RandomState::new(),
            mask,
            state: RwLock::default(),
        }
    }

    pub(super) fn hash(&self, sender: &str, interaction: &str, message: &str) -> NonZeroU64 {
        let hash = self.hasher.hash_one((sender, interaction, message)) & self.mask;
        // Not 0, so that a place without a row takes no more room than one with.
        NonZeroU64::MIN.saturating_add(hash)
    }

    pub(super) fn hash_of(&self, key: &SeenKey) -> NonZeroU64 {
        self.hash(&key.sender, &key.interaction, key.message.as_str())
    }

    /// The numbers of the rows that may be of this key.
    pub(in super::super) fn candidates(&self, key: &SeenKey) -> Vec<i64> {
        self.with_hash(self.hash_of(key))
    }

    pub(super) fn with_hash(&self, hash: NonZeroU64) -> Vec<i64> {
        self.read(|numbers| numbers.with_hash(hash).collect())
    }

    pub(super) fn change(&self, changes: &Changes) {
        let mut numbers = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for number in &changes.removed {
            numbers.remove(*number);
        }
        for (block, earliest) in &changes.swept {
            if let Some(block) = numbers.blocks.get_mut(block) {
                block.earliest = *earliest;
            }
        }
        for entry in &changes.added {
            numbers.add(entry);
        }
    }

    /// The first block from one on, and whether any of its rows has expired.
    pub(super) fn block_from(&self, from: i64, now: i64) -> Option<(i64, bool)> {
        self.read(|numbers| {
            let found = numbers.blocks.range(from..).next();
            found.map(|(block, of)| (*block, of.earliest <= now))
        })
    }

    /// The numbers that a block has.
    pub(super) fn of_block(&self, block: i64) -> Vec<i64> {
        let of = |numbers: &Numbers| {
            let hashes = numbers.blocks.get(&block).map(|of| of.hashes.iter());
            let places = (block * BLOCK..).zip(hashes.into_iter().flatten());
            let there = places.filter(|(_, hash)| hash.is_some());
            there.map(|(number, _)| number).collect()
        };
        self.read(of)
    }

    fn read<T>(&self, read: impl FnOnce(&Numbers) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug, Default)]
struct Numbers {
    /// One number of each hash.
    by_hash: HashMap<NonZeroU64, i64>,
    /// The other numbers of a hash that has several: nearly never any.
    others: Vec<(NonZeroU64, i64)>,
    /// To find the hash of a row that is gone.
    blocks: BTreeMap<i64, Block>,
}

#[derive(Debug)]
struct Block {
    /// By place; `None` where there is no row.
    hashes: Box<[Option<NonZeroU64>]>,
    live: usize,
    /// When the first of them expires, or before.
    earliest: i64,
}

fn place(number: i64) -> (i64, usize) {
    let place = usize::try_from(number.rem_euclid(BLOCK)).unwrap_or_default();
    (number.div_euclid(BLOCK), place)
}

impl Numbers {
    fn with_hash(&self, hash: NonZeroU64) -> impl Iterator<Item = i64> {
        let others = self.others.iter().filter(move |other| other.0 == hash);
        let one = self.by_hash.get(&hash).copied();
        one.into_iter().chain(others.map(|other| other.1))
    }

    fn add(&mut self, entry: &Entry) {
        let (block, place) = place(entry.number);
        let block = self.blocks.entry(block).or_insert_with(Block::new);
        let Some(stays @ None) = block.hashes.get_mut(place) else {
            return;
        };
        *stays = Some(entry.hash);
        block.live += 1;
        block.earliest = block.earliest.min(entry.expires);
        match self.by_hash.entry(entry.hash) {
            Slot::Vacant(free) => {
                free.insert(entry.number);
            }
            Slot::Occupied(_) => self.others.push((entry.hash, entry.number)),
        }
    }

    fn remove(&mut self, number: i64) {
        let (key, place) = place(number);
        let Some(block) = self.blocks.get_mut(&key) else {
            return;
        };
        let Some(hash) = block.hashes.get_mut(place).and_then(Option::take) else {
            return;
        };
        block.live -= 1;
        if block.live == 0 {
            self.blocks.remove(&key);
        }
        match self.by_hash.get(&hash) == Some(&number) {
            true => {
                self.by_hash.remove(&hash);
            }
            false => self.others.retain(|other| other.1 != number),
        }
    }
}

impl Block {
    fn new() -> Self {
        let places = usize::try_from(BLOCK).unwrap_or_default();
        Self {
            hashes: vec![None; places].into(),
            live: 0,
            earliest: i64::MAX,
        }
    }
}
