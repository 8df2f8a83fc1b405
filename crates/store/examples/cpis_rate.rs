//! Measures what CP-IS asks of the store: `cpis_rate FOLDER [PLANS]` (default 50,000 plans).
//!
//! Build it as what ships: `cargo run --profile profiling -p minispine-store --example cpis_rate --
//! FOLDER`. In turn: people written in batches of 500; plans, new ones and then the same ones again,
//! in batches of 500 as an upload is read (each batch is looked up, decided and written on the
//! condition that nobody else was quicker); queries that count, 64 at a time (precondition, access,
//! notice, two seen messages, audit event), first of all patients, then 8 at a time of one alone, who
//! get in each other's way; and readings of a patient's record, 64 at a time, of all patients and of
//! that one.
//!
//! Told are the time of each, and the CPU time of each that the store's writing thread has.

#![allow(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use domain::NhsNumber;
use domain::cpis::{Plan, PlanType, RecordOutcome, Standing};
use store::conformance::sample;
use store::{
    AccessNotice, Commit, CpisChanges, PlanKey, Precondition, SeenMessage, SqliteOptions,
    SqliteStore, Store, StoreError, Upload,
};

type Failure = Box<dyn std::error::Error>;

const BATCH: u32 = 500;
const QUERIES: u32 = 50_000;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: cpis_rate FOLDER [PLANS]")?;
    let plans: u32 = arguments.next().map_or(Ok(50_000), |text| text.parse())?;
    let path = PathBuf::from(folder).join(format!("cpis-{}.db", std::process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    let store = Arc::new(SqliteStore::open(&path, SqliteOptions::default())?);
    runtime.block_on(measure(&store, plans.next_multiple_of(BATCH)))?;
    drop(store);
    for end in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(end);
        let _ = std::fs::remove_file(file);
    }
    Ok(())
}

async fn measure(store: &Arc<SqliteStore>, plans: u32) -> Result<(), Failure> {
    let watch = Watch::start();
    for first in (0..plans).step_by(BATCH as usize) {
        store.commit(people(first)).await?;
    }
    watch.tell("people", plans);
    for (what, file) in [("new plans", 1), ("plans again", 2)] {
        let watch = Watch::start();
        for first in (0..plans).step_by(BATCH as usize) {
            upload(&**store, file, first, plans).await?;
        }
        watch.tell(what, plans);
    }
    let all: Work = Arc::new(move |number| patient(number % plans));
    let one: Work = Arc::new(|_| sample::odd_patient());
    store
        .commit(Commit {
            cpis: CpisChanges {
                plans: vec![Plan {
                    patient: sample::odd_patient(),
                    ..plan(0, 1)
                }],
                ..CpisChanges::default()
            },
            ..Commit::default()
        })
        .await?;
    let (all, one) = ((64, all), (8, one));
    at_once("queries", store, &all, (QUERIES, Some(0))).await?;
    at_once("queries of one", store, &one, (2_000, Some(QUERIES))).await?;
    at_once("readings", store, &all, (QUERIES, None)).await?;
    at_once("readings of one", store, &one, (QUERIES, None)).await
}

/// Whose record is the one of this number.
type Work = Arc<dyn Fn(u32) -> NhsNumber + Send + Sync>;

/// So many at a time of those: so many readings, or queries with ids from a first one on.
async fn at_once(
    what: &str,
    store: &Arc<SqliteStore>,
    (at_once, whose): &(u32, Work),
    (total, query_ids): (u32, Option<u32>),
) -> Result<(), Failure> {
    let (watch, next) = (Watch::start(), Arc::new(AtomicU32::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..*at_once {
        let (store, whose, next) = (Arc::clone(store), Arc::clone(whose), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return Ok::<_, StoreError>(());
                }
                let (patient, by) = (whose(number), number % 1_000);
                match query_ids {
                    Some(first) => query(&store, patient, by, first + number).await?,
                    None => {
                        let author = sample::cpis_author(by).key();
                        store.cpis_record(patient, Some(author)).await?;
                    }
                }
            }
        });
    }
    while let Some(result) = tasks.join_next().await {
        result??;
    }
    watch.tell(what, total);
    Ok(())
}

/// Reads, decides, and writes; again if somebody was quicker.
async fn query(
    store: &SqliteStore,
    patient: NhsNumber,
    by: u32,
    number: u32,
) -> Result<(), StoreError> {
    loop {
        let author = sample::cpis_author(by).key();
        let record = store.cpis_record(patient, Some(author)).await?;
        let access = sample::cpis_access(patient, by, number, i64::from(number / 100));
        let seen = |salt: u32| SeenMessage {
            at: access.at,
            ..sample::seen(number * 2 + salt, 0, i64::from(number / 100) + 20)
        };
        let notice = AccessNotice {
            access: access.clone(),
            ..sample::notice(number % 150, number, 0)
        };
        let commit = Commit {
            preconditions: vec![Precondition::CpisAccesses {
                patient,
                count: record.count,
            }],
            seen: vec![seen(0), seen(1)],
            cpis: CpisChanges {
                accesses: vec![access],
                notices: vec![notice],
                ..CpisChanges::default()
            },
            audit: vec![sample::event(number)],
            ..Commit::default()
        };
        match store.commit(commit).await {
            Err(StoreError::Precondition(_)) => {}
            other => return other.map(|_| ()),
        }
    }
}

fn people(first: u32) -> Commit {
    let person = |number| sample::person(patient(number), Standing::Current);
    Commit {
        cpis: CpisChanges {
            people: (first..first + BATCH).map(person).collect(),
            ..CpisChanges::default()
        },
        ..Commit::default()
    }
}

/// One batch of an upload.
async fn upload(store: &dyn Store, file: u32, first: u32, declared: u32) -> Result<(), Failure> {
    let plans: Vec<_> = (first..first + BATCH)
        .map(|number| plan(number, file))
        .collect();
    let keys = plans.iter().map(PlanKey::from).collect();
    let (_, people) = store.cpis_batch(keys).await?;
    if people.iter().any(Option::is_none) {
        return Err("somebody is not there".into());
    }
    let state = sample::upload(1, &file.to_string(), 0);
    let commit = Commit {
        preconditions: vec![Precondition::UploadAt {
            authority: state.authority.clone(),
            file: state.file.clone(),
            read: (first > 0).then_some(u64::from(first)),
        }],
        cpis: CpisChanges {
            plans,
            uploads: vec![Upload {
                declared: u64::from(declared),
                outcomes: vec![RecordOutcome::STORED; (first + BATCH) as usize],
                ..state
            }],
            ..CpisChanges::default()
        },
        audit: vec![sample::event(first)],
        ..Commit::default()
    };
    store.commit(commit).await?;
    Ok(())
}

fn plan(number: u32, file: u32) -> Plan {
    let new = sample::plan(
        patient(number),
        number % 150,
        PlanType::ChildProtection,
        1,
        4,
    );
    Plan {
        file: file.to_string(),
        ..new
    }
}

/// Each another, and not in order.
fn patient(number: u32) -> NhsNumber {
    let place = u64::from(number) * 7_919_003 % 100_000_007;
    let text = format!("{:010}", 9_000_000_000 + place);
    NhsNumber::parse_any(&text).unwrap_or_else(|_| sample::patient(0))
}

struct Watch {
    start: Instant,
    writer: u64,
}

impl Watch {
    fn start() -> Self {
        Self {
            start: Instant::now(),
            writer: writer_ticks(),
        }
    }

    fn tell(&self, what: &str, number: u32) {
        let (elapsed, each) = (self.start.elapsed().as_secs_f64(), f64::from(number.max(1)));
        let writer = (writer_ticks() - self.writer) as f64 * 1e4 / each;
        println!(
            "{what:16} {number:7}: {:8.0} a second, {:6.2} us each, {writer:6.2} us CPU of the \
             writer's",
            each / elapsed,
            elapsed * 1e6 / each,
        );
    }
}

/// User and system time of the store's writing thread in hundredths of a second (Linux only; else 0).
fn writer_ticks() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let ticks = threads.flatten().map(|thread| {
        let read = |file| std::fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        if read("comm").trim() != "store-writer" {
            return 0;
        }
        let stat = read("stat");
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let times = fields
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok());
        times.sum()
    });
    ticks.sum()
}
