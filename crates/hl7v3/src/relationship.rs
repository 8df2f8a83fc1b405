//! Legitimate relationships: the confirmation query (QUPC_IN010000UK32, answered by
//! QUPC_IN060000UK32) and the request to create one (REPC_IN010000UK15, answered by
//! REPC_IN020000UK13). The national service is retired; this is as much of it as is documented.

use domain::relationship::{LegitimateRelationship, RelationshipSubject};
use domain::{MessageId, NhsNumber};

use crate::{AnswerParts, Invalid, SpineRequest};

/// A confirmation query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationshipQuery {
    /// Whose record.
    pub patient: NhsNumber,
    /// Short (01): those that hold now. Historic (02): all.
    pub historic: bool,
    /// Who is to have the relationship.
    pub subject: RelationshipSubject,
}

/// Reads a confirmation query.
pub fn read_query(request: &SpineRequest<'_, '_>) -> Result<RelationshipQuery, Invalid> {
    let _ = request;
    todo!()
}

/// The answer to a confirmation query.
#[derive(Debug, Clone, Copy)]
pub struct RelationshipAnswer<'a> {
    /// What was asked.
    pub query: &'a RelationshipQuery,
    /// The relationships found.
    pub found: &'a [LegitimateRelationship],
}

impl RelationshipAnswer<'_> {
    /// Writes the answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let _ = parts;
        todo!()
    }
}

/// Reads a request to create a relationship; the id it will have is `id`.
pub fn read_create(
    request: &SpineRequest<'_, '_>,
    id: MessageId,
    now: jiff::Timestamp,
) -> Result<LegitimateRelationship, Invalid> {
    let _ = (request, id, now);
    todo!()
}

/// The confirmation that a relationship was created.
#[derive(Debug, Clone, Copy)]
pub struct Created<'a> {
    /// Its id.
    pub id: &'a MessageId,
}

impl Created<'_> {
    /// Writes the answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let _ = parts;
        todo!()
    }
}
