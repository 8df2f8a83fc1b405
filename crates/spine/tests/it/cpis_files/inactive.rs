//! Numbers that go out of use.

use domain::CheckDigit;
use domain::cpis::{Standing, Subject};
use domain::time::uk_local;
use hl7v3::cpis::file::inactive_notice;
use spine::cpis::inactive::{InactiveError, inactivate};
use spine::cpis::notices::{NoticeConfig, NoticeWorker};
use store::{CpisChanges, NoticeFilter, Store};

use super::notices::files;
use super::support::*;
use crate::world::wait;

fn desk() -> Desk {
    let desk = Desk::new();
    let mut other = plan(number(0));
    other.authority.code = domain::OdsCode::parse("V146").expect("a code");
    other.file = "7".to_owned();
    other.subject = Subject {
        local_id: None,
        ..other.subject
    };
    let mut withdrawn = other.clone();
    withdrawn.authority.code = domain::OdsCode::parse("V147").expect("a code");
    withdrawn.delete = Some("202402010000".parse().expect("a date"));
    desk.commit(CpisChanges {
        plans: vec![plan(number(0)), other, withdrawn],
        people: vec![person(number(0)), person(number(1))],
        ..CpisChanges::default()
    });
    desk
}

#[test]
fn plans_are_hidden_and_authorities_told() {
    for replaced_by in [Some(number(1)), None] {
        let desk = desk();
        let now = desk.office.env.now();
        let commit = wait(inactivate(&*desk.store, number(0), replaced_by, now));
        wait(desk.store.commit(commit.expect("a commit"))).expect("written");
        let plans = desk.plans(number(0));
        assert_eq!(plans.len(), 3);
        assert!(plans.iter().all(|plan| !plan.is_visible(uk_local(now))));
        let person = wait(desk.store.person(number(0))).expect("readable");
        let standing = match replaced_by {
            Some(other) => Standing::Superseded(other),
            None => Standing::Invalid,
        };
        assert_eq!(person.expect("known").standing, standing);
        let event = desk.office.events().pop().expect("an event");
        assert_eq!(
            event.decision.as_deref(),
            Some("plans hidden: 3; to tell: V145 V146")
        );
        let post = desk.office.post.clone();
        let worker = NoticeWorker::new(NoticeConfig::default(), post);
        assert_eq!(wait(worker.round()).expect("told").told, 2);
        let told = files(&desk, "CPIS_INACTIVE");
        assert_eq!(told.len(), 2);
        for message in &told {
            let bytes = desk.office.content(message);
            testkit::xsd::assert_valid_cpis("REPC_MT000005GB01", &bytes);
            let document = xml::Document::parse(&bytes).expect("XML");
            let read = inactive_notice::read(document.root(), CheckDigit::Required);
            let read = read.expect("a notice");
            let [patient] = &read.patients[..] else {
                panic!("one patient");
            };
            let is_islington = message.to == "V145";
            assert_eq!(patient.number, number(0));
            assert_eq!(patient.replaced_by, Vec::from_iter(replaced_by));
            assert_eq!(patient.file, if is_islington { "42" } else { "7" });
            assert_eq!(patient.local_id.is_some(), is_islington);
        }
        assert_eq!(wait(worker.round()).expect("told").told, 0);
        // What is hidden is not told of again.
        let again = wait(inactivate(&*desk.store, number(0), None, now)).expect("a commit");
        assert!(again.cpis.inactive.is_empty());
    }
}

#[test]
fn what_cannot_go_out_of_use_is_refused() {
    let desk = desk();
    let now = desk.office.env.now();
    let refused = |number, by| wait(inactivate(&*desk.store, number, by, now)).err();
    assert!(matches!(
        refused(number(5), None),
        Some(InactiveError::Unknown)
    ));
    assert!(matches!(
        refused(number(0), Some(number(0))),
        Some(InactiveError::Itself)
    ));
    let pending = wait(desk.store.cpis_inactive(NoticeFilter {
        limit: 10,
        ..NoticeFilter::default()
    }));
    assert!(pending.expect("readable").is_empty());
}
