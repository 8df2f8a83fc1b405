//! The audit: numbers, chain, search.

use std::sync::Arc;

use super::{accept, refuse, sample};
use crate::audit::{START, Verified, hash, text, verify};
use crate::{AuditFilter, Commit, Precondition, Store};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    records_are_numbered_and_chained(&*make()).await;
    refused_commits_leave_no_gap(&*make()).await;
    search(&*make()).await;
}

async fn records_are_numbered_and_chained(store: &dyn Store) {
    assert_eq!(store.audit_records(0, 10).await, Ok(vec![]));
    let mut written = Vec::new();
    for size in [1_u32, 3, 0, 2] {
        let from = written.len() as u32;
        let audit: Vec<_> = (from..from + size).map(sample::event).collect();
        written.extend(audit.clone());
        let receipt = accept(
            store,
            Commit {
                audit,
                ..Commit::default()
            },
        )
        .await;
        assert_eq!(
            receipt.last_audit,
            (size > 0).then_some(written.len() as u64)
        );
    }
    let records = store.audit_records(0, 100).await.expect("read");
    let mut previous = START;
    for (at, (record, event)) in records.iter().zip(&written).enumerate() {
        assert_eq!(record.sequence, at as u64 + 1);
        assert_eq!(record.event, *event);
        assert_eq!(record.text, text(event).expect("JSON"));
        assert_eq!(record.previous, previous);
        assert_eq!(record.hash, hash(&previous, &record.text));
        previous = record.hash;
    }
    assert_eq!(records.len(), 6);
    assert_eq!(store.counts().await.expect("counts").audit, 6);
    assert_eq!(
        verify(records.clone()),
        Ok(Verified {
            count: 6,
            head: previous
        })
    );
    assert_eq!(store.audit_records(2, 3).await, Ok(records[2..5].to_vec()));
    assert_eq!(store.audit_records(5, 3).await, Ok(records[5..].to_vec()));
    assert_eq!(store.audit_records(6, 3).await, Ok(vec![]));
    assert_eq!(store.audit_records(u64::MAX, 3).await, Ok(vec![]));
}

async fn refused_commits_leave_no_gap(store: &dyn Store) {
    let never = Precondition::ConsentVersion {
        patient: sample::patient(1),
        version: 7,
    };
    for at in 0..5 {
        let audit = vec![sample::event(at)];
        accept(
            store,
            Commit {
                audit: audit.clone(),
                ..Commit::default()
            },
        )
        .await;
        let preconditions = vec![never.clone()];
        refuse(
            store,
            Commit {
                preconditions,
                audit,
                ..Commit::default()
            },
            never.clone(),
        )
        .await;
    }
    let records = store.audit_records(0, 100).await.expect("read");
    assert_eq!(verify(records).map(|verified| verified.count), Ok(5));
}

async fn search(store: &dyn Store) {
    // Not in order of time, two at the same time, and one that is about nobody.
    let times = [5, 3, 9, 3, 12, 6, 0, 7];
    for at in times {
        accept(
            store,
            Commit {
                audit: vec![sample::event(at)],
                ..Commit::default()
            },
        )
        .await;
    }
    let mut nobody = sample::event(6);
    (
        nobody.patient,
        nobody.user,
        nobody.message,
        nobody.organisation,
    ) = (None, None, None, None);
    accept(
        store,
        Commit {
            audit: vec![nobody],
            ..Commit::default()
        },
    )
    .await;
    let holder = sample::professional(0);
    let all = AuditFilter {
        limit: 100,
        ..AuditFilter::default()
    };
    let at = |seconds| Some(sample::time(seconds));
    for (filter, expected) in [
        (all.clone(), vec![5, 3, 8, 9, 6, 1, 4, 2, 7]),
        (
            AuditFilter {
                limit: 3,
                ..all.clone()
            },
            vec![5, 3, 8],
        ),
        (
            AuditFilter {
                limit: 0,
                ..all.clone()
            },
            vec![],
        ),
        (
            AuditFilter {
                from: at(6),
                ..all.clone()
            },
            vec![5, 3, 8, 9, 6],
        ),
        (
            AuditFilter {
                to: at(5),
                ..all.clone()
            },
            vec![1, 4, 2, 7],
        ),
        (
            AuditFilter {
                from: at(3),
                to: at(3),
                ..all.clone()
            },
            vec![4, 2],
        ),
        (
            AuditFilter {
                patient: Some(sample::patient(0)),
                ..all.clone()
            },
            vec![5, 3, 6, 4, 2, 7],
        ),
        (
            AuditFilter {
                user: Some(holder.user.clone()),
                limit: 2,
                ..all.clone()
            },
            vec![5, 3],
        ),
        (
            AuditFilter {
                message: Some(sample::message_id(1)),
                ..all.clone()
            },
            vec![8],
        ),
        (
            AuditFilter {
                message: Some(sample::message_id(2)),
                ..all.clone()
            },
            vec![1],
        ),
        (
            AuditFilter {
                organisation: Some(holder.organisation),
                from: at(1),
                to: at(9),
                ..all.clone()
            },
            vec![3, 6, 4, 2],
        ),
        (
            AuditFilter {
                patient: Some(sample::patient(1)),
                user: Some(sample::professional(2).user),
                ..all.clone()
            },
            vec![],
        ),
        (
            AuditFilter {
                patient: Some(sample::patient(8)),
                ..all.clone()
            },
            vec![],
        ),
    ] {
        let found = store.audit_search(filter.clone()).await.expect("read");
        let found: Vec<_> = found.iter().map(|record| record.sequence).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    let one = store
        .audit_search(AuditFilter { limit: 1, ..all })
        .await
        .expect("read");
    assert_eq!(Ok(one), store.audit_records(4, 1).await);
}
