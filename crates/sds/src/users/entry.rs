//! What the operator writes: one entry for each role of each user.

use std::collections::HashMap;
use std::collections::hash_map;

use domain::identifier::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{RoleProfile, User};
use crate::FileError;
use crate::text::Listed;

/// Longest name, bytes.
const LONGEST_NAME: usize = 200;
/// Most activities of one role profile.
const MOST_ACTIVITIES: usize = 500;

/// One role in which one user may act: a table of the configuration or of a TOML file, a row of a
/// CSV file. A person with several role profiles has several entries; the first is used when a
/// request names none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// SDS user id.
    pub user_id: SdsUserId,
    /// The organisation in which they have the role.
    pub ods: OdsCode,
    /// The role profile ("URP").
    pub role_profile_id: RoleProfileId,
    /// The national job role.
    pub job_role: JobRole,
    /// The user's name, for reports and alerts; the same in all their entries.
    pub name: String,
    /// All activities of the role (B-codes), also those that the job role or another activity
    /// brings with it: nothing is added here.
    pub activities: Vec<String>,
    /// First day the entry is valid, UK time; absent for always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Last day the entry is valid, UK time; absent for always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

impl Entry {
    /// Whether both say something of the same role of the same user.
    pub fn is_same_role(&self, other: &Self) -> bool {
        self.user_id == other.user_id
            && self.ods == other.ods
            && self.role_profile_id == other.role_profile_id
    }

    /// What is wrong with the entry by itself, for people.
    pub fn check(&self) -> Result<(), String> {
        let name = self.name.trim();
        if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(format!(
                "the name must have 1 to {LONGEST_NAME} characters and no control characters"
            ));
        }
        if self.activities.len() > MOST_ACTIVITIES {
            return Err(format!("there are more than {MOST_ACTIVITIES} activities"));
        }
        if let Some(wrong) = self.activities.iter().find(|code| !is_activity(code)) {
            return Err(format!(
                "{wrong:?} is no activity: they are a letter and four digits, like B0370"
            ));
        }
        match (self.valid_from, self.valid_until) {
            (Some(from), Some(until)) if until < from => Err(format!(
                "valid_until ({until}) is before valid_from ({from})"
            )),
            _ => Ok(()),
        }
    }

    fn profile(self) -> Result<RoleProfile, jiff::Error> {
        Ok(RoleProfile {
            id: self.role_profile_id,
            job_role: self.job_role,
            activities: self.activities,
            valid_from: self.valid_from.map(start_of).transpose()?,
            valid_until: self.valid_until.map(end_of).transpose()?,
        })
    }
}

/// The users that entries come to, or what is wrong with an entry.
pub(super) fn gather(entries: Vec<Listed<Entry>>) -> Result<Vec<User>, FileError> {
    let mut places: HashMap<RoleProfileId, (SdsUserId, OdsCode, String)> = HashMap::new();
    let mut order: HashMap<(SdsUserId, OdsCode), usize> = HashMap::new();
    let mut names: HashMap<SdsUserId, (String, String)> = HashMap::new();
    let mut users: Vec<User> = Vec::new();
    for Listed { place, entry } in entries {
        let wrong = |reason: String| FileError::Entry {
            place: place.clone(),
            reason,
        };
        entry.check().map_err(wrong)?;
        let (user, ods) = (entry.user_id.clone(), entry.ods.clone());
        let known = places.insert(
            entry.role_profile_id.clone(),
            (user.clone(), ods.clone(), place.clone()),
        );
        if let Some((owner, at, before)) = known {
            let whose = match (owner == user, at == ods) {
                (true, true) => "is there twice",
                _ => "is another user's, or in another organisation,",
            };
            let profile = &entry.role_profile_id;
            return Err(wrong(format!("role profile {profile} {whose} ({before})")));
        }
        let name = entry.name.trim().to_owned();
        match names.entry(user.clone()) {
            hash_map::Entry::Vacant(free) => {
                free.insert((name.clone(), place.clone()));
            }
            hash_map::Entry::Occupied(known) if known.get().0 != name => {
                let before = &known.get().1;
                return Err(wrong(format!(
                    "user {user} has another name elsewhere ({before})"
                )));
            }
            hash_map::Entry::Occupied(_) => {}
        }
        let profile = entry.profile().map_err(|error| wrong(error.to_string()))?;
        let at = *order
            .entry((user.clone(), ods.clone()))
            .or_insert(users.len());
        match users.get_mut(at) {
            Some(known) => known.role_profiles.push(profile),
            None => users.push(User {
                user,
                organisation: ods,
                name,
                role_profiles: vec![profile],
            }),
        }
    }
    Ok(users)
}

fn is_activity(code: &str) -> bool {
    let mut bytes = code.bytes();
    code.len() == 5
        && bytes.next().is_some_and(|first| first.is_ascii_uppercase())
        && bytes.all(|b| b.is_ascii_digit())
}

fn start_of(day: Date) -> Result<Timestamp, jiff::Error> {
    Ok(day.to_zoned(TimeZone::get("Europe/London")?)?.timestamp())
}

fn end_of(day: Date) -> Result<Timestamp, jiff::Error> {
    start_of(day.tomorrow()?)?.checked_sub(SignedDuration::from_nanos(1))
}
