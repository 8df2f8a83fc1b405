//! Measures reads through the port: `read_rate FOLDER [ASKERS] [READS] [KIND...]`.
//!
//! A store is filled with 20,000 patients of two documents (20 KB each) and a consent. Each asker
//! asks, waits for the answer, and asks again, on two async workers. Kinds: `list`, a patient's
//! documents and consent; `record`, the same with one document's bytes; `standing`; `seen`, a
//! message that is not known. `list+writes` and `record+writes` do the same while one committer
//! writes what a query writes, without pause: each of its commits makes the readers look anew.
//!
//! Told are reads per second, the longest wait, and the CPU time of a read: of the process without
//! the store's writing thread, and of the store's reading threads alone.

#![allow(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::NhsNumber;
use domain::consent::ConsentSetting;
use store::conformance::sample;
use store::{Commit, SqliteOptions, SqliteStore, Store, StoreError};

const PATIENTS: u32 = 20_000;

const KINDS: [&str; 6] = [
    "list",
    "record",
    "standing",
    "seen",
    "list+writes",
    "record+writes",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: read_rate FOLDER [ASKERS] [READS] [KIND...]";
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let askers: u32 = arguments.next().map_or(Ok(16), |text| text.parse())?;
    let reads: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let wanted: Vec<String> = arguments.collect();
    let path = folder.join(format!("read-{}.db", std::process::id()));
    let store = Arc::new(SqliteStore::open(&path, SqliteOptions::default())?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()?;
    runtime.block_on(fill(&*store))?;
    for kind in KINDS {
        if wanted.is_empty() || wanted.iter().any(|name| name == kind) {
            runtime.block_on(measure(Arc::clone(&store), kind, askers, reads))?;
        }
    }
    drop(store);
    for end in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(end);
        let _ = std::fs::remove_file(file);
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
    println!(
        "{kind:13} {askers:3} askers: {:8.0} reads/s, {:6.1} us CPU each, {:6.1} of it the \
         readers', worst {worst:?}",
        f64::from(reads) / elapsed,
        each(cpu_ticks("self") - before.0 - writer),
        each(threads("store-reader") - before.2),
    );
    stop.store(true, Ordering::Relaxed);
    committer.await??;
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
        let at = i64::from(number);
        let holder = sample::professional(number % 1_000);
        let of = patient(some_patient(number));
        let commit = Commit {
            permissions: vec![sample::permission(of, holder.clone(), at)],
            relationships: vec![sample::relationship(of, holder, at)],
            accesses: vec![sample::access(of, number % 20, at)],
            audit: vec![sample::event(number)],
            ..Commit::default()
        };
        store.commit(commit).await?;
    }
    Ok(())
}

/// User and system time of a process or thread in hundredths of a second (Linux only; else 0).
fn cpu_ticks(of: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{of}/stat")).unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default();
    let fields = fields.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
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
