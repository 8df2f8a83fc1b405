//! What a conversion has to say: refusals, and what it could not carry over.

use fhir::{Finding, Severity};

/// Where the rules of the national API are told.
pub(super) const NATIONAL: &str = "Summary Care Record FHIR API: upload";

/// How many findings are told of one bundle.
const MOST: usize = 1_000;
/// How many characters of a text are told: some repeat a value of the bundle.
const LONGEST: usize = 500;

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// What was found, in the order of the rules.
#[derive(Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
}

impl Findings {
    /// A rule is broken: there will be no document.
    pub(super) fn refuse(
        &mut self,
        expression: &str,
        rule: impl Into<String>,
        source: &'static str,
    ) {
        self.add(Severity::Error, expression, rule.into(), source);
    }

    /// A rule of the national API is broken.
    pub(super) fn national(&mut self, expression: &str, rule: impl Into<String>) {
        self.refuse(expression, rule, NATIONAL);
    }

    /// Something is not carried over, or not as a reader might think.
    pub(super) fn note(&mut self, expression: &str, rule: impl Into<String>, source: &'static str) {
        self.add(Severity::Warning, expression, rule.into(), source);
    }

    fn add(&mut self, severity: Severity, expression: &str, rule: String, source: &'static str) {
        if self.all.len() >= MOST {
            return;
        }
        let finding = Finding {
            severity,
            expression: shortened(expression.to_owned()),
            rule: shortened(rule),
            source,
        };
        if !self.all.contains(&finding) {
            self.all.push(finding);
        }
    }

    /// Whether a rule about this place is broken.
    pub(super) fn refuses(&self, expression: &str) -> bool {
        let mut errors = self.errors();
        errors.any(|finding| finding.expression == expression)
    }

    /// Whether any rule is broken.
    pub(super) fn refuse_all(&self) -> bool {
        self.errors().next().is_some()
    }

    fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.all
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
    }

    /// The broken rules alone.
    pub(super) fn into_errors(mut self) -> Vec<Finding> {
        self.all
            .retain(|finding| finding.severity == Severity::Error);
        self.all
    }

    /// Everything.
    pub(super) fn into_all(self) -> Vec<Finding> {
        self.all
    }
}
