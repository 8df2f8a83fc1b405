//! The way of answers: from the outbox to the client that the directory names, and what comes back.

use std::sync::{Arc, Mutex};

use ebxml::{Acknowledgment, ErrorCode, MessageError, MessageHeader};
use jiff::SignedDuration;
use mhs::{Courier, RetryPolicy};
use spine::DirectoryRoutes;
use spine::faults::{FaultPlan, FaultRule};
use store::{Direction, Store};
use transport::{BoxFuture, Handler, InProcess, Peer, Request, Response, Upstream};

use crate::gp_system::{message_id, summary, withdrawal};
use crate::reliable::support::{
    CLIENT, CPA, INBOX, Post, REPLY_CPA, SPINE, Setup, World, directory, header, id, line, own,
    party,
};
use crate::world::certificate;

/// A client's own receiving end: keeps what comes and acknowledges it, or not.
#[derive(Default)]
struct Client {
    heard: Mutex<Vec<(MessageHeader, String)>>,
    /// Answers 200 without a word, so that the acknowledgment has to come by itself.
    is_silent: bool,
}

impl Handler for Client {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        assert_eq!(request.path, "/inbound");
        let content_type = request.header("Content-Type").expect("a type").to_owned();
        let message = ebxml::read(&content_type, &request.body).expect("a message");
        assert!(message.check(ebxml::Pattern::Reliable).is_ok());
        let payload = String::from_utf8(message.payload_bytes().expect("it").into_owned());
        let body = Acknowledgment::write(&message.header, id("ACK"), message.header.timestamp);
        let heard = (message.header, payload.expect("UTF-8"));
        self.heard.lock().expect("no panic").push(heard);
        let response = match self.is_silent {
            true => Response::new(200, "text/xml", Vec::new()),
            false => Response::new(200, "text/xml", body),
        };
        Box::pin(async { response })
    }
}

/// The courier of this Spine's answers, to this client only.
fn courier(world: &World, client: &Arc<Client>) -> Courier {
    let handler: Arc<dyn Handler> = client.clone();
    let connect = move |origin: &str| {
        assert!(INBOX.starts_with(origin), "{origin}");
        let peer = Peer::local(Some(certificate("spine.example")));
        Ok(Arc::new(InProcess::new(handler.clone(), "/", peer)) as Arc<dyn Upstream>)
    };
    let routes = DirectoryRoutes::new(directory(), own(None), Box::new(connect));
    Courier::new(
        spine::LANE,
        Arc::new(routes),
        RetryPolicy::default(),
        world.store.clone(),
        world.env.clone(),
    )
}

#[tokio::test]
async fn an_answer_reaches_the_client_under_its_own_agreement() {
    let world = World::new();
    let client = Arc::new(Client::default());
    let courier = courier(&world, &client);
    world.send(&summary(1, None).post(1)).await;
    world.send(&withdrawal(2, 101, 9)).await;
    assert_eq!(courier.round().await.acknowledged, 2);
    assert!(world.answers().await.is_empty(), "nothing waits any more");
    let mut heard = client.heard.lock().expect("no panic").clone();
    heard.sort_by(|a, b| {
        a.0.ref_to
            .as_ref()
            .map(|id| id.as_str())
            .cmp(&b.0.ref_to.as_ref().map(|id| id.as_str()))
    });
    let [(first, payload), (second, refusal)] = heard.as_slice() else {
        panic!("{} messages", heard.len());
    };
    assert_eq!(first.ref_to, Some(id(&message_id(1))));
    assert_eq!(second.ref_to, Some(id(&message_id(2))));
    assert_eq!(
        (&first.from_party, &first.to_party),
        (&party(SPINE), &party(CLIENT))
    );
    assert_eq!(first.cpa_id, REPLY_CPA);
    assert_eq!(first.conversation, "C1");
    assert_eq!(first.action, "MCCI_IN010000UK13");
    assert!(
        payload.contains(first.message_id.as_str()),
        "both ids are one"
    );
    assert!(refusal.contains("30308"));
    for went in world.messages(Direction::Out).await {
        assert_eq!(went.outcome, "acknowledged");
    }
    // A repetition of the request asks for no second answer.
    world.send(&summary(1, None).post(1)).await;
    assert!(world.answers().await.is_empty());
}

/// A signal as a request of its own.
fn signal(path: &'static str, action: &str, body: Vec<u8>) -> Post {
    Post {
        method: "POST",
        path,
        content_type: "text/xml; charset=utf-8".to_owned(),
        soap_action: Some(format!("urn:oasis:names:tc:ebxml-msg:service/{action}")),
        body,
        from: "client.example",
    }
}

/// The header of an answer of ours, as its client saw it.
fn answer_header(answer: &str) -> MessageHeader {
    MessageHeader {
        from_party: party(SPINE),
        to_party: party(CLIENT),
        cpa_id: CPA.to_owned(),
        ..header(answer)
    }
}

const PATHS: [&str; 2] = [
    "/reliablemessaging/intermediary",
    "/reliablemessaging/forwardreliable",
];

#[tokio::test]
async fn an_acknowledgment_that_comes_alone_settles_its_answer() {
    for path in PATHS {
        let world = World::new();
        world.send(&summary(1, None).post(1)).await;
        world.send(&summary(2, None).post(2)).await;
        let answers = world.answers().await;
        let answer = answers[0].entry.id.clone();
        let now = world.env.now();
        // In whatever case the client writes the id.
        let header = answer_header(&answer.to_ascii_lowercase());
        let body = Acknowledgment::write(&header, id("ACK"), now);
        let acknowledgment = signal(path, Acknowledgment::ACTION, body);
        let other = Post {
            from: "soap.example",
            ..acknowledgment.clone()
        };
        assert!(line(&world.send(&other).await).contains("SecurityFailure"));
        assert_eq!(world.answers().await.len(), 2);
        let response = world.send(&acknowledgment).await;
        assert_eq!((response.status, response.body.len()), (200, 0));
        let left = world.answers().await;
        assert_eq!(left.len(), 1);
        assert_ne!(left[0].entry.id, answer);
        let event = world.events().await.pop().expect("an event");
        assert_eq!(event.outcome, "acknowledged");
        let went = world.messages(Direction::Out).await;
        let settled = went.iter().find(|record| record.message.as_str() == answer);
        assert_eq!(settled.expect("a record").outcome, "acknowledged");
        // Once more it says nothing new.
        let response = world.send(&acknowledgment).await;
        assert_eq!((response.status, response.body.len()), (200, 0));
        let event = world.events().await.pop().expect("an event");
        assert_eq!(event.operation, "Acknowledgment");
        assert_eq!(event.outcome, "unknown message");
        assert_eq!(world.answers().await.len(), 1);
    }
}

#[tokio::test]
async fn an_error_that_comes_alone_makes_a_dead_letter() {
    let world = World::new();
    world.send(&summary(1, None).post(1)).await;
    let answer = world.answers().await[0].entry.id.clone();
    let error = MessageError::new(ErrorCode::NotSupported, "no such interaction here");
    let body = MessageError::write(&[error], &answer_header(&answer), id("ERR"));
    let response = world
        .send(&signal(PATHS[0], MessageError::ACTION, body))
        .await;
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert!(world.answers().await.is_empty());
    let dead = world
        .store
        .inner
        .dead_letters(10)
        .await
        .expect("dead letters");
    let [dead] = dead.as_slice() else {
        panic!("{} dead letters", dead.len());
    };
    assert_eq!(dead.id, answer);
    assert!(
        dead.last_error
            .as_deref()
            .is_some_and(|why| why.contains("NotSupported"))
    );
    assert_eq!(
        world.events().await.pop().expect("an event").outcome,
        "dead letter"
    );
}

#[tokio::test]
async fn signals_about_nothing_of_ours_do_nothing() {
    let world = World::new();
    world.send(&summary(1, None).post(1)).await;
    let now = world.env.now();
    let unknown = Acknowledgment::write(&answer_header("NOBODY-KNOWS"), id("ACK"), now);
    let response = world
        .send(&signal(PATHS[0], Acknowledgment::ACTION, unknown))
        .await;
    assert_eq!((response.status, response.body.len()), (200, 0));
    let event = world.events().await.pop().expect("an event");
    assert_eq!(event.outcome, "unknown message");
    let elsewhere = MessageHeader {
        from_party: party("YES-0000807"),
        ..answer_header("X")
    };
    let body = Acknowledgment::write(&elsewhere, id("ACK"), now);
    let response = world
        .send(&signal(PATHS[0], Acknowledgment::ACTION, body))
        .await;
    assert!(String::from_utf8_lossy(&response.body).contains("501314"));
    // A message to be forwarded is not, and has no effect here.
    let forward = Post {
        path: PATHS[1],
        ..summary(2, None).post(2)
    };
    let expected = "200 error NotSupported: this Spine forwards no messages";
    assert_eq!(line(&world.send(&forward).await), expected);
    assert_eq!(world.answers().await.len(), 1);
    assert_eq!(world.versions().await, ["1 Normal"]);
}

/// A client that takes answers without a word: they are repeated until it speaks.
#[tokio::test]
async fn an_unacknowledged_answer_is_repeated_until_it_is() {
    let world = World::new();
    let client = Arc::new(Client {
        is_silent: true,
        ..Client::default()
    });
    let courier = courier(&world, &client);
    world.send(&summary(1, None).post(1)).await;
    assert_eq!(courier.round().await.acknowledged, 0);
    world.env.advance(SignedDuration::from_secs(100));
    assert_eq!(courier.round().await.acknowledged, 0);
    let heard = client.heard.lock().expect("no panic").clone();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].1, heard[1].1, "the same message");
    assert_eq!(heard[0].0.message_id, heard[1].0.message_id);
    let body = Acknowledgment::write(&heard[0].0, id("ACK"), world.env.now());
    world
        .send(&signal(PATHS[0], Acknowledgment::ACTION, body))
        .await;
    assert!(world.answers().await.is_empty());
    world.env.advance(SignedDuration::from_secs(100));
    courier.round().await;
    assert_eq!(client.heard.lock().expect("no panic").len(), 2);
}

#[tokio::test]
async fn faults_of_answers_are_rehearsed_when_asked_for() {
    let rule = |fault: &str| FaultRule {
        patient: None,
        fault: fault.parse().expect("a fault"),
        percent: 100,
    };
    for (fault, sent, later) in [("reply-duplicate", 2, 0), ("reply-delay=30s", 0, 1)] {
        let world = World::with(Setup {
            faults: Some(FaultPlan::new(1, vec![rule(fault)])),
            ..Setup::default()
        });
        let client = Arc::new(Client::default());
        let courier = courier(&world, &client);
        world.send(&summary(1, None).post(1)).await;
        assert_eq!(courier.round().await.acknowledged, sent, "{fault}");
        world.env.advance(SignedDuration::from_secs(31));
        assert_eq!(courier.round().await.acknowledged, later, "{fault}");
        let heard = client.heard.lock().expect("no panic").clone();
        assert!(
            heard
                .iter()
                .all(|(header, _)| header.ref_to == Some(id(&message_id(1))))
        );
    }
}
