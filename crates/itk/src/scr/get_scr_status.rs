//! getSCRStatus: does the patient have a Summary Care Record, and what is their consent?
//!
//! Request QUPC_MT150001GB01, answer REPC_MT150001GB01.

use domain::{ConsentSetting, NhsNumber};
use xml::{Element, Writer, XmlError, ns};

use super::{Operation, PayloadError, ResponseValue, datatype, read_id};

/// `GetSCRStatusRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
    /// Whose.
    pub patient: NhsNumber,
}

/// What an answer with SMSP-0000 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether there is a Summary Care Record now.
    pub exists: bool,
    /// Consent to view. `0 No` and `2 Ask` are all that the vocabulary has: a legacy *Yes* goes
    /// out as *Ask*.
    pub consent: ConsentSetting,
}

/// `GetSCRStatusResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
    /// Given with SMSP-0000 only.
    pub status: Option<Status>,
}

impl Request {
    /// Reads the payload's root element, exactly as the schema allows.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = datatype::structure(*root)?;
        let id = datatype::message_id(&parts.required("id")?)?;
        let grouper = parts.required("getSCRStatusRequestGrouper")?;
        parts.end()?;
        let mut parts = datatype::structure(grouper)?;
        let number = parts.required("person.NHSNumber")?;
        parts.end()?;
        let number = datatype::value(number)?;
        let patient = datatype::nhs_number(&number, "person.NHSNumber")?;
        Ok(Self { id, patient })
    }

    /// Writes the payload.
    pub fn write(&self, w: &mut Writer) {
        w.element(
            Operation::GetScrStatus.request_root(),
            &[("xmlns", ns::HL7)],
            |w| {
                w.empty("id", &[("root", &self.id)]);
                w.element("getSCRStatusRequestGrouper", &[], |w| {
                    w.element("person.NHSNumber", &[], |w| {
                        w.empty("value", &[("extension", self.patient.as_str())]);
                    });
                });
            },
        );
    }
}

/// Writes an answer: `status` exactly when the code is SMSP-0000.
pub fn write_response(
    w: &mut Writer,
    id: &str,
    (code, display): (&str, &str),
    status: Option<Status>,
) {
    w.element(
        Operation::GetScrStatus.response_root(),
        &[("xmlns", ns::HL7)],
        |w| {
            w.empty("id", &[("root", id)]);
            ResponseValue::write(w, code, display);
            let Some(status) = status else { return };
            w.element("component", &[], |w| {
                datatype::write_flag(w, "sCRExistsFlag", status.exists);
            });
            let (code, display) = match status.consent {
                ConsentSetting::No => ("0", "No"),
                ConsentSetting::Ask | ConsentSetting::Yes => ("2", "Ask"),
            };
            w.element("component1", &[], |w| {
                w.element("sCRConsent", &[], |w| {
                    w.empty("code", &[("code", code), ("displayName", display)]);
                });
            });
        },
    );
}

impl Response {
    /// Reads an answer's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        let value = ResponseValue::read(root)?;
        let status = if value.is_success() {
            Some(read_status(root)?)
        } else {
            None
        };
        Ok(Self {
            id: read_id(root)?,
            value,
            status,
        })
    }
}

fn read_status(root: &Element<'_, '_>) -> Result<Status, XmlError> {
    let exists = datatype::read_flag(root, ["component", "sCRExistsFlag"])?;
    let code = root
        .one(ns::HL7, "component1")?
        .one(ns::HL7, "sCRConsent")?
        .one(ns::HL7, "code")?;
    let consent = match code.required("code")?.trim() {
        "0" => ConsentSetting::No,
        "2" => ConsentSetting::Ask,
        _ => return Err(code.error("the consent code must be 0 or 2")),
    };
    Ok(Status { exists, consent })
}
