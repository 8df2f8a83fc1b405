//! The SOAP envelope of a message, read.

use jiff::Timestamp;
use xml::{Document, Element, Limits, XmlError, ns};

use crate::manifest::Reference;
use crate::names::EB;
use crate::rules::Marks;
use crate::signal::{Acknowledgment, MessageError, Severity};
use crate::{EbxmlError, MessageHeader, header};

/// An envelope of 98 attachments is a tenth of this.
const LIMITS: Limits = Limits {
    bytes: 1 << 20,
    depth: 20,
    elements: 10_000,
    text: 64 << 10,
    ..Limits::MESSAGE
};

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A message of the business above.
    Business,
    /// An acknowledgment.
    Acknowledgment(Acknowledgment),
    /// Something is wrong with an earlier message.
    Errors(Vec<MessageError>),
}

/// An envelope.
pub(crate) struct Envelope {
    pub(crate) header: MessageHeader,
    pub(crate) time_to_live: Option<Timestamp>,
    pub(crate) kind: Kind,
    pub(crate) references: Vec<Reference>,
    pub(crate) marks: Marks,
}

impl Envelope {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, EbxmlError> {
        let document = Document::parse_within(bytes.trim_ascii_start(), &LIMITS)?;
        Ok(Self::of(document.root())?)
    }

    fn of(envelope: Element<'_, '_>) -> Result<Self, XmlError> {
        if !envelope.is(ns::SOAP11, "Envelope") {
            return Err(envelope.error("the root is not a SOAP 1.1 Envelope"));
        }
        let header = envelope.one(ns::SOAP11, "Header")?;
        let body = envelope.one(ns::SOAP11, "Body")?;
        let manifest = body.optional(EB, "Manifest")?;
        let references = manifest.into_iter().flat_map(|m| m.children());
        let references: Vec<_> = references
            .filter(|child| child.is(EB, "Reference"))
            .map(Reference::read)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            header: MessageHeader::read(header)?,
            time_to_live: header::time_to_live(header)?,
            kind: kind(header, body)?,
            marks: Marks::read(header, manifest),
            references,
        })
    }
}

/// By what the header holds. An error undoes an acknowledgment beside it, a warning does not.
fn kind(header: Element<'_, '_>, body: Element<'_, '_>) -> Result<Kind, XmlError> {
    // The standard has the list in the header; in the body it is met as well.
    let list = header.optional(EB, "ErrorList")?;
    let errors = list
        .or_else(|| body.child(EB, "ErrorList"))
        .map(MessageError::read);
    let acknowledgment = header.optional(EB, "Acknowledgment")?;
    let is_bad = |error: &MessageError| error.severity == Severity::Error;
    match (acknowledgment, errors) {
        (Some(element), None) => Ok(Kind::Acknowledgment(Acknowledgment::read(element)?)),
        (Some(element), Some(errors)) if !errors.iter().any(is_bad) => {
            Ok(Kind::Acknowledgment(Acknowledgment::read(element)?))
        }
        (_, Some(errors)) => Ok(Kind::Errors(errors)),
        (None, None) => Ok(Kind::Business),
    }
}
