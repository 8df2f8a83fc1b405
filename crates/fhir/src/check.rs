//! Whether a resource is as R4 wants it: structure, narrative, references.

mod modifiers;
mod references;

pub use modifiers::modifiers;

use crate::codec::Datatype;
use crate::error::Fault;
use crate::narrative;
use crate::resource::Resource;
use crate::structure;

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
    /// The element as a FHIRPath, like `Bundle.entry[3].resource.code`; a choice by its name in
    /// JSON, like `Observation.effectivePeriod`.
    pub expression: String,
    /// The rule that is broken, for people; it repeats no content.
    pub rule: String,
    /// The public document that the rule is from.
    pub source: &'static str,
}

impl Finding {
    fn error(expression: String, rule: impl Into<String>, source: &'static str) -> Self {
        Self {
            severity: Severity::Error,
            expression,
            rule: rule.into(),
            source,
        }
    }
}

const STRUCTURE: &str = "FHIR R4, resource definitions";
const NARRATIVE: &str = "FHIR R4, narrative";

/// Finds what R4 does not allow: missing and unknown elements, values of the wrong form, narratives
/// with forbidden content, references that lead nowhere, and rules of bundles.
pub fn check(resource: &Resource) -> Vec<Finding> {
    let value = resource.to_value();
    let thorough = structure::thorough(&value);
    let structure = thorough.faults.iter().map(structural);
    let narratives = thorough.narratives.iter().filter_map(|(expression, div)| {
        let bad = narrative::check(div).err()?;
        Some(Finding::error(
            expression.clone(),
            bad.to_string(),
            NARRATIVE,
        ))
    });
    let mut findings: Vec<Finding> = structure.chain(narratives).collect();
    references::check(resource, &thorough, &mut findings);
    findings
}

fn structural(fault: &Fault) -> Finding {
    Finding::error(fault.expression(), fault.rule.clone(), STRUCTURE)
}
