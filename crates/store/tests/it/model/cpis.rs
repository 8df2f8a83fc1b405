//! CP-IS and mailboxes in the state machine: few enough of each that they meet.

use domain::cpis::{PlanType, Standing};
use proptest::prelude::*;
use store::conformance::sample;
use store::{
    CpisChanges, MailChanges, MailFilter, MailMessage, MailState, NoticeFilter, PlanKey,
    Precondition, Store, Told,
};

use super::PATIENTS;

const AUTHORITIES: u32 = 3;
const QUERIES: u32 = 60;
const STATES: [MailState; 4] = [
    MailState::Uploading,
    MailState::Accepted,
    MailState::Acknowledged,
    MailState::Failed,
];

pub(super) fn precondition() -> impl Strategy<Value = Precondition> {
    prop_oneof![
        (0..PATIENTS, 0_u64..6).prop_map(|(of, count)| Precondition::CpisAccesses {
            patient: sample::patient(of),
            count,
        }),
        (0..AUTHORITIES, prop::option::of(0_u64..3)).prop_map(|(by, read)| {
            Precondition::UploadAt {
                authority: sample::authority(by),
                file: "1".to_owned(),
                read,
            }
        }),
        (0_u32..4, 0_usize..4).prop_map(|(number, state)| Precondition::MailInState {
            id: format!("mail {number}"),
            state: STATES[state],
        }),
    ]
}

pub(super) fn changes() -> impl Strategy<Value = CpisChanges> {
    let plans = (0..PATIENTS, 0..AUTHORITIES, 0_usize..3, 1_u32..3, 0_u32..60).prop_map(
        |(of, by, kind, day, number)| {
            let kind = PlanType::ALL[kind];
            sample::plan(sample::patient(of), by, kind, day, number)
        },
    );
    // Enough of them that an answer does not show all.
    let accesses = (0..PATIENTS, 0_u32..4, 0..QUERIES, 0_i64..9)
        .prop_map(|(of, by, number, at)| sample::cpis_access(sample::patient(of), by, number, at));
    let notices = (0..AUTHORITIES, 0_u32..9, 0_i64..4, any::<bool>()).prop_map(
        |(to, number, at, is_told)| {
            let mut new = sample::notice(to, number, at);
            new.created_at = sample::time(at / 2);
            new.told_at = is_told.then(|| sample::time(9));
            new
        },
    );
    let inactive = (0..AUTHORITIES, 0..PATIENTS, 0_i64..4)
        .prop_map(|(to, of, at)| sample::inactive(to, sample::patient(of), at));
    let told = (0..AUTHORITIES, 0_u32..9, any::<bool>()).prop_map(|(to, number, of_access)| {
        let (authority, at) = (sample::authority(to), sample::time(i64::from(number)));
        match of_access {
            true => Told::Access {
                authority,
                query: sample::query_id(number),
                at,
            },
            false => Told::Inactive {
                authority,
                patient: sample::patient(number % PATIENTS),
                at,
            },
        }
    });
    let uploads =
        (0..AUTHORITIES, 0_u32..3).prop_map(|(by, records)| sample::upload(by, "1", records));
    let people = (0..PATIENTS, any::<bool>()).prop_map(|(of, is_current)| {
        let standing = match is_current {
            true => Standing::Current,
            false => Standing::Superseded(sample::odd_patient()),
        };
        sample::person(sample::patient(of), standing)
    });
    let parts = (
        prop::collection::vec(plans, 0..3),
        prop::collection::vec(accesses, 0..9),
        prop::collection::vec(notices, 0..3),
        prop::collection::vec(inactive, 0..2),
        prop::collection::vec(told, 0..3),
        prop::collection::vec(uploads, 0..2),
        prop::collection::vec(people, 0..2),
    );
    parts.prop_map(|parts| CpisChanges {
        plans: parts.0,
        accesses: parts.1,
        notices: parts.2,
        inactive: parts.3,
        told: parts.4,
        uploads: parts.5,
        people: parts.6,
    })
}

pub(super) fn mail() -> impl Strategy<Value = MailChanges> {
    let id = |number: u32| format!("mail {number}");
    let messages =
        (0_u32..4, 0_u32..9, 0_i64..3, 0_usize..4).prop_map(move |(number, what, at, state)| {
            MailMessage {
                id: id(number),
                state: STATES[state],
                ..sample::mail(what, what % 2, at)
            }
        });
    let chunks = (0_u32..4, 1_u32..3, 0_u32..9).prop_map(move |(of, number, what)| {
        let mut new = sample::chunk(&id(of), what);
        new.number = number;
        new
    });
    let parts = (
        prop::collection::vec(messages, 0..3),
        prop::collection::vec(chunks, 0..3),
        prop::collection::vec((0_u32..4).prop_map(id), 0..2),
    );
    parts.prop_map(|(messages, chunks, emptied)| MailChanges {
        messages,
        chunks,
        emptied,
    })
}

/// Asks both everything, and compares the answers themselves: their `Debug` tells too little.
pub(super) async fn compare(a: &dyn Store, b: &dyn Store) {
    for of in 0..PATIENTS {
        let patient = sample::patient(of);
        for by in 0..5 {
            let author = (by < 4).then(|| sample::cpis_author(by).key());
            let (a, b) = (
                a.cpis_record(patient, author.clone()).await,
                b.cpis_record(patient, author).await,
            );
            assert_eq!(a, b);
            assert!(a.is_ok());
        }
        assert_eq!(a.person(patient).await, b.person(patient).await);
    }
    assert_eq!(a.knows_people().await, b.knows_people().await);
    let keys: Vec<_> = (0..PATIENTS * AUTHORITIES * 3)
        .map(|number| PlanKey {
            patient: sample::patient(number % PATIENTS),
            authority: sample::authority(number / PATIENTS % AUTHORITIES),
            kind: PlanType::ALL[(number / PATIENTS / AUTHORITIES) as usize],
            start: sample::plan_start(1),
        })
        .collect();
    assert_eq!(a.cpis_batch(keys.clone()).await, b.cpis_batch(keys).await);
    for by in 0..AUTHORITIES {
        let (x, y) = (
            a.cpis_upload(sample::authority(by), "1".to_owned()).await,
            b.cpis_upload(sample::authority(by), "1".to_owned()).await,
        );
        assert_eq!(x, y);
    }
    for filter in notice_filters() {
        let (x, y) = (
            a.cpis_notices(filter.clone()).await,
            b.cpis_notices(filter.clone()).await,
        );
        assert_eq!(x, y, "{filter:?}");
        let (x, y) = (
            a.cpis_inactive(filter.clone()).await,
            b.cpis_inactive(filter.clone()).await,
        );
        assert_eq!(x, y, "{filter:?}");
    }
    for filter in mail_filters() {
        assert_eq!(
            a.mail(filter.clone()).await,
            b.mail(filter.clone()).await,
            "{filter:?}"
        );
    }
    for (of, number) in (0..4).flat_map(|of| [(of, 1), (of, 2), (of, 3)]) {
        let id = format!("mail {of}");
        assert!(a.mail_chunk(id.clone(), number).await == b.mail_chunk(id, number).await);
    }
}

fn notice_filters() -> impl Iterator<Item = NoticeFilter> {
    let authorities = (0..=AUTHORITIES).map(|by| (by < AUTHORITIES).then(|| sample::authority(by)));
    authorities.flat_map(|authority| {
        [(false, 99), (true, 99), (false, 2), (true, 1)].map(|(pending, limit)| NoticeFilter {
            authority: authority.clone(),
            pending,
            from: (limit % 2 == 0).then(|| sample::time(1)),
            to: pending.then(|| sample::time(2)),
            limit,
        })
    })
}

fn mail_filters() -> Vec<MailFilter> {
    let of = |limit| MailFilter {
        limit,
        ..MailFilter::default()
    };
    vec![
        of(99),
        of(2),
        MailFilter {
            to: Some("1HC001".to_owned()),
            ..of(2)
        },
        MailFilter {
            to: Some("0HC001".to_owned()),
            state: Some(MailState::Accepted),
            ..of(9)
        },
        MailFilter {
            id: Some("mail 1".to_owned()),
            workflow: Some("CPIS_ASN".to_owned()),
            ..of(9)
        },
        MailFilter {
            local_id: Some("local 2".to_owned()),
            from: Some("3OT001".to_owned()),
            ..of(9)
        },
    ]
}
