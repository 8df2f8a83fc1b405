//! Legitimate relationships, as the Spine's Legitimate Relationship Service (LRS) keeps them.
//! The relationship that a querySCR claims is another matter: [`crate::permission::Relationship`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{MessageId, NhsNumber, RoleProfileId, SdsUserId};

/// Who has a relationship.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationshipSubject {
    /// A person; a query may name one of the two only.
    Person {
        /// Who.
        user: Option<SdsUserId>,
        /// In which role profile.
        role_profile: Option<RoleProfileId>,
    },
    /// An organisation, by its ODS code.
    Organisation(String),
    /// A work group, by its code.
    WorkGroup(String),
}

/// A legitimate relationship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegitimateRelationship {
    /// Its id (root 2.16.840.1.113883.2.1.3.2.4.18.3).
    pub id: MessageId,
    /// Its type (vocabulary 2.16.840.1.113883.2.1.3.2.4.16.11; 01 to 11).
    pub kind: String,
    /// With whom.
    pub patient: NhsNumber,
    /// Who has it.
    pub subject: RelationshipSubject,
    /// Why, as a code (vocabulary 2.16.840.1.113883.2.1.3.2.4.17.7).
    pub reason: Option<String>,
    /// Why, in words.
    pub words: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// The message that created it.
    pub message: MessageId,
}
