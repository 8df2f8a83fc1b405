//! QUPC_IN160103UK05: give me one document.

use domain::DocumentId;
use domain::code::psis;
use domain::record::{DocumentPointer, DocumentState};
use hl7v3::psis::{DocumentQuery, Selector};
use store::{PatientRecord, Store, StoreError};

use crate::answer::Answer;
use crate::psis::{access, one, set_id};

/// Answers a document query.
pub(crate) async fn answer(store: &dyn Store, query: &DocumentQuery) -> Result<Answer, StoreError> {
    let id = match &query.selector {
        Selector::Document(id) => id.clone(),
        Selector::Set(set) => {
            let record = store.patient_record(query.patient, None).await?;
            match current(query, &record, set) {
                Ok(id) => id,
                Err(answer) => return Ok(*answer),
            }
        }
    };
    let record = store
        .patient_record(query.patient, Some(id.clone()))
        .await?;
    Ok(decide(query, record, &id).unwrap_or_else(|refused| *refused))
}

fn decide(
    query: &DocumentQuery,
    record: PatientRecord,
    id: &DocumentId,
) -> Result<Answer, Box<Answer>> {
    let access = access(&query.patient, &record, &query.dissent_override)?;
    let (pointer, bytes) = one(record, id)?;
    Ok(Answer::Document {
        pointer,
        bytes,
        access,
    })
}

fn current(
    query: &DocumentQuery,
    record: &PatientRecord,
    set: &DocumentId,
) -> Result<DocumentId, Box<Answer>> {
    access(&query.patient, record, &query.dissent_override)?;
    current_of_set(&record.documents, set)
}

/// What is given of a set is its current document.
fn current_of_set(
    documents: &[DocumentPointer],
    set: &DocumentId,
) -> Result<DocumentId, Box<Answer>> {
    if set_id(documents) != Some(set) {
        let unknown = psis::event_unknown(set.as_str());
        return Err(Box::new(Answer::inconsistent(unknown)));
    }
    let mut current = documents
        .iter()
        .filter(|document| document.state == DocumentState::Normal);
    match (current.next(), current.next()) {
        (Some(only), None) => Ok(only.header.id.clone()),
        (None, _) => Err(Box::new(Answer::Nothing)),
        (Some(_), Some(_)) => {
            let several = psis::several_documents_in_set(set.as_str());
            Err(Box::new(Answer::inconsistent(several)))
        }
    }
}
