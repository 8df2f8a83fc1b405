//! What is kept for CP-IS.

mod accesses;
mod notices;
mod plans;
mod uploads;

use std::sync::Arc;

use domain::NhsNumber;
use domain::cpis::{Author, Plan};

use crate::{Commit, CpisChanges, CpisRecord, Store};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    plans::run(make).await;
    accesses::run(make).await;
    notices::run(make).await;
    uploads::run(make).await;
}

fn changes(cpis: CpisChanges) -> Commit {
    Commit {
        cpis,
        ..Commit::default()
    }
}

fn plans(plans: Vec<Plan>) -> Commit {
    changes(CpisChanges {
        plans,
        ..CpisChanges::default()
    })
}

async fn record(store: &dyn Store, patient: NhsNumber, author: Option<&Author>) -> CpisRecord {
    let record = store.cpis_record(patient, author.map(Author::key)).await;
    record.expect("read")
}
