//! Where references of mapped resources lead: a reference that leads nowhere is refused, because
//! nobody could say later what it meant.

use fhir::{MedicationChoice, Reference, Resource};

use super::resources::{literal, path};
use super::work::Work;

/// A reference and the element it stands in.
type Stands<'r> = (String, &'r Reference);

impl Work<'_, '_> {
    /// Checks the references of every resource.
    pub(super) fn check_references(&mut self) {
        let every: Vec<(usize, &Resource)> = self.resources.every().collect();
        for (at, resource) in every {
            for (element, reference) in of(resource) {
                self.check_reference(&path(at, &element), reference);
            }
        }
    }

    fn check_reference(&mut self, place: &str, reference: &Reference) {
        let Some(text) = literal(Some(reference)) else {
            return;
        };
        let is_inside = text.starts_with('#');
        if is_inside || self.findings.refuses(place) {
            return;
        }
        let element = place.rsplit('.').next().unwrap_or_default();
        let is_patient = matches!(element, "subject" | "patient");
        match self.resources.any(text) {
            Some((_, Resource::Patient(_))) => {}
            Some(_) if is_patient => {
                let rule = format!(
                    "Invalid resource reference. {text} expected to be referencing Patient"
                );
                self.national(place, rule);
            }
            Some(_) => {}
            // The id of an entry that the document does not have is told as an identifier.
            None if reference.identifier.is_some() => {}
            None => {
                let rule = format!("The reference {text} leads to no resource of the bundle");
                self.refuse(place, rule);
            }
        }
    }
}

/// The references of a resource that are looked at when it is mapped.
fn of(resource: &Resource) -> Vec<Stands<'_>> {
    let mut all = Vec::new();
    match resource {
        Resource::Composition(it) => {
            many(&mut all, "author", &it.author);
            sections(&mut all, "section", &it.section);
        }
        Resource::Condition(it) => {
            single(&mut all, "subject", it.subject.as_ref());
            single(&mut all, "encounter", it.encounter.as_ref());
            for (at, evidence) in it.evidence.iter().enumerate() {
                many(
                    &mut all,
                    &format!("evidence[{at}].detail"),
                    &evidence.detail,
                );
            }
        }
        Resource::Observation(it) => {
            single(&mut all, "subject", it.subject.as_ref());
            single(&mut all, "encounter", it.encounter.as_ref());
            many(&mut all, "hasMember", &it.has_member);
            many(&mut all, "derivedFrom", &it.derived_from);
            many(&mut all, "focus", &it.focus);
        }
        Resource::Procedure(it) => {
            single(&mut all, "subject", it.subject.as_ref());
            single(&mut all, "encounter", it.encounter.as_ref());
            many(&mut all, "reasonReference", &it.reason_reference);
            many(&mut all, "partOf", &it.part_of);
        }
        Resource::Communication(it) => {
            single(&mut all, "subject", it.subject.as_ref());
            single(&mut all, "encounter", it.encounter.as_ref());
            single(&mut all, "sender", it.sender.as_ref());
            many(&mut all, "recipient", &it.recipient);
        }
        Resource::AllergyIntolerance(it) => {
            single(&mut all, "patient", it.patient.as_ref());
            single(&mut all, "encounter", it.encounter.as_ref());
        }
        Resource::MedicationStatement(it) => {
            single(&mut all, "subject", it.subject.as_ref());
            single(&mut all, "context", it.context.as_ref());
            many(&mut all, "reasonReference", &it.reason_reference);
            medication(&mut all, it.medication.as_ref());
        }
        Resource::MedicationRequest(it) => {
            single(&mut all, "subject", it.subject.as_ref());
            single(&mut all, "encounter", it.encounter.as_ref());
            many(&mut all, "reasonReference", &it.reason_reference);
            medication(&mut all, it.medication.as_ref());
        }
        other => people(&mut all, other),
    }
    all
}

/// Those of the resources that others refer to.
fn people<'r>(all: &mut Vec<Stands<'r>>, resource: &'r Resource) {
    match resource {
        Resource::Encounter(it) => {
            single(all, "subject", it.subject.as_ref());
            for (at, participant) in it.participant.iter().enumerate() {
                let place = format!("participant[{at}].individual");
                single(all, &place, participant.individual.as_ref());
            }
        }
        Resource::PractitionerRole(it) => {
            single(all, "practitioner", it.practitioner.as_ref());
            single(all, "organization", it.organization.as_ref());
        }
        Resource::RelatedPerson(it) => single(all, "patient", it.patient.as_ref()),
        Resource::Device(it) => single(all, "owner", it.owner.as_ref()),
        _ => {}
    }
}

fn single<'r>(all: &mut Vec<Stands<'r>>, name: &str, reference: Option<&'r Reference>) {
    all.extend(reference.map(|reference| (name.to_owned(), reference)));
}

fn many<'r>(all: &mut Vec<Stands<'r>>, name: &str, references: &'r [Reference]) {
    let references = references.iter().enumerate();
    all.extend(references.map(|(at, reference)| (format!("{name}[{at}]"), reference)));
}

fn medication<'r>(all: &mut Vec<Stands<'r>>, medication: Option<&'r MedicationChoice>) {
    if let Some(MedicationChoice::Reference(reference)) = medication {
        single(all, "medicationReference", Some(reference));
    }
}

fn sections<'r>(all: &mut Vec<Stands<'r>>, place: &str, found: &'r [fhir::Section]) {
    for (at, section) in found.iter().enumerate() {
        let place = format!("{place}[{at}]");
        many(all, &format!("{place}.entry"), &section.entry);
        sections(all, &format!("{place}.section"), &section.section);
    }
}
