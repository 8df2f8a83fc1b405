//! The file of systems, edited and asked by the command line.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::world::{World, run, text};

const ACK: &str = "urn:nhs:names:services:psis:MCCI_IN010000UK13";

/// A command on the file of a data folder: whether it succeeded, and what it printed.
fn sds(data: &Path, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["sds"];
    all.extend(arguments);
    let data = data.display().to_string();
    all.extend(["--data", &data]);
    let output = run(&all);
    let printed = text(&output.stdout) + &text(&output.stderr);
    (output.status.success(), printed)
}

const GP: [&str; 12] = [
    "put",
    "gp-system",
    "--organisation",
    "Y90005",
    "--party-key",
    "Y90005-0000010",
    "--asid",
    "990000000010",
    "--common-name",
    "gp.example",
    "--interaction",
    "REPC_IN150016UK05",
];

#[test]
fn a_system_is_registered_shown_and_taken_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    assert!(!sds(data, &["list"]).0, "there is no file yet");
    let (added, says) = sds(data, &GP);
    assert!(
        added && says.starts_with("added system \"gp-system\" in "),
        "{says}"
    );
    let (again, says) = sds(data, &GP);
    assert!(!again && says.contains("--replace"), "{says}");
    let (_, says) = sds(data, &["check"]);
    assert!(
        says.contains("is valid: systems 1, ASIDs 1, endpoints 0\n  no endpoint: "),
        "{says}"
    );

    let address = "https://gp.example:8443/inbound";
    let put = ["--address", address, "--cpa-id", "S918999410559"];
    let endpoint = [&["endpoint", "put", "gp-system"], &put[..]].concat();
    assert!(sds(data, &endpoint).0);
    let (again, says) = sds(data, &endpoint);
    assert!(!again && says.contains("--replace"), "{says}");
    let other = ["--interaction", ACK, "--retry-interval", "PT30S"];
    assert!(sds(data, &[&endpoint[..], &other].concat()).0);
    let (_, shown) = sds(data, &["show", "gp-system"]);
    for line in [
        "  Party key     Y90005-0000010\n",
        "  Sends for     -\n",
        "  Certificate   CN=gp.example\n",
        "  May send      REPC_IN150016UK05\n",
        "Endpoint *\n",
        &format!("Endpoint {ACK}\n  Address       {address}\n"),
        "  Sent again    2 times, PT30S apart, within PT5M\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }

    // What is changed keeps its endpoints.
    let replaced = [&GP[..10], &["--replace"]].concat();
    let (changed, says) = sds(data, &replaced);
    assert!(changed && says.starts_with("changed system"), "{says}");
    let (_, listed) = sds(data, &["list", "--organisation", "Y90005", "--json"]);
    let system: serde_json::Value = serde_json::from_str(&listed).expect("one line of JSON");
    assert_eq!(system["interactions"], serde_json::Value::Null);
    assert_eq!(system["endpoints"][1]["interaction"], ACK);
    assert_eq!(system["endpoints"][1]["retry_interval"], "PT30S");
    let (_, table) = sds(data, &["list"]);
    let row = "gp-system  Y90005        Y90005-0000010  990000000010  CN=gp.example  everything  2";
    assert!(table.contains(row), "{table}");

    assert!(
        sds(
            data,
            &["endpoint", "remove", "gp-system", "--interaction", "*"]
        )
        .0
    );
    assert!(
        !sds(
            data,
            &["endpoint", "remove", "gp-system", "--interaction", "*"]
        )
        .0
    );
    assert!(sds(data, &["remove", "gp-system"]).0);
    for gone in [&["remove", "gp-system"][..], &["show", "gp-system"]] {
        let (found, says) = sds(data, gone);
        assert!(
            !found && says.contains("there is no system \"gp-system\""),
            "{says}"
        );
    }
    assert_eq!(
        sds(data, &["list", "--json"]),
        (true, String::new()),
        "nobody is left"
    );
}

#[test]
fn a_route_is_looked_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    assert!(sds(data, &GP).0);
    let put = "endpoint put gp-system --address https://gp.example/in --cpa-id S1";
    assert!(sds(data, &put.split(' ').collect::<Vec<_>>()).0);
    let lookup = |interaction: &str, more: &[&str]| {
        let start = [
            "lookup",
            "--organisation",
            "Y90005",
            "--service-interaction",
        ];
        sds(data, &[&start[..], &[interaction], more].concat())
    };
    let (found, says) = lookup(ACK, &["--party-key", "Y90005-0000010"]);
    for line in [
        "Accredited system 990000000010\n",
        &format!("Endpoint {ACK}\n"),
        "  Address            https://gp.example/in\n",
        "  Agreement          S1\n",
        "  Sync reply         MSHSignalsOnly\n",
        "  Retries            2\n",
        "  Persist duration   PT5M\n",
    ] {
        assert!(found && says.contains(line), "{line}: {says}");
    }
    let (_, json) = lookup(ACK, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["devices"][0]["asid"], "990000000010");
    assert_eq!(json["endpoints"][0]["cpa_id"], "S1");
    let (found, says) = lookup(ACK, &["--party-key", "Y90005-0000011"]);
    assert!(
        !found && says.contains("the directory has nothing of Y90005"),
        "{says}"
    );
}

#[test]
fn what_cannot_be_used_is_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    assert!(sds(data, &GP).0);
    let file = data.join("systems.toml");
    let good = std::fs::read_to_string(&file).expect("read");
    for (command, expected) in [
        (
            "put other --asid 990000000010 --common-name other.example",
            "which system \"gp-system\" has already",
        ),
        ("put other --asid 990000000011", "--common-name"),
        (
            "put other --asid 990000000011 --fingerprint ab",
            "64 hex digits",
        ),
        ("put other --asid x --common-name a", "an ASID"),
        (
            "endpoint put gp-system --address http://gp.example/ --cpa-id S1",
            "must begin with https://",
        ),
        (
            "endpoint put gp-system --address https://gp.example/ --cpa-id S1 --retry-interval 60",
            "no duration like PT1M",
        ),
        (
            "endpoint put nobody --address https://gp.example/ --cpa-id S1",
            "there is no system \"nobody\"",
        ),
    ] {
        let (done, says) = sds(data, &command.split(' ').collect::<Vec<_>>());
        assert!(!done && says.contains(expected), "{command}: {says}");
        assert_eq!(std::fs::read_to_string(&file).expect("read"), good);
    }
    std::fs::write(&file, good.replace("asids", "asid")).expect("written");
    let (valid, says) = sds(data, &["check"]);
    assert!(
        !valid && says.contains("systems.toml, line 5: unknown field `asid`"),
        "{says}"
    );
}

/// How many accredited systems of an organisation the running directory lists for uploads.
fn listed(world: &World, organisation: &str) -> u64 {
    let url = format!("{}/Device", world.value("/sds/base"));
    let organisation =
        format!("organization=https://fhir.nhs.uk/Id/ods-organization-code|{organisation}");
    let interaction = "identifier=https://fhir.nhs.uk/Id/nhsServiceInteractionId|\
                       urn:nhs:names:services:psis:REPC_IN150016UK05";
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20", "--get"])
        .args(["--data-urlencode", &organisation])
        .args(["--data-urlencode", interaction, &url])
        .output()
        .expect("curl runs");
    let bundle: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    bundle["total"].as_u64().expect("a number")
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_running_spine_takes_over_what_is_edited() {
    let world = World::up(0, &[]);
    assert_eq!((listed(&world, "Y90000"), listed(&world, "Y90005")), (1, 0));
    let upload = "urn:nhs:names:services:psis:REPC_IN150016UK05";
    let route = [
        "lookup",
        "--organisation",
        "Y90000",
        "--service-interaction",
        upload,
    ];
    let (found, says) = sds(&world.data, &route);
    let address = "/reliablemessaging/reliablerequest\n";
    assert!(
        found && says.contains("Address            https://") && says.contains(address),
        "{says}"
    );

    assert!(sds(&world.data, &GP).0);
    eventually("the new system is listed", || listed(&world, "Y90005") == 1);
    // A file that cannot be used changes nothing.
    let file = world.data.join("systems.toml");
    let good = std::fs::read_to_string(&file).expect("read");
    std::fs::write(&file, &good[..good.len() - 20]).expect("written");
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(listed(&world, "Y90005"), 1);
    std::fs::write(&file, good).expect("written");
    assert!(sds(&world.data, &["remove", "gp-system"]).0);
    eventually("the system is gone", || listed(&world, "Y90005") == 0);
    let logged = world.stop();
    assert!(logged.contains("systems reloaded"), "{logged}");
    assert!(
        logged.contains("the changed systems cannot be used"),
        "{logged}"
    );
}
