//! How long a file of a local authority takes, and how much memory: `upload_rate [RECORDS] [pds]`.
//!
//! A file of 100,000 records unless told otherwise is put into the mailbox of CP-IS in chunks, over a
//! store on disk, and read to its acknowledgement; with `pds` against as many people. Printed are
//! the seconds of each, and the most memory that the process has had.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement, not the product"
)]

use std::sync::Arc;
use std::time::Instant;

use domain::cpis::{
    Authority, AuthorityContact, Demographics, LocalId, Plan, PlanType, Standing, Subject,
};
use domain::{Hl7Timestamp, NhsNumber, OdsCode};
use hl7v3::cpis::file::{Party, upload};
use jiff::Timestamp;
use jiff::civil::date;
use sds::Directory;
use spine::cpis::upload::{UploadConfig, UploadWorker};
use spine::mail::{Mailbox, MailboxId, Mailboxes, Post, Workflows};
use store::{
    Commit, CpisChanges, MailChanges, MailChunk, MailFilter, MailMessage, MailState, SqliteOptions,
    SqliteStore, Store,
};
use transport::Environment;

/// How large the chunks of the file are, bytes.
const CHUNK: usize = 4 << 20;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let records = arguments.next().and_then(|text| text.parse().ok());
    let records: usize = records.unwrap_or(100_000);
    let asks_pds = arguments.next().as_deref() == Some("pds");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(measure(records, asks_pds));
}

async fn measure(records: usize, asks_pds: bool) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::default();
    let store = SqliteStore::open(&folder.path().join("store.db"), options).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let env = Environment::system();
    if asks_pds {
        know(&*store, records).await;
    }
    let began = Instant::now();
    let bytes = put(&*store, &env, records).await;
    println!(
        "{records} records, {bytes} bytes put in {:.1?}",
        began.elapsed()
    );
    println!("memory so far: {}", most_memory());
    let post = Post::new(store.clone(), env, mailboxes(), Workflows::default());
    let worker = UploadWorker::new(UploadConfig::default(), post);
    let began = Instant::now();
    let round = worker.round().await;
    println!(
        "read to its acknowledgement in {:.1?}: {round:?}",
        began.elapsed()
    );
    println!("memory at most: {}", most_memory());
    let filter = MailFilter {
        to: Some("V145".to_owned()),
        limit: 1,
        ..MailFilter::default()
    };
    let answer = store.mail(filter).await.unwrap().pop().unwrap();
    println!(
        "acknowledgement: {} bytes in {} chunks",
        answer.size, answer.chunks
    );
}

fn mailboxes() -> Mailboxes {
    let mailbox = Mailbox {
        id: MailboxId::parse("V145").unwrap(),
        organisation: authority().code,
        system: None,
    };
    let own = MailboxId::parse("CPIS").unwrap();
    Mailboxes::new(own, vec![mailbox], Directory::new(Vec::new())).unwrap()
}

fn authority() -> Authority {
    Authority {
        code: OdsCode::parse("V145").unwrap(),
        name: "Example Council".to_owned(),
    }
}

/// Valid numbers of the 999 range.
fn numbers() -> impl Iterator<Item = NhsNumber> {
    let nine = (999_000_000_u32..).map(|nine| nine.to_string());
    nine.filter_map(|nine| NhsNumber::from_first_nine(&nine))
}

fn plan(patient: NhsNumber) -> Plan {
    Plan {
        patient,
        authority: authority(),
        kind: PlanType::LookedAfter,
        start: "202401020000".parse().unwrap(),
        end: None,
        delete: None,
        contact: AuthorityContact {
            office: Some("tel:02070000000".to_owned()),
            emergency: "tel:07000000000".to_owned(),
        },
        subject: Subject {
            given: "Ann".to_owned(),
            family: "Example".to_owned(),
            birth_date: date(2018, 5, 3),
            local_id: Some(LocalId {
                id: "LA-123456".to_owned(),
                assigned_by: Some("V145:Example Council".to_owned()),
            }),
        },
        file: "1".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        inactive: false,
    }
}

async fn know(store: &dyn Store, records: usize) {
    let all: Vec<NhsNumber> = numbers().take(records).collect();
    for numbers in all.chunks(1000) {
        let people = numbers.iter().map(|number| Demographics {
            number: *number,
            given: vec!["Ann".to_owned()],
            family: "Example".to_owned(),
            birth_date: date(2018, 5, 3),
            sensitive: false,
            standing: Standing::Current,
        });
        let cpis = CpisChanges {
            people: people.collect(),
            ..CpisChanges::default()
        };
        let commit = Commit {
            cpis,
            ..Commit::default()
        };
        store.commit(commit).await.unwrap();
    }
}

/// Puts a file into the mailbox; says how long it is.
async fn put(store: &dyn Store, env: &Environment, records: usize) -> u64 {
    let contact = plan(numbers().next().unwrap()).contact;
    let mut buffer = upload::start(&upload::Heading {
        created: Hl7Timestamp::from_instant(env.now()),
        file: "1".to_owned(),
        quantity: records as u64,
        from: Party::of(&authority(), Some(&contact)),
    });
    let (mut chunks, mut size) = (0, 0);
    for number in numbers().take(records) {
        let record = upload::Record::of(&[&plan(number)]);
        buffer.extend_from_slice(&upload::record(&record).unwrap());
        if buffer.len() >= CHUNK {
            chunks += 1;
            size += buffer.len() as u64;
            keep(store, chunks, std::mem::take(&mut buffer)).await;
        }
    }
    buffer.extend_from_slice(&upload::end());
    chunks += 1;
    size += buffer.len() as u64;
    keep(store, chunks, buffer).await;
    let message = MailMessage {
        id: "UPLOAD".to_owned(),
        from: "V145".to_owned(),
        to: "CPIS".to_owned(),
        workflow: Workflows::default().upload,
        local_id: None,
        file_name: None,
        subject: None,
        state: MailState::Accepted,
        chunks,
        size,
        created_at: env.now(),
        changed_at: env.now(),
    };
    let mail = MailChanges {
        messages: vec![message],
        ..MailChanges::default()
    };
    let commit = Commit {
        mail,
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    size
}

async fn keep(store: &dyn Store, number: u32, bytes: Vec<u8>) {
    let chunk = MailChunk {
        message: "UPLOAD".to_owned(),
        number,
        bytes,
    };
    let mail = MailChanges {
        chunks: vec![chunk],
        ..MailChanges::default()
    };
    let commit = Commit {
        mail,
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
}

/// The most memory the process has had, as Linux counts it.
fn most_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.unwrap_or("unknown")
        .trim_start_matches("VmHWM:")
        .trim()
        .to_owned()
}
