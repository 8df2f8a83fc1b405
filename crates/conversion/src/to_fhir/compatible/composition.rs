//! The composition and its author.

use std::collections::HashMap;

use domain::code::cre_type;
use fhir::{
    CodeableConcept, Composition, CompositionRelatesTo, Identifier, Meta, Narrative, Reference,
    RelatesToTarget, Resource, Section, system,
};
use hl7v3::gp_summary::model::{Code, GpSummary, Piece};

use super::Work;
use super::entry::is_covid;
use crate::to_fhir::narrative::{self, Part};
use crate::to_fhir::{ConversionError, Retrieved};
use crate::{Profile, dates};

const PROFILE: Profile = Profile::Compatible;

macro_rules! base {
    ($path:literal) => {
        concat!(
            "//QUPC_IN210000UK04/ControlActEvent/subject//GPSummary",
            $path
        )
    };
}

impl Work<'_> {
    pub(super) fn composition(&mut self, retrieved: &Retrieved<'_>) -> Result<(), ConversionError> {
        let document = retrieved.document;
        let id = document.id.as_ref().and_then(|id| id.root.as_deref());
        let id = id.ok_or(ConversionError::Missing(base!("/id/@root")))?;
        let kind = coded(
            document.code.as_ref(),
            base!("/code/@code"),
            base!("/code/@displayName"),
        )?;
        let status = document.status.as_ref().and_then(|it| it.code.as_deref());
        let status = status.ok_or(ConversionError::Missing(base!("/statusCode/@code")))?;
        let effective = document
            .effective
            .as_ref()
            .and_then(|it| it.value.as_deref());
        let effective =
            effective.ok_or(ConversionError::Missing(base!("/effectiveTime/@value")))?;
        let last_updated = dates::to_instant(effective, PROFILE)?;
        let author = document.author.as_ref();
        let written = author.and_then(|author| author.time.as_ref()?.value.as_deref());
        let written = written.ok_or(ConversionError::Missing(base!("/author/time/@value")))?;
        let date = dates::to_fhir(written, PROFILE)?;
        if status != "active" {
            return Err(ConversionError::Status(status.to_owned()));
        }
        let mut composition = Composition {
            id: Some(retrieved.event_id.to_owned()),
            meta: Some(Meta {
                last_updated: Some(last_updated),
                ..Meta::default()
            }),
            identifier: Some(Identifier::new(system::UUID, id)),
            status: Some("final".to_owned()),
            r#type: Some(kind),
            category: vec![category(document)?],
            subject: Some(self.patient.clone()),
            date: Some(date),
            relates_to: relates_to(document),
            section: sections(document)?,
            ..Composition::default()
        };
        let place = self.out.len();
        let agent = author.and_then(|author| author.agent.as_ref());
        if let Some(agent) = agent {
            composition.author.extend(self.document_author(agent)?);
        }
        self.out.insert(place, Resource::Composition(composition));
        Ok(())
    }
}

/// A code that has to be there, with its name.
fn coded(
    code: Option<&Code>,
    code_path: &'static str,
    display_path: &'static str,
) -> Result<CodeableConcept, ConversionError> {
    let text = code.and_then(|it| it.code.as_deref());
    let text = text.ok_or(ConversionError::Missing(code_path))?;
    let display = code.and_then(|it| it.display.as_deref());
    let display = display.ok_or(ConversionError::Missing(display_path))?;
    Ok(CodeableConcept::new(system::SNOMED, text, display))
}

/// What the document is by care record element type. The model keeps a code other than the usual
/// one aside.
fn category(document: &GpSummary) -> Result<CodeableConcept, ConversionError> {
    const CODE: &str = base!("/pertinentInformation1/pertinentRootCREType/code/@code");
    const DISPLAY: &str = base!("/pertinentInformation1/pertinentRootCREType/code/@displayName");
    let root = document
        .root
        .as_ref()
        .and_then(|root| root.content.as_ref());
    let root = root.ok_or(ConversionError::Missing(CODE))?;
    let other = root.extra.pieces().find_map(|piece| match piece {
        Piece::Element(raw) if raw.name == "code" => Some(raw),
        _ => None,
    });
    let Some(other) = other else {
        let usual = cre_type::DOCUMENTATION;
        return Ok(CodeableConcept::new(
            system::SNOMED,
            usual.code,
            usual.display_name,
        ));
    };
    let attribute = |name: &str| {
        let attribute = other.attributes.iter().find(|it| it.name == name);
        attribute.map(|it| it.value.as_str())
    };
    let code = attribute("code").ok_or(ConversionError::Missing(CODE))?;
    let display = attribute("displayName").ok_or(ConversionError::Missing(DISPLAY))?;
    Ok(CodeableConcept::new(system::SNOMED, code, display))
}

fn relates_to(document: &GpSummary) -> Vec<CompositionRelatesTo> {
    let prior = document
        .replacement
        .as_ref()
        .and_then(|it| it.prior.as_ref());
    let id = prior.and_then(|prior| prior.id.as_ref()?.root.as_deref());
    let target = id.map(|id| CompositionRelatesTo {
        code: Some("replaces".to_owned()),
        target: Some(RelatesToTarget::Identifier(Identifier::of(id))),
        ..CompositionRelatesTo::default()
    });
    target.into_iter().collect()
}

/// The titles of sections that point at their entries, with the type of these.
const POINTING: [(&str, &str); 3] = [
    ("Clinical Observations and Findings", "Observation"),
    ("Investigation Results", "Observation"),
    ("Diagnoses", "Condition"),
];

fn sections(document: &GpSummary) -> Result<Vec<Section>, ConversionError> {
    let markup = document.presentation().and_then(|text| text.value.as_ref());
    let Some(markup) = markup else {
        return Ok(Vec::new());
    };
    let entries = covid_entries(document)?;
    let parts = narrative::parts(markup, PROFILE)?.parts;
    Ok(parts
        .into_iter()
        .map(|part| section(part, &entries))
        .collect())
}

fn section(part: Part, entries: &HashMap<&str, Vec<&str>>) -> Section {
    let title = part.title.as_deref();
    let resource_type = POINTING.iter().find(|row| Some(row.0) == title);
    let ids = title.and_then(|title| entries.get(title));
    let entry = match (resource_type, ids) {
        (Some((_, resource)), Some(ids)) => {
            ids.iter().map(|id| Reference::to(resource, id)).collect()
        }
        _ => Vec::new(),
    };
    Section {
        title: part.title,
        code: part.id.map(|id| CodeableConcept {
            coding: vec![fhir::Coding {
                code: Some(id),
                ..fhir::Coding::default()
            }],
            ..CodeableConcept::default()
        }),
        text: Some(Narrative {
            status: Some("generated".to_owned()),
            div: Some(part.div),
            ..Narrative::default()
        }),
        entry,
        ..Section::default()
    }
}

/// The ids of entries about COVID-19, by the name of their section.
fn covid_entries(document: &GpSummary) -> Result<HashMap<&str, Vec<&str>>, ConversionError> {
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    for (section, entry) in document.entries() {
        let name = section.code().and_then(|code| code.display.as_deref());
        let Some(name) = name.filter(|name| POINTING.iter().any(|row| row.0 == *name)) else {
            continue;
        };
        let code = entry.code.as_ref().and_then(|code| code.code.as_deref());
        let code = code.ok_or(ConversionError::Missing("./*/code/@code"))?;
        if is_covid(code) {
            let id = entry
                .uuid()
                .ok_or(ConversionError::Missing("./*/id/@root"))?;
            found.entry(name).or_default().push(id);
        }
    }
    Ok(found)
}
