//! Legitimate relationships.

use domain::NhsNumber;
use domain::relationship::LegitimateRelationship;
use rusqlite::{Connection, params};

use super::apply::execute;
use super::read::{Reader, list};
use super::rows::{self, micros};
use crate::StoreError;

/// Adds one, unless its id is there.
pub(super) fn add(db: &Connection, new: &LegitimateRelationship) -> Result<(), StoreError> {
    let subject = serde_json::to_string(&new.subject).map_err(|_| {
        StoreError::Failed("who has a relationship could not be written as JSON".to_owned())
    })?;
    execute(
        db,
        "INSERT INTO legitimate_relationship (nhs_number, id, since, kind, subject, reason, \
         words, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        params![
            new.patient.as_str(),
            new.id.as_str(),
            micros(new.since),
            new.kind,
            subject,
            new.reason,
            new.words,
            new.message.as_str(),
        ],
    )?;
    Ok(())
}

impl Reader {
    pub(super) fn legitimate_relationships(
        &self,
        patient: NhsNumber,
    ) -> Result<Vec<LegitimateRelationship>, StoreError> {
        list(
            &self.db,
            "SELECT * FROM legitimate_relationship WHERE nhs_number = ?1 ORDER BY since, id",
            [patient.as_str()],
            |row| rows::legitimate(row, patient),
        )
    }
}
