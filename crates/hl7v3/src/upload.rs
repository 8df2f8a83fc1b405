//! Uploads of a GP Summary (REPC_IN150015UK05, REPC_IN150016UK05, REPC_IN150016SM05).
//!
//! Spine 2 looks at the header of a document, and at nothing of its clinical content: stored
//! documents break the schemas in many places, and are patients' records all the same.

use domain::code::psis::{self, Issue};
use domain::record::{DocumentBytes, DocumentHeader, SummaryKind};
use xml::ns::HL7;
use xml::{Element, Writer};

use crate::gp_summary;
use crate::wrapper::{Author, Outgoing, write_send};
use crate::{Interaction, Invalid, SpineRequest};

const INVALID: &str = "ErrorBase1733.INVALID_DOCUMENT_DATA";
/// The longest code of an unknown document that is repeated to its sender, in characters.
const LONGEST_CODE: usize = 64;

/// An upload that keeps every rule of Spine 2.
#[derive(Debug, Clone)]
pub struct Upload<'d, 'i> {
    /// The document, as it is to be kept.
    pub summary: Element<'d, 'i>,
    /// What it says of itself, its author's element and its marks included.
    pub header: DocumentHeader,
}

/// Why an upload is refused as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It breaks a rule of Spine 2: the caller is at fault, code 400.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Its document has a code that no document here has: codes 410 and 30340. The code is the
    /// sender's own, cut off where it is long.
    #[error("the event type {0} is not known")]
    UnknownEventType(String),
}

impl Refused {
    /// The issues to answer with, the general one first.
    pub fn issues(&self) -> Vec<Issue> {
        match self {
            Self::Invalid(invalid) => invalid.issues(),
            Self::UnknownEventType(code) => {
                vec![psis::logical_inconsistency(), psis::pattern_not_found(code)]
            }
        }
    }
}

/// Reads an upload and makes Spine 2's checks of the control act and the document. The document's
/// clinical content is never a reason to refuse it.
pub fn read<'d, 'i>(request: &SpineRequest<'d, 'i>) -> Result<Upload<'d, 'i>, Refused> {
    let summary = request
        .message
        .path(HL7, &["ControlActEvent", "subject"])
        .and_then(|subject| subject.one(HL7, "GPSummary").ok())
        .ok_or_else(|| invalid("hl7:GPSummary root not found"))?;
    if let Some(code) = unknown_code(summary) {
        return Err(Refused::UnknownEventType(code));
    }
    let header = gp_summary::header(summary).map_err(|error| {
        let is_patient = gp_summary::read_patient(summary).is_err_and(|other| other == error);
        match is_patient {
            true => Invalid::nhs_number(INVALID, error.message),
            false => invalid(error.message),
        }
    })?;
    let status = summary
        .one(HL7, "statusCode")
        .and_then(|status| status.required("code"));
    if status.is_err() {
        let text = "A single hl7:GPSummary/hl7:statusCode/@code must be provided";
        return Err(invalid(text).into());
    }
    Ok(Upload { summary, header })
}

fn invalid(text: impl Into<String>) -> Invalid {
    Invalid::new(INVALID, text)
}

/// The document's code, when there is one and it is none of ours.
fn unknown_code(summary: Element<'_, '_>) -> Option<String> {
    let code = summary.one(HL7, "code").ok()?.required("code").ok()?.trim();
    match SummaryKind::from_code(code) {
        Some(_) => None,
        None => Some(code.chars().take(LONGEST_CODE).collect()),
    }
}

/// Writes an upload as a message without SOAP; `interaction` is one of the three.
pub fn write(
    interaction: Interaction,
    out: &Outgoing<'_>,
    author: Option<&Author>,
    summary: &DocumentBytes,
) -> Vec<u8> {
    let mut w = Writer::with_capacity(summary.bytes.len() + 4096);
    w.declaration();
    write_send(&mut w, interaction, out, author, |w| {
        let subject = [("typeCode", "SUBJ"), ("contextConductionInd", "false")];
        w.slice("subject", &subject, &summary.bytes, &summary.inherited);
    });
    w.finish()
}
