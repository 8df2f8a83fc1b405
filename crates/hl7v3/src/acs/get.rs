//! GET_RESOURCE_PERMISSIONS_INUK01: what is this patient's consent?

use domain::NhsNumber;
use xml::{Element, Writer, ns};

use super::parts::{Names, only, read_patient, resource, resource_context, text};
use super::{CARDINALITY, CONSENT, ConsentFunction, DATA_MISSING, OTHER_RESOURCE, SCR, SEALING};
use crate::soap::{self, RequestParts, SpineRequest};
use crate::wrapper::write_send;
use crate::{Interaction, Invalid};

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
            criteria.context == CONSENT
                && criteria
                    .code
                    .as_deref()
                    .is_none_or(|code| code == function.code())
                && criteria.resource_types.iter().any(|kind| kind == SCR)
        })
    }
}

/// Reads a permissions query, with every check of Spine 2.
pub fn read_query(request: &SpineRequest<'_, '_>) -> Result<PermissionsQuery, Invalid> {
    let query = request
        .message
        .child(ns::HL7, "ControlActEvent")
        .and_then(|act| act.child(ns::CRS, "getResourcePermissionsRequest"))
        .and_then(|request| request.one(ns::CRS, "accessControlQuery").ok())
        .ok_or_else(|| Invalid::new(DATA_MISSING, "accessControlQuery"))?;
    query
        .one(ns::CRS, "resourceContext")
        .map_err(|_| Invalid::nhs_number(DATA_MISSING, "accessControlQuery.resourceContext"))?;
    let criteria = query
        .optional(ns::CRS, "queryCriteria")
        .map_err(|_| Invalid::new(CARDINALITY, "at most one queryCriteria may be given"))?;
    let patient = read_patient(query)?;
    let criteria = criteria
        .map(|criteria| read_criteria(criteria, &patient))
        .transpose()?;
    Ok(PermissionsQuery { patient, criteria })
}

fn read_criteria(criteria: Element<'_, '_>, patient: &NhsNumber) -> Result<Criteria, Invalid> {
    let function = only(criteria, "function");
    let context = function
        .and_then(|function| text(function, "context"))
        .ok_or_else(|| Invalid::new("ErrorBase1712.FUNCTION_CONTEXT_EMPTY", "function.context"))?;
    let code = function.and_then(|function| text(function, "code"));
    let mut resource_types = Vec::new();
    for resource in criteria.children_named(ns::CRS, "resource") {
        let kind = text(resource, "type")
            .ok_or_else(|| Invalid::new("ErrorBase1712.RESOURCE_TYPE_EMPTY", "resource.type"))?;
        let id = text(resource, "Id")
            .ok_or_else(|| Invalid::new("ErrorBase1712.RESOURCE_ID_EMPTY", "resource.Id"))?;
        if context != SEALING && id != patient.as_str() {
            let detail = "resource.Id must be the NHS number of resourceContext";
            return Err(Invalid::new(OTHER_RESOURCE, detail));
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
                    resource_context(w, Names::Crs, &query.patient);
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
            resource(w, Names::Crs, kind, patient);
        }
    });
}
