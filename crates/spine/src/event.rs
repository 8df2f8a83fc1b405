//! QUPC_IN190000UK04: give me one event, which is the document of that id.

use hl7v3::psis::event::EventQuery;
use store::{PatientRecord, Store, StoreError};

use crate::answer::Answer;
use crate::psis::{access, one};

/// Answers an event query.
pub(crate) async fn answer(store: &dyn Store, query: &EventQuery) -> Result<Answer, StoreError> {
    let event = Some(query.event.clone());
    let record = store.patient_record(query.patient, event).await?;
    Ok(decide(query, record).unwrap_or_else(|refused| *refused))
}

fn decide(query: &EventQuery, record: PatientRecord) -> Result<Answer, Box<Answer>> {
    let access = access(&query.patient, &record, &query.dissent_override)?;
    let (pointer, bytes) = one(record, &query.event)?;
    Ok(Answer::Event {
        pointer,
        bytes,
        access,
    })
}
