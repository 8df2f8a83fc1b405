//! queryPTV: is there permission to view?
//!
//! Request QUPC_MT150003GB01, answer REPC_MT150007GB01. It is asked for the user of the envelope's
//! audit identity.

use domain::NhsNumber;
use xml::{Element, Writer, XmlError, ns};

use super::{Operation, PayloadError, ResponseValue, datatype, read_id};

/// `QueryPTVRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
    /// Whose record.
    pub patient: NhsNumber,
}

/// `QueryPTVResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
    /// Whether a permission holds now. Given with SMSP-0000 only.
    pub flag: Option<bool>,
}

impl Request {
    /// Reads the payload's root element, exactly as the schema allows.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = datatype::structure(*root)?;
        let id = datatype::message_id(&parts.required("id")?)?;
        let grouper = parts.required("queryPTVGrouper")?;
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
            Operation::QueryPtv.request_root(),
            &[("xmlns", ns::HL7)],
            |w| {
                w.empty("id", &[("root", &self.id)]);
                w.element("queryPTVGrouper", &[], |w| {
                    w.element("person.NHSNumber", &[], |w| {
                        w.empty("value", &[("extension", self.patient.as_str())]);
                    });
                });
            },
        );
    }
}

/// Writes an answer: `flag` exactly when the code is SMSP-0000.
pub fn write_response(w: &mut Writer, id: &str, (code, display): (&str, &str), flag: Option<bool>) {
    w.element(
        Operation::QueryPtv.response_root(),
        &[("xmlns", ns::HL7)],
        |w| {
            w.empty("id", &[("root", id)]);
            ResponseValue::write(w, code, display);
            if let Some(flag) = flag {
                w.element("component", &[], |w| {
                    datatype::write_flag(w, "pTVStatusFlag", flag);
                });
            }
        },
    );
}

impl Response {
    /// Reads an answer's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        let value = ResponseValue::read(root)?;
        let flag = match value.is_success() {
            true => Some(datatype::read_flag(root, ["component", "pTVStatusFlag"])?),
            false => None,
        };
        Ok(Self {
            id: read_id(root)?,
            value,
            flag,
        })
    }
}
