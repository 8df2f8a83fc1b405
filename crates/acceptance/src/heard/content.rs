//! What an answer tells: its code, and with SMSP-0000 its content.

use domain::code::smsp::{CodeSet, ResponseCode};
use domain::{Consent, ConsentSetting, oid};
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
}

/// Reads code and content. An error means that the content cannot be read.
pub(super) fn read(
    payload: &Element<'_, '_>,
    operation: Operation,
    against: &Against<'_>,
    notes: &mut Notes,
) -> Result<(ResponseValue, Content), XmlError> {
    let value = ResponseValue::read(payload)?;
    check_value(payload, &value, notes);
    if !value.is_success() {
        check_empty(payload, notes);
        return Ok((value, Content::None));
    }
    let missing = |what: &str| payload.error(format!("the answer says Success without {what}"));
    let content = match operation {
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
    };
    Ok((value, content))
}

/// The code is of a published set, in its code system.
fn check_value(payload: &Element<'_, '_>, value: &ResponseValue, notes: &mut Notes) {
    let rule = "SMSP Response Codes 1.0";
    let sets = [CodeSet::MessageSpecification, CodeSet::Spreadsheet2014];
    let known = sets
        .into_iter()
        .flat_map(|set| ResponseCode::ALL.map(|code| code.code_in(set)))
        .filter(|(code, _)| *code == value.code);
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
    if system != Some(oid::SCR_MINI_SERVICE_RESPONSE) {
        let expected = oid::SCR_MINI_SERVICE_RESPONSE;
        notes.defect(rule, format!("codeSystem of the code must be {expected}"));
    }
}

/// A refusal has an id and a code and nothing else.
fn check_empty(payload: &Element<'_, '_>, notes: &mut Notes) {
    let beyond = payload
        .children()
        .find(|child| !matches!(child.name(), "id" | "value"));
    if let Some(child) = beyond {
        notes.defect(
            "SCR Mini Service DMS 1.0",
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
            Self::Settings(consent) => {
                format!(
                    "consent to view {:?}, to store {:?}",
                    consent.view, consent.store
                )
            }
        }
    }
}
