//! Searching the audit, block by block from the newest back.

use std::cmp::Reverse;

use rusqlite::{Connection, ToSql};

use super::blocks::BLOCK;
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
        let search = Search::new(filter);
        let mut found = Vec::new();
        for place in search.newest(&view, filter.limit)? {
            let sql = "SELECT sequence, previous, hash, text FROM audit \
                       WHERE shard = 0 AND sequence = ?1";
            found.extend(list(&view, sql, [place.1], rows::audit)?);
        }
        Ok(found)
    }
}

/// A filter as SQL.
struct Search<'a> {
    /// Of one block, by its number, first and last record (?1 to ?3) and the times (?4, ?5).
    sql: String,
    texts: Vec<&'a str>,
    from: i64,
    to: i64,
}

impl<'a> Search<'a> {
    fn new(filter: &'a AuditFilter) -> Self {
        // The index of the first one given is used, so: the fewest records first.
        let texts = [
            ("message", filter.message.as_ref().map(|id| id.as_str())),
            ("nhs_number", filter.patient.as_ref().map(|id| id.as_str())),
            ("user_id", filter.user.as_ref().map(|id| id.as_str())),
            (
                "organisation",
                filter.organisation.as_ref().map(|code| code.as_str()),
            ),
        ];
        let given = texts.iter().filter(|(_, text)| text.is_some());
        let index = match given.clone().next() {
            Some(("message", _)) => "INDEXED BY audit_by_message",
            Some(("nhs_number", _)) => "INDEXED BY audit_by_patient",
            Some(("user_id", _)) => "INDEXED BY audit_by_user",
            Some(_) => "INDEXED BY audit_by_organisation",
            None => "",
        };
        let block = match index {
            "" => "sequence BETWEEN ?2 AND ?3 AND ?1 IS NOT NULL",
            _ => "sequence / 1024 = ?1 AND sequence BETWEEN ?2 AND ?3",
        };
        let mut sql = format!(
            "SELECT at, sequence FROM audit {index} WHERE shard = 0 AND {block} \
             AND at BETWEEN ?4 AND ?5"
        );
        for (place, (column, _)) in (6..).zip(given) {
            sql.push_str(&format!(" AND {column} = ?{place}"));
        }
        Self {
            sql,
            texts: texts.iter().filter_map(|(_, text)| *text).collect(),
            from: filter.from.map_or(i64::MIN, micros),
            to: filter.to.map_or(i64::MAX, micros),
        }
    }

    /// Where the records that meet the filter stand, the newest `limit` of them.
    fn newest(&self, db: &Connection, limit: usize) -> Result<Vec<Place>, StoreError> {
        let mut blocks = db.prepare_cached(
            "SELECT block, newest FROM audit_block \
             WHERE shard = 0 AND newest >= ?1 AND oldest <= ?2 ORDER BY newest DESC",
        )?;
        let mut blocks = blocks.query((self.from, self.to))?;
        let mut found: Vec<Place> = Vec::new();
        while let Some(row) = blocks.next()? {
            let (block, newest): (i64, i64) = (row.get(0)?, row.get(1)?);
            // Nothing in this block or those after it is newer than what there is.
            if found.len() >= limit && found.last().is_none_or(|last| last.0 > newest) {
                break;
            }
            self.look_into(db, block, &mut found)?;
            if found.len() >= limit {
                newest_first(&mut found, limit);
            }
        }
        newest_first(&mut found, limit);
        Ok(found)
    }

    fn look_into(
        &self,
        db: &Connection,
        block: i64,
        found: &mut Vec<Place>,
    ) -> Result<(), StoreError> {
        let first = block.saturating_mul(BLOCK);
        let last = first.saturating_add(BLOCK - 1);
        let mut params: Vec<&dyn ToSql> = vec![&block, &first, &last, &self.from, &self.to];
        params.extend(self.texts.iter().map(|text| text as &dyn ToSql));
        found.extend(list(db, &self.sql, params.as_slice(), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?);
        Ok(())
    }
}

fn newest_first(found: &mut Vec<Place>, limit: usize) {
    found.sort_unstable_by_key(|place| Reverse(*place));
    found.truncate(limit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteOptions;
    use crate::conformance::sample;
    use crate::sqlite::connection::open_writer;

    /// Every search finds its records by an index, or by the numbers of a block.
    #[test]
    fn nothing_is_searched_row_by_row() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let db = open_writer(&path, &SqliteOptions::default()).expect("open");
        let holder = sample::professional(1);
        let all = AuditFilter {
            patient: Some(sample::patient(1)),
            user: Some(holder.user),
            message: Some(sample::message_id(1)),
            organisation: Some(holder.organisation),
            ..AuditFilter::default()
        };
        let block = "shard=? AND <expr>=?";
        for without in 0..5 {
            let mut filter = all.clone();
            let mut expected = format!("audit_by_message ({block} AND message=?");
            if without > 0 {
                filter.message = None;
                expected = format!("audit_by_patient ({block} AND nhs_number=?");
            }
            if without > 1 {
                filter.patient = None;
                expected = format!("audit_by_user ({block} AND user_id=?");
            }
            if without > 2 {
                filter.user = None;
                expected = format!("audit_by_organisation ({block} AND organisation=?");
            }
            if without > 3 {
                filter.organisation = None;
                expected = "PRIMARY KEY (shard=? AND sequence>? AND sequence<?".to_owned();
            }
            let search = Search::new(&filter);
            let mut plan = db
                .prepare(&format!("EXPLAIN QUERY PLAN {}", search.sql))
                .expect("a statement");
            let count = plan.parameter_count();
            let steps: Vec<String> = plan
                .query_map(rusqlite::params_from_iter(vec!["1"; count]), |row| {
                    row.get(3)
                })
                .expect("a plan")
                .map(|step| step.expect("a step"))
                .collect();
            let [step] = steps.as_slice() else {
                panic!("one step, not {steps:?}")
            };
            assert!(step.contains(&expected), "{step}, not {expected}");
        }
    }
}
