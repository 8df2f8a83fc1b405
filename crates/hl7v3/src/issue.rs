//! Saying no: failed queries (QUQI_IN010000UK14) and application acknowledgements
//! (MCCI_IN010000UK13), and reading them.

use domain::code::psis::{self, Issue, Severity};
use domain::oid;
use xml::{Element, Writer};

use crate::cpis::acknowledgement::Codes;
use crate::lenient::{child, children, path};
use crate::soap::{self, AnswerParts, Wrapping};
use crate::wrapper::{self, AcknowledgementKind, write_answer, write_versioned};
use crate::{AnswerError, Interaction, ReplyTo};

/// A request that is addressed well enough to be answered, and breaks a rule of its interaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}|{detail}{}", others(.also))]
pub struct Invalid {
    /// Spine 2's own name of the fault, like `ErrorBase1733.MANDATORY_FIELD_MISSING`.
    pub fault: &'static str,
    /// What it is about, never a patient's data.
    pub detail: String,
    /// Whether the NHS number is at fault, which has a code of its own.
    pub nhs_number: bool,
    /// The other rules that the same request breaks, where they are all looked for: CP-IS tells
    /// each of them.
    pub also: Vec<Self>,
}

fn others(also: &[Invalid]) -> String {
    also.iter().map(|other| format!(", {other}")).collect()
}

impl Invalid {
    pub(crate) fn new(fault: &'static str, detail: impl Into<String>) -> Self {
        Self {
            fault,
            detail: detail.into(),
            nhs_number: false,
            also: Vec::new(),
        }
    }

    /// All of them as one, the first in front; `None` when there is none.
    pub fn all(faults: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut faults = faults.into_iter();
        let first = faults.next()?;
        let also = first.also.into_iter().chain(faults).collect();
        Some(Self { also, ..first })
    }

    /// Every rule it breaks.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.also)
    }

    pub(crate) fn nhs_number(fault: &'static str, detail: impl Into<String>) -> Self {
        Self {
            nhs_number: true,
            ..Self::new(fault, detail)
        }
    }

    /// The issues to answer with: the general one first, then the specific one. The numeric codes
    /// of Spine 2's named faults are not published, so the specific one carries the name as text
    /// under the general code, unless the NHS number is at fault.
    pub fn issues(&self) -> Vec<Issue> {
        let specific = match self.nhs_number {
            true => psis::nhs_number_invalid(),
            false => Issue {
                text: self.to_string(),
                ..psis::invalid_request()
            },
        };
        vec![psis::invalid_request(), specific]
    }

    /// The issues to answer a request of this interaction with. Questions to the access control
    /// service have an answer of their own for a wrong NHS number, one issue of another code
    /// system; CP-IS has one issue for each rule.
    pub fn issues_for(&self, interaction: Interaction) -> Vec<Issue> {
        match interaction {
            _ if interaction.is_cpis() => Codes::default().issues(self),
            Interaction::PermissionsQuery | Interaction::HasPermissions if self.nhs_number => {
                vec![psis::resource_context_invalid()]
            }
            _ => self.issues(),
        }
    }
}

/// The answer to a query that failed.
#[derive(Debug, Clone, Copy)]
pub struct QueryFailed<'a> {
    /// Why: the general issue first.
    pub issues: &'a [Issue],
    /// `AE`, or `AR` when the service is not available.
    pub ack: AcknowledgementKind,
}

impl QueryFailed<'_> {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        soap::write_response(parts, Interaction::QueryFailed, 0, |w| {
            write_answer(
                w,
                Interaction::QueryFailed,
                &parts.outgoing(),
                &parts.acknowledgement(self.ack),
                |w| {
                    reasons(w, self.issues);
                    query_ack(w, "ID");
                },
            );
        })
    }
}

/// An application acknowledgement.
#[derive(Debug, Clone, Copy)]
pub struct Acknowledged<'a> {
    /// How the message was taken.
    pub ack: AcknowledgementKind,
    /// Why it was refused; empty when it was accepted.
    pub issues: &'a [Issue],
}

impl Acknowledged<'_> {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let wrapper = match parts.reply_to.interaction.is_cpis() {
            true => Wrapping::None,
            false => Wrapping::OfRequest,
        };
        soap::write_wrapped(parts, Interaction::Acknowledgement, wrapper, |w| {
            write_versioned(
                w,
                Interaction::Acknowledgement,
                self.version_code(parts.reply_to.interaction),
                &parts.outgoing(),
                &parts.acknowledgement(self.ack),
                |w| reasons(w, self.issues),
            );
        })
    }

    /// The `versionCode` of the published examples: what takes an upload has a newer one than
    /// what refuses it, and in the other services it is the other way round. In CP-IS it is always
    /// the old one.
    fn version_code(&self, request: Interaction) -> &'static str {
        if request.is_cpis() {
            return Interaction::Acknowledgement.version_code();
        }
        let is_psis = request.service() == Interaction::Summary.service();
        match is_psis == (self.ack == AcknowledgementKind::Accept) {
            true => "V3NPfIT4.2.00",
            false => "V3NPfIT3.0",
        }
    }
}

/// Refuses a request in the form its interaction has for it: a failed query for PSIS, an
/// acknowledgement for the others.
pub fn write_refusal(
    parts: &AnswerParts<'_>,
    issues: &[Issue],
    ack: AcknowledgementKind,
) -> Vec<u8> {
    match parts.reply_to.interaction.is_psis_query() {
        true => QueryFailed { issues, ack }.write(parts),
        false => Acknowledged { ack, issues }.write(parts),
    }
}

/// Under which interaction [`write_refusal`] answers this request.
pub fn refusal_interaction(reply_to: &ReplyTo) -> Interaction {
    match reply_to.interaction.is_psis_query() {
        true => Interaction::QueryFailed,
        false => Interaction::Acknowledgement,
    }
}

/// One `reason` for each issue.
pub(crate) fn reasons(w: &mut Writer, issues: &[Issue]) {
    for issue in issues {
        reason(w, &issue.code, issue.system, &issue.text, issue.severity);
    }
}

pub(crate) fn reason(w: &mut Writer, code: &str, system: &str, text: &str, severity: Severity) {
    w.element("reason", &[("typeCode", "RSON")], |w| {
        let event = [("classCode", "ALRT"), ("moodCode", "EVN")];
        w.element("justifyingDetectedIssueEvent", &event, |w| {
            let attributes = [
                ("code", code),
                ("codeSystem", system),
                ("displayName", text),
            ];
            w.element("code", &attributes, |w| {
                w.empty("qualifier", &[("code", severity.code())]);
            });
        });
    });
}

/// What became of a query: `OK`, `NF` or `ID`.
pub(crate) fn query_ack(w: &mut Writer, code: &str) {
    w.element("queryAck", &[("type", "QueryAck")], |w| {
        w.empty("queryResponseCode", &[("code", code)]);
    });
}

/// An issue as it was read from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadIssue {
    /// `code/@code`.
    pub code: String,
    /// `code/@codeSystem`; empty when there is none.
    pub system: String,
    /// `code/@displayName`, or `@name` where a warning misspells it so.
    pub text: String,
    /// From the qualifier, of either shape; `None` when it has none we know.
    pub severity: Option<Severity>,
}

/// Reads every issue of an answer: the reasons of its control act, or, where there are none, the
/// details of its acknowledgement.
pub fn read_issues(message: Element<'_, '_>) -> Vec<ReadIssue> {
    let reasons: Vec<ReadIssue> = child(message, "ControlActEvent")
        .into_iter()
        .flat_map(|act| children(act, "reason"))
        .filter_map(|reason| path(reason, &["justifyingDetectedIssueEvent", "code"]))
        .map(|code| read_issue(code, child(code, "qualifier")))
        .collect();
    if !reasons.is_empty() {
        return reasons;
    }
    child(message, "acknowledgement")
        .into_iter()
        .flat_map(|ack| children(ack, "acknowledgementDetail"))
        .filter_map(|detail| child(detail, "code").map(|code| (code, detail)))
        .map(|(code, detail)| ReadIssue {
            severity: detail.attribute("typeCode").and_then(Severity::from_code),
            ..read_issue(code, None)
        })
        .collect()
}

fn read_issue(code: Element<'_, '_>, qualifier: Option<Element<'_, '_>>) -> ReadIssue {
    let text = |name| code.attribute(name).unwrap_or_default().to_owned();
    let severity = qualifier.and_then(|qualifier| {
        let nested = || child(qualifier, "value").and_then(|value| value.attribute("code"));
        qualifier
            .attribute("code")
            .or_else(nested)
            .and_then(Severity::from_code)
    });
    ReadIssue {
        code: text("code"),
        system: text("codeSystem"),
        text: code
            .attribute("displayName")
            .map_or_else(|| text("name"), str::to_owned),
        severity,
    }
}

/// An application acknowledgement as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationAcknowledgement {
    /// How the message was taken.
    pub kind: AcknowledgementKind,
    /// The HL7 id of the message it answers, as it was written; empty when there is none.
    pub refers_to: String,
    /// Why it was refused, the general issue first; or what it was accepted with a warning of.
    pub issues: Vec<ReadIssue>,
}

/// Reads an application acknowledgement that stands alone, as uploads and alerts are answered in
/// ebXML: accepted, in error with its reasons, or rejected with details of the acknowledgement.
/// What else it says of a success is not looked at: senders differ, and the schema knows none of it.
pub fn read_acknowledgement(
    message: Element<'_, '_>,
) -> Result<ApplicationAcknowledgement, AnswerError> {
    match Interaction::of(message.name()) {
        Some(Interaction::Acknowledgement) => {}
        Some(other) => return Err(AnswerError::Unexpected(other.id())),
        None => return Err(AnswerError::NoInteraction),
    }
    let acknowledgement = wrapper::read_acknowledgement(message)
        .ok_or_else(|| message.error("acknowledgement/@typeCode must be AA, AE or AR"))?;
    Ok(ApplicationAcknowledgement {
        kind: acknowledgement.kind,
        refers_to: acknowledgement.refers_to,
        issues: read_issues(message),
    })
}

/// An answer that gives no data, and says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which message said so.
    pub interaction: Interaction,
    /// How it took the request.
    pub acknowledgement: Option<AcknowledgementKind>,
    /// Why, in the answer's order: the general issue first.
    pub issues: Vec<ReadIssue>,
}

impl Refusal {
    /// Whether it says that the patient has no record: the first issue is only a warning
    /// (210 with 30312), or it is the older "No match to a service user record".
    pub fn is_no_record(&self) -> bool {
        self.issues.first().is_some_and(|first| {
            let no_match = first.code == "1" && first.system == oid::QUERY_WARNING;
            first.severity == Some(Severity::Warning) || no_match
        })
    }

    /// Whether it says that the patient's consent forbids the access (420).
    pub fn is_dissent(&self) -> bool {
        self.issues.first().is_some_and(|first| first.code == "420")
    }

    /// The codes, for logs: they hold no patient data.
    pub fn codes(&self) -> String {
        let codes: Vec<&str> = self
            .issues
            .iter()
            .map(|issue| issue.code.as_str())
            .collect();
        codes.join(" ")
    }
}
