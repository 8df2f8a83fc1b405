//! Accesses that count.
//!
//! How many a patient has is asked with every query, and may be any number: counting the rows would
//! cost more with each of them. So there is a count beside them, of a patient a row, changed in the
//! transaction that adds an access and by nothing else (none is ever taken out). It costs an access
//! one page more to write, of rows so small that many patients share one.

use domain::NhsNumber;
use domain::cpis::{Access, SHOWN};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::StoreError;
use crate::sqlite::apply::execute;
use crate::sqlite::connection::Head;
use crate::sqlite::read::list;
use crate::sqlite::rows::{damaged, micros, nhs_number, number, parsed, text, time, value};

/// Adds one, unless its query id is there.
pub(super) fn add(
    db: &Connection,
    new: &Access,
    author: &str,
    head: &mut Head,
) -> Result<(), StoreError> {
    let added = execute(
        db,
        "INSERT INTO cpis_access (nhs_number, at, query, author_key, author, asid, message) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        params![
            new.patient.as_str(),
            micros(new.at),
            new.query,
            new.author.key(),
            author,
            new.asid.as_str(),
            new.message.as_str(),
        ],
    )?;
    if added == 0 {
        return Ok(());
    }
    head.cpis_accesses += 1;
    execute(
        db,
        "INSERT INTO cpis_patient (nhs_number, accesses) VALUES (?1, 1) \
         ON CONFLICT (nhs_number) DO UPDATE SET accesses = accesses + 1",
        [new.patient.as_str()],
    )?;
    Ok(())
}

/// How many a patient has.
pub(in crate::sqlite) fn count(db: &Connection, patient: NhsNumber) -> Result<u64, StoreError> {
    let sql = "SELECT accesses FROM cpis_patient WHERE nhs_number = ?1";
    let count: Option<i64> = db
        .prepare_cached(sql)?
        .query_row([patient.as_str()], |row| row.get(0))
        .optional()?;
    Ok(u64::try_from(count.unwrap_or(0)).unwrap_or_default())
}

macro_rules! columns {
    () => {
        "nhs_number, at, query, author, asid, message"
    };
}

const NEWEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM cpis_access WHERE nhs_number = ?1 ORDER BY at DESC, query DESC LIMIT ?2"
);

const LAST_OF: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM cpis_access INDEXED BY cpis_access_by_author \
     WHERE nhs_number = ?1 AND author_key = ?2 ORDER BY at DESC, query DESC LIMIT 1"
);

/// A patient's newest, as many as an answer shows.
pub(super) fn newest(db: &Connection, patient: NhsNumber) -> Result<Vec<Access>, StoreError> {
    list(db, NEWEST, (patient.as_str(), number(SHOWN)), access)
}

/// The newest of an author's.
pub(super) fn last_of(
    db: &Connection,
    patient: NhsNumber,
    key: &str,
) -> Result<Option<Access>, StoreError> {
    list(db, LAST_OF, (patient.as_str(), key), access).map(|mut found| found.pop())
}

/// A row of `columns!`.
pub(super) fn access(row: &Row<'_>) -> Result<Access, StoreError> {
    let author = serde_json::from_str(text(row, (3, "author"))?);
    Ok(Access {
        patient: nhs_number(row, (0, "nhs_number"))?,
        at: time(row, (1, "at"))?,
        query: value(row, (2, "query"))?,
        author: author.map_err(|_| damaged("author"))?,
        asid: parsed(row, (4, "asid"))?,
        message: parsed(row, (5, "message"))?,
    })
}

#[cfg(test)]
mod tests {
    use crate::sqlite::plan;

    /// Both stop at their limit: nothing is sorted, however many accesses there are.
    #[test]
    fn the_newest_are_where_the_search_begins() {
        let (_folder, db) = plan::empty();
        for (sql, expected) in [
            (super::NEWEST, "PRIMARY KEY (nhs_number=?)"),
            (
                super::LAST_OF,
                "INDEX cpis_access_by_author (nhs_number=? AND author_key=?)",
            ),
        ] {
            let steps = plan::steps(&db, sql, ["", ""]);
            assert_eq!(steps, [format!("SEARCH cpis_access USING {expected}")]);
        }
    }
}
