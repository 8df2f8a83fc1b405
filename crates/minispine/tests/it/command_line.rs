//! The command line: help, completion, configuration errors, forms of a record.

use std::process::Stdio;

use crate::world::{World, minispine, run, text};

#[test]
fn every_command_has_help_with_an_example_or_arguments() {
    let commands: [&[&str]; 44] = [
        &[],
        &["up"],
        &["serve"],
        &["config", "check"],
        &["pki", "init"],
        &["pki", "issue"],
        &["import"],
        &["seed"],
        &["scr", "status"],
        &["scr", "get"],
        &["ptv", "create"],
        &["ptv", "query"],
        &["rbac"],
        &["activity"],
        &["consent", "get"],
        &["consent", "set"],
        &["cpis", "get"],
        &["cpis", "upload"],
        &["cpis", "notifications"],
        &["cpis", "seed"],
        &["pds", "show"],
        &["pds", "import"],
        &["pds", "supersede"],
        &["pds", "invalidate"],
        &["check"],
        &["users", "list"],
        &["sds", "list"],
        &["sds", "show"],
        &["sds", "put"],
        &["sds", "remove"],
        &["sds", "endpoint", "put"],
        &["sds", "endpoint", "remove"],
        &["sds", "lookup"],
        &["sds", "check"],
        &["sds"],
        &["outbox", "list"],
        &["outbox", "retry"],
        &["alerts"],
        &["audit", "verify"],
        &["audit", "search"],
        &["audit", "export"],
        &["convert"],
        &["validate"],
        &["token"],
    ];
    for command in commands {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let output = run(&arguments);
        assert!(output.status.success(), "{command:?}");
        assert!(
            text(&output.stdout).contains("Usage: minispine"),
            "{command:?}"
        );
    }
    assert!(text(&run(&["--help"]).stdout).contains("Examples:"));
}

#[test]
fn completion_scripts_are_written() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&run(&["completions", shell]).stdout);
        assert!(
            script.contains("minispine") && script.contains("import"),
            "{shell}"
        );
    }
}

#[test]
fn configuration_errors_name_the_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    World::up_in(&data, 0, &[]).stop();
    let good = std::fs::read_to_string(data.join("minispine.toml")).expect("a configuration");
    let file = data.join("changed.toml");
    let check = |content: &str| {
        std::fs::write(&file, content).expect("written");
        let output = run(&["config", "check", "--config", &file.display().to_string()]);
        (output.status.success(), text(&output.stderr))
    };
    assert!(check(&good).0, "{}", check(&good).1);
    let spine = good.parse::<toml::Table>().expect("TOML")["spine"].clone();
    let address = |key: &str| {
        let address = spine[key].get("address").unwrap_or(&spine[key]);
        address.as_str().expect("an address").to_owned()
    };
    let cases = [
        (
            good.replace("[smsp.rules]", "[smsp.rules]\ncolour = 1"),
            "colour",
        ),
        (
            good.replace("clock_skew_seconds = 5", "clock_skew_seconds = 9999"),
            "clock_skew_seconds",
        ),
        (
            good.replace("url = \"https://", "url = \"http://"),
            "smsp.spine.url",
        ),
        (good.replace("smsp.pem", "absent.pem"), "absent.pem"),
        (
            good.replacen("concurrency = ", "concurrency = -", 1),
            "concurrency",
        ),
        ("[store]\npath = \"x\"\n".to_owned(), "no role"),
        (
            good.replace("store.sqlite", "absent/store.sqlite"),
            "store.path: there is no folder",
        ),
        (
            good.replacen("https://localhost", "https://ho_st!!", 1),
            "smsp.spine.url: https://ho_st!!",
        ),
        (
            good.replace(&address("directory"), &address("address")),
            "spine.directory.address: ",
        ),
    ];
    for (content, expected) in &cases {
        assert_ne!(content, &good, "{expected}: the case changes nothing");
        let (valid, message) = check(content);
        assert!(
            !valid && message.contains(expected),
            "{expected}: {message}"
        );
    }
}

#[test]
fn a_record_in_every_form() {
    let world = World::up(2, &[]);
    let patient = world.patients()[0].clone();
    let data = world.data.display().to_string();
    let get = |form: &str| {
        let output = run(&["scr", "get", &patient, form, "--data", &data]);
        assert!(output.status.success(), "{form}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let xml = get("--xml");
    let parsed = xml::Document::parse(xml.trim().as_bytes()).expect("well-formed on its own");
    assert!(parsed.root().is(xml::ns::HL7, "GPSummary"));
    let json: serde_json::Value = serde_json::from_str(&get("--json")).expect("JSON");
    assert!(json.to_string().contains(&patient));
    let html = get("--html");
    assert!(html.contains("<html") && !html.contains("<script"));
    let grouped = format!("{} {} {}", &patient[..3], &patient[3..6], &patient[6..]);
    assert!(html.contains(&grouped) && get("--text").contains(&grouped));

    let status = run(&["scr", "status", &patient, "--data", &data]);
    assert!(
        text(&status.stdout).contains("exists"),
        "{}",
        text(&status.stderr)
    );
    let nobody = domain::NhsNumber::from_first_nine("999999999").expect("a number");
    let missing = run(&["scr", "get", nobody.as_str(), "--data", &data]);
    assert!(!missing.status.success());
    assert!(
        text(&missing.stderr).contains("SCR-0004"),
        "{}",
        text(&missing.stderr)
    );
}

#[test]
fn the_same_seed_makes_the_same_patients() {
    let folder = tempfile::tempdir().expect("a folder");
    let fill = |name: &str| {
        let data = folder.path().join(name).display().to_string();
        let output = run(&["seed", "--patients", "12", "--seed", "9", "--data", &data]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let store = rusqlite::Connection::open(folder.path().join(name).join("store.sqlite"))
            .expect("a database");
        let mut rows = store
            .prepare("SELECT nhs_number, sha256 FROM document ORDER BY nhs_number")
            .expect("a query");
        let rows = rows
            .query_map([], |row| {
                Ok((
                    row.get::<_, rusqlite::types::Value>(0)?,
                    row.get::<_, Vec<u8>>(1)?,
                ))
            })
            .expect("rows");
        rows.map(|row| row.expect("a row")).collect::<Vec<_>>()
    };
    let first = fill("one");
    assert_eq!(first.len(), 12);
    assert_eq!(first, fill("two"));
}

#[test]
fn an_issued_key_is_replaced_only_when_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("pki").display().to_string();
    assert!(run(&["pki", "init", "--dir", &dir]).status.success());
    let authority = std::fs::read(folder.path().join("pki/ca.key")).expect("a key");
    for name in ["ca", "CA"] {
        let refused = run(&["pki", "issue", name, "--dir", &dir]);
        assert_eq!(refused.status.code(), Some(1));
        let said = text(&refused.stderr);
        assert!(said.contains("the authority's own files"), "{said}");
    }
    assert_eq!(
        std::fs::read(folder.path().join("pki/ca.key")).expect("a key"),
        authority
    );
    let key = || std::fs::read(folder.path().join("pki/gp.key")).expect("a key");
    assert!(run(&["pki", "issue", "gp", "--dir", &dir]).status.success());
    let first = key();
    let refused = run(&["pki", "issue", "gp", "--dir", &dir]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("gp.key is there already"), "{said}");
    assert_eq!(key(), first);
    let replaced = run(&["pki", "issue", "gp", "--dir", &dir, "--replace"]);
    assert!(replaced.status.success());
    assert_ne!(key(), first);
}

#[test]
fn an_error_that_nobody_reads_is_no_panic() {
    let mut child = minispine()
        .args(["pki", "show", "/no/such/file"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stderr.take());
    let status = child.wait().expect("an end");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_wrong_address_is_not_blamed_on_the_certificate() {
    let world = World::up(1, &[]);
    let data = world.data.display().to_string();
    let refused = run(&[
        "scr",
        "status",
        "9990000018",
        "--data",
        &data,
        "--url",
        "http://localhost/x",
    ]);
    let said = text(&refused.stderr);
    assert!(said.contains("must begin with https://"), "{said}");
    assert!(!said.contains("certificate"), "{said}");
}
