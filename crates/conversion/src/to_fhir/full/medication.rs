//! Medications: what was prescribed once is a request, all others are statements.

use fhir::{
    CodeableConcept, DispenseRequest, Dosage, Extension, ExtensionValue, MedicationChoice,
    MedicationEffective, MedicationRequest, MedicationStatement, Period, Quantity,
};
use hl7v3::gp_summary::model::{self, Entry};

use super::concept::{complex, part, required};
use super::entry::Base;
use super::value::{quantity, span};
use super::{Work, said};
use crate::dates::When;
use crate::{Profile, dates, extension};

/// How much of a medicine, and for how long.
struct Supplied {
    quantity: Option<Quantity>,
    duration: Option<Quantity>,
    period: Option<Period>,
}

impl Work<'_, '_> {
    pub(super) fn medication_request(&mut self, base: Base<'_>) {
        let supplied = supplied(base.entry);
        self.finish(MedicationRequest {
            medication: Some(medicine(base.entry)),
            dosage_instruction: dosage(base.entry),
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            status: Some(base.status.to_owned()),
            intent: Some("order".to_owned()),
            category: base.code.into_iter().collect(),
            subject: base.subject,
            encounter: base.encounter,
            authored_on: base.when.as_ref().and_then(When::start).cloned(),
            requester: base.people.authors.into_iter().next(),
            reason_reference: base.links,
            note: base.note,
            dispense_request: supplied.request(),
            ..MedicationRequest::default()
        });
    }

    pub(super) fn medication_statement(&mut self, mut base: Base<'_>) {
        base.extension.extend(supplied(base.entry).extension());
        let sources = base
            .people
            .informants
            .into_iter()
            .chain(base.people.authors);
        self.finish(MedicationStatement {
            medication: Some(medicine(base.entry)),
            dosage: dosage(base.entry),
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            status: Some(base.status.to_owned()),
            category: base.code,
            subject: base.subject,
            context: base.encounter,
            effective: base.when.map(effective),
            information_source: sources.into_iter().next(),
            reason_reference: base.links,
            note: base.note,
            ..MedicationStatement::default()
        });
    }
}

fn medicine(entry: &Entry) -> MedicationChoice {
    let medicine = entry.medication.as_ref().and_then(|it| it.medicine());
    let concept: CodeableConcept = required(medicine);
    MedicationChoice::CodeableConcept(concept)
}

fn dosage(entry: &Entry) -> Vec<Dosage> {
    let text = entry.medication.as_ref().and_then(|it| it.instructions());
    let dosage = text.and_then(said).map(|text| Dosage {
        text: Some(text),
        ..Dosage::default()
    });
    dosage.into_iter().collect()
}

fn effective(when: When) -> MedicationEffective {
    match when {
        When::At(at) => MedicationEffective::DateTime(at),
        When::Span(start, end) => MedicationEffective::Period(span(start, end)),
    }
}

fn supplied(entry: &Entry) -> Supplied {
    let medication = entry.medication.as_deref();
    let use_ = medication.and_then(|it| it.expected_use());
    let read = |bound: &Option<model::Scalar>| {
        let text = bound.as_ref()?.value.as_deref()?;
        dates::to_fhir(text, Profile::Full).ok()
    };
    let start = use_.and_then(|time| read(&time.low));
    let end = use_.and_then(|time| read(&time.high));
    Supplied {
        quantity: medication.and_then(|it| it.quantity()).and_then(quantity),
        duration: use_.and_then(|time| quantity(time.width.as_ref()?)),
        period: (start.is_some() || end.is_some()).then(|| span(start, end)),
    }
}

impl Supplied {
    fn request(self) -> Option<DispenseRequest> {
        let is_said = self.quantity.is_some() || self.duration.is_some() || self.period.is_some();
        is_said.then(|| DispenseRequest {
            validity_period: self.period,
            quantity: self.quantity,
            expected_supply_duration: self.duration,
            ..DispenseRequest::default()
        })
    }

    fn extension(self) -> Option<Extension> {
        let parts = [
            ("quantity", self.quantity.map(ExtensionValue::Quantity)),
            ("duration", self.duration.map(ExtensionValue::Quantity)),
            ("period", self.period.map(ExtensionValue::Period)),
        ];
        let parts = parts
            .into_iter()
            .filter_map(|(url, value)| Some(part(url, value?)));
        complex(extension::SUPPLY, parts.collect())
    }
}
