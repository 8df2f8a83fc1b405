//! Commands that ask an SMSP, as a client system does.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use super::DATA;

#[derive(Debug, Subcommand)]
pub(crate) enum Scr {
    /// Does the patient have a Summary Care Record, and what is their consent?
    #[command(after_help = "Example:
  minispine scr status 9990000018")]
    Status {
        /// The patient's NHS number
        nhs: domain::NhsNumber,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        endpoint: Endpoint,
    },
    /// Get the patient's Summary Care Record
    #[command(after_help = "Examples:
  minispine scr get 9990000018
  minispine scr get 9990000018 --html > record.html
  minispine scr get 9990000018 --emergency --reason 'unconscious on arrival'")]
    Get(ScrGet),
    /// Upload a GP Summary to the Spine, as a GP system does, and wait for its answer
    Upload(ScrUpload),
    /// Every version of a patient's GP Summary that the Spine holds
    #[command(after_help = "Example:
  minispine scr history 9990000018")]
    History {
        /// The patient's NHS number
        nhs: domain::NhsNumber,
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        endpoint: SpineEndpoint,
    },
    /// Withdraw a GP Summary that was sent in error
    #[command(after_help = "Example:
  minispine scr withdraw 9990000018 5D1C0F3E-6F0B-4B5E-9A51-0C9E9E7F0A11 --reason wrong-patient")]
    Withdraw {
        /// The patient's NHS number
        nhs: domain::NhsNumber,
        /// The document's id, as `scr history` shows it
        document: domain::DocumentId,
        /// Why
        #[arg(long, value_enum, default_value_t = WithdrawalReason::Error)]
        reason: WithdrawalReason,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        endpoint: SpineEndpoint,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "A file may hold a bare GPSummary, or a message or answer with one in it.

Examples:
  minispine scr upload summary.xml
  minispine scr upload --patient 9990000018     a made-up new version of the patient's summary"
)]
pub(crate) struct ScrUpload {
    /// The files, one GP Summary in each
    #[arg(required_unless_present = "patient", conflicts_with = "patient")]
    pub(crate) files: Vec<PathBuf>,
    /// Make up a GP Summary of this patient, which replaces the current one
    #[arg(long, value_name = "NHS")]
    pub(crate) patient: Option<domain::NhsNumber>,
    /// One JSON object a line instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) endpoint: SpineEndpoint,
}

/// Why a document is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WithdrawalReason {
    /// Sent in error
    Error,
    /// Sent to the wrong patient's record
    WrongPatient,
    /// Sent with incorrect information
    Incorrect,
}

impl WithdrawalReason {
    /// The code (vocabulary 2.16.840.1.113883.2.1.3.2.4.17.143).
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Error => "01",
            Self::WrongPatient => "02",
            Self::Incorrect => "03",
        }
    }
}

/// Which Spine is asked, and as whom: what the client file says.
#[derive(Debug, Args)]
pub(crate) struct SpineEndpoint {
    /// Data folder of a running `up`
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
    /// A client file, instead of the one in the data folder
    #[arg(long, value_name = "FILE")]
    pub(crate) client: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ScrGet {
    /// The patient's NHS number
    pub(crate) nhs: domain::NhsNumber,
    #[command(flatten)]
    pub(crate) form: Form,
    /// Use a permission to view recorded earlier instead of recording one now
    #[arg(long)]
    pub(crate) no_permission: bool,
    /// Emergency access: the patient cannot be asked. Alerts the privacy officer
    #[arg(long, requires = "reason")]
    pub(crate) emergency: bool,
    /// Why it is an emergency
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
}

/// The form a record is printed in.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Form {
    /// The document's XML
    #[arg(long)]
    pub(crate) xml: bool,
    /// Header, sections and coded entries as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// A page for a browser
    #[arg(long)]
    pub(crate) html: bool,
    /// Plain text (the default)
    #[arg(long)]
    pub(crate) text: bool,
}

/// Which SMSP is asked, and as whom. What is not given comes from the client file that `up`
/// writes into its data folder.
#[derive(Debug, Args)]
pub(crate) struct Endpoint {
    /// Data folder of a running `up`
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
    /// A client file, instead of the one in the data folder
    #[arg(long, value_name = "FILE")]
    pub(crate) client: Option<PathBuf>,
    /// URL of the SMSP
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// PEM file: authorities the SMSP's certificate is checked against
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// PEM file: our certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// PEM file: our private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// WS-Security user name
    #[arg(long)]
    pub(crate) username: Option<String>,
    /// ODS code of the asking organisation
    #[arg(long)]
    pub(crate) ods: Option<domain::OdsCode>,
    /// SDS user id of the asking user
    #[arg(long)]
    pub(crate) user_id: Option<domain::SdsUserId>,
    /// SDS role profile of the asking user
    #[arg(long)]
    pub(crate) role_profile_id: Option<domain::RoleProfileId>,
    /// Job role of the asking user; left out for a user other than the client file's
    #[arg(long)]
    pub(crate) job_role: Option<domain::JobRole>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ptv {
    /// Record the patient's permission to view, for one user or several
    Create(PtvCreate),
    /// May the user view the patient's record with a recorded permission?
    #[command(after_help = "Example:
  minispine ptv query 9990000018")]
    Query {
        /// The patient's NHS number
        nhs: domain::NhsNumber,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        endpoint: Endpoint,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  minispine ptv create 9990000018
  minispine ptv create 9990000018 --until 2027-12-31
  minispine ptv create 9990000018 --for 999000000033:999000000041 --from 2026-12-01")]
pub(crate) struct PtvCreate {
    /// The patient's NHS number
    pub(crate) nhs: domain::NhsNumber,
    /// Who may view: SDS user id and role profile, 12 digits each; may be repeated. The asking
    /// user when absent
    #[arg(long = "for", value_name = "USER:PROFILE")]
    pub(crate) holders: Vec<Holder>,
    /// From when, UK time: 2026-12-01 or 2026-12-01T09:30. Now when absent
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<String>,
    /// Until when, that day or minute included. Lasting when only --from is given; as the provider
    /// decides when neither is
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<String>,
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
}

/// `USER:PROFILE`
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) user: domain::SdsUserId,
    pub(crate) role_profile: domain::RoleProfileId,
}

impl FromStr for Holder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (user, profile) = text
            .split_once(':')
            .ok_or("write the SDS user id, a colon and the role profile id")?;
        Ok(Self {
            user: user
                .parse()
                .map_err(|e: domain::IdentifierError| e.to_string())?,
            role_profile: profile
                .parse()
                .map_err(|e: domain::IdentifierError| e.to_string())?,
        })
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  minispine rbac
  minispine rbac --user-id 999000000033 --role-profile-id 999000000041")]
pub(crate) struct Rbac {
    /// JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  minispine activity --from 2026-11-01
  minispine activity --from 2026-11-01 --to 2026-11-07 --patient 9990000018
  minispine activity --from 2026-11-01 --user 999000000017 --csv > report.csv")]
pub(crate) struct Activity {
    /// First day, like 2026-11-01
    #[arg(long, value_name = "DAY")]
    pub(crate) from: jiff::civil::Date,
    /// Last day; today when absent
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<jiff::civil::Date>,
    /// Accesses to this patient's record only
    #[arg(long, value_name = "NHS")]
    pub(crate) patient: Option<domain::NhsNumber>,
    /// Accesses by this SDS user only
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<domain::SdsUserId>,
    #[command(flatten)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
}

/// The form a report is printed in; a table when none is given.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct ReportFormat {
    /// CSV with a heading, an access a line, instead of a table
    #[arg(long)]
    pub(crate) csv: bool,
    /// JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Consent {
    /// What has the patient decided about sharing the record?
    #[command(after_help = "Example:
  minispine consent get 9990000018")]
    Get {
        /// The patient's NHS number
        nhs: domain::NhsNumber,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        endpoint: Endpoint,
    },
    /// Record what the patient has decided; the user needs the right to (B0020)
    #[command(after_help = "Examples:
  minispine consent set 9990000018 no
  minispine consent set 9990000018 ask")]
    Set {
        /// The patient's NHS number
        nhs: domain::NhsNumber,
        /// The decision
        #[arg(value_enum)]
        setting: Setting,
        #[command(flatten)]
        endpoint: Endpoint,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Setting {
    /// Ask the patient each time (the default of every patient)
    Ask,
    /// The patient dissents: nobody may view, nothing may be stored
    No,
    /// Express consent of the older kind; treated as ask
    Yes,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The patients must be made up or published for tests. Exit code 0: everything passed.

Examples:
  minispine check --patient 9990000018
  minispine check https://smsp.example/smsp/scr --cert client.pem --key client.key --ca ca.pem \\
      --username client.example --ods Y90001 --patient 9990000018 --html report.html"
)]
pub(crate) struct Check {
    /// URL of the SCR mini services; that of the client file when absent
    pub(crate) target: Option<String>,
    /// A patient who has a record
    #[arg(long, value_name = "NHS")]
    pub(crate) patient: Option<domain::NhsNumber>,
    /// A patient who has none
    #[arg(long, value_name = "NHS")]
    pub(crate) without_record: Option<domain::NhsNumber>,
    /// A patient with a record who dissents
    #[arg(long, value_name = "NHS")]
    pub(crate) dissenting: Option<domain::NhsNumber>,
    /// A patient with a record whom nobody of the organisation has permission to view
    #[arg(long, value_name = "NHS")]
    pub(crate) untouched: Option<domain::NhsNumber>,
    /// A number with a child protection plan; asking for it is an access that the local authority
    /// is told of
    #[arg(long, value_name = "NHS")]
    pub(crate) child: Option<domain::NhsNumber>,
    /// A number that CP-IS holds nothing of; most scenarios of CP-IS ask for it
    #[arg(long, value_name = "NHS")]
    pub(crate) without_plan: Option<domain::NhsNumber>,
    /// Path of the CP-IS mini service, when it is not the SCR one's with `cpis` at its end
    #[arg(long, value_name = "PATH")]
    pub(crate) cpis_path: Option<String>,
    /// Only scenarios of this group or whose id begins so; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Not these
    #[arg(long, value_name = "NAME")]
    pub(crate) without: Vec<String>,
    /// Nothing that leaves a trace beyond the audit
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Also the scenarios about signatures, signed with the client's certificate and key
    #[arg(long)]
    pub(crate) sign: bool,
    /// Also run the scenarios of our own extension (consent)
    #[arg(long)]
    pub(crate) extension: bool,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the report as a page for a browser
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
}
