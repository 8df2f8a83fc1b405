//! A system as an operator writes it.

use domain::{Asid, OdsCode, PartyKey};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use transport::CertificateMatch;

use crate::endpoint::duration;
use crate::{Endpoint, Reliability, System};

/// `[[systems]]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<OdsCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manufacturer: Option<OdsCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    party_key: Option<PartyKey>,
    asids: Vec<Asid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sends_for: Vec<Asid>,
    certificate: Certificate,
    #[serde(skip_serializing_if = "Option::is_none")]
    interactions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    endpoints: Vec<EndpointEntry>,
}

/// `[[systems.endpoints]]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointEntry {
    interaction: String,
    address: String,
    cpa_id: String,
    #[serde(default = "retries")]
    retries: u32,
    #[serde(default = "retry_interval", with = "duration")]
    retry_interval: SignedDuration,
    #[serde(default = "persist_duration", with = "duration")]
    persist_duration: SignedDuration,
}

fn retries() -> u32 {
    Reliability::default().retries
}

fn retry_interval() -> SignedDuration {
    Reliability::default().retry_interval
}

fn persist_duration() -> SignedDuration {
    Reliability::default().persist_duration
}

/// How a certificate is recognised: one of the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    #[serde(skip_serializing_if = "Option::is_none")]
    common_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

impl<'de> Deserialize<'de> for System {
    /// Reads what stands in `[[systems]]`, without checking it: see [`System::check`].
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let entry = Entry::deserialize(from)?;
        let certificate = match (entry.certificate.common_name, entry.certificate.fingerprint) {
            (Some(name), None) => CertificateMatch::CommonName(name),
            (None, Some(hex)) => CertificateMatch::Fingerprint(hex.to_ascii_lowercase()),
            _ => {
                return Err(serde::de::Error::custom(
                    "certificate needs either common_name or fingerprint",
                ));
            }
        };
        Ok(Self {
            name: entry.name.trim().to_owned(),
            organisation: entry.organisation,
            manufacturer: entry.manufacturer,
            certificate,
            asids: entry.asids,
            sends_for: entry.sends_for,
            party_key: entry.party_key,
            interactions: entry.interactions,
            endpoints: entry.endpoints.into_iter().map(Endpoint::from).collect(),
        })
    }
}

impl Serialize for System {
    /// Writes it as it stands in `[[systems]]`.
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut certificate = Certificate::default();
        match &self.certificate {
            CertificateMatch::CommonName(name) => certificate.common_name = Some(name.clone()),
            CertificateMatch::Fingerprint(hex) => certificate.fingerprint = Some(hex.clone()),
        }
        let entry = Entry {
            name: self.name.clone(),
            organisation: self.organisation.clone(),
            manufacturer: self.manufacturer.clone(),
            party_key: self.party_key.clone(),
            asids: self.asids.clone(),
            sends_for: self.sends_for.clone(),
            certificate,
            interactions: self.interactions.clone(),
            endpoints: self.endpoints.iter().map(EndpointEntry::from).collect(),
        };
        entry.serialize(to)
    }
}

impl Serialize for Endpoint {
    /// Writes it as it stands in `[[systems.endpoints]]`.
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        EndpointEntry::from(self).serialize(to)
    }
}

impl From<EndpointEntry> for Endpoint {
    fn from(entry: EndpointEntry) -> Self {
        Self {
            interaction: entry.interaction,
            address: entry.address,
            cpa_id: entry.cpa_id,
            reliability: Reliability {
                retries: entry.retries,
                retry_interval: entry.retry_interval,
                persist_duration: entry.persist_duration,
            },
        }
    }
}

impl From<&Endpoint> for EndpointEntry {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            interaction: endpoint.interaction.clone(),
            address: endpoint.address.clone(),
            cpa_id: endpoint.cpa_id.clone(),
            retries: endpoint.reliability.retries,
            retry_interval: endpoint.reliability.retry_interval,
            persist_duration: endpoint.reliability.persist_duration,
        }
    }
}
