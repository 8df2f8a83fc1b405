//! GET_RESOURCE_PERMISSIONS_INUK01: what is a patient's consent?

use hl7v3::acs::PermissionsQuery;
use store::{Store, StoreError};

use crate::answer::Answer;

/// Answers a permissions query. A patient of whom nothing is recorded has the default, *Ask*.
pub(crate) async fn answer(
    store: &dyn Store,
    query: PermissionsQuery,
) -> Result<Answer, StoreError> {
    let record = store.patient_record(query.patient, None).await?;
    let consent = record
        .consent
        .map(|record| record.consent)
        .unwrap_or_default();
    Ok(Answer::Permissions { query, consent })
}
