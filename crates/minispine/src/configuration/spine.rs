//! `[spine]`: the local Spine.

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::{Asid, OdsCode, PartyKey};
use serde::{Deserialize, Serialize};

use super::{Limits, Mail, SpineCpis, Tls};

/// `[spine]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spine {
    /// Address and port to listen on.
    pub(crate) address: SocketAddr,
    /// `https://host:port` under which peers reach it, for the directory and as the sender of
    /// answers; the address when absent.
    pub(crate) url: Option<String>,
    /// The organisation it belongs to, as the directory lists it; what stands before the hyphen of
    /// the party key when absent.
    pub(crate) organisation: Option<OdsCode>,
    /// The Spine's ASID.
    pub(crate) asid: Asid,
    /// The Spine's party key.
    pub(crate) party_key: PartyKey,
    /// The agreement (CPA id) that its endpoints are listed with.
    #[serde(default = "cpa_id")]
    pub(crate) cpa_id: String,
    /// Further agreements under which messages are taken; one that ends in `*` stands for all that
    /// start so. Any when absent.
    pub(crate) agreements: Option<Vec<String>>,
    /// Whether a GP Summary that follows another must say which one it replaces.
    #[serde(default)]
    pub(crate) strict_versions: bool,
    /// Our certificate, and the callers' authorities.
    pub(crate) tls: Tls,
    /// Limits of the listener.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Answer the published trigger NHS numbers as the national test harnesses do.
    #[serde(default)]
    pub(crate) scenarios: bool,
    /// `[spine.faults]`: faults on purpose, for tests of peers.
    pub(crate) faults: Option<Faults>,
    /// `[spine.directory]`: look-ups of the directory in plain HTTP, beside those behind the
    /// certificates.
    pub(crate) directory: Option<Listener>,
    /// `[spine.cpis]`: Child Protection - Information Sharing.
    #[serde(default)]
    pub(crate) cpis: SpineCpis,
    /// `[spine.mail]`: mailboxes, through which CP-IS takes uploads; none when absent.
    pub(crate) mail: Option<Mail>,
    /// `[[spine.systems]]`: who may call, and where their answers go.
    #[serde(default)]
    pub(crate) systems: Vec<sds::System>,
    /// More systems, in a file of their own that is read again when it changes.
    pub(crate) systems_file: Option<PathBuf>,
    /// The users, for look-ups of role profiles (TOML or CSV, read again when it changes).
    pub(crate) users_file: Option<PathBuf>,
}

fn cpa_id() -> String {
    "S0000000A0000000".to_owned()
}

/// `[spine.directory]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listener {
    /// Address and port. It knows no callers: keep it off public networks.
    pub(crate) address: SocketAddr,
}

/// `[spine.faults]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faults {
    /// Seed of what is left to chance: the same seed, the same faults.
    #[serde(default)]
    pub(crate) seed: u64,
    /// `[[spine.faults.rules]]`: which requests fail, and how.
    #[serde(default)]
    pub(crate) rules: Vec<FaultRule>,
}

/// `[[spine.faults.rules]]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    /// Requests that name this patient; every request when absent.
    pub(crate) patient: Option<domain::NhsNumber>,
    /// What happens to them, as in the header `X-Minispine-Fault`.
    pub(crate) fault: String,
    /// How many in a hundred.
    #[serde(default = "always")]
    pub(crate) percent: u8,
}

fn always() -> u8 {
    100
}

impl Spine {
    /// `https://host:port` under which peers reach it.
    pub(crate) fn base_url(&self) -> String {
        match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}", self.address),
        }
    }

    /// The Spine as its directory lists it. [`super::Configuration::read`] has checked that there
    /// is an organisation.
    pub(crate) fn own(&self) -> anyhow::Result<sds::Own> {
        let organisation = match &self.organisation {
            Some(organisation) => organisation.clone(),
            None => {
                let key = self.party_key.as_str();
                OdsCode::parse(key.split_once('-').map_or(key, |(ods, _)| ods))?
            }
        };
        Ok(sds::Own {
            organisation,
            asid: self.asid.clone(),
            party_key: self.party_key.clone(),
            url: self.base_url(),
            cpa_id: self.cpa_id.clone(),
            agreements: self.agreements.clone(),
        })
    }
}
