//! The coded entries of profile Full: one of every resource that can be one.

mod allergy;
mod communication;
mod condition;
mod encounter;
mod medication;
mod observation;
mod procedure;
mod unmapped;

use std::collections::HashSet;

use domain::code::cre_type;
use fhir::{Extension, Identifier, Observation, Resource};
use hl7v3::gp_summary::model::{CareRecordElement, Code, Component, EntryKind, Section};

use super::draft::{Place, Placed};
use super::extensions;
use super::resources::{Found, literal, path};
use super::work::Work;
use crate::{codes, extension};

/// The sections, in the order in which a summary is best read; those that are not known come last.
pub(super) fn sections(work: &mut Work<'_, '_>) -> Vec<Section> {
    let members = work.members();
    if !work.check_members(&members) {
        return Vec::new();
    }
    let every: Vec<(usize, &Resource)> = work.resources.every().collect();
    let mut sections: Vec<(Place, Vec<Component>)> = Vec::new();
    for (at, resource) in every {
        if members.contains(&at) {
            continue;
        }
        work.note_unmapped(at, resource);
        let Some(Placed { section, entry }) = work.entry_of(at, resource) else {
            continue;
        };
        let component = Component::new(entry);
        match sections.iter_mut().find(|(place, _)| *place == section) {
            Some((_, components)) => components.push(component),
            None => sections.push((section, vec![component])),
        }
    }
    sections.sort_by_key(|((code, _), _)| {
        let known = cre_type::ALL.iter().position(|cre| cre.code == code);
        known.unwrap_or(cre_type::ALL.len())
    });
    sections.into_iter().map(section).collect()
}

fn section(((code, display), components): (Place, Vec<Component>)) -> Section {
    Section {
        content: Some(CareRecordElement {
            code: Some(Code {
                display,
                ..Code::snomed(&code, "")
            }),
            components,
            ..CareRecordElement::default()
        }),
        ..Section::default()
    }
}

impl<'a> Work<'a, '_> {
    /// The observations that are parts of others.
    fn members(&self) -> HashSet<usize> {
        let observations = self.resources.all::<Observation>();
        let members = observations.flat_map(|found| &found.resource.has_member);
        members
            .filter_map(|member| self.resources.place(literal(Some(member))?))
            .collect()
    }

    /// Every member has to be part of one observation, and in the end of one that is no member:
    /// else nothing would become of it.
    fn check_members(&mut self, members: &HashSet<usize>) -> bool {
        let observations = self.resources.all::<Observation>();
        let mut open: Vec<usize> = observations.map(|found| found.at).collect();
        open.retain(|at| !members.contains(at));
        let mut reached: HashSet<usize> = HashSet::new();
        let mut is_shared = false;
        while let Some(at) = open.pop() {
            if reached.insert(at) {
                open.extend(self.members_of(at));
            } else {
                is_shared = true;
                let rule = "An observation is a member of another more than once";
                self.refuse(&path(at, ""), rule);
            }
        }
        let mut lost: Vec<usize> = members.difference(&reached).copied().collect();
        lost.sort_unstable();
        for at in &lost {
            let rule = "Observations that are members of each other cannot be expressed";
            self.refuse(&path(*at, "hasMember"), rule);
        }
        lost.is_empty() && !is_shared
    }

    fn members_of(&self, at: usize) -> Vec<usize> {
        let Some(Resource::Observation(observation)) = self.resources.at(at) else {
            return Vec::new();
        };
        let members = observation.has_member.iter();
        members
            .filter_map(|member| self.resources.place(literal(Some(member))?))
            .collect()
    }

    /// The entry that a resource stands for.
    fn entry_of(&mut self, at: usize, resource: &'a Resource) -> Option<Placed> {
        match resource {
            Resource::AllergyIntolerance(resource) => self.allergy(Found { resource, at }),
            Resource::Communication(resource) => self.communication(Found { resource, at }),
            Resource::Condition(resource) => self.condition(Found { resource, at }),
            Resource::Encounter(resource) => self.care_event(Found { resource, at }),
            Resource::MedicationRequest(resource) => self.prescription(Found { resource, at }),
            Resource::MedicationStatement(resource) => self.medication(Found { resource, at }),
            Resource::Observation(resource) => self.observation(Found { resource, at }),
            Resource::Procedure(resource) => self.procedure(Found { resource, at }),
            _ => None,
        }
    }
}

/// The id of the entry that a resource stands for.
pub(super) fn identifier(resource: &Resource) -> Option<&str> {
    let (identifiers, id): (&[Identifier], _) = match resource {
        Resource::AllergyIntolerance(it) => (&it.identifier, &it.id),
        Resource::Communication(it) => (&it.identifier, &it.id),
        Resource::Condition(it) => (&it.identifier, &it.id),
        Resource::Encounter(it) => (&it.identifier, &it.id),
        Resource::MedicationRequest(it) => (&it.identifier, &it.id),
        Resource::MedicationStatement(it) => (&it.identifier, &it.id),
        Resource::Observation(it) => (&it.identifier, &it.id),
        Resource::Procedure(it) => (&it.identifier, &it.id),
        _ => return None,
    };
    let mut values = identifiers.iter().filter_map(|it| it.value.as_deref());
    values.next().or(id.as_deref())
}

/// The kind of entry that a resource stands for.
pub(super) fn kind_of(resource: &Resource) -> Option<EntryKind> {
    let (extensions, usual): (&[Extension], _) = match resource {
        Resource::AllergyIntolerance(it) => (&it.extension, Some(EntryKind::Allergy)),
        Resource::Communication(it) => (&it.extension, communication::usual_kind(it)),
        Resource::Condition(it) => (&it.extension, Some(condition::usual_kind(it))),
        Resource::Encounter(it) => (&it.extension, Some(EntryKind::CareEvent)),
        Resource::MedicationRequest(it) => (&it.extension, Some(EntryKind::AcuteMedication)),
        Resource::MedicationStatement(it) => (&it.extension, Some(medication::usual_kind(it))),
        Resource::Observation(it) => (&it.extension, Some(observation::usual_kind(it))),
        Resource::Procedure(it) => (&it.extension, Some(procedure::usual_kind(it))),
        _ => return None,
    };
    let said = extensions::text_of(extensions, extension::ENTRY);
    said.and_then(codes::kind_of).or(usual)
}
