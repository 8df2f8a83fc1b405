//! Organisations and places.

use fhir::{
    Address, CodeableConcept, ContactPoint, Map, Organization, Other, PractitionerRole, Reference,
    Resource, Value,
};
use hl7v3::gp_summary::model::{
    self, Agent, AgentOrg, AgentPerson, Code, IncidentalLocation, Organisation, OrganisationSds,
    Part, ServiceLocation, Telecom,
};

use super::concept::concept;
use super::{Work, said};
use crate::codes::{self, identifier_to_fhir};

impl Work<'_, '_> {
    /// The organisation that a person acts for. The person's own address and telephone numbers
    /// stand with it, the address last, as the national adaptor has it.
    pub(super) fn organisation_of(&mut self, agent: &AgentPerson) -> Option<Organization> {
        let plain = agent.organisation.as_ref().or(agent.scoper.as_ref());
        let organisation = match (plain, &agent.organisation_sds) {
            (Some(organisation), _) => Some(self.organisation(organisation)),
            (None, Some(organisation)) => Some(self.organisation_sds(organisation)),
            (None, None) => None,
        };
        let own = address(agent.address.as_ref());
        let telecoms: Vec<_> = agent.telecoms.iter().filter_map(contact).collect();
        if organisation.is_none() && own.is_none() && telecoms.is_empty() {
            return None;
        }
        let mut organisation = organisation.unwrap_or_else(|| self.nameless());
        organisation.address.extend(own);
        organisation.telecom.splice(0..0, telecoms);
        Some(organisation)
    }

    /// An organisation of which nothing is known but how to reach it. R4 wants a name or an
    /// identifier.
    fn nameless(&mut self) -> Organization {
        let mut organisation = Organization {
            id: self.id(),
            ..Organization::default()
        };
        let mut reason = Map::new();
        reason.insert(
            "url",
            "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
        );
        reason.insert("valueCode", "unknown");
        let mut name = Map::new();
        name.insert("extension", Value::Array(vec![reason.into()]));
        organisation.other.insert("_name", name);
        organisation
    }

    fn organisation(&mut self, organisation: &Organisation) -> Organization {
        let id = organisation.id.as_ref().and_then(identifier_to_fhir);
        let name = organisation
            .name
            .as_ref()
            .and_then(|name| said(&name.label()));
        if organisation.description.is_some() {
            self.unsaid("The description of an organisation is not carried over");
        }
        let base = match id.is_none() && name.is_none() {
            true => self.nameless(),
            false => Organization {
                id: self.id(),
                ..Organization::default()
            },
        };
        Organization {
            identifier: id.into_iter().collect(),
            r#type: kind(organisation.code.as_ref()),
            name,
            telecom: organisation.telecoms.iter().filter_map(contact).collect(),
            address: address(organisation.address.as_ref()).into_iter().collect(),
            ..base
        }
    }

    pub(super) fn organisation_sds(&mut self, organisation: &OrganisationSds) -> Organization {
        let id = organisation.id.as_ref().and_then(identifier_to_fhir);
        let name = organisation
            .name
            .as_ref()
            .and_then(|name| said(&name.label()));
        let base = match id.is_none() && name.is_none() {
            true => self.nameless(),
            false => Organization {
                id: self.id(),
                ..Organization::default()
            },
        };
        Organization {
            identifier: id.into_iter().collect(),
            name,
            ..base
        }
    }

    pub(super) fn owner(&mut self, organisation: &model::DeviceOrganisation) -> Organization {
        let plain = Organisation {
            id: organisation.id.clone(),
            address: organisation.address.clone(),
            code: organisation.code.clone(),
            name: organisation.name.clone(),
            description: organisation.description.clone(),
            telecoms: organisation.telecom.iter().cloned().collect(),
            ..Organisation::default()
        };
        self.organisation(&plain)
    }

    pub(super) fn add_organisation(&mut self, organisation: Organization) -> Reference {
        let id = organisation.id.clone().unwrap_or_default();
        self.push(organisation);
        Reference::to("Organization", &id)
    }

    /// A role that stands for an organisation alone.
    pub(super) fn role_of(&mut self, organisation: Organization) -> Reference {
        let (id, role) = self.new_id("PractitionerRole");
        let organization = organisation.id.as_deref();
        self.push(PractitionerRole {
            id: Some(id),
            organization: organization.map(|id| Reference::to("Organization", id)),
            ..PractitionerRole::default()
        });
        self.push(organisation);
        role
    }

    pub(super) fn organisation_in_role(&mut self, agent: &AgentOrg) -> Reference {
        let plain = agent.organisation.as_ref().or(agent.represented.as_ref());
        let mut organisation = match (plain, &agent.represented_sds) {
            (Some(organisation), _) => self.organisation(organisation),
            (None, Some(organisation)) => self.organisation_sds(organisation),
            (None, None) => self.nameless(),
        };
        if agent.organisation.is_some()
            && (agent.represented.is_some() || agent.represented_sds.is_some())
        {
            self.unsaid("The organisation that an organisation acts for is not carried over");
        }
        organisation.address.extend(address(agent.address.as_ref()));
        let telecoms: Vec<_> = agent.telecoms.iter().filter_map(contact).collect();
        organisation.telecom.splice(0..0, telecoms);
        let (id, role) = self.new_id("PractitionerRole");
        let organization = organisation.id.as_deref();
        self.push(PractitionerRole {
            id: Some(id),
            organization: organization.map(|id| Reference::to("Organization", id)),
            code: agent.code.as_ref().and_then(job_role).into_iter().collect(),
            ..PractitionerRole::default()
        });
        self.push(organisation);
        role
    }

    /// A place, or a kind of place: Location, which has `mode` to say which of the two it is.
    pub(super) fn location(&mut self, agent: &Agent) -> Option<Reference> {
        let (id, reference) = self.new_id("Location");
        let mut json = Map::new();
        json.insert("id", id);
        match agent {
            Agent::ServiceLocation(place) => kind_of_place(&mut json, place)?,
            Agent::IncidentalLocation(place) => {
                incidental(&mut json, place);
                let gps = place
                    .place
                    .as_ref()
                    .is_some_and(|place| place.gps.is_some());
                if gps {
                    self.unsaid("The coordinates of a place are not carried over");
                }
            }
            _ => return None,
        }
        self.push(Resource::Other(Other {
            resource_type: "Location".to_owned(),
            json,
        }));
        Some(reference)
    }
}

fn kind_of_place(json: &mut Map, place: &ServiceLocation) -> Option<()> {
    let concept = place.code.as_ref().and_then(concept)?;
    json.insert("mode", "kind");
    json.insert("type", Value::Array(vec![json_of(&concept)]));
    Some(())
}

fn incidental(json: &mut Map, place: &IncidentalLocation) {
    let inner = place.place.as_ref();
    let name = inner.and_then(|inner| said(&inner.name.as_ref()?.label()));
    let words = inner.and_then(|inner| said(&inner.position.as_ref()?.content));
    for (element, text) in [("name", name), ("description", words)] {
        if let Some(text) = text {
            json.insert(element, text);
        }
    }
    json.insert("mode", "instance");
    if let Some(concept) = place.code.as_ref().and_then(concept) {
        json.insert("type", Value::Array(vec![json_of(&concept)]));
    }
    let telephone = inner.and_then(|inner| said(inner.telecom.as_ref()?.value.as_deref()?));
    if let Some(telephone) = telephone {
        let mut contact = Map::new();
        contact.insert("system", "other");
        contact.insert("value", telephone);
        json.insert("telecom", Value::Array(vec![contact.into()]));
    }
    let text = inner.and_then(|inner| said(&inner.address.as_ref()?.label()));
    if let Some(text) = text {
        let mut address = Map::new();
        address.insert("text", text);
        json.insert("address", address);
    }
}

/// A concept as JSON, for a resource that has no struct.
fn json_of(concept: &CodeableConcept) -> Value {
    let codings = concept.coding.iter().map(|coding| {
        let mut json = Map::new();
        let members = [
            ("system", &coding.system),
            ("version", &coding.version),
            ("code", &coding.code),
            ("display", &coding.display),
        ];
        for (name, text) in members {
            if let Some(text) = text {
                json.insert(name, text.as_str());
            }
        }
        Value::from(json)
    });
    let codings: Vec<Value> = codings.collect();
    let mut json = Map::new();
    if !codings.is_empty() {
        json.insert("coding", Value::Array(codings));
    }
    if let Some(text) = &concept.text {
        json.insert("text", text.as_str());
    }
    json.into()
}

/// The kind of an organisation, a code without a system as a rule.
fn kind(code: Option<&Code>) -> Vec<CodeableConcept> {
    code.and_then(concept).into_iter().collect()
}

/// The role of an organisation, under the system that the national adaptor has for it.
fn job_role(code: &Code) -> Option<CodeableConcept> {
    let mut concept = concept(code)?;
    if code.system.as_deref() == Some(codes::ORGANISATION_ROLE_OID)
        && let Some(coding) = concept.coding.first_mut()
    {
        coding.system = Some(fhir::system::JOB_ROLE.to_owned());
    }
    Some(concept)
}

/// How to reach somebody. The value stays as it is, scheme and all.
fn contact(telecom: &Telecom) -> Option<ContactPoint> {
    let usage = telecom.usage.as_deref();
    Some(ContactPoint {
        system: Some(codes::telecom_system(usage).to_owned()),
        value: Some(said(telecom.value.as_deref()?)?),
        r#use: usage.and_then(codes::use_to_fhir).map(str::to_owned),
        ..ContactPoint::default()
    })
}

/// An address: as a whole, and in parts where it has any.
fn address(address: Option<&model::Address>) -> Option<Address> {
    let address = address?;
    let text = said(&address.label())?;
    let is = |part: &&Part, names: &[&str]| names.contains(&part.element.as_str());
    let all = |names: &'static [&'static str]| {
        let parts = address.parts.iter().filter(move |part| is(part, names));
        parts.filter_map(|part| said(part.content.trim()))
    };
    let usage = address.usage.as_deref().and_then(codes::use_to_fhir);
    Some(Address {
        r#use: usage
            .filter(|usage| ["home", "work", "temp"].contains(usage))
            .map(str::to_owned),
        text: Some(text),
        line: all(&["streetAddressLine", "houseNumber", "streetName"]).collect(),
        city: all(&["city"]).next(),
        district: all(&["county"]).next(),
        state: all(&["state"]).next(),
        postal_code: all(&["postalCode"]).next(),
        country: all(&["country"]).next(),
        ..Address::default()
    })
}
