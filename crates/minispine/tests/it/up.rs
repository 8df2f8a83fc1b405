//! `up`, as a newcomer meets it.

use std::path::Path;
use std::process::Command;

use client::{QueryOptions, QueryOutcome, StatusOutcome};

use crate::world::{World, run, text};

#[test]
fn the_ready_made_request_returns_a_record_through_curl() {
    let world = World::up(3, &[]);
    let request = format!("@{}", world.data.join("query-scr.xml").display());
    let output = world.curl(&[
        "-H",
        "Content-Type: text/xml; charset=utf-8",
        "-H",
        "SOAPAction: urn:nhs-itk:services:201005:sendRecvDistEnvelope",
        "--data-binary",
        &request,
        world.value("/smsp/scr"),
    ]);
    let answer = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(answer.contains("SMSP-0000"), "{answer}");
    assert!(answer.contains("<GPSummary"), "{answer}");
    assert!(answer.contains(&world.patients()[0]));
}

#[test]
fn the_printed_command_can_be_pasted() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut child = crate::world::minispine()
        .args([
            "up",
            "--patients",
            "2",
            "--port-base",
            &crate::world::port_base().to_string(),
        ])
        .arg("--data")
        .arg(&data)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut printed = String::new();
    let mut lines = std::io::BufReader::new(child.stdout.take().expect("piped"));
    while !printed.contains("Ctrl-C") {
        let read = std::io::BufRead::read_line(&mut lines, &mut printed).expect("a line");
        assert_ne!(read, 0, "up ended: {printed}");
    }
    let from = printed.find("curl --silent").expect("a curl command");
    let command = printed[from..].split("\n\n").next().expect("a paragraph");
    let output = Command::new("sh")
        .args(["-c", command])
        .output()
        .expect("a shell");
    let _ = child.kill();
    let _ = child.wait();
    assert!(
        text(&output.stdout).contains("SMSP-0000"),
        "{command}\n{}",
        text(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_record_over_mutual_tls() {
    let world = World::up(2, &[]);
    let client = world.client();
    let patient = world.patients()[0].parse().expect("an NHS number");
    let StatusOutcome::Status(status) = client.status(patient).await.expect("an answer") else {
        panic!("no status");
    };
    assert!(status.exists);
    let outcome = client
        .query(patient, &QueryOptions::with_permission())
        .await;
    let QueryOutcome::Document { header, .. } = outcome.expect("an answer") else {
        panic!("no document");
    };
    assert_eq!(header.patient, patient);
    // Without giving permission again: the one recorded a moment ago holds.
    let again = QueryOptions::default();
    assert!(matches!(
        client.query(patient, &again).await,
        Ok(QueryOutcome::Document { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_codes() {
    let world = World::up(1, &[]);
    let client = world.client();
    let patient = world.patients()[0].parse().expect("an NHS number");
    let nobody = domain::NhsNumber::from_first_nine("999999999").expect("a number");
    let code = |outcome: Result<QueryOutcome, _>| match outcome {
        Ok(QueryOutcome::Refused(refused)) => refused.code,
        other => panic!("not refused: {other:?}"),
    };
    let claimed = QueryOptions {
        self_claim: true,
        ..QueryOptions::default()
    };
    assert_eq!(
        code(client.query(patient, &QueryOptions::default()).await),
        "SCR-0003"
    );
    assert_eq!(code(client.query(patient, &claimed).await), "SCR-0003");
    assert_eq!(
        code(client.query(nobody, &QueryOptions::with_permission()).await),
        "SCR-0004"
    );
}

#[test]
fn no_patient_is_named_in_the_logs_or_metrics() {
    let world = World::up(3, &[]);
    let patients = world.patients();
    for patient in &patients {
        let data = world.data.display().to_string();
        let output = run(&["scr", "get", patient, "--data", &data, "--text"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let metrics = world.curl(&[&format!("{}/metrics", world.value("/admin/url"))]);
    let logs = world.stop();
    assert!(logs.contains("querySCR"), "requests are logged: {logs}");
    assert!(text(&metrics.stdout).contains("minispine_requests_total"));
    for patient in &patients {
        assert!(!logs.contains(patient.as_str()), "an NHS number in the log");
        assert!(
            !text(&metrics.stdout).contains(patient.as_str()),
            "an NHS number in the metrics"
        );
    }
}

#[test]
fn health_readiness_and_a_second_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let first = World::up_in(&data, 4, &[]);
    for path in ["health", "ready"] {
        let url = format!("{}/{path}", first.value("/admin/url"));
        let output = first.curl(&["--fail", &url]);
        assert!(output.status.success(), "{path}: {}", text(&output.stderr));
    }
    let patients = first.patients();
    first.stop();
    let second = World::up_in(&data, 4, &[]);
    assert_eq!(second.patients(), patients, "the store is kept");
    assert!(!second.stop().contains("B0107"));
    // A folder of before CP-IS.
    let users = data.join("users.toml");
    let earlier = std::fs::read_to_string(&users).expect("a file");
    let earlier = earlier.replace("\"B0107\"", "\"B0099\"");
    std::fs::write(&users, &earlier).expect("written");
    let said = World::up_in(&data, 4, &[]).stop();
    let line = said.lines().find(|line| line.contains("B0107"));
    let line = line.expect("it is said what is missing");
    assert!(line.contains("users.toml"), "{line}");
    assert_eq!(std::fs::read_to_string(&users).expect("a file"), earlier);
}

#[test]
fn a_taken_port_is_explained() {
    let base = crate::world::port_base();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", base + 1)).expect("free");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().display().to_string();
    let output = run(&[
        "up",
        "--patients",
        "0",
        "--data",
        &data,
        "--port-base",
        &base.to_string(),
    ]);
    assert!(!output.status.success());
    let message = text(&output.stderr);
    assert_eq!(
        message,
        format!(
            "minispine: `up` could not start; another set of ports is chosen with --port-base: \
             spine.address: cannot listen on 127.0.0.1:{taken}: Address already in use (os error 98)\n",
            taken = base + 1
        )
    );
}

/// `up` on a folder, which is to refuse it at once.
fn refused(data: &Path) -> String {
    let base = crate::world::port_base().to_string();
    let data = data.display().to_string();
    let output = run(&["up", "--data", &data, "--port-base", &base]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    text(&output.stderr)
}

#[test]
fn a_folder_has_one_up_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut first = World::up_in(&data, 2, &[]);
    let written = || {
        ["client.toml", "systems.toml", "minispine.toml"]
            .map(|name| std::fs::read_to_string(data.join(name)).expect("a file"))
    };
    let before = written();
    assert_eq!(
        refused(&data),
        format!(
            "minispine: another `up` is running on the folder {} (process {})\n",
            data.display(),
            first.child.id()
        )
    );
    assert_eq!(written(), before);
    // Those who only write the store, or ask, go on working beside it.
    let place = data.display().to_string();
    let patient = first.patients()[0].clone();
    for beside in [
        vec!["seed", "--patients", "3", "--data", &place],
        vec!["scr", "status", &patient, "--data", &place],
    ] {
        let output = run(&beside);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    // However it ends, nothing is left to clear.
    first.child.kill().expect("killed");
    first.child.wait().expect("gone");
    World::up_in(&data, 2, &[]).stop();
}

#[test]
fn a_store_that_cannot_be_opened_is_not_blamed_on_ports() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store.sqlite");
    std::fs::write(
        &store,
        "no database, and long enough to be looked at".repeat(100),
    )
    .expect("written");
    let message = refused(folder.path());
    let expected = format!(
        "minispine: `up` could not start: cannot open the store {}: ",
        store.display()
    );
    assert!(message.starts_with(&expected), "{message}");
}

/// The payload of every answer is valid by the schema of the mini service, whatever the document.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_valid_by_its_schema() {
    let schema = "smsp-scr/schemas/Schemas/REPC_MT150012GB01.xsd";
    if testkit::vectors_or_skip("every_answer_is_valid_by_its_schema", schema).is_none() {
        return;
    }
    let world = World::up(30, &[]);
    let client = world.client();
    let upstream = world.upstream(world.value("/smsp/scr"));
    for patient in world.patients() {
        let patient = patient.parse().expect("a number");
        let (_, answer) = crate::kill::exchange(&client, &*upstream, patient)
            .await
            .expect("up");
        let from = answer.find("<QuerySCRResponse").expect("a payload");
        let end = "</QuerySCRResponse>";
        let to = answer.find(end).expect("an end") + end.len();
        testkit::xsd::assert_valid(schema, &answer.as_bytes()[from..to]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn published_triggers_answer_only_when_asked_for() {
    let expected = [
        ("9449310580", "document", "SCR-0004"),
        ("9449310645", "document", "SCR-0004"),
        ("9444459993", "SMSP-9999", "SCR-0004"),
        ("9346424613", "SMSP-9999", "SCR-0004"),
        ("9454201085", "SMSP-9999", "SCR-0004"),
        ("9449310106", "SMSP-9999", "SCR-0004"),
        ("9760147033", "SMSP-9999", "SCR-0004"),
    ];
    let with = World::up(1, &["--scenarios"]);
    let without = World::up(1, &[]);
    for (patient, triggered, plain) in expected {
        for (world, expected) in [(&with, triggered), (&without, plain)] {
            let number = patient.parse().expect("a number");
            let outcome = world
                .client()
                .query(number, &QueryOptions::with_permission())
                .await;
            let found = match outcome.expect("an answer") {
                QueryOutcome::Document { .. } => "document".to_owned(),
                QueryOutcome::Refused(refused) => refused.code,
                QueryOutcome::Fault(fault) => fault.to_string(),
            };
            assert_eq!(found, expected, "{patient}");
        }
    }
}
