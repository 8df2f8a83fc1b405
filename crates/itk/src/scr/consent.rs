//! The consent of a patient to share their record: an extension of our own.
//!
//! The published mini services can ask whether there is consent ([`super::get_scr_status`], which
//! has words for *No* and *Ask* only) and cannot change it. These two operations do what a Spine
//! client does with `GET_RESOURCE_PERMISSIONS` and `SET_RESOURCE_PERMISSIONS`, in the same
//! envelope and with the same response codes as the published six. Their payloads are in the
//! namespace [`super::CONSENT_NS`]; every element and attribute is listed at [`get`] and [`set`],
//! and nothing else is accepted.

pub mod get;
pub mod set;

use domain::{ConsentSetting, NhsNumber};
use xml::{Element, XmlError};

use super::PayloadError;
use crate::{strict, uuid};

/// A setting's word on the wire.
fn word(setting: ConsentSetting) -> &'static str {
    match setting {
        ConsentSetting::Yes => "Yes",
        ConsentSetting::No => "No",
        ConsentSetting::Ask => "Ask",
    }
}

/// Reads a setting from an attribute.
fn setting(element: &Element<'_, '_>, name: &str) -> Result<ConsentSetting, XmlError> {
    match element.required(name)? {
        "Yes" => Ok(ConsentSetting::Yes),
        "No" => Ok(ConsentSetting::No),
        "Ask" => Ok(ConsentSetting::Ask),
        _ => Err(element.error(format!("attribute {name} must be Yes, No or Ask"))),
    }
}

/// `id/@root`: an upper-case UUID.
fn message_id(element: &Element<'_, '_>) -> Result<String, XmlError> {
    strict::empty(element, &["root"])?;
    let root = element.required("root")?;
    match uuid::is_upper(root) {
        true => Ok(root.to_owned()),
        false => Err(element.error("attribute root must be an upper-case UUID")),
    }
}

/// `patient/@extension`: an NHS number. What is no NHS number is an error of content.
fn patient(element: &Element<'_, '_>) -> Result<NhsNumber, PayloadError> {
    let text = element.required("extension")?;
    NhsNumber::parse(text).map_err(|error| PayloadError::Content(format!("patient: {error}")))
}
