//! Filters as SQL.

use rusqlite::types::Value;

/// Conditions on rows, and what is bound to them.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// ` AND column = ?1 AND ...`
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    /// Adds one that ends where the value is to stand (`column =`), if there is a value.
    pub(super) fn and(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.sql.push_str(&format!(" AND {condition} {place}"));
        }
    }

    /// Binds a value, and says how SQL names it.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}
