//! One commit, statement by statement, inside the writer's transaction.

use domain::permission::CareProfessional;
use domain::record::DocumentState;
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::connection::Head;
use super::prepared::{Content, Prepared};
use super::rows::{micros, number, setting, source, state_code};
use crate::commit::FORGET;
use crate::{
    Commit, ConsentChange, NewDocument, OutboxEntry, Precondition, Receipt, SeenKey, SeenMessage,
    StateChange, StoreError, audit,
};

/// Checks and writes a commit. On an error the caller rolls back to where it stood before.
pub(super) fn apply(
    db: &Connection,
    prepared: &Prepared,
    head: &mut Head,
) -> Result<Receipt, StoreError> {
    let commit = &prepared.commit;
    for precondition in &commit.preconditions {
        if !holds(db, precondition, commit)? {
            return Err(StoreError::Precondition(precondition.clone()));
        }
    }
    for (new, content) in commit.documents.iter().zip(&prepared.contents) {
        add_document(db, new, content)?;
        head.documents += 1;
    }
    for change in &commit.states {
        change_state(db, change)?;
    }
    check_unseen(db, &commit.seen)?;
    for change in &commit.consents {
        change_consent(db, change)?;
    }
    add_standing(db, commit)?;
    for seen in &commit.seen {
        remember(db, seen)?;
    }
    for entry in &commit.outbox {
        queue(db, entry)?;
    }
    for id in &commit.outbox_done {
        execute(db, "DELETE FROM outbox WHERE shard = 0 AND id = ?1", [id])?;
    }
    append_audit(db, prepared, head)
}

fn execute(db: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

fn exists(db: &Connection, sql: &str, params: impl Params) -> Result<bool, StoreError> {
    Ok(db.prepare_cached(sql)?.exists(params)?)
}

fn holds(
    db: &Connection,
    precondition: &Precondition,
    commit: &Commit,
) -> Result<bool, StoreError> {
    match precondition {
        Precondition::DocumentAbsent(document) => {
            let sql = "SELECT 1 FROM doc_ref WHERE document_id = ?1";
            Ok(!exists(db, sql, [document.as_str()])?)
        }
        Precondition::DocumentInState {
            patient,
            document,
            state,
        } => exists(
            db,
            "SELECT 1 FROM document WHERE nhs_number = ?1 AND document_id = ?2 AND state = ?3",
            (patient.as_str(), document.as_str(), state_code(*state)),
        ),
        Precondition::DocumentCount { patient, count } => {
            let sql = "SELECT count(*) FROM document WHERE nhs_number = ?1";
            let found: i64 = db
                .prepare_cached(sql)?
                .query_row([patient.as_str()], |row| row.get(0))?;
            Ok(number(*count) == found)
        }
        Precondition::ConsentVersion { patient, version } => {
            Ok(i64::try_from(*version) == Ok(consent_version(db, patient.as_str())?))
        }
        Precondition::MessageUnseen(key) => {
            let Some(expires) = expiry(db, key)? else {
                return Ok(true);
            };
            Ok(commit
                .seen
                .iter()
                .any(|new| new.key == *key && expires <= micros(new.at)))
        }
    }
}

fn consent_version(db: &Connection, patient: &str) -> Result<i64, StoreError> {
    let sql = "SELECT coalesce(max(version), 0) FROM consent WHERE nhs_number = ?1";
    Ok(db
        .prepare_cached(sql)?
        .query_row([patient], |row| row.get(0))?)
}

fn expiry(db: &Connection, key: &SeenKey) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT expires FROM seen_message \
               WHERE shard = 0 AND sender = ?1 AND interaction = ?2 AND message = ?3";
    let params = (&key.sender, &key.interaction, key.message.as_str());
    Ok(db
        .prepare_cached(sql)?
        .query_row(params, |row| row.get(0))
        .optional()?)
}

fn add_document(db: &Connection, new: &NewDocument, content: &Content) -> Result<(), StoreError> {
    let (patient, header) = (new.filed_under.as_str(), &new.header);
    let id = header.id.as_str();
    let author = serde_json::to_string(&header.author)
        .map_err(|_| StoreError::Failed("an author could not be written as JSON".to_owned()))?;
    let added = execute(
        db,
        "INSERT INTO document (nhs_number, document_id, state, replaced_by, subject, kind, \
         effective, effective_at, author, replaces, stored_at, size, sha256) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
         ON CONFLICT (nhs_number, document_id) DO NOTHING",
        params![
            patient,
            id,
            state_code(new.state),
            new.replaced_by.as_ref().map(|id| id.as_str()),
            header.patient.as_str(),
            header.kind.code(),
            header.effective.as_str(),
            micros(header.effective.first_instant()),
            author,
            header.replaces.as_ref().map(|id| id.as_str()),
            micros(new.stored_at),
            content.size,
            content.sha256,
        ],
    )?;
    if added == 0 {
        return Err(StoreError::Precondition(Precondition::DocumentAbsent(
            header.id.clone(),
        )));
    }
    execute(
        db,
        "INSERT INTO document_content (nhs_number, document_id, dictionary_id, inherited, content) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            patient,
            id,
            content.dictionary,
            &content.inherited,
            &content.frame,
        ),
    )?;
    execute(
        db,
        "INSERT INTO doc_ref (document_id, nhs_number) VALUES (?1, ?2)",
        (id, patient),
    )?;
    Ok(())
}

fn change_state(db: &Connection, change: &StateChange) -> Result<(), StoreError> {
    let sql = match change.to {
        DocumentState::Normal => {
            "UPDATE document SET state = ?3, replaced_by = NULL, withdrawn_by = NULL \
             WHERE nhs_number = ?1 AND document_id = ?2 AND ?4 IS ?4"
        }
        DocumentState::Replaced => {
            "UPDATE document SET state = ?3, replaced_by = ?4 \
             WHERE nhs_number = ?1 AND document_id = ?2"
        }
        DocumentState::Withdrawn => {
            "UPDATE document SET state = ?3, withdrawn_by = ?4 \
             WHERE nhs_number = ?1 AND document_id = ?2"
        }
    };
    let by = change.by.as_ref().map(|id| id.as_str());
    let id = change.document.as_str();
    match execute(
        db,
        sql,
        (change.patient.as_str(), id, state_code(change.to), by),
    )? {
        0 => Err(crate::no_such_document(&change.document)),
        _ => Ok(()),
    }
}

fn change_consent(db: &Connection, change: &ConsentChange) -> Result<(), StoreError> {
    let author = change.author.as_ref();
    let version = consent_version(db, change.patient.as_str())? + 1;
    execute(
        db,
        "INSERT INTO consent (nhs_number, version, view_setting, store_setting, changed_at, \
         message, author_user, author_role_profile, author_organisation) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            change.patient.as_str(),
            version,
            setting(change.consent.view),
            setting(change.consent.store),
            micros(change.at),
            change.message.as_str(),
            author.map(|author| author.user.as_str()),
            author.map(|author| author.role_profile.as_str()),
            author.map(|author| author.organisation.as_str()),
        ],
    )?;
    Ok(())
}

fn add_standing(db: &Connection, commit: &Commit) -> Result<(), StoreError> {
    for new in &commit.permissions {
        let CareProfessional {
            user,
            role_profile,
            organisation,
        } = &new.holder;
        execute(
            db,
            "INSERT INTO permission (nhs_number, user_id, role_profile, organisation, valid_from, \
             valid_until, source, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (nhs_number, user_id, role_profile, organisation, valid_from) \
             DO UPDATE SET valid_until = excluded.valid_until, source = excluded.source, \
             message = excluded.message",
            params![
                new.patient.as_str(),
                user.as_str(),
                role_profile.as_str(),
                organisation.as_str(),
                micros(new.from),
                new.until.map(micros),
                source(new.source),
                new.message.as_str(),
            ],
        )?;
    }
    for new in &commit.relationships {
        let CareProfessional {
            user,
            role_profile,
            organisation,
        } = &new.holder;
        execute(
            db,
            "INSERT INTO relationship (nhs_number, user_id, role_profile, organisation, since, \
             message) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (nhs_number, user_id, role_profile, organisation) DO NOTHING",
            params![
                new.patient.as_str(),
                user.as_str(),
                role_profile.as_str(),
                organisation.as_str(),
                micros(new.since),
                new.message.as_str(),
            ],
        )?;
    }
    Ok(())
}

fn check_unseen(db: &Connection, new: &[SeenMessage]) -> Result<(), StoreError> {
    for (at, seen) in new.iter().enumerate() {
        let twice = new.iter().take(at).any(|other| other.key == seen.key);
        let expires = expiry(db, &seen.key)?;
        if twice || expires.is_some_and(|expires| expires > micros(seen.at)) {
            let unseen = Precondition::MessageUnseen(seen.key.clone());
            return Err(StoreError::Precondition(unseen));
        }
    }
    Ok(())
}

fn remember(db: &Connection, seen: &SeenMessage) -> Result<(), StoreError> {
    execute(
        db,
        "DELETE FROM seen_message WHERE (shard, sender, interaction, message) IN \
         (SELECT shard, sender, interaction, message FROM seen_message \
         WHERE shard = 0 AND expires <= ?1 \
         ORDER BY expires, sender, interaction, message LIMIT ?2)",
        (micros(seen.at), number(FORGET)),
    )?;
    execute(
        db,
        "INSERT INTO seen_message (shard, sender, interaction, message, digest, answer, at, \
         expires) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (shard, sender, interaction, message) DO UPDATE SET \
         digest = excluded.digest, answer = excluded.answer, at = excluded.at, \
         expires = excluded.expires",
        params![
            seen.key.sender,
            seen.key.interaction,
            seen.key.message.as_str(),
            seen.digest,
            seen.answer,
            micros(seen.at),
            micros(seen.expires),
        ],
    )?;
    Ok(())
}

fn queue(db: &Connection, entry: &OutboxEntry) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO outbox (shard, id, kind, payload, nhs_number, queued_at, next_try, tries) \
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (shard, id) DO UPDATE SET \
         kind = excluded.kind, payload = excluded.payload, nhs_number = excluded.nhs_number, \
         queued_at = excluded.queued_at, next_try = excluded.next_try, tries = excluded.tries",
        params![
            entry.id,
            entry.kind,
            entry.payload,
            entry.patient.as_ref().map(|patient| patient.as_str()),
            micros(entry.queued_at),
            micros(entry.next_try),
            entry.tries,
        ],
    )?;
    Ok(())
}

fn append_audit(
    db: &Connection,
    prepared: &Prepared,
    head: &mut Head,
) -> Result<Receipt, StoreError> {
    for (event, text) in prepared.commit.audit.iter().zip(&prepared.texts) {
        let hash = audit::hash(&head.hash, text);
        execute(
            db,
            "INSERT INTO audit (shard, sequence, previous, hash, text, at, nhs_number, user_id, \
             message, organisation) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                head.sequence + 1,
                head.hash,
                hash,
                text,
                micros(event.at),
                event.patient.as_ref().map(|patient| patient.as_str()),
                event.user.as_ref().map(|user| user.as_str()),
                event.message.as_ref().map(|message| message.as_str()),
                event
                    .organisation
                    .as_ref()
                    .map(|organisation| organisation.as_str()),
            ],
        )?;
        head.sequence += 1;
        head.hash = hash;
    }
    let last_audit = match prepared.texts.is_empty() {
        true => None,
        false => u64::try_from(head.sequence).ok(),
    };
    Ok(Receipt { last_audit })
}
