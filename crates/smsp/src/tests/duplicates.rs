//! Messages that come twice: one set of effects, and the first answer again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::consent::{Consent, ConsentSetting};
use domain::record::DocumentState;
use hl7v3::Interaction::{DocumentListQuery, DocumentQuery, SetPermissions};
use itk::scr::query_scr_activity::ReportType;
use jiff::SignedDuration;
use store::{MemoryStore, Store};

use super::failing_store::{Failing, each};
use super::spine::{DOCUMENT, Reply, pointer, summary};
use super::world::{
    Answer, COLLEAGUE, PATIENT, PROFILE, PROFILE_OFFICER, PROFILE_VIEW_ONLY, Query, USER, World,
    altered, check, id, patient, read, request,
};

const NEWER: &str = "0600CE57-C6F6-4C7F-E050-950AE0739999";
const SPARE_ID: &str = "AAAAAAAA-0000-4000-8000-000000000001";

/// The text between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).expect("the start").1;
    rest.split_once(end).expect("the end").0
}

fn text(message: &[u8]) -> &str {
    std::str::from_utf8(message).expect("UTF-8")
}

fn message_id(message: &[u8]) -> &str {
    between(text(message), "<wsa:MessageID>", "<")
}

fn tracking_id(message: &[u8]) -> &str {
    between(text(message), "trackingid=\"", "\"")
}

/// What was recorded beside the audit: permissions, access lines, alerts.
async fn effects(world: &World) -> (usize, u64, usize) {
    let holder = domain::permission::CareProfessional {
        user: id(USER),
        role_profile: id(PROFILE),
        organisation: id("RKE"),
    };
    let standing = world.store.standing(patient(), holder, world.env.now());
    let permissions = standing.await.expect("a standing").permissions.len();
    let filter = store::AccessFilter {
        organisation: id("RKE"),
        from: jiff::Timestamp::MIN,
        to: jiff::Timestamp::MAX,
        patient: None,
        user: None,
        limit: 10,
    };
    let accesses = world.store.accesses(filter).await.expect("accesses");
    let outbox = world
        .store
        .outbox(store::OutboxFilter {
            limit: 10,
            ..Default::default()
        })
        .await
        .expect("an outbox");
    (permissions, accesses.matching, outbox.len())
}

/// The same answer but for the ids that every answer has of its own.
fn same(first: &Answer, again: &Answer) {
    let payload = |answer: &Answer| {
        let payload = text(&answer.payload).to_owned();
        let id = between(&payload, "<id root=\"", "\"").to_owned();
        payload.replacen(&id, "", 1)
    };
    assert_eq!(
        (&first.outcome, &first.document),
        (&again.outcome, &again.document)
    );
    assert_eq!(payload(first), payload(again));
}

#[tokio::test]
async fn the_first_answer_again_and_nothing_twice() {
    let world = World::new();
    for (row, message) in each(&world) {
        let first = check(&message, &world).await;
        assert_eq!(first.outcome, "SMSP-0000", "{row}");
        let recorded = effects(&world).await;
        let audited = world.audit().await.len();
        world.env.advance(SignedDuration::from_secs(9));
        // Sent again as it was, and under a MessageID of its own, as a client's library may do.
        let renewed = altered(&message, message_id(&message), &world.env.uuid());
        for again in [&message, &renewed, &renewed] {
            let answer = check(again, &world).await;
            same(&first, &answer);
            assert_eq!(effects(&world).await, recorded, "{row}");
            let audit = world.audit().await;
            let event = &audit.last().expect("an event").event;
            assert!(
                event
                    .decision
                    .as_deref()
                    .is_some_and(|d| d.contains("repetition")),
                "{row}"
            );
            assert_eq!(event.outcome, "SMSP-0000", "{row}");
            assert_eq!(event.operation, row);
        }
        assert_eq!(world.audit().await.len(), audited + 3, "{row}");
    }
    let set = world
        .spine
        .asked()
        .into_iter()
        .filter(|i| *i == SetPermissions);
    assert_eq!(set.count(), 1);
}

#[tokio::test]
async fn other_content_is_refused() {
    let world = World::new();
    let first = Query::new().bytes(&world.env);
    assert_eq!(check(&first, &world).await.outcome, "SMSP-0000");
    let recorded = effects(&world).await;
    let asked = world.spine.asked();
    let (message, tracking) = (message_id(&first), tracking_id(&first));
    let with = |other: &[u8], message: &str, tracking: &str| {
        let other = altered(other, message_id(other), message);
        let own = tracking_id(&other).to_owned();
        altered(&other, &own, tracking)
    };
    let env = &world.env;
    let fresh = Query::new().bytes(env);
    let (own, own_tracking) = (message_id(&fresh), tracking_id(&fresh));
    let emergency = Query::emergency().bytes(env);
    let status = Query::new().status_bytes(env);
    let colleague = text(&first).replace(USER, COLLEAGUE).into_bytes();
    for (row, request, rule) in [
        (
            "another emergency",
            with(&emergency, message, tracking),
            "trackingid",
        ),
        (
            "and another MessageID",
            with(&emergency, SPARE_ID, tracking),
            "trackingid",
        ),
        (
            "another operation",
            with(&status, SPARE_ID, tracking),
            "trackingid",
        ),
        ("another user", colleague, "trackingid"),
        (
            "MessageID with another tracking id",
            with(&fresh, message, own_tracking),
            "MessageID",
        ),
    ] {
        let answer = check(&request, &world).await;
        assert_eq!(answer.outcome, "fault 1000", "{row}: {answer:?}");
        assert!(answer.text.contains(rule), "{row}: {}", answer.text);
        assert_eq!(effects(&world).await, recorded, "{row}");
        assert_eq!(world.spine.asked(), asked, "{row}: refused before asking");
        let audit = world.audit().await;
        let event = &audit.last().expect("an event").event;
        assert_eq!(event.outcome, "fault 1000", "{row}");
        assert!(!event.disclosed && event.document.is_none(), "{row}");
    }
    // A prefix and lower case do not make another id.
    let disguised = format!("urn:uuid:{}", message.to_ascii_lowercase());
    let disguised = with(&fresh, &disguised, own_tracking);
    assert_eq!(check(&disguised, &world).await.outcome, "fault 1000");
    // The refused ones did not use up their own ids.
    assert_eq!(
        check(&with(&fresh, own, own_tracking), &world)
            .await
            .outcome,
        "SMSP-0000"
    );
}

#[tokio::test]
async fn clients_have_their_ids_to_themselves() {
    let mut world = World::new();
    let first = Query::new().bytes(&world.env);
    assert_eq!(check(&first, &world).await.outcome, "SMSP-0000");
    world.client_name = "theatre system";
    let emergency = Query::emergency().bytes(&world.env);
    let emergency = altered(&emergency, message_id(&emergency), message_id(&first));
    let tracking = tracking_id(&emergency).to_owned();
    let emergency = altered(&emergency, &tracking, tracking_id(&first));
    assert_eq!(check(&emergency, &world).await.outcome, "SMSP-0000");
}

#[tokio::test]
async fn refusals_are_answers_and_failures_are_not() {
    let no_ptv = Query {
        create_ptv: false,
        ..Query::new()
    };
    // Refused first, then it would be granted: the first answer stands.
    let world = World::new();
    let refused = no_ptv.bytes(&world.env);
    assert_eq!(check(&refused, &world).await.outcome, "SCR-0003");
    check(&Query::new().bytes(&world.env), &world).await;
    assert_eq!(
        check(&no_ptv.bytes(&world.env), &world).await.outcome,
        "SMSP-0000"
    );
    let recorded = effects(&world).await;
    let again = check(&refused, &world).await;
    assert_eq!((again.outcome.as_str(), again.document), ("SCR-0003", None));
    assert_eq!(effects(&world).await, recorded);
    let audit = world.audit().await;
    let event = &audit.last().expect("an event").event;
    assert!(!event.disclosed && event.document.is_none());

    // A failure may pass: the same message gets its answer when it has.
    for (reply, expected) in [
        (Reply::Timeout, "SMSP-0004"),
        (Reply::Unrelated, "SMSP-0002"),
        (Reply::Http(404, "text/plain", b"no".to_vec()), "SMSP-9999"),
    ] {
        let world = World::with_spine(|spine| spine.list = reply);
        let message = Query::new().bytes(&world.env);
        assert_eq!(check(&message, &world).await.outcome, expected);
        let world = world.asking(|_| {});
        assert_eq!(check(&message, &world).await.outcome, "SMSP-0000");
        assert_eq!(check(&message, &world).await.outcome, "SMSP-0000");
        assert_eq!(effects(&world).await, (1, 1, 1), "{expected}");
    }
}

#[tokio::test]
async fn a_busy_store_has_answered_nothing() {
    let mut world = World::new();
    let store = Arc::new(Failing::new(MemoryStore::new()));
    world.store = Arc::clone(&store) as Arc<dyn Store>;
    let message = Query::new().bytes(&world.env);
    for error in [store::StoreError::Busy, store::StoreError::Full] {
        store.fail_commits(Some(error));
        assert_eq!(check(&message, &world).await.outcome, "fault 2100");
    }
    store.fail_commits(None);
    assert_eq!(check(&message, &world).await.outcome, "SMSP-0000");
    assert_eq!(effects(&world).await, (1, 1, 1));
}

#[tokio::test]
async fn what_was_written_before_a_crash_is_found_after_it() {
    for operation in ["querySCR", "createPTV", "setSCRConsent"] {
        let mut world = World::new();
        let store = Arc::new(Failing::new(MemoryStore::new()));
        world.store = Arc::clone(&store) as Arc<dyn Store>;
        let messages = each(&world);
        let (_, message) = messages
            .into_iter()
            .find(|(name, _)| *name == operation)
            .expect("an operation");
        // The process ends when the commit is on disk and before anybody knows.
        store.silent.store(true, Ordering::Relaxed);
        assert_eq!(check(&message, &world).await.outcome, "SMSP-9999");
        store.silent.store(false, Ordering::Relaxed);
        let recorded = effects(&world).await;
        let audited = world.audit().await.len();
        let answer = check(&message, &world).await;
        assert_eq!(answer.outcome, "SMSP-0000", "{operation}");
        assert_eq!(effects(&world).await, recorded, "{operation}");
        assert_eq!(world.audit().await.len(), audited + 1, "{operation}");
        assert!(world.spine.messages_of(SetPermissions).len() <= 1);
    }
}

#[tokio::test]
async fn a_message_is_remembered_for_as_long_as_configured() {
    for (minutes, forgotten) in [(59, false), (61, true)] {
        let world = World::new();
        let message = Query::new().bytes(&world.env);
        check(&message, &world).await;
        world.env.advance(SignedDuration::from_mins(minutes));
        let late = refreshed(&message, &world);
        assert_eq!(check(&late, &world).await.outcome, "SMSP-0000");
        let (_, accesses, _) = effects(&world).await;
        assert_eq!(accesses, if forgotten { 2 } else { 1 }, "{minutes}");
    }
}

/// However short the memory is, a message that is still taken as it stands is known: otherwise
/// whoever has a copy of it could have its effects again.
#[tokio::test]
async fn a_message_is_remembered_for_as_long_as_it_is_taken() {
    let mut world = World::new();
    world.config.retention = SignedDuration::ZERO;
    let message = Query::new().bytes(&world.env);
    let until = world.env.now() + SignedDuration::from_mins(5) + world.config.skew;
    assert_eq!(check(&message, &world).await.outcome, "SMSP-0000");
    let recorded = effects(&world).await;
    for left in [60, 1, 0] {
        world.env.advance(until.duration_since(world.env.now()));
        world.env.advance(SignedDuration::from_secs(-left));
        assert_eq!(check(&message, &world).await.outcome, "SMSP-0000", "{left}");
        assert_eq!(effects(&world).await, recorded, "{left}");
    }
    world.env.advance(SignedDuration::from_secs(1));
    assert_eq!(check(&message, &world).await.outcome, "fault 1000");
    // Then its ids are free.
    let late = refreshed(&message, &world);
    assert_eq!(check(&late, &world).await.outcome, "SMSP-0000");
    assert_eq!(effects(&world).await.1, 2);
}

/// The same message with a Timestamp of now.
fn refreshed(message: &[u8], world: &World) -> Vec<u8> {
    let now = world.env.now();
    let until = now + SignedDuration::from_mins(5);
    let created = between(text(message), "<wsu:Created>", "<").to_owned();
    let expires = between(text(message), "<wsu:Expires>", "<").to_owned();
    let message = altered(message, &created, &now.to_string());
    altered(&message, &expires, &until.to_string())
}

#[tokio::test]
async fn a_record_is_shown_again_under_the_rules_as_they_are_now() {
    // The patient has a newer summary by now: the one that was asked for is fetched again.
    let world = World::new();
    let message = Query::new().bytes(&world.env);
    let first = check(&message, &world).await;
    let newer = summary(PATIENT, NEWER);
    let older = pointer(&summary(PATIENT, DOCUMENT));
    let replaced = domain::record::DocumentPointer {
        state: DocumentState::Replaced,
        ..older
    };
    let list = Reply::List(patient(), vec![pointer(&newer), replaced]);
    let world = world.asking(|spine| {
        spine.list = list;
        spine.newer = Some(newer);
    });
    let again = check(&message, &world).await;
    assert_eq!(again.document, first.document);
    assert_eq!(
        world.spine.asked(),
        [DocumentListQuery, DocumentQuery, DocumentQuery]
    );
    let audit = world.audit().await;
    let event = &audit.last().expect("an event").event;
    assert_eq!(event.document, Some(id(DOCUMENT)));
    assert!(event.disclosed);
    assert_eq!(event.related.len(), 3);

    // The one that was shown has been withdrawn, because it is wrong.
    let withdrawn = Reply::Replaced(
        "code=\"1\" displayName=\"Normal\"",
        "code=\"2\" displayName=\"Withdrawn\"",
    );
    let world = world.asking(|spine| spine.document = withdrawn);
    let again = check(&message, &world).await;
    assert_eq!(
        (again.outcome.as_str(), again.document),
        ("SMSP-0002", None)
    );
    let audit = world.audit().await;
    let event = &audit.last().expect("an event").event;
    assert!(!event.disclosed && event.document.is_none());

    // The Spine does not answer for it any more.
    let world = world.asking(|spine| spine.list = Reply::Timeout);
    let again = check(&message, &world).await;
    assert_eq!(
        (again.outcome.as_str(), again.document),
        ("SMSP-0004", None)
    );

    // The patient dissents by now.
    let dissent = vec![
        domain::code::psis::access_refused(),
        domain::code::psis::access_not_permitted(),
    ];
    let refused = Reply::QueryFailed(dissent, hl7v3::wrapper::AcknowledgementKind::Error);
    let world = world.asking(|spine| spine.list = refused);
    let again = check(&message, &world).await;
    assert_eq!((again.outcome.as_str(), again.document), ("SCR-0002", None));
    assert_eq!(effects(&world).await, (1, 1, 1));
}

#[tokio::test]
async fn status_and_consent_are_told_again_as_they_were() {
    let world = World::new();
    let (status, consent) = (
        Query::new().status_bytes(&world.env),
        Query::new().consent_bytes(&world.env),
    );
    let first = [check(&status, &world).await, check(&consent, &world).await];
    let no = Reply::Consent(patient(), Consent::both(ConsentSetting::No));
    let world = world.asking(|spine| spine.consent = no);
    same(&first[0], &check(&status, &world).await);
    same(&first[1], &check(&consent, &world).await);
    // Nothing of it is told to whoever is not known any more.
    let mut world = world.asking(|_| {});
    world.user_until = Some("2026-03-01T00:00:00Z");
    assert_eq!(check(&status, &world).await.outcome, "SMSP-0005");
    assert_eq!(check(&consent, &world).await.outcome, "SMSP-0005");
}

#[tokio::test]
async fn a_report_is_given_again_as_it_stood() {
    let world = World::new();
    check(&Query::new().bytes(&world.env), &world).await;
    let officer = Query {
        duration: Some((Some("20260302"), None)),
        ..Query::by(PROFILE_OFFICER)
    };
    let message = officer.activity_bytes(&world.env, ReportType::ByDate, None, None);
    let first = check(&message, &world).await;
    world.env.advance(SignedDuration::from_secs(60));
    check(&Query::by(PROFILE_VIEW_ONLY).bytes(&world.env), &world).await;
    same(&first, &check(&message, &world).await);
}

#[tokio::test]
async fn of_two_at_once_one_has_effects() {
    for attempt in 0..8 {
        let world = World::with_spine(|spine| spine.meet_at = Some(DocumentQuery));
        let message = Query::new().bytes(&world.env);
        let service = world.service();
        let (one, other) = tokio::join!(
            transport::Handler::handle(&service, request(&message, &world)),
            transport::Handler::handle(&service, request(&message, &world)),
        );
        for response in [one, other] {
            let answer = read(&response);
            assert_eq!(answer.outcome, "SMSP-0000", "{attempt}");
            assert_eq!(answer.document, Some(summary(PATIENT, DOCUMENT).bytes));
        }
        assert_eq!(effects(&world).await, (1, 1, 1));
        let audit = world.audit().await;
        let repeated = audit.iter().filter(|record| {
            let decision = record.event.decision.as_deref();
            decision.is_some_and(|d| d.contains("repetition"))
        });
        assert_eq!((audit.len(), repeated.count()), (2, 1));
    }
}

#[tokio::test]
async fn consent_is_set_once_whatever_happens_in_between() {
    let officer = || Query::by(PROFILE_OFFICER);
    // The Spine did it, and its answer was lost; the message comes again with another between.
    let world = World::with_spine(|spine| spine.set = Reply::Timeout);
    let message = officer().set_consent_bytes(&world.env, ConsentSetting::No);
    assert_eq!(check(&message, &world).await.outcome, "SMSP-0004");
    let world = world.asking(|_| {});
    assert_eq!(check(&message, &world).await.outcome, "SMSP-0000");
    let audit = world.audit().await;
    let outcomes: Vec<_> = audit.iter().map(|r| r.event.outcome.as_str()).collect();
    assert_eq!(outcomes, ["begun", "SMSP-0004", "SMSP-0000"]);
    // One message to the Spine, tried twice: it can tell the second from a new one.
    assert_eq!(audit[0].event.related.len(), 1);
    assert_eq!(audit[0].event.related, audit[1].event.related);
    assert_eq!(audit[0].event.related, audit[2].event.related);

    let other = officer().set_consent_bytes(&world.env, ConsentSetting::Yes);
    assert_eq!(check(&other, &world).await.outcome, "SMSP-0000");
    assert_eq!(check(&message, &world).await.outcome, "SMSP-0000");
    let set: Vec<ConsentSetting> = world.spine.set().into_iter().map(|(_, s)| s).collect();
    assert_eq!(set, [ConsentSetting::No, ConsentSetting::Yes]);
    // Other content under the same ids never reaches the Spine.
    let changed = altered(&message, "setting=\"No\"", "setting=\"Ask\"");
    assert_eq!(check(&changed, &world).await.outcome, "fault 1000");
    assert_eq!(world.spine.set().len(), 2);
}

#[tokio::test]
async fn two_at_once_that_set_consent_are_one_message_to_the_spine() {
    let world = World::with_spine(|spine| spine.meet_at = Some(SetPermissions));
    let query = Query::by(PROFILE_OFFICER);
    let message = query.set_consent_bytes(&world.env, ConsentSetting::No);
    let service = world.service();
    let (one, other) = tokio::join!(
        transport::Handler::handle(&service, request(&message, &world)),
        transport::Handler::handle(&service, request(&message, &world)),
    );
    assert_eq!(read(&one).outcome, "SMSP-0000");
    assert_eq!(read(&other).outcome, "SMSP-0000");
    let audit = world.audit().await;
    assert_eq!(audit.len(), 3);
    assert_eq!(audit[0].event.related, audit[1].event.related);
    assert_eq!(audit[0].event.related, audit[2].event.related);
    assert_eq!(world.spine.messages_of(SetPermissions).len(), 1);
}
