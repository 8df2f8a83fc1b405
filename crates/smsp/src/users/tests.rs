//! Who is known, with which rights, and when.

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
    let over = Some("2026-03-01T00:00:00Z");
    UserDirectory::new(vec![
        user(
            "112233445566",
            vec![
                profile("212233445566", "R8000", &["B0370"], None),
                profile("212233445577", "R8001", &["B0370", "B0168"], None),
            ],
        ),
        user(
            "112233445577",
            vec![profile("212233445588", "R8000", &["B0370"], over)],
        ),
        user(
            "112233445588",
            vec![
                profile("212233445501", "R8000", &["B0370"], over),
                profile("212233445502", "R8001", &["B0020", "B0011"], None),
            ],
        ),
    ])
    .expect("distinct")
}

#[test]
fn credentials_are_checked_against_the_directory() {
    use AccessMethod::{Attended, SessionAuthenticated, Smartcard, Unattended};
    use CredentialError::*;
    let directory = directory();
    let (doctor, gone, moved) = ("112233445566", "112233445577", "112233445588");
    for (org, user, profile, role, access, expected) in [
        ("RKE", doctor, None, None, Attended, Ok("212233445566")),
        ("RKE", doctor, None, None, Unattended, Ok("212233445566")),
        (
            "RKE",
            doctor,
            Some("212233445577"),
            None,
            Attended,
            Ok("212233445577"),
        ),
        (
            "RKE",
            doctor,
            Some("212233445577"),
            None,
            Smartcard,
            Ok("212233445577"),
        ),
        (
            "RKE",
            doctor,
            None,
            Some("R8000"),
            Attended,
            Ok("212233445566"),
        ),
        (
            "RKE",
            doctor,
            None,
            Some("S8000:G8000:R8000"),
            Attended,
            Ok("212233445566"),
        ),
        ("RKE", "", None, None, Attended, Err(NoUser)),
        ("RKE", doctor, None, None, Smartcard, Err(NoRoleProfile)),
        (
            "RKE",
            doctor,
            None,
            None,
            SessionAuthenticated,
            Err(NoRoleProfile),
        ),
        ("RKX", doctor, None, None, Attended, Err(Unknown)),
        ("RKE", "112233445599", None, None, Attended, Err(Unknown)),
        ("RKE", gone, None, None, Attended, Err(NotValidNow)),
        (
            "RKE",
            gone,
            Some("212233445588"),
            None,
            Attended,
            Err(NotValidNow),
        ),
        (
            "RKE",
            doctor,
            Some("212233445599"),
            None,
            Attended,
            Err(RoleProfile),
        ),
        // One of somebody else.
        (
            "RKE",
            doctor,
            Some("212233445502"),
            None,
            Attended,
            Err(RoleProfile),
        ),
        ("RKE", doctor, None, Some("R8001"), Attended, Err(JobRole)),
        // A role that is over does not stand in the way of the next.
        ("RKE", moved, None, None, Attended, Ok("212233445502")),
        (
            "RKE",
            moved,
            Some("212233445501"),
            None,
            Attended,
            Err(NotValidNow),
        ),
    ] {
        let caller = Caller {
            organisation: id(org),
            user: (!user.is_empty()).then(|| id(user)),
            role_profile: profile.map(id),
            job_role: role.map(id),
        };
        let found = check(
            &directory,
            &caller,
            access,
            &ActivityCodes::default(),
            at(NOW),
        );
        let found = found.map(|p| p.holder.role_profile.as_str().to_owned());
        assert_eq!(found.as_deref().map_err(|e| *e), expected, "{caller:?}");
    }
}

#[test]
fn others_are_found_in_their_role_and_organisation() {
    use CredentialError::*;
    let directory = directory();
    let (doctor, gone) = ("112233445566", "112233445577");
    for (user, profile, org, expected) in [
        (doctor, "212233445577", "RKE", Ok(())),
        (doctor, "212233445577", "RKX", Err(Unknown)),
        (doctor, "212233445588", "RKE", Err(RoleProfile)),
        (gone, "212233445588", "RKE", Err(NotValidNow)),
        ("112233445599", "212233445588", "RKE", Err(Unknown)),
    ] {
        let found = find(&directory, &id(user), &id(profile), &id(org), at(NOW));
        let expected = expected.map(|()| CareProfessional {
            user: id(user),
            role_profile: id(profile),
            organisation: id(org),
        });
        assert_eq!(found, expected);
    }
}

#[test]
fn rights_and_duties_come_from_the_activities_of_the_profile_used() {
    let directory = directory();
    let may = |user: &str, profile: &str, codes: &ActivityCodes| {
        let caller = Caller {
            organisation: id("RKE"),
            user: Some(id(user)),
            role_profile: Some(id(profile)),
            job_role: None,
        };
        let found = check(&directory, &caller, AccessMethod::Attended, codes, at(NOW));
        let found = found.expect("known");
        let (rights, duties) = (found.rights, found.duties);
        [rights.view, rights.emergency, duties.consent, duties.report]
    };
    let codes = ActivityCodes::default();
    let doctor = "112233445566";
    assert_eq!(
        may(doctor, "212233445566", &codes),
        [true, false, false, false]
    );
    assert_eq!(
        may(doctor, "212233445577", &codes),
        [true, true, false, false]
    );
    assert_eq!(
        may("112233445588", "212233445502", &codes),
        [false, false, true, true]
    );
    let other = ActivityCodes {
        view: "B9999".to_owned(),
        emergency: "B0370".to_owned(),
        consent: "B0168".to_owned(),
        report: "B9998".to_owned(),
        ..ActivityCodes::default()
    };
    assert_eq!(
        may(doctor, "212233445577", &other),
        [false, true, true, false]
    );
}
