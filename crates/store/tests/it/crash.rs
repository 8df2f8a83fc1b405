//! kill -9 in the middle of writing: whatever was acknowledged is there, nothing is half there.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::cpis::{Plan, PlanType};
use store::conformance::sample;
use store::{
    AlertFilter, Commit, CpisChanges, MailChanges, MailFilter, MessageFilter, NoticeFilter,
    PlanKey, SqliteOptions, SqliteStore, Store,
};

use crate::{Folder, wait};

const STORE: &str = "MINISPINE_TEST_CRASH_STORE";
const ROUNDS: u32 = 20;
/// Tasks that commit at the same time, so that flushes are shared.
const COMMITTERS: u32 = 4;

/// One numbered commit: each of its parts tells the number.
fn numbered(number: u32) -> Commit {
    let patient = sample::patient(number % 7);
    let mut event = sample::event(number);
    event.reason = Some(number.to_string());
    Commit {
        documents: vec![sample::document(patient, number, 1)],
        seen: vec![sample::seen(number, 0, i64::from(u32::MAX))],
        outbox: vec![sample::outbox(&number.to_string(), 0)],
        accesses: vec![sample::access(patient, 1, i64::from(number))],
        alerts: vec![sample::alert(number, i64::from(number))],
        legitimate: vec![sample::legitimate(patient, number, 0)],
        messages: vec![sample::message(number, i64::from(number))],
        cpis: CpisChanges {
            plans: vec![plan(number)],
            accesses: vec![sample::cpis_access(patient, 1, number, i64::from(number))],
            notices: vec![sample::notice(1, number, i64::from(number))],
            uploads: vec![sample::upload(number, "1", number % 1_000)],
            ..CpisChanges::default()
        },
        mail: MailChanges {
            messages: vec![sample::mail(number, 1, i64::from(number))],
            chunks: vec![sample::chunk("mail", number)],
            emptied: Vec::new(),
        },
        audit: vec![event],
        ..Commit::default()
    }
}

/// The plan of a numbered commit.
fn plan(number: u32) -> Plan {
    let patient = sample::patient(number % 7);
    sample::plan(patient, number, PlanType::LookedAfter, 1, number)
}

/// What the child does: commits and says so, until it is killed.
#[test]
#[ignore = "the child process of the crash test"]
#[allow(
    clippy::print_stdout,
    reason = "how the child tells what was acknowledged"
)]
fn child() {
    let Some(path) = std::env::var_os(STORE) else {
        return;
    };
    let options = SqliteOptions {
        checkpoint_pages: 50,
        ..SqliteOptions::default()
    };
    let store = Arc::new(SqliteStore::open(Path::new(&path), options).expect("open"));
    wait(async move {
        let first = store.counts().await.expect("counts").documents as u32;
        let committers: Vec<_> = (0..COMMITTERS)
            .map(|committer| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    for number in (first + committer..).step_by(COMMITTERS as usize) {
                        // A number that an earlier child wrote without saying so is taken.
                        if store.commit(numbered(number)).await.is_ok() {
                            println!("acknowledged {number}");
                        }
                    }
                })
            })
            .collect();
        for committer in committers {
            committer.await.expect("never ends");
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = Folder::new();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let before = acknowledged.len();
        acknowledged.extend(run_and_kill(&folder.store(), round));
        assert!(
            acknowledged.len() > before,
            "round {round} wrote nothing: nothing is shown"
        );
        let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("reopen");
        wait(everything_is_whole(&store, &acknowledged));
    }
}

fn run_and_kill(path: &Path, round: u32) -> Vec<u32> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the child starts");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut acknowledged = Vec::new();
    let mut line = String::new();
    // Kill at another moment each time: after a number of answers, and a little later.
    while acknowledged.len() < 3 + (round as usize * 7) % 60 {
        line.clear();
        assert!(
            output.read_line(&mut line).expect("a line") > 0,
            "the child ended by itself"
        );
        acknowledged.extend(number(&line));
    }
    std::thread::sleep(Duration::from_micros(u64::from(round) * 137));
    child.kill().expect("killed");
    child.wait().expect("ended");
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the rest");
    // A last line without its end was cut by the kill: its number may be cut as well.
    acknowledged.extend(
        rest.split_inclusive('\n')
            .filter(|l| l.ends_with('\n'))
            .filter_map(number),
    );
    acknowledged
}

fn number(line: &str) -> Option<u32> {
    // The test runner's own output may stand before it on the line.
    line.split("acknowledged ").nth(1)?.trim().parse().ok()
}

async fn everything_is_whole(store: &SqliteStore, acknowledged: &[u32]) {
    let verified = store
        .verify_audit(|_| ())
        .expect("the audit chain is whole");
    let audited: BTreeSet<u32> = store
        .audit_records(0, usize::MAX)
        .await
        .expect("read")
        .iter()
        .filter_map(|record| record.event.reason.as_ref()?.parse().ok())
        .collect();
    for number in acknowledged {
        assert!(
            audited.contains(number),
            "commit {number} was acknowledged and is lost"
        );
    }
    let counts = store.counts().await.expect("counts");
    assert_eq!(counts.audit, verified.count);
    assert_eq!(
        (counts.documents, counts.outbox),
        (verified.count, verified.count)
    );
    let organisation = sample::professional(1).organisation;
    let accesses = store.accesses(sample::accesses_of(&organisation, usize::MAX));
    let accesses = accesses.await.expect("read");
    assert_eq!(accesses.matching, verified.count);
    let accessed: BTreeSet<_> = accesses
        .rows
        .into_iter()
        .map(|access| access.message)
        .collect();
    let all = AlertFilter {
        limit: usize::MAX,
        ..AlertFilter::default()
    };
    let alerts = store.alerts(all).await.expect("read");
    assert_eq!(alerts.len() as u64, verified.count);
    let all = MessageFilter {
        limit: usize::MAX,
        ..MessageFilter::default()
    };
    let mut messages = store.messages(all).await.expect("read");
    assert_eq!(messages.len() as u64, verified.count);
    messages.sort_by(|a, b| a.message.cmp(&b.message));
    let numbers = audited.iter();
    let expected = numbers.map(|number| sample::message(*number, i64::from(*number)));
    assert!(messages.into_iter().eq(expected), "messages are whole");
    child_protection_is_whole(store, &audited).await;
    let mut related = 0;
    for number in 0..7 {
        let of = store.legitimate_relationships(sample::patient(number));
        related += of.await.expect("read").len() as u64;
    }
    assert_eq!(related, verified.count);
    for number in audited {
        assert!(
            accessed.contains(&sample::message_id(number)),
            "access of commit {number}"
        );
        let patient = sample::patient(number % 7);
        let id = Some(sample::document_id(number));
        let record = store.patient_record(patient, id).await.expect("read");
        assert_eq!(
            record.document,
            Some(sample::bytes(number)),
            "document of commit {number}"
        );
        let seen = store.seen(sample::seen_key(number)).await.expect("read");
        assert!(seen.is_some(), "message of commit {number}");
    }
}

/// Each numbered commit left its plan, access, notice, upload, mailbox message and chunk, and no other
/// did.
async fn child_protection_is_whole(store: &SqliteStore, numbers: &BTreeSet<u32>) {
    let total = numbers.len() as u64;
    let counts = store.counts().await.expect("counts");
    assert_eq!(
        (counts.plans, counts.cpis_accesses, counts.mail),
        (total, total, total)
    );
    let mut accesses = 0;
    for number in 0..7 {
        let record = store.cpis_record(sample::patient(number), None).await;
        accesses += record.expect("read").count;
    }
    assert_eq!(accesses, total);
    let keys = numbers.iter().map(|number| PlanKey::from(&plan(*number)));
    let (plans, _) = store.cpis_batch(keys.collect()).await.expect("read");
    let expected = numbers.iter().map(|number| Some(plan(*number)));
    assert!(plans.into_iter().eq(expected), "plans are whole");
    let all = NoticeFilter {
        pending: true,
        limit: usize::MAX,
        ..NoticeFilter::default()
    };
    let notices = store.cpis_notices(all).await.expect("read");
    let expected = numbers
        .iter()
        .map(|number| sample::notice(1, *number, i64::from(*number)));
    assert!(notices.into_iter().eq(expected), "notices are whole");
    let all = MailFilter {
        limit: usize::MAX,
        ..MailFilter::default()
    };
    let mail = store.mail(all).await.expect("read");
    let expected = numbers
        .iter()
        .map(|number| sample::mail(*number, 1, i64::from(*number)));
    assert!(mail.into_iter().eq(expected), "mailbox messages are whole");
    for number in numbers {
        let chunk = store.mail_chunk("mail".to_owned(), *number).await;
        assert_eq!(chunk, Ok(Some(sample::chunk("mail", *number).bytes)));
        let upload = store
            .cpis_upload(sample::authority(*number), "1".to_owned())
            .await;
        assert_eq!(
            upload,
            Ok(Some(sample::upload(*number, "1", number % 1_000)))
        );
    }
}
