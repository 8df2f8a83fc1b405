//! Records of one batch.

use domain::cpis::{PlanType, RecordFault};
use hl7v3::cpis::file::upload::read_whole;

use super::*;

/// Two records of one plan, the second of which ends it, and one that withdraws another.
const FILE: &str = include_str!("tests/upload.xml");

fn upload() -> Upload {
    Upload {
        authority: domain::OdsCode::parse("V145").expect("a code"),
        file: "42".to_owned(),
        message: "M".to_owned(),
        digest: [0; 32],
        declared: 3,
        outcomes: Vec::new(),
        result: None,
        received_at: jiff::Timestamp::UNIX_EPOCH,
        answered_at: None,
    }
}

#[test]
fn a_record_sees_what_those_before_it_came_to() {
    let (head, records) = read_whole(FILE.as_bytes(), domain::CheckDigit::Required).expect("read");
    let at = "2024-07-01T12:00:00Z".parse().expect("a time");
    let letter = Letter::new(&head.organisation, "42", at);
    let trail = Trail::new(&upload(), &letter);
    let decided = settle(&records, &letter, View::default(), &trail);
    assert_eq!(
        decided.outcomes,
        [
            RecordOutcome::STORED,
            RecordOutcome::STORED,
            RecordOutcome::Fault(RecordFault::UnknownPlan),
        ]
    );
    let [plan] = decided.plans.as_slice() else {
        panic!("one plan");
    };
    assert_eq!(plan.kind, PlanType::ChildProtection);
    assert_eq!(
        plan.end.map(|end| end.to_string()),
        Some("202406020000".to_owned())
    );
    let said: Vec<_> = decided
        .events
        .iter()
        .map(|e| e.decision.as_deref())
        .collect();
    assert_eq!(
        said,
        [
            Some("file 42: CPP stored"),
            Some("file 42: CPP ended"),
            Some("file 42: LAC refused: UNKNOWN-PLAN"),
        ]
    );
}
