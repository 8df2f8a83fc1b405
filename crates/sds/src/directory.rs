//! The registered systems: who is calling, and where their answers go.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::PartyKey;
use transport::{CertificateMatch, PeerCertificate, Shutdown};

use crate::reload::{Reloading, Source};
use crate::text::Listed;
use crate::{Endpoint, FileError, System, Unregistered};

mod edit;
mod entry;
mod file;
mod unique;

pub use edit::SystemsFile;

/// Every registered system. Cheap to clone; a clone sees the same data.
#[derive(Debug, Clone)]
pub struct Directory(Arc<Reloading<Entries>>);

/// Systems of the configuration, and a file beside them.
#[derive(Debug, Default)]
struct Entries {
    fixed: Vec<Listed<System>>,
    path: Option<PathBuf>,
}

/// The systems, by what they are looked for with.
#[derive(Debug, Default)]
struct Systems {
    all: Vec<Arc<System>>,
    fingerprints: HashMap<String, Arc<System>>,
    names: HashMap<String, Arc<System>>,
    parties: HashMap<PartyKey, Arc<System>>,
}

impl Directory {
    /// A directory of these systems, which stay as they are. Of two that claim one certificate or
    /// party key, the first has it.
    pub fn new(systems: Vec<System>) -> Self {
        let systems = Systems::new(systems);
        Self(Arc::new(Reloading::fixed(Entries::default(), systems)))
    }

    /// The directory of these systems, and of those of a file (TOML) if there is one. Refused when
    /// two have the same name, ASID, party key or certificate.
    pub fn open(entries: Vec<System>, file: Option<PathBuf>) -> Result<Self, FileError> {
        let listed = |(at, entry)| Listed {
            place: format!("spine.systems[{at}]"),
            entry,
        };
        let entries = Entries {
            fixed: entries.into_iter().enumerate().map(listed).collect(),
            path: file,
        };
        Ok(Self(Arc::new(Reloading::open(entries)?)))
    }

    /// The system a certificate belongs to, as it stands now. A fingerprint is the closer match and
    /// wins.
    pub fn system(
        &self,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Arc<System>, Unregistered> {
        let certificate = certificate.ok_or(Unregistered::Certificate)?;
        let systems = self.0.current();
        let by_print = || {
            let print = certificate.fingerprint.to_ascii_lowercase();
            systems.fingerprints.get(&print)
        };
        let by_name = || systems.names.get(&certificate.common_name);
        let found = by_print().or_else(by_name);
        // The one rule about who is meant stands with the certificate.
        let found = found.filter(|system| system.certificate.is(certificate));
        found.cloned().ok_or(Unregistered::Certificate)
    }

    /// Every system, as it stands now, in the order of configuration and file.
    pub fn systems(&self) -> Vec<Arc<System>> {
        self.0.current().all.clone()
    }

    /// The system with a party key, as it stands now.
    pub fn party(&self, party: &PartyKey) -> Option<Arc<System>> {
        self.0.current().parties.get(party).cloned()
    }

    /// Where a party takes messages of an interaction (`service` in full, like
    /// `urn:nhs:names:services:psis`): the endpoint for exactly this, else the one for everything.
    pub fn endpoint(&self, party: &PartyKey, service: &str, interaction: &str) -> Option<Endpoint> {
        let system = self.party(party)?;
        system
            .endpoint(&format!("{service}:{interaction}"))
            .cloned()
    }

    /// Looks at the file every so often until the process stops, and takes over what changed. Ends
    /// at once for a directory without a file.
    pub async fn watch(self, every: Duration, shutdown: Shutdown) {
        self.0.watch(every, shutdown).await;
    }

    /// Reads the file again. When it cannot be used nothing changes.
    pub fn reload(&self) -> Result<(), FileError> {
        self.0.reload()
    }

    /// Whether the file has changed into something that cannot be used, so that what is known is
    /// older than it.
    pub fn is_behind(&self) -> bool {
        self.0.is_refused()
    }
}

impl Systems {
    fn new(systems: Vec<System>) -> Self {
        let mut known = Self::default();
        for system in systems {
            let system = Arc::new(system);
            let (map, key) = match &system.certificate {
                CertificateMatch::Fingerprint(hex) => {
                    (&mut known.fingerprints, hex.to_ascii_lowercase())
                }
                CertificateMatch::CommonName(name) => (&mut known.names, name.clone()),
            };
            map.entry(key).or_insert_with(|| Arc::clone(&system));
            if let Some(party) = &system.party_key {
                let place = known.parties.entry(party.clone());
                place.or_insert_with(|| Arc::clone(&system));
            }
            known.all.push(system);
        }
        known
    }
}

impl Source for Entries {
    type Value = Systems;

    const WHAT: &'static str = "systems";
    const METRIC: &'static str = "minispine_systems_reloads_total";

    fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn read(&self) -> Result<Systems, FileError> {
        let mut listed = self.fixed.clone();
        if let Some(path) = &self.path {
            listed.extend(file::read(path)?);
        }
        unique::check(&listed)?;
        let systems = listed.into_iter().map(|listed| listed.entry);
        Ok(Systems::new(systems.collect()))
    }

    fn count(systems: &Systems) -> usize {
        systems.all.len()
    }
}

#[cfg(test)]
mod tests;
