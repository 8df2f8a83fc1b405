//! Building an `OperationOutcome`.

use crate::check::Severity;
use crate::datatype::{CodeableConcept, Coding};
use crate::resource::{Issue, OperationOutcome};

impl OperationOutcome {
    /// With one issue.
    pub fn of(issue: Issue) -> Self {
        Self {
            issue: vec![issue],
            ..Self::default()
        }
    }
}

impl Issue {
    /// An issue: `severity` is `fatal`, `error`, `warning` or `information`, `code` one of R4's
    /// issue types, `text` goes to `details.text`.
    pub fn new(severity: &str, code: &str, text: &str) -> Self {
        Self {
            severity: Some(severity.to_owned()),
            code: Some(code.to_owned()),
            details: Some(CodeableConcept::text(text)),
            ..Self::default()
        }
    }

    /// An error.
    pub fn error(code: &str, text: &str) -> Self {
        Self::new(Severity::Error.as_str(), code, text)
    }

    /// With a code in its details.
    #[must_use]
    pub fn coding(mut self, coding: Coding) -> Self {
        self.details.get_or_insert_default().coding.push(coding);
        self
    }

    /// With diagnostics.
    #[must_use]
    pub fn diagnostics(mut self, text: impl Into<String>) -> Self {
        self.diagnostics = Some(text.into());
        self
    }

    /// With the place it is about.
    #[must_use]
    pub fn expression(mut self, expression: impl Into<String>) -> Self {
        self.expression.push(expression.into());
        self
    }
}
