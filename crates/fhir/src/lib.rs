//! FHIR R4 as the SCR FHIR API uses it.
//!
//! A narrow model of our own: typed structs for the resources and elements that the Summary Care
//! Record is mapped to, and all else that R4 defines kept beside them, so that nothing a client
//! sent is lost. One table says for each type which elements there are, how many, of what type and
//! in what order; reading, writing and checking, in JSON and in XML, go by it.

pub mod bundle;
mod check;
mod codec;
pub mod datatype;
mod error;
pub mod json;
mod limits;
pub mod narrative;
pub mod outcome;
pub mod resource;
pub mod schema;
mod structure;
pub mod system;
mod table;
mod value;
pub mod xml;

pub use check::{Finding, Severity, check, modifiers};
pub use datatype::*;
pub use error::{FhirError, FhirErrorKind};
pub use limits::Limits;
pub use resource::*;
pub use value::{Map, Value};

#[cfg(test)]
mod tests;
