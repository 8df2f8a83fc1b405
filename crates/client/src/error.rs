//! Why there is no answer to look at.

use transport::UpstreamError;

/// Why there is no answer to look at. A refusal is an answer, not an error.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service could not be reached, or did not answer in time.
    #[error("the mini service could not be reached: {0}")]
    Unreachable(#[from] UpstreamError),
    /// It answered with an HTTP status that carries no message.
    #[error("the mini service answered HTTP {status} without a message")]
    Status {
        /// The status.
        status: u16,
    },
    /// Its answer cannot be read.
    #[error("the answer of the mini service cannot be read: {0}")]
    Unreadable(String),
    /// It is not the answer to what was asked.
    #[error("the answer of the mini service belongs to another request")]
    Unrelated,
    /// The document it gave is that of another patient. It was not shown.
    #[error("the document returned is that of another patient; it has been discarded")]
    WrongPatient,
    /// The report it gave lists accesses to other patients' records or by other users than were
    /// asked for. It was not shown.
    #[error("the report returned lists others than were asked for; it has been discarded")]
    WrongReport,
}
