//! What operators see: one line per request, and nothing of the patient.

use super::spine::{Reply, summary};
use super::world::{OTHER_PATIENT, PATIENT, Query, World, check};

async fn logged(world: &World, request: &[u8]) -> String {
    testkit::logged::listen();
    check(request, world).await;
    testkit::logged::logged()
}

#[tokio::test]
async fn one_line_without_patient_data() {
    let patient = super::world::patient();
    let other = super::world::id(OTHER_PATIENT);
    for (reply, code) in [
        (Reply::Normal, "SMSP-0000"),
        (Reply::Timeout, "SMSP-0004"),
        (Reply::List(other, vec![]), "SCR-0004"),
        (
            Reply::Document(other, summary(PATIENT, super::spine::DOCUMENT)),
            "SMSP-0002",
        ),
        (
            Reply::QueryFailed(
                vec![domain::code::psis::case_not_found(&patient)],
                hl7v3::wrapper::AcknowledgementKind::Error,
            ),
            "SCR-0004",
        ),
    ] {
        let world = World::with_spine(|spine| match reply {
            Reply::Document(..) => spine.document = reply,
            reply => spine.list = reply,
        });
        let request = Query::emergency().bytes(&world.env);
        let log = logged(&world, &request).await;
        let infos = log.lines().filter(|line| line.contains("INFO"));
        assert_eq!(infos.count(), 1, "{log}");
        for part in [
            code,
            "operation=\"querySCR\"",
            "client=\"ward system\"",
            "asid=\"200000000115\"",
            "message_id=",
            "tracking_id=",
            "spine_messages=",
        ] {
            assert!(log.contains(part), "{part} is not in {log}");
        }
        for secret in [
            PATIENT,
            OTHER_PATIENT,
            "999 000",
            "unconscious",
            "Example",
            "GPSummary",
        ] {
            assert!(!log.contains(secret), "{secret} is in {log}");
        }
    }
}

#[tokio::test]
async fn faults_are_logged_with_their_error_id() {
    let world = World::new();
    let log = logged(&world, b"<a>").await;
    assert_eq!(log.lines().count(), 1, "{log}");
    for part in [
        "outcome=\"fault 1000\"",
        "error_id=",
        "diagnostic=",
        "operation=\"unknown\"",
    ] {
        assert!(log.contains(part), "{part} is not in {log}");
    }
}

#[tokio::test]
async fn no_operation_logs_patient_data() {
    let world = World::new();
    for (operation, request) in super::failing_store::each(&world) {
        // The second time it is a repetition.
        for repetition in [false, true] {
            let log = logged(&world, &request).await;
            assert_eq!(
                log.lines().filter(|line| line.contains("INFO")).count(),
                1,
                "{log}"
            );
            assert!(log.contains(&format!("operation=\"{operation}\"")), "{log}");
            assert_eq!(log.contains("repetition=true"), repetition, "{log}");
            for secret in [PATIENT, "999 000", "Example", "GPSummary"] {
                assert!(!log.contains(secret), "{operation}: {secret} is in {log}");
            }
        }
    }
}
