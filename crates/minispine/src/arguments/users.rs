//! `minispine users`: the file of users and their rights.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::DATA;

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// Show who may act, in which role
    #[command(after_help = "Examples:
  minispine users list
  minispine users list --activity B0168 --file /etc/minispine/users.csv --json")]
    List {
        /// Only in this organisation
        #[arg(long, value_name = "ODS")]
        ods: Option<domain::OdsCode>,
        /// Only those who have this activity
        #[arg(long, value_name = "CODE")]
        activity: Option<String>,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        file: UsersLocation,
    },
    /// Show one user: their roles, and what these allow
    #[command(after_help = "Example:
  minispine users show 999000000017")]
    Show {
        /// SDS user id
        user: domain::SdsUserId,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        file: UsersLocation,
    },
    /// Add a role of a user; a running service takes it over by itself
    #[command(after_help = "Example:
  minispine users add 999000000074 --ods Y90001 --role-profile-id 999000000082 \\
      --job-role S8000:G8000:R8001 --name 'Nurse Example' --activity B0370 --activity B0257")]
    Add(Box<UserAdd>),
    /// Take out a user, or one of their roles
    #[command(after_help = "Examples:
  minispine users remove 999000000074
  minispine users remove 999000000074 --role-profile-id 999000000082")]
    Remove {
        /// SDS user id
        user: domain::SdsUserId,
        /// Only in this organisation
        #[arg(long, value_name = "ODS")]
        ods: Option<domain::OdsCode>,
        /// Only this role profile
        #[arg(long, value_name = "ID")]
        role_profile_id: Option<domain::RoleProfileId>,
        #[command(flatten)]
        file: UsersLocation,
    },
    /// Check the file; the exit code is 0 when a service can use it
    #[command(after_help = "Example:
  minispine users check --file users.csv")]
    Check {
        #[command(flatten)]
        file: UsersLocation,
    },
    /// Take over users from another file (TOML or CSV)
    #[command(
        after_help = "Columns of a CSV file, in any order; the last two may be missing:
  user_id,ods,role_profile_id,job_role,name,activities,valid_from,valid_until

Examples:
  minispine users import staff.csv
  minispine users import staff.csv --exactly    whoever is not in staff.csv goes"
    )]
    Import {
        /// The other file
        from: PathBuf,
        /// Also take out whoever is not in it
        #[arg(long)]
        exactly: bool,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        file: UsersLocation,
    },
}

#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// SDS user id
    pub(crate) user: domain::SdsUserId,
    /// Organisation in which they have the role
    #[arg(long, value_name = "ODS")]
    pub(crate) ods: domain::OdsCode,
    /// SDS role profile
    #[arg(long, value_name = "ID")]
    pub(crate) role_profile_id: domain::RoleProfileId,
    /// National job role, like S8000:G8000:R8000
    #[arg(long, value_name = "CODE")]
    pub(crate) job_role: domain::JobRole,
    /// Their name, for reports and alerts
    #[arg(long)]
    pub(crate) name: String,
    /// An activity of the role, like B0370; may be repeated
    #[arg(long = "activity", value_name = "CODE")]
    pub(crate) activities: Vec<String>,
    /// First day it is valid, UK time
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_from: Option<Date>,
    /// Last day it is valid, UK time
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_until: Option<Date>,
    /// Put it in the place of what the file says of this role
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) file: UsersLocation,
}

/// Which file of users a command works on.
#[derive(Debug, Args)]
pub(crate) struct UsersLocation {
    /// Data folder of `up`
    #[arg(long, value_name = "DIR", default_value = DATA, env = "MINISPINE_DATA")]
    pub(crate) data: PathBuf,
    /// The file itself (TOML or CSV), as `smsp.users_file` of a configuration names it
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}
