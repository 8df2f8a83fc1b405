//! People: the users, their role profiles and their activities.
//!
//! What a user may do stands here, in the provider's own configuration item ("appropriate
//! configuration item" of the response-code spreadsheet), copied from the Spine Directory Service:
//! nothing that a request says of its user's rights is believed. What the activities mean is for
//! the services.
//!
//! The operator writes an [`Entry`] for each role of each user, in the configuration or in a file
//! of its own (TOML or CSV), which may change while the service runs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use jiff::Timestamp;
use transport::Shutdown;

use crate::FileError;
use crate::reload::{Reloading, Source};
use crate::text::Listed;

mod edit;
mod entry;
mod file;

pub use edit::{Exactly, Imported, UsersFile};
pub use entry::Entry;

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

impl RoleProfile {
    /// Whether it may be used at this instant.
    pub fn valid_at(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now <= until)
    }
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

/// All users. Clones share them.
#[derive(Debug, Clone)]
pub struct UserDirectory {
    shared: Arc<Reloading<Entries>>,
}

/// Entries of the configuration, and a file beside them.
#[derive(Debug, Default)]
struct Entries {
    fixed: Vec<Listed<Entry>>,
    path: Option<PathBuf>,
}

/// The users, by what they are looked for with.
#[derive(Debug, Default)]
struct Users {
    known: HashMap<(SdsUserId, OdsCode), Arc<User>>,
    owners: HashMap<RoleProfileId, Arc<User>>,
}

impl UserDirectory {
    /// A directory of these users, which stay as they are.
    pub fn new(users: Vec<User>) -> Result<Self, UserListedTwice> {
        let users = Users::new(users)?;
        Ok(Self {
            shared: Arc::new(Reloading::fixed(Entries::default(), users)),
        })
    }

    /// The directory of these entries, and of those of a file if there is one.
    pub fn open(entries: Vec<Entry>, file: Option<PathBuf>) -> Result<Self, FileError> {
        let listed = |(at, entry)| Listed {
            place: format!("smsp.users[{at}]"),
            entry,
        };
        let entries = Entries {
            fixed: entries.into_iter().enumerate().map(listed).collect(),
            path: file,
        };
        Ok(Self {
            shared: Arc::new(Reloading::open(entries)?),
        })
    }

    /// A user in an organisation, as they stand now.
    pub fn user(&self, user: &SdsUserId, organisation: &OdsCode) -> Option<Arc<User>> {
        let key = (user.clone(), organisation.clone());
        self.shared.current().known.get(&key).cloned()
    }

    /// Whether a user is here, under whatever organisation.
    pub fn knows(&self, user: &SdsUserId) -> bool {
        let current = self.shared.current();
        current.known.keys().any(|(known, _)| known == user)
    }

    /// The user who has a role profile, as they stand now, and the profile.
    pub fn role_profile(&self, id: &RoleProfileId) -> Option<(Arc<User>, RoleProfile)> {
        let user = self.shared.current().owners.get(id).cloned()?;
        let profile = user.role_profiles.iter().find(|profile| profile.id == *id);
        let profile = profile?.clone();
        Some((user, profile))
    }

    /// Looks at the file every so often until the process stops, and takes over what changed. Ends
    /// at once for a directory without a file.
    pub async fn watch(self, every: Duration, shutdown: Shutdown) {
        self.shared.watch(every, shutdown).await;
    }

    /// Reads the file again. When it cannot be used nothing changes.
    pub fn reload(&self) -> Result<(), FileError> {
        self.shared.reload()
    }
}

impl Default for UserDirectory {
    /// Nobody.
    fn default() -> Self {
        Self {
            shared: Arc::new(Reloading::fixed(Entries::default(), Users::default())),
        }
    }
}

impl Users {
    fn new(users: Vec<User>) -> Result<Self, UserListedTwice> {
        let mut all = Self::default();
        for user in users {
            let key = (user.user.clone(), user.organisation.clone());
            let user = Arc::new(user);
            if all.known.insert(key.clone(), Arc::clone(&user)).is_some() {
                return Err(UserListedTwice {
                    user: key.0,
                    organisation: key.1,
                });
            }
            for profile in &user.role_profiles {
                all.owners.insert(profile.id.clone(), Arc::clone(&user));
            }
        }
        Ok(all)
    }
}

impl Source for Entries {
    type Value = Users;

    const WHAT: &'static str = "users";
    const METRIC: &'static str = "minispine_users_reloads_total";

    fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn read(&self) -> Result<Users, FileError> {
        let mut listed = self.fixed.clone();
        if let Some(path) = &self.path {
            listed.extend(file::read(path)?);
        }
        let users = entry::gather(listed)?;
        // Gathering has put each user together, so nobody is there twice.
        Users::new(users).map_err(|twice| FileError::Entry {
            place: "users".to_owned(),
            reason: twice.to_string(),
        })
    }

    fn count(users: &Users) -> usize {
        users.known.len()
    }
}

#[cfg(test)]
mod tests;
