//! Both adapters keep the contract.

use std::sync::{Arc, Mutex};

use store::{MemoryStore, SqliteOptions, SqliteStore, conformance};

use crate::{Folder, wait};

#[test]
fn the_model_keeps_the_contract() {
    wait(conformance::run(|| Arc::new(MemoryStore::new())));
}

#[test]
fn sqlite_keeps_the_contract() {
    let folders = Mutex::new(Vec::new());
    wait(conformance::run(|| {
        let folder = Folder::new();
        let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("open");
        folders.lock().expect("no panic").push(folder);
        Arc::new(store)
    }));
}

#[test]
fn sqlite_keeps_the_contract_one_commit_at_a_time() {
    let folders = Mutex::new(Vec::new());
    let options = SqliteOptions {
        readers: 1,
        batch: 1,
        cache_bytes: 0,
        ..SqliteOptions::default()
    };
    wait(conformance::run(|| {
        let folder = Folder::new();
        let store = SqliteStore::open(&folder.store(), options.clone()).expect("open");
        folders.lock().expect("no panic").push(folder);
        Arc::new(store)
    }));
}
