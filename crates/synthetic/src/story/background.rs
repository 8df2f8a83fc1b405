//! Who the patient is besides what ails them: family, habits, wishes, contacts, letters.

use super::Teller;
use super::measured::measure;
use crate::fact::{Concept, Detail, Fact, Target};
use crate::section::Section;
use crate::tables::{allergies, care, concept, measurements, notes, preferences};

/// What every risk is coded as; what it comes of, its link says.
const RISK: Concept = concept("222701000000104", "Risk to patient");

impl Teller<'_> {
    /// A risk that comes of something in the record, for which there has to be something.
    pub(super) fn risk(&mut self, so_far: &[Fact]) -> Vec<Fact> {
        // "No known allergy" is coded as an allergy, but nothing to be warned of.
        let real = so_far
            .iter()
            .filter(|fact| fact.concept != allergies::NONE_KNOWN);
        let mut grounds: Vec<_> = real.filter_map(Fact::link).collect();
        grounds.retain(|link| {
            matches!(
                link.target,
                Target::Diagnosis | Target::Allergy | Target::AllergyDE
            )
        });
        if grounds.is_empty() {
            return Vec::new();
        }
        let link = self.stream.pick(&grounds).clone();
        let from = self.day_within(1_500);
        let mut fact = self.fact(Section::Risks, RISK, from, Detail::RiskToPatient(link));
        fact.note = None;
        vec![fact]
    }

    pub(super) fn family(&mut self) -> Vec<Fact> {
        let concept = *self.stream.pick(preferences::FAMILY);
        if !self.first_time(Section::FamilyHistory, concept) {
            return Vec::new();
        }
        let from = self.day_within(6_000);
        vec![self.fact(Section::FamilyHistory, concept, from, Detail::FamilyHistory)]
    }

    /// A wish; of some of the elderly, what they want at the end of life.
    pub(super) fn preference(&mut self) -> Vec<Fact> {
        let late = self.age >= 75 && self.stream.percent(55);
        let table = if late {
            preferences::END_OF_LIFE
        } else {
            preferences::COMMUNICATION
        };
        let concept = *self.stream.pick(table);
        if !self.first_time(Section::Preferences, concept) {
            return Vec::new();
        }
        let from = self.day_within(900);
        vec![self.fact(
            Section::Preferences,
            concept,
            from,
            Detail::PersonalPreference,
        )]
    }

    pub(super) fn circumstance(&mut self) -> Vec<Fact> {
        let concept = *self.stream.pick(preferences::CIRCUMSTANCES);
        if self.age < 60 || !self.first_time(Section::Circumstances, concept) {
            return Vec::new();
        }
        let from = self.day_within(2_500);
        vec![self.fact(
            Section::Circumstances,
            concept,
            from,
            Detail::SocialOrPersonalCircumstance,
        )]
    }

    pub(super) fn habit(&mut self) -> Vec<Fact> {
        if self.age < 16 {
            return Vec::new();
        }
        let (concept, detail) = match self.stream.below(3) {
            0 => {
                let at = self.stream.below(preferences::SMOKING.len() as u32) as usize;
                let cigarettes = self.stream.between(2, 40).to_string();
                let smokes = preferences::SMOKING[at].code == "77176002";
                let amount = smokes.then(|| measure(cigarettes, "cigarettes/day", "/d"));
                (preferences::SMOKING[at], Detail::Smoking(amount))
            }
            1 => {
                let units = self.stream.between(0, 40).to_string();
                let amount = Some(measure(units, "units/week", "/wk"));
                (measurements::ALCOHOL, Detail::AlcoholIntake(amount))
            }
            _ => (*self.stream.pick(preferences::LIFESTYLE), Detail::LifeStyle),
        };
        // One statement on each, or the record would contradict itself.
        let kind = match detail {
            Detail::Smoking(_) => preferences::SMOKING[0],
            Detail::LifeStyle => preferences::LIFESTYLE[0],
            _ => concept,
        };
        if !self.first_time(Section::Lifestyle, kind) {
            return Vec::new();
        }
        let from = self.day_within(900);
        vec![self.fact(Section::Lifestyle, concept, from, detail)]
    }

    pub(super) fn event(&mut self) -> Vec<Fact> {
        let (concept, place) = *self.stream.pick(care::EVENTS);
        let detail = Detail::CareEvent { place };
        let from = self.day_within(1_500);
        vec![self.fact(Section::Events, concept, from, detail)]
    }

    pub(super) fn paperwork(&mut self) -> Vec<Fact> {
        let concept = *self.stream.pick(care::ADMINISTRATIVE);
        let from = self.day_within(2_000);
        vec![self.fact(
            Section::Procedures,
            concept,
            from,
            Detail::AdministrativeProcedure,
        )]
    }

    pub(super) fn service(&mut self) -> Vec<Fact> {
        let concept = *self.stream.pick(care::SERVICES);
        if self.age < 40 || !self.first_time(Section::Services, concept) {
            return Vec::new();
        }
        let from = self.day_within(900);
        vec![self.fact(Section::Services, concept, from, Detail::Service)]
    }

    pub(super) fn advice(&mut self) -> Vec<Fact> {
        let concept = *self.stream.pick(care::ADVICE);
        let carer = self.age < 16 || self.stream.percent(15);
        let receiver = if carer {
            ("20", "Carer")
        } else {
            ("21", "Self")
        };
        let from = self.day_within(1_500);
        let detail = Detail::ProvisionOfAdviceAndInformation { receiver };
        vec![self.fact(Section::Advice, concept, from, detail)]
    }

    pub(super) fn letter(&mut self) -> Vec<Fact> {
        let mut text = String::new();
        for _ in 0..self.stream.between(1, 4) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(self.stream.word(notes::PARAGRAPHS));
        }
        let (section, detail) = match self.stream.below(6) {
            0 => (
                Section::Documentation,
                Detail::CareProfessionalDocumentation { text },
            ),
            1 => (
                Section::PatientCorrespondence,
                Detail::PatientCarerCorrespondence { text },
            ),
            _ => (
                Section::ThirdPartyCorrespondence,
                Detail::ThirdPartyCorrespondence { text },
            ),
        };
        let concept = *self.stream.pick(care::CORRESPONDENCE);
        let from = self.day_within(1_200);
        let mut fact = self.fact(section, concept, from, detail);
        fact.note = None;
        vec![fact]
    }
}
