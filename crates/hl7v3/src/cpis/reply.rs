//! What a client or a mini service makes of the Spine's answer to a query: SOAP or bare.

use xml::{Document, Element, XmlError};

use super::answer::{self, Answer, PAYLOAD};
use crate::Interaction;
use crate::issue::{Refusal, read_issues};
use crate::lenient::{attribute, normal, path};
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
    check_action(doc.root(), message.interaction)?;
    match message.interaction {
        Interaction::CpisAnswer => read_found(&message),
        Interaction::QueryFailed => Ok(read_failed(&message)),
        Interaction::Acknowledgement => Ok(Reply::Refused(refusal(&message))),
        other => Err(AnswerError::Unexpected(other.id())),
    }
}

/// The `wsa:Action` of an answer in SOAP, where it has one, names the interaction inside. Under which
/// service does not count for refusals: the published ones borrow that of others.
fn check_action(root: Element<'_, '_>, interaction: Interaction) -> Result<(), AnswerError> {
    let Some(action) = path(root, &["Header", "Action"]) else {
        return Ok(());
    };
    let said = normal(&action.text());
    let is_named = match said.rsplit_once(['/', ':']) {
        Some((service, id)) => {
            let own = interaction.action();
            let of_own = own.rsplit_once('/').is_some_and(|(own, _)| own == service);
            id == interaction.id() && (of_own || interaction != Interaction::CpisAnswer)
        }
        None => false,
    };
    match is_named {
        true => Ok(()),
        false => Err(action
            .error("Action must be that of the interaction")
            .into()),
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
    check_counts(payload, &answer)?;
    Ok(Reply::Found(Box::new(answer)))
}

/// An answer holds what it announces: as many accesses, and no fewer records, whether those are
/// counted by authority or by plan.
fn check_counts(payload: Element<'_, '_>, answer: &Answer) -> Result<(), XmlError> {
    let accesses = announced(payload, ACCESSES)?;
    if accesses != answer.accesses.len() {
        return Err(payload.error("it announces another number of accesses than it holds"));
    }
    let plans: usize = answer.records.iter().map(|record| record.plans.len()).sum();
    match announced(payload, RECORDS)? > answer.records.len().max(plans) {
        true => Err(payload.error("it announces more records than it holds")),
        false => Ok(()),
    }
}

/// Where the number of accesses is announced.
const ACCESSES: [&str; 3] = [
    "pertinentInformation11",
    "pertinentTotalReturnedAccessRecords",
    "value",
];
/// And that of records.
const RECORDS: [&str; 3] = [
    "pertinentInformation12",
    "pertinentTotalReturnedChildRecords",
    "value",
];

fn announced(payload: Element<'_, '_>, names: [&str; 3]) -> Result<usize, XmlError> {
    let said = attribute(payload, &names, "value");
    let number = said.and_then(|number| number.trim().parse().ok());
    number.ok_or_else(|| payload.error(format!("{} must be a number", names.join("/"))))
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
