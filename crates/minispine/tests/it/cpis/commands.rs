//! The commands, as people use them; and what is in no log.

use std::process::Command;

use serde_json::Value;

use super::{children, command, lines, said, seed, upload};
use crate::world::{World, run, text};

#[test]
fn the_ready_made_query_and_the_command_show_a_plan() {
    let world = World::up(8, &[]);
    let child = children(&world)[0];
    let request = format!("@{}", world.data.join("query-cpis.xml").display());
    let output = world.curl(&[
        "-H",
        "Content-Type: text/xml; charset=utf-8",
        "-H",
        "SOAPAction: urn:nhs-itk:services:201005:sendRecvDistEnvelope",
        "--data-binary",
        &request,
        world.value("/smsp/cpis"),
    ]);
    let answer = text(&output.stdout);
    assert!(answer.contains("SMSP-0000"), "{answer}");
    assert!(answer.contains(child.as_str()), "{answer}");
    let get = |form: &str| said(&command(&world, &["cpis", "get", child.as_str(), form]));
    assert!(get("--text").contains("Emergency duty team"));
    assert!(get("--html").starts_with("<!DOCTYPE html"));
    assert!(get("--xml").contains("CP-ISNHSQueryResponse"));
    let json: Value = serde_json::from_str(&get("--json")).expect("JSON");
    assert_eq!(json["nhsNumber"], child.as_str());
    // All of them by the same user, who asked a moment before: one access.
    assert_eq!(json["accesses"].as_array().map(Vec::len), Some(1), "{json}");
    let none = command(&world, &["cpis", "get", "9990999902", "--json"]);
    assert_eq!(none.status.code(), Some(3), "{}", text(&none.stderr));
    assert!(text(&none.stdout).contains("\"found\": false"));
}

#[test]
fn the_printed_query_can_be_pasted() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut child = crate::world::minispine()
        .args(["up", "--patients", "2", "--port-base"])
        .arg(crate::world::port_base().to_string())
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
    let from = printed.rfind("curl --silent").expect("a curl command");
    let command = printed[from..].split("\n\n").next().expect("a paragraph");
    let output = Command::new("sh").args(["-c", command]).output();
    let answer = text(&output.expect("a shell").stdout);
    let _ = child.kill();
    let _ = child.wait();
    assert!(command.contains("/smsp/cpis"), "{command}");
    assert!(answer.contains("SMSP-0000"), "{command}\n{answer}");
}

#[test]
fn numbers_of_published_packs_are_taken_where_they_are_wanted() {
    let world = World::up(1, &["--scenarios"]);
    let mother = ["cpis", "get", "1234567895", "--test-number", "--json"];
    let json: Value = serde_json::from_str(&said(&command(&world, &mother))).expect("JSON");
    assert_eq!(json["records"][0]["authority"]["odsCode"], "V145");
    let strict = command(&world, &["cpis", "get", "1234567895"]);
    assert!(text(&strict.stderr).contains("NHS number"));
    let plain = World::up(1, &[]);
    let refused = command(&plain, &mother);
    assert!(
        text(&refused.stderr).contains("SMSP-0001"),
        "{}",
        text(&refused.stderr)
    );
    // Those of the official test tool stand for codes.
    for (number, code, status) in [
        ("1111111111", "SMSP-0001", 1),
        ("4444444444", "SMSP-0004", 1),
        ("6666666666", "SMSP-9999", 1),
        ("7777777777", "CPIS-9999", 1),
        ("8888888888", "", 3),
    ] {
        let output = command(&world, &["cpis", "get", number]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{number}: {said}");
        assert!(said.contains(code), "{number}: {said}");
        let plain = command(&plain, &["cpis", "get", number]);
        assert_eq!(plain.status.code(), Some(3), "{}", text(&plain.stderr));
    }
    // The looked after child, whose answers and failures are scripted with it.
    let child = command(&world, &["cpis", "get", "9449310394", "--json"]);
    let json: Value = serde_json::from_str(&said(&child)).expect("JSON");
    assert!(
        json["accesses"].as_array().expect("a list").len() >= 10,
        "{json}"
    );
}

#[test]
fn people_of_pds_are_imported_shown_and_retired() {
    let world = World::up(6, &[]);
    let csv = world.data.join("people.csv");
    let heading = "nhs_number,given,family,birth_date,sensitive,standing";
    let rows = "9997770013,Ann Bea,Cole,2019-05-01,true,";
    std::fs::write(&csv, format!("{heading}\n{rows}\n")).expect("written");
    let path = csv.display().to_string();
    assert!(said(&command(&world, &["pds", "import", &path])).contains("1 people"));
    let shown = said(&command(&world, &["pds", "show", "9997770013"]));
    assert!(
        shown.contains("Ann Bea") && shown.contains("Sensitive:     yes"),
        "{shown}"
    );

    let child = children(&world)[0];
    let retired = ["pds", "supersede", child.as_str(), "9997770013"];
    assert!(said(&command(&world, &retired)).contains("authorities to be told: 1"));
    let gone = command(&world, &["cpis", "get", child.as_str()]);
    assert_eq!(gone.status.code(), Some(3), "{}", text(&gone.stdout));
    let shown = said(&command(&world, &["pds", "show", child.as_str(), "--json"]));
    assert_eq!(lines(&shown)[0]["standing"], "9997770013");
    let told = super::notices(&world, 1);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["notice"], "inactive");
    assert_eq!(told[0]["nhs_number"], child.as_str());
    assert_eq!(told[0]["replaced_by"], "9997770013");
    let again = command(&world, &["pds", "invalidate", child.as_str()]);
    assert!(said(&again).contains("authorities to be told: 0"));
    let nobody = command(&world, &["pds", "invalidate", "9990999902"]);
    assert!(!nobody.status.success() && text(&nobody.stderr).contains("known"));
}

#[test]
fn nobody_is_named_in_logs_or_metrics() {
    let world = World::up(8, &[]);
    let file = seed(&world, 60, 20, "1");
    let (_, report) = upload(&world, &file);
    assert_eq!(report["records"], 60);
    let broken = world.data.join("broken.xml");
    let whole = std::fs::read(&file).expect("a file");
    std::fs::write(&broken, &whole[..whole.len() / 2]).expect("written");
    upload(&world, &broken);
    let mut words = vec!["01632960002".to_owned()];
    for child in children(&world) {
        let shown = said(&command(&world, &["cpis", "get", child.as_str(), "--json"]));
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        let person = said(&command(&world, &["pds", "show", child.as_str(), "--json"]));
        let person = &lines(&person)[0];
        let name = |key: &str| person[key].as_str().expect("a name").to_owned();
        words.extend([child.as_str().to_owned(), name("given"), name("family")]);
        assert_eq!(shown["found"], true);
    }
    let people = std::fs::read_to_string(file.with_extension("people.csv")).expect("a file");
    for row in people.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        words.extend(cells[..3].iter().map(|cell| (*cell).to_owned()));
    }
    super::notices(&world, 3);
    let metrics = world.curl(&[&format!("{}/metrics", world.value("/admin/url"))]);
    let data = world.data.display().to_string();
    let metrics = text(&metrics.stdout);
    let logs = world.stop().replace(&data, "");
    for part in ["CP-ISNHSQuery", "mailbox request", "REPC_IN000002GB01"] {
        assert!(logs.contains(part), "{part} is logged: {logs}");
    }
    assert!(
        metrics.contains("minispine_cpis_uploads_total"),
        "{metrics}"
    );
    for word in words {
        for (place, text) in [("log", &logs), ("metrics", &metrics)] {
            let mut found = text.match_indices(&word);
            let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let named = found.find(|(at, _)| {
                !letter(text[..*at].chars().next_back())
                    && !letter(text[at + word.len()..].chars().next())
            });
            assert_eq!(named, None, "{word} in the {place}");
        }
    }
}

#[test]
fn wrong_files_and_places_are_explained() {
    let world = World::up(0, &[]);
    for (arguments, part) in [
        (
            &["cpis", "upload", "no-such-file.xml"][..],
            "no-such-file.xml",
        ),
        (
            &["cpis", "upload", "x.xml", "--authority", "none.toml"],
            "none.toml",
        ),
        (&["cpis", "get", "12"], "NHS number"),
        (&["pds", "show", "9997770013"], "nobody"),
        (&["pds", "import", "none.csv"], "none.csv"),
    ] {
        let output = command(&world, arguments);
        let error = text(&output.stderr);
        assert!(!output.status.success() && error.contains(part), "{error}");
    }
    assert!(!run(&["cpis", "seed"]).status.success());
}
