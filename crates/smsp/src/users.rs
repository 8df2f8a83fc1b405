//! Who is asking: credentials, and the rights they give.
//!
//! The request names a user by SDS user id and, from smartcard clients, a role profile. What they
//! may do stands in the directory of users ([`sds::users`]): nothing that a request says of its
//! user's rights is believed.

use domain::access::Rights;
use domain::identifier::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use domain::permission::CareProfessional;
use itk::envelope::Caller;
use jiff::Timestamp;
use sds::users::{RoleProfile, User, UserDirectory};

use crate::config::ActivityCodes;
use crate::registry::AccessMethod;

/// A user whose credentials were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Professional {
    pub(crate) holder: CareProfessional,
    pub(crate) job_role: JobRole,
    pub(crate) name: String,
    pub(crate) rights: Rights,
    pub(crate) duties: Duties,
}

/// What a user may do beside viewing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Duties {
    /// Change a patient's consent to share.
    pub consent: bool,
    /// See who looked at records.
    pub report: bool,
}

/// Why credentials are refused; every one is answered with SMSP-0005.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CredentialError {
    #[error("the request names no user")]
    NoUser,
    #[error("the request of a smartcard client names no role profile")]
    NoRoleProfile,
    #[error("the user is not known in this organisation")]
    Unknown,
    #[error("the role profile is not valid now")]
    NotValidNow,
    #[error("the role profile is not one of the user's")]
    RoleProfile,
    #[error("the job role is not that of the role profile")]
    JobRole,
}

/// Checks who is asking against what is known of them.
pub(crate) fn check(
    users: &UserDirectory,
    caller: &Caller,
    access: AccessMethod,
    codes: &ActivityCodes,
    now: Timestamp,
) -> Result<Professional, CredentialError> {
    let id = caller.user.as_ref().ok_or(CredentialError::NoUser)?;
    let card = matches!(
        access,
        AccessMethod::Smartcard | AccessMethod::SessionAuthenticated
    );
    if card && caller.role_profile.is_none() {
        return Err(CredentialError::NoRoleProfile);
    }
    let user = users.user(id, &caller.organisation);
    let user = user.ok_or(CredentialError::Unknown)?;
    let profile = profile(&user, caller.role_profile.as_ref(), now)?;
    if caller
        .job_role
        .as_ref()
        .is_some_and(|role| !role.is_same_role(&profile.job_role))
    {
        return Err(CredentialError::JobRole);
    }
    Ok(Professional {
        holder: holder(&user, profile),
        job_role: profile.job_role.clone(),
        name: user.name.clone(),
        rights: codes.rights(&profile.activities),
        duties: codes.duties(&profile.activities),
    })
}

/// Somebody whom a request names beside its own user, in this role and organisation.
pub(crate) fn find(
    users: &UserDirectory,
    user: &SdsUserId,
    role_profile: &RoleProfileId,
    organisation: &OdsCode,
    now: Timestamp,
) -> Result<CareProfessional, CredentialError> {
    let user = users.user(user, organisation);
    let user = user.ok_or(CredentialError::Unknown)?;
    let profile = profile(&user, Some(role_profile), now)?;
    Ok(holder(&user, profile))
}

fn holder(user: &User, profile: &RoleProfile) -> CareProfessional {
    CareProfessional {
        user: user.user.clone(),
        role_profile: profile.id.clone(),
        organisation: user.organisation.clone(),
    }
}

/// The role profile of this id, or the first that is valid.
pub(crate) fn profile<'a>(
    user: &'a User,
    named: Option<&RoleProfileId>,
    now: Timestamp,
) -> Result<&'a RoleProfile, CredentialError> {
    let is_meant = |profile: &&RoleProfile| named.is_none_or(|id| profile.id == *id);
    let mut meant = user.role_profiles.iter().filter(is_meant).peekable();
    if meant.peek().is_none() {
        return Err(CredentialError::RoleProfile);
    }
    meant
        .find(|profile| profile.valid_at(now))
        .ok_or(CredentialError::NotValidNow)
}

impl ActivityCodes {
    /// The rights that these activities give.
    pub fn rights(&self, activities: &[String]) -> Rights {
        Rights {
            view: activities.contains(&self.view),
            emergency: activities.contains(&self.emergency),
        }
    }

    /// The duties that these activities give.
    pub fn duties(&self, activities: &[String]) -> Duties {
        Duties {
            consent: activities.contains(&self.consent),
            report: activities.contains(&self.report),
        }
    }
}

#[cfg(test)]
mod tests;
