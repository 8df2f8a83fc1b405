//! The HL7 V3 data types of the SCR payloads, as the published XSDs restrict them.
//!
//! Every element may carry `nullFlavor` and `updateMode`, unless its type prohibits them; fixed
//! attributes (`classCode`, `moodCode`, …) are prohibited on the wire.

use domain::NhsNumber;
use xml::{Element, XmlError, ns};

use super::PayloadError;
use crate::{strict, uuid};

const NULL_FLAVORS: [&str; 12] = [
    "NI", "OTH", "NINF", "PINF", "UNK", "ASKU", "NAV", "NASK", "TRC", "MSK", "NA", "NP",
];
const UPDATE_MODES: [&str; 4] = ["added", "altered", "removed", "unchanged"];

/// The infrastructure attributes and these others, nothing else.
pub(super) fn attributes(element: &Element<'_, '_>, others: &[&str]) -> Result<(), XmlError> {
    attributes_beyond(element, others, "")
}

/// As [`attributes`], but with one attribute of XML Schema instance besides.
fn attributes_beyond(
    element: &Element<'_, '_>,
    others: &[&str],
    xsi: &str,
) -> Result<(), XmlError> {
    for (namespace, name, value) in element.attributes() {
        let fine = match (namespace, name) {
            (ns::XSI, name) => name == xsi,
            ("", "nullFlavor") => NULL_FLAVORS.contains(&value.trim()),
            ("", "updateMode") => UPDATE_MODES.contains(&value.trim()),
            ("", name) => others.contains(&name),
            _ => false,
        };
        if !fine {
            return Err(element.error(format!("attribute {name} is not allowed here")));
        }
    }
    Ok(())
}

/// A structural element: infrastructure attributes, and children to be taken in order.
pub(super) fn structure<'d, 'i>(
    element: Element<'d, 'i>,
) -> Result<strict::Sequence<'d, 'i>, XmlError> {
    attributes(&element, &[])?;
    strict::children(element, ns::HL7)
}

/// A structural element with `value` as its only child.
pub(super) fn value<'d, 'i>(element: Element<'d, 'i>) -> Result<Element<'d, 'i>, XmlError> {
    attributes(&element, &[])?;
    only_value(element)
}

/// As [`value`], of an element that may say `xsi:nil`: then there is none.
pub(super) fn nillable_value<'d, 'i>(
    element: Element<'d, 'i>,
) -> Result<Option<Element<'d, 'i>>, XmlError> {
    attributes_beyond(&element, &[], "nil")?;
    match element.attribute_ns(ns::XSI, "nil").map(str::trim) {
        Some("true" | "1") => {
            strict::no_text(&element)?;
            strict::no_children(&element)?;
            Ok(None)
        }
        None | Some("false" | "0") => only_value(element).map(Some),
        Some(_) => Err(element.error("attribute nil must be true or false")),
    }
}

fn only_value<'d, 'i>(element: Element<'d, 'i>) -> Result<Element<'d, 'i>, XmlError> {
    let mut parts = strict::children(element, ns::HL7)?;
    let value = parts.required("value")?;
    parts.end()?;
    Ok(value)
}

/// II.NPfIT.uuid.mandatory: an upper-case UUID in `root`.
pub(super) fn message_id(element: &Element<'_, '_>) -> Result<String, XmlError> {
    strict::empty(element, &["root"])?;
    let root = element.required("root")?;
    if !uuid::is_upper(root) {
        return Err(element.error("attribute root must be an upper-case UUID"));
    }
    Ok(root.to_owned())
}

/// II.NHS.SCRPatient.identifier: `extension` and nothing else.
pub(super) fn nhs_number(element: &Element<'_, '_>) -> Result<NhsNumber, PayloadError> {
    strict::empty(element, &["extension"])?;
    let text = element.required("extension")?;
    NhsNumber::parse(text)
        .map_err(|error| PayloadError::Content(format!("person.NHSNumber: {error}")))
}

/// BL. The XSD lets `value` be left out, but then there is nothing to act on.
pub(super) fn boolean(element: &Element<'_, '_>, name: &str) -> Result<bool, PayloadError> {
    attributes(element, &["value"])?;
    strict::no_text(element)?;
    strict::no_children(element)?;
    match element.attribute("value").map(str::trim) {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(element
            .error("attribute value must be true or false")
            .into()),
        None => Err(PayloadError::Content(format!("{name} has no value"))),
    }
}

/// ST: text.
pub(super) fn text(element: &Element<'_, '_>) -> Result<String, XmlError> {
    attributes(element, &["representation", "mediaType", "language"])?;
    strict::no_children(element)?;
    for (name, fixed) in [("representation", "TXT"), ("mediaType", "text/plain")] {
        if element
            .attribute(name)
            .is_some_and(|value| value.trim() != fixed)
        {
            return Err(element.error(format!("attribute {name} must be {fixed}")));
        }
    }
    if element
        .attribute("language")
        .is_some_and(|language| !is_token(language))
    {
        return Err(element.error("attribute language must be one word"));
    }
    Ok(element.text().into_owned())
}

pub(super) fn is_token(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains(char::is_whitespace)
}
