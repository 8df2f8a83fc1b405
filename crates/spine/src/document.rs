//! QUPC_IN160103UK05: give me one document.

use domain::DocumentId;
use domain::code::psis;
use domain::record::{DocumentPointer, DocumentState};
use hl7v3::psis::{DocumentQuery, Selector};
use store::{PatientRecord, Store, StoreError};

use crate::answer::Answer;
use crate::document_list::refusal;

/// Answers a document query.
pub(crate) async fn answer(store: &dyn Store, query: &DocumentQuery) -> Result<Answer, StoreError> {
    match &query.selector {
        Selector::Document(id) => {
            let record = store
                .patient_record(query.patient, Some(id.clone()))
                .await?;
            Ok(
                refusal(&query.patient, &record, query.dissent_override.overrides())
                    .unwrap_or_else(|| one(record, id)),
            )
        }
        Selector::Set(set) => {
            let listed = store.patient_record(query.patient, None).await?;
            if let Some(refused) =
                refusal(&query.patient, &listed, query.dissent_override.overrides())
            {
                return Ok(refused);
            }
            let id = match current_of_set(&listed.documents, set) {
                Ok(id) => id,
                Err(answer) => return Ok(*answer),
            };
            Ok(one(
                store
                    .patient_record(query.patient, Some(id.clone()))
                    .await?,
                &id,
            ))
        }
    }
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
        _ => Answer::Refused(vec![
            psis::logical_inconsistency(),
            psis::event_unknown(id.as_str()),
        ]),
    }
}

/// A document set is named by its first document; what is given is its current one.
fn current_of_set(
    documents: &[DocumentPointer],
    set: &DocumentId,
) -> Result<DocumentId, Box<Answer>> {
    let refused = |issue| Box::new(Answer::Refused(vec![psis::logical_inconsistency(), issue]));
    if documents
        .last()
        .is_none_or(|oldest| oldest.header.id != *set)
    {
        return Err(refused(psis::event_unknown(set.as_str())));
    }
    let mut current = documents
        .iter()
        .filter(|d| d.state == DocumentState::Normal);
    match (current.next(), current.next()) {
        (Some(only), None) => Ok(only.header.id.clone()),
        (None, _) => Err(Box::new(Answer::Nothing)),
        (Some(_), Some(_)) => Err(refused(psis::several_documents_in_set(set.as_str()))),
    }
}
