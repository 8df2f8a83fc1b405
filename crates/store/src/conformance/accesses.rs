//! The access log and its report.

use std::sync::Arc;

use domain::activity::ScrAccess;
use jiff::{SignedDuration, Timestamp};

use super::{accept, sample};
use crate::{AccessFilter, AccessPage, Commit, Store};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    nothing_yet(&*make()).await;
    rows_come_back_in_order(&*make()).await;
    filters(&*make()).await;
    many(&*make()).await;
}

async fn add(store: &dyn Store, accesses: Vec<ScrAccess>) {
    let commit = Commit {
        accesses,
        ..Commit::default()
    };
    accept(store, commit).await;
}

async fn nothing_yet(store: &dyn Store) {
    let filter = sample::accesses_of(&sample::professional(1).organisation, 10);
    assert_eq!(store.accesses(filter).await, Ok(AccessPage::default()));
}

async fn rows_come_back_in_order(store: &dyn Store) {
    let patient = sample::patient(1);
    let first = sample::access(patient, 1, 50);
    let mut same_time = sample::access(patient, 1, 50);
    same_time.message = sample::message_id(1);
    let earlier = sample::access(patient, 1, 49);
    let mut fine = sample::access(patient, 1, 51);
    fine.at += SignedDuration::from_nanos(1_999);
    add(store, vec![first.clone(), same_time.clone()]).await;
    add(store, vec![fine.clone(), earlier.clone()]).await;
    // The very same once more is another access.
    add(store, vec![first.clone()]).await;
    // Kept to the microsecond.
    fine.at -= SignedDuration::from_nanos(999);
    let all = [earlier, first.clone(), same_time, first, fine];
    let filter = sample::accesses_of(&all[0].organisation, 10);
    for limit in [10, 5, 3, 1, 0] {
        let filter = AccessFilter {
            limit,
            ..filter.clone()
        };
        let rows = all.iter().take(limit).cloned().collect();
        let expected = AccessPage { rows, matching: 5 };
        assert_eq!(store.accesses(filter).await, Ok(expected), "{limit}");
    }
}

async fn filters(store: &dyn Store) {
    // Of each organisation: every second by another user of it, every third to another patient.
    for at in 0..24 {
        let of = |holder| {
            let mut access = sample::access(sample::patient(u32::from(at % 3 == 0)), holder, at);
            if at % 2 == 0 {
                access.user = sample::professional(9).user;
            }
            access
        };
        add(store, vec![of(1), of(2)]).await;
    }
    let holder = sample::professional(1);
    let all = sample::accesses_of(&holder.organisation, 100);
    let time = sample::time;
    let patient = Some(sample::patient(1));
    let user = Some(sample::professional(9).user);
    let every = |step: i64, range: std::ops::Range<i64>| -> Vec<i64> {
        range.filter(|at| at % step == 0).collect()
    };
    for (filter, expected) in [
        (all.clone(), every(1, 0..24)),
        (
            AccessFilter {
                from: time(5),
                to: time(9),
                ..all.clone()
            },
            every(1, 5..10),
        ),
        (
            AccessFilter {
                from: time(9),
                to: time(9),
                ..all.clone()
            },
            vec![9],
        ),
        (
            AccessFilter {
                from: time(9),
                to: time(8),
                ..all.clone()
            },
            vec![],
        ),
        (
            AccessFilter {
                from: time(24),
                ..all.clone()
            },
            vec![],
        ),
        (
            AccessFilter {
                patient,
                to: time(10),
                ..all.clone()
            },
            every(3, 0..11),
        ),
        (
            AccessFilter {
                user: user.clone(),
                from: time(3),
                ..all.clone()
            },
            every(2, 3..24),
        ),
        (
            AccessFilter {
                patient,
                user: user.clone(),
                ..all.clone()
            },
            every(6, 0..24),
        ),
        (
            AccessFilter {
                patient: Some(sample::patient(5)),
                user: user.clone(),
                ..all.clone()
            },
            vec![],
        ),
        (
            AccessFilter {
                user: Some(sample::professional(2).user),
                ..all.clone()
            },
            vec![],
        ),
        (
            sample::accesses_of(&sample::professional(3).organisation, 9),
            vec![],
        ),
    ] {
        let page = store.accesses(filter.clone()).await.expect("read");
        let of_it = |row: &ScrAccess| row.organisation == holder.organisation;
        assert!(page.rows.iter().all(of_it), "{filter:?}");
        let found: Vec<_> = page.rows.iter().map(|row| row.at).collect();
        let expected: Vec<_> = expected.into_iter().map(time).collect();
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(page.matching, expected.len() as u64, "{filter:?}");
    }
}

/// More than any store counts one by one; each count is exact all the same.
async fn many(store: &dyn Store) {
    const ALL: i64 = 24_000;
    // Not in order of time, across the start of 1970, and several in a second.
    let second = |number: i64| (number * 7_919 % ALL) / 3 - 3_333;
    let at = |second: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    // One user and one patient have most of them, together and apart; others have few.
    let access = |number: i64| ScrAccess {
        at: at(second(number)),
        user: sample::professional(u32::from(number % 4 == 0)).user,
        patient: sample::patient(u32::from(number % 5 == 0) + u32::from(number % 1_000 == 0)),
        ..sample::access(sample::patient(0), 1, 0)
    };
    let all: Vec<_> = (0..ALL).map(access).collect();
    for accesses in all.chunks(700) {
        add(store, accesses.to_vec()).await;
    }
    let organisation = sample::professional(1).organisation;
    for period in [
        (-9_999, 9_999),
        (-3_600, 3_599),
        (-3_600, 0),
        (-1, 3_600),
        (100, 3_700),
        (3_599, 3_600),
        (17, 17),
    ] {
        for patient in [None, Some(0), Some(1), Some(2), Some(3)] {
            for user in [None, Some(0), Some(1), Some(2)] {
                let filter = AccessFilter {
                    organisation: organisation.clone(),
                    from: at(period.0),
                    to: at(period.1),
                    patient: patient.map(sample::patient),
                    user: user.map(|user| sample::professional(user).user),
                    limit: 5,
                };
                let mut expected: Vec<_> = all
                    .iter()
                    .filter(|access| (filter.from..=filter.to).contains(&access.at))
                    .filter(|access| filter.patient.is_none_or(|of| access.patient == of))
                    .filter(|access| filter.user.as_ref().is_none_or(|by| access.user == *by))
                    .collect();
                expected.sort_by_key(|access| access.at);
                let page = store.accesses(filter.clone()).await.expect("read");
                assert_eq!(page.matching, expected.len() as u64, "{filter:?}");
                expected.truncate(5);
                assert!(page.rows.iter().eq(expected), "{filter:?}");
            }
        }
    }
}
