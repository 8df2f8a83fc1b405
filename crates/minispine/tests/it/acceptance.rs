//! Our own acceptance runner against our own SMSP: everything passes, and a wrong target fails.

use crate::world::{World, run, text};

#[test]
fn our_smsp_passes_every_scenario() {
    let world = World::up(4, &[]);
    let data = world.data.display().to_string();
    let patients = world.patients();
    // One who dissents, recorded as any client would.
    let dissents = ["consent", "set", &patients[1], "no", "--data", &data];
    assert!(run(&dissents).status.success());
    let child = world.ready["cpis_patients"][0].as_str().expect("a child");
    let child = child.to_owned();
    let html = world.data.join("report.html");
    let junit = world.data.join("report.xml");
    let output = run(&[
        "check",
        "--data",
        &data,
        "--patient",
        &patients[0],
        "--dissenting",
        &patients[1],
        "--untouched",
        &patients[2],
        "--without-record",
        "9990999902",
        "--child",
        &child,
        "--without-plan",
        "9990999902",
        "--extension",
        "--sign",
        "--json",
        "--html",
        &html.display().to_string(),
        "--junit",
        &junit.display().to_string(),
    ]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let page = std::fs::read_to_string(&html).expect("a page");
    assert!(page.contains("<html") && page.contains("SO_NOACTN"));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = report["results"].as_array().expect("results");
    let of_cpis =
        |row: &&serde_json::Value| row["id"].as_str().is_some_and(|id| id.starts_with("CPIS_"));
    let verdicts = rows.iter().filter(of_cpis).map(|row| &row["verdict"]);
    let verdicts: Vec<_> = verdicts.collect();
    assert!(
        verdicts.len() > 10 && verdicts.iter().all(|v| *v != "skipped"),
        "{verdicts:?}"
    );
    let suite = std::fs::read_to_string(&junit).expect("a file");
    assert!(suite.contains("<testsuite") && !suite.contains("<failure"));
}

#[test]
fn a_service_that_is_not_there_fails_with_a_reason() {
    let world = World::up(1, &[]);
    let data = world.data.display().to_string();
    let output = run(&[
        "check",
        "https://localhost:9/smsp/scr",
        "--data",
        &data,
        "--only",
        "SO_NOACTN",
    ]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(
        !output.status.success() && said.contains("connection"),
        "{said}"
    );
}
