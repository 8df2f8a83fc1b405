//! One commit, statement by statement, inside the writer's transaction.
//!
//! What can refuse a commit is looked at before anything is written ([`check`]), so that most
//! commits need no savepoint. Only documents, whose writing is where the disk gets full, and their
//! states may fail on the way ([`add_documents`]).

use domain::record::DocumentState;
use rusqlite::{Connection, Params, params};

use super::blocks::Current;
use super::connection::Head;
use super::prepared::{Content, Packed, Prepared};
use super::rows::{marks, micros, number, setting, state_code};
use super::seen::Marks;
use super::{access, alert, cpis, legitimate, mail, message, outbox, standing};
use crate::{
    Commit, ConsentChange, NewDocument, Precondition, Receipt, StateChange, StoreError, audit,
};

/// Whether its preconditions hold.
pub(super) fn check(db: &Connection, commit: &Commit, marks: &Marks) -> Result<(), StoreError> {
    for precondition in &commit.preconditions {
        if !holds(db, precondition, commit, marks)? {
            return Err(StoreError::Precondition(precondition.clone()));
        }
    }
    Ok(())
}

/// Writes its documents and their states, or says why not, some of them written.
pub(super) fn add_documents(
    db: &Connection,
    prepared: &Prepared,
    head: &mut Head,
) -> Result<(), StoreError> {
    let commit = &prepared.commit;
    for (new, content) in commit.documents.iter().zip(&prepared.contents) {
        add_document(db, new, content)?;
        head.documents += 1;
    }
    commit
        .states
        .iter()
        .try_for_each(|change| change_state(db, change))
}

/// Writes the rest of it. Nothing here refuses.
pub(super) fn apply(
    db: &Connection,
    prepared: &Prepared,
    (head, current): (&mut Head, &mut Current),
) -> Result<Receipt, StoreError> {
    let commit = &prepared.commit;
    for change in &commit.consents {
        change_consent(db, change)?;
    }
    standing::add(db, commit)?;
    for entry in &commit.outbox {
        outbox::queue(db, entry)?;
    }
    for id in &commit.outbox_done {
        outbox::done(db, id)?;
    }
    for new in &commit.accesses {
        access::add(db, new, head)?;
    }
    for received in &commit.alerts {
        alert::add(db, received)?;
    }
    for new in &commit.legitimate {
        legitimate::add(db, new)?;
    }
    for (new, body) in commit.messages.iter().zip(&prepared.bodies) {
        message::add(db, new, body.as_ref())?;
    }
    for change in &commit.outcomes {
        message::mark(db, change)?;
    }
    cpis::add(db, &commit.cpis, &prepared.cpis, head)?;
    mail::add(db, &commit.mail, &prepared.chunks, head)?;
    append_audit(db, prepared, (head, current))
}

pub(super) fn execute(
    db: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<usize, StoreError> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

pub(super) fn exists(db: &Connection, sql: &str, params: impl Params) -> Result<bool, StoreError> {
    Ok(db.prepare_cached(sql)?.exists(params)?)
}

fn holds(
    db: &Connection,
    precondition: &Precondition,
    commit: &Commit,
    marks: &Marks,
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
            let Some(expires) = marks.expiry(db, key)? else {
                return Ok(true);
            };
            Ok(commit
                .seen
                .iter()
                .any(|new| new.key == *key && expires <= micros(new.at)))
        }
        Precondition::OutboxAt { id, tries } => exists(
            db,
            "SELECT 1 FROM outbox WHERE shard = 0 AND id = ?1 AND tries = ?2 AND dead = 0",
            (id, tries),
        ),
        Precondition::CpisAccesses { patient, count } => Ok(cpis::count(db, *patient)? == *count),
        Precondition::UploadAt {
            authority,
            file,
            read,
        } => Ok(cpis::records_read(db, authority, file)? == *read),
        Precondition::MailInState { id, state } => mail::is_in(db, id, *state),
    }
}

fn consent_version(db: &Connection, patient: &str) -> Result<i64, StoreError> {
    let sql = "SELECT coalesce(max(version), 0) FROM consent WHERE nhs_number = ?1";
    Ok(db
        .prepare_cached(sql)?
        .query_row([patient], |row| row.get(0))?)
}

fn add_document(db: &Connection, new: &NewDocument, content: &Content) -> Result<(), StoreError> {
    let (patient, header) = (new.filed_under.as_str(), &new.header);
    let id = header.id.as_str();
    let author = content.author_element.as_ref();
    let Packed { frame, inherited } = &content.document;
    let added = execute(
        db,
        "INSERT INTO document (nhs_number, document_id, state, replaced_by, subject, kind, \
         effective, effective_at, author, replaces, stored_at, size, sha256, marks, \
         author_inherited, author_dictionary_id, author_size, author_element) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) \
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
            content.author,
            header.replaces.as_ref().map(|id| id.as_str()),
            micros(new.stored_at),
            frame.size,
            frame.sha256,
            marks(header.marks),
            author.map(|author| &author.inherited),
            author.map(|author| author.frame.dictionary),
            author.map(|author| author.frame.size),
            author.map(|author| &author.frame.content),
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
        (patient, id, frame.dictionary, inherited, &frame.content),
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

fn append_audit(
    db: &Connection,
    prepared: &Prepared,
    (head, current): (&mut Head, &mut Current),
) -> Result<Receipt, StoreError> {
    let keys = prepared.keys.iter();
    for ((event, text), keys) in prepared.commit.audit.iter().zip(&prepared.texts).zip(keys) {
        let (at, hash) = (micros(event.at), audit::hash(&head.hash, text));
        let next = head.sequence + 1;
        execute(
            db,
            "INSERT INTO audit (sequence, at, previous, hash, text) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![next, at, head.hash, hash, text],
        )?;
        (head.sequence, head.hash) = (next, hash);
        current.take(db, head, (*keys, at))?;
    }
    let last_audit = match prepared.texts.is_empty() {
        true => None,
        false => u64::try_from(head.sequence).ok(),
    };
    Ok(Receipt { last_audit })
}
