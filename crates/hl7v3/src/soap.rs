//! SOAP 1.1 with WS-Addressing 2004/08, as the Spine's `/sync-service` speaks it.

mod fault;
mod request;
mod response;

pub use fault::{SoapError, SoapFault};
pub use request::{RequestError, RequestParts, SpineRequest, read_request, write_request};
pub(crate) use request::{check_interaction, read_control_act};
pub use response::{
    AnswerError, AnswerForm, AnswerMessage, AnswerParts, ReplyTo, SpineAnswer, read_response,
    write_response,
};
pub(crate) use response::{Wrapping, write_wrapped};

/// What a message id starts with.
pub(crate) const UUID_SCHEME: &str = "uuid:";
