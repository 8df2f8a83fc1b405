//! getRBACStatus: what may the user do?
//!
//! Request QUPC_MT150002GB01, answer REPC_MT150002GB01. The request says nothing but its id: the
//! user is the one of the envelope's audit identity.

use xml::{Element, Writer, XmlError, ns};

use super::{Operation, PayloadError, ResponseValue, datatype, read_id};

/// `GetRBACStatusRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
}

/// What an answer with SMSP-0000 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RbacStatus {
    /// The user may view a record with the patient's permission.
    pub with_ptv: bool,
    /// The user may view a record in an emergency, without asking.
    pub in_emergency: bool,
}

/// `GetRBACStatusResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
    /// Given with SMSP-0000 only.
    pub status: Option<RbacStatus>,
}

impl Request {
    /// Reads the payload's root element, exactly as the schema allows.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = datatype::structure(*root)?;
        let id = datatype::message_id(&parts.required("id")?)?;
        parts.end()?;
        Ok(Self { id })
    }

    /// Writes the payload.
    pub fn write(&self, w: &mut Writer) {
        w.element(
            Operation::GetRbacStatus.request_root(),
            &[("xmlns", ns::HL7)],
            |w| w.empty("id", &[("root", &self.id)]),
        );
    }
}

/// Writes an answer: `status` exactly when the code is SMSP-0000.
pub fn write_response(
    w: &mut Writer,
    id: &str,
    (code, display): (&str, &str),
    status: Option<RbacStatus>,
) {
    w.element(
        Operation::GetRbacStatus.response_root(),
        &[("xmlns", ns::HL7)],
        |w| {
            w.empty("id", &[("root", id)]);
            ResponseValue::write(w, code, display);
            let Some(status) = status else { return };
            w.element("component", &[], |w| {
                datatype::write_flag(w, "withPTV", status.with_ptv);
            });
            w.element("component1", &[], |w| {
                datatype::write_flag(w, "inEmergency", status.in_emergency);
            });
        },
    );
}

impl Response {
    /// Reads an answer's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        let value = ResponseValue::read(root)?;
        let status = match value.is_success() {
            true => Some(RbacStatus {
                with_ptv: datatype::read_flag(root, ["component", "withPTV"])?,
                in_emergency: datatype::read_flag(root, ["component1", "inEmergency"])?,
            }),
            false => None,
        };
        Ok(Self {
            id: read_id(root)?,
            value,
            status,
        })
    }
}
