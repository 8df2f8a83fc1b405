//! Commands that look into a store.

use clap::{Args, Subcommand};

use super::StoreLocation;

#[derive(Debug, Subcommand)]
pub(crate) enum Outbox {
    /// Show what waits, the most urgent first
    #[command(after_help = "Examples:
  minispine outbox list
  minispine outbox list --dead --json")]
    List {
        /// Those that were given up, instead of those that wait
        #[arg(long)]
        dead: bool,
        /// At most this many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreLocation,
    },
    /// Make a message due now, also one that was given up
    #[command(after_help = "Examples:
  minispine outbox retry 5D1C0F3E-6F0B-4B5E-9A51-0C9E9E7F0A11
  minispine outbox retry --dead     all that were given up, once their cause is mended")]
    Retry {
        /// Its id, as `list` shows it
        #[arg(required_unless_present = "dead", conflicts_with = "dead")]
        id: Option<String>,
        /// All that were given up
        #[arg(long)]
        dead: bool,
        #[command(flatten)]
        store: StoreLocation,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  minispine alerts
  minispine alerts --organisation Y90001 --from 2026-11-01 --json")]
pub(crate) struct Alerts {
    /// Raised by users of this organisation
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
    /// One JSON object a line instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreLocation,
}
