//! Who is asking: the users, their role profiles and their rights.
//!
//! The request names a user by SDS user id and, from smartcard clients, a role profile. What they
//! may do stands here, in the provider's own configuration item ("appropriate configuration item"
//! of the response-code spreadsheet), copied from the Spine Directory Service: nothing that a
//! request says of its user's rights is believed.

use std::collections::HashMap;

use domain::access::Rights;
use domain::identifier::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use domain::permission::CareProfessional;
use itk::envelope::Caller;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::ActivityCodes;
use crate::registry::AccessMethod;

/// A user in one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// The person.
    pub user: SdsUserId,
    /// Where they work.
    pub organisation: OdsCode,
    /// Their name, for alerts.
    pub name: String,
    /// Their role profiles there; the first is used when a request names none.
    pub role_profiles: Vec<RoleProfile>,
    /// First instant the entry is valid; absent for always.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Last instant the entry is valid; absent for always.
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
}

/// A role in which a user may act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoleProfile {
    /// The role profile ("URP").
    pub id: RoleProfileId,
    /// The national job role.
    pub job_role: JobRole,
    /// Activity codes, like `B0370`.
    pub activities: Vec<String>,
}

/// A user whose credentials were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Professional {
    pub(crate) holder: CareProfessional,
    pub(crate) job_role: JobRole,
    pub(crate) name: String,
    pub(crate) rights: Rights,
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
    #[error("the user's entry is not valid now")]
    NotValidNow,
    #[error("the role profile is not one of the user's")]
    RoleProfile,
    #[error("the job role is not that of the role profile")]
    JobRole,
}

/// Two users with the same id in the same organisation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("user {user} is listed twice in organisation {organisation}")]
pub struct UserListedTwice {
    /// The user.
    pub user: SdsUserId,
    /// The organisation.
    pub organisation: OdsCode,
}

/// All users.
#[derive(Debug, Clone, Default)]
pub struct UserDirectory {
    users: HashMap<(SdsUserId, OdsCode), User>,
}

impl UserDirectory {
    /// A directory of these users.
    pub fn new(users: Vec<User>) -> Result<Self, UserListedTwice> {
        let mut directory = Self::default();
        for user in users {
            let key = (user.user.clone(), user.organisation.clone());
            if directory.users.insert(key.clone(), user).is_some() {
                return Err(UserListedTwice {
                    user: key.0,
                    organisation: key.1,
                });
            }
        }
        Ok(directory)
    }

    /// Checks who is asking against what is known of them.
    pub(crate) fn check(
        &self,
        caller: &Caller,
        access: AccessMethod,
        codes: &ActivityCodes,
        now: Timestamp,
    ) -> Result<Professional, CredentialError> {
        let id = caller.user.clone().ok_or(CredentialError::NoUser)?;
        let card = matches!(
            access,
            AccessMethod::Smartcard | AccessMethod::SessionAuthenticated
        );
        if card && caller.role_profile.is_none() {
            return Err(CredentialError::NoRoleProfile);
        }
        let key = (id, caller.organisation.clone());
        let user = self.users.get(&key).ok_or(CredentialError::Unknown)?;
        if !user.valid_at(now) {
            return Err(CredentialError::NotValidNow);
        }
        let profile = user.profile(caller.role_profile.as_ref())?;
        if caller
            .job_role
            .as_ref()
            .is_some_and(|role| !role.is_same_role(&profile.job_role))
        {
            return Err(CredentialError::JobRole);
        }
        Ok(Professional {
            holder: CareProfessional {
                user: user.user.clone(),
                role_profile: profile.id.clone(),
                organisation: user.organisation.clone(),
            },
            job_role: profile.job_role.clone(),
            name: user.name.clone(),
            rights: profile.rights(codes),
        })
    }
}

impl User {
    fn valid_at(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now <= until)
    }

    fn profile(&self, named: Option<&RoleProfileId>) -> Result<&RoleProfile, CredentialError> {
        self.role_profiles
            .iter()
            .find(|profile| named.is_none_or(|id| profile.id == *id))
            .ok_or(CredentialError::RoleProfile)
    }
}

impl RoleProfile {
    fn rights(&self, codes: &ActivityCodes) -> Rights {
        let has = |code: &String| self.activities.contains(code);
        Rights {
            view: has(&codes.view),
            emergency: has(&codes.emergency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T09:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn id<T: std::str::FromStr>(text: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        text.parse().expect("an identifier")
    }

    fn directory() -> UserDirectory {
        let profile = |urp: &str, role: &str, activities: &[&str]| RoleProfile {
            id: id(urp),
            job_role: id(role),
            activities: activities.iter().map(|a| (*a).to_owned()).collect(),
        };
        let user = |uid: &str, until: Option<&str>| User {
            user: id(uid),
            organisation: id("RKE"),
            name: "Dr A Example".to_owned(),
            role_profiles: vec![
                profile("212233445566", "R8000", &["B0370"]),
                profile("212233445577", "R8001", &["B0370", "B0168"]),
            ],
            valid_from: Some(at("2026-01-01T00:00:00Z")),
            valid_until: until.map(at),
        };
        UserDirectory::new(vec![
            user("112233445566", None),
            user("112233445577", Some("2026-03-01T00:00:00Z")),
        ])
        .expect("distinct")
    }

    #[test]
    fn credentials_are_checked_against_the_directory() {
        use AccessMethod::{Attended, Smartcard};
        use CredentialError::*;
        let directory = directory();
        for (org, user, profile, role, access, expected) in [
            (
                "RKE",
                Some("112233445566"),
                None,
                None,
                Attended,
                Ok("212233445566"),
            ),
            (
                "RKE",
                Some("112233445566"),
                Some("212233445577"),
                None,
                Attended,
                Ok("212233445577"),
            ),
            (
                "RKE",
                Some("112233445566"),
                None,
                Some("R8000"),
                Attended,
                Ok("212233445566"),
            ),
            ("RKE", None, None, None, Attended, Err(NoUser)),
            (
                "RKE",
                Some("112233445566"),
                None,
                None,
                Smartcard,
                Err(NoRoleProfile),
            ),
            (
                "RKX",
                Some("112233445566"),
                None,
                None,
                Attended,
                Err(Unknown),
            ),
            (
                "RKE",
                Some("112233445599"),
                None,
                None,
                Attended,
                Err(Unknown),
            ),
            (
                "RKE",
                Some("112233445577"),
                None,
                None,
                Attended,
                Err(NotValidNow),
            ),
            (
                "RKE",
                Some("112233445566"),
                Some("212233445599"),
                None,
                Attended,
                Err(RoleProfile),
            ),
            (
                "RKE",
                Some("112233445566"),
                None,
                Some("R8001"),
                Attended,
                Err(JobRole),
            ),
        ] {
            let caller = Caller {
                organisation: id(org),
                user: user.map(id),
                role_profile: profile.map(id),
                job_role: role.map(id),
            };
            let found = directory.check(&caller, access, &ActivityCodes::default(), at(NOW));
            let found = found.map(|p| p.holder.role_profile.as_str().to_owned());
            assert_eq!(found.as_deref().map_err(|e| *e), expected);
        }
    }

    #[test]
    fn rights_come_from_the_activities_of_the_profile_used() {
        let directory = directory();
        let mut caller = Caller {
            organisation: id("RKE"),
            user: Some(id("112233445566")),
            role_profile: None,
            job_role: None,
        };
        let rights = |caller: &Caller, codes: &ActivityCodes| {
            let found = directory.check(caller, AccessMethod::Attended, codes, at(NOW));
            found.expect("known").rights
        };
        let codes = ActivityCodes::default();
        assert_eq!(
            rights(&caller, &codes),
            Rights {
                view: true,
                emergency: false
            }
        );
        caller.role_profile = Some(id("212233445577"));
        assert_eq!(
            rights(&caller, &codes),
            Rights {
                view: true,
                emergency: true
            }
        );
        let other = ActivityCodes {
            view: "B9999".to_owned(),
            emergency: "B0370".to_owned(),
        };
        assert_eq!(
            rights(&caller, &other),
            Rights {
                view: false,
                emergency: true
            }
        );
    }

    #[test]
    fn a_user_is_listed_once_per_organisation() {
        let user = |org: &str| User {
            user: id("112233445566"),
            organisation: id(org),
            name: String::new(),
            role_profiles: Vec::new(),
            valid_from: None,
            valid_until: None,
        };
        assert!(UserDirectory::new(vec![user("RKE"), user("RKX")]).is_ok());
        assert!(UserDirectory::new(vec![user("RKE"), user("RKE")]).is_err());
    }
}
