//! `[smsp]`: the Spine Mini Service Provider.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Certificate, Limits, Tls};

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
    /// Where privacy alerts go. Without it they wait in the outbox.
    pub(crate) alerts: Option<Alerts>,
    /// Signatures of messages: whose we trust, and with what we sign.
    #[serde(default)]
    pub(crate) signatures: Signatures,
    /// `[smsp.cpis]`: the CP-IS mini service; not served when absent.
    pub(crate) cpis: Option<super::SmspCpis>,
    /// `[[smsp.users]]`: the users and their rights.
    #[serde(default)]
    pub(crate) users: Vec<sds::users::Entry>,
    /// More users, in a file of their own (TOML or CSV) that is read again when it changes.
    pub(crate) users_file: Option<PathBuf>,
}

/// `[smsp.alerts]`: the reliable ebXML service that takes privacy alerts.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alerts {
    /// `https://host:port/reliablemessaging/reliablerequest`
    pub(crate) url: String,
    /// Our party key.
    pub(crate) from_party: domain::PartyKey,
    /// The Spine's party key.
    pub(crate) to_party: domain::PartyKey,
    /// The agreement (CPA id) for COMT_IN000001UK01, from the directory.
    pub(crate) cpa_id: String,
    /// The ASID of the alert service; the Spine's own when absent.
    pub(crate) asid: Option<domain::Asid>,
    /// The certificate with which the Spine brings its answers to alerts, to `/inbound` of our
    /// address; none are taken when absent.
    pub(crate) answers_from: Option<super::Certificate>,
}

/// `[smsp.signatures]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Signatures {
    /// Whether signatures with SHA-1 are taken, as the Toolkit's own tools make them.
    pub(crate) sha1: bool,
    /// Authorities of signing certificates; those of `smsp.tls` when absent.
    pub(crate) authorities: Option<PathBuf>,
    /// Certificate revocation lists; those of `smsp.tls` when absent.
    pub(crate) revoked: Option<PathBuf>,
    /// The certificate that we sign answers with; that of `smsp.tls` when absent.
    pub(crate) certificate: Option<PathBuf>,
    /// Its private key; that of `smsp.tls` when absent.
    pub(crate) key: Option<PathBuf>,
}

impl Default for Signatures {
    fn default() -> Self {
        Self {
            sha1: true,
            authorities: None,
            revoked: None,
            certificate: None,
            key: None,
        }
    }
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
    /// The activity that allows setting a patient's consent.
    pub(crate) consent_activity: String,
    /// The activity that allows reports on who looked.
    pub(crate) report_activity: String,
    /// The activity that allows asking CP-IS.
    pub(crate) cpis_activity: String,
    /// Lines of such a report, at most.
    pub(crate) report_lines: usize,
    /// For how long a permission to view holds when nobody says; until the day ends when absent.
    pub(crate) permission_hours: Option<u32>,
    /// How long an answered message is remembered, so that it has its effect once.
    pub(crate) remember_seconds: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            clock_skew_seconds: 5,
            scr_codes: ScrCodes::MessageSpecification,
            faults_for_spine_failures: false,
            view_activity: "B0370".to_owned(),
            emergency_activity: "B0168".to_owned(),
            consent_activity: "B0020".to_owned(),
            report_activity: "B0011".to_owned(),
            cpis_activity: "B0107".to_owned(),
            report_lines: 96,
            permission_hours: None,
            remember_seconds: 3600,
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
    /// Other addresses of the same Spine, tried in this order when the first is not answering.
    #[serde(default)]
    pub(crate) other_urls: Vec<String>,
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
    /// An address that fails so often in a row is left alone for a while.
    #[serde(default = "five")]
    pub(crate) failures_to_open: u32,
    /// For how long at first, seconds; each further failure doubles it, up to a minute.
    #[serde(default = "five_seconds")]
    pub(crate) pause_seconds: u64,
}

impl Upstream {
    /// An upstream with the defaults for everything else.
    pub(crate) fn new(url: String, asid: domain::Asid, tls: Tls) -> Self {
        Self {
            url,
            other_urls: Vec::new(),
            asid,
            tls,
            connect_seconds: two(),
            response_seconds: ten(),
            total_seconds: fifteen(),
            concurrency: two_hundred(),
            failures_to_open: five(),
            pause_seconds: five_seconds(),
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

fn five() -> u32 {
    5
}

fn five_seconds() -> u64 {
    5
}

fn two_hundred() -> usize {
    200
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
    /// The organisation's name, for reports and alerts; its ODS code when absent.
    pub(crate) organisation_name: Option<String>,
    /// The ASID used upstream on its behalf.
    pub(crate) asid: domain::Asid,
    /// Its WS-Security user name.
    pub(crate) username: String,
    /// How its users are known.
    #[serde(default)]
    pub(crate) access: Access,
    /// The operations it may call; all when absent.
    pub(crate) operations: Option<Vec<String>>,
    /// Whether its messages must be signed: `optional` or `required`.
    #[serde(default)]
    pub(crate) signature: Signature,
    /// Whether our answers to it are signed.
    #[serde(default)]
    pub(crate) sign_answers: bool,
}

/// `signature`
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Signature {
    #[default]
    Optional,
    Required,
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
