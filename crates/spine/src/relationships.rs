//! QUPC_IN010000UK32: does this legitimate relationship exist?
//!
//! Relationships are created here (REPC_IN010000UK15) and never end, so the short answer is about
//! the same ones as the historic one.

use hl7v3::relationship::RelationshipQuery;
use store::{Store, StoreError};

use crate::answer::Answer;

/// Answers a confirmation query.
pub(crate) async fn answer(
    store: &dyn Store,
    query: RelationshipQuery,
) -> Result<Answer, StoreError> {
    let mut found = store.legitimate_relationships(query.patient).await?;
    found.retain(|known| query.asks_about(known));
    Ok(Answer::Relationships {
        query: Box::new(query),
        found,
    })
}
