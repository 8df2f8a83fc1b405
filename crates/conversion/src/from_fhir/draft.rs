//! What the resources of entries have in common, and what follows from it for the entry.

use domain::code::cre_type::{self, CreType};
use fhir::{Annotation, CodeableConcept, Coding, Extension, ExtensionValue, Identifier, Reference};
use hl7v3::gp_summary::model::{Code, Entry, EntryKind, Id, Link, Target};

use super::extensions;
use super::participants::Belonging;
use super::resources::{literal, path};
use super::rules;
use super::work::Work;
use crate::codes::{self, EntryResource};
use crate::extension;

/// The common parts of a resource that stands for an entry.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    pub(super) at: usize,
    pub(super) resource: EntryResource,
    pub(super) id: Option<&'a str>,
    pub(super) identifier: &'a [Identifier],
    pub(super) extension: &'a [Extension],
    pub(super) category: Vec<&'a CodeableConcept>,
    pub(super) code: Option<&'a CodeableConcept>,
    pub(super) status: Option<&'a str>,
    pub(super) encounter: Option<&'a Reference>,
    pub(super) note: &'a [Annotation],
}

/// The section that an entry goes to: code and name.
pub(super) type Place = (String, Option<String>);

/// An entry and where it goes.
pub(super) struct Placed {
    pub(super) section: Place,
    pub(super) entry: Entry,
}

impl Draft<'_> {
    pub(super) fn path(&self, element: &str) -> String {
        path(self.at, element)
    }
}

impl<'a> Work<'a, '_> {
    /// The kind of entry that a resource says it is; `usual` is what it is else. `None` when it is
    /// refused.
    pub(super) fn kind(
        &mut self,
        draft: &Draft<'_>,
        usual: Option<EntryKind>,
    ) -> Option<EntryKind> {
        let Some(name) = extensions::text_of(draft.extension, extension::ENTRY) else {
            return usual;
        };
        let kind = codes::kind_of(name);
        let fits = kind.filter(|kind| codes::resource_of(*kind) == draft.resource);
        if fits.is_none() {
            let rule = format!(
                "{} is no kind of entry that a {} can be",
                shown(name),
                draft.resource.name()
            );
            self.refuse(&draft.path("extension"), rule);
        }
        fits
    }

    /// The section that a resource says it is of.
    pub(super) fn said_section<'d>(&self, draft: &Draft<'d>) -> Option<&'d Coding> {
        let found = extensions::find(draft.extension, extension::SECTION);
        match found.and_then(|it| it.value.as_ref()) {
            Some(ExtensionValue::Coding(coding)) => Some(coding),
            _ => rules::section(draft.category.iter().copied()),
        }
    }

    /// The section that an entry goes to. One that is not known is taken from resources alone that
    /// say what kind of entry they are.
    pub(super) fn place(&mut self, draft: &Draft<'_>, kind: EntryKind) -> Option<Place> {
        let Some(coding) = self.said_section(draft) else {
            let usual = usual_section(kind);
            return Some((usual.code.to_owned(), Some(usual.heading.to_owned())));
        };
        let code = coding.code.as_deref().unwrap_or_default();
        let known = CreType::of(code);
        let is_said = extensions::find(draft.extension, extension::ENTRY).is_some();
        if known.is_none() && !is_said {
            return self.place_by_name(draft, coding);
        }
        let display = coding.display.clone();
        let display = display.or_else(|| known.map(|known| known.heading.to_owned()));
        Some((code.to_owned(), display))
    }

    /// The section that a category names whose code is none.
    fn place_by_name(&mut self, draft: &Draft<'_>, coding: &Coding) -> Option<Place> {
        let name = draft.resource.name();
        let code = shown(coding.code.as_deref().unwrap_or_default());
        let rule = format!("{name}.category.coding.code {code} is no section of a GP Summary");
        let place = draft.path("category");
        let Some(named) = coding.display.as_deref().and_then(named) else {
            self.refuse(&place, rule);
            return None;
        };
        self.note(
            &place,
            format!("{rule}: the entry goes to the section of that name"),
        );
        Some((named.code.to_owned(), Some(named.heading.to_owned())))
    }

    /// An entry with all that the resources have in common.
    pub(super) fn begin(&mut self, draft: &Draft<'a>, kind: EntryKind) -> Entry {
        let identifier = draft.identifier.iter().find_map(|it| it.value.as_deref());
        let id = identifier.or(draft.id).map(str::to_owned);
        let id = id.unwrap_or_else(|| (self.ids)());
        let mood = extensions::text_of(draft.extension, extension::MOOD);
        let code = draft
            .code
            .map(|code| self.concept(code, &draft.path("code")));
        let mut entry = Entry {
            kind,
            mood: Some(mood.unwrap_or(kind.mood()).to_owned()),
            id: Some(Id::uuid(&id)),
            code: code.or_else(|| kind.code()),
            status: self.status(draft, kind),
            time: extensions::time(draft.extension),
            ..Entry::default()
        };
        let texts = draft.note.iter().filter_map(|note| note.text.as_deref());
        let said = extensions::text_of(draft.extension, extension::SUPPORTING_TEXT);
        let texts: Vec<&str> = texts.chain(said).collect();
        let is_said = extensions::find(draft.extension, extension::ENTRY).is_some();
        // The schema has one text; documents are met that have two.
        match (texts.as_slice(), is_said) {
            ([], _) => {}
            (texts, true) => {
                for text in texts {
                    entry = entry.supported_by(text);
                }
            }
            (texts, false) => entry = entry.supported_by(&texts.join("\n")),
        }
        self.take_part_of(&mut entry, draft);
        self.said_links(&mut entry, draft);
        entry
    }

    fn status(&mut self, draft: &Draft<'_>, kind: EntryKind) -> Option<Code> {
        if let Some(said) = extensions::text_of(draft.extension, extension::STATUS) {
            return Some(Code::plain(said));
        }
        kind.status()?;
        let is_planned = extensions::find(draft.extension, extension::MOOD).is_some();
        match draft.status {
            // What is planned is written so in R4, whatever its status was.
            Some("preparation") if is_planned => kind.status().map(Code::plain),
            status => Some(Code::plain(codes::status_to_v3(
                kind,
                status.unwrap_or_default(),
            ))),
        }
    }

    fn take_part_of(&mut self, entry: &mut Entry, draft: &Draft<'a>) {
        let belonging = Belonging {
            type_name: draft.resource.name(),
            id: draft.id.unwrap_or_default(),
            encounter: draft.encounter,
            place: draft.path("encounter"),
        };
        if let Some(encounter) = self.encounter(&belonging) {
            entry.participations = self.participations(encounter, entry.kind);
        }
    }

    /// Links that no plain element says.
    fn said_links(&mut self, entry: &mut Entry, draft: &Draft<'_>) {
        let url = Some(extension::LINK);
        let links = draft.extension.iter().filter(|it| it.url.as_deref() == url);
        for link in links {
            let parts = &link.extension;
            let kind = extensions::text_of(parts, "kind").and_then(target);
            let reference = extensions::reference_of(parts, "target");
            let id = reference.and_then(|reference| self.pointed(reference));
            let (Some(kind), Some(id)) = (kind, id) else {
                self.refuse(
                    &draft.path("extension"),
                    "A link to another entry has no kind or no target that is known",
                );
                continue;
            };
            let mut made = Link::new(entry.kind, kind, &id, entry.links.len());
            if let Some(relation) = extensions::text_of(parts, "relation") {
                relation.clone_into(&mut made.relation);
            }
            entry.links.push(made);
        }
    }

    /// The id of the entry that a reference points at: that of the resource it leads to, else the
    /// one it names.
    pub(super) fn pointed(&self, reference: &Reference) -> Option<String> {
        let found = literal(Some(reference)).and_then(|text| self.resources.any(text));
        let led = found.and_then(|(_, resource)| super::full::identifier(resource));
        let named = || reference.identifier.as_ref()?.value.as_deref();
        led.or_else(named).map(str::to_owned)
    }

    /// Links that plain references say, those that an extension says already left out.
    pub(super) fn plain_links(&mut self, entry: &mut Entry, references: &[Reference]) {
        let is_too_much = references.len() > MOST_LINKS;
        if is_too_much {
            let rule = format!("An entry has more than {MOST_LINKS} links to others");
            self.refuse("Bundle.entry", rule);
            return;
        }
        for reference in references {
            let Some(id) = self.pointed(reference) else {
                continue;
            };
            let is_there = entry
                .links
                .iter()
                .any(|link| link.id() == Some(id.as_str()));
            if is_there {
                continue;
            }
            let found = literal(Some(reference)).and_then(|text| self.resources.any(text));
            let kind = found.and_then(|(_, resource)| super::full::kind_of(resource));
            let kind = kind.unwrap_or(EntryKind::Finding);
            entry.links.push(codes::usual_link(entry.kind, kind, &id));
        }
    }
}

/// How many links an entry may have to others.
const MOST_LINKS: usize = 1_000;

fn target(name: &str) -> Option<Target> {
    Target::ALL
        .iter()
        .copied()
        .find(|target| target.element() == name)
}

/// A text of the bundle in a rule: not more than a word.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The section of a name.
fn named(name: &str) -> Option<&'static CreType> {
    let is_it = |cre: &&CreType| {
        let names = [cre.heading, cre.display_name];
        names.iter().any(|it| it.eq_ignore_ascii_case(name.trim()))
    };
    cre_type::ALL.iter().find(is_it)
}

/// The section of entries that do not say theirs.
fn usual_section(kind: EntryKind) -> &'static CreType {
    use EntryKind as K;
    match kind {
        K::Allergy | K::AllergyDE => &cre_type::ALLERGIES,
        kind if kind.is_medication() => &cre_type::MEDICATION,
        K::Diagnosis => &cre_type::DIAGNOSES,
        K::Problem | K::LinkAssertion | K::ProblemMemberAssertion | K::ProblemLinkAssertion => {
            &cre_type::PROBLEMS
        }
        K::Investigation => &cre_type::INVESTIGATIONS,
        K::Treatment => &cre_type::TREATMENTS,
        K::RiskToPatient => &cre_type::RISKS_TO_PATIENT,
        K::RiskToPerson => &cre_type::RISKS_TO_OTHERS,
        K::CareEvent => &cre_type::CARE_EVENTS,
        K::FamilyHistory => &cre_type::FAMILY_HISTORY,
        K::PersonalPreference => &cre_type::PERSONAL_PREFERENCES,
        K::LifeStyle | K::Smoking | K::AlcoholIntake => &cre_type::LIFESTYLE,
        K::SocialOrPersonalCircumstance => &cre_type::SOCIAL_CIRCUMSTANCES,
        K::ProvisionOfAdviceAndInformation => &cre_type::ADVICE,
        K::AdministrativeProcedure | K::Refusal => &cre_type::ADMINISTRATIVE,
        K::Service => &cre_type::SERVICES,
        K::CareProfessionalDocumentation => &cre_type::DOCUMENTATION,
        K::PatientCarerCorrespondence => &cre_type::PATIENT_CORRESPONDENCE,
        K::ThirdPartyCorrespondence => &cre_type::THIRD_PARTY_CORRESPONDENCE,
        _ => &cre_type::FINDINGS,
    }
}
