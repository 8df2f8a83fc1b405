//! Passing an answer on: somebody in the middle asks under a message id of their own, and gives
//! what they got to whoever asked them, in an answer of their own.
//!
//! What an answer says (its subject, its issues) is passed on as it is, a document byte for byte;
//! its addresses and ids are those of the exchange it is passed on in.

use domain::code::psis::{self, Severity};
use domain::oid;
use xml::Writer;

use crate::Interaction;
use crate::issue::{ReadIssue, Refusal, query_ack, read_issues, reason, write_refusal};
use crate::lenient::path;
use crate::soap::{self, AnswerMessage, AnswerParts};
use crate::wrapper::{AcknowledgementKind, write_answer};

/// What an answer to a query says, cut out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    interaction: Interaction,
    warnings: Vec<ReadIssue>,
    subject: Vec<u8>,
    inherited: Vec<(String, String)>,
}

impl Passed {
    /// Cuts the subject out of an answer that has one: the caller has read it before, and knows
    /// that it is data.
    pub fn of(message: &AnswerMessage<'_, '_>) -> Option<Self> {
        let subject = path(message.element, &["ControlActEvent", "subject"])?;
        let mut inside = subject.children();
        let (Some(content), None) = (inside.next(), inside.next()) else {
            return None;
        };
        let slice = content.slice();
        Some(Self {
            interaction: message.interaction,
            warnings: read_issues(message.element),
            subject: slice.bytes.as_bytes().to_vec(),
            inherited: slice.inherited,
        })
    }

    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let size = self.subject.len() + 1024;
        soap::write_response(parts, self.interaction, size, |w| {
            let ack = parts.acknowledgement(AcknowledgementKind::Accept);
            write_answer(w, self.interaction, &parts.outgoing(), &ack, |w| {
                reasons(w, &self.warnings);
                let subject = [("typeCode", "SUBJ")];
                w.slice("subject", &subject, &self.subject, &self.inherited);
                query_ack(w, "OK");
            });
        })
    }
}

/// Passes a refusal on, in the form it came in. One that gives no reason gets ours: a failure
/// that nobody explained.
pub fn write_passed_refusal(parts: &AnswerParts<'_>, refusal: &Refusal) -> Vec<u8> {
    let ack = refusal
        .acknowledgement
        .filter(|ack| *ack != AcknowledgementKind::Accept)
        .unwrap_or(AcknowledgementKind::Error);
    if refusal.issues.is_empty() {
        return write_refusal(parts, &[psis::system_error()], ack);
    }
    let interaction = passed_under(parts.reply_to.interaction, refusal);
    soap::write_response(parts, interaction, 0, |w| {
        let acknowledgement = parts.acknowledgement(ack);
        write_answer(w, interaction, &parts.outgoing(), &acknowledgement, |w| {
            reasons(w, &refusal.issues);
            if interaction == Interaction::QueryFailed {
                query_ack(w, "ID");
            }
        });
    })
}

fn reasons(w: &mut Writer, issues: &[ReadIssue]) {
    for issue in issues {
        let severity = issue.severity.unwrap_or(Severity::Error);
        // The schema wants a code system; an issue that came without one is of the usual.
        let system = match issue.system.as_str() {
            "" => oid::DETECTED_ISSUE,
            system => system,
        };
        reason(w, &issue.code, system, &issue.text, severity);
    }
}

/// A query may be refused by an acknowledgement too; whatever is no query, by nothing else.
fn passed_under(asked: Interaction, refusal: &Refusal) -> Interaction {
    match asked.is_psis_query() && refusal.interaction != Interaction::Acknowledgement {
        true => Interaction::QueryFailed,
        false => Interaction::Acknowledgement,
    }
}
