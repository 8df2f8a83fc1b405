//! getRBACStatus: two flags from the user directory, and nobody else is asked.

use super::outcomes::valid;
use super::world::{
    PROFILE, PROFILE_OFFICER, PROFILE_VIEW_ONLY, PROFILE_WITHOUT_RIGHTS, Query, World, check,
};
use crate::config::ActivityCodes;
use crate::registry::AccessMethod;

fn flags(with_ptv: bool, in_emergency: bool) -> String {
    format!(
        "<component><withPTV><value value=\"{with_ptv}\"/></withPTV></component>\
         <component1><inEmergency><value value=\"{in_emergency}\"/></inEmergency></component1>"
    )
}

#[tokio::test]
async fn flags_come_from_the_activities_of_the_role_profile() {
    let swapped = ActivityCodes {
        view: "B0168".to_owned(),
        emergency: "B0264".to_owned(),
        ..ActivityCodes::default()
    };
    let usual = ActivityCodes::default;
    for (profile, codes, with_ptv, in_emergency) in [
        (PROFILE, usual(), true, true),
        (PROFILE_VIEW_ONLY, usual(), true, false),
        (PROFILE_WITHOUT_RIGHTS, usual(), false, false),
        (PROFILE_OFFICER, usual(), false, false),
        (PROFILE, swapped.clone(), true, false),
        (PROFILE_WITHOUT_RIGHTS, swapped, false, true),
    ] {
        let mut world = World::new();
        world.config.activities = codes;
        let answer = check(&Query::by(profile).rights_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "SMSP-0000", "{profile}");
        let text = String::from_utf8(answer.payload.clone()).expect("UTF-8");
        assert!(text.contains(&flags(with_ptv, in_emergency)), "{text}");
        valid("getRBACStatus", &answer);
        assert!(world.spine.asked().is_empty());
        let audit = world.audit().await;
        assert_eq!(audit.len(), 1);
        assert!(!audit[0].event.disclosed);
        assert_eq!(audit[0].event.operation, "getRBACStatus");
        assert_eq!(audit[0].event.patient, None);
        assert_eq!(audit[0].event.role_profile, Some(super::world::id(profile)));
    }
}

#[tokio::test]
async fn whoever_is_not_known_is_refused_without_flags() {
    let nobody = || Query {
        user: None,
        ..Query::new()
    };
    let stranger = || Query {
        user: Some("112233445599"),
        ..Query::new()
    };
    for (row, query, access) in [
        ("nobody", nobody(), AccessMethod::Attended),
        ("nobody, unattended", nobody(), AccessMethod::Unattended),
        ("unknown", stranger(), AccessMethod::Attended),
        (
            "of another organisation",
            Query {
                user: Some(super::world::FOREIGNER),
                ..Query::new()
            },
            AccessMethod::Attended,
        ),
        (
            "another's profile",
            Query::by("212233445500"),
            AccessMethod::Attended,
        ),
        ("no card", Query::new(), AccessMethod::Smartcard),
    ] {
        let mut world = World::new();
        world.access = access;
        let answer = check(&query.rights_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "SMSP-0005", "{row}");
        let text = String::from_utf8(answer.payload.clone()).expect("UTF-8");
        assert!(!text.contains("withPTV"), "{row}: {text}");
        valid("getRBACStatus", &answer);
    }
}
