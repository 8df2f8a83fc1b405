//! What every part of a conversion has at hand.

use super::findings::Findings;
use super::resources::Resources;
use crate::Profile;

/// A conversion under way.
pub(super) struct Work<'a, 'i> {
    /// The resources of the bundle.
    pub(super) resources: Resources<'a>,
    /// By which rules.
    pub(super) profile: Profile,
    /// What was found so far.
    pub(super) findings: Findings,
    /// How many participations were made so far.
    pub(super) participations: usize,
    /// Makes UUIDs, in upper case.
    pub(super) ids: &'i mut dyn FnMut() -> String,
}

impl Work<'_, '_> {
    /// Whether this is the national adaptor's conversion.
    pub(super) fn is_compatible(&self) -> bool {
        self.profile == Profile::Compatible
    }

    /// A rule of the national API is broken.
    pub(super) fn national(&mut self, expression: &str, rule: impl Into<String>) {
        self.findings.national(expression, rule);
    }

    /// A rule of ours is broken.
    pub(super) fn refuse(&mut self, expression: &str, rule: impl Into<String>) {
        self.findings.refuse(expression, rule, MAPPING);
    }

    /// Something stays in the narrative only.
    pub(super) fn note(&mut self, expression: &str, rule: impl Into<String>) {
        self.findings.note(expression, rule, MAPPING);
    }
}

/// Where the form of the document is told.
pub(super) const MAPPING: &str = "GP Summary (MIM 4.2.00, REPC_MT150007UK05)";
