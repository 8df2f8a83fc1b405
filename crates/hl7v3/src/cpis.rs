//! CP-IS: Child Protection - Information Sharing, the messages of a hospital's
//! question and of a local authority's files.
//!
//! Model: `domain::cpis`; documents: the XSD set of the Child Protection domain
//! message specification (`CPIS`), versions `QUPC_MT000006GB01` and after.

pub mod file;
