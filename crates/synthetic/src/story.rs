//! Stories: the few facts that belong together, such as a condition with its medicines.

mod background;
mod measured;
mod medication;

use jiff::civil::Date;

use crate::day;
use crate::fact::{Concept, Detail, Fact};
use crate::patient::{Patient, Sex};
use crate::section::Section;
use crate::stream::{Purpose, Stream};
use crate::tables::{allergies, care, concept, conditions, notes};

/// What every problem is coded as; which problem it is, its link says.
const ABSTRACT_PROBLEM: Concept = concept("181301000000103", "Abstract problem node");

/// Tells one patient's stories.
pub(crate) struct Teller<'p> {
    patient: &'p Patient,
    stream: Stream,
    /// The day the record ends.
    now: Date,
    age: u32,
    /// Codes already used where a concept stands in a record once.
    told: Vec<(Section, &'static str)>,
    /// Parts of the names of medicines that allergies forbid.
    avoided: Vec<&'static str>,
    /// Names of the medicines already prescribed, which no allergy may forbid afterwards.
    taken: Vec<&'static str>,
}

impl<'p> Teller<'p> {
    pub(crate) fn new(patient: &'p Patient, purpose: Purpose) -> Self {
        let now = patient.first_day();
        Self {
            patient,
            stream: patient.stream(purpose),
            now,
            age: patient.age_on(now),
            told: Vec::new(),
            avoided: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Makes a new teller aware of the allergies in a record.
    pub(crate) fn aware_of(mut self, facts: &[Fact]) -> Self {
        let known = facts
            .iter()
            .filter_map(|fact| allergies::by_code(fact.concept.code));
        self.avoided.extend(known.flat_map(|row| row.avoid));
        self
    }

    /// The next story; empty if the one that was chosen has nothing left to tell.
    pub(crate) fn next(&mut self, so_far: &[Fact]) -> Vec<Fact> {
        if !self.patient.additional {
            return match self.stream.below(100) {
                0..44 => self.acute(),
                44..76 => self.repeat(None),
                76..94 => self.discontinued(),
                _ => self.allergy(),
            };
        }
        match self.stream.below(100) {
            0..22 => self.condition(),
            22..29 => self.acute(),
            29..32 => self.repeat(None),
            32..35 => self.discontinued(),
            35..36 => self.allergy(),
            36..37 => self.given(),
            37..47 => self.panel(),
            47..53 => self.result(),
            53..63 => self.observations(),
            63..69 => self.immunisation(),
            69..73 => self.procedure(),
            73..77 => self.investigation(),
            77..83 => self.event(),
            83..85 => self.risk(so_far),
            85..87 => self.family(),
            87..90 => self.preference(),
            90..92 => self.circumstance(),
            92..94 => self.habit(),
            94..95 => self.paperwork(),
            95..96 => self.service(),
            96..98 => self.advice(),
            _ => self.letter(),
        }
    }

    /// What every record begins with: allergies, or the statement that none are known.
    pub(crate) fn allergies(&mut self) -> Vec<Fact> {
        if self.stream.percent(65) {
            let from = self.day_within(3_000);
            let detail = Detail::Allergy {
                drug: false,
                certainty: None,
                severity: None,
            };
            let mut fact = self.fact(Section::Allergies, allergies::NONE_KNOWN, from, detail);
            fact.note = None;
            // No allergy may follow.
            self.told.extend(
                allergies::ALL
                    .iter()
                    .map(|row| (Section::Allergies, row.concept.code)),
            );
            return vec![fact];
        }
        self.allergy()
    }

    fn allergy(&mut self) -> Vec<Fact> {
        let row = self.stream.pick(allergies::ALL);
        let tolerated = |avoid: &&str| self.taken.iter().any(|name| name.contains(*avoid));
        if row.avoid.iter().any(tolerated) || !self.first_time(Section::Allergies, row.concept) {
            return Vec::new();
        }
        self.avoided.extend(row.avoid);
        let certainty = self.sometimes(60, allergies::CERTAINTIES);
        let severity = self.sometimes(60, allergies::SEVERITIES);
        let detail = Detail::Allergy {
            drug: row.drug,
            certainty,
            severity,
        };
        let from = self.day_within(9_000);
        let mut fact = self.fact(Section::Allergies, row.concept, from, detail);
        fact.note = self.sometimes(50, allergies::REACTIONS).map(str::to_owned);
        vec![fact]
    }

    /// A condition, the problem it is listed as, and what is taken and measured because of it.
    fn condition(&mut self) -> Vec<Fact> {
        let row = self.stream.pick(conditions::ALL);
        let sex = match row.who {
            conditions::Who::Anyone => None,
            conditions::Who::Women => Some(Sex::Female),
            conditions::Who::Men => Some(Sex::Male),
        };
        let fits = self.age >= row.from_age && sex.is_none_or(|sex| sex == self.patient.sex);
        if !fits || !self.first_time(Section::Diagnoses, row.concept) {
            return Vec::new();
        }
        let span = day::days_between(self.patient.birth, self.now);
        let from = self.day_within(span.saturating_sub(row.from_age * 366).clamp(1, 9_000));
        let diagnosis = self.fact(Section::Diagnoses, row.concept, from, Detail::Diagnosis);
        let Some(link) = diagnosis.link() else {
            return Vec::new();
        };
        let mut story = vec![diagnosis];
        if self.stream.percent(45) {
            let detail = Detail::Problem(link.clone());
            let mut fact = self.fact(Section::Problems, ABSTRACT_PROBLEM, from, detail);
            fact.note = None;
            story.push(fact);
        }
        for name in row.medicines {
            if self.stream.percent(75) {
                story.extend(self.repeat(Some((name, link.clone()))));
            }
        }
        for name in row.tests {
            story.extend(self.result_of(name));
        }
        story
    }

    fn procedure(&mut self) -> Vec<Fact> {
        let concept = *self.stream.pick(care::PROCEDURES);
        if !self.first_time(Section::Treatments, concept) {
            return Vec::new();
        }
        let from = self.day_within(12_000);
        vec![self.fact(Section::Treatments, concept, from, Detail::Treatment(None))]
    }

    fn immunisation(&mut self) -> Vec<Fact> {
        // The newest of the adult ones came at the end of 2020.
        let (table, days) = match self.age {
            0..18 => (care::CHILD_IMMUNISATIONS, 3_000),
            _ => (care::ADULT_IMMUNISATIONS, 1_600),
        };
        let concept = *self.stream.pick(table);
        let from = self.day_within(days);
        vec![self.fact(Section::Treatments, concept, from, Detail::Treatment(None))]
    }

    fn investigation(&mut self) -> Vec<Fact> {
        let concept = *self.stream.pick(care::INVESTIGATIONS);
        let from = self.day_within(3_000);
        vec![self.fact(
            Section::Investigations,
            concept,
            from,
            Detail::Investigation,
        )]
    }

    /// A fact with a note as often as staff write one.
    fn fact(&mut self, section: Section, concept: Concept, from: Date, detail: Detail) -> Fact {
        let note = self.sometimes(30, notes::ALL).map(str::to_owned);
        let recorded_by = self
            .stream
            .percent(14)
            .then(|| self.stream.pick(&self.patient.practice.clinicians));
        Fact {
            id: self.stream.uuid(),
            section,
            from,
            to: None,
            concept,
            detail,
            note,
            recorded_by: recorded_by.cloned(),
        }
    }

    /// A day in the last so many, in the patient's life.
    fn day_within(&mut self, days: u32) -> Date {
        let lived = day::days_between(self.patient.birth, self.now);
        day::before(self.now, self.stream.below(days.min(lived).max(1)))
    }

    /// One of a table so many times in a hundred.
    fn sometimes<T: Copy>(&mut self, percent: u32, table: &[T]) -> Option<T> {
        let happens = self.stream.percent(percent);
        let one = *self.stream.pick(table);
        happens.then_some(one)
    }

    /// Notes that a concept stands in a section, and says whether it did not before.
    fn first_time(&mut self, section: Section, concept: Concept) -> bool {
        let entry = (section, concept.code);
        let first = !self.told.contains(&entry);
        if first {
            self.told.push(entry);
        }
        first
    }
}
