//! People, organisations and devices (UKCT_MT160017UK01, UKCT_MT160018UK01, UKCT_MT120601UK02),
//! and the roles of those who are neither staff nor organisation.

use domain::{OdsCode, RoleProfileId, SdsUserId, oid};
use xml::{Element, Writer};

use super::data::{Address, Code, Data, Id, Name, Telecom, Text};
use super::node::{Node, node};

/// Who or what takes part.
#[derive(Clone, PartialEq, Eq)]
pub enum Agent {
    /// A person known to the Spine Directory Service (SDS).
    PersonSds(Box<AgentPersonSds>),
    /// Another member of staff.
    Person(Box<AgentPerson>),
    /// An organisation known to SDS.
    OrganisationSds(Box<AgentOrgSds>),
    /// Another organisation.
    Organisation(Box<AgentOrg>),
    /// A device or system.
    Device(Box<AgentDevice>),
    /// Somebody who is no agent of the health service: a relative, a carer.
    NonAgent(Box<NonAgentRole>),
    /// A place where something happened.
    IncidentalLocation(Box<IncidentalLocation>),
    /// A kind of place where care is given.
    ServiceLocation(Box<ServiceLocation>),
    /// A specimen.
    Specimen(Box<Specimen>),
}

impl std::fmt::Debug for Agent {
    /// Nothing of the content: it names people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").finish_non_exhaustive()
    }
}

const PERSON_SDS: &str = "UKCT_MT160018UK01.AgentPersonSDS";
const PERSON: &str = "UKCT_MT160018UK01.AgentPerson";
const ORG_SDS: &str = "UKCT_MT160017UK01.AgentOrgSDS";
const ORG: &str = "UKCT_MT160017UK01.AgentOrg";
const DEVICE: &str = "UKCT_MT120601UK02.AgentDevice";
const NON_AGENT: [&str; 2] = ["participantNonAgentRole", "nonAgentRole"];
const INCIDENTAL: &str = "participantIncidentalLocation";
const SERVICE: &str = "dedicatedServiceDeliveryLocation";
const SPECIMEN: &str = "specimenRole";

impl Agent {
    /// A person known to SDS.
    pub fn person_sds(profile: &RoleProfileId, user: &SdsUserId, name: Name) -> Self {
        Self::PersonSds(Box::new(AgentPersonSds {
            id: Some(Id::of(oid::SDS_ROLE_PROFILE, profile.as_str())),
            person: Some(PersonSds {
                id: Some(Id::of(oid::SDS_USER, user.as_str())),
                name: Some(name),
                ..PersonSds::default()
            }),
            ..AgentPersonSds::default()
        }))
    }

    /// An organisation known to SDS.
    pub fn organisation_sds(ods: &OdsCode, name: &str) -> Self {
        Self::OrganisationSds(Box::new(AgentOrgSds {
            organisation: Some(OrganisationSds::new(ods.as_str(), name)),
            ..AgentOrgSds::default()
        }))
    }

    /// Somebody who is related to the patient (person relationship types, OID
    /// 2.16.840.1.113883.2.1.3.2.4.16.15), with a name where that is told. `element` is
    /// `nonAgentRole` of receivers and of the authors of a patient's or carer's letters, else
    /// `participantNonAgentRole`.
    pub fn related(element: &str, code: &str, display: &str, name: Option<Name>) -> Self {
        Self::NonAgent(Box::new(NonAgentRole {
            element: element.to_owned(),
            code: Some(Code::of(PERSON_RELATIONSHIP, code, display)),
            person: name.map(|name| Person {
                name: Some(name),
                ..Person::default()
            }),
            ..NonAgentRole::default()
        }))
    }

    /// A kind of place where care is given.
    pub fn service_location(code: Code) -> Self {
        Self::ServiceLocation(Box::new(ServiceLocation {
            code: Some(code),
            ..ServiceLocation::default()
        }))
    }

    /// What to call it: the name of the person, organisation or device, or what kind of person
    /// or place it is.
    pub fn label(&self) -> Option<String> {
        let label = match self {
            Self::PersonSds(agent) => agent.person.as_ref()?.name.as_ref()?.label(),
            Self::Person(agent) => agent.name()?.label(),
            Self::OrganisationSds(agent) => agent.organisation.as_ref()?.name.as_ref()?.label(),
            Self::Organisation(agent) => agent.organisation.as_ref()?.name.as_ref()?.label(),
            Self::Device(agent) => agent.device.as_ref()?.name.as_ref()?.content.clone(),
            Self::NonAgent(role) => {
                let person = role.person.as_ref();
                let name = person.and_then(|person| person.name.as_ref());
                let kind = || role.code.as_ref()?.label().map(str::to_owned);
                name.map(Name::label).or_else(kind)?
            }
            Self::IncidentalLocation(place) => place.code.as_ref()?.label()?.to_owned(),
            Self::ServiceLocation(place) => place.code.as_ref()?.label()?.to_owned(),
            Self::Specimen(_) => return None,
        };
        Some(label).filter(|label| !label.is_empty())
    }
}

const PERSON_RELATIONSHIP: &str = "2.16.840.1.113883.2.1.3.2.4.16.15";

impl Node for Agent {
    fn accepts(found: &str, _: &str) -> bool {
        let known = [
            PERSON_SDS, PERSON, ORG_SDS, ORG, DEVICE, INCIDENTAL, SERVICE, SPECIMEN,
        ];
        known.contains(&found) || NON_AGENT.contains(&found)
    }

    fn read(element: Element<'_, '_>) -> Self {
        match element.name() {
            PERSON_SDS => Self::PersonSds(Node::read(element)),
            PERSON => Self::Person(Node::read(element)),
            ORG_SDS => Self::OrganisationSds(Node::read(element)),
            ORG => Self::Organisation(Node::read(element)),
            DEVICE => Self::Device(Node::read(element)),
            INCIDENTAL => Self::IncidentalLocation(Node::read(element)),
            SERVICE => Self::ServiceLocation(Node::read(element)),
            SPECIMEN => Self::Specimen(Node::read(element)),
            _ => Self::NonAgent(Node::read(element)),
        }
    }

    fn write(&self, w: &mut Writer, _: &str) {
        match self {
            Self::PersonSds(agent) => agent.write(w, PERSON_SDS),
            Self::Person(agent) => agent.write(w, PERSON),
            Self::OrganisationSds(agent) => agent.write(w, ORG_SDS),
            Self::Organisation(agent) => agent.write(w, ORG),
            Self::Device(agent) => agent.write(w, DEVICE),
            Self::NonAgent(role) => role.write(w, ""),
            Self::IncidentalLocation(place) => place.write(w, INCIDENTAL),
            Self::ServiceLocation(place) => place.write(w, SERVICE),
            Self::Specimen(specimen) => specimen.write(w, SPECIMEN),
        }
    }
}

node! {
    /// A person known to SDS, in a role.
    AgentPersonSds {
        fixed { "classCode" = "AGNT" }
        children {
            /// The role profile (OID 1.2.826.0.1285.0.2.0.67).
            id: Option<Id> = "id",
            /// The person.
            person: Option<PersonSds> = "agentPersonSDS",
        }
    }
}

node! {
    /// A person known to SDS.
    PersonSds {
        fixed { "classCode" = "PSN", "determinerCode" = "INSTANCE" }
        children {
            /// The user id (OID 1.2.826.0.1285.0.2.0.65).
            id: Option<Id> = "id",
            /// The name.
            name: Option<Name> = "name",
        }
    }
}

node! {
    /// A member of staff not known to SDS.
    AgentPerson {
        fixed { "classCode" = "AGNT" }
        children {
            /// The job role (OID 2.16.840.1.113883.2.1.3.2.4.17.124).
            code: Option<Code> = "code",
            /// Where.
            address: Option<Address> = "addr",
            /// How to reach them.
            telecoms: Vec<Telecom> = "telecom",
            /// The person.
            person: Option<Person> = "agentPerson",
            /// The organisation they act for.
            organisation: Option<Organisation> = "representedOrganization",
            /// The same, known to SDS.
            organisation_sds: Option<OrganisationSds> = "representedOrganizationSDS",
            /// The person they act for, known to SDS.
            represented_sds: Option<PersonSds> = "representedPersonSDS",
            /// The person they act for.
            represented: Option<Person> = "representedPerson",
            /// The form before the four above, met in stored documents.
            scoper: Option<Organisation> = "representedScoperChoice",
        }
    }
}

impl AgentPerson {
    /// The person's name; of those who only act for somebody, that person's.
    pub fn name(&self) -> Option<&Name> {
        let own = self.person.as_ref().or(self.represented.as_ref());
        let own = own.and_then(|person| person.name.as_ref());
        own.or_else(|| self.represented_sds.as_ref()?.name.as_ref())
    }
}

node! {
    /// A person.
    Person {
        fixed { "classCode" = "PSN", "determinerCode" = "INSTANCE" }
        children {
            /// The name.
            name: Option<Name> = "name",
        }
    }
}

node! {
    /// An organisation known to SDS, acting.
    AgentOrgSds {
        fixed { "classCode" = "AGNT" }
        children {
            /// The organisation.
            organisation: Option<OrganisationSds> = "agentOrganizationSDS",
        }
    }
}

node! {
    /// An organisation known to SDS.
    OrganisationSds {
        fixed { "classCode" = "ORG", "determinerCode" = "INSTANCE" }
        children {
            /// Its ODS code (OID 1.2.826.0.1285.0.1.10) or work group
            /// (1.2.826.0.1285.0.2.0.109).
            id: Option<Id> = "id",
            /// Its name.
            name: Option<Name> = "name",
        }
    }
}

impl OrganisationSds {
    /// An organisation by its ODS code.
    pub fn new(ods: &str, name: &str) -> Self {
        Self {
            id: Some(Id::of(oid::ODS, ods)),
            name: Some(Name::text(name)),
            ..Self::default()
        }
    }
}

node! {
    /// An organisation not known to SDS, acting.
    AgentOrg {
        fixed { "classCode" = "AGNT" }
        children {
            /// Its role (OID 2.16.840.1.113883.2.1.3.2.4.17.125).
            code: Option<Code> = "code",
            /// Where.
            address: Option<Address> = "addr",
            /// How to reach it.
            telecoms: Vec<Telecom> = "telecom",
            /// The organisation.
            organisation: Option<Organisation> = "agentOrganization",
            /// The organisation it acts for, known to SDS.
            represented_sds: Option<OrganisationSds> = "representedOrganizationSDS",
            /// The organisation it acts for.
            represented: Option<Organisation> = "representedOrganization",
        }
    }
}

node! {
    /// An organisation not known to SDS.
    Organisation {
        fixed { "classCode" = "ORG", "determinerCode" = "INSTANCE" }
        children {
            /// An id, which the schema has no place for.
            id: Option<Id> = "id",
            /// Where.
            address: Option<Address> = "addr",
            /// What kind: `001` for a practice.
            code: Option<Code> = "code",
            /// Its name.
            name: Option<Name> = "name",
            /// What it is, in words.
            description: Option<Text> = "desc",
            /// How to reach it, which the schema has no place for.
            telecoms: Vec<Telecom> = "telecom",
        }
    }
}

node! {
    /// A device, acting.
    AgentDevice {
        fixed { "classCode" = "AGNT" }
        children {
            /// Its role profile.
            id: Option<Id> = "id",
            /// Its role.
            code: Option<Code> = "code",
            /// The device, known to SDS.
            device_sds: Option<DeviceSds> = "agentDeviceSDS",
            /// The device.
            device: Option<Device> = "agentDevice",
            /// The organisation it acts for.
            organisation: Option<DeviceOrganisation> = "representedOrganization",
            /// The same, known to SDS.
            organisation_sds: Option<OrganisationSds> = "representedOrganizationSDS",
        }
    }
}

node! {
    /// A device known to SDS.
    DeviceSds {
        fixed { "classCode" = "DEV", "determinerCode" = "INSTANCE" }
        children {
            /// Its id.
            id: Option<Id> = "id",
        }
    }
}

node! {
    /// A device.
    Device {
        fixed { "classCode" = "DEV", "determinerCode" = "INSTANCE" }
        children {
            /// Its id.
            id: Option<Id> = "id",
            /// What kind.
            code: Option<Code> = "code",
            /// What it is called.
            name: Option<Text> = "name",
            /// What it is, in words.
            description: Option<Text> = "desc",
            /// Its model.
            model: Option<Text> = "manufacturerModelName",
            /// Its software.
            software: Option<Text> = "softwareName",
        }
    }
}

node! {
    /// The organisation that a device acts for.
    DeviceOrganisation {
        fixed { "classCode" = "ORG", "determinerCode" = "INSTANCE" }
        children {
            /// Its id.
            id: Option<Id> = "id",
            /// What kind.
            code: Option<Code> = "code",
            /// Its name.
            name: Option<Name> = "name",
            /// What it is, in words.
            description: Option<Text> = "desc",
            /// How to reach it.
            telecom: Option<Telecom> = "telecom",
            /// Where.
            address: Option<Address> = "addr",
        }
    }
}

node! {
    /// The role of somebody who is no agent of the health service.
    NonAgentRole {
        own {
            /// `nonAgentRole` or `participantNonAgentRole`.
            element: String
        }
        fixed { "classCode" = "ROL" }
        children {
            /// An id.
            id: Option<Id> = "id",
            /// How they are related to the patient (OID 2.16.840.1.113883.2.1.3.2.4.16.15).
            code: Option<Code> = "code",
            /// The person.
            person: Option<Person> = "playingNonAgentPerson",
        }
    }
}

node! {
    /// A place where something happened.
    IncidentalLocation {
        fixed { "classCode" = "ISDLOC" }
        children {
            /// What kind of place.
            code: Option<Code> = "code",
            /// Which.
            place: Option<Place> = "location",
        }
    }
}

node! {
    /// A place.
    Place {
        fixed { "classCode" = "PLC", "determinerCode" = "INSTANCE" }
        children {
            /// Its address.
            address: Option<Address> = "addr",
            /// Where it is, in words.
            position: Option<Data> = "positionText",
            /// Where it is, in coordinates.
            gps: Option<Text> = "gpsText",
            /// What it is called.
            name: Option<Name> = "name",
            /// How to reach it.
            telecom: Option<Telecom> = "telecom",
        }
    }
}

node! {
    /// A kind of place where care is given.
    ServiceLocation {
        fixed { "classCode" = "DSDLOC" }
        children {
            /// What kind.
            code: Option<Code> = "code",
        }
    }
}

node! {
    /// A specimen that an investigation made or took.
    Specimen {
        fixed { "classCode" = "SPEC" }
        children {
            /// Its id.
            id: Option<Id> = "id",
            /// `P`.
            code: Option<Code> = "code",
            /// What it is made of.
            material: Option<Material> = "specimenMaterial",
        }
    }
}

node! {
    /// What a specimen is made of.
    Material {
        fixed { "classCode" = "MAT" }
        attributes {
            /// `INSTANCE` or `KIND`.
            determiner = "determinerCode",
        }
        children {
            /// Its id.
            id: Option<Id> = "id",
            /// What it is.
            code: Option<Code> = "code",
        }
    }
}
