//! The report as one page: no script, no link, nothing loaded; it prints well.

use xml::Writer;

use super::{Failure, Report, ScenarioResult, Verdict};
use crate::scenario::Group;

/// Without `>`, `<`, `&`: it is written as text.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:#c8d0d6;--soft:#eef2f4;--page:#fff;--ink:#212b32;--quiet:#4c6272}\
@media (prefers-color-scheme:dark){:root{--line:#425563;--soft:#232b31;--page:#14191d;--ink:#e8edee;--quiet:#aeb7bd}}\
body{font:1rem/1.5 system-ui,Arial,sans-serif;color:var(--ink);background:var(--page);max-width:76rem;margin:0 auto;padding:1.5rem}\
h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}\
.about{color:var(--quiet);margin:.25rem 0 1rem;overflow-wrap:anywhere}\
.sum{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0;padding:0;list-style:none}\
.sum li{padding:.5rem 1rem;border-radius:.4rem;background:var(--soft);border-left:.4rem solid}\
.sum b{display:block;font-size:1.4rem}\
.pass{border-color:#007f3b!important}.alternative{border-color:#005eb8!important}\
.fail{border-color:#d5281b!important}.skipped{border-color:#ffb81c!important}\
.row{border:1px solid var(--line);border-left:.4rem solid;border-radius:.3rem;margin:.3rem 0;padding:.4rem .8rem;break-inside:avoid}\
.row p{margin:.15rem 0}.head{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline}\
.id{font-family:ui-monospace,monospace;font-weight:bold;min-width:12rem}\
.word{margin-left:auto;font-weight:bold}.quiet{color:var(--quiet);font-size:.9rem}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}\
dt{font-weight:bold}dd{margin:0;overflow-wrap:anywhere}\
pre{background:var(--soft);padding:.8rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.8rem}\
summary{cursor:pointer}\
@media print{body{max-width:none;padding:0}}";

pub(super) fn write(report: &Report) -> String {
    let mut w = Writer::with_capacity(128 << 10);
    w.written(b"<!DOCTYPE html>\n");
    w.element("html", &[("lang", "en-GB")], |w| {
        w.element("head", &[], |w| {
            w.empty("meta", &[("charset", "utf-8")]);
            // A second lock: even if markup got in, nothing would run or load.
            let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
            let name = "Content-Security-Policy";
            w.empty("meta", &[("http-equiv", name), ("content", policy)]);
            let viewport = "width=device-width, initial-scale=1";
            w.empty("meta", &[("name", "viewport"), ("content", viewport)]);
            w.text_element("title", &[], &format!("SCR SMSP acceptance: {}", report.url));
            w.text_element("style", &[], STYLE);
        });
        w.element("body", &[], |w| body(w, report));
    });
    String::from_utf8_lossy(&w.finish()).into_owned()
}

fn body(w: &mut Writer, report: &Report) {
    w.text_element("h1", &[], "SCR SMSP acceptance");
    let about = format!(
        "{} as {}, {}, {:.1} s",
        report.url,
        report.username,
        report.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
        report.took.as_secs_f64(),
    );
    w.text_element("p", &[("class", "about")], &about);
    let verdict = match report.passed() {
        true => "Passed: nothing that was tried failed.",
        false => "Not passed.",
    };
    w.text_element("p", &[], verdict);
    sum(w, report);
    let failed = |result: &&ScenarioResult| matches!(result.verdict, Verdict::Fail(_));
    if report.results.iter().any(|result| failed(&result)) {
        w.text_element("h2", &[], "What to mend");
        let failures = report.results.iter().filter(failed);
        failures.for_each(|result| row(w, result));
    }
    for group in Group::ALL {
        let of_group = || {
            let rows = report.results.iter();
            rows.filter(move |r| r.scenario.group == group && !failed(r))
        };
        if of_group().next().is_some() {
            w.text_element("h2", &[], group.title());
            of_group().for_each(|result| row(w, result));
        }
    }
    let notice = "Basis of a rule: published (a published document or the official test tool says \
                  so), inferred (published documents imply it), practice (sound practice).";
    w.text_element("p", &[("class", "quiet")], notice);
}

fn sum(w: &mut Writer, report: &Report) {
    let totals = report.totals();
    w.element("ul", &[("class", "sum")], |w| {
        for (class, count, words) in [
            ("pass", totals.passed, "passed"),
            ("alternative", totals.alternative, "passed otherwise"),
            ("fail", totals.failed, "failed"),
            ("skipped", totals.skipped, "skipped"),
        ] {
            w.element("li", &[("class", class)], |w| {
                w.text_element("b", &[], &count.to_string());
                w.text_element("span", &[], words);
            });
        }
    });
}

fn row(w: &mut Writer, result: &ScenarioResult) {
    let scenario = result.scenario;
    let word = match result.verdict {
        Verdict::Pass => "pass",
        Verdict::Alternative(_) => "accepted alternative",
        Verdict::Fail(_) => "FAIL",
        Verdict::Skipped(_) => "skipped",
    };
    let class = format!("row {}", result.verdict.name());
    w.element("div", &[("class", &class)], |w| {
        w.element("div", &[("class", "head")], |w| {
            w.text_element("span", &[("class", "id")], scenario.id);
            w.text_element("span", &[], scenario.title);
            w.text_element("span", &[("class", "word")], word);
        });
        match &result.verdict {
            Verdict::Pass => {}
            Verdict::Alternative(why) | Verdict::Skipped(why) => w.text_element("p", &[], why),
            Verdict::Fail(failure) => details(w, result, failure),
        }
        for remark in &result.remarks {
            w.text_element("p", &[("class", "quiet")], &format!("Note: {remark}"));
        }
        let rule = format!(
            "{} ({})",
            scenario.requirements.join("; "),
            scenario.basis.name()
        );
        w.text_element("p", &[("class", "quiet")], &rule);
    });
}

fn details(w: &mut Writer, result: &ScenarioResult, failure: &Failure) {
    w.element("dl", &[], |w| {
        let mut line = |name: &str, text: &str| {
            w.text_element("dt", &[], name);
            w.text_element("dd", &[], text);
        };
        let steps = result.scenario.steps.len();
        if steps > 1 {
            line("Step", &format!("{} of {steps}", failure.step));
        }
        line("Expected", &failure.expected);
        line("Got", &failure.got);
        for defect in &failure.defects {
            line("Defect", defect);
        }
        line("Likely cause", &failure.cause);
    });
    for (name, text) in [
        ("What was sent", &failure.sent),
        ("What was answered", &failure.answered),
    ] {
        if !text.is_empty() {
            w.element("details", &[], |w| {
                w.text_element("summary", &[], name);
                w.text_element("pre", &[], text);
            });
        }
    }
}
