//! Mailboxes.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use super::apply::{execute, exists};
use super::connection::Head;
use super::filter::Conditions;
use super::frame::{Frame, unpack};
use super::read::{Reader, View, list};
use super::rows::{damaged, micros, number, time, unsigned, value, whole};
use crate::{MailChanges, MailChunk, MailFilter, MailMessage, MailState, StoreError};

/// Adds what a commit has of them. The bytes of chunks come apart.
pub(super) fn add(
    db: &Connection,
    changes: &MailChanges,
    frames: &[Frame],
    head: &mut Head,
) -> Result<(), StoreError> {
    for new in &changes.messages {
        add_message(db, new, head)?;
    }
    for (new, frame) in changes.chunks.iter().zip(frames) {
        add_chunk(db, new, frame)?;
    }
    for id in &changes.emptied {
        let sql = "DELETE FROM mail_chunk WHERE shard = 0 AND message = ?1";
        execute(db, sql, [id])?;
    }
    Ok(())
}

/// Whether a message is there, and in this state.
pub(super) fn is_in(db: &Connection, id: &str, state: MailState) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM mail_message WHERE shard = 0 AND id = ?1 AND state = ?2";
    exists(db, sql, (id, code(state)))
}

/// Adds one, or replaces the one of its id. Both are counted: so not by one statement, which would
/// not tell.
fn add_message(db: &Connection, new: &MailMessage, head: &mut Head) -> Result<(), StoreError> {
    let params: [&dyn ToSql; 12] = [
        &new.id,
        &new.from,
        &new.to,
        &new.workflow,
        &new.local_id,
        &new.file_name,
        &new.subject,
        &code(new.state),
        &new.chunks,
        &whole(new.size),
        &micros(new.created_at),
        &micros(new.changed_at),
    ];
    let added = execute(
        db,
        "INSERT INTO mail_message (shard, id, sender, recipient, workflow, local_id, file_name, \
         subject, state, chunks, size, created_at, changed_at) \
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
         ON CONFLICT (shard, id) DO NOTHING",
        params,
    )?;
    if added > 0 {
        head.mail += 1;
        return Ok(());
    }
    execute(
        db,
        "UPDATE mail_message SET sender = ?2, recipient = ?3, workflow = ?4, local_id = ?5, \
         file_name = ?6, subject = ?7, state = ?8, chunks = ?9, size = ?10, created_at = ?11, \
         changed_at = ?12 WHERE shard = 0 AND id = ?1",
        params,
    )?;
    Ok(())
}

fn add_chunk(db: &Connection, new: &MailChunk, frame: &Frame) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO mail_chunk (shard, message, number, dictionary_id, size, sha256, content) \
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (shard, message, number) DO UPDATE SET \
         dictionary_id = excluded.dictionary_id, size = excluded.size, \
         sha256 = excluded.sha256, content = excluded.content",
        (
            &new.message,
            new.number,
            frame.dictionary,
            frame.size,
            frame.sha256,
            &frame.content,
        ),
    )?;
    Ok(())
}

impl Reader {
    pub(super) fn mail(&self, filter: &MailFilter) -> Result<Vec<MailMessage>, StoreError> {
        let (sql, values) = search(filter);
        list(&self.db, &sql, params_from_iter(values), message)
    }

    pub(super) fn mail_chunk(
        &mut self,
        message: &str,
        number: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let view = View::begin(&self.db)?;
        let damaged = |reason: &str| {
            StoreError::Corrupt(format!(
                "mailbox message {message}, chunk {number}: {reason}"
            ))
        };
        let unreadable = |_| damaged("it is not of the form it was written in");
        let sql = "SELECT dictionary_id, size, sha256, content FROM mail_chunk \
                   WHERE shard = 0 AND message = ?1 AND number = ?2";
        let mut found = list(&view, sql, (message, number), |row| {
            let size: i64 = row.get(1).map_err(unreadable)?;
            let size = u64::try_from(size).unwrap_or(u64::MAX);
            let (dictionary, sha256) = (row.get(0).map_err(unreadable)?, row.get(2));
            let content = row.get_ref(3)?.as_blob();
            let content = content.map_err(|_| damaged("it is no bytes"))?;
            let noted = (size, &sha256.map_err(unreadable)?);
            unpack(
                &view,
                &mut self.decoder,
                (dictionary, content),
                noted,
                damaged,
            )
        })?;
        Ok(found.pop())
    }
}

/// A filter as SQL, and what is bound to it.
fn search(filter: &MailFilter) -> (String, Vec<Value>) {
    let mut wanted = Conditions::default();
    wanted.and("id =", filter.id.clone());
    wanted.and("local_id =", filter.local_id.clone());
    wanted.and("recipient =", filter.to.clone());
    wanted.and("state =", filter.state.map(code));
    wanted.and("sender =", filter.from.clone());
    wanted.and("workflow =", filter.workflow.clone());
    let limit = wanted.bind(number(filter.limit));
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_message INDEXED BY {} WHERE shard = 0{} \
         ORDER BY created_at, id LIMIT {limit}",
        index(filter),
        wanted.sql
    );
    (sql, wanted.values)
}

/// The index that leaves the fewest rows to look at.
fn index(filter: &MailFilter) -> &'static str {
    match filter {
        filter if filter.id.is_some() => "mail_message_by_id",
        filter if filter.local_id.is_some() => "mail_message_by_local_id",
        filter if filter.to.is_some() => "mail_message_by_recipient",
        _ => "mail_message_by_time",
    }
}

const COLUMNS: &str = "id, sender, recipient, workflow, local_id, file_name, subject, state, \
    chunks, size, created_at, changed_at";

/// A row of [`COLUMNS`].
fn message(row: &Row<'_>) -> Result<MailMessage, StoreError> {
    Ok(MailMessage {
        id: value(row, (0, "id"))?,
        from: value(row, (1, "sender"))?,
        to: value(row, (2, "recipient"))?,
        workflow: value(row, (3, "workflow"))?,
        local_id: value(row, (4, "local_id"))?,
        file_name: value(row, (5, "file_name"))?,
        subject: value(row, (6, "subject"))?,
        state: match value::<i64>(row, (7, "state"))? {
            1 => MailState::Uploading,
            2 => MailState::Accepted,
            3 => MailState::Acknowledged,
            4 => MailState::Failed,
            _ => return Err(damaged("state")),
        },
        chunks: value(row, (8, "chunks"))?,
        size: unsigned(row, (9, "size"))?,
        created_at: time(row, (10, "created_at"))?,
        changed_at: time(row, (11, "changed_at"))?,
    })
}

fn code(state: MailState) -> i64 {
    match state {
        MailState::Uploading => 1,
        MailState::Accepted => 2,
        MailState::Acknowledged => 3,
        MailState::Failed => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;

    /// Every search goes by the index that fits it, and what waits in a mailbox comes in its order.
    #[test]
    fn nothing_is_searched_row_by_row() {
        let (_folder, db) = plan::empty();
        let text = || Some("A".to_owned());
        let mut filter = MailFilter {
            id: text(),
            to: text(),
            from: text(),
            workflow: text(),
            local_id: text(),
            state: Some(MailState::Accepted),
            limit: 9,
        };
        let leave_out: [fn(&mut MailFilter); 4] = [
            |_| (),
            |filter| filter.id = None,
            |filter| filter.local_id = None,
            |filter| filter.to = None,
        ];
        for (leave_out, index, is_in_order) in [
            (leave_out[0], "by_id (shard=? AND id=?)", true),
            (leave_out[1], "by_local_id (shard=? AND local_id=?)", false),
            (
                leave_out[2],
                "by_recipient (shard=? AND recipient=? AND state=?)",
                true,
            ),
            (leave_out[3], "by_time (shard=?)", true),
        ] {
            leave_out(&mut filter);
            let (sql, values) = search(&filter);
            let steps = plan::steps(&db, &sql, params_from_iter(values));
            let mut expected = vec![format!(
                "SEARCH mail_message USING INDEX mail_message_{index}"
            )];
            if !is_in_order {
                expected.push("USE TEMP B-TREE FOR ORDER BY".to_owned());
            }
            assert_eq!(steps, expected, "{filter:?}");
        }
    }
}
