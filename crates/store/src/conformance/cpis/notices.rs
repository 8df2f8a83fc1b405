//! What local authorities are to be told.

use std::sync::Arc;

use domain::NhsNumber;
use jiff::{SignedDuration, Timestamp};

use super::changes;
use crate::conformance::{accept, sample};
use crate::{AccessNotice, Commit, CpisChanges, InactiveNotice, NoticeFilter, Store, Told};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    the_first_of_an_access_and_authority_stays(&*make()).await;
    what_was_told_is_pending_no_more(&*make()).await;
    they_are_found_in_order(&*make()).await;
    numbers_out_of_use_are_told_likewise(&*make()).await;
    those_are_found_in_order_too(&*make()).await;
}

fn all() -> NoticeFilter {
    NoticeFilter {
        limit: 99,
        ..NoticeFilter::default()
    }
}

fn pending() -> NoticeFilter {
    NoticeFilter {
        pending: true,
        ..all()
    }
}

fn notices(notices: Vec<AccessNotice>) -> Commit {
    changes(CpisChanges {
        notices,
        ..CpisChanges::default()
    })
}

fn inactive(inactive: Vec<InactiveNotice>) -> Commit {
    changes(CpisChanges {
        inactive,
        ..CpisChanges::default()
    })
}

fn told(told: Vec<Told>) -> Commit {
    changes(CpisChanges {
        told,
        ..CpisChanges::default()
    })
}

fn told_access(to: u32, number: u32, at: i64) -> Told {
    Told::Access {
        authority: sample::authority(to),
        query: sample::query_id(number),
        at: sample::time(at),
    }
}

fn told_inactive(to: u32, patient: NhsNumber, at: i64) -> Told {
    Told::Inactive {
        authority: sample::authority(to),
        patient,
        at: sample::time(at),
    }
}

async fn the_first_of_an_access_and_authority_stays(store: &dyn Store) {
    assert_eq!(store.cpis_notices(all()).await, Ok(vec![]));
    let (first, mut second) = (sample::notice(1, 1, 10), sample::notice(1, 2, 20));
    second.access.patient = sample::odd_patient();
    let again = AccessNotice {
        file: "another".to_owned(),
        told_at: Some(sample::time(0)),
        ..sample::notice(1, 1, 50)
    };
    accept(store, notices(vec![first.clone(), again.clone()])).await;
    let elsewhere = sample::notice(2, 1, 30);
    let new = vec![again, second.clone(), elsewhere.clone()];
    accept(store, notices(new)).await;
    let expected = vec![first, second, elsewhere];
    assert_eq!(store.cpis_notices(all()).await, Ok(expected.clone()));
    assert_eq!(store.cpis_notices(pending()).await, Ok(expected));
    // They are not accesses themselves.
    assert_eq!(
        store.counts().await.map(|counts| counts.cpis_accesses),
        Ok(0)
    );
    // Kept to the microsecond.
    let mut fine = sample::notice(3, 9, 0);
    let nanoseconds = SignedDuration::from_nanos;
    fine.access.at += nanoseconds(1_999);
    fine.created_at += nanoseconds(2_999);
    fine.told_at = Some(sample::time(5) + nanoseconds(3_999));
    accept(store, notices(vec![fine.clone()])).await;
    fine.access.at -= nanoseconds(999);
    fine.created_at -= nanoseconds(999);
    fine.told_at = Some(sample::time(5) + nanoseconds(3_000));
    let theirs = NoticeFilter {
        authority: Some(sample::authority(3)),
        ..all()
    };
    assert_eq!(store.cpis_notices(theirs).await, Ok(vec![fine]));
}

async fn what_was_told_is_pending_no_more(store: &dyn Store) {
    let notice = |to, number| sample::notice(to, number, i64::from(number));
    let gone = |to, number, at| AccessNotice {
        told_at: Some(sample::time(at)),
        ..notice(to, number)
    };
    let four = vec![notice(1, 1), notice(1, 2), notice(2, 1), notice(1, 3)];
    accept(store, notices(four)).await;
    // Told of one that comes in the same commit; of none that is there.
    let commit = changes(CpisChanges {
        notices: vec![notice(1, 4)],
        told: vec![
            told_access(1, 1, 70),
            told_access(1, 4, 71),
            told_access(2, 2, 72),
            told_inactive(1, sample::patient(1), 73),
        ],
        ..CpisChanges::default()
    });
    accept(store, commit).await;
    let waiting = vec![notice(2, 1), notice(1, 2), notice(1, 3)];
    let ids = |notices: &[AccessNotice]| -> Vec<_> {
        let ids = notices.iter();
        ids.map(|one| (one.access.query.clone(), one.authority.clone()))
            .collect()
    };
    let found = store.cpis_notices(pending()).await.expect("read");
    assert_eq!(ids(&found), ids(&waiting));
    assert_eq!(found, waiting);
    // The first time stays.
    accept(
        store,
        told(vec![told_access(1, 1, 99), told_access(1, 3, 80)]),
    )
    .await;
    accept(store, told(vec![told_access(1, 3, 81)])).await;
    // One that was told before it came.
    accept(store, notices(vec![gone(1, 5, 90)])).await;
    let pending = store.cpis_notices(pending()).await;
    assert_eq!(pending, Ok(vec![notice(2, 1), notice(1, 2)]));
    let all = store.cpis_notices(all()).await.expect("read");
    let expected = [
        gone(1, 1, 70),
        notice(2, 1),
        notice(1, 2),
        gone(1, 3, 80),
        gone(1, 4, 71),
        gone(1, 5, 90),
    ];
    assert_eq!(all, expected);
}

/// Notices as (authority, number, when they arose, when the access was, whether they were told).
const NOTICES: [(u32, u32, i64, i64, bool); 8] = [
    (1, 6, 100, 50, false),
    (2, 6, 100, 50, false),
    (1, 3, 110, 40, true),
    (1, 4, 110, 60, false),
    (2, 4, 110, 60, true),
    (10, 4, 120, 60, false),
    (1, 1, 130, 10, false),
    (2, 2, 140, 70, false),
];

async fn they_are_found_in_order(store: &dyn Store) {
    let notice = |place: usize| {
        let (to, number, created_at, at, is_told) = NOTICES[place];
        AccessNotice {
            created_at: sample::time(created_at),
            told_at: is_told.then(|| sample::time(900)),
            ..sample::notice(to, number, at)
        }
    };
    for place in [4, 0, 7, 2, 5, 1, 6, 3] {
        accept(store, notices(vec![notice(place)])).await;
    }
    for (filter, places) in filters() {
        let expected: Vec<_> = places.into_iter().map(notice).collect();
        for (filter, some) in limited(&filter, &expected) {
            let found = store.cpis_notices(filter.clone()).await.expect("read");
            assert_eq!(found, some, "{filter:?}");
        }
    }
}

/// The filter with limits, and what is left of what it lets through.
fn limited<'a, T>(
    filter: &NoticeFilter,
    expected: &'a [T],
) -> impl Iterator<Item = (NoticeFilter, &'a [T])> {
    [0, 1, 3, 99]
        .map(|limit| {
            let filter = NoticeFilter {
                limit,
                ..filter.clone()
            };
            (filter, expected.get(..limit).unwrap_or(expected))
        })
        .into_iter()
}

/// Filters, and which of [`NOTICES`] they let through.
fn filters() -> Vec<(NoticeFilter, Vec<usize>)> {
    let at = |seconds| Some(sample::time(seconds));
    let of = |number| NoticeFilter {
        authority: Some(sample::authority(number)),
        ..all()
    };
    let between = |filter, from, to| NoticeFilter {
        from: at(from),
        to: at(to),
        ..filter
    };
    let waiting = |filter| NoticeFilter {
        pending: true,
        ..filter
    };
    vec![
        (all(), (0..8).collect()),
        (of(1), vec![0, 2, 3, 6]),
        (of(2), vec![1, 4, 7]),
        (of(10), vec![5]),
        (of(100), vec![]),
        (pending(), vec![0, 1, 3, 5, 6, 7]),
        (waiting(of(1)), vec![0, 3, 6]),
        (between(all(), 40, 60), vec![0, 1, 2, 3, 4, 5]),
        (between(all(), 61, 69), vec![]),
        (between(of(1), 40, 50), vec![0, 2]),
        (between(waiting(of(1)), 40, 60), vec![0, 3]),
        (between(pending(), 60, 70), vec![3, 5, 7]),
        (
            NoticeFilter {
                from: at(60),
                ..all()
            },
            vec![3, 4, 5, 7],
        ),
        (
            NoticeFilter {
                to: at(40),
                ..of(1)
            },
            vec![2, 6],
        ),
        (
            NoticeFilter {
                from: Some(Timestamp::MIN),
                to: Some(Timestamp::MAX),
                ..all()
            },
            (0..8).collect(),
        ),
    ]
}

async fn numbers_out_of_use_are_told_likewise(store: &dyn Store) {
    assert_eq!(store.cpis_inactive(all()).await, Ok(vec![]));
    let (one, odd) = (sample::patient(1), sample::odd_patient());
    let first = sample::inactive(1, one, 10);
    let again = sample::inactive(1, one, 99);
    let others = [sample::inactive(2, one, 21), sample::inactive(1, odd, 30)];
    accept(store, inactive(vec![first.clone(), again.clone()])).await;
    accept(
        store,
        inactive(vec![again, others[0].clone(), others[1].clone()]),
    )
    .await;
    let expected = vec![first.clone(), others[0].clone(), others[1].clone()];
    assert_eq!(store.cpis_inactive(all()).await, Ok(expected.clone()));
    assert_eq!(store.cpis_inactive(pending()).await, Ok(expected));
    let commit = changes(CpisChanges {
        inactive: vec![sample::inactive(3, one, 40)],
        told: vec![
            told_inactive(1, one, 70),
            told_inactive(3, one, 71),
            told_inactive(2, odd, 72),
            told_access(1, 1, 73),
        ],
        ..CpisChanges::default()
    });
    accept(store, commit).await;
    accept(store, told(vec![told_inactive(1, one, 99)])).await;
    assert_eq!(store.cpis_inactive(pending()).await, Ok(others.to_vec()));
    let gone = |notice: InactiveNotice, at| InactiveNotice {
        told_at: Some(sample::time(at)),
        ..notice
    };
    let [second, third] = others;
    let expected = vec![
        gone(first, 70),
        second,
        third,
        gone(sample::inactive(3, one, 40), 71),
    ];
    assert_eq!(store.cpis_inactive(all()).await, Ok(expected));
}

async fn those_are_found_in_order_too(store: &dyn Store) {
    // When it arose is when it happened.
    let notice = |place: usize| {
        let (to, number, _, at, is_told) = NOTICES[place];
        InactiveNotice {
            told_at: is_told.then(|| sample::time(900)),
            ..sample::inactive(to, sample::patient(number), at)
        }
    };
    for place in [4, 0, 7, 2, 5, 1, 6, 3] {
        accept(store, inactive(vec![notice(place)])).await;
    }
    let in_order = [6, 2, 0, 1, 3, 5, 4, 7];
    for (filter, places) in filters() {
        let expected = in_order.into_iter().filter(|place| places.contains(place));
        let expected: Vec<_> = expected.map(notice).collect();
        for (filter, some) in limited(&filter, &expected) {
            let found = store.cpis_inactive(filter.clone()).await.expect("read");
            assert_eq!(found, some, "{filter:?}");
        }
    }
}
