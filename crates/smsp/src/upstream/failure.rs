//! What the Spine may say instead of what was asked, and whose fault that is.

use hl7v3::issue::{ReadIssue, Refusal};
use hl7v3::{AnswerError, Interaction, SoapFault};
use transport::UpstreamError;

/// Why the Spine gave no data. The texts are for audit and log: no patient data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpineFailure {
    /// It could not be reached, or did not answer.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// Something that is no Spine answered at its address: a client's error, without SOAP.
    #[error("not the Spine: {0}")]
    Elsewhere(String),
    /// It answered, and the answer cannot be used.
    #[error("unusable answer: {0}")]
    Unusable(String),
    /// It does not allow the access.
    #[error("access refused: {0:?}")]
    Refused(SpineRefusal),
    /// It did not take the message as such: a SOAP fault or an application acknowledgement.
    #[error("message refused: {0}")]
    Message(String),
    /// It took the message, and the query failed.
    #[error("query failed: {0}")]
    Query(String),
}

/// Why the Spine does not allow an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpineRefusal {
    /// The patient's consent.
    Dissent,
    /// The author's role.
    Role,
    /// No legitimate relationship.
    Relationship,
    /// The author is not known to it.
    Author,
}

/// Issues that say "consent": 30402 and 30418.
const DISSENT: [&str; 2] = ["30402", "30418"];
/// Any trouble of access control, when the specific issue says nothing more.
const ACCESS_CONTROL: &str = "420";

impl SpineFailure {
    pub(crate) fn unusable(why: impl Into<String>) -> Self {
        Self::Unusable(why.into())
    }

    /// An HTTP status without SOAP: 5xx comes from something between us and the Spine, 4xx from
    /// something else in its place, since a Spine refuses in SOAP.
    pub(crate) fn of_status(status: u16) -> Self {
        let text = format!("HTTP {status} without a SOAP message");
        match status {
            500..=599 => Self::Unreachable(text),
            400..=499 => Self::Elsewhere(text),
            _ => Self::Unusable(text),
        }
    }
}

impl From<UpstreamError> for SpineFailure {
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::TooLarge { .. } => Self::Unusable(error.to_string()),
            _ => Self::Unreachable(error.to_string()),
        }
    }
}

impl From<AnswerError> for SpineFailure {
    fn from(error: AnswerError) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl From<SoapFault> for SpineFailure {
    fn from(fault: SoapFault) -> Self {
        let texts = fault.errors.iter().map(|error| error.description.as_str());
        if texts.chain([fault.faultstring.as_str()]).any(blames_author) {
            return Self::Refused(SpineRefusal::Author);
        }
        let codes: Vec<&str> = fault
            .errors
            .iter()
            .map(|error| error.code.as_str())
            .collect();
        Self::Message(format!(
            "SOAP fault {} {}",
            fault.faultcode,
            codes.join(" ")
        ))
    }
}

impl From<Refusal> for SpineFailure {
    fn from(refusal: Refusal) -> Self {
        if let Some(refused) = refused_access(&refusal.issues) {
            return Self::Refused(refused);
        }
        let text = format!("{} {}", refusal.interaction.id(), refusal.codes());
        match refusal.interaction {
            Interaction::Acknowledgement => Self::Message(text),
            _ => Self::Query(text),
        }
    }
}

/// What the issues say of access, if that is what they are about. Codes come first; the
/// published lists have none for role and relationship, so there the text decides.
fn refused_access(issues: &[ReadIssue]) -> Option<SpineRefusal> {
    let has = |code: &str| issues.iter().any(|issue| issue.code == code);
    let says = |word: &str| {
        issues
            .iter()
            .any(|i| i.text.to_ascii_lowercase().contains(word))
    };
    if DISSENT.iter().any(|code| has(code)) {
        return Some(SpineRefusal::Dissent);
    }
    if issues.iter().any(|issue| blames_author(&issue.text)) {
        return Some(SpineRefusal::Author);
    }
    if !has(ACCESS_CONTROL) {
        return None;
    }
    Some(if says("relationship") {
        SpineRefusal::Relationship
    } else if says("role") || says("rbac") {
        SpineRefusal::Role
    } else {
        SpineRefusal::Dissent
    })
}

/// Spine 2's own names of faults in the author of a message.
fn blames_author(text: &str) -> bool {
    ["CONTROL_ACT_AUTHOR_INVALID", "INVALID_AUTHOR"]
        .iter()
        .any(|name| text.contains(name))
        && !text.contains("AGENT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(code: &str, text: &str) -> ReadIssue {
        ReadIssue {
            code: code.to_owned(),
            system: String::new(),
            text: text.to_owned(),
            severity: None,
        }
    }

    #[test]
    fn issues_say_why_access_is_refused() {
        use SpineRefusal::{Author, Dissent, Relationship, Role};
        let general = issue("420", "Business condition related to access control");
        for (specific, expected) in [
            (
                issue(
                    "30418",
                    "[PSIS-30418] - ACF does not permit access to resource",
                ),
                Some(Dissent),
            ),
            (
                issue("420", "30402 - PQR-02 - No explicit Service User Consent"),
                Some(Dissent),
            ),
            (
                issue("1", "the author's role is not authorised"),
                Some(Role),
            ),
            (
                issue("1", "no legitimate relationship exists"),
                Some(Relationship),
            ),
            (
                issue("400", "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|author"),
                Some(Author),
            ),
        ] {
            assert_eq!(refused_access(&[general.clone(), specific]), expected);
        }
        let other = [
            issue("410", "Logical inconsistency"),
            issue("30307", "merged"),
        ];
        assert_eq!(refused_access(&other), None);
        let system = [issue(
            "400",
            "ErrorBase1732.CONTROL_ACT_AUTHOR_AGENT_INVALID|author1",
        )];
        assert_eq!(refused_access(&system), None);
    }
}
