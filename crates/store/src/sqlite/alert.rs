//! Privacy alerts that were received.

use rusqlite::{Connection, ToSql};

use super::apply::execute;
use super::read::{Reader, list};
use super::rows::{self, micros, number};
use crate::{AlertFilter, ReceivedAlert, StoreError};

/// Adds one, unless it is there.
pub(super) fn add(db: &Connection, new: &ReceivedAlert) -> Result<(), StoreError> {
    let alert = &new.alert;
    let content = serde_json::to_string(alert)
        .map_err(|_| StoreError::Failed("an alert could not be written as JSON".to_owned()))?;
    execute(
        db,
        "INSERT INTO alert (shard, id, at, organisation, received_at, message, content) \
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (shard, id) DO NOTHING",
        (
            alert.id.as_str(),
            micros(alert.at),
            alert.organisation.as_str(),
            micros(new.received_at),
            new.message.as_str(),
            content,
        ),
    )?;
    Ok(())
}

impl Reader {
    pub(super) fn alerts(&self, filter: &AlertFilter) -> Result<Vec<ReceivedAlert>, StoreError> {
        let organisation = filter.organisation.as_ref().map(|code| code.as_str());
        let (from, to) = (filter.from.map(micros), filter.to.map(micros));
        let after = filter.after.as_ref().map(|id| id.as_str());
        let limit = number(filter.limit);
        let mut sql =
            "SELECT id, received_at, message, content FROM alert WHERE shard = 0".to_owned();
        let mut params: Vec<&dyn ToSql> = Vec::new();
        let mut wanted = |condition: &str, value| {
            params.push(value);
            sql.push_str(&format!(" AND {condition} ?{}", params.len()));
        };
        if let Some(code) = &organisation {
            wanted("organisation =", code);
        }
        if let Some(from) = &from {
            wanted("at >=", from);
        }
        if let Some(to) = &to {
            wanted("at <=", to);
        }
        if let Some(after) = &after {
            wanted(
                "(at, id) < (SELECT at, id FROM alert WHERE shard = 0 AND id =",
                after,
            );
            sql.push(')');
        }
        params.push(&limit);
        sql.push_str(&format!(
            " ORDER BY at DESC, id DESC LIMIT ?{}",
            params.len()
        ));
        list(&self.db, &sql, params.as_slice(), rows::alert)
    }
}
