//! The request to create a relationship.

use domain::relationship::{LegitimateRelationship, RelationshipSubject};
use domain::{Hl7Timestamp, MessageId, NhsNumber, RoleProfileId, SdsUserId, oid};
use jiff::Timestamp;
use xml::Element;
use xml::ns::HL7;

use super::{ACCESS_REASON, ALERT, DATA_MISSING, INVALID_OID, TYPE};
use crate::lenient::normal;
use crate::wrapper::one_id;
use crate::{Invalid, SpineRequest};

const INVALID_REQUEST: &str = "ErrorBase1712.INVALID_REQUEST";
/// The types of relationship, 01 to 11, that people make themselves and must give a reason for:
/// granted to a colleague, express consent, self claimed.
const MANUAL: [&str; 3] = ["03", "04", "08"];
/// The longest reason in words that is kept, in characters; the rest is cut off.
const LONGEST_WORDS: usize = 10_000;

/// Reads a request to create a relationship with Spine 2's checks; the id it will have is `id`.
/// Beside them, a type that nobody defined is refused. Where the request does not say since when
/// it holds, that is `now`.
pub fn read_create(
    request: &SpineRequest<'_, '_>,
    id: MessageId,
    now: Timestamp,
) -> Result<LegitimateRelationship, Invalid> {
    check_wrapper(request)?;
    let create = request
        .message
        .path(HL7, &["ControlActEvent", "subject"])
        .and_then(|subject| subject.one(HL7, "CreateRequest").ok())
        .ok_or_else(|| {
            let fault = "ErrorBase1733.INVALID_REQUEST[missingCreateRequest]";
            Invalid::new(fault, "CreateRequest Root missing")
        })?;
    let kind = read_kind(create)?;
    let since = read_since(create)?.map_or(now, |time| time.first_instant());
    let subject = read_subject(create)?;
    let patient = read_patient(create)?;
    check_author(create)?;
    let (reason, words) = read_reason(create, &kind)?;
    check_alert(create)?;
    Ok(LegitimateRelationship {
        id,
        kind,
        patient,
        subject,
        reason,
        words,
        since,
        message: request.transmission.id.clone(),
    })
}

/// Limits of the message's own parts that only this interaction has.
fn check_wrapper(request: &SpineRequest<'_, '_>) -> Result<(), Invalid> {
    let transmission = &request.transmission;
    if transmission.id.as_str().len() > 36 {
        return Err(Invalid::new("ErrorBase1712.UUID_TOO_LONG", "36"));
    }
    let time = transmission
        .creation_time
        .as_ref()
        .map(Hl7Timestamp::as_str);
    if !matches!(time.map(str::len), Some(12 | 14 | 19)) {
        let fault = "ErrorBase1733.INVALID_REQUEST_WITH_SUPP_INFO";
        let detail = "creationTime not YYYYMMDDHHMMSS[+|-ZZzz]";
        return Err(Invalid::new(fault, detail));
    }
    Ok(())
}

fn only<'d, 'i>(
    create: Element<'d, 'i>,
    name: &str,
    missing: &str,
) -> Result<Element<'d, 'i>, Invalid> {
    create
        .one(HL7, name)
        .map_err(|_| Invalid::new(DATA_MISSING, missing))
}

fn optional<'d, 'i>(
    create: Element<'d, 'i>,
    name: &str,
) -> Result<Option<Element<'d, 'i>>, Invalid> {
    create
        .optional(HL7, name)
        .map_err(|_| Invalid::new(INVALID_REQUEST, format!("more than one {name}")))
}

fn read_kind(create: Element<'_, '_>) -> Result<String, Invalid> {
    let code = only(create, "reasonCode", "missing reasonCode")?;
    if code.attribute("codeSystem") != Some(TYPE) {
        let fault = "ErrorBase1712.REASONCODE_OID[invalidReasonCodeCodeSystem]";
        return Err(Invalid::new(fault, "2.16.840.1.113883.2.1.3.2.4.16.11"));
    }
    let kind = code.attribute("code").unwrap_or_default().trim();
    if kind.is_empty() {
        let fault = "ErrorBase1712.LR_TYPE_EMPTY[LR Type is empty]";
        return Err(Invalid::new(fault, "validation error"));
    }
    let is_known = kind.len() == 2 && (1..=11).contains(&kind.parse::<u8>().unwrap_or(0));
    if !is_known {
        let fault = "ErrorBase1712.INVALID_LRTYPE[invalid LR Type]";
        return Err(Invalid::new(fault, "01 to 11"));
    }
    Ok(kind.to_owned())
}

fn read_since(create: Element<'_, '_>) -> Result<Option<Hl7Timestamp>, Invalid> {
    let Some(time) = optional(create, "effectiveTime")? else {
        return Ok(None);
    };
    time.attribute("value")
        .filter(|value| value.len() == 14)
        .and_then(|value| Hl7Timestamp::parse(value).ok())
        .map(Some)
        .ok_or_else(|| {
            let fault =
                "ErrorBase1712.INVALID_DATE_WITH_SUPP_INFO[effective time is of incorrect length]";
            Invalid::new(fault, "YYYYMMDDHHMMSS")
        })
}

fn read_subject(create: Element<'_, '_>) -> Result<RelationshipSubject, Invalid> {
    let subject = only(create, "subject", "missing subject")?;
    let mut people = subject.children_named(HL7, "AgentPersonSDS");
    let mut organisations = subject.children_named(HL7, "AgentOrgSDS");
    let found = (
        people.next(),
        people.next().or_else(|| organisations.next()),
    );
    match found {
        (Some(person), None) => read_person(person),
        (None, Some(organisation)) if organisations.next().is_none() => {
            read_organisation(organisation)
        }
        _ => Err(Invalid::new(
            "ErrorBase1712.INVALID_SUBJECT_ELEMENT[eitherUserOrWorkgroup]",
            "validation error",
        )),
    }
}

fn read_person(agent: Element<'_, '_>) -> Result<RelationshipSubject, Invalid> {
    let role_profile = one_id(agent, oid::SDS_ROLE_PROFILE)
        .and_then(|id| RoleProfileId::parse(id).ok())
        .ok_or_else(|| {
            let fault =
                "ErrorBase1712.INVALID_SUBJECT_URPID_MISSING[subjectUserRoleProfileIdMissing]";
            Invalid::new(fault, "12 digits, 1.2.826.0.1285.0.2.0.67")
        })?;
    let user = agent
        .child(HL7, "agentPersonSDS")
        .and_then(|person| one_id(person, oid::SDS_USER))
        .and_then(|id| SdsUserId::parse(id).ok())
        .ok_or_else(|| {
            let fault = "ErrorBase1712.INVALID_SUBJECT_USER_ID_MISSING[subjectUserIdMissing]";
            Invalid::new(fault, "12 digits, 1.2.826.0.1285.0.2.0.65")
        })?;
    Ok(RelationshipSubject::Person {
        user: Some(user),
        role_profile: Some(role_profile),
    })
}

fn read_organisation(agent: Element<'_, '_>) -> Result<RelationshipSubject, Invalid> {
    let id = agent
        .one(HL7, "agentOrganizationSDS")
        .and_then(|organisation| organisation.one(HL7, "id"))
        .map_err(|_| {
            let fault =
                "ErrorBase1712.INVALID_SUBJECT_WORKGROUP_ID_MISSING[agentOrganizationSDSMissing]";
            Invalid::new(fault, "validation error")
        })?;
    let code = id.attribute("extension").unwrap_or_default().trim();
    if code.is_empty() {
        let detail = "validation error";
        return Err(Invalid::new("ErrorBase1712.WORKGROUP_ID_EMPTY", detail));
    }
    if code.chars().count() > 12 {
        return Err(Invalid::new("ErrorBase1712.WORKGROUP_ID_TOO_LONG", "12"));
    }
    match id.attribute("root") {
        Some(oid::ODS) => Ok(RelationshipSubject::Organisation(code.to_owned())),
        Some(oid::SDS_WORK_GROUP) => Ok(RelationshipSubject::WorkGroup(code.to_owned())),
        _ => Err(Invalid::new(
            "ErrorBase1712.INVALID_REQUEST[subject agentOrganizationSDS id root attribute must be correct]",
            "validation error",
        )),
    }
}

fn read_patient(create: Element<'_, '_>) -> Result<NhsNumber, Invalid> {
    let target = only(create, "recordTarget", "missing recordTarget")?;
    let id = target
        .one(HL7, "patient")
        .and_then(|patient| patient.one(HL7, "id"))
        .map_err(|_| {
            let fault = "ErrorBase1712.PATIENT_ID_EMPTY[recordTargetPatientMissing]";
            Invalid::nhs_number(fault, "validation error")
        })?;
    if id.attribute("root") != Some(oid::NHS_NUMBER) {
        let detail = "PatientOID|2.16.840.1.113883.2.1.4.1";
        return Err(Invalid::nhs_number(INVALID_OID, detail));
    }
    let number = id.attribute("extension").unwrap_or_default();
    NhsNumber::parse(number).map_err(|_| {
        let fault = match number.chars().count() {
            11.. => "ErrorBase1712.PATIENT_ID_TOO_LONG[recordTargetPatientTooLong]",
            _ => "ErrorBase1712.PATIENT_ID_EMPTY[recordTargetPatientEmpty]",
        };
        Invalid::nhs_number(fault, "10")
    })
}

/// Whoever asks: a person with both ids, or a system. Who it is, is the control act's to say.
fn check_author(create: Element<'_, '_>) -> Result<(), Invalid> {
    let author = only(create, "author", "missing author")?;
    let person = author.optional(HL7, "AgentPerson");
    let system = author.optional(HL7, "AgentDeviceSDS");
    match (person, system) {
        (Ok(Some(person)), Ok(None)) => check_author_person(person),
        (Ok(None), Ok(Some(system))) => {
            let named = system
                .child(HL7, "agentDeviceSDS")
                .and_then(|device| one_id(device, oid::ASID));
            match named {
                Some(asid) if asid.chars().count() <= 12 => Ok(()),
                Some(_) => {
                    let fault = "ErrorBase1712.SYSTEM_ID_TOO_LONG[authorDeviceIDTooLong]";
                    Err(Invalid::new(fault, "12"))
                }
                None => {
                    let fault = "ErrorBase1712.SYSTEM_ID_EMPTY[authorDeviceIDMissing]";
                    Err(Invalid::new(fault, "validation error"))
                }
            }
        }
        _ => Err(Invalid::new(
            "ErrorBase1712.INVALID_AUTHOR_USER_SYSTEM_MISSING",
            "validation error - an author of type user or system must be provided",
        )),
    }
}

fn check_author_person(person: Element<'_, '_>) -> Result<(), Invalid> {
    let role_profile = person
        .one(HL7, "id")
        .and_then(|id| id.required("extension"))
        .map_err(|_| {
            let fault =
                "ErrorBase1712.INVALID_AUTHOR_USER_URPID_MISSING[authorRoleProfileIDMissing]";
            Invalid::new(fault, "validation error")
        })?;
    let user = person
        .one(HL7, "agentPersonSDS")
        .and_then(|user| user.one(HL7, "id"))
        .and_then(|id| id.required("extension"))
        .map_err(|_| {
            let fault = "ErrorBase1712.INVALID_AUTHOR_USER_ID_MISSING[authorIDMissing]";
            Invalid::new(fault, "validation error")
        })?;
    if role_profile.chars().count() > 12 {
        let fault = "ErrorBase1712.INVALID_AUTHOR_USER_URPID_TOO_LONG[authorRoleProfileIDTooLong]";
        return Err(Invalid::new(fault, "12"));
    }
    if user.chars().count() > 12 {
        let fault = "ErrorBase1712.INVALID_AUTHOR_USER_ID_TOO_LONG[authorIDTooLong]";
        return Err(Invalid::new(fault, "12"));
    }
    Ok(())
}

/// The reason as a code and in words.
fn read_reason(
    create: Element<'_, '_>,
    kind: &str,
) -> Result<(Option<String>, Option<String>), Invalid> {
    let refused = |fault| Invalid::new(fault, "validation error");
    let needed = "ErrorBase1712.INVALID_REQUEST[lr reason must be provided]";
    let Some(information) = optional(create, "pertinentInformation")? else {
        return match MANUAL.contains(&kind) {
            true => Err(refused(needed)),
            false => Ok((None, None)),
        };
    };
    let reason = information
        .one(HL7, "pertinentLRReason")
        .map_err(|_| refused(needed))?;
    let text = reason.optional(HL7, "text").map_err(|_| {
        refused("ErrorBase1712.INVALID_REQUEST[lr reason text appears too many times]")
    })?;
    let code = reason.optional(HL7, "reasonCode").map_err(|_| {
        refused("ErrorBase1712.INVALID_REQUEST[lr reason code appears too many times]")
    })?;
    let code = code.map(read_reason_code).transpose()?;
    let words = text
        .map(|text| normal(&text.deep_text()))
        .filter(|words| !words.is_empty())
        .map(|words| words.chars().take(LONGEST_WORDS).collect());
    Ok((code, words))
}

fn read_reason_code(code: Element<'_, '_>) -> Result<String, Invalid> {
    let refused = |fault| Invalid::new(fault, "validation error");
    if code.attribute("codeSystem") != Some(ACCESS_REASON) {
        let fault = "ErrorBase1712.INVALID_REQUEST[reason code is mandatory]";
        return Err(refused(fault));
    }
    code.attribute("code")
        .filter(|code| code.len() == 2 && (1..=21).contains(&code.parse::<u8>().unwrap_or(0)))
        .map(str::to_owned)
        .ok_or_else(|| refused("ErrorBase1712.INVALID_REQUEST[mandatory elements missing]"))
}

/// Whether an alert is asked for is checked and set aside: alerts are raised by messages of their
/// own.
fn check_alert(create: Element<'_, '_>) -> Result<(), Invalid> {
    let Some(reason) = optional(create, "reason")? else {
        return Ok(());
    };
    let refused = |fault| Invalid::new(fault, "validation error");
    let code = reason
        .one(HL7, "justifyingAlertRequest")
        .and_then(|request| request.one(HL7, "code"))
        .map_err(|_| refused("ErrorBase1712.INVALID_REQUEST[reasonAlertCodeMissing]"))?;
    if code.required("code").is_err() {
        let fault = "ErrorBase1712.INVALID_REQUEST[reasonAlertCodeMissing]";
        return Err(refused(fault));
    }
    match code.attribute("codeSystem") {
        Some(ALERT) => Ok(()),
        _ => Err(refused(
            "ErrorBase1712.INVALID_REQUEST[reasonAlertCodeSystemIncorrect]",
        )),
    }
}
