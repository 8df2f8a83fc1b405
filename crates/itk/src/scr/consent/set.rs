//! setSCRConsent: set a patient's consent.
//!
//! ```xml
//! <SetSCRConsentRequest xmlns="urn:minispine:scr-consent:v1">
//!   <id root="UUID"/><patient extension="NHS number"/><consent setting="No"/>
//! </SetSCRConsentRequest>
//!
//! <SetSCRConsentResponse xmlns="urn:minispine:scr-consent:v1">
//!   <id root="UUID"/><value code="SMSP-0000" codeSystem="…" displayName="Success"/>
//! </SetSCRConsentResponse>
//! ```
//!
//! The setting is `Yes`, `No`, or `Ask`, which takes back what was set before. It goes for viewing
//! and storing alike, because the Spine changes the two together.

use domain::{ConsentSetting, NhsNumber};
use xml::{Element, Writer, XmlError};

use super::super::{CONSENT_NS, Operation, PayloadError, ResponseValue, read_id};
use super::{message_id, patient, setting, word};
use crate::strict;

/// `SetSCRConsentRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
    /// Whose consent.
    pub patient: NhsNumber,
    /// What it is to be.
    pub setting: ConsentSetting,
}

/// `SetSCRConsentResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
}

impl Request {
    /// Reads the payload's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = strict::sequence(*root, CONSENT_NS, &[])?;
        let id = message_id(&parts.required("id")?)?;
        let who = parts.required("patient")?;
        strict::empty(&who, &["extension"])?;
        let consent = parts.required("consent")?;
        strict::empty(&consent, &["setting"])?;
        parts.end()?;
        // The last rule of schema before the first of content.
        who.required("extension")?;
        let setting = setting(&consent, "setting")?;
        Ok(Self {
            id,
            patient: patient(&who)?,
            setting,
        })
    }

    /// Writes the payload.
    pub fn write(&self, w: &mut Writer) {
        let root = Operation::SetScrConsent.request_root();
        w.element(root, &[("xmlns", CONSENT_NS)], |w| {
            w.empty("id", &[("root", &self.id)]);
            w.empty("patient", &[("extension", self.patient.as_str())]);
            w.empty("consent", &[("setting", word(self.setting))]);
        });
    }
}

/// Writes an answer.
pub fn write_response(w: &mut Writer, id: &str, (code, display): (&str, &str)) {
    let root = Operation::SetScrConsent.response_root();
    w.element(root, &[("xmlns", CONSENT_NS)], |w| {
        w.empty("id", &[("root", id)]);
        ResponseValue::write(w, code, display);
    });
}

impl Response {
    /// Reads an answer's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        Ok(Self {
            id: read_id(root)?,
            value: ResponseValue::read(root)?,
        })
    }
}
