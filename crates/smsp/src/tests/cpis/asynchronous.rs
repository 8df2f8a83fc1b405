//! CP-IS asked by message: the query goes through the outbox, and its answer comes to the receiving
//! end.

use std::time::Duration;

use domain::CheckDigit;
use domain::code::cpis::ResponseCode::{self, *};
use hl7v3::cpis::query::{self, Query};
use hl7v3::wrapper::AcknowledgementKind::{Accept, Error};
use mhs::Inbound;
use store::{Direction, MessageRecord, OutboxEntry, OutboxFilter};
use transport::Handler;

use super::spine::{Reply, to_bare, written};
use super::world::{Ask, Cpis, code, found};
use crate::CpisUpstream;
use crate::tests::answers::{Brought, inbound, records};
use crate::tests::world::{Answer, PATIENT, id, patient, read};

const SERVICE: &str = "urn:nhs:names:services:cpisquery";
const ANSWER: &str = "0A4F2FC8-806A-4EE9-A23F-B6900A7756F2";
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);

async fn outbox(cpis: &Cpis) -> Vec<OutboxEntry> {
    let filter = OutboxFilter {
        limit: 10,
        ..OutboxFilter::default()
    };
    cpis.world.store.outbox(filter).await.expect("an outbox")
}

/// Waits until a query is in the outbox; its entry, its id and what it asks.
async fn sent(cpis: &Cpis) -> (OutboxEntry, String, Query) {
    let entry = loop {
        match outbox(cpis).await.pop() {
            Some(entry) => break entry,
            None => tokio::task::yield_now().await,
        }
    };
    let text = String::from_utf8(entry.payload.clone()).expect("UTF-8");
    let outgoing: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(outgoing["service"], SERVICE);
    assert_eq!(outgoing["interaction"], "QUPC_IN000006GB01");
    let payload = outgoing["payload"].as_str().expect("a payload");
    let document = xml::Document::parse(payload.as_bytes()).expect("well-formed");
    let request = hl7v3::bare::read(document.root()).expect("a request");
    assert_eq!(request.sender, id("200000000115"));
    assert_eq!(request.transmission.id.as_str(), entry.id);
    let query = query::read_request(&request, CheckDigit::Required).expect("a query");
    (entry.clone(), entry.id, query)
}

/// Brings an answer to the message of this id; the receiving end's own answer.
async fn bring(cpis: &Cpis, inbound: &Inbound, answers: (&str, &str), payload: Vec<u8>) -> String {
    bring_as(cpis, inbound, ANSWER, answers, payload).await
}

/// The same under this id.
async fn bring_as(
    cpis: &Cpis,
    inbound: &Inbound,
    id: &str,
    (to, action): (&str, &str),
    payload: Vec<u8>,
) -> String {
    let payload = String::from_utf8(payload).expect("UTF-8");
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let payload = payload.trim_start_matches(declaration).trim_start();
    let brought = Brought {
        id,
        to,
        service: SERVICE,
        action,
    };
    let response = inbound.handle(brought.request(payload, &cpis.world)).await;
    String::from_utf8_lossy(&response.body).into_owned()
}

/// Asks, and answers so.
async fn exchange(cpis: &Cpis, ask: &Ask, action: &str, reply: Reply) -> Answer {
    let inbound = inbound(&cpis.world);
    let service = cpis.service_over(CpisUpstream::Async {
        answers: inbound.correlation(),
        within: LONG,
    });
    let message = ask.bytes(&cpis.world.env);
    let answered = async {
        let (_, id, query) = sent(cpis).await;
        assert_eq!(query, ask.query);
        let payload = match reply {
            Reply::Body(text) => text.into_bytes(),
            reply => written(&cpis.world.env, &reply, &query, &to_bare(&id)),
        };
        bring(cpis, &inbound, (&id, action), payload).await
    };
    let (response, taken) = tokio::join!(service.handle(cpis.request(&message)), answered);
    assert!(taken.contains("Acknowledgment"), "{taken}");
    read(&response)
}

async fn record(cpis: &Cpis, direction: Direction) -> MessageRecord {
    let mut all = records(&cpis.world, direction).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test]
async fn every_answer_has_its_code() {
    let wrong = "<REPC_IN000007GB01 xmlns=\"urn:hl7-org:v3\"><id root=\"A\"/></REPC_IN000007GB01>";
    let of_another =
        "<MCCI_IN010000UK13 xmlns=\"urn:hl7-org:v3\"><id root=\"A\"/></MCCI_IN010000UK13>";
    let rows: [(&str, Reply, ResponseCode); 6] = [
        ("REPC_IN000007GB01", Reply::Held, Success),
        ("QUQI_IN010000UK14", Reply::NoRecord, NoRecord),
        (
            "MCCI_IN010000UK13",
            Reply::Acknowledged(Error),
            SpineService,
        ),
        (
            "MCCI_IN010000UK13",
            Reply::Acknowledged(Accept),
            SpineService,
        ),
        (
            "MCCI_IN010000UK13",
            Reply::Body(of_another.to_owned()),
            SpineService,
        ),
        (
            "REPC_IN000007GB01",
            Reply::Body(wrong.to_owned()),
            ResponseValidation,
        ),
    ];
    for (action, reply, expected) in rows {
        for by_system in [false, true] {
            let cpis = Cpis::new();
            let env = &cpis.world.env;
            let ask = match by_system {
                true => Ask::by_system(env),
                false => Ask::new(env),
            };
            let answer = exchange(&cpis, &ask, action, reply.clone()).await;
            assert_eq!(
                code(&answer),
                expected,
                "{action}: {}",
                cpis.decision().await
            );
            if expected == Success {
                assert_eq!(found(&answer).id, ask.query.id);
            }
            // Of what came nothing is kept but that it came.
            let came = record(&cpis, Direction::In).await;
            assert_eq!((came.interaction.as_str(), came.body), (action, None));
        }
    }
}

#[tokio::test]
async fn it_is_on_audit_before_it_can_leave() {
    let cpis = Cpis::new();
    let ask = Ask::new(&cpis.world.env);
    exchange(&cpis, &ask, "REPC_IN000007GB01", Reply::Held).await;
    let audit = cpis.world.audit().await;
    let said: Vec<_> = audit
        .iter()
        .map(|r| {
            (
                r.event.role.as_str(),
                r.event.outcome.as_str(),
                r.event.disclosed,
            )
        })
        .collect();
    let expected = [
        ("smsp", "begun", false),
        ("mhs", "found", false),
        ("smsp", "SMSP-0000", true),
    ];
    assert_eq!(said, expected);
    let went = record(&cpis, Direction::Out).await;
    for event in [&audit[0].event, &audit[2].event] {
        assert_eq!(event.related, std::slice::from_ref(&went.message));
        assert_eq!(event.patient, Some(patient()));
    }
    // What it says is in the outbox alone, until it has gone.
    assert_eq!(went.body, None);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_not_waited_for() {
    let cpis = Cpis::new();
    let inbound = inbound(&cpis.world);
    let service = cpis.service_over(CpisUpstream::Async {
        answers: inbound.correlation(),
        within: SHORT,
    });
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    let late = async { sent(&cpis).await };
    let (response, (entry, id, query)) = tokio::join!(service.handle(cpis.request(&message)), late);
    assert_eq!(code(&read(&response)), NoSpine);
    // It would not have been sent after that either, and now it is taken back.
    assert!(entry.expires.is_some());
    assert!(outbox(&cpis).await.is_empty());
    let went = record(&cpis, Direction::Out).await;
    assert_eq!(went.outcome, "given up");
    // What comes later all the same is refused, and not kept.
    let payload = written(&cpis.world.env, &Reply::Held, &query, &to_bare(&id));
    let taken = bring(&cpis, &inbound, (&id, "REPC_IN000007GB01"), payload).await;
    assert!(taken.contains("nobody waits"), "{taken}");
    assert!(records(&cpis.world, Direction::In).await.is_empty());
}

#[tokio::test]
async fn a_repetition_is_another_message_with_the_same_query() {
    let cpis = Cpis::new();
    let inbound = inbound(&cpis.world);
    let service = cpis.service_over(CpisUpstream::Async {
        answers: inbound.correlation(),
        within: SHORT,
    });
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    let mut asked = Vec::new();
    for _ in 0..2 {
        let (response, (_, id, query)) =
            tokio::join!(service.handle(cpis.request(&message)), sent(&cpis));
        assert_eq!(code(&read(&response)), NoSpine);
        asked.push((id, query));
    }
    assert_ne!(asked[0].0, asked[1].0);
    assert_eq!(asked[0].1, asked[1].1);
}

/// A repetition of an answered query is asked again, and of its answer nothing is kept either.
#[tokio::test]
async fn nothing_is_kept_of_a_repeated_answer() {
    let cpis = Cpis::new();
    let inbound = inbound(&cpis.world);
    let service = cpis.service_over(CpisUpstream::Async {
        answers: inbound.correlation(),
        within: LONG,
    });
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    for answer_id in [ANSWER, "0A4F2FC8-806A-4EE9-A23F-B6900A7756F3"] {
        let answered = async {
            let (entry, id, query) = sent(&cpis).await;
            let payload = written(&cpis.world.env, &Reply::Held, &query, &to_bare(&id));
            let done = store::Commit {
                outbox_done: vec![entry.id],
                ..store::Commit::default()
            };
            cpis.world.store.commit(done).await.expect("sent");
            bring_as(
                &cpis,
                &inbound,
                answer_id,
                (&id, "REPC_IN000007GB01"),
                payload,
            )
            .await
        };
        let (response, _) = tokio::join!(service.handle(cpis.request(&message)), answered);
        assert_eq!(code(&read(&response)), Success);
    }
    assert!(cpis.decision().await.contains("a repetition"));
    let came = records(&cpis.world, Direction::In).await;
    assert_eq!(came.len(), 2);
    assert!(came.iter().all(|record| record.body.is_none()));
}

/// The client hangs up: its query is taken back, and an answer that has come is not kept.
#[tokio::test]
async fn a_query_whose_client_has_gone_is_taken_back() {
    for answered in [false, true] {
        let cpis = Cpis::new();
        let inbound = inbound(&cpis.world);
        let service = cpis.service_over(CpisUpstream::Async {
            // Nobody is woken here, so that an answer is found late.
            answers: crate::tests::answers::inbound(&cpis.world).correlation(),
            within: LONG,
        });
        let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
        let handled = service.handle(cpis.request(&message));
        let meanwhile = async {
            let (_, id, query) = sent(&cpis).await;
            if answered {
                let payload = written(&cpis.world.env, &Reply::Held, &query, &to_bare(&id));
                bring(&cpis, &inbound, (&id, "REPC_IN000007GB01"), payload).await;
            }
        };
        let both = async { tokio::join!(handled, meanwhile) };
        assert!(tokio::time::timeout(SHORT, both).await.is_err());
        for _ in 0..1000 {
            let came = records(&cpis.world, Direction::In).await;
            let is_kept = came.iter().any(|record| record.body.is_some());
            if !is_kept && record(&cpis, Direction::Out).await.outcome == "given up" {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(outbox(&cpis).await.is_empty());
        assert_eq!(record(&cpis, Direction::Out).await.outcome, "given up");
        let came = records(&cpis.world, Direction::In).await;
        assert_eq!(came.len(), usize::from(answered));
        assert!(came.iter().all(|record| record.body.is_none()));
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_kept_does_not_leave() {
    let mut cpis = Cpis::new();
    cpis.world.store = super::codes::broken_store();
    let inbound = inbound(&cpis.world);
    let service = cpis.service_over(CpisUpstream::Async {
        answers: inbound.correlation(),
        within: LONG,
    });
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    let response = service.handle(cpis.request(&message)).await;
    assert_eq!(read(&response).outcome, "SMSP-9999");
}

#[tokio::test]
async fn only_answers_to_queries_are_taken() {
    for (action, reply, said) in [
        (
            "REPC_IN000007GB01",
            Reply::NoRecord,
            "not the interaction inside",
        ),
        ("QUPC_IN160102UK05", Reply::Held, "only the answers"),
    ] {
        let cpis = Cpis::new();
        let inbound = inbound(&cpis.world);
        let service = cpis.service_over(CpisUpstream::Async {
            answers: inbound.correlation(),
            within: SHORT,
        });
        let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
        let answered = async {
            let (_, id, query) = sent(&cpis).await;
            let payload = written(&cpis.world.env, &reply, &query, &to_bare(&id));
            bring(&cpis, &inbound, (&id, action), payload).await
        };
        let (response, taken) = tokio::join!(service.handle(cpis.request(&message)), answered);
        assert!(taken.contains(said), "{taken}");
        assert_eq!(code(&read(&response)), NoSpine);
    }
}

#[tokio::test]
async fn nothing_of_a_child_is_logged() {
    testkit::logged::listen();
    let cpis = Cpis::new();
    let ask = Ask::new(&cpis.world.env);
    exchange(&cpis, &ask, "REPC_IN000007GB01", Reply::Held).await;
    let log = testkit::logged::logged();
    assert!(log.contains("CP-ISNHSQuery"), "{log}");
    for secret in [
        PATIENT,
        "999 000",
        "Tessa",
        "O'Example",
        "Council",
        "Author",
    ] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
