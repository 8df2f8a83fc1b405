//! Consent read, tested and set through the provider.

use domain::Consent;
use domain::code::psis as codes;
use domain::consent::ConsentSetting::{self, Ask, No, Yes};
use hl7v3::Interaction::{PermissionsQuery, SetPermissions};
use hl7v3::acs::ConsentFunction::{self, Store as ToStore, View};
use hl7v3::acs::PermissionsOutcome;
use hl7v3::wrapper::AcknowledgementKind;
use jiff::SignedDuration;

use super::*;
use crate::tests::spine::Reply;
use crate::tests::world::{OTHER_PATIENT, PROFILE};

const DONE: &str = "MCCI_IN010000UK13 AA";
const KNOWN: &str = "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK";
const PERMITTED: &str = "HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK";

fn keeping(view: ConsentSetting, store: ConsentSetting) -> World {
    let consent = Consent { view, store };
    named(World::with_spine(|spine| {
        spine.consent = Reply::Consent(patient(), consent);
    }))
}

fn consent_in(told: &Told) -> Consent {
    let document = xml::Document::parse(told.body.as_bytes()).expect("well formed");
    let outcome = match acs::read_answer(&document) {
        Ok(outcome) => outcome,
        Err(_) => acs::read_has_answer(&document).expect("readable"),
    };
    let PermissionsOutcome::Known {
        patient: of,
        consent,
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(of, Some(patient()));
    consent
}

#[tokio::test]
async fn consent_is_told_as_the_spine_keeps_it() {
    for (view, store) in [(Yes, Yes), (No, No), (Ask, Ask), (No, Ask), (Ask, Yes)] {
        let world = keeping(view, store);
        let told = check(&asking().consent(), &world).await;
        assert_eq!(told.line, KNOWN);
        assert_eq!(consent_in(&told), Consent { view, store });
        assert_eq!(world.spine.asked(), [PermissionsQuery]);
        assert_eq!(told.event.operation, "GET_RESOURCE_PERMISSIONS_INUK01");
        assert_eq!(told.event.patient, Some(patient()));
    }
}

#[tokio::test]
async fn what_is_asked_after_is_answered() {
    let all: [(&[ConsentFunction], Consent); 3] = [
        (&[View, ToStore], Consent::both(No)),
        (
            &[View],
            Consent {
                view: No,
                store: Ask,
            },
        ),
        (
            &[ToStore],
            Consent {
                view: Ask,
                store: No,
            },
        ),
    ];
    for (functions, expected) in all {
        let world = keeping(No, No);
        let told = check(&asking().has(functions), &world).await;
        assert_eq!(told.line, PERMITTED);
        assert_eq!(consent_in(&told), expected);
    }
}

#[tokio::test]
async fn a_patient_without_a_record_has_the_default() {
    let no_record = vec![
        codes::success_with_warning(),
        codes::case_not_found(&patient()),
    ];
    let world = named(World::with_spine(|spine| {
        spine.consent = Reply::QueryFailed(no_record, AcknowledgementKind::Error);
    }));
    let told = check(&asking().consent(), &world).await;
    assert_eq!(told.line, KNOWN);
    assert_eq!(consent_in(&told), Consent::default());
}

#[tokio::test]
async fn consent_is_set_in_the_spine() {
    for setting in NewSetting::ALL {
        let world = world();
        let told = check(&officer().set(setting), &world).await;
        assert_eq!(told.line, DONE);
        assert!(told.body.contains("<setResourcePermissionsResponse>"));
        assert_eq!(world.spine.set(), [(patient(), setting.setting())]);
        assert_eq!(told.event.operation, "SET_RESOURCE_PERMISSIONS_INUK01");
        assert_eq!(told.event.outcome, "AA");
        assert!(!told.event.disclosed);
        let decision = format!("consent set to {}", setting.code());
        assert_eq!(told.decision(), decision);
        let asked = world.spine.messages_of(SetPermissions);
        assert!(
            !asked.contains(&format!("uuid:{MESSAGE}")),
            "an id of our own"
        );
    }
}

/// A client that got no answer sends its message again: the Spine is told once.
#[tokio::test]
async fn a_repeated_message_is_done_once() {
    let world = world();
    let message = officer().set(NewSetting::No);
    assert_eq!(check(&message, &world).await.line, DONE);
    let rewritten = mutated(&message, "20260302090000", "20260302090500");
    for again in [&message, &rewritten] {
        let told = check(again, &world).await;
        assert_eq!(told.line, DONE);
        assert!(
            told.decision().contains("a repetition"),
            "{}",
            told.decision()
        );
    }
    assert_eq!(world.spine.asked(), [SetPermissions]);
    // It is remembered for so long; then the id is free again.
    world.env.advance(SignedDuration::from_hours(1));
    assert_eq!(check(&message, &world).await.line, DONE);
    assert_eq!(world.spine.set().len(), 2);
}

#[tokio::test]
async fn an_id_is_used_for_one_message() {
    let world = world();
    let message = officer().set(NewSetting::No);
    assert_eq!(check(&message, &world).await.line, DONE);
    for other in [
        officer().set(NewSetting::Clear),
        mutated(&message, patient().as_str(), OTHER_PATIENT),
    ] {
        let told = check(&other, &world).await;
        assert_eq!(told.line, "MCCI_IN010000UK13 AE 401");
    }
    // Two ids of one message each count: one that was used in another place is used.
    let bare = mutated(
        &message,
        &format!("<id root=\"{MESSAGE}\"/>"),
        "<id root=\"5E7A0000-0000-4000-8000-000000000009\"/>",
    );
    let response = send(&bare, &world).await;
    let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
    assert!(body.contains("code=\"401\""), "{body}");
    assert_eq!(world.spine.set(), [(patient(), No)]);
    assert_eq!(
        check(&officer().numbered(1).set(NewSetting::Clear), &world)
            .await
            .line,
        DONE
    );
    assert_eq!(world.spine.set().len(), 2);
}

/// The Spine's answer is lost: the same message again is finished with the same message to the
/// Spine, which takes it once.
#[tokio::test]
async fn a_message_that_was_begun_is_finished() {
    let mut world = named(World::with_spine(|spine| spine.set = Reply::Timeout));
    let message = officer().set(NewSetting::No);
    let told = check(&message, &world).await;
    assert_eq!(told.line, "MCCI_IN010000UK13 AR 502");
    let begun = world.spine.messages_of(SetPermissions);
    world = world.asking(|_| {});
    let told = check(&message, &world).await;
    assert_eq!(told.line, DONE);
    assert!(
        told.decision().contains("taken up again"),
        "{}",
        told.decision()
    );
    assert_eq!(
        world.spine.messages_of(SetPermissions),
        begun,
        "the same message"
    );
}

/// Two tries of the same message at the same moment: one message to the Spine, both answered.
#[tokio::test]
async fn the_same_message_twice_at_once_is_done_once() {
    let world = named(World::with_spine(|spine| {
        spine.meet_at = Some(SetPermissions)
    }));
    let message = officer().set(NewSetting::No);
    let (one, other) = tokio::join!(send(&message, &world), send(&message, &world));
    for response in [one, other] {
        assert_eq!(response.status, 200);
        let document = xml::Document::parse(&response.body).expect("well formed");
        assert_eq!(acs::read_set_answer(&document), Ok(acs::SetOutcome::Done));
    }
    assert_eq!(world.spine.messages_of(SetPermissions).len(), 1);
    assert_eq!(world.spine.set(), [(patient(), No)]);
    let audit = world.audit().await;
    let outcomes: Vec<_> = audit.iter().map(|r| r.event.outcome.as_str()).collect();
    assert_eq!(outcomes, ["begun", "AA", "AA"], "each is on record");
}

/// What the Spine refuses is not remembered: it may be mended.
#[tokio::test]
async fn the_spines_refusal_is_passed_on_and_may_be_tried_again() {
    let refusal = vec![codes::invalid_request(), codes::nhs_number_invalid()];
    let mut world = named(World::with_spine(|spine| {
        spine.set = Reply::Acknowledged(refusal, AcknowledgementKind::Error);
    }));
    let message = officer().set(NewSetting::Clear);
    let told = check(&message, &world).await;
    assert_eq!(told.line, "MCCI_IN010000UK13 AE 400 35160");
    assert!(told.body.contains("[PSIS-35160]"));
    assert_eq!(told.event.outcome, "refused by the Spine");
    assert!(told.decision().contains("400 35160"), "{}", told.decision());
    world = world.asking(|_| {});
    assert_eq!(check(&message, &world).await.line, DONE);
}

/// Who may view and not set consent learns so before anything is claimed.
#[tokio::test]
async fn a_refused_setting_leaves_its_id_free() {
    let world = world();
    let viewer = Sent {
        profile: PROFILE,
        ..asking()
    };
    let told = check(&viewer.set(NewSetting::No), &world).await;
    assert_eq!(told.line, "MCCI_IN010000UK13 AE 420 420");
    assert_eq!(
        check(&officer().set(NewSetting::No), &world).await.line,
        DONE
    );
}
