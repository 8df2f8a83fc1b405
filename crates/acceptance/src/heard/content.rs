//! What an answer tells: its code, and with SMSP-0000 its content.

use domain::code::cpis;
use domain::code::smsp::{CodeSet, ResponseCode};
use domain::{Consent, ConsentSetting, oid};
use hl7v3::cpis::answer;
use itk::Face;
use itk::scr::{
    Operation, ResponseValue, consent, get_rbac_status, get_scr_status, query_ptv, query_scr,
    query_scr_activity,
};
use xml::{Element, XmlError, ns};

use super::{Against, Notes, is_patient};

/// What a success tells, without anything of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing: a refusal, or an operation that tells nothing but its code.
    None,
    Status {
        exists: bool,
        consent: ConsentSetting,
    },
    Rights {
        with_ptv: bool,
        in_emergency: bool,
    },
    Permitted(bool),
    /// A document, by its id.
    Document(String),
    /// A report: how many rows, and how many there would be.
    Report {
        rows: usize,
        matching: u64,
    },
    Settings(Consent),
    /// Plans: how many records, and how many accesses.
    Plans {
        records: usize,
        accesses: usize,
    },
}

/// Reads code and content. An error means that the content cannot be read.
pub(super) fn read(
    payload: &Element<'_, '_>,
    operation: itk::Operation,
    against: &Against<'_>,
    notes: &mut Notes,
) -> Result<(ResponseValue, Content), XmlError> {
    let value = ResponseValue::read(payload)?;
    let face = operation.face();
    check_value(payload, &value, face, notes);
    if !value.is_success() {
        check_empty(payload, face, notes);
        return Ok((value, Content::None));
    }
    let content = match operation {
        itk::Operation::Scr(operation) => scr(payload, operation, against, notes)?,
        itk::Operation::Cpis(itk::cpis::Operation::Query) => plans(payload, against, notes)?,
    };
    Ok((value, content))
}

/// What a success of the SCR mini services tells.
fn scr(
    payload: &Element<'_, '_>,
    operation: Operation,
    against: &Against<'_>,
    notes: &mut Notes,
) -> Result<Content, XmlError> {
    let missing = |what: &str| payload.error(format!("the answer says Success without {what}"));
    Ok(match operation {
        Operation::GetScrStatus => {
            let status = get_scr_status::Response::read(payload)?.status;
            let status = status.ok_or_else(|| missing("a status"))?;
            Content::Status {
                exists: status.exists,
                consent: status.consent,
            }
        }
        Operation::GetRbacStatus => {
            let status = get_rbac_status::Response::read(payload)?.status;
            let status = status.ok_or_else(|| missing("rights"))?;
            Content::Rights {
                with_ptv: status.with_ptv,
                in_emergency: status.in_emergency,
            }
        }
        Operation::QueryPtv => {
            let flag = query_ptv::Response::read(payload)?.flag;
            Content::Permitted(flag.ok_or_else(|| missing("a flag"))?)
        }
        Operation::CreatePtv | Operation::SetScrConsent => Content::None,
        Operation::QueryScr => {
            let document = query_scr::document(payload)?;
            document_of(
                &document.ok_or_else(|| missing("a document"))?,
                against,
                notes,
            )?
        }
        Operation::QueryScrActivity => {
            let report = query_scr_activity::Response::read(payload)?.report;
            report_of(&report.ok_or_else(|| missing("a report"))?, against, notes)
        }
        Operation::GetScrConsent => {
            let consent = consent::get::Response::read(payload)?.consent;
            Content::Settings(consent.ok_or_else(|| missing("consent"))?)
        }
    })
}

/// What CP-IS holds.
fn plans(
    payload: &Element<'_, '_>,
    against: &Against<'_>,
    notes: &mut Notes,
) -> Result<Content, XmlError> {
    let rule = "REPC_MT000007GB01";
    let answer = answer::read(*payload)?;
    if answer.records.is_empty() {
        return Err(payload.error("the answer says Success without a record"));
    }
    if answer.patient() != against.sent.patient {
        notes.defect(
            rule,
            "the answer is about ANOTHER NUMBER than the one asked for, or says none",
        );
    }
    let records = answer.records.len();
    let accesses = answer.accesses.len();
    for (name, inner, count) in [
        (
            "pertinentInformation11",
            "pertinentTotalReturnedAccessRecords",
            accesses,
        ),
        (
            "pertinentInformation12",
            "pertinentTotalReturnedChildRecords",
            records,
        ),
    ] {
        let value = payload.path(ns::HL7, &[name, inner, "value"]);
        let said = value.and_then(|value| value.attribute("value"));
        if said.map(str::trim) != Some(&count.to_string()) {
            let said = said.unwrap_or("nothing");
            notes.defect(rule, format!("{inner} says {said}, and there are {count}"));
        }
    }
    if answer
        .records
        .iter()
        .any(|record| record.contact.emergency.is_none())
    {
        notes.defect(rule, "a local authority has no emergency telephone number");
    }
    if accesses == 0 {
        notes.remark("the answer does not list who asks");
    }
    Ok(Content::Plans { records, accesses })
}

/// Every code of a service with its display name, and their code system.
fn codes(face: Face) -> (Vec<(&'static str, &'static str)>, &'static str) {
    match face {
        Face::Scr => {
            let sets = [CodeSet::MessageSpecification, CodeSet::Spreadsheet2014];
            let of = |set| ResponseCode::ALL.map(|code| code.code_in(set));
            let codes = sets.into_iter().flat_map(of).collect();
            (codes, oid::SCR_MINI_SERVICE_RESPONSE)
        }
        Face::Cpis => {
            let codes = cpis::ResponseCode::ALL.map(cpis::ResponseCode::code);
            (codes.to_vec(), oid::CPIS_MINI_SERVICE_RESPONSE)
        }
    }
}

/// The code is of a published set, in its code system.
fn check_value(payload: &Element<'_, '_>, value: &ResponseValue, face: Face, notes: &mut Notes) {
    let rule = "SMSP Response Codes 1.0";
    let (codes, expected) = codes(face);
    let known = codes.into_iter().filter(|(code, _)| *code == value.code);
    let displays: Vec<&str> = known.map(|(_, display)| display).collect();
    if displays.is_empty() {
        notes.defect(
            rule,
            format!("the code {} is of no published set", value.code),
        );
    } else if !displays.contains(&value.display.as_str()) {
        let close = displays
            .iter()
            .any(|display| display.eq_ignore_ascii_case(&value.display));
        let text = format!("displayName of {} is {:?}", value.code, value.display);
        match close {
            true => notes.remark(format!("{text}; published is {:?}", displays[0])),
            false => notes.defect(rule, text),
        }
    }
    let system = payload
        .child(payload.namespace(), "value")
        .and_then(|value| value.attribute("codeSystem"));
    if system != Some(expected) {
        notes.defect(rule, format!("codeSystem of the code must be {expected}"));
    }
}

/// A refusal has an id and a code and nothing else; of CP-IS also its time and two zeros.
fn check_empty(payload: &Element<'_, '_>, face: Face, notes: &mut Notes) {
    let is_zero = |child: &Element<'_, '_>| {
        let mut inside = child.descendants().filter(|e| e.name() == "value");
        inside.all(|value| value.attribute("value").map(str::trim) == Some("0"))
    };
    let belongs = |child: &Element<'_, '_>| match (child.name(), face) {
        ("id" | "value", _) | ("effectiveTime", Face::Cpis) => true,
        ("pertinentInformation11" | "pertinentInformation12", Face::Cpis) => is_zero(child),
        _ => false,
    };
    if let Some(child) = payload.children().find(|child| !belongs(child)) {
        notes.defect(
            "the schema of the answer",
            format!(
                "a refusal has no {}: only a success tells anything",
                child.name()
            ),
        );
    }
}

fn document_of(
    document: &Element<'_, '_>,
    against: &Against<'_>,
    notes: &mut Notes,
) -> Result<Content, XmlError> {
    let id = document.one(ns::HL7, "id")?.required("root")?;
    let patient = document.path(ns::HL7, &["recordTarget", "patient", "id"]);
    let patient = patient.and_then(|id| id.attribute("extension"));
    match patient {
        Some(patient) if is_patient(patient, against.sent.patient) => {}
        Some(_) => notes.defect(
            "GP Summary: recordTarget",
            "the document is that of ANOTHER PATIENT than the one asked for",
        ),
        None => notes.defect("GP Summary: recordTarget", "the document names no patient"),
    }
    Ok(Content::Document(id.to_owned()))
}

fn report_of(
    report: &itk::scr::report::Report,
    against: &Against<'_>,
    notes: &mut Notes,
) -> Content {
    let rule = "SCR Mini Service DMS 1.0: querySCRActivity";
    let rows = &report.rows;
    if rows
        .iter()
        .any(|row| !is_patient(&row.patient, against.sent.patient))
    {
        notes.defect(
            rule,
            "the report has rows of other patients than the filter's",
        );
    }
    if let Some(user) = against.filter_user
        && rows.iter().any(|row| row.user != user)
    {
        notes.defect(rule, "the report has rows of other users than the filter's");
    }
    if let Some(first) = rows.first()
        && rows
            .iter()
            .any(|row| row.organisation != first.organisation)
    {
        notes.remark("the report has rows of several organisations");
    }
    if !rows.is_sorted_by(|a, b| a.at <= b.at) {
        notes.remark("the rows of the report are not in the order of their times");
    }
    Content::Report {
        rows: rows.len(),
        matching: report.header.matching,
    }
}

impl Content {
    /// In words, without anything of a patient.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Status { exists, consent } => {
                let exists = if *exists { "a record" } else { "no record" };
                format!("{exists}, consent {consent:?}")
            }
            Self::Rights {
                with_ptv,
                in_emergency,
            } => format!("withPTV {with_ptv}, inEmergency {in_emergency}"),
            Self::Permitted(true) => "permission to view".to_owned(),
            Self::Permitted(false) => "no permission to view".to_owned(),
            Self::Document(_) => "a document".to_owned(),
            Self::Report { rows, matching } => format!("a report with {rows} of {matching} rows"),
            Self::Plans { records, accesses } => {
                format!("{records} records and {accesses} accesses")
            }
            Self::Settings(consent) => {
                format!(
                    "consent to view {:?}, to store {:?}",
                    consent.view, consent.store
                )
            }
        }
    }
}
