//! A local authority asks for its notices, over SOAP or in a message.

use domain::Hl7Timestamp;
use domain::cpis::{LocalId, PlanType};
use ebxml::MessageHeader;
use hl7v3::RequestParts;
use hl7v3::cpis::file::{access_notice, inactive_notice};
use hl7v3::cpis::pull::{self, Notices, Pull, Pulled};
use hl7v3::wrapper::Outgoing;
use jiff::SignedDuration;
use mhs::Pattern;
use spine::cpis::CpisConfig;
use store::{CpisChanges, Told};

use super::messages::{answers, request};
use super::support::{
    AUTHORITY_ASID, CHILD, OTHER, SECRETS, START, Setup, World, ask, code, inactive, message,
    message_id, number, plan, post, query_id,
};
use crate::requests::{CLIENT_ASID, SPINE_ASID, asid};

use domain::CheckDigit::Required;

fn pull(authority: &str, low: &str, high: &str) -> Pull {
    let time = |text| Hl7Timestamp::parse(text).expect("a time");
    Pull {
        id: message_id(1),
        authority: code(authority),
        name: Some("Example Council".to_owned()),
        low: time(low),
        high: time(high),
    }
}

/// All day.
fn all_day(authority: &str) -> Pull {
    pull(authority, "20260701", "20260701")
}

fn soap(notices: Notices, pull: &Pull, sender: &str) -> String {
    let parts = RequestParts {
        id: &message_id(1),
        now: START.parse().expect("a time"),
        to: "https://spine.example/sync-service",
        from: "",
        receiver: &asid(SPINE_ASID),
        sender: &asid(sender),
        author: None,
    };
    String::from_utf8(pull::write_request(&parts, notices, pull)).expect("UTF-8")
}

/// What the authority 301 gets: `1: AAA 11:00 (L-1); 2: ...` by file, or why it gets nothing.
async fn pulled(world: &World, notices: Notices, pull: &Pull) -> String {
    let soap = soap(notices, pull, AUTHORITY_ASID);
    let response = world.send(post(&soap, "authority.example")).await;
    assert_eq!(response.status, 200);
    said(&response.body, notices)
}

fn said(body: &[u8], notices: Notices) -> String {
    let document = xml::Document::parse(body).expect("well formed");
    match pull::read_answer(&document, notices).expect("an answer") {
        Pulled::Notice(payload) => match notices {
            Notices::Accesses => accesses(payload),
            Notices::InactiveNumbers => numbers(payload),
        },
        Pulled::Nothing => "nothing".to_owned(),
        Pulled::Refused(refusal) => refusal.issues[0].text.clone(),
        Pulled::Fault(fault) => fault.to_string(),
    }
}

fn accesses(payload: xml::Element<'_, '_>) -> String {
    testkit::xsd::assert_valid_cpis("REPC_MT000004GB01", payload.source().as_bytes());
    let notice = access_notice::read(payload, Required).expect("a notice");
    assert_eq!(notice.recipient.code, code("301"));
    let files = notice.accesses.iter().map(|access| {
        let queries = access.queries.iter().map(|query| {
            let local = query.local_id.as_ref().map_or("-", |local| &local.id);
            let time = query.at.as_str().get(8..12).unwrap_or_default();
            format!("{} {time} {local}", &query.id[query.id.len() - 2..])
        });
        format!(
            "{}: {}",
            access.file,
            queries.collect::<Vec<_>>().join(", ")
        )
    });
    files.collect::<Vec<_>>().join("; ")
}

fn numbers(payload: xml::Element<'_, '_>) -> String {
    testkit::xsd::assert_valid_cpis("REPC_MT000005GB01", payload.source().as_bytes());
    let notice = inactive_notice::read(payload, Required).expect("a notice");
    assert_eq!(notice.recipient.code, code("301"));
    let all = notice.patients.iter().map(|patient| {
        let by: Vec<&str> = patient.replaced_by.iter().map(|n| n.as_str()).collect();
        format!(
            "{} by {} of {}",
            patient.number.as_str(),
            by.join(" "),
            patient.file
        )
    });
    all.collect::<Vec<_>>().join("; ")
}

/// Three accesses to records of 301 from two files, at 11:00, 11:10 and 11:20 UTC; the second
/// child is another's as well.
async fn looked_at() -> World {
    let world = World::new();
    let mut first = plan("301", PlanType::LookedAfter);
    first.subject.local_id = Some(LocalId {
        id: "L-1".to_owned(),
        assigned_by: Some("301:Authority 301".to_owned()),
    });
    first.file = "1".to_owned();
    world.upload(first).await;
    for authority in ["301", "302"] {
        let mut other = plan(authority, PlanType::ChildProtection);
        other.patient = number(OTHER);
        other.file = "2".to_owned();
        world.upload(other).await;
    }
    world.ask(&ask(1, 11)).await;
    world.pass(10);
    world.ask(&ask(2, 11).about(OTHER)).await;
    world.pass(10);
    world.ask(&ask(3, 12)).await;
    world
}

#[tokio::test]
async fn accesses_of_a_period_by_file() {
    use Notices::Accesses;
    let world = looked_at().await;
    assert_eq!(
        pulled(&world, Accesses, &all_day("301")).await,
        "1: 01 1100 L-1, 03 1120 L-1; 2: 02 1110 -"
    );
    let event = world.events().await.pop().expect("an event");
    assert_eq!(event.operation, "ACCESS_TO_SERVICE");
    assert_eq!((event.outcome.as_str(), event.disclosed), ("AA OK", true));
    assert_eq!(event.decision.as_deref(), Some("notices: 3"));
    assert_eq!(event.organisation, Some(code("301")));
    // Both ends count. Without a zone it is UK time.
    for (low, high, expected) in [
        ("20260701121000", "20260701121000", "2: 02 1110 -"),
        ("202607011210", "202607011219", "2: 02 1110 -"),
        (
            "20260701111000+0000",
            "20260701112000+0000",
            "2: 02 1110 -; 1: 03 1120 L-1",
        ),
        ("20260701121001", "20260701121959", "nothing"),
        ("20260702", "20260703", "nothing"),
    ] {
        let pull = pull("301", low, high);
        assert_eq!(
            pulled(&world, Accesses, &pull).await,
            expected,
            "{low} {high}"
        );
    }
    let event = world.events().await.pop().expect("an event");
    assert_eq!((event.outcome.as_str(), event.disclosed), ("AA NF", false));
}

/// Those that have gone to its mailbox are given again.
#[tokio::test]
async fn what_was_told_is_told_again() {
    let world = looked_at().await;
    let told = Told::Access {
        authority: code("301"),
        query: query_id(1),
        at: world.env.now(),
    };
    let cpis = CpisChanges {
        told: vec![told],
        ..CpisChanges::default()
    };
    world.commit(cpis).await;
    let said = pulled(&world, Notices::Accesses, &all_day("301")).await;
    assert_eq!(said, "1: 01 1100 L-1, 03 1120 L-1; 2: 02 1110 -");
}

#[tokio::test]
async fn numbers_out_of_use() {
    use Notices::InactiveNumbers;
    let world = World::new();
    assert_eq!(
        pulled(&world, InactiveNumbers, &all_day("301")).await,
        "nothing"
    );
    let at = world.env.now();
    let mut replaced = inactive(OTHER, at + SignedDuration::from_mins(1));
    replaced.replaced_by = Some(number(CHILD));
    let mut of_another = inactive(CHILD, at);
    of_another.authority = code("302");
    let cpis = CpisChanges {
        inactive: vec![inactive(CHILD, at), replaced, of_another],
        ..CpisChanges::default()
    };
    world.commit(cpis).await;
    assert_eq!(
        pulled(&world, InactiveNumbers, &all_day("301")).await,
        format!("{CHILD} by  of file of 301; {OTHER} by {CHILD} of file of 301")
    );
    let first = pull("301", "20260701110000+0000", "20260701110000+0000");
    let said = pulled(&world, InactiveNumbers, &first).await;
    assert_eq!(said, format!("{CHILD} by  of file of 301"));
}

#[tokio::test]
async fn an_authority_gets_its_own_only() {
    let world = looked_at().await;
    for notices in Notices::ALL {
        let refused = "not authorised";
        assert_eq!(pulled(&world, notices, &all_day("302")).await, refused);
        let event = world.events().await.pop().expect("an event");
        assert_eq!(
            (event.outcome.as_str(), event.disclosed),
            ("AE GE002", false)
        );
        // A hospital is none.
        let soap = soap(notices, &all_day("301"), CLIENT_ASID);
        let response = world.send(post(&soap, "client.example")).await;
        assert_eq!(said(&response.body, notices), refused);
        let body = String::from_utf8_lossy(&response.body).into_owned();
        assert!(SECRETS.iter().all(|secret| !body.contains(secret)));
    }
}

#[tokio::test]
async fn too_many_are_refused_and_not_cut_off() {
    let world = World::with(Setup {
        config: CpisConfig {
            most_notices: 2,
            ..CpisConfig::default()
        },
        ..Setup::default()
    });
    world.upload(plan("301", PlanType::LookedAfter)).await;
    for n in 1..=3 {
        world.ask(&ask(n, 10 + n)).await;
        world.pass(1);
    }
    let said = pulled(&world, Notices::Accesses, &all_day("301")).await;
    assert_eq!(said, "too many notices: ask for a shorter period");
    let two = pull("301", "202607011200", "202607011201");
    let said = pulled(&world, Notices::Accesses, &two).await;
    assert_eq!(said, "file of 301: 01 1100 -, 02 1101 -");
}

#[tokio::test]
async fn a_broken_request_is_told_why() {
    let world = looked_at().await;
    let good = soap(Notices::Accesses, &all_day("301"), AUTHORITY_ASID);
    for (from, to, expected) in [
        (
            "low=\"20260701\"",
            "low=\"\"",
            "HL7 Validation Error: Access Time Low missing",
        ),
        (
            "low=\"20260701\"",
            "low=\"tomorrow\"",
            "HL7 Validation Error: Access Time Low invalid",
        ),
        (
            "low=\"20260701\"",
            "low=\"20260702\"",
            "HL7 Validation Error: Access Time High invalid",
        ),
        (
            "<LocalAuthority id=\"301\"",
            "<LocalAuthority",
            "HL7 Validation Error: Local Authority ID missing",
        ),
    ] {
        assert!(good.contains(from), "{good}");
        let response = world
            .send(post(&good.replace(from, to), "authority.example"))
            .await;
        assert_eq!(said(&response.body, Notices::Accesses), expected);
    }
}

/// In a message without reliability, the answer comes in another one.
#[tokio::test]
async fn in_a_message() {
    let world = looked_at().await;
    let out = Outgoing {
        id: &message_id(1),
        now: START.parse().expect("a time"),
        receiver: &asid(SPINE_ASID),
        sender: &asid(AUTHORITY_ASID),
    };
    for (number, notices) in (1..).zip(Notices::ALL) {
        for authority in ["301", "302"] {
            let hl7 = pull::write_bare(&out, notices, &all_day(authority));
            let header = MessageHeader {
                from_party: "301-000001".parse().expect("a party key"),
                to_party: "YES-0000806".parse().expect("a party key"),
                cpa_id: "S1".to_owned(),
                conversation: "C1".to_owned(),
                service: "urn:nhs:names:services:cpisquery".to_owned(),
                action: notices.request().id().to_owned(),
                message_id: message(&message_id(number)),
                timestamp: START.parse().expect("a time"),
                ref_to: None,
                duplicate_elimination: false,
                ack_requested: None,
                sync_reply: true,
            };
            let hl7 = String::from_utf8(hl7).expect("UTF-8");
            let path = "/reliablemessaging/queryrequest";
            let request = request(path, &header, &hl7, "authority.example");
            let response = world.send(request).await;
            assert_eq!((response.status, response.body.len()), (202, 0));
            world.pass(1);
        }
    }
    let answers = answers(&world).await;
    let read = answers.iter().zip([0, 0, 1, 1]).map(|(answer, which)| {
        assert_eq!(answer.pattern, Pattern::Express);
        assert_eq!(answer.service, "urn:nhs:names:services:cpisquery");
        let said = said(answer.payload.as_bytes(), Notices::ALL[which]);
        format!("{} {said}", answer.interaction)
    });
    assert_eq!(
        read.collect::<Vec<_>>(),
        [
            "REPC_IN000004GB01 1: 01 1100 L-1, 03 1120 L-1; 2: 02 1110 -",
            "MCCI_IN010000UK13 not authorised",
            "REPC_IN000005GB01 nothing",
            "MCCI_IN010000UK13 not authorised",
        ]
    );
}
