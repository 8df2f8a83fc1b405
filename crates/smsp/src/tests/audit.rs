//! What is written down of a request.

use domain::consent::ConsentSetting;
use hl7v3::Interaction::{DocumentQuery, SetPermissions};
use transport::Handler;

use super::spine::{DOCUMENT, Reply};
use super::world::{PROFILE, PROFILE_OFFICER, Query, USER, World, check, id, patient, request};

#[tokio::test]
async fn a_disclosure_is_audited_in_full() {
    let world = World::new();
    let request = Query::emergency().bytes(&world.env);
    check(&request, &world).await;
    let audit = world.audit().await;
    assert_eq!(audit.len(), 1);
    let event = &audit[0].event;
    assert_eq!(event.role, "smsp");
    assert_eq!(event.operation, "querySCR");
    assert_eq!(event.outcome, "SMSP-0000");
    assert!(event.disclosed);
    assert_eq!(event.at, world.env.now());
    assert_eq!(event.patient, Some(patient()));
    assert_eq!(event.user, Some(id(USER)));
    // The profile that was used, though the request named none.
    assert_eq!(event.role_profile, Some(id(PROFILE)));
    assert_eq!(event.job_role, Some(id("S8000:G8000:R8000")));
    assert_eq!(event.organisation, Some(id("RKE")));
    assert_eq!(event.system.as_deref(), Some("ward system"));
    assert_eq!(event.asid, Some(id("200000000115")));
    assert_eq!(event.certificate.as_deref().map(str::len), Some(64));
    assert_eq!(event.document, Some(id(DOCUMENT)));
    assert_eq!(event.reason.as_deref(), Some("unconscious"));
    assert_eq!(event.related.len(), 2);
    assert!(
        event
            .decision
            .as_deref()
            .is_some_and(|d| d.contains("Emergency")),
        "{event:?}"
    );
    let text = String::from_utf8(request).expect("UTF-8");
    let sent =
        |id: &Option<domain::MessageId>| id.as_ref().is_some_and(|id| text.contains(id.as_str()));
    assert!(sent(&event.message) && sent(&event.tracking));
}

#[tokio::test]
async fn a_failed_exchange_leaves_its_message_id() {
    let world = World::with_spine(|spine| spine.document = Reply::Timeout);
    check(&Query::new().bytes(&world.env), &world).await;
    let audit = world.audit().await;
    assert_eq!(audit[0].event.related.len(), 2);
    assert!(!audit[0].event.disclosed);
    assert_eq!(audit[0].event.document, None);
}

/// The caller hangs up, or the listener has waited long enough: nobody is answered, and what was
/// done until then is on record all the same.
#[tokio::test]
async fn a_request_that_is_given_up_is_on_record() {
    for (interaction, message, expected) in [
        (
            DocumentQuery,
            Query::emergency().bytes(&World::new().env),
            &[("querySCR", "given up")][..],
        ),
        (
            SetPermissions,
            Query::by(PROFILE_OFFICER).set_consent_bytes(&World::new().env, ConsentSetting::No),
            &[("setSCRConsent", "begun"), ("setSCRConsent", "given up")],
        ),
    ] {
        // The Spine waits for another message of the kind, which does not come.
        let world = World::with_spine(|spine| spine.meet_at = Some(interaction));
        let service = world.service();
        let handled = service.handle(request(&message, &world));
        let limit = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(limit, handled).await.is_err());
        let mut audit = Vec::new();
        for _ in 0..100 {
            audit = world.audit().await;
            if audit.len() == expected.len() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let said: Vec<_> = audit
            .iter()
            .map(|r| (r.event.operation.as_str(), r.event.outcome.as_str()))
            .collect();
        assert_eq!(said, expected);
        for record in audit {
            let event = record.event;
            assert_eq!(event.patient, Some(patient()));
            assert_eq!(event.user, Some(id(USER)));
            assert!(!event.related.is_empty());
            assert!(!event.disclosed && event.document.is_none());
        }
        // Nobody was shown anything, so nobody is told of it.
        assert!(
            world
                .store
                .outbox(store::OutboxFilter {
                    limit: 1,
                    ..Default::default()
                })
                .await
                .expect("read")
                .is_empty()
        );
    }
}

#[tokio::test]
async fn decisions_hold_no_patient_data() {
    for reply in [Reply::Normal, Reply::Timeout, Reply::Unrelated] {
        let world = World::with_spine(|spine| spine.list = reply);
        check(&Query::new().bytes(&world.env), &world).await;
        let decision = world.audit().await[0]
            .event
            .decision
            .clone()
            .unwrap_or_default();
        assert!(!decision.is_empty());
        assert!(!decision.contains(super::world::PATIENT), "{decision}");
    }
}
