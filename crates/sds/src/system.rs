//! Accredited systems and their endpoints.

use std::sync::Arc;

use domain::{Asid, OdsCode, PartyKey};
use transport::{CertificateMatch, PeerCertificate};

/// A system that may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// A name for logs and audit.
    pub name: String,
    /// The organisation it belongs to (`nhsIDCode`).
    pub organisation: Option<OdsCode>,
    /// Who makes it (`nhsMhsManufacturerOrg`).
    pub manufacturer: Option<OdsCode>,
    /// How its certificate is recognised.
    pub certificate: CertificateMatch,
    /// The ASIDs it may send as.
    pub asids: Vec<Asid>,
    /// The party key it sends ebXML messages as; without one it may send none.
    pub party_key: Option<PartyKey>,
    /// The interaction ids it may send; `None` for every one this Spine answers.
    pub interactions: Option<Vec<String>>,
    /// Where its messages go.
    pub endpoints: Vec<Endpoint>,
}

/// Where a system takes messages of one interaction, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Service and interaction (`nhsMhsSvcIA`): `urn:nhs:names:services:psis:MCCI_IN010000UK13`;
    /// `*` for every one that has no endpoint of its own.
    pub interaction: String,
    /// `https://host:port/path` (`nhsMHSEndPoint`).
    pub address: String,
    /// The agreement's id (`nhsMhsCPAId`).
    pub cpa_id: String,
    /// How messages are repeated.
    pub reliability: Reliability,
}

/// How messages are repeated (the contract properties of SDS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reliability {
    /// How often a message is sent again after the first time.
    pub retries: u32,
    /// How long after the last time.
    pub retry_interval: jiff::SignedDuration,
    /// How long after the first time it is given up, and how long its id is remembered.
    pub persist_duration: jiff::SignedDuration,
}

/// The Spine itself, as its directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Its organisation.
    pub organisation: OdsCode,
    /// Its ASID.
    pub asid: Asid,
    /// Its party key.
    pub party_key: PartyKey,
    /// `https://host:port`, under which its services are.
    pub url: String,
    /// The agreement that its endpoints are listed with.
    pub cpa_id: String,
    /// The agreements it takes messages under; `None` for any. One that ends in `*` stands for all
    /// that start so.
    pub agreements: Option<Vec<String>>,
}

/// Everything that is registered. Cheap to clone; a clone sees the same data.
#[derive(Debug, Clone)]
pub struct Directory(Arc<Vec<System>>);

/// Why a caller is turned away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unregistered {
    /// The certificate belongs to no system.
    #[error("the client certificate is not registered with this Spine")]
    Certificate,
    /// The message names an ASID that is not one of this system's.
    #[error("the sending ASID is not registered for this client certificate")]
    Asid,
    /// The message names a party key that is not this system's.
    #[error("the sending party key is not registered for this client certificate")]
    Party,
    /// The system may not send this interaction.
    #[error("the system is not registered for this interaction")]
    Interaction,
}

impl Directory {
    /// A directory of these systems.
    pub fn new(systems: Vec<System>) -> Self {
        Self(Arc::new(systems))
    }

    /// The system a certificate belongs to, as it stands now.
    pub fn system(
        &self,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Arc<System>, Unregistered> {
        let certificate = certificate.ok_or(Unregistered::Certificate)?;
        let found = self
            .0
            .iter()
            .find(|system| system.certificate.is(certificate));
        found
            .map(|system| Arc::new(system.clone()))
            .ok_or(Unregistered::Certificate)
    }

    /// Where a party takes messages of an interaction (`service` in full).
    pub fn endpoint(&self, party: &PartyKey, service: &str, interaction: &str) -> Option<Endpoint> {
        let _ = (party, service, interaction);
        todo!()
    }
}

impl System {
    /// Whether it may send this interaction as this ASID.
    pub fn may_send(&self, asid: &Asid, interaction: &str) -> Result<(), Unregistered> {
        match self.asids.contains(asid) {
            true => self.may_ask(interaction),
            false => Err(Unregistered::Asid),
        }
    }

    /// Whether it may send ebXML messages as this party.
    pub fn may_speak_as(&self, party: &PartyKey) -> Result<(), Unregistered> {
        match &self.party_key {
            Some(own) if own == party => Ok(()),
            _ => Err(Unregistered::Party),
        }
    }

    /// Whether it may send this interaction, as whoever.
    pub fn may_ask(&self, interaction: &str) -> Result<(), Unregistered> {
        match &self.interactions {
            Some(allowed) if !allowed.iter().any(|i| i == interaction) => {
                Err(Unregistered::Interaction)
            }
            _ => Ok(()),
        }
    }
}
