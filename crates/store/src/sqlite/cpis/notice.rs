//! What local authorities are to be told: of accesses, and of numbers that went out of use.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::access;
use crate::sqlite::apply::execute;
use crate::sqlite::filter::Conditions;
use crate::sqlite::read::{Reader, list};
use crate::sqlite::rows::{
    micros, nhs_number, number, optional_nhs_number, optional_time, parsed, time, value,
};
use crate::{AccessNotice, InactiveNotice, NoticeFilter, StoreError, Told};

/// Adds one, unless its authority has one of its access.
pub(super) fn add(db: &Connection, new: &AccessNotice, author: &str) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO cpis_notice (shard, authority, query, nhs_number, at, author, asid, message, \
         file, created_at, told_at) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
         ON CONFLICT (shard, authority, query) DO NOTHING",
        params![
            new.authority.as_str(),
            new.access.query,
            new.access.patient.as_str(),
            micros(new.access.at),
            author,
            new.access.asid.as_str(),
            new.access.message.as_str(),
            new.file,
            micros(new.created_at),
            new.told_at.map(micros),
        ],
    )?;
    Ok(())
}

/// Adds one, unless its authority has one of its number.
pub(super) fn add_inactive(db: &Connection, new: &InactiveNotice) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO cpis_inactive (shard, authority, nhs_number, replaced_by, file, created_at, \
         told_at) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (shard, authority, nhs_number) DO NOTHING",
        params![
            new.authority.as_str(),
            new.patient.as_str(),
            new.replaced_by.as_ref().map(|other| other.as_str()),
            new.file,
            micros(new.created_at),
            new.told_at.map(micros),
        ],
    )?;
    Ok(())
}

/// Notes that one has gone out, if it is there and had not.
pub(super) fn tell(db: &Connection, told: &Told) -> Result<(), StoreError> {
    match told {
        Told::Access {
            authority,
            query,
            at,
        } => execute(
            db,
            "UPDATE cpis_notice SET told_at = ?3 \
             WHERE shard = 0 AND authority = ?1 AND query = ?2 AND told_at IS NULL",
            (authority.as_str(), query, micros(*at)),
        )?,
        Told::Inactive {
            authority,
            patient,
            at,
        } => execute(
            db,
            "UPDATE cpis_inactive SET told_at = ?3 \
             WHERE shard = 0 AND authority = ?1 AND nhs_number = ?2 AND told_at IS NULL",
            (authority.as_str(), patient.as_str(), micros(*at)),
        )?,
    };
    Ok(())
}

/// A table of notices.
struct Table {
    name: &'static str,
    /// Its columns, in the order in which rows of it are read.
    columns: &'static str,
    /// What makes a notice another one of its authority.
    key: &'static str,
    /// When what it tells of happened.
    happened: &'static str,
}

const ACCESSES: Table = Table {
    name: "cpis_notice",
    // Those of the access first.
    columns: "nhs_number, at, query, author, asid, message, authority, file, created_at, told_at",
    key: "query",
    happened: "at",
};

const INACTIVE: Table = Table {
    name: "cpis_inactive",
    columns: "authority, nhs_number, replaced_by, file, created_at, told_at",
    key: "nhs_number",
    happened: "created_at",
};

impl Table {
    /// A filter as SQL, and what is bound to it. First the places are found, in an index alone, then
    /// the rows: what is passed by is not read.
    fn search(&self, filter: &NoticeFilter) -> (String, Vec<Value>) {
        let Self {
            name,
            columns,
            key,
            happened,
        } = self;
        let authority = filter.authority.as_ref();
        let authority = authority.map(|code| code.as_str().to_owned());
        let mut wanted = Conditions::default();
        wanted.and("authority =", authority);
        wanted.and(&format!("{happened} >="), filter.from.map(micros));
        wanted.and(&format!("{happened} <="), filter.to.map(micros));
        let limit = wanted.bind(number(filter.limit));
        let (index, pending) = match filter.pending {
            true => ("pending", " AND told_at IS NULL"),
            false => ("by_time", ""),
        };
        let order = format!("ORDER BY created_at, {key}, authority");
        let sql = format!(
            "SELECT {columns} FROM {name} WHERE rowid IN (SELECT rowid FROM {name} \
             INDEXED BY {name}_{index} WHERE shard = 0{pending}{} {order} LIMIT {limit}) {order}",
            wanted.sql
        );
        (sql, wanted.values)
    }

    fn read<T>(
        &self,
        db: &Connection,
        filter: &NoticeFilter,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (sql, values) = self.search(filter);
        list(db, &sql, params_from_iter(values), read)
    }
}

impl Reader {
    pub(in crate::sqlite) fn cpis_notices(
        &self,
        filter: &NoticeFilter,
    ) -> Result<Vec<AccessNotice>, StoreError> {
        ACCESSES.read(&self.db, filter, |row| {
            Ok(AccessNotice {
                access: access::access(row)?,
                authority: parsed(row, (6, "authority"))?,
                file: value(row, (7, "file"))?,
                created_at: time(row, (8, "created_at"))?,
                told_at: optional_time(row, (9, "told_at"))?,
            })
        })
    }

    pub(in crate::sqlite) fn cpis_inactive(
        &self,
        filter: &NoticeFilter,
    ) -> Result<Vec<InactiveNotice>, StoreError> {
        INACTIVE.read(&self.db, filter, |row| {
            Ok(InactiveNotice {
                authority: parsed(row, (0, "authority"))?,
                patient: nhs_number(row, (1, "nhs_number"))?,
                replaced_by: optional_nhs_number(row, (2, "replaced_by"))?,
                file: value(row, (3, "file"))?,
                created_at: time(row, (4, "created_at"))?,
                told_at: optional_time(row, (5, "told_at"))?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use crate::sqlite::plan;

    /// What is pending is found without what was told; of an authority, in order and no further than
    /// the limit; of a period, without those before and after. Only what is given back is a row.
    #[test]
    fn nothing_is_searched_row_by_row() {
        let (_folder, db) = plan::empty();
        let (of_one, in_period) = ((Some(sample::authority(1)), None), Some(sample::time(1)));
        let filter = |(authority, time): (Option<_>, Option<_>), pending| NoticeFilter {
            authority,
            pending,
            from: time,
            to: time,
            limit: 9,
        };
        let (of_all, period) = ((None, None), (Some(sample::authority(1)), in_period));
        let sorts = "USE TEMP B-TREE FOR ORDER BY";
        for (table, filter, index, is_sorted) in [
            (
                &ACCESSES,
                filter(of_one.clone(), true),
                "pending (shard=? AND authority=?)",
                true,
            ),
            (
                &ACCESSES,
                filter(of_all.clone(), true),
                "pending (shard=?)",
                false,
            ),
            (
                &ACCESSES,
                filter(period.clone(), false),
                "by_time (shard=? AND authority=? AND at>? AND at<?)",
                false,
            ),
            (
                &INACTIVE,
                filter(of_one.clone(), true),
                "pending (shard=? AND authority=?)",
                true,
            ),
            (
                &INACTIVE,
                filter(of_one, false),
                "by_time (shard=? AND authority=?)",
                true,
            ),
            (&INACTIVE, filter(of_all, true), "pending (shard=?)", false),
            (
                &INACTIVE,
                filter(period, false),
                "by_time (shard=? AND authority=? AND created_at>? AND created_at<?)",
                true,
            ),
        ] {
            let (sql, values) = table.search(&filter);
            let steps = plan::steps(&db, &sql, params_from_iter(values));
            let name = table.name;
            let mut expected = vec![
                format!("SEARCH {name} USING INTEGER PRIMARY KEY (rowid=?)"),
                "LIST SUBQUERY 1".to_owned(),
                format!("SEARCH {name} USING COVERING INDEX {name}_{index}"),
            ];
            if !is_sorted {
                expected.push(sorts.to_owned());
            }
            expected.push(sorts.to_owned());
            assert_eq!(steps, expected, "{filter:?}");
        }
    }
}
