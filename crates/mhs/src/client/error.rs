//! What may come instead of an answer, and whose fault that is.

use domain::MessageId;
use ebxml::{EbxmlError, MessageError};
use hl7v3::issue::Refusal;
use hl7v3::{AnswerError, SoapFault};
use transport::UpstreamError;

/// Why there is no answer. Texts hold what the Spine says in codes, never a patient's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpineError {
    /// The message cannot be written: it is too large.
    #[error("the message cannot be written: {0}")]
    Unwritable(EbxmlError),
    /// There was no answer: nobody's fault, or the network's.
    #[error("no answer of the Spine: {0}")]
    Unreachable(UpstreamError),
    /// The Spine cannot be believed to have said anything.
    #[error("the answer of the Spine cannot be used: {0}")]
    Unusable(String),
    /// The Spine does not take the message: a SOAP fault.
    #[error("the Spine does not take the message: {}", codes_of(.0))]
    Fault(SoapFault),
    /// The Spine's message handler does not take the message.
    #[error("the message handler of the Spine does not take the message: {}", names_of(.0))]
    MessageErrors(Vec<MessageError>),
    /// The Spine took the message and refuses what it asks.
    #[error("the Spine refuses: {} {}", .0.interaction.id(), .0.codes())]
    Refused(Refusal),
    /// The Spine took the message and has not answered in time. The answer may still come.
    #[error("the Spine has taken message {message} and not answered in time")]
    Late {
        /// The message, to ask or send again under the same id.
        message: MessageId,
    },
    /// The message was not acknowledged, in words; it may have arrived.
    #[error("message {message} was not acknowledged: {why}")]
    NotAcknowledged {
        /// The message, to be sent again under the same id.
        message: MessageId,
        /// What came instead.
        why: String,
    },
}

/// Who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtFault {
    /// Whoever asked: the message or what it asks for is wrong, or not allowed.
    Caller,
    /// The Spine, or what stands behind its address.
    Spine,
    /// The network between the two, certificates included; time may mend it.
    Network,
}

impl SpineError {
    /// Who can mend it.
    pub fn at_fault(&self) -> AtFault {
        match self {
            Self::Unwritable(_) | Self::Refused(_) | Self::MessageErrors(_) => AtFault::Caller,
            Self::Fault(fault) if fault.is_retryable() => AtFault::Spine,
            Self::Fault(_) => AtFault::Caller,
            Self::Unusable(_) | Self::Late { .. } | Self::NotAcknowledged { .. } => AtFault::Spine,
            Self::Unreachable(UpstreamError::TooLarge { .. }) => AtFault::Spine,
            Self::Unreachable(_) => AtFault::Network,
        }
    }

    /// Whether what was to be done may have been done all the same.
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Unreachable(error) => !error.nothing_was_sent(),
            Self::Unusable(_) | Self::Late { .. } | Self::NotAcknowledged { .. } => true,
            Self::Unwritable(_) | Self::Fault(_) | Self::MessageErrors(_) | Self::Refused(_) => {
                false
            }
        }
    }

    pub(super) fn unusable(why: impl Into<String>) -> Self {
        Self::Unusable(why.into())
    }
}

impl From<AnswerError> for SpineError {
    fn from(error: AnswerError) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl From<xml::XmlError> for SpineError {
    fn from(error: xml::XmlError) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl From<EbxmlError> for SpineError {
    fn from(error: EbxmlError) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// Codes only: descriptions are the Spine's words, and may name somebody.
fn codes_of(fault: &SoapFault) -> String {
    let codes: Vec<&str> = fault.errors.iter().map(|e| e.code.as_str()).collect();
    format!("{} {}", fault.faultcode, codes.join(" "))
        .trim_end()
        .to_owned()
}

fn names_of(errors: &[MessageError]) -> String {
    let names: Vec<&str> = errors.iter().map(|error| error.code.name()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use ebxml::ErrorCode;

    use super::*;

    #[test]
    fn each_error_says_who_is_at_fault_and_whether_it_may_have_happened() {
        let id = || MessageId::parse("B7A1").expect("an id");
        let error = MessageError::new(ErrorCode::ValueNotRecognized, "of 9990000018");
        let mut mine = SoapFault::processing("of 9990000018");
        mine.errors[0].code = "101".to_owned();
        for (error, at_fault, unknown, text) in [
            (
                SpineError::Unwritable(EbxmlError::ContentType),
                AtFault::Caller,
                false,
                "the message cannot be written: the content type is not multipart/related with a \
                 boundary, nor text/xml",
            ),
            (
                SpineError::Unreachable(UpstreamError::Connect("nobody".to_owned())),
                AtFault::Network,
                false,
                "no answer of the Spine: no connection: nobody",
            ),
            (
                SpineError::Unreachable(UpstreamError::Timeout { phase: "response" }),
                AtFault::Network,
                true,
                "no answer of the Spine: timed out in phase response",
            ),
            (
                SpineError::Fault(SoapFault::processing("of 9990000018")),
                AtFault::Spine,
                false,
                "the Spine does not take the message: SOAP:Server 200",
            ),
            (
                SpineError::Fault(mine),
                AtFault::Caller,
                false,
                "the Spine does not take the message: SOAP:Server 101",
            ),
            (
                SpineError::MessageErrors(vec![error]),
                AtFault::Caller,
                false,
                "the message handler of the Spine does not take the message: ValueNotRecognized",
            ),
            (
                SpineError::Late { message: id() },
                AtFault::Spine,
                true,
                "the Spine has taken message B7A1 and not answered in time",
            ),
        ] {
            assert_eq!(error.at_fault(), at_fault, "{text}");
            assert_eq!(error.outcome_is_unknown(), unknown, "{text}");
            assert_eq!(error.to_string(), text);
        }
    }
}
