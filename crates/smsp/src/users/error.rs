//! What can be wrong with the users an operator gives. The texts name file, line and rule.

use std::io;
use std::path::PathBuf;

use domain::identifier::{OdsCode, SdsUserId};

/// Two users with the same id in the same organisation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("user {user} is listed twice in organisation {organisation}")]
pub struct UserListedTwice {
    /// The user.
    pub user: SdsUserId,
    /// The organisation.
    pub organisation: OdsCode,
}

/// Why a list of users cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file as a whole is not what it should be.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// One entry is not what it should be.
    #[error("{place}: {reason}")]
    Entry {
        /// File and line, or the key of the configuration.
        place: String,
        /// Why.
        reason: String,
    },
}
