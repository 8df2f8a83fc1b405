//! What users of the directory may do.

use spine::cpis::CpisConfig;

use super::support::{Setup, World, ask, plan};
use domain::cpis::PlanType;

const REFUSED: &str = "MCCI_IN010000UK13 GE002 not authorised";

/// The line of an unscheduled and of a silent query of a user; then the accesses that count.
async fn asks(world: &World, user: u32) -> (String, String, u64) {
    world.upload(plan("301", PlanType::LookedAfter)).await;
    let silent = world.ask(&ask(1, user).silently()).await;
    let unscheduled = world.ask(&ask(2, user)).await;
    (unscheduled.line, silent.line, world.accesses().await)
}

#[tokio::test]
async fn the_activity_decides() {
    for (user, unscheduled, silent, accesses) in [
        // B0107 alone is never silent, so the first query counts, and the second is the same.
        (1, "1; 301 LAC", "1; 301 LAC", 1),
        (2, "; 301 LAC", "; 301 LAC", 0),
        (3, "3; 301 LAC", "; 301 LAC", 1),
        (4, REFUSED, REFUSED, 0),
        (5, "5; 301 LAC", "; 301 LAC", 1),
        (0, "0; 301 LAC", "; 301 LAC", 1),
    ] {
        let world = World::new();
        let expected = (unscheduled.to_owned(), silent.to_owned(), accesses);
        assert_eq!(asks(&world, user).await, expected, "user {user}");
        let decisions: Vec<_> = world
            .events()
            .await
            .into_iter()
            .map(|e| e.decision)
            .collect();
        let decisions: Vec<String> = decisions.into_iter().flatten().collect();
        let expected = match user {
            1 => "an access, by the user's activity; records: 1; told: 301",
            2 => "a silent read; records: 1",
            4 => "the user's role has neither activity B0107 nor B0170",
            _ => "a silent read; records: 1",
        };
        assert_eq!(decisions[0], expected, "user {user}");
    }
}

#[tokio::test]
async fn strangers_may_be_refused() {
    for (user, unscheduled, silent) in [
        (1, "1; 301 LAC", "1; 301 LAC"),
        (3, "3; 301 LAC", "; 301 LAC"),
        (5, REFUSED, REFUSED),
        (0, "0; 301 LAC", "; 301 LAC"),
    ] {
        let world = World::with(Setup {
            config: CpisConfig {
                require_known_users: true,
                ..CpisConfig::default()
            },
            ..Setup::default()
        });
        let (first, second, _) = asks(&world, user).await;
        assert_eq!(
            (first.as_str(), second.as_str()),
            (unscheduled, silent),
            "user {user}"
        );
    }
}

/// A refusal keeps nothing, not even the message's id, and shows nothing.
#[tokio::test]
async fn a_refusal_leaves_only_its_event() {
    let world = World::with_a_plan().await;
    let told = world.ask(&ask(1, 4)).await;
    assert_eq!(told.line, REFUSED);
    let event = told.event.expect("an event");
    assert_eq!(event.outcome, "AE GE002");
    assert_eq!(
        event.user.map(|u| u.to_string()).as_deref(),
        Some("555000000004")
    );
    assert_eq!(world.notices().await, Vec::<String>::new());
    let told = world.ask(&ask(1, 1)).await;
    assert_eq!(told.line, "1; 301 LAC");
}
