//! What the alert service answers.
//!
//! An alert that was delivered is acknowledged by the Spine's message handler at once; what the
//! alert service makes of it comes later, as an application acknowledgement (MCCI_IN010000UK13) on
//! a connection that the Spine opens. It stands on the record of the alert and on audit. A refusal
//! means that a privacy officer is not told of what they must be told of, so it is logged as a
//! warning for an operator; the user who saw the record is long gone.

use std::sync::Arc;

use hl7v3::Interaction;
use mhs::{ErrorCode, Inbound, InboundConfig, MessageError, Received, Receiver, Reception};
use store::Store;
use transport::Environment;

use crate::alert;

/// Where answers come to.
pub const INBOUND_PATH: &str = "/inbound";

/// The receiving end of an SMSP, to be served at [`INBOUND_PATH`]. Of its configuration the lane is
/// not looked at: it is this role's.
pub fn inbound(config: InboundConfig, store: Arc<dyn Store>, env: Environment) -> Inbound {
    let config = InboundConfig {
        lane: crate::LANE.to_owned(),
        ..config
    };
    Inbound::new(config, store, env).with_receiver(Arc::new(AlertAnswers))
}

/// Takes the answers to alerts, and nothing else.
struct AlertAnswers;

impl Receiver for AlertAnswers {
    fn receive(&self, received: &Received<'_>) -> Result<Reception, MessageError> {
        let header = received.header;
        if header.action != Interaction::Acknowledgement.id() || header.service != alert::SERVICE {
            return Err(MessageError::new(
                ErrorCode::NotSupported,
                "only the answers of the alert service are taken here",
            ));
        }
        if received
            .asked
            .is_some_and(|asked| asked.interaction != alert::INTERACTION)
        {
            return Err(inconsistent("the message it answers is no alert"));
        }
        let answered = received.answered()?;
        if !is_of(&answered, received) {
            return Err(inconsistent(
                "the acknowledgement is of another message than its envelope",
            ));
        }
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
}

/// An alert's HL7 id is the id of the message that brings it, so an acknowledgement names the same
/// as its envelope. One that names nothing is believed by its envelope.
fn is_of(answered: &mhs::Answered, received: &Received<'_>) -> bool {
    let named = answered.refers_to.as_deref().unwrap_or_default();
    let asked = received.header.ref_to.as_ref();
    named.is_empty() || asked.is_some_and(|id| id.as_str().eq_ignore_ascii_case(named))
}

fn inconsistent(text: &str) -> MessageError {
    MessageError::new(ErrorCode::Inconsistent, text)
}
