//! Every kind of answer, and what it does to the message.

use std::sync::Arc;

use ebxml::{ErrorCode, Pattern, Severity};
use hl7v3::SoapFault;
use jiff::{SignedDuration, ToSpan};
use mhs::{RetryPolicy, Round};

use crate::support::{Does, LANE, OtherSide, World, contract, outgoing, policy, read};

#[tokio::test]
async fn a_message_goes_out_whole_and_is_acknowledged_once() {
    let world = World::with(1).await;
    let spine = OtherSide::that([]);
    let round = world.courier(&spine).round().await;
    assert_eq!(
        round,
        Round {
            acknowledged: 1,
            ..Round::default()
        }
    );

    let request = spine.requests.lock().expect("requests")[0].clone();
    assert_eq!(request.path, "/reliablemessaging/reliablerequest");
    assert!(request.headers.contains(&(
        "SOAPAction",
        "urn:nhs:names:services:alerts/COMT_IN000001UK01".to_owned()
    )));
    let message = read(&request);
    assert_eq!(message.check(Pattern::Reliable), Ok(()));
    let sent = outgoing(0);
    assert_eq!(message.header.message_id, sent.message);
    assert_eq!(message.header.conversation, sent.conversation.as_str());
    assert_eq!(message.header.cpa_id, contract().cpa_id);
    assert_eq!(message.header.from_party, contract().from_party);
    assert_eq!(message.header.to_party, contract().to_party);
    assert_eq!(
        &*message.payload_bytes().expect("a payload"),
        sent.payload.as_bytes()
    );

    assert!(world.waiting().await.is_empty());
    let expected = (
        "COMT_IN000001UK01".to_owned(),
        "acknowledged".to_owned(),
        Some(sent.message),
    );
    assert_eq!(world.audit().await, [expected]);
    let again = world.courier(&spine).round().await;
    assert_eq!((again, spine.sent()), (Round::default(), 1));
}

/// What is left of a message after one try: nothing, something that waits, or a dead letter, and
/// why.
#[derive(Debug, PartialEq)]
enum Left {
    Nothing,
    Waits(&'static str),
    Dead(&'static str),
}

async fn check(does: Does, expected: Left) {
    let world = World::with(1).await;
    let spine = OtherSide::that([does.clone()]);
    let round = world.courier(&spine).round().await;
    let (waiting, dead) = (world.waiting().await, world.dead().await);
    let audit: Vec<_> = world
        .audit()
        .await
        .into_iter()
        .map(|event| event.1)
        .collect();
    match expected {
        Left::Nothing => {
            assert_eq!(
                (round.acknowledged, waiting.len(), dead.len()),
                (1, 0, 0),
                "{does:?}"
            );
            assert_eq!(audit, ["acknowledged"], "{does:?}");
        }
        Left::Waits(why) => {
            assert_eq!(
                (round.again, waiting.len(), dead.len()),
                (1, 1, 0),
                "{does:?}"
            );
            let entry = &waiting[0];
            assert_eq!(entry.last_error.as_deref(), Some(why), "{does:?}");
            let pause = entry.next_try.duration_since(entry.queued_at);
            assert_eq!((entry.tries, pause.as_secs()), (1, 10), "{does:?}");
            assert!(audit.is_empty(), "{does:?}");
        }
        Left::Dead(why) => {
            assert_eq!(
                (round.dead, waiting.len(), dead.len()),
                (1, 0, 1),
                "{does:?}"
            );
            assert_eq!(dead[0].last_error.as_deref(), Some(why), "{does:?}");
            assert_eq!(audit, ["dead letter"], "{does:?}");
        }
    }
}

#[tokio::test]
async fn each_answer_has_its_consequence() {
    use Left::{Dead, Nothing, Waits};
    use Severity::{Error, Warning};
    let answers =
        |status, content_type, body: &[u8]| Does::Answers(status, content_type, body.to_vec());
    let words = ": 501319:not known, (number)";
    for (does, left) in [
        (Does::Acknowledges, Nothing),
        (Does::AcknowledgesUnder(200), Nothing),
        (
            Does::AcknowledgesUnder(500),
            Waits("an acknowledgment under HTTP status 500"),
        ),
        (
            Does::AcknowledgesAnother,
            Waits("the acknowledgment is of another message"),
        ),
        (
            Does::ErrsAboutAnother,
            Waits("the error is about another message"),
        ),
        (Does::Refuses, Waits("no connection: nothing listens")),
        (Does::LosesTheAnswer, Waits("timed out in phase response")),
        (Does::Hangs, Waits("timed out in phase response")),
        (
            answers(202, "", b""),
            Waits("HTTP status 202 without an acknowledgment"),
        ),
        (
            answers(503, "text/plain", b"busy"),
            Waits("HTTP status 503 with an answer that cannot be read"),
        ),
        (
            answers(200, "text/html", b"<html>welcome</html>"),
            Waits("HTTP status 200 with an answer that cannot be read"),
        ),
        (
            answers(404, "text/plain", b"\xff\xfe\x00"),
            Waits("HTTP status 404 with an answer that cannot be read"),
        ),
        (
            answers(413, "text/plain", b"too large"),
            Dead("HTTP status 413 with an answer that cannot be read"),
        ),
    ] {
        check(does, left).await;
    }
    for (code, severity, dead) in [
        (ErrorCode::ValueNotRecognized, Error, true),
        (ErrorCode::NotSupported, Error, true),
        (ErrorCode::ValueNotRecognized, Warning, false),
        (ErrorCode::DeliveryFailure, Error, false),
        (ErrorCode::Other("200".to_owned()), Error, false),
        (ErrorCode::Other("201".to_owned()), Error, true),
    ] {
        let why = format!("ebXML error {}{words}", code.name());
        let why: &'static str = why.leak();
        let left = if dead { Dead(why) } else { Waits(why) };
        check(Does::Errs(code, severity), left).await;
    }
}

fn fault(codes: &[&str]) -> Does {
    let mut fault = SoapFault::processing("no");
    let one = fault.errors.remove(0);
    fault.errors = codes
        .iter()
        .map(|code| hl7v3::soap::SoapError {
            code: (*code).to_owned(),
            ..one.clone()
        })
        .collect();
    Does::Answers(500, "text/xml", fault.write())
}

#[tokio::test]
async fn a_soap_fault_is_tried_again_when_all_its_numbers_pass() {
    for (codes, dead) in [
        (&["200"][..], false),
        (&["206", "208"], false),
        (&["200", "201"], true),
        (&["101"], true),
        (&[], false),
    ] {
        let said = match codes.len() {
            0 => "SOAP fault: Application Exception".to_owned(),
            n => format!(
                "SOAP fault {}: Application Exception{}",
                codes.join(", "),
                "; no".repeat(n)
            ),
        };
        let said: &'static str = said.leak();
        let left = if dead {
            Left::Dead(said)
        } else {
            Left::Waits(said)
        };
        check(fault(codes), left).await;
    }
    // Without any number it gets one more chance, not more.
    let world = World::with(1).await;
    let spine = OtherSide::that([fault(&[]), fault(&[])]);
    let courier = world.courier(&spine);
    assert_eq!(courier.round().await.again, 1);
    world.later(10);
    assert_eq!(courier.round().await.dead, 1);
}

#[tokio::test]
async fn every_try_is_the_same_message_and_the_pauses_grow() {
    let world = World::with(1).await;
    let spine = OtherSide::that(vec![Does::LosesTheAnswer; 8]);
    let courier = world.courier(&spine);
    for pause in [10, 20, 40, 80, 160, 320, 600, 600] {
        assert_eq!(courier.round().await.again, 1, "{pause}");
        world.later(pause - 1);
        assert_eq!(courier.round().await, Round::default(), "{pause}: not due");
        world.later(1);
    }
    assert_eq!(courier.round().await.acknowledged, 1);
    let requests = spine.requests.lock().expect("requests");
    assert_eq!(requests.len(), 9);
    assert!(
        requests.windows(2).all(|two| two[0] == two[1]),
        "byte for byte"
    );
    drop(requests);
    assert_eq!(spine.effects(), [outgoing(0).message]);
}

#[tokio::test]
async fn a_message_whose_time_is_over_becomes_a_dead_letter_unsent() {
    let world = World::with(1).await;
    let spine = OtherSide::that([Does::Refuses]);
    let policy = RetryPolicy {
        give_up_after: Some(SignedDuration::from_mins(5)),
        ..policy()
    };
    let courier = world.courier_over(Arc::clone(&world.store), &spine, policy);
    assert_eq!(courier.round().await.again, 1);
    world.later(300);
    assert_eq!(courier.round().await.dead, 1);
    assert_eq!(spine.sent(), 1);
    assert_eq!(
        world.dead().await[0].last_error.as_deref(),
        Some("expired: not delivered in time; last: no connection: nothing listens")
    );

    let world = World::new();
    let mut entry = outgoing(1).entry(LANE, None, world.env.now());
    entry.expires = Some(world.env.now() + 1.second());
    world.put(entry).await;
    world.later(1);
    assert_eq!(world.courier(&spine).round().await.dead, 1);
}

#[tokio::test]
async fn what_is_no_message_is_a_dead_letter_and_holds_up_nothing() {
    let world = World::with(1).await;
    let good = outgoing(1).entry(LANE, None, world.env.now());
    let mut other_kind = good.clone();
    other_kind.id = "other".to_owned();
    other_kind.kind = "alert".to_owned();
    let mut other_id = good.clone();
    other_id.id = "another".to_owned();
    let mut garbage = good.clone();
    garbage.payload = b"{}".to_vec();
    let mut huge = outgoing(2);
    huge.payload = "x".repeat(5_000_001);
    for entry in [
        other_kind,
        other_id,
        garbage,
        huge.entry(LANE, None, world.env.now()),
    ] {
        world.put(entry).await;
    }
    let spine = OtherSide::that([]);
    let round = world.courier(&spine).round().await;
    assert_eq!((round.acknowledged, round.dead), (1, 4));
    assert_eq!(spine.effects(), [outgoing(0).message]);
    let said: Vec<_> = world
        .dead()
        .await
        .into_iter()
        .filter_map(|e| e.last_error)
        .collect();
    let unreadable = "the entry is not a message that this version can read";
    let too_large = "it cannot be written: the message is past a limit: \
         a part is larger than 5,000,000 bytes";
    let of = |text: &str| said.iter().filter(|s| *s == text).count();
    assert_eq!((of(unreadable), of(too_large)), (3, 1), "{said:?}");
}

#[tokio::test]
async fn a_dead_letter_that_is_put_back_is_sent() {
    let world = World::with(1).await;
    let spine = OtherSide::that([Does::Errs(ErrorCode::ValueNotRecognized, Severity::Error)]);
    let courier = world.courier(&spine);
    assert_eq!(courier.round().await.dead, 1);
    world.later(3600);
    assert_eq!(courier.round().await, Round::default());
    let mut entry = world.dead().await.remove(0);
    entry.dead = false;
    entry.next_try = world.env.now();
    world.put(entry).await;
    assert_eq!(courier.round().await.acknowledged, 1);
    let outcomes: Vec<_> = world
        .audit()
        .await
        .into_iter()
        .map(|event| event.1)
        .collect();
    assert_eq!(outcomes, ["dead letter", "acknowledged"]);
}
