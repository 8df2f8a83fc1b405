//! The rules that all PSIS queries keep, of either generation.

use domain::code::psis;
use domain::consent::ConsentSetting;
use domain::record::{DocumentBytes, DocumentPointer};
use domain::{Consent, DocumentId, NhsNumber};
use hl7v3::psis::DissentOverride;
use store::PatientRecord;

use crate::answer::Answer;

/// How a query gets at a record that it may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The patient does not object.
    Permitted,
    /// The patient objects, and the query overrides that.
    Overriding,
}

/// What stands before every query: no document at all, or dissent that is not overridden, is an
/// answer of its own. Dissent hides which documents there are, so this comes before anything is
/// looked for.
pub(crate) fn access(
    patient: &NhsNumber,
    record: &PatientRecord,
    dissent_override: &DissentOverride,
) -> Result<Access, Box<Answer>> {
    if record.documents.is_empty() {
        return Err(Box::new(Answer::case_not_found(patient)));
    }
    match (consent(record).view, dissent_override.overrides()) {
        (ConsentSetting::No, false) => Err(Box::new(Answer::dissent())),
        (ConsentSetting::No, true) => Ok(Access::Overriding),
        _ => Ok(Access::Permitted),
    }
}

/// The patient's consent; of whom nothing is recorded has the default, *Ask*.
pub(crate) fn consent(record: &PatientRecord) -> Consent {
    let recorded = record.consent.as_ref();
    recorded.map(|record| record.consent).unwrap_or_default()
}

/// The document of this id with its bytes, of a record that was read with it. Replaced and
/// withdrawn ones are given too, with their state.
pub(crate) fn one(
    record: PatientRecord,
    id: &DocumentId,
) -> Result<(Box<DocumentPointer>, DocumentBytes), Box<Answer>> {
    let pointer = record
        .documents
        .into_iter()
        .find(|document| document.header.id == *id);
    match (pointer, record.document) {
        (Some(pointer), Some(bytes)) => Ok((Box::new(pointer), bytes)),
        _ => Err(Box::new(Answer::inconsistent(psis::event_unknown(
            id.as_str(),
        )))),
    }
}

/// The id of a patient's document set: that of the first document, by effective time. All GP
/// Summaries of a patient are one set. `documents` is newest first, as the store lists them.
pub(crate) fn set_id(documents: &[DocumentPointer]) -> Option<&DocumentId> {
    documents.last().map(|oldest| &oldest.header.id)
}
