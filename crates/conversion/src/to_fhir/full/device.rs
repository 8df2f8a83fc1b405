//! Devices: the systems that found something.

use fhir::{
    Annotation, Device, DeviceName, DeviceVersion, Identifier, PractitionerRole, Reference, system,
};
use hl7v3::gp_summary::model::{self, AgentDevice, Text};

use super::concept::concept;
use super::{Work, said};
use crate::codes::identifier_to_fhir;

impl Work<'_, '_> {
    /// A device, its owner, and the role in which it took part. The role belongs to the owner, as
    /// R4 has no role for devices.
    pub(super) fn device(&mut self, agent: &AgentDevice) -> Reference {
        let owner = match (&agent.organisation, &agent.organisation_sds) {
            (Some(organisation), _) => Some(self.owner(organisation)),
            (None, Some(organisation)) => Some(self.organisation_sds(organisation)),
            (None, None) => None,
        };
        // Without an owner nothing would lead from the role to the device.
        let owner = owner.unwrap_or_else(|| self.owner(&model::DeviceOrganisation::default()));
        let owner_id = owner.id.clone().unwrap_or_default();
        let owned = Reference::to("Organization", &owner_id);
        let mut device = agent.device.as_ref().map(described).unwrap_or_default();
        let sds = agent.device_sds.as_ref().and_then(|sds| sds.id.as_ref());
        if let Some(number) = sds.and_then(|id| id.extension.as_deref()) {
            device
                .identifier
                .insert(0, Identifier::new(system::SDS_DEVICE, number));
        }
        let role = agent.id.as_ref().and_then(identifier_to_fhir);
        device.identifier.extend(role);
        device.id = self.id();
        device.owner = Some(owned.clone());
        self.push(device);
        self.push(owner);
        let (id, role) = self.new_id("PractitionerRole");
        self.push(PractitionerRole {
            id: Some(id),
            organization: Some(owned),
            code: agent.code.as_ref().and_then(concept).into_iter().collect(),
            ..PractitionerRole::default()
        });
        role
    }
}

fn described(device: &model::Device) -> Device {
    let words = |text: &Option<Text>| said(text.as_ref()?.content.trim());
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
    let number = device.id.as_ref().and_then(|id| id.extension.as_deref());
    Device {
        identifier: number.map(Identifier::of).into_iter().collect(),
        r#type: device.code.as_ref().and_then(concept),
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
    }
}
