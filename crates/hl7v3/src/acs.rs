//! The access control service: reading a patient's consent
//! (GET_RESOURCE_PERMISSIONS_INUK01 and its answer).

use domain::{Consent, ConsentSetting, NhsNumber, oid};
use xml::{Document, Element, Writer, ns};

use crate::issue::{Refusal, query_ack, read_issues};
use crate::lenient::{attribute, child, children, normal, path};
use crate::soap::{
    self, AnswerError, AnswerParts, RequestParts, SoapFault, SpineAnswer, SpineRequest,
    read_response,
};
use crate::wrapper::{AcknowledgementKind, write_answer, write_send};
use crate::{Interaction, Invalid};

const DATA_MISSING: &str = "ErrorBase1712.MANDATORY_DATA_MISSING";
const CARDINALITY: &str = "ErrorBase1712.INVALID_ACA_CARDINALITY";

/// Which of the two consent settings an assertion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentFunction {
    /// May the record be viewed?
    View,
    /// May a record be stored?
    Store,
}

impl ConsentFunction {
    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Store => "Store",
        }
    }
}

/// GET_RESOURCE_PERMISSIONS_INUK01: what is this patient's consent?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionsQuery {
    /// Whose consent.
    pub patient: NhsNumber,
    /// What is asked for; everything when there are none.
    pub criteria: Option<Criteria>,
}

/// What a permissions query is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criteria {
    /// The function's context: `Consent`, or `Sealing`, of which nothing is kept here.
    pub context: String,
    /// The function's code: `View`, `Store`; either when there is none.
    pub code: Option<String>,
    /// The resource types: `SCR`.
    pub resource_types: Vec<String>,
}

impl PermissionsQuery {
    /// Asks for everything known of a patient's consent.
    pub fn all(patient: NhsNumber) -> Self {
        Self {
            patient,
            criteria: None,
        }
    }

    /// Whether it asks for this setting.
    pub fn asks_for(&self, function: ConsentFunction) -> bool {
        self.criteria.as_ref().is_none_or(|criteria| {
            criteria.context == "Consent"
                && criteria
                    .code
                    .as_deref()
                    .is_none_or(|code| code == function.code())
                && criteria.resource_types.iter().any(|kind| kind == "SCR")
        })
    }
}

/// Reads a permissions query, with every check of Spine 2.
pub fn read_query(request: &SpineRequest<'_, '_>) -> Result<PermissionsQuery, Invalid> {
    let request = request
        .message
        .child(ns::HL7, "ControlActEvent")
        .and_then(|act| act.child(ns::CRS, "getResourcePermissionsRequest"))
        .and_then(|request| request.one(ns::CRS, "accessControlQuery").ok())
        .ok_or_else(|| Invalid::new(DATA_MISSING, "accessControlQuery"))?;
    let context = request
        .one(ns::CRS, "resourceContext")
        .map_err(|_| Invalid::nhs_number(DATA_MISSING, "accessControlQuery.resourceContext"))?;
    let criteria = request
        .optional(ns::CRS, "queryCriteria")
        .map_err(|_| Invalid::new(CARDINALITY, "at most one queryCriteria may be given"))?;
    let patient = read_patient(context)?;
    let criteria = criteria
        .map(|criteria| read_criteria(criteria, &patient))
        .transpose()?;
    Ok(PermissionsQuery { patient, criteria })
}

fn read_patient(context: Element<'_, '_>) -> Result<NhsNumber, Invalid> {
    if context.attribute("root") != Some(oid::NHS_NUMBER) {
        let detail = "accessControlQuery.resourceContext with root OID=2.16.840.1.113883.2.1.4.1";
        return Err(Invalid::nhs_number(DATA_MISSING, detail));
    }
    let Some(extension) = context
        .attribute("extension")
        .filter(|text| !text.trim().is_empty())
    else {
        return Err(Invalid::nhs_number(
            DATA_MISSING,
            "accessControlQuery.resourceContext",
        ));
    };
    // Spine repeats the value here; it may be a patient's number, so only its length is told.
    match extension.chars().count() {
        11.. => Err(Invalid::nhs_number(
            "ErrorBase1712.RESOURCE_CONTEXT_TOO_LONG",
            "10",
        )),
        ..=9 => Err(Invalid::nhs_number(
            "ErrorBase1712.RESOURCE_CONTEXT_TOO_SHORT",
            "10",
        )),
        _ => NhsNumber::parse(extension)
            .map_err(|_| Invalid::nhs_number(DATA_MISSING, "accessControlQuery.resourceContext")),
    }
}

fn read_criteria(criteria: Element<'_, '_>, patient: &NhsNumber) -> Result<Criteria, Invalid> {
    let text = |element: Element<'_, '_>, name: &'static str| {
        let text = element
            .child(ns::CRS, name)
            .map(|child| normal(&child.text()));
        text.filter(|text| !text.is_empty())
    };
    let function = criteria.child(ns::CRS, "function");
    let context = function
        .and_then(|function| text(function, "context"))
        .ok_or_else(|| Invalid::new("ErrorBase1712.FUNCTION_CONTEXT_EMPTY", "function.context"))?;
    let code = function.and_then(|function| text(function, "code"));
    let mut resource_types = Vec::new();
    for resource in criteria.children_named(ns::CRS, "resource") {
        let empty = |fault, detail| Invalid::new(fault, detail);
        let kind = text(resource, "type")
            .ok_or_else(|| empty("ErrorBase1712.RESOURCE_TYPE_EMPTY", "resource.type"))?;
        let id = text(resource, "Id")
            .ok_or_else(|| empty("ErrorBase1712.RESOURCE_ID_EMPTY", "resource.Id"))?;
        if context != "Sealing" && id != patient.as_str() {
            let detail = "resource.Id must be the NHS number of resourceContext";
            return Err(Invalid::new(
                "ErrorBase1712.INVALID_COMBINATION_FC_RC_RI",
                detail,
            ));
        }
        resource_types.push(kind);
    }
    if resource_types.is_empty() {
        return Err(Invalid::new(
            "ErrorBase1712.RESOURCE_TYPE_EMPTY",
            "resource.type",
        ));
    }
    Ok(Criteria {
        context,
        code,
        resource_types,
    })
}

/// Writes a permissions query as a client sends it.
pub fn write_query(parts: &RequestParts<'_>, query: &PermissionsQuery) -> Vec<u8> {
    let interaction = Interaction::PermissionsQuery;
    soap::write_request(parts, interaction, |w| {
        write_send(w, interaction, &parts.outgoing(), parts.author, |w| {
            let crs = [("xmlns:crs", ns::CRS)];
            w.element("crs:getResourcePermissionsRequest", &crs, |w| {
                w.element("crs:accessControlQuery", &[], |w| {
                    resource_context(w, &query.patient);
                    if let Some(criteria) = &query.criteria {
                        write_criteria(w, criteria, &query.patient);
                    }
                });
            });
        });
    })
}

fn write_criteria(w: &mut Writer, criteria: &Criteria, patient: &NhsNumber) {
    w.element("crs:queryCriteria", &[], |w| {
        w.element("crs:function", &[], |w| {
            w.text_element("crs:context", &[], &criteria.context);
            if let Some(code) = &criteria.code {
                w.text_element("crs:code", &[], code);
            }
        });
        for kind in &criteria.resource_types {
            w.element("crs:resource", &[], |w| {
                w.text_element("crs:type", &[], kind);
                w.text_element("crs:Id", &[], patient.as_str());
            });
        }
    });
}

fn resource_context(w: &mut Writer, patient: &NhsNumber) {
    let attributes = [("root", oid::NHS_NUMBER), ("extension", patient.as_str())];
    w.empty("crs:resourceContext", &attributes);
}

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
    /// Writes the whole SOAP answer, its content in the namespace of the access control service,
    /// as the schema has it.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let interaction = Interaction::PermissionsAnswer;
        soap::write_response(parts, interaction, 1024, |w| {
            let ack = parts.acknowledgement(AcknowledgementKind::Accept);
            write_answer(w, interaction, &parts.outgoing(), &ack, |w| {
                w.element("subject", &[("typeCode", "SUBJ")], |w| self.permissions(w));
                query_ack(w, "OK");
            });
        })
    }

    fn permissions(&self, w: &mut Writer) {
        w.element(
            "crs:getResourcePermissionsResponse",
            &[("xmlns:crs", ns::CRS)],
            |w| {
                w.element("crs:permissions", &[], |w| {
                    resource_context(w, &self.query.patient);
                    self.assertion(w, ConsentFunction::Store, self.consent.store);
                    self.assertion(w, ConsentFunction::View, self.consent.view);
                });
            },
        );
    }

    fn assertion(&self, w: &mut Writer, function: ConsentFunction, setting: ConsentSetting) {
        let permission = match setting {
            ConsentSetting::Yes => "Yes",
            ConsentSetting::No => "No",
            ConsentSetting::Ask => return,
        };
        if !self.query.asks_for(function) {
            return;
        }
        w.element("crs:accessControlAssertion", &[], |w| {
            w.text_element("crs:permission", &[], permission);
            w.element("crs:resource", &[], |w| {
                w.text_element("crs:type", &[], "SCR");
                w.text_element("crs:Id", &[], self.query.patient.as_str());
            });
            w.element("crs:function", &[], |w| {
                w.text_element("crs:context", &[], "Consent");
                w.text_element("crs:code", &[], function.code());
            });
            w.element("crs:accessor", &[], |w| {
                w.text_element("crs:type", &[], "Everyone");
                w.element("crs:accessorId", &[], |w| {
                    w.text_element("crs:name", &[], "Everyone");
                });
            });
        });
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
        Interaction::PermissionsAnswer => {}
        Interaction::Acknowledgement | Interaction::QueryFailed => return Ok(refused()),
        other => return Err(AnswerError::Unexpected(other.id())),
    }
    let subject = path(message.element, &["ControlActEvent", "subject"]);
    let permissions =
        subject.and_then(|s| path(s, &["getResourcePermissionsResponse", "permissions"]));
    let Some(permissions) = permissions else {
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
        if text(&["function", "context"]) != "Consent" || text(&["resource", "type"]) != "SCR" {
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
