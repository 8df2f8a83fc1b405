//! Building an `OperationOutcome`.

use crate::check::{Finding, Severity};
use crate::datatype::{CodeableConcept, Coding};
use crate::error::{FhirError, FhirErrorKind};
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

impl From<Issue> for OperationOutcome {
    fn from(issue: Issue) -> Self {
        Self::of(issue)
    }
}

impl FromIterator<Issue> for OperationOutcome {
    fn from_iter<T: IntoIterator<Item = Issue>>(issues: T) -> Self {
        Self {
            issue: issues.into_iter().collect(),
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

    /// With the place it is about; an empty one says nothing and is left out.
    #[must_use]
    pub fn expression(mut self, expression: impl Into<String>) -> Self {
        let expression = expression.into();
        if !expression.is_empty() {
            self.expression.push(expression);
        }
        self
    }
}

impl From<&FhirError> for Issue {
    /// Text and place; line and column are diagnostics.
    fn from(error: &FhirError) -> Self {
        let code = match error.kind {
            FhirErrorKind::Limit => "too-long",
            FhirErrorKind::Empty | FhirErrorKind::BadValue => "value",
            _ => "structure",
        };
        let issue = Self::error(code, &error.rule).expression(error.expression.as_str());
        if error.line == 0 {
            return issue;
        }
        issue.diagnostics(format!("line {}, column {}", error.line, error.column))
    }
}

impl From<&Finding> for Issue {
    fn from(finding: &Finding) -> Self {
        Self::new(finding.severity.as_str(), "value", &finding.rule)
            .expression(finding.expression.as_str())
            .diagnostics(finding.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, system};

    #[test]
    fn an_outcome_in_json() {
        let issue = Issue::error("value", "Missing")
            .coding(Coding::new(system::SPINE_ERROR, "INVALID_VALUE", ""))
            .expression("");
        let written = json::write(&OperationOutcome::of(issue).into());
        assert_eq!(
            String::from_utf8(written).unwrap(),
            r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value","details":{"coding":[{"system":"https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode","code":"INVALID_VALUE"}],"text":"Missing"}}]}"#
        );
    }

    #[test]
    fn an_issue_of_an_error() {
        let error = json::read(b"{\"resourceType\":\"Patient\",\n \"id\":\"\"}").unwrap_err();
        let issue = Issue::from(&error);
        assert_eq!(issue.code.as_deref(), Some("value"));
        assert_eq!(issue.expression, ["Patient.id"]);
        assert_eq!(issue.diagnostics.as_deref(), Some("line 2, column 2"));
    }
}
