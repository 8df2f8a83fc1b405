//! `minispine sds`: the file of systems, and look-ups in the directory.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;

use super::DATA;

#[derive(Debug, Subcommand)]
pub(crate) enum Sds {
    /// Show which systems are registered
    #[command(after_help = "Examples:
  minispine sds list
  minispine sds list --organisation Y90001 --file /etc/minispine/systems.toml --json")]
    List {
        /// Only those of this organisation
        #[arg(long, value_name = "ODS")]
        organisation: Option<domain::OdsCode>,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        file: SystemsLocation,
    },
    /// Show one system: what it may send, and where its answers go
    #[command(after_help = "Example:
  minispine sds show demo-client")]
    Show {
        /// Its name
        name: String,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        file: SystemsLocation,
    },
    /// Register a system; a running service takes it over by itself
    #[command(after_help = "Examples:
  minispine sds put gp-system --organisation Y90005 --party-key Y90005-0000010 \\
      --asid 990000000010 --common-name gp.example --interaction REPC_IN150016UK05
  minispine sds put gp-system --asid 990000000010 --fingerprint 64-HEX-DIGITS --replace

With --replace, what is not given goes, but for the endpoints: they stay.")]
    Put(Box<SystemPut>),
    /// Take out a system with its endpoints
    #[command(after_help = "Example:
  minispine sds remove gp-system")]
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        file: SystemsLocation,
    },
    /// Say where a system takes its answers
    #[command(subcommand)]
    Endpoint(SdsEndpoint),
    /// Look up a route as SDS gives it: accredited systems, and where their messages go
    #[command(after_help = "Examples:
  minispine sds lookup --organisation Y90000 \\
      --service-interaction urn:nhs:names:services:psis:REPC_IN150016UK05
  minispine sds lookup --organisation Y90005 --party-key Y90005-0000010 \\
      --service-interaction urn:nhs:names:services:psis:MCCI_IN010000UK13 --json

The Spine itself is found when there is a configuration with [spine].")]
    Lookup(SdsLookup),
    /// Check the file; the exit code is 0 when a service can use it
    #[command(after_help = "Example:
  minispine sds check --file systems.toml")]
    Check {
        #[command(flatten)]
        file: SystemsLocation,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SystemPut {
    /// A name for logs and audit
    pub(crate) name: String,
    /// Organisation it belongs to
    #[arg(long, value_name = "ODS")]
    pub(crate) organisation: Option<domain::OdsCode>,
    /// Organisation that makes it
    #[arg(long, value_name = "ODS")]
    pub(crate) manufacturer: Option<domain::OdsCode>,
    /// Party key it sends ebXML messages as
    #[arg(long, value_name = "KEY")]
    pub(crate) party_key: Option<domain::PartyKey>,
    /// ASID it sends as; may be repeated
    #[arg(long = "asid", value_name = "ASID", required = true)]
    pub(crate) asids: Vec<domain::Asid>,
    /// An ASID of another system that it may send as, on its behalf; may be repeated
    #[arg(long = "sends-for", value_name = "ASID")]
    pub(crate) sends_for: Vec<domain::Asid>,
    #[command(flatten)]
    pub(crate) certificate: SystemCertificate,
    /// Interaction it may send, by id or with its service in full; may be repeated; all when absent
    #[arg(long = "interaction", value_name = "ID")]
    pub(crate) interactions: Vec<String>,
    /// Put it in the place of the system of this name
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) file: SystemsLocation,
}

/// How a certificate is recognised: one of the two.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SystemCertificate {
    /// Common name of its certificate
    #[arg(long, value_name = "NAME")]
    pub(crate) common_name: Option<String>,
    /// SHA-256 of its certificate, hex, as `minispine pki show` prints it
    #[arg(long, value_name = "HEX")]
    pub(crate) fingerprint: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SdsEndpoint {
    /// Add an endpoint to a system
    #[command(after_help = "Examples:
  minispine sds endpoint put gp-system --address https://gp.example:8443/inbound \\
      --cpa-id S918999410559
  minispine sds endpoint put gp-system --address https://gp.example:8443/acks \\
      --interaction urn:nhs:names:services:psis:MCCI_IN010000UK13 --cpa-id S918999410560 \\
      --retries 3 --retry-interval PT30S --persist-duration PT10M")]
    Put(SdsEndpointPut),
    /// Take out an endpoint of a system
    #[command(after_help = "Example:
  minispine sds endpoint remove gp-system --interaction '*'")]
    Remove {
        /// The system's name
        name: String,
        /// Service and interaction of the endpoint, or * for the one for everything
        #[arg(long, value_name = "SVCIA")]
        interaction: String,
        #[command(flatten)]
        file: SystemsLocation,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SdsEndpointPut {
    /// The system's name
    pub(crate) name: String,
    /// Service and interaction in full; * for everything that has no endpoint of its own
    #[arg(long, value_name = "SVCIA", default_value = "*")]
    pub(crate) interaction: String,
    /// Where it takes these messages: `https://host:port/path`
    #[arg(long, value_name = "URL")]
    pub(crate) address: String,
    /// Id of the agreement
    #[arg(long, value_name = "ID")]
    pub(crate) cpa_id: String,
    /// How often a message is sent again
    #[arg(long, value_name = "N", default_value_t = sds::Reliability::default().retries)]
    pub(crate) retries: u32,
    /// How long after the last time, as an XML duration
    #[arg(long, value_name = "DURATION", value_parser = sds::parse_duration,
        default_value_t = sds::Reliability::default().retry_interval)]
    pub(crate) retry_interval: SignedDuration,
    /// How long after the first time it is given up
    #[arg(long, value_name = "DURATION", value_parser = sds::parse_duration,
        default_value_t = sds::Reliability::default().persist_duration)]
    pub(crate) persist_duration: SignedDuration,
    /// Put it in the place of the endpoint of this interaction
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) file: SystemsLocation,
}

#[derive(Debug, Args)]
pub(crate) struct SdsLookup {
    /// Whose systems
    #[arg(long, value_name = "ODS")]
    pub(crate) organisation: domain::OdsCode,
    /// Service and interaction in full
    #[arg(long, value_name = "SVCIA")]
    pub(crate) service_interaction: String,
    /// Only this party
    #[arg(long, value_name = "KEY")]
    pub(crate) party_key: Option<domain::PartyKey>,
    /// The configuration that has the Spine and its systems; that of the data folder when absent
    #[arg(long, value_name = "FILE", env = "MINISPINE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) file: SystemsLocation,
}

/// Which file of systems a command works on.
#[derive(Debug, Args)]
pub(crate) struct SystemsLocation {
    /// Data folder of `up`
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
    /// The file itself, as `spine.systems_file` of a configuration names it
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}
