//! The scenario pack: every published trigger, and nothing when it is off.

use domain::NhsNumber;
use spine::ScenarioPack;

use crate::requests::*;
use crate::summaries::{document_id, summary_of};
use crate::world::{World, check};

/// Patient, and what the published harnesses answer to a list query.
const LIST: [(&str, &str); 19] = [
    ("9160183411", "QUQI_IN010000UK14 AE 400 ID"),
    ("9051327617", "QUQI_IN010000UK14 AE 401 ID"),
    ("9513987272", "QUQI_IN010000UK14 AE 410 30112 ID"),
    ("9120582366", "QUQI_IN010000UK14 AE 410 30134 ID"),
    ("9882944736", "QUQI_IN010000UK14 AE 410 30142 ID"),
    ("9942495894", "QUQI_IN010000UK14 AE 410 30307 ID"),
    ("9759113120", "QUQI_IN010000UK14 AE 410 30308 ID"),
    ("9233774856", "QUQI_IN010000UK14 AE 410 30317 ID"),
    ("9723571064", "QUQI_IN010000UK14 AE 410 30318 ID"),
    ("9886043431", "QUQI_IN010000UK14 AE 410 30333 ID"),
    ("9553094910", "QUQI_IN010000UK14 AE 410 30340 ID"),
    ("9384482226", "QUQI_IN010000UK14 AE 410 30344 ID"),
    ("9089908897", "QUQI_IN010000UK14 AE 410 30361 ID"),
    ("9466868047", "QUQI_IN010000UK14 AE 430 ID"),
    ("9356577838", "QUQI_IN010000UK14 AE 500 ID"),
    ("9760147033", "QUQI_IN010000UK14 AR 502 ID"),
    ("9454202103", "QUQI_IN010000UK14 AE 1 ID"),
    ("9449310106", "MCCI_IN010000UK13 AE 5000"),
    ("9454201085", FAULT),
];

/// The same for a document query.
const DOCUMENT: [(&str, &str); 3] = [
    ("9454202111", "QUQI_IN010000UK14 AE 1 ID"),
    ("9346424613", "MCCI_IN010000UK13 AE 5000"),
    ("9444459993", FAULT),
];

const FAULT: &str = "fault 101 The service/interaction is not supported for the requested URI \
                     (HTTP Header - SOAPAction)";

/// A world where every patient of both tables, and one more, has a document.
fn world(scenarios: Option<ScenarioPack>) -> World {
    let world = World::with(scenarios);
    for (patient, _) in LIST.into_iter().chain(DOCUMENT).chain([("9449310580", "")]) {
        world.file(&summary_of(patient, &document_id(1), "20240101"));
    }
    world
}

/// The simulator has its triggers for event list queries; the three of the mini service are not
/// its own.
#[test]
fn event_lists_have_the_triggers_of_the_simulator() {
    let world = world(Some(ScenarioPack::published()));
    for (patient, expected) in LIST {
        let own = ["9454202103", "9449310106", "9454201085"].contains(&patient);
        for sm in [false, true] {
            let data = if sm {
                "QUPC_IN200000SM04 AA OK"
            } else {
                "QUPC_IN200000UK04 AA OK"
            };
            let expected = if own { data } else { expected };
            let answer = check(of(patient).events(sm), &world);
            assert_eq!(answer.line, expected, "{patient}");
        }
        let event = check(of(patient).event(&document_id(1)), &world);
        assert_eq!(event.line, "QUPC_IN210000UK04 AA OK", "{patient}");
    }
}

fn of(patient: &str) -> Asked {
    Asked::of(NhsNumber::parse(patient).expect("a valid NHS number"))
}

#[test]
fn triggers_answer_their_own_query_only() {
    let world = world(Some(ScenarioPack::published()));
    let (list, document) = ("QUPC_IN160102UK05 AA OK", "QUPC_IN160104UK05 AA OK");
    for (patient, expected) in LIST {
        assert_eq!(check(of(patient).whole_list(), &world).line, expected);
        let asked = of(patient).document(&document_id(1));
        assert_eq!(check(asked, &world).line, document, "{patient}");
    }
    for (patient, expected) in DOCUMENT {
        let asked = of(patient).document(&document_id(1));
        assert_eq!(check(asked, &world).line, expected);
        assert_eq!(
            check(of(patient).whole_list(), &world).line,
            list,
            "{patient}"
        );
    }
    let permissions = check(of(LIST[0].0).permissions(None), &world).line;
    assert_eq!(
        permissions,
        "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK"
    );
    assert_eq!(check(of("9449310580").whole_list(), &world).line, list);
}

#[test]
fn without_the_pack_the_store_decides() {
    let world = world(None);
    for (patient, _) in LIST.into_iter().chain(DOCUMENT) {
        let answer = check(of(patient).whole_list(), &world);
        assert_eq!(answer.line, "QUPC_IN160102UK05 AA OK", "{patient}");
        let answer = check(of(patient).document(&document_id(1)), &world);
        assert_eq!(answer.line, "QUPC_IN160104UK05 AA OK", "{patient}");
    }
}

/// A trigger does not let past who may not ask.
#[test]
fn triggers_are_for_callers_who_may_ask() {
    let world = world(Some(ScenarioPack::published()));
    let mut call: crate::world::Call = of(LIST[0].0).whole_list().into();
    call.certificate = None;
    assert!(check(call, &world).line.starts_with("fault 200"));
}
