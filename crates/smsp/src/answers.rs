//! What the Spine answers on connections of its own: to alerts, and to queries of CP-IS where those
//! are asked by message.
//!
//! An alert that was delivered is acknowledged by the Spine's message handler at once; what the
//! alert service makes of it comes later, as an application acknowledgement (MCCI_IN010000UK13). It
//! stands on the record of the alert and on audit. A refusal means that a privacy officer is not
//! told of what they must be told of, so it is logged as a warning for an operator; the user who saw
//! the record is long gone.
//!
//! The answer to a query of CP-IS is for whoever waits for it. When nobody does any more, it is not
//! taken: nothing about a child is kept here.

use std::sync::Arc;

use hl7v3::Interaction;
use mhs::{
    Answered, ErrorCode, Inbound, InboundConfig, MessageError, Received, Receiver, Reception,
};
use store::Store;
use transport::Environment;

use crate::{alert, cpis};

/// Where answers come to.
pub const INBOUND_PATH: &str = "/inbound";

/// The receiving end of an SMSP, to be served at [`INBOUND_PATH`]. Of its configuration the lane is
/// not looked at: it is this role's.
pub fn inbound(config: InboundConfig, store: Arc<dyn Store>, env: Environment) -> Inbound {
    let config = InboundConfig {
        lane: crate::LANE.to_owned(),
        ..config
    };
    Inbound::new(config, store, env).with_receiver(Arc::new(Answers))
}

/// Takes the answers to what goes from here, and nothing else.
struct Answers;

impl Receiver for Answers {
    fn receive(&self, received: &Received<'_>) -> Result<Reception, MessageError> {
        let header = received.header;
        let action = Interaction::of(&header.action);
        match (header.service.as_str(), action) {
            (alert::SERVICE, Some(Interaction::Acknowledgement)) => to_alert(received),
            (
                cpis::SERVICE,
                Some(
                    Interaction::CpisAnswer
                    | Interaction::QueryFailed
                    | Interaction::Acknowledgement,
                ),
            ) => to_query(received),
            _ => Err(MessageError::new(
                ErrorCode::NotSupported,
                "only the answers of the alert service and of CP-IS are taken here",
            )),
        }
    }
}

fn to_alert(received: &Received<'_>) -> Result<Reception, MessageError> {
    if received
        .asked
        .is_some_and(|asked| asked.interaction != alert::INTERACTION)
    {
        return Err(inconsistent("the message it answers is no alert"));
    }
    let answered = answered(received)?;
    let reception = Reception::of(&answered);
    let decision = match reception.is_bad {
        true => "the alert service refuses the alert: no privacy officer is told of it",
        false => "the alert service has taken the alert",
    };
    Ok(Reception {
        decision: Some(decision.to_owned()),
        ..reception
    })
}

fn to_query(received: &Received<'_>) -> Result<Reception, MessageError> {
    let query = Interaction::CpisQuery.id();
    let asked = received.asked.filter(|asked| asked.interaction == query);
    let Some(asked) = asked else {
        return Err(inconsistent("the message it answers is no query of CP-IS"));
    };
    if cpis::is_given_up(asked) {
        let text = "nobody waits for the answer any more";
        return Err(MessageError::new(ErrorCode::TimeToLiveExpired, text));
    }
    let answered = answered(received)?;
    let outcome = match answered.interaction {
        // It acknowledges nothing; it is the answer.
        Interaction::CpisAnswer => "found".to_owned(),
        _ => answered.outcome(),
    };
    Ok(Reception {
        outcome,
        decision: None,
        is_bad: answered.interaction == Interaction::Acknowledgement,
    })
}

/// The application's answer, which is to the message that its envelope names.
fn answered(received: &Received<'_>) -> Result<Answered, MessageError> {
    let answered = received.answered()?;
    match is_of(&answered, received) {
        true => Ok(answered),
        false => Err(inconsistent(
            "the acknowledgement is of another message than its envelope",
        )),
    }
}

/// The HL7 id of what goes from here is the id of the message that brings it, so an acknowledgement
/// names the same as its envelope. One that names nothing is believed by its envelope.
fn is_of(answered: &Answered, received: &Received<'_>) -> bool {
    let named = answered.refers_to.as_deref().unwrap_or_default();
    let asked = received.header.ref_to.as_ref();
    named.is_empty() || asked.is_some_and(|id| id.as_str().eq_ignore_ascii_case(named))
}

fn inconsistent(text: &str) -> MessageError {
    MessageError::new(ErrorCode::Inconsistent, text)
}
