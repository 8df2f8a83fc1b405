//! Uploads over the mailbox: counts, repetitions, and files that are cut off.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{command, lines, said, seed, upload};
use crate::world::{World, text};

/// A round of records with every reason why one is refused has so many.
const REASONS: u64 = 10;

fn check(report: &Value, records: u64, refused: u64) {
    assert_eq!(report["code"], "CPF03", "{report}");
    assert_eq!(report["records"], records);
    assert_eq!(report["stored"], records - refused);
    assert_eq!(report["refused"], refused);
    let refusals = report["refusals"].as_array().expect("a list");
    assert_eq!(refusals.len() as u64, refused);
    let mut reasons = BTreeMap::new();
    for refusal in refusals {
        let reason = [&refusal["code"], &refusal["detail"]].map(ToString::to_string);
        *reasons.entry(reason).or_insert(0_u64) += 1;
    }
    // As many of each, since they take turns.
    assert_eq!(reasons.len() as u64, REASONS, "{reasons:?}");
    assert!(reasons.values().all(|count| *count == refused / REASONS));
}

#[test]
fn five_thousand_records_come_to_exact_counts_once() {
    let world = World::up(1, &[]);
    let file = seed(&world, 5_000, 1, "7");
    let (code, report) = upload(&world, &file);
    assert_eq!((code, &report["file"]), (1, &Value::from("7")));
    check(&report, 5_000, 50);
    let first = &report["refusals"][0];
    assert_eq!(
        (&first["record"], &first["code"]),
        (&100.into(), &"CPR01".into())
    );
    assert_eq!(first["local_id"], "C0000099");
    assert!(
        first["location"]
            .as_str()
            .is_some_and(|l| l.contains("message[100]"))
    );

    // The same again is answered the same, and changes nothing.
    let (code, again) = upload(&world, &file);
    assert_eq!(code, 1);
    check(&again, 5_000, 50);
    assert_eq!(again["refusals"], report["refusals"]);

    // Another file under the same number is not taken.
    let whole = std::fs::read_to_string(&file).expect("a file");
    let other = whole.replacen("C0000000", "C9999999", 1);
    assert_ne!(whole, other);
    let reused = world.data.join("reused.xml");
    std::fs::write(&reused, other).expect("written");
    let (code, report) = upload(&world, &reused);
    assert_eq!((code, &report["code"]), (2, &Value::from("CPF04")));
    assert_eq!(report["refusals"][0]["detail"], "FILE-REUSED");

    // A plan that was stored is shown, once.
    let people = std::fs::read_to_string(file.with_extension("people.csv")).expect("a file");
    let number = people.lines().nth(1).and_then(|row| row.split(',').next());
    let shown = command(
        &world,
        &["cpis", "get", number.expect("a number"), "--json"],
    );
    let shown: Value = serde_json::from_str(&said(&shown)).expect("JSON");
    let records = shown["records"].as_array().expect("a list");
    let plans = records
        .iter()
        .map(|r| r["plans"].as_array().map_or(0, Vec::len));
    assert!((1..=2).contains(&plans.sum::<usize>()), "{shown}");
}

/// As [`five_thousand_records_come_to_exact_counts_once`], in bulk: for a release build.
#[test]
#[ignore = "100,000 records take a while"]
fn a_hundred_thousand_records_come_to_exact_counts() {
    let world = World::up(1, &[]);
    let file = seed(&world, 100_000, 1, "1");
    let (_, report) = upload(&world, &file);
    check(&report, 100_000, 1_000);
}

#[test]
fn all_stored_none_stored_and_not_a_file() {
    let world = World::up(1, &[]);
    let (code, report) = upload(&world, &seed(&world, 12, 100, "2"));
    assert_eq!(
        (code, &report["code"]),
        (2, &Value::from("CPF04")),
        "{report}"
    );
    let (code, report) = upload(&world, &seed(&world, 12, 0, "1"));
    assert_eq!(
        (code, &report["code"]),
        (0, &Value::from("CPF02")),
        "{report}"
    );
    let page = world.data.join("page.xml");
    std::fs::write(&page, "<html/>").expect("written");
    let (code, report) = upload(&world, &page);
    assert_eq!(
        (code, &report["code"]),
        (2, &Value::from("CPF01")),
        "{report}"
    );
    assert_eq!(report["records"], Value::Null);
    let reason = report["reason"].as_str().expect("a reason");
    assert!(reason.contains("File"), "{report}");
    let path = page.display().to_string();
    let said = text(&command(&world, &["cpis", "upload", &path]).stdout);
    assert!(said.contains(reason) && !said.contains("stored"), "{said}");
}

#[test]
fn an_acknowledgement_is_fetched_once() {
    let world = World::up(1, &[]);
    let fetched = || {
        let events = lines(&said(&command(
            &world,
            &["audit", "search", "--json", "--limit", "1000"],
        )));
        let is_fetch = |event: &&Value| event["event"]["outcome"] == "fetched";
        events.iter().filter(is_fetch).count()
    };
    for (number, so_far) in [("1", 1), ("2", 2)] {
        let (code, report) = upload(&world, &seed(&world, 5, 0, number));
        assert_eq!(code, 0, "{report}");
        assert_eq!(fetched(), so_far);
    }
    // The audit of people has it too.
    let table = said(&command(&world, &["audit", "search"]));
    assert!(table.contains("chunk 1 of 1"), "{table}");
}

#[test]
fn records_too_broken_to_be_repeated_are_named_from_the_file() {
    let world = World::up(1, &[]);
    let file = seed(&world, 6, 0, "4");
    let whole = std::fs::read_to_string(&file).expect("a file");
    let mut broken: Vec<String> = whole.lines().map(str::to_owned).collect();
    // Lines 1 and 2 come before the records.
    let born = broken[4].find("<birthTime").expect("a date of birth");
    let end = born + broken[4][born..].find("/>").expect("its end") + 2;
    broken[4].replace_range(born..end, "");
    std::fs::write(&file, broken.join("\n")).expect("written");
    let (code, report) = upload(&world, &file);
    assert_eq!((code, &report["stored"]), (1, &5.into()), "{report}");
    let refused = &report["refusals"][0];
    assert_eq!(refused["location"], "/File/record[3]");
    assert_eq!(refused["record"], 3);
    assert_eq!(refused["line"], 5);
    assert_eq!(refused["local_id"], "C0000002");
    assert_eq!(refused["nhs_number"], "9995000024");
    assert_eq!(refused["detail"], "BIRTH-DATE");
}

#[test]
fn a_file_that_was_cut_off_stores_nothing_and_may_come_again() {
    let world = World::up(1, &[]);
    let file = seed(&world, 300, 0, "1");
    let whole = std::fs::read(&file).expect("a file");
    let cut = world.data.join("cut.xml");
    std::fs::write(&cut, &whole[..whole.len() * 4 / 5]).expect("written");
    let (code, report) = upload(&world, &cut);
    assert_eq!(
        (code, &report["code"]),
        (2, &Value::from("CPF01")),
        "{report}"
    );

    // One whose sender went away after the first of two chunks.
    let first = world.data.join("first-chunk");
    std::fs::write(&first, &whole[..whole.len() / 2]).expect("written");
    let sent = world.mailbox_curl(&[
        "-H",
        "Mex-To: CPIS",
        "-H",
        "Mex-WorkflowID: CPIS_UPLOAD",
        "-H",
        "Mex-Chunk-Range: 1:2",
        "--data-binary",
        &format!("@{}", first.display()),
        &format!(
            "{}/{}/outbox",
            world.value("/mail/url"),
            world.value("/mail/mailbox")
        ),
    ]);
    assert!(
        text(&sent.stdout).contains("messageID"),
        "{}",
        text(&sent.stdout)
    );

    let small = [
        "cpis",
        "upload",
        &file.display().to_string(),
        "--json",
        "--chunk",
        "100000",
    ]
    .map(str::to_owned);
    let small: Vec<&str> = small.iter().map(String::as_str).collect();
    let report: Value = serde_json::from_str(&said(&command(&world, &small))).expect("JSON");
    assert_eq!(
        (&report["code"], &report["stored"]),
        (&"CPF02".into(), &300.into())
    );
    // Numbers are not for pipes unless asked for.
    assert!(!report.to_string().contains("nhs_number"));
}

#[test]
fn the_acknowledgement_can_be_kept_and_read_by_people() {
    let world = World::up(1, &[]);
    let file = seed(&world, 50, 20, "3").display().to_string();
    let kept = world.data.join("ack.xml");
    let path = kept.display().to_string();
    let upload = ["cpis", "upload", &file, "--acknowledgement", &path];
    let output = command(&world, &upload);
    let said = text(&output.stdout);
    assert!(said.contains("CPF03 Partial File Upload"), "{said}");
    assert!(
        said.contains("file 3: 50 records, 40 stored, 10 refused"),
        "{said}"
    );
    assert!(said.contains("The person is 18 or over"), "{said}");
    assert!(
        !said.contains("NHS number  ") && !said.contains("99900"),
        "{said}"
    );
    let bytes = std::fs::read(&kept).expect("a file");
    testkit::xsd::assert_valid_cpis("REPC_MT000003GB01", &bytes);
}
