//! The audit, verified from the database file: the chain, the columns and the times of blocks it
//! is searched by, its end.

use std::path::Path;

use domain::audit::AuditEvent;
use rusqlite::{Connection, Row, params};

use super::blocks::{self, BLOCK, Times};
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
    /// The block of the last record, and the times of its records up to that one.
    block: Option<(i64, Times)>,
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
        "SELECT sequence, previous, hash, text, at, nhs_number, user_id, message, organisation \
         FROM audit WHERE shard = 0 AND sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let after = i64::try_from(so_far.chain.so_far().count).unwrap_or(i64::MAX);
    // Before the first record anything counts, so that a sequence below 1 shows.
    let after = if after == 0 { i64::MIN } else { after };
    let mut rows = statement.query(params![after, number(PAGE)])?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        found += 1;
        let block = row.get::<_, i64>(0)? / BLOCK;
        if so_far.block.is_some_and(|(before, _)| before != block) {
            check_block(&view, so_far)?;
        }
        let at = follow(&mut so_far.chain, row)?;
        let (oldest, newest) = so_far.block.map_or((at, at), |(_, times)| times);
        so_far.block = Some((block, (at.min(oldest), at.max(newest))));
    }
    if found == PAGE {
        return Ok(None);
    }
    let head = Head::read(&view).map_err(PageError::Store)?;
    let verified = end(&so_far.chain, head).map_err(PageError::Broken)?;
    check_block(&view, so_far)?;
    Ok(Some(verified))
}

/// A block that is done with must have the times that were noted of it.
fn check_block(view: &Connection, so_far: &mut SoFar) -> Result<(), PageError> {
    let Some((block, times)) = so_far.block.take() else {
        return Ok(());
    };
    match blocks::noted(view, block).map_err(PageError::Store)? {
        Some(noted) if noted == times => Ok(()),
        _ => Err(PageError::Broken(so_far.chain.broken(
            "its block is searched by other times than its records have",
        ))),
    }
}

/// Follows the chain by one record. Gives its time.
fn follow(chain: &mut Chain, row: &Row<'_>) -> Result<i64, PageError> {
    let sequence = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
    let text: String = row.get(3)?;
    chain
        .follow(sequence, &row.get(1)?, &row.get(2)?, &text)
        .map_err(PageError::Broken)?;
    let event: AuditEvent = serde_json::from_str(&text)
        .map_err(|_| PageError::Broken(chain.broken("its text is not an audit event")))?;
    let column = |at: usize| row.get::<_, Option<String>>(at);
    let at = micros(event.at);
    let columns_match = row.get::<_, i64>(4)? == at
        && column(5)?.as_deref() == event.patient.as_ref().map(|patient| patient.as_str())
        && column(6)?.as_deref() == event.user.as_ref().map(|user| user.as_str())
        && column(7)?.as_deref() == event.message.as_ref().map(|message| message.as_str())
        && column(8)?.as_deref() == event.organisation.as_ref().map(|code| code.as_str());
    match columns_match {
        true => Ok(at),
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
