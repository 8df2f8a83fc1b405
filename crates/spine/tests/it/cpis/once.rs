//! A message counts once, and its effects are one commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::cpis::PlanType;
use store::Store;
use transport::Handler;

use super::support::{OTHER, Setup, World, ask, front, number, post, query_id};

const USED: &str = "MCCI_IN010000UK13 GE002 the id was used before, for something else";

#[tokio::test]
async fn a_repeated_message_gets_the_first_answer_byte_for_byte() {
    let world = World::with_a_plan().await;
    let first = world.ask(&ask(1, 11)).await;
    world.pass(30);
    world.ask(&ask(2, 12)).await;
    world
        .upload(super::support::plan("302", PlanType::ChildProtection))
        .await;
    // Long after the day in which an author counts once.
    world.pass(60 * 24 * 3);
    let soap = ask(1, 11)
        .soap()
        .replace("<creationTime value=\"2026", "<creationTime value=\"2027");
    let again = world.tell(&soap).await;
    assert_eq!(again.body, first.body);
    let event = again.event.expect("an event");
    assert_eq!(event.outcome, "repeated");
    assert!(event.disclosed);
    assert_eq!(
        event.decision.as_deref(),
        Some("a repetition: the first answer again")
    );
    assert_eq!(event.related, first.event.expect("an event").related);
    assert_eq!(world.accesses().await, 2);
    assert_eq!(world.notices().await.len(), 2);
    // After five days it is forgotten, and the query id still is not.
    world.pass(60 * 24 * 3);
    assert_eq!(world.ask(&ask(1, 11)).await.line, USED);
}

#[tokio::test]
async fn nothing_found_is_remembered_too() {
    let world = World::new();
    let first = world.ask(&ask(1, 11)).await;
    assert_eq!(first.line, "QUQI_IN010000UK14 1 NHSNCC002");
    world
        .upload(super::support::plan("301", PlanType::ChildProtection))
        .await;
    let again = world.ask(&ask(1, 11)).await;
    assert_eq!(again.body, first.body);
    assert!(!again.event.expect("an event").disclosed);
    assert_eq!(world.ask(&ask(2, 11)).await.line, "11; 301 CPP");
}

#[tokio::test]
async fn a_message_id_is_not_used_for_something_else() {
    let world = World::with_a_plan().await;
    world.ask(&ask(1, 11)).await;
    for other in [
        ask(1, 12),
        ask(1, 11).about(OTHER),
        ask(1, 11).silently(),
        super::support::Ask {
            query: 2,
            ..ask(1, 11)
        },
    ] {
        let told = world.ask(&other).await;
        assert_eq!(told.line, USED);
        assert_eq!(
            told.decision(),
            "the message id was used before, for another message"
        );
    }
    let lower = ask(1, 11).soap().replace(
        &super::support::message_id(1),
        &super::support::message_id(1).to_lowercase(),
    );
    let told = world.tell(&lower).await;
    assert_eq!(told.event.expect("an event").outcome, "repeated");
    assert_eq!(world.accesses().await, 1);
}

/// The history and the notices name an access by its query id, so an id is kept for one access.
#[tokio::test]
async fn a_query_id_counts_once() {
    let world = World::with_a_plan().await;
    world.ask(&ask(1, 11)).await;
    let of = |message, user| super::support::Ask {
        query: 1,
        ..ask(message, user)
    };
    // The same author within a day: nothing more is kept.
    assert_eq!(world.ask(&of(2, 11)).await.line, "11; 301 LAC");
    let told = world.ask(&of(3, 12)).await;
    assert_eq!(told.line, USED);
    assert_eq!(
        told.decision(),
        "the id of the query was used before, for another"
    );
    world.pass(60 * 24);
    assert_eq!(world.ask(&of(4, 11)).await.line, USED);
    assert_eq!(world.ask(&of(5, 12).silently()).await.line, USED);
    assert_eq!(world.ask(&of(6, 11).silently()).await.line, "11; 301 LAC");
    assert_eq!(world.accesses().await, 1);
}

/// Nor does it name a query about somebody else, counted or not.
#[tokio::test]
async fn a_query_id_is_of_one_patient() {
    let world = World::with_a_plan().await;
    let mut other = super::support::plan("301", PlanType::ChildProtection);
    other.patient = number(OTHER);
    world.upload(other).await;
    world.ask(&ask(1, 11)).await;
    assert_eq!(
        world.ask(&ask(2, 11).about(OTHER)).await.line,
        "11; 301 CPP"
    );
    // It would not count: the same author has just looked at that record.
    let of_the_first = super::support::Ask {
        query: 1,
        ..ask(3, 11).about(OTHER)
    };
    assert_eq!(world.ask(&of_the_first).await.line, USED);
    assert_eq!(world.ask(&of_the_first.silently()).await.line, USED);
}

/// Access, notices, the memory of the message and the event: all or nothing.
#[tokio::test]
async fn an_access_is_one_commit() {
    let world = World::with_a_plan().await;
    *world.store.written.lock().expect("no panic") = Some(Vec::new());
    let told = world.ask(&ask(1, 11)).await;
    let written = world.store.written.lock().expect("no panic").take();
    let [commit] = written.expect("kept").try_into().expect("one commit");
    let store::Commit {
        seen,
        cpis,
        audit,
        preconditions,
        ..
    } = commit;
    assert_eq!(cpis.accesses.len(), 1);
    assert_eq!(cpis.notices.len(), 1);
    assert_eq!(cpis.accesses[0].query, query_id(1));
    assert_eq!(cpis.notices[0].access, cpis.accesses[0]);
    assert_eq!(seen[0].answer, told.body.as_bytes());
    assert_eq!(audit.len(), 1);
    assert_eq!(
        preconditions,
        [store::Precondition::CpisAccesses {
            patient: number(super::support::CHILD),
            count: 0
        }]
    );
}

#[tokio::test]
async fn a_store_that_fails_shows_nothing() {
    let world = World::with_a_plan().await;
    for switch in [&world.store.refuses_commits, &world.store.refuses_reads] {
        switch.store(true, Ordering::Relaxed);
        let told = world.ask(&ask(1, 11)).await;
        assert_eq!(told.line, "fault 200");
        switch.store(false, Ordering::Relaxed);
        assert_eq!(world.accesses().await, 0);
        assert_eq!(world.notices().await, Vec::<String>::new());
    }
    assert_eq!(world.ask(&ask(1, 11)).await.line, "11; 301 LAC");
    world.store.always_overtaken.store(true, Ordering::Relaxed);
    assert_eq!(world.ask(&ask(2, 12)).await.line, "fault 200");
    world.store.always_overtaken.store(false, Ordering::Relaxed);
    assert_eq!(world.accesses().await, 1);
}

/// Queries at the same time: one access for each author.
#[tokio::test]
async fn the_same_author_at_the_same_time_is_one_access() {
    let world = Arc::new(World::with_a_plan().await);
    world.store.dawdles.store(true, Ordering::Relaxed);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 1..=12 {
        let world = Arc::clone(&world);
        // Six queries of each of two.
        let soap = ask(number, 11 + number % 2).soap();
        tasks.spawn(async move { world.send(post(&soap, "client.example")).await.status });
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(world.accesses().await, 2);
    let mut notices = world.notices().await;
    notices.sort_unstable();
    assert_eq!(notices, ["301 of 11", "301 of 12"]);
    assert_eq!(world.events().await.len(), 12);
}

/// One message that comes twice at the same time is answered alike.
#[tokio::test]
async fn the_same_message_at_the_same_time_is_one_message() {
    let world = Arc::new(World::with_a_plan().await);
    world.store.dawdles.store(true, Ordering::Relaxed);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let world = Arc::clone(&world);
        let soap = ask(1, 11).soap();
        tasks.spawn(async move {
            world
                .send(post(&soap, "client.example"))
                .await
                .body
                .to_vec()
        });
    }
    let bodies = tasks.join_all().await;
    assert!(bodies.iter().all(|body| body == &bodies[0]));
    let outcomes = world.events().await.into_iter().map(|event| event.outcome);
    let mut outcomes: Vec<String> = outcomes.collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["AA OK", "repeated", "repeated", "repeated"]);
}

/// The same over a store on disk, and on several threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn races_on_disk_leave_one_access_for_each_author() {
    const ROUNDS: u32 = 20;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spine.db");
    let store = store::SqliteStore::open(&path, store::SqliteOptions::default());
    let store: Arc<dyn Store> = Arc::new(store.expect("a store"));
    let env = transport::Environment::system();
    let front = Arc::new(front(Setup::default(), store.clone(), &env));
    let commit = store::Commit {
        cpis: store::CpisChanges {
            plans: vec![super::support::plan("301", PlanType::LookedAfter)],
            ..store::CpisChanges::default()
        },
        ..store::Commit::default()
    };
    store.commit(commit).await.expect("written");
    for round in 0..ROUNDS {
        let mut tasks = tokio::task::JoinSet::new();
        for rival in 1..=4 {
            let front = Arc::clone(&front);
            // In each round four queries of one author who has not been here.
            let soap = ask(round * 10 + rival, 100 + round).soap();
            tasks.spawn(async move { front.handle(post(&soap, "client.example")).await.status });
        }
        assert_eq!(tasks.join_all().await, [200; 4]);
    }
    let record = store.cpis_record(number(super::support::CHILD), None).await;
    assert_eq!(record.expect("a record").count, u64::from(ROUNDS));
    let filter = store::NoticeFilter {
        limit: 1000,
        ..store::NoticeFilter::default()
    };
    let notices = store.cpis_notices(filter).await.expect("notices");
    assert_eq!(notices.len(), ROUNDS as usize);
}
