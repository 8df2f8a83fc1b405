//! Every read, on a connection that cannot write.

use std::path::Path;

use domain::record::{DocumentBytes, DocumentPointer};
use domain::{DocumentId, NhsNumber};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::connection::{Head, open_reader};
use super::outbox;
use super::rows::{self, POINTER, number};
use crate::compression::{self, Decoder};
use crate::{AuditRecord, ConsentRecord, Counts, PatientRecord, StoreError};

/// A connection and what it needs to read documents.
pub(super) struct Reader {
    pub(super) db: Connection,
    decoder: Decoder,
}

impl Reader {
    pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        Ok(Self {
            db: open_reader(path, cache_bytes)?,
            decoder: Decoder::default(),
        })
    }

    /// All rows, each read by `read`.
    fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        list(&self.db, sql, params, read)
    }

    pub(super) fn patient_record(
        &mut self,
        patient: NhsNumber,
        document: Option<&DocumentId>,
    ) -> Result<PatientRecord, StoreError> {
        // Ends when dropped; until then every statement sees the same moment.
        let view = self.db.unchecked_transaction()?;
        let documents = list(
            &view,
            &format!(
                "SELECT {POINTER} FROM document WHERE nhs_number = ?1 \
                 ORDER BY effective_at DESC, stored_at DESC, document_id DESC"
            ),
            [patient.as_str()],
            rows::pointer,
        )?;
        let mut consents = list(
            &view,
            "SELECT * FROM consent WHERE nhs_number = ?1 ORDER BY version DESC LIMIT 1",
            [patient.as_str()],
            rows::consent,
        )?;
        let pointer =
            document.and_then(|id| documents.iter().find(|pointer| pointer.header.id == *id));
        let document = match pointer {
            Some(pointer) => Some(read_document(&view, &mut self.decoder, pointer)?),
            None => None,
        };
        Ok(PatientRecord {
            consent: consents.pop(),
            document,
            documents,
        })
    }

    pub(super) fn consent_history(
        &self,
        patient: NhsNumber,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        let sql = "SELECT * FROM consent WHERE nhs_number = ?1 ORDER BY version";
        self.list(sql, [patient.as_str()], rows::consent)
    }

    pub(super) fn audit_records(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.list(
            "SELECT sequence, previous, hash, text FROM audit WHERE shard = 0 AND sequence > ?1 \
             ORDER BY sequence LIMIT ?2",
            (i64::try_from(after).unwrap_or(i64::MAX), number(limit)),
            rows::audit,
        )
    }

    pub(super) fn patients(
        &self,
        after: Option<NhsNumber>,
        limit: usize,
    ) -> Result<Vec<NhsNumber>, StoreError> {
        self.list(
            "SELECT DISTINCT nhs_number FROM document WHERE nhs_number > ?1 AND state = 1 \
             ORDER BY nhs_number LIMIT ?2",
            (
                after.as_ref().map_or("", |after| after.as_str()),
                number(limit),
            ),
            rows::patient,
        )
    }

    pub(super) fn counts(&self) -> Result<Counts, StoreError> {
        let view = self.db.unchecked_transaction()?;
        let head = Head::read(&view)?;
        let (living, dead) = outbox::counts(&view)?;
        let count = |number| u64::try_from(number).unwrap_or_default();
        Ok(Counts {
            documents: count(head.documents),
            audit: count(head.sequence),
            outbox: count(living),
            dead_letters: count(dead),
        })
    }
}

pub(super) fn list<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// A document's bytes, checked against what was noted when they came in.
fn read_document(
    db: &Connection,
    decoder: &mut Decoder,
    pointer: &DocumentPointer,
) -> Result<DocumentBytes, StoreError> {
    let id = &pointer.header.id;
    let damaged = |reason: &str| StoreError::Corrupt(format!("document {id}: {reason}"));
    let mut statement = db.prepare_cached(
        "SELECT dictionary_id, inherited, content FROM document_content \
         WHERE nhs_number = ?1 AND document_id = ?2",
    )?;
    let mut rows = statement.query(params![pointer.filed_under.as_str(), id.as_str()])?;
    let row = rows
        .next()?
        .ok_or_else(|| damaged("its content is not there"))?;
    let unreadable = |_| damaged("its content is not of the form it was written in");
    let dictionary: i64 = row.get(0).map_err(unreadable)?;
    let inherited: String = row.get(1).map_err(unreadable)?;
    let frame = row
        .get_ref(2)?
        .as_blob()
        .map_err(|_| damaged("its content is no bytes"))?;
    load_dictionary(db, decoder, dictionary)?;
    let bytes = decoder
        .decompress(dictionary, frame, pointer.size)
        .map_err(damaged)?;
    if compression::digest(&bytes) != pointer.sha256 {
        return Err(damaged(
            "its bytes are not those that were written (SHA-256)",
        ));
    }
    let inherited =
        serde_json::from_str(&inherited).map_err(|_| damaged("its namespaces cannot be read"))?;
    Ok(DocumentBytes { bytes, inherited })
}

fn load_dictionary(
    db: &Connection,
    decoder: &mut Decoder,
    dictionary: i64,
) -> Result<(), StoreError> {
    if decoder.has(dictionary) {
        return Ok(());
    }
    let kept: Option<([u8; 32], Vec<u8>)> = db
        .query_row(
            "SELECT sha256, content FROM dictionary WHERE id = ?1",
            [dictionary],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    match kept {
        Some((sha256, content)) if compression::digest(&content) == sha256 => {
            decoder.add(dictionary, &content)
        }
        // The program's own copy serves when the database's is gone or damaged.
        _ if dictionary == compression::CURRENT => decoder.add(dictionary, compression::BUILT_IN),
        _ => Err(StoreError::Corrupt(format!(
            "compression dictionary {dictionary} is lost"
        ))),
    }
}
