//! createPTV and queryPTV: what one records, the other sees; nobody else does.

use domain::permission::{CareProfessional, PermissionSource, PermissionToView};

use super::outcomes::valid;
use super::world::{
    COLLEAGUE, COLLEAGUE_PROFILE, FOREIGN_PROFILE, FOREIGNER, NOW, PROFILE, PROFILE_OFFICER,
    PROFILE_VIEW_ONLY, Query, USER, World, altered, check, id, patient,
};
use crate::config::DefaultPermission;
use jiff::SignedDuration;

const ME: (&str, &str) = (USER, PROFILE);
const OTHER: (&str, &str) = (COLLEAGUE, COLLEAGUE_PROFILE);

/// The permissions on record of one of the organisation.
async fn recorded(world: &World, (user, profile): (&str, &str)) -> Vec<PermissionToView> {
    let holder = CareProfessional {
        user: id(user),
        role_profile: id(profile),
        organisation: id("RKE"),
    };
    let at = world.env.now();
    let standing = world.store.standing(patient(), holder, at).await;
    standing.expect("a standing").permissions
}

async fn create(world: &World, query: &Query, subjects: &[(&str, &str)]) -> String {
    let answer = check(&query.permit_bytes(&world.env, subjects), world).await;
    if !answer.payload.is_empty() {
        valid("createPTV", &answer);
    }
    answer.outcome
}

/// The flag of queryPTV.
async fn flag(world: &World, query: &Query) -> bool {
    let answer = check(&query.permission_bytes(&world.env), world).await;
    assert_eq!(answer.outcome, "SMSP-0000");
    valid("queryPTV", &answer);
    let text = String::from_utf8(answer.payload).expect("UTF-8");
    let yes = text.contains("<pTVStatusFlag><value value=\"true\"/>");
    assert!(yes || text.contains("<pTVStatusFlag><value value=\"false\"/>"));
    yes
}

fn by_colleague() -> Query {
    Query {
        user: Some(COLLEAGUE),
        profile: Some(COLLEAGUE_PROFILE),
        ..Query::new()
    }
}

#[tokio::test]
async fn a_permission_is_seen_by_those_it_is_for() {
    let world = World::new();
    assert!(!flag(&world, &Query::by(PROFILE)).await);
    assert_eq!(create(&world, &Query::new(), &[OTHER]).await, "SMSP-0000");
    assert!(!flag(&world, &Query::by(PROFILE)).await);
    assert!(flag(&world, &by_colleague()).await);
    assert_eq!(
        create(&world, &Query::new(), &[ME, OTHER]).await,
        "SMSP-0000"
    );
    assert!(flag(&world, &Query::by(PROFILE)).await);
    // The same person in another role is another holder.
    assert!(!flag(&world, &Query::by(PROFILE_VIEW_ONLY)).await);
    let other_patient = Query {
        patient: id(super::world::OTHER_PATIENT),
        ..Query::by(PROFILE)
    };
    assert!(!flag(&world, &other_patient).await);
    assert!(world.spine.asked().is_empty());
    let audit = world.audit().await;
    assert!(audit.iter().all(|record| !record.event.disclosed));
    assert!(audit.iter().all(|record| record.event.patient.is_some()));
}

#[tokio::test]
async fn a_recorded_permission_lets_its_holder_view() {
    let world = World::new();
    let view = Query {
        create_ptv: false,
        ..by_colleague()
    };
    assert_eq!(
        check(&view.bytes(&world.env), &world).await.outcome,
        "SCR-0003"
    );
    create(&world, &Query::new(), &[OTHER]).await;
    assert_eq!(
        check(&view.bytes(&world.env), &world).await.outcome,
        "SMSP-0000"
    );
    // And what querySCR records, queryPTV sees.
    assert!(!flag(&world, &Query::by(PROFILE)).await);
    check(&Query::new().bytes(&world.env), &world).await;
    assert!(flag(&world, &Query::by(PROFILE)).await);
}

#[tokio::test]
async fn permissions_have_the_term_that_was_asked_for() {
    let hour = DefaultPermission::For(SignedDuration::from_hours(1));
    let day = DefaultPermission::UntilEndOfDay;
    for (duration, default, from, until) in [
        (None, day, NOW, Some("2026-03-02T23:59:59.999999Z")),
        (None, hour, NOW, Some("2026-03-02T10:00:00Z")),
        (
            Some((Some("20260302"), Some("20260309"))),
            day,
            "2026-03-02T00:00:00Z",
            Some("2026-03-09T23:59:59.999999Z"),
        ),
        (
            Some((Some("20260401"), None)),
            day,
            "2026-03-31T23:00:00Z",
            None,
        ),
        (
            Some((None, Some("20260302"))),
            hour,
            NOW,
            Some("2026-03-02T23:59:59.999999Z"),
        ),
    ] {
        let mut world = World::new();
        world.config.permission = default;
        let query = Query {
            duration,
            ..Query::new()
        };
        assert_eq!(
            create(&world, &query, &[ME]).await,
            "SMSP-0000",
            "{duration:?}"
        );
        let permissions = recorded(&world, ME).await;
        assert_eq!(permissions.len(), 1);
        assert_eq!(permissions[0].from, from.parse().expect("a timestamp"));
        let until = until.map(|t| t.parse().expect("a timestamp"));
        assert_eq!(permissions[0].until, until, "{duration:?}");
        assert_eq!(permissions[0].source, PermissionSource::CreatePtv);
    }
}

#[tokio::test]
async fn a_permission_begins_and_ends_by_the_clock() {
    let world = World::new();
    let query = Query {
        duration: Some((Some("20260302100000"), Some("20260302110000"))),
        ..Query::new()
    };
    create(&world, &query, &[ME]).await;
    let mut seen = Vec::new();
    // Nine o'clock, and then every half hour until half past eleven.
    for _ in 0..6 {
        seen.push(flag(&world, &Query::by(PROFILE)).await);
        world.env.advance(SignedDuration::from_mins(30));
    }
    assert_eq!(seen, [false, false, true, true, true, false]);
}

#[tokio::test]
async fn the_same_start_replaces_and_another_adds() {
    let world = World::new();
    let lasting = |low, high| Query {
        duration: Some((Some(low), Some(high))),
        ..Query::new()
    };
    create(&world, &lasting("20260301", "20260303"), &[ME]).await;
    create(&world, &lasting("20260301", "20260305"), &[ME]).await;
    let permissions = recorded(&world, ME).await;
    assert_eq!(permissions.len(), 1);
    let until = "2026-03-05T23:59:59.999999Z".parse().expect("a timestamp");
    assert_eq!(permissions[0].until, Some(until));
    create(&world, &lasting("20260302", "20260303"), &[ME]).await;
    assert_eq!(recorded(&world, ME).await.len(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_nothing_is_recorded() {
    let query = Query::new;
    let lasting = |low, high| Query {
        duration: Some((Some(low), Some(high))),
        ..Query::new()
    };
    let unknown = ("112233445500", COLLEAGUE_PROFILE);
    let foreign = (FOREIGNER, FOREIGN_PROFILE);
    let not_theirs = (COLLEAGUE, PROFILE);
    for (row, query, subjects, expected) in [
        (
            "upside down",
            lasting("20260305", "20260303"),
            vec![ME],
            "SMSP-0001",
        ),
        (
            "over",
            lasting("20260201", "20260228"),
            vec![ME],
            "SMSP-0001",
        ),
        (
            "unknown user",
            Query {
                user: Some("112233445599"),
                ..query()
            },
            vec![ME],
            "SMSP-0005",
        ),
        (
            "no user",
            Query {
                user: None,
                ..query()
            },
            vec![ME],
            "SMSP-0005",
        ),
        (
            "no right",
            Query::by(PROFILE_OFFICER),
            vec![ME],
            "SMSP-0005",
        ),
        ("unknown subject", query(), vec![ME, unknown], "SMSP-0005"),
        ("foreign subject", query(), vec![ME, foreign], "SMSP-0005"),
        ("another's role", query(), vec![ME, not_theirs], "SMSP-0005"),
        ("no subject", query(), vec![], "fault 1000"),
        ("51 subjects", query(), vec![ME; 51], "fault 1000"),
    ] {
        let world = World::new();
        assert_eq!(create(&world, &query, &subjects).await, expected, "{row}");
        assert_eq!(recorded(&world, ME).await, [], "{row}");
        assert_eq!(world.audit().await[0].event.outcome, expected, "{row}");
        assert!(world.spine.asked().is_empty(), "{row}");
    }
    let world = World::new();
    let request = Query::new().permit_bytes(&world.env, &[ME]);
    for (row, from, to, expected) in [
        ("check digit", "9990000018", "9990000019", "SMSP-0001"),
        (
            "unknown root",
            "root=\"1.2.826.0.1285.0.2.0.67\" extension",
            "root=\"1.2.826.0.1285.0.2.0.68\" extension",
            "SMSP-0001",
        ),
        (
            "two users",
            "1.2.826.0.1285.0.2.0.67\" extension",
            "1.2.826.0.1285.0.2.0.65\" extension",
            "SMSP-0001",
        ),
        (
            "a short id",
            "extension=\"212233445566\"",
            "extension=\"21223344556\"",
            "SMSP-0001",
        ),
    ] {
        let world = World::new();
        let answer = check(&altered(&request, from, to), &world).await;
        assert_eq!(answer.outcome, expected, "{row}");
        assert_eq!(recorded(&world, ME).await, [], "{row}");
    }
}

#[tokio::test]
async fn fifty_subjects_are_one_commit() {
    let mut world = World::new();
    world.team = (0..50)
        .map(|n| (format!("2{n:011}"), format!("3{n:011}")))
        .collect();
    let team = world.team.clone();
    let subjects: Vec<(&str, &str)> = team
        .iter()
        .map(|(user, profile)| (user.as_str(), profile.as_str()))
        .collect();
    assert_eq!(create(&world, &Query::new(), &subjects).await, "SMSP-0000");
    for subject in &subjects {
        assert_eq!(recorded(&world, *subject).await.len(), 1, "{subject:?}");
    }
    let audit = world.audit().await;
    assert_eq!(audit.len(), 1);
    let decision = audit[0].event.decision.as_deref().unwrap_or_default();
    assert!(decision.contains(subjects[49].0), "{decision}");
    // A subject named twice is one.
    let twice = [ME, ME];
    assert_eq!(create(&world, &Query::new(), &twice).await, "SMSP-0000");
    assert_eq!(recorded(&world, ME).await.len(), 1);
}

#[tokio::test]
async fn without_a_user_nothing_is_said_of_permission() {
    for query in [
        Query {
            user: None,
            ..Query::new()
        },
        Query {
            user: Some("112233445599"),
            ..Query::new()
        },
    ] {
        let world = World::new();
        let answer = check(&query.permission_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "SMSP-0005");
        valid("queryPTV", &answer);
        let text = String::from_utf8(answer.payload).expect("UTF-8");
        assert!(!text.contains("pTVStatusFlag"), "{text}");
    }
}
