//! Where references of mapped resources lead: a reference that leads nowhere is refused, because
//! nobody could say later what it meant. And what changes the meaning of a resource is refused,
//! because none of it is known here.

use domain::NhsNumber;
use fhir::{Bundle, MedicationChoice, Reference, Resource, system};

use super::resources::{literal, path};
use super::work::Work;

/// A reference and the element it stands in.
type Stands<'r> = (String, &'r Reference);

impl Work<'_, '_> {
    /// Checks the references of every resource. They all have to be about the patient.
    pub(super) fn check_references(&mut self, patient: Option<&NhsNumber>) {
        let every: Vec<(usize, &Resource)> = self.resources.every().collect();
        for (at, resource) in every {
            for (element, reference) in of(resource) {
                let place = path(at, &element);
                self.check_reference(&place, reference);
                if is_patient(&place) && !matches!(resource, Resource::Composition(_)) {
                    self.check_number(&place, reference, patient);
                }
            }
        }
    }

    /// Checks that nothing changes what the resources mean.
    pub(super) fn check_modifiers(&mut self, bundle: &Bundle) {
        for place in fhir::modifiers(&Resource::Bundle(bundle.clone())) {
            self.refuse(&place, "It changes the meaning, in a way that is not known");
        }
    }

    fn check_number(&mut self, place: &str, reference: &Reference, patient: Option<&NhsNumber>) {
        let identifier = reference.identifier.as_ref();
        let identifier = identifier.filter(|it| it.system.as_deref() == Some(system::NHS_NUMBER));
        let said = identifier.and_then(|it| it.value.as_deref());
        let differs = |(said, number): (&str, &NhsNumber)| said != number.as_str();
        if said.zip(patient).is_some_and(differs) {
            let rule = "The resource is about another patient than the bundle";
            self.refuse(&format!("{place}.identifier"), rule);
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
        match self.resources.any(text) {
            Some((_, Resource::Patient(_))) => {}
            Some(_) if is_patient(place) => {
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

/// Whether the element says whom a resource is about.
fn is_patient(place: &str) -> bool {
    let element = place.rsplit('.').next().unwrap_or_default();
    matches!(element, "subject" | "patient")
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
