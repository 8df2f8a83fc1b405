//! Who is known, and where they come from.

use super::*;

mod editing;
mod files;
mod reloading;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

fn profile(urp: &str, role: &str, activities: &[&str], until: Option<&str>) -> RoleProfile {
    RoleProfile {
        id: id(urp),
        job_role: id(role),
        activities: activities.iter().map(|a| (*a).to_owned()).collect(),
        valid_from: Some(at("2026-01-01T00:00:00Z")),
        valid_until: until.map(at),
    }
}

fn user(uid: &str, role_profiles: Vec<RoleProfile>) -> User {
    User {
        user: id(uid),
        organisation: id("RKE"),
        name: "Dr A Example".to_owned(),
        role_profiles,
    }
}

fn directory() -> UserDirectory {
    let doctor = profile("212233445566", "R8000", &["B0370"], None);
    UserDirectory::new(vec![user("112233445566", vec![doctor])]).expect("distinct")
}

#[test]
fn users_are_found_by_id_and_by_role_profile() {
    let directory = directory();
    let known = |user: &str, org: &str| directory.user(&id(user), &id(org)).is_some();
    assert!(known("112233445566", "RKE"));
    assert!(!known("112233445566", "RKX"));
    assert!(!known("112233445577", "RKE"));
    let found = directory.role_profile(&id("212233445566")).expect("known");
    assert_eq!(found.0.user, id("112233445566"));
    assert_eq!(found.1.job_role, id("R8000"));
    assert_eq!(directory.role_profile(&id("212233445577")), None);
}

#[test]
fn a_role_profile_is_valid_between_its_ends() {
    let profile = profile("212233445566", "R8000", &[], Some("2026-03-01T00:00:00Z"));
    for (now, expected) in [
        ("2025-12-31T23:59:59Z", false),
        ("2026-01-01T00:00:00Z", true),
        ("2026-03-01T00:00:00Z", true),
        ("2026-03-01T00:00:01Z", false),
    ] {
        assert_eq!(profile.valid_at(at(now)), expected, "{now}");
    }
}

#[test]
fn a_user_is_listed_once_per_organisation() {
    let at = |org: &str| User {
        organisation: id(org),
        ..user("112233445566", Vec::new())
    };
    assert!(UserDirectory::new(vec![at("RKE"), at("RKX")]).is_ok());
    assert_eq!(
        UserDirectory::new(vec![at("RKE"), at("RKE")]).expect_err("twice"),
        UserListedTwice {
            user: id("112233445566"),
            organisation: id("RKE"),
        }
    );
}
