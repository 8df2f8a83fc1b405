//! Measures reads through the port: `read_rate FOLDER [ASKERS] [READS] [KIND...]`.
//!
//! A store is filled with 20,000 patients of two documents (20 KB each) and a consent; it stays in the
//! folder for the next time. Each asker asks, waits for the answer, and asks again, on two async
//! workers. Kinds: `list`, a patient's documents and consent; `record`, the same with one document's
//! bytes; `standing`; `cpis`, a patient's plan and two accesses; `seen`, a message that is not known. Each with `+writes` behind it does the same while one committer writes what a query writes,
//! without pause: each of its commits makes the readers look anew. With `+commit` instead, one asker
//! has a commit made before each read, and only the reads are timed.
//!
//! Told are reads per second, the longest wait, the CPU time of a read (of the process without the
//! store's writing thread, and of the store's reading threads alone), and what it asked of the system:
//! calls that read. With `+commit` told are the time and those calls of a read alone.

#![allow(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::NhsNumber;
use domain::consent::ConsentSetting;
use domain::cpis::PlanType;
use store::conformance::sample;
use store::{Commit, SqliteOptions, SqliteStore, Store, StoreError};

const PATIENTS: u32 = 20_000;

const KINDS: [&str; 11] = [
    "list",
    "record",
    "standing",
    "cpis",
    "seen",
    "list+writes",
    "record+writes",
    "list+commit",
    "record+commit",
    "standing+commit",
    "cpis+commit",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: read_rate FOLDER [ASKERS] [READS] [KIND...]";
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let askers: u32 = arguments.next().map_or(Ok(16), |text| text.parse())?;
    let reads: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let wanted: Vec<String> = arguments.collect();
    let path = folder.join("read.db");
    let is_new = !path.exists();
    let store = Arc::new(SqliteStore::open(&path, SqliteOptions::default())?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()?;
    if is_new {
        runtime.block_on(fill(&*store))?;
        store.checkpoint()?;
    }
    for kind in KINDS {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == kind) {
            continue;
        }
        match kind.strip_suffix("+commit") {
            Some(kind) => runtime.block_on(after_commits(&store, kind, reads))?,
            None => runtime.block_on(measure(Arc::clone(&store), kind, askers, reads))?,
        }
    }
    Ok(())
}

/// The patient of a number below [`PATIENTS`], each its own.
fn patient(number: u32) -> NhsNumber {
    (number * 37..)
        .find_map(|nine| NhsNumber::from_first_nine(&format!("999{nine:06}")))
        .expect("ten in eleven have a check digit")
}

/// Like chance, the same every time.
fn some_patient(number: u32) -> u32 {
    let mut state = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state ^= state >> 29;
    (state.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as u32 % PATIENTS
}

async fn fill(store: &dyn Store) -> Result<(), StoreError> {
    for first in (0..PATIENTS).step_by(50) {
        let mut commit = Commit::default();
        for number in first..first + 50 {
            let of = patient(number);
            for document in 0..2 {
                let mut new = sample::document(of, number * 2 + document, document + 1);
                let line = format!("<td>{number:x}</td><td>Amoxicillin 500mg capsules</td>");
                new.bytes.bytes = line.repeat(20_000 / line.len()).into_bytes();
                new.header.author.element = Some(sample::author_element(39));
                commit.documents.push(new);
            }
            let consent = sample::consent(of, ConsentSetting::Yes, 2);
            commit.consents.push(consent);
            let plan = sample::plan(of, number % 150, PlanType::Unborn, 1, number);
            commit.cpis.plans.push(plan);
            for access in 0..2 {
                let new = sample::cpis_access(of, number, number * 2 + access, i64::from(number));
                commit.cpis.accesses.push(new);
            }
        }
        store.commit(commit).await?;
    }
    Ok(())
}

async fn measure(
    store: Arc<SqliteStore>,
    kind: &'static str,
    askers: u32,
    reads: u32,
) -> Result<(), Box<dyn std::error::Error>> {
    let stop = Arc::new(AtomicBool::new(false));
    let writing = kind.ends_with("+writes");
    let committer = tokio::spawn(write(Arc::clone(&store), Arc::clone(&stop), writing));
    let threads = |name| cpu_of_threads(name);
    let before = (
        cpu_ticks("self"),
        threads("store-writer"),
        threads("store-reader"),
    );
    let calls = calls_that_read("self");
    let start = Instant::now();
    let next = Arc::new(AtomicU32::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..askers {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        tasks.spawn(async move {
            let mut worst = Duration::ZERO;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= reads {
                    return Ok::<_, StoreError>(worst);
                }
                let start = Instant::now();
                read(&*store, kind, number).await?;
                worst = worst.max(start.elapsed());
            }
        });
    }
    let mut worst = Duration::ZERO;
    while let Some(result) = tasks.join_next().await {
        worst = worst.max(result??);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let each = |ticks: u64| ticks as f64 * 1e4 / f64::from(reads.max(1));
    let writer = threads("store-writer") - before.1;
    let calls = calls_that_read("self") - calls;
    println!(
        "{kind:13} {askers:3} askers: {:8.0} reads/s, {:6.1} us CPU each, {:6.1} of it the \
         readers', {:5.2} calls, worst {worst:?}",
        f64::from(reads) / elapsed,
        each(cpu_ticks("self") - before.0 - writer),
        each(threads("store-reader") - before.2),
        calls as f64 / f64::from(reads.max(1)),
    );
    stop.store(true, Ordering::Relaxed);
    committer.await??;
    Ok(())
}

/// Reads on the thread that commits, each after a commit.
async fn after_commits(
    store: &SqliteStore,
    kind: &str,
    reads: u32,
) -> Result<(), Box<dyn std::error::Error>> {
    let reads = reads.min(10_000);
    let (mut spent, mut calls) = (Vec::new(), 0);
    // Looking is a call or two itself.
    let first = calls_that_read("thread-self");
    let looking = calls_that_read("thread-self") - first;
    for number in 0..reads {
        store.commit(of_a_query(number)).await?;
        let before = calls_that_read("thread-self");
        let start = Instant::now();
        read(store, kind, number).await?;
        spent.push(start.elapsed().as_secs_f64() * 1e6);
        calls += calls_that_read("thread-self") - before - looking;
    }
    spent.sort_by(f64::total_cmp);
    let median = spent.get(spent.len() / 2).copied().unwrap_or_default();
    println!(
        "{kind:8} after a commit: {median:6.1} us (median of {reads}), {:5.2} calls",
        calls as f64 / f64::from(reads.max(1)),
    );
    Ok(())
}

async fn read(store: &dyn Store, kind: &str, number: u32) -> Result<(), StoreError> {
    let which = some_patient(number);
    let of = patient(which);
    match kind.split('+').next() {
        Some("list") => store.patient_record(of, None).await.map(|_| ()),
        Some("record") => {
            let document = Some(sample::document_id(which * 2));
            store.patient_record(of, document).await.map(|_| ())
        }
        Some("cpis") => store.cpis_record(of, None).await.map(|_| ()),
        Some("standing") => {
            let holder = sample::professional(which);
            let standing = store.standing(of, holder, sample::time(0));
            standing.await.map(|_| ())
        }
        _ => store.seen(sample::seen_key(number)).await.map(|_| ()),
    }
}

/// Commits until it is to stop.
async fn write(
    store: Arc<SqliteStore>,
    stop: Arc<AtomicBool>,
    writing: bool,
) -> Result<(), StoreError> {
    let mut number = 0;
    while writing && !stop.load(Ordering::Relaxed) {
        number += 1;
        store.commit(of_a_query(number)).await?;
    }
    Ok(())
}

fn of_a_query(number: u32) -> Commit {
    let at = i64::from(number);
    let holder = sample::professional(number % 1_000);
    let of = patient(some_patient(number));
    Commit {
        permissions: vec![sample::permission(of, holder.clone(), at)],
        relationships: vec![sample::relationship(of, holder, at)],
        accesses: vec![sample::access(of, number % 20, at)],
        audit: vec![sample::event(number)],
        ..Commit::default()
    }
}

/// User and system time of a process or thread in hundredths of a second (Linux only; else 0).
fn cpu_ticks(of: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{of}/stat")).unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default();
    let fields = fields.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// How often a process or thread has asked the system to read (Linux only; else 0).
fn calls_that_read(of: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{of}/io")).unwrap_or_default();
    let calls = text.lines().find_map(|line| line.strip_prefix("syscr: "));
    calls.and_then(|calls| calls.parse().ok()).unwrap_or(0)
}

/// That of the threads of a name.
fn cpu_of_threads(name: &str) -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let named = threads.flatten().filter(|thread| {
        let found = std::fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
        found.trim() == name
    });
    named
        .map(|thread| cpu_ticks(&format!("self/task/{}", thread.file_name().display())))
        .sum()
}
