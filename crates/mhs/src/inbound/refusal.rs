//! Saying no to what comes.

use domain::MessageId;
use domain::audit::AuditEvent;
use ebxml::{EbxmlError, MESSAGE_SERVICE, MessageError, MessageHeader};
use store::StoreError;
use transport::{Environment, Response};

/// Why a message is not taken.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Its sender may not bring messages here.
    Stranger,
    /// It cannot be read.
    Unread(EbxmlError),
    /// It is no interaction that anybody knows.
    NoSuchInteraction,
    /// It answers nothing.
    Unsolicited,
    /// It answers a message that never went from here.
    UnknownReference,
    /// It breaks a rule, about which its sender is told in ebXML.
    Error {
        header: Box<MessageHeader>,
        error: MessageError,
    },
    /// Our store failed.
    Storage,
    /// It is to come again.
    NotNow,
}

impl Refusal {
    pub(super) fn unread(error: EbxmlError) -> Self {
        Self::Unread(error)
    }

    pub(super) fn error(header: &MessageHeader, error: MessageError) -> Self {
        Self::Error {
            header: Box::new(header.clone()),
            error,
        }
    }

    /// What failed stays here; the sender learns that it is not their fault.
    pub(super) fn storage(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Storage
    }

    pub(super) fn is_of_our_store(&self) -> bool {
        matches!(self, Self::Storage)
    }

    pub(super) fn note(&self, event: &mut AuditEvent) {
        event.outcome = match self {
            Self::Stranger => "not registered".to_owned(),
            Self::Error { error, .. } => format!("MessageError {}", error.code.name()),
            _ => "refused".to_owned(),
        };
        event.decision = Some(match self {
            Self::Error { error, .. } => error.description.clone(),
            _ => self.text().1,
        });
    }

    /// Errors of ebXML travel under 200, as the Spine sends them and its adaptor does.
    pub(super) fn response(&self, env: &Environment) -> Response {
        if let Self::Error { header, error } = self
            && let Ok(id) = MessageId::parse(&env.uuid())
        {
            let body = MessageError::write(std::slice::from_ref(error), header, id);
            return signal_response(MessageError::ACTION, body);
        }
        let (status, text) = self.text();
        Response::text(status, format!("{status}: {text}\n"))
    }

    /// The texts of the national adaptor, where it has one.
    fn text(&self) -> (u16, String) {
        let (status, text) = match self {
            Self::Stranger => (403, "the certificate is not registered here"),
            Self::Unread(error) => {
                let text = format!("Exception during inbound message parsing {error}");
                return (500, text);
            }
            Self::NoSuchInteraction => (404, "Unknown interaction"),
            Self::Unsolicited => (
                500,
                "Unsolicited messaging not supported for this interaction",
            ),
            Self::UnknownReference => (500, "Unknown message reference"),
            Self::Error { .. } | Self::Storage | Self::NotNow => (500, "Exception in workflow"),
        };
        (status, text.to_owned())
    }
}

/// A signal as HTTP.
pub(super) fn signal_response(action: &str, body: Vec<u8>) -> Response {
    Response::new(200, "text/xml", body)
        .with_header("SOAPAction", format!("{MESSAGE_SERVICE}/{action}"))
}
