//! Tests of the store from outside: the contract, crashes, damage, limits.

#![allow(
    clippy::disallowed_methods,
    reason = "the tests damage files and start processes"
)]

mod contract;
mod crash;
mod damage;
mod limits;
mod migration;
mod model;
mod reading;

use std::path::PathBuf;

use tempfile::TempDir;

/// A folder of its own for a store; gone when dropped.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store.db")
    }
}

/// Runs a future to its end, on threads of its own.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    runtime.expect("a runtime").block_on(future)
}
