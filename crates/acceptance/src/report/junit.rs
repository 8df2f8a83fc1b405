//! The report as JUnit XML: a suite a group, a case a scenario.

use std::time::Duration;

use xml::Writer;

use super::{Report, ScenarioResult, Verdict};
use crate::scenario::Group;

pub(super) fn write(report: &Report) -> String {
    let mut w = Writer::with_capacity(64 << 10);
    w.declaration();
    let totals = report.totals();
    let tests = report.results.len().to_string();
    let (failed, skipped) = (totals.failed.to_string(), totals.skipped.to_string());
    let time = seconds(report.took);
    let attributes = [
        ("name", "SCR SMSP acceptance"),
        ("tests", &tests),
        ("failures", &failed),
        ("errors", "0"),
        ("skipped", &skipped),
        ("time", &time),
    ];
    w.element("testsuites", &attributes, |w| {
        for group in Group::ALL {
            let of_group: Vec<_> = report
                .results
                .iter()
                .filter(|result| result.scenario.group == group)
                .collect();
            if !of_group.is_empty() {
                suite(w, report, group, &of_group);
            }
        }
    });
    String::from_utf8_lossy(&w.finish()).into_owned()
}

fn suite(w: &mut Writer, report: &Report, group: Group, results: &[&ScenarioResult]) {
    let count = |wanted: fn(&Verdict) -> bool| {
        let found = results.iter().filter(|result| wanted(&result.verdict));
        found.count().to_string()
    };
    let attributes = [
        ("name", group.title()),
        ("tests", &results.len().to_string()),
        (
            "failures",
            &count(|verdict| matches!(verdict, Verdict::Fail(_))),
        ),
        ("errors", "0"),
        (
            "skipped",
            &count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        ),
        ("time", &seconds(results.iter().map(|r| r.took).sum())),
        (
            "timestamp",
            &report.started.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        ),
    ];
    w.element("testsuite", &attributes, |w| {
        w.element("properties", &[], |w| {
            for (name, value) in [("url", &report.url), ("username", &report.username)] {
                w.empty("property", &[("name", name), ("value", value)]);
            }
        });
        results.iter().for_each(|result| case(w, group, result));
    });
}

fn case(w: &mut Writer, group: Group, result: &ScenarioResult) {
    let scenario = result.scenario;
    let name = format!("{} {}", scenario.id, scenario.title);
    let class = format!("smsp.{}", group.name());
    let time = seconds(result.took);
    let attributes = [
        ("classname", class.as_str()),
        ("name", &name),
        ("time", &time),
    ];
    w.element("testcase", &attributes, |w| {
        let requirements = scenario.requirements.join("; ");
        w.element("properties", &[], |w| {
            w.empty(
                "property",
                &[("name", "requirement"), ("value", &requirements)],
            );
            w.empty(
                "property",
                &[("name", "basis"), ("value", scenario.basis.name())],
            );
        });
        match &result.verdict {
            Verdict::Pass | Verdict::Alternative(_) => {}
            Verdict::Skipped(why) => w.empty("skipped", &[("message", why)]),
            Verdict::Fail(failure) => {
                let message = format!("expected {}, got {}", failure.expected, failure.got);
                let attributes = [("message", message.as_str()), ("type", "acceptance")];
                w.text_element("failure", &attributes, &details(&requirements, failure));
            }
        }
        let notes = notes(result);
        if !notes.is_empty() {
            w.text_element("system-out", &[], &notes);
        }
    });
}

fn details(requirements: &str, failure: &super::Failure) -> String {
    let mut text = format!(
        "step: {}\nexpected: {}\ngot: {}\n",
        failure.step, failure.expected, failure.got
    );
    for defect in &failure.defects {
        text.push_str(&format!("defect: {defect}\n"));
    }
    text.push_str(&format!(
        "requirement: {requirements}\nlikely cause: {}\n\nsent:\n{}\n\nanswered:\n{}\n",
        failure.cause, failure.sent, failure.answered
    ));
    text
}

fn notes(result: &ScenarioResult) -> String {
    let mut lines = Vec::new();
    if let Verdict::Alternative(why) = &result.verdict {
        lines.push(format!("accepted alternative: {why}"));
    }
    lines.extend(
        result
            .remarks
            .iter()
            .map(|remark| format!("note: {remark}")),
    );
    lines.join("\n")
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}
