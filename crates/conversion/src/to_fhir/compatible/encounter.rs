//! Who took part in an entry: an encounter that stands for nothing else.

use fhir::{
    CodeableConcept, Coding, Encounter, EncounterParticipant, Extension, ExtensionValue, Period,
    Reference, Resource, system,
};
use hl7v3::gp_summary::model::{Entry, Participation, Role};

use super::Work;
use crate::to_fhir::ConversionError;
use crate::{Profile, codes, dates, extension};

impl Work<'_> {
    /// The encounter of an entry that has anybody in these roles, in this order. Of authors and
    /// informants the first counts.
    pub(super) fn encounter(
        &mut self,
        entry: &Entry,
        roles: &[Role],
    ) -> Result<Option<Reference>, ConversionError> {
        let mut participants = Vec::new();
        let mut is_any = false;
        for role in roles {
            let many = if *role == Role::Performer {
                usize::MAX
            } else {
                1
            };
            for participation in entry.in_role(*role).take(many) {
                is_any = true;
                participants.extend(self.participant(participation)?);
            }
        }
        if !is_any {
            return Ok(None);
        }
        let id = (self.ids)();
        let reference = Reference::to("Encounter", &id);
        self.out.push(Resource::Encounter(Encounter {
            id: Some(id),
            status: Some("finished".to_owned()),
            class: Some(Coding::new(system::NULL_FLAVOR, "UNK", "Unknown")),
            participant: participants,
            ..Encounter::default()
        }));
        Ok(Some(reference))
    }

    fn participant(
        &mut self,
        participation: &Participation,
    ) -> Result<Option<EncounterParticipant>, ConversionError> {
        let time = participation
            .time
            .as_ref()
            .and_then(|it| it.value.as_deref());
        let time = time.ok_or(ConversionError::Missing("./time/@value"))?;
        let start = dates::to_fhir(time, Profile::Compatible)?;
        let Some(agent) = &participation.agent else {
            return Ok(None);
        };
        let individual = self.individual(agent)?;
        let is_role = |reference: &Reference| {
            let text = reference.reference.as_deref().unwrap_or_default();
            participation.role == Role::Informant || text.starts_with("PractitionerRole/")
        };
        let Some(individual) = individual.filter(is_role) else {
            return Ok(None);
        };
        let (code, display) = codes::participation_to_fhir(participation.role);
        Ok(Some(EncounterParticipant {
            extension: match participation.role {
                Role::Performer => vec![mode(participation)?],
                _ => Vec::new(),
            },
            r#type: vec![CodeableConcept::new(
                system::PARTICIPATION_TYPE,
                code,
                display,
            )],
            period: Some(Period {
                start: Some(start),
                ..Period::default()
            }),
            individual: Some(individual),
            ..EncounterParticipant::default()
        }))
    }
}

fn mode(participation: &Participation) -> Result<Extension, ConversionError> {
    let code = participation
        .mode
        .as_ref()
        .and_then(|mode| mode.code.as_deref());
    let code = code.ok_or(ConversionError::Missing("./modeCode/@code"))?;
    let concept = CodeableConcept::new(system::PARTICIPATION_MODE, code, codes::mode_display(code));
    Ok(Extension {
        url: Some(extension::MODE_CODE.to_owned()),
        value: Some(ExtensionValue::CodeableConcept(concept)),
        ..Extension::default()
    })
}
