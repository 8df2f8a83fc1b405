//! Bytes as they are kept: compressed, and checked when they come back.

use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::compression::{self, Decoder, Encoder};

/// Compressed bytes and what is noted of the plain ones.
pub(super) struct Frame {
    pub(super) size: i64,
    pub(super) sha256: [u8; 32],
    pub(super) dictionary: i64,
    pub(super) content: Vec<u8>,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Frame {
    pub(super) fn pack(encoder: &mut Encoder, plain: &[u8]) -> Result<Self, StoreError> {
        Ok(Self {
            size: i64::try_from(plain.len()).unwrap_or(i64::MAX),
            sha256: compression::digest(plain),
            dictionary: compression::CURRENT,
            content: encoder.compress(plain)?,
        })
    }
}

/// The plain bytes, if they are those that were packed. `damaged` says of what they are.
pub(super) fn unpack(
    db: &Connection,
    decoder: &mut Decoder,
    (dictionary, content): (i64, &[u8]),
    (size, sha256): (u64, &[u8; 32]),
    damaged: impl Fn(&str) -> StoreError,
) -> Result<Vec<u8>, StoreError> {
    load_dictionary(db, decoder, dictionary)?;
    let plain = decoder
        .decompress(dictionary, content, size)
        .map_err(&damaged)?;
    match compression::digest(&plain) == *sha256 {
        true => Ok(plain),
        false => Err(damaged(
            "its bytes are not those that were written (SHA-256)",
        )),
    }
}

/// Has the decoder ready for frames of a dictionary.
pub(super) fn load_dictionary(
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
