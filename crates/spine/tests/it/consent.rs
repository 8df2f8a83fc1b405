//! Consent as it is set, asked after, and kept to.

use std::sync::atomic::Ordering;

use domain::consent::ConsentSetting::{self, Ask, No, Yes};
use domain::{Consent, MessageId, NhsNumber};
use hl7v3::acs::{self, ConsentFunction, NewSetting, PermissionsOutcome};
use jiff::SignedDuration;
use store::{Commit, ConsentChange, ConsentRecord, Precondition, Store};

use crate::requests::*;
use crate::stubborn_store::DAMAGE;
use crate::summaries::document_id;
use crate::world::{Answer, World, check, wait};

const DONE: &str = "MCCI_IN010000UK13 AA";
const LISTED: &str = "QUPC_IN160102UK05 AA OK";
const DISSENT: &str = "QUQI_IN010000UK14 AE 420 30418 ID";

fn world() -> World {
    World::new().with_documents(&[(&document_id(1), "20240101")])
}

/// A message of another id.
fn numbered(message: &str, number: usize) -> String {
    mutate(message, REQUEST_ID, &message_id(number))
}

fn message_id(number: usize) -> String {
    format!("5E7A0000-0000-4000-8000-{number:012}")
}

fn kept(world: &World) -> Vec<ConsentRecord> {
    wait(world.store.inner.consent_history(patient())).expect("readable")
}

fn settings(world: &World) -> Vec<ConsentSetting> {
    let all = kept(world);
    assert!(
        all.iter()
            .all(|r| r.consent == Consent::both(r.consent.view))
    );
    all.into_iter().map(|record| record.consent.view).collect()
}

fn told(answer: &Answer) -> Consent {
    let document = xml::Document::parse(answer.body.as_bytes()).expect("well formed");
    let outcome = match acs::read_answer(&document) {
        Ok(outcome) => outcome,
        Err(_) => acs::read_has_answer(&document).expect("readable"),
    };
    match outcome {
        PermissionsOutcome::Known {
            patient: of,
            consent,
        } => {
            assert_eq!(of, Some(patient()));
            consent
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn dissent_closes_the_record_and_clearing_opens_it_again() {
    let world = world();
    let asks = |message: String| check(message, &world).line;
    let document = || asked().document(&document_id(1));
    assert_eq!(asks(asked().whole_list()), LISTED);

    assert_eq!(asks(asked().setting(NewSetting::No)), DONE);
    assert_eq!(asks(asked().whole_list()), DISSENT);
    assert_eq!(asks(document()), DISSENT);
    assert_eq!(
        asks(Asked::overriding(1).whole_list()),
        LISTED,
        "and is audited as such"
    );
    assert_eq!(
        told(&check(asked().permissions(None), &world)),
        Consent::both(No)
    );

    let clear = numbered(&asked().setting(NewSetting::Clear), 1);
    assert_eq!(world.send(&clear.into()).status, 200);
    assert_eq!(asks(asked().whole_list()), LISTED);
    assert_eq!(asks(document()), "QUPC_IN160104UK05 AA OK");
    assert_eq!(
        told(&check(asked().permissions(None), &world)),
        Consent::default()
    );

    let yes = numbered(&asked().setting(NewSetting::Yes), 2);
    assert_eq!(world.send(&yes.into()).status, 200);
    assert_eq!(asks(asked().whole_list()), LISTED);
    assert_eq!(
        told(&check(asked().permissions(None), &world)),
        Consent::both(Yes)
    );
    assert_eq!(
        settings(&world),
        [No, Ask, Yes],
        "every consent there ever was"
    );
}

/// Whichever of the two a message names, both are set.
#[test]
fn both_settings_change_together() {
    for (named, other) in [("View", "Store"), ("Store", "View")] {
        let world = World::new();
        let both = asked().setting(NewSetting::No);
        let mark = format!("<crs:code>{other}</crs:code>");
        let end = "</crs:accessControlAssertion>";
        let one: String = both
            .split_inclusive(end)
            .map(|part| match part.contains(&mark) {
                true => &part[..part.find("<crs:accessControlAssertion>").expect("a start")],
                false => part,
            })
            .collect();
        assert!(one.contains(&format!("<crs:code>{named}</crs:code>")) && !one.contains(&mark));
        assert_eq!(check(one, &world).line, DONE);
        assert_eq!(settings(&world), [No]);
    }
}

#[test]
fn what_is_asked_after_is_answered() {
    use ConsentFunction::{Store, View};
    let consent = |view, store| Consent { view, store };
    for (set, functions, expected) in [
        (None, &[View, Store][..], consent(Ask, Ask)),
        (Some(No), &[View, Store], consent(No, No)),
        (Some(Yes), &[View, Store], consent(Yes, Yes)),
        (Some(No), &[View], consent(No, Ask)),
        (Some(No), &[Store], consent(Ask, No)),
    ] {
        let world = World::new();
        if let Some(setting) = set {
            world.set_consent(patient(), Consent::both(setting));
        }
        let answer = check(asked().has(functions), &world);
        assert_eq!(
            answer.line,
            "HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK"
        );
        assert_eq!(told(&answer), expected);
    }
}

/// The patient's other data play no part: consent can be set before there is a record.
#[test]
fn a_patient_without_a_record_can_dissent() {
    let world = World::new();
    assert_eq!(check(asked().setting(NewSetting::No), &world).line, DONE);
    assert_eq!(
        check(asked().whole_list(), &world).line,
        "QUQI_IN010000UK14 AE 210 30312 ID"
    );
    let other = NhsNumber::parse("9449310580").expect("valid");
    let message = numbered(&Asked::of(other).permissions(None), 1);
    let response = world.send(&message.into());
    let document = xml::Document::parse(&response.body).expect("well formed");
    let known = PermissionsOutcome::Known {
        patient: Some(other),
        consent: Consent::default(),
    };
    assert_eq!(
        acs::read_answer(&document),
        Ok(known),
        "nobody else's changed"
    );
}

#[test]
fn every_refusal_has_its_codes_and_changes_nothing() {
    let world = World::new();
    let valid = asked().setting(NewSetting::No);
    let refused = |codes: &str| format!("MCCI_IN010000UK13 AE {codes}");
    for (from, to, expected) in [
        ("extension=\"9990000018\"", "extension=\"9990000000\"", refused("400 35160")),
        ("<crs:Id>9990000018<", "<crs:Id>9449310580<", refused("400 400")),
        (">SCR<", ">GPES<", refused("400 400")),
        (">No<", ">Ask<", refused("400 400")),
        (">No<", "><", refused("400 400")),
        (
            "crs:accessControlAssertion>",
            "crs:assertion>",
            refused("400 400"),
        ),
        (
            "crs:setResourcePermissionsRequest",
            "crs:other",
            refused("400 400"),
        ),
        (
            "services:lrs/SET",
            "services:lrsquery/SET",
            "fault 101 The service/interaction is not supported for the requested URI (HTTP Header - SOAPAction)".to_owned(),
        ),
    ] {
        let answer = check(mutate(&valid, from, to), &world);
        assert_eq!(answer.line, expected, "{from}");
    }
    let has = asked().has(&[ConsentFunction::View]);
    let wrong_number = mutate(&has, "extension=\"9990000018\"", "extension=\"9990000000\"");
    let answer = check(wrong_number, &world);
    assert_eq!(answer.line, refused("400"));
    assert!(answer.body.contains("35506-Invalid input message."));
    let wrong_accessor = mutate(&has, "<crs:type>Everyone<", "<crs:type>Anyone<");
    assert_eq!(check(wrong_accessor, &world).line, refused("400 400"));
    assert_eq!(kept(&world), []);
}

#[test]
fn a_setting_leaves_its_event() {
    let world = World::new();
    let event = check(asked().setting(NewSetting::No), &world)
        .event
        .expect("an event");
    assert_eq!(event.operation, "SET_RESOURCE_PERMISSIONS_INUK01");
    assert_eq!(event.outcome, "AA");
    assert_eq!(event.patient, Some(patient()));
    assert_eq!(event.user, Some(author().user));
    assert_eq!(
        event.decision.as_deref(),
        Some("consent set to No; before, view Ask and store Ask")
    );
    let [record] = kept(&world).try_into().expect("one consent");
    assert_eq!(record.version, 1);
    assert_eq!(record.changed_at, world.env.now());
    assert_eq!(Some(record.message), event.message);
}

/// A sender that got no answer sends again, and gets the first answer, byte for byte.
#[test]
fn a_repeated_message_is_taken_once() {
    let world = world();
    let message = asked().setting(NewSetting::No);
    let first = check(message.clone(), &world);
    assert_eq!(first.line, DONE);
    // Meanwhile the patient has changed their mind; a late repetition must not undo that.
    let clear = numbered(&asked().setting(NewSetting::Clear), 1);
    world.send(&clear.into());
    world.env.advance(SignedDuration::from_hours(5 * 24 - 1));
    let rewritten = mutate(&message, "20240701130000", "20240701130500");
    for again in [message.clone(), rewritten] {
        let again = check(again, &world);
        assert_eq!(again.body, first.body);
        let decision = again.event.and_then(|event| event.decision);
        assert_eq!(
            decision.as_deref(),
            Some("a repetition: the first answer again")
        );
    }
    assert_eq!(settings(&world), [No, Ask]);
    assert_eq!(check(asked().whole_list(), &world).line, LISTED);
    // Nobody tries for so long; the id is free again.
    world.env.advance(SignedDuration::from_hours(1));
    assert_eq!(check(message, &world).line, DONE);
    assert_eq!(settings(&world), [No, Ask, No]);
}

/// An id that was used for something else is refused, however little the difference.
#[test]
fn an_id_is_used_for_one_message() {
    let world = World::new();
    let message = asked().setting(NewSetting::No);
    assert_eq!(check(message.clone(), &world).line, DONE);
    let other = Asked {
        author: false,
        ..asked()
    };
    for changed in [
        asked().setting(NewSetting::Clear),
        mutate(&message, "9990000018", "9449310580"),
        mutate(&message, "100180579988", "100180579999"),
        other.setting(NewSetting::No),
    ] {
        assert_eq!(check(changed, &world).line, "MCCI_IN010000UK13 AE 401");
    }
    assert_eq!(settings(&world), [No]);
    // The id of a question is another's business.
    let question = asked().permissions(None);
    assert_eq!(told(&check(question, &world)), Consent::both(No));
}

/// Somebody else sets the consent between the reading and the writing.
#[test]
fn a_setting_that_was_overtaken_is_decided_anew() {
    let world = World::new();
    let other = Commit {
        consents: vec![ConsentChange {
            patient: patient(),
            consent: Consent::both(Yes),
            at: world.env.now(),
            message: MessageId::parse("other").expect("an id"),
            author: None,
        }],
        ..Commit::default()
    };
    *world.store.slips_in.lock().expect("no panic") = Some(other);
    let answer = check(asked().setting(NewSetting::No), &world);
    assert_eq!(answer.line, DONE);
    assert_eq!(
        answer.event.and_then(|event| event.decision).as_deref(),
        Some("consent set to No; before, view Yes and store Yes")
    );
    assert_eq!(settings(&world), [Yes, No]);
}

#[test]
fn many_at_once_are_all_taken_one_after_the_other() {
    const AT_ONCE: usize = 16;
    let world = World::new();
    world.store.dawdles.store(true, Ordering::Relaxed);
    std::thread::scope(|scope| {
        for number in 0..AT_ONCE {
            let setting = NewSetting::ALL[number % 3];
            let message = numbered(&asked().setting(setting), number);
            let world = &world;
            scope.spawn(move || {
                let response = world.send(&message.into());
                assert_eq!(response.status, 200, "{number}");
            });
        }
    });
    let all = kept(&world);
    let versions: Vec<u64> = all.iter().map(|record| record.version).collect();
    assert_eq!(versions, (1..=AT_ONCE as u64).collect::<Vec<_>>());
    let mut messages: Vec<_> = all.into_iter().map(|record| record.message).collect();
    messages.sort();
    let expected: Vec<_> = (0..AT_ONCE)
        .map(|number| MessageId::parse(&message_id(number)).expect("an id"))
        .collect();
    assert_eq!(messages, expected, "each once");
    assert_eq!(world.events().len(), AT_ONCE);
}

/// The same message from many sides at once is taken once, and all get the same answer.
#[test]
fn the_same_message_many_times_at_once_is_taken_once() {
    let world = World::new();
    world.store.dawdles.store(true, Ordering::Relaxed);
    let bodies: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| world.send(&asked().setting(NewSetting::No).into()).body))
            .collect();
        senders
            .into_iter()
            .map(|sender| sender.join().expect("no panic"))
            .collect()
    });
    assert_eq!(settings(&world), [No]);
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(world.events().len(), 8, "each is on record");
}

#[test]
fn what_cannot_be_written_is_not_done() {
    let world = World::new();
    let message = asked().setting(NewSetting::No);
    let failure = "fault 200 System failure to process message - default (Not Supported)";
    world.store.refuses_commits.store(true, Ordering::Relaxed);
    let answer = check(message.clone(), &world);
    assert_eq!(answer.line, failure);
    world.store.refuses_commits.store(false, Ordering::Relaxed);
    assert_eq!(kept(&world), []);
    world.store.refuses_reads.store(true, Ordering::Relaxed);
    let answer = check(message.clone(), &world);
    assert_eq!(answer.line, failure);
    assert!(!answer.body.contains(DAMAGE));
    world.store.refuses_reads.store(false, Ordering::Relaxed);
    assert_eq!(
        check(message, &world).line,
        DONE,
        "the same message, sent again"
    );
}

/// A store on which others are always faster: in the end the sender is told to come again.
#[test]
fn endless_contention_ends() {
    let world = World::new();
    world.store.always_overtaken.store(true, Ordering::Relaxed);
    let answer = check(asked().setting(NewSetting::No), &world);
    assert_eq!(
        answer.line,
        "fault 200 System failure to process message - default (Not Supported)"
    );
    let decision = answer.event.and_then(|event| event.decision).expect("why");
    let rule = Precondition::ConsentVersion {
        patient: patient(),
        version: 0,
    };
    assert!(decision.contains(&rule.to_string()), "{decision}");
    assert_eq!(kept(&world), []);
}
