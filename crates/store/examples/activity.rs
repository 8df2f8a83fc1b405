//! Measures the activity report over many accesses: `activity FOLDER [ACCESSES]`.
//!
//! Two stores, each with three million accesses unless told otherwise. One as in life: twenty
//! organisations, two thousand users, a million patients, five years. One as it must not be: one
//! organisation, one user and one patient for nearly everything. Every report is asked for over
//! days, months and all of the time, by every filter, three times (the median counts, so that what
//! else the machine does counts little). Told is the slowest of each kind. Ends with an error if a
//! count is wrong, or if a report takes 200 ms or more.

#![allow(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::activity::ScrAccess;
use domain::{NhsNumber, OdsCode, SdsUserId};
use jiff::{SignedDuration, Timestamp};
use store::conformance::sample;
use store::{AccessFilter, AccessPage, Commit, SqliteOptions, SqliteStore, Store};

type Failure = Box<dyn std::error::Error>;

const LIMIT: Duration = Duration::from_millis(200);
const DAYS: i64 = 5 * 365;
const ROWS: usize = 96;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(
        arguments
            .next()
            .ok_or("usage: activity FOLDER [ACCESSES]")?,
    );
    let accesses: u32 = arguments
        .next()
        .map_or(Ok(3_000_000), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut slowest = Duration::ZERO;
    let kinds: [(&str, Draw); 2] = [("as in life", in_life), ("nearly all one", nearly_one)];
    for (name, draw) in kinds {
        let path = folder.join(format!("activity-{}.db", std::process::id()));
        slowest = slowest.max(runtime.block_on(measure(name, &path, accesses, draw))?);
        for end in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(end);
            let _ = std::fs::remove_file(file);
        }
    }
    match slowest < LIMIT {
        true => Ok(()),
        false => Err(format!("a report took {slowest:?}").into()),
    }
}

/// Organisation, user and patient of an access.
type Draw = fn(u64) -> (u32, u32, u32);

fn in_life(noise: u64) -> (u32, u32, u32) {
    let user = noise % 2_000;
    (
        (user % 20) as u32,
        user as u32,
        ((noise >> 20) % 1_000_000) as u32,
    )
}

fn nearly_one(noise: u64) -> (u32, u32, u32) {
    let rare =
        |shift: u32| u32::from((noise >> shift).is_multiple_of(20)) * ((noise >> 40) % 50) as u32;
    (0, rare(3), rare(11))
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

fn patient(number: u32) -> NhsNumber {
    let nines = (u64::from(number) * 1_000_003 % 1_000_000..).map(|nine| format!("999{nine:06}"));
    nines
        .filter_map(|nine| NhsNumber::from_first_nine(&nine))
        .next()
        .expect("ten in eleven have a check digit")
}

fn start() -> Timestamp {
    sample::time(0)
}

/// Accesses come in nearly in order, as they do.
fn access(number: u32, all: u32, draw: Draw) -> ScrAccess {
    let noise = noise(number);
    let (organisation, user, patient_number) = draw(noise);
    let seconds = i64::from(number) * DAYS * 86_400 / i64::from(all);
    ScrAccess {
        at: start() + SignedDuration::from_secs(seconds + (noise % 90) as i64),
        organisation: sample::professional(organisation).organisation,
        user: sample::professional(user).user,
        organisation_name: "An Example NHS Foundation Trust".to_owned(),
        ..sample::access(patient(patient_number), user, 2)
    }
}

/// What is in the store, by what it is counted by. Days are of the access's second.
type Counts = BTreeMap<(OdsCode, Option<NhsNumber>, Option<SdsUserId>), u64>;

async fn measure(
    name: &str,
    path: &std::path::Path,
    all: u32,
    draw: Draw,
) -> Result<Duration, Failure> {
    let store = SqliteStore::open(path, SqliteOptions::default())?;
    let mut counts = Counts::new();
    let begun = Instant::now();
    for first in (0..all).step_by(2_000) {
        let accesses: Vec<_> = (first..all.min(first + 2_000))
            .map(|number| access(number, all, draw))
            .collect();
        for access in &accesses {
            for group in groups(access) {
                *counts.entry(group).or_default() += 1;
            }
        }
        store
            .commit(Commit {
                accesses,
                ..Commit::default()
            })
            .await?;
    }
    println!("{name}: {all} accesses written in {:.0?}", begun.elapsed());
    store.close();
    let store = SqliteStore::open_read_only(path)?;
    let mut slowest: BTreeMap<&str, Duration> = BTreeMap::new();
    for sampled in (0..all).step_by((all as usize / 60).max(1)) {
        for group in groups(&access(sampled, all, draw)) {
            let took = reports(&store, &group, counts.get(&group).copied()).await?;
            let kind = match (&group.1, &group.2) {
                (None, None) => "by date",
                (None, Some(_)) => "by user",
                (Some(_), None) => "by patient",
                (Some(_), Some(_)) => "by user and patient",
            };
            let slow = slowest.entry(kind).or_default();
            *slow = took.max(*slow);
        }
    }
    for (kind, took) in &slowest {
        println!("  slowest report {kind}: {took:.1?}");
    }
    Ok(slowest.into_values().max().unwrap_or_default())
}

fn groups(access: &ScrAccess) -> [(OdsCode, Option<NhsNumber>, Option<SdsUserId>); 4] {
    let organisation = &access.organisation;
    let (patient, user) = (Some(access.patient), Some(access.user.clone()));
    [
        (organisation.clone(), None, None),
        (organisation.clone(), None, user.clone()),
        (organisation.clone(), patient, None),
        (organisation.clone(), patient, user),
    ]
}

/// The slowest of a group's reports; the whole period's count must be right, and those of two
/// halves must add up to it.
async fn reports(
    store: &SqliteStore,
    group: &(OdsCode, Option<NhsNumber>, Option<SdsUserId>),
    expected: Option<u64>,
) -> Result<Duration, Failure> {
    let end = DAYS * 86_400 + 100;
    // Not at full hours, where there is something to count one by one.
    let half = end / 2 + 1_234;
    let periods = [
        (0, end),
        (0, half),
        (half + 1, end),
        (half, half + 86_399),
        (half, half + 30 * 86_400),
        (777, end - 777),
    ];
    let (mut slowest, mut matching) = (Duration::ZERO, Vec::new());
    for (from, to) in periods {
        let at = |seconds| start() + SignedDuration::from_secs(seconds);
        let filter = AccessFilter {
            organisation: group.0.clone(),
            from: at(from),
            to: at(to),
            patient: group.1,
            user: group.2.clone(),
            limit: ROWS,
        };
        let mut took = [Duration::ZERO; 3];
        let mut page = AccessPage::default();
        for took in &mut took {
            let begun = Instant::now();
            page = store.accesses(filter.clone()).await?;
            *took = begun.elapsed();
        }
        took.sort();
        let [_, median, _] = took;
        slowest = slowest.max(median);
        let rows = u64::try_from(page.rows.len())?;
        if rows != page.matching.min(ROWS as u64) {
            return Err(format!("{rows} rows of {}", page.matching).into());
        }
        matching.push(page.matching);
    }
    match matching.as_slice() {
        [all, first, second, ..] if Some(*all) == expected && first + second == *all => Ok(slowest),
        _ => Err(format!("counted {matching:?}, not {expected:?}").into()),
    }
}
