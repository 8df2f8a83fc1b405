//! A SOAP fault, held against the Toolkit's rules.

use itk::fault::{Fault, FaultKind};
use xml::{Element, ns};

use super::{Notes, is_upper_uuid};

const RULE: &str = "ITK Web Services Transport: SOAP faults";
const CODE_SYSTEM: &str = "2.16.840.1.113883.2.1.3.2.4.17.268";

pub(super) fn check(body: &Element<'_, '_>, read: &Fault, status: u16, notes: &mut Notes) {
    if status != 500 {
        notes.defect(
            "SOAP 1.1 §6.2",
            format!("a fault has HTTP status 500, and this has {status}"),
        );
    }
    let Some(fault) = body.child(ns::SOAP11, "Fault") else {
        notes.defect(RULE, "the Fault is not in the namespace of SOAP 1.1");
        return;
    };
    let part = |name: &str| fault.children().find(|child| child.name() == name);
    match part("faultcode") {
        Some(code) => check_code(&code, notes),
        None => notes.defect(RULE, "the fault has no faultcode"),
    }
    match part("faultstring") {
        Some(text) if text.text().trim() != read.kind.text() => {
            notes.remark("faultstring is not the Toolkit's own wording");
        }
        Some(_) => {}
        None => notes.defect(RULE, "the fault has no faultstring"),
    }
    let info = part("detail").and_then(|detail| detail.child(ns::ITK, "ToolkitErrorInfo"));
    match info {
        Some(info) => check_info(&info, notes),
        // The envelope or header was not understood, so nothing need be said of the rest.
        None if matches!(
            read.kind,
            FaultKind::VersionMismatch | FaultKind::MustUnderstand
        ) => {}
        None => notes.defect(RULE, "the fault has no detail with a ToolkitErrorInfo"),
    }
}

fn check_code(code: &Element<'_, '_>, notes: &mut Notes) {
    let text = code.text();
    let text = text.trim();
    let Some((prefix, _)) = text.split_once(':') else {
        notes.remark("faultcode has no prefix; customary is that of SOAP 1.1");
        return;
    };
    let namespace = code
        .namespaces()
        .find(|(declared, _)| *declared == prefix)
        .map(|(_, namespace)| namespace);
    if namespace != Some(ns::SOAP11) {
        notes.defect(
            "SOAP 1.1 §4.4.1",
            format!("the prefix of faultcode {text} is not declared as that of SOAP 1.1"),
        );
    }
}

fn check_info(info: &Element<'_, '_>, notes: &mut Notes) {
    let part = |name: &str| info.child(ns::ITK, name);
    match part("ErrorID") {
        Some(id) if is_upper_uuid(id.text().trim()) => {}
        Some(_) => notes.defect(RULE, "ErrorID is no upper-case UUID"),
        None => notes.defect(RULE, "ToolkitErrorInfo has no ErrorID"),
    }
    match part("ErrorCode") {
        Some(code) => {
            let system = code.attribute("codeSystem").unwrap_or(CODE_SYSTEM);
            if system != CODE_SYSTEM {
                notes.defect(
                    RULE,
                    format!("codeSystem of ErrorCode must be {CODE_SYSTEM}"),
                );
            }
            let code = code.text();
            if !matches!(code.trim(), "1000" | "2100" | "2200" | "3000") {
                notes.defect(RULE, "ErrorCode is none of 1000, 2100, 2200, 3000");
            }
        }
        None => notes.defect(RULE, "ToolkitErrorInfo has no ErrorCode"),
    }
    if part("ErrorText").is_none_or(|text| text.text().trim().is_empty()) {
        notes.defect(RULE, "ToolkitErrorInfo has no ErrorText");
    }
    if part("ErrorDiagnosticText").is_none_or(|text| text.text().trim().is_empty()) {
        notes.remark("the fault says nothing in ErrorDiagnosticText; a client has to guess");
    }
}
