//! Measures durable commits per second: `commit_rate FOLDER [COMMITTERS] [SECONDS]`.
//!
//! Each committer commits, waits until it is durable, and commits again. Three kinds: one audit
//! event; what one granted querySCR writes (permission, relationship, alert, seen message, audit);
//! and a document of 20 KB.

#![allow(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use store::conformance::sample;
use store::{Commit, SqliteOptions, SqliteStore, Store};

type Make = fn(u32) -> Commit;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(
        arguments
            .next()
            .ok_or("usage: commit_rate FOLDER [N] [SECONDS]")?,
    );
    let committers: u32 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let kinds: [(&str, Make); 3] = [
        ("audit", audit),
        ("querySCR", query),
        ("document", document),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()?;
    for (name, make) in kinds {
        let path = folder.join(format!("rate-{name}-{}.db", std::process::id()));
        let store = Arc::new(SqliteStore::open(&path, SqliteOptions::default())?);
        let cpu = cpu_ticks();
        let start = Instant::now();
        let (commits, worst) = runtime.block_on(run(store, committers, seconds, make))?;
        let elapsed = start.elapsed().as_secs_f64();
        let cpu = (cpu_ticks() - cpu) as f64 / 100.0;
        println!(
            "{name:9} {committers:3} committers: {:8.0} commits/s, {:6.1} us CPU each, worst {worst:?}",
            f64::from(commits) / elapsed,
            cpu * 1e6 / f64::from(commits.max(1)),
        );
        for end in ["", "-wal", "-shm", ".lock"] {
            let mut file = path.clone().into_os_string();
            file.push(end);
            let _ = std::fs::remove_file(file);
        }
    }
    Ok(())
}

async fn run(
    store: Arc<SqliteStore>,
    committers: u32,
    seconds: u64,
    make: Make,
) -> Result<(u32, Duration), Box<dyn std::error::Error>> {
    let (next, stop) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..committers {
        let (store, next, stop) = (Arc::clone(&store), Arc::clone(&next), Arc::clone(&stop));
        tasks.spawn(async move {
            let mut worst = Duration::ZERO;
            while !stop.load(Ordering::Relaxed) {
                let commit = make(next.fetch_add(1, Ordering::Relaxed));
                let start = Instant::now();
                store.commit(commit).await?;
                worst = worst.max(start.elapsed());
            }
            Ok::<_, store::StoreError>(worst)
        });
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stop.store(true, Ordering::Relaxed);
    let mut worst = Duration::ZERO;
    while let Some(result) = tasks.join_next().await {
        worst = worst.max(result??);
    }
    Ok((next.load(Ordering::Relaxed), worst))
}

/// User and system time of this process in hundredths of a second (Linux only; else 0).
fn cpu_ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum()
}

fn audit(number: u32) -> Commit {
    let mut event = sample::event(number % 1_000);
    event.message = Some(sample::message_id(number));
    Commit {
        audit: vec![event],
        ..Commit::default()
    }
}

fn query(number: u32) -> Commit {
    let (patient, holder) = (
        sample::patient(number % 8),
        sample::professional(number % 500),
    );
    Commit {
        permissions: vec![sample::permission(
            patient,
            holder.clone(),
            i64::from(number),
        )],
        relationships: vec![sample::relationship(patient, holder, 1)],
        seen: vec![sample::seen(number, 0, 86_400)],
        outbox: vec![sample::outbox(&number.to_string(), 0)],
        ..audit(number)
    }
}

fn document(number: u32) -> Commit {
    let mut new = sample::document(sample::patient(number % 8), number, 1);
    new.bytes.bytes = format!("<GPSummary id='{number}'>").into_bytes();
    let mut state = u64::from(number) + 1;
    while new.bytes.bytes.len() < 20_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let line = format!(
            "<td>{:x}</td><td>Amoxicillin 500mg capsules</td>",
            state >> 40
        );
        new.bytes.bytes.extend_from_slice(line.as_bytes());
    }
    Commit {
        documents: vec![new],
        ..audit(number)
    }
}
