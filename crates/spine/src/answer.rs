//! What an operation wants to be answered, before it is bytes.

use domain::code::psis::{self, Issue};
use domain::record::{DocumentBytes, DocumentPointer};
use domain::relationship::LegitimateRelationship;
use domain::{Consent, DocumentId, MessageId, NhsNumber};
use hl7v3::acs::{HasAnswer, HasQuery, PermissionsAnswer, PermissionsQuery, SetAccepted};
use hl7v3::issue::{Acknowledged, write_refusal};
use hl7v3::psis::event::{EventAnswer, EventListAnswer};
use hl7v3::psis::{DocumentAnswer, ListAnswer, NothingFound};
use hl7v3::relationship::{RelationshipAnswer, RelationshipQuery};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, SoapFault, SpineAnswer, soap};
use jiff::Timestamp;
use store::Commit;
use transport::Response;

use crate::cpis;
use crate::permissions::Change;
use crate::psis::Access;

/// An operation's answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The list of a patient's documents.
    List {
        patient: NhsNumber,
        entries: Vec<DocumentPointer>,
        access: Access,
    },
    /// One document.
    Document {
        pointer: Box<DocumentPointer>,
        bytes: DocumentBytes,
        access: Access,
    },
    /// The list of a patient's events.
    EventList {
        patient: NhsNumber,
        entries: Vec<DocumentPointer>,
        consent: Consent,
        access: Access,
    },
    /// One event.
    Event {
        pointer: Box<DocumentPointer>,
        bytes: DocumentBytes,
        access: Access,
    },
    /// The patient's consent.
    Permissions {
        query: PermissionsQuery,
        consent: Consent,
    },
    /// Those of the permissions asked after that there are.
    Has { query: HasQuery, consent: Consent },
    /// The legitimate relationships that were asked after.
    Relationships {
        query: Box<RelationshipQuery>,
        found: Vec<LegitimateRelationship>,
    },
    /// The patient's consent is set.
    Accepted(Box<Change>),
    /// What CP-IS has to say.
    Cpis(Box<cpis::Outcome>),
    /// A message that was answered before gets these bytes again.
    Repeated(Vec<u8>),
    /// The patient is known and nothing matches.
    Nothing,
    /// Refused in the interaction's own form; the general issue comes first.
    Refused(Vec<Issue>),
    /// Refused by an application acknowledgement whatever the interaction.
    Unprocessable(Issue),
    /// A SOAP fault.
    Fault(SoapFault),
}

impl Answer {
    /// The patient has no record in PSIS.
    pub(crate) fn case_not_found(patient: &NhsNumber) -> Self {
        Self::Refused(vec![
            psis::success_with_warning(),
            psis::case_not_found(patient),
        ])
    }

    /// The patient does not consent to sharing the record.
    pub(crate) fn dissent() -> Self {
        Self::Refused(vec![psis::access_refused(), psis::access_not_permitted()])
    }

    /// What is asked does not fit what is stored.
    pub(crate) fn inconsistent(specific: Issue) -> Self {
        Self::Refused(vec![psis::logical_inconsistency(), specific])
    }

    /// What CP-IS has to say.
    pub(crate) fn cpis(outcome: cpis::Outcome) -> Self {
        Self::Cpis(Box::new(outcome))
    }

    /// Whether it shows anything of a patient's record.
    pub(crate) fn discloses(&self) -> bool {
        match self {
            Self::List { .. }
            | Self::Document { .. }
            | Self::EventList { .. }
            | Self::Event { .. }
            | Self::Permissions { .. }
            | Self::Has { .. } => true,
            Self::Relationships { found, .. } => !found.is_empty(),
            Self::Cpis(outcome) => outcome.discloses(),
            _ => false,
        }
    }

    /// Whether it shows what the patient objects to showing.
    pub(crate) fn overrides_dissent(&self) -> bool {
        matches!(
            self,
            Self::List {
                access: Access::Overriding,
                ..
            } | Self::Document {
                access: Access::Overriding,
                ..
            } | Self::EventList {
                access: Access::Overriding,
                ..
            } | Self::Event {
                access: Access::Overriding,
                ..
            }
        )
    }

    /// The document it shows.
    pub(crate) fn document(&self) -> Option<DocumentId> {
        match self {
            Self::Document { pointer, .. } | Self::Event { pointer, .. } => {
                Some(pointer.header.id.clone())
            }
            _ => None,
        }
    }

    /// What has to be written before it may leave, given how it was written; its audit event
    /// comes on top.
    pub(crate) fn effects(&self, response: &Response, at: Timestamp) -> Commit {
        match self {
            Self::Accepted(change) => change.commit(&response.body, at),
            Self::Cpis(outcome) => outcome.effects(&response.body, at),
            _ => Commit::default(),
        }
    }

    /// Why it is so, for the audit, when its codes do not say it.
    pub(crate) fn decision(&self) -> Option<String> {
        match self {
            Self::Accepted(change) => Some(change.decision()),
            Self::Repeated(_) => Some("a repetition: the first answer again".to_owned()),
            _ => None,
        }
    }

    /// The id it goes under: the one that was made for it, or the one it had the first time.
    pub(crate) fn id(&self, made: &str) -> Option<MessageId> {
        match self {
            Self::Repeated(body) => id_of(body),
            Self::Cpis(outcome) => match outcome.as_ref() {
                cpis::Outcome::Repeated { body, .. } => id_of(body),
                _ => MessageId::parse(made).ok(),
            },
            _ => MessageId::parse(made).ok(),
        }
    }

    /// What came of it, for audit, logs and metrics: `AA OK`, `AE 420 30418`, `fault 101`. Made of
    /// codes of our own tables only, so there are few and none names a patient.
    pub(crate) fn outcome(&self) -> String {
        match self {
            Self::List { .. }
            | Self::Document { .. }
            | Self::EventList { .. }
            | Self::Event { .. }
            | Self::Permissions { .. }
            | Self::Has { .. } => "AA OK".to_owned(),
            Self::Relationships { found, .. } if !found.is_empty() => "AA OK".to_owned(),
            Self::Accepted(_) | Self::Repeated(_) => "AA".to_owned(),
            Self::Relationships { .. } | Self::Nothing => "AA NF".to_owned(),
            Self::Refused(issues) => {
                let codes: Vec<&str> = issues.iter().map(|issue| issue.code.as_ref()).collect();
                let kind = AcknowledgementKind::refusing(issues);
                format!("{} {}", kind.code(), codes.join(" "))
            }
            Self::Cpis(outcome) => outcome.code(),
            Self::Unprocessable(issue) => format!("AE {}", issue.code),
            Self::Fault(fault) => fault_outcome(fault),
        }
    }

    /// The HTTP response. Faults travel under 500, everything else under 200.
    pub(crate) fn write(&self, parts: &AnswerParts<'_>) -> Response {
        match self {
            Self::Fault(fault) => fault_response(fault),
            _ => Response::new(200, "text/xml", self.message(parts)),
        }
    }

    /// The answer's bytes, in SOAP or bare as it was asked; a fault is always SOAP.
    pub(crate) fn message(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        match self {
            Self::List {
                patient, entries, ..
            } => ListAnswer { patient, entries }.write(parts),
            Self::Document { pointer, bytes, .. } => DocumentAnswer { pointer, bytes }.write(parts),
            Self::EventList {
                patient,
                entries,
                consent,
                ..
            } => EventListAnswer {
                patient,
                entries,
                consent: *consent,
            }
            .write(parts),
            Self::Event { pointer, bytes, .. } => EventAnswer { pointer, bytes }.write(parts),
            Self::Permissions { query, consent } => PermissionsAnswer {
                query,
                consent: *consent,
            }
            .write(parts),
            Self::Has { query, consent } => HasAnswer {
                query,
                consent: *consent,
            }
            .write(parts),
            Self::Relationships { query, found } => {
                RelationshipAnswer { query, found }.write(parts)
            }
            Self::Accepted(_) => SetAccepted.write(parts),
            Self::Cpis(outcome) => outcome.message(parts),
            Self::Repeated(body) => body.clone(),
            Self::Nothing => NothingFound.write(parts),
            Self::Refused(issues) => {
                write_refusal(parts, issues, AcknowledgementKind::refusing(issues))
            }
            Self::Unprocessable(issue) => {
                let issues = std::slice::from_ref(issue);
                Acknowledged {
                    ack: AcknowledgementKind::Error,
                    issues,
                }
                .write(parts)
            }
            Self::Fault(fault) => fault.write(),
        }
    }
}

/// A SOAP fault as HTTP. Clients expect exactly `text/xml` under 500.
pub(crate) fn fault_response(fault: &SoapFault) -> Response {
    Response::new(500, "text/xml", fault.write())
}

/// A SOAP fault for audit, logs and metrics: `fault 200`.
pub(crate) fn fault_outcome(fault: &SoapFault) -> String {
    let code = fault.errors.first().map_or("", |error| error.code.as_str());
    format!("fault {code}")
}

/// The HL7 id of an answer of ours.
fn id_of(body: &[u8]) -> Option<MessageId> {
    let document = xml::Document::parse(body).ok()?;
    match soap::read_response(&document).ok()? {
        SpineAnswer::Message(message) => message.id,
        SpineAnswer::Fault(_) => None,
    }
}
