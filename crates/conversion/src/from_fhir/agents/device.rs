//! Devices: the systems that found something.

use fhir::{Device, Identifier, Organization, PractitionerRole, system};
use hl7v3::gp_summary::model::{
    self, Agent, AgentDevice, Code, DeviceOrganisation, DeviceSds, Id, Name, Text,
};

use super::organisation::{Form, kind};
use super::parts::{address, telecom};
use crate::codes;
use crate::from_fhir::resources::{Found, literal};
use crate::from_fhir::work::Work;

impl<'a> Work<'a, '_> {
    /// A role without a person: the device that its organisation owns, else the organisation.
    pub(super) fn without_person(&mut self, role: Found<'a, PractitionerRole>) -> Option<Agent> {
        role.resource.organization.as_ref()?;
        let organisation = self.organisation_of(role)?;
        match self.owned(organisation).as_slice() {
            [] => self.acting_organisation(organisation, Some(role)),
            [device, ..] => self.acting_device(*device, Some(organisation), Some(role)),
        }
    }

    /// Nationally the author of a finding is a device.
    pub(in crate::from_fhir) fn device_author(
        &mut self,
        role: Found<'a, PractitionerRole>,
    ) -> Option<Agent> {
        let organisation = self.organisation_of(role)?;
        let text = literal(role.resource.organization.as_ref()).unwrap_or_default();
        match self.owned(organisation).as_slice() {
            [device] => self.acting_device(*device, Some(organisation), None),
            [] => {
                let rule = format!("Bundle is missing Device resource referencing {text}");
                self.national(&role.path("organization"), rule);
                None
            }
            _ => {
                let rule = format!("Bundle has more than 1 Device resource referencing {text}");
                self.national(&role.path("organization"), rule);
                None
            }
        }
    }

    /// The devices that an organisation owns.
    fn owned(&self, organisation: Found<'_, Organization>) -> Vec<Found<'a, Device>> {
        let devices = self.resources.all::<Device>();
        devices
            .filter(|device| {
                let owner = literal(device.resource.owner.as_ref());
                owner.and_then(|it| self.resources.place(it)) == Some(organisation.at)
            })
            .collect()
    }

    /// A device, acting for an organisation: the one given, else its owner.
    pub(super) fn acting_device(
        &mut self,
        found: Found<'a, Device>,
        organisation: Option<Found<'a, Organization>>,
        role: Option<Found<'a, PractitionerRole>>,
    ) -> Option<Agent> {
        let device = found.resource;
        let first = device.identifier.first();
        let id = self.device_role(device);
        let is_role = !self.is_compatible() && first.is_some_and(is_role);
        let value = first
            .and_then(|it| it.value.as_deref())
            .filter(|_| !is_role);
        let mut agent = AgentDevice {
            id,
            code: role.and_then(|role| self.job_role(role, codes::JOB_ROLE_NAME_OID)),
            ..AgentDevice::default()
        };
        let is_sds = first.and_then(|it| it.system.as_deref()) == Some(system::SDS_DEVICE);
        if is_sds {
            let Some(value) = value else {
                self.national(
                    &found.path("identifier"),
                    "Device.identifier.value is missing",
                );
                return None;
            };
            agent.device_sds = Some(DeviceSds {
                id: Some(Id::of(domain::oid::ASID, value)),
                ..DeviceSds::default()
            });
        } else {
            agent.device = Some(self.described(found, value)?);
        }
        let owner = device.owner.as_ref();
        let organisation = organisation.or_else(|| self.resources.follow(owner));
        if let Some(organisation) = organisation {
            self.owned_by(&mut agent, organisation)?;
        }
        Some(Agent::Device(Box::new(agent)))
    }

    /// The role of a device: nationally its first identifier; in full the one that is neither
    /// its directory id nor its own.
    fn device_role(&self, device: &Device) -> Option<Id> {
        let first = device.identifier.first()?;
        if self.is_compatible() {
            return first.value.as_deref().map(Id::uuid);
        }
        let said = device.identifier.iter().find(|it| is_role(it));
        let second = device.identifier.get(1);
        codes::identifier_to_v3(said.or(second).unwrap_or(first))
    }

    fn described(
        &mut self,
        found: Found<'_, Device>,
        value: Option<&str>,
    ) -> Option<model::Device> {
        let device = found.resource;
        let coding = device.r#type.as_ref().and_then(|it| it.coding.first());
        if coding.is_none() && self.is_compatible() {
            self.national(
                &found.path("type"),
                "Missing mandatory elements: Device.type",
            );
            return None;
        }
        let system = |uri: Option<&str>| match self.is_compatible() {
            true => Some("ABC".to_owned()),
            false => uri.and_then(codes::system_to_v3),
        };
        let called = |kind: &str| {
            let mut names = device.device_name.iter();
            let name = names.find(|name| name.r#type.as_deref() == Some(kind))?;
            Some(Text::new(name.name.as_deref()?))
        };
        let note = device.note.first().and_then(|note| note.text.as_deref());
        let version = device.version.first();
        let version = version.and_then(|version| version.value.as_deref());
        Some(model::Device {
            id: value.map(|value| Id::of(domain::oid::ASID, value)),
            code: coding.map(|coding| Code {
                code: coding.code.clone(),
                system: system(coding.system.as_deref()),
                display: coding.display.clone(),
                ..Code::default()
            }),
            name: called("other"),
            description: note.map(Text::new),
            model: called("manufacturer-name"),
            software: version.map(Text::new),
            ..model::Device::default()
        })
    }

    fn owned_by(&mut self, agent: &mut AgentDevice, found: Found<'a, Organization>) -> Option<()> {
        let organisation = found.resource;
        let Some(kind) = kind(organisation) else {
            match self.form(found)? {
                Some(Form::Sds(mut sds)) => {
                    if let (Some(id), true) = (&mut sds.id, self.is_compatible()) {
                        id.root = Some(domain::oid::ODS.to_owned());
                    }
                    agent.organisation_sds = Some(sds);
                }
                Some(Form::Plain(plain)) => {
                    agent.organisation = Some(DeviceOrganisation {
                        name: plain.name,
                        ..DeviceOrganisation::default()
                    });
                }
                None => {}
            }
            return Some(());
        };
        let identifier = organisation.identifier.first();
        let id = match self.is_compatible() {
            true => identifier
                .and_then(|it| it.value.as_deref())
                .map(|value| Id::of(domain::oid::ODS, value)),
            false => identifier.and_then(codes::identifier_to_v3),
        };
        let profile = self.profile;
        let contact = organisation.telecom.first();
        agent.organisation = Some(DeviceOrganisation {
            id,
            code: Some(Code::plain(kind)),
            name: organisation.name.as_deref().map(Name::text),
            telecom: contact.map(|contact| telecom(contact, profile)),
            address: organisation
                .address
                .first()
                .and_then(|it| address(it, profile)),
            ..DeviceOrganisation::default()
        });
        Some(())
    }
}

/// Whether an identifier is that of the role in which a device acts: it says its numbering, and
/// it is not that of the directory's devices.
fn is_role(identifier: &Identifier) -> bool {
    let said = identifier.system.as_deref();
    said.is_some_and(|said| said != system::SDS_DEVICE)
}
