//! The DistributionEnvelope 2.0 (`distributionEnvelope-v2-0.xsd`): who sends, for whom the action
//! is done, and what the one payload is.

mod caller;
mod read;

use domain::{JobRole, MessageId, OdsCode, RoleProfileId, SdsUserId};

pub use caller::CallerError;
pub(crate) use read::read;

/// The header of a DistributionEnvelope that kept every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionEnvelope {
    /// `header/@service`.
    pub service: String,
    /// `header/@trackingid`, an upper-case UUID.
    pub tracking_id: MessageId,
    /// `auditIdentity/id`, one to four.
    pub identities: Vec<Identity>,
    /// `senderAddress/@uri`.
    pub sender: Option<String>,
    /// `addresslist/address/@uri`.
    pub addresses: Vec<String>,
    /// The `handlingSpecification` with the interaction key.
    pub interaction: Option<String>,
    /// `manifestitem/@profileid`.
    pub profile_id: String,
    /// `manifestitem/@id`, which is also `payload/@id`: a UUID, mostly behind `uuid_`.
    pub payload_id: String,
}

/// One audit identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `@type` as written; absent means a Toolkit identity.
    pub oid: Option<String>,
    /// `@uri`: `urn:nhs-uk:identity:…` of a Toolkit identity, else the bare value.
    pub uri: String,
}

/// On whose behalf a request is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organisation.
    pub organisation: OdsCode,
    /// The user, when one is named.
    pub user: Option<SdsUserId>,
    /// The user's role profile, of a user with a smartcard.
    pub role_profile: Option<RoleProfileId>,
    /// The user's job role.
    pub job_role: Option<JobRole>,
}
