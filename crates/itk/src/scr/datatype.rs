//! The HL7 V3 data types of the SCR payloads, as the published XSDs restrict them.
//!
//! Every element may carry `nullFlavor` and `updateMode`, unless its type prohibits them; fixed
//! attributes (`classCode`, `moodCode`, …) are prohibited on the wire.

use domain::NhsNumber;
use xml::{Element, Writer, XmlError, ns};

use super::PayloadError;
use crate::{strict, uuid};

const NULL_FLAVORS: [&str; 12] = [
    "NI", "OTH", "NINF", "PINF", "UNK", "ASKU", "NAV", "NASK", "TRC", "MSK", "NA", "NP",
];
const UPDATE_MODES: [&str; 4] = ["added", "altered", "removed", "unchanged"];

/// The infrastructure attributes and these others, nothing else.
pub(crate) fn attributes(element: &Element<'_, '_>, others: &[&str]) -> Result<(), XmlError> {
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
pub(crate) fn structure<'d, 'i>(
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
    match is_nil(&element)? {
        true => Ok(None),
        false => only_value(element).map(Some),
    }
}

/// As [`structure`], of an element that may say `xsi:nil`: then there is none.
pub(super) fn nillable<'d, 'i>(
    element: Element<'d, 'i>,
) -> Result<Option<strict::Sequence<'d, 'i>>, XmlError> {
    match is_nil(&element)? {
        true => Ok(None),
        false => strict::children(element, ns::HL7).map(Some),
    }
}

fn is_nil(element: &Element<'_, '_>) -> Result<bool, XmlError> {
    attributes_beyond(element, &[], "nil")?;
    match element.attribute_ns(ns::XSI, "nil").map(str::trim) {
        Some("true" | "1") => {
            strict::no_text(element)?;
            strict::no_children(element)?;
            Ok(true)
        }
        None | Some("false" | "0") => Ok(false),
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

/// II.NHS.SCRPatient.identifier: `extension` and nothing else. `name` is how errors call it.
pub(super) fn nhs_number(element: &Element<'_, '_>, name: &str) -> Result<NhsNumber, PayloadError> {
    strict::empty(element, &["extension"])?;
    let text = element.required("extension")?;
    NhsNumber::parse(text).map_err(|error| PayloadError::Content(format!("{name}: {error}")))
}

/// II without restrictions.
#[derive(Debug)]
pub(super) struct Identifier<'d> {
    /// In which system of identifiers.
    pub(super) root: Option<&'d str>,
    extension: Option<&'d str>,
    is_null: bool,
}

impl<'d> Identifier<'d> {
    pub(super) fn read(element: &Element<'d, '_>) -> Result<Self, XmlError> {
        attributes(
            element,
            &["root", "extension", "assigningAuthorityName", "displayable"],
        )?;
        strict::no_text(element)?;
        strict::no_children(element)?;
        not_empty(element, "extension")?;
        not_empty(element, "assigningAuthorityName")?;
        let displayable = element.attribute("displayable").map(str::trim);
        if !matches!(displayable, None | Some("true" | "false")) {
            return Err(element.error("attribute displayable must be true or false"));
        }
        let root = element.attribute("root");
        if root.is_some_and(|root| !is_uid(root)) {
            return Err(element.error("attribute root must be an OID or a UUID"));
        }
        Ok(Self {
            root,
            extension: element.attribute("extension"),
            is_null: element.attribute("nullFlavor").is_some(),
        })
    }

    /// The identifier itself. `name` is how errors call it.
    pub(super) fn extension(&self, name: &str) -> Result<&'d str, PayloadError> {
        match self.extension {
            Some(extension) if !self.is_null => Ok(extension),
            _ => Err(PayloadError::Content(format!("{name} has no value"))),
        }
    }

    /// As [`Identifier::extension`], of an identifier that names this system or none.
    pub(super) fn in_system(&self, root: &str, name: &str) -> Result<&'d str, PayloadError> {
        match self.root {
            Some(other) if other != root => Err(PayloadError::Content(format!(
                "{name} must have the root {root}"
            ))),
            _ => self.extension(name),
        }
    }
}

/// The data type `st` has at least one character.
fn not_empty(element: &Element<'_, '_>, name: &str) -> Result<(), XmlError> {
    match element.attribute(name) {
        Some("") => Err(element.error(format!("attribute {name} is empty"))),
        _ => Ok(()),
    }
}

/// The data type `uid`: an OID, a UUID (whose published pattern allows all letters), or a
/// reserved name.
fn is_uid(text: &str) -> bool {
    let is_number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits && (part == "0" || !part.starts_with('0'))
    };
    let mut parts = text.split('.');
    let is_oid = matches!(parts.next(), Some("0" | "1" | "2")) && parts.all(is_number);
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_uuid = is_plain && groups == [8, 4, 4, 4, 12];
    let is_reserved = is_plain && text.starts_with(|c: char| c.is_ascii_alphabetic());
    is_oid || is_uuid || is_reserved
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

/// Writes a flag: `<name><value value="true"/></name>`.
pub(super) fn write_flag(w: &mut Writer, name: &str, value: bool) {
    w.element(name, &[], |w| {
        w.empty("value", &[("value", if value { "true" } else { "false" })]);
    });
}

/// Reads a flag of an answer, at a path below its root.
pub(super) fn read_flag(root: &Element<'_, '_>, path: [&str; 2]) -> Result<bool, XmlError> {
    let flag = path
        .into_iter()
        .try_fold(*root, |element, name| element.one(ns::HL7, name))?;
    let value = flag.one(ns::HL7, "value")?;
    match value.required("value")?.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(value.error("attribute value must be true or false")),
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
