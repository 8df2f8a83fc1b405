//! What comes back: an answer, a refusal or a fault.

use domain::consent::ConsentSetting;
use domain::record::{DocumentBytes, DocumentHeader};
use itk::fault::Fault;
use itk::scr::ResponseValue;

use crate::render::{RenderError, Summary};

/// The answer to a call that succeeds with a `T`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// What was asked for.
    Value(T),
    /// A response code other than success.
    Refused(Refused),
    /// A SOAP fault.
    Fault(Fault),
}

/// A response code other than success. Two published sets give the same SCR code different
/// meanings, so show and compare both parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Like `SCR-0003`.
    pub code: String,
    /// Like `PTV Check Failed`.
    pub display: String,
}

/// What getSCRStatus tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether there is a Summary Care Record.
    pub exists: bool,
    /// The patient's consent to share it.
    pub consent: ConsentSetting,
}

/// The answer to [`ScrClient::status`](crate::ScrClient::status).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusOutcome {
    /// The status.
    Status(Status),
    /// A response code other than success.
    Refused(Refused),
    /// A SOAP fault.
    Fault(Fault),
}

/// The answer to [`ScrClient::query`](crate::ScrClient::query).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryOutcome {
    /// The patient's latest GP Summary.
    Document {
        /// Byte for byte as it was sent, and the namespaces it inherits.
        document: DocumentBytes,
        /// What it says of itself; its patient is the one asked for.
        header: Box<DocumentHeader>,
    },
    /// A response code other than success.
    Refused(Refused),
    /// A SOAP fault.
    Fault(Fault),
}

impl QueryOutcome {
    /// The document, read for rendering; `None` when there is none.
    pub fn summary(&self) -> Option<Result<Summary, RenderError>> {
        match self {
            Self::Document { document, .. } => Some(Summary::read(document)),
            Self::Refused(_) | Self::Fault(_) => None,
        }
    }
}

impl From<Outcome<Status>> for StatusOutcome {
    fn from(outcome: Outcome<Status>) -> Self {
        match outcome {
            Outcome::Value(status) => Self::Status(status),
            Outcome::Refused(refused) => Self::Refused(refused),
            Outcome::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<Outcome<(DocumentBytes, DocumentHeader)>> for QueryOutcome {
    fn from(outcome: Outcome<(DocumentBytes, DocumentHeader)>) -> Self {
        match outcome {
            Outcome::Value((document, header)) => Self::Document {
                document,
                header: Box::new(header),
            },
            Outcome::Refused(refused) => Self::Refused(refused),
            Outcome::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<&ResponseValue> for Refused {
    fn from(value: &ResponseValue) -> Self {
        Self {
            code: value.code.clone(),
            display: value.display.clone(),
        }
    }
}
