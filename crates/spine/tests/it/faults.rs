//! Failures on demand: what each does to the answer, to the store and to the audit.

use std::sync::Arc;
use std::time::Duration;

use domain::NhsNumber;
use jiff::SignedDuration;
use mhs::Outgoing;
use spine::faults::{FaultInjection, FaultPlan, FaultRule, HEADER};
use store::{OutboxEntry, Store};
use transport::{Ending, Environment, Handler, Headers, Peer, Request, Response};

use crate::requests::{Asked, asked, patient};
use crate::summaries::document_id;
use crate::world::{World, certificate, wait};

fn rule(patient: Option<NhsNumber>, fault: &str, percent: u8) -> FaultRule {
    FaultRule {
        patient,
        fault: fault.parse().expect("a fault"),
        percent,
    }
}

/// The usual world with a document, behind faults.
fn behind(rules: Vec<FaultRule>) -> (World, FaultInjection) {
    let world = World::new().with_documents(&[(&document_id(1), "20240101")]);
    let plan = FaultPlan::new(7, rules);
    let faulty = FaultInjection::new(plan, world.service());
    (world, faulty)
}

fn request(message: String, faults: Option<&str>) -> Request {
    let mut headers = Headers::default();
    if let Some(faults) = faults {
        assert!(headers.add(HEADER, faults));
    }
    let action = crate::requests::soap_action(&message).expect("an action");
    assert!(headers.add("SOAPAction", &action));
    Request {
        method: "POST".to_owned(),
        path: "/sync-service".to_owned(),
        query: String::new(),
        headers,
        body: message.into(),
        peer: Peer::local(Some(certificate("client.example"))),
    }
}

/// One line of an answer, whether it is whole and well formed, and how often the Spine was asked.
fn line(response: &Response) -> String {
    let body = &response.body;
    match response.ending {
        Ending::Dropped => return "dropped".to_owned(),
        Ending::CutAfter(bytes) => {
            assert!(bytes > 0 && bytes < body.len());
            return "cut".to_owned();
        }
        Ending::Whole => {}
    }
    if response.header("content-type") != Some("text/xml") {
        return response.status.to_string();
    }
    match xml::Document::parse(body) {
        Ok(document) => match hl7v3::SoapFault::read(&document) {
            Some(fault) => format!("{} retryable: {}", response.status, fault.is_retryable()),
            None => format!("{} whole", response.status),
        },
        Err(_) => format!("{} malformed", response.status),
    }
}

#[test]
fn each_fault_does_what_it_says() {
    for (fault, expected, asked_spine) in [
        (None, "200 whole", 1),
        (Some("delay=1ms"), "200 whole", 1),
        (Some("drop"), "dropped", 0),
        (Some("drop-answer"), "dropped", 1),
        (Some("soap-fault"), "500 retryable: true", 0),
        (Some("malformed"), "200 malformed", 1),
        (Some("truncate"), "cut", 1),
        (Some("status=503"), "503", 0),
        (Some("delay=1ms, status=502"), "502", 0),
        (Some("explode"), "400", 0),
        (Some("delay=1ms, explode"), "400", 0),
        (Some("reply-duplicate"), "200 whole", 1),
    ] {
        let (world, faulty) = behind(Vec::new());
        let response = wait_timed(faulty.handle(request(asked().whole_list(), fault)));
        assert_eq!(line(&response), expected, "{fault:?}");
        assert_eq!(world.events().len(), asked_spine, "{fault:?}");
    }
}

/// As `wait`, with a clock for pauses.
fn wait_timed<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn a_delay_is_as_long_as_it_says() {
    let (_world, faulty) = behind(vec![rule(None, "delay=30ms", 100)]);
    wait_timed(async {
        let started = tokio::time::Instant::now();
        faulty
            .handle(request(asked().whole_list(), Some("delay=20ms")))
            .await;
        assert!(started.elapsed() >= Duration::from_millis(50));
    });
}

#[test]
fn rules_are_about_one_patient_in_the_body_and_chance() {
    let (_world, faulty) = behind(vec![rule(Some(patient()), "status=503", 100)]);
    let elsewhere = NhsNumber::parse("9990000026").expect("valid");
    let send = |message: String| wait(faulty.handle(request(message, None))).status;
    assert_eq!(send(asked().whole_list()), 503);
    assert_eq!(send(asked().event(&document_id(1))), 503);
    assert_eq!(send(Asked::of(elsewhere).whole_list()), 200);
    let longer = Asked::of(elsewhere)
        .whole_list()
        .replace("9990000026", "19990000018");
    assert_ne!(
        send(longer),
        503,
        "a part of a longer number is no NHS number"
    );

    let (_world, faulty) = behind(vec![rule(None, "status=503", 50)]);
    let statuses: Vec<u16> = (0..40)
        .map(|_| wait(faulty.handle(request(asked().whole_list(), None))).status)
        .collect();
    let struck = statuses.iter().filter(|status| **status == 503).count();
    assert!((8..=32).contains(&struck), "{struck}");
    let (_world, again) = behind(vec![rule(None, "status=503", 50)]);
    let repeated: Vec<u16> = (0..40)
        .map(|_| wait(again.handle(request(asked().whole_list(), None))).status)
        .collect();
    assert_eq!(statuses, repeated, "the seed decides");
}

fn entry() -> OutboxEntry {
    let id = |text: &str| domain::MessageId::parse(text).expect("an id");
    let outgoing = Outgoing {
        message: id("FIRST"),
        conversation: id("C1"),
        service: "urn:nhs:names:services:psis".to_owned(),
        interaction: "MCCI_IN010000UK13".to_owned(),
        payload: "<a/>".to_owned(),
        pattern: mhs::Pattern::Reliable,
        to_party: None,
        ref_to: Some("asked".to_owned()),
    };
    let now = "2024-07-01T12:00:01Z".parse().expect("a time");
    outgoing.entry("spine", Some(patient()), now)
}

#[test]
fn asynchronous_answers_come_late_twice_or_at_the_second_try() {
    let env = Environment::simulated("2024-07-01T12:00:01Z".parse().expect("a time"), 7);
    let schedule = |rules: Vec<FaultRule>, header: Option<&str>, who: NhsNumber| {
        let http = request(asked().whole_list(), header);
        FaultPlan::new(7, rules).schedule(&http, Some(&who), entry(), &env)
    };
    let plain = entry();
    let as_it_is = std::slice::from_ref(&plain);
    assert_eq!(schedule(Vec::new(), None, patient()), as_it_is);
    assert_eq!(schedule(Vec::new(), Some("drop"), patient()), as_it_is);

    let late = schedule(Vec::new(), Some("reply-delay=2s"), patient());
    let two_seconds = SignedDuration::from_secs(2);
    let expected = OutboxEntry {
        next_try: plain.next_try + two_seconds,
        ..plain.clone()
    };
    assert_eq!(late, std::slice::from_ref(&expected));

    let lost = schedule(
        vec![rule(Some(patient()), "reply-lost=2s", 100)],
        None,
        patient(),
    );
    assert_eq!(
        lost,
        [OutboxEntry {
            tries: 1,
            ..expected
        }]
    );
    let elsewhere = NhsNumber::parse("9990000026").expect("valid");
    let not_theirs = schedule(
        vec![rule(Some(patient()), "reply-lost=2s", 100)],
        None,
        elsewhere,
    );
    assert_eq!(not_theirs, as_it_is);

    let twice = schedule(Vec::new(), Some("reply-duplicate"), patient());
    let [first, second] = twice.as_slice() else {
        panic!("two entries: {twice:?}");
    };
    assert_eq!(*first, plain);
    assert_ne!(second.id, first.id);
    let read = |entry: &OutboxEntry| -> Outgoing {
        serde_json::from_slice(&entry.payload).expect("an outgoing message")
    };
    assert_eq!(read(second).message.as_str(), second.id);
    assert_eq!(
        Outgoing {
            message: read(first).message,
            ..read(second)
        },
        read(first),
        "the same in all but its id"
    );
}

/// A request that a fault kept from the Spine can be sent again, and one whose answer was lost is
/// known again.
#[test]
fn what_was_lost_can_be_sent_again() {
    let (world, faulty) = behind(Vec::new());
    let setting = || asked().setting(hl7v3::acs::NewSetting::No);
    let send = |fault| wait(faulty.handle(request(setting(), fault)));
    assert_eq!(line(&send(Some("drop"))), "dropped");
    let version = |world: &World| {
        let record = wait(world.store.patient_record(patient(), None)).expect("a record");
        record.consent.map_or(0, |consent| consent.version)
    };
    assert_eq!(version(&world), 0);
    assert_eq!(line(&send(Some("drop-answer"))), "dropped");
    assert_eq!(version(&world), 1);
    assert_eq!(line(&send(None)), "200 whole");
    assert_eq!(version(&world), 1, "known again");
}

/// A plan says nothing of a patient when it is logged.
#[test]
fn rules_are_shown_without_their_patient() {
    let shown = rule(Some(patient()), "drop", 5).to_string();
    assert!(!shown.contains(patient().as_str()), "{shown}");
    let _: Arc<dyn Handler> = Arc::new(behind(Vec::new()).1);
}
