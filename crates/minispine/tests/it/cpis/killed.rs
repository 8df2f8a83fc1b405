//! kill -9 amid queries and uploads: every access that was acknowledged is told, nothing twice.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use domain::NhsNumber;

use super::{ask, children, client, notices, person, seed_from, upload};
use crate::world::{World, minispine, run, text};

/// Authors: each asks once, so each access counts.
static AUTHORS: AtomicU64 = AtomicU64::new(1_000);

/// Records of an upload.
const RECORDS: u32 = 2_000;

/// How often it is killed; `MINISPINE_KILLS` says otherwise.
fn kills() -> usize {
    let given = std::env::var("MINISPINE_KILLS").ok();
    given.and_then(|kills| kills.parse().ok()).unwrap_or(4)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_access_is_told_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut answered = BTreeSet::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for round in 0..kills() {
        let mut world = World::up_in(&data, 12, &[]);
        // Of a plan in two files the one with the higher number would win.
        let first = RECORDS * round as u32;
        files.push(seed_from(&world, first, RECORDS, 1, &round.to_string()));
        let file = files.last().expect("one").clone();
        // The moment of the kill moves through the upload.
        let after = Duration::from_millis(100 + 170 * (round as u64 % 7));
        answered.extend(load_and_kill(&mut world, &file, after).await);
    }
    assert!(answered.len() > kills(), "the load got through");

    let world = World::up_in(&data, 12, &[]);
    // Each upload, sent again, is answered with exact counts, whatever was stored before.
    for file in &files {
        let (code, report) = upload(&world, file);
        let counts = (&report["stored"], &report["refused"]);
        let refused = RECORDS / 100;
        let expected = (&(RECORDS - refused).into(), &refused.into());
        assert_eq!((code, counts), (1, expected), "{}", report["code"]);
    }
    let told = notices(&world, answered.len());
    let ids: Vec<&str> = told.iter().filter_map(|n| n["query"].as_str()).collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "an access was told twice");
    for id in &answered {
        assert!(distinct.contains(id.as_str()), "an access was not told");
    }
    assert_no_answer_twice(&world);
    let place = data.display().to_string();
    let verified = run(&["audit", "verify", "--data", &place]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

/// Asks from several tasks while a file is uploaded, kills the process, and gives back the ids of
/// the queries that were answered with a record.
async fn load_and_kill(
    world: &mut World,
    file: &std::path::Path,
    after: Duration,
) -> BTreeSet<String> {
    let client = Arc::new(client(world));
    let children = children(world);
    let stop = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> = (0..4)
        .map(|task: usize| {
            let child: NhsNumber = children[task % children.len().min(2)];
            let (client, stop) = (client.clone(), stop.clone());
            tokio::spawn(async move {
                let mut answered = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let author = person(AUTHORS.fetch_add(1, Ordering::Relaxed));
                    match ask(&client, author, child).await {
                        Some(id) => answered.push(id),
                        None => break,
                    }
                }
                answered
            })
        })
        .collect();
    let mut uploading = minispine()
        .args(["cpis", "upload", "--wait", "5", "--data"])
        .arg(&world.data)
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    tokio::time::sleep(after).await;
    world.child.kill().expect("killed");
    world.child.wait().expect("gone");
    stop.store(true, Ordering::Relaxed);
    let _ = uploading.kill();
    let _ = uploading.wait();
    let mut answered = BTreeSet::new();
    for task in asking {
        answered.extend(task.await.expect("a task"));
    }
    answered
}

/// Acknowledgements that nobody took lie in the mailbox still: one for each file that was sent.
fn assert_no_answer_twice(world: &World) {
    let mailbox = format!(
        "{}/{}",
        world.value("/mail/url"),
        world.value("/mail/mailbox")
    );
    let listed = world.mailbox_curl(&[&format!("{mailbox}/inbox?workflow_filter=CPIS_UPLOAD_ACK")]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let mut seen = BTreeSet::new();
    for id in listed["messages"].as_array().expect("a list") {
        let url = format!("{mailbox}/inbox/{}", id.as_str().expect("an id"));
        let headers = world.mailbox_curl(&["--dump-header", "-", "--output", "/dev/null", &url]);
        let headers = text(&headers.stdout).to_ascii_lowercase();
        let local = headers.lines().find(|line| line.starts_with("mex-localid"));
        let local = local.expect("a local id").to_owned();
        assert!(seen.insert(local), "a file was answered twice");
    }
}
