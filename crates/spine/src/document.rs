//! QUPC_IN160103UK05: give me one document.

use domain::DocumentId;
use domain::code::psis;
use domain::record::{DocumentPointer, DocumentState};
use hl7v3::psis::{DocumentQuery, Selector};
use store::{PatientRecord, Store, StoreError};

use crate::answer::Answer;
use crate::psis::{refusal, set_id};

/// Answers a document query.
pub(crate) async fn answer(store: &dyn Store, query: &DocumentQuery) -> Result<Answer, StoreError> {
    let overrides = query.dissent_override.overrides();
    let id = match &query.selector {
        Selector::Document(id) => id.clone(),
        Selector::Set(set) => {
            let record = store.patient_record(query.patient, None).await?;
            if let Some(refused) = refusal(&query.patient, &record, overrides) {
                return Ok(refused);
            }
            match current_of_set(&record.documents, set) {
                Ok(id) => id,
                Err(answer) => return Ok(*answer),
            }
        }
    };
    let record = store
        .patient_record(query.patient, Some(id.clone()))
        .await?;
    let refused = refusal(&query.patient, &record, overrides);
    Ok(refused.unwrap_or_else(|| one(record, &id)))
}

/// The document of this id. Replaced and withdrawn ones are given too, with their state.
fn one(record: PatientRecord, id: &DocumentId) -> Answer {
    let pointer = record
        .documents
        .into_iter()
        .find(|document| document.header.id == *id);
    match (pointer, record.document) {
        (Some(pointer), Some(bytes)) => Answer::Document {
            pointer: Box::new(pointer),
            bytes,
        },
        _ => Answer::inconsistent(psis::event_unknown(id.as_str())),
    }
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
