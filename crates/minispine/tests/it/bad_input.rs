//! What goes wrong at the door, tried from outside.

use std::process::{Command, Stdio};

use transport::Environment;

use crate::world::{World, run, text};

const SOAP: [&str; 4] = [
    "-H",
    "Content-Type: text/xml; charset=utf-8",
    "-H",
    "SOAPAction: urn:nhs-itk:services:201005:sendRecvDistEnvelope",
];

/// Posts a body to the mini services and gives back the HTTP status and the body.
fn post(world: &World, body: &[u8]) -> (String, String) {
    let file = world.data.join("body.xml");
    std::fs::write(&file, body).expect("written");
    let data = format!("@{}", file.display());
    let mut arguments = SOAP.to_vec();
    arguments.extend(["--write-out", "\n%{http_code}", "--data-binary", &data]);
    arguments.push(world.value("/smsp/scr"));
    let output = world.curl(&arguments);
    let answer = text(&output.stdout);
    let (body, status) = answer.rsplit_once('\n').expect("a status");
    (status.to_owned(), body.to_owned())
}

fn ready_made(world: &World) -> String {
    std::fs::read_to_string(world.data.join("query-scr.xml")).expect("the ready-made request")
}

/// The request as another message: its tracking id and MessageID changed.
fn another(request: &str) -> String {
    let mut text = request.to_owned();
    for mark in ["trackingid=\"", "MessageID>"] {
        let at = text.find(mark).expect(mark) + mark.len();
        let digit = if text[at..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        text.replace_range(at..=at, digit);
    }
    text
}

#[test]
fn faults_name_the_place() {
    let world = World::up(1, &[]);
    let good = ready_made(&world);
    let patient = world.patients()[0].clone();
    let wrong_digit = {
        let last = patient.as_bytes()[9];
        let other = if last == b'9' { b'0' } else { last + 1 };
        format!("{}{}", &patient[..9], other as char)
    };
    let (status, body) = post(&world, &good.as_bytes()[..good.len() - 40]);
    assert_eq!(status, "500");
    assert!(
        body.contains(">1000<") && body.contains("line ") && body.contains("column "),
        "{body}"
    );

    let (status, body) = post(
        &world,
        another(&good).replace(&patient, &wrong_digit).as_bytes(),
    );
    assert_eq!(status, "200");
    assert!(body.contains("SMSP-0001"), "{body}");

    let stranger = good.replace("demo-client.minispine.test</", "somebody-else</");
    assert_ne!(stranger, good);
    let (status, body) = post(&world, stranger.as_bytes());
    assert_eq!(status, "500");
    assert!(body.contains(">3000<"), "{body}");

    let bomb = "<!DOCTYPE a [<!ENTITY b \"cccc\">]><a>&b;</a>";
    let (status, body) = post(&world, bomb.as_bytes());
    assert_eq!(status, "500");
    assert!(
        body.contains(">1000<") && body.contains("DOCTYPE"),
        "{body}"
    );

    // And the good one still works, as often as it is sent; its ids are good for nothing else.
    for _ in 0..2 {
        let (status, body) = post(&world, good.as_bytes());
        assert_eq!(status, "200");
        assert!(body.contains("SMSP-0000"), "{body}");
    }
    let reused = good.replace(
        "<selfClaimLR.Value><value value=\"true\"",
        "<selfClaimLR.Value><value value=\"false\"",
    );
    assert_ne!(reused, good);
    let (status, body) = post(&world, reused.as_bytes());
    assert_eq!(status, "500");
    assert!(
        body.contains(">1000<") && body.contains("tracking"),
        "{body}"
    );
}

#[test]
fn a_body_over_the_cap_is_refused_before_it_is_read() {
    let world = World::up(0, &[]);
    let output = world.curl(&[
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code} %{size_upload}",
        "-H",
        "Expect:",
        "-H",
        "Content-Length: 999999999",
        "--data-binary",
        "x",
        world.value("/smsp/scr"),
    ]);
    let answer = text(&output.stdout);
    assert!(answer.starts_with("413 "), "{answer}");
}

#[test]
fn strangers_are_kept_out_and_logged() {
    let world = World::up(0, &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("other").display().to_string();
    assert!(run(&["pki", "init", "--dir", &other]).status.success());
    assert!(
        run(&["pki", "issue", "stranger", "--dir", &other])
            .status
            .success()
    );
    let ours = world.data.join("tls").display().to_string();
    assert!(
        run(&["pki", "issue", "unregistered", "--dir", &ours])
            .status
            .success()
    );

    let get = |cert: Option<(&str, &str)>| {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--cacert",
            world.value("/tls/ca"),
        ]);
        if let Some((folder, name)) = cert {
            curl.args(["--cert", &format!("{folder}/{name}.pem")]);
            curl.args(["--key", &format!("{folder}/{name}.key")]);
        }
        curl.args(SOAP)
            .args(["--data-binary", "<a/>", world.value("/smsp/scr")]);
        curl.stderr(Stdio::piped()).output().expect("curl runs")
    };
    assert!(!get(None).status.success(), "no certificate");
    assert!(
        !get(Some((&other, "stranger"))).status.success(),
        "another authority"
    );
    let unregistered = text(&get(Some((&ours, "unregistered"))).stdout);
    assert!(unregistered.contains(">3000<"), "{unregistered}");
    let logs = world.stop();
    assert!(
        logs.to_lowercase().contains("certificate"),
        "the refusals are logged: {logs}"
    );
}

/// The SMSP alone, in front of a Spine that is not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_spine_that_is_down_is_said_so_in_time() {
    let world = World::up(1, &[]);
    let patient = world.patients()[0].parse().expect("a number");
    let configuration =
        std::fs::read_to_string(world.data.join("minispine.toml")).expect("the configuration");
    let base = crate::world::port_base();
    let own = world.value("/smsp/scr");
    let port = own
        .rsplit(':')
        .next()
        .and_then(|p| p.split('/').next())
        .expect("a port");
    let spine_port: u16 = port.parse::<u16>().expect("a number") + 1;
    let admin_port: u16 = port.parse::<u16>().expect("a number") + 9;
    let changed = configuration
        .replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{base}"))
        .replace(
            &format!("localhost:{spine_port}"),
            &format!("localhost:{}", base + 1),
        )
        .replace(
            &format!("127.0.0.1:{admin_port}"),
            &format!("127.0.0.1:{}", base + 9),
        )
        .replace("store.sqlite", "other.sqlite");
    let file = world.data.join("alone.toml");
    std::fs::write(&file, changed).expect("written");
    let checked = run(&["config", "check", "--config", &file.display().to_string()]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let mut alone = crate::world::minispine()
        .args(["serve", "smsp", "--config"])
        .arg(&file)
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");

    let url = format!("https://localhost:{base}/smsp/scr");
    let mut identity = client::ClientIdentity::new(
        &url,
        world.value("/tls/username"),
        world.value("/user/ods").parse().expect("an ODS code"),
    );
    identity.user = Some(world.value("/user/user_id").parse().expect("a user"));
    let client = client::ScrClient::new(identity, world.upstream(&url), Environment::system());
    let mut outcome = client.status(patient).await;
    for _ in 0..100 {
        if !matches!(outcome, Err(client::ClientError::Unreachable(_))) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        outcome = client.status(patient).await;
    }
    let _ = alone.kill();
    let _ = alone.wait();
    match outcome {
        Ok(client::StatusOutcome::Refused(refused)) => assert_eq!(refused.code, "SMSP-0004"),
        other => panic!("{other:?}"),
    }
}
