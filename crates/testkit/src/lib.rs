//! What tests share, and nothing that ships.
//!
//! Published test vectors and schemas are not part of this project: they are looked for at run
//! time, and a test that needs them says on one line that it skipped itself when they are absent.
//! [`vectors`] finds them, [`skip`] says the line, [`xsd`] checks a message against a schema,
//! [`logged`] hears what is logged.

mod cpis_schemas;
pub mod logged;
mod shared;
mod skipped;
pub mod xsd;

pub use shared::{vectors, vectors_or_skip};
pub use skipped::skip;
