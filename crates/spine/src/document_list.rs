//! QUPC_IN160101UK05: which documents does PSIS hold of a patient?

use domain::NhsNumber;
use domain::consent::ConsentSetting;
use domain::oid;
use domain::record::DocumentPointer;
use hl7v3::psis::{DocumentListQuery, ListFilter};
use store::{PatientRecord, Store, StoreError};

use crate::answer::Answer;

/// Answers a list query.
pub(crate) async fn answer(
    store: &dyn Store,
    query: &DocumentListQuery,
) -> Result<Answer, StoreError> {
    let record = store.patient_record(query.patient, None).await?;
    if let Some(refused) = refusal(&query.patient, &record, query.dissent_override.overrides()) {
        return Ok(refused);
    }
    // A document set is named by its first document, and a patient has one set.
    let set = record
        .documents
        .last()
        .map(|oldest| oldest.header.id.clone());
    if query.filter.set_id.is_some() && query.filter.set_id != set {
        return Ok(Answer::Nothing);
    }
    let entries: Vec<DocumentPointer> = record
        .documents
        .into_iter()
        .filter(|document| matches(&query.filter, document))
        .collect();
    Ok(match entries.is_empty() {
        true => Answer::Nothing,
        false => Answer::List {
            patient: query.patient,
            entries,
        },
    })
}

/// What refuses every query: no record at all, or dissent that is not overridden.
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
        .map_or(ConsentSetting::Ask, |c| c.consent.view);
    (view == ConsentSetting::No && !overrides).then(Answer::dissent)
}

/// Both ends of the period count; a bound given to the day means the whole day.
fn matches(filter: &ListFilter, document: &DocumentPointer) -> bool {
    let effective = document.header.effective.first_instant();
    let in_period = filter
        .from
        .as_ref()
        .is_none_or(|from| from.first_instant() <= effective)
        && filter
            .to
            .as_ref()
            .is_none_or(|to| effective <= to.last_instant());
    let of_type = filter.document_type.as_ref().is_none_or(|(code, system)| {
        code == document.header.kind.code() && system == oid::SNOMED_CT
    });
    in_period && of_type
}
