//! When the Spine or the store fails.

use std::sync::Arc;

use domain::code::psis as codes;
use hl7v3::SoapFault;
use hl7v3::wrapper::AcknowledgementKind::{Error, Reject};
use store::{MemoryStore, StoreError};

use super::*;
use crate::tests::failing_store::Failing;
use crate::tests::spine::{Reply, pointer, summary};
use crate::tests::world::OTHER_PATIENT;

const OTHER_DOCUMENT: &str = "0600CE57-C6F6-4C7F-E050-950AE0731200";
const DOWN: &str = "AR 502";
const FAILED: &str = "AE 500";

fn answering(reply: &Reply) -> World {
    named(World::with_spine(|spine| {
        spine.list = reply.clone();
        spine.document = reply.clone();
        spine.consent = reply.clone();
    }))
}

/// Whatever goes wrong with the Spine is told in the codes of the interface, and shows nothing.
#[tokio::test]
async fn failures_of_the_spine_have_codes() {
    let fault = |fault: SoapFault| Reply::Http(500, "text/xml", fault.write());
    for (reply, expected) in [
        (Reply::Timeout, DOWN),
        (Reply::Http(503, "text/plain", b"busy".to_vec()), DOWN),
        (fault(SoapFault::processing("later")), DOWN),
        (fault(SoapFault::not_supported()), FAILED),
        (Reply::TooLarge, FAILED),
        (Reply::Unrelated, FAILED),
        (Reply::Http(200, "text/xml", b"<a".to_vec()), FAILED),
        (Reply::Http(200, "text/xml", b"<a/>".to_vec()), FAILED),
        (Reply::Http(404, "text/plain", b"no".to_vec()), FAILED),
    ] {
        let world = with_standing(answering(&reply)).await;
        for message in [asking().list(), asking().document()] {
            let told = check(&message, &world).await;
            assert_eq!(
                told.line,
                format!("QUQI_IN010000UK14 {expected} ID"),
                "{reply:?}"
            );
            assert!(told.decision().contains("pine"), "{}", told.decision());
            assert_eq!(told.event.related.len(), 1, "what was sent is on record");
        }
        for message in [
            asking().consent(),
            asking().has(&[acs::ConsentFunction::View]),
        ] {
            let told = check(&message, &world).await;
            assert_eq!(
                told.line,
                format!("MCCI_IN010000UK13 {expected}"),
                "{reply:?}"
            );
        }
    }
}

/// A refusal of the Spine is passed on as it came: codes, texts, and form.
#[tokio::test]
async fn refusals_of_the_spine_are_passed_on() {
    let merged = || vec![codes::logical_inconsistency(), codes::merged()];
    for (reply, list, consent) in [
        (
            Reply::QueryFailed(merged(), Error),
            "QUQI_IN010000UK14 AE 410 30307 ID",
            "MCCI_IN010000UK13 AE 410 30307",
        ),
        (
            Reply::Acknowledged(vec![codes::unable_to_process()], Error),
            "MCCI_IN010000UK13 AE 5000",
            "MCCI_IN010000UK13 AE 5000",
        ),
        (
            Reply::QueryFailed(vec![codes::not_available()], Reject),
            "QUQI_IN010000UK14 AR 502 ID",
            "MCCI_IN010000UK13 AR 502",
        ),
        // Nobody says why: a failure, and no silence.
        (
            Reply::Acknowledged(Vec::new(), Error),
            "QUQI_IN010000UK14 AE 500 ID",
            "MCCI_IN010000UK13 AE 500",
        ),
    ] {
        let world = with_standing(answering(&reply)).await;
        for message in [asking().list(), asking().document()] {
            let told = check(&message, &world).await;
            assert_eq!(told.line, list);
            assert_eq!(told.event.outcome, "refused by the Spine");
        }
        assert_eq!(check(&asking().consent(), &world).await.line, consent);
    }
}

/// What is about another patient, or is another document, is not passed on.
#[tokio::test]
async fn only_the_right_answer_is_passed_on() {
    let foreign = summary(OTHER_PATIENT, DOCUMENT);
    let other = summary(patient().as_str(), OTHER_DOCUMENT);
    let failed = "QUQI_IN010000UK14 AE 500 ID";
    for reply in [
        // Filed under another patient.
        Reply::Document(id(OTHER_PATIENT), summary(patient().as_str(), DOCUMENT)),
        // About another patient, though filed under this one.
        Reply::Document(patient(), foreign.clone()),
        Reply::Document(patient(), other),
    ] {
        let world = with_standing(answering(&reply)).await;
        let told = check(&asking().document(), &world).await;
        assert_eq!(told.line, failed, "{reply:?}");
        assert_eq!(told.event.document, None);
    }
    let list = Reply::List(id(OTHER_PATIENT), vec![pointer(&foreign)]);
    let world = with_standing(answering(&list)).await;
    assert_eq!(check(&asking().list(), &world).await.line, failed);
    let consent = Reply::Consent(id(OTHER_PATIENT), domain::Consent::default());
    let world = answering(&consent);
    let told = check(&asking().consent(), &world).await;
    assert_eq!(told.line, "MCCI_IN010000UK13 AE 500");
}

/// Nothing leaves that is not on record.
#[tokio::test]
async fn what_cannot_be_recorded_is_withheld() {
    let fault = "System failure to process message - default";
    for error in [
        StoreError::Busy,
        StoreError::Full,
        StoreError::Closed,
        StoreError::Corrupt("page 77 of store.db".to_owned()),
    ] {
        let store = Arc::new(Failing::new(MemoryStore::new()));
        let mut world = world();
        world.store = store.clone();
        let world = with_standing(world).await;
        store.fail_commits(Some(error.clone()));
        let messages = [
            asking().list(),
            asking().document(),
            asking().consent(),
            officer().set(NewSetting::No),
        ];
        for message in &messages {
            let response = send(message, &world).await;
            let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
            assert_eq!(response.status, 500, "{body}");
            assert!(body.contains(fault) && !body.contains("page 77"), "{body}");
            assert!(!body.contains("General Practice Summary"));
        }
        let set = world.spine.asked();
        assert!(
            !set.contains(&Interaction::SetPermissions),
            "not claimed, not done"
        );
        store.fail_commits(None);
        store.fail_reads(Some(error));
        let told = check(&asking().document(), &world).await;
        assert_eq!(told.line, format!("fault 200 {fault}"));
        assert!(!told.body.contains("page 77"));
    }
}

/// Nobody is answered, and what was asked of the Spine is on record all the same.
#[tokio::test]
async fn a_request_that_is_given_up_is_on_record() {
    let world = named(World::with_spine(|spine| {
        spine.meet_at = Some(Interaction::DocumentQuery);
    }));
    let world = with_standing(world).await;
    let message = asking().document();
    let limit = std::time::Duration::from_millis(50);
    let sent = tokio::time::timeout(limit, send(&message, &world)).await;
    assert!(sent.is_err());
    let mut audit = Vec::new();
    for _ in 0..100 {
        audit = world.audit().await;
        if !audit.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let [record] = audit.try_into().expect("one event");
    assert_eq!(record.event.operation, "QUPC_IN160103UK05");
    assert_eq!(record.event.outcome, "given up");
    assert_eq!(record.event.patient, Some(patient()));
    assert_eq!(record.event.related.len(), 1);
    assert!(!record.event.disclosed);
}
