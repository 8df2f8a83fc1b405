//! Legitimate relationships: the confirmation query (QUPC_IN010000UK32, answered by
//! QUPC_IN060000UK32) and the request to create one (REPC_IN010000UK15, answered by
//! REPC_IN020000UK13). The national service is retired; this is as much of it as is documented.
//!
//! No schema of these messages is published. Requests are read by Spine 2's checks, which name
//! every element they look at; of the query's answer only the wrapper is known.

mod answer;
mod create;
mod query;

pub use answer::{Created, RelationshipAnswer};
pub use create::read_create;
pub use query::{RelationshipQuery, read_query};

/// The root of a relationship's id.
const RELATIONSHIP_ID: &str = "2.16.840.1.113883.2.1.3.2.4.18.3";
/// The vocabulary of a relationship's type.
const TYPE: &str = "2.16.840.1.113883.2.1.3.2.4.16.11";
/// The vocabulary of reasons to have one.
const ACCESS_REASON: &str = "2.16.840.1.113883.2.1.3.2.4.17.7";
/// The vocabulary of the question whether to raise an alert.
const ALERT: &str = "2.16.840.1.113883.2.1.3.2.4.17.8";
/// The vocabulary of response types: short or historic.
const RESPONSE_TYPE: &str = "2.16.840.1.113883.2.1.3.2.4.17.9";

const DATA_MISSING: &str = "ErrorBase1712.MANDATORY_DATA_MISSING";
const FIELD_MISSING: &str = "ErrorBase1733.MANDATORY_FIELD_MISSING";
const INVALID_OID: &str = "ErrorBase1712.INVALID_OID";
