//! The entry that makes viewers offer the additional information.

use domain::Hl7Timestamp;
use domain::code::cre_type;
use hl7v3::gp_summary::model::{Code, Component, Data, Entry, EntryKind, Period, Section};
use jiff::Timestamp;

use super::presentation::{ADDITIONAL_INFORMATION, Presentation, additional_information};
use super::work::Work;

impl Work<'_, '_> {
    /// Adds the entry when there is additional information. In full, one that came with the
    /// bundle, because it is from a retrieval, stays when it says the same, else it goes.
    pub(super) fn additional_information(
        &mut self,
        presentation: &Presentation,
        sections: &mut Vec<Section>,
        now: Timestamp,
    ) {
        let note = additional_information(&presentation.informative);
        let mut is_there = false;
        for component in sections
            .iter_mut()
            .filter_map(|it| it.content.as_mut())
            .map(|it| &mut it.components)
        {
            component.retain(|component| {
                let said = component.entry.as_deref().and_then(said);
                let keep = said.is_none() || said == note.as_deref() && !is_there;
                is_there |= said.is_some() && keep;
                keep
            });
        }
        sections.retain(|section| section.entries().next().is_some());
        let Some(note) = note.filter(|_| !is_there) else {
            return;
        };
        let entry = self.note_entry(&note, now);
        let third_party = cre_type::THIRD_PARTY_CORRESPONDENCE;
        let is_third_party = |section: &&mut Section| {
            let code = section.code().and_then(|code| code.code.as_deref());
            code == Some(third_party.code)
        };
        match sections
            .iter_mut()
            .find(is_third_party)
            .and_then(|it| it.content.as_mut())
        {
            Some(content) => content.components.push(Component::new(entry)),
            None => sections.push(Section::new(&third_party, [entry])),
        }
    }

    /// The entry, as the viewers know it. The schema has neither this status nor a note for a
    /// letter.
    fn note_entry(&mut self, note: &str, now: Timestamp) -> Entry {
        let words = if self.is_compatible() {
            "This field text does not exist in the example FHIR provided"
        } else {
            "Additional information"
        };
        let code = Code::snomed("263536004", "Communication").recorded_as(words);
        let now = Hl7Timestamp::from_instant(now);
        let kind = EntryKind::ThirdPartyCorrespondence;
        let mut entry = Entry::new(kind, &(self.ids)(), Period::at(now.as_str()));
        entry.text = Some(Data::default());
        entry.status = Some(Code::plain("normal"));
        entry.coded(code).supported_by(note)
    }
}

/// The note of an entry that is one of these.
fn said(entry: &Entry) -> Option<&str> {
    if entry.kind != EntryKind::ThirdPartyCorrespondence {
        return None;
    }
    let mut texts = entry.supporting_texts();
    texts.find(|text| text.starts_with(ADDITIONAL_INFORMATION))
}
