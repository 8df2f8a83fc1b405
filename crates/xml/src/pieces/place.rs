//! Where in a file a piece begins.

use crate::{Location, XmlError};

/// A place in a file: both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Place {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// The place after these bytes.
    pub(super) fn after(self, bytes: &[u8]) -> Self {
        let last = bytes.iter().rposition(|b| *b == b'\n');
        let Some(last) = last else {
            return Self {
                line: self.line,
                column: self.column.saturating_add(characters(bytes)),
            };
        };
        let lines = bytes.iter().filter(|b| **b == b'\n').count();
        Self {
            line: self.line.saturating_add(small(lines)),
            column: 1 + characters(bytes.get(last + 1..).unwrap_or_default()),
        }
    }

    pub(super) fn within(self, path: String) -> Location {
        Location {
            line: self.line,
            column: self.column,
            path,
        }
    }

    /// An error of a piece that begins here, after `before` characters of ours on its first line.
    pub(super) fn locate(self, before: u32, mut error: XmlError) -> XmlError {
        let found = &mut error.location;
        if found.line <= 1 {
            let inside = found.column.saturating_sub(before).max(1);
            found.column = self.column.saturating_add(inside - 1);
        }
        found.line = self.line.saturating_add(found.line.saturating_sub(1));
        error
    }
}

/// How many characters these bytes of UTF-8 are.
pub(super) fn characters(bytes: &[u8]) -> u32 {
    small(bytes.iter().filter(|b| **b & 0xC0 != 0x80).count())
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 1)
}
