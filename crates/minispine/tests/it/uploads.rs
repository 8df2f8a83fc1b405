//! GP Summaries uploaded to the running Spine: nothing acknowledged is lost, nothing is there twice,
//! whatever kills the process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::sender::{Sender, Sent, Upload};
use crate::world::{World, run, text};

/// How often the process is killed: so many times in every run of the tests, more when asked.
const KILLS: usize = 8;
const KILLS_WANTED: &str = "MINISPINE_KILLS";

/// Systems that upload at one time, each for a patient of its own.
const SENDERS: usize = 6;

/// What one system has sent.
#[derive(Default)]
struct Sequence {
    patient: String,
    /// Those it got an acknowledgment for.
    acknowledged: Vec<Upload>,
    /// The one it has no answer for.
    open: Option<Upload>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_acknowledged_upload_is_lost_or_doubled_by_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let kills = std::env::var(KILLS_WANTED)
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(KILLS);
    let mut sequences: Vec<Sequence> = Vec::new();
    for kill in 0..kills {
        let mut world = World::up_in(&data, 2 * SENDERS as u32, &[]);
        let patients = world.patients();
        sequences.resize_with(SENDERS, Sequence::default);
        let sender = Arc::new(Sender::of(&world));
        let tasks: Vec<_> = std::mem::take(&mut sequences)
            .into_iter()
            .zip(patients)
            .map(|(sequence, patient)| {
                let sender = Arc::clone(&sender);
                tokio::spawn(send_until_it_is_gone(
                    sender,
                    Sequence {
                        patient,
                        ..sequence
                    },
                ))
            })
            .collect();
        // A different moment every time, so that every step is hit some day.
        tokio::time::sleep(Duration::from_millis(60 + (kill as u64 * 37) % 240)).await;
        world.child.kill().expect("killed");
        for task in tasks {
            sequences.push(task.await.expect("a sender"));
        }
    }
    let sent: usize = sequences.iter().map(|s| s.acknowledged.len()).sum();
    assert!(sent > kills, "uploads got through: {sent}");

    let place = data.display().to_string();
    let answers = answers(&place);
    let world = World::up_in(&data, 2 * SENDERS as u32, &[]);
    for sequence in &sequences {
        check(&world, sequence, &answers);
    }
    let verified = run(&["audit", "verify", "--data", &place]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

/// Sends what it has no answer for again, then one after the other, until nobody answers.
async fn send_until_it_is_gone(sender: Arc<Sender>, mut sequence: Sequence) -> Sequence {
    loop {
        let upload = match sequence.open.take() {
            Some(again) => again,
            None => {
                let last = sequence.acknowledged.last();
                sender.upload(&sequence.patient, last.map(|u| u.document.as_str()))
            }
        };
        match sender.send(&upload).await {
            Sent::Acknowledged => sequence.acknowledged.push(upload),
            Sent::Unknown => {
                sequence.open = Some(upload);
                return sequence;
            }
            Sent::Refused(status, why) => panic!("{status}: {why}"),
        }
    }
}

/// How many answers there are to each message.
fn answers(place: &str) -> HashMap<String, Vec<String>> {
    let found = run(&[
        "messages",
        "search",
        "--owner",
        "spine",
        "--direction",
        "out",
        "--limit",
        "1000000",
        "--json",
        "--data",
        place,
    ]);
    let mut answers: HashMap<String, Vec<String>> = HashMap::new();
    for line in text(&found.stdout).lines() {
        let record: Value = serde_json::from_str(line).expect("JSON");
        let of = record["ref_to"].as_str().expect("it answers a message");
        let id = record["message"].as_str().expect("an id");
        answers
            .entry(of.to_owned())
            .or_default()
            .push(id.to_owned());
    }
    answers
}

/// The history of a patient holds every acknowledged document once, in one line of replacements.
fn check(world: &World, sequence: &Sequence, answers: &HashMap<String, Vec<String>>) {
    let data = world.data.display().to_string();
    let shown = run(&[
        "scr",
        "history",
        &sequence.patient,
        "--json",
        "--data",
        &data,
    ]);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let history: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let documents = history["documents"].as_array().expect("a list");
    let mut ids: Vec<&str> = documents
        .iter()
        .map(|document| document["id"].as_str().expect("an id"))
        .collect();
    let normal = documents.iter().filter(|d| d["state"] == "Normal").count();
    assert_eq!(normal, 1, "one current document");
    for upload in &sequence.acknowledged {
        let there = ids.iter().filter(|id| **id == upload.document).count();
        assert_eq!(there, 1, "an acknowledged document is there once");
        let answered = answers.get(&upload.message).map_or(0, Vec::len);
        assert_eq!(answered, 1, "and has one answer");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), documents.len(), "no document is there twice");
    let open = usize::from(sequence.open.is_some());
    let made_up = 1;
    let expected = made_up + sequence.acknowledged.len();
    assert!(
        (expected..=expected + open).contains(&documents.len()),
        "nothing else is there: {} of {expected}",
        documents.len()
    );
}
