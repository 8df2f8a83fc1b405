//! GP Summaries between HL7 V3 and FHIR R4, both ways.
//!
//! Two profiles: [`Profile::Compatible`] answers exactly as the national adaptor for the SCR FHIR
//! API does, for clients that depend on it; [`Profile::Full`] maps every entry of a document to
//! valid R4. The presentation text is whole in both. What Full cannot say in R4 stays in the
//! presentation text, and the bundle says so.
//!
//! What both directions agree on is in [`codes`], [`dates`] and [`extension`].

pub mod codes;
pub mod dates;
// What both directions agree on where R4 has no element: read it before adding to either.
pub mod extension;
mod from_fhir;
mod to_fhir;
pub mod validate;

pub use from_fhir::{Converted, NewDocument, from_fhir, sections_from_fhir};
pub use to_fhir::{ConversionError, Retrieved, sections_to_fhir, to_fhir};

/// How much is mapped, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// Everything, as valid R4.
    #[default]
    Full,
    /// What the national adaptor maps, as it maps it.
    Compatible,
}
