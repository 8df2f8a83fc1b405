//! The report as JSON.

use serde_json::{Map, Value, json};

use super::{Report, ScenarioResult, Verdict};

pub(super) fn write(report: &Report) -> String {
    let totals = report.totals();
    json!({
        "url": report.url,
        "username": report.username,
        "started": report.started.to_string(),
        "seconds": report.took.as_secs_f64(),
        "passed": report.passed(),
        "totals": {
            "pass": totals.passed,
            "alternative": totals.alternative,
            "fail": totals.failed,
            "skipped": totals.skipped,
        },
        "results": report.results.iter().map(result).collect::<Vec<_>>(),
    })
    .to_string()
}

fn result(result: &ScenarioResult) -> Value {
    let scenario = result.scenario;
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| {
        object.insert(name.to_owned(), value);
    };
    set("id", scenario.id.into());
    set("group", scenario.group.name().into());
    set("title", scenario.title.into());
    set("requirements", scenario.requirements.into());
    set("basis", scenario.basis.name().into());
    set("verdict", result.verdict.name().into());
    set("seconds", result.took.as_secs_f64().into());
    if !result.remarks.is_empty() {
        set("remarks", result.remarks.clone().into());
    }
    match &result.verdict {
        Verdict::Pass => {}
        Verdict::Alternative(why) | Verdict::Skipped(why) => set("reason", why.clone().into()),
        Verdict::Fail(failure) => set(
            "failure",
            json!({
                "step": failure.step,
                "expected": failure.expected,
                "got": failure.got,
                "defects": failure.defects,
                "cause": failure.cause,
                "sent": failure.sent,
                "answered": failure.answered,
            }),
        ),
    }
    Value::Object(object)
}
