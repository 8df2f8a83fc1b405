//! querySCR: the Summary Care Record itself.
//!
//! Request QUPC_MT150004GB01, answer REPC_MT150012GB01. The document goes out as the bytes it
//! came in as, inside `npfitlc:GPSummary.text`.

use domain::NhsNumber;
use domain::record::DocumentBytes;
use xml::{Element, Slice, Writer, XmlError, ns};

use super::content::{Content, incomplete};
pub use super::interval::Interval;
use super::{Operation, PayloadError, ResponseValue, datatype, interval, read_id};

/// Bytes of the reason of an emergency. It goes into the audit, the alert and every report of the
/// access; the longest published has 128.
pub const LONGEST_REASON: usize = 2_000;

/// `QuerySCRRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
    /// The patient gives permission to view, which is to be recorded.
    pub create_ptv: bool,
    /// The patient cannot be asked.
    pub emergency: bool,
    /// Why not, in [`LONGEST_REASON`] bytes at most. Never blank when `emergency` is true.
    pub emergency_reason: Option<String>,
    /// Whose record.
    pub patient: NhsNumber,
    /// How long the permission holds; only with `create_ptv`.
    pub ptv_duration: Option<Interval>,
    /// The user claims a legitimate relationship.
    pub self_claim: bool,
}

impl Request {
    /// Reads the payload's root element, exactly as the schema allows, and checks that its parts
    /// go together.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = datatype::structure(*root)?;
        let id = datatype::message_id(&parts.required("id")?)?;
        let grouper = parts.required("querySCRGrouper")?;
        parts.end()?;

        // The whole structure first: a schema error anywhere outranks an error of content.
        let mut parts = datatype::structure(grouper)?;
        let create_ptv = datatype::value(parts.required("createPTV.Value")?)?;
        let emergency = datatype::value(parts.required("emergencyAccess.Value")?)?;
        let reason = match parts.optional("emergencyAccessReason.Value") {
            Some(element) => datatype::nillable_value(element)?,
            None => None,
        };
        let number = datatype::value(parts.required("person.NHSNumber")?)?;
        let duration = match parts.optional("pTVDuration.Value") {
            Some(element) => datatype::nillable_value(element)?,
            None => None,
        };
        let self_claim = datatype::value(parts.required("selfClaimLR.Value")?)?;
        parts.end()?;
        let reason = reason.map(|value| datatype::text(&value)).transpose()?;

        let mut content = Content::default();
        let create_ptv = content.keep(datatype::boolean(&create_ptv, "createPTV.Value"))?;
        let emergency = content.keep(datatype::boolean(&emergency, "emergencyAccess.Value"))?;
        let patient = content.keep(datatype::nhs_number(&number, "person.NHSNumber"))?;
        let duration = duration.map(|value| interval::read(&value, "pTVDuration.Value"));
        let ptv_duration = content.keep_optional(duration)?;
        let self_claim = content.keep(datatype::boolean(&self_claim, "selfClaimLR.Value"))?;
        content.end()?;
        let request = Self {
            id,
            create_ptv: create_ptv.ok_or_else(incomplete)?,
            emergency: emergency.ok_or_else(incomplete)?,
            emergency_reason: reason
                .map(|reason| reason.trim().to_owned())
                .filter(|reason| !reason.is_empty()),
            patient: patient.ok_or_else(incomplete)?,
            ptv_duration,
            self_claim: self_claim.ok_or_else(incomplete)?,
        };
        request.consistent()?;
        Ok(request)
    }

    /// The rules that no schema can say.
    fn consistent(&self) -> Result<(), PayloadError> {
        let reason = self.emergency_reason.as_ref();
        let broken = if self.emergency && reason.is_none() {
            "emergency access needs a reason in emergencyAccessReason.Value"
        } else if reason.is_some_and(|reason| reason.len() > LONGEST_REASON) {
            "emergencyAccessReason.Value is too long"
        } else if self.emergency && self.create_ptv {
            "emergencyAccess.Value and createPTV.Value cannot both be true"
        } else if self.ptv_duration.is_some() && !self.create_ptv {
            "pTVDuration.Value is given only when createPTV.Value is true"
        } else {
            return Ok(());
        };
        Err(PayloadError::Content(broken.into()))
    }

    /// Writes the payload.
    pub fn write(&self, w: &mut Writer) {
        w.element(
            Operation::QueryScr.request_root(),
            &[("xmlns", ns::HL7)],
            |w| {
                w.empty("id", &[("root", &self.id)]);
                w.element("querySCRGrouper", &[], |w| {
                    datatype::write_flag(w, "createPTV.Value", self.create_ptv);
                    datatype::write_flag(w, "emergencyAccess.Value", self.emergency);
                    if let Some(reason) = &self.emergency_reason {
                        w.element("emergencyAccessReason.Value", &[], |w| {
                            w.text_element("value", &[], reason);
                        });
                    }
                    w.element("person.NHSNumber", &[], |w| {
                        w.empty("value", &[("extension", self.patient.as_str())]);
                    });
                    if let Some(duration) = &self.ptv_duration {
                        w.element("pTVDuration.Value", &[], |w| {
                            interval::write(w, "value", duration);
                        });
                    }
                    datatype::write_flag(w, "selfClaimLR.Value", self.self_claim);
                });
            },
        );
    }
}

/// Writes an answer: `document` exactly when the code is SMSP-0000. Its bytes are not touched;
/// what they inherit is declared on the element around them.
pub fn write_response(
    w: &mut Writer,
    id: &str,
    (code, display): (&str, &str),
    document: Option<&DocumentBytes>,
) {
    w.element(
        Operation::QueryScr.response_root(),
        &[("xmlns", ns::HL7)],
        |w| {
            w.empty("id", &[("root", id)]);
            if let Some(document) = document {
                w.element("text", &[], |w| {
                    let own = [("xmlns:npfitlc", ns::NPFITLC)];
                    w.slice(
                        "npfitlc:GPSummary.text",
                        &own,
                        &document.bytes,
                        &document.inherited,
                    );
                });
            }
            ResponseValue::write(w, code, display);
        },
    );
}

/// `QuerySCRResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<'i> {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
    /// The `GPSummary` element, given with SMSP-0000 only. Whose record it is must be checked.
    pub document: Option<Slice<'i>>,
}

impl<'i> Response<'i> {
    /// Reads an answer's root element.
    pub fn read(root: &Element<'_, 'i>) -> Result<Self, XmlError> {
        let value = ResponseValue::read(root)?;
        let document = match (document(root)?, value.is_success()) {
            (Some(document), true) => Some(document.slice()),
            (None, true) => return Err(root.error("the answer says Success and has no document")),
            (Some(document), false) => {
                return Err(document.error("the answer has a document and does not say Success"));
            }
            (None, false) => None,
        };
        Ok(Self {
            id: read_id(root)?,
            value,
            document,
        })
    }
}

/// The `GPSummary` element of an answer: inside `GPSummary.text` of either published namespace,
/// or directly in `text`.
pub fn document<'d, 'i>(root: &Element<'d, 'i>) -> Result<Option<Element<'d, 'i>>, XmlError> {
    let Some(text) = root.optional(ns::HL7, "text")? else {
        return Ok(None);
    };
    let only = |parent: Element<'d, 'i>| {
        let mut children = parent.children();
        match (children.next(), children.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(parent.error(format!("{} must hold one element", parent.name()))),
        }
    };
    let child = only(text)?;
    let is_wrapper = child.name() == "GPSummary.text"
        && matches!(child.namespace(), ns::NPFITLC | ns::NPFITLC_OLD);
    let summary = if is_wrapper { only(child)? } else { child };
    if !summary.is(ns::HL7, "GPSummary") {
        return Err(summary.error("the document must be a GPSummary"));
    }
    Ok(Some(summary))
}
