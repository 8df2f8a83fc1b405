//! The answers to the two questions: GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 and
//! HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01, which are alike but for their names.

use domain::consent::ConsentSetting;
use domain::{Consent, NhsNumber};
use xml::{Document, Element, ns};

use super::parts::{Names, permissions};
use super::{CONSENT, ConsentFunction, HasQuery, PermissionsQuery, SCR};
use crate::Interaction;
use crate::issue::{Refusal, query_ack, read_issues};
use crate::lenient::{attribute, child, children, normal, path};
use crate::soap::{self, AnswerError, AnswerParts, SoapFault, SpineAnswer, read_response};
use crate::wrapper::{AcknowledgementKind, write_answer};

/// GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01: a patient's consent. A setting that is *Ask* is the
/// default, and the Spine never sends a default.
#[derive(Debug, Clone, Copy)]
pub struct PermissionsAnswer<'a> {
    /// What was asked.
    pub query: &'a PermissionsQuery,
    /// The patient's consent.
    pub consent: Consent,
}

impl PermissionsAnswer<'_> {
    /// Writes the whole answer, its content in the namespace of the access control service,
    /// as the schema has it.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let asserted = Asserted {
            interaction: Interaction::PermissionsAnswer,
            element: "crs:getResourcePermissionsResponse",
            patient: &self.query.patient,
            consent: self.consent,
        };
        asserted.write(parts, |function| self.query.asks_for(function))
    }
}

/// HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01: those of the permissions asked after that are there.
#[derive(Debug, Clone, Copy)]
pub struct HasAnswer<'a> {
    /// What was asked.
    pub query: &'a HasQuery,
    /// The patient's consent.
    pub consent: Consent,
}

impl HasAnswer<'_> {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let asserted = Asserted {
            interaction: Interaction::HasPermissionsAnswer,
            element: "crs:hasResourcePermissionsResponse",
            patient: &self.query.patient,
            consent: self.consent,
        };
        asserted.write(parts, |function| self.query.asks_for(function))
    }
}

/// A consent that is asserted under an interaction's names.
struct Asserted<'a> {
    interaction: Interaction,
    element: &'static str,
    patient: &'a NhsNumber,
    consent: Consent,
}

impl Asserted<'_> {
    fn write(&self, parts: &AnswerParts<'_>, asked: impl Fn(ConsentFunction) -> bool) -> Vec<u8> {
        soap::write_response(parts, self.interaction, 1024, |w| {
            let ack = parts.acknowledgement(AcknowledgementKind::Accept);
            write_answer(w, self.interaction, &parts.outgoing(), &ack, |w| {
                w.element("subject", &[("typeCode", "SUBJ")], |w| {
                    w.element(self.element, &[("xmlns:crs", ns::CRS)], |w| {
                        permissions(w, Names::Crs, self.patient, self.consent, asked);
                    });
                });
                query_ack(w, "OK");
            });
        })
    }
}

/// What a permissions query came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionsOutcome {
    /// The patient's consent; what is not asserted is *Ask*.
    Known {
        /// Whose, when the answer says so readably.
        patient: Option<NhsNumber>,
        /// The settings.
        consent: Consent,
    },
    /// Refused, with reasons.
    Refused(Refusal),
    /// A SOAP fault.
    Fault(SoapFault),
}

/// Reads the answer to a permissions query: its content may stand in the namespace of the access
/// control service, of HL7, or in none.
pub fn read_answer(doc: &Document<'_>) -> Result<PermissionsOutcome, AnswerError> {
    let expected = Interaction::PermissionsAnswer;
    read(doc, expected, "getResourcePermissionsResponse")
}

/// Reads the answer to the question what is permitted, as [`read_answer`] does. A setting that
/// was not asked after is *Ask* in it too.
pub fn read_has_answer(doc: &Document<'_>) -> Result<PermissionsOutcome, AnswerError> {
    let expected = Interaction::HasPermissionsAnswer;
    read(doc, expected, "hasResourcePermissionsResponse")
}

fn read(
    doc: &Document<'_>,
    expected: Interaction,
    element: &str,
) -> Result<PermissionsOutcome, AnswerError> {
    let message = match read_response(doc)? {
        SpineAnswer::Fault(fault) => return Ok(PermissionsOutcome::Fault(fault)),
        SpineAnswer::Message(message) => message,
    };
    let refused = || {
        PermissionsOutcome::Refused(Refusal {
            interaction: message.interaction,
            acknowledgement: message.acknowledgement.as_ref().map(|ack| ack.kind),
            issues: read_issues(message.element),
        })
    };
    match message.interaction {
        found if found == expected => {}
        Interaction::Acknowledgement | Interaction::QueryFailed => return Ok(refused()),
        other => return Err(AnswerError::Unexpected(other.id())),
    }
    let subject = path(message.element, &["ControlActEvent", "subject"]);
    let Some(permissions) = subject.and_then(|s| path(s, &[element, "permissions"])) else {
        return Ok(refused());
    };
    Ok(PermissionsOutcome::Known {
        patient: attribute(permissions, &["resourceContext"], "extension")
            .and_then(|text| NhsNumber::parse(text).ok()),
        consent: read_permissions(permissions)?,
    })
}

/// Reads the assertions of a `permissions` element of any namespace; it stands in answers to
/// event list queries too. A value nobody defined is an error, not a default.
pub fn read_permissions(permissions: Element<'_, '_>) -> Result<Consent, xml::XmlError> {
    let mut consent = Consent::default();
    for assertion in children(permissions, "accessControlAssertion") {
        let text = |names: &[&str]| {
            path(assertion, names)
                .map(|e| normal(&e.text()))
                .unwrap_or_default()
        };
        if text(&["function", "context"]) != CONSENT || text(&["resource", "type"]) != SCR {
            continue;
        }
        let setting = match text(&["permission"]).as_str() {
            "Yes" => ConsentSetting::Yes,
            "No" => ConsentSetting::No,
            "Ask" | "Clear" => ConsentSetting::Ask,
            _ => {
                let at = child(assertion, "permission").unwrap_or(assertion);
                return Err(at.error("permission must be Yes, No, Ask or Clear"));
            }
        };
        match text(&["function", "code"]).as_str() {
            "View" => consent.view = setting,
            "Store" => consent.store = setting,
            _ => {}
        }
    }
    Ok(consent)
}
