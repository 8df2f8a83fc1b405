//! Answers: what the Spine writes, and what a client makes of it.

use domain::{Asid, MessageId};
use jiff::Timestamp;
use xml::{Document, Element, Writer, ns};

use super::{SoapFault, UUID_SCHEME};
use crate::Interaction;
use crate::lenient::{attribute, child, normal};
use crate::wrapper::{
    Acknowledgement, AcknowledgementKind, Outgoing, device, read_acknowledgement,
};

/// What is needed of a request to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTo {
    /// Its `wsa:MessageID`, as written.
    pub message_id: String,
    /// Its `wsa:From/wsa:Address`; may be empty.
    pub from: String,
    /// What it asked.
    pub interaction: Interaction,
    /// Its HL7 id, as written.
    pub hl7_id: String,
    /// Its sender's ASID, whom the answer is for.
    pub sender: Asid,
    /// What goes around the answer.
    pub form: AnswerForm,
}

/// What goes around an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerForm {
    /// A SOAP envelope: the answer goes back on the connection.
    #[default]
    Soap,
    /// Nothing: the interaction element alone, for ebXML.
    Bare,
}

/// What the Spine says in every answer.
#[derive(Debug, Clone, Copy)]
pub struct AnswerParts<'a> {
    /// An upper-case UUID: the id of the SOAP message and of the HL7 message.
    pub id: &'a str,
    /// The creation time.
    pub now: Timestamp,
    /// The service's own URL, for `wsa:From`.
    pub service_url: &'a str,
    /// The Spine's ASID.
    pub asid: &'a Asid,
    /// The request.
    pub reply_to: &'a ReplyTo,
}

impl<'a> AnswerParts<'a> {
    pub(crate) fn outgoing(&self) -> Outgoing<'a> {
        Outgoing {
            id: self.id,
            now: self.now,
            receiver: &self.reply_to.sender,
            sender: self.asid,
        }
    }

    pub(crate) fn acknowledgement(&self, kind: AcknowledgementKind) -> Acknowledgement {
        Acknowledgement {
            kind,
            refers_to: self.reply_to.hl7_id.clone(),
        }
    }
}

/// Writes an answer: the SOAP header, the wrapper of the request it answers, and in it the
/// message that `body` writes. `size` is what the body is expected to add, in bytes.
pub fn write_response(
    parts: &AnswerParts<'_>,
    interaction: Interaction,
    size: usize,
    body: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    write_sized(parts, interaction, size, Wrapping::OfRequest, body)
}

/// What stands between the SOAP body and the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// [`Interaction::answer_wrapper`] of the request.
    OfRequest,
    /// Nothing.
    None,
}

/// [`write_response`] of a short answer, whose wrapper may be left out.
pub(crate) fn write_wrapped(
    parts: &AnswerParts<'_>,
    interaction: Interaction,
    wrapping: Wrapping,
    body: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    write_sized(parts, interaction, 0, wrapping, body)
}

fn write_sized(
    parts: &AnswerParts<'_>,
    interaction: Interaction,
    size: usize,
    wrapping: Wrapping,
    body: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let mut w = Writer::with_capacity(size + 4096);
    w.declaration();
    if parts.reply_to.form == AnswerForm::Bare {
        body(&mut w);
        return w.finish();
    }
    let namespaces = [
        ("xmlns:SOAP-ENV", ns::SOAP11),
        ("xmlns:wsa", ns::WSA_2004),
        ("xmlns", ns::HL7),
        ("xmlns:hl7", ns::HL7),
        ("xmlns:crs", ns::CRS),
    ];
    w.element("SOAP-ENV:Envelope", &namespaces, |w| {
        w.element("SOAP-ENV:Header", &[], |w| header(w, parts, interaction));
        w.element("SOAP-ENV:Body", &[], |w| match wrapping {
            Wrapping::OfRequest => {
                w.element(parts.reply_to.interaction.answer_wrapper(), &[], body);
            }
            Wrapping::None => body(w),
        });
    });
    w.finish()
}

fn header(w: &mut Writer, parts: &AnswerParts<'_>, interaction: Interaction) {
    let service = parts.reply_to.interaction.service();
    w.text_element("wsa:MessageID", &[], &format!("{UUID_SCHEME}{}", parts.id));
    w.text_element("wsa:Action", &[], &interaction.action_of(service));
    w.text_element("wsa:To", &[], &parts.reply_to.from);
    w.element("wsa:From", &[], |w| {
        w.text_element("wsa:Address", &[], parts.service_url)
    });
    w.element("communicationFunctionRcv", &[("typeCode", "RCV")], |w| {
        device(w, &parts.reply_to.sender);
    });
    w.element("communicationFunctionSnd", &[("typeCode", "SND")], |w| {
        device(w, parts.asid)
    });
    w.text_element("wsa:RelatesTo", &[], &parts.reply_to.message_id);
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub enum SpineAnswer<'d, 'i> {
    /// A message.
    Message(AnswerMessage<'d, 'i>),
    /// A SOAP fault.
    Fault(SoapFault),
}

/// A message that answers a request.
#[derive(Debug, Clone)]
pub struct AnswerMessage<'d, 'i> {
    /// Which.
    pub interaction: Interaction,
    /// Its element.
    pub element: Element<'d, 'i>,
    /// Its HL7 id.
    pub id: Option<MessageId>,
    /// How it took the request.
    pub acknowledgement: Option<Acknowledgement>,
    /// `wsa:RelatesTo`: the id of the SOAP message it answers.
    pub relates_to: Option<String>,
}

/// Why an answer makes no sense to us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It holds neither a SOAP fault nor an interaction that answers anything we ask.
    #[error("the answer holds no interaction known here")]
    NoInteraction,
    /// It is the answer to something else.
    #[error("the answer is {0}, which does not answer this request")]
    Unexpected(&'static str),
    /// Its content is not as it must be.
    #[error(transparent)]
    Content(#[from] xml::XmlError),
}

/// Reads an answer, of a SOAP message or bare: the interaction is found by its local name at any
/// depth in the Body, because wrappers vary.
pub fn read_response<'d, 'i>(doc: &'d Document<'i>) -> Result<SpineAnswer<'d, 'i>, AnswerError> {
    if let Some(fault) = SoapFault::read(doc) {
        return Ok(SpineAnswer::Fault(fault));
    }
    let body = child(doc.root(), "Body").unwrap_or_else(|| doc.root());
    let answering = |element: Element<'d, 'i>| {
        let interaction = Interaction::of(element.name())?;
        (!interaction.is_request()).then_some((interaction, element))
    };
    let (interaction, element) = body
        .descendants()
        .find_map(answering)
        .ok_or(AnswerError::NoInteraction)?;
    let relates_to = child(doc.root(), "Header")
        .and_then(|header| child(header, "RelatesTo"))
        .map(|relates_to| normal(&relates_to.text()));
    Ok(SpineAnswer::Message(AnswerMessage {
        interaction,
        element,
        id: attribute(element, &["id"], "root").and_then(|id| MessageId::parse(id).ok()),
        acknowledgement: read_acknowledgement(element),
        relates_to,
    }))
}
