//! The author of a query: whether it is who the envelope says, and whether they may ask.
//!
//! The author is kept by the Spine and shown to the local authority, so what a client writes there
//! must agree with what is known of it: its registration, its audit identity, and the directory of
//! users. All of it is SMSP-0005.

use domain::cpis::Author;
use domain::identifier::{OdsCode, RoleProfileId, SdsUserId};
use itk::envelope::Caller;
use jiff::Timestamp;
use sds::users::UserDirectory;

use crate::config::SmspConfig;
use crate::registry::RegisteredClient;
use crate::users::{self, CredentialError};

/// What an author is held against.
pub(super) struct Rules<'a> {
    pub(super) config: &'a SmspConfig,
    pub(super) users: &'a UserDirectory,
    pub(super) now: Timestamp,
}

/// Why an author is refused. The texts are for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AuthorError {
    #[error("the user of the query is not the user of the audit identity")]
    OtherUser,
    #[error("the role profile of the query is not that of the audit identity")]
    OtherRoleProfile,
    #[error("the system of the query is not the client")]
    OtherSystem,
    #[error("the organisation of the query is not the client's")]
    OtherOrganisation,
    #[error("users must be known, and the request names none")]
    Nobody,
    #[error("users must be known, and this one is not")]
    Stranger,
    #[error("credentials: {0}")]
    Credentials(CredentialError),
    #[error("the role profile lacks the right to view child protection information")]
    NoRight,
}

impl Rules<'_> {
    /// Checks an author.
    pub(super) fn check(
        &self,
        author: &Author,
        client: &RegisteredClient,
        caller: &Caller,
    ) -> Result<(), AuthorError> {
        if self.config.cpis.same_author {
            agrees(author, client, caller)?;
        }
        if self.config.cpis.same_organisation
            && !is_of(author.organisation().code.as_str(), &client.ods)
        {
            return Err(AuthorError::OtherOrganisation);
        }
        self.may_ask(author, caller)
    }

    /// Whether the person may ask, as far as they are known here.
    fn may_ask(&self, author: &Author, caller: &Caller) -> Result<(), AuthorError> {
        let strict = self.config.cpis.require_known_users;
        let passes = |why| if strict { Err(why) } else { Ok(()) };
        let (user, role_profile) = stated(author, caller);
        let Some(user) = user else {
            return passes(AuthorError::Nobody);
        };
        let role_profile = role_profile.map(RoleProfileId::parse);
        if let Some(Ok(id)) = &role_profile
            && self.is_of_another(id, user)
        {
            return Err(AuthorError::Credentials(CredentialError::RoleProfile));
        }
        let user = SdsUserId::parse(user).ok();
        let known = user.and_then(|user| self.users.user(&user, &caller.organisation));
        let Some(known) = known else {
            return passes(AuthorError::Stranger);
        };
        let role_profile = match role_profile {
            None => None,
            Some(Ok(id)) => Some(id),
            // What is no id is nobody's.
            Some(Err(_)) => return Err(AuthorError::Credentials(CredentialError::RoleProfile)),
        };
        let profile = users::profile(&known, role_profile.as_ref(), self.now)
            .map_err(AuthorError::Credentials)?;
        match profile.activities.contains(&self.config.activities.cpis) {
            true => Ok(()),
            false => Err(AuthorError::NoRight),
        }
    }

    /// Whether a role profile is known as somebody else's, which a user who is not known cannot have
    /// either.
    fn is_of_another(&self, role_profile: &RoleProfileId, user: &str) -> bool {
        let owner = self.users.role_profile(role_profile);
        owner.is_some_and(|(owner, _)| owner.user.as_str() != user)
    }
}

/// The user of a request, and their role profile: the author's, or the envelope's where the author
/// is a system.
fn stated<'a>(author: &'a Author, caller: &'a Caller) -> (Option<&'a str>, Option<&'a str>) {
    let named = caller.role_profile.as_ref().map(|id| id.as_str());
    match author {
        Author::Person(person) => {
            let profile = person.role_profile.as_deref().or(named);
            (Some(&person.user), profile)
        }
        Author::Device(_) => (caller.user.as_ref().map(|user| user.as_str()), named),
    }
}

/// Whether the author is who the envelope and the registration say it is. What one of them does not
/// say cannot disagree.
fn agrees(author: &Author, client: &RegisteredClient, caller: &Caller) -> Result<(), AuthorError> {
    match author {
        Author::Person(person) => {
            let user = caller.user.as_ref();
            if user.is_some_and(|user| user.as_str() != person.user) {
                return Err(AuthorError::OtherUser);
            }
            match (&caller.role_profile, &person.role_profile) {
                (Some(one), Some(other)) if one.as_str() != other => {
                    Err(AuthorError::OtherRoleProfile)
                }
                _ => Ok(()),
            }
        }
        Author::Device(device) if device.asid != client.asid.as_str() => {
            Err(AuthorError::OtherSystem)
        }
        Author::Device(_) => Ok(()),
    }
}

/// Whether a code is the organisation's or that of a site of it, which begins with it.
fn is_of(code: &str, organisation: &OdsCode) -> bool {
    let (code, organisation) = (code.to_ascii_uppercase(), organisation.as_str());
    code.starts_with(&organisation.to_ascii_uppercase())
}
