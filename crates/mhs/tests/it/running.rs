//! The courier at work for long: many messages, many couriers, and the end.

use std::sync::Arc;
use std::time::Duration;

use mhs::RetryPolicy;
use transport::Shutdown;

use crate::support::{Does, OtherSide, World, outgoing, policy};

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..1000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not in five seconds: {what}");
}

#[tokio::test]
async fn a_running_courier_sends_what_comes_and_stops_when_told() {
    let world = World::with(3).await;
    let spine = OtherSide::that([]);
    let (trigger, shutdown) = Shutdown::new();
    let running = tokio::spawn(world.courier(&spine).run(shutdown));
    until("the first three", async || world.waiting().await.is_empty()).await;
    world.queue(&outgoing(3)).await;
    until("the fourth", async || world.waiting().await.is_empty()).await;
    trigger.fire();
    running.await.expect("it ends by itself");
    world.queue(&outgoing(4)).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!((world.waiting().await.len(), spine.sent()), (1, 4));
}

#[tokio::test]
async fn what_a_process_was_sending_when_it_ended_is_sent_at_the_next_start() {
    let world = World::with(2).await;
    let spine = OtherSide::that([Does::Refuses, Does::Hangs]);
    world.courier(&spine).round().await;
    let policy = RetryPolicy {
        answer_within: Duration::from_secs(3600),
        ..policy()
    };
    let spine = OtherSide::that([Does::Refuses, Does::Hangs]);
    world.later(10);
    let dying = world.courier_over(Arc::clone(&world.store), &spine, policy);
    let (_trigger, shutdown) = Shutdown::new();
    let running = tokio::spawn(dying.run(shutdown));
    until("one refused, one under way", async || {
        let waiting = world.waiting().await;
        let failed = waiting.iter().filter(|e| e.last_error.is_some()).count();
        spine.sent() == 2 && failed == 1
    })
    .await;
    running.abort();
    let next = world.courier(&spine);
    assert_eq!(next.round().await, mhs::Round::default(), "it is claimed");
    next.take_over().await;
    assert_eq!(next.round().await.acknowledged, 1);
    assert_eq!(world.waiting().await.len(), 1, "the other has to wait");
}

#[tokio::test]
async fn what_is_put_in_the_outbox_goes_at_once() {
    let world = World::with(0).await;
    let spine = OtherSide::that([]);
    let policy = RetryPolicy {
        poll: Duration::from_secs(3600),
        ..policy()
    };
    let courier = world.courier_over(Arc::clone(&world.store), &spine, policy);
    let (_trigger, shutdown) = Shutdown::new();
    let running = tokio::spawn(courier.run(shutdown));
    for number in 1..=3 {
        // The courier has had time to come to rest.
        tokio::time::sleep(Duration::from_millis(20)).await;
        world.queue(&outgoing(number)).await;
        until("it goes", async || world.waiting().await.is_empty()).await;
    }
    assert_eq!(spine.sent(), 3);
    running.abort();
}

#[tokio::test]
async fn a_message_that_hangs_holds_up_no_other() {
    let world = World::with(4).await;
    let spine = OtherSide::that([Does::Hangs]);
    let policy = RetryPolicy {
        concurrency: 2,
        answer_within: Duration::from_secs(3600),
        ..policy()
    };
    let courier = world.courier_over(Arc::clone(&world.store), &spine, policy);
    let (_trigger, shutdown) = Shutdown::new();
    let running = tokio::spawn(courier.run(shutdown));
    until("all others", async || spine.effects().len() == 3).await;
    until("settled", async || world.waiting().await.len() == 1).await;
    running.abort();
}

#[tokio::test]
async fn no_more_are_on_their_way_than_the_policy_says() {
    let world = World::with(30).await;
    let spine = Arc::new(OtherSide {
        delay: Duration::from_millis(5),
        ..OtherSide::default()
    });
    let policy = RetryPolicy {
        concurrency: 4,
        answer_within: Duration::from_secs(5),
        ..policy()
    };
    let courier = world.courier_over(Arc::clone(&world.store), &spine, policy);
    assert_eq!(courier.round().await.acknowledged, 30);
    assert_eq!(spine.crowd.lock().expect("the crowd").0, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_couriers_share_one_outbox() {
    let world = World::with(60).await;
    let spine = OtherSide::that([]);
    let (trigger, shutdown) = Shutdown::new();
    let couriers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(world.courier(&spine).run(shutdown.clone())))
        .collect();
    until("all", async || world.waiting().await.is_empty()).await;
    trigger.fire();
    for courier in couriers {
        courier.await.expect("it ends by itself");
    }
    assert_eq!(spine.sent(), 60, "each was sent by one of them");
    assert_eq!(world.audit().await.len(), 60);
}

#[tokio::test]
async fn logs_name_messages_and_never_patients() {
    testkit::logged::listen();
    let world = World::with(4).await;
    let spine = OtherSide::that([
        Does::Errs(ebxml::ErrorCode::Unknown, ebxml::Severity::Error),
        Does::Errs(ebxml::ErrorCode::Unknown, ebxml::Severity::Warning),
        Does::Refuses,
    ]);
    world.courier(&spine).round().await;
    let logged = testkit::logged::logged();
    for n in 0..4 {
        assert!(
            logged.contains(outgoing(n).message.as_str()),
            "{n}: {logged}"
        );
    }
    for secret in ["9990000018", "999 012 3456", "not known"] {
        assert!(!logged.contains(secret), "{secret}: {logged}");
    }
}
