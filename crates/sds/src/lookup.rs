//! What a look-up in SDS finds: the accredited systems (`nhsAs`) and message handling systems
//! (`nhsMhs`) among the Spine itself and everybody registered. The rules of the SDS FHIR API.

use domain::{Asid, OdsCode, PartyKey};
use serde::Serialize;

use crate::endpoint::ANY;
use crate::own::services::{self, Pattern};
use crate::{Directory, Endpoint, Own, Reliability, System};

mod forwarded;

/// Which accredited systems are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceQuery {
    /// Whose (`nhsIDCode`).
    pub organisation: OdsCode,
    /// Doing what (`nhsAsSvcIA`), in full.
    pub service_interaction: String,
    /// With this party key (`nhsMhsPartyKey`).
    pub party_key: Option<PartyKey>,
    /// Made by whom (`nhsMhsManufacturerOrg`).
    pub manufacturer: Option<OdsCode>,
}

/// Which endpoints are meant. SDS asks for two of the three at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointQuery {
    /// Whose (`nhsIDCode`).
    pub organisation: Option<OdsCode>,
    /// For what (`nhsMhsSvcIA`), in full.
    pub service_interaction: Option<String>,
    /// Of this party (`nhsMhsPartyKey`).
    pub party_key: Option<PartyKey>,
}

/// An accredited system (`nhsAs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccreditedSystem {
    /// `uniqueIdentifier`
    pub asid: Asid,
    /// `nhsMhsPartyKey`
    pub party_key: Option<PartyKey>,
    /// `nhsIDCode`, which is also its `nhsAsClient`
    pub organisation: OdsCode,
    /// `nhsMhsManufacturerOrg`
    pub manufacturer: Option<OdsCode>,
    /// `nhsAsSvcIA`
    pub service_interactions: Vec<String>,
}

/// Where messages of one service and interaction go (`nhsMhs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageHandling {
    /// `nhsIDCode`
    pub organisation: Option<OdsCode>,
    /// `nhsMhsPartyKey`
    pub party_key: PartyKey,
    /// `nhsMhsSvcIA`
    pub service_interaction: String,
    /// `nhsMHSEndPoint`
    pub address: String,
    /// The host of the party's own address (`nhsMhsFQDN`).
    pub fqdn: String,
    /// `nhsMhsCPAId`, which is also its `uniqueIdentifier`
    pub cpa_id: String,
    /// The contract properties.
    pub contract: ContractProperties,
}

/// How messages are to travel, in SDS's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContractProperties {
    /// `nhsMHSSyncReplyMode`
    pub sync_reply_mode: Option<&'static str>,
    /// `nhsMHSAckRequested`
    pub ack_requested: &'static str,
    /// `nhsMHSDuplicateElimination`
    pub duplicate_elimination: &'static str,
    /// `nhsMHSActor`
    pub actor: Option<&'static str>,
    /// `nhsMHSRetries`
    pub retries: Option<u32>,
    /// `nhsMHSRetryInterval`
    pub retry_interval: Option<String>,
    /// `nhsMHSPersistDuration`
    pub persist_duration: Option<String>,
}

/// The Spine, if it is known, and everybody registered.
#[derive(Debug, Clone)]
pub struct Lookup {
    own: Option<Own>,
    directory: Directory,
}

impl Lookup {
    /// Looks among the registered systems, and the Spine itself where that is known.
    pub fn new(own: Option<Own>, directory: Directory) -> Self {
        Self { own, directory }
    }

    /// The accredited systems that are meant, the Spine first. A system without an organisation is
    /// not found.
    pub fn devices(&self, query: &DeviceQuery) -> Vec<AccreditedSystem> {
        let systems = self.directory.systems();
        let own = self.own.iter().map(own_device);
        let theirs = systems
            .iter()
            .filter(|system| system.organisation.as_ref() == Some(&query.organisation));
        let all = own.chain(theirs.flat_map(|system| devices_of(system)));
        all.filter(|device| query.means(device)).collect()
    }

    /// The endpoints that are meant, those of the Spine first. Where messages are for the Spine to
    /// pass on, the address is the Spine's.
    pub fn endpoints(&self, query: &EndpointQuery) -> Vec<MessageHandling> {
        let own = self.own.iter().flat_map(|own| {
            let listed = |endpoint: Endpoint| {
                let service_interaction = endpoint.interaction.clone();
                let organisation = Some(own.organisation.clone());
                handling(organisation, &own.party_key, service_interaction, &endpoint)
            };
            own.endpoints().into_iter().map(listed)
        });
        let systems = self.directory.systems();
        let theirs = systems
            .iter()
            .flat_map(|system| endpoints_of(system, query));
        let mut found: Vec<_> = own.chain(theirs).filter(|e| query.means(e)).collect();
        if let Some(own) = &self.own {
            forwarded::readdress(&mut found, &own.endpoints());
        }
        found
    }

    /// Whether the directory's file cannot be used as it is now.
    pub(crate) fn is_behind(&self) -> bool {
        self.directory.is_behind()
    }
}

fn own_device(own: &Own) -> AccreditedSystem {
    AccreditedSystem {
        asid: own.asid.clone(),
        party_key: Some(own.party_key.clone()),
        organisation: own.organisation.clone(),
        manufacturer: None,
        service_interactions: own.endpoints().into_iter().map(|e| e.interaction).collect(),
    }
}

fn devices_of(system: &System) -> Vec<AccreditedSystem> {
    let Some(organisation) = &system.organisation else {
        return Vec::new();
    };
    let service_interactions = system.service_interactions();
    let device = |asid: &Asid| AccreditedSystem {
        asid: asid.clone(),
        party_key: system.party_key.clone(),
        organisation: organisation.clone(),
        manufacturer: system.manufacturer.clone(),
        service_interactions: service_interactions.clone(),
    };
    system.asids.iter().map(device).collect()
}

/// A system's endpoints, each with a service and interaction of its own: the one for everything
/// stands for what is asked for, or for all the Spine's replies.
fn endpoints_of(system: &System, query: &EndpointQuery) -> Vec<MessageHandling> {
    let Some(party) = &system.party_key else {
        return Vec::new();
    };
    let is_other = |wanted: &PartyKey| wanted != party;
    if query.party_key.as_ref().is_some_and(is_other) {
        return Vec::new();
    }
    let handling = |interaction: String, endpoint: &Endpoint| {
        handling(system.organisation.clone(), party, interaction, endpoint)
    };
    if let Some(wanted) = &query.service_interaction {
        let found = system.endpoint(wanted);
        return found
            .map(|e| handling(wanted.clone(), e))
            .into_iter()
            .collect();
    }
    let mut all = Vec::new();
    for endpoint in &system.endpoints {
        if endpoint.interaction != ANY {
            all.push(handling(endpoint.interaction.clone(), endpoint));
            continue;
        }
        let is_named = |reply: &String| system.endpoints.iter().any(|e| e.interaction == *reply);
        let others = services::replies().filter(|reply| !is_named(reply));
        all.extend(others.map(|reply| handling(reply, endpoint)));
    }
    all
}

fn handling(
    organisation: Option<OdsCode>,
    party: &PartyKey,
    service_interaction: String,
    endpoint: &Endpoint,
) -> MessageHandling {
    let pattern = services::pattern(&service_interaction);
    MessageHandling {
        organisation,
        party_key: party.clone(),
        contract: ContractProperties::of(pattern, endpoint.reliability),
        service_interaction,
        address: endpoint.address.clone(),
        fqdn: endpoint.host().to_owned(),
        cpa_id: endpoint.cpa_id.clone(),
    }
}

impl DeviceQuery {
    fn means(&self, device: &AccreditedSystem) -> bool {
        let wanted = &self.service_interaction;
        device.organisation == self.organisation
            && device.service_interactions.contains(wanted)
            && (self.party_key.is_none() || device.party_key == self.party_key)
            && (self.manufacturer.is_none() || device.manufacturer == self.manufacturer)
    }
}

impl EndpointQuery {
    fn means(&self, found: &MessageHandling) -> bool {
        let interaction = self.service_interaction.as_ref();
        (self.organisation.is_none() || found.organisation == self.organisation)
            && interaction.is_none_or(|wanted| *wanted == found.service_interaction)
            && self
                .party_key
                .as_ref()
                .is_none_or(|key| *key == found.party_key)
    }
}

impl ContractProperties {
    fn of(pattern: Pattern, reliability: Reliability) -> Self {
        let is_reliable = pattern == Pattern::Reliable;
        let always = if is_reliable { "always" } else { "never" };
        let interval = reliability.retry_interval.to_string();
        let persist = reliability.persist_duration.to_string();
        Self {
            sync_reply_mode: (pattern != Pattern::Plain).then_some("MSHSignalsOnly"),
            ack_requested: always,
            duplicate_elimination: always,
            actor: is_reliable.then_some("urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"),
            retries: is_reliable.then_some(reliability.retries),
            retry_interval: is_reliable.then_some(interval),
            persist_duration: is_reliable.then_some(persist),
        }
    }
}

#[cfg(test)]
mod tests;
