//! What becomes of a message, whichever it is.

use domain::{DocumentId, MessageId, NhsNumber};
use hl7v3::issue::Acknowledged;
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, Interaction, ReplyTo};
use store::Commit;

use super::Desk;
use super::decide::Refusal;

/// What becomes of a message: what is to be written, and its answer.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Effects and preconditions.
    pub(crate) commit: Commit,
    /// The answer: in the form of its request, so without SOAP when that had none.
    pub(crate) answer: Vec<u8>,
    /// Which: MCCI_IN010000UK13, for uploads and withdrawals.
    pub(crate) answer_interaction: Interaction,
    /// How it travels.
    pub(crate) answer_pattern: mhs::Pattern,
    /// Its HL7 id.
    pub(crate) answer_id: MessageId,
    /// In codes, for audit, logs and metrics: `AA`, `AE 410 30142`.
    pub(crate) outcome: String,
    /// Why, for the audit; never more of the patient than ids of documents.
    pub(crate) decision: Option<String>,
    /// The patient it is about, once that could be read.
    pub(crate) patient: Option<NhsNumber>,
    /// The document that is stored.
    pub(crate) document: Option<DocumentId>,
}

impl Taken {
    /// Accepted, with an application acknowledgement.
    pub(crate) fn accepted(desk: Desk<'_>, reply_to: &ReplyTo, commit: Commit) -> Self {
        let kind = AcknowledgementKind::Accept;
        let acknowledged = Acknowledged {
            ack: kind,
            issues: &[],
        };
        let interaction = Interaction::Acknowledgement;
        let write = |parts: &AnswerParts<'_>| acknowledged.write(parts);
        Self {
            commit,
            ..Self::answered(desk, reply_to, interaction, kind.code(), write)
        }
    }

    /// Refused: nothing is written but that.
    pub(super) fn refused(desk: Desk<'_>, reply_to: &ReplyTo, refusal: Refusal) -> Self {
        let kind = AcknowledgementKind::refusing(&refusal.issues);
        let codes: Vec<&str> = refusal.issues.iter().map(|i| i.code.as_ref()).collect();
        let outcome = format!("{} {}", kind.code(), codes.join(" "));
        let acknowledged = Acknowledged {
            ack: kind,
            issues: &refusal.issues,
        };
        let interaction = Interaction::Acknowledgement;
        let write = |parts: &AnswerParts<'_>| acknowledged.write(parts);
        Self {
            commit: Commit {
                preconditions: refusal.provided,
                ..Commit::default()
            },
            decision: Some(refusal.why),
            ..Self::answered(desk, reply_to, interaction, &outcome, write)
        }
    }

    /// With an answer that is sent once and not acknowledged.
    pub(crate) fn once(self) -> Self {
        Self {
            answer_pattern: mhs::Pattern::Express,
            ..self
        }
    }

    /// Answered by any interaction, with no effects yet.
    pub(crate) fn answered(
        desk: Desk<'_>,
        reply_to: &ReplyTo,
        interaction: Interaction,
        outcome: &str,
        write: impl FnOnce(&AnswerParts<'_>) -> Vec<u8>,
    ) -> Self {
        let (id, text) = fresh_id(desk);
        Self {
            commit: Commit::default(),
            answer: write(&AnswerParts {
                id: &text,
                now: desk.env.now(),
                service_url: &desk.own.url,
                asid: &desk.own.asid,
                reply_to,
            }),
            answer_interaction: interaction,
            answer_pattern: mhs::Pattern::Reliable,
            answer_id: id,
            outcome: outcome.to_owned(),
            decision: None,
            patient: None,
            document: None,
        }
    }
}

/// A UUID, as an id and as a text. Every UUID is a message id, so the first try is the last.
fn fresh_id(desk: Desk<'_>) -> (MessageId, String) {
    loop {
        let text = desk.env.uuid();
        if let Ok(id) = MessageId::parse(&text) {
            return (id, text);
        }
    }
}
