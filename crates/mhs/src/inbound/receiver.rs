//! Who says what a received message means.

use domain::MessageId;
use ebxml::{ErrorCode, MessageError, MessageHeader};
use jiff::Timestamp;
use store::MessageRecord;

use crate::Answered;

/// Says what a message means to the role that receives it. It decides from what it is given and
/// does nothing itself: what it says is kept in the commit that takes the message.
pub trait Receiver: Send + Sync + 'static {
    /// What a message comes to; an error refuses it, and nothing of it is kept.
    fn receive(&self, received: &Received<'_>) -> Result<Reception, MessageError>;
}

/// A message that came.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// Its header; it names a message that it answers.
    pub header: &'a MessageHeader,
    /// The HL7 message.
    pub payload: &'a [u8],
    /// The message it answers; `None` if that went before records were kept.
    pub asked: Option<&'a MessageRecord>,
    /// Now.
    pub at: Timestamp,
}

/// What a message comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    /// In codes: `AA`, `AE 410 30142`. It stands in records, on audit, in logs and in metrics.
    pub outcome: String,
    /// In words, for the audit. No patient data.
    pub decision: Option<String>,
    /// Whether an operator should look at it.
    pub is_bad: bool,
}

impl Reception {
    /// What an application's answer comes to: bad unless it accepts.
    pub fn of(answered: &Answered) -> Self {
        Self {
            outcome: answered.outcome(),
            decision: None,
            is_bad: !answered.is_accepted(),
        }
    }

    pub(crate) fn log(&self, header: &MessageHeader, answers: &MessageId) {
        if !self.is_bad {
            return;
        }
        tracing::warn!(
            interaction = header.action,
            outcome = self.outcome,
            message_id = %answers,
            answer_id = %header.message_id,
            "the other side refuses a message that was delivered to it"
        );
    }
}

/// Takes any answer that the Spine gives.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyAnswer;

impl Receiver for AnyAnswer {
    fn receive(&self, received: &Received<'_>) -> Result<Reception, MessageError> {
        read(received).map(|answered| Reception::of(&answered))
    }
}

/// The application's answer in a message. It is the interaction that the envelope says it is.
pub(crate) fn read(received: &Received<'_>) -> Result<Answered, MessageError> {
    let answered = Answered::read(received.payload)
        .map_err(|error| MessageError::new(ErrorCode::OtherXml, error.to_string()))?;
    match answered.interaction.id() == received.header.action {
        true => Ok(answered),
        false => Err(MessageError::new(
            ErrorCode::Inconsistent,
            "the action of the envelope is not the interaction inside",
        )),
    }
}

impl Received<'_> {
    /// The application's answer in it, which is the interaction that its envelope says it is; else
    /// the error to refuse it with.
    pub fn answered(&self) -> Result<Answered, MessageError> {
        read(self)
    }
}
