//! Permissions to view and relationships.

use std::sync::Arc;

use domain::permission::{PermissionSource, PermissionToView};
use jiff::{SignedDuration, Timestamp};

use super::{accept, sample};
use crate::{Commit, Standing, Store};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    permissions(&*make()).await;
    permissions_at_the_ends_of_time(&*make()).await;
    permissions_that_are_over_are_left_out(&*make()).await;
    the_first_relationship_stays(&*make()).await;
}

async fn permissions(store: &dyn Store) {
    let (patient, holder) = (sample::patient(1), sample::professional(1));
    let later = sample::permission(patient, holder.clone(), 500);
    let sooner = sample::permission(patient, holder.clone(), 100);
    let commit = Commit {
        permissions: vec![later.clone(), sooner],
        ..Commit::default()
    };
    accept(store, commit).await;
    // The same patient, holder and start: replaced, not added.
    let mut replaced = sample::permission(patient, holder.clone(), 100);
    replaced.until = None;
    replaced.source = PermissionSource::QueryScr;
    replaced.message = sample::message_id(9);
    // Any other holder: another permission.
    let mut others = Vec::new();
    for changed in 0..3 {
        let (mut another, stranger) = (holder.clone(), sample::professional(2));
        match changed {
            0 => another.user = stranger.user,
            1 => another.role_profile = stranger.role_profile,
            _ => another.organisation = stranger.organisation,
        }
        others.push(sample::permission(patient, another, 100));
    }
    others.push(sample::permission(sample::patient(2), holder.clone(), 100));
    let mut permissions = others.clone();
    permissions.push(replaced.clone());
    accept(
        store,
        Commit {
            permissions,
            ..Commit::default()
        },
    )
    .await;
    let expected = Standing {
        permissions: vec![replaced, later],
        relationship: None,
    };
    assert_eq!(
        store.standing(patient, holder, sample::time(0)).await,
        Ok(expected)
    );
    for other in others {
        let found = store
            .standing(other.patient, other.holder.clone(), sample::time(0))
            .await;
        assert_eq!(
            found,
            Ok(Standing {
                permissions: vec![other],
                relationship: None
            })
        );
    }
}

async fn permissions_at_the_ends_of_time(store: &dyn Store) {
    let (patient, holder) = (sample::patient(1), sample::professional(1));
    let cut =
        |at: Timestamp| at - SignedDuration::from_nanos(i64::from(at.subsec_nanosecond() % 1_000));
    let mut wide = sample::permission(patient, holder.clone(), 0);
    wide.from = Timestamp::MIN;
    wide.until = Some(Timestamp::MAX);
    let mut fine = sample::permission(patient, holder.clone(), 0);
    fine.from = sample::time(0) + SignedDuration::from_nanos(1_999);
    fine.until = Some(sample::time(1) + SignedDuration::from_nanos(999_999_999));
    accept(
        store,
        Commit {
            permissions: vec![wide.clone(), fine.clone()],
            ..Commit::default()
        },
    )
    .await;
    // Kept to the microsecond.
    wide.until = wide.until.map(cut);
    (fine.from, fine.until) = (cut(fine.from), fine.until.map(cut));
    let expected = Standing {
        permissions: vec![wide, fine],
        relationship: None,
    };
    assert_eq!(
        store.standing(patient, holder, sample::time(0)).await,
        Ok(expected)
    );
}

async fn permissions_that_are_over_are_left_out(store: &dyn Store) {
    let (patient, holder) = (sample::patient(1), sample::professional(1));
    let permission = |from, until: Option<i64>| PermissionToView {
        until: until.map(sample::time),
        ..sample::permission(patient, holder.clone(), from)
    };
    let short = permission(0, Some(10));
    let long = permission(5, Some(100));
    let future = permission(200, Some(300));
    let lasting = permission(3, None);
    // What ends before it starts never holds.
    let backwards = permission(500, Some(400));
    let mut permissions = vec![backwards.clone(), short.clone(), lasting.clone()];
    permissions.extend([future.clone(), long.clone()]);
    let commit = |permissions| Commit {
        permissions,
        ..Commit::default()
    };
    accept(store, commit(permissions)).await;
    for (at, expected) in [
        (-5, vec![&short, &lasting, &long, &future]),
        (10, vec![&short, &lasting, &long, &future]),
        (11, vec![&lasting, &long, &future]),
        (100, vec![&lasting, &long, &future]),
        (101, vec![&lasting, &future]),
        (301, vec![&lasting]),
    ] {
        let standing = store.standing(patient, holder.clone(), sample::time(at));
        let found = standing.await.expect("read").permissions;
        assert!(found.iter().eq(expected), "{at}: {found:?}");
    }
    // To the microsecond, as permissions are kept.
    let after = sample::time(10) + SignedDuration::from_micros(1);
    let standing = store.standing(patient, holder.clone(), after).await;
    assert_eq!(standing.expect("read").permissions.len(), 3);
    // The same start is the same permission, whichever end it has and had.
    for until in [Some(50), None, Some(2), Some(60), None, Some(-1)] {
        accept(store, commit(vec![permission(3, until)])).await;
        let standing = store.standing(patient, holder.clone(), sample::time(-9));
        let found = standing.await.expect("read").permissions;
        let found: Vec<_> = found.iter().filter(|p| p.from == lasting.from).collect();
        match until {
            Some(-1 | 2) => assert!(found.is_empty(), "{found:?}"),
            _ => assert_eq!(found, [&permission(3, until)]),
        }
    }
}

async fn the_first_relationship_stays(store: &dyn Store) {
    let (patient, holder) = (sample::patient(1), sample::professional(1));
    assert_eq!(
        store
            .standing(patient, holder.clone(), sample::time(0))
            .await,
        Ok(Standing::default())
    );
    let first = sample::relationship(patient, holder.clone(), 10);
    let again = sample::relationship(patient, holder.clone(), 5);
    accept(
        store,
        Commit {
            relationships: vec![first.clone()],
            ..Commit::default()
        },
    )
    .await;
    accept(
        store,
        Commit {
            relationships: vec![again],
            ..Commit::default()
        },
    )
    .await;
    let standing = store
        .standing(patient, holder.clone(), sample::time(0))
        .await
        .expect("read");
    assert_eq!(standing.relationship, Some(first));
    for (patient, holder) in [
        (sample::patient(2), holder),
        (patient, sample::professional(2)),
    ] {
        assert_eq!(
            store.standing(patient, holder, sample::time(0)).await,
            Ok(Standing::default())
        );
    }
}
