//! A patient's record: documents, consent and one document's bytes.
//!
//! It is read with nearly every request, so it is one statement: a statement is a view of one moment
//! by itself, without a transaction to begin and to end, and most of what a short statement costs is
//! to start it. Each of its rows says what it is of.

use domain::record::{DocumentBytes, DocumentPointer};
use domain::{DocumentId, NhsNumber};
use rusqlite::{Connection, Row};

use crate::compression::Decoder;
use crate::sqlite::frame::{load_dictionary, unpack};
use crate::sqlite::rows::{self, consent_columns, pointer_columns, value};
use crate::{PatientRecord, StoreError};

/// Where a row says what it is of, and what it says.
const PART: (usize, &str) = (19, "part");
const DOCUMENT: i64 = 0;
const CONSENT: i64 = 1;

/// Documents (in any order: sorting a handful of rows costs SQLite as much as reading them), then
/// the newest consent.
macro_rules! record_sql {
    () => {
        concat!(
            "SELECT ",
            pointer_columns!(),
            ", effective_at, 0 FROM document WHERE nhs_number = ?1 UNION ALL SELECT *, NULL, NULL, \
             NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1 FROM (SELECT ",
            consent_columns!(),
            " FROM consent WHERE nhs_number = ?1 ORDER BY version DESC LIMIT 1)"
        )
    };
}

const RECORD: &str = record_sql!();

/// The same with a document's content, last because it needs the document's entry.
const RECORD_WITH_CONTENT: &str = concat!(
    record_sql!(),
    " UNION ALL SELECT dictionary_id, inherited, content, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2 FROM document_content \
     WHERE nhs_number = ?1 AND document_id = ?2"
);

pub(super) fn read(
    db: &Connection,
    decoder: &mut Decoder,
    patient: NhsNumber,
    document: Option<&DocumentId>,
) -> Result<PatientRecord, StoreError> {
    let mut statement = match document {
        None => db.prepare_cached(RECORD)?,
        Some(_) => db.prepare_cached(RECORD_WITH_CONTENT)?,
    };
    let mut rows = match document {
        None => statement.query([patient.as_str()])?,
        Some(id) => statement.query([patient.as_str(), id.as_str()])?,
    };
    let mut documents = Vec::new();
    let (mut consent, mut content) = (None, None);
    while let Some(row) = rows.next()? {
        match value(row, PART)? {
            DOCUMENT => {
                let effective_at: i64 = value(row, (18, "effective_at"))?;
                documents.push((effective_at, read_pointer(db, decoder, row)?));
            }
            CONSENT => consent = Some(rows::consent(row)?),
            _ => {
                let of = asked_for(&documents, document);
                content = of
                    .map(|of| read_content(db, decoder, of, row))
                    .transpose()?;
            }
        }
    }
    if let (None, Some(of)) = (&content, asked_for(&documents, document)) {
        return Err(damaged(of, "its content is not there"));
    }
    Ok(PatientRecord {
        documents: newest_first(documents),
        consent,
        document: content,
    })
}

fn asked_for<'a>(
    documents: &'a [(i64, DocumentPointer)],
    id: Option<&DocumentId>,
) -> Option<&'a DocumentPointer> {
    let mut documents = documents.iter().map(|(_, pointer)| pointer);
    documents.find(|pointer| Some(&pointer.header.id) == id)
}

/// By effective time, then by time stored, then by id.
fn newest_first(mut documents: Vec<(i64, DocumentPointer)>) -> Vec<DocumentPointer> {
    documents.sort_by(|(a_at, a), (b_at, b)| {
        let of_b = (b_at, b.stored_at, &b.header.id);
        of_b.cmp(&(a_at, a.stored_at, &a.header.id))
    });
    documents.into_iter().map(|(_, pointer)| pointer).collect()
}

/// A document's entry, with the element of its author.
fn read_pointer(
    db: &Connection,
    decoder: &mut Decoder,
    row: &Row<'_>,
) -> Result<DocumentPointer, StoreError> {
    let (mut pointer, element) = rows::pointer(row)?;
    if let Some(packed) = element {
        let id = &pointer.header.id;
        let damaged =
            |reason: &str| StoreError::Corrupt(format!("the author of document {id}: {reason}"));
        load_dictionary(db, decoder, packed.dictionary)?;
        let bytes = decoder.decompress(packed.dictionary, packed.content, packed.size);
        let bytes = bytes.map_err(damaged)?;
        let inherited = serde_json::from_str(packed.inherited)
            .map_err(|_| damaged("its namespaces cannot be read"))?;
        pointer.header.author.element = Some(DocumentBytes { bytes, inherited });
    }
    Ok(pointer)
}

/// A document's bytes, checked against what was noted when they came in.
fn read_content(
    db: &Connection,
    decoder: &mut Decoder,
    pointer: &DocumentPointer,
    row: &Row<'_>,
) -> Result<DocumentBytes, StoreError> {
    let damaged = |reason: &str| damaged(pointer, reason);
    let unreadable = |_| damaged("its content is not of the form it was written in");
    let dictionary: i64 = row.get(0).map_err(unreadable)?;
    let inherited: String = row.get(1).map_err(unreadable)?;
    let frame = row
        .get_ref(2)?
        .as_blob()
        .map_err(|_| damaged("its content is no bytes"))?;
    let bytes = unpack(
        db,
        decoder,
        (dictionary, frame),
        (pointer.size, &pointer.sha256),
        damaged,
    )?;
    let inherited =
        serde_json::from_str(&inherited).map_err(|_| damaged("its namespaces cannot be read"))?;
    Ok(DocumentBytes { bytes, inherited })
}

fn damaged(pointer: &DocumentPointer, reason: &str) -> StoreError {
    StoreError::Corrupt(format!("document {}: {reason}", pointer.header.id))
}
