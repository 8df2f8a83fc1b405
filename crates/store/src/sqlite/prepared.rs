//! A commit made ready for the writer: everything that costs time and needs no database.

use crate::compression::{self, Encoder};
use crate::{Commit, MAX_DOCUMENT_BYTES, StoreError, audit};

/// A commit, with its audit texts written and its documents compressed.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The commit; the plain bytes of its documents are gone.
    pub(super) commit: Commit,
    /// The text of each audit event.
    pub(super) texts: Vec<String>,
    /// The content of each document.
    pub(super) contents: Vec<Content>,
}

/// A compressed document.
pub(super) struct Content {
    pub(super) size: i64,
    pub(super) sha256: [u8; 32],
    pub(super) dictionary: i64,
    pub(super) frame: Vec<u8>,
    /// JSON.
    pub(super) inherited: String,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Prepared {
    /// Does what is cheap: times, audit texts, limits.
    pub(super) fn new(mut commit: Commit) -> Result<Self, StoreError> {
        if commit
            .documents
            .iter()
            .any(|new| new.bytes.bytes.len() > MAX_DOCUMENT_BYTES)
        {
            return Err(crate::too_large());
        }
        commit.cut_times();
        let texts: Result<_, _> = commit.audit.iter().map(audit::text).collect();
        Ok(Self {
            texts: texts?,
            contents: Vec::new(),
            commit,
        })
    }

    /// Compresses the documents; only after this may a commit that has any be applied.
    pub(super) fn compress(mut self, encoder: &mut Encoder) -> Result<Self, StoreError> {
        for new in &mut self.commit.documents {
            let plain = std::mem::take(&mut new.bytes.bytes);
            let inherited = std::mem::take(&mut new.bytes.inherited);
            self.contents.push(Content {
                size: i64::try_from(plain.len()).unwrap_or(i64::MAX),
                sha256: compression::digest(&plain),
                dictionary: compression::CURRENT,
                frame: encoder.compress(&plain)?,
                inherited: serde_json::to_string(&inherited).map_err(|_| {
                    StoreError::Failed("namespaces could not be written as JSON".to_owned())
                })?,
            });
        }
        Ok(self)
    }
}
