//! Who may ask what, as whom, and how.

use itk::scr::Operation;

use super::*;
use crate::registry::{AccessMethod, SignaturePolicy};
use crate::tests::world::{COLLEAGUE, FOREIGN_PROFILE, FOREIGNER, PROFILE_WITHOUT_RIGHTS};

const BAD_CREDENTIALS: &str = "QUQI_IN010000UK14 AE 400 400 ID";

#[tokio::test]
async fn the_certificate_says_who_is_calling() {
    let stranger = |certificate| World {
        certificate,
        ..world()
    };
    for (world, ask, expected) in [
        (
            stranger(None),
            asking(),
            "no client certificate was presented",
        ),
        (
            stranger(Some("other.example")),
            asking(),
            "the client certificate is not registered",
        ),
        (
            world(),
            Sent {
                sender: "200000000116",
                ..asking()
            },
            "the sending ASID is not registered for this client certificate",
        ),
        (
            world(),
            Sent {
                receiver: "655159266511",
                ..asking()
            },
            "the receiving ASID is not that of the Spine behind this provider",
        ),
        (
            World {
                signature: SignaturePolicy::Required,
                ..world()
            },
            asking(),
            "this client is registered to sign its requests, and these messages carry no signature",
        ),
    ] {
        let world = with_standing(world).await;
        for message in [
            ask.list(),
            ask.document(),
            ask.consent(),
            ask.set(NewSetting::No),
        ] {
            let told = check(&message, &world).await;
            assert_eq!(told.line, format!("fault 200 {expected}"));
        }
        assert_eq!(world.spine.asked(), [], "{expected}");
    }
}

/// Before it is known that a system may speak as this ASID, what it sends is not discussed.
#[tokio::test]
async fn a_broken_message_of_anothers_asid_is_turned_away() {
    let ask = Sent {
        sender: "200000000116",
        ..asking()
    };
    let broken = mutated(&ask.list(), "<versionCode code=\"V3NPfIT2.0\"/>", "");
    let told = check(&broken, &world()).await;
    let line = "fault 200 the sending ASID is not registered for this client certificate";
    assert_eq!(told.line, line);
}

/// What a client may not ask of the mini services it may not ask here.
#[tokio::test]
async fn registration_is_by_operation() {
    for (operation, allowed) in [
        (Operation::QueryScr, [true, true, false, false, false]),
        (Operation::GetScrConsent, [false, false, true, true, false]),
        (Operation::SetScrConsent, [false, false, false, false, true]),
        (Operation::GetScrStatus, [false; 5]),
    ] {
        let mut world = with_standing(world()).await;
        world.operations = vec![operation.into()];
        let messages = [
            asking().list(),
            asking().document(),
            asking().consent(),
            asking().has(&[acs::ConsentFunction::View]),
            officer().set(NewSetting::No),
        ];
        for (message, allowed) in messages.iter().zip(allowed) {
            let told = check(message, &world).await;
            let refused =
                told.line == "fault 200 the client is not registered for this interaction";
            assert_eq!(refused, !allowed, "{operation:?}: {}", told.line);
        }
    }
}

#[tokio::test]
async fn the_author_must_be_known_here() {
    let as_user = |user, profile| Sent {
        user,
        profile,
        ..asking()
    };
    for (ask, why) in [
        (as_user(None, PROFILE_VIEW_ONLY), "names no user"),
        (
            as_user(Some("112233445599"), PROFILE_VIEW_ONLY),
            "is not known",
        ),
        (as_user(Some(FOREIGNER), FOREIGN_PROFILE), "is not known"),
        (
            as_user(Some(USER), "212233445599"),
            "is not one of the user's",
        ),
        (
            as_user(Some(COLLEAGUE), PROFILE_VIEW_ONLY),
            "is not one of the user's",
        ),
        (
            Sent {
                job_role: "S8000:G8000:R8001",
                ..asking()
            },
            "job role is not that of the role profile",
        ),
    ] {
        let world = with_standing(world()).await;
        for message in [ask.list(), ask.document()] {
            let told = check(&message, &world).await;
            assert_eq!(told.line, BAD_CREDENTIALS, "{why}");
            assert!(told.decision().contains(why), "{why}: {}", told.decision());
            assert!(
                told.body
                    .contains("ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|")
            );
        }
        for message in [ask.consent(), ask.set(NewSetting::No)] {
            let told = check(&message, &world).await;
            assert_eq!(told.line, "MCCI_IN010000UK13 AE 400 400", "{why}");
        }
        assert_eq!(world.spine.asked(), []);
    }
}

/// An entry of the directory that is not valid now counts for nothing.
#[tokio::test]
async fn the_author_must_be_valid_now() {
    let mut world = with_standing(world()).await;
    world.user_until = Some("2026-03-02T08:59:59Z");
    let told = check(&asking().list(), &world).await;
    assert_eq!(told.line, BAD_CREDENTIALS);
}

/// A client without users may ask for consent without one, as in the mini services; nothing
/// else.
#[tokio::test]
async fn a_client_without_users_may_ask_for_consent() {
    let mut world = world();
    world.access = AccessMethod::Unattended;
    let nobody = Sent {
        user: None,
        ..asking()
    };
    let answered = "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK";
    let told = check(&nobody.consent(), &world).await;
    assert_eq!(told.line, answered);
    assert_eq!(
        (told.event.user, told.event.organisation),
        (None, Some(id("RKE")))
    );
    assert_eq!(check(&nobody.list(), &world).await.line, BAD_CREDENTIALS);
    let told = check(&nobody.set(NewSetting::No), &world).await;
    assert_eq!(told.line, "MCCI_IN010000UK13 AE 400 400");
    let unknown = Sent {
        user: Some("112233445599"),
        ..asking()
    };
    let told = check(&unknown.consent(), &world).await;
    assert_eq!(
        told.line, "MCCI_IN010000UK13 AE 400 400",
        "who is named must be known"
    );
    world.access = AccessMethod::Attended;
    let told = check(&nobody.consent(), &world).await;
    assert_eq!(told.line, "MCCI_IN010000UK13 AE 400 400");
}

/// Knowing a patient's consent needs no right of viewing; setting it needs one of its own.
#[tokio::test]
async fn setting_consent_needs_its_right() {
    for profile in [PROFILE_WITHOUT_RIGHTS, PROFILE_VIEW_ONLY] {
        let world = world();
        let ask = Sent {
            profile,
            ..asking()
        };
        let told = check(&ask.set(NewSetting::No), &world).await;
        assert_eq!(told.line, "MCCI_IN010000UK13 AE 420 420");
        assert!(told.decision().contains("B0020"), "{}", told.decision());
        assert_eq!(world.spine.asked(), []);
        let answered = "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK";
        assert_eq!(check(&ask.consent(), &world).await.line, answered);
    }
}

#[tokio::test]
async fn everything_else_is_not_supported() {
    let list = asking().list();
    let action = Interaction::DocumentListQuery.action();
    for (other, operation) in [
        // One that is known and asked of a Spine itself is told by name.
        (
            "urn:nhs:names:services:psisquery/QUPC_IN180000UK04",
            "QUPC_IN180000UK04",
        ),
        (
            "urn:nhs:names:services:psisquery/QUPC_IN160102UK05",
            "unknown",
        ),
        ("urn:nhs:names:services:psis/REPC_IN150016UK05", "unknown"),
        ("urn:nhs:names:services:alerts/COMT_IN000001UK01", "unknown"),
        ("urn:anything", "unknown"),
    ] {
        let told = check(&mutated(&list, &action, other), &world()).await;
        let line = "fault 101 The service/interaction is not supported for the requested URI";
        assert_eq!(told.line, line, "{other}");
        assert_eq!(told.event.operation, operation);
    }
}

#[tokio::test]
async fn rules_of_the_messages_are_kept() {
    let number = format!("extension=\"{}\"", patient().as_str());
    let wrong = "extension=\"9990000000\"";
    for (message, expected) in [
        (
            mutated(&asking().list(), "<versionCode code=\"V3NPfIT2.0\"/>", ""),
            "QUQI_IN010000UK14 AE 400 400 ID",
        ),
        (
            mutated(&asking().list(), &number, wrong),
            "QUQI_IN010000UK14 AE 400 35160 ID",
        ),
        (
            mutated(&asking().consent(), &number, wrong),
            "MCCI_IN010000UK13 AE 400",
        ),
        (
            mutated(&officer().set(NewSetting::No), &number, wrong),
            "MCCI_IN010000UK13 AE 400 35160",
        ),
        (
            mutated(&officer().set(NewSetting::No), ">SCR<", ">GPES<"),
            "MCCI_IN010000UK13 AE 400 400",
        ),
        (b"<a".to_vec(), "fault 201 The message is not well formed"),
    ] {
        let world = world();
        assert_eq!(check(&message, &world).await.line, expected);
        assert_eq!(world.spine.asked(), []);
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_plain_http() {
    let world = world();
    for (method, path, status) in [
        ("GET", "/sync-service", 405),
        ("PUT", "/sync-service", 405),
        ("POST", "/smsp/scr", 404),
        ("POST", "/sync-service/", 404),
    ] {
        let face = Hl7Face::new(Arc::new(world.service()));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            ..request(&asking().list(), &world)
        };
        let response = face.handle(request).await;
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.header("allow").is_some(), status == 405);
    }
    assert!(world.audit().await.is_empty());
}
