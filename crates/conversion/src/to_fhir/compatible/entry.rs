//! The six kinds of entries.

use fhir::{
    Annotation, CodeableConcept, Coding, Condition, ConditionEvidence, Effective, FhirDateTime,
    Identifier, Meta, Observation, Onset, Performed, Period, Procedure, Reference, Resource,
    system,
};
use hl7v3::gp_summary::model::{Entry, EntryKind, Piece, Role, Scalar, Section, Target};

use super::Work;
use crate::codes::national_observation_status;
use crate::to_fhir::ConversionError;
use crate::{Profile, dates};

const UK_CORE: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-";
/// These are value sets and no code systems, but so the adaptor writes it.
const CLINICAL: &str = "http://hl7.org/fhir/ValueSet/condition-clinical";
const VERIFICATION: &str = "http://hl7.org/fhir/ValueSet/condition-ver-status";

const DIAGNOSES: [&str; 4] = [
    "1240751000000100",
    "1300721000000109",
    "1300731000000106",
    "1240761000000102",
];
const POSITIVE_RESULT: &str = "1240581000000104";

/// Whether a code is one of the five about COVID-19 that sections point at.
pub(super) fn is_covid(code: &str) -> bool {
    code == POSITIVE_RESULT || DIAGNOSES.contains(&code)
}

/// A concept of SNOMED CT.
pub(super) fn concept(code: &str, display: &str) -> CodeableConcept {
    CodeableConcept::new(system::SNOMED, code, display)
}

/// What every mapped entry has to have.
pub(super) struct Common<'a> {
    pub(super) id: &'a str,
    pub(super) code: &'a str,
    pub(super) display: &'a str,
    status: &'a str,
    pub(super) category: CodeableConcept,
    pub(super) low: Option<FhirDateTime>,
    pub(super) high: Option<FhirDateTime>,
}

impl Work<'_> {
    /// The entries of a kind in a section.
    pub(super) fn section(
        &mut self,
        section: &Section,
        kind: EntryKind,
    ) -> Result<(), ConversionError> {
        let code = section.code();
        let text = code.and_then(|it| it.code.as_deref());
        let text = text.ok_or(ConversionError::Missing("./code/@code"))?;
        let display = code.and_then(|it| it.display.as_deref());
        let display = display.ok_or(ConversionError::Missing("./code/@displayName"))?;
        for entry in section.entries().filter(|entry| entry.kind == kind) {
            let common = Common::of(entry, concept(text, display))?;
            match kind {
                EntryKind::Diagnosis => self.diagnosis(entry, common)?,
                EntryKind::Finding => self.finding(entry, common)?,
                EntryKind::Problem => self.out.push(problem(common)),
                EntryKind::Treatment => self.out.push(treatment(common)),
                EntryKind::RiskToPatient | EntryKind::SocialOrPersonalCircumstance => {
                    self.out.push(risk_or_circumstance(common));
                }
                _ => self.unreached(entry, common)?,
            }
        }
        Ok(())
    }

    fn diagnosis(&mut self, entry: &Entry, common: Common<'_>) -> Result<(), ConversionError> {
        if !DIAGNOSES.contains(&common.code) {
            return Ok(());
        }
        let (clinical, verification) = match common.status {
            "normal" | "active" => (Some(coded(CLINICAL, "active", "Active")), None),
            "nullified" => (None, Some(("entered-in-error", "Entered in Error"))),
            "completed" => (None, Some(("confirmed", "Confirmed"))),
            other => return Err(ConversionError::Status(other.to_owned())),
        };
        let onset = common.low.clone().ok_or(ConversionError::NoOnset)?;
        let place = self.out.len();
        let encounter = self.encounter(entry, &[Role::Author, Role::Informant])?;
        let found = entry.links.iter().filter_map(|link| {
            let is_finding = link.target.as_ref()?.target == Target::PertinentFinding;
            let detail = Reference::to("Observation", link.id().filter(|_| is_finding)?);
            Some(ConditionEvidence {
                detail: vec![detail],
                ..ConditionEvidence::default()
            })
        });
        let condition = Condition {
            clinical_status: clinical,
            verification_status: verification
                .map(|(code, display)| coded(VERIFICATION, code, display)),
            encounter,
            onset: Some(Onset::DateTime(onset)),
            abatement: common.high.clone().map(Onset::DateTime),
            note: entry
                .supporting_texts()
                .take(1)
                .map(Annotation::of)
                .collect(),
            evidence: found.collect(),
            ..condition(common)
        };
        self.out.insert(place, Resource::Condition(condition));
        Ok(())
    }

    fn finding(&mut self, entry: &Entry, common: Common<'_>) -> Result<(), ConversionError> {
        let status = national_observation_status(common.status)
            .ok_or_else(|| ConversionError::Status(common.status.to_owned()))?;
        let encounter = self.encounter(entry, &[Role::Performer, Role::Author, Role::Informant])?;
        let effective = match (&common.low, &common.high) {
            (None, None) => centre(entry)?.map(Effective::DateTime),
            (start, end) => Some(Effective::Period(Period {
                start: start.clone(),
                end: end.clone(),
                ..Period::default()
            })),
        };
        self.out.push(Resource::Observation(Observation {
            status: Some(status.to_owned()),
            encounter,
            effective,
            ..observation(common)
        }));
        Ok(())
    }
}

impl<'a> Common<'a> {
    fn of(entry: &'a Entry, category: CodeableConcept) -> Result<Self, ConversionError> {
        let code = entry.code.as_ref();
        let text = code.and_then(|it| it.code.as_deref());
        let display = code.and_then(|it| it.display.as_deref());
        let time = |bound: fn(&hl7v3::gp_summary::model::Period) -> &Option<Scalar>| {
            let value = entry
                .time
                .as_ref()
                .and_then(|it| bound(it).as_ref()?.value.as_deref());
            value
                .map(|value| dates::to_fhir(value, Profile::Compatible))
                .transpose()
        };
        Ok(Self {
            id: entry.uuid().ok_or(ConversionError::Missing("./id/@root"))?,
            code: text.ok_or(ConversionError::Missing("./code/@code"))?,
            display: display.ok_or(ConversionError::Missing("./code/@displayName"))?,
            low: time(|time| &time.low)?,
            high: time(|time| &time.high)?,
            status: entry
                .status()
                .ok_or(ConversionError::Missing("./statusCode/@code"))?,
            category,
        })
    }
}

/// `centre`, which the adaptor looks for; real documents say `center`.
pub(super) fn centre(entry: &Entry) -> Result<Option<FhirDateTime>, ConversionError> {
    let pieces = entry.time.iter().flat_map(|time| time.extra.pieces());
    let value = pieces.into_iter().find_map(|piece| match piece {
        Piece::Element(raw) if raw.name == "centre" => {
            let value = raw.attributes.iter().find(|it| it.name == "value")?;
            Some(value.value.as_str())
        }
        _ => None,
    });
    let time = value.map(|value| dates::to_fhir(value, Profile::Compatible));
    Ok(time.transpose()?)
}

fn coded(system: &str, code: &str, display: &str) -> CodeableConcept {
    Coding::new(system, code, display).into()
}

pub(super) fn profile(name: &str) -> Option<Meta> {
    Some(Meta {
        profile: vec![[UK_CORE, name].concat()],
        ..Meta::default()
    })
}

fn condition(common: Common<'_>) -> Condition {
    Condition {
        id: Some(common.id.to_owned()),
        identifier: vec![Identifier::of(common.id)],
        category: vec![common.category],
        code: Some(concept(common.code, common.display)),
        ..Condition::default()
    }
}

fn problem(common: Common<'_>) -> Resource {
    let mut letters = common.status.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let display: String = first.into_iter().chain(letters).collect();
    Resource::Condition(Condition {
        meta: profile("Condition"),
        clinical_status: Some(coded(CLINICAL, common.status, &display)),
        onset: common.low.clone().map(Onset::DateTime),
        ..condition(common)
    })
}

fn observation(common: Common<'_>) -> Observation {
    Observation {
        id: Some(common.id.to_owned()),
        meta: profile("Observation"),
        identifier: vec![Identifier::of(common.id)],
        category: vec![common.category],
        code: Some(concept(common.code, common.display)),
        ..Observation::default()
    }
}

fn risk_or_circumstance(common: Common<'_>) -> Resource {
    Resource::Observation(Observation {
        status: Some("final".to_owned()),
        effective: common.low.clone().map(Effective::DateTime),
        ..observation(common)
    })
}

fn treatment(common: Common<'_>) -> Resource {
    Resource::Procedure(Procedure {
        id: Some(common.id.to_owned()),
        meta: profile("Procedure"),
        identifier: vec![Identifier::of(common.id)],
        status: Some("completed".to_owned()),
        category: Some(common.category),
        code: Some(concept(common.code, common.display)),
        performed: common.low.map(Performed::DateTime),
        ..Procedure::default()
    })
}
