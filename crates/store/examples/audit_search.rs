//! Measures searching the audit: `audit_search FOLDER [RECORDS]`.
//!
//! A store of three million records unless told otherwise: a million patients, two thousand users,
//! twenty organisations, a message each. Told is, of each kind of search, the median of nine, and of
//! each how many records it found. Ends with an error if a search takes 200 ms or more.

#![allow(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::NhsNumber;
use domain::audit::AuditEvent;
use jiff::SignedDuration;
use store::conformance::sample;
use store::{AuditFilter, Commit, SqliteOptions, SqliteStore, Store};

type Failure = Box<dyn std::error::Error>;

const LIMIT: Duration = Duration::from_millis(200);

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: audit_search FOLDER [RECORDS]";
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let records: u32 = arguments
        .next()
        .map_or(Ok(3_000_000), |text| text.parse())?;
    let path = folder.join(format!("audit-{}.db", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let slowest = runtime.block_on(measure(&path, records));
    for end in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(end);
        let _ = std::fs::remove_file(file);
    }
    match slowest? {
        slowest if slowest < LIMIT => Ok(()),
        slowest => Err(format!("a search took {slowest:?}").into()),
    }
}

/// The same number for the same input, otherwise like chance.
fn noise(number: u32) -> u64 {
    let mut state = u64::from(number) + 1;
    for _ in 0..3 {
        state = (state ^ (state >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        state ^= state >> 29;
    }
    state
}

fn event(number: u32) -> AuditEvent {
    let noise = noise(number);
    let nine = (noise >> 20) % 1_000_000;
    let patient = (nine..).find_map(|nine| NhsNumber::from_first_nine(&format!("999{nine:06}")));
    let user = (noise % 2_000) as u32;
    AuditEvent {
        at: sample::time(0) + SignedDuration::from_millis(i64::from(number) * 50),
        patient,
        user: Some(sample::professional(user).user),
        organisation: Some(sample::professional(user % 20).organisation),
        message: Some(sample::message_id(number)),
        ..sample::event(number % 1_000)
    }
}

async fn measure(path: &std::path::Path, records: u32) -> Result<Duration, Failure> {
    let store = SqliteStore::open(path, SqliteOptions::default())?;
    let start = Instant::now();
    for from in (0..records).step_by(2_000) {
        let audit = (from..records.min(from + 2_000)).map(event).collect();
        let commit = Commit {
            audit,
            ..Commit::default()
        };
        store.commit(commit).await?;
    }
    println!("{records} records written in {:?}", start.elapsed());
    let start = Instant::now();
    let verified = store.verify_audit(|_| ())?;
    println!("{} verified in {:?}", verified.count, start.elapsed());
    let mut slowest = Duration::ZERO;
    for (name, filter) in filters(&event(records / 3)) {
        let (took, found) = median(&store, &filter).await?;
        println!("{name:28} {took:10.1?}  {found} found");
        slowest = slowest.max(took);
    }
    Ok(slowest)
}

fn filters(of: &AuditEvent) -> Vec<(&'static str, AuditFilter)> {
    let all = AuditFilter {
        limit: 100,
        ..AuditFilter::default()
    };
    let message = AuditFilter {
        message: of.message.clone(),
        ..all.clone()
    };
    let patient = AuditFilter {
        patient: of.patient,
        ..all.clone()
    };
    let user = AuditFilter {
        user: of.user.clone(),
        ..all.clone()
    };
    let organisation = AuditFilter {
        organisation: of.organisation.clone(),
        ..all.clone()
    };
    let nobody = AuditFilter {
        message: Some(sample::message_id(u32::MAX)),
        ..all.clone()
    };
    let hour = AuditFilter {
        from: Some(of.at),
        to: Some(of.at + SignedDuration::from_hours(1)),
        ..organisation.clone()
    };
    let both = AuditFilter {
        patient: of.patient,
        ..user.clone()
    };
    let many = AuditFilter {
        limit: 5_000,
        ..user.clone()
    };
    vec![
        ("the newest", all),
        ("a message", message),
        ("a message that is not there", nobody),
        ("a patient", patient),
        ("a user", user),
        ("a user, many", many),
        ("a user and a patient", both),
        ("an organisation", organisation),
        ("an organisation, an hour", hour),
    ]
}

async fn median(store: &SqliteStore, filter: &AuditFilter) -> Result<(Duration, usize), Failure> {
    let (mut times, mut found) = (Vec::new(), 0);
    for _ in 0..9 {
        let start = Instant::now();
        found = store.audit_search(filter.clone()).await?.len();
        times.push(start.elapsed());
    }
    times.sort();
    Ok((times.get(4).copied().unwrap_or_default(), found))
}
