//! Converting and validating on the command line.

use serde_json::Value;

use crate::world::{run, text};

/// A folder with a made-up summary in it.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let summary = synthetic::population(5).patient(3).summary();
        std::fs::write(folder.path().join("summary.xml"), summary).expect("written");
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("written");
    }

    /// Runs a conversion; the report.
    fn convert(&self, [from, to]: [&str; 2], [file, output]: [&str; 2], more: &[&str]) -> Value {
        let (file, output) = (self.path(file), self.path(output));
        let mut arguments = vec!["convert", "--from", from, "--to", to, &file];
        arguments.extend(["--json", "--output", &output]);
        arguments.extend(more);
        let ran = run(&arguments);
        assert!(
            ran.status.success(),
            "{}{}",
            text(&ran.stdout),
            text(&ran.stderr)
        );
        serde_json::from_slice(&ran.stdout).expect("a report")
    }
}

/// How often a piece of text is there.
fn count(content: &str, piece: &str) -> usize {
    content.matches(piece).count()
}

#[test]
fn a_summary_goes_to_fhir_and_comes_back() {
    let stage = Stage::new();
    for (name, more) in [("bundle.json", &[][..]), ("bundle.xml", &["--xml"])] {
        let report = stage.convert(["hl7v3", "fhir"], ["summary.xml", name], more);
        assert_eq!(report["converted"], true);
        assert!(report["only_in_the_text"].is_array());
        stage.convert(["fhir", "hl7v3"], [name, "back.xml"], &[]);
        let (before, after) = (stage.read("summary.xml"), stage.read("back.xml"));
        for piece in [
            "pertinentCREType ",
            ".Allergy ",
            "Medication ",
            "<h2",
            "SupportingInfo ",
        ] {
            assert_eq!(
                count(&before, piece),
                count(&after, piece),
                "{name}: {piece}"
            );
        }
    }
    let bundle: Value = serde_json::from_str(&stage.read("bundle.json")).expect("JSON");
    assert_eq!(
        bundle["entry"][0]["resource"]["resourceType"],
        "Composition"
    );
    let printed = run(&[
        "convert",
        "--from",
        "hl7v3",
        "--to",
        "fhir",
        &stage.path("summary.xml"),
    ]);
    let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    assert_eq!(printed["total"], bundle["total"]);
}

#[test]
fn the_compatible_profile_maps_less() {
    let stage = Stage::new();
    let entries = |more: &[&str]| {
        stage.convert(["hl7v3", "fhir"], ["summary.xml", "bundle.json"], more);
        let bundle: Value = serde_json::from_str(&stage.read("bundle.json")).expect("JSON");
        bundle["entry"].as_array().expect("entries").len()
    };
    assert!(entries(&["--compatible"]) < entries(&[]));
}

/// The API takes times as some systems write them; so does the command.
#[test]
fn times_without_seconds_are_converted() {
    let stage = Stage::new();
    stage.convert(["hl7v3", "fhir"], ["summary.xml", "bundle.json"], &[]);
    let mut bundle: Value = serde_json::from_str(&stage.read("bundle.json")).expect("JSON");
    bundle["entry"][0]["resource"]["date"] = "2026-02-03T04:05+00:00".into();
    stage.write("minutes.json", &bundle.to_string());
    stage.convert(["fhir", "hl7v3"], ["minutes.json", "back.xml"], &[]);
    assert!(stage.read("back.xml").contains("\"20260203040500\""));
}

#[test]
fn what_cannot_be_converted_says_why() {
    let stage = Stage::new();
    stage.write("patient.json", "{\"resourceType\":\"Patient\"}");
    stage.write("broken.json", "{\"resourceType\":\"Bundle\",\n\"type\":}");
    stage.write(
        "empty.json",
        "{\"resourceType\":\"Bundle\",\"type\":\"document\"}",
    );
    stage.write("other.xml", "<other/>");
    for (from, file, expected) in [
        ("fhir", "patient.json", "it is a Patient and no Bundle"),
        ("fhir", "broken.json", "line 2"),
        ("fhir", "empty.json", "Composition missing from payload"),
        ("fhir", "absent.json", "cannot read"),
        ("hl7v3", "other.xml", "there is no GPSummary in it"),
    ] {
        let to = if from == "fhir" { "hl7v3" } else { "fhir" };
        let ran = run(&["convert", "--from", from, "--to", to, &stage.path(file)]);
        assert!(!ran.status.success(), "{file}");
        assert!(
            text(&ran.stderr).contains(expected),
            "{file}: {}",
            text(&ran.stderr)
        );
        assert!(ran.stdout.is_empty(), "{file}");
    }
    let same = run(&[
        "convert",
        "--from",
        "fhir",
        "--to",
        "fhir",
        &stage.path("patient.json"),
    ]);
    assert!(text(&same.stderr).contains("must differ"));
}

#[test]
fn findings_have_a_place_a_rule_and_a_source() {
    let stage = Stage::new();
    let good = run(&["validate", &stage.path("summary.xml")]);
    assert!(good.status.success(), "{}", text(&good.stdout));
    assert!(text(&good.stdout).contains("HL7 V3 GP Summary, valid"));

    let bad = stage
        .read("summary.xml")
        .replacen("<body>", "<body>\n<script/>", 1);
    stage.write("bad.xml", &bad);
    let ran = run(&[
        "validate",
        &stage.path("bad.xml"),
        "--json",
        "--least",
        "error",
    ]);
    assert_eq!(ran.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&ran.stdout).expect("one line");
    assert_eq!(found["severity"], "error");
    assert_eq!(found["line"], 2, "{found}");
    assert_eq!(found["rule"], "script may not be in a presentation text");
    assert!(
        found["path"]
            .as_str()
            .expect("a path")
            .ends_with("/body/script")
    );
    assert!(
        found["source"]
            .as_str()
            .expect("a source")
            .contains("Manual 4.2.00")
    );
    let table = text(&run(&["validate", &stage.path("bad.xml")]).stdout);
    assert!(
        table.contains("1 error") && table.contains("2:1"),
        "{table}"
    );

    stage.write(
        "patient.json",
        "{\"resourceType\":\"Patient\",\n \"gender\":\"x\"}",
    );
    let ran = run(&[
        "validate",
        &stage.path("patient.json"),
        &stage.path("absent.json"),
        "--json",
    ]);
    assert_eq!(ran.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&ran.stdout).expect("one line");
    assert_eq!(
        (&found["line"], &found["path"]),
        (&2.into(), &"Patient.gender".into())
    );
    assert!(text(&ran.stderr).contains("cannot be read"));
}

#[test]
fn strict_fails_on_warnings() {
    let stage = Stage::new();
    let heading = "<h2 id=\"AllergiesHeader\">Allergies and Adverse Reactions";
    let text = stage.read("summary.xml").replacen(heading, "<h2>Other", 1);
    stage.write("warned.xml", &text);
    let warned = stage.path("warned.xml");
    assert_eq!(run(&["validate", &warned]).status.code(), Some(0));
    assert_eq!(
        run(&["validate", &warned, "--strict"]).status.code(),
        Some(1)
    );
}

#[test]
fn a_token_needs_the_folder_of_up() {
    let stage = Stage::new();
    let ran = run(&["token", "--data", &stage.path("nothing")]);
    assert!(!ran.status.success());
    assert!(
        text(&ran.stderr).contains("start `minispine up` first"),
        "{}",
        text(&ran.stderr)
    );
}
