//! The published trigger numbers, and the patients that demonstrations begin with.

use domain::NhsNumber;
use domain::cpis::PlanType;
use hl7v3::Interaction;
use hl7v3::cpis::query::write_bare;
use hl7v3::wrapper::Outgoing;
use spine::ScenarioPack;
use spine::cpis::{CpisConfig, seeds};

use super::messages;
use super::support::{Ask, START, Setup, World, ask, message_id, number, plan};
use crate::reliable::support::line;
use crate::requests::{CLIENT_ASID, SPINE_ASID, asid};

const TRIGGERS: [(&str, &str); 3] = [
    ("9444459993", "fault 101"),
    (
        "9346424613",
        "MCCI_IN010000UK13 GE002 Unexpected business error encountered.",
    ),
    ("9448904053", "QUQI_IN010000UK14 1 NHSNCC002"),
];

/// With a plan for every trigger, and the pack on or off.
async fn world(scenarios: Option<ScenarioPack>) -> World {
    let world = World::with(Setup {
        scenarios,
        ..Setup::default()
    });
    let signals = ["1111111111", "2222222222"];
    for patient in TRIGGERS.map(|(patient, _)| patient).iter().chain(&signals) {
        let mut plan = plan("301", PlanType::LookedAfter);
        plan.patient = number(patient);
        world.upload(plan).await;
    }
    world
}

#[tokio::test]
async fn each_trigger_has_its_answer() {
    let world = world(Some(ScenarioPack::published())).await;
    for (n, (patient, expected)) in (1..).zip(TRIGGERS) {
        assert_eq!(world.ask(&ask(n, 11).about(patient)).await.line, expected);
    }
    for (n, patient) in [(4, "1111111111"), (5, "2222222222")] {
        let told = world.ask(&ask(n, 11).about(patient)).await;
        assert_eq!(told.line, "11; 301 LAC", "these are for messages");
    }
    assert_eq!(world.notices().await.len(), 2);
}

#[tokio::test]
async fn without_the_pack_the_store_decides() {
    let world = world(None).await;
    for (n, (patient, _)) in (1..).zip(TRIGGERS) {
        let told = world.ask(&ask(n, 11).about(patient)).await;
        assert_eq!(told.line, "11; 301 LAC");
    }
    for (n, patient) in [(4, "1111111111"), (5, "2222222222")] {
        let expected = format!("202 acknowledgment of {}", message_id(n));
        assert_eq!(line(&sent(&world, n, patient).await), expected);
    }
}

async fn sent(world: &World, n: u32, patient: &str) -> transport::Response {
    let id = message_id(n);
    let out = Outgoing {
        id: &id,
        now: START.parse().expect("a time"),
        receiver: &asid(SPINE_ASID),
        sender: &asid(CLIENT_ASID),
    };
    let hl7 = write_bare(&out, None, &ask(n, 11).about(patient).query());
    let hl7 = String::from_utf8(hl7).expect("UTF-8");
    let path = "/reliablemessaging/reliablerequest";
    world
        .send(messages::post(path, Interaction::CpisQuery, &id, &hl7))
        .await
}

#[tokio::test]
async fn messages_have_two_more() {
    let world = world(Some(ScenarioPack::published())).await;
    let response = sent(&world, 1, "1111111111").await;
    assert_eq!((response.status, response.body.len()), (202, 0));
    let event = world.events().await.pop().expect("an event");
    assert_eq!(event.outcome, "no acknowledgment");
    assert!(!event.disclosed);
    let response = sent(&world, 2, "2222222222").await;
    let error = "An error occurred while finding the defined contract";
    assert_eq!(line(&response), format!("200 error 402005: {error}"));
    let response = sent(&world, 3, "9444459993").await;
    assert!(line(&response).starts_with("500 fault 101: "));
    assert_eq!(messages::answers(&world).await.len(), 0);
    let response = sent(&world, 4, "9448904053").await;
    assert!(line(&response).starts_with("202 acknowledgment"));
    let answers = messages::answers(&world).await;
    assert_eq!(answers[0].interaction, "QUQI_IN010000UK14");
    assert_eq!(world.notices().await, Vec::<String>::new());
}

#[tokio::test]
async fn seeds_are_found() {
    let world = World::with(Setup {
        config: CpisConfig {
            check_digit: domain::CheckDigit::Ignored,
            ..CpisConfig::default()
        },
        scenarios: Some(ScenarioPack::published()),
    });
    world
        .commit(seeds::published(world.env.now()).expect("seeds"))
        .await;
    let answer = world
        .ask(&ask(1, 11).about(seeds::CHILD))
        .await
        .answer
        .expect("a record");
    assert_eq!(answer.accesses.len(), 11);
    assert_eq!(answer.records[0].authority.code.as_str(), "RFX");
    let mother = Ask {
        patient: NhsNumber::parse_any(seeds::MOTHER).expect("ten digits"),
        ..ask(2, 11)
    };
    let answer = world.ask(&mother).await.answer.expect("a record");
    assert_eq!(answer.accesses.len(), 2);
    assert_eq!(answer.records[0].plans[0].kind, PlanType::Unborn);
}
