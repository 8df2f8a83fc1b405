//! A registered system: who it is, and what it may send.

use domain::{Asid, OdsCode, PartyKey};
use transport::CertificateMatch;

use crate::Endpoint;
use crate::endpoint::{ANY, is_interaction_id, is_service_interaction};
use crate::own::services;

/// Longest name, bytes.
const LONGEST_NAME: usize = 200;
/// Most ASIDs, interactions or endpoints of one system.
const MOST: usize = 1000;

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
    /// Its own ASIDs, which it may send as.
    pub asids: Vec<Asid>,
    /// The ASIDs of other systems that it may send as, on their behalf: a mini service provider
    /// asks in the name of its clients.
    pub sends_for: Vec<Asid>,
    /// The party key it sends ebXML messages as; without one it may send none.
    pub party_key: Option<PartyKey>,
    /// The interactions it may send, each as an id (`REPC_IN150016UK05`) or with its service in
    /// full (`urn:nhs:names:services:psis:REPC_IN150016UK05`); `None` for every one this Spine
    /// answers.
    pub interactions: Option<Vec<String>>,
    /// Where its messages go.
    pub endpoints: Vec<Endpoint>,
}

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

impl System {
    /// Whether it may send this interaction as this ASID.
    pub fn may_send(&self, asid: &Asid, interaction: &str) -> Result<(), Unregistered> {
        match self.asids.contains(asid) || self.sends_for.contains(asid) {
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

    /// Whether it may send this interaction, as whoever. Given without its service, the id alone
    /// decides.
    pub fn may_ask(&self, interaction: &str) -> Result<(), Unregistered> {
        match &self.interactions {
            Some(allowed) if !allowed.iter().any(|i| is_same(i, interaction)) => {
                Err(Unregistered::Interaction)
            }
            _ => Ok(()),
        }
    }

    /// Its endpoint for a service and interaction in full: the one for exactly these, else the one
    /// for everything.
    pub fn endpoint(&self, service_interaction: &str) -> Option<&Endpoint> {
        let of = |wanted: &str| self.endpoints.iter().find(|e| e.interaction == wanted);
        of(service_interaction).or_else(|| of(ANY))
    }

    /// The services and interactions it is listed with (`nhsAsSvcIA`): what it may send, and what
    /// it takes. Sorted, each once.
    pub fn service_interactions(&self) -> Vec<String> {
        let mut all: Vec<String> = match &self.interactions {
            None => services::requests().collect(),
            Some(allowed) => allowed.iter().flat_map(|i| services::in_full(i)).collect(),
        };
        for endpoint in &self.endpoints {
            match endpoint.interaction.as_str() {
                ANY => all.extend(services::replies()),
                interaction => all.push(interaction.to_owned()),
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What is wrong with it by itself, for people.
    pub fn check(&self) -> Result<(), String> {
        let name = self.name.trim();
        if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(format!(
                "the name must have 1 to {LONGEST_NAME} characters and no control characters"
            ));
        }
        check_certificate(&self.certificate)?;
        if self.asids.is_empty() {
            return Err("asids is empty: the system could send nothing".to_owned());
        }
        let allowed = self.interactions.as_deref().unwrap_or_default();
        for (key, count) in [
            ("asids", self.asids.len()),
            ("sends_for", self.sends_for.len()),
            ("interactions", allowed.len()),
            ("endpoints", self.endpoints.len()),
        ] {
            if count > MOST {
                return Err(format!("{key} has more than {MOST} entries"));
            }
        }
        let known = |i: &&String| is_interaction_id(i) || is_service_interaction(i);
        if let Some(wrong) = allowed.iter().find(|i| !known(i)) {
            return Err(format!(
                "interactions: {wrong:?} is neither an interaction id nor one with its service in \
                 full, like urn:nhs:names:services:psis:REPC_IN150016UK05"
            ));
        }
        let asids: Vec<&Asid> = self.asids.iter().chain(&self.sends_for).collect();
        if let Some(twice) = twice(&asids) {
            return Err(format!("asids, sends_for: {twice} is there twice"));
        }
        self.check_endpoints()
    }

    fn check_endpoints(&self) -> Result<(), String> {
        if !self.endpoints.is_empty() && self.party_key.is_none() {
            return Err("endpoints need a party_key: answers are addressed to it".to_owned());
        }
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            let wrong = |why: String| format!("endpoints[{at}]: {why}");
            endpoint.check().map_err(wrong)?;
        }
        let interactions: Vec<_> = self.endpoints.iter().map(|e| &e.interaction).collect();
        match twice(&interactions) {
            Some(twice) => Err(format!("endpoints: interaction {twice} is there twice")),
            None => Ok(()),
        }
    }
}

fn check_certificate(certificate: &CertificateMatch) -> Result<(), String> {
    match certificate {
        CertificateMatch::CommonName(name) if name.trim().is_empty() => {
            Err("certificate.common_name is empty".to_owned())
        }
        CertificateMatch::Fingerprint(hex)
            if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            Err("certificate.fingerprint must be 64 hex digits (SHA-256)".to_owned())
        }
        _ => Ok(()),
    }
}

/// Whether both name one interaction: either may be without its service.
fn is_same(registered: &str, asked: &str) -> bool {
    let id = |text: &'_ str| text.rsplit(':').next().map(str::to_owned);
    registered == asked
        || (!(registered.contains(':') && asked.contains(':')) && id(registered) == id(asked))
}

fn twice<T: PartialEq>(items: &[T]) -> Option<&T> {
    let mut seen = items.iter().enumerate();
    let found = seen.find(|(at, item)| items.iter().take(*at).any(|other| other == *item));
    found.map(|(_, item)| item)
}
