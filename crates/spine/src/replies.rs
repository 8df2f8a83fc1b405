//! Where the Spine's own messages go: to the addresses that the directory lists, and nowhere else.
//! An address in a message is never dialled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ebxml::Form;
use mhs::{Contract, Outgoing, Reliability, Route, Routes};
use sds::{Directory, Endpoint, Own};
use transport::{TlsFiles, TlsUpstream, Upstream, UpstreamSettings};

/// How many hosts connections are kept to. There are as many as systems with endpoints; the limit
/// is for a directory that changes all the time.
const HOSTS: usize = 256;

/// The service whose answers are sent once, whatever the directory has of its party: every published
/// contract for them says so.
const CPIS: &str = "urn:nhs:names:services:cpisquery";

/// Makes the connections to a host, given as `https://host:port`; an error says in plain words why
/// it cannot.
pub type Connect = Box<dyn Fn(&str) -> Result<Arc<dyn Upstream>, String> + Send + Sync>;

/// Looks the way of each message up in the directory, each time anew.
pub struct DirectoryRoutes {
    directory: Directory,
    own: Own,
    connect: Connect,
    hosts: Mutex<HashMap<String, Arc<dyn Upstream>>>,
}

impl DirectoryRoutes {
    /// Over mutual TLS, as this identity.
    pub fn over_tls(directory: Directory, own: Own, tls: TlsFiles) -> Self {
        let connect = move |origin: &str| {
            let settings = UpstreamSettings::new(format!("{origin}/"), tls.clone());
            let upstream = TlsUpstream::new(settings).map_err(|error| error.to_string())?;
            Ok(Arc::new(upstream) as Arc<dyn Upstream>)
        };
        Self::new(directory, own, Box::new(connect))
    }

    /// Over connections that the caller makes.
    pub fn new(directory: Directory, own: Own, connect: Connect) -> Self {
        Self {
            directory,
            own,
            connect,
            hosts: Mutex::default(),
        }
    }

    /// The connections to a host, which all messages to it share.
    fn upstream(&self, origin: &str) -> Result<Arc<dyn Upstream>, String> {
        // A panic while holding the lock leaves a map that can still be used.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(origin) {
            return Ok(Arc::clone(known));
        }
        let made = (self.connect)(origin)?;
        if hosts.len() >= HOSTS {
            // Whoever uses one keeps it for as long; all others are made anew when needed.
            hosts.clear();
        }
        hosts.insert(origin.to_owned(), Arc::clone(&made));
        Ok(made)
    }

    fn contract(&self, outgoing: &Outgoing, endpoint: &Endpoint, path: &str) -> Option<Contract> {
        let to_party = outgoing.to_party.clone()?;
        let own = self.own.party_key.clone();
        let reliability = endpoint.reliability;
        Some(Contract {
            path: path.to_owned(),
            reliability: Some(Reliability {
                retries: match outgoing.service == CPIS {
                    true => 0,
                    false => reliability.retries,
                },
                retry_interval: reliability.retry_interval,
                persist_duration: reliability.persist_duration,
            }),
            form: Form::Spine,
            ..Contract::new(own, to_party, endpoint.cpa_id.clone())
        })
    }
}

impl Routes for DirectoryRoutes {
    fn route(&self, outgoing: &Outgoing) -> Result<Route, String> {
        let to_party = outgoing.to_party.as_ref();
        let party = to_party.ok_or("the message names no party that it is for")?;
        let (service, interaction) = (&outgoing.service, &outgoing.interaction);
        let endpoint = self
            .directory
            .endpoint(party, service, interaction)
            .ok_or_else(|| {
                format!(
                    "the directory has no endpoint of party {party} for {service}:{interaction}"
                )
            })?;
        let address = &endpoint.address;
        let (origin, path) = split(address).ok_or_else(|| {
            format!("the endpoint of party {party} for {interaction} is no https URL: {address}")
        })?;
        let contract = self.contract(outgoing, &endpoint, path);
        Ok(Route {
            contract: contract.ok_or("the message names no party that it is for")?,
            upstream: self.upstream(origin)?,
        })
    }
}

/// Splits `https://host:port/path` before the path, which is `/` when there is none.
fn split(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("https://")?;
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let is_plain = !host.is_empty() && !host.contains(['@', '?', '#']);
    let origin = address.get(.."https://".len() + host.len())?;
    is_plain.then_some((origin, path))
}

#[cfg(test)]
mod tests;
