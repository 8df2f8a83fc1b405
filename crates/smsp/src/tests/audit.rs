//! What is written down of a request.

use super::spine::{DOCUMENT, Reply};
use super::world::{PROFILE, Query, USER, World, check, id, patient};

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
