//! `/reliablemessaging/reliablerequest`: alerts come in once, whatever happens on the way.

mod refused;
pub(crate) mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ebxml::MessageHeader;
use jiff::SignedDuration;
use mhs::{Contract, Courier, Outgoing, RetryPolicy, Route};
use store::{Commit, ReceivedAlert, Store};
use transport::{InProcess, Peer};

use crate::requests::{CLIENT_ASID, asid};
use crate::world::certificate;

use support::{
    ALERT, ALERTS, CLIENT, CPA, FIRST, PATH, Post, SECOND, SPINE, World, alert, header, hl7, id,
    line, party, post, written,
};

#[tokio::test]
async fn an_alert_is_kept_and_acknowledged() {
    let world = World::new();
    let response = world.send(&post(FIRST, 1)).await;
    assert_eq!(line(&response), format!("202 acknowledgment of {FIRST}"));
    assert_eq!(
        world.alerts().await,
        [ReceivedAlert {
            alert: alert(1),
            received_at: world.env.now(),
            message: id(FIRST),
        }]
    );
    let events = world.events().await;
    let [event] = events.as_slice() else {
        panic!("one event: {events:?}");
    };
    let acknowledgment = ebxml::read("text/xml", &response.body).expect("a signal");
    assert_eq!(event.role, "spine");
    assert_eq!(
        (event.operation.as_str(), event.outcome.as_str()),
        (ALERT, "AA")
    );
    assert_eq!(event.message, Some(id(FIRST)));
    let answers = world.answers().await;
    let [answer] = answers.as_slice() else {
        panic!("{} answers", answers.len());
    };
    assert_eq!(answer.line(), "MCCI_IN010000UK13 AA");
    assert_eq!(answer.outgoing.service, ALERTS);
    assert_eq!(
        event.related,
        [
            acknowledgment.header.message_id,
            answer.outgoing.message.clone()
        ]
    );
    assert_eq!(event.patient, Some(alert(1).patient));
    assert_eq!(event.user, alert(1).user.sds());
    assert_eq!(event.asid, Some(asid(CLIENT_ASID)));
    assert_eq!(event.system.as_deref(), Some("client"));
    assert_eq!(event.reason.as_deref(), Some("unconscious"));
    assert!(event.certificate.is_some() && !event.disclosed);
}

#[tokio::test]
async fn a_repetition_gets_the_first_acknowledgment_and_does_nothing() {
    let world = World::new();
    let first = world.send(&post(FIRST, 1)).await;
    world.env.advance(SignedDuration::from_hours(1));
    // A sender may write its envelope anew: later, and in the other form.
    let later = MessageHeader {
        timestamp: world.env.now(),
        ..header(FIRST)
    };
    for post in [
        post(FIRST, 1),
        written(&later, &hl7(1), &[]),
        post(FIRST, 1).with("text/xml; charset", "application/xml; charset"),
    ] {
        assert_eq!(world.send(&post).await, first, "byte for byte");
    }
    assert_eq!(world.alerts().await.len(), 1);
    assert_eq!(world.answers().await.len(), 1);
    let decisions: Vec<_> = world
        .events()
        .await
        .into_iter()
        .map(|event| (event.outcome, event.decision.unwrap_or_default()))
        .collect();
    assert_eq!(decisions.len(), 4);
    for (outcome, decision) in &decisions[1..] {
        assert_eq!(outcome, "repeated");
        assert_eq!(decision, "a repetition: the first acknowledgment again");
    }
}

#[tokio::test]
async fn an_id_used_again_for_another_message_is_inconsistent() {
    let world = World::new();
    world.send(&post(FIRST, 1)).await;
    let response = world.send(&post(FIRST, 2)).await;
    assert_eq!(
        line(&response),
        "200 error Inconsistent: the message id was used before, for another message"
    );
    assert_eq!(world.alerts().await.len(), 1);
    // Another alert is another message; the same alert in another message is one alert.
    world.send(&post(SECOND, 2)).await;
    let again = "7DD171D4-53B2-4986-90CF-428BE6D157F5";
    let response = world.send(&post(again, 2)).await;
    assert_eq!(line(&response), format!("202 acknowledgment of {again}"));
    assert_eq!(world.alerts().await.len(), 2);
}

/// The store keeps one alert of an id. Another one under it must not be lost silently, nor must
/// anybody take the place of somebody else's.
#[tokio::test]
async fn an_alert_under_the_id_of_another_is_refused() {
    let world = World::new();
    world.send(&post(FIRST, 1)).await;
    // Long after the message is forgotten, the alert is not.
    world.env.advance(SignedDuration::from_hours(30 * 24));
    for (from, to) in [
        ("unconscious", "asleep"),
        ("9990000018", "9449310580"),
        ("Example Hospital", "Sample Hospital"),
        ("\"RKE\"", "\"RKF\""),
    ] {
        let other = post(SECOND, 1).with(from, to);
        assert_eq!(
            line(&world.send(&other).await),
            "200 error Inconsistent: the id of the alert was used before, for another alert"
        );
    }
    // The same alert in another message is the same alert, in whatever case its id is written.
    let id = alert(1).id;
    let lower = id.as_str().to_ascii_lowercase();
    let again = post(SECOND, 1).with(id.as_str(), &lower);
    let response = world.send(&again).await;
    assert_eq!(line(&response), format!("202 acknowledgment of {SECOND}"));
    assert_eq!(world.send(&again).await, response, "byte for byte");
    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].alert, alert(1));
    let events = world.events().await;
    let decision = events[events.len() - 2].decision.clone();
    assert_eq!(
        decision.as_deref(),
        Some(format!("alert {id}: type 2, reason 5: known already, from another message").as_str())
    );
}

#[tokio::test]
async fn a_storm_of_messages_with_one_alert_keeps_one() {
    let world = Arc::new(World::new());
    world.store.dawdles.store(true, Ordering::Relaxed);
    let mut storm = tokio::task::JoinSet::new();
    for n in 0..100 {
        let world = Arc::clone(&world);
        storm.spawn(async move {
            let id = format!("5BB171D4-53B2-4986-90CF-{:012}", n / 2);
            line(&world.send(&post(&id, 1)).await)
        });
    }
    let answers = storm.join_all().await;
    let taken = |line: &String| line.starts_with("202 acknowledgment of ");
    assert!(answers.iter().all(taken), "{answers:?}");
    assert_eq!(world.alerts().await.len(), 1);
    assert_eq!(world.events().await.len(), 100);
}

#[tokio::test]
async fn an_id_in_another_case_is_the_same_id() {
    let world = World::new();
    let first = world.send(&post(FIRST, 1)).await;
    let lower = FIRST.to_ascii_lowercase();
    assert_eq!(world.send(&post(&lower, 1)).await, first);
    let response = world.send(&post(&lower, 2)).await;
    assert_eq!(
        line(&response),
        "200 error Inconsistent: the message id was used before, for another message"
    );
}

#[tokio::test]
async fn ids_are_remembered_for_five_days() {
    let world = World::new();
    let first = world.send(&post(FIRST, 1)).await;
    world.env.advance(SignedDuration::from_hours(5 * 24 - 1));
    assert_eq!(world.send(&post(FIRST, 1)).await, first);
    world.env.advance(SignedDuration::from_hours(1));
    let anew = world.send(&post(FIRST, 1)).await;
    assert_eq!(line(&anew), format!("202 acknowledgment of {FIRST}"));
    assert_ne!(anew, first);
    assert_eq!(
        world.alerts().await.len(),
        1,
        "the alert has an id of its own"
    );
}

#[tokio::test]
async fn a_storm_of_one_message_has_one_effect_and_one_acknowledgment() {
    let world = Arc::new(World::new());
    world.store.dawdles.store(true, Ordering::Relaxed);
    let mut storm = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let world = Arc::clone(&world);
        storm.spawn(async move { world.send(&post(FIRST, 1)).await });
    }
    let answers = storm.join_all().await;
    assert_eq!(answers.len(), 200);
    assert!(answers.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(line(&answers[0]), format!("202 acknowledgment of {FIRST}"));
    assert_eq!(world.alerts().await.len(), 1);
    assert_eq!(world.events().await.len(), 200);
}

#[tokio::test]
async fn an_alert_that_breaks_a_rule_is_delivered_and_not_kept() {
    let world = World::new();
    let broken = post(FIRST, 1).with("9990000018", "9990000019");
    let first = world.send(&broken).await;
    assert_eq!(line(&first), format!("202 acknowledgment of {FIRST}"));
    assert_eq!(world.send(&broken).await, first);
    assert!(world.alerts().await.is_empty());
    let events = world.events().await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].operation, ALERT);
    assert_eq!(events[0].outcome, "AE 400 35160");
    let answers = world.answers().await;
    assert_eq!(answers.len(), 1, "one answer to both");
    assert_eq!(answers[0].line(), "MCCI_IN010000UK13 AE 400 35160");
    let decision = events[0].decision.as_deref().unwrap_or_default();
    assert!(
        decision.starts_with("ErrorBaseTms.ALERT_INVALID_INPUT[checkPatient:nhsNumber]"),
        "{decision}"
    );
    assert!(!decision.contains("9990000019"));
}

#[tokio::test]
async fn the_soap_action_may_be_quoted_doubled_or_absent() {
    let action = format!("{ALERTS}/{ALERT}");
    for soap_action in [
        None,
        Some(String::new()),
        Some(format!("\"{action}\"")),
        Some(format!("urn:{action}")),
    ] {
        let world = World::new();
        let post = Post {
            soap_action: soap_action.clone(),
            ..post(FIRST, 1)
        };
        let line = line(&world.send(&post).await);
        assert_eq!(
            line,
            format!("202 acknowledgment of {FIRST}"),
            "{soap_action:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_that_is_not_durable() {
    let world = World::new();
    let fault = "500 fault 200: System failure to process message - default (Not Supported)";
    world.store.refuses_commits.store(true, Ordering::Relaxed);
    assert_eq!(line(&world.send(&post(FIRST, 1)).await), fault);
    let stranger = Post {
        from: "stranger.example",
        ..post(FIRST, 1)
    };
    assert_eq!(line(&world.send(&stranger).await), fault);
    world.store.refuses_commits.store(false, Ordering::Relaxed);
    assert!(world.alerts().await.is_empty() && world.events().await.is_empty());
    let response = world.send(&post(FIRST, 1)).await;
    assert_eq!(line(&response), format!("202 acknowledgment of {FIRST}"));
    assert_eq!(world.alerts().await.len(), 1);
}

#[tokio::test]
async fn the_front_sends_each_request_to_its_service() {
    let world = World::new();
    for (method, path, status) in [
        ("POST", PATH, 202),
        ("GET", PATH, 405),
        ("GET", "/sync-service", 405),
        ("POST", "/sync-service", 500),
        ("POST", "/reliablemessaging/queryrequest", 200),
        ("POST", "/reliablemessaging/intermediary", 200),
        ("POST", "/reliablemessaging/forwardreliable", 200),
        ("PUT", "/reliablemessaging/forwardreliable", 405),
        ("POST", "/reliablemessaging/reliablerequest/", 404),
        ("POST", "/", 404),
    ] {
        let post = Post {
            method,
            path,
            ..post(FIRST, 1)
        };
        assert_eq!(world.send(&post).await.status, status, "{method} {path}");
    }
}

/// A courier between an outbox and this Spine, over the bytes of the wire.
#[tokio::test]
async fn what_a_courier_sends_arrives_once() {
    let world = World::new();
    let sender = Arc::new(store::MemoryStore::new());
    let entries: Vec<_> = (1..=3)
        .map(|n| {
            let message = id(&format!("C0000000-0000-4000-8000-{n:012}"));
            let outgoing = Outgoing {
                conversation: message.clone(),
                message,
                service: ALERTS.to_owned(),
                interaction: ALERT.to_owned(),
                payload: hl7(n),
                pattern: mhs::Pattern::Reliable,
                to_party: None,
                ref_to: None,
            };
            outgoing.entry("smsp", Some(alert(n).patient), world.env.now())
        })
        .collect();
    let queue = async |entries| {
        let commit = Commit {
            outbox: entries,
            ..Commit::default()
        };
        sender.commit(commit).await.expect("queued");
    };
    let peer = Peer::local(Some(certificate("client.example")));
    let route = Route {
        contract: Contract::new(party(CLIENT), party(SPINE), CPA),
        upstream: Arc::new(InProcess::new(world.front.clone(), "/", peer)),
    };
    let courier = Courier::new(
        "smsp",
        Arc::new(route),
        RetryPolicy::default(),
        sender.clone(),
        world.env.clone(),
    );
    queue(entries.clone()).await;
    world.store.refuses_commits.store(true, Ordering::Relaxed);
    assert_eq!(courier.round().await.again, 3);
    world.store.refuses_commits.store(false, Ordering::Relaxed);
    world.env.advance(SignedDuration::from_secs(12));
    assert_eq!(courier.round().await.acknowledged, 3);
    // As after a crash between acknowledgment and commit.
    queue(entries).await;
    assert_eq!(courier.round().await.acknowledged, 3);
    let mut found: Vec<_> = world.alerts().await.into_iter().map(|a| a.alert).collect();
    found.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    assert_eq!(found, [alert(1), alert(2), alert(3)]);
}
