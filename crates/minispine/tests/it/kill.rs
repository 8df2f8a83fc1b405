//! kill -9 in the middle of load: every answer that left is on audit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use client::{QueryOptions, QueryOutcome};

use crate::world::{World, run, text};

/// Rounds of load and kill.
const ROUNDS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_audit_of_an_answered_request_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut answered = Vec::new();
    for _ in 0..ROUNDS {
        let mut world = World::up_in(&data, 4, &[]);
        answered.extend(load_and_kill(&mut world).await);
    }
    assert!(answered.len() > ROUNDS, "the load got through");

    let place = data.display().to_string();
    let verified = run(&["audit", "verify", "--data", &place, "--json"]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
    let exported = text(&run(&["audit", "export", "--data", &place]).stdout);
    let recorded: std::collections::HashSet<String> = exported
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .filter(|record| record["event"]["operation"] == "querySCR")
        .filter(|record| record["event"]["disclosed"] == true)
        .filter_map(|record| record["event"]["message"].as_str().map(str::to_owned))
        .collect();
    for message in &answered {
        assert!(
            recorded.contains(message),
            "an answered request is not on audit"
        );
    }
}

/// Sends requests from several tasks, kills the process, and gives back the message ids of those
/// that were answered with a record.
async fn load_and_kill(world: &mut World) -> Vec<String> {
    let client = Arc::new(world.client());
    let upstream = world.upstream(world.value("/smsp/scr"));
    let patients: Vec<domain::NhsNumber> = world
        .patients()
        .iter()
        .map(|p| p.parse().expect("a number"))
        .collect();
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (client, upstream, stop) = (client.clone(), upstream.clone(), stop.clone());
            let patient = patients[task % patients.len()];
            tokio::spawn(async move {
                let mut answered = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let Some(message) = ask(&client, &*upstream, patient).await else {
                        break;
                    };
                    answered.push(message);
                }
                answered
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    world.child.kill().expect("killed");
    stop.store(true, Ordering::Relaxed);
    let mut answered = Vec::new();
    for task in tasks {
        answered.extend(task.await.expect("a task"));
    }
    answered
}

/// One request; its message id once a record came back, nothing when the process was gone.
async fn ask(
    client: &client::ScrClient,
    upstream: &dyn transport::Upstream,
    patient: domain::NhsNumber,
) -> Option<String> {
    let (message, answer) = exchange(client, upstream, patient).await?;
    answer.contains("SMSP-0000").then_some(message)
}

/// One request as bytes: its message id and the whole answer.
pub(crate) async fn exchange(
    client: &client::ScrClient,
    upstream: &dyn transport::Upstream,
    patient: domain::NhsNumber,
) -> Option<(String, String)> {
    let valid_for = jiff::SignedDuration::from_mins(5);
    let body = client.query_request(patient, &QueryOptions::with_permission(), valid_for);
    let parsed = xml::Document::parse(&body).expect("our own request");
    let message = parsed
        .root()
        .find(xml::ns::WSA_2005, "MessageID")
        .expect("an id")
        .text()
        .into_owned();
    let request = transport::UpstreamRequest {
        method: transport::Method::Post,
        path: String::new(),
        headers: vec![
            ("Content-Type", "text/xml; charset=utf-8".to_owned()),
            ("SOAPAction", itk::SEND_RECV.to_owned()),
        ],
        body: body.into(),
        safe: false,
    };
    let answer = upstream.send(request).await.ok()?;
    Some((message, text(&answer.body)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_shows_who_saw_what() {
    let world = World::up(1, &[]);
    let patient = world.patients()[0].clone();
    let number = patient.parse().expect("a number");
    let outcome = world
        .client()
        .query(number, &QueryOptions::emergency("unconscious"))
        .await;
    assert!(matches!(outcome, Ok(QueryOutcome::Document { .. })));
    let data = world.data.display().to_string();
    let found = run(&[
        "audit",
        "search",
        "--patient",
        &patient,
        "--data",
        &data,
        "--json",
    ]);
    let records: Vec<serde_json::Value> = text(&found.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let event = records
        .iter()
        .map(|record| &record["event"])
        .find(|event| event["operation"] == "querySCR")
        .expect("the access is on audit");
    assert_eq!(event["user"], world.value("/user/user_id"));
    assert_eq!(event["organisation"], world.value("/user/ods"));
    assert_eq!(event["reason"], "unconscious");
    assert_eq!(event["outcome"], "SMSP-0000");
    assert!(
        records
            .iter()
            .any(|record| record["event"]["operation"] == "QUPC_IN160103UK05")
    );
}

#[test]
fn a_changed_audit_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    World::up_in(&data, 3, &[]).stop();
    let place = data.display().to_string();
    assert!(run(&["audit", "verify", "--data", &place]).status.success());
    let database = rusqlite::Connection::open(data.join("store.sqlite")).expect("a database");
    let changed = database
        .execute(
            "UPDATE audit SET text = replace(text, 'seed', 'sown') WHERE sequence = 2",
            [],
        )
        .expect("updated");
    assert_eq!(changed, 1);
    drop(database);
    let output = run(&["audit", "verify", "--data", &place]);
    assert!(!output.status.success());
    assert!(
        text(&output.stdout).contains("audit record 2:"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn an_interrupted_first_start_is_completed_by_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mark = data.join("seeding");
    let mut first = crate::world::minispine()
        .args(["up", "--patients", "80", "--port-base"])
        .arg(crate::world::port_base().to_string())
        .arg("--data")
        .arg(&data)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary runs");
    while !mark.exists() {
        assert!(first.try_wait().expect("a child").is_none(), "up ended");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    first.kill().expect("killed");
    first.wait().expect("gone");
    assert!(mark.exists(), "killed while patients were being filed");
    let second = World::up_in(&data, 80, &[]);
    assert_eq!(second.patients().len(), 80);
    assert!(!mark.exists());
}
