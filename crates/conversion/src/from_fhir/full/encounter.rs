//! Care events.

use fhir::Encounter;
use hl7v3::gp_summary::model::EntryKind;

use crate::codes::EntryResource;
use crate::extension;
use crate::from_fhir::draft::{Draft, Placed};
use crate::from_fhir::extensions;
use crate::from_fhir::resources::Found;
use crate::from_fhir::work::Work;

impl<'a> Work<'a, '_> {
    /// An encounter that says of what kind it was is a care event. One that does not only holds
    /// the participants of other entries.
    pub(super) fn care_event(&mut self, found: Found<'a, Encounter>) -> Option<Placed> {
        let it = found.resource;
        let is_said = extensions::find(&it.extension, extension::ENTRY).is_some();
        if it.r#type.is_empty() && !is_said {
            return None;
        }
        let draft = Draft {
            at: found.at,
            resource: EntryResource::Encounter,
            id: it.id.as_deref(),
            identifier: &it.identifier,
            extension: &it.extension,
            category: Vec::new(),
            code: it.r#type.first(),
            status: it.status.as_deref(),
            encounter: None,
            note: &[],
        };
        let kind = self.kind(&draft, Some(EntryKind::CareEvent))?;
        let section = self.place(&draft, kind)?;
        let mut entry = self.begin(&draft, kind);
        entry.participations = self.participations(found, kind);
        if let (None, Some(period)) = (&entry.time, &it.period) {
            entry.time = Some(self.period(period, &found.path("period")));
        }
        Some(Placed { section, entry })
    }
}
