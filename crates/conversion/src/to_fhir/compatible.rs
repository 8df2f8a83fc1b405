//! Profile Compatible: what the national adaptor answers, exactly.
//!
//! Of the coded entries it maps six kinds, of some only those about COVID-19. It looks for kinds one
//! after the other, and a section is used up by the first kind that it finds in it. Allergies,
//! medications and all other kinds are in the presentation text alone. The clock of its times is
//! right; their date and `meta.lastUpdated` of the composition are the other way round than on
//! upload.

mod agent;
mod composition;
mod encounter;
mod entry;
mod unreached;

use fhir::{Identifier, Patient, Reference, Resource, system};
use hl7v3::gp_summary::model::{EntryKind, Section};

use super::{ConversionError, Retrieved};

/// The resources in the adaptor's order.
pub(super) fn convert(
    retrieved: &Retrieved<'_>,
    ids: &mut dyn FnMut() -> String,
) -> Result<Vec<Resource>, ConversionError> {
    let patient = ids();
    let mut work = Work {
        ids,
        patient: Reference::to("Patient", &patient),
        out: Vec::new(),
    };
    work.composition(retrieved)?;
    work.sections(&retrieved.document.sections, &KINDS)?;
    let id = retrieved.document.target.as_ref();
    let id = id.and_then(|target| target.patient.as_ref()?.id.as_ref()?.extension.as_deref());
    let number = id.ok_or(ConversionError::Missing(
        "//QUPC_IN210000UK04/ControlActEvent/subject//GPSummary/recordTarget/patient/id/@extension",
    ))?;
    work.out.push(Resource::Patient(Patient {
        id: Some(patient),
        identifier: vec![Identifier::new(system::NHS_NUMBER, number)],
        ..Patient::default()
    }));
    Ok(work.out)
}

/// The resources of sections that stand alone, of all kinds that the adaptor has mappers for.
pub(super) fn convert_sections(
    sections: &[Section],
    ids: &mut dyn FnMut() -> String,
) -> Result<Vec<Resource>, ConversionError> {
    let patient = ids();
    let mut work = Work {
        ids,
        patient: Reference::to("Patient", &patient),
        out: Vec::new(),
    };
    work.sections(sections, &ALL_KINDS)?;
    Ok(work.out)
}

/// The kinds that there are mappers for, in the order they are looked for.
const ALL_KINDS: [EntryKind; 14] = [
    EntryKind::CareEvent,
    EntryKind::Diagnosis,
    EntryKind::FamilyHistory,
    EntryKind::Finding,
    EntryKind::Investigation,
    EntryKind::LifeStyle,
    EntryKind::PatientCarerCorrespondence,
    EntryKind::PersonalPreference,
    EntryKind::Problem,
    EntryKind::ProvisionOfAdviceAndInformation,
    EntryKind::RiskToPatient,
    EntryKind::SocialOrPersonalCircumstance,
    EntryKind::Treatment,
    EntryKind::CareProfessionalDocumentation,
];

/// The kinds that are mapped, in the order they are looked for.
const KINDS: [EntryKind; 6] = [
    EntryKind::Diagnosis,
    EntryKind::Finding,
    EntryKind::Problem,
    EntryKind::RiskToPatient,
    EntryKind::SocialOrPersonalCircumstance,
    EntryKind::Treatment,
];

/// Whether a section is one that is looked into for a kind.
fn holds(section: &Section, kind: EntryKind) -> bool {
    let code = section.code().and_then(|code| code.code.as_deref());
    let is_looked_into =
        kind != EntryKind::Finding || matches!(code, Some("163131000000108" | "163141000000104"));
    is_looked_into && section.entries().any(|entry| entry.kind == kind)
}

/// What is made so far.
struct Work<'i> {
    ids: &'i mut dyn FnMut() -> String,
    patient: Reference,
    out: Vec<Resource>,
}

impl Work<'_> {
    /// The entries of these kinds.
    fn sections(
        &mut self,
        sections: &[Section],
        kinds: &[EntryKind],
    ) -> Result<(), ConversionError> {
        let mut unused: Vec<&Section> = sections.iter().collect();
        for kind in kinds {
            let (of_kind, others) = unused
                .into_iter()
                .partition(|section| holds(section, *kind));
            unused = others;
            for section in of_kind {
                self.section(section, *kind)?;
            }
        }
        Ok(())
    }

    fn id(&mut self) -> Option<String> {
        Some((self.ids)())
    }
}
