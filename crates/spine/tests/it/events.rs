//! The event generation of PSIS queries, and the confirmation query: what is stored decides, in
//! the order in which it arrived.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use domain::consent::ConsentSetting::{Ask, No, Yes};
use domain::record::DocumentState::{self, Normal, Replaced, Withdrawn};
use domain::relationship::{LegitimateRelationship, RelationshipSubject};
use domain::{Consent, MessageId, NhsNumber};
use hl7v3::psis::QueryAnswer;
use hl7v3::psis::event::{EventList, read_event_answer, read_event_list_answer};
use jiff::SignedDuration;
use store::{Commit, StateChange};

use crate::requests::*;
use crate::summaries::{cut_out, document_id, summary, summary_of};
use crate::world::{Answer, World, check};

const LIST: &str = "QUPC_IN200000UK04 AA OK";
const LIST_SM: &str = "QUPC_IN200000SM04 AA OK";
const EVENT: &str = "QUPC_IN210000UK04 AA OK";
const NO_CASE: &str = "QUQI_IN010000UK14 AE 210 30312 ID";
const DISSENT: &str = "QUQI_IN010000UK14 AE 420 30418 ID";
const UNKNOWN: &str = "QUQI_IN010000UK14 AE 410 30308 ID";

fn one() -> String {
    document_id(1)
}

fn known() -> World {
    World::new().with_documents(&[(&one(), "20240101")])
}

#[test]
fn what_is_stored_decides() {
    let overriding = Asked::overriding;
    let rows: Vec<(&str, World, String, &str)> = vec![
        ("a list", known(), asked().events(false), LIST),
        (
            "a list with consent",
            known(),
            asked().events(true),
            LIST_SM,
        ),
        ("an event", known(), asked().event(&one()), EVENT),
        (
            "an event in lower case",
            known(),
            asked().event(&one().to_lowercase()),
            EVENT,
        ),
        (
            "consent Yes",
            known().with_consent(Yes),
            asked().events(true),
            LIST_SM,
        ),
        (
            "consent Ask",
            known().with_consent(Ask),
            asked().event(&one()),
            EVENT,
        ),
        ("no case", World::new(), asked().events(true), NO_CASE),
        (
            "no case, event",
            World::new(),
            asked().event(&one()),
            NO_CASE,
        ),
        (
            "no case and dissent",
            World::new().with_consent(No),
            asked().events(false),
            NO_CASE,
        ),
        (
            "dissent",
            known().with_consent(No),
            asked().events(true),
            DISSENT,
        ),
        (
            "dissent, event",
            known().with_consent(No),
            asked().event(&one()),
            DISSENT,
        ),
        (
            "dissent hides what is not there",
            known().with_consent(No),
            asked().event(&document_id(9)),
            DISSENT,
        ),
        (
            "override 1",
            known().with_consent(No),
            overriding(1).events(true),
            LIST_SM,
        ),
        (
            "override 5, event",
            known().with_consent(No),
            overriding(5).event(&one()),
            EVENT,
        ),
        (
            "unknown event",
            known(),
            asked().event(&document_id(9)),
            UNKNOWN,
        ),
    ];
    for (name, world, request, expected) in rows {
        assert_eq!(check(request, &world).line, expected, "{name}");
    }
}

fn list_of(answer: &Answer) -> EventList {
    let document = xml::Document::parse(answer.body.as_bytes()).expect("well formed");
    match read_event_list_answer(&document) {
        Ok(QueryAnswer::Data(list)) => list,
        other => panic!("{other:?}"),
    }
}

fn change(world: &World, document: &str, to: DocumentState, by: &str) {
    world.commit(Commit {
        states: vec![StateChange {
            patient: patient(),
            document: id(document),
            to,
            by: Some(id(by)),
        }],
        ..Commit::default()
    });
}

/// Clients take the first event for the current summary, so an old document that arrives late is
/// first, whatever its effective time; at one instant the greater id is first.
#[test]
fn events_are_in_the_order_of_their_arrival_newest_first() {
    let world = World::new();
    for (document, effective) in [(2, "20240301"), (3, "20230101"), (1, "20240201")] {
        world.file(&summary(&document_id(document), effective));
        world.env.advance(SignedDuration::from_secs(1));
    }
    world.file(&summary(&document_id(5), "20220101"));
    world.file(&summary(&document_id(4), "20220101"));
    change(&world, &document_id(3), Withdrawn, &document_id(8));
    let ids = [5, 4, 1, 3, 2].map(|n| id(&document_id(n)));
    for sm in [false, true] {
        let list = list_of(&check(asked().events(sm), &world));
        let listed: Vec<_> = list.events.iter().map(|event| event.id.clone()).collect();
        assert_eq!(listed, ids);
        let states: Vec<_> = list.events.iter().map(|event| event.state).collect();
        let expected = [Replaced, Replaced, Replaced, Withdrawn, Normal].map(Some);
        assert_eq!(states, expected);
        let withdrawn: Vec<_> = list.events.iter().map(|e| e.withdrawn_by.clone()).collect();
        let by = Some(id(&document_id(8)));
        assert_eq!(withdrawn, [None, None, None, by, None]);
        assert_eq!(list.patient, Some(patient()));
        assert!(
            list.events
                .iter()
                .all(|event| event.kind_code == "196981000000101")
        );
    }
}

#[test]
fn only_the_sm_answer_tells_the_consent() {
    let mixed = Consent {
        view: Ask,
        store: No,
    };
    for consent in [Consent::both(Yes), Consent::both(Ask), mixed] {
        let world = known();
        world.set_consent(patient(), consent);
        let told = |sm| list_of(&check(asked().events(sm), &world)).consent;
        assert_eq!(told(true), Some(consent));
        assert_eq!(told(false), None);
    }
    let told = list_of(&check(asked().events(true), &known())).consent;
    assert_eq!(told, Some(Consent::both(Ask)), "nothing was ever recorded");
}

#[test]
fn an_event_comes_out_as_it_went_in() {
    let source = summary(&one(), "20240101").replace("<excerptFrom>", "<excerptFrom  a='1'\n>");
    let world = World::new();
    world.file(&source);
    let (_, stored) = cut_out(&source);
    let answer = check(asked().event(&one()), &world);
    let document = xml::Document::parse(answer.body.as_bytes()).expect("well formed");
    let retrieved = match read_event_answer(&document) {
        Ok(QueryAnswer::Data(retrieved)) => retrieved,
        other => panic!("{other:?}"),
    };
    assert_eq!(retrieved.document.source().as_bytes(), stored.bytes);
    assert_eq!(retrieved.patient, Some(patient()));
    assert_eq!(retrieved.listed.id, id(&one()));
    let event = answer.event.expect("an event");
    assert_eq!(event.document, Some(id(&one())));
}

/// What an override is for, in the sender's words, and whether it was needed.
#[test]
fn an_override_that_lets_data_through_is_on_audit() {
    let asked_with = "dissent override 1 (Access made in the public interest)";
    let shown = format!("{asked_with}: shown although the patient dissents");
    for request in [
        Asked::overriding(1).events(true),
        Asked::overriding(1).event(&one()),
        Asked::overriding(1).whole_list(),
        Asked::overriding(1).document(&one()),
    ] {
        let event = |world: World| check(request.clone(), &world).event.expect("an event");
        let needless = event(known());
        assert_eq!(needless.decision.as_deref(), Some(asked_with));
        let needed = event(known().with_consent(No));
        assert_eq!(needed.decision.as_deref(), Some(shown.as_str()));
        assert_eq!(needed.reason.as_deref(), Some("found unconscious"));
        assert!(needed.disclosed);
    }
}

/// A request as the simulator's users record it: prefixes mixed, no person behind it.
#[test]
fn the_published_request_is_answered() {
    let test = "the_published_request_is_answered";
    let file = "spine-scr/psis-query/QUPC_IN180000SM04_request_soap.xml";
    let Some(path) = testkit::vectors_or_skip(test, file) else {
        return;
    };
    let text = std::fs::read_to_string(path).expect("readable");
    let text = mutate(&text, "200000001162", CLIENT_ASID);
    let text = mutate(&text, "9F272C4D-90DB-4A5F-B9A9-C2CBD5A59390", REQUEST_ID);
    let text = mutate(&text, "192.168.0.24", FROM);
    let world = World::new();
    assert_eq!(check(text.clone(), &world).line, NO_CASE);
    world.file(&summary_of("9693196392", &one(), "20240101"));
    assert_eq!(check(text, &world).line, LIST_SM);
}

#[test]
fn relationships_are_confirmed() {
    const FOUND: &str = "QUPC_IN060000UK32 AA OK";
    const NONE: &str = "QUPC_IN060000UK32 AA NF";
    let world = World::new();
    for historic in [false, true] {
        assert_eq!(check(asked().relationship(historic), &world).line, NONE);
    }
    let relationship = |user: &str, role_profile: &str, id: &str| LegitimateRelationship {
        id: MessageId::parse(id).expect("an id"),
        kind: "08".to_owned(),
        patient: patient(),
        subject: RelationshipSubject::Person {
            user: domain::SdsUserId::parse(user).ok(),
            role_profile: domain::RoleProfileId::parse(role_profile).ok(),
        },
        reason: None,
        words: None,
        since: world.env.now(),
        message: MessageId::parse("M1").expect("an id"),
    };
    let other = relationship("100180579988", "999999999999", "LR-OTHER");
    let own = relationship("100180579988", author().role_profile.as_str(), "LR-OWN");
    world.commit(Commit {
        legitimate: vec![other],
        ..Commit::default()
    });
    assert_eq!(check(asked().relationship(false), &world).line, NONE);
    world.commit(Commit {
        legitimate: vec![own],
        ..Commit::default()
    });
    let answer = check(asked().relationship(true), &world);
    assert_eq!(answer.line, FOUND);
    assert!(answer.body.contains("LR-OWN") && !answer.body.contains("LR-OTHER"));
    let elsewhere = NhsNumber::parse("9990000026").expect("valid");
    assert_eq!(
        check(Asked::of(elsewhere).relationship(false), &world).line,
        NONE
    );
}
