//! Values of the domain as columns, and back.
//!
//! A column that does not read back is damage, reported by table and column, never by value.

use std::str::FromStr;

use domain::activity::ScrAccess;
use domain::consent::ConsentSetting;
use domain::permission::{CareProfessional, PermissionSource, PermissionToView, Relationship};
use domain::record::{DocumentHeader, DocumentPointer, DocumentState, SummaryKind};
use domain::{Consent, DocumentId, Hl7Timestamp, MessageId, NhsNumber};
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;

use crate::commit::from_micros;
use crate::{
    AuditRecord, ConsentRecord, OutboxEntry, ReceivedAlert, SeenKey, SeenMessage, StoreError,
};

pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A count or limit as SQL has it; what is larger is as good as endless.
pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn state_code(state: DocumentState) -> i64 {
    match state {
        DocumentState::Normal => 1,
        DocumentState::Withdrawn => 2,
        DocumentState::Replaced => 3,
    }
}

pub(super) fn setting(setting: ConsentSetting) -> &'static str {
    match setting {
        ConsentSetting::Yes => "yes",
        ConsentSetting::No => "no",
        ConsentSetting::Ask => "ask",
    }
}

pub(super) fn source(source: PermissionSource) -> &'static str {
    match source {
        PermissionSource::CreatePtv => "create-ptv",
        PermissionSource::QueryScr => "query-scr",
    }
}

fn damaged(column: &'static str) -> StoreError {
    StoreError::Corrupt(format!("a value in column {column} cannot be read"))
}

fn value<T: FromSql>(row: &Row<'_>, column: &'static str) -> Result<T, StoreError> {
    row.get(column).map_err(|_| damaged(column))
}

/// A column whose text is parsed.
fn parsed<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, StoreError> {
    optional(row, column)?.ok_or_else(|| damaged(column))
}

fn optional<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<Option<T>, StoreError> {
    let text = row
        .get_ref(column)?
        .as_str_or_null()
        .map_err(|_| damaged(column))?;
    text.map(|text| text.parse().map_err(|_| damaged(column)))
        .transpose()
}

fn time(row: &Row<'_>, column: &'static str) -> Result<Timestamp, StoreError> {
    from_micros(value(row, column)?).ok_or_else(|| damaged(column))
}

fn optional_time(row: &Row<'_>, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    match value::<Option<i64>>(row, column)? {
        Some(_) => time(row, column).map(Some),
        None => Ok(None),
    }
}

fn unsigned(row: &Row<'_>, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(value::<i64>(row, column)?).map_err(|_| damaged(column))
}

/// The end of a permission that has none.
pub(super) const LASTING: i64 = i64::MAX;

pub(super) const POINTER: &str = "nhs_number, document_id, state, replaced_by, withdrawn_by, \
    subject, kind, effective, author, replaces, stored_at, size, sha256";

pub(super) fn pointer(row: &Row<'_>) -> Result<DocumentPointer, StoreError> {
    let id: DocumentId = parsed(row, "document_id")?;
    // From here on damage can be told by document.
    read_pointer(row, id.clone()).map_err(|error| match error {
        StoreError::Corrupt(reason) => StoreError::Corrupt(format!("document {id}: {reason}")),
        other => other,
    })
}

fn read_pointer(row: &Row<'_>, id: DocumentId) -> Result<DocumentPointer, StoreError> {
    let kind: String = value(row, "kind")?;
    let effective: String = value(row, "effective")?;
    let author: String = value(row, "author")?;
    let state = match value::<i64>(row, "state")? {
        1 => DocumentState::Normal,
        2 => DocumentState::Withdrawn,
        3 => DocumentState::Replaced,
        _ => return Err(damaged("state")),
    };
    Ok(DocumentPointer {
        filed_under: parsed(row, "nhs_number")?,
        header: DocumentHeader {
            id,
            kind: SummaryKind::from_code(&kind).ok_or_else(|| damaged("kind"))?,
            effective: Hl7Timestamp::parse(&effective).map_err(|_| damaged("effective"))?,
            patient: parsed(row, "subject")?,
            author: serde_json::from_str(&author).map_err(|_| damaged("author"))?,
            replaces: optional(row, "replaces")?,
            marks: domain::record::Marks::default(),
        },
        stored_at: time(row, "stored_at")?,
        state,
        replaced_by: optional(row, "replaced_by")?,
        withdrawn_by: optional(row, "withdrawn_by")?,
        size: unsigned(row, "size")?,
        sha256: value(row, "sha256")?,
    })
}

pub(super) fn consent(row: &Row<'_>) -> Result<ConsentRecord, StoreError> {
    let author = match optional(row, "author_user")? {
        Some(user) => Some(CareProfessional {
            user,
            role_profile: parsed(row, "author_role_profile")?,
            organisation: parsed(row, "author_organisation")?,
        }),
        None => None,
    };
    Ok(ConsentRecord {
        consent: Consent {
            view: consent_setting(row, "view_setting")?,
            store: consent_setting(row, "store_setting")?,
        },
        version: unsigned(row, "version")?,
        changed_at: time(row, "changed_at")?,
        message: parsed(row, "message")?,
        author,
    })
}

fn consent_setting(row: &Row<'_>, column: &'static str) -> Result<ConsentSetting, StoreError> {
    match value::<String>(row, column)?.as_str() {
        "yes" => Ok(ConsentSetting::Yes),
        "no" => Ok(ConsentSetting::No),
        "ask" => Ok(ConsentSetting::Ask),
        _ => Err(damaged(column)),
    }
}

pub(super) fn permission(
    row: &Row<'_>,
    patient: NhsNumber,
    holder: &CareProfessional,
) -> Result<PermissionToView, StoreError> {
    let until = match value::<i64>(row, "valid_until")? {
        LASTING => None,
        _ => Some(time(row, "valid_until")?),
    };
    let source = match value::<String>(row, "source")?.as_str() {
        "create-ptv" => PermissionSource::CreatePtv,
        "query-scr" => PermissionSource::QueryScr,
        _ => return Err(damaged("source")),
    };
    Ok(PermissionToView {
        patient,
        holder: holder.clone(),
        from: time(row, "valid_from")?,
        until,
        source,
        message: parsed(row, "message")?,
    })
}

pub(super) fn relationship(
    row: &Row<'_>,
    patient: NhsNumber,
    holder: &CareProfessional,
) -> Result<Relationship, StoreError> {
    Ok(Relationship {
        patient,
        holder: holder.clone(),
        since: time(row, "since")?,
        message: parsed(row, "message")?,
    })
}

pub(super) fn seen(row: &Row<'_>, key: SeenKey) -> Result<SeenMessage, StoreError> {
    Ok(SeenMessage {
        key,
        digest: value(row, "digest")?,
        answer: value(row, "answer")?,
        at: time(row, "at")?,
        expires: time(row, "expires")?,
    })
}

pub(super) fn outbox(row: &Row<'_>) -> Result<OutboxEntry, StoreError> {
    Ok(OutboxEntry {
        lane: "smsp".to_owned(),
        id: value(row, "id")?,
        kind: value(row, "kind")?,
        payload: value(row, "payload")?,
        patient: optional(row, "nhs_number")?,
        queued_at: time(row, "queued_at")?,
        next_try: time(row, "next_try")?,
        tries: value(row, "tries")?,
        expires: optional_time(row, "expires")?,
        last_error: value(row, "last_error")?,
        dead: value(row, "dead")?,
    })
}

pub(super) fn access(row: &Row<'_>) -> Result<ScrAccess, StoreError> {
    Ok(ScrAccess {
        at: time(row, "at")?,
        organisation: parsed(row, "organisation")?,
        organisation_name: value(row, "organisation_name")?,
        patient: parsed(row, "nhs_number")?,
        user: parsed(row, "user_id")?,
        role_profile: parsed(row, "role_profile")?,
        user_name: value(row, "user_name")?,
        emergency: value(row, "emergency")?,
        message: parsed(row, "message")?,
    })
}

pub(super) fn alert(row: &Row<'_>) -> Result<ReceivedAlert, StoreError> {
    let id: MessageId = parsed(row, "id")?;
    let content: String = value(row, "content")?;
    let alert = serde_json::from_str(&content)
        .map_err(|_| StoreError::Corrupt(format!("alert {id}: it cannot be read")))?;
    Ok(ReceivedAlert {
        alert,
        received_at: time(row, "received_at")?,
        message: parsed(row, "message")?,
    })
}

pub(super) fn audit(row: &Row<'_>) -> Result<AuditRecord, StoreError> {
    let sequence = unsigned(row, "sequence")?;
    let text: String = value(row, "text")?;
    let event = serde_json::from_str(&text).map_err(|_| {
        StoreError::Corrupt(format!("audit record {sequence}: its text is not an event"))
    })?;
    Ok(AuditRecord {
        sequence,
        previous: value(row, "previous")?,
        hash: value(row, "hash")?,
        event,
        text,
    })
}

pub(super) fn patient(row: &Row<'_>) -> Result<NhsNumber, StoreError> {
    parsed(row, "nhs_number")
}
