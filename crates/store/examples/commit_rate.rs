//! Measures durable commits: `commit_rate FOLDER [COMMITTERS] [COMMITS] [KIND...] [work=US] [wait=US]`.
//!
//! Each committer commits, waits until it is durable, and commits again; in between it works for so
//! many microseconds, as a server does for the next request. `wait` is how long a group of commits may
//! wait for more (`SqliteOptions::group_wait`). Kinds: `audit`, one audit
//! event; `request`, what every request writes (audit, two seen messages that expire soon);
//! `query`, what one granted querySCR writes (as `request`, and permission, relationship, access);
//! `ptv`, a createPTV (as `request`, and one permission); `document`, one of 20 KB; `upload`, what an upload
//! writes (a document of 20 KB that replaces the one before on three preconditions, one seen message,
//! the request and its answer, the answer to be sent, two audit events).
//!
//! Told are commits per second, the CPU time of a commit (of the whole process without that work, and
//! of the store's writing thread alone, which is what one store has one of), and how long a commit
//! took: on average, and at worst.

#![allow(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::activity::ScrAccess;
use domain::permission::CareProfessional;
use domain::record::DocumentState;
use domain::{MessageId, NhsNumber};
use store::conformance::sample;
use store::{
    Commit, Direction, MessageRecord, NewDocument, OutboxEntry, Precondition, SeenKey, SeenMessage,
    SqliteOptions, SqliteStore, StateChange, Store,
};

type Make = fn(u32) -> Commit;

const KINDS: [(&str, Make); 6] = [
    ("audit", audit),
    ("request", request),
    ("ptv", ptv),
    ("query", query),
    ("document", document),
    ("upload", upload),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(
        arguments
            .next()
            .ok_or("usage: commit_rate FOLDER [COMMITTERS] [COMMITS] [KIND...]")?,
    );
    let committers: u32 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let commits: u32 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let (mut wanted, mut work, mut options) = (Vec::new(), 0, SqliteOptions::default());
    for argument in arguments {
        match argument.split_once('=') {
            Some(("work", micros)) => work = micros.parse()?,
            Some(("wait", micros)) => options.group_wait = Duration::from_micros(micros.parse()?),
            _ => wanted.push(argument),
        }
    }
    let work = Duration::from_micros(work);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()?;
    for (name, make) in KINDS {
        if !wanted.is_empty() && !wanted.iter().any(|kind| kind == name) {
            continue;
        }
        let path = folder.join(format!("rate-{name}-{}.db", std::process::id()));
        let store = Arc::new(SqliteStore::open(&path, options.clone())?);
        let (process, writer) = (cpu_ticks("self"), writer_ticks());
        let start = Instant::now();
        let all = run(Arc::clone(&store), (committers, commits), make, work);
        let Latency { total, worst } = runtime.block_on(all)?;
        let elapsed = start.elapsed().as_secs_f64();
        let each = |ticks: u64| ticks as f64 * 1e4 / f64::from(commits.max(1));
        println!(
            "{name:9} {committers:3} committers: {:8.0} commits/s, {:6.1} us CPU each, {:6.1} of \
             it the writer's, taking {:?}, worst {worst:?}",
            f64::from(commits) / elapsed,
            each(cpu_ticks("self") - process) - work.as_secs_f64() * 1e6,
            each(writer_ticks() - writer),
            total / commits.max(1),
        );
        drop(store);
        for end in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(end);
            let _ = std::fs::remove_file(file);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Latency {
    total: Duration,
    worst: Duration,
}

async fn run(
    store: Arc<SqliteStore>,
    (committers, commits): (u32, u32),
    make: Make,
    work: Duration,
) -> Result<Latency, Box<dyn std::error::Error>> {
    let next = Arc::new(AtomicU32::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..committers {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        tasks.spawn(async move {
            let mut taken = Latency::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= commits {
                    return Ok::<_, store::StoreError>(taken);
                }
                let commit = make(number);
                busy(work);
                let start = Instant::now();
                store.commit(commit).await?;
                taken.total += start.elapsed();
                taken.worst = taken.worst.max(start.elapsed());
                // Others had their answers as well, and each has its turn.
                tokio::task::yield_now().await;
            }
        });
    }
    let mut all = Latency::default();
    while let Some(result) = tasks.join_next().await {
        let one = result??;
        all.total += one.total;
        all.worst = all.worst.max(one.worst);
    }
    Ok(all)
}

fn busy(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// User and system time of a process or thread in hundredths of a second (Linux only; else 0).
fn cpu_ticks(of: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{of}/stat")).unwrap_or_default();
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

/// That of the store's writing thread.
fn writer_ticks() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let named = threads.flatten().filter(|thread| {
        let name = std::fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
        name.trim() == "store-writer"
    });
    named
        .map(|thread| cpu_ticks(&format!("self/task/{}", thread.file_name().display())))
        .sum()
}

/// The same number for the same input, otherwise like chance.
fn noise(number: u32, salt: u64) -> u64 {
    let mut state = u64::from(number) ^ (salt << 32);
    for _ in 0..3 {
        state = (state ^ (state >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        state ^= state >> 29;
    }
    state
}

fn fresh_id(number: u32, salt: u64) -> MessageId {
    let (a, b) = (noise(number, salt), noise(number, salt + 100));
    let text = format!(
        "{:08X}-{:04X}-4{:03X}-8{:03X}-{:012X}",
        a >> 32,
        a & 0xFFFF,
        (a >> 16) & 0xFFF,
        b >> 52,
        b & 0xFFFF_FFFF_FFFF
    );
    MessageId::parse(&text).expect("a UUID")
}

/// One of a million.
fn patient(number: u32) -> NhsNumber {
    (0..)
        .find_map(|next| {
            let nine = (noise(number, 4) + next) % 1_000_000;
            NhsNumber::from_first_nine(&format!("999{nine:06}"))
        })
        .expect("ten in eleven have a check digit")
}

/// One of two thousand, in one of twenty organisations.
fn professional(number: u32) -> CareProfessional {
    let user = (noise(number, 3) % 2_000) as u32;
    CareProfessional {
        organisation: sample::professional(user % 20).organisation,
        ..sample::professional(user)
    }
}

fn audit(number: u32) -> Commit {
    let holder = professional(number);
    let mut event = sample::event(number % 1_000);
    event.at = sample::time(0) + Duration::from_millis(u64::from(number));
    event.patient = Some(patient(number));
    event.message = Some(fresh_id(number, 1));
    event.user = Some(holder.user);
    event.organisation = Some(holder.organisation);
    Commit {
        audit: vec![event],
        ..Commit::default()
    }
}

fn request(number: u32) -> Commit {
    let seen = |interaction: &str, salt| {
        let key = SeenKey {
            sender: "example-client".to_owned(),
            interaction: interaction.to_owned(),
            message: fresh_id(number, salt),
        };
        let at = i64::from(number / 1_000);
        SeenMessage {
            key,
            ..sample::seen(number, at, at + 20)
        }
    };
    Commit {
        seen: vec![seen("querySCR", 2), seen("message-id", 1)],
        ..audit(number)
    }
}

fn ptv(number: u32) -> Commit {
    let (holder, from) = (professional(number), i64::from(number));
    Commit {
        permissions: vec![sample::permission(patient(number), holder, from)],
        ..request(number)
    }
}

fn query(number: u32) -> Commit {
    let holder = professional(number);
    let access = ScrAccess {
        at: sample::time(0) + Duration::from_millis(u64::from(number)),
        organisation: holder.organisation.clone(),
        organisation_name: "An Example NHS Foundation Trust".to_owned(),
        patient: patient(number),
        user: holder.user.clone(),
        role_profile: holder.role_profile.clone(),
        user_name: "Dr Ann Example".to_owned(),
        emergency: None,
        message: fresh_id(number, 1),
    };
    Commit {
        relationships: vec![sample::relationship(patient(number), holder, 1)],
        accesses: vec![access],
        ..ptv(number)
    }
}

/// A document of 20 KB with an author of 1 KB.
fn summary(of: NhsNumber, number: u32) -> NewDocument {
    let mut new = sample::document(of, number, 1);
    let bytes = &mut new.bytes.bytes;
    *bytes = format!("<GPSummary id='{number}'>").into_bytes();
    let mut state = u64::from(number) + 1;
    while bytes.len() < 20_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let line = format!(
            "<td>{:x}</td><td>Amoxicillin 500mg capsules</td>",
            state >> 40
        );
        bytes.extend_from_slice(line.as_bytes());
    }
    let mut element = sample::author_element(39);
    element.bytes.extend(bytes.get(..800).unwrap_or_default());
    new.header.author.element = Some(element);
    new
}

fn document(number: u32) -> Commit {
    Commit {
        documents: vec![summary(sample::patient(number % 8), number)],
        ..audit(number)
    }
}

/// How many patients have their summaries uploaded, again and again.
const UPLOADED: u32 = 20_000;

/// Each of them once before any comes again, and not in order.
fn uploaded(number: u32) -> NhsNumber {
    let place = number * 7_919 % UPLOADED * 37;
    (place..)
        .find_map(|nine| NhsNumber::from_first_nine(&format!("999{nine:06}")))
        .expect("ten in eleven have a check digit")
}

fn upload(number: u32) -> Commit {
    let (of, before) = (uploaded(number % UPLOADED), number.checked_sub(UPLOADED));
    let before = before.map(sample::document_id);
    let new = summary(of, number);
    let message = fresh_id(number, 1);
    let record = |direction, message: MessageId, body: Option<Vec<u8>>| MessageRecord {
        direction,
        message,
        ref_to: None,
        document: None,
        patient: Some(of),
        conversation: Some(fresh_id(number, 1).as_str().to_owned()),
        at: sample::time(0) + Duration::from_millis(u64::from(number)),
        outcome: "AA".to_owned(),
        body,
        ..sample::message(4, 0)
    };
    let came = MessageRecord {
        document: Some(new.header.id.clone()),
        ..record(Direction::In, message.clone(), None)
    };
    let answer: String = (0..40)
        .map(|line| {
            format!(
                "<id root=\"{}\"/>",
                fresh_id(number, 20 + line % 7).as_str()
            )
        })
        .collect();
    let went = MessageRecord {
        ref_to: Some(message),
        ..record(
            Direction::Out,
            fresh_id(number, 2),
            Some(answer.clone().into()),
        )
    };
    let outbox = OutboxEntry {
        payload: answer.into_bytes(),
        lane: "spine".to_owned(),
        ..sample::outbox(fresh_id(number, 2).as_str(), i64::from(number))
    };
    let mut commit = request(number);
    commit.seen.truncate(1);
    commit.audit.extend(audit(number).audit);
    let preconditions = before.iter().map(|document| Precondition::DocumentInState {
        patient: of,
        document: document.clone(),
        state: DocumentState::Normal,
    });
    let states = before.iter().map(|document| StateChange {
        patient: of,
        document: document.clone(),
        to: DocumentState::Replaced,
        by: Some(new.header.id.clone()),
    });
    Commit {
        preconditions: preconditions
            .chain([
                Precondition::DocumentCount {
                    patient: of,
                    count: (number / UPLOADED) as usize,
                },
                Precondition::ConsentVersion {
                    patient: of,
                    version: 0,
                },
            ])
            .collect(),
        states: states.collect(),
        documents: vec![new],
        messages: vec![came, went],
        outbox: vec![outbox],
        ..commit
    }
}
