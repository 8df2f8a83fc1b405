//! The query as a reliable message, whose answer goes out in a message of its own.

use domain::cpis::PlanType;
use ebxml::{Actor, Form, MessageHeader, Outbound};
use hl7v3::Interaction;
use hl7v3::cpis::query::write_bare;
use hl7v3::cpis::reply::{self, Reply};
use hl7v3::wrapper::Outgoing;
use mhs::Pattern;
use store::{Direction, MessageFilter, MessageRecord, OutboxFilter, Store};
use transport::{Headers, Peer, Request, Response};

use super::support::{
    Ask, PARTY, SECRETS, START, World, ask, message, message_id, plan, query_id, user_of,
};
use crate::reliable::support::line;
use crate::requests::{CLIENT_ASID, SPINE_ASID, asid};
use crate::world::certificate;

const PATH: &str = "/reliablemessaging/reliablerequest";

/// The query in the HL7 message of its own id.
fn hl7(ask: &Ask) -> String {
    let out = Outgoing {
        id: &message_id(ask.message),
        now: START.parse().expect("a time"),
        receiver: &asid(SPINE_ASID),
        sender: &asid(CLIENT_ASID),
    };
    String::from_utf8(write_bare(&out, None, &ask.query())).expect("UTF-8")
}

/// A message in an envelope of this id and interaction.
pub(super) fn post(path: &str, interaction: Interaction, id: &str, hl7: &str) -> Request {
    let is_reliable = path == PATH;
    let header = MessageHeader {
        from_party: PARTY.parse().expect("a party key"),
        to_party: "YES-0000806".parse().expect("a party key"),
        cpa_id: "S1".to_owned(),
        conversation: "C1".to_owned(),
        service: "urn:nhs:names:services:cpisquery".to_owned(),
        action: interaction.id().to_owned(),
        message_id: message(id),
        timestamp: START.parse().expect("a time"),
        ref_to: None,
        duplicate_elimination: is_reliable,
        ack_requested: is_reliable.then_some(Actor::ToParty),
        sync_reply: true,
    };
    request(path, &header, hl7, "client.example")
}

pub(super) fn request(path: &str, header: &MessageHeader, hl7: &str, from: &str) -> Request {
    let written = ebxml::write(&Outbound {
        header,
        form: Form::Client,
        payload: hl7.as_bytes(),
        attachments: &[],
        external: &[],
    })
    .expect("written");
    let mut headers = Headers::default();
    assert!(headers.add("Content-Type", &written.content_type));
    assert!(headers.add("SOAPAction", &written.soap_action));
    Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers,
        body: written.body.into(),
        peer: Peer::local(Some(certificate(from))),
    }
}

fn query(ask: &Ask) -> Request {
    let id = message_id(ask.message);
    post(PATH, Interaction::CpisQuery, &id, &hl7(ask))
}

/// What waits to be sent, the oldest first.
pub(super) async fn answers(world: &World) -> Vec<mhs::Outgoing> {
    let filter = OutboxFilter {
        lane: Some("spine".to_owned()),
        limit: 1000,
        ..OutboxFilter::default()
    };
    let mut entries = world.store.inner.outbox(filter).await.expect("the outbox");
    entries.sort_by_key(|entry| entry.queued_at);
    let read = |entry: &store::OutboxEntry| serde_json::from_slice(&entry.payload);
    let answers: Result<Vec<_>, _> = entries.iter().map(read).collect();
    answers.expect("messages")
}

async fn records(world: &World, direction: Direction) -> Vec<MessageRecord> {
    let filter = MessageFilter {
        owner: Some("spine".to_owned()),
        direction: Some(direction),
        limit: 1000,
        ..MessageFilter::default()
    };
    world.store.inner.messages(filter).await.expect("messages")
}

/// What an answer says: the users of the history, or why there is none.
fn said(answer: &mhs::Outgoing) -> String {
    let document = xml::Document::parse(answer.payload.as_bytes()).expect("well formed");
    assert_eq!(document.root().name(), answer.interaction);
    testkit::xsd::assert_valid_cpis(&answer.interaction, answer.payload.as_bytes());
    match reply::read(&document).expect("an answer") {
        Reply::Found(answer) => {
            let users = answer
                .accesses
                .iter()
                .map(|a| user_of(&a.author).to_string());
            format!("found {}", users.collect::<Vec<_>>().join(" "))
        }
        Reply::NoRecord(refusal) | Reply::Refused(refusal) => refusal.codes(),
        Reply::Fault(fault) => fault.to_string(),
    }
}

fn acknowledged(response: &Response, id: &str) {
    assert_eq!(line(response), format!("202 acknowledgment of {id}"));
}

#[tokio::test]
async fn a_query_is_acknowledged_and_answered_by_its_contract() {
    let world = World::with_a_plan().await;
    acknowledged(&world.send(query(&ask(1, 11))).await, &message_id(1));
    let answers = answers(&world).await;
    let [answer] = answers.as_slice() else {
        panic!("one answer");
    };
    assert_eq!(said(answer), "found 11");
    assert_eq!(answer.interaction, "REPC_IN000007GB01");
    assert_eq!(answer.service, "urn:nhs:names:services:cpisquery");
    // Neither acknowledged nor told apart from a duplicate, and never sent again.
    assert_eq!(answer.pattern, Pattern::Express);
    assert_eq!(answer.ref_to.as_deref(), Some(message_id(1).as_str()));
    assert_eq!(answer.conversation.as_str(), "C1");
    assert_eq!(answer.to_party.as_ref().map(|p| p.as_str()), Some(PARTY));
    let event = world.events().await.pop().expect("an event");
    assert_eq!((event.outcome.as_str(), event.disclosed), ("AA OK", true));
    assert_eq!(event.operation, "QUPC_IN000006GB01");
    assert_eq!(
        event.decision.as_deref(),
        Some("an access; records: 1; told: 301")
    );
    assert!(event.related.contains(&answer.message));
    assert_eq!(world.accesses().await, 1);
    assert_eq!(world.notices().await, ["301 of 11"]);
    assert_eq!(records(&world, Direction::In).await[0].outcome, "AA OK");
    assert_eq!(records(&world, Direction::Out).await.len(), 1);
}

#[tokio::test]
async fn it_is_one_commit() {
    let world = World::with_a_plan().await;
    *world.store.written.lock().expect("no panic") = Some(Vec::new());
    world.send(query(&ask(1, 11))).await;
    let written = world.store.written.lock().expect("no panic").take();
    let [commit] = written.expect("kept").try_into().expect("one commit");
    let store::Commit {
        cpis,
        audit,
        outbox,
        messages,
        ..
    } = commit;
    assert_eq!((cpis.accesses.len(), cpis.notices.len()), (1, 1));
    assert_eq!((audit.len(), outbox.len(), messages.len()), (1, 1, 2));
    assert_eq!(cpis.accesses[0].query, query_id(1));
}

#[tokio::test]
async fn whatever_it_comes_to_is_a_message() {
    let world = World::new();
    world.send(query(&ask(1, 11))).await;
    world.pass(1);
    world.upload(plan("301", PlanType::LookedAfter)).await;
    world.send(query(&ask(2, 4))).await;
    world.pass(1);
    let broken = hl7(&ask(3, 11)).replace("code=\"R0050\"", "code=\"\"");
    let request = post(PATH, Interaction::CpisQuery, &message_id(3), &broken);
    acknowledged(&world.send(request).await, &message_id(3));
    world.pass(1);
    let broken = hl7(&ask(4, 11)).replace("<versionCode code", "<versionCode other");
    let request = post(PATH, Interaction::CpisQuery, &message_id(4), &broken);
    acknowledged(&world.send(request).await, &message_id(4));
    let answers = answers(&world).await;
    let said: Vec<String> = answers.iter().map(said).collect();
    assert_eq!(said, ["1 NHSNCC002", "GE002", "202", "202"]);
    assert!(answers.iter().all(|a| a.pattern == Pattern::Express));
    for answer in &answers {
        assert!(
            SECRETS
                .iter()
                .all(|secret| !answer.payload.contains(secret))
        );
    }
    let disclosed = world.events().await.iter().any(|event| event.disclosed);
    assert!(!disclosed);
    assert_eq!(world.accesses().await, 0);
}

#[tokio::test]
async fn a_repetition_is_acknowledged_again_and_answered_once() {
    let world = World::with_a_plan().await;
    let first = world.send(query(&ask(1, 11))).await;
    world.pass(2);
    let again = world.send(query(&ask(1, 11))).await;
    assert_eq!(first.body, again.body);
    assert_eq!(answers(&world).await.len(), 1);
    let event = world.events().await.pop().expect("an event");
    assert_eq!(
        (event.outcome.as_str(), event.disclosed),
        ("repeated", false)
    );
    let other = world.send(query(&ask(1, 12))).await;
    assert!(line(&other).starts_with("200 error Inconsistent: "));
    assert!(!world.events().await.pop().expect("an event").disclosed);
    assert_eq!(world.accesses().await, 1);
}

/// The HL7 id counts, whatever is around the message and whichever way it comes.
#[tokio::test]
async fn the_same_query_in_another_envelope_gets_the_same_answer() {
    let world = World::with_a_plan().await;
    world.send(query(&ask(1, 11))).await;
    let first = answers(&world).await.remove(0);
    world.pass(60 * 25);
    let envelope = post(
        PATH,
        Interaction::CpisQuery,
        &message_id(9),
        &hl7(&ask(1, 11)),
    );
    acknowledged(&world.send(envelope).await, &message_id(9));
    let all = answers(&world).await;
    let [again] = all.as_slice() else {
        panic!("the same message");
    };
    assert_eq!(again.message, first.message);
    assert_eq!(said(again), "found 11");
    let body = |answer: &mhs::Outgoing| {
        answer
            .payload
            .split_once("?>")
            .map(|p| p.1.trim().to_owned())
    };
    assert_eq!(body(again), body(&first));
    assert_eq!(again.ref_to.as_deref(), Some(message_id(9).as_str()));
    assert_eq!(world.accesses().await, 1);
    // And over SOAP.
    let told = world.ask(&ask(1, 11)).await;
    assert_eq!(told.event.as_ref().expect("an event").outcome, "repeated");
    assert_eq!(told.answer.expect("a record").id, query_id(1));
    assert!(told.body.contains(first.message.as_str()));
    // The other way round.
    world.ask(&ask(2, 12)).await;
    world.send(query(&ask(2, 12))).await;
    let said: Vec<String> = answers(&world).await.iter().map(said).collect();
    assert_eq!(said, ["found 11", "found 11 12"]);
    let changed = hl7(&ask(2, 13));
    let envelope = post(PATH, Interaction::CpisQuery, &message_id(8), &changed);
    world.pass(1);
    world.send(envelope).await;
    assert_eq!(
        self::said(answers(&world).await.last().expect("one")),
        "GE002"
    );
    assert_eq!(world.accesses().await, 2);
}

#[tokio::test]
async fn it_is_reliable_and_nothing_else() {
    let world = World::with_a_plan().await;
    let express = "/reliablemessaging/queryrequest";
    let request = post(
        express,
        Interaction::CpisQuery,
        &message_id(1),
        &hl7(&ask(1, 11)),
    );
    let line = line(&world.send(request).await);
    assert!(line.starts_with("200 error NotSupported: "), "{line}");
    let unknown = query(&ask(2, 11));
    let unknown = Request {
        peer: Peer::local(Some(certificate("lister.example"))),
        ..unknown
    };
    let line = crate::reliable::support::line(&world.send(unknown).await);
    assert!(line.starts_with("200 error SecurityFailure: "), "{line}");
    assert_eq!(world.accesses().await, 0);
}
