//! The configuration file: every key, its default, and what is checked before anything starts.
//!
//! Unknown keys are refused with their name. Relative paths are relative to the file itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

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

/// `[smsp]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Smsp {
    /// Address and port to listen on.
    pub(crate) address: SocketAddr,
    /// ODS code of the provider.
    pub(crate) ods: domain::OdsCode,
    /// Our certificate towards clients, and their authorities.
    pub(crate) tls: Tls,
    /// Limits of the listener.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Switches.
    #[serde(default)]
    pub(crate) rules: Rules,
    /// The Spine upstream.
    pub(crate) spine: Upstream,
    /// `[[smsp.clients]]`: the registered clients.
    #[serde(default)]
    pub(crate) clients: Vec<Client>,
    /// `[[smsp.users]]`: the users and their rights.
    #[serde(default)]
    pub(crate) users: Vec<User>,
}

/// `[smsp.rules]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rules {
    /// Clock skew tolerated in WS-Security timestamps, seconds.
    pub(crate) clock_skew_seconds: i64,
    /// Which published set of SCR codes is answered: `message-specification` or
    /// `spreadsheet-2014`.
    pub(crate) scr_codes: ScrCodes,
    /// Answer failures of the Spine itself with a SOAP fault instead of an SMSP code.
    pub(crate) faults_for_spine_failures: bool,
    /// The activity that allows viewing with permission.
    pub(crate) view_activity: String,
    /// The activity that allows emergency access.
    pub(crate) emergency_activity: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            clock_skew_seconds: 5,
            scr_codes: ScrCodes::MessageSpecification,
            faults_for_spine_failures: false,
            view_activity: "B0370".to_owned(),
            emergency_activity: "B0168".to_owned(),
        }
    }
}

/// `scr_codes`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(crate) enum ScrCodes {
    #[serde(rename = "message-specification")]
    MessageSpecification,
    #[serde(rename = "spreadsheet-2014")]
    Spreadsheet2014,
}

/// `[smsp.spine]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upstream {
    /// `https://host:port/sync-service`
    pub(crate) url: String,
    /// The Spine's ASID.
    pub(crate) asid: domain::Asid,
    /// Our certificate towards the Spine, and its authorities.
    pub(crate) tls: Tls,
    /// Longest a connection may take to be made, seconds.
    #[serde(default = "two")]
    pub(crate) connect_seconds: u64,
    /// Longest an answer may take to begin, seconds.
    #[serde(default = "ten")]
    pub(crate) response_seconds: u64,
    /// Longest an exchange may take in all, seconds.
    #[serde(default = "fifteen")]
    pub(crate) total_seconds: u64,
    /// Exchanges at one time.
    #[serde(default = "two_hundred")]
    pub(crate) concurrency: usize,
}

impl Upstream {
    /// An upstream with the defaults for everything else.
    pub(crate) fn new(url: String, asid: domain::Asid, tls: Tls) -> Self {
        Self {
            url,
            asid,
            tls,
            connect_seconds: two(),
            response_seconds: ten(),
            total_seconds: fifteen(),
            concurrency: two_hundred(),
        }
    }
}

fn two() -> u64 {
    2
}

fn ten() -> u64 {
    10
}

fn fifteen() -> u64 {
    15
}

fn two_hundred() -> usize {
    200
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

/// `[[smsp.clients]]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// A name for logs and audit.
    pub(crate) name: String,
    /// Its certificate.
    pub(crate) certificate: Certificate,
    /// Its organisation.
    pub(crate) ods: domain::OdsCode,
    /// The ASID used upstream on its behalf.
    pub(crate) asid: domain::Asid,
    /// Its WS-Security user name.
    pub(crate) username: String,
    /// How its users are known.
    #[serde(default)]
    pub(crate) access: Access,
    /// The operations it may call; all when absent.
    pub(crate) operations: Option<Vec<String>>,
}

/// The four access methods of the SMSP client requirements.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    Unattended,
    #[default]
    Attended,
    Smartcard,
    SessionAuthenticated,
}

/// `[[smsp.users]]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    /// SDS user id.
    pub(crate) user_id: domain::SdsUserId,
    /// Organisation they act for.
    pub(crate) ods: domain::OdsCode,
    /// Role profile they act in.
    pub(crate) role_profile_id: domain::RoleProfileId,
    /// Job role.
    pub(crate) job_role: domain::JobRole,
    /// Name.
    pub(crate) name: String,
    /// Activities (B-codes).
    pub(crate) activities: Vec<String>,
    /// First day it is valid, UK time.
    pub(crate) valid_from: Option<jiff::civil::Date>,
    /// Last day it is valid, UK time.
    pub(crate) valid_until: Option<jiff::civil::Date>,
}

/// `[spine]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spine {
    /// Address and port to listen on.
    pub(crate) address: SocketAddr,
    /// The Spine's ASID.
    pub(crate) asid: domain::Asid,
    /// The Spine's party key.
    pub(crate) party_key: domain::PartyKey,
    /// Our certificate, and the callers' authorities.
    pub(crate) tls: Tls,
    /// Limits of the listener.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Answer the published trigger NHS numbers as the national test harnesses do.
    #[serde(default)]
    pub(crate) scenarios: bool,
    /// `[[spine.systems]]`: who may call.
    #[serde(default)]
    pub(crate) systems: Vec<System>,
}

/// `[[spine.systems]]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    /// A name for logs and audit.
    pub(crate) name: String,
    /// Its certificate.
    pub(crate) certificate: Certificate,
    /// The ASIDs it sends as.
    pub(crate) asids: Vec<domain::Asid>,
    /// The interactions it may send; all when absent.
    pub(crate) interactions: Option<Vec<String>>,
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
        smsp.chain(self.spine.iter().map(|s| ("spine.tls", &s.tls)))
            .collect()
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

    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        let mut files = vec![&mut self.store.path];
        let sides = [
            self.smsp
                .as_mut()
                .map(|s| vec![&mut s.tls, &mut s.spine.tls]),
            self.spine.as_mut().map(|s| vec![&mut s.tls]),
        ];
        for tls in sides.into_iter().flatten().flatten() {
            files.extend([&mut tls.certificate, &mut tls.key, &mut tls.authorities]);
            files.extend(tls.revoked.as_mut());
        }
        files
    }

    /// What can be checked without starting: one sentence per fault, with the key.
    fn check(&self) -> Result<()> {
        if self.smsp.is_none() && self.spine.is_none() {
            bail!("the configuration has no role: give [smsp], [spine] or both");
        }
        transport::telemetry::check_level(&self.log.level).context("log.level")?;
        if let Some(smsp) = &self.smsp {
            for (at, client) in smsp.clients.iter().enumerate() {
                let key = format!("smsp.clients[{at}] ({})", client.name);
                check_certificate(&key, &client.certificate)?;
                for operation in client.operations.iter().flatten() {
                    if !OPERATIONS.contains(&operation.as_str()) {
                        bail!("{key}.operations: {operation:?} is none of {OPERATIONS:?}");
                    }
                }
            }
            if !smsp.spine.url.starts_with("https://") {
                bail!("smsp.spine.url must begin with https://");
            }
            if !(0..=300).contains(&smsp.rules.clock_skew_seconds) {
                bail!("smsp.rules.clock_skew_seconds must be from 0 to 300");
            }
            check_limits("smsp.limits", &smsp.limits)?;
        }
        if let Some(spine) = &self.spine {
            for (at, system) in spine.systems.iter().enumerate() {
                let key = format!("spine.systems[{at}] ({})", system.name);
                check_certificate(&key, &system.certificate)?;
                if system.asids.is_empty() {
                    bail!("{key}.asids is empty: the system could send nothing");
                }
            }
            check_limits("spine.limits", &spine.limits)?;
        }
        Ok(())
    }
}

const OPERATIONS: [&str; 6] = [
    "getSCRStatus",
    "getRBACStatus",
    "queryPTV",
    "createPTV",
    "querySCR",
    "querySCRActivity",
];

fn check_certificate(key: &str, certificate: &Certificate) -> Result<()> {
    match (&certificate.common_name, &certificate.fingerprint) {
        (Some(name), None) if !name.is_empty() => Ok(()),
        (None, Some(hex)) if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok(())
        }
        (None, Some(_)) => bail!("{key}.certificate.fingerprint must be 64 hex digits (SHA-256)"),
        _ => bail!("{key}.certificate needs either common_name or fingerprint"),
    }
}

fn check_limits(key: &str, limits: &Limits) -> Result<()> {
    let values = [
        ("body_bytes", limits.body_bytes as u64),
        ("connections", limits.connections as u64),
        ("concurrency", limits.concurrency as u64),
        ("request_seconds", limits.request_seconds),
        ("body_seconds", limits.body_seconds),
    ];
    for (name, value) in values {
        if value == 0 {
            bail!("{key}.{name} must not be 0");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the operator's guide is one that works.
    #[test]
    fn the_documented_configuration_is_valid() {
        let guide = include_str!("../../../docs/user/operate.md");
        let from = guide.find("```toml").expect("an example") + "```toml".len();
        let example = guide[from..].split("```").next().expect("an end");
        let configuration: Configuration = toml::from_str(example).expect("readable");
        configuration.check().expect("valid");
        assert!(configuration.smsp.is_some() && configuration.spine.is_some());
    }

    #[test]
    fn a_certificate_is_matched_in_one_way() {
        let certificate = |name: Option<&str>, hex: Option<&str>| Certificate {
            common_name: name.map(str::to_owned),
            fingerprint: hex.map(str::to_owned),
        };
        let hex = "ab".repeat(32);
        assert!(check_certificate("k", &certificate(Some("a"), None)).is_ok());
        assert!(check_certificate("k", &certificate(None, Some(&hex))).is_ok());
        for wrong in [
            certificate(None, None),
            certificate(Some(""), None),
            certificate(Some("a"), Some(&hex)),
            certificate(None, Some("ab")),
        ] {
            let error = check_certificate("k", &wrong).expect_err("refused");
            assert!(error.to_string().starts_with("k.certificate"), "{error}");
        }
    }
}
