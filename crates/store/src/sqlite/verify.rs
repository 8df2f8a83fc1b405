//! The audit, verified from the database file: the chain, the times and the lists of blocks it is
//! searched by, its end.

use std::path::Path;

use domain::audit::AuditEvent;
use rusqlite::{Connection, Row, params};

use super::blocks::{self, BLOCK, Keys, Times};
use super::connection::{Head, open_reader};
use super::rows::{micros, number};
use crate::StoreError;
use crate::audit::{Broken, Chain, Verified};

/// Records read in one view. Short views, so that a running writer's log can be emptied between.
const PAGE: usize = 5_000;

/// Verifies all records, in constant memory. `progress` gets the number of records done.
pub(super) fn verify(
    path: &Path,
    chain: Chain,
    mut progress: impl FnMut(u64),
) -> Result<Verified, Broken> {
    let unreadable = |chain: &Chain, error: StoreError| Broken {
        sequence: chain.so_far().count + 1,
        reason: format!("it cannot be read: {error}"),
    };
    let db = open_reader(path, 1024 * 1024).map_err(|error| unreadable(&chain, error))?;
    let mut so_far = SoFar { chain, block: None };
    loop {
        let page = page(&db, &mut so_far).map_err(|error| match error {
            PageError::Broken(broken) => broken,
            PageError::Store(error) => unreadable(&so_far.chain, error),
        })?;
        progress(so_far.chain.so_far().count);
        if let Some(verified) = page {
            return Ok(verified);
        }
    }
}

struct SoFar {
    chain: Chain,
    /// The block of the last record, up to that one.
    block: Option<Block>,
}

/// What a block should be searched by.
struct Block {
    block: i64,
    times: Times,
    /// By place.
    keys: Vec<Keys>,
}

impl Block {
    fn is_whole(&self) -> bool {
        i64::try_from(self.keys.len()) == Ok(BLOCK)
    }
}

enum PageError {
    Broken(Broken),
    Store(StoreError),
}

impl From<rusqlite::Error> for PageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Follows one page. The last one must end where the store says, in the same view.
fn page(db: &Connection, so_far: &mut SoFar) -> Result<Option<Verified>, PageError> {
    let view = db.unchecked_transaction()?;
    let mut statement = view.prepare_cached(
        "SELECT sequence, previous, hash, text, at FROM audit WHERE sequence > ?1 \
         ORDER BY sequence LIMIT ?2",
    )?;
    let after = i64::try_from(so_far.chain.so_far().count).unwrap_or(i64::MAX);
    // Before the first record anything counts, so that a sequence below 1 shows.
    let after = if after == 0 { i64::MIN } else { after };
    let mut rows = statement.query(params![after, number(PAGE)])?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        found += 1;
        let record = follow(&mut so_far.chain, row)?;
        so_far.take(row.get(0)?, record);
        if let Some(block) = so_far.block.take_if(|block| block.is_whole()) {
            check_whole(&view, &so_far.chain, &block)?;
        }
    }
    if found == PAGE {
        return Ok(None);
    }
    let head = Head::read(&view).map_err(PageError::Store)?;
    let verified = end(&so_far.chain, head).map_err(PageError::Broken)?;
    check_last(&view, so_far, head)?;
    Ok(Some(verified))
}

impl SoFar {
    /// Takes a record that follows the chain, of this time and these keys.
    fn take(&mut self, sequence: i64, (at, keys): (i64, Keys)) {
        let block = self.block.get_or_insert_with(|| Block {
            block: sequence.div_euclid(BLOCK),
            times: (at, at),
            keys: Vec::new(),
        });
        if sequence == 1 {
            // There is no record 0.
            block.keys.push(Keys::default());
        }
        let (oldest, newest) = block.times;
        block.times = (at.min(oldest), at.max(newest));
        block.keys.push(keys);
    }
}

const OTHER_TIMES: &str = "its block is searched by other times than its records have";
const OTHER_LISTS: &str = "its block is searched by what its records do not say";

/// A block that is whole must have the times and the lists that its records make.
fn check_whole(view: &Connection, chain: &Chain, block: &Block) -> Result<(), PageError> {
    if blocks::noted(view, block.block).map_err(PageError::Store)? != Some(block.times) {
        return Err(PageError::Broken(chain.broken(OTHER_TIMES)));
    }
    match blocks::has_lists(view, block.block, &block.keys).map_err(PageError::Store)? {
        true => Ok(()),
        false => Err(PageError::Broken(chain.broken(OTHER_LISTS))),
    }
}

/// The last block must have the times that its records make, and no block may have any beside.
fn check_last(view: &Connection, so_far: &SoFar, head: Head) -> Result<(), PageError> {
    let broken = |reason| Err(PageError::Broken(so_far.chain.broken(reason)));
    let times = so_far.block.as_ref().map(|block| block.times);
    let whole = (head.sequence + 1) / BLOCK;
    let (noted, lists) = blocks::counts(view).map_err(PageError::Store)?;
    match (head.times == times && noted == whole, lists == 4 * whole) {
        (false, _) => broken(OTHER_TIMES),
        (_, false) => broken(OTHER_LISTS),
        _ => Ok(()),
    }
}

/// Follows the chain by one record. Gives its time and what it is found by.
fn follow(chain: &mut Chain, row: &Row<'_>) -> Result<(i64, Keys), PageError> {
    let sequence = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
    let text: String = row.get(3)?;
    chain
        .follow(sequence, &row.get(1)?, &row.get(2)?, &text)
        .map_err(PageError::Broken)?;
    let event: AuditEvent = serde_json::from_str(&text)
        .map_err(|_| PageError::Broken(chain.broken("its text is not an audit event")))?;
    let at = micros(event.at);
    match row.get::<_, i64>(4)? == at {
        true => Ok((at, blocks::keys(&event))),
        false => Err(PageError::Broken(
            chain.broken("what it is searched by is not what it says"),
        )),
    }
}

fn end(chain: &Chain, head: Head) -> Result<Verified, Broken> {
    let verified = chain.end()?;
    let wrong = |sequence, reason: &str| {
        Err(Broken {
            sequence,
            reason: reason.to_owned(),
        })
    };
    let written = u64::try_from(head.sequence).unwrap_or_default();
    match written.cmp(&verified.count) {
        std::cmp::Ordering::Greater => wrong(verified.count + 1, "it is missing"),
        std::cmp::Ordering::Less => wrong(written + 1, "it was not written by the store"),
        std::cmp::Ordering::Equal if head.hash != verified.head => {
            wrong(written, "it is not the last record that the store wrote")
        }
        std::cmp::Ordering::Equal => Ok(verified),
    }
}
