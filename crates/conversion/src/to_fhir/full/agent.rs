//! People. An agent of the document becomes the resources that the national adaptor makes of it.

use fhir::{
    HumanName, Identifier, Practitioner, PractitionerRole, Reference, RelatedPerson, system,
};
use hl7v3::gp_summary::model::{
    Agent, AgentPerson, AgentPersonSds, Name, NonAgentRole, Person, PersonSds,
};

use super::concept::concept;
use super::{REMEMBERED, Work, said};
use crate::codes::identifier_to_fhir;

impl<'a> Work<'a, '_> {
    /// Somebody who can take part in an encounter: a person in a role, or somebody related to the
    /// patient. Organisations and devices do so through a role without a person.
    pub(super) fn individual(&mut self, agent: &'a Agent) -> Option<Reference> {
        if let Some((_, known)) = self.known.iter().find(|(known, _)| *known == agent) {
            return known.clone();
        }
        let made = match agent {
            Agent::PersonSds(agent) => Some(self.person_sds(agent)),
            Agent::Person(agent) => Some(self.person(agent)),
            Agent::OrganisationSds(agent) => {
                let organisation = agent.organisation.as_ref();
                organisation.map(|organisation| {
                    let organisation = self.organisation_sds(organisation);
                    self.role_of(organisation)
                })
            }
            Agent::Organisation(agent) => Some(self.organisation_in_role(agent)),
            Agent::Device(agent) => Some(self.device(agent)),
            Agent::NonAgent(role) => Some(self.related(role)),
            Agent::IncidentalLocation(_) | Agent::ServiceLocation(_) | Agent::Specimen(_) => None,
        };
        if self.known.len() < REMEMBERED {
            self.known.push((agent, made.clone()));
        }
        made
    }

    /// The author of the document, which may be an organisation itself.
    pub(super) fn document_author(&mut self, agent: &'a Agent) -> Option<Reference> {
        match agent {
            Agent::OrganisationSds(agent) => {
                let organisation = self.organisation_sds(agent.organisation.as_ref()?);
                Some(self.add_organisation(organisation))
            }
            agent => self.individual(agent),
        }
    }

    fn person_sds(&mut self, agent: &AgentPersonSds) -> Reference {
        let (id, role) = self.new_id("PractitionerRole");
        let practitioner = agent
            .person
            .as_ref()
            .map(|person| self.practitioner_sds(person));
        let profile = agent.id.as_ref().and_then(identifier_to_fhir);
        self.push(PractitionerRole {
            id: Some(id),
            identifier: profile.into_iter().collect(),
            practitioner: practitioner
                .as_ref()
                .map(|(_, reference)| reference.clone()),
            ..PractitionerRole::default()
        });
        if let Some((practitioner, _)) = practitioner {
            self.push(practitioner);
        }
        role
    }

    fn practitioner_sds(&mut self, person: &PersonSds) -> (Practitioner, Reference) {
        let identifier: Option<Identifier> = person.id.as_ref().and_then(identifier_to_fhir);
        let (mut practitioner, reference) = self.practitioner(person.name.as_ref());
        practitioner.identifier.extend(identifier);
        (practitioner, reference)
    }

    fn practitioner(&mut self, called: Option<&Name>) -> (Practitioner, Reference) {
        let (id, reference) = self.new_id("Practitioner");
        let practitioner = Practitioner {
            id: Some(id),
            name: called.and_then(name).into_iter().collect(),
            ..Practitioner::default()
        };
        (practitioner, reference)
    }

    /// The person, and the role with the organisation. Of somebody who acts for another person
    /// the one that is named counts.
    fn person(&mut self, agent: &AgentPerson) -> Reference {
        let (id, role) = self.new_id("PractitionerRole");
        let organisation = self.organisation_of(agent);
        let person: Option<&Person> = agent.person.as_ref().or(agent.represented.as_ref());
        let practitioner = match (person, &agent.represented_sds) {
            (Some(person), _) => Some(self.practitioner(person.name.as_ref())),
            (None, Some(person)) => Some(self.practitioner_sds(person)),
            (None, None) => None,
        };
        let (practitioner, practitioner_reference) = practitioner.unzip();
        if let Some(practitioner) = practitioner {
            self.push(practitioner);
        }
        let organisation_id = organisation.as_ref().and_then(|it| it.id.as_deref());
        self.push(PractitionerRole {
            id: Some(id),
            practitioner: practitioner_reference,
            organization: organisation_id.map(|id| Reference::to("Organization", id)),
            code: agent.code.as_ref().and_then(concept).into_iter().collect(),
            ..PractitionerRole::default()
        });
        if let Some(organisation) = organisation {
            self.push(organisation);
        }
        role
    }

    fn related(&mut self, role: &NonAgentRole) -> Reference {
        let (id, reference) = self.new_id("RelatedPerson");
        let called = role.person.as_ref().and_then(|person| person.name.as_ref());
        let identifier = role.id.as_ref().and_then(identifier_to_fhir);
        let mut relationship = role.code.as_ref().and_then(concept);
        // Some senders leave out the system of what can only be of one.
        if let Some(coding) = relationship.as_mut().and_then(|it| it.coding.first_mut()) {
            coding
                .system
                .get_or_insert_with(|| system::PERSON_RELATIONSHIP.to_owned());
        }
        let patient = self.patient.clone();
        self.push(RelatedPerson {
            id: Some(id),
            identifier: identifier.into_iter().collect(),
            patient: Some(patient),
            relationship: relationship.into_iter().collect(),
            name: called.and_then(name).into_iter().collect(),
            ..RelatedPerson::default()
        });
        reference
    }

    /// A new id, and a reference to what will have it.
    pub(super) fn new_id(&mut self, resource_type: &str) -> (String, Reference) {
        let id = (self.ids)();
        let reference = Reference::to(resource_type, &id);
        (id, reference)
    }
}

/// A person's name: as a whole, and in parts where all of them are known here.
pub(super) fn name(name: &Name) -> Option<HumanName> {
    let text = said(&name.label())?;
    let parts = |element: &'static str| {
        let parts = name
            .parts
            .iter()
            .filter(move |part| part.element == element);
        parts.filter_map(|part| said(part.content.trim()))
    };
    const KNOWN: [&str; 4] = ["prefix", "given", "family", "suffix"];
    let is_whole = name.content.trim().is_empty()
        && parts("family").count() <= 1
        && name
            .parts
            .iter()
            .all(|part| KNOWN.contains(&part.element.as_str()));
    if !is_whole {
        return Some(HumanName {
            text: Some(text),
            ..HumanName::default()
        });
    }
    Some(HumanName {
        text: Some(text),
        family: parts("family").next(),
        given: parts("given").collect(),
        prefix: parts("prefix").collect(),
        suffix: parts("suffix").collect(),
        ..HumanName::default()
    })
}
