//! Cutting: a document far larger than memory, taken apart into documents that fit.
//!
//! A file of an organisation is one XML document with a hundred thousand records in it. [`Cutter`]
//! takes its bytes as they come, in chunks of any size, and gives back [`Piece`]s: what comes before
//! the first record, every record, what comes after the last. Each piece is a document of its own,
//! the start tags of the elements around it repeated, so that the namespaces it inherits are there;
//! [`Piece::parse`] reads it through the same strict door as every other document, and its errors
//! name the line in the file.
//!
//! At no time more than one chunk and one piece is held, and every byte is looked at a fixed number
//! of times. The cutter itself parses everything that is no record, so a file is well-formed when
//! the cutter and every parse of a record say so.

mod around;
mod cutter;
mod marks;
mod place;

use std::fmt;

pub use cutter::Cutter;
use place::Place;

use crate::{Document, Limits, XmlError};

/// Upper bounds on the pieces of a file. Every bound is inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PieceLimits {
    /// Bytes of one piece, as they stand in the file.
    pub piece: usize,
    /// Bytes of one tag.
    pub tag: usize,
    /// Bytes of the XML declaration and the start tags that are repeated around every record.
    pub around: usize,
    /// Records of all kinds together.
    pub records: u64,
}

impl PieceLimits {
    /// For any file of this house: a record of a few plans has 2 KB.
    pub const FILE: Self = Self {
        piece: 256 << 10,
        tag: 16 << 10,
        around: 4 << 10,
        records: 1_000_000,
    };
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// What comes before the first record; all of a document that has none. Always the first piece.
    Head,
    /// A record.
    Record {
        /// Which of the kinds asked for, from 0.
        path: usize,
        /// Which one of its kind, from 1.
        number: u64,
    },
    /// What stands between two records, when it is more than blanks, comments and instructions.
    Between,
    /// What comes after the last record. Always the last piece: with it the document is complete.
    Tail,
}

/// A part of a file as a document of its own.
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// The line of the file on which it begins, from 1.
    pub line: u32,
    bytes: Vec<u8>,
    place: Place,
    /// How many characters of the first line are not of the file but repeated around the piece.
    before: u32,
}

impl Piece {
    /// The document: the start tags of the elements around, the piece, their end tags.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Parses it within [`Limits::MESSAGE`]. Places in errors are places in the file.
    pub fn parse(&self) -> Result<Document<'_>, XmlError> {
        let parsed = Document::parse_within(&self.bytes, &Limits::MESSAGE);
        parsed.map_err(|error| self.locate(error))
    }

    /// An error about an element of this piece, with its place in the file.
    pub fn locate(&self, error: XmlError) -> XmlError {
        self.place.locate(self.before, error)
    }
}

impl fmt::Debug for Piece {
    /// Nothing of the content: it may be a patient's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece")
            .field("kind", &self.kind)
            .field("line", &self.line)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}
