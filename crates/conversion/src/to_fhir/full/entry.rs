//! What all entries have in common.

use fhir::{
    Annotation, CodeableConcept, Coding, Encounter, Extension, ExtensionValue, Identifier, Meta,
    Reference, system,
};
use hl7v3::gp_summary::model::{Code, Entry, Piece};

use super::concept::{coding, complex, part, simple};
use super::encounter::People;
use super::plan::Planned;
use super::{Work, code, said};
use crate::codes::{self, EntryResource};
use crate::dates::{self, When};
use crate::extension;

const UK_CORE: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-";

/// What the resource of an entry is made of, whatever its type.
pub(super) struct Base<'a> {
    pub(super) entry: &'a Entry,
    pub(super) id: Option<String>,
    pub(super) meta: Option<Meta>,
    pub(super) extension: Vec<Extension>,
    pub(super) identifier: Vec<Identifier>,
    /// The status in R4's words.
    pub(super) status: &'static str,
    /// The section, as a category.
    pub(super) category: Option<CodeableConcept>,
    pub(super) code: Option<CodeableConcept>,
    pub(super) when: Option<When>,
    pub(super) note: Vec<Annotation>,
    /// Links that an element of the type says.
    pub(super) links: Vec<Reference>,
    pub(super) subject: Option<Reference>,
    /// The encounter with those who took part.
    pub(super) encounter: Option<Reference>,
    pub(super) people: People,
    /// The findings of an organizer.
    pub(super) members: Vec<Reference>,
}

impl<'a> Work<'a, '_> {
    /// All entries, each after those who took part in it.
    pub(super) fn entries(&mut self) {
        for at in 0..self.plan.all.len() {
            let Some(planned) = self.plan.all.get(at) else {
                continue;
            };
            match planned.resource {
                EntryResource::Encounter => self.care_event(at),
                _ => self.entry(at),
            }
        }
    }

    fn entry(&mut self, at: usize) {
        let Some(mut base) = self.base(at) else {
            return;
        };
        let attendance = self.attendance(base.entry);
        if !attendance.is_empty() {
            let id = (self.ids)();
            base.encounter = Some(Reference::to("Encounter", &id));
            self.push(Encounter {
                id: Some(id),
                status: Some("finished".to_owned()),
                class: Some(Coding::new(system::NULL_FLAVOR, "UNK", "Unknown")),
                subject: base.subject.clone(),
                participant: attendance.participants,
                location: attendance.locations,
                ..Encounter::default()
            });
        }
        base.people = attendance.people;
        match self.plan.all.get(at).map(|planned| planned.resource) {
            Some(EntryResource::AllergyIntolerance) => self.allergy(base),
            Some(EntryResource::Communication) => self.communication(base),
            Some(EntryResource::Condition) => self.condition(base),
            Some(EntryResource::MedicationRequest) => self.medication_request(base),
            Some(EntryResource::MedicationStatement) => self.medication_statement(base),
            Some(EntryResource::Procedure) => self.procedure(base),
            _ => self.observation(base),
        }
    }

    /// What an entry has, whatever its type. Remarks about it are pending after this.
    pub(super) fn base(&mut self, at: usize) -> Option<Base<'a>> {
        let planned = self.plan.all.get(at)?;
        let (entry, section) = (planned.entry, planned.section);
        let members = planned.members.iter();
        let members = members.filter_map(|at| Some(self.plan.all.get(*at)?.reference()));
        let mut base = Base {
            entry,
            id: Some(planned.id.clone()),
            meta: profile(planned),
            extension: vec![kind(entry)],
            identifier: identifier(entry).into_iter().collect(),
            status: status(entry),
            category: section.and_then(coding).map(CodeableConcept::from),
            code: entry.code.as_ref().and_then(super::concept::concept),
            when: entry
                .time
                .as_ref()
                .and_then(|time| dates::when(entry.kind, time)),
            note: Vec::new(),
            links: Vec::new(),
            subject: Some(self.patient.clone()),
            encounter: None,
            people: People::default(),
            members: members.collect(),
        };
        let is_without_category = matches!(
            planned.resource,
            EntryResource::AllergyIntolerance
                | EntryResource::Encounter
                | EntryResource::MedicationRequest
                | EntryResource::MedicationStatement
        );
        if is_without_category {
            base.extension.extend(section_extension(section));
        }
        base.extension.extend(status_extension(entry, base.status));
        base.extension
            .extend(time_extension(entry, base.when.as_ref()));
        base.extension.extend(mood_extension(entry));
        self.texts(&mut base, planned_resource(self.plan.all.get(at)));
        let links = self.links(entry);
        base.links = links.plain;
        base.extension.extend(links.extensions);
        self.unknown(entry);
        Some(base)
    }

    fn texts(&mut self, base: &mut Base<'a>, resource: Option<EntryResource>) {
        let texts = base.entry.supporting_texts().filter_map(said);
        if resource == Some(EntryResource::Encounter) {
            let texts =
                texts.map(|text| simple(extension::SUPPORTING_TEXT, ExtensionValue::String(text)));
            base.extension.extend(texts);
        } else {
            base.note = texts.map(|text| Annotation::of(&text)).collect();
        }
    }

    /// Elements that the model has no field for.
    fn unknown(&mut self, entry: &Entry) {
        for piece in entry.extra.pieces() {
            if let Piece::Element(raw) = piece {
                let name = &raw.name;
                self.unsaid(format!(
                    "The element {name} of the entry is not carried over"
                ));
            }
        }
    }
}

fn planned_resource(planned: Option<&Planned<'_>>) -> Option<EntryResource> {
    planned.map(|planned| planned.resource)
}

/// The profile that the national adaptor claims for the type; for a diagnosis it claims none.
fn profile(planned: &Planned<'_>) -> Option<Meta> {
    use hl7v3::gp_summary::model::EntryKind;
    let is_claimed = match planned.resource {
        EntryResource::Condition => planned.entry.kind == EntryKind::Problem,
        EntryResource::Observation
        | EntryResource::Procedure
        | EntryResource::Encounter
        | EntryResource::Communication => true,
        _ => false,
    };
    is_claimed.then(|| Meta {
        profile: vec![[UK_CORE, planned.resource.name()].concat()],
        ..Meta::default()
    })
}

fn kind(entry: &Entry) -> Extension {
    let name = codes::kind_name(entry.kind).to_owned();
    simple(extension::ENTRY, ExtensionValue::Code(name))
}

fn identifier(entry: &Entry) -> Option<Identifier> {
    Some(Identifier::new(system::UUID, &said(entry.uuid()?)?))
}

/// The status; what is usual for the kind where it does not say, `unknown` where it says something
/// V3 does not have.
fn status(entry: &Entry) -> &'static str {
    let said = entry.status().or_else(|| entry.kind.status());
    match said {
        Some(said) => codes::status_to_fhir(entry.kind, said).unwrap_or("unknown"),
        None => "final",
    }
}

fn status_extension(entry: &Entry, status: &str) -> Option<Extension> {
    let said = code(entry.status()?)?;
    let comes_back = codes::status_to_v3(entry.kind, status) == said;
    let is_made_of_two = matches!(
        codes::resource_of(entry.kind),
        EntryResource::Condition | EntryResource::AllergyIntolerance
    );
    (!comes_back || is_made_of_two).then(|| simple(extension::STATUS, ExtensionValue::Code(said)))
}

fn section_extension(section: Option<&Code>) -> Option<Extension> {
    let coding = coding(section?)?;
    Some(simple(extension::SECTION, ExtensionValue::Coding(coding)))
}

fn mood_extension(entry: &Entry) -> Option<Extension> {
    let mood = code(entry.mood.as_deref()?)?;
    (mood != entry.kind.mood()).then(|| simple(extension::MOOD, ExtensionValue::Code(mood)))
}

/// The time as it was written, unless the plain elements say just that.
fn time_extension(entry: &Entry, when: Option<&When>) -> Option<Extension> {
    let time = entry.time.as_ref()?;
    let bound = |scalar: &Option<hl7v3::gp_summary::model::Scalar>| {
        scalar.as_ref().and_then(|scalar| scalar.value.clone())
    };
    let texts = |time: &hl7v3::gp_summary::model::Period| {
        [
            ("value", time.value.clone()),
            ("low", bound(&time.low)),
            ("center", bound(&time.center)),
            ("high", bound(&time.high)),
        ]
    };
    let back = when.and_then(|when| dates::back(entry.kind, when).ok());
    let width = time.width.as_ref().and_then(super::value::quantity);
    if width.is_none() && back.is_some_and(|back| texts(&back) == texts(time)) {
        return None;
    }
    let texts = texts(time)
        .into_iter()
        .filter_map(|(url, text)| Some(part(url, ExtensionValue::String(said(&text?)?))));
    let width = width.map(|width| part("width", ExtensionValue::Quantity(width)));
    complex(extension::TIME, texts.chain(width).collect())
}
