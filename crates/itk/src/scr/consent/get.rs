//! getSCRConsent: both settings of a patient's consent.
//!
//! ```xml
//! <GetSCRConsentRequest xmlns="urn:minispine:scr-consent:v1">
//!   <id root="UUID"/><patient extension="NHS number"/>
//! </GetSCRConsentRequest>
//!
//! <GetSCRConsentResponse xmlns="urn:minispine:scr-consent:v1">
//!   <id root="UUID"/><value code="SMSP-0000" codeSystem="…" displayName="Success"/>
//!   <consent view="Ask" store="Ask"/>
//! </GetSCRConsentResponse>
//! ```
//!
//! `consent` is there exactly when the code is SMSP-0000.

use domain::{Consent, NhsNumber};
use xml::{Element, Writer, XmlError};

use super::super::{CONSENT_NS, Operation, PayloadError, ResponseValue, read_id};
use super::{message_id, patient, setting, word};
use crate::strict;

/// `GetSCRConsentRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
    /// Whose consent.
    pub patient: NhsNumber,
}

/// `GetSCRConsentResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
    /// Given with SMSP-0000 only.
    pub consent: Option<Consent>,
}

impl Request {
    /// Reads the payload's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = strict::sequence(*root, CONSENT_NS, &[])?;
        let id = message_id(&parts.required("id")?)?;
        let who = parts.required("patient")?;
        strict::empty(&who, &["extension"])?;
        parts.end()?;
        Ok(Self {
            id,
            patient: patient(&who)?,
        })
    }

    /// Writes the payload.
    pub fn write(&self, w: &mut Writer) {
        let root = Operation::GetScrConsent.request_root();
        w.element(root, &[("xmlns", CONSENT_NS)], |w| {
            w.empty("id", &[("root", &self.id)]);
            w.empty("patient", &[("extension", self.patient.as_str())]);
        });
    }
}

/// Writes an answer: `consent` exactly when the code is SMSP-0000.
pub fn write_response(
    w: &mut Writer,
    id: &str,
    (code, display): (&str, &str),
    consent: Option<Consent>,
) {
    let root = Operation::GetScrConsent.response_root();
    w.element(root, &[("xmlns", CONSENT_NS)], |w| {
        w.empty("id", &[("root", id)]);
        ResponseValue::write(w, code, display);
        if let Some(consent) = consent {
            let settings = [("view", word(consent.view)), ("store", word(consent.store))];
            w.empty("consent", &settings);
        }
    });
}

impl Response {
    /// Reads an answer's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        let value = ResponseValue::read(root)?;
        let consent = match value.is_success() {
            true => {
                let element = root.one(CONSENT_NS, "consent")?;
                Some(Consent {
                    view: setting(&element, "view")?,
                    store: setting(&element, "store")?,
                })
            }
            false => None,
        };
        Ok(Self {
            id: read_id(root)?,
            value,
            consent,
        })
    }
}
