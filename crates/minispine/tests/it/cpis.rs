//! CP-IS on the real binary: asked, uploaded, told, killed.

mod asynchronous;
mod commands;
mod folder;
mod killed;
mod notices;
mod uploads;

use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use client::{ClientIdentity, CpisClient, CpisOutcome};
use domain::NhsNumber;
use domain::cpis::{Author, JobTitle, Organisation, Person, PersonName};
use serde_json::Value;
use transport::Environment;

use crate::world::{World, run, text};

/// A command on the data folder of a world.
fn command(world: &World, arguments: &[&str]) -> Output {
    let data = world.data.display().to_string();
    let mut all = arguments.to_vec();
    all.extend(["--data", &data]);
    run(&all)
}

/// The standard output of a command that must succeed.
fn said(output: &Output) -> String {
    let all = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{all}");
    text(&output.stdout)
}

/// An upload file of so many records, and the people for it in the store.
fn seed(world: &World, records: u32, faulty: u32, number: &str) -> PathBuf {
    seed_from(world, 0, records, faulty, number)
}

/// The same, without the first so many people.
fn seed_from(world: &World, first: u32, records: u32, faulty: u32, number: &str) -> PathBuf {
    let file = world.data.join(format!("upload-{number}.xml"));
    let output = command(
        world,
        &[
            "cpis",
            "seed",
            "--people",
            "--records",
            &records.to_string(),
            "--faulty",
            &faulty.to_string(),
            "--first",
            &first.to_string(),
            "--file-number",
            number,
            "--out",
            &file.display().to_string(),
        ],
    );
    said(&output);
    file
}

/// Uploads a file; the exit code and the report.
fn upload(world: &World, file: &std::path::Path) -> (i32, Value) {
    let path = file.display().to_string();
    let output = command(world, &["cpis", "upload", &path, "--json", "--numbers"]);
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    (output.status.code().expect("an exit code"), report)
}

fn lines(output: &str) -> Vec<Value> {
    let lines = output.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// What the authority is told, once it is at least so many.
fn notices(world: &World, least: usize) -> Vec<Value> {
    let until = Instant::now() + Duration::from_secs(30);
    let mut told = Vec::new();
    loop {
        let output = command(world, &["cpis", "notifications", "--json", "--numbers"]);
        told.extend(lines(&said(&output)));
        if told.len() >= least || Instant::now() > until {
            return told;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn children(world: &World) -> Vec<NhsNumber> {
    let list = world.ready["cpis_patients"].as_array().expect("a list");
    list.iter()
        .map(|number| number.as_str().expect("a number").parse().expect("valid"))
        .collect()
}

/// Somebody who asks.
fn person(number: u64) -> Author {
    Author::Person(Person {
        role: JobTitle {
            code: "R0050".to_owned(),
            display_name: "Consultant".to_owned(),
        },
        user: format!("{:012}", 777_000_000_000 + number),
        role_profile: None,
        name: PersonName {
            family: vec![format!("Looker {number}")],
            ..PersonName::default()
        },
        organisation: Organisation {
            code: "Y90001".to_owned(),
            site: false,
            name: "Example Hospital".to_owned(),
        },
    })
}

/// A client for anybody of the demo's organisation.
fn client(world: &World) -> CpisClient {
    let url = world.value("/smsp/cpis");
    let ods = world.value("/user/ods").parse().expect("an ODS code");
    let identity = ClientIdentity::new(url, world.value("/tls/username"), ods);
    CpisClient::new(identity, world.upstream(url), Environment::system())
}

/// One query; its id once a record came back.
async fn ask(client: &CpisClient, author: Author, child: NhsNumber) -> Option<String> {
    let query = client.asked_by(author, child);
    match client.query(&query).await {
        Ok(CpisOutcome::Found(_)) => Some(query.id),
        _ => None,
    }
}
