//! ebXML Message Service 2.0, as the Spine speaks it (EIS part 2; OASIS ebXML MS 2.0).
//!
//! A business message is a MIME multipart body: a SOAP envelope that says from whom, to whom and
//! under which agreement, then the HL7 message, then attachments. Signals, an [`Acknowledgment`]
//! or a [`MessageError`], are an envelope alone. [`write()`] and the signals' own `write` make the
//! bytes; [`read`] takes either kind.
//!
//! Two sides, two temperaments, as with SOAP. What we write is exactly what the Spine or its
//! published adaptor writes ([`Form`]). What we read may be anything met in the field: LF line
//! ends, any boundary, a preamble, an end that is missing. Whether a message keeps the *rules* of
//! its pattern is a question apart ([`Message::check`]): the Spine asks it of its clients, and
//! answers by the rule's own name ([`Rule`]).
//!
//! Architecture invariant: a part's bytes are borrowed from the message they came in and written
//! as they were given. Nothing here decodes and encodes again, except that [`Part::content`]
//! decodes base64 for whoever asks.
//!
//! Limits: [`MAX_MESSAGE_BYTES`], [`MAX_PARTS`], [`MAX_ATTACHMENT_BYTES`], both ways.

mod envelope;
mod error;
mod header;
mod manifest;
mod message;
mod mime;
mod names;
mod outbound;
mod rules;
mod signal;

pub use envelope::Kind;
pub use error::EbxmlError;
pub use header::{Actor, MessageHeader};
pub use manifest::Reference;
pub use message::{Message, read};
pub use mime::{Part, TransferEncoding};
pub use names::{MESSAGE_SERVICE, content_id, soap_action, split_soap_action};
pub use outbound::{Attachment, External, Form, Outbound, Written, write};
pub use rules::{Broken, Pattern, Rule};
pub use signal::{Acknowledgment, ErrorCode, MessageError, Severity};

/// The largest message, MIME and all: what the Spine takes.
pub const MAX_MESSAGE_BYTES: usize = 5 * 1024 * 1024;

/// The most parts of a message, the envelope and the HL7 message included (EIS 2.5.4.2).
pub const MAX_PARTS: usize = 100;

/// The largest attachment as it is written, base64 and all (EIS 2.5.4.2).
pub const MAX_ATTACHMENT_BYTES: usize = 5_000_000;
