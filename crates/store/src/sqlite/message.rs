//! Messages that came and went.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::apply::execute;
use super::frame::{Frame, unpack};
use super::read::{Reader, View, list};
use super::rows::{self, micros, number};
use crate::compression::Decoder;
use crate::delivery::with_mark;
use crate::{MessageFilter, MessageRecord, Outcome, OutcomeChange, StoreError};

/// Adds one, or replaces the one of its id, owner and direction. Its body comes apart.
pub(super) fn add(
    db: &Connection,
    new: &MessageRecord,
    body: Option<&Frame>,
) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO message (shard, message, owner, direction, at, conversation, ref_to, \
         service, interaction, sender, recipient, nhs_number, document_id, outcome, \
         dictionary_id, size, sha256, body) \
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
         ON CONFLICT (shard, message, owner, direction) DO UPDATE SET \
         at = excluded.at, conversation = excluded.conversation, ref_to = excluded.ref_to, \
         service = excluded.service, interaction = excluded.interaction, \
         sender = excluded.sender, recipient = excluded.recipient, \
         nhs_number = excluded.nhs_number, document_id = excluded.document_id, \
         outcome = excluded.outcome, dictionary_id = excluded.dictionary_id, \
         size = excluded.size, sha256 = excluded.sha256, body = excluded.body",
        params![
            new.message.as_str(),
            new.owner,
            rows::direction(new.direction),
            micros(new.at),
            new.conversation,
            new.ref_to.as_ref().map(|id| id.as_str()),
            new.service,
            new.interaction,
            new.from,
            new.to,
            new.patient.as_ref().map(|patient| patient.as_str()),
            new.document.as_ref().map(|id| id.as_str()),
            new.outcome,
            body.map(|body| body.dictionary),
            body.map(|body| body.size),
            body.map(|body| body.sha256),
            body.map(|body| &body.content),
        ],
    )?;
    Ok(())
}

/// Gives one another outcome, if it is there. Its body is not looked at.
pub(super) fn mark(db: &Connection, change: &OutcomeChange) -> Result<(), StoreError> {
    let key = (
        change.message.as_str(),
        &change.owner,
        rows::direction(change.direction),
    );
    let (rowid, outcome): (i64, String) = {
        let mut statement = db.prepare_cached(
            "SELECT rowid, outcome FROM message \
             WHERE shard = 0 AND message = ?1 AND owner = ?2 AND direction = ?3",
        )?;
        let found = statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?)));
        match found.optional()? {
            Some(found) => found,
            None => return Ok(()),
        }
    };
    let outcome = match &change.outcome {
        Outcome::Becomes(outcome) => outcome.clone(),
        Outcome::Adds(mark) => with_mark(&outcome, mark),
    };
    let sql = "UPDATE message SET outcome = ?2 WHERE rowid = ?1";
    execute(db, sql, (rowid, outcome))?;
    Ok(())
}

impl Reader {
    pub(super) fn messages(
        &mut self,
        filter: &MessageFilter,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let search = Search::new(filter);
        let view = View::begin(&self.db)?;
        list(&view, &search.sql, search.params().as_slice(), |row| {
            let body = body(&view, &mut self.decoder, row)?;
            rows::message(row, body)
        })
    }
}

/// A filter as SQL.
struct Search<'a> {
    sql: String,
    texts: Vec<&'a str>,
    numbers: Vec<i64>,
}

impl<'a> Search<'a> {
    fn new(filter: &'a MessageFilter) -> Self {
        let (mut texts, mut numbers, mut conditions) = (Vec::new(), Vec::new(), String::new());
        for (column, text) in wanted_texts(filter) {
            if let Some(text) = text {
                texts.push(text);
                conditions.push_str(&format!(" AND {column} = ?{}", texts.len()));
            }
        }
        for (condition, number) in [
            ("direction =", filter.direction.map(rows::direction)),
            ("at >=", filter.from.map(micros)),
            ("at <=", filter.to.map(micros)),
        ] {
            if let Some(number) = number {
                numbers.push(number);
                let place = texts.len() + numbers.len();
                conditions.push_str(&format!(" AND {condition} ?{place}"));
            }
        }
        numbers.push(number(filter.limit));
        let sql = format!(
            "SELECT * FROM message INDEXED BY {} WHERE shard = 0{conditions} \
             ORDER BY at DESC, message DESC, owner DESC, direction DESC LIMIT ?{}",
            index(filter),
            texts.len() + numbers.len()
        );
        Self {
            sql,
            texts,
            numbers,
        }
    }

    fn params(&self) -> Vec<&dyn ToSql> {
        let texts = self.texts.iter().map(|text| text as &dyn ToSql);
        texts
            .chain(self.numbers.iter().map(|number| number as &dyn ToSql))
            .collect()
    }
}

/// What a filter asks of columns of text.
fn wanted_texts(filter: &MessageFilter) -> [(&'static str, Option<&str>); 6] {
    [
        ("message", filter.message.as_ref().map(|id| id.as_str())),
        ("ref_to", filter.ref_to.as_ref().map(|id| id.as_str())),
        ("conversation", filter.conversation.as_deref()),
        (
            "nhs_number",
            filter.patient.as_ref().map(|patient| patient.as_str()),
        ),
        ("owner", filter.owner.as_deref()),
        ("interaction", filter.interaction.as_deref()),
    ]
}

/// The index that leaves the fewest rows to look at.
fn index(filter: &MessageFilter) -> &'static str {
    match filter {
        filter if filter.message.is_some() => "message_by_id",
        filter if filter.ref_to.is_some() => "message_by_ref_to",
        filter if filter.conversation.is_some() => "message_by_conversation",
        filter if filter.patient.is_some() => "message_by_patient",
        _ => "message_by_time",
    }
}

/// A message's body, checked against what was noted when it was written.
fn body(
    db: &Connection,
    decoder: &mut Decoder,
    row: &Row<'_>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(dictionary) = row.get("dictionary_id")? else {
        return Ok(None);
    };
    let message: String = row.get("message")?;
    let damaged = |reason: &str| StoreError::Corrupt(format!("message {message}: {reason}"));
    let unreadable = "its body is not of the form it was written in";
    let size: i64 = row.get("size").map_err(|_| damaged(unreadable))?;
    let size = u64::try_from(size).map_err(|_| damaged(unreadable))?;
    let sha256 = row.get("sha256").map_err(|_| damaged(unreadable))?;
    let content = row.get_ref("body")?.as_blob();
    let content = content.map_err(|_| damaged(unreadable))?;
    unpack(db, decoder, (dictionary, content), (size, &sha256), damaged).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Direction;
    use crate::conformance::sample;
    use crate::sqlite::plan;

    /// Every search goes by the index that fits it, and by time no further than its limit.
    #[test]
    fn nothing_is_searched_row_by_row() {
        let (_folder, db) = plan::empty();
        let mut filter = MessageFilter {
            owner: Some("smsp".to_owned()),
            direction: Some(Direction::In),
            message: Some(sample::message_id(1)),
            ref_to: Some(sample::message_id(2)),
            conversation: Some("A".to_owned()),
            patient: Some(sample::patient(1)),
            interaction: Some("MCCI_IN010000UK13".to_owned()),
            from: Some(sample::time(1)),
            to: Some(sample::time(2)),
            limit: 9,
        };
        let leave_out: [fn(&mut MessageFilter); 5] = [
            |_| (),
            |filter| filter.message = None,
            |filter| filter.ref_to = None,
            |filter| filter.conversation = None,
            |filter| filter.patient = None,
        ];
        let expected = [
            "message_by_id (shard=? AND message=? AND owner=? AND direction=?)",
            "message_by_ref_to (shard=? AND ref_to=? AND at>? AND at<?)",
            "message_by_conversation (shard=? AND conversation=? AND at>? AND at<?)",
            "message_by_patient (shard=? AND nhs_number=? AND at>? AND at<?)",
            "message_by_time (shard=? AND at>? AND at<?)",
        ];
        for (leave_out, expected) in leave_out.into_iter().zip(expected) {
            leave_out(&mut filter);
            let search = Search::new(&filter);
            let steps = plan::steps(&db, &search.sql, search.params().as_slice());
            let (first, rest) = steps.split_first().expect("a step");
            assert!(first.ends_with(expected), "{first}, not {expected}");
            // In order of time by the index: only those of one time are sorted.
            let sorts = "USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY";
            assert!(rest.iter().all(|step| step == sorts), "{steps:?}");
        }
    }
}
