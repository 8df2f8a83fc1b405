//! The command line: what can be asked, in one place.

mod asking;
mod cpis;
mod fhir;
mod messages;
mod records;
mod sds;
mod users;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::sds::{
    Sds, SdsEndpoint, SdsEndpointPut, SdsLookup, SystemPut, SystemsLocation,
};
pub(crate) use asking::{
    Activity, Check, Consent, Endpoint, Form, Holder, Ptv, PtvCreate, Rbac, Scr, ScrGet, ScrUpload,
    Setting, SpineEndpoint, WithdrawalReason,
};
pub(crate) use cpis::{
    AuthorityLocation, Cpis, CpisGet, CpisNotifications, CpisSeed, CpisUpload, Pds,
};
pub(crate) use fhir::{Convert, Least, Standard, Token, Validate};
pub(crate) use messages::{Messages, MessagesSearch, MessagesShow};
pub(crate) use records::{Alerts, Outbox};
pub(crate) use users::{UserAdd, Users, UsersLocation};

/// Where `up` keeps its store, certificates and demo files unless told otherwise.
pub(crate) const DATA: &str = "minispine-data";

/// The whole chain of the English Summary Care Record in one binary.
#[derive(Debug, Parser)]
#[command(name = "minispine", version, about, long_about = None, propagate_version = true)]
#[command(after_help = "Examples:
  minispine up                         everything on loopback, with made-up patients
  minispine scr get 9990000018 --text  a patient's record, as a clinician's system asks for it
  minispine import record.xml          file a GP Summary in the store
  minispine serve smsp --config minispine.toml
  minispine audit verify               check the chain of the audit")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on loopback: local Spine, SMSP, made-up patients, test certificates
    Up(Up),
    /// Run one role from a configuration file
    Serve(Serve),
    /// Check a configuration file
    #[command(subcommand)]
    Config(Config),
    /// Make and show test certificates
    #[command(subcommand)]
    Pki(Pki),
    /// File GP Summaries in the store
    Import(Import),
    /// Fill the store with made-up patients
    Seed(Seed),
    /// Ask an SCR SMSP, over mutual TLS
    #[command(subcommand)]
    Scr(Scr),
    /// Record and ask for permission to view
    #[command(subcommand)]
    Ptv(Ptv),
    /// What may the user do?
    Rbac(Rbac),
    /// Who looked at which record?
    Activity(Activity),
    /// Read or set a patient's consent to share
    #[command(subcommand)]
    Consent(Consent),
    /// Child Protection - Information Sharing: ask, upload, and hear who looked
    #[command(subcommand)]
    Cpis(Cpis),
    /// The people that local PDS data holds
    #[command(subcommand)]
    Pds(Pds),
    /// Test any SCR SMSP against the published scenarios
    Check(Check),
    /// The file of users and their rights
    #[command(subcommand)]
    Users(Users),
    /// The directory: systems, their endpoints, and look-ups
    #[command(subcommand)]
    Sds(Sds),
    /// Check, search and export the audit
    #[command(subcommand)]
    Audit(Audit),
    /// Messages that wait to be sent, and those that were given up
    #[command(subcommand)]
    Outbox(Outbox),
    /// Messages that came and went
    #[command(subcommand)]
    Messages(Messages),
    /// Privacy alerts that the local Spine has received
    Alerts(Alerts),
    /// Convert a GP Summary between HL7 V3 and FHIR
    Convert(Convert),
    /// Find what is wrong with GP Summaries and FHIR resources
    Validate(Validate),
    /// Print a bearer token for the SCR FHIR API of `up`
    Token(Token),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a generated page of the documentation
    #[command(hide = true)]
    Docs {
        /// The page
        page: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  minispine up
  minispine up --data /tmp/demo --port-base 20000 --patients 1000
  minispine up --json    one line of JSON for scripts, once everything answers")]
pub(crate) struct Up {
    /// Folder for the store, the certificates and the demo files
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
    /// First port: SMSP here, then Spine, directory and SCR FHIR API; admin on the ninth after
    #[arg(long, value_name = "N", default_value_t = 14430, value_parser = clap::value_parser!(u16).range(1..=65526))]
    pub(crate) port_base: u16,
    /// Made-up patients of a new store
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(crate) patients: u32,
    /// Seed of the made-up patients
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Answer the published trigger NHS numbers of the national test harnesses as they do
    #[arg(long)]
    pub(crate) scenarios: bool,
    /// Serve the SCR FHIR API over TLS; plain HTTP on loopback otherwise
    #[arg(long)]
    pub(crate) api_tls: bool,
    /// Let requests ask the Spine for faults, in the header X-Minispine-Fault
    #[arg(long)]
    pub(crate) faults: bool,
    /// Let the SMSP ask CP-IS by reliable messages, not in synchronous SOAP
    #[arg(long)]
    pub(crate) cpis_async: bool,
    /// Print one line of JSON instead of the table
    #[arg(long)]
    pub(crate) json: bool,
    /// How logs are written to standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// Least severe log level: error, warn, info, debug
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub(crate) log_level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line for people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  minispine serve smsp --config /etc/minispine/minispine.toml")]
pub(crate) struct Serve {
    /// The role to run
    #[arg(value_enum)]
    pub(crate) role: Role,
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "MINISPINE_CONFIG")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The Spine Mini Service Provider
    Smsp,
    /// The local Spine
    Spine,
    /// The SCR FHIR API
    ScrApi,
    /// Every role the configuration has
    All,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check every key, file, certificate and address; the exit code is 0 when all is well
    #[command(after_help = "Example:
  minispine config check --config minispine.toml")]
    Check {
        /// The configuration file
        #[arg(long, value_name = "FILE", env = "MINISPINE_CONFIG")]
        config: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pki {
    /// Make a test certificate authority in a folder
    Init {
        /// The folder: ca.pem and ca.key are written there
        #[arg(long, value_name = "DIR", default_value = "pki")]
        dir: PathBuf,
        /// Common name of the authority
        #[arg(long, default_value = "minispine test CA")]
        name: String,
    },
    /// Issue a certificate from the authority in a folder
    #[command(after_help = "Examples:
  minispine pki issue my-client --client
  minispine pki issue smsp.example --server --dns localhost --ip 127.0.0.1")]
    Issue {
        /// Common name; NAME.pem and NAME.key are written
        name: String,
        /// The folder with ca.pem and ca.key
        #[arg(long, value_name = "DIR", default_value = "pki")]
        dir: PathBuf,
        /// For a client (the default when neither is given: both)
        #[arg(long)]
        client: bool,
        /// For a server
        #[arg(long)]
        server: bool,
        /// DNS name of the server; may be repeated
        #[arg(long, value_name = "NAME")]
        dns: Vec<String>,
        /// IP address of the server; may be repeated
        #[arg(long, value_name = "ADDRESS")]
        ip: Vec<std::net::IpAddr>,
        /// Days it is valid
        #[arg(long, default_value_t = 365)]
        days: u32,
        /// Replace a certificate and key of this name
        #[arg(long)]
        replace: bool,
    },
    /// Show what a certificate file says
    Show {
        /// PEM files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "A file may hold a bare GPSummary, a querySCR response or an upload message.

Examples:
  minispine import records/*.xml
  minispine import --data /tmp/demo record.xml --json"
)]
pub(crate) struct Import {
    /// XML files, or folders of them
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreLocation,
    /// File under this NHS number whatever the documents say (to test how readers notice)
    #[arg(long, value_name = "NHS")]
    pub(crate) file_under: Option<domain::NhsNumber>,
    /// Fail when any document is refused, not only when none could be filed
    #[arg(long)]
    pub(crate) strict: bool,
    /// JSON report
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  minispine seed --patients 5000 --seed 7")]
pub(crate) struct Seed {
    /// How many patients
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) patients: u32,
    /// Seed: the same seed makes the same patients
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) store: StoreLocation,
}

/// Which store a command works on.
#[derive(Debug, Args)]
pub(crate) struct StoreLocation {
    /// Data folder of `up`
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
    /// The store's file itself, for a role run from a configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check the hash chain and the index of every record
    Verify {
        #[command(flatten)]
        store: StoreLocation,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Find records, newest first
    #[command(after_help = "Examples:
  minispine audit search --patient 9990000018
  minispine audit search --user 999000000017 --from 2026-11-01 --json")]
    Search {
        #[command(flatten)]
        filter: AuditFilter,
        #[command(flatten)]
        store: StoreLocation,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Write every record as one JSON object a line, with its hash
    Export {
        /// Where to; standard output when absent
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        store: StoreLocation,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AuditFilter {
    /// Whose record
    #[arg(long, value_name = "NHS")]
    pub(crate) patient: Option<domain::NhsNumber>,
    /// Which SDS user
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<domain::SdsUserId>,
    /// Which message
    #[arg(long, value_name = "ID")]
    pub(crate) message: Option<domain::MessageId>,
    /// Which organisation
    #[arg(long, value_name = "ODS")]
    pub(crate) organisation: Option<domain::OdsCode>,
    /// First day or instant, UK time: 2026-11-01 or 2026-11-01T09:30
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<String>,
    /// Last day or instant
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
}
