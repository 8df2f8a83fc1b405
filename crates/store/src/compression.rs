//! Compression of documents: zstd with a small dictionary.
//!
//! GP Summaries repeat the same tags, attributes and phrases, so a dictionary of 16 KiB halves
//! the small ones again. A frame cannot be read without its dictionary: its number is kept with
//! every document, and the dictionary itself in the database, from the first time a program that
//! carries it opens the store. Dictionary 1 was trained on made-up summaries
//! (`examples/train_dictionary.rs`); a better one gets the next number, and this one stays.

use sha2::{Digest, Sha256};
use zstd::bulk::{Compressor, Decompressor};

use crate::{MAX_DOCUMENT_BYTES, StoreError};

/// The number of the dictionary that new documents are compressed with.
pub(crate) const CURRENT: i64 = 1;

/// That dictionary.
pub(crate) const BUILT_IN: &[u8] = include_bytes!("../dictionary/1.zdict");

/// 3: 700 MB/s with the dictionary; 9 saves a fifth more at a seventh of the speed.
const LEVEL: i32 = 3;

/// SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Compresses with the current dictionary.
pub(crate) struct Encoder(Compressor<'static>);

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl Encoder {
    pub(crate) fn new() -> Result<Self, StoreError> {
        // With a check sum in each frame: not everything that is kept has its SHA-256 beside it.
        Compressor::with_dictionary(LEVEL, BUILT_IN)
            .and_then(|mut compressor| compressor.include_checksum(true).map(|()| Self(compressor)))
            .map_err(|_| unusable(CURRENT))
    }

    pub(crate) fn compress(&mut self, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let failed = |_| StoreError::Failed("a document could not be compressed".to_owned());
        self.0.compress(plain).map_err(failed)
    }
}

/// Decompresses with any dictionary it has been given: one or two, so they are looked through.
#[derive(Default)]
pub(crate) struct Decoder(Vec<(i64, Decompressor<'static>)>);

impl Decoder {
    pub(crate) fn has(&self, dictionary: i64) -> bool {
        self.0.iter().any(|(number, _)| *number == dictionary)
    }

    pub(crate) fn add(&mut self, dictionary: i64, content: &[u8]) -> Result<(), StoreError> {
        let decompressor =
            Decompressor::with_dictionary(content).map_err(|_| unusable(dictionary))?;
        self.0.push((dictionary, decompressor));
        Ok(())
    }

    /// The plain bytes, or why there are none. Never more memory than `size`, nor than the
    /// largest document allowed, whatever the frame says of itself.
    pub(crate) fn decompress(
        &mut self,
        dictionary: i64,
        frame: &[u8],
        size: u64,
    ) -> Result<Vec<u8>, &'static str> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > MAX_DOCUMENT_BYTES {
            return Err("it says that it is larger than any document may be");
        }
        let mut given = self.0.iter_mut();
        let (_, decompressor) = given
            .find(|(number, _)| *number == dictionary)
            .ok_or("its dictionary is not there")?;
        // Its capacity bounds what is written.
        let mut plain = Vec::with_capacity(size);
        decompressor
            .decompress_to_buffer(frame, &mut plain)
            .map_err(|_| "it cannot be decompressed")?;
        if plain.len() != size {
            return Err("it is not of the size that was written");
        }
        Ok(plain)
    }
}

fn unusable(dictionary: i64) -> StoreError {
    StoreError::Corrupt(format!("compression dictionary {dictionary} is unusable"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoder() -> Decoder {
        let mut decoder = Decoder::default();
        decoder.add(CURRENT, BUILT_IN).expect("usable");
        decoder
    }

    #[test]
    fn the_built_in_dictionary_is_the_one_that_documents_were_written_with() {
        // Changing dictionary 1 would make stored documents unreadable: add another instead.
        let hex: String = digest(BUILT_IN)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "ce686749a77930ab33b7c2daffb124bda78ce2691af52da29761a8230250cda9"
        );
        assert_eq!(BUILT_IN.len(), 16 * 1024);
    }

    #[test]
    fn frames_that_lie_are_refused() {
        let frame = Encoder::new()
            .expect("encoder")
            .compress(&[b'x'; 1000])
            .expect("compressed");
        let mut decoder = decoder();
        let mut check = |dictionary, frame: &[u8], size, expected: Result<usize, &str>| {
            let found = decoder
                .decompress(dictionary, frame, size)
                .map(|plain| plain.len());
            assert_eq!(found, expected);
        };
        check(CURRENT, &frame, 1000, Ok(1000));
        check(CURRENT, &frame, 999, Err("it cannot be decompressed"));
        check(
            CURRENT,
            &frame,
            1001,
            Err("it is not of the size that was written"),
        );
        check(CURRENT, &frame[..8], 1000, Err("it cannot be decompressed"));
        check(
            CURRENT,
            b"",
            10,
            Err("it is not of the size that was written"),
        );
        check(7, &frame, 1000, Err("its dictionary is not there"));
        check(
            CURRENT,
            &frame,
            u64::MAX,
            Err("it says that it is larger than any document may be"),
        );
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(plain in proptest::collection::vec(any::<u8>(), 0..5000)) {
            let frame = Encoder::new().expect("encoder").compress(&plain).expect("compressed");
            prop_assert_eq!(decoder().decompress(CURRENT, &frame, plain.len() as u64), Ok(plain));
        }
    }
}
