//! Diagnoses and problems.

use domain::code::cre_type;
use fhir::{Condition, ExtensionValue, ObservationValue, Onset, Reference};
use hl7v3::gp_summary::model::{EntryKind, Period, Scalar};

use super::observation::typed;
use crate::codes::EntryResource;
use crate::extension;
use crate::from_fhir::draft::{Draft, Placed};
use crate::from_fhir::extensions;
use crate::from_fhir::resources::Found;
use crate::from_fhir::rules;
use crate::from_fhir::work::Work;

/// By the section: what is no problem is a diagnosis.
pub(super) fn usual_kind(condition: &Condition) -> EntryKind {
    let section = rules::section(&condition.category);
    let code = section.and_then(|coding| coding.code.as_deref());
    match code == Some(cre_type::PROBLEMS.code) {
        true => EntryKind::Problem,
        false => EntryKind::Diagnosis,
    }
}

impl<'a> Work<'a, '_> {
    pub(super) fn condition(&mut self, found: Found<'a, Condition>) -> Option<Placed> {
        let it = found.resource;
        let draft = Draft {
            at: found.at,
            resource: EntryResource::Condition,
            id: it.id.as_deref(),
            identifier: &it.identifier,
            extension: &it.extension,
            category: it.category.iter().collect(),
            code: it.code.as_ref(),
            status: self.condition_status(found),
            encounter: it.encounter.as_ref(),
            note: &it.note,
        };
        let kind = self.kind(&draft, Some(usual_kind(it)))?;
        let section = self.place(&draft, kind)?;
        let mut entry = self.begin(&draft, kind);
        if entry.time.is_none() {
            entry.time = self.condition_time(found);
        }
        let value = extensions::find(draft.extension, extension::VALUE);
        if let Some(value) = value.and_then(|it| as_observed(it.value.as_ref()?)) {
            let value = self.value(&value, &draft.path("extension"));
            entry.value = value.map(|value| typed(value, kind));
        }
        let details: Vec<Reference> = it
            .evidence
            .iter()
            .flat_map(|it| it.detail.clone())
            .collect();
        self.plain_links(&mut entry, &details);
        Some(Placed { section, entry })
    }

    /// An error is one whatever else is said; then the clinical status counts.
    fn condition_status(&mut self, found: Found<'a, Condition>) -> Option<&'a str> {
        let it = found.resource;
        let code = |concept: &'a Option<fhir::CodeableConcept>| {
            let coding = concept.as_ref()?.coding.first()?;
            coding.code.as_deref()
        };
        let verification = code(&it.verification_status);
        match verification {
            Some("entered-in-error") => verification,
            Some("refuted") => {
                let rule = "A refuted condition cannot be told apart from one that the patient has";
                self.refuse(&found.path("verificationStatus"), rule);
                None
            }
            // Nationally what is confirmed alone is a diagnosis that is complete.
            Some("confirmed") if it.clinical_status.is_none() => verification,
            _ => code(&it.clinical_status).or(Some("active")),
        }
    }

    fn condition_time(&mut self, found: Found<'a, Condition>) -> Option<Period> {
        let it = found.resource;
        let mut time = match &it.onset {
            Some(Onset::DateTime(onset)) => {
                let low = self.v3_time(onset, &found.path("onsetDateTime"));
                Period {
                    low: low.as_deref().map(Scalar::new),
                    ..Period::default()
                }
            }
            Some(Onset::Period(period)) => self.period(period, &found.path("onsetPeriod")),
            _ => Period::default(),
        };
        let end = match &it.abatement {
            Some(Onset::DateTime(end)) => Some(end),
            Some(Onset::Period(period)) => period.end.as_ref().or(period.start.as_ref()),
            _ => None,
        };
        if let Some(end) = end {
            let high = self.v3_time(end, &found.path("abatement"));
            time.high = high.as_deref().map(Scalar::new);
        }
        let recorded = it.recorded_date.as_ref();
        if let (true, Some(recorded)) = (time == Period::default(), recorded) {
            let low = self.v3_time(recorded, &found.path("recordedDate"));
            time.low = low.as_deref().map(Scalar::new);
        }
        (time != Period::default()).then_some(time)
    }
}

/// The value of an extension as that of an observation.
fn as_observed(value: &ExtensionValue) -> Option<ObservationValue> {
    Some(match value.clone() {
        ExtensionValue::Quantity(it) => ObservationValue::Quantity(it),
        ExtensionValue::CodeableConcept(it) => ObservationValue::CodeableConcept(it),
        ExtensionValue::String(it) => ObservationValue::String(it),
        ExtensionValue::Boolean(it) => ObservationValue::Boolean(it),
        ExtensionValue::Integer(it) => ObservationValue::Integer(it),
        ExtensionValue::Range(it) => ObservationValue::Range(it),
        ExtensionValue::Ratio(it) => ObservationValue::Ratio(it),
        ExtensionValue::Time(it) => ObservationValue::Time(it),
        ExtensionValue::DateTime(it) => ObservationValue::DateTime(it),
        ExtensionValue::Period(it) => ObservationValue::Period(it),
        _ => return None,
    })
}
