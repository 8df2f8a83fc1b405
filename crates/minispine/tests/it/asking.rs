//! The commands of a clinician's and a privacy officer's system, against a running `up`.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{World, run, text};

const NURSE: [&str; 4] = [
    "--user-id",
    "999000000033",
    "--role-profile-id",
    "999000000041",
];

struct Asking {
    world: World,
    data: String,
}

impl Asking {
    fn up(patients: u32) -> Self {
        let world = World::up(patients, &[]);
        let data = world.data.display().to_string();
        Self { world, data }
    }

    /// Runs a command on the demo's data folder: whether it succeeded, and what it said.
    fn says(&self, arguments: &[&str]) -> (bool, String) {
        let mut all = arguments.to_vec();
        all.extend(["--data", &self.data]);
        let output = run(&all);
        let said = text(&output.stdout) + &text(&output.stderr);
        (output.status.success(), said)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (success, said) = self.says(arguments);
        assert!(success, "{arguments:?}: {said}");
        serde_json::from_str(&said).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {said}"))
    }

    /// Each line as JSON.
    fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let (success, said) = self.says(arguments);
        assert!(success, "{arguments:?}: {said}");
        said.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

#[test]
fn permission_to_view_belongs_to_who_it_was_given_to() {
    let asking = Asking::up(2);
    let patient = &asking.world.patients()[0];
    let permitted = |extra: &[&str]| {
        let mut arguments = vec!["ptv", "query", patient, "--json"];
        arguments.extend(extra);
        asking.json(&arguments)["permission_to_view"] == true
    };
    assert!(!permitted(&[]));
    let (success, said) = asking.says(&["scr", "get", patient, "--no-permission"]);
    assert!(
        !success && said.contains("PTV Check Failed") && said.contains("ask the patient"),
        "{said}"
    );

    let (success, said) = asking.says(&["ptv", "create", patient]);
    assert!(success, "{said}");
    assert!(permitted(&[]) && !permitted(&NURSE));
    let (success, said) = asking.says(&["scr", "get", patient, "--no-permission"]);
    assert!(success, "{said}");

    let nurse = [
        "ptv",
        "create",
        patient,
        "--for",
        "999000000033:999000000041",
    ];
    let (success, said) = asking.says(&[&nurse[..], &["--until", "2020-01-01"]].concat());
    assert!(!success && said.contains("SMSP-0001"), "{said}");
    assert!(
        asking
            .says(&[&nurse[..], &["--from", "2030-01-01"]].concat())
            .0
    );
    assert!(!permitted(&NURSE), "it begins in the future");
    assert!(asking.says(&nurse).0);
    assert!(permitted(&NURSE));
}

#[test]
fn rights_are_those_of_the_user() {
    let asking = Asking::up(1);
    let rights = asking.json(&["rbac", "--json"]);
    assert_eq!(rights["with_permission"], true);
    assert_eq!(rights["in_emergency"], true);
    let mut nurse = vec!["rbac"];
    nurse.extend(NURSE);
    let (success, said) = asking.says(&nurse);
    assert!(success && said.contains("in an emergency: no"), "{said}");
    let stranger = [
        "rbac",
        "--user-id",
        "999000000999",
        "--role-profile-id",
        "999000000991",
    ];
    let (success, said) = asking.says(&stranger);
    assert!(
        !success && said.contains("SMSP-0005") && said.contains("list of users"),
        "{said}"
    );
}

#[test]
fn emergency_access_is_reported_and_raises_an_alert_that_arrives() {
    let asking = Asking::up(2);
    let patient = &asking.world.patients()[0];
    let emergency = [
        "scr",
        "get",
        patient,
        "--emergency",
        "--reason",
        "unconscious, \"no\" relatives",
    ];
    let (success, said) = asking.says(&emergency);
    assert!(success, "{said}");

    let today = uk_today();
    let report = asking.json(&["activity", "--from", &today, "--json"]);
    assert_eq!(report["matching"], 1);
    let access = &report["accesses"][0];
    assert_eq!(access["patient"], patient.as_str());
    assert_eq!(access["emergency"], true);
    assert_eq!(access["reason"], "unconscious, \"no\" relatives");
    let (_, table) = asking.says(&["activity", "--from", &today]);
    assert!(
        table.contains("Dr Demo Clinician") && table.contains("Example Hospital"),
        "{table}"
    );
    let (_, csv) = asking.says(&["activity", "--from", &today, "--csv"]);
    assert!(
        csv.contains("\"unconscious, \"\"no\"\" relatives\""),
        "{csv}"
    );

    // Two alerts: the relationship was claimed, and the record seen without permission.
    let since = Instant::now();
    let alerts = loop {
        let alerts = asking.lines(&["alerts", "--json"]);
        if alerts.len() == 2 || since.elapsed() > Duration::from_secs(20) {
            break alerts;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(alerts.len(), 2, "{}", asking.says(&["outbox", "list"]).1);
    assert!(
        alerts
            .iter()
            .all(|a| a["alert"]["patient"] == patient.as_str())
    );
    assert!(
        alerts
            .iter()
            .any(|a| a["alert"]["words"] == "unconscious, \"no\" relatives")
    );
    let kinds: Vec<_> = alerts.iter().map(|a| a["alert"]["kind"].clone()).collect();
    assert!(
        kinds.contains(&"access".into()) && kinds.contains(&"self-claimed".into()),
        "{kinds:?}"
    );
    // An alert is kept before it is acknowledged.
    let since = Instant::now();
    let outbox = loop {
        let (_, outbox) = asking.says(&["outbox", "list"]);
        if outbox.contains("Nothing waits") || since.elapsed() > Duration::from_secs(20) {
            break outbox;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(outbox.contains("Nothing waits"), "{outbox}");
    let (_, table) = asking.says(&["alerts"]);
    assert!(table.contains("Access made in an emergency"), "{table}");
}

#[test]
fn a_patient_who_dissents_is_not_shown_even_in_an_emergency() {
    let asking = Asking::up(1);
    let patient = &asking.world.patients()[0];
    assert_eq!(
        asking.json(&["consent", "get", patient, "--json"])["view"],
        "Ask"
    );
    let mut nurse = vec!["consent", "set", patient, "no"];
    nurse.extend(NURSE);
    let (success, said) = asking.says(&nurse);
    assert!(!success && said.contains("SMSP-0005"), "{said}");
    assert!(asking.says(&["consent", "set", patient, "no"]).0);
    assert_eq!(
        asking.json(&["consent", "get", patient, "--json"])["view"],
        "No"
    );
    for way in [
        &["scr", "get", patient][..],
        &["scr", "get", patient, "--emergency", "--reason", "x"],
    ] {
        let (success, said) = asking.says(way);
        assert!(!success && said.contains("ACS Check Failed"), "{said}");
    }
    assert!(asking.says(&["consent", "set", patient, "ask"]).0);
    assert!(asking.says(&["scr", "get", patient]).0);
}

fn uk_today() -> String {
    let now: jiff::Timestamp = transport::Environment::system().now();
    domain::time::uk_local(now).date().to_string()
}
