//! Values of the domain as columns, and back.
//!
//! A column that does not read back is damage, reported by table and column, never by value.

use std::str::FromStr;

use domain::activity::ScrAccess;
use domain::consent::ConsentSetting;
use domain::permission::{CareProfessional, PermissionSource, PermissionToView, Relationship};
use domain::record::{DocumentHeader, DocumentPointer, DocumentState, Marks, SummaryKind};
use domain::relationship::LegitimateRelationship;
use domain::{Consent, DocumentId, Hl7Timestamp, MessageId, NhsNumber};
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};

use crate::commit::from_micros;
use crate::{
    AuditRecord, ConsentRecord, Direction, MessageRecord, OutboxEntry, ReceivedAlert, SeenKey,
    SeenMessage, StoreError,
};

pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A count or limit as SQL has it; what is larger is as good as endless.
pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// As [`number`].
pub(super) fn whole(count: u64) -> i64 {
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

pub(super) fn damaged(column: &'static str) -> StoreError {
    StoreError::Corrupt(format!("a value in column {column} cannot be read"))
}

/// A column of a row: by its name or, where rows are read all the time, by its place and its name.
/// Finding a name costs as much as reading what is there.
pub(super) trait Column: Copy {
    fn of<'a>(self, row: &'a Row<'_>) -> rusqlite::Result<ValueRef<'a>>;
    fn name(self) -> &'static str;
}

impl Column for &'static str {
    fn of<'a>(self, row: &'a Row<'_>) -> rusqlite::Result<ValueRef<'a>> {
        row.get_ref(self)
    }

    fn name(self) -> &'static str {
        self
    }
}

impl Column for (usize, &'static str) {
    fn of<'a>(self, row: &'a Row<'_>) -> rusqlite::Result<ValueRef<'a>> {
        row.get_ref(self.0)
    }

    fn name(self) -> &'static str {
        self.1
    }
}

pub(super) fn value<T: FromSql>(row: &Row<'_>, column: impl Column) -> Result<T, StoreError> {
    let read = column.of(row).ok().map(T::column_result);
    read.and_then(Result::ok)
        .ok_or_else(|| damaged(column.name()))
}

/// A column of text, where it lies.
pub(super) fn text<'a>(row: &'a Row<'_>, column: impl Column) -> Result<&'a str, StoreError> {
    let read = column.of(row).ok();
    read.and_then(|value| value.as_str().ok())
        .ok_or_else(|| damaged(column.name()))
}

/// A column whose text is parsed.
pub(super) fn parsed<T: FromStr>(row: &Row<'_>, column: impl Column) -> Result<T, StoreError> {
    optional(row, column)?.ok_or_else(|| damaged(column.name()))
}

pub(super) fn optional<T: FromStr>(
    row: &Row<'_>,
    column: impl Column,
) -> Result<Option<T>, StoreError> {
    let damaged = || damaged(column.name());
    let text = column.of(row).map_err(|_| damaged())?;
    let text = text.as_str_or_null().map_err(|_| damaged())?;
    text.map(|text| text.parse().map_err(|_| damaged()))
        .transpose()
}

/// An NHS number, whatever its check digit is: it was looked at when it came in, or an operator had
/// asked for it not to be.
pub(super) fn nhs_number(row: &Row<'_>, column: impl Column) -> Result<NhsNumber, StoreError> {
    optional_nhs_number(row, column)?.ok_or_else(|| damaged(column.name()))
}

pub(super) fn optional_nhs_number(
    row: &Row<'_>,
    column: impl Column,
) -> Result<Option<NhsNumber>, StoreError> {
    let damaged = || damaged(column.name());
    let text = column.of(row).map_err(|_| damaged())?;
    let text = text.as_str_or_null().map_err(|_| damaged())?;
    text.map(|text| NhsNumber::parse_any(text).map_err(|_| damaged()))
        .transpose()
}

/// An NHS number with its check digit.
fn checked(number: &str, column: &'static str) -> Result<NhsNumber, StoreError> {
    NhsNumber::parse(number).map_err(|_| damaged(column))
}

pub(super) fn time(row: &Row<'_>, column: impl Column) -> Result<Timestamp, StoreError> {
    from_micros(value(row, column)?).ok_or_else(|| damaged(column.name()))
}

pub(super) fn optional_time(
    row: &Row<'_>,
    column: impl Column,
) -> Result<Option<Timestamp>, StoreError> {
    match value::<Option<i64>>(row, column)? {
        Some(_) => time(row, column).map(Some),
        None => Ok(None),
    }
}

pub(super) fn unsigned(row: &Row<'_>, column: impl Column) -> Result<u64, StoreError> {
    u64::try_from(value::<i64>(row, column)?).map_err(|_| damaged(column.name()))
}

/// The end of a permission that has none.
pub(super) const LASTING: i64 = i64::MAX;

/// Where permissions have their end, a relationship: before all of them.
pub(super) const RELATIONSHIP: i64 = i64::MIN;

/// The columns of a document's entry. A macro, so that statements with them are constants.
macro_rules! pointer_columns {
    () => {
        "document_id, state, replaced_by, withdrawn_by, subject, kind, effective, author, \
         replaces, stored_at, size, sha256, marks, author_dictionary_id, author_inherited, \
         author_size, author_element"
    };
}
pub(super) use pointer_columns;

/// The element of a document's author, as it is kept.
pub(super) struct PackedAuthor<'a> {
    pub(super) dictionary: i64,
    pub(super) inherited: &'a str,
    pub(super) size: u64,
    pub(super) content: &'a [u8],
}

/// A row of [`pointer_columns`], of a patient's documents.
pub(super) fn pointer<'a>(
    row: &'a Row<'_>,
    patient: NhsNumber,
) -> Result<(DocumentPointer, Option<PackedAuthor<'a>>), StoreError> {
    let id = || parsed(row, (0, "document_id"));
    let read = |id| Ok((read_pointer(row, patient, id)?, packed_author(row)?));
    // With its id read, damage can be told by document.
    read(id()?).or_else(|error| match error {
        StoreError::Corrupt(reason) => {
            let id: DocumentId = id()?;
            Err(StoreError::Corrupt(format!("document {id}: {reason}")))
        }
        other => Err(other),
    })
}

fn read_pointer(
    row: &Row<'_>,
    patient: NhsNumber,
    id: DocumentId,
) -> Result<DocumentPointer, StoreError> {
    let kind = text(row, (5, "kind"))?;
    let effective = text(row, (6, "effective"))?;
    let author = text(row, (7, "author"))?;
    let state = match value::<i64>(row, (1, "state"))? {
        1 => DocumentState::Normal,
        2 => DocumentState::Withdrawn,
        3 => DocumentState::Replaced,
        _ => return Err(damaged("state")),
    };
    Ok(DocumentPointer {
        // It is what the row was found by.
        filed_under: checked(patient.as_str(), "nhs_number")?,
        header: DocumentHeader {
            id,
            kind: SummaryKind::from_code(kind).ok_or_else(|| damaged("kind"))?,
            effective: Hl7Timestamp::parse(effective).map_err(|_| damaged("effective"))?,
            patient: checked(text(row, (4, "subject"))?, "subject")?,
            author: serde_json::from_str(author).map_err(|_| damaged("author"))?,
            replaces: optional(row, (8, "replaces"))?,
            marks: read_marks(value(row, (12, "marks"))?)?,
        },
        stored_at: time(row, (9, "stored_at"))?,
        state,
        replaced_by: optional(row, (2, "replaced_by"))?,
        withdrawn_by: optional(row, (3, "withdrawn_by"))?,
        size: unsigned(row, (10, "size"))?,
        sha256: value(row, (11, "sha256"))?,
    })
}

fn packed_author<'a>(row: &'a Row<'_>) -> Result<Option<PackedAuthor<'a>>, StoreError> {
    let Some(dictionary) = value(row, (13, "author_dictionary_id"))? else {
        return Ok(None);
    };
    let column = (16, "author_element");
    let content = column.of(row).ok();
    let content = content.and_then(|content| content.as_blob().ok());
    Ok(Some(PackedAuthor {
        dictionary,
        inherited: text(row, (14, "author_inherited"))?,
        size: unsigned(row, (15, "author_size"))?,
        content: content.ok_or_else(|| damaged(column.name()))?,
    }))
}

const DISSENT_TO_STORE: i64 = 1;
const NO_SIGNIFICANT_CONTENT: i64 = 2;

pub(super) fn marks(marks: Marks) -> i64 {
    let Marks {
        dissent_to_store,
        no_significant_content,
    } = marks;
    DISSENT_TO_STORE * i64::from(dissent_to_store)
        + NO_SIGNIFICANT_CONTENT * i64::from(no_significant_content)
}

fn read_marks(code: i64) -> Result<Marks, StoreError> {
    let read = Marks {
        dissent_to_store: code & DISSENT_TO_STORE != 0,
        no_significant_content: code & NO_SIGNIFICANT_CONTENT != 0,
    };
    match marks(read) == code {
        true => Ok(read),
        false => Err(damaged("marks")),
    }
}

/// The columns of a consent.
macro_rules! consent_columns {
    () => {
        "version, view_setting, store_setting, changed_at, message, author_user, \
         author_role_profile, author_organisation"
    };
}
pub(super) use consent_columns;

/// A row of [`consent_columns`].
pub(super) fn consent(row: &Row<'_>) -> Result<ConsentRecord, StoreError> {
    let author = match optional(row, (5, "author_user"))? {
        Some(user) => Some(CareProfessional {
            user,
            role_profile: parsed(row, (6, "author_role_profile"))?,
            organisation: parsed(row, (7, "author_organisation"))?,
        }),
        None => None,
    };
    Ok(ConsentRecord {
        consent: Consent {
            view: consent_setting(row, (1, "view_setting"))?,
            store: consent_setting(row, (2, "store_setting"))?,
        },
        version: unsigned(row, (0, "version"))?,
        changed_at: time(row, (3, "changed_at"))?,
        message: parsed(row, (4, "message"))?,
        author,
    })
}

fn consent_setting(row: &Row<'_>, column: impl Column) -> Result<ConsentSetting, StoreError> {
    match text(row, column)? {
        "yes" => Ok(ConsentSetting::Yes),
        "no" => Ok(ConsentSetting::No),
        "ask" => Ok(ConsentSetting::Ask),
        _ => Err(damaged(column.name())),
    }
}

/// A row of what a care professional has with a patient, that is a permission.
pub(super) fn permission(
    row: &Row<'_>,
    patient: NhsNumber,
    holder: &CareProfessional,
) -> Result<PermissionToView, StoreError> {
    let until = (1, "valid_until");
    Ok(PermissionToView {
        patient,
        holder: holder.clone(),
        from: time(row, (0, "valid_from"))?,
        until: match value::<i64>(row, until)? {
            LASTING => None,
            _ => Some(time(row, until)?),
        },
        source: match text(row, (2, "source"))? {
            "create-ptv" => PermissionSource::CreatePtv,
            "query-scr" => PermissionSource::QueryScr,
            _ => return Err(damaged("source")),
        },
        message: parsed(row, (3, "message"))?,
    })
}

/// One that is the relationship.
pub(super) fn relationship(
    row: &Row<'_>,
    patient: NhsNumber,
    holder: &CareProfessional,
) -> Result<Relationship, StoreError> {
    Ok(Relationship {
        patient,
        holder: holder.clone(),
        since: time(row, (0, "since"))?,
        message: parsed(row, (3, "message"))?,
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
        id: value(row, "id")?,
        lane: value(row, "lane")?,
        kind: value(row, "kind")?,
        payload: value(row, "payload")?,
        patient: optional_nhs_number(row, "nhs_number")?,
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

pub(super) fn legitimate(
    row: &Row<'_>,
    patient: NhsNumber,
) -> Result<LegitimateRelationship, StoreError> {
    let subject: String = value(row, "subject")?;
    Ok(LegitimateRelationship {
        id: parsed(row, "id")?,
        kind: value(row, "kind")?,
        patient,
        subject: serde_json::from_str(&subject).map_err(|_| damaged("subject"))?,
        reason: value(row, "reason")?,
        words: value(row, "words")?,
        since: time(row, "since")?,
        message: parsed(row, "message")?,
    })
}

pub(super) fn direction(direction: Direction) -> i64 {
    match direction {
        Direction::In => 1,
        Direction::Out => 2,
    }
}

pub(super) fn message(row: &Row<'_>, body: Option<Vec<u8>>) -> Result<MessageRecord, StoreError> {
    Ok(MessageRecord {
        owner: value(row, "owner")?,
        direction: match value::<i64>(row, "direction")? {
            1 => Direction::In,
            2 => Direction::Out,
            _ => return Err(damaged("direction")),
        },
        message: parsed(row, "message")?,
        conversation: value(row, "conversation")?,
        ref_to: optional(row, "ref_to")?,
        service: value(row, "service")?,
        interaction: value(row, "interaction")?,
        from: value(row, "sender")?,
        to: value(row, "recipient")?,
        patient: optional_nhs_number(row, "nhs_number")?,
        document: optional(row, "document_id")?,
        at: time(row, "at")?,
        outcome: value(row, "outcome")?,
        body,
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
