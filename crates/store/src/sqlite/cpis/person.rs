//! People as PDS has them.

use domain::NhsNumber;
use domain::cpis::{Demographics, Standing};
use rusqlite::{Connection, Row, params};

use crate::StoreError;
use crate::sqlite::apply::{execute, exists};
use crate::sqlite::read::{Reader, list};
use crate::sqlite::rows::{damaged, nhs_number, optional_nhs_number, parsed, text, value};

/// Adds one, or replaces the one of the same number.
pub(super) fn add(db: &Connection, new: &Demographics, given: &str) -> Result<(), StoreError> {
    let (standing, superseded_by) = match &new.standing {
        Standing::Current => ("current", None),
        Standing::Superseded(by) => ("superseded", Some(by.as_str())),
        Standing::Invalid => ("invalid", None),
    };
    execute(
        db,
        "INSERT INTO person (nhs_number, given, family, birth_date, sensitive, standing, \
         superseded_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (nhs_number) DO UPDATE SET given = excluded.given, \
         family = excluded.family, birth_date = excluded.birth_date, \
         sensitive = excluded.sensitive, standing = excluded.standing, \
         superseded_by = excluded.superseded_by",
        params![
            new.number.as_str(),
            given,
            new.family,
            new.birth_date.to_string(),
            new.sensitive,
            standing,
            superseded_by,
        ],
    )?;
    Ok(())
}

/// The one of a number.
pub(super) fn read(db: &Connection, number: NhsNumber) -> Result<Option<Demographics>, StoreError> {
    let sql = "SELECT nhs_number, given, family, birth_date, sensitive, standing, superseded_by \
               FROM person WHERE nhs_number = ?1";
    list(db, sql, [number.as_str()], person).map(|mut found| found.pop())
}

impl Reader {
    pub(in crate::sqlite) fn person(
        &self,
        number: NhsNumber,
    ) -> Result<Option<Demographics>, StoreError> {
        read(&self.db, number)
    }

    pub(in crate::sqlite) fn knows_people(&self) -> Result<bool, StoreError> {
        exists(&self.db, "SELECT 1 FROM person", [])
    }
}

fn person(row: &Row<'_>) -> Result<Demographics, StoreError> {
    let superseded_by = optional_nhs_number(row, (6, "superseded_by"))?;
    let standing = match (text(row, (5, "standing"))?, superseded_by) {
        ("current", None) => Standing::Current,
        ("superseded", Some(by)) => Standing::Superseded(by),
        ("invalid", None) => Standing::Invalid,
        _ => return Err(damaged("standing")),
    };
    let given = serde_json::from_str(text(row, (1, "given"))?);
    Ok(Demographics {
        number: nhs_number(row, (0, "nhs_number"))?,
        given: given.map_err(|_| damaged("given"))?,
        family: value(row, (2, "family"))?,
        birth_date: parsed(row, (3, "birth_date"))?,
        sensitive: value(row, (4, "sensitive"))?,
        standing,
    })
}
