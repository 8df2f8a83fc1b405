//! What is left of a query where people look: the audit has everything, the log nothing of a child.

use std::sync::atomic::Ordering;

use super::support::{CHILD, SECRETS, World, ask, number, post, user_id};

#[tokio::test]
async fn the_audit_says_who_asked_about_whom() {
    let world = World::with_a_plan().await;
    let event = world.ask(&ask(1, 11)).await.event.expect("an event");
    assert_eq!(event.operation, "QUPC_IN000006GB01");
    assert_eq!(event.patient, Some(number(CHILD)));
    assert_eq!(event.user.map(|u| u.to_string()), Some(user_id(11)));
    assert_eq!(
        event.organisation.map(|o| o.to_string()).as_deref(),
        Some("RKE")
    );
    assert_eq!(
        event.job_role.map(|r| r.to_string()).as_deref(),
        Some("R0050")
    );
    assert_eq!(event.system.as_deref(), Some("client"));
    assert!(event.asid.is_some() && event.certificate.is_some() && event.message.is_some());
    assert!(event.disclosed);
    assert_eq!(event.outcome, "AA OK");
    // What an auditor reads of the reason names nobody.
    let decision = event.decision.expect("a decision");
    assert!(
        SECRETS.iter().all(|secret| !decision.contains(secret)),
        "{decision}"
    );
    let event = world.ask(&ask(2, 0)).await.event.expect("an event");
    assert_eq!(
        (event.user, event.organisation.map(|o| o.to_string())),
        (None, Some("RKE".to_owned()))
    );
}

/// What is logged while each of these is asked.
#[test]
fn nothing_about_a_child_is_logged() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let world = runtime.block_on(World::with_a_plan());
    let failing = runtime.block_on(World::with_a_plan());
    failing.store.refuses_commits.store(true, Ordering::Relaxed);
    let unread = runtime.block_on(World::with_a_plan());
    unread.store.refuses_reads.store(true, Ordering::Relaxed);
    let broken = ask(9, 11).soap().replace("code=\"R0050\"", "code=\"\"");
    let shortened = ask(9, 11).soap().replace("9990000018", "999000001");
    for (world, soap, outcome) in [
        (&world, ask(1, 11).soap(), "AA OK"),
        (&world, ask(1, 11).soap(), "repeated"),
        (&world, ask(1, 12).soap(), "AE GE002"),
        (&world, ask(2, 11).silently().soap(), "AA OK"),
        (&world, ask(3, 4).soap(), "AE GE002"),
        (
            &world,
            ask(4, 11).about("9990000026").soap(),
            "AE 1 NHSNCC002",
        ),
        (&world, broken, "AE 202"),
        (&world, shortened, "AE 202"),
        (&failing, ask(5, 11).soap(), "fault 200"),
        (&unread, ask(6, 11).soap(), "fault 200"),
    ] {
        testkit::logged::listen();
        runtime.block_on(world.send(post(&soap, "client.example")));
        let text = testkit::logged::logged();
        assert!(text.contains(&format!("outcome=\"{outcome}\"")), "{text}");
        for secret in
            SECRETS
                .iter()
                .chain(&["999000001", "9990000026", "Staff", "Member", "LookedAfter"])
        {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
