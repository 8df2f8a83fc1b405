//! Files that come again, or in another order.

use jiff::SignedDuration;
use store::{MailState, Store};

use super::support::*;

#[test]
fn the_same_file_again_gets_the_same_answer_and_changes_nothing() {
    let desk = Desk::new();
    let mut adult = plan(number(1));
    adult.subject.birth_date = jiff::civil::date(1999, 5, 3);
    let file = file("42", &[plan(number(0)), adult]);
    let first = desk.upload(&file);
    assert_eq!(first.line, "CPF03 42/2 stored 1 refused 1: CPR06 ADULT");
    let before = desk.plans(number(0));
    desk.office.env.advance(jiff::SignedDuration::from_hours(2));
    let second = desk.upload(&file);
    assert_eq!(desk.told().len(), 2);
    assert!(first.bytes == second.bytes, "to the byte");
    assert_eq!(desk.plans(number(0)), before);
}

#[test]
fn a_used_number_with_other_content_is_refused_and_changes_nothing() {
    let desk = Desk::new();
    desk.upload(&file("42", &[plan(number(0))]));
    let before = desk.plans(number(0));
    let mut changed = plan(number(0));
    changed.end = Some("202406010000".parse().expect("a date"));
    let other = file("42", &[changed, plan(number(1))]);
    assert_eq!(
        desk.upload(&other).line,
        "CPF04 42/2 stored 0 refused 2: FILE-REUSED FILE-REUSED"
    );
    assert_eq!(desk.plans(number(0)), before);
    assert!(desk.plans(number(1)).is_empty());
    // And the first is still known.
    let again = desk.upload(&file("42", &[plan(number(0))]));
    assert_eq!(again.line, "CPF02 42/1 stored 1 refused 0: CPR06");
}

#[test]
fn an_older_file_does_not_undo_a_newer_one() {
    let desk = Desk::new();
    let mut ended = plan(number(0));
    ended.end = Some("202406010000".parse().expect("a date"));
    desk.upload(&file("100", &[ended.clone()]));
    let late = file("99", &[plan(number(0)), plan(number(1))]);
    assert_eq!(
        desk.upload(&late).line,
        "CPF03 99/2 stored 1 refused 1: OVERTAKEN CPR06"
    );
    assert_eq!(desk.plans(number(0))[0].end, ended.end);
    assert_eq!(desk.plans(number(0))[0].file, "100");
}

#[test]
fn files_that_wait_are_read_in_their_order() {
    let desk = Desk::new();
    let mut ended = plan(number(0));
    ended.end = Some("202406010000".parse().expect("a date"));
    desk.send(file("1", &[plan(number(0))]).as_bytes(), 1 << 20);
    desk.office.env.advance(jiff::SignedDuration::from_secs(1));
    desk.send(file("2", &[ended]).as_bytes(), 1 << 20);
    assert_eq!(desk.round().answered, 2);
    let mut lines: Vec<_> = desk.told().into_iter().map(|told| told.line).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "CPF02 1/1 stored 1 refused 0: CPR06",
            "CPF02 2/1 stored 1 refused 0: CPR06"
        ]
    );
    let plan = &desk.plans(number(0))[0];
    assert!(plan.end.is_some());
    assert!(plan.created_at <= plan.updated_at);
}

#[test]
fn a_withdrawn_plan_comes_back_when_a_later_file_has_it() {
    let desk = Desk::new();
    desk.upload(&file("1", &[plan(number(0))]));
    let mut withdrawn = plan(number(0));
    withdrawn.delete = Some("202406010000".parse().expect("a date"));
    for (number_of_file, plan, expected) in [
        ("3", &withdrawn, "CPF02 3/1 stored 1 refused 0: CPR06"),
        ("4", &withdrawn, "CPF02 4/1 stored 1 refused 0: CPR06"),
        (
            "2",
            &plan(number(0)),
            "CPF04 2/1 stored 0 refused 1: OVERTAKEN",
        ),
        ("5", &plan(number(0)), "CPF02 5/1 stored 1 refused 0: CPR06"),
    ] {
        let told = desk.upload(&file(number_of_file, std::slice::from_ref(plan)));
        assert_eq!(told.line, expected);
        let stored = &desk.plans(number(0))[0];
        assert_eq!(stored.delete.is_none(), number_of_file == "5");
    }
    let mut unknown = withdrawn;
    unknown.patient = number(1);
    let told = desk.upload(&file("6", &[unknown]));
    assert_eq!(told.line, "CPF04 6/1 stored 0 refused 1: UNKNOWN-PLAN");
}

#[test]
fn a_file_is_read_when_it_comes_and_old_ones_are_given_up() {
    let desk = Desk::new();
    let headers = [
        ("Mex-To", "CPIS"),
        ("Mex-WorkflowID", "CPIS_UPLOAD"),
        ("Mex-Chunk-Range", "1:2"),
    ];
    let system = Some("islington");
    let begun = desk
        .office
        .call_with(system, "POST V145/outbox", &headers, b"half");
    assert_eq!(begun.status(), 202);
    desk.office
        .env
        .advance(SignedDuration::from_hours(5 * 24 + 1));
    desk.send(file("1", &[plan(number(0))]).as_bytes(), 1 << 20);
    let (trigger, shutdown) = transport::Shutdown::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let Desk {
        worker,
        store,
        office,
        ..
    } = desk;
    runtime.expect("a runtime").block_on(async {
        let state_of = |workflow: &'static str| {
            let store = store.clone();
            async move {
                let filter = store::MailFilter {
                    workflow: Some(workflow.to_owned()),
                    limit: 10,
                    ..store::MailFilter::default()
                };
                let found = store.mail(filter).await.expect("readable");
                found
                    .into_iter()
                    .map(|message| message.state)
                    .collect::<Vec<_>>()
            }
        };
        let wanted = async {
            loop {
                let uploads = state_of("CPIS_UPLOAD").await;
                if uploads == [MailState::Failed, MailState::Acknowledged]
                    && state_of("CPIS_UPLOAD_ACK").await == [MailState::Accepted]
                {
                    break;
                }
                tokio::task::yield_now().await;
            }
            trigger.fire();
        };
        let run = async { tokio::join!(worker.run(shutdown), wanted) };
        let done = tokio::time::timeout(std::time::Duration::from_secs(60), run).await;
        assert!(done.is_ok(), "the worker is at work");
    });
    let trail = office.trail();
    assert!(
        trail.contains(&"REPC_IN000002GB01 given up".to_owned()),
        "{trail:?}"
    );
}
