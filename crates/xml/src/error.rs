//! Errors that say where.

use std::fmt;

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The element's path by local names, like `/Envelope/Body`; empty when the document could
    /// not be read far enough to tell.
    pub path: String,
}

/// The longest path an error shows, in bytes: hostile documents have long ones.
const LONGEST_PATH: usize = 1_000;

impl Location {
    /// The place of a byte of a text, below elements given by their names, outermost first.
    pub(crate) fn in_text<'n>(
        text: &str,
        at: usize,
        open: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        let before = &text[..text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = 1 + before.bytes().filter(|b| *b == b'\n').count();
        let column = 1 + before[line_start..].chars().count();
        Self {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            path: path(open),
        }
    }
}

/// `/a/b` of element names, prefixes left out; of a long one, its end.
pub(crate) fn path<'n>(open: impl IntoIterator<Item = &'n str>) -> String {
    let mut path = String::new();
    for name in open {
        path.push('/');
        path.push_str(name.rsplit_once(':').map_or(name, |(_, local)| local));
    }
    if path.len() > LONGEST_PATH {
        path.drain(..path.ceil_char_boundary(path.len() - LONGEST_PATH));
        path.insert(0, '…');
    }
    path
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, ", {}", self.path)?;
        }
        Ok(())
    }
}

/// Something wrong with a document: what, and where. The text never repeats the document's
/// content beyond the names of elements and attributes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({location})")]
pub struct XmlError {
    /// Which rule was broken.
    pub kind: XmlErrorKind,
    /// Where.
    pub location: Location,
    /// What is wrong, for people.
    pub message: String,
}

/// Which rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum XmlErrorKind {
    /// Not UTF-8.
    Encoding,
    /// A DOCTYPE, or an entity beyond the predefined five.
    Forbidden,
    /// A cap of [`crate::Limits`] was passed.
    Limit,
    /// Not well-formed XML with namespaces.
    Malformed,
    /// Well-formed, but an element or attribute is missing, repeated or wrong.
    Content,
}
