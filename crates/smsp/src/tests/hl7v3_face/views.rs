//! Looking at a record: what is passed on, and to whom.

use domain::access::{
    AccessFacts, AccessOutcome, PermissionFact, RelationshipFact, Rights, decide,
};
use domain::code::psis as codes;
use domain::consent::ConsentSetting;
use hl7v3::Interaction::{DocumentListQuery, DocumentQuery};
use hl7v3::wrapper::AcknowledgementKind;
use store::{AccessFilter, AccessPage};

use super::*;
use crate::tests::spine::{Reply, summary};
use crate::tests::world::{PATIENT, PROFILE_WITHOUT_RIGHTS};

async fn accesses(world: &World) -> AccessPage {
    let filter = AccessFilter {
        organisation: id("RKE"),
        from: "2026-01-01T00:00:00Z".parse().expect("a time"),
        to: "2027-01-01T00:00:00Z".parse().expect("a time"),
        patient: None,
        user: None,
        limit: 10,
    };
    world.store.accesses(filter).await.expect("readable")
}

#[tokio::test]
async fn the_list_is_passed_on() {
    let world = with_standing(world()).await;
    let told = check(&asking().list(), &world).await;
    assert_eq!(told.line, LISTED);
    assert!(told.body.contains("<documentListQueryResponse>"));
    assert!(told.body.contains(DOCUMENT));
    assert_eq!(world.spine.asked(), [DocumentListQuery]);
    let event = &told.event;
    assert_eq!(event.operation, "QUPC_IN160101UK05");
    assert_eq!(event.outcome, "AA OK");
    assert_eq!(event.patient, Some(patient()));
    assert_eq!(event.user, Some(id(USER)));
    assert_eq!(event.organisation, Some(id("RKE")));
    assert_eq!(event.message, Some(id(MESSAGE)));
    assert_eq!(event.asid, Some(id(CLIENT_ASID)));
    // The Spine is asked under an id of our own, which the audit has.
    let asked = world.spine.messages_of(DocumentListQuery);
    let related: Vec<_> = event
        .related
        .iter()
        .map(|id| format!("uuid:{id}"))
        .collect();
    assert_eq!(related, asked.into_iter().collect::<Vec<_>>());
    assert_ne!(related, [format!("uuid:{MESSAGE}")]);
    assert_eq!(
        accesses(&world).await.matching,
        0,
        "a list shows no document"
    );
}

#[tokio::test]
async fn a_document_is_passed_on_untouched() {
    let world = with_standing(world()).await;
    let told = check(&asking().document(), &world).await;
    assert_eq!(told.line, GIVEN);
    let original = summary(PATIENT, DOCUMENT);
    let original = std::str::from_utf8(&original.bytes).expect("UTF-8");
    assert!(told.body.contains(original), "byte for byte");
    assert_eq!(world.spine.asked(), [DocumentQuery]);
    assert_eq!(told.event.document, Some(id(DOCUMENT)));
    assert_eq!(told.event.outcome, "AA OK");
    assert!(
        told.decision().starts_with("granted: Permission"),
        "{}",
        told.decision()
    );
    let page = accesses(&world).await;
    let [access] = page.rows.try_into().expect("one access");
    assert_eq!(access.patient, patient());
    assert_eq!(access.user, id(USER));
    assert_eq!(access.organisation_name, "Example Trust");
    assert_eq!(access.emergency, None);
    assert_eq!(access.message, id(MESSAGE));
}

/// The whole truth table of what can be on record, against the one decision.
#[tokio::test]
async fn the_decision_is_that_of_the_mini_service() {
    let dissent = || vec![codes::access_refused(), codes::access_not_permitted()];
    for number in 0..16 {
        let has = |bit: u32| number & (1 << bit) != 0;
        let (right, relationship, permission, dissents) = (has(0), has(1), has(2), has(3));
        let mut world = world();
        if dissents {
            world = world.asking(|spine| {
                let refused = Reply::QueryFailed(dissent(), AcknowledgementKind::Error);
                spine.list = refused.clone();
                spine.document = refused;
            });
        }
        let profile = match right {
            true => PROFILE_VIEW_ONLY,
            false => PROFILE_WITHOUT_RIGHTS,
        };
        let standing = on_record(profile, permission, relationship);
        world.store.commit(standing).await.expect("written");
        let facts = |consent| AccessFacts {
            rights: Rights {
                view: right,
                emergency: false,
            },
            relationship: match relationship {
                true => RelationshipFact::Recorded,
                false => RelationshipFact::None,
            },
            permission: match permission {
                true => PermissionFact::Recorded,
                false => PermissionFact::None,
            },
            emergency: false,
            consent,
        };
        let consent = match dissents {
            true => ConsentSetting::No,
            false => ConsentSetting::Ask,
        };
        let decided = decide(&facts(Some(consent)));
        let refused = match decided {
            AccessOutcome::Refused(refusal) => Some(refusal),
            _ => None,
        };
        let codes = match refused {
            Some(domain::access::Refusal::Consent) => "420 30418",
            _ => "420 420",
        };
        let ask = Sent {
            profile,
            ..asking()
        };
        for (message, granted) in [(ask.list(), LISTED), (ask.document(), GIVEN)] {
            let told = check(&message, &world).await;
            match &refused {
                None => assert_eq!(told.line, granted),
                Some(refusal) => {
                    assert_eq!(told.line, format!("QUQI_IN010000UK14 AE {codes} ID"));
                    assert_eq!(told.decision(), refusal.to_string());
                    let said = told.body.contains(&refusal.to_string());
                    assert_eq!(said, codes == "420 420", "whoever asked can tell why");
                }
            }
        }
        // What refuses without the Spine is not asked of it.
        let needs_spine = decide(&facts(None)) == AccessOutcome::NeedsConsent;
        assert_eq!(world.spine.asked().len(), if needs_spine { 2 } else { 0 });
        let seen = u64::from(refused.is_none());
        assert_eq!(accesses(&world).await.matching, seen);
    }
}

/// A permission of another role, another user, or one that has ended is none.
#[tokio::test]
async fn only_the_users_own_permission_counts() {
    let mut expired = on_record(PROFILE_VIEW_ONLY, true, true);
    expired.permissions[0].until = Some("2026-03-02T08:59:59Z".parse().expect("a time"));
    let mut anothers = on_record(PROFILE_VIEW_ONLY, true, true);
    anothers.permissions[0].holder.user = id("112233440001");
    for commit in [expired, anothers, on_record("212233445566", true, true)] {
        let world = world();
        world.store.commit(commit).await.expect("written");
        let told = check(&asking().document(), &world).await;
        assert_eq!(told.line, "QUQI_IN010000UK14 AE 420 420 ID");
    }
}

/// Nothing in a message opens a record: not an override, of whatever kind.
#[tokio::test]
async fn dissent_is_not_overridden_here() {
    let world = with_standing(world()).await;
    for code in 1..=5 {
        let ask = Sent {
            dissent_override: code,
            ..asking()
        };
        for message in [ask.list(), ask.document()] {
            let told = check(&message, &world).await;
            assert_eq!(told.line, "QUQI_IN010000UK14 AE 420 420 ID");
            assert!(told.decision().contains("dissentOverride must be 0"));
        }
    }
    assert_eq!(world.spine.asked(), []);
}

#[tokio::test]
async fn nothing_there_is_said_to_who_may_know() {
    let no_record = || {
        let patient = patient();
        vec![
            codes::success_with_warning(),
            codes::case_not_found(&patient),
        ]
    };
    let nobody = || {
        named(World::with_spine(|spine| {
            let refused = Reply::QueryFailed(no_record(), AcknowledgementKind::Error);
            spine.list = refused.clone();
            spine.document = refused;
        }))
    };
    let world = with_standing(nobody()).await;
    for message in [asking().list(), asking().document()] {
        let told = check(&message, &world).await;
        assert_eq!(told.line, "QUQI_IN010000UK14 AE 210 30312 ID");
        assert!(
            told.body
                .contains("[PSIS-30312] - Case Instance not found.")
        );
    }
    let world = nobody();
    let relationship = on_record(PROFILE_VIEW_ONLY, false, true);
    world.store.commit(relationship).await.expect("written");
    let told = check(&asking().list(), &world).await;
    assert_eq!(
        told.line, "QUQI_IN010000UK14 AE 420 420 ID",
        "not that there is none"
    );

    let empty = with_standing(named(World::with_spine(|spine| {
        spine.list = Reply::List(patient(), Vec::new());
    })))
    .await;
    let told = check(&asking().list(), &empty).await;
    assert_eq!(told.line, "QUPC_IN160102UK05 AA NF");
}

/// The same message again is the same question again: queries change nothing.
#[tokio::test]
async fn a_query_may_be_repeated() {
    let world = with_standing(world()).await;
    for _ in 0..2 {
        assert_eq!(check(&asking().document(), &world).await.line, GIVEN);
    }
    assert_eq!(accesses(&world).await.matching, 2, "each showed the record");
}
