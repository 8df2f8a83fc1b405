//! The SCR mini services: the operations, and the payloads of each.
//!
//! Six operations are published (SCR Mini Service, Domain Message Specification 1.0 RC2); their
//! payloads are in the namespace of HL7 V3. Two more are ours, for what the published ones cannot
//! say: [`consent`].

pub mod consent;
mod content;
pub mod create_ptv;
pub(crate) mod datatype;
pub mod get_rbac_status;
pub mod get_scr_status;
mod interval;
mod operation;
pub mod query_ptv;
pub mod query_scr;
pub mod query_scr_activity;
pub mod report;

use xml::{Element, XmlError};

pub use interval::Interval;
pub use operation::Operation;

/// The namespace of the payloads of our own extension.
pub const CONSENT_NS: &str = "urn:minispine:scr-consent:v1";

/// Why a payload cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Its schema forbids it: SOAP fault 1000.
    #[error(transparent)]
    Schema(#[from] XmlError),
    /// The schema allows it, but it makes no proper request: response code SMSP-0001. The text
    /// says which rule was broken and never repeats a value.
    #[error("{0}")]
    Content(String),
}

/// `value` of every answer: the response code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseValue {
    /// `SMSP-0000`
    pub code: String,
    /// `Success`. Two published code sets give one code different meanings, so a client must
    /// look at both.
    pub display: String,
}

impl ResponseValue {
    /// Whether it is SMSP-0000.
    pub fn is_success(&self) -> bool {
        self.code == "SMSP-0000"
    }

    /// Reads the `value` child of an answer's root; it is in the root's namespace.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        let value = root.one(root.namespace(), "value")?;
        let code = value.required("code")?.trim().to_owned();
        let display = value
            .attribute("displayName")
            .unwrap_or_default()
            .trim()
            .to_owned();
        Ok(Self { code, display })
    }

    fn write(w: &mut xml::Writer, code: &str, display: &str) {
        let system = domain::oid::SCR_MINI_SERVICE_RESPONSE;
        w.empty(
            "value",
            &[
                ("code", code),
                ("codeSystem", system),
                ("displayName", display),
            ],
        );
    }
}

/// `id/@root` of an answer's root.
fn read_id(root: &Element<'_, '_>) -> Result<String, XmlError> {
    let id = root.one(root.namespace(), "id")?;
    Ok(id.required("root")?.to_owned())
}
