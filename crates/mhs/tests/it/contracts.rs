//! Who a message goes to, how often, and what stands in its envelope.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{MessageId, PartyKey};
use ebxml::{Form, Pattern as Rules};
use jiff::SignedDuration;
use mhs::{Contract, Outgoing, Pattern, Reliability, RetryPolicy, Round, Route, Routes};
use store::{Commit, Direction, OutboxEntry};

use crate::support::{Does, LANE, OtherSide, World, contract, outgoing, policy, read, way};

fn party(text: &str) -> PartyKey {
    PartyKey::parse(text).expect("a party key")
}

/// A contract with a minute between two times.
fn reliable(retries: u32, persist: i64) -> Contract {
    Contract {
        reliability: Some(Reliability {
            retries,
            retry_interval: SignedDuration::from_mins(1),
            persist_duration: SignedDuration::from_secs(persist),
        }),
        ..contract()
    }
}

fn express(n: usize) -> Outgoing {
    Outgoing {
        pattern: Pattern::Express,
        ..outgoing(n)
    }
}

/// Ways that may not be there yet.
struct Ways {
    way: Mutex<Result<Route, String>>,
}

impl Ways {
    fn none() -> Arc<Self> {
        let why = "RKE-000001 has no endpoint for alerts".to_owned();
        Arc::new(Self {
            way: Mutex::new(Err(why)),
        })
    }

    fn open(&self, way: Route) {
        *self.way.lock().expect("the way") = Ok(way);
    }
}

impl Routes for Ways {
    fn route(&self, _: &Outgoing) -> Result<Route, String> {
        self.way.lock().expect("the way").clone()
    }
}

#[tokio::test]
async fn an_answer_of_the_spine_looks_like_one() {
    let world = World::new();
    let answer = Outgoing {
        to_party: Some(party("RHM-801710")),
        ref_to: Some("38f636e1-8886-4723-a70f-dfb3401551fa".to_owned()),
        ..outgoing(0)
    };
    world.queue(&answer).await;
    let mut unasked = express(1);
    unasked.ref_to = answer.ref_to.clone();
    world.queue(&unasked).await;
    let client = OtherSide::that([]);
    let spine = Contract {
        form: Form::Spine,
        ..contract()
    };
    let courier = world.courier_by(
        Arc::clone(&world.store),
        Arc::new(way(&client, spine)),
        policy(),
    );
    assert_eq!(courier.round().await.acknowledged, 2);
    let requests = client.requests.lock().expect("requests");
    for request in requests.iter() {
        let message = read(request);
        let is_reliable = message.header.message_id == answer.message;
        let (rules, to) = match is_reliable {
            true => (Rules::Reliable, "RHM-801710"),
            false => (Rules::Express, "YES-0000806"),
        };
        assert_eq!(message.check(rules), Ok(()));
        assert_eq!(message.header.to_party, party(to));
        // As the request wrote it: the other side compares letters.
        let ref_to = message.header.ref_to.as_ref().map(MessageId::as_str);
        assert_eq!(ref_to, answer.ref_to.as_deref());
        assert_eq!(request.safe, is_reliable);
        let (_, content_type) = &request.headers[1];
        assert!(content_type.contains("charset=\"UTF-8\""), "{content_type}");
    }
}

#[tokio::test]
async fn a_contract_says_how_often_and_how_long_apart() {
    let world = World::with(1).await;
    let spine = OtherSide::that(vec![Does::Refuses; 3]);
    let routes = Arc::new(way(&spine, reliable(2, 300)));
    let courier = world.courier_by(Arc::clone(&world.store), routes, policy());
    for _ in 0..2 {
        assert_eq!(courier.round().await.again, 1);
        world.later(59);
        assert_eq!(courier.round().await, Round::default(), "not due");
        world.later(1);
    }
    assert_eq!(courier.round().await.dead, 1);
    assert_eq!(spine.sent(), 3);
    let dead = world.dead().await.remove(0);
    assert_eq!(
        dead.last_error.as_deref(),
        Some("given up after 3 tries; last: no connection: nothing listens")
    );
    // An operator's decision is worth one more try.
    let revive = |dead: OutboxEntry| OutboxEntry {
        dead: false,
        expires: None,
        next_try: world.env.now(),
        ..dead
    };
    world.put(revive(dead)).await;
    assert_eq!(courier.round().await.acknowledged, 1);
}

#[tokio::test]
async fn a_contract_ends_a_while_after_the_first_time_not_after_queueing() {
    let world = World::with(1).await;
    world.later(1000);
    let spine = OtherSide::that(vec![Does::Refuses; 9]);
    let routes = Arc::new(way(&spine, reliable(100, 150)));
    let hasty = RetryPolicy {
        give_up_after: Some(SignedDuration::from_secs(2000)),
        ..policy()
    };
    let courier = world.courier_by(Arc::clone(&world.store), routes, hasty);
    for wait in [60, 60, 30] {
        assert_eq!(courier.round().await.again, 1, "{wait}");
        world.later(wait);
    }
    assert_eq!(courier.round().await.dead, 1);
    assert_eq!(spine.sent(), 3);
    assert_eq!(
        world.dead().await[0].last_error.as_deref(),
        Some("expired: not delivered in time; last: no connection: nothing listens")
    );
}

#[tokio::test]
async fn a_message_without_a_way_waits_for_one_untried() {
    let world = World::with(1).await;
    let spine = OtherSide::that([Does::Refuses]);
    let ways = Ways::none();
    let routes: Arc<dyn Routes> = Arc::<Ways>::clone(&ways);
    let courier = world.courier_by(Arc::clone(&world.store), routes, policy());
    for pause in [10, 10, 20, 40, 80, 160, 320, 600, 600] {
        assert_eq!(courier.round().await.again, 1, "{pause}");
        world.later(pause - 1);
        assert_eq!(courier.round().await, Round::default(), "{pause}");
        world.later(1);
    }
    let waiting = world.waiting().await.remove(0);
    assert_eq!((waiting.tries, waiting.expires, spine.sent()), (0, None, 0));
    assert_eq!(
        waiting.last_error.as_deref(),
        Some("RKE-000001 has no endpoint for alerts")
    );
    ways.open(way(&spine, reliable(1, 300)));
    assert_eq!(courier.round().await.again, 1);
    world.later(60);
    assert_eq!(courier.round().await.acknowledged, 1);
    assert_eq!(spine.sent(), 2);
}

#[tokio::test]
async fn a_message_without_a_way_is_given_up_when_the_policy_says() {
    let world = World::with(1).await;
    let hasty = RetryPolicy {
        give_up_after: Some(SignedDuration::from_secs(15)),
        ..policy()
    };
    let courier = world.courier_by(Arc::clone(&world.store), Ways::none(), hasty);
    assert_eq!(courier.round().await.again, 1);
    world.later(10);
    assert_eq!(courier.round().await.again, 1);
    world.later(10);
    assert_eq!(courier.round().await.dead, 1);
    assert_eq!(
        world.dead().await[0].last_error.as_deref(),
        Some("expired: not delivered in time; last: RKE-000001 has no endpoint for alerts")
    );
}

#[tokio::test]
async fn an_express_message_is_sent_once() {
    let answers = |status, body: &[u8]| Does::Answers(status, "text/xml", body.to_vec());
    let fault = hl7v3::SoapFault::processing("of 999 012 3456").write();
    let unknown = |what: &str| Some(format!("outcome unknown: {what}"));
    for (does, dead) in [
        (answers(200, b""), None),
        (answers(202, b""), None),
        (answers(202, b"\r\n"), None),
        (Does::Acknowledges, None),
        (
            Does::AcknowledgesAnother,
            unknown("the answer is about something else"),
        ),
        (
            Does::AcknowledgesUnder(500),
            unknown("the answer is about something else"),
        ),
        (answers(503, b""), unknown("HTTP status 503")),
        (answers(200, b"<html/>"), unknown("HTTP status 200")),
        (Does::LosesTheAnswer, unknown("timed out in phase response")),
        (Does::Hangs, unknown("timed out in phase response")),
        (
            Does::Errs(ebxml::ErrorCode::DeliveryFailure, ebxml::Severity::Error),
            Some("ebXML error DeliveryFailure: 501319:not known, (number)".to_owned()),
        ),
        (
            answers(500, &fault),
            Some("SOAP fault 200: Application Exception; of (number)".to_owned()),
        ),
    ] {
        let world = World::new();
        world.queue(&express(0)).await;
        let client = OtherSide::that([does.clone()]);
        let routes = Arc::new(way(&client, reliable(5, 300)));
        let courier = world.courier_by(Arc::clone(&world.store), routes, policy());
        let round = courier.round().await;
        world.later(1000);
        courier.round().await;
        assert_eq!(client.sent(), 1, "{does:?}");
        let letters = world.dead().await;
        let why = letters.first().and_then(|entry| entry.last_error.clone());
        assert_eq!(why, dead, "{does:?}");
        let audit: Vec<_> = world.audit().await.into_iter().map(|e| e.1).collect();
        match dead {
            None => {
                assert_eq!(round.acknowledged, 1, "{does:?}");
                assert_eq!(audit, ["delivered"], "{does:?}");
            }
            Some(_) => assert_eq!(audit, ["dead letter"], "{does:?}"),
        }
    }
}

#[tokio::test]
async fn an_express_message_of_which_nothing_was_sent_is_sent_again() {
    let world = World::new();
    world.queue(&express(0)).await;
    let client = OtherSide::that([Does::Refuses, Does::Refuses]);
    let routes = Arc::new(way(&client, reliable(2, 300)));
    let courier = world.courier_by(Arc::clone(&world.store), routes, policy());
    for _ in 0..2 {
        assert_eq!(courier.round().await.again, 1);
        world.later(60);
    }
    assert_eq!(courier.round().await.acknowledged, 1);
    assert_eq!(client.effects().len(), 1);
}

#[tokio::test]
async fn an_express_message_that_was_under_way_at_the_end_is_never_sent_twice() {
    let world = World::new();
    world.queue(&express(0)).await;
    let client = OtherSide::that([Does::Hangs]);
    let patient = RetryPolicy {
        answer_within: Duration::from_secs(3600),
        ..policy()
    };
    let courier = world.courier_over(Arc::clone(&world.store), &client, patient);
    let soon = Duration::from_millis(100);
    assert!(tokio::time::timeout(soon, courier.round()).await.is_err());
    drop(courier);
    world.later(90);
    let courier = world.courier(&client);
    assert_eq!(courier.round().await.dead, 1);
    assert_eq!(client.sent(), 1);
    let mut dead = world.dead().await.remove(0);
    assert_eq!(
        dead.last_error.as_deref(),
        Some("outcome unknown: the process ended while it was being sent")
    );
    // Only an operator decides that it may go again.
    dead.dead = false;
    dead.next_try = world.env.now();
    world.put(dead).await;
    assert_eq!(courier.round().await.acknowledged, 1);
    assert_eq!(client.sent(), 2);
}

#[tokio::test]
async fn the_record_of_a_message_says_what_became_of_it() {
    let world = World::new();
    for (n, outcome) in ["waiting", "AE 410 30142", "waiting"].iter().enumerate() {
        world.queue_with_record(&outgoing(n), outcome).await;
    }
    world.queue(&outgoing(3)).await;
    let refused = Does::Errs(ebxml::ErrorCode::ValueNotRecognized, ebxml::Severity::Error);
    let one_at_a_time = RetryPolicy {
        concurrency: 1,
        ..policy()
    };
    let spine = OtherSide::that([Does::Acknowledges, Does::Acknowledges, refused]);
    let courier = world.courier_over(Arc::clone(&world.store), &spine, one_at_a_time);
    let round = courier.round().await;
    assert_eq!((round.acknowledged, round.dead), (3, 1));
    let expected = |n: usize, outcome: &str| {
        let id = outgoing(n).message;
        (Direction::Out, id, outcome.to_owned())
    };
    assert_eq!(
        world.records().await,
        [
            expected(0, "acknowledged"),
            expected(1, "AE 410 30142; acknowledged"),
            expected(2, "dead letter"),
        ]
    );
}

#[tokio::test]
async fn a_courier_carries_the_messages_of_its_own_role_only() {
    let world = World::with(1).await;
    let mut foreign = outgoing(1).entry("spine", None, world.env.now());
    foreign.payload = b"not ours to read".to_vec();
    let commit = Commit {
        outbox: vec![foreign],
        ..Commit::default()
    };
    world.store.commit(commit).await.expect("queued");
    let spine = OtherSide::that([]);
    let round = world.courier(&spine).round().await;
    assert_eq!((round.acknowledged, round.dead), (1, 0));
    let left = world.waiting().await;
    assert_eq!((left.len(), left[0].lane.as_str()), (1, "spine"));
    assert_ne!(left[0].lane, LANE);
}
