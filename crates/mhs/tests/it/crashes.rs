//! Sudden death between any two steps: nothing is lost, and nothing takes effect twice.

use std::sync::Arc;
use std::time::Duration;

use mhs::Round;
use store::Direction;
use transport::Handler;

use crate::receiving::{Letter, inbound, received};
use crate::support::{Does, Fails, Frail, OtherSide, World, outgoing, policy};

/// Runs a pass until it ends or the process "dies": the pass is dropped where it waits.
async fn until_death(courier: &mhs::Courier) -> Option<Round> {
    tokio::time::timeout(Duration::from_millis(200), courier.round())
        .await
        .ok()
}

/// After a crash: another courier, once the claims have run out, finishes everything.
async fn recovered(world: &World, spine: &Arc<OtherSide>) {
    for _ in 0..3 {
        world.later(90);
        world.courier(spine).round().await;
    }
    assert!(world.waiting().await.is_empty());
    assert!(world.dead().await.is_empty());
}

#[tokio::test]
async fn death_or_failure_at_any_commit_loses_nothing_and_doubles_nothing() {
    // Of one message that is refused once: claim, postpone, claim, done.
    for n in 1..=5 {
        for fails in [Fails::DeadBefore(n), Fails::DeadAfter(n), Fails::Busy(n)] {
            let world = World::with(1).await;
            let spine = OtherSide::that([Does::Refuses]);
            let frail = Arc::new(Frail {
                inner: Arc::clone(&world.store),
                fails,
                commits: std::sync::Mutex::new(0),
            });
            let courier = world.courier_over(frail, &spine, policy());
            if until_death(&courier).await.is_some() {
                world.later(10);
                until_death(&courier).await;
            }
            drop(courier);
            recovered(&world, &spine).await;
            assert_eq!(spine.effects(), [outgoing(0).message], "{fails:?}");
            let audit = world.audit().await;
            assert_eq!(audit.len(), 1, "{fails:?}: {audit:?}");
            assert_eq!(audit[0].1, "acknowledged", "{fails:?}");
        }
    }
}

#[tokio::test]
async fn death_while_the_answer_is_awaited_leaves_a_claim_that_runs_out() {
    let world = World::with(1).await;
    let spine = OtherSide::that([Does::Hangs]);
    let policy = mhs::RetryPolicy {
        answer_within: Duration::from_secs(3600),
        ..policy()
    };
    let courier = world.courier_over(Arc::clone(&world.store), &spine, policy);
    assert_eq!(until_death(&courier).await, None);
    drop(courier);
    let entry = world.waiting().await.remove(0);
    assert_eq!(entry.tries, 1);
    assert_eq!(entry.next_try.duration_since(entry.queued_at).as_secs(), 90);

    let other = world.courier(&spine);
    world.later(89);
    assert_eq!(other.round().await, Round::default(), "the claim holds");
    world.later(1);
    assert_eq!(other.round().await.acknowledged, 1);
    let requests = spine.requests.lock().expect("requests");
    assert_eq!(requests[0], requests[1], "byte for byte");
}

#[tokio::test]
async fn death_between_acknowledgment_and_commit_is_answered_by_a_second_acknowledgment() {
    let world = World::with(1).await;
    let spine = OtherSide::that([]);
    let frail = Arc::new(Frail {
        inner: Arc::clone(&world.store),
        fails: Fails::DeadBefore(2),
        commits: std::sync::Mutex::new(0),
    });
    let courier = world.courier_over(frail, &spine, policy());
    assert_eq!(until_death(&courier).await, None);
    assert_eq!(spine.effects().len(), 1);
    assert_eq!(world.waiting().await.len(), 1);
    recovered(&world, &spine).await;
    assert_eq!((spine.sent(), spine.effects().len()), (2, 1));
}

#[tokio::test]
async fn a_store_that_cannot_be_told_leaves_the_message_unsettled() {
    let world = World::with(1).await;
    let spine = OtherSide::that([]);
    for (n, sent) in [(1, 0), (2, 1)] {
        let frail = Arc::new(Frail {
            inner: Arc::clone(&world.store),
            fails: Fails::Busy(n),
            commits: std::sync::Mutex::new(0),
        });
        let courier = world.courier_over(frail, &spine, policy());
        let round = courier.round().await;
        assert_eq!((round.unsettled, spine.sent()), (1, sent));
        assert_eq!(world.waiting().await.len(), 1);
    }
    recovered(&world, &spine).await;
}

#[tokio::test]
async fn an_operator_who_takes_the_message_away_meanwhile_wins() {
    let world = World::with(1).await;
    let spine = Arc::new(OtherSide {
        delay: Duration::from_millis(50),
        ..OtherSide::default()
    });
    let courier = world.courier_over(
        Arc::clone(&world.store),
        &spine,
        mhs::RetryPolicy {
            answer_within: Duration::from_secs(5),
            ..policy()
        },
    );
    let store = Arc::clone(&world.store);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut entry = store
            .outbox(store::OutboxFilter {
                limit: 1,
                ..Default::default()
            })
            .await
            .expect("the outbox")
            .remove(0);
        entry.tries = 0;
        world.put(entry).await;
    };
    let (round, ()) = tokio::join!(courier.round(), meanwhile);
    assert_eq!(
        round,
        Round {
            overtaken: 1,
            ..Round::default()
        }
    );
    assert_eq!(world.waiting().await.len(), 1);
}

#[tokio::test]
async fn death_or_failure_while_receiving_loses_nothing_and_doubles_nothing() {
    // One commit takes a message, another notes a repetition.
    for n in 1..=3 {
        for fails in [Fails::DeadBefore(n), Fails::DeadAfter(n), Fails::Busy(n)] {
            let world = World::new();
            world.queue_with_record(&outgoing(0), "waiting").await;
            let frail = Arc::new(Frail {
                inner: Arc::clone(&world.store),
                fails,
                commits: std::sync::Mutex::new(0),
            });
            let weak = inbound(&world, frail);
            let mut answers = Vec::new();
            for _ in 0..3 {
                let answer = weak.handle(Letter::to(0).request());
                let soon = Duration::from_millis(100);
                answers.extend(tokio::time::timeout(soon, answer).await.ok());
            }
            drop(weak);
            // The sender repeats until it has its acknowledgment, of another process by now.
            let sound = inbound(&world, Arc::clone(&world.store));
            answers.push(sound.handle(Letter::to(0).request()).await);
            let good: Vec<_> = answers.iter().filter(|a| a.status == 200).collect();
            assert!(good.windows(2).all(|two| two[0] == two[1]), "{fails:?}");
            let bad = answers.iter().filter(|a| a.status == 500).count();
            assert_eq!(good.len() + bad, answers.len(), "{fails:?}");
            assert_eq!(bad, usize::from(fails == Fails::Busy(n)), "{fails:?}");
            assert_eq!(received(&world).await.len(), 1, "{fails:?}");
            let expected = (Direction::Out, outgoing(0).message, "AA".to_owned());
            assert!(world.records().await.contains(&expected), "{fails:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_acknowledgment_counts_whatever_dies() {
    for n in 1..=4 {
        for fails in [Fails::DeadBefore(n), Fails::DeadAfter(n), Fails::Busy(n)] {
            let world = World::new();
            world.queue_with_record(&outgoing(0), "waiting").await;
            let frail = Arc::new(Frail {
                inner: Arc::clone(&world.store),
                fails,
                commits: std::sync::Mutex::new(0),
            });
            let spine = Arc::new(OtherSide {
                delay: Duration::from_millis(20),
                ..OtherSide::default()
            });
            let policy = mhs::RetryPolicy {
                answer_within: Duration::from_secs(5),
                ..policy()
            };
            let courier = world.courier_over(frail.clone(), &spine, policy);
            let weak = inbound(&world, frail);
            let answer = async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                let soon = Duration::from_millis(100);
                let answer = weak.handle(Letter::to(0).request());
                tokio::time::timeout(soon, answer).await.ok()
            };
            let (_, _) = tokio::join!(until_death(&courier), answer);
            drop(courier);
            recovered(&world, &spine).await;
            let sound = inbound(&world, Arc::clone(&world.store));
            assert_eq!(sound.handle(Letter::to(0).request()).await.status, 200);
            assert_eq!(spine.effects(), [outgoing(0).message], "{fails:?}");
            assert_eq!(received(&world).await.len(), 1, "{fails:?}");
            let records = world.records().await;
            let ours = records.iter().find(|r| r.0 == Direction::Out);
            let outcome = ours.map(|record| record.2.as_str());
            assert!(
                matches!(outcome, Some("AA" | "AA; acknowledged")),
                "{fails:?}: {outcome:?}"
            );
            let woken = sound.correlation();
            let found = woken.wait(&outgoing(0).message, Duration::ZERO).await;
            assert_eq!(found.map(|record| record.outcome).as_deref(), Some("AA"));
        }
    }
}
