//! Observations: findings and measurements, and all that is said about the patient.

use domain::code::cre_type::{self, CreType};
use fhir::{Effective, Observation, ObservationComponent, ObservationValue, Resource, system};
use hl7v3::gp_summary::model::{
    Data, Diastolic, Entry, EntryKind, Member, Period, Quantity, Range, ReferenceRange,
    ReferenceValue, Systolic, Value,
};

use crate::codes::EntryResource;
use crate::dates::When;
use crate::from_fhir::draft::{Draft, Placed};
use crate::from_fhir::extensions;
use crate::from_fhir::resources::{Found, literal, path};
use crate::from_fhir::rules;
use crate::from_fhir::values::plain_quantity;
use crate::from_fhir::work::Work;

const SYSTOLIC: &str = "271649006";
const DIASTOLIC: &str = "271650006";

/// By the section; what is a plain observation, by what it holds.
pub(super) fn usual_kind(observation: &Observation) -> EntryKind {
    let section = rules::section(&observation.category);
    let code = section.and_then(|coding| coding.code.as_deref());
    let by_section = code.and_then(CreType::of).and_then(|cre| {
        let is_lifestyle =
            section.and_then(|coding| coding.display.as_deref()) == Some("Lifestyle");
        kind_in(cre, is_lifestyle)
    });
    let is_pressure = [SYSTOLIC, DIASTOLIC]
        .iter()
        .all(|code| component(observation, code).is_some());
    match by_section {
        Some(kind) => kind,
        None if is_pressure => EntryKind::BloodPressure,
        None if !observation.has_member.is_empty() => EntryKind::FindingOrganizer,
        None => EntryKind::Finding,
    }
}

/// The kind of the entries of a section that are no findings. Lifestyle is met under the code of
/// social circumstances too.
fn kind_in(cre: &CreType, is_lifestyle: bool) -> Option<EntryKind> {
    let kinds = [
        (cre_type::RISKS_TO_PATIENT, EntryKind::RiskToPatient),
        (cre_type::RISKS_TO_OTHERS, EntryKind::RiskToPerson),
        (cre_type::LIFESTYLE, EntryKind::LifeStyle),
        (cre_type::FAMILY_HISTORY, EntryKind::FamilyHistory),
        (
            cre_type::PERSONAL_PREFERENCES,
            EntryKind::PersonalPreference,
        ),
        (cre_type::SERVICES, EntryKind::Service),
        (
            cre_type::SOCIAL_CIRCUMSTANCES,
            match is_lifestyle {
                true => EntryKind::LifeStyle,
                false => EntryKind::SocialOrPersonalCircumstance,
            },
        ),
    ];
    kinds.iter().find(|row| row.0 == *cre).map(|row| row.1)
}

fn component<'o>(
    observation: &'o Observation,
    code: &str,
) -> Option<(usize, &'o ObservationComponent)> {
    let mut components = observation.component.iter().enumerate();
    components.find(|(_, component)| {
        let concept = component.code.as_ref();
        concept.and_then(|concept| concept.code_in(system::SNOMED)) == Some(code)
    })
}

impl<'a> Work<'a, '_> {
    pub(super) fn observation(&mut self, found: Found<'a, Observation>) -> Option<Placed> {
        let draft = draft(found);
        let kind = self.kind(&draft, Some(usual_kind(found.resource)))?;
        let section = self.place(&draft, kind)?;
        let entry = self.observed_as(found, &draft, kind, 0)?;
        Some(Placed { section, entry })
    }

    /// The entry; `depth` is how many observations it is a part of.
    fn observed_as(
        &mut self,
        found: Found<'a, Observation>,
        draft: &Draft<'a>,
        kind: EntryKind,
        depth: usize,
    ) -> Option<Entry> {
        let it = found.resource;
        let mut entry = self.begin(draft, kind);
        if entry.time.is_none() {
            entry.time = self.observation_time(found, kind);
        }
        if let Some(value) = &it.value {
            let value = self.value(value, &draft.path(""));
            entry.value = value.map(|value| typed(value, kind));
        }
        entry.reference_range = self.reference_range(found);
        match kind {
            EntryKind::BloodPressure => self.pressures(&mut entry, found),
            EntryKind::FindingOrganizer => self.parts(&mut entry, found, depth)?,
            _ => {}
        }
        if matches!(kind, EntryKind::RiskToPatient | EntryKind::RiskToPerson) {
            self.plain_links(&mut entry, &it.derived_from);
            self.plain_links(&mut entry, &it.focus);
        }
        Some(entry)
    }

    fn observation_time(
        &mut self,
        found: Found<'a, Observation>,
        kind: EntryKind,
    ) -> Option<Period> {
        match found.resource.effective.as_ref()? {
            Effective::DateTime(time) => self.single(time, kind, &found.path("effectiveDateTime")),
            Effective::Period(period) => {
                let when = When::Span(period.start.clone(), period.end.clone());
                self.when(&when, kind, &found.path("effectivePeriod"))
            }
            _ => None,
        }
    }

    fn reference_range(&mut self, found: Found<'a, Observation>) -> Option<ReferenceRange> {
        let usual = found.resource.reference_range.first()?;
        let range = (usual.low.is_some() || usual.high.is_some()).then(|| Range {
            low: usual.low.as_ref().map(plain_quantity),
            high: usual.high.as_ref().map(plain_quantity),
            ..Range::default()
        });
        let place = found.path("referenceRange[0].type");
        let interpretation = usual.r#type.as_ref().map(|it| self.concept(it, &place));
        Some(ReferenceRange {
            reference: Some(ReferenceValue {
                range,
                interpretation,
                text: usual.text.as_deref().map(Data::text),
                ..ReferenceValue::default()
            }),
            ..ReferenceRange::default()
        })
    }

    fn pressures(&mut self, entry: &mut Entry, found: Found<'a, Observation>) {
        let time = entry.time.clone().unwrap_or_default();
        if let Some((id, value, time)) = self.pressure(found, DIASTOLIC, &time) {
            entry.diastolic = Some(Diastolic::new(&id, value, time));
        }
        if let Some((id, value, time)) = self.pressure(found, SYSTOLIC, &time) {
            entry.systolic = Some(Systolic::new(&id, value, time));
        }
    }

    /// One of two pressures: id, value and time.
    fn pressure(
        &mut self,
        found: Found<'a, Observation>,
        code: &str,
        time: &Period,
    ) -> Option<(String, Quantity, Period)> {
        let Some((at, component)) = component(found.resource, code) else {
            let rule = "A blood pressure has a systolic and a diastolic component";
            self.refuse(&found.path("component"), rule);
            return None;
        };
        let place = found.path(&format!("component[{at}].value"));
        let Some(ObservationValue::Quantity(quantity)) = &component.value else {
            self.refuse(&place, "A pressure is a quantity");
            return None;
        };
        let id = component.id.clone().unwrap_or_else(|| (self.ids)());
        let time = extensions::time(&component.extension).unwrap_or_else(|| time.clone());
        Some((id, plain_quantity(quantity), time))
    }

    /// The findings of an organizer. `None` when it holds itself.
    fn parts(
        &mut self,
        entry: &mut Entry,
        found: Found<'a, Observation>,
        depth: usize,
    ) -> Option<()> {
        const DEPTH: usize = 8;
        if depth > DEPTH {
            let rule = format!("Observations hold each other more than {DEPTH} deep");
            self.refuse(&found.path("hasMember"), rule);
            return None;
        }
        for (at, reference) in found.resource.has_member.iter().enumerate() {
            let Some(place) = literal(Some(reference)).and_then(|it| self.resources.place(it))
            else {
                continue;
            };
            let Some((_, Resource::Observation(resource))) =
                self.resources.any(literal(Some(reference))?)
            else {
                let rule = "A member of an observation that is no observation is not carried over";
                self.note(&path(found.at, &format!("hasMember[{at}]")), rule);
                continue;
            };
            let member = Found {
                resource,
                at: place,
            };
            let draft = draft(member);
            // The schema takes findings alone inside an organizer.
            let finding = self.observed_as(member, &draft, EntryKind::Finding, depth + 1)?;
            entry.members.push(Member::new(finding));
        }
        Some(())
    }
}

fn draft<'a>(found: Found<'a, Observation>) -> Draft<'a> {
    let it = found.resource;
    Draft {
        at: found.at,
        resource: EntryResource::Observation,
        id: it.id.as_deref(),
        identifier: &it.identifier,
        extension: &it.extension,
        category: it.category.iter().collect(),
        code: it.code.as_ref(),
        status: it.status.as_deref(),
        encounter: it.encounter.as_ref(),
        note: &it.note,
    }
}

/// The schemas fix the type of some values; others have to say theirs.
pub(super) fn typed(value: Value, kind: EntryKind) -> Value {
    let is_fixed = matches!(
        kind,
        EntryKind::Weight
            | EntryKind::Height
            | EntryKind::Temperature
            | EntryKind::Smoking
            | EntryKind::AlcoholIntake
    );
    match (is_fixed, &value) {
        (true, Value::Quantity(_)) => value,
        _ => value.typed(),
    }
}
