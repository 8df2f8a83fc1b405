//! The configuration file: every key, its default, and what is checked before anything starts.
//!
//! Unknown keys are refused with their name. Relative paths are relative to the file itself.

mod check;
mod cpis;
mod scr_api;
mod smsp;
mod spine;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub(crate) use cpis::{CpisReliable, Mail, SmspCpis, SpineCpis, Way, Workflows, check_digit};
pub(crate) use scr_api::{Application, Author, ScrApi, SpineBehind, Tokens};
pub(crate) use spine::{Faults, Listener, Spine};

pub(crate) use smsp::{
    Access, Alerts, Client, Rules, ScrCodes, Signature, Signatures, Smsp, Upstream,
};

/// A whole configuration file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// Logs.
    #[serde(default)]
    pub(crate) log: Log,
    /// The admin port: health, readiness, metrics. Plain HTTP; keep it off public networks.
    pub(crate) admin: Option<Admin>,
    /// Where documents, permissions and the audit are kept.
    pub(crate) store: StoreFile,
    /// The Spine Mini Service Provider.
    pub(crate) smsp: Option<Smsp>,
    /// The local Spine.
    pub(crate) spine: Option<Spine>,
    /// The SCR FHIR API.
    pub(crate) scr_api: Option<ScrApi>,
}

/// `[log]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// `text` or `json`.
    pub(crate) format: LogFormat,
    /// Least severe level: `error`, `warn`, `info`, `debug`.
    pub(crate) level: String,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

/// `[admin]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Admin {
    /// Address and port.
    pub(crate) address: SocketAddr,
}

/// `[store]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreFile {
    /// The SQLite file.
    pub(crate) path: PathBuf,
}

/// PEM files of one side of a mutual-TLS connection.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// Our certificate, followed by any intermediate ones.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
    /// Authorities the other side's certificate is checked against.
    pub(crate) authorities: PathBuf,
    /// Certificate revocation lists; none are checked when absent.
    pub(crate) revoked: Option<PathBuf>,
}

/// `[smsp.limits]`, `[spine.limits]`: durations in seconds.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Largest request body, bytes.
    pub(crate) body_bytes: usize,
    /// Connections at one time.
    pub(crate) connections: usize,
    /// Requests worked on at one time.
    pub(crate) concurrency: usize,
    /// Longest a request may take once it has been read.
    pub(crate) request_seconds: u64,
    /// Longest a body may take to arrive.
    pub(crate) body_seconds: u64,
    /// How long running requests may finish at shutdown.
    pub(crate) drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let limits = transport::HttpLimits::default();
        Self {
            body_bytes: limits.body_bytes,
            connections: limits.connections,
            concurrency: limits.concurrency,
            request_seconds: limits.request_timeout.as_secs(),
            body_seconds: limits.body_timeout.as_secs(),
            drain_seconds: limits.drain.as_secs(),
        }
    }
}

/// How a certificate is recognised: one of the two.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    /// Common name of its subject.
    pub(crate) common_name: Option<String>,
    /// SHA-256 of the whole certificate, hex.
    pub(crate) fingerprint: Option<String>,
}

impl Certificate {
    /// What it is matched by. [`Configuration::read`] has checked that there is exactly one.
    pub(crate) fn matcher(&self) -> transport::CertificateMatch {
        match (&self.fingerprint, &self.common_name) {
            (Some(hex), _) => transport::CertificateMatch::Fingerprint(hex.to_ascii_lowercase()),
            (None, name) => {
                transport::CertificateMatch::CommonName(name.clone().unwrap_or_default())
            }
        }
    }
}

impl Configuration {
    /// Every `tls` table with its key.
    pub(crate) fn tls(&self) -> Vec<(&'static str, &Tls)> {
        let smsp = self
            .smsp
            .iter()
            .flat_map(|s| [("smsp.tls", &s.tls), ("smsp.spine.tls", &s.spine.tls)]);
        let api = self.scr_api.iter().flat_map(|api| {
            let keys = api.tokens.keys.as_ref();
            let own = api.tls.as_ref().map(|tls| ("scr_api.tls", tls));
            let keys = keys.map(|keys| ("scr_api.tokens.keys.tls", &keys.tls));
            let spine = Some(("scr_api.spine.tls", &api.spine.tls));
            [own, keys, spine].into_iter().flatten()
        });
        smsp.chain(self.spine.iter().map(|s| ("spine.tls", &s.tls)))
            .chain(api)
            .collect()
    }

    /// Every address that is listened on, with its key.
    fn listeners(&self) -> Vec<(&'static str, SocketAddr)> {
        let smsp = self.smsp.iter().map(|s| ("smsp.address", s.address));
        let spine = self.spine.iter().flat_map(|spine| {
            let directory = spine.directory.as_ref();
            let directory = directory.map(|d| ("spine.directory.address", d.address));
            [("spine.address", spine.address)]
                .into_iter()
                .chain(directory)
        });
        let api = self.scr_api.iter().map(|a| ("scr_api.address", a.address));
        let admin = self.admin.iter().map(|a| ("admin.address", a.address));
        smsp.chain(spine).chain(api).chain(admin).collect()
    }

    /// Reads and checks a file. Errors name the key (and the line, for errors of form).
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = transport::files::read_to_string(path)
            .with_context(|| format!("cannot read the configuration file {}", path.display()))?;
        let mut configuration: Self = toml::from_str(&text)
            .with_context(|| format!("{} is not a valid configuration", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for file in configuration.files_mut() {
            *file = folder.join(&*file);
        }
        configuration.check()?;
        Ok(configuration)
    }

    /// Every path of the file, to be read from the file's own folder.
    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        let mut files = vec![&mut self.store.path];
        let mut sides = Vec::new();
        if let Some(smsp) = &mut self.smsp {
            let signatures = &mut smsp.signatures;
            let single = [
                &mut smsp.users_file,
                &mut signatures.authorities,
                &mut signatures.revoked,
                &mut signatures.certificate,
                &mut signatures.key,
            ];
            files.extend(single.into_iter().flatten());
            sides.extend([&mut smsp.tls, &mut smsp.spine.tls]);
        }
        if let Some(spine) = &mut self.spine {
            let folder = spine.mail.as_mut().map(|mail| &mut mail.folder);
            let single = [&mut spine.systems_file, &mut spine.users_file];
            files.extend(single.into_iter().chain(folder).flatten());
            sides.push(&mut spine.tls);
        }
        if let Some(api) = &mut self.scr_api {
            let single = [&mut api.users_file, &mut api.tokens.keys_file];
            files.extend(single.into_iter().flatten());
            sides.push(&mut api.spine.tls);
            sides.extend(api.tls.as_mut());
            sides.extend(api.tokens.keys.as_mut().map(|keys| &mut keys.tls));
        }
        for tls in sides {
            files.extend([&mut tls.certificate, &mut tls.key, &mut tls.authorities]);
            files.extend(tls.revoked.as_mut());
        }
        files
    }
}
