//! Commands about FHIR: converting, validating, tokens.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::DATA;

#[derive(Debug, Args)]
#[command(
    after_help = "HL7 V3 files may hold a bare GPSummary, or a message or answer with one in it; FHIR \
                  files an uploaded document or an answer of GET /Bundle, in JSON or XML.

What the other side cannot express stays in the presentation text; it is told on standard error, or
with --json on standard output.

Examples:
  minispine convert --from hl7v3 --to fhir summary.xml > bundle.json
  minispine convert --from fhir --to hl7v3 bundle.json --output summary.xml --json
  minispine convert --from hl7v3 --to fhir summary.xml --compatible --xml"
)]
pub(crate) struct Convert {
    /// The file
    pub(crate) file: PathBuf,
    /// What the file is
    #[arg(long, value_enum, value_name = "STANDARD")]
    pub(crate) from: Standard,
    /// What it is to become
    #[arg(long, value_enum, value_name = "STANDARD")]
    pub(crate) to: Standard,
    /// Map what the national adaptor maps, as it maps it
    #[arg(long)]
    pub(crate) compatible: bool,
    /// FHIR XML instead of FHIR JSON
    #[arg(long)]
    pub(crate) xml: bool,
    /// Where the result goes; standard output when absent
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// What the addresses of resources begin with
    #[arg(
        long,
        value_name = "URL",
        default_value = "https://localhost/summary-care-record/FHIR/R4"
    )]
    pub(crate) base_url: String,
    /// Print a report in JSON; the result then needs --output
    #[arg(long, requires = "output")]
    pub(crate) json: bool,
}

/// A standard that GP Summaries are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Standard {
    /// HL7 V3
    Hl7v3,
    /// FHIR R4
    Fhir,
}

#[derive(Debug, Args)]
#[command(
    after_help = "GP Summaries in HL7 V3 (bare, or in a message), FHIR resources in JSON or XML; a bundle of
type document is checked as an upload. The exit code is 1 when there is an error, 0 with warnings.

Examples:
  minispine validate summary.xml
  minispine validate bundle.json records/*.xml --json"
)]
pub(crate) struct Validate {
    /// The files
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Only errors and warnings of at least this severity
    #[arg(long, value_enum, default_value_t = Least::Information, value_name = "SEVERITY")]
    pub(crate) least: Least,
    /// Fail on warnings too
    #[arg(long)]
    pub(crate) strict: bool,
    /// One JSON object a line instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// The least severity that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Least {
    /// Everything
    Information,
    /// Warnings and errors
    Warning,
    /// Errors only
    Error,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The token is one of the issuer that `up` makes for itself; no other service believes it.

Examples:
  minispine token
  minispine token --application
  minispine token --user 999000000033 --minutes 5
  curl -H \"Authorization: Bearer $(minispine token)\" ..."
)]
pub(crate) struct Token {
    /// For this SDS user, with the roles of the users file; the demo's clinician when absent
    #[arg(long, value_name = "ID", conflicts_with = "application")]
    pub(crate) user: Option<domain::SdsUserId>,
    /// For the application alone: application-restricted
    #[arg(long)]
    pub(crate) application: bool,
    /// The application that it is given to
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// A scope instead of the usual one; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// How many minutes it is valid
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub(crate) minutes: u32,
    /// JSON, as an OAuth token endpoint answers
    #[arg(long)]
    pub(crate) json: bool,
    /// Data folder of `up`
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
}
