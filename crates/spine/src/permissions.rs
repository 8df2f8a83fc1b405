//! The access control service: a patient's consent, read and set.

mod set;

pub(crate) use set::{Change, SetRequest};

use domain::{Consent, NhsNumber};
use hl7v3::acs::{HasQuery, PermissionsQuery};
use store::{Store, StoreError};

use crate::answer::Answer;
use crate::psis;

/// Answers GET_RESOURCE_PERMISSIONS_INUK01. A patient of whom nothing is recorded has the
/// default, *Ask*.
pub(crate) async fn answer(
    store: &dyn Store,
    query: PermissionsQuery,
) -> Result<Answer, StoreError> {
    let consent = consent(store, query.patient).await?;
    Ok(Answer::Permissions { query, consent })
}

/// Answers HAS_RESOURCE_PERMISSIONS_INUK01.
pub(crate) async fn answer_has(store: &dyn Store, query: HasQuery) -> Result<Answer, StoreError> {
    let consent = consent(store, query.patient).await?;
    Ok(Answer::Has { query, consent })
}

async fn consent(store: &dyn Store, patient: NhsNumber) -> Result<Consent, StoreError> {
    let record = store.patient_record(patient, None).await?;
    Ok(psis::consent(&record))
}
