//! Queries that come twice: asked again under today's rules, and under the same id.

use domain::code::cpis::ResponseCode::{AuthorCredentials, InputValidation, NoRecord, Success};
use hl7v3::wrapper::AcknowledgementKind::Error;
use transport::UpstreamError;

use super::spine::Reply;
use super::world::{Ask, Cpis, code};
use crate::tests::world::altered;

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).expect("the start").1;
    rest.split_once(end).expect("the end").0
}

/// The message under a MessageID, or a tracking id, of its own.
fn renewed(cpis: &Cpis, message: &[u8], start: &str, end: &str) -> Vec<u8> {
    let text = String::from_utf8(message.to_vec()).expect("UTF-8");
    altered(message, between(&text, start, end), &cpis.world.env.uuid())
}

async fn is_repetition(cpis: &Cpis) -> bool {
    cpis.decision().await.contains("a repetition")
}

#[tokio::test]
async fn a_repetition_is_asked_again_and_is_no_second_access() {
    let cpis = Cpis::new();
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    let first = cpis.check(&message).await;
    assert_eq!(code(&first), Success);
    assert!(!is_repetition(&cpis).await);
    let again = renewed(&cpis, &message, "<wsa:MessageID>", "<");
    for message in [&message, &again, &again] {
        let answer = cpis.check(message).await;
        assert_eq!(answer.payload, first.payload);
        assert!(is_repetition(&cpis).await);
        let event = cpis.world.audit().await.pop().expect("an event").event;
        assert!(event.disclosed);
        assert_eq!(
            (event.outcome.as_str(), event.related.len()),
            ("SMSP-0000", 1)
        );
    }
    let asked = cpis.spine.asked();
    assert_eq!(asked.len(), 4);
    // Messages of their own, and one query: the Spine sees one access.
    let ids: std::collections::BTreeSet<_> = asked.iter().map(|(message, _)| message).collect();
    assert_eq!(ids.len(), 4);
    assert!(asked.iter().all(|(_, query)| *query == asked[0].1));
}

#[tokio::test]
async fn nothing_that_was_said_before_is_said_again_from_memory() {
    for (then, now, expected) in [
        (Reply::Held, Reply::NoRecord, "CPIS-0001"),
        (Reply::NoRecord, Reply::Held, "SMSP-0000"),
        (Reply::Held, Reply::Acknowledged(Error), "CPIS-9999"),
        (
            Reply::Error(UpstreamError::Timeout { phase: "response" }),
            Reply::Held,
            "SMSP-0000",
        ),
        (Reply::Acknowledged(Error), Reply::NoRecord, "CPIS-0001"),
    ] {
        let cpis = Cpis::answering(then);
        let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
        cpis.check(&message).await;
        cpis.spine.answers(now);
        assert_eq!(cpis.check(&message).await.outcome, expected);
        assert_eq!(cpis.spine.asked().len(), 2);
    }
}

#[tokio::test]
async fn what_a_user_may_not_see_any_more_is_not_shown_again() {
    let mut cpis = Cpis::new();
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    assert_eq!(code(&cpis.check(&message).await), Success);
    cpis.world.user_until = Some("2026-03-01T00:00:00Z");
    assert_eq!(code(&cpis.check(&message).await), AuthorCredentials);
    assert_eq!(cpis.spine.asked().len(), 1);
}

#[tokio::test]
async fn our_own_refusals_stand() {
    let mut cpis = Cpis::new();
    let mut ask = Ask::new(&cpis.world.env);
    ask.person().user = "999999999999".to_owned();
    let message = ask.bytes(&cpis.world.env);
    assert_eq!(code(&cpis.check(&message).await), AuthorCredentials);
    cpis.world.config.cpis.same_author = false;
    assert_eq!(code(&cpis.check(&message).await), AuthorCredentials);
    assert!(is_repetition(&cpis).await);

    let cpis = Cpis::new();
    let mut ask = Ask::new(&cpis.world.env);
    ask.query.silent = true;
    let message = ask.bytes(&cpis.world.env);
    for _ in 0..2 {
        assert_eq!(code(&cpis.check(&message).await), InputValidation);
    }
    assert!(is_repetition(&cpis).await);
}

#[tokio::test]
async fn an_id_is_not_used_for_something_else() {
    let cpis = Cpis::answering(Reply::NoRecord);
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    assert_eq!(code(&cpis.check(&message).await), NoRecord);
    let patient = "9990000018";
    let other_content = altered(&message, patient, crate::tests::world::OTHER_PATIENT);
    let other_tracking = renewed(&cpis, &message, "trackingid=\"", "\"");
    for (message, rule) in [
        (other_content, "trackingid: it was used before"),
        (other_tracking, "MessageID: it was used before"),
    ] {
        let answer = cpis.check(&message).await;
        assert_eq!(answer.outcome, "fault 1000");
        assert!(answer.text.contains(rule), "{}", answer.text);
        // It is refused before the Spine is asked: that would be an access, and nobody takes it back.
        assert_eq!(cpis.spine.asked().len(), 1, "{rule}");
        let event = cpis.world.audit().await.pop().expect("an event").event;
        assert_eq!(
            (event.outcome.as_str(), event.related.len()),
            ("fault 1000", 0)
        );
    }
    // The SCR side knows the ids as well: a client has one set of them.
    let status = crate::tests::world::Query::new().status_bytes(&cpis.world.env);
    let text = String::from_utf8(message).expect("UTF-8");
    let own = String::from_utf8(status.clone()).expect("UTF-8");
    let tracking = |text: &str| between(text, "trackingid=\"", "\"").to_owned();
    let stolen = altered(&status, &tracking(&own), &tracking(&text));
    let answer = crate::tests::world::check(&stolen, &cpis.world).await;
    assert_eq!(answer.outcome, "fault 1000");
}
