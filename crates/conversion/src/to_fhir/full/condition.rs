//! Conditions and allergies: what is said of them has two statuses in R4.

use fhir::{AllergyIntolerance, CodeableConcept, Condition, ConditionEvidence, Onset, system};

use super::Work;
use super::concept::{required, simple};
use super::entry::Base;
use super::value::{in_extension, says_more, span, value};
use crate::dates::When;
use crate::extension;

impl Work<'_, '_> {
    pub(super) fn condition(&mut self, mut base: Base<'_>) {
        let end = base.when.as_ref().and_then(When::end).cloned();
        let start = base.when.as_ref().and_then(When::start).cloned();
        let (clinical, verification) = condition_status(base.status, end.is_some());
        if let Some(found) = &base.entry.value {
            match value(found).filter(|_| !says_more(found)) {
                Some(found) => {
                    base.extension
                        .push(simple(extension::VALUE, in_extension(found)));
                }
                None => self.unsaid("The value is not carried over as a whole"),
            }
        }
        let evidence = base.links.into_iter().map(|detail| ConditionEvidence {
            detail: vec![detail],
            ..ConditionEvidence::default()
        });
        self.finish(Condition {
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            clinical_status: clinical,
            verification_status: verification,
            category: base.category.into_iter().collect(),
            code: Some(base.code.unwrap_or_else(|| required(None))),
            subject: base.subject,
            encounter: base.encounter,
            onset: start.map(Onset::DateTime),
            abatement: end.map(Onset::DateTime),
            recorder: base.people.authors.into_iter().next(),
            asserter: base.people.informants.into_iter().next(),
            evidence: evidence.collect(),
            note: base.note,
            ..Condition::default()
        });
    }

    pub(super) fn allergy(&mut self, base: Base<'_>) {
        let end = base.when.as_ref().and_then(When::end);
        let is_error = base.status == "entered-in-error";
        let (code, display) = match base.status {
            "inactive" => ("inactive", "Inactive"),
            _ if end.is_some() => ("inactive", "Inactive"),
            _ => ("active", "Active"),
        };
        self.finish(AllergyIntolerance {
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            clinical_status: (!is_error)
                .then(|| CodeableConcept::new(system::ALLERGY_CLINICAL, code, display)),
            verification_status: is_error.then(|| {
                let (code, display) = ("entered-in-error", "Entered in Error");
                CodeableConcept::new(system::ALLERGY_VERIFICATION, code, display)
            }),
            code: Some(base.code.unwrap_or_else(|| required(None))),
            patient: base.subject,
            encounter: base.encounter,
            onset: base.when.map(onset),
            recorder: base.people.authors.into_iter().next(),
            asserter: base.people.informants.into_iter().next(),
            note: base.note,
            ..AllergyIntolerance::default()
        });
    }
}

type Concept = Option<CodeableConcept>;

/// The two statuses of a condition. One that has ended cannot be active (con-4), and one that was
/// entered in error has no clinical status (con-5).
fn condition_status(status: &str, has_ended: bool) -> (Concept, Concept) {
    let clinical = |code, display| {
        Some(CodeableConcept::new(
            system::CONDITION_CLINICAL,
            code,
            display,
        ))
    };
    let verified = |code, display| {
        Some(CodeableConcept::new(
            system::CONDITION_VERIFICATION,
            code,
            display,
        ))
    };
    let course = match has_ended {
        true => clinical("resolved", "Resolved"),
        false => clinical("active", "Active"),
    };
    match status {
        "entered-in-error" => (None, verified("entered-in-error", "Entered in Error")),
        "confirmed" => (course, verified("confirmed", "Confirmed")),
        "inactive" => (clinical("inactive", "Inactive"), None),
        _ => (course, None),
    }
}

fn onset(when: When) -> Onset {
    match when {
        When::At(at) => Onset::DateTime(at),
        When::Span(start, end) => Onset::Period(span(start, end)),
    }
}
