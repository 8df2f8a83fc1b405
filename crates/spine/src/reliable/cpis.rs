//! QUPC_IN000006GB01 as a reliable message: the query is acknowledged, and its answer goes out in a
//! message of its own.
//!
//! The contract of that answer is not that of the query: no acknowledgment, no duplicate
//! elimination, no retries (published entries of the Spine directory for REPC_IN000007GB01).

use domain::audit::AuditEvent;
use ebxml::{ErrorCode, MessageError};
use hl7v3::soap::AnswerForm;
use hl7v3::{AnswerParts, Interaction, ReplyTo, SoapFault, SpineRequest};

use super::incoming::Incoming;
use super::refusal::Refusal;
use crate::answer::Answer;
use crate::cpis::{self, Cpis};
use crate::scenario::CpisSignal;
use crate::uploads::{self, Desk, Taken};

/// What the national test harness says when it is to answer by an error.
const NO_CONTRACT: (&str, &str) = (
    "402005",
    "An error occurred while finding the defined contract",
);

/// Answers a query by the rules of the synchronous service.
pub(super) async fn take(
    cpis: &Cpis,
    desk: Desk<'_>,
    incoming: &Incoming<'_>,
    request: &SpineRequest<'_, '_>,
    event: &mut AuditEvent,
) -> Result<Taken, Refusal> {
    let reply_to = request.reply_to();
    let question = match cpis::Question::read(request, cpis) {
        None => return Err(SoapFault::not_supported().into()),
        Some(Ok(question)) => question,
        Some(Err(invalid)) => {
            let issues = cpis.issues(request.interaction, &invalid);
            return Ok(uploads::refused(desk, &reply_to, issues, invalid.to_string()).once());
        }
    };
    question.note(event);
    let patient = question.patient();
    let signal = |patient| desk.scenarios?.cpis_signal(&patient);
    if let Some(signal) = patient.and_then(signal) {
        return Err(refusal(signal, incoming));
    }
    let cpis_desk = cpis::Desk {
        cpis,
        store: desk.store,
        now: desk.env.now(),
        scenarios: desk.scenarios,
        organisation: incoming.system.organisation.as_ref(),
    };
    let answer = question.answer(cpis_desk, event).await;
    let answer = answer.map_err(|error| Refusal::storage(&error))?;
    event.disclosed = answer.discloses();
    let mut taken = taken(desk, &reply_to, &answer, event)?;
    taken.patient = patient;
    taken.decision.clone_from(&event.decision);
    Ok(taken.once())
}

fn taken(
    desk: Desk<'_>,
    reply_to: &ReplyTo,
    answer: &Answer,
    event: &AuditEvent,
) -> Result<Taken, Refusal> {
    let interaction = match answer {
        Answer::Cpis(outcome) => outcome.interaction(),
        Answer::Fault(fault) => return Err(fault.clone().into()),
        _ => Interaction::Acknowledgement,
    };
    let write = |parts: &AnswerParts<'_>| answer.message(parts);
    let mut taken = Taken::answered(desk, reply_to, interaction, &answer.outcome(), write);
    if let Some(id) = answer.id(taken.answer_id.as_str()) {
        taken.answer_id = id;
    }
    if let Answer::Cpis(outcome) = answer {
        let in_soap = soap_form(desk, reply_to, answer, &taken);
        taken.commit = outcome.effects(&in_soap, event.at);
    }
    Ok(taken)
}

/// The answer as it would be on the synchronous service: so it is remembered, and a repetition gets
/// it from there whichever way it comes.
fn soap_form(desk: Desk<'_>, reply_to: &ReplyTo, answer: &Answer, taken: &Taken) -> Vec<u8> {
    let reply_to = ReplyTo {
        form: AnswerForm::Soap,
        ..reply_to.clone()
    };
    answer.message(&AnswerParts {
        id: taken.answer_id.as_str(),
        now: desk.env.now(),
        service_url: &desk.own.url,
        asid: &desk.own.asid,
        reply_to: &reply_to,
    })
}

fn refusal(signal: CpisSignal, incoming: &Incoming<'_>) -> Refusal {
    match signal {
        CpisSignal::None => Refusal::Unacknowledged,
        CpisSignal::Error => {
            let (code, description) = NO_CONTRACT;
            let error = MessageError::new(ErrorCode::of(code), description);
            Refusal::error(&incoming.message.header, error)
        }
    }
}
