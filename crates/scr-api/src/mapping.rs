//! The two ways between FHIR and HL7 V3, as this service needs them.

use domain::NhsNumber;
use hl7v3::gp_summary::model::GpSummary;
use jiff::Timestamp;

/// How closely the national adaptor is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Everything is mapped, what is answered is valid FHIR, and the adaptor's known defects are
    /// absent.
    #[default]
    Full,
    /// As the adaptor answers, for clients that depend on it.
    Compatible,
}

/// A document that was fetched.
pub struct Retrieved<'a> {
    /// The document.
    pub document: &'a GpSummary,
    /// Its event's id.
    pub event_id: &'a str,
    /// The id of the Spine's answer.
    pub query_id: &'a str,
    /// When the Spine wrote it, as HL7 has it.
    pub created: &'a str,
    /// Where this API is.
    pub base_url: &'a str,
}

/// A document that is to be uploaded.
pub struct Converted {
    /// The document.
    pub summary: GpSummary,
    /// Whose it is.
    pub patient: NhsNumber,
}

/// Converts documents. Ids of what has none come from `ids`.
pub trait Mapping: Send + Sync + 'static {
    /// A searchset with the document. The error is for the log: it holds nothing of a patient.
    fn to_fhir(
        &self,
        retrieved: &Retrieved<'_>,
        profile: Profile,
        ids: &mut dyn FnMut() -> String,
    ) -> Result<fhir::Bundle, String>;

    /// The document of a bundle, or every rule that the bundle breaks.
    fn from_fhir(
        &self,
        bundle: &fhir::Bundle,
        now: Timestamp,
        profile: Profile,
        ids: &mut dyn FnMut() -> String,
    ) -> Result<Converted, Vec<fhir::Finding>>;
}
