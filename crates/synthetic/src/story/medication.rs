//! Medicines taken.

use jiff::civil::Date;

use super::Teller;
use crate::day;
use crate::fact::{Concept, Detail, Fact, Link, Prescription};
use crate::patient::Sex;
use crate::section::Section;
use crate::tables::medicines::{self, Medicine};
use crate::tables::{care, notes};

impl Teller<'_> {
    /// A single course in the last twelve months.
    pub(super) fn acute(&mut self) -> Vec<Fact> {
        let from = self.day_within(360);
        self.prescription_on(from)
    }

    /// A single course prescribed on a day.
    pub(crate) fn prescription_on(&mut self, from: Date) -> Vec<Fact> {
        let Some(medicine) = self.medicine(true) else {
            return Vec::new();
        };
        let detail = Detail::AcuteMedication(self.prescription(medicine, None));
        vec![self.medication(Section::AcuteMedications, medicine, from, detail)]
    }

    /// A medicine on repeat: any, or one that is taken for something.
    pub(super) fn repeat(&mut self, wanted: Option<(&str, Link)>) -> Vec<Fact> {
        let (medicine, reason) = match wanted {
            Some((name, link)) => (medicines::by_name(name), Some(link)),
            None => (self.medicine(false), None),
        };
        let Some(medicine) = medicine.filter(|medicine| self.suits(medicine)) else {
            return Vec::new();
        };
        if !self.first_time(Section::RepeatMedications, concept(medicine)) {
            return Vec::new();
        }
        let from = self.day_within(120);
        let detail = Detail::CurrentRepeatMedication(self.prescription(medicine, reason));
        vec![self.medication(Section::RepeatMedications, medicine, from, detail)]
    }

    /// A repeat medicine stopped in the last six months.
    pub(super) fn discontinued(&mut self) -> Vec<Fact> {
        let Some(medicine) = self.medicine(false) else {
            return Vec::new();
        };
        // What was stopped is not taken now.
        if !self.first_time(Section::RepeatMedications, concept(medicine)) {
            return Vec::new();
        }
        let stopped = self.day_within(175);
        let started = self
            .day_within(1_500)
            .min(day::before(stopped, 28))
            .max(self.patient.birth);
        let detail = Detail::DiscontinuedRepeatMedication(self.prescription(medicine, None));
        let mut fact = self.medication(Section::DiscontinuedMedications, medicine, started, detail);
        fact.to = Some(stopped.max(started));
        vec![fact]
    }

    /// A medicine given in the practice, and the treatment that it was.
    pub(super) fn given(&mut self) -> Vec<Fact> {
        let medicine = self.stream.pick(medicines::GIVEN);
        if !self.suits(medicine) {
            return Vec::new();
        }
        let from = self.day_within(360);
        let detail = Detail::MedicationAdministration(self.prescription(medicine, None));
        let given = self.medication(Section::AcuteMedications, medicine, from, detail);
        let treatment = Detail::Treatment(given.link());
        let treatment = self.fact(
            Section::Treatments,
            care::ADMINISTRATION[0],
            from,
            treatment,
        );
        vec![given, treatment]
    }

    /// A medicine that suits, if a few tries find one.
    fn medicine(&mut self, acute: bool) -> Option<&'static Medicine> {
        let mut tries = (0..30)
            .map(|_| self.stream.pick(medicines::ALL))
            .collect::<Vec<_>>();
        tries.retain(|medicine| medicine.acute == acute && self.suits(medicine));
        tries.first().copied()
    }

    /// For somebody of this age and sex, and without these allergies?
    fn suits(&self, medicine: &Medicine) -> bool {
        let named = |part: &str| medicine.name.starts_with(part);
        let of_sex = match self.patient.sex {
            Sex::Female => !medicines::MEN.iter().any(|part| named(part)),
            Sex::Male => !medicines::WOMEN_UNTIL.iter().any(|(part, _)| named(part)),
        };
        let too_old = |(part, age): &(&str, u32)| named(part) && self.age > *age;
        of_sex
            && medicine.from_age <= self.age
            && !medicines::WOMEN_UNTIL.iter().any(too_old)
            && !self.avoided.iter().any(|part| medicine.name.contains(part))
    }

    fn medication(
        &mut self,
        section: Section,
        medicine: &'static Medicine,
        from: Date,
        detail: Detail,
    ) -> Fact {
        self.taken.push(medicine.name);
        let mut fact = self.fact(section, concept(medicine), from, detail);
        // Prescriptions have notes more seldom than consultations.
        fact.note = self.sometimes(8, notes::ALL).map(str::to_owned);
        fact
    }

    fn prescription(&mut self, medicine: &Medicine, reason: Option<Link>) -> Prescription {
        let dose = self.stream.word(medicine.doses);
        let packs = if self.stream.percent(30) { 2 } else { 1 };
        Prescription {
            dose,
            quantity: medicine.quantity * packs,
            unit: medicine.unit,
            reason,
        }
    }
}

fn concept(medicine: &'static Medicine) -> Concept {
    Concept {
        code: medicine.code,
        term: medicine.name,
    }
}
