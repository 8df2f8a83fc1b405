//! Acknowledgments and errors that come as messages of their own.

use std::sync::Arc;

use domain::{MessageId, PartyKey};
use ebxml::{Acknowledgment, ErrorCode, MessageError, Severity};
use mhs::Outgoing;
use store::Direction;
use transport::Handler;

use crate::receiving::{inbound, posted};
use crate::support::{Does, OtherSide, World, contract, outgoing, record_of};

/// The header of the message of this number, as its receiver read it.
fn sent(n: usize) -> ebxml::MessageHeader {
    ebxml::MessageHeader {
        from_party: contract().from_party,
        to_party: contract().to_party,
        cpa_id: contract().cpa_id,
        conversation: "1".to_owned(),
        service: "urn:nhs:names:services:alerts".to_owned(),
        action: "COMT_IN000001UK01".to_owned(),
        message_id: outgoing(n).message,
        timestamp: jiff::Timestamp::UNIX_EPOCH,
        ref_to: None,
        duplicate_elimination: true,
        ack_requested: Some(ebxml::Actor::ToParty),
        sync_reply: false,
    }
}

fn id() -> MessageId {
    MessageId::parse("0A4F2FC8-806A-4EE9-A23F-B6900A7756F2").expect("an id")
}

fn acknowledgment(n: usize) -> Vec<u8> {
    Acknowledgment::write(&sent(n), id(), jiff::Timestamp::UNIX_EPOCH)
}

fn error(n: usize, code: ErrorCode, severity: Severity) -> Vec<u8> {
    let error = MessageError {
        code,
        severity,
        description: "of 999 012 3456".to_owned(),
    };
    MessageError::write(&[error], &sent(n), id())
}

/// What is left of the first message after a signal: waiting, dead, or neither; and its record.
async fn check(what: &str, signal: Vec<u8>, message: Outgoing, expected: (usize, usize, &str)) {
    let world = World::new();
    world.queue_with_record(&message, "waiting").await;
    let inbound = inbound(&world, Arc::clone(&world.store));
    for _ in 0..2 {
        let request = posted("text/xml", signal.clone(), Some("spine.example"));
        let response = inbound.handle(request).await;
        assert_eq!((response.status, response.body.len()), (200, 0), "{what}");
    }
    let (waiting, dead, outcome) = expected;
    let left = (world.waiting().await.len(), world.dead().await.len());
    assert_eq!(left, (waiting, dead), "{what}");
    let record = (Direction::Out, message.message, outcome.to_owned());
    assert_eq!(world.records().await, [record], "{what}");
    let events = world.audit().await;
    let settled: Vec<_> = events.iter().map(|event| event.1.as_str()).collect();
    match outcome {
        "waiting" => assert!(settled.is_empty(), "{what}"),
        outcome => assert_eq!(settled, [outcome], "{what}"),
    }
}

#[tokio::test]
async fn a_signal_settles_the_message_it_is_about() {
    use ErrorCode::{DeliveryFailure, ValueNotRecognized};
    let final_error = error(0, ValueNotRecognized, Severity::Error);
    let party = |text| PartyKey::parse(text).ok();
    let to = |text| Outgoing {
        to_party: party(text),
        ..outgoing(0)
    };
    for (what, signal, message, expected) in [
        (
            "acknowledged",
            acknowledgment(0),
            outgoing(0),
            (0, 0, "acknowledged"),
        ),
        (
            "by whom it is for",
            acknowledgment(0),
            to("YES-0000806"),
            (0, 0, "acknowledged"),
        ),
        (
            "by somebody else",
            acknowledgment(0),
            to("RHM-801710"),
            (1, 0, "waiting"),
        ),
        (
            "another message",
            acknowledgment(1),
            outgoing(0),
            (1, 0, "waiting"),
        ),
        ("refused", final_error, outgoing(0), (0, 1, "dead letter")),
        (
            "refused for now",
            error(0, DeliveryFailure, Severity::Error),
            outgoing(0),
            (1, 0, "waiting"),
        ),
        (
            "warned of",
            error(0, ValueNotRecognized, Severity::Warning),
            outgoing(0),
            (1, 0, "waiting"),
        ),
    ] {
        check(what, signal, message, expected).await;
    }
}

#[tokio::test]
async fn a_dead_letter_that_is_acknowledged_after_all_is_gone() {
    let world = World::new();
    world.queue_with_record(&outgoing(0), "waiting").await;
    let spine = OtherSide::that([Does::Errs(ErrorCode::Unknown, Severity::Error)]);
    assert_eq!(world.courier(&spine).round().await.dead, 1);
    let inbound = inbound(&world, Arc::clone(&world.store));
    let request = posted("text/xml", acknowledgment(0), Some("spine.example"));
    inbound.handle(request).await;
    assert!(world.dead().await.is_empty());
    let record = (
        Direction::Out,
        outgoing(0).message,
        "acknowledged".to_owned(),
    );
    assert_eq!(world.records().await, [record]);
}

#[tokio::test]
async fn a_signal_never_settles_another_role_s_message_nor_a_stranger_s_any() {
    let world = World::new();
    let mut entry = outgoing(0).entry("spine", None, world.env.now());
    entry.id = outgoing(0).message.as_str().to_owned();
    world.put(entry).await;
    world.queue_with_record(&outgoing(1), "waiting").await;
    let mut dead = outgoing(2).entry("spine", None, world.env.now());
    dead.dead = true;
    world.put(dead).await;
    let inbound = inbound(&world, Arc::clone(&world.store));
    for (n, peer, status) in [
        (0, "spine.example", 200),
        (1, "client.example", 403),
        (2, "spine.example", 200),
    ] {
        let request = posted("text/xml", acknowledgment(n), Some(peer));
        assert_eq!(inbound.handle(request).await.status, status);
    }
    assert_eq!(world.waiting().await.len(), 2);
    assert_eq!(world.dead().await.len(), 1);
    let record = record_of(&outgoing(1), "waiting", world.env.now());
    let expected = (Direction::Out, record.message, record.outcome);
    assert_eq!(world.records().await, [expected]);
}

#[tokio::test]
async fn a_signal_overtakes_a_courier_that_is_still_waiting() {
    let world = World::new();
    world.queue_with_record(&outgoing(0), "waiting").await;
    let spine = OtherSide::that([Does::Hangs]);
    let courier = world.courier(&spine);
    let inbound = inbound(&world, Arc::clone(&world.store));
    let meanwhile = async {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        let request = posted("text/xml", acknowledgment(0), Some("spine.example"));
        inbound.handle(request).await
    };
    let (round, _) = tokio::join!(courier.round(), meanwhile);
    assert_eq!(round.overtaken, 1);
    assert!(world.waiting().await.is_empty());
    let record = (
        Direction::Out,
        outgoing(0).message,
        "acknowledged".to_owned(),
    );
    assert_eq!(world.records().await, [record]);
}
