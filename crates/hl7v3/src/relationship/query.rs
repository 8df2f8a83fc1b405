//! The confirmation query.

use domain::relationship::{LegitimateRelationship, RelationshipSubject};
use domain::{NhsNumber, RoleProfileId, SdsUserId, oid};
use xml::Element;
use xml::ns::HL7;

use super::{DATA_MISSING, FIELD_MISSING, INVALID_OID, RESPONSE_TYPE};
use crate::{Invalid, SpineRequest};

/// The most work groups a query may name.
const MOST_WORK_GROUPS: usize = 100;
/// The longest work group code, in characters.
const LONGEST_CODE: usize = 12;

/// A confirmation query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationshipQuery {
    /// Whose record.
    pub patient: NhsNumber,
    /// Short (01): those that hold now. Historic (02): all.
    pub historic: bool,
    /// Who is to have the relationship: a person, or where none is named, a work group.
    pub subject: RelationshipSubject,
    /// Further work groups, whose relationships count as well.
    pub work_groups: Vec<String>,
}

impl RelationshipQuery {
    /// Whether a relationship of this patient is one that is asked about. A person is known by
    /// whichever of the two ids the query gives.
    pub fn asks_about(&self, known: &LegitimateRelationship) -> bool {
        use RelationshipSubject::{Person, WorkGroup};
        let is_subject = match (&known.subject, &self.subject) {
            (
                Person { user, role_profile },
                Person {
                    user: asked_user,
                    role_profile: asked_role,
                },
            ) => {
                let named = asked_user.is_some() || asked_role.is_some();
                let is_user = asked_user.is_none() || asked_user == user;
                let is_role = asked_role.is_none() || asked_role == role_profile;
                named && is_user && is_role
            }
            (known, asked) => known == asked,
        };
        let is_group = matches!(&known.subject, WorkGroup(code) if self.work_groups.contains(code));
        known.patient == self.patient && (is_subject || is_group)
    }
}

/// Reads a confirmation query with Spine 2's checks. A query about nobody is refused.
pub fn read_query(request: &SpineRequest<'_, '_>) -> Result<RelationshipQuery, Invalid> {
    let query = request
        .message
        .path(HL7, &["ControlActEvent", "query"])
        .ok_or_else(|| Invalid::new(FIELD_MISSING, "query"))?;
    let patient = read_patient(query)?;
    let historic = read_response_type(query)?;
    let parameters = query
        .one(HL7, "parameterList")
        .map_err(|_| Invalid::new(FIELD_MISSING, "ParameterList"))?;
    let user = read_user(parameters)?;
    let role_profile = read_role_profile(parameters)?;
    let mut work_groups = read_work_groups(parameters)?;
    let subject = match user.is_some() || role_profile.is_some() {
        true => RelationshipSubject::Person { user, role_profile },
        false if work_groups.is_empty() => {
            return Err(Invalid::new(FIELD_MISSING, "ParameterList"));
        }
        false => RelationshipSubject::WorkGroup(work_groups.remove(0)),
    };
    Ok(RelationshipQuery {
        patient,
        historic,
        subject,
        work_groups,
    })
}

fn read_patient(query: Element<'_, '_>) -> Result<NhsNumber, Invalid> {
    let oid = concat!("PatientOID|", "2.16.840.1.113883.2.1.4.1");
    let value = query
        .one(HL7, "patient.id")
        .and_then(|parameter| parameter.one(HL7, "value"))
        .ok()
        .filter(|value| value.attribute("root") == Some(oid::NHS_NUMBER))
        .ok_or_else(|| Invalid::nhs_number(INVALID_OID, oid))?;
    NhsNumber::parse(value.attribute("extension").unwrap_or_default())
        .map_err(|_| Invalid::nhs_number(DATA_MISSING, "Patient Id"))
}

/// Whether the historic answer is asked for.
fn read_response_type(query: Element<'_, '_>) -> Result<bool, Invalid> {
    let parameter = query
        .one(HL7, "response.Type")
        .map_err(|_| Invalid::new(FIELD_MISSING, "response.Type"))?;
    let value = parameter.one(HL7, "value").ok();
    let attribute = |name: &str| value.and_then(|value| value.attribute(name));
    let historic = match attribute("code") {
        Some("01") => false,
        Some("02") => true,
        _ => {
            let detail = "responseType|[01 or 02]";
            return Err(Invalid::new("ErrorBase1712.INVALID_FIELD_VALUE", detail));
        }
    };
    if attribute("codeSystem") != Some(RESPONSE_TYPE) {
        let detail = "responseType|2.16.840.1.113883.2.1.3.2.4.17.9";
        return Err(Invalid::new(INVALID_OID, detail));
    }
    check_semantics(parameter, "response.Type.semanticsText")?;
    Ok(historic)
}

fn check_semantics(parameter: Element<'_, '_>, detail: &str) -> Result<(), Invalid> {
    let said = parameter.child(HL7, "semanticsText");
    match said.is_some_and(|text| !text.text().trim().is_empty()) {
        true => Ok(()),
        false => Err(Invalid::new(FIELD_MISSING, detail)),
    }
}

fn read_user(parameters: Element<'_, '_>) -> Result<Option<SdsUserId>, Invalid> {
    let missing = "ErrorBase1712.INVALID_SUBJECT_USER_ID_MISSING";
    let refused = || Invalid::new(missing, "ParameterList.UserID");
    let Some(parameter) = parameters.optional(HL7, "userID").map_err(|_| refused())? else {
        return Ok(None);
    };
    let user = parameter
        .one(HL7, "value")
        .ok()
        .filter(|value| value.attribute("root") == Some(oid::SDS_USER))
        .and_then(|value| SdsUserId::parse(value.attribute("extension")?).ok())
        .ok_or_else(refused)?;
    check_semantics(parameter, "ParameterList.UserID.semanticsText")?;
    Ok(Some(user))
}

fn read_role_profile(parameters: Element<'_, '_>) -> Result<Option<RoleProfileId>, Invalid> {
    let missing = "ErrorBase1712.INVALID_SUBJECT_URPID_MISSING";
    let refused = || Invalid::new(missing, "ParameterList.UserRoleProfileID.value extension");
    let found = parameters.optional(HL7, "userRoleProfileID");
    let Some(parameter) = found.map_err(|_| refused())? else {
        return Ok(None);
    };
    let value = parameter
        .one(HL7, "value")
        .ok()
        .filter(|value| value.attribute("root") == Some(oid::SDS_ROLE_PROFILE))
        .ok_or_else(|| {
            let detail = "ParameterList.UserRoleProfileID|1.2.826.0.1285.0.2.0.67";
            Invalid::new(INVALID_OID, detail)
        })?;
    let role_profile = value
        .attribute("extension")
        .and_then(|id| RoleProfileId::parse(id).ok())
        .ok_or_else(refused)?;
    check_semantics(parameter, "ParameterList.UserRoleProfileID.semanticsText")?;
    Ok(Some(role_profile))
}

/// The work groups, of which there may be several.
fn read_work_groups(parameters: Element<'_, '_>) -> Result<Vec<String>, Invalid> {
    let detail = "ParameterList.WorkgroupCode.value extension";
    let mut codes = Vec::new();
    for parameter in parameters.children_named(HL7, "workgroupCode") {
        let code = parameter
            .one(HL7, "value")
            .and_then(|value| value.required("extension"))
            .map_err(|_| Invalid::new(FIELD_MISSING, detail))?
            .trim();
        check_semantics(parameter, detail)?;
        if code.chars().count() > LONGEST_CODE {
            return Err(Invalid::new("ErrorBase1712.WORKGROUP_ID_TOO_LONG", "12"));
        }
        if codes.len() == MOST_WORK_GROUPS {
            let detail = "ParameterList.WorkgroupCode|[at most 100]";
            return Err(Invalid::new("ErrorBase1712.INVALID_FIELD_VALUE", detail));
        }
        codes.push(code.to_owned());
    }
    Ok(codes)
}
