//! What is kept for CP-IS.

mod access;
mod notice;
mod person;
mod plan;
mod upload;

use domain::NhsNumber;
use domain::cpis::{Author, SHOWN};
use rusqlite::Connection;

pub(super) use self::access::count;
pub(super) use self::upload::records_read;
use super::connection::Head;
use super::read::{Reader, View};
use crate::{CpisBatch, CpisChanges, CpisRecord, PlanKey, StoreError};

/// What of a commit is kept as JSON, written before the writer has it.
#[derive(Debug)]
pub(super) struct Json {
    /// The author of each access.
    accesses: Vec<String>,
    /// The author of each notice's access.
    notices: Vec<String>,
    /// The given names of each person.
    people: Vec<String>,
}

impl Json {
    pub(super) fn of(changes: &CpisChanges) -> Result<Self, StoreError> {
        let author = |author: &Author| {
            serde_json::to_string(author).map_err(|_| unwritable("the author of an access"))
        };
        let accesses = changes.accesses.iter().map(|new| author(&new.author));
        let notices = changes.notices.iter().map(|new| author(&new.access.author));
        let people = changes.people.iter().map(|new| {
            serde_json::to_string(&new.given).map_err(|_| unwritable("the names of a person"))
        });
        Ok(Self {
            accesses: accesses.collect::<Result<_, _>>()?,
            notices: notices.collect::<Result<_, _>>()?,
            people: people.collect::<Result<_, _>>()?,
        })
    }
}

fn unwritable(what: &str) -> StoreError {
    StoreError::Failed(format!("{what} could not be written as JSON"))
}

/// Adds what a commit has of it.
pub(super) fn add(
    db: &Connection,
    changes: &CpisChanges,
    json: &Json,
    head: &mut Head,
) -> Result<(), StoreError> {
    for new in &changes.plans {
        plan::add(db, new, head)?;
    }
    for (new, author) in changes.accesses.iter().zip(&json.accesses) {
        access::add(db, new, author, head)?;
    }
    for (new, author) in changes.notices.iter().zip(&json.notices) {
        notice::add(db, new, author)?;
    }
    for new in &changes.inactive {
        notice::add_inactive(db, new)?;
    }
    for told in &changes.told {
        notice::tell(db, told)?;
    }
    for new in &changes.uploads {
        upload::add(db, new)?;
    }
    for (new, given) in changes.people.iter().zip(&json.people) {
        person::add(db, new, given)?;
    }
    Ok(())
}

impl Reader {
    pub(super) fn cpis_record(
        &self,
        patient: NhsNumber,
        author: Option<&str>,
    ) -> Result<CpisRecord, StoreError> {
        let view = View::begin(&self.db)?;
        let plans = plan::of(&view, patient)?;
        let count = access::count(&view, patient)?;
        if count == 0 {
            return Ok(CpisRecord {
                plans,
                ..CpisRecord::default()
            });
        }
        let accesses = access::newest(&view, patient)?;
        // Mostly the author's last is among these, or these are all there are.
        let among = |key: &str| accesses.iter().find(|access| access.author.key() == key);
        let last_of_author = match author {
            None => None,
            Some(key) => match among(key).cloned() {
                None if count > SHOWN as u64 => access::last_of(&view, patient, key)?,
                found => found,
            },
        };
        Ok(CpisRecord {
            plans,
            accesses,
            last_of_author,
            count,
        })
    }

    pub(super) fn cpis_batch(&self, keys: &[PlanKey]) -> Result<CpisBatch, StoreError> {
        let view = View::begin(&self.db)?;
        let plans = keys.iter().map(|key| plan::read(&view, key));
        let people = keys.iter().map(|key| person::read(&view, key.patient));
        Ok((
            plans.collect::<Result<_, _>>()?,
            people.collect::<Result<_, _>>()?,
        ))
    }
}
