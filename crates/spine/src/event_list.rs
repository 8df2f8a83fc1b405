//! QUPC_IN180000UK04 and QUPC_IN180000SM04: which events does PSIS hold of a patient?
//!
//! An event is a document that arrived. Clients of this generation take the first one for the
//! current summary, so the order is that of arrival, the newest first, and not the one by effective
//! time that document lists have.

use hl7v3::psis::event::EventListQuery;
use store::{PatientRecord, Store, StoreError};

use crate::answer::Answer;
use crate::psis::{access, consent};

/// Answers an event list query: events in every state.
pub(crate) async fn answer(
    store: &dyn Store,
    query: &EventListQuery,
) -> Result<Answer, StoreError> {
    let record = store.patient_record(query.patient, None).await?;
    Ok(decide(query, record).unwrap_or_else(|refused| *refused))
}

fn decide(query: &EventListQuery, record: PatientRecord) -> Result<Answer, Box<Answer>> {
    let access = access(&query.patient, &record, &query.dissent_override)?;
    let consent = consent(&record);
    let mut entries = record.documents;
    entries.sort_unstable_by(|a, b| {
        let older = a.stored_at.cmp(&b.stored_at);
        older.then_with(|| a.header.id.cmp(&b.header.id)).reverse()
    });
    Ok(Answer::EventList {
        patient: query.patient,
        entries,
        consent,
        access,
    })
}
