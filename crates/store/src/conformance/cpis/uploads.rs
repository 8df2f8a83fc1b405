//! Upload files, and the people that plans are verified against.

use std::sync::Arc;

use domain::cpis::{Demographics, Standing};
use jiff::SignedDuration;

use super::changes;
use crate::conformance::{accept, check, refuse, sample};
use crate::{Commit, CpisChanges, Precondition, Store, Upload};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    an_upload_goes_on_from_where_it_was(&*make()).await;
    another_authoritys_is_another(&*make()).await;
    people_are_as_they_were_written_last(&*make()).await;
}

fn uploads(uploads: Vec<Upload>) -> Commit {
    changes(CpisChanges {
        uploads,
        ..CpisChanges::default()
    })
}

fn at(by: u32, read: Option<u64>) -> Precondition {
    Precondition::UploadAt {
        authority: sample::authority(by),
        file: "007".to_owned(),
        read,
    }
}

async fn read(store: &dyn Store, by: u32, file: &str) -> Option<Upload> {
    let upload = store.cpis_upload(sample::authority(by), file.to_owned());
    upload.await.expect("read")
}

async fn an_upload_goes_on_from_where_it_was(store: &dyn Store) {
    assert_eq!(read(store, 1, "007").await, None);
    let mut before = None;
    for records in [0, 1, 500, 501, 100_000, 3] {
        let held = before.map(u64::from);
        check(store, at(1, held), true).await;
        let wrong = at(1, Some(u64::from(records) + 7));
        check(store, wrong.clone(), false).await;
        let new = sample::upload(1, "007", records);
        let refused = Commit {
            preconditions: vec![wrong.clone()],
            ..uploads(vec![new.clone()])
        };
        refuse(store, refused, wrong).await;
        let next = Commit {
            preconditions: vec![at(1, held)],
            ..uploads(vec![new.clone()])
        };
        accept(store, next).await;
        assert!(read(store, 1, "007").await == Some(new), "{records}");
        check(store, at(1, None), false).await;
        before = Some(records);
    }
    // Kept to the microsecond.
    let mut fine = sample::upload(1, "007", 2);
    let nanoseconds = SignedDuration::from_nanos;
    fine.received_at += nanoseconds(1_999);
    fine.answered_at = Some(sample::time(5) + nanoseconds(2_999));
    accept(store, uploads(vec![fine.clone()])).await;
    fine.received_at -= nanoseconds(999);
    fine.answered_at = Some(sample::time(5) + nanoseconds(2_000));
    assert_eq!(read(store, 1, "007").await, Some(fine));
}

async fn another_authoritys_is_another(store: &dyn Store) {
    let all = [
        sample::upload(1, "007", 1),
        sample::upload(2, "007", 2),
        sample::upload(1, "7", 3),
    ];
    accept(store, uploads(all.to_vec())).await;
    for one in all {
        let found = store.cpis_upload(one.authority.clone(), one.file.clone());
        assert_eq!(found.await, Ok(Some(one)));
    }
    check(store, at(1, Some(1)), true).await;
    check(store, at(2, Some(2)), true).await;
    check(store, at(3, None), true).await;
    check(store, at(3, Some(0)), false).await;
}

async fn people_are_as_they_were_written_last(store: &dyn Store) {
    let people = |people| {
        changes(CpisChanges {
            people,
            ..CpisChanges::default()
        })
    };
    let (one, odd) = (sample::patient(1), sample::odd_patient());
    assert_eq!(store.knows_people().await, Ok(false));
    assert_eq!(store.person(one).await, Ok(None));
    let nameless = Demographics {
        given: Vec::new(),
        ..sample::person(odd, Standing::Current)
    };
    accept(store, people(vec![nameless.clone()])).await;
    assert_eq!(store.knows_people().await, Ok(true));
    assert_eq!(store.person(one).await, Ok(None));
    for standing in [
        Standing::Current,
        Standing::Superseded(odd),
        Standing::Invalid,
        Standing::Current,
    ] {
        let before = sample::person(one, Standing::Superseded(one));
        let new = sample::person(one, standing);
        accept(store, people(vec![before, new.clone()])).await;
        assert_eq!(store.person(one).await, Ok(Some(new)));
    }
    assert_eq!(store.person(odd).await, Ok(Some(nameless)));
}
