//! The composition: header, author, and sections that point at their entries.

use std::collections::HashMap;

use fhir::{
    CodeableConcept, Coding, Composition, CompositionRelatesTo, Identifier, Meta, Narrative,
    Reference, RelatesToTarget, Section, system,
};
use hl7v3::gp_summary::model::{GpSummary, Piece};

use super::concept::required;
use super::{Work, is_id, said};
use crate::to_fhir::narrative::{self, Part};
use crate::to_fhir::{ConversionError, Retrieved};
use crate::{Profile, codes, dates};
use domain::code::cre_type;

const PROFILE: Profile = Profile::Full;

impl<'a> Work<'a, '_> {
    pub(super) fn composition(&mut self, retrieved: &Retrieved<'a>) -> Result<(), ConversionError> {
        let document = retrieved.document;
        let id = Some(retrieved.event_id.to_owned()).filter(|id| is_id(id));
        let id = id.or_else(|| self.id());
        let uuid = document.id.as_ref().and_then(|id| id.root.as_deref());
        let uuid = uuid.ok_or(ConversionError::Missing("id/@root"))?;
        let effective = document
            .effective
            .as_ref()
            .and_then(|it| it.value.as_deref());
        let effective = effective.ok_or(ConversionError::Missing("effectiveTime/@value"))?;
        let author = document.author.as_ref();
        let written = author.and_then(|author| author.time.as_ref()?.value.as_deref());
        let written = written
            .map(|time| dates::to_instant(time, PROFILE))
            .transpose()?;
        let kind = required(document.code.as_ref());
        let title = kind
            .coding
            .first()
            .and_then(|coding| coding.display.clone());
        let section = self.sections(document)?;
        self.unknown_entries(document);
        let composition = Composition {
            id,
            meta: Some(Meta {
                last_updated: written,
                ..Meta::default()
            }),
            identifier: Some(Identifier::new(system::UUID, uuid)),
            status: Some(status(document)?.to_owned()),
            r#type: Some(kind),
            category: vec![CodeableConcept::new(
                system::SNOMED,
                cre_type::DOCUMENTATION.code,
                cre_type::DOCUMENTATION.display_name,
            )],
            subject: Some(self.patient.clone()),
            date: Some(dates::to_fhir(effective, PROFILE)?),
            title: Some(title.unwrap_or_else(|| TITLE.to_owned())),
            relates_to: relates_to(document),
            section,
            ..Composition::default()
        };
        self.finish(composition);
        let agent = author.and_then(|author| author.agent.as_ref());
        let author = agent.and_then(|agent| self.document_author(agent));
        // Whoever is asked for has to be there (1..*).
        let author = author.unwrap_or_else(|| Reference {
            display: Some("unknown".to_owned()),
            ..Reference::default()
        });
        if let Some(fhir::Resource::Composition(composition)) = self.out.first_mut() {
            composition.author.push(author);
        }
        Ok(())
    }

    fn sections(&mut self, document: &GpSummary) -> Result<Vec<Section>, ConversionError> {
        let markup = document.presentation().and_then(|text| text.value.as_ref());
        let Some(markup) = markup else {
            return Ok(Vec::new());
        };
        let parts = narrative::parts(markup, PROFILE)?;
        if parts.is_tamed {
            self.unsaid(
                "Markup that a narrative may not hold is left out of the sections; the words it \
                 stands around are there",
            );
        }
        let mut entries = self.by_header();
        let parts = parts.parts.into_iter();
        Ok(parts.map(|part| section(part, &mut entries)).collect())
    }

    /// The entries of sections, by the heading they belong under.
    fn by_header(&self) -> HashMap<&'static str, Vec<Reference>> {
        let mut entries: HashMap<&str, Vec<Reference>> = HashMap::new();
        for planned in self.plan.all.iter().filter(|planned| planned.is_top) {
            let section = planned.section.and_then(|code| code.code.as_deref());
            let header = section.and_then(|code| codes::header_for(code, planned.entry.kind));
            if let Some(header) = header {
                entries.entry(header).or_default().push(planned.reference());
            }
        }
        entries
    }

    /// Entries of kinds that the model does not know.
    fn unknown_entries(&mut self, document: &GpSummary) {
        let contents = document
            .sections
            .iter()
            .filter_map(|section| section.content.as_ref());
        let components = contents.flat_map(|content| &content.components);
        let names: Vec<&str> = components
            .filter(|component| component.entry.is_none())
            .flat_map(|component| component.extra.pieces())
            .filter_map(|piece| match piece {
                Piece::Element(raw) => Some(raw.name.as_str()),
                Piece::Text(_) => None,
            })
            .collect();
        for name in names {
            self.unsaid(format!("An entry of the kind {name} is not carried over"));
        }
    }
}

/// What a document is called that does not say what it is.
const TITLE: &str = "General Practice Summary";

fn status(document: &GpSummary) -> Result<&'static str, ConversionError> {
    let status = document.status.as_ref().and_then(|it| it.code.as_deref());
    match status {
        None | Some("active" | "normal" | "completed") => Ok("final"),
        Some("nullified") => Ok("entered-in-error"),
        Some(other) => Err(ConversionError::Status(other.to_owned())),
    }
}

fn relates_to(document: &GpSummary) -> Vec<CompositionRelatesTo> {
    let prior = document
        .replacement
        .as_ref()
        .and_then(|it| it.prior.as_ref());
    let id = prior.and_then(|prior| said(prior.id.as_ref()?.root.as_deref()?));
    let target = id.map(|id| CompositionRelatesTo {
        code: Some("replaces".to_owned()),
        target: Some(RelatesToTarget::Identifier(Identifier::new(
            system::UUID,
            &id,
        ))),
        ..CompositionRelatesTo::default()
    });
    target.into_iter().collect()
}

/// Of two parts with the same heading the first points at the entries.
fn section(part: Part, entries: &mut HashMap<&'static str, Vec<Reference>>) -> Section {
    let header = codes::header_of(part.id.as_deref(), part.title.as_deref());
    let entry = header
        .and_then(|header| entries.remove(header))
        .unwrap_or_default();
    let text = match (part.is_empty, entry.is_empty()) {
        (false, _) => Some(("generated", part.div)),
        (true, false) => None,
        (true, true) => Some(("empty", EMPTY.to_owned())),
    };
    Section {
        title: part.title,
        code: part.id.map(|id| {
            CodeableConcept::from(Coding {
                code: Some(id),
                ..Coding::default()
            })
        }),
        text: text.map(|(status, div)| Narrative {
            status: Some(status.to_owned()),
            div: Some(div),
            ..Narrative::default()
        }),
        entry,
        ..Section::default()
    }
}

/// A section has to have a text or an entry (cmp-1), and a text words (txt-2). This is what R4 means
/// by a narrative whose status is `empty`; it is not taken for a part of the document again.
const EMPTY: &str =
    "<div xmlns=\"http://www.w3.org/1999/xhtml\">There is no text under this heading.</div>";
