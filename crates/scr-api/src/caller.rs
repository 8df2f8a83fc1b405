//! Who calls: the application, and the person in their role when one is logged in.
//!
//! Everything here comes from the token, the registration and the directory of users. A header of
//! the request only chooses among the roles that the person has.

use std::sync::Arc;

use domain::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use hl7v3::wrapper::Author;
use jiff::Timestamp;
use mhs::SpineClient;
use sds::users::UserDirectory;

use crate::access::{Mode, forbidden};
use crate::config::Application;
use crate::headers::missing;
use crate::outcome::{Issue, Refusal, coding};
use crate::token::{Claims, Role};
use conversion::Profile;

/// The header that names the role profile.
pub(crate) const URID: &str = "NHSD-Session-URID";

/// An application, and a Spine to ask as it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) application: Application,
    pub(crate) spine: SpineClient,
    pub(crate) profile: Profile,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) client: Arc<Client>,
    pub(crate) mode: Mode,
    pub(crate) person: Option<Person>,
}

/// A person who is logged in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user: SdsUserId,
    pub(crate) acting: Option<Acting>,
}

/// A role that a person acts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acting {
    pub(crate) profile: RoleProfileId,
    pub(crate) job_role: Option<JobRole>,
    pub(crate) organisation: Option<OdsCode>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").finish_non_exhaustive()
    }
}

impl Person {
    /// The person of a user-restricted token, in the role that the header names, or that they
    /// chose at log-in, or that is their only one.
    pub(crate) fn of(
        claims: &Claims,
        header: Option<&str>,
        users: &UserDirectory,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let user = claims.nhsid_useruid.as_deref().or(claims.sub.as_deref());
        let user = user.and_then(|user| SdsUserId::parse(user).ok());
        let user = user.ok_or_else(|| forbidden("The token names no user of the directory"))?;
        let header = header.map(str::trim).filter(|text| !text.is_empty());
        let roles = &claims.nhsid_nrbac_roles;
        let chosen = header.or(claims.selected_roleid.as_deref());
        let chosen = chosen.or(match roles.as_slice() {
            [only] => Some(only.person_roleid.as_str()),
            _ => None,
        });
        let Some(chosen) = chosen else {
            return Ok(Self { user, acting: None });
        };
        let unknown = || {
            let text = format!("The role profile in {URID} is not one of the user's");
            let issue = Issue::error("value", text.clone(), coding::INVALID_VALUE).diagnosed(text);
            Refusal::new(400, issue, "the role profile is not the user's")
                .by_gateway()
                .at(format!("http.{URID}"))
        };
        let profile = RoleProfileId::parse(chosen).map_err(|_| unknown())?;
        let known = users
            .role_profile(&profile)
            .filter(|(owner, role)| owner.user == user && role.valid_at(now));
        let told = roles.iter().find(|role| role.person_roleid == chosen);
        if told.is_none() && (!roles.is_empty() || known.is_none()) {
            return Err(unknown());
        }
        let from_directory = known
            .as_ref()
            .map(|(owner, role)| (&owner.organisation, &role.job_role));
        let acting = Acting {
            job_role: told
                .and_then(job_role)
                .or_else(|| from_directory.map(|(_, job_role)| job_role.clone())),
            organisation: told
                .and_then(|role| OdsCode::parse(role.org_code.as_deref()?).ok())
                .or_else(|| from_directory.map(|(organisation, _)| organisation.clone())),
            profile,
        };
        Ok(Self {
            user,
            acting: Some(acting),
        })
    }
}

fn job_role(role: &Role) -> Option<JobRole> {
    JobRole::parse(role.role_code.as_deref()?).ok()
}

impl Caller {
    /// The person in their role, of a call that cannot be made without.
    pub(crate) fn acting(&self) -> Result<(&SdsUserId, &Acting), Refusal> {
        let person = self
            .person
            .as_ref()
            .ok_or_else(|| missing("NHSD-Identity-UUID"))?;
        let acting = person.acting.as_ref().ok_or_else(|| missing(URID))?;
        Ok((&person.user, acting))
    }

    /// On whose behalf a message goes to the Spine: the person in their role, or who is registered
    /// for the application.
    pub(crate) fn author(&self) -> Result<Author, Refusal> {
        if self.mode == Mode::Application {
            return self
                .client
                .application
                .author
                .clone()
                .ok_or_else(|| missing(URID));
        }
        let (user, acting) = self.acting()?;
        let job_role = acting.job_role.clone().ok_or_else(|| {
            let text = format!(
                "Unable to determine Job Role Code for the given RoleID via the SDS Service: {}",
                acting.profile
            );
            Refusal::rule(text).at(format!("http.{URID}"))
        })?;
        Ok(Author {
            role_profile: acting.profile.clone(),
            user: user.clone(),
            job_role,
        })
    }
}
