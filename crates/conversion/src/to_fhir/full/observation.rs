//! Observations: findings and results, and everything that is said about the patient.

use fhir::{Effective, Observation, ObservationComponent, ReferenceRange};
use hl7v3::gp_summary::model::{self, Code, Entry, EntryKind, Pressure};

use super::concept::{concept, required};
use super::entry::Base;
use super::value::{quantity, says_more, span, value};
use super::{Work, said};
use crate::dates::When;

impl Work<'_, '_> {
    pub(super) fn observation(&mut self, base: Base<'_>) {
        let entry = base.entry;
        let found = entry.value.as_ref().and_then(value);
        if entry
            .value
            .as_ref()
            .is_some_and(|it| found.is_none() || says_more(it))
        {
            self.unsaid("The value is not carried over as a whole");
        }
        let component = self.pressures(entry);
        let reference_range = self.reference_range(entry);
        self.finish(Observation {
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            status: Some(base.status.to_owned()),
            category: base.category.into_iter().collect(),
            code: Some(base.code.unwrap_or_else(|| usual_code(entry.kind))),
            subject: base.subject,
            encounter: base.encounter,
            effective: base.when.map(effective),
            performer: base.people.performers,
            value: found,
            note: base.note,
            reference_range: reference_range.into_iter().collect(),
            has_member: base.members,
            component,
            ..Observation::default()
        });
    }

    /// The two pressures. The id of each is that of its component.
    fn pressures(&mut self, entry: &Entry) -> Vec<ObservationComponent> {
        let systolic = entry.systolic.as_ref().and_then(|it| it.pressure.as_ref());
        let diastolic = entry.diastolic.as_ref().and_then(|it| it.pressure.as_ref());
        let both = [
            (systolic, "271649006", "Systolic blood pressure"),
            (diastolic, "271650006", "Diastolic blood pressure"),
        ];
        let components = both.into_iter().filter_map(|(pressure, usual, name)| {
            let pressure = pressure?;
            let found = pressure.value.as_ref().and_then(quantity);
            if found.is_none() || is_at_another_time(pressure, entry) {
                self.unsaid("A pressure is not carried over as a whole");
            }
            let code = pressure.code.as_ref().and_then(concept);
            Some(ObservationComponent {
                id: pressure
                    .id
                    .as_ref()
                    .and_then(|id| said(id.root.as_deref()?.trim())),
                code: code.or_else(|| concept(&Code::snomed(usual, name))),
                value: found.map(fhir::ObservationValue::Quantity),
                ..ObservationComponent::default()
            })
        });
        components.collect()
    }

    /// What is normal; R4 wants a bound or a text.
    fn reference_range(&mut self, entry: &Entry) -> Option<ReferenceRange> {
        let reference = entry.reference_range.as_ref()?.reference.as_ref()?;
        let bound = |quantity_: &Option<model::Quantity>| quantity_.as_ref().and_then(quantity);
        let range = reference.range.as_ref();
        let low = range.and_then(|range| bound(&range.low));
        let high = range.and_then(|range| bound(&range.high));
        let text = reference.text.as_ref().and_then(|text| said(&text.content));
        let is_more = range.is_some_and(|range| range.center.is_some() || range.width.is_some());
        if is_more || low.is_none() && high.is_none() && text.is_none() {
            self.unsaid("The reference range is not carried over as a whole");
        }
        (low.is_some() || high.is_some() || text.is_some()).then(|| ReferenceRange {
            low,
            high,
            r#type: reference.interpretation.as_ref().and_then(concept),
            text,
            ..ReferenceRange::default()
        })
    }
}

fn is_at_another_time(pressure: &Pressure, entry: &Entry) -> bool {
    let time = pressure.time.as_ref().and_then(model::Period::start);
    time.is_some() && time != entry.time.as_ref().and_then(model::Period::start)
}

/// The code that goes without saying for a kind.
fn usual_code(kind: EntryKind) -> fhir::CodeableConcept {
    required(kind.code().as_ref())
}

fn effective(when: When) -> Effective {
    match when {
        When::At(at) => Effective::DateTime(at),
        When::Span(start, end) => Effective::Period(span(start, end)),
    }
}
