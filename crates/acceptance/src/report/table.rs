//! The report for a terminal: a line a scenario, then every failure in full, then the sum.

use super::{Failure, Report, ScenarioResult, Verdict};
use crate::scenario::Group;

/// Narrower than this nothing can be read any more.
const NARROWEST: usize = 40;
/// Where the second lines of a paragraph begin.
const INDENT: usize = 14;

pub(super) fn write(report: &Report, colour: bool, width: usize) -> String {
    let mut page = Page {
        out: String::new(),
        colour,
        width: width.max(NARROWEST),
    };
    page.line(&format!("{} as {}", report.url, report.username));
    for group in Group::ALL {
        let of_group = || report.results.iter().filter(|r| r.scenario.group == group);
        if of_group().next().is_none() {
            continue;
        }
        page.line("");
        let title = page.bold(group.title());
        page.line(&title);
        of_group().for_each(|result| page.result(result));
    }
    for result in &report.results {
        if let Verdict::Fail(failure) = &result.verdict {
            page.failure(result, failure);
        }
    }
    page.sum(report);
    page.out
}

struct Page {
    out: String,
    colour: bool,
    width: usize,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn painted(&self, text: &str, code: &str) -> String {
        match self.colour {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    fn bold(&self, text: &str) -> String {
        self.painted(text, "1")
    }

    fn result(&mut self, result: &ScenarioResult) {
        let (word, code) = match result.verdict {
            Verdict::Pass => ("pass", "32"),
            Verdict::Alternative(_) => ("also", "36"),
            Verdict::Fail(_) => ("FAIL", "1;31"),
            Verdict::Skipped(_) => ("skip", "33"),
        };
        let word = self.painted(word, code);
        let scenario = result.scenario;
        let id = format!("{:<22}", scenario.id);
        let head = format!("  {word}  {id} ");
        // The paint takes no room.
        self.paragraph(&head, scenario.title, 2 + 4 + 2 + 22 + 1);
        if let Verdict::Alternative(why) | Verdict::Skipped(why) = &result.verdict {
            self.paragraph("        ", why, 8);
        }
        for remark in &result.remarks {
            self.paragraph("        note: ", remark, INDENT);
        }
    }

    fn failure(&mut self, result: &ScenarioResult, failure: &Failure) {
        let scenario = result.scenario;
        self.line("");
        let title = self.painted(&format!("FAIL {}: {}", scenario.id, scenario.title), "1;31");
        self.line(&title);
        if scenario.steps.len() > 1 {
            let of = format!("{} of {}", failure.step, scenario.steps.len());
            self.paragraph("  step        ", &of, INDENT);
        }
        self.paragraph("  expected    ", &failure.expected, INDENT);
        self.paragraph("  got         ", &failure.got, INDENT);
        for defect in &failure.defects {
            self.paragraph("  defect      ", defect, INDENT);
        }
        let rule = format!(
            "{} ({})",
            scenario.requirements.join("; "),
            scenario.basis.name()
        );
        self.paragraph("  requirement ", &rule, INDENT);
        self.paragraph("  likely      ", &failure.cause, INDENT);
    }

    fn sum(&mut self, report: &Report) {
        let totals = report.totals();
        self.line("");
        let verdict = match report.passed() {
            true => self.painted("PASSED", "1;32"),
            false => self.painted("FAILED", "1;31"),
        };
        self.line(&format!(
            "{verdict}: {} passed, {} passed otherwise, {} failed, {} skipped, in {:.1} s",
            totals.passed,
            totals.alternative,
            totals.failed,
            totals.skipped,
            report.took.as_secs_f64(),
        ));
    }

    /// Wraps words behind a head that takes `indent` columns.
    fn paragraph(&mut self, head: &str, text: &str, indent: usize) {
        let room = self.width.saturating_sub(indent).max(20);
        let mut line = head.to_owned();
        let mut used = 0;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                self.line(line.trim_end());
                line = " ".repeat(indent);
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        self.line(line.trim_end());
    }
}
