//! The one XML door.
//!
//! Everything that comes in is read by [`Document::parse`], everything that goes out is written
//! by [`Writer`]; no other crate names an XML library. Reading is hardened: the input is UTF-8,
//! has no DOCTYPE, no entities beyond the predefined five, and stays within [`Limits`]. An error
//! says the line, the column and, where there is one, the path of the element. A file that is larger
//! than a message may be is taken apart by [`Cutter`] into documents that go through the same door.
//!
//! A stored document never changes, so [`Element::slice`] gives the exact bytes of an element
//! together with the namespace declarations it inherits, and [`Writer::slice`] writes those bytes
//! untouched, with the declarations on the element around them.

pub mod canonical;
mod decode;
mod encoding;
mod error;
mod limits;
mod names;
pub mod ns;
mod pieces;
mod reader;
mod scan;
mod slice;
mod tokens;
mod tree;
mod words;
mod writer;

pub use error::{Location, XmlError, XmlErrorKind};
pub use limits::Limits;
pub use pieces::{Cutter, Piece, PieceKind, PieceLimits};
pub use reader::{Content, Document, Element};
pub use slice::Slice;
pub use writer::Writer;

#[cfg(test)]
mod tests;
