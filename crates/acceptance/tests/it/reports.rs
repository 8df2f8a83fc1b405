//! The four forms of a report.

use acceptance::{Report, Selection};

use crate::server::Manner;
use crate::world::{everything, only, patient, run_against};

/// With a failure, an alternative, a skipped scenario and remarks.
async fn mixed() -> Report {
    let tamper = |t: &str| {
        let odd = t.replace("A client related error", "An error &lt;&amp;&quot;'");
        // Where both are allowed this is an alternative, elsewhere a failure.
        odd.replace(">1000<", ">3000<")
    };
    run_against(Manner::Tampering(tamper), everything()).await
}

#[tokio::test]
async fn every_form_says_the_same_and_nothing_of_patients() {
    let report = run_against(Manner::YesMan, everything()).await;
    let totals = report.totals();
    assert!(totals.failed > 20, "{totals:?}");
    let forms = [
        ("table", report.table(false, 100)),
        ("junit", report.junit()),
        ("json", report.json()),
        ("html", report.html()),
    ];
    for (form, text) in &forms {
        assert!(!text.contains(patient().as_str()), "{form} names a patient");
        for result in &report.results {
            assert!(
                text.contains(result.scenario.id),
                "{form}: {}",
                result.scenario.id
            );
        }
        assert!(text.contains(&report.url), "{form}");
        assert!(!text.contains("0600CE57"), "{form} shows a document");
    }
}

#[tokio::test]
async fn junit_is_well_formed_and_counts() {
    let report = mixed().await;
    let text = report.junit();
    let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
    let root = doc.root();
    assert_eq!(root.name(), "testsuites");
    let totals = report.totals();
    let attribute = |name: &str| root.attribute(name).expect("an attribute").to_owned();
    assert_eq!(attribute("tests"), report.results.len().to_string());
    assert_eq!(attribute("failures"), totals.failed.to_string());
    assert_eq!(attribute("skipped"), totals.skipped.to_string());
    assert!(
        totals.failed > 0 && totals.skipped > 0 && totals.alternative > 0,
        "{totals:?}"
    );
    let count = |name: &str| root.descendants().filter(|e| e.name() == name).count();
    assert_eq!(count("testcase"), report.results.len());
    assert_eq!(count("failure"), totals.failed);
    assert_eq!(count("skipped"), totals.skipped);
    let sum: usize = root
        .children()
        .map(|suite| {
            suite
                .required("failures")
                .expect("failures")
                .parse::<usize>()
                .expect("a number")
        })
        .sum();
    assert_eq!(sum, totals.failed);
}

#[tokio::test]
async fn json_has_every_verdict() {
    let report = mixed().await;
    let json: serde_json::Value = serde_json::from_str(&report.json()).expect("JSON");
    assert_eq!(json["passed"], false);
    let results = json["results"].as_array().expect("results");
    assert_eq!(results.len(), report.results.len());
    for (value, result) in results.iter().zip(&report.results) {
        assert_eq!(value["id"], result.scenario.id);
        assert_eq!(value["verdict"], result.verdict.name());
        assert_eq!(value["failure"].is_object(), value["verdict"] == "fail");
    }
}

#[tokio::test]
async fn the_page_stands_alone() {
    let page = mixed().await.html();
    assert!(page.starts_with("<!DOCTYPE html>"));
    for loaded in [
        "<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import",
    ] {
        assert!(!page.contains(loaded), "{loaded}");
    }
    // What a server says is text, never markup.
    assert!(!page.contains("An error <") && !page.contains("An error &lt;"));
    assert!(page.contains("An error &amp;lt;&amp;amp;"));
    // It is well-formed beyond its first line, so nothing is left open.
    let (_, rest) = page.split_once('\n').expect("lines");
    xml::Document::parse(rest.as_bytes()).expect("well-formed");
}

#[tokio::test]
async fn the_table_keeps_its_width_and_paints_only_when_asked() {
    let report = mixed().await;
    for width in [60, 80, 120] {
        for line in report.table(false, width).lines() {
            let words = line.split_whitespace().count();
            let fits = line.chars().count() <= width || words <= 3 || line.starts_with("FAIL");
            assert!(fits, "{width}: {line}");
        }
    }
    assert!(!report.table(false, 80).contains('\u{1b}'));
    assert!(report.table(true, 80).contains("\u{1b}[1;31m"));
    let narrow = report.table(false, 0);
    assert!(narrow.contains("FAILED"));
}

#[tokio::test]
async fn a_failure_says_what_to_do() {
    let report = run_against(Manner::YesMan, only(&["SO_EXPIRE"])).await;
    let table = report.table(false, 200);
    for part in [
        "FAIL SO_EXPIRE: The Timestamp is a day old",
        "expected    a Client fault with code 1000, or a Client fault with code 3000",
        "got         SMSP-0000 Success of getSCRStatus: a record, consent Ask",
        "requirement ITK host autotest: SO_EXPIRE; WS-Security 1.0, as the Toolkit uses it (published)",
        "likely      The service acted on it. Expires is not held against the clock",
        "FAILED: 1 passed, 0 passed otherwise, 1 failed, 0 skipped",
    ] {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
}

#[test]
fn an_empty_report_is_not_passed() {
    let selection = Selection::default();
    let report = Report {
        url: "https://smsp.example".to_owned(),
        username: "client".to_owned(),
        started: jiff::Timestamp::UNIX_EPOCH,
        took: std::time::Duration::ZERO,
        results: Vec::new(),
    };
    assert!(!report.passed());
    assert!(selection.unknown().is_empty());
}
