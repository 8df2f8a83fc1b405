//! People, organisations and devices: who wrote, told and did.

mod device;
mod organisation;
mod parts;

use fhir::{Practitioner, PractitionerRole, Reference, RelatedPerson, Resource, system};
use hl7v3::gp_summary::model::{
    Agent, AgentPerson, AgentPersonSds, Code, Id, Name, Person, PersonSds,
};

use super::resources::{Found, Led, literal};
use super::work::Work;
use crate::codes;
use parts::name;

/// Whose part it is: what the texts of refusals name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The author of the whole.
    Document,
    /// Somebody of an encounter.
    Encounter,
}

impl Whose {
    fn name(self) -> &'static str {
        match self {
            Self::Document => "Composition",
            Self::Encounter => "Encounter",
        }
    }
}

impl<'a> Work<'a, '_> {
    /// Whoever a reference of an encounter or a composition leads to, by the rules of profile
    /// Full: any type that can be somebody.
    pub(super) fn anybody(
        &mut self,
        reference: Option<&Reference>,
        place: &str,
        whose: Whose,
    ) -> Option<Agent> {
        let Some(text) = literal(reference) else {
            self.refuse(place, "A participant has no reference to a resource");
            return None;
        };
        match self.resources.any(text) {
            Some((_, Resource::RelatedPerson(_))) => self.related(reference, place),
            None if text.starts_with("RelatedPerson/") => self.related(reference, place),
            Some((at, Resource::Organization(resource))) => {
                self.acting_organisation(Found { resource, at }, None)
            }
            Some((at, Resource::Device(resource))) => {
                self.acting_device(Found { resource, at }, None, None)
            }
            Some((at, Resource::Practitioner(resource))) => {
                Some(person_without_role(Found { resource, at }))
            }
            Some((_, Resource::PractitionerRole(_))) | None => self.role(reference, place, whose),
            Some((_, other)) => {
                let rule = format!(
                    "Invalid Encounter participant type {}",
                    other.resource_type()
                );
                self.national(place, rule);
                None
            }
        }
    }

    /// Somebody in a role: a person known to the directory or not; in full, an organisation or a
    /// device too.
    pub(super) fn role(
        &mut self,
        reference: Option<&Reference>,
        place: &str,
        whose: Whose,
    ) -> Option<Agent> {
        let role = self.role_resource(reference, place, whose)?;
        let is_nobody = !self.is_compatible() && role.resource.practitioner.is_none();
        let nobody = is_nobody.then(|| self.without_person(role)).flatten();
        if nobody.is_some() {
            return nobody;
        }
        let practitioner = self.practitioner(role)?;
        let id = role.resource.id.as_deref().unwrap_or_default();
        let profile = role.resource.identifier.first();
        if profile.and_then(|it| it.system.as_deref()) == Some(system::SDS_ROLE_PROFILE) {
            let extension = profile.and_then(|it| it.value.as_deref());
            return self.person_sds(practitioner, extension);
        }
        let coding = role
            .resource
            .code
            .first()
            .and_then(|code| code.coding.first());
        let is_job = coding.and_then(|it| it.system.as_deref()) == Some(system::JOB_ROLE);
        if is_job || !self.is_compatible() && role.resource.identifier.is_empty() {
            return self.person(role, practitioner);
        }
        let rule = format!("Invalid PractitionerRole {id} identifier.system or code.coding.system");
        self.national(&role.path("identifier"), rule);
        None
    }

    /// The `PractitionerRole` that a reference has to lead to.
    fn role_resource(
        &mut self,
        reference: Option<&Reference>,
        place: &str,
        whose: Whose,
    ) -> Option<Found<'a, PractitionerRole>> {
        let text = literal(reference).unwrap_or_default();
        match self.resources.lead(text) {
            Led::To(role) => Some(role),
            Led::OtherType => {
                let rule = format!(
                    "Invalid resource reference. {text} expected to be referencing PractitionerRole"
                );
                self.national(place, rule);
                None
            }
            Led::Nowhere => {
                let whose = whose.name();
                let rule =
                    format!("Bundle is missing PractitionerRole {text} that is linked to {whose}");
                self.national(place, rule);
                None
            }
        }
    }

    fn practitioner(
        &mut self,
        role: Found<'a, PractitionerRole>,
    ) -> Option<Found<'a, Practitioner>> {
        let id = role.resource.id.as_deref().unwrap_or_default();
        let place = role.path("practitioner");
        let Some(text) = literal(role.resource.practitioner.as_ref()) else {
            let rule = format!("PractitionerRole {id} is missing Practitioner reference");
            self.national(&role.path(""), rule);
            return None;
        };
        match self.resources.lead(text) {
            Led::To(practitioner) => Some(practitioner),
            Led::OtherType => {
                let rule = format!(
                    "Invalid resource reference. {text} expected to be referencing Practitioner"
                );
                self.national(&place, rule);
                None
            }
            Led::Nowhere => {
                let rule = format!(
                    "Bundle is missing Practitioner {text} that is linked to PractitionerRole {id}"
                );
                self.national(&place, rule);
                None
            }
        }
    }

    fn person_sds(
        &mut self,
        practitioner: Found<'_, Practitioner>,
        profile: Option<&str>,
    ) -> Option<Agent> {
        let identifier = practitioner.resource.identifier.first();
        let found = identifier.and_then(|it| it.system.as_deref());
        let place = practitioner.path("identifier");
        if found != Some(system::SDS_USER) {
            let rule = format!(
                "Invalid practitioner identifier system: {}",
                found.unwrap_or("null")
            );
            self.national(&place, rule);
            return None;
        }
        let Some(user) = identifier.and_then(|it| it.value.as_deref()) else {
            self.national(&place, "Missing practitioner identifier value");
            return None;
        };
        Some(Agent::PersonSds(Box::new(AgentPersonSds {
            id: profile.map(|profile| Id::of(domain::oid::SDS_ROLE_PROFILE, profile)),
            person: Some(PersonSds {
                id: Some(Id::of(domain::oid::SDS_USER, user)),
                name: Some(self.practitioner_name(practitioner).unwrap_or_default()),
                ..PersonSds::default()
            }),
            ..AgentPersonSds::default()
        })))
    }

    fn practitioner_name(&self, practitioner: Found<'_, Practitioner>) -> Option<Name> {
        name(practitioner.resource.name.first()?, self.profile)
    }

    fn person(
        &mut self,
        role: Found<'a, PractitionerRole>,
        practitioner: Found<'a, Practitioner>,
    ) -> Option<Agent> {
        let code = self.job_role(role, codes::JOB_ROLE_NAME_OID);
        let mut agent = AgentPerson {
            code,
            person: Some(Person {
                name: self.practitioner_name(practitioner),
                ..Person::default()
            }),
            ..AgentPerson::default()
        };
        self.represent(&mut agent, role)?;
        if !self.is_compatible() {
            self.own_identity(&mut agent, practitioner);
        }
        Some(Agent::Person(Box::new(agent)))
    }

    /// The role of a person or an organisation: a job role, which has another OID for each.
    pub(super) fn job_role(
        &mut self,
        role: Found<'_, PractitionerRole>,
        oid: &str,
    ) -> Option<Code> {
        let concept = role.resource.code.first()?;
        let coding = concept.coding.first();
        let is_job = coding.and_then(|it| it.system.as_deref()) == Some(system::JOB_ROLE);
        if !is_job && !self.is_compatible() {
            return Some(self.concept(concept, &role.path("code[0]")));
        }
        let coding = coding?;
        Some(Code {
            code: coding.code.clone(),
            system: Some(oid.to_owned()),
            display: coding.display.clone(),
            ..Code::default()
        })
    }

    /// A user id of somebody who has no role profile: the schema has a place for it only where
    /// there is no organisation.
    fn own_identity(&mut self, agent: &mut AgentPerson, practitioner: Found<'_, Practitioner>) {
        let mut identifiers = practitioner.resource.identifier.iter();
        let user = identifiers.find(|it| it.system.as_deref() == Some(system::SDS_USER));
        let Some(user) = user.and_then(|it| it.value.as_deref()) else {
            return;
        };
        if agent.organisation.is_some() || agent.organisation_sds.is_some() {
            let rule = "The user id of somebody without a role profile who acts for an organisation is not carried over";
            return self.note(&practitioner.path("identifier"), rule);
        }
        let name = agent.person.take().and_then(|person| person.name);
        agent.represented_sds = Some(PersonSds {
            id: Some(Id::of(domain::oid::SDS_USER, user)),
            name,
            ..PersonSds::default()
        });
    }

    /// How somebody is related to the patient: code and display name.
    fn relationship<'p>(
        &mut self,
        person: Found<'p, RelatedPerson>,
    ) -> Option<(&'p str, Option<&'p str>)> {
        let relationship = person.resource.relationship.first();
        let coding = relationship.and_then(|it| it.coding.first());
        let place = person.path("relationship");
        let said = coding.and_then(|it| it.system.as_deref());
        if said != Some(system::PERSON_RELATIONSHIP) {
            let said = said.unwrap_or("null");
            let rule = format!("Unsupported RelatedPerson.relationship.coding.system: {said}");
            self.national(&place, rule);
            return None;
        }
        let Some(code) = coding.and_then(|it| it.code.as_deref()) else {
            let rule = "Missing RelatedPerson.relationship.coding.code element";
            self.national(&place, rule);
            return None;
        };
        let display = coding.and_then(|it| it.display.as_deref());
        if display.is_none() && self.is_compatible() {
            let rule = "Missing RelatedPerson.relationship.coding.display element";
            self.national(&place, rule);
            return None;
        }
        Some((code, display))
    }

    /// Somebody related to the patient.
    pub(super) fn related(&mut self, reference: Option<&Reference>, place: &str) -> Option<Agent> {
        let text = literal(reference).unwrap_or_default();
        let Led::To(found) = self.resources.lead::<RelatedPerson>(text) else {
            let rule =
                format!("Bundle is missing RelatedPerson {text} that is linked to Encounter");
            self.national(place, rule);
            return None;
        };
        let person: Found<'_, RelatedPerson> = found;
        let (code, display) = self.relationship(person)?;
        let called = person.resource.name.first();
        if called.is_none() && self.is_compatible() {
            self.national(&person.path("name"), "Missing RelatedPerson.name element");
            return None;
        }
        let called = called.and_then(|it| name(it, self.profile));
        let display = display.unwrap_or_default();
        let mut agent = Agent::related(NON_AGENT, code, display, called);
        if let (Agent::NonAgent(role), false) = (&mut agent, self.is_compatible()) {
            let mut identifiers = person.resource.identifier.iter();
            role.id = identifiers.find_map(codes::identifier_to_v3);
            if let Some(code) = role.code.as_mut().filter(|_| display.is_empty()) {
                code.display = None;
            }
        }
        Some(agent)
    }
}

/// The element of a relative or carer as an author or informant.
const NON_AGENT: &str = "participantNonAgentRole";

/// Somebody whose role is not told.
fn person_without_role(practitioner: Found<'_, Practitioner>) -> Agent {
    let called = practitioner.resource.name.first();
    let called = called.and_then(|it| name(it, crate::Profile::Full));
    let mut agent = AgentPerson::default();
    let mut identifiers = practitioner.resource.identifier.iter();
    let user = identifiers.find(|it| it.system.as_deref() == Some(system::SDS_USER));
    match user.and_then(|it| it.value.as_deref()) {
        Some(user) => {
            agent.represented_sds = Some(PersonSds {
                id: Some(Id::of(domain::oid::SDS_USER, user)),
                name: called,
                ..PersonSds::default()
            });
        }
        None => {
            agent.person = Some(Person {
                name: called,
                ..Person::default()
            });
        }
    }
    Agent::Person(Box::new(agent))
}
