//! Who may look at a CP-IS record, and whether the authorities are told of it.
//!
//! Two activities of a role profile decide ("CP-IS guidance for RA Managers"): B0107, *View CP-IS
//! Flag*, is for unscheduled care and causes a notification; B0170, the same without one, is for
//! scheduled care. Who has both may choose. Who has one gets what that one gives, whatever the
//! query says: so nobody looks unseen who may not, and nobody is refused over a flag.
//!
//! All of it is one pure function, [`decide`], over facts that are all in its argument.

use domain::cpis::{Author, Person};
use domain::{OdsCode, RoleProfileId, SdsUserId};
use jiff::Timestamp;
use sds::users::{RoleProfile, User, UserDirectory};

/// *View CP-IS Flag*: the authorities are told.
pub const VIEW: &str = "B0107";

/// *View CP-IS Flag (Without sending an Access to Service Notification)*.
pub const VIEW_SILENTLY: &str = "B0170";

/// What is known of whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A system without a smartcard user: whoever runs it has let its user ask.
    System,
    /// A user who is not in the user directory.
    Unknown,
    /// A user who is, with the activities of the role they ask in: those of their role profile
    /// as it is valid now. None, when that is not theirs or not valid, or when they ask in the name
    /// of an organisation in which they have none.
    Known(Vec<String>),
}

/// How a query wants to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Unscheduled: it is an access, shown to others and told to the authorities.
    Unscheduled,
    /// Scheduled: a silent read.
    Scheduled,
}

/// What users who are not in the directory may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// Whatever their query says: their own organisation answers for them.
    Believed,
    /// Nothing.
    Refused,
}

/// Why somebody may not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthorised {
    /// The user directory does not have them, and must.
    #[error("the user is not in the user directory")]
    Stranger,
    /// The user directory has them, without either activity.
    #[error("the user's role has neither activity B0107 nor B0170")]
    NoActivity,
}

/// Decides how a query is taken, or that it is refused.
pub fn decide(
    standing: &Standing,
    asked: Care,
    strangers: Strangers,
) -> Result<Care, NotAuthorised> {
    let activities = match (standing, strangers) {
        (Standing::System, _) | (Standing::Unknown, Strangers::Believed) => return Ok(asked),
        (Standing::Unknown, Strangers::Refused) => return Err(NotAuthorised::Stranger),
        (Standing::Known(activities), _) => activities,
    };
    let has = |activity: &str| activities.iter().any(|a| a == activity);
    match (has(VIEW), has(VIEW_SILENTLY)) {
        (true, true) => Ok(asked),
        (true, false) => Ok(Care::Unscheduled),
        (false, true) => Ok(Care::Scheduled),
        (false, false) => Err(NotAuthorised::NoActivity),
    }
}

/// Looks an author up. A user is found by id and organisation, or by the role profile that the
/// query names; without one, the first of theirs that is valid counts.
pub fn standing(users: &UserDirectory, author: &Author, now: Timestamp) -> Standing {
    let Author::Person(person) = author else {
        return Standing::System;
    };
    let named = person.role_profile.as_deref();
    let named = named.and_then(|id| RoleProfileId::parse(id).ok());
    let owner = named.as_ref().and_then(|id| users.role_profile(id));
    if let Some((owner, profile)) = owner {
        let is_theirs = owner.user.as_str() == person.user;
        return Standing::Known(activities(&profile, is_theirs && profile.valid_at(now)));
    }
    let is_known = || SdsUserId::parse(&person.user).is_ok_and(|user| users.knows(&user));
    match listed(users, person) {
        // Naming another organisation makes nobody a stranger.
        None if is_known() => Standing::Known(Vec::new()),
        None => Standing::Unknown,
        // They are known, and the role profile that they name is not theirs.
        Some(_) if person.role_profile.is_some() => Standing::Known(Vec::new()),
        Some(user) => {
            let valid = user.role_profiles.iter().find(|p| p.valid_at(now));
            Standing::Known(valid.map_or_else(Vec::new, |profile| activities(profile, true)))
        }
    }
}

fn listed(users: &UserDirectory, person: &Person) -> Option<std::sync::Arc<User>> {
    let user = SdsUserId::parse(&person.user).ok()?;
    let organisation = OdsCode::parse(&person.organisation.code).ok()?;
    users.user(&user, &organisation)
}

fn activities(profile: &RoleProfile, counts: bool) -> Vec<String> {
    match counts {
        true => profile.activities.clone(),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use domain::JobRole;
    use domain::cpis::{Device, JobTitle, Organisation, PersonName};

    use super::*;

    const USER: &str = "100000000001";
    const PROFILE: &str = "200000000001";

    #[test]
    fn the_activity_decides() {
        use Care::{Scheduled, Unscheduled};
        let known =
            |codes: &[&str]| Standing::Known(codes.iter().map(|code| (*code).to_owned()).collect());
        let nothing = Err(NotAuthorised::NoActivity);
        for (standing, unscheduled, scheduled) in [
            (
                known(&[VIEW, VIEW_SILENTLY]),
                Ok(Unscheduled),
                Ok(Scheduled),
            ),
            (known(&["B0001", VIEW]), Ok(Unscheduled), Ok(Unscheduled)),
            (known(&[VIEW_SILENTLY]), Ok(Scheduled), Ok(Scheduled)),
            (known(&["B0370"]), nothing, nothing),
            (known(&[]), nothing, nothing),
            (Standing::System, Ok(Unscheduled), Ok(Scheduled)),
        ] {
            for strangers in [Strangers::Believed, Strangers::Refused] {
                assert_eq!(decide(&standing, Unscheduled, strangers), unscheduled);
                assert_eq!(decide(&standing, Scheduled, strangers), scheduled);
            }
        }
        for asked in [Unscheduled, Scheduled] {
            let decide = |strangers| decide(&Standing::Unknown, asked, strangers);
            assert_eq!(decide(Strangers::Believed), Ok(asked));
            assert_eq!(decide(Strangers::Refused), Err(NotAuthorised::Stranger));
        }
    }

    fn users() -> UserDirectory {
        let profile = |id: &str, activity: &str, until: Option<&str>| RoleProfile {
            id: RoleProfileId::parse(id).expect("an id"),
            job_role: JobRole::parse("R0050").expect("a role"),
            activities: vec![activity.to_owned()],
            valid_from: None,
            valid_until: until.map(|until| until.parse().expect("a time")),
        };
        let user = |id: &str, profiles| User {
            user: SdsUserId::parse(id).expect("an id"),
            organisation: OdsCode::parse("RKE").expect("a code"),
            name: "X".to_owned(),
            role_profiles: profiles,
        };
        let over = Some("2026-01-01T00:00:00Z");
        UserDirectory::new(vec![
            user(
                USER,
                vec![
                    profile("200000000009", "B0370", over),
                    profile(PROFILE, VIEW, None),
                    profile("200000000002", VIEW_SILENTLY, None),
                ],
            ),
            user("100000000002", vec![profile("200000000003", VIEW, None)]),
        ])
        .expect("each once")
    }

    fn person(user: &str, profile: Option<&str>, organisation: &str) -> Author {
        Author::Person(Person {
            role: JobTitle {
                code: "R0050".to_owned(),
                display_name: "Consultant".to_owned(),
            },
            user: user.to_owned(),
            role_profile: profile.map(str::to_owned),
            name: PersonName::default(),
            organisation: self::organisation(organisation),
        })
    }

    fn organisation(code: &str) -> Organisation {
        Organisation {
            code: code.to_owned(),
            site: false,
            name: "X".to_owned(),
        }
    }

    #[test]
    fn a_user_is_found_by_organisation_or_by_role_profile() {
        let now = "2026-03-01T00:00:00Z".parse().expect("a time");
        let users = users();
        let known =
            |codes: &[&str]| Standing::Known(codes.iter().map(|code| (*code).to_owned()).collect());
        for (author, expected) in [
            (person(USER, None, "rke"), known(&[VIEW])),
            (person(USER, Some(PROFILE), "RKE"), known(&[VIEW])),
            (
                person(USER, Some("200000000002"), "RKE01"),
                known(&[VIEW_SILENTLY]),
            ),
            (person(USER, Some("200000000009"), "RKE"), known(&[])),
            (person(USER, Some("200000000003"), "RKE"), known(&[])),
            (person(USER, Some("299999999999"), "RKE"), known(&[])),
            (person(USER, Some("no id"), "RKE"), known(&[])),
            (person(USER, None, "RKX"), known(&[])),
            (person(USER, Some("299999999999"), "RKX"), known(&[])),
            (person("100000000009", None, "RKE"), Standing::Unknown),
            (person("100000000009", Some(PROFILE), "RKX"), known(&[])),
            (person("no id", None, "RKE"), Standing::Unknown),
        ] {
            assert_eq!(standing(&users, &author, now), expected, "{author:?}");
        }
        let device = Author::Device(Device {
            asid: "200000000001".to_owned(),
            responsible: Vec::new(),
            organisation: organisation("RKE"),
        });
        assert_eq!(standing(&users, &device, now), Standing::System);
    }
}
