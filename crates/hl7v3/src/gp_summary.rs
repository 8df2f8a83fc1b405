//! The GP Summary: what it says of itself, where it is found, and views of its content that can
//! be shown safely (REPC_MT150002UK05, REPC_MT150007UK05; Spine 2's checks of uploads).
//!
//! Reading the header looks at the direct children of the document, and for its marks searches the
//! text for a few words; only where one is found is the presentation text read. Children may come
//! in any order and under any prefix.

pub(crate) mod author;
mod marks;
pub mod model;
pub mod presentation;
pub mod sections;

pub use presentation::{PresentationBlock, blocks, presentation};
pub use sections::{CodedEntry, CodedSection, sections};

use domain::record::{DocumentHeader, Marks, SummaryKind};
use domain::{DocumentId, Hl7Timestamp, NhsNumber, oid};
use xml::ns::HL7;
use xml::{Document, Element, XmlError};

/// The local name of the document's element.
const NAME: &str = "GPSummary";

/// Every GP Summary in a document, in order: the root itself, or inside an answer to querySCR,
/// a document or event answer of PSIS, or an upload. One inside another is part of it.
pub fn find<'d, 'i>(doc: &'d Document<'i>) -> Vec<Element<'d, 'i>> {
    let mut end_of_last = 0;
    doc.root()
        .descendants()
        .filter(|element| element.is(HL7, NAME))
        .filter(|element| {
            let range = element.range();
            let outside = range.start >= end_of_last;
            if outside {
                end_of_last = range.end;
            }
            outside
        })
        .collect()
}

/// Reads what a GP Summary says of itself. An error names the place and the rule; its texts are
/// those of Spine 2 where it has one.
pub fn header(element: Element<'_, '_>) -> Result<DocumentHeader, XmlError> {
    let header = header_unmarked(element)?;
    let marks = marks::read(element);
    Ok(DocumentHeader { marks, ..header })
}

/// As [`header`], with no marks looked for: they take a search through the whole text, and only
/// who keeps the document asks for them.
pub fn header_unmarked(element: Element<'_, '_>) -> Result<DocumentHeader, XmlError> {
    if !element.is(HL7, NAME) {
        return Err(element.error("hl7:GPSummary root not found"));
    }
    Ok(DocumentHeader {
        id: read_id(element)?,
        kind: read_kind(element)?,
        effective: read_effective_time(element)?,
        patient: read_patient(element)?,
        author: author::read(element)?,
        replaces: read_replaced(element)?,
        marks: Marks::default(),
    })
}

/// An attribute of the only child of this name; `text` is the rule it must keep.
fn single<'d, 'i>(
    parent: Element<'d, 'i>,
    name: &'static str,
    attribute: &str,
    text: &str,
) -> Result<(Element<'d, 'i>, &'d str), XmlError> {
    let mut found = parent.children_named(HL7, name);
    let child = match (found.next(), found.next()) {
        (Some(only), None) => only,
        (None, _) => return Err(parent.error(text)),
        (_, Some(second)) => return Err(second.error(text)),
    };
    match child.attribute(attribute).map(str::trim) {
        Some(value) if !value.is_empty() => Ok((child, value)),
        _ => Err(child.error(text)),
    }
}

fn read_id(summary: Element<'_, '_>) -> Result<DocumentId, XmlError> {
    let text = "A single hl7:GPSummary/hl7:id/@root must be provided";
    let (element, root) = single(summary, "id", "root", text)?;
    DocumentId::parse(root).map_err(|error| element.error(error.to_string()))
}

fn read_kind(summary: Element<'_, '_>) -> Result<SummaryKind, XmlError> {
    let text = "A single hl7:GPSummary/hl7:code/@code must be provided";
    let (element, code) = single(summary, "code", "code", text)?;
    let is_snomed = element
        .attribute("codeSystem")
        .is_none_or(|system| system == oid::SNOMED_CT);
    SummaryKind::from_code(code)
        .filter(|_| is_snomed)
        .ok_or_else(|| {
            element.error("the code must be SNOMED CT 196971000000103 or 196981000000101")
        })
}

fn read_effective_time(summary: Element<'_, '_>) -> Result<Hl7Timestamp, XmlError> {
    let text = "A single hl7:GPSummary/hl7:effectiveTime/@value must be provided";
    let (element, value) = single(summary, "effectiveTime", "value", text)?;
    Hl7Timestamp::parse(value).map_err(|error| element.error(error.to_string()))
}

pub(crate) fn read_patient(summary: Element<'_, '_>) -> Result<NhsNumber, XmlError> {
    let text = "A single nhsNumber should be provided in \
                hl7:GPSummary/hl7:recordTarget/hl7:patient/hl7:id/@extension";
    let refused = |_| summary.error(text);
    let target = summary.one(HL7, "recordTarget").map_err(refused)?;
    let patient = target.one(HL7, "patient").map_err(|_| target.error(text))?;
    let (id, extension) = single(patient, "id", "extension", text)?;
    if id.attribute("root") != Some(oid::NHS_NUMBER) {
        return Err(id.error("the patient's id must have root 2.16.840.1.113883.2.1.4.1"));
    }
    NhsNumber::parse(extension).map_err(|error| id.error(error.to_string()))
}

fn read_replaced(summary: Element<'_, '_>) -> Result<Option<DocumentId>, XmlError> {
    let text = "zero or one replacementOf targets may be provided";
    let replacement = summary
        .optional(HL7, "replacementOf")
        .map_err(|error| XmlError {
            message: text.to_owned(),
            ..error
        })?;
    let Some(replacement) = replacement else {
        return Ok(None);
    };
    let prior = replacement
        .one(HL7, "priorMessageRef")
        .map_err(|error| XmlError {
            message: text.to_owned(),
            ..error
        })?;
    let (id, root) = single(prior, "id", "root", text)?;
    let replaced = DocumentId::parse(root).map_err(|error| id.error(error.to_string()))?;
    Ok(Some(replaced))
}
