//! `minispine messages`

use clap::{Args, Subcommand, ValueEnum};

use super::StoreLocation;

#[derive(Debug, Subcommand)]
pub(crate) enum Messages {
    /// Find messages, newest first
    Search(MessagesSearch),
    /// One message, with its content and what answers it
    Show(MessagesShow),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  minispine messages search --patient 9990000018
  minispine messages search --interaction REPC_IN150016UK05 --from 2026-11-01 --json")]
pub(crate) struct MessagesSearch {
    /// Whose record
    #[arg(long, value_name = "NHS")]
    pub(crate) patient: Option<domain::NhsNumber>,
    /// Which interaction
    #[arg(long, value_name = "ID")]
    pub(crate) interaction: Option<String>,
    /// Which conversation, as the messages write it
    #[arg(long, value_name = "ID")]
    pub(crate) conversation: Option<String>,
    /// Of which role: spine, smsp
    #[arg(long, value_name = "ROLE")]
    pub(crate) owner: Option<String>,
    /// Those that came, or those that went
    #[arg(long, value_enum)]
    pub(crate) direction: Option<Way>,
    /// First day or instant, UK time: 2026-11-01 or 2026-11-01T09:30
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<String>,
    /// Last day or instant
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreLocation,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  minispine messages show 5D1C0F3E-6F0B-4B5E-9A51-0C9E9E7F0A11")]
pub(crate) struct MessagesShow {
    /// Its ebXML message id
    pub(crate) id: domain::MessageId,
    /// JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreLocation,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// It came
    In,
    /// It went, or is to go
    Out,
}

impl From<Way> for store::Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Self::In,
            Way::Out => Self::Out,
        }
    }
}
