//! The courier under whatever may happen, many times over: the same seed is the same run.

use std::sync::Arc;
use std::time::Duration;

use ebxml::{ErrorCode, Severity};
use jiff::SignedDuration;
use mhs::{Contract, Outgoing, Pattern, Reliability};
use transport::Environment;

use crate::support::{Does, Fails, Frail, OtherSide, World, contract, outgoing, policy, way};

const MESSAGES: usize = 4;
const RETRIES: u32 = 3;

fn chance(env: &Environment, of: u64) -> u64 {
    env.random_u64() % of
}

fn something(env: &Environment) -> Does {
    match chance(env, 8) {
        0 => Does::LosesTheAnswer,
        1 => Does::AcknowledgesAnother,
        2 => Does::Errs(ErrorCode::ValueNotRecognized, Severity::Error),
        3 => Does::Errs(ErrorCode::DeliveryFailure, Severity::Error),
        4 => Does::Answers(503, "text/html", b"<html/>".to_vec()),
        5 => Does::Acknowledges,
        _ => Does::Refuses,
    }
}

fn somehow(env: &Environment) -> Fails {
    let n = usize::try_from(1 + chance(env, 12)).expect("small");
    match chance(env, 3) {
        0 => Fails::DeadBefore(n),
        1 => Fails::DeadAfter(n),
        _ => Fails::Busy(n),
    }
}

fn some_contract(env: &Environment) -> Contract {
    let reliability = Reliability {
        retries: RETRIES,
        retry_interval: SignedDuration::from_secs(30),
        persist_duration: SignedDuration::from_mins(5),
    };
    Contract {
        reliability: (chance(env, 2) == 0).then_some(reliability),
        ..contract()
    }
}

fn message(env: &Environment, n: usize) -> Outgoing {
    let pattern = match chance(env, 2) {
        0 => Pattern::Reliable,
        _ => Pattern::Express,
    };
    Outgoing {
        pattern,
        ..outgoing(n)
    }
}

/// Runs couriers, one after the other's death, until nothing waits.
async fn run_out(
    world: &World,
    spine: &Arc<OtherSide>,
    contract: &Contract,
    chances: &Environment,
) {
    for life in 0..60 {
        let frail = Arc::new(Frail {
            inner: Arc::clone(&world.store),
            // The last lives are sound, so that it ends.
            fails: match life {
                0..3 => somehow(chances),
                _ => Fails::DeadBefore(usize::MAX),
            },
            commits: std::sync::Mutex::new(0),
        });
        let routes = Arc::new(way(spine, contract.clone()));
        let courier = world.courier_by(frail, routes, policy());
        let soon = Duration::from_millis(30);
        let _ = tokio::time::timeout(soon, courier.round()).await;
        world.later(100);
        if world.waiting().await.is_empty() {
            return;
        }
    }
    panic!("something waits for ever");
}

/// What must hold of one message when all is over.
async fn check(seed: u64, world: &World, spine: &OtherSide, contract: &Contract, out: &Outgoing) {
    let id = &out.message;
    let audit = world.audit().await;
    let events: Vec<_> = audit.iter().filter(|e| e.2.as_ref() == Some(id)).collect();
    assert_eq!(events.len(), 1, "{seed}: {events:?}");
    let records = world.records().await;
    let record = records.iter().find(|record| record.1 == *id);
    let outcome = record.map(|record| record.2.as_str());
    assert_eq!(outcome, Some(events[0].1.as_str()), "{seed}");
    let dead = world.dead().await;
    let is_dead = dead.iter().any(|entry| entry.id == id.as_str());
    assert_eq!(outcome == Some("dead letter"), is_dead, "{seed}");
    let effects = spine.effects();
    let effects = effects.iter().filter(|effect| *effect == id).count();
    assert!(effects <= 1, "{seed}");
    assert!(
        is_dead || effects == 1 || out.pattern == Pattern::Express,
        "{seed}"
    );
    let requests = spine.requests.lock().expect("requests");
    let sent: Vec<_> = requests
        .iter()
        .filter(|request| crate::support::header_of(request).message_id == *id)
        .collect();
    assert!(
        sent.windows(2).all(|two| two[0] == two[1]),
        "{seed}: byte for byte"
    );
    if contract.reliability.is_some() {
        assert!(sent.len() <= 1 + RETRIES as usize, "{seed}: {}", sent.len());
    }
}

#[tokio::test]
async fn whatever_happens_nothing_is_lost_and_nothing_is_done_twice() {
    for seed in 0..60 {
        let chances = Environment::simulated(jiff::Timestamp::UNIX_EPOCH, seed);
        let world = World::new();
        let contract = some_contract(&chances);
        let messages: Vec<_> = (0..MESSAGES).map(|n| message(&chances, n)).collect();
        for outgoing in &messages {
            world.queue_with_record(outgoing, "waiting").await;
        }
        let spine = OtherSide::that((0..chance(&chances, 20)).map(|_| something(&chances)));
        run_out(&world, &spine, &contract, &chances).await;
        for outgoing in &messages {
            check(seed, &world, &spine, &contract, outgoing).await;
            let arrived = spine.arrived(&outgoing.message);
            assert!(
                outgoing.pattern == Pattern::Reliable || arrived <= 1,
                "{seed}"
            );
        }
    }
}
