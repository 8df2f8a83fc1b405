//! A patient's record: documents, consent and one document's bytes.
//!
//! It is read with nearly every request, so it is one statement: a statement is a view of one moment
//! by itself, without a transaction to begin and to end, and most of what a short statement costs is
//! to start it. Each of its rows says what it is of.

use domain::record::{DocumentBytes, DocumentPointer};
use domain::{DocumentId, NhsNumber};
use rusqlite::{Connection, Row};

use super::Reader;
use super::namespaces::Namespaces;
use crate::compression::Decoder;
use crate::sqlite::frame::{load_dictionary, unpack};
use crate::sqlite::rows::{self, consent_columns, pointer_columns, value};
use crate::{PatientRecord, StoreError};

/// Where a row says what it is of, and what it says.
const PART: (usize, &str) = (18, "part");
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
             NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1 FROM (SELECT ",
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
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2 FROM document_content \
     WHERE nhs_number = ?1 AND document_id = ?2"
);

impl Reader {
    pub(in crate::sqlite) fn patient_record(
        &mut self,
        patient: NhsNumber,
        document: Option<&DocumentId>,
    ) -> Result<PatientRecord, StoreError> {
        let mut statement = match document {
            None => self.db.prepare_cached(RECORD)?,
            Some(_) => self.db.prepare_cached(RECORD_WITH_CONTENT)?,
        };
        let mut rows = match document {
            None => statement.query([patient.as_str()])?,
            Some(id) => statement.query([patient.as_str(), id.as_str()])?,
        };
        let mut unpacker = Unpacker {
            db: &self.db,
            decoder: &mut self.decoder,
            of_authors: &mut self.of_authors,
        };
        let mut documents = Vec::new();
        let (mut consent, mut content) = (None, None);
        while let Some(row) = rows.next()? {
            match value(row, PART)? {
                DOCUMENT => {
                    let pointer = unpacker.pointer(row, patient)?;
                    let effective_at: i64 = value(row, (17, "effective_at"))?;
                    documents.push((effective_at, pointer));
                }
                CONSENT => consent = Some(rows::consent(row)?),
                _ => {
                    if let Some(of) = asked_for(&documents, document) {
                        content = Some(unpacker.content(row, of)?);
                    }
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

/// What it takes to read what is kept compressed.
struct Unpacker<'a> {
    db: &'a Connection,
    decoder: &'a mut Decoder,
    of_authors: &'a mut Namespaces,
}

impl Unpacker<'_> {
    /// A document's entry, with the element of its author.
    fn pointer(
        &mut self,
        row: &Row<'_>,
        patient: NhsNumber,
    ) -> Result<DocumentPointer, StoreError> {
        let (mut pointer, element) = rows::pointer(row, patient)?;
        let Some(packed) = element else {
            return Ok(pointer);
        };
        let id = &pointer.header.id;
        let damaged =
            |reason: &str| StoreError::Corrupt(format!("the author of document {id}: {reason}"));
        load_dictionary(self.db, self.decoder, packed.dictionary)?;
        let bytes = self
            .decoder
            .decompress(packed.dictionary, packed.content, packed.size)
            .map_err(damaged)?;
        let inherited = self.of_authors.read(packed.inherited);
        let inherited = inherited.map_err(|_| damaged("its namespaces cannot be read"))?;
        pointer.header.author.element = Some(DocumentBytes { bytes, inherited });
        Ok(pointer)
    }

    /// A document's bytes, checked against what was noted when they came in.
    fn content(
        &mut self,
        row: &Row<'_>,
        pointer: &DocumentPointer,
    ) -> Result<DocumentBytes, StoreError> {
        let damaged = |reason: &str| damaged(pointer, reason);
        let unreadable = || damaged("its content is not of the form it was written in");
        let dictionary = row.get(0).map_err(|_| unreadable())?;
        let inherited = row.get_ref(1)?.as_str().map_err(|_| unreadable())?;
        let frame = row.get_ref(2)?.as_blob();
        let frame = frame.map_err(|_| damaged("its content is no bytes"))?;
        let noted = (pointer.size, &pointer.sha256);
        let bytes = unpack(self.db, self.decoder, (dictionary, frame), noted, damaged)?;
        let inherited = serde_json::from_str(inherited)
            .map_err(|_| damaged("its namespaces cannot be read"))?;
        Ok(DocumentBytes { bytes, inherited })
    }
}

fn damaged(pointer: &DocumentPointer, reason: &str) -> StoreError {
    StoreError::Corrupt(format!("document {}: {reason}", pointer.header.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;

    /// Each part is found by its key, and nothing is sorted.
    #[test]
    fn nothing_is_searched_row_by_row() {
        let (_folder, db) = plan::empty();
        let steps = plan::steps(&db, RECORD_WITH_CONTENT, ["", ""]);
        let searches = steps.iter().filter(|step| step.starts_with("SEARCH"));
        let searches: Vec<_> = searches.map(String::as_str).collect();
        assert_eq!(
            searches,
            [
                "SEARCH document USING PRIMARY KEY (nhs_number=?)",
                "SEARCH consent USING PRIMARY KEY (nhs_number=?)",
                "SEARCH document_content USING INDEX sqlite_autoindex_document_content_1 \
                 (nhs_number=? AND document_id=?)",
            ]
        );
        let others = ["SCAN document", "SCAN consent", "TEMP B-TREE"];
        let other = |step: &String| others.iter().any(|other| step.contains(other));
        assert!(!steps.iter().any(other), "{steps:?}");
    }
}
