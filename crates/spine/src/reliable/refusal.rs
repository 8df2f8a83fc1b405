//! Saying no to a message.

use domain::MessageId;
use domain::audit::AuditEvent;
use ebxml::{MESSAGE_SERVICE, MessageError, MessageHeader};
use hl7v3::SoapFault;
use store::StoreError;
use transport::{Environment, Response};

use crate::answer::{fault_outcome, fault_response};

/// Why a message is not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// In SOAP: the sender cannot be addressed as a party.
    Fault {
        fault: SoapFault,
        /// Whether it is our store that failed, so that trying to write more is of no use.
        storage: bool,
    },
    /// Not at all, as a test harness asks for it.
    Unacknowledged,
    /// In ebXML, about the message of this header.
    Error {
        header: Box<MessageHeader>,
        error: MessageError,
    },
}

impl From<SoapFault> for Refusal {
    fn from(fault: SoapFault) -> Self {
        Self::Fault {
            fault,
            storage: false,
        }
    }
}

impl Refusal {
    pub(crate) fn error(header: &MessageHeader, error: MessageError) -> Self {
        Self::Error {
            header: Box::new(header.clone()),
            error,
        }
    }

    /// What failed stays here; the sender learns that it is not their fault.
    pub(crate) fn storage(error: &StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Fault {
            fault: SoapFault::processing("System failure to process message - default"),
            storage: true,
        }
    }

    pub(crate) fn is_of_our_store(&self) -> bool {
        matches!(self, Self::Fault { storage: true, .. })
    }

    pub(crate) fn note(&self, event: &mut AuditEvent) {
        event.related.clear();
        event.disclosed = false;
        match self {
            Self::Fault { fault, .. } => {
                event.outcome = fault_outcome(fault);
                event.decision = Some(fault.to_string());
            }
            Self::Unacknowledged => {
                "no acknowledgment".clone_into(&mut event.outcome);
                event.decision = Some("a scenario of the test harnesses".to_owned());
            }
            Self::Error { error, .. } => {
                event.outcome = format!("MessageError {}", error.code.name());
                event.decision = Some(error.description.clone());
            }
        }
    }

    /// Errors of ebXML travel under 200, as the Spine sends them.
    pub(crate) fn response(&self, env: &Environment) -> Response {
        match self {
            Self::Fault { fault, .. } => fault_response(fault),
            Self::Unacknowledged => Response::new(202, "text/xml", Vec::new()),
            Self::Error { header, error } => match new_id(env) {
                Ok(id) => {
                    let errors = std::slice::from_ref(error);
                    let body = MessageError::write(errors, header, id);
                    signal(200, MessageError::ACTION, body)
                }
                Err(refusal) => refusal.response(env),
            },
        }
    }
}

/// A fresh message id. That it is none cannot be: it is a UUID.
pub(crate) fn new_id(env: &Environment) -> Result<MessageId, Refusal> {
    MessageId::parse(&env.uuid()).map_err(|error| SoapFault::processing(error.to_string()).into())
}

/// A signal as HTTP, its `SOAPAction` with the doubled `urn:` that the Spine sends.
pub(crate) fn signal(status: u16, action: &str, body: Vec<u8>) -> Response {
    Response::new(status, "text/xml", body)
        .with_header("SOAPAction", format!("urn:{MESSAGE_SERVICE}/{action}"))
}
