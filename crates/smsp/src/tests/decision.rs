//! The rows of the decision table (SMSP specification §7.5), each by its answer, by what the
//! Spine was asked, and by what was recorded.

use domain::activity::ScrAccess;
use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::permission::{CareProfessional, PermissionSource, PermissionToView, Relationship};
use hl7v3::Interaction::{DocumentListQuery, DocumentQuery};
use store::{AccessFilter, Commit, OutboxEntry, Standing};

use super::spine::{DOCUMENT, Reply, summary};
use super::world::{
    NOW, PROFILE, PROFILE_VIEW_ONLY, PROFILE_WITHOUT_RIGHTS, Query, USER, World, check, id, patient,
};
use crate::config::ActivityCodes;
use crate::registry::AccessMethod;

fn holder() -> CareProfessional {
    CareProfessional {
        user: id(USER),
        role_profile: id(PROFILE),
        organisation: id("RKE"),
    }
}

async fn record(world: &World, from: &str, until: Option<&str>) {
    let at = |text: &str| text.parse().expect("a timestamp");
    let commit = Commit {
        permissions: vec![PermissionToView {
            patient: patient(),
            holder: holder(),
            from: at(from),
            until: until.map(at),
            source: PermissionSource::CreatePtv,
            message: id("EARLIER"),
        }],
        ..Commit::default()
    };
    world.store.commit(commit).await.expect("stored");
}

async fn record_relationship(world: &World) {
    let relationship = Relationship {
        patient: patient(),
        holder: holder(),
        since: NOW.parse().expect("a timestamp"),
        message: id("EARLIER"),
    };
    let commit = Commit {
        relationships: vec![relationship],
        ..Commit::default()
    };
    world.store.commit(commit).await.expect("stored");
}

async fn standing(world: &World) -> Standing {
    world
        .store
        .standing(patient(), holder(), world.env.now())
        .await
        .expect("a standing")
}

/// The alerts in the outbox, read as their receiver reads them.
async fn alerts(world: &World) -> Vec<PrivacyAlert> {
    let entries = world
        .store
        .outbox(store::OutboxFilter {
            limit: 10,
            ..Default::default()
        })
        .await
        .expect("entries");
    let alert = |entry: &OutboxEntry| {
        assert_eq!(entry.kind, mhs::KIND);
        let outgoing: mhs::Outgoing = serde_json::from_slice(&entry.payload).expect("a message");
        assert_eq!(outgoing.interaction, "COMT_IN000001UK01");
        let document = xml::Document::parse(outgoing.payload.as_bytes()).expect("well-formed");
        hl7v3::alert::read(document.root()).expect("an alert").alert
    };
    entries.iter().map(alert).collect()
}

/// The lines of the access log.
async fn accesses(world: &World) -> Vec<ScrAccess> {
    let filter = AccessFilter {
        organisation: id("RKE"),
        from: jiff::Timestamp::MIN,
        to: jiff::Timestamp::MAX,
        patient: None,
        user: None,
        limit: 10,
    };
    let page = world.store.accesses(filter).await;
    page.expect("accesses").rows
}

#[tokio::test]
async fn each_check_has_its_code() {
    let base = Query::new;
    for (row, query, expected) in [
        (
            "1 duration without createPTV",
            Query {
                create_ptv: false,
                duration: Some((None, Some("20260303"))),
                ..base()
            },
            "SMSP-0001",
        ),
        (
            "1 duration over",
            Query {
                duration: Some((None, Some("20260301"))),
                ..base()
            },
            "SMSP-0001",
        ),
        (
            "1 duration reversed",
            Query {
                duration: Some((Some("20260303"), Some("20260301"))),
                ..base()
            },
            "SMSP-0001",
        ),
        (
            "1 duration in the future",
            Query {
                duration: Some((Some("20260303"), None)),
                ..base()
            },
            "SMSP-0001",
        ),
        (
            "1 emergency without reason",
            Query {
                emergency: Some(""),
                create_ptv: false,
                ..base()
            },
            "SMSP-0001",
        ),
        (
            "1 emergency and permission",
            Query {
                create_ptv: true,
                ..Query::emergency()
            },
            "SMSP-0001",
        ),
        (
            "2 no user",
            Query {
                user: None,
                ..base()
            },
            "SMSP-0005",
        ),
        (
            "2 unknown user",
            Query {
                user: Some("112233445599"),
                ..base()
            },
            "SMSP-0005",
        ),
        (
            "2 unknown role profile",
            Query {
                profile: Some("212233445599"),
                ..base()
            },
            "SMSP-0005",
        ),
        (
            "3 no right",
            Query {
                profile: Some(PROFILE_WITHOUT_RIGHTS),
                ..base()
            },
            "SCR-0001",
        ),
        (
            "3 no emergency right",
            Query {
                profile: Some(PROFILE_VIEW_ONLY),
                ..Query::emergency()
            },
            "SCR-0001",
        ),
        (
            "4 no relationship",
            Query {
                self_claim: false,
                ..base()
            },
            "SCR-0003",
        ),
        (
            "7 no permission",
            Query {
                create_ptv: false,
                ..base()
            },
            "SCR-0003",
        ),
        ("11 permission given now", base(), "SMSP-0000"),
        ("11 emergency", Query::emergency(), "SMSP-0000"),
    ] {
        let world = World::new();
        let answer = check(&query.bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected, "{row}: {answer:?}");
        assert_eq!(answer.document.is_some(), expected == "SMSP-0000", "{row}");
        // The Spine is asked only when nothing known refuses.
        let asked = match row.split(' ').next() {
            Some("7") => vec![DocumentListQuery],
            Some("11") => vec![DocumentListQuery, DocumentQuery],
            _ => vec![],
        };
        assert_eq!(world.spine.asked(), asked, "{row}");
        // A request that shows nothing records nothing but its audit event.
        assert_eq!(world.audit().await.len(), 1, "{row}");
        if expected != "SMSP-0000" {
            assert_eq!(standing(&world).await, Standing::default(), "{row}");
            assert_eq!(alerts(&world).await, [], "{row}");
        }
        let shown = usize::from(expected == "SMSP-0000");
        assert_eq!(accesses(&world).await.len(), shown, "{row}");
    }
}

#[tokio::test]
async fn the_document_comes_byte_for_byte() {
    let world = World::new();
    let answer = check(&Query::new().bytes(&world.env), &world).await;
    assert_eq!(
        answer.document,
        Some(summary(super::world::PATIENT, DOCUMENT).bytes)
    );
}

#[tokio::test]
async fn a_recorded_permission_serves_while_it_holds() {
    let without = || Query {
        create_ptv: false,
        ..Query::new()
    };
    for (from, until, expected) in [
        (
            "2026-03-01T00:00:00Z",
            Some("2026-03-03T00:00:00Z"),
            "SMSP-0000",
        ),
        ("2026-03-01T00:00:00Z", None, "SMSP-0000"),
        (
            "2026-03-01T00:00:00Z",
            Some("2026-03-02T00:00:00Z"),
            "SCR-0003",
        ),
        ("2026-03-03T00:00:00Z", None, "SCR-0003"),
    ] {
        let world = World::new();
        record(&world, from, until).await;
        let answer = check(&without().bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected, "{from} {until:?}");
    }
}

#[tokio::test]
async fn a_permission_belongs_to_one_role_of_one_user() {
    let world = World::new();
    record(&world, "2026-03-01T00:00:00Z", None).await;
    let query = Query {
        create_ptv: false,
        profile: Some(PROFILE_VIEW_ONLY),
        ..Query::new()
    };
    assert_eq!(
        check(&query.bytes(&world.env), &world).await.outcome,
        "SCR-0003"
    );
}

#[tokio::test]
async fn a_recorded_relationship_needs_no_claim_and_raises_no_alert() {
    for self_claim in [false, true] {
        let world = World::new();
        record_relationship(&world).await;
        let query = Query {
            self_claim,
            ..Query::new()
        };
        assert_eq!(
            check(&query.bytes(&world.env), &world).await.outcome,
            "SMSP-0000"
        );
        assert_eq!(alerts(&world).await, []);
    }
}

#[tokio::test]
async fn permission_given_now_is_recorded_with_its_term() {
    for (duration, from, until) in [
        (None, NOW, Some("2026-03-02T23:59:59.999999Z")),
        (
            Some((Some("20260302"), Some("20260309"))),
            "2026-03-02T00:00:00Z",
            Some("2026-03-09T23:59:59.999999Z"),
        ),
        (Some((Some("20260302"), None)), "2026-03-02T00:00:00Z", None),
    ] {
        let world = World::new();
        let query = Query {
            duration,
            ..Query::new()
        };
        assert_eq!(
            check(&query.bytes(&world.env), &world).await.outcome,
            "SMSP-0000"
        );
        let permissions = standing(&world).await.permissions;
        assert_eq!(permissions.len(), 1);
        assert_eq!(permissions[0].from, from.parse().expect("a timestamp"));
        assert_eq!(
            permissions[0].until,
            until.map(|t| t.parse().expect("a timestamp"))
        );
        assert_eq!(permissions[0].source, PermissionSource::QueryScr);
        // The next request needs no new permission, and no new claim.
        let again = Query {
            create_ptv: false,
            self_claim: false,
            ..Query::new()
        };
        assert_eq!(
            check(&again.bytes(&world.env), &world).await.outcome,
            "SMSP-0000"
        );
    }
}

#[tokio::test]
async fn a_permission_is_recorded_only_when_it_adds_something() {
    const ENDS: &str = "2026-03-02T23:59:59.999999Z";
    for (row, from, until, duration, recorded) in [
        ("the same day", NOW, Some(ENDS), None, 1),
        ("lasting", NOW, None, None, 1),
        (
            "longer",
            "2026-03-01T00:00:00Z",
            Some("2026-03-09T00:00:00Z"),
            None,
            1,
        ),
        (
            "one that ends sooner",
            "2026-03-01T00:00:00Z",
            Some("2026-03-02T23:59:59Z"),
            None,
            2,
        ),
        // What is over is not listed any more.
        (
            "one that is over",
            "2026-03-01T00:00:00Z",
            Some("2026-03-01T12:00:00Z"),
            None,
            1,
        ),
        (
            "one that begins later",
            "2026-03-02T09:00:01Z",
            None,
            None,
            2,
        ),
        (
            "lasting is asked for",
            "2026-03-01T00:00:00Z",
            Some(ENDS),
            Some((Some("20260302"), None)),
            2,
        ),
        (
            "an earlier start is asked for",
            NOW,
            None,
            Some((Some("20260302"), None)),
            2,
        ),
    ] {
        let world = World::new();
        record(&world, from, until).await;
        let query = Query {
            duration,
            ..Query::new()
        };
        let answer = check(&query.bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "SMSP-0000", "{row}");
        assert_eq!(standing(&world).await.permissions.len(), recorded, "{row}");
    }
}

#[tokio::test]
async fn alerts_are_raised_for_claims_and_emergencies() {
    use AlertReason::{Emergency, Other, SelfClaimEmergency};
    use AlertType::{Access, SelfClaimed};
    for (related, query, expected) in [
        (true, Query::new(), vec![]),
        (false, Query::new(), vec![(SelfClaimed, Other)]),
        (true, Query::emergency(), vec![(Access, Emergency)]),
        (
            false,
            Query::emergency(),
            vec![(SelfClaimed, SelfClaimEmergency), (Access, Emergency)],
        ),
    ] {
        let world = World::new();
        if related {
            record_relationship(&world).await;
        }
        assert_eq!(
            check(&query.bytes(&world.env), &world).await.outcome,
            "SMSP-0000"
        );
        let alerts = alerts(&world).await;
        let mut events: Vec<_> = alerts.iter().map(|a| (a.kind, a.reason)).collect();
        events.sort_by_key(|(kind, _)| kind.code());
        assert_eq!(events, expected);
        for alert in alerts {
            assert_eq!(alert.patient, patient());
            assert_eq!(alert.user, id(USER));
            assert_eq!(alert.user_name, "Dr A Example");
            assert_eq!(alert.organisation, id("RKE"));
            assert_eq!(alert.organisation_name, "Example Trust");
            assert_eq!(alert.system, "ward system");
            assert_eq!(alert.words.as_deref(), query.emergency);
        }
        // An emergency leaves no permission behind, and every view a line in the access log.
        let recorded = standing(&world).await.permissions.len();
        assert_eq!(recorded, usize::from(query.create_ptv));
        let lines = accesses(&world).await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].emergency.as_deref(), query.emergency);
    }
}

#[tokio::test]
async fn consent_comes_before_permission_and_existence() {
    use domain::code::psis;
    use hl7v3::wrapper::AcknowledgementKind::Error;
    for (query, list, expected) in [
        (
            Query {
                create_ptv: false,
                ..Query::new()
            },
            "dissent",
            "SCR-0002",
        ),
        (Query::new(), "dissent", "SCR-0002"),
        (Query::emergency(), "dissent", "SCR-0002"),
        (
            Query {
                create_ptv: false,
                ..Query::new()
            },
            "nothing",
            "SCR-0003",
        ),
        (Query::new(), "nothing", "SCR-0004"),
    ] {
        let world = World::with_spine(|spine| {
            spine.list = match list {
                "dissent" => Reply::QueryFailed(
                    vec![psis::access_refused(), psis::access_not_permitted()],
                    Error,
                ),
                _ => Reply::List(patient(), vec![]),
            }
        });
        let answer = check(&query.bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected);
        assert_eq!(world.spine.asked(), [DocumentListQuery]);
        assert_eq!(alerts(&world).await, []);
    }
}

#[tokio::test]
async fn the_codes_of_the_rights_are_configuration() {
    let mut world = World::new();
    world.config.activities = ActivityCodes {
        view: "B9999".to_owned(),
        emergency: "B0370".to_owned(),
        ..ActivityCodes::default()
    };
    assert_eq!(
        check(&Query::new().bytes(&world.env), &world).await.outcome,
        "SCR-0001"
    );
    assert_eq!(
        check(&Query::emergency().bytes(&world.env), &world)
            .await
            .outcome,
        "SMSP-0000"
    );
}

#[tokio::test]
async fn users_are_needed_as_the_access_method_has_it() {
    use AccessMethod::{Attended, SessionAuthenticated, Smartcard, Unattended};
    let nobody = || Query {
        user: None,
        ..Query::new()
    };
    let card = || Query {
        profile: Some(PROFILE),
        ..Query::new()
    };
    for (access, query, record, status) in [
        (Unattended, nobody(), "SMSP-0005", "SMSP-0000"),
        (Unattended, Query::new(), "SMSP-0000", "SMSP-0000"),
        (
            Unattended,
            Query {
                user: Some("112233445599"),
                ..Query::new()
            },
            "SMSP-0005",
            "SMSP-0005",
        ),
        (Attended, nobody(), "SMSP-0005", "SMSP-0005"),
        (Attended, Query::new(), "SMSP-0000", "SMSP-0000"),
        (Smartcard, Query::new(), "SMSP-0005", "SMSP-0005"),
        (Smartcard, card(), "SMSP-0000", "SMSP-0000"),
        (SessionAuthenticated, Query::new(), "SMSP-0005", "SMSP-0005"),
        (SessionAuthenticated, card(), "SMSP-0000", "SMSP-0000"),
    ] {
        let mut world = World::new();
        world.access = access;
        let row = format!("{access:?} {:?} {:?}", query.user, query.profile);
        assert_eq!(
            check(&query.bytes(&world.env), &world).await.outcome,
            record,
            "{row}"
        );
        assert_eq!(
            check(&query.status_bytes(&world.env), &world).await.outcome,
            status,
            "{row}"
        );
    }
}
