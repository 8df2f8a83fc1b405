//! Requests that come twice.

use jiff::SignedDuration;
use serde_json::Value;
use store::{AlertFilter, Store};
use transport::UpstreamError;

use crate::alerts::alert;
use crate::consent::permission;
use crate::upload::stored;
use crate::world::{
    Answered, DOCUMENT, Fate, OLD_APP, OTHER_ROLE, PATIENT, REQUEST_ID, SECOND, World, bundle, id,
};

async fn post(world: &World, path: &str, body: &Value) -> Answered {
    let call = world.call("POST", path).with("X-Request-ID", REQUEST_ID);
    call.json(body).send().await
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_and_does_nothing() {
    for (path, body, sent) in [
        ("/Bundle", bundle(DOCUMENT, PATIENT), 3),
        ("/AuditEvent", alert(PATIENT), 1),
        ("/$setPermission", permission(PATIENT, "No"), 1),
    ] {
        let world = World::new();
        for _ in 0..3 {
            let answer = post(&world, path, &body).await;
            assert_eq!(
                (answer.status(), answer.text().as_str()),
                (201, ""),
                "{path}"
            );
            assert_eq!(answer.header("x-request-id"), Some(REQUEST_ID));
        }
        assert_eq!(world.way.sent().len(), sent, "{path}");
        let outcomes: Vec<_> = world
            .outcomes()
            .await
            .into_iter()
            .map(|(_, outcome)| outcome)
            .collect();
        assert_eq!(outcomes, ["begun", "201", "201", "201"], "{path}");
        let last = world.events().await.pop().expect("an event");
        assert!(
            last.decision
                .expect("a decision")
                .contains("answered before")
        );
    }
}

#[tokio::test]
async fn ids_are_the_same_in_either_case() {
    let world = World::new();
    let body = bundle(DOCUMENT, PATIENT);
    assert_eq!(post(&world, "/Bundle", &body).await.status(), 201);
    let lower = world
        .call("POST", "/Bundle")
        .with("X-Request-ID", &REQUEST_ID.to_lowercase());
    assert_eq!(lower.json(&body).send().await.status(), 201);
    assert_eq!(world.way.sent().len(), 3);
}

#[tokio::test]
async fn the_same_id_with_other_content_is_refused() {
    let text = "X-Request-ID was used before, for another request; a new request needs a new one";
    let world = World::new();
    assert_eq!(
        post(&world, "/Bundle", &bundle(DOCUMENT, PATIENT))
            .await
            .status(),
        201
    );
    let other = post(&world, "/Bundle", &bundle(SECOND, PATIENT)).await;
    assert_eq!(other.said(), (400, text.to_owned()));
    let elsewhere = post(&world, "/$setPermission", &permission(PATIENT, "No")).await;
    assert_eq!(elsewhere.said(), (400, text.to_owned()));
    let call = world
        .call("POST", "/Bundle")
        .with("X-Request-ID", REQUEST_ID);
    let role = call
        .with("NHSD-Session-URID", OTHER_ROLE)
        .json(&bundle(DOCUMENT, PATIENT));
    assert_eq!(role.send().await.said(), (400, text.to_owned()));
    assert_eq!(stored(&world).await.len(), 1);
}

#[tokio::test]
async fn a_refusal_of_the_spine_is_repeated_and_a_failure_is_not() {
    let world = World::new().with_document().await;
    let body = bundle(DOCUMENT, PATIENT);
    let first = post(&world, "/Bundle", &body).await;
    let again = post(&world, "/Bundle", &body).await;
    assert_eq!((first.status(), first.text()), (400, again.text()));
    assert_eq!(again.status(), 400);

    let world = World::new();
    world.way.meet([Some(Fate::Fails(UpstreamError::Connect(
        "nobody".to_owned(),
    )))]);
    let body = permission(PATIENT, "No");
    assert_eq!(post(&world, "/$setPermission", &body).await.status(), 503);
    assert_eq!(post(&world, "/$setPermission", &body).await.status(), 201);
}

/// Row 24 of the adaptor's defects: whoever sends an upload again because its answer was lost gets a
/// duplicate error.
#[tokio::test]
async fn an_upload_whose_answer_was_lost_can_be_sent_again() {
    let world = World::new();
    let body = bundle(DOCUMENT, PATIENT);
    world.way.meet([None, Some(Fate::Lost)]);
    let first = post(&world, "/Bundle", &body).await;
    assert_eq!(first.status(), 502, "{}", first.text());
    assert_eq!(stored(&world).await.len(), 1, "it has arrived");
    let second = post(&world, "/Bundle", &body).await;
    assert_eq!((second.status(), second.text().as_str()), (201, ""));
    assert_eq!(stored(&world).await.len(), 1);
    let outcomes: Vec<_> = world
        .outcomes()
        .await
        .into_iter()
        .map(|(_, outcome)| outcome)
        .collect();
    assert_eq!(outcomes, ["begun", "502", "begun again", "201"]);
}

#[tokio::test]
async fn the_same_upload_under_another_request_id_is_known_by_its_content() {
    let world = World::new();
    let body = bundle(DOCUMENT, PATIENT);
    let call = |body: &Value| world.call("POST", "/Bundle").json(body);
    assert_eq!(call(&body).send().await.status(), 201);
    assert_eq!(
        call(&body).send().await.status(),
        201,
        "the same id and content"
    );
    let mut other = body.clone();
    other["timestamp"] = serde_json::json!("2026-03-01T09:00:01+00:00");
    assert_eq!(
        call(&other).send().await.status(),
        400,
        "the same id and other content"
    );
    let old = world
        .call_as(OLD_APP, "POST", "/Bundle")
        .json(&body)
        .send()
        .await;
    assert_eq!(old.status(), 400, "as the adaptor has it");
}

#[tokio::test]
async fn after_a_time_requests_are_forgotten() {
    let world = World::new();
    let body = permission(PATIENT, "No");
    assert_eq!(post(&world, "/$setPermission", &body).await.status(), 201);
    world.env.advance(SignedDuration::from_hours(25));
    assert_eq!(post(&world, "/$setPermission", &body).await.status(), 201);
    assert_eq!(world.way.sent().len(), 2);
}

#[tokio::test]
async fn two_at_a_time_are_one() {
    let world = World::new();
    let body = alert(PATIENT);
    let (one, other) = tokio::join!(
        post(&world, "/AuditEvent", &body),
        post(&world, "/AuditEvent", &body)
    );
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert!(
        statuses == [201, 201] || statuses == [201, 409],
        "{statuses:?}"
    );
    let filter = AlertFilter {
        limit: 10,
        ..AlertFilter::default()
    };
    assert_eq!(world.spine.alerts(filter).await.expect("alerts").len(), 1);
    let _: domain::NhsNumber = id(PATIENT);
}

#[tokio::test]
async fn a_request_that_was_let_go_can_be_sent_again() {
    let world = World::new();
    let body = permission(PATIENT, "No");
    let call = world
        .call("POST", "/$setPermission")
        .with("X-Request-ID", REQUEST_ID)
        .json(&body);
    // The client goes away at once.
    let gone = tokio::time::timeout(std::time::Duration::ZERO, call.send()).await;
    let again = post(&world, "/$setPermission", &body).await;
    assert_eq!(again.status(), 201, "{gone:?}");
}

#[tokio::test]
async fn applications_have_ids_of_their_own() {
    let world = World::new();
    let body = permission(PATIENT, "No");
    assert_eq!(post(&world, "/$setPermission", &body).await.status(), 201);
    for _ in 0..2 {
        let old = world
            .call_as(OLD_APP, "POST", "/$setPermission")
            .with("X-Request-ID", REQUEST_ID);
        assert_eq!(
            old.json(&permission(PATIENT, "Yes")).send().await.status(),
            201
        );
    }
}
