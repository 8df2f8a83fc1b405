//! Reading a message of either kind.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::envelope::{Envelope, Kind};
use crate::mime::{self, Part};
use crate::rules::{Broken, Marks, Pattern};
use crate::{EbxmlError, MAX_MESSAGE_BYTES, MessageHeader, Reference};

/// A message, read.
#[derive(Debug)]
pub struct Message<'a> {
    /// Who says it to whom.
    pub header: MessageHeader,
    /// After this instant it is not to be taken any more (`eb:TimeToLive`); few senders say.
    pub time_to_live: Option<Timestamp>,
    /// What it is.
    pub kind: Kind,
    /// What its manifest lists, the HL7 message first.
    pub references: Vec<Reference>,
    /// The HL7 message; `None` in signals, and in business messages without one.
    pub payload: Option<Part<'a>>,
    /// The parts after it.
    pub attachments: Vec<Part<'a>>,
    marks: Marks,
}

/// Reads a message from the value of its `Content-Type` header and its body.
///
/// `text/xml` is an envelope alone. In `multipart/related` the first part is the envelope and the
/// HL7 message is the part that the manifest names first, or the second part; parameters other
/// than the boundary are not looked at. Of a business message with a manifest, that part must be
/// there and be XML.
pub fn read<'a>(content_type: &str, body: &'a [u8]) -> Result<Message<'a>, EbxmlError> {
    if body.len() > MAX_MESSAGE_BYTES {
        return Err(EbxmlError::Limit("the message is larger than 5 MiB"));
    }
    match mime::media_type(content_type).as_str() {
        "text/xml" | "application/xml" => Message::of(Envelope::read(body)?, Vec::new()),
        "multipart/related" => {
            let boundary =
                mime::parameter(content_type, "boundary").ok_or(EbxmlError::ContentType)?;
            let mut parts = mime::split(body, &boundary)?.into_iter();
            // There is at least one part.
            let first = parts.next().ok_or(EbxmlError::ContentType)?;
            let envelope = Envelope::read(&first.content()?)?;
            Message::of(envelope, parts.collect())
        }
        _ => Err(EbxmlError::ContentType),
    }
}

impl<'a> Message<'a> {
    fn of(envelope: Envelope, mut parts: Vec<Part<'a>>) -> Result<Self, EbxmlError> {
        ids_are_unlike(&parts)?;
        let named = envelope.references.first().and_then(Reference::content_id);
        let at = parts
            .iter()
            .position(|part| part.content_id.is_some() && part.content_id == named)
            .unwrap_or(0);
        let payload = (at < parts.len()).then(|| parts.remove(at));
        let message = Self {
            header: envelope.header,
            time_to_live: envelope.time_to_live,
            kind: envelope.kind,
            references: envelope.references,
            payload,
            attachments: parts,
            marks: envelope.marks,
        };
        message.is_as_promised()?;
        Ok(message)
    }

    fn is_as_promised(&self) -> Result<(), EbxmlError> {
        if self.kind != Kind::Business {
            return Ok(());
        }
        match &self.payload {
            None if self.references.is_empty() => Ok(()),
            None => Err(EbxmlError::Manifest("the HL7 message is missing")),
            Some(part) if !part.is_xml() => Err(EbxmlError::Manifest(
                "the content type of the HL7 message is not XML",
            )),
            Some(_) => Ok(()),
        }
    }

    /// The bytes of the HL7 message.
    pub fn payload_bytes(&self) -> Result<Cow<'_, [u8]>, EbxmlError> {
        let missing = EbxmlError::Manifest("the HL7 message is missing");
        self.payload.as_ref().ok_or(missing)?.content()
    }

    /// What the manifest says of a part.
    pub fn reference(&self, part: &Part<'_>) -> Option<&Reference> {
        let id = part.content_id.as_deref()?;
        self.references
            .iter()
            .find(|reference| reference.content_id().as_deref() == Some(id))
    }

    /// What the manifest lists that travels apart, in messages of its own.
    pub fn external(&self) -> impl Iterator<Item = &Reference> {
        self.references
            .iter()
            .filter(|reference| reference.message_id().is_some())
    }

    /// Whether it keeps the rules of a pattern, as the Spine checks them: the first that it
    /// breaks.
    pub fn check(&self, pattern: Pattern) -> Result<(), Broken> {
        pattern.check(&self.marks, &self.references, self.attachments.len())
    }
}

/// With one id for two parts, two readers may read two different messages.
fn ids_are_unlike(parts: &[Part<'_>]) -> Result<(), EbxmlError> {
    let mut ids: Vec<_> = parts.iter().filter_map(|p| p.content_id.as_ref()).collect();
    ids.sort_unstable();
    match ids.windows(2).any(|two| two.first() == two.last()) {
        true => Err(EbxmlError::Manifest("two parts have the same id")),
        false => Ok(()),
    }
}
