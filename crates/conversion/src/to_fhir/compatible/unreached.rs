//! Kinds of entries that the national adaptor has mappers for which nothing reaches: they look for
//! sections at the root of an answer, where only its tests have any. They answer for sections that
//! stand alone, as those tests do.

use fhir::{
    CodeableConcept, Coding, Communication, Effective, Encounter, FhirDateTime, Identifier,
    Observation, ObservationValue, Performed, Period, Procedure, system,
};
use hl7v3::gp_summary::model::{Entry, EntryKind, Role, Value};

use super::Work;
use super::entry::{Common, centre, concept, profile};
use crate::to_fhir::ConversionError;
use crate::{Profile, dates};

impl Work<'_> {
    pub(super) fn unreached(
        &mut self,
        entry: &Entry,
        common: Common<'_>,
    ) -> Result<(), ConversionError> {
        match entry.kind {
            EntryKind::CareEvent => self.care_event(&common),
            EntryKind::FamilyHistory | EntryKind::LifeStyle => self.history(entry, common)?,
            EntryKind::Investigation => self.investigation(&common),
            EntryKind::PersonalPreference => self.preference(&common),
            _ => self.communication(entry, common)?,
        }
        Ok(())
    }

    /// The adaptor takes the beginning for the end.
    fn care_event(&mut self, common: &Common<'_>) {
        let encounter = Encounter {
            id: self.id(),
            meta: profile("Encounter"),
            status: Some("finished".to_owned()),
            class: Some(Coding::new(system::ACT_CODE, "GENRL", "General")),
            r#type: vec![concept(common.code, common.display)],
            period: Some(Period {
                start: common.high.clone(),
                end: common.low.clone(),
                ..Period::default()
            }),
            ..Encounter::default()
        };
        self.out.push(encounter.into());
    }

    fn history(&mut self, entry: &Entry, common: Common<'_>) -> Result<(), ConversionError> {
        let place = self.out.len();
        let encounter = self.encounter(entry, &[Role::Author, Role::Informant])?;
        let effective = match (&common.low, &common.high) {
            (None, None) => centre(entry)?.map(Effective::DateTime),
            (start, end) => Some(Effective::Period(Period {
                start: start.clone(),
                end: end.clone(),
                ..Period::default()
            })),
        };
        let words = match &entry.value {
            Some(Value::Text(text)) => Some(text.content.trim()),
            Some(Value::Data(data)) => Some(data.content.trim()),
            _ => None,
        };
        let words = words.filter(|words| !words.is_empty());
        let observation = Observation {
            encounter,
            effective,
            value: words.map(|words| ObservationValue::String(words.to_owned())),
            id: Some(common.id.to_owned()),
            meta: profile("Observation"),
            identifier: vec![Identifier::of(common.id)],
            status: Some("final".to_owned()),
            code: Some(concept(common.code, common.display)),
            category: vec![common.category],
            ..Observation::default()
        };
        self.out.insert(place, observation.into());
        Ok(())
    }

    fn investigation(&mut self, common: &Common<'_>) {
        let procedure = Procedure {
            id: self.id(),
            meta: profile("Procedure"),
            status: Some("completed".to_owned()),
            code: Some(concept(common.code, common.display)),
            performed: common.low.clone().map(Performed::DateTime),
            ..Procedure::default()
        };
        self.out.push(procedure.into());
    }

    fn preference(&mut self, common: &Common<'_>) {
        let observation = Observation {
            id: self.id(),
            meta: profile("Observation"),
            status: Some("final".to_owned()),
            code: Some(concept(common.code, common.display)),
            effective: common.low.clone().map(Effective::DateTime),
            ..Observation::default()
        };
        self.out.push(observation.into());
    }

    fn communication(&mut self, entry: &Entry, common: Common<'_>) -> Result<(), ConversionError> {
        let is_advice = entry.kind == EntryKind::ProvisionOfAdviceAndInformation;
        let sent = match entry.kind {
            EntryKind::CareProfessionalDocumentation => {
                let time = entry.time.as_ref().and_then(|time| time.value.as_deref());
                // The only one that has the offset of summer.
                time.map(|time| dates::to_fhir(time, Profile::Full))
                    .transpose()?
            }
            EntryKind::PatientCarerCorrespondence => common.low.clone().map(whole_day),
            _ => common.low.clone(),
        };
        let category: Option<CodeableConcept> = Some(common.category).filter(|_| !is_advice);
        self.out.push(
            Communication {
                id: Some(common.id.to_owned()),
                meta: profile("Communication"),
                identifier: vec![Identifier::of(common.id)],
                status: Some("completed".to_owned()),
                category: category.into_iter().collect(),
                topic: Some(concept(common.code, common.display)),
                sent,
                ..Communication::default()
            }
            .into(),
        );
        Ok(())
    }
}

/// A day, as the adaptor makes it the first moment of the day.
fn whole_day(day: FhirDateTime) -> FhirDateTime {
    match day.precision() {
        Some(fhir::Precision::Day) => {
            FhirDateTime::as_written([day.as_str(), "T00:00:00+00:00"].concat())
        }
        _ => day,
    }
}
