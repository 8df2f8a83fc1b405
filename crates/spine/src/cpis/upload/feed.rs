//! The items of an upload, read from the chunks of its message.

use domain::CheckDigit;
use hl7v3::cpis::file::upload::{Item, Reader};
use sha2::{Digest, Sha256};
use store::StoreError;
use xml::XmlError;

use crate::mail::Reading;

/// After how many records others are let run.
const BREATH: u32 = 256;

/// An upload that is read from its first byte on. At any time one chunk and one record are in
/// memory.
pub(super) struct Feed<'a> {
    chunks: Reading<'a>,
    reader: Reader,
    hash: Sha256,
    is_finished: bool,
    since_breath: u32,
}

/// What comes next.
pub(super) enum Next {
    /// A part of the file.
    Item(Item),
    /// Nothing: the file has been read to its end.
    Over,
    /// Nothing any more: the file is broken here.
    Broken(XmlError),
}

impl<'a> Feed<'a> {
    pub(super) fn new(chunks: Reading<'a>, check_digit: CheckDigit) -> Self {
        Self {
            chunks,
            reader: Reader::new(check_digit),
            hash: Sha256::new(),
            is_finished: false,
            since_breath: 0,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Next, StoreError> {
        loop {
            match self.reader.read() {
                Ok(Some(item)) => {
                    self.breathe().await;
                    return Ok(Next::Item(item));
                }
                Err(error) => return Ok(Next::Broken(error)),
                Ok(None) if self.is_finished => return Ok(Next::Over),
                Ok(None) => self.fill().await?,
            }
        }
    }

    async fn fill(&mut self) -> Result<(), StoreError> {
        match self.chunks.next().await? {
            Some(bytes) => {
                self.hash.update(&bytes);
                self.reader.push(&bytes);
            }
            None => {
                self.reader.finish();
                self.is_finished = true;
            }
        }
        Ok(())
    }

    /// Reading is work without waiting: now and then others have their turn.
    async fn breathe(&mut self) {
        self.since_breath += 1;
        if self.since_breath >= BREATH {
            self.since_breath = 0;
            tokio::task::yield_now().await;
        }
    }

    /// SHA-256 of what has been read.
    pub(super) fn digest(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}
