//! Commands of CP-IS, and of the people that local PDS data holds.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::NhsNumber;
use jiff::civil::Date;

use super::{DATA, Endpoint, StoreLocation};

#[derive(Debug, Subcommand)]
pub(crate) enum Cpis {
    /// Which child protection plans there are of an NHS number, and who looked
    #[command(
        after_help = "Every query is an access: it is shown to whoever asks next, and the local authority is told.

Examples:
  minispine cpis get 9990000018 --text
  minispine cpis get 9990000018 --json --url https://smsp.example/smsp/cpis

The exit code is 0 when there is a record, 3 when there is none, 1 when it could not be told."
    )]
    Get(CpisGet),
    /// Send an upload file as a local authority, and wait for its acknowledgement
    #[command(
        after_help = "The exit code is 0 when all records were stored, 1 when some were, 2 when none was.

Examples:
  minispine cpis upload upload.xml
  minispine cpis upload upload.xml --json > report.json
  minispine cpis upload upload.xml --acknowledgement ack.xml --numbers"
    )]
    Upload(CpisUpload),
    /// Collect what an authority is told: who looked, and which NHS numbers went out of use
    #[command(
        after_help = "What was collected is acknowledged, so the next call shows what is new.

Examples:
  minispine cpis notifications
  minispine cpis notifications --keep --json
  minispine cpis notifications --xml notices/"
    )]
    Notifications(CpisNotifications),
    /// Make an upload file with the people it is verified against, or fill the store
    #[command(after_help = "Examples:
  minispine cpis seed --records 5000 --faulty 1 --out upload.xml --people
  minispine cpis seed --records 100000 --out upload.xml    the people go to upload.people.csv
  minispine cpis seed --published                          the patients of the published packs")]
    Seed(CpisSeed),
}

#[derive(Debug, Args)]
pub(crate) struct CpisGet {
    /// The NHS number
    pub(crate) nhs: String,
    /// Take a number whose check digit is wrong, as published packs have some
    #[arg(long)]
    pub(crate) test_number: bool,
    /// The payload of the answer
    #[arg(long, group = "form")]
    pub(crate) xml: bool,
    /// Everything as JSON
    #[arg(long, group = "form")]
    pub(crate) json: bool,
    /// A page for a browser
    #[arg(long, group = "form")]
    pub(crate) html: bool,
    /// Plain text (the default)
    #[arg(long, group = "form")]
    pub(crate) text: bool,
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
}

#[derive(Debug, Args)]
pub(crate) struct CpisUpload {
    /// The upload file (REPC_MT000002GB01)
    pub(crate) file: PathBuf,
    /// Bytes of a chunk
    #[arg(long, value_name = "BYTES", default_value_t = 4 << 20, value_parser = clap::value_parser!(u64).range(1..=16_777_216))]
    pub(crate) chunk: u64,
    /// Longest wait for the acknowledgement, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) wait: u64,
    /// Write the acknowledgement itself to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) acknowledgement: Option<PathBuf>,
    /// Show NHS numbers when standard output is no terminal
    #[arg(long)]
    pub(crate) numbers: bool,
    /// JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) authority: AuthorityLocation,
}

#[derive(Debug, Args)]
pub(crate) struct CpisNotifications {
    /// Leave them in the mailbox
    #[arg(long)]
    pub(crate) keep: bool,
    /// Write the messages themselves to a folder
    #[arg(long, value_name = "DIR")]
    pub(crate) xml: Option<PathBuf>,
    /// Show NHS numbers when standard output is no terminal
    #[arg(long)]
    pub(crate) numbers: bool,
    /// One JSON object a line instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) authority: AuthorityLocation,
}

#[derive(Debug, Args)]
pub(crate) struct CpisSeed {
    /// How many records
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=400_000))]
    pub(crate) records: u32,
    /// Of a hundred records, so many that are refused, for every reason in turn
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) faulty: u32,
    /// Where the upload file goes; the people it is verified against go beside it, as CSV
    #[arg(long, value_name = "FILE", required_unless_present = "published")]
    pub(crate) out: Option<PathBuf>,
    /// Put the people into the store as well
    #[arg(long)]
    pub(crate) people: bool,
    /// Put the patients of the published packs into the store, with their plans and accesses
    #[arg(long)]
    pub(crate) published: bool,
    /// The upload's number
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) file_number: String,
    /// The day of the upload; today when absent. The same seed and day make the same file
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<Date>,
    /// Seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Leave out so many people first: two files then have nobody in common
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) first: u32,
    /// ODS code of the authority, when it is not that of `up`
    #[arg(long, value_name = "ODS", requires = "name")]
    pub(crate) ods: Option<domain::OdsCode>,
    /// Its name
    #[arg(long, requires = "ods")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreLocation,
}

/// As which local authority a command acts.
#[derive(Debug, Args)]
pub(crate) struct AuthorityLocation {
    /// Data folder of `up`
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
    /// Authority file; the one of the data folder when absent
    #[arg(long, value_name = "FILE")]
    pub(crate) authority: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pds {
    /// Show what local PDS data has of an NHS number
    Show {
        /// The NHS number
        nhs: NhsNumber,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreLocation,
    },
    /// Put people into the local PDS data
    #[command(
        after_help = "The columns: nhs_number,given,family,birth_date,sensitive,standing
`given` has all given names, the first one first; `birth_date` is 2019-05-01; `sensitive` is true or
false; `standing` is empty, `invalid`, or the NHS number that took this one's place.

Example:
  minispine pds import upload.people.csv"
    )]
    Import {
        /// CSV file
        file: PathBuf,
        #[command(flatten)]
        store: StoreLocation,
    },
    /// A number was merged into another: its plans are hidden, and their authorities are told
    #[command(after_help = "Example:
  minispine pds supersede 9990000018 9990000026")]
    Supersede {
        /// The number that goes out of use
        old: NhsNumber,
        /// The number that takes its place
        new: NhsNumber,
        #[command(flatten)]
        store: StoreLocation,
    },
    /// A number went out of use for good, as after an adoption
    Invalidate {
        /// The number
        nhs: NhsNumber,
        #[command(flatten)]
        store: StoreLocation,
    },
}
