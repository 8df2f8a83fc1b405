//! The published acceptance scenarios of the mini services (SMSP specification §4.4): each answer
//! by a state of this world that leads to it, not by a magic number.
//!
//! Some rows have no state here, because the operation asks nobody who could fail that way:
//! getRBACStatus reads the user directory and has no content to be wrong (SMSP-0001, -0002,
//! -0004), createPTV only writes (SMSP-0002, -0004).

use std::sync::Arc;

use domain::code::psis;
use domain::consent::{Consent, ConsentSetting};
use hl7v3::SoapFault;
use itk::scr::query_scr_activity::ReportType;
use store::{MemoryStore, StoreError};

use super::failing_store::Failing;
use super::outcomes::valid;
use super::spine::Reply;
use super::world::{
    Answer, COLLEAGUE, COLLEAGUE_PROFILE, PROFILE, PROFILE_OFFICER, PROFILE_VIEW_ONLY,
    PROFILE_WITHOUT_RIGHTS, Query, World, altered, check, patient,
};

/// What a scenario changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Usual,
    BadNhsNumber,
    UnknownUser,
    SpineAnswersAnother,
    SpineSilent,
    SpineFaults,
    NoRecord,
    Dissent,
    NoRecordAndDissent,
    AccessRefused,
    StoreCorrupt,
    StoreBroken,
}

fn world(state: State) -> World {
    let reply = || match state {
        State::SpineAnswersAnother => Reply::Unrelated,
        State::SpineSilent => Reply::Timeout,
        State::SpineFaults => Reply::Http(500, "text/xml", SoapFault::not_supported().write()),
        State::AccessRefused => {
            let dissent = vec![psis::access_refused(), psis::access_not_permitted()];
            Reply::QueryFailed(dissent, hl7v3::wrapper::AcknowledgementKind::Error)
        }
        State::NoRecord | State::NoRecordAndDissent => Reply::List(patient(), vec![]),
        _ => Reply::Normal,
    };
    let mut world = World::with_spine(|spine| {
        spine.list = reply();
        if matches!(state, State::Dissent | State::NoRecordAndDissent) {
            spine.consent = Reply::Consent(patient(), Consent::both(ConsentSetting::No));
        }
    });
    let store = Failing::new(MemoryStore::new());
    match state {
        State::StoreCorrupt => store.fail_reads(Some(StoreError::Corrupt("a row".to_owned()))),
        State::StoreBroken => store.fail_commits(Some(StoreError::Failed("disk".to_owned()))),
        _ => {}
    }
    world.store = Arc::new(store);
    world
}

async fn run(operation: &str, state: State, query: &Query) -> Answer {
    let world = world(state);
    let env = &world.env;
    let query = Query {
        user: match state {
            State::UnknownUser => Some("112233445599"),
            _ => query.user,
        },
        duration: match operation {
            "querySCRActivity" => Some((Some("20260302"), None)),
            _ => query.duration,
        },
        ..query.clone()
    };
    let subjects = [(COLLEAGUE, COLLEAGUE_PROFILE)];
    let by_patient = ReportType::ByPatient;
    let message = match operation {
        "getSCRStatus" => query.status_bytes(env),
        "getRBACStatus" => query.rights_bytes(env),
        "queryPTV" => query.permission_bytes(env),
        "createPTV" => query.permit_bytes(env, &subjects),
        "querySCR" => query.bytes(env),
        _ => query.activity_bytes(env, by_patient, Some(super::world::PATIENT), None),
    };
    let message = match state {
        State::BadNhsNumber => altered(&message, "9990000018", "9990000019"),
        _ => message,
    };
    let answer = check(&message, &world).await;
    valid(operation, &answer);
    answer
}

#[tokio::test]
async fn every_published_outcome_has_a_state() {
    use State::*;
    let officer = || Query::by(PROFILE_OFFICER);
    let without = || Query {
        create_ptv: false,
        ..Query::new()
    };
    for (operation, state, query, expected, says) in [
        ("getSCRStatus", BadNhsNumber, Query::new(), "SMSP-0001", ""),
        (
            "getSCRStatus",
            SpineAnswersAnother,
            Query::new(),
            "SMSP-0002",
            "",
        ),
        ("getSCRStatus", SpineSilent, Query::new(), "SMSP-0004", ""),
        ("getSCRStatus", UnknownUser, Query::new(), "SMSP-0005", ""),
        ("getSCRStatus", SpineFaults, Query::new(), "SMSP-9999", ""),
        (
            "getSCRStatus",
            Dissent,
            Query::new(),
            "SMSP-0000",
            "true 0 No",
        ),
        (
            "getSCRStatus",
            NoRecordAndDissent,
            Query::new(),
            "SMSP-0000",
            "false 0 No",
        ),
        (
            "getSCRStatus",
            Usual,
            Query::new(),
            "SMSP-0000",
            "true 2 Ask",
        ),
        ("getRBACStatus", UnknownUser, Query::new(), "SMSP-0005", ""),
        ("getRBACStatus", StoreBroken, Query::new(), "SMSP-9999", ""),
        (
            "getRBACStatus",
            Usual,
            Query::by(PROFILE),
            "SMSP-0000",
            "true true",
        ),
        (
            "getRBACStatus",
            Usual,
            Query::by(PROFILE_VIEW_ONLY),
            "SMSP-0000",
            "true false",
        ),
        (
            "getRBACStatus",
            Usual,
            Query::by(PROFILE_WITHOUT_RIGHTS),
            "SMSP-0000",
            "false false",
        ),
        ("queryPTV", BadNhsNumber, Query::new(), "SMSP-0001", ""),
        ("queryPTV", StoreCorrupt, Query::new(), "SMSP-0002", ""),
        ("queryPTV", UnknownUser, Query::new(), "SMSP-0005", ""),
        ("queryPTV", StoreBroken, Query::new(), "SMSP-9999", ""),
        ("queryPTV", Usual, Query::new(), "SMSP-0000", "false"),
        ("createPTV", BadNhsNumber, Query::new(), "SMSP-0001", ""),
        ("createPTV", UnknownUser, Query::new(), "SMSP-0005", ""),
        ("createPTV", StoreBroken, Query::new(), "SMSP-9999", ""),
        ("createPTV", Usual, Query::new(), "SMSP-0000", ""),
        ("querySCR", BadNhsNumber, Query::new(), "SMSP-0001", ""),
        (
            "querySCR",
            SpineAnswersAnother,
            Query::new(),
            "SMSP-0002",
            "",
        ),
        ("querySCR", SpineSilent, Query::new(), "SMSP-0004", ""),
        ("querySCR", UnknownUser, Query::new(), "SMSP-0005", ""),
        ("querySCR", SpineFaults, Query::new(), "SMSP-9999", ""),
        (
            "querySCR",
            Usual,
            Query::by(PROFILE_WITHOUT_RIGHTS),
            "SCR-0001",
            "",
        ),
        ("querySCR", AccessRefused, Query::new(), "SCR-0002", ""),
        ("querySCR", Usual, without(), "SCR-0003", ""),
        ("querySCR", NoRecord, Query::new(), "SCR-0004", ""),
        ("querySCRActivity", BadNhsNumber, officer(), "SMSP-0001", ""),
        ("querySCRActivity", StoreCorrupt, officer(), "SMSP-0002", ""),
        ("querySCRActivity", UnknownUser, officer(), "SMSP-0005", ""),
        ("querySCRActivity", StoreBroken, officer(), "SMSP-9999", ""),
        ("querySCRActivity", Usual, officer(), "SMSP-0000", ""),
    ] {
        let answer = run(operation, state, &query).await;
        let row = format!("{operation} {state:?}");
        assert_eq!(answer.outcome, expected, "{row}");
        assert_eq!(flags(&answer), says, "{row}");
    }
}

/// The values beside the response code, in their order.
fn flags(answer: &Answer) -> String {
    let document = xml::Document::parse(&answer.payload).expect("well-formed");
    let mut words: Vec<String> = Vec::new();
    let root = document.root();
    for component in root
        .children()
        .filter(|c| c.name().starts_with("component"))
    {
        let flag = component.children().next().expect("a flag");
        let value = flag.children().next().expect("a value");
        for name in ["value", "code", "displayName"] {
            words.extend(value.attribute(name).map(str::to_owned));
        }
    }
    words.join(" ")
}
