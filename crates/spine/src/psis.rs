//! The rules that both PSIS queries keep.

use domain::consent::ConsentSetting;
use domain::record::DocumentPointer;
use domain::{DocumentId, NhsNumber};
use store::PatientRecord;

use crate::answer::Answer;

/// What refuses every query: no document at all, or dissent that is not overridden. Dissent hides
/// which documents there are, so this comes before anything is looked for.
pub(crate) fn refusal(
    patient: &NhsNumber,
    record: &PatientRecord,
    overrides: bool,
) -> Option<Answer> {
    if record.documents.is_empty() {
        return Some(Answer::case_not_found(patient));
    }
    let view = record
        .consent
        .as_ref()
        .map_or(ConsentSetting::Ask, |consent| consent.consent.view);
    (view == ConsentSetting::No && !overrides).then(Answer::dissent)
}

/// The id of a patient's document set: that of the first document, by effective time. All GP
/// Summaries of a patient are one set. `documents` is newest first, as the store lists them.
pub(crate) fn set_id(documents: &[DocumentPointer]) -> Option<&DocumentId> {
    documents.last().map(|oldest| &oldest.header.id)
}
