//! QUPC_IN160101UK05: which documents does PSIS hold of a patient?

use domain::oid;
use domain::record::DocumentPointer;
use hl7v3::psis::{DocumentListQuery, ListFilter};
use store::{PatientRecord, Store, StoreError};

use crate::answer::Answer;
use crate::psis::{access, set_id};

/// Answers a list query: documents in every state, newest first.
pub(crate) async fn answer(
    store: &dyn Store,
    query: &DocumentListQuery,
) -> Result<Answer, StoreError> {
    let record = store.patient_record(query.patient, None).await?;
    Ok(decide(query, record).unwrap_or_else(|refused| *refused))
}

fn decide(query: &DocumentListQuery, record: PatientRecord) -> Result<Answer, Box<Answer>> {
    let access = access(&query.patient, &record, &query.dissent_override)?;
    let filter = &query.filter;
    if filter.set_id.is_some() && filter.set_id.as_ref() != set_id(&record.documents) {
        return Ok(Answer::Nothing);
    }
    let mut entries = record.documents;
    entries.retain(|document| matches(filter, document));
    if entries.is_empty() {
        return Ok(Answer::Nothing);
    }
    Ok(Answer::List {
        patient: query.patient,
        entries,
        access,
    })
}

/// Both ends of the period count. A time given to the day, a document's own included, means the
/// whole day: what may lie in the period is listed.
fn matches(filter: &ListFilter, document: &DocumentPointer) -> bool {
    let effective = &document.header.effective;
    let late_enough = filter
        .from
        .as_ref()
        .is_none_or(|from| from.first_instant() <= effective.last_instant());
    let early_enough = filter
        .to
        .as_ref()
        .is_none_or(|to| effective.first_instant() <= to.last_instant());
    let of_type = filter.document_type.as_ref().is_none_or(|(code, system)| {
        code == document.header.kind.code() && system == oid::SNOMED_CT
    });
    late_enough && early_enough && of_type
}
