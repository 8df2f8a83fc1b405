//! Who is asking: the users, their role profiles and their rights.
//!
//! The request names a user by SDS user id and, from smartcard clients, a role profile. What they
//! may do stands here, in the provider's own configuration item ("appropriate configuration item"
//! of the response-code spreadsheet), copied from the Spine Directory Service: nothing that a
//! request says of its user's rights is believed.
//!
//! The operator writes an [`Entry`] for each role of each user, in the configuration or in a file
//! of its own (TOML or CSV), which may change while the service runs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use domain::access::Rights;
use domain::identifier::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use domain::permission::CareProfessional;
use itk::envelope::Caller;
use jiff::Timestamp;

use crate::config::ActivityCodes;
use crate::registry::AccessMethod;

mod edit;
mod entry;
mod error;
mod file;
mod source;

pub use edit::{Exactly, Imported, UsersFile};
pub use entry::Entry;
pub use error::{UserListedTwice, UsersError};
use source::Source;

/// A user in one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The person.
    pub user: SdsUserId,
    /// Where they work.
    pub organisation: OdsCode,
    /// Their name, for alerts.
    pub name: String,
    /// Their role profiles there; the first that is valid is used when a request names none.
    pub role_profiles: Vec<RoleProfile>,
}

/// A role in which a user may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleProfile {
    /// The role profile ("URP").
    pub id: RoleProfileId,
    /// The national job role.
    pub job_role: JobRole,
    /// Activity codes, like `B0370`.
    pub activities: Vec<String>,
    /// First instant it is valid; absent for always.
    pub valid_from: Option<Timestamp>,
    /// Last instant it is valid; absent for always.
    pub valid_until: Option<Timestamp>,
}

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

/// All users. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct UserDirectory {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    users: RwLock<Users>,
    /// Where they come from, when they can be read again.
    source: Option<Source>,
}

type Users = HashMap<(SdsUserId, OdsCode), User>;

impl UserDirectory {
    /// A directory of these users.
    pub fn new(users: Vec<User>) -> Result<Self, UserListedTwice> {
        let mut known = Users::new();
        for user in users {
            let key = (user.user.clone(), user.organisation.clone());
            if known.insert(key.clone(), user).is_some() {
                return Err(UserListedTwice {
                    user: key.0,
                    organisation: key.1,
                });
            }
        }
        Ok(Self {
            shared: Arc::new(Shared {
                users: RwLock::new(known),
                source: None,
            }),
        })
    }

    /// The directory of these entries, and of those of a file if there is one.
    pub fn open(entries: Vec<Entry>, file: Option<PathBuf>) -> Result<Self, UsersError> {
        let source = Source::new(entries, file);
        let users = by_key(source.read()?);
        Ok(Self {
            shared: Arc::new(Shared {
                users: RwLock::new(users),
                source: Some(source),
            }),
        })
    }

    /// Checks who is asking against what is known of them.
    pub(crate) fn check(
        &self,
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
        let users = self.users();
        let user = users.get(&(id.clone(), caller.organisation.clone()));
        let user = user.ok_or(CredentialError::Unknown)?;
        let profile = user.profile(caller.role_profile.as_ref(), now)?;
        if caller
            .job_role
            .as_ref()
            .is_some_and(|role| !role.is_same_role(&profile.job_role))
        {
            return Err(CredentialError::JobRole);
        }
        Ok(Professional {
            holder: user.holder(profile),
            job_role: profile.job_role.clone(),
            name: user.name.clone(),
            rights: codes.rights(&profile.activities),
            duties: codes.duties(&profile.activities),
        })
    }

    /// Somebody whom a request names beside its own user, in this role and organisation.
    pub(crate) fn find(
        &self,
        user: &SdsUserId,
        role_profile: &RoleProfileId,
        organisation: &OdsCode,
        now: Timestamp,
    ) -> Result<CareProfessional, CredentialError> {
        let users = self.users();
        let user = users.get(&(user.clone(), organisation.clone()));
        let user = user.ok_or(CredentialError::Unknown)?;
        let profile = user.profile(Some(role_profile), now)?;
        Ok(user.holder(profile))
    }

    fn users(&self) -> RwLockReadGuard<'_, Users> {
        let users = &self.shared.users;
        users.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts others in the place of all users.
    fn replace(&self, users: Vec<User>) {
        let users = by_key(users);
        let mut place = self
            .shared
            .users
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *place = users;
    }
}

impl User {
    fn holder(&self, profile: &RoleProfile) -> CareProfessional {
        CareProfessional {
            user: self.user.clone(),
            role_profile: profile.id.clone(),
            organisation: self.organisation.clone(),
        }
    }

    /// The role profile of this id, or the first that is valid.
    fn profile(
        &self,
        named: Option<&RoleProfileId>,
        now: Timestamp,
    ) -> Result<&RoleProfile, CredentialError> {
        let is_meant = |profile: &&RoleProfile| named.is_none_or(|id| profile.id == *id);
        let mut meant = self.role_profiles.iter().filter(is_meant).peekable();
        if meant.peek().is_none() {
            return Err(CredentialError::RoleProfile);
        }
        meant
            .find(|profile| profile.valid_at(now))
            .ok_or(CredentialError::NotValidNow)
    }
}

impl RoleProfile {
    fn valid_at(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now <= until)
    }
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

fn by_key(users: Vec<User>) -> Users {
    let keyed = |user: User| ((user.user.clone(), user.organisation.clone()), user);
    users.into_iter().map(keyed).collect()
}

#[cfg(test)]
mod tests;
