//! `/reliablemessaging/queryrequest`: document queries whose answers come later, in a message of
//! their own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::consent::ConsentSetting;
use domain::{Consent, MessageId};
use ebxml::MessageHeader;
use hl7v3::Interaction;
use spine::ScenarioPack;
use store::{Commit, ConsentChange, Direction, Store};

use crate::gp_system::{bare, message_id, psis, summary};
use crate::reliable::support::{CPA, Post, Setup, World, header, line, written};
use crate::requests::{Asked, REQUEST_ID, asked, patient};
use crate::summaries::{SECRET, document_id};

const PATH: &str = "/reliablemessaging/queryrequest";

/// A query as the `number`-th message.
fn query(interaction: Interaction, number: u32, soap: &str) -> Post {
    let header = MessageHeader {
        service: "urn:nhs:names:services:psisquery".to_owned(),
        action: interaction.id().to_owned(),
        message_id: MessageId::parse(&message_id(number)).expect("an id"),
        duplicate_elimination: false,
        ack_requested: None,
        ..header(REQUEST_ID)
    };
    Post {
        path: PATH,
        ..written(&header, &bare(soap.as_bytes()), &[])
    }
}

fn list(number: u32, asked: &Asked) -> Post {
    let soap = asked.whole_list();
    query(Interaction::DocumentListQuery, number, &soap)
}

fn document(number: u32, asked: &Asked, document: &str) -> Post {
    query(
        Interaction::DocumentQuery,
        number,
        &asked.document(document),
    )
}

/// Sends it; it is taken, and the newest answer says this.
async fn answered(world: &World, post: &Post, expected: &str) {
    world.env.advance(jiff::SignedDuration::from_secs(1));
    let before = world.answers().await.len();
    let response = world.send(post).await;
    assert_eq!(response.status, 202);
    assert!(response.body.is_empty());
    assert_eq!(response.header("SOAPAction"), Some("asyncExpressSyncAck"));
    assert_eq!(response.header("content-type"), Some("text/xml"));
    let answers = world.answers().await;
    assert_eq!(answers.len(), before + 1);
    let answer = answers.last().expect("an answer");
    assert_eq!(answer.line(), expected, "{}", answer.outgoing.payload);
    assert_eq!(answer.outgoing.pattern, mhs::Pattern::Express);
    assert_eq!(answer.outgoing.service, "urn:nhs:names:services:psisquery");
    let event = world.events().await.pop().expect("an event");
    let discloses = answer.outgoing.payload.contains("GPSummary")
        || answer.outgoing.payload.contains(&document_id(1));
    assert_eq!(event.disclosed, discloses, "{expected}");
    assert_eq!(
        event.related.as_slice(),
        std::slice::from_ref(&answer.outgoing.message)
    );
    assert_eq!(event.patient, Some(patient()));
}

async fn with_document() -> World {
    let world = World::new();
    let response = world.send(&summary(1, None).post(900)).await;
    assert!(line(&response).starts_with("202 "));
    world
}

async fn dissent(world: &World) {
    let commit = Commit {
        consents: vec![ConsentChange {
            patient: patient(),
            consent: Consent::both(ConsentSetting::No),
            at: world.env.now(),
            message: MessageId::parse("consent").expect("an id"),
            author: None,
        }],
        ..Commit::default()
    };
    world.store.inner.commit(commit).await.expect("written");
}

#[tokio::test]
async fn the_list_and_a_document_come_in_messages_of_their_own() {
    let world = with_document().await;
    answered(&world, &list(1, &asked()), "QUPC_IN160102UK05 AA").await;
    let get = document(2, &asked(), &document_id(1));
    answered(&world, &get, "QUPC_IN160104UK05 AA").await;
    let answers = world.answers().await;
    assert_eq!(answers.len(), 3, "one of them to the upload");
    let shown = &answers[2].outgoing;
    assert!(
        shown.payload.contains(&summary(1, None).text()),
        "byte for byte"
    );
    assert_eq!(shown.ref_to.as_deref(), Some(message_id(2).as_str()));
    assert_eq!(shown.conversation.as_str(), "C1");
    let went = world.messages(Direction::Out).await;
    assert_eq!(
        went[1].body.as_deref(),
        Some(answers[1].outgoing.payload.as_bytes())
    );
    assert!(went[2].body.is_none(), "the document is kept once");
    assert_eq!(
        went[2].document.as_ref().map(|id| id.as_str()),
        Some(document_id(1).as_str())
    );
    let came = world.messages(Direction::In).await;
    assert_eq!(came[1].outcome, "AA OK");
    assert!(came[1].body.is_some());
}

#[tokio::test]
async fn outcomes_are_those_of_the_synchronous_service() {
    let world = World::new();
    answered(&world, &list(1, &asked()), "QUQI_IN010000UK14 AE 210 30312").await;
    let world = with_document().await;
    let unknown = document(1, &asked(), &document_id(9));
    answered(&world, &unknown, "QUQI_IN010000UK14 AE 410 30308").await;
    dissent(&world).await;
    answered(&world, &list(2, &asked()), "QUQI_IN010000UK14 AE 420 30418").await;
    answered(
        &world,
        &list(3, &Asked::overriding(1)),
        "QUPC_IN160102UK05 AA",
    )
    .await;
    let event = world.events().await.pop().expect("an event");
    let decision = event.decision.expect("a decision");
    assert!(
        decision.contains("shown although the patient dissents"),
        "{decision}"
    );
    for answer in world.answers().await {
        assert!(
            !answer.outgoing.payload.contains(SECRET),
            "a list is no document"
        );
    }
}

#[tokio::test]
async fn a_query_that_comes_twice_is_answered_twice() {
    let world = with_document().await;
    let query = list(1, &asked());
    answered(&world, &query, "QUPC_IN160102UK05 AA").await;
    answered(&world, &query, "QUPC_IN160102UK05 AA").await;
    assert_eq!(
        world.messages(Direction::In).await.len(),
        2,
        "the upload, and the query once"
    );
    assert_eq!(world.messages(Direction::Out).await.len(), 3);
}

#[tokio::test]
async fn broken_queries_are_answered_as_such() {
    let world = with_document().await;
    let spoilt = list(1, &asked()).with("9990000018", "9990000019");
    let response = world.send(&spoilt).await;
    assert_eq!(response.status, 202);
    let answers = world.answers().await;
    assert_eq!(answers[1].line(), "QUQI_IN010000UK14 AE 400 35160");
    let event = world.events().await.pop().expect("an event");
    assert_eq!(event.outcome, "AE 400 35160");
    assert!(!event.disclosed && event.decision.is_some());
}

#[tokio::test]
async fn scripted_answers_go_the_same_way_and_faults_come_at_once() {
    let world = World::with(Setup {
        scenarios: Some(ScenarioPack::published()),
        ..Setup::default()
    });
    let of = |number: &str| Asked::of(domain::NhsNumber::parse(number).expect("a number"));
    let response = world.send(&list(1, &of("9449310106"))).await;
    assert_eq!(response.status, 202);
    assert_eq!(world.answers().await[0].line(), "MCCI_IN010000UK13 AE 5000");
    let response = world.send(&list(2, &of("9454201085"))).await;
    assert!(line(&response).starts_with("500 fault 101: "));
    assert_eq!(world.answers().await.len(), 1);
    let event = world.events().await.pop().expect("an event");
    assert_eq!(event.outcome, "fault 101");
}

#[tokio::test]
async fn what_is_not_express_is_refused() {
    let world = with_document().await;
    let good = list(1, &asked());
    let upload = Post {
        path: PATH,
        ..summary(2, None).post(2)
    };
    let on_the_other_path = Post {
        path: "/reliablemessaging/reliablerequest",
        ..good.clone()
    };
    let reliably = psis(
        Interaction::DocumentListQuery,
        &message_id(3),
        &bare(asked().whole_list().as_bytes()),
    );
    for (post, expected) in [
        (
            upload,
            "200 error Inconsistent: DUPLICATE_ELIMINATION_INCONSISTENT_WITH_CONTRACT",
        ),
        (
            on_the_other_path,
            "200 error Inconsistent: DUPLICATE_ELIMINATION_INCONSISTENT_WITH_CONTRACT",
        ),
        (
            reliably,
            "200 error NotSupported: the service and action are not supported",
        ),
        (
            good.with(
                "</eb:Timestamp>",
                "</eb:Timestamp><eb:TimeToLive>2026-11-21T09:00:00Z</eb:TimeToLive>",
            ),
            "200 error TimeToLiveExpired: ",
        ),
        (
            Post {
                from: "other.example",
                ..good.clone()
            },
            "200 error SecurityFailure: the sending ASID is not registered",
        ),
        (
            Post {
                from: "stranger.example",
                ..good.clone()
            },
            "500 fault 200: the client certificate is not registered",
        ),
    ] {
        let response = world.send(&post).await;
        assert_ne!(response.status, 202, "{expected}");
        let line = line(&response);
        assert!(line.starts_with(expected), "{line}\nexpected: {expected}");
    }
    assert_eq!(world.answers().await.len(), 1, "of the upload before");
    let strict = World::knowing(Some(Vec::new()));
    let response = line(&strict.send(&good.with(CPA, "S1")).await);
    assert_eq!(
        response,
        "200 error ValueNotRecognized: 501319:Unknown eb:CPAId"
    );
}

#[tokio::test]
async fn nothing_is_shown_that_is_not_on_audit() {
    let world = with_document().await;
    world.store.refuses_commits.store(true, Ordering::Relaxed);
    let response = world.send(&list(1, &asked())).await;
    assert!(line(&response).starts_with("500 fault 200: System failure"));
    world.store.refuses_commits.store(false, Ordering::Relaxed);
    assert_eq!(world.answers().await.len(), 1);
    let storm = Arc::new(world);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 1..=20 {
        let world = Arc::clone(&storm);
        tasks.spawn(async move { world.send(&list(number, &asked())).await.status });
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == 202));
    assert_eq!(storm.answers().await.len(), 21);
    assert_eq!(storm.events().await.len(), 21);
}
