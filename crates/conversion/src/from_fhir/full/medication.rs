//! Medicines: prescribed once, prescribed repeatedly, no longer prescribed, given.

use fhir::{
    CodeableConcept, Dosage, Extension, ExtensionValue, MedicationChoice, MedicationEffective,
    MedicationRequest, MedicationStatement, Quantity,
};
use hl7v3::gp_summary::model;
use hl7v3::gp_summary::model::{
    Administration, Code, Consumable, DaysSupply, Entry, EntryKind, Medication, Period, Supply,
};

use crate::codes::EntryResource;
use crate::extension;
use crate::from_fhir::draft::{Draft, Placed};
use crate::from_fhir::extensions;
use crate::from_fhir::resources::Found;
use crate::from_fhir::values::plain_quantity;
use crate::from_fhir::work::Work;

/// How much of a medicine, and for how long.
struct Supplied<'s> {
    id: Option<&'s str>,
    quantity: Option<&'s Quantity>,
    duration: Option<&'s Quantity>,
    period: Option<&'s fhir::Period>,
}

/// What has ended is discontinued.
pub(super) fn usual_kind(statement: &MedicationStatement) -> EntryKind {
    match statement.status.as_deref() {
        Some("stopped" | "completed") => EntryKind::DiscontinuedRepeatMedication,
        _ => EntryKind::CurrentRepeatMedication,
    }
}

impl<'a> Work<'a, '_> {
    pub(super) fn medication(&mut self, found: Found<'a, MedicationStatement>) -> Option<Placed> {
        let it = found.resource;
        let draft = Draft {
            at: found.at,
            resource: EntryResource::MedicationStatement,
            id: it.id.as_deref(),
            identifier: &it.identifier,
            extension: &it.extension,
            category: Vec::new(),
            code: None,
            status: it.status.as_deref(),
            encounter: it.context.as_ref(),
            note: &it.note,
        };
        let kind = self.kind(&draft, Some(usual_kind(it)))?;
        let section = self.place(&draft, kind)?;
        let mut entry = self.begin(&draft, kind);
        self.prescribed_as(&mut entry, it.category.as_ref(), &draft);
        if entry.time.is_none() {
            entry.time = match &it.effective {
                Some(MedicationEffective::DateTime(time)) => {
                    self.single(time, kind, &found.path("effectiveDateTime"))
                }
                Some(MedicationEffective::Period(period)) => {
                    Some(self.period(period, &found.path("effectivePeriod")))
                }
                None => None,
            };
        }
        let supply = extensions::find(&it.extension, extension::SUPPLY);
        let parts = supply
            .map(|supply| supply.extension.as_slice())
            .unwrap_or_default();
        let supplied = Supplied {
            id: None,
            quantity: quantity_of(parts, "quantity"),
            duration: quantity_of(parts, "duration"),
            period: period_of(parts, "period"),
        };
        self.medicine(
            &mut entry,
            &draft,
            it.medication.as_ref(),
            &it.dosage,
            &supplied,
        );
        self.plain_links(&mut entry, &it.reason_reference);
        Some(Placed { section, entry })
    }

    pub(super) fn prescription(&mut self, found: Found<'a, MedicationRequest>) -> Option<Placed> {
        let it = found.resource;
        let draft = Draft {
            at: found.at,
            resource: EntryResource::MedicationRequest,
            id: it.id.as_deref(),
            identifier: &it.identifier,
            extension: &it.extension,
            category: Vec::new(),
            code: None,
            status: it.status.as_deref(),
            encounter: it.encounter.as_ref(),
            note: &it.note,
        };
        let kind = self.kind(&draft, Some(EntryKind::AcuteMedication))?;
        let section = self.place(&draft, kind)?;
        let mut entry = self.begin(&draft, kind);
        if let (None, Some(authored)) = (&entry.time, &it.authored_on) {
            entry.time = self.single(authored, kind, &found.path("authoredOn"));
        }
        let dispense = it.dispense_request.as_ref();
        let supplied = Supplied {
            id: dispense.and_then(|it| it.id.as_deref()),
            quantity: dispense.and_then(|it| it.quantity.as_ref()),
            duration: dispense.and_then(|it| it.expected_supply_duration.as_ref()),
            period: dispense.and_then(|it| it.validity_period.as_ref()),
        };
        self.prescribed_as(&mut entry, it.category.first(), &draft);
        let instructions = &it.dosage_instruction;
        self.medicine(
            &mut entry,
            &draft,
            it.medication.as_ref(),
            instructions,
            &supplied,
        );
        self.plain_links(&mut entry, &it.reason_reference);
        Some(Placed { section, entry })
    }

    /// The code of the entry, which is fixed for all kinds but one: the category, of a resource
    /// that says what kind of entry it is.
    fn prescribed_as(
        &mut self,
        entry: &mut Entry,
        category: Option<&CodeableConcept>,
        draft: &Draft<'_>,
    ) {
        let is_said = extensions::find(draft.extension, extension::ENTRY).is_some();
        let is_open = is_said || entry.kind == EntryKind::MedicationAdministration;
        if let (true, Some(category)) = (is_open, category) {
            entry.code = Some(self.concept(category, &draft.path("category")));
        }
    }

    fn medicine(
        &mut self,
        entry: &mut Entry,
        draft: &Draft<'_>,
        medicine: Option<&MedicationChoice>,
        dosage: &[Dosage],
        supplied: &Supplied<'_>,
    ) {
        let mut medication = Medication {
            consumable: self.code_of(draft, medicine).map(Consumable::new),
            supply: supplied
                .quantity
                .map(|quantity| Supply::new(plain_quantity(quantity))),
            ..Medication::default()
        };
        // The schema wants instructions, be they empty.
        let texts: Vec<&str> = dosage.iter().filter_map(words).collect();
        let words = texts.join("\n");
        match entry.kind {
            EntryKind::MedicationAdministration => {
                medication.administration = Some(Administration::new(&words));
            }
            _ => medication.dosage = Some(model::Dosage::new(&words)),
        }
        if supplied.duration.is_some() || supplied.period.is_some() {
            let id = supplied.id.map_or_else(|| (self.ids)(), str::to_owned);
            let period = supplied.period;
            let period = period.map(|period| self.period(period, &draft.path("period")));
            let time = Period {
                width: supplied.duration.map(plain_quantity),
                ..period.unwrap_or_default()
            };
            medication.days_supply = Some(DaysSupply::new(&id, time));
        }
        entry.medication = Some(Box::new(medication));
    }

    /// The medicine: coded on the spot, or in a resource of its own.
    fn code_of(&mut self, draft: &Draft<'_>, medicine: Option<&MedicationChoice>) -> Option<Code> {
        match medicine? {
            MedicationChoice::CodeableConcept(concept) => {
                Some(self.concept(concept, &draft.path("medicationCodeableConcept")))
            }
            MedicationChoice::Reference(reference) => {
                let found = self.resources.follow::<fhir::Medication>(Some(reference))?;
                let concept = found.resource.code.as_ref()?;
                Some(self.concept(concept, &found.path("code")))
            }
        }
    }
}

fn period_of<'e>(parts: &'e [Extension], name: &str) -> Option<&'e fhir::Period> {
    match extensions::find(parts, name)?.value.as_ref()? {
        ExtensionValue::Period(period) => Some(period),
        _ => None,
    }
}

fn words(dosage: &Dosage) -> Option<&str> {
    dosage
        .text
        .as_deref()
        .or(dosage.patient_instruction.as_deref())
}

fn quantity_of<'e>(parts: &'e [Extension], name: &str) -> Option<&'e Quantity> {
    match extensions::find(parts, name)?.value.as_ref()? {
        ExtensionValue::Quantity(quantity) => Some(quantity),
        _ => None,
    }
}
