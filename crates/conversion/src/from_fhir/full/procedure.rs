//! Treatments, investigations and administrative procedures.

use domain::code::cre_type;
use fhir::{Performed, Procedure};
use hl7v3::gp_summary::model::EntryKind;

use crate::codes::EntryResource;
use crate::from_fhir::draft::{Draft, Placed};
use crate::from_fhir::resources::Found;
use crate::from_fhir::rules;
use crate::from_fhir::work::Work;

/// By the section: what is neither is a treatment.
pub(super) fn usual_kind(procedure: &Procedure) -> EntryKind {
    let section = rules::section(procedure.category.as_slice());
    let code = section.and_then(|coding| coding.code.as_deref());
    match code {
        Some(code) if code == cre_type::INVESTIGATIONS.code => EntryKind::Investigation,
        Some(code) if code == cre_type::ADMINISTRATIVE.code => EntryKind::AdministrativeProcedure,
        _ => EntryKind::Treatment,
    }
}

impl<'a> Work<'a, '_> {
    pub(super) fn procedure(&mut self, found: Found<'a, Procedure>) -> Option<Placed> {
        let it = found.resource;
        let draft = Draft {
            at: found.at,
            resource: EntryResource::Procedure,
            id: it.id.as_deref(),
            identifier: &it.identifier,
            extension: &it.extension,
            category: it.category.iter().collect(),
            code: it.code.as_ref(),
            status: it.status.as_deref(),
            encounter: it.encounter.as_ref(),
            note: &it.note,
        };
        let kind = self.kind(&draft, Some(usual_kind(it)))?;
        let section = self.place(&draft, kind)?;
        let mut entry = self.begin(&draft, kind);
        if entry.time.is_none() {
            entry.time = match &it.performed {
                Some(Performed::DateTime(time)) => {
                    self.single(time, kind, &found.path("performedDateTime"))
                }
                Some(Performed::Period(period)) => {
                    Some(self.period(period, &found.path("performedPeriod")))
                }
                _ => None,
            };
        }
        self.plain_links(&mut entry, &it.part_of);
        self.plain_links(&mut entry, &it.reason_reference);
        Some(Placed { section, entry })
    }
}
