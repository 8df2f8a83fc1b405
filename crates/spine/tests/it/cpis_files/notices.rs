//! From a stored access to a file in the authority's mailbox.

use std::sync::Arc;

use domain::cpis::{
    Access, Author, Device, JobTitle, Organisation, Person, PersonName, Responsible,
};
use domain::{Asid, CheckDigit, MessageId, NhsNumber, OdsCode};
use hl7v3::cpis::file::access_notice;
use spine::cpis::notices::{NoticeConfig, NoticeWorker, Round};
use store::{AccessNotice, CpisChanges, MailMessage};

use super::faulty_store::{End, FaultyStore};
use super::support::*;
use crate::world::wait;

fn organisation() -> Organisation {
    Organisation {
        code: "RKE".to_owned(),
        site: false,
        name: "A Hospital".to_owned(),
    }
}

fn name(family: &str) -> PersonName {
    PersonName {
        given: vec!["Alex".to_owned()],
        family: vec![family.to_owned()],
        ..PersonName::default()
    }
}

fn role() -> JobTitle {
    JobTitle {
        code: "R0050".to_owned(),
        display_name: "Consultant".to_owned(),
    }
}

fn author(index: usize) -> Author {
    match index % 2 {
        0 => Author::Person(Person {
            role: role(),
            user: format!("{index:012}"),
            role_profile: None,
            name: name("Person"),
            organisation: organisation(),
        }),
        _ => Author::Device(Device {
            asid: format!("{index:012}"),
            responsible: vec![Responsible {
                role: role(),
                name: name("Lead"),
            }],
            organisation: organisation(),
        }),
    }
}

/// The `index`-th access, told to an authority.
fn notice(desk: &Desk, authority: &str, index: usize) -> AccessNotice {
    let at = desk.office.env.now();
    AccessNotice {
        authority: OdsCode::parse(authority).expect("a code"),
        access: Access {
            patient: number(0),
            query: format!("00000000-0000-4000-8000-{index:012}"),
            at,
            author: author(index),
            asid: Asid::parse("200000000001").expect("an ASID"),
            message: MessageId::parse("M").expect("an id"),
        },
        file: "42".to_owned(),
        created_at: at,
        told_at: None,
    }
}

fn desk_with(notices: impl Fn(&Desk) -> Vec<AccessNotice>) -> Desk {
    let desk = Desk::new();
    let mut mine = plan(number(0));
    mine.file = "42".to_owned();
    desk.commit(CpisChanges {
        plans: vec![mine],
        ..CpisChanges::default()
    });
    let notices = notices(&desk);
    desk.commit(CpisChanges {
        notices,
        ..CpisChanges::default()
    });
    desk
}

fn worker(desk: &Desk, per_file: usize) -> NoticeWorker {
    let config = NoticeConfig {
        per_file,
        ..NoticeConfig::default()
    };
    NoticeWorker::new(config, desk.office.post.clone())
}

fn round(worker: &NoticeWorker) -> Round {
    wait(worker.round()).expect("told")
}

pub(super) fn files(desk: &Desk, workflow: &str) -> Vec<MailMessage> {
    let mut messages = desk.office.messages();
    messages.retain(|message| message.workflow == workflow);
    messages
}

/// Which accesses a file tells of, after it has been held against the schema.
fn told(desk: &Desk, message: &MailMessage) -> Vec<(String, NhsNumber, Option<String>, String)> {
    let bytes = desk.office.content(message);
    testkit::xsd::assert_valid_cpis("REPC_MT000004GB01", &bytes);
    let document = xml::Document::parse(&bytes).expect("XML");
    let read = access_notice::read(document.root(), CheckDigit::Required).expect("a notice");
    assert_eq!(read.recipient.code.as_str(), message.to);
    assert_eq!(read.id, message.id);
    let accesses = read.accesses.into_iter().flat_map(|access| {
        let file = access.file.clone();
        access.queries.into_iter().map(move |query| {
            let local = query.local_id.map(|local| local.id);
            (query.id, query.patient, local, file.clone())
        })
    });
    accesses.collect()
}

#[test]
fn an_access_is_told_once_in_a_file() {
    let desk = desk_with(|desk| (0..3).map(|index| notice(desk, "V145", index)).collect());
    let worker = worker(&desk, 500);
    let expected = Round {
        files: 1,
        told: 3,
        stuck: 0,
    };
    assert_eq!(round(&worker), expected);
    assert_eq!(round(&worker), Round::default(), "told is told");
    let [message] = &files(&desk, "CPIS_ASN")[..] else {
        panic!("one file");
    };
    let told = told(&desk, message);
    assert_eq!(told.len(), 3);
    assert_eq!(
        told[0],
        (
            "00000000-0000-4000-8000-000000000000".to_owned(),
            number(0),
            Some("LA-1".to_owned()),
            "42".to_owned()
        )
    );
    assert_eq!(desk.office.trail(), ["REPC_IN000004GB01 sent"]);
    // And the authority fetches it.
    let line = format!("GET V145/inbox/{}", message.id);
    let fetched = desk.office.call(Some("islington"), &line, &[]);
    assert_eq!(fetched.status(), 200);
    assert_eq!(fetched.header("Mex-WorkflowID"), "CPIS_ASN");
    assert_eq!(
        desk.office.trail(),
        ["REPC_IN000004GB01 sent", "REPC_IN000004GB01 fetched"]
    );
}

#[test]
fn files_are_bounded_and_each_authority_has_its_own() {
    let desk = desk_with(|desk| {
        let islington = (0..5).map(|index| notice(desk, "V145", index));
        let barnet = (0..2).map(|index| notice(desk, "V146", index));
        islington.chain(barnet).collect()
    });
    let expected = Round {
        files: 4,
        told: 7,
        stuck: 0,
    };
    assert_eq!(round(&worker(&desk, 2)), expected);
    let mut to: Vec<_> = files(&desk, "CPIS_ASN")
        .iter()
        .map(|message| (message.to.clone(), told(&desk, message).len()))
        .collect();
    to.sort();
    let expected = [("V145", 1), ("V145", 2), ("V145", 2), ("V146", 2)];
    assert_eq!(
        to,
        expected.map(|(mailbox, count)| (mailbox.to_owned(), count))
    );
    // Barnet has no plan: there is no number of its own.
    let all = files(&desk, "CPIS_ASN");
    let barnet = all
        .iter()
        .find(|message| message.to == "V146")
        .expect("a file");
    assert!(
        told(&desk, barnet)
            .iter()
            .all(|(_, _, local, _)| local.is_none())
    );
}

#[test]
fn an_authority_without_a_mailbox_holds_up_nobody() {
    let desk = desk_with(|desk| {
        let nobody = (0..20).map(|index| notice(desk, "X99", index));
        nobody.chain([notice(desk, "V145", 50)]).collect()
    });
    let worker = worker(&desk, 2);
    let first = round(&worker);
    assert_eq!((first.told, first.stuck), (1, 1));
    assert_eq!(round(&worker).stuck, 1, "they wait");
}

#[test]
fn a_crash_tells_nothing_twice_and_loses_nothing() {
    for end in [End::Before, End::After] {
        for at in 1..=3 {
            let first = desk_with(|desk| {
                let islington = (0..3).map(|index| notice(desk, "V145", index));
                islington.chain([notice(desk, "V146", 9)]).collect()
            });
            first.store.end_at(at, end);
            assert_eq!(wait(worker(&first, 2).round()).is_err(), at <= 3);
            let after = Desk::over(Arc::new(FaultyStore::over(first.store.inner.clone())));
            round(&worker(&after, 2));
            let mut all: Vec<_> = files(&after, "CPIS_ASN")
                .iter()
                .flat_map(|message| told(&after, message))
                .map(|(query, ..)| query)
                .collect();
            all.sort();
            assert_eq!(all.len(), 4, "{end:?} {at}");
            all.dedup();
            assert_eq!(all.len(), 4, "{end:?} {at}");
        }
    }
}
