//! What is committed is read at once, by whoever reads.

use domain::consent::ConsentSetting;
use store::conformance::sample;
use store::{Commit, SqliteOptions, SqliteStore, Store};

use crate::{Folder, wait};

/// While the file grows, from the log and from the file; here and, as another process would, through
/// connections of another store.
#[test]
fn every_commit_is_seen_at_once() {
    let folder = Folder::new();
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("open");
    let other = SqliteStore::open_read_only(&folder.store()).expect("open");
    let patient = sample::patient(1);
    let holder = sample::professional(2);
    for number in 1..=40_u32 {
        let at = i64::from(number);
        let mut new = sample::document(patient, number, number % 7 + 1);
        let mut state = number;
        new.bytes.bytes.extend((0..20_000).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }));
        let bytes = new.bytes.clone();
        let commit = Commit {
            documents: vec![new],
            consents: vec![sample::consent(patient, ConsentSetting::Yes, number)],
            permissions: vec![sample::permission(patient, holder.clone(), at)],
            ..Commit::default()
        };
        wait(store.commit(commit)).expect("written");
        for store in [&store, &other] {
            let id = sample::document_id(number);
            let record = wait(store.patient_record(patient, Some(id))).expect("read");
            assert_eq!(record.documents.len(), number as usize);
            let effective = |at: usize| record.documents[at].header.effective.first_instant();
            assert!((1..record.documents.len()).all(|at| effective(at - 1) >= effective(at)));
            let version = record.consent.map(|consent| consent.version);
            assert_eq!(version, Some(u64::from(number)));
            assert_eq!(record.document.as_ref(), Some(&bytes));
            let standing = store.standing(patient, holder.clone(), sample::time(0));
            let permissions = wait(standing).expect("read").permissions;
            assert_eq!(permissions.len(), number as usize);
            assert!(permissions.is_sorted_by_key(|permission| permission.from));
        }
        if number % 8 == 0 {
            store.checkpoint().expect("from the log into the file");
        }
    }
}
