//! Clients that we did not write the reader for: Python's own library speaks all mini services,
//! mailboxes, the Spine's plain HL7 V3, and reliable ebXML both ways.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::world::{World, run, text};

/// Runs a script with the line of `up --json` on its standard input; `None` without Python.
fn python(world: &World, script: &str, arguments: &[&Path]) -> Option<Output> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/foreign")
        .join(script);
    let child = Command::new("python3")
        .arg("-B")
        .arg(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        testkit::skip(script, "python3 is not here");
        return None;
    };
    let line = format!("{}\n", world.ready);
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(line.as_bytes()).expect("written");
    drop(stdin);
    Some(child.wait_with_output().expect("ends"))
}

#[test]
fn a_client_in_python_runs_every_operation() {
    let world = World::up(5, &[]);
    let Some(output) = python(&world, "client.py", &[]) else {
        return;
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    for operation in [
        "getSCRStatus",
        "getRBACStatus",
        "createPTV and queryPTV",
        "querySCR",
        "querySCRActivity",
        "getSCRConsent and setSCRConsent",
    ] {
        assert!(
            said.contains(&format!("ok  {operation}\n")),
            "{operation}: {said}"
        );
    }
}

#[test]
fn a_client_in_python_sets_consent_and_reads_documents_in_plain_hl7_v3() {
    let world = World::up(5, &[]);
    let Some(output) = python(&world, "hl7v3.py", &[]) else {
        return;
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("ok  SMSP: documents\n"), "{said}");
}

#[test]
fn a_message_handler_in_python_uploads_and_gets_its_answers() {
    let world = World::up(5, &[]);
    let minispine = Path::new(env!("CARGO_BIN_EXE_minispine"));
    let Some(output) = python(&world, "mhs.py", &[minispine, &world.data]) else {
        return;
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("ok  an express query\n"), "{said}");
}

#[test]
fn a_client_in_python_asks_cp_is_and_uploads_to_it() {
    let world = World::up(5, &[]);
    let people = world.data.join("people.csv");
    let heading = "nhs_number,given,family,birth_date,sensitive,standing";
    let row = "9997770013,Fay,Foreign,2019-05-01,false,";
    std::fs::write(&people, format!("{heading}\n{row}\n")).expect("written");
    let data = world.data.display().to_string();
    let path = people.display().to_string();
    assert!(
        run(&["pds", "import", &path, "--data", &data])
            .status
            .success()
    );
    let Some(output) = python(&world, "cpis.py", &[Path::new("9997770013")]) else {
        return;
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    for step in ["a query", "no record", "a notice", "uploads"] {
        assert!(said.contains(&format!("ok  {step}\n")), "{step}: {said}");
    }
}

#[test]
fn the_postman_collection_runs() {
    let world = World::up(3, &[]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scr-api/postman");
    let minispine = Path::new(env!("CARGO_BIN_EXE_minispine"));
    let arguments = [
        &*root.join("collection.json"),
        &*root.join("environment.json"),
        minispine,
        &world.data,
    ];
    let Some(output) = python(&world, "postman.py", &arguments) else {
        return;
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("ok  all requests\n"), "{said}");
}

#[test]
fn the_fhir_api_describes_itself_as_it_is_checked_in() {
    let world = World::up(0, &[]);
    let base = world.value("/scr_api/base");
    let get = |path: &str| {
        let output = world.curl(&["--include", &format!("{base}{path}")]);
        text(&output.stdout)
    };
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scr-api/openapi.json");
    let kept = std::fs::read_to_string(kept).expect("a document");
    assert!(get("/openapi.json").ends_with(&kept));
    let page = get("/try");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'"));
}
