//! querySCRActivity: what querySCR left behind, as its own organisation may see it.

use domain::activity::ScrAccess;
use itk::scr::query_scr_activity::{ReportType, Response};
use itk::scr::report::Report;
use jiff::Timestamp;
use store::Commit;

use super::outcomes::valid;
use super::world::{
    COLLEAGUE, COLLEAGUE_PROFILE, FOREIGNER, OTHER_PATIENT, PATIENT, PROFILE, PROFILE_OFFICER,
    Query, USER, World, altered, check, id,
};

const DAY: (Option<&str>, Option<&str>) = (Some("20260302"), Some("20260302"));

fn officer(period: (Option<&'static str>, Option<&'static str>)) -> Query {
    Query {
        duration: Some(period),
        ..Query::by(PROFILE_OFFICER)
    }
}

/// An access from some organisation.
fn access(organisation: &str, at: &str, patient: &str, user: &str) -> ScrAccess {
    ScrAccess {
        at: at.parse().expect("a timestamp"),
        organisation: id(organisation),
        organisation_name: "Example Trust".to_owned(),
        patient: id(patient),
        user: id(user),
        role_profile: id(PROFILE),
        user_name: "Dr A \"Quote\" Example".to_owned(),
        emergency: None,
        message: id("EARLIER"),
    }
}

async fn log(world: &World, accesses: Vec<ScrAccess>) {
    let commit = Commit {
        accesses,
        ..Commit::default()
    };
    world.store.commit(commit).await.expect("stored");
}

/// The report of an answer, read as strictly as a client reads it.
fn report(answer: &super::world::Answer) -> Report {
    assert_eq!(answer.outcome, "SMSP-0000", "{answer:?}");
    valid("querySCRActivity", answer);
    let document = xml::Document::parse(&answer.payload).expect("well-formed");
    let response = Response::read(&document.root()).expect("an answer");
    response.report.expect("a report")
}

async fn ask(
    world: &World,
    query: &Query,
    kind: ReportType,
    patient: Option<&str>,
    user: Option<&str>,
) -> Report {
    let request = query.activity_bytes(&world.env, kind, patient, user);
    report(&check(&request, world).await)
}

#[tokio::test]
async fn every_record_shown_is_a_line() {
    let world = World::new();
    check(&Query::new().bytes(&world.env), &world).await;
    world.env.advance(jiff::SignedDuration::from_secs(61));
    let emergency = Query {
        user: Some(COLLEAGUE),
        profile: Some(COLLEAGUE_PROFILE),
        ..Query::emergency()
    };
    // She may not; nothing is shown, and no line is written.
    check(&emergency.bytes(&world.env), &world).await;
    check(&Query::emergency().bytes(&world.env), &world).await;
    let report = ask(&world, &officer(DAY), ReportType::ByDate, None, None).await;
    assert_eq!(report.header.created, "20260302090101");
    assert_eq!((report.header.returned, report.header.matching), (2, 2));
    assert_eq!(report.header.low, "20260302");
    assert_eq!(report.header.high, "20260302");
    let [first, second] = report.rows.as_slice() else {
        panic!("{report:?}")
    };
    assert_eq!(first.organisation, "RKE");
    assert_eq!(first.organisation_name, "Example Trust");
    assert_eq!(first.patient, PATIENT);
    assert_eq!(first.user, USER);
    assert_eq!(first.role_profile, PROFILE);
    assert_eq!(first.user_name, "Dr A Example");
    assert_eq!((first.emergency, first.reason.as_str()), (false, ""));
    assert_eq!(first.at, "20260302090000");
    assert_eq!(
        (second.emergency, second.reason.as_str()),
        (true, "unconscious")
    );
    assert_eq!(second.at, "20260302090101");
    let audit = world.audit().await;
    let own = &audit.last().expect("an event").event;
    assert_eq!(own.operation, "querySCRActivity");
    assert!(own.disclosed);
    assert!(
        world
            .spine
            .asked()
            .iter()
            .all(|i| i.id().starts_with("QUPC"))
    );
}

#[tokio::test]
async fn filters_and_days() {
    use ReportType::{ByCareProfessional, ByDate, ByPatient};
    let world = World::new();
    log(
        &world,
        vec![
            access("RKE", "2026-02-28T23:59:59.999999Z", PATIENT, USER),
            access("RKE", "2026-03-01T00:00:00Z", PATIENT, USER),
            access("RKE", "2026-03-01T12:00:00Z", PATIENT, COLLEAGUE),
            access("RKE", "2026-03-01T23:59:59.999999Z", OTHER_PATIENT, USER),
            access("RKE", "2026-03-02T00:00:00Z", OTHER_PATIENT, COLLEAGUE),
            access("RKX", "2026-03-01T12:00:00Z", PATIENT, FOREIGNER),
        ],
    )
    .await;
    let first = (Some("20260301"), Some("20260301"));
    let since = (Some("20260301"), None);
    for (period, kind, patient, user, rows) in [
        (first, ByDate, None, None, 3),
        (since, ByDate, None, None, 4),
        ((Some("202603"), None), ByDate, None, None, 4),
        (
            (Some("20260301120000"), Some("20260301130000")),
            ByDate,
            None,
            None,
            3,
        ),
        ((Some("2026"), Some("2026")), ByDate, None, None, 5),
        ((Some("20260301"), Some("20261231")), ByDate, None, None, 4),
        (first, ByPatient, Some(PATIENT), None, 2),
        (first, ByPatient, Some(OTHER_PATIENT), None, 1),
        (first, ByCareProfessional, None, Some(USER), 2),
        (first, ByCareProfessional, None, Some(FOREIGNER), 0),
        (first, ByPatient, Some(PATIENT), Some(USER), 1),
        (first, ByDate, Some(PATIENT), Some(COLLEAGUE), 1),
        ((Some("20260115"), Some("20260116")), ByDate, None, None, 0),
    ] {
        let row = format!("{period:?} {kind:?} {patient:?} {user:?}");
        let report = ask(&world, &officer(period), kind, patient, user).await;
        assert_eq!(report.rows.len(), rows, "{row}");
        assert_eq!(report.header.matching, rows as u64, "{row}");
        assert!(
            report.rows.iter().all(|line| line.organisation == "RKE"),
            "{row}"
        );
        assert!(
            report.rows.is_sorted_by_key(|line| line.at.clone()),
            "{row}"
        );
    }
}

#[tokio::test]
async fn summer_days_are_british_days() {
    let world = World::new();
    world
        .env
        .advance(jiff::SignedDuration::from_hours(24 * 150));
    log(
        &world,
        vec![
            access("RKE", "2026-06-30T22:59:59Z", PATIENT, USER),
            access("RKE", "2026-06-30T23:00:00Z", PATIENT, USER),
            access("RKE", "2026-07-01T22:59:59Z", PATIENT, USER),
            access("RKE", "2026-07-01T23:00:00Z", PATIENT, USER),
        ],
    )
    .await;
    let july = officer((Some("20260701"), Some("20260701")));
    let report = ask(&world, &july, ReportType::ByDate, None, None).await;
    let times: Vec<&str> = report.rows.iter().map(|row| row.at.as_str()).collect();
    assert_eq!(times, ["20260701000000", "20260701235959"]);
}

#[tokio::test]
async fn a_long_report_is_cut_and_says_so() {
    let mut world = World::new();
    let start: Timestamp = "2026-03-02T00:00:00Z".parse().expect("a timestamp");
    let line = |n: i64| ScrAccess {
        at: start + jiff::SignedDuration::from_secs(n),
        ..access("RKE", "2026-03-02T00:00:00Z", PATIENT, USER)
    };
    log(&world, (0..152).map(line).collect()).await;
    for (limit, returned) in [(96, 96), (10, 10), (1000, 152)] {
        world.config.report_limit = limit;
        let report = ask(&world, &officer(DAY), ReportType::ByDate, None, None).await;
        assert_eq!(
            (report.header.returned, report.header.matching),
            (returned, 152)
        );
        assert_eq!(report.rows.len(), returned);
        assert_eq!(report.rows[0].at, "20260302000000");
        assert_eq!(report.rows[0].user_name, "Dr A \"Quote\" Example");
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_without_a_report() {
    use ReportType::{ByCareProfessional, ByDate, ByPatient};
    let period = |low, high| officer((low, high));
    let reporter = |profile| Query {
        duration: Some(DAY),
        ..Query::by(profile)
    };
    for (row, query, kind, patient, user, expected) in [
        (
            "upside down",
            period(Some("20260303"), Some("20260302")),
            ByDate,
            None,
            None,
            "SMSP-0001",
        ),
        (
            "starts after today",
            period(Some("20260303"), None),
            ByDate,
            None,
            None,
            "SMSP-0001",
        ),
        (
            "no filter for 02",
            officer(DAY),
            ByPatient,
            None,
            Some(USER),
            "SMSP-0001",
        ),
        (
            "no filter for 03",
            officer(DAY),
            ByCareProfessional,
            Some(PATIENT),
            None,
            "SMSP-0001",
        ),
        (
            "no right",
            reporter(PROFILE),
            ByDate,
            None,
            None,
            "SMSP-0005",
        ),
        (
            "unknown",
            Query {
                user: Some("112233445500"),
                profile: None,
                ..officer(DAY)
            },
            ByDate,
            None,
            None,
            "SMSP-0005",
        ),
        (
            "nobody",
            Query {
                user: None,
                profile: None,
                ..officer(DAY)
            },
            ByDate,
            None,
            None,
            "SMSP-0005",
        ),
    ] {
        let world = World::new();
        log(
            &world,
            vec![access("RKE", "2026-03-02T00:00:00Z", PATIENT, USER)],
        )
        .await;
        let request = query.activity_bytes(&world.env, kind, patient, user);
        let answer = check(&request, &world).await;
        assert_eq!(answer.outcome, expected, "{row}");
        valid("querySCRActivity", &answer);
        let text = String::from_utf8(answer.payload).expect("UTF-8");
        assert!(!text.contains("<text"), "{row}");
        assert!(!world.audit().await[0].event.disclosed, "{row}");
    }
    let world = World::new();
    let request = officer(DAY).activity_bytes(&world.env, ByPatient, Some(PATIENT), None);
    for (row, from, to, expected) in [
        ("check digit", "9990000018", "9990000019", "SMSP-0001"),
        (
            "another type",
            "code code=\"02\"",
            "code code=\"03\"",
            "SMSP-0001",
        ),
        (
            "no type",
            "code code=\"02\"",
            "code code=\"04\"",
            "fault 1000",
        ),
    ] {
        let answer = check(&altered(&request, from, to), &World::new()).await;
        assert_eq!(answer.outcome, expected, "{row}");
    }
}
