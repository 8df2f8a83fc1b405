//! People, organisations and devices.

use domain::oid;
use fhir::{
    Address, Annotation, CodeableConcept, Coding, ContactPoint, Device, DeviceName, DeviceVersion,
    HumanName, Identifier, Organization, Practitioner, PractitionerRole, Reference, RelatedPerson,
    Resource, system,
};
use hl7v3::gp_summary::model::{
    Agent, AgentDevice, AgentOrg, AgentPerson, AgentPersonSds, Code, DeviceOrganisation, Id, Name,
    NonAgentRole, Organisation, OrganisationSds, PersonSds, Telecom, Text,
};

use super::Work;
use crate::codes;
use crate::to_fhir::ConversionError;

type Made = Result<Option<Reference>, ConversionError>;

impl Work<'_> {
    /// The author of a document, whom only the composition refers to.
    pub(super) fn document_author(&mut self, agent: &Agent) -> Made {
        match agent {
            Agent::PersonSds(_) | Agent::Person(_) => self.individual(agent),
            Agent::OrganisationSds(agent) => {
                let organisation = agent.organisation.as_ref();
                let made =
                    self.organisation_sds(organisation.unwrap_or(&OrganisationSds::default()))?;
                Ok(Some(self.push_organisation(made)))
            }
            Agent::Organisation(agent) => self.organisation_author(agent),
            _ => Ok(None),
        }
    }

    /// Somebody who takes part in an entry.
    pub(super) fn individual(&mut self, agent: &Agent) -> Made {
        match agent {
            Agent::PersonSds(agent) => self.person_sds(agent),
            Agent::Person(agent) => self.person(agent),
            Agent::Device(agent) => self.device(agent),
            Agent::NonAgent(role) => self.related(role),
            _ => Ok(None),
        }
    }

    fn person_sds(&mut self, agent: &AgentPersonSds) -> Made {
        let profile = extension_of(agent.id.as_ref(), "./id/@extension")?;
        let person = agent.person.as_ref();
        let person = person.ok_or(ConversionError::Missing("./agentPersonSDS"))?;
        let practitioner = self.practitioner_sds(person)?;
        let practitioner_reference = reference("Practitioner", practitioner.id.as_deref());
        let role = PractitionerRole {
            id: self.id(),
            identifier: vec![Identifier::new(system::SDS_ROLE_PROFILE, profile)],
            practitioner: practitioner_reference,
            ..PractitionerRole::default()
        };
        let made = reference("PractitionerRole", role.id.as_deref());
        self.out.push(role.into());
        self.out.push(practitioner.into());
        Ok(made)
    }

    fn practitioner_sds(&mut self, person: &PersonSds) -> Result<Practitioner, ConversionError> {
        let user = extension_of(person.id.as_ref(), "./id/@extension")?;
        Ok(Practitioner {
            id: self.id(),
            identifier: vec![Identifier::new(system::SDS_USER, user)],
            name: called(person.name.as_ref()),
            ..Practitioner::default()
        })
    }

    fn person(&mut self, agent: &AgentPerson) -> Made {
        let code = job_role(agent.code.as_ref())?;
        let mut organisation = match (&agent.organisation, &agent.organisation_sds) {
            (Some(organisation), _) => self.organisation(organisation),
            (None, Some(organisation)) => self.organisation_sds(organisation)?,
            (None, None) => Organization {
                id: self.id(),
                ..Organization::default()
            },
        };
        organisation.telecom = agent.telecoms.iter().map(contact).collect();
        organisation.address.extend(address(agent.address.as_ref()));
        let mut practitioner = None;
        if let Some(person) = &agent.person {
            let made = Practitioner {
                id: self.id(),
                name: called(person.name.as_ref()),
                ..Practitioner::default()
            };
            practitioner = reference("Practitioner", made.id.as_deref());
            self.out.push(made.into());
        }
        if let Some(person) = &agent.represented_sds {
            let made = self.practitioner_sds(person)?;
            practitioner = reference("Practitioner", made.id.as_deref());
            self.out.push(made.into());
        }
        let role = PractitionerRole {
            id: self.id(),
            practitioner,
            organization: reference("Organization", organisation.id.as_deref()),
            code: vec![code],
            ..PractitionerRole::default()
        };
        let made = reference("PractitionerRole", role.id.as_deref());
        self.out.push(role.into());
        self.out.push(organisation.into());
        Ok(made)
    }

    fn organisation(&mut self, organisation: &Organisation) -> Organization {
        Organization {
            id: self.id(),
            r#type: kind(organisation.code.as_ref()),
            name: organisation.name.as_ref().and_then(label),
            address: address(organisation.address.as_ref()).into_iter().collect(),
            telecom: organisation.telecoms.iter().take(1).map(contact).collect(),
            ..Organization::default()
        }
    }

    fn organisation_sds(
        &mut self,
        organisation: &OrganisationSds,
    ) -> Result<Organization, ConversionError> {
        let id = organisation.id.as_ref();
        let value = extension_of(id, "./id/@extension")?;
        let is_ods = id.and_then(|id| id.root.as_deref()) == Some(oid::ODS);
        Ok(Organization {
            id: self.id(),
            identifier: vec![Identifier {
                system: is_ods.then(|| system::ODS.to_owned()),
                ..Identifier::of(value)
            }],
            name: organisation.name.as_ref().and_then(label),
            ..Organization::default()
        })
    }

    fn push_organisation(&mut self, organisation: Organization) -> Reference {
        let id = organisation.id.clone().unwrap_or_default();
        self.out.push(organisation.into());
        Reference::to("Organization", &id)
    }

    fn organisation_author(&mut self, agent: &AgentOrg) -> Made {
        let code = job_role(agent.code.as_ref())?;
        let organisation = agent.organisation.as_ref();
        let mut organisation = self.organisation(organisation.unwrap_or(&Organisation::default()));
        organisation.telecom = agent.telecoms.iter().map(contact).collect();
        organisation.address.extend(address(agent.address.as_ref()));
        let role = PractitionerRole {
            id: self.id(),
            organization: reference("Organization", organisation.id.as_deref()),
            code: vec![code],
            ..PractitionerRole::default()
        };
        let made = reference("PractitionerRole", role.id.as_deref());
        self.out.push(role.into());
        self.out.push(organisation.into());
        Ok(made)
    }

    fn device(&mut self, agent: &AgentDevice) -> Made {
        let mut device = match (&agent.device_sds, &agent.device) {
            (Some(sds), _) => {
                let value = extension_of(sds.id.as_ref(), "./id/@extension")?;
                Device {
                    identifier: vec![Identifier::new(system::SDS_DEVICE, value)],
                    ..Device::default()
                }
            }
            (None, Some(device)) => described(device)?,
            (None, None) => Device::default(),
        };
        let role = agent.id.as_ref().and_then(|id| id.root.as_deref());
        let role = role.ok_or(ConversionError::Missing("./id/@root"))?;
        device.identifier.push(Identifier::of(role));
        device.id = self.id();
        let organisation = match (&agent.organisation, &agent.organisation_sds) {
            (Some(organisation), _) => self.owner(organisation),
            (None, Some(organisation)) => self.organisation_sds(organisation)?,
            (None, None) => Organization {
                id: self.id(),
                ..Organization::default()
            },
        };
        device.owner = reference("Organization", organisation.id.as_deref());
        let role = PractitionerRole {
            id: self.id(),
            organization: device.owner.clone(),
            ..PractitionerRole::default()
        };
        let made = reference("PractitionerRole", role.id.as_deref());
        self.out.push(device.into());
        self.out.push(organisation.into());
        self.out.push(role.into());
        Ok(made)
    }

    fn owner(&mut self, organisation: &DeviceOrganisation) -> Organization {
        Organization {
            id: self.id(),
            r#type: kind(organisation.code.as_ref()),
            name: organisation.name.as_ref().and_then(label),
            address: address(organisation.address.as_ref()).into_iter().collect(),
            telecom: organisation.telecom.iter().map(contact).collect(),
            ..Organization::default()
        }
    }

    fn related(&mut self, role: &NonAgentRole) -> Made {
        let code = role.code.as_ref();
        let text = code.and_then(|it| it.code.as_deref());
        let text = text.ok_or(ConversionError::Missing("./code/@code"))?;
        let display = code
            .and_then(|it| it.display.as_deref())
            .unwrap_or_default();
        let name = role.person.as_ref().and_then(|person| person.name.as_ref());
        let person = RelatedPerson {
            id: self.id(),
            patient: Some(self.patient.clone()),
            relationship: vec![CodeableConcept::new(
                system::PERSON_RELATIONSHIP,
                text,
                display,
            )],
            name: called(name),
            ..RelatedPerson::default()
        };
        let made = reference("RelatedPerson", person.id.as_deref());
        self.out.push(Resource::RelatedPerson(person));
        Ok(made)
    }
}

fn described(device: &hl7v3::gp_summary::model::Device) -> Result<Device, ConversionError> {
    let value = extension_of(device.id.as_ref(), "./id/@extension")?;
    let words = |text: &Option<Text>| {
        let text = text.as_ref().map(|text| text.content.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let named = |text: &Option<Text>, kind: &str| {
        Some(DeviceName {
            name: Some(words(text)?),
            r#type: Some(kind.to_owned()),
            ..DeviceName::default()
        })
    };
    let names = [
        named(&device.name, "other"),
        named(&device.model, "manufacturer-name"),
    ];
    Ok(Device {
        identifier: vec![Identifier::of(value)],
        r#type: device.code.as_ref().map(|code| {
            CodeableConcept::from(Coding {
                code: code.code.clone(),
                display: code.display.clone(),
                ..Coding::default()
            })
        }),
        device_name: names.into_iter().flatten().collect(),
        note: words(&device.description)
            .iter()
            .map(|it| Annotation::of(it))
            .collect(),
        version: words(&device.software)
            .map(|value| DeviceVersion {
                value: Some(value),
                ..DeviceVersion::default()
            })
            .into_iter()
            .collect(),
        ..Device::default()
    })
}

fn reference(resource_type: &str, id: Option<&str>) -> Option<Reference> {
    id.map(|id| Reference::to(resource_type, id))
}

fn extension_of<'a>(id: Option<&'a Id>, path: &'static str) -> Result<&'a str, ConversionError> {
    let extension = id.and_then(|id| id.extension.as_deref());
    extension.ok_or(ConversionError::Missing(path))
}

fn job_role(code: Option<&Code>) -> Result<CodeableConcept, ConversionError> {
    let text = code.and_then(|it| it.code.as_deref());
    let text = text.ok_or(ConversionError::Missing("./code/@code"))?;
    let display = code.and_then(|it| it.display.as_deref());
    let display = display.ok_or(ConversionError::Missing("./code/@displayName"))?;
    Ok(CodeableConcept::new(system::JOB_ROLE, text, display))
}

fn kind(code: Option<&Code>) -> Vec<CodeableConcept> {
    let code = code.and_then(|code| code.code.clone());
    let coding = code.map(|code| Coding {
        code: Some(code),
        ..Coding::default()
    });
    coding.map(CodeableConcept::from).into_iter().collect()
}

fn label(name: &Name) -> Option<String> {
    Some(name.label()).filter(|name| !name.is_empty())
}

fn called(name: Option<&Name>) -> Vec<HumanName> {
    let text = name.and_then(label);
    let name = text.map(|text| HumanName {
        text: Some(text),
        ..HumanName::default()
    });
    name.into_iter().collect()
}

fn address(address: Option<&hl7v3::gp_summary::model::Address>) -> Option<Address> {
    let text = address?.label();
    (!text.is_empty()).then(|| Address {
        text: Some(text),
        ..Address::default()
    })
}

fn contact(telecom: &Telecom) -> ContactPoint {
    ContactPoint {
        system: Some(codes::telecom_system(telecom.usage.as_deref()).to_owned()),
        value: telecom.value.clone(),
        ..ContactPoint::default()
    }
}
