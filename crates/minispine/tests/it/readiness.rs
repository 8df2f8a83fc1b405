//! What `/ready` says of a service whose Spine is not there.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{World, minispine, text};

/// The answer of the operator's port, once there is one.
fn ready(url: &str) -> (String, Value) {
    let started = Instant::now();
    loop {
        let asked = Command::new("curl")
            .args([
                "--silent",
                "--max-time",
                "5",
                "--write-out",
                "\n%{http_code}",
            ])
            .arg(format!("{url}/ready"))
            .output()
            .expect("curl runs");
        let said = text(&asked.stdout);
        if let Some((body, status)) = said.rsplit_once('\n')
            && let Ok(body) = serde_json::from_str(body)
        {
            return (status.to_owned(), body);
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{said}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_spine_that_is_down_is_named_and_leaves_the_smsp_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::up_in(folder.path(), 1, &[]);
    let (url, patient) = (
        world.value("/admin/url").to_owned(),
        world.patients().remove(0),
    );
    let (status, said) = ready(&url);
    assert_eq!(status, "200", "{said}");
    world.stop();
    let mut smsp = minispine()
        .args(["serve", "smsp", "--config"])
        .arg(folder.path().join("minispine.toml"))
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let (_, before) = ready(&url);
    let asked = minispine()
        .args(["scr", "status", &patient, "--data"])
        .arg(folder.path())
        .output()
        .expect("the binary runs");
    let (status, after) = ready(&url);
    smsp.kill().expect("killed");
    smsp.wait().expect("ended");
    let state = |said: &Value| {
        let addresses = said["spine"].as_object().expect("addresses");
        let state = addresses.values().next().and_then(Value::as_str);
        state.expect("one address").to_owned()
    };
    assert_eq!(state(&before), "not asked yet");
    assert!(text(&asked.stderr).contains("SMSP-0004"), "{asked:?}");
    let says = "failed last: connect: no connection: ";
    assert!(state(&after).starts_with(says), "{after}");
    assert_eq!(status, "200", "{after}");
    assert_eq!(after["checks"]["store"], "ok");
}
