//! As whom a client calls.

use domain::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use itk::envelope::Caller;
use jiff::SignedDuration;

/// As whom a client calls: the system, and the user in front of it.
#[derive(Debug, Clone)]
pub struct ClientIdentity {
    /// The service's URL, for `wsa:To`. The connection itself belongs to the upstream.
    pub url: String,
    /// The system's WS-Security user name.
    pub username: String,
    /// The organisation it sends for.
    pub ods: OdsCode,
    /// The user.
    pub user: Option<SdsUserId>,
    /// Their role profile.
    pub role_profile: Option<RoleProfileId>,
    /// Their job role.
    pub job_role: Option<JobRole>,
    /// How long a request is valid (`wsu:Expires`).
    pub valid_for: SignedDuration,
}

impl ClientIdentity {
    /// A system without a user, whose requests are valid for five minutes.
    pub fn new(url: impl Into<String>, username: impl Into<String>, ods: OdsCode) -> Self {
        Self {
            url: url.into(),
            username: username.into(),
            ods,
            user: None,
            role_profile: None,
            job_role: None,
            valid_for: SignedDuration::from_mins(5),
        }
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller {
            organisation: self.ods.clone(),
            user: self.user.clone(),
            role_profile: self.role_profile.clone(),
            job_role: self.job_role.clone(),
        }
    }
}
