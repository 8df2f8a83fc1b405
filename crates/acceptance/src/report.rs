//! What came of a run.

mod html;
mod json;
mod junit;
mod table;

use std::time::Duration;

use jiff::Timestamp;

use crate::scenario::Scenario;

/// What came of a run. It holds no document and no whole NHS number, so it can be handed on.
#[derive(Debug, Clone)]
pub struct Report {
    /// The URL that was tested.
    pub url: String,
    /// The certificate's subject is not kept; this is the user name that was called as.
    pub username: String,
    /// When it began.
    pub started: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// One result a scenario, in the order of the run.
    pub results: Vec<ScenarioResult>,
}

/// What came of one scenario.
#[derive(Debug, Clone)]
pub struct ScenarioResult {
    /// Which.
    pub scenario: &'static Scenario,
    /// The verdict.
    pub verdict: Verdict,
    /// What is not wrong and worth knowing.
    pub remarks: Vec<String>,
    /// How long it took, all its exchanges together.
    pub took: Duration,
}

/// A verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As customary.
    Pass,
    /// Allowed, and not what is customary: how.
    Alternative(String),
    /// Not allowed.
    Fail(Box<Failure>),
    /// Not tried: why.
    Skipped(String),
}

/// A failure, for whoever has to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which exchange of the scenario, from 1.
    pub step: usize,
    /// What is allowed.
    pub expected: String,
    /// What came.
    pub got: String,
    /// Rules that the answer itself breaks, whatever it answers.
    pub defects: Vec<String>,
    /// What it most likely means.
    pub cause: String,
    /// The message that was sent, patients masked; empty when it was none.
    pub sent: String,
    /// The answer, patients masked and documents left out; cut when long.
    pub answered: String,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// As customary.
    pub passed: usize,
    /// Allowed otherwise.
    pub alternative: usize,
    /// Not allowed.
    pub failed: usize,
    /// Not tried.
    pub skipped: usize,
}

impl Verdict {
    /// `pass`, `alternative`, `fail` or `skipped`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Alternative(_) => "alternative",
            Self::Fail(_) => "fail",
            Self::Skipped(_) => "skipped",
        }
    }
}

impl Report {
    /// Whether the service passed: something was tried, and nothing failed. What was skipped does
    /// not count; [`totals`](Self::totals) says how much that was.
    pub fn passed(&self) -> bool {
        let totals = self.totals();
        totals.failed == 0 && totals.passed + totals.alternative > 0
    }

    /// How many of each.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for result in &self.results {
            *match result.verdict {
                Verdict::Pass => &mut totals.passed,
                Verdict::Alternative(_) => &mut totals.alternative,
                Verdict::Fail(_) => &mut totals.failed,
                Verdict::Skipped(_) => &mut totals.skipped,
            } += 1;
        }
        totals
    }

    /// For a terminal of so many columns: a line a scenario, then every failure in full.
    pub fn table(&self, colour: bool, width: usize) -> String {
        table::write(self, colour, width)
    }

    /// JUnit XML, as build servers read it.
    pub fn junit(&self) -> String {
        junit::write(self)
    }

    /// JSON, one object.
    pub fn json(&self) -> String {
        json::write(self)
    }

    /// One page of HTML that needs nothing beside itself.
    pub fn html(&self) -> String {
        html::write(self)
    }
}
