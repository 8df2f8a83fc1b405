//! What a client or a mini service makes of the Spine's answer to a query: SOAP or bare.

use xml::{Document, Element};

use super::answer::{self, Answer, PAYLOAD};
use crate::Interaction;
use crate::issue::{Refusal, read_issues};
use crate::lenient::{attribute, path};
use crate::soap::{AnswerError, AnswerMessage, SoapFault, SpineAnswer, read_response};

/// What a query came to.
#[derive(Debug, Clone)]
pub enum Reply {
    /// REPC_IN000007GB01: there is a record.
    Found(Box<Answer>),
    /// QUQI_IN010000UK14: CP-IS holds nothing under this number.
    NoRecord(Refusal),
    /// Refused, with reasons: MCCI_IN010000UK13, or a failed query that does not say that it is the
    /// record that is missing.
    Refused(Refusal),
    /// A SOAP fault.
    Fault(SoapFault),
}

/// Reads an answer. Which message it answers, [`crate::soap::read_response`] tells, and the id of
/// what was found.
pub fn read(doc: &Document<'_>) -> Result<Reply, AnswerError> {
    let message = match read_response(doc)? {
        SpineAnswer::Fault(fault) => return Ok(Reply::Fault(fault)),
        SpineAnswer::Message(message) => message,
    };
    match message.interaction {
        Interaction::CpisAnswer => read_found(&message),
        Interaction::QueryFailed => Ok(read_failed(&message)),
        Interaction::Acknowledgement => Ok(Reply::Refused(refusal(&message))),
        other => Err(AnswerError::Unexpected(other.id())),
    }
}

/// The payload of an answer that found something: the element of this name below `subject`, not
/// the one around the message.
pub fn payload<'d, 'i>(message: Element<'d, 'i>) -> Option<Element<'d, 'i>> {
    path(message, &["ControlActEvent", "subject", PAYLOAD])
}

fn read_found(message: &AnswerMessage<'_, '_>) -> Result<Reply, AnswerError> {
    let payload = payload(message.element).ok_or_else(|| {
        let rule = "ControlActEvent/subject/CP-ISNHSQueryResponse is missing";
        message.element.error(rule)
    })?;
    let answer = answer::read(payload)?;
    if answer.records.is_empty() {
        let rule = "an answer that found something has a record";
        return Err(payload.error(rule).into());
    }
    Ok(Reply::Found(Box::new(answer)))
}

/// Both `ID`, as the Spine's published answer has it, and `NF` mean that there is nothing.
fn read_failed(message: &AnswerMessage<'_, '_>) -> Reply {
    let names = ["ControlActEvent", "queryAck", "queryResponseCode"];
    let code = attribute(message.element, &names, "code").map(str::trim);
    match code {
        Some("ID" | "NF") => Reply::NoRecord(refusal(message)),
        _ => Reply::Refused(refusal(message)),
    }
}

fn refusal(message: &AnswerMessage<'_, '_>) -> Refusal {
    Refusal {
        interaction: message.interaction,
        acknowledgement: message.acknowledgement.as_ref().map(|ack| ack.kind),
        issues: read_issues(message.element),
    }
}
