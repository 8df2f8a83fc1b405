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
