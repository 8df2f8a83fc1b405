//! What an application says in an answer.

use hl7v3::issue::{ReadIssue, read_issues};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerError, Interaction, SoapFault, SpineAnswer};
use xml::Document;

/// The longest outcome that is kept, in characters.
const LONGEST: usize = 200;

/// An application's answer to a message: an acknowledgement (MCCI_IN010000UK13), or any other
/// answer that carries one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which message it is.
    pub interaction: Interaction,
    /// How it took the message; `None` when it does not say.
    pub kind: Option<AcknowledgementKind>,
    /// The HL7 id of the message it answers, as written.
    pub refers_to: Option<String>,
    /// What it found wrong, or warns of: the general issue first.
    pub issues: Vec<ReadIssue>,
}

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadAnswer {
    /// It holds no message that answers anything.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// It is a SOAP fault.
    #[error("{0}")]
    Fault(SoapFault),
}

impl From<xml::XmlError> for UnreadAnswer {
    fn from(error: xml::XmlError) -> Self {
        Self::Answer(error.into())
    }
}

impl Answered {
    /// Reads an answer, bare or in SOAP.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadAnswer> {
        let document = Document::parse_answer(bytes)?;
        let message = match hl7v3::soap::read_response(&document)? {
            SpineAnswer::Message(message) => message,
            SpineAnswer::Fault(fault) => return Err(UnreadAnswer::Fault(fault)),
        };
        let acknowledgement = message.acknowledgement;
        Ok(Self {
            interaction: message.interaction,
            kind: acknowledgement.as_ref().map(|ack| ack.kind),
            refers_to: acknowledgement.map(|ack| ack.refers_to),
            issues: read_issues(message.element),
        })
    }

    /// Whether the application took the message.
    pub fn is_accepted(&self) -> bool {
        self.kind == Some(AcknowledgementKind::Accept)
    }

    /// What it says in codes, `AA` or `AE 410 30142`: nothing in it is about a patient.
    pub fn outcome(&self) -> String {
        let kind = self
            .kind
            .map_or("no acknowledgement", AcknowledgementKind::code);
        let is_code = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        // Longer than any code, and it may be somebody's number.
        let codes = self.issues.iter().map(|issue| issue.code.as_str());
        let codes = codes.filter(|code| code.len() <= 9 && code.chars().all(is_code));
        let all: Vec<&str> = std::iter::once(kind).chain(codes).collect();
        all.join(" ").chars().take(LONGEST).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(root: &str, ack: &str, reasons: &str) -> String {
        format!(
            "<{root} xmlns=\"urn:hl7-org:v3\" xmlns:hl7=\"urn:hl7-org:v3\"><id root=\"A\"/>{ack}\
             <ControlActEvent>{reasons}</ControlActEvent></{root}>"
        )
    }

    fn ack(code: &str) -> String {
        format!(
            "<acknowledgement typeCode=\"{code}\"><messageRef><id root=\"B\"/></messageRef>\
             </acknowledgement>"
        )
    }

    fn reason(code: &str) -> String {
        format!(
            "<reason><justifyingDetectedIssueEvent><code code=\"{code}\" codeSystem=\"1.2\" \
             displayName=\"of 9990000018\"><qualifier code=\"ER\"/></code>\
             </justifyingDetectedIssueEvent></reason>"
        )
    }

    #[test]
    fn outcomes_are_codes() {
        let mcci = "MCCI_IN010000UK13";
        let two = format!("{}{}", reason("410"), reason("30142"));
        for (text, expected) in [
            (answer(mcci, &ack("AA"), ""), "AA"),
            (answer("hl7:MCCI_IN010000UK13", &ack("AA"), ""), "AA"),
            (answer(mcci, &ack("AE"), &two), "AE 410 30142"),
            (answer(mcci, &ack("AR"), ""), "AR"),
            (answer(mcci, "", ""), "no acknowledgement"),
            (answer(mcci, &ack("AE"), &reason("9990000018")), "AE"),
            (answer(mcci, &ack("AE"), &reason("of Ann")), "AE"),
        ] {
            let read = Answered::read(text.as_bytes()).expect("an answer");
            assert_eq!(read.outcome(), expected, "{text}");
            assert_eq!(read.is_accepted(), expected == "AA", "{text}");
        }
        let many = answer(mcci, &ack("AE"), &reason("30142").repeat(100));
        let read = Answered::read(many.as_bytes()).expect("an answer");
        assert_eq!((read.issues.len(), read.outcome().len()), (100, LONGEST));
    }

    #[test]
    fn what_is_no_answer_is_said_to_be_none() {
        let question = "<QUPC_IN160101UK05 xmlns=\"urn:hl7-org:v3\"/>";
        let no_interaction = UnreadAnswer::Answer(AnswerError::NoInteraction);
        assert_eq!(Answered::read(question.as_bytes()), Err(no_interaction));
        let fault = SoapFault::processing("no");
        assert_eq!(
            Answered::read(&fault.write()),
            Err(UnreadAnswer::Fault(fault.clone()))
        );
    }
}
