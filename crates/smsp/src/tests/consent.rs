//! getSCRConsent and setSCRConsent: the two operations of our own, against the Spine.

use domain::code::psis;
use domain::consent::{Consent, ConsentSetting};
use hl7v3::Interaction::{PermissionsQuery, SetPermissions};
use hl7v3::wrapper::AcknowledgementKind::Error;
use itk::scr::consent;

use super::outcomes::failures;
use super::spine::Reply;
use super::world::{
    OTHER_PATIENT, PROFILE, PROFILE_OFFICER, PROFILE_WITHOUT_RIGHTS, Query, World, altered, check,
    id, patient,
};
use crate::registry::AccessMethod;

const SETTINGS: [ConsentSetting; 3] =
    [ConsentSetting::Yes, ConsentSetting::No, ConsentSetting::Ask];

fn told(answer: &super::world::Answer) -> Option<Consent> {
    let document = xml::Document::parse(&answer.payload).expect("well-formed");
    let response = consent::get::Response::read(&document.root()).expect("an answer");
    response.consent
}

#[tokio::test]
async fn consent_is_told_as_it_is() {
    for (view, store) in [
        (ConsentSetting::Yes, ConsentSetting::Yes),
        (ConsentSetting::No, ConsentSetting::Ask),
        (ConsentSetting::Ask, ConsentSetting::No),
    ] {
        let consent = Consent { view, store };
        let world = World::with_spine(|spine| spine.consent = Reply::Consent(patient(), consent));
        // No right is needed beyond being known: getSCRStatus tells most of it.
        let query = Query::by(PROFILE_WITHOUT_RIGHTS);
        let answer = check(&query.consent_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "SMSP-0000");
        assert_eq!(told(&answer), Some(consent));
        assert_eq!(world.spine.asked(), [PermissionsQuery]);
        let audit = world.audit().await;
        assert_eq!(audit[0].event.operation, "getSCRConsent");
        assert!(audit[0].event.disclosed);
        assert_eq!(audit[0].event.patient, Some(patient()));
    }
    let no_record = vec![
        psis::success_with_warning(),
        psis::case_not_found(&patient()),
    ];
    let world = World::with_spine(|spine| spine.consent = Reply::QueryFailed(no_record, Error));
    let answer = check(&Query::new().consent_bytes(&world.env), &world).await;
    assert_eq!(told(&answer), Some(Consent::default()));
}

#[tokio::test]
async fn a_client_without_users_may_ask_and_not_set() {
    let nobody = || Query {
        user: None,
        ..Query::new()
    };
    for (access, get, set) in [
        (AccessMethod::Unattended, "SMSP-0000", "SMSP-0005"),
        (AccessMethod::Attended, "SMSP-0005", "SMSP-0005"),
    ] {
        let mut world = World::new();
        world.access = access;
        let answer = check(&nobody().consent_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, get);
        let request = nobody().set_consent_bytes(&world.env, ConsentSetting::No);
        assert_eq!(check(&request, &world).await.outcome, set);
        assert!(!world.spine.asked().contains(&SetPermissions));
    }
}

#[tokio::test]
async fn whoever_may_control_consent_sets_it() {
    for setting in SETTINGS {
        for (profile, expected) in [(PROFILE_OFFICER, "SMSP-0000"), (PROFILE, "SMSP-0005")] {
            let world = World::new();
            let request = Query::by(profile).set_consent_bytes(&world.env, setting);
            let answer = check(&request, &world).await;
            assert_eq!(answer.outcome, expected);
            let allowed = expected == "SMSP-0000";
            let set = Some((patient(), setting)).filter(|_| allowed);
            assert_eq!(world.spine.set(), set.into_iter().collect::<Vec<_>>());
            let audit = world.audit().await;
            // What is done in the Spine is on record before it is done.
            assert_eq!(audit.len(), if allowed { 2 } else { 1 });
            if allowed {
                let begun = &audit[0].event;
                assert_eq!((begun.outcome.as_str(), begun.disclosed), ("begun", false));
                assert_eq!(begun.patient, Some(patient()));
                assert_eq!(begun.related, audit[1].event.related);
            }
            let event = &audit[audit.len() - 1].event;
            assert_eq!(event.operation, "setSCRConsent");
            assert_eq!(event.outcome, expected);
            assert_eq!(event.patient, Some(patient()));
            assert_eq!(event.related.len(), usize::from(allowed));
            let says = format!("consent set to {setting:?}");
            let decision = event.decision.as_deref().unwrap_or_default();
            assert_eq!(decision.contains(&says), allowed, "{decision}");
        }
    }
}

#[tokio::test]
async fn every_failure_of_the_spine_has_its_code() {
    for (row, reply, expected) in failures() {
        let world = World::with_spine(|spine| spine.consent = reply.clone());
        let answer = check(&Query::new().consent_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected, "get {row}");
        assert!(!world.audit().await[0].event.disclosed, "{row}");

        // A query's own refusal does not answer a message that is no query.
        if matches!(reply, Reply::QueryFailed(..)) {
            continue;
        }
        let world = World::with_spine(|spine| spine.set = reply);
        let request = Query::by(PROFILE_OFFICER).set_consent_bytes(&world.env, ConsentSetting::No);
        let answer = check(&request, &world).await;
        assert_eq!(answer.outcome, expected, "set {row}");
    }
    let other = Reply::Consent(id(OTHER_PATIENT), Consent::default());
    let world = World::with_spine(|spine| spine.consent = other);
    let answer = check(&Query::new().consent_bytes(&world.env), &world).await;
    assert_eq!(answer.outcome, "SMSP-0002");
}

#[tokio::test]
async fn what_is_wrong_in_the_payload_is_told() {
    let world = World::new();
    let request = Query::by(PROFILE_OFFICER).set_consent_bytes(&world.env, ConsentSetting::No);
    for (row, from, to, expected) in [
        ("check digit", "9990000018", "9990000019", "SMSP-0001"),
        (
            "a setting there is not",
            "setting=\"No\"",
            "setting=\"Never\"",
            "fault 1000",
        ),
        ("no setting", "<consent setting=\"No\"/>", "", "fault 1000"),
    ] {
        let world = World::new();
        let answer = check(&altered(&request, from, to), &world).await;
        assert_eq!(answer.outcome, expected, "{row}");
        assert!(world.spine.asked().is_empty(), "{row}");
    }
}
