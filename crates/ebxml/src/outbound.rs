//! Writing a business message.

use std::collections::BTreeSet;

use domain::MessageId;
use xml::{Writer, ns};

use crate::header::Order;
use crate::mime::{is_header_value, like_delimiters, write_last, write_part};
use crate::names::{EB, HEADER_ID, HL7EBXML, VERSION, XLINK, XSI_AS_WRITTEN, content_id};
use crate::{
    EbxmlError, MAX_ATTACHMENT_BYTES, MAX_MESSAGE_BYTES, MAX_PARTS, MessageHeader,
    TransferEncoding, soap_action,
};

/// The boundary everybody on this interface uses.
const BOUNDARY: &str = "--=_MIME-Boundary";
/// Where it would stand in a content, one of these with a number between them is used.
const SERIES: &str = "--=_MIME-";
const SERIES_END: &str = "-Boundary";
/// The schema that a client's manifest names for any HL7 message.
const CLIENT_SCHEMA: &str = "http://www.nhsia.nhs.uk/schemas/HL7-Message.xsd";

/// Whose way of writing: what is said is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// As client systems write, after the published adaptor.
    Client,
    /// As the Spine writes its answers, after a published capture.
    Spine,
}

/// A message to write.
#[derive(Clone, Copy)]
pub struct Outbound<'a> {
    /// Who says it to whom.
    pub header: &'a MessageHeader,
    /// Whose way of writing.
    pub form: Form,
    /// The HL7 message, whole; its bytes go out as they are.
    pub payload: &'a [u8],
    /// What goes with it.
    pub attachments: &'a [Attachment<'a>],
    /// What travels apart.
    pub external: &'a [External<'a>],
}

/// A part to go with a message.
#[derive(Clone, Copy)]
pub struct Attachment<'a> {
    /// Its id in this message.
    pub content_id: &'a str,
    /// Its content type.
    pub content_type: &'a str,
    /// How its bytes are written.
    pub encoding: TransferEncoding,
    /// Its bytes, encoded already.
    pub bytes: &'a [u8],
    /// The document's own id.
    pub document_id: Option<&'a str>,
    /// What is said about it.
    pub description: Option<&'a str>,
}

/// Content that travels in a message of its own.
#[derive(Clone, Copy)]
pub struct External<'a> {
    /// The id of that message.
    pub message: &'a MessageId,
    /// The document's own id.
    pub document_id: Option<&'a str>,
    /// What is said about it.
    pub description: Option<&'a str>,
}

/// A message, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The value of the `Content-Type` header.
    pub content_type: String,
    /// The value of the `SOAPAction` header, without quotes, as the Spine and the adaptor send it.
    pub soap_action: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Writes a message. Fails past a limit, or when an attachment's id or type cannot stand in a
/// header line.
pub fn write(message: &Outbound<'_>) -> Result<Written, EbxmlError> {
    check(message)?;
    let envelope = envelope(message);
    let boundary = boundary(message, &envelope);
    let mut body = Vec::with_capacity(envelope.len() + message.payload.len() + 1024);
    let (first, second) = match message.form {
        Form::Client => ("text/xml; charset=UTF-8", "text/xml; charset=UTF-8"),
        Form::Spine => ("text/xml", "application/xml"),
    };
    part(&mut body, &boundary, HEADER_ID, first, "8bit", &envelope);
    let payload_id = content_id(&message.header.message_id);
    part(
        &mut body,
        &boundary,
        &payload_id,
        second,
        "8bit",
        message.payload,
    );
    for attached in message.attachments {
        let Attachment {
            content_id,
            content_type,
            bytes,
            ..
        } = *attached;
        let encoding = attached.encoding.name();
        part(
            &mut body,
            &boundary,
            content_id,
            content_type,
            encoding,
            bytes,
        );
    }
    write_last(&mut body, &boundary);
    if message.form == Form::Client {
        body.extend_from_slice(b"\r\n");
    }
    if body.len() > MAX_MESSAGE_BYTES {
        return Err(EbxmlError::Limit("the message is larger than 5 MiB"));
    }
    Ok(Written {
        content_type: content_type(&boundary, message.form),
        soap_action: soap_action(&message.header.service, &message.header.action),
        body,
    })
}

fn check(message: &Outbound<'_>) -> Result<(), EbxmlError> {
    if message.attachments.len() + 2 > MAX_PARTS {
        return Err(EbxmlError::Limit("more than 100 parts"));
    }
    let too_large = |bytes: &[u8]| bytes.len() > MAX_ATTACHMENT_BYTES;
    if too_large(message.payload) || message.attachments.iter().any(|a| too_large(a.bytes)) {
        return Err(EbxmlError::Limit("a part is larger than 5,000,000 bytes"));
    }
    let writable = |a: &Attachment<'_>| {
        // The id also stands in a URI, as it is.
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~@+=$!*'()&,".contains(&b);
        is_header_value(a.content_id)
            && a.content_id.bytes().all(is_plain)
            && is_header_value(a.content_type)
    };
    match message.attachments.iter().all(writable) {
        true => Ok(()),
        false => Err(EbxmlError::Mime(
            "an attachment's id or type cannot stand in a header",
        )),
    }
}

fn part(
    body: &mut Vec<u8>,
    boundary: &str,
    id: &str,
    content_type: &str,
    encoding: &str,
    content: &[u8],
) {
    let headers = [
        ("Content-Id", &*format!("<{id}>")),
        ("Content-Type", content_type),
        ("Content-Transfer-Encoding", encoding),
    ];
    write_part(body, boundary, &headers, content);
}

/// The usual boundary, or the first of a series that begins no line of any content. One look at
/// the contents, whatever is in them.
fn boundary(message: &Outbound<'_>, envelope: &[u8]) -> String {
    let attached = message.attachments.iter().map(|a| a.bytes);
    let contents = [envelope, message.payload].into_iter().chain(attached);
    let mut usual_is_taken = false;
    let mut taken = BTreeSet::new();
    for line in contents.flat_map(like_delimiters) {
        usual_is_taken |= line.starts_with(BOUNDARY.as_bytes());
        taken.extend(number_of(line));
    }
    if !usual_is_taken {
        return BOUNDARY.to_owned();
    }
    // A message has fewer lines than there are numbers.
    let free = (1..u32::MAX).find(|n| !taken.contains(n));
    let free = free.unwrap_or(u32::MAX);
    format!("{SERIES}{free}{SERIES_END}")
}

/// Which boundary of the series a line begins with.
fn number_of(line: &[u8]) -> Option<u32> {
    let rest = line.strip_prefix(SERIES.as_bytes())?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let (number, rest) = rest.split_at_checked(end)?;
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    rest.starts_with(SERIES_END.as_bytes()).then_some(number)
}

fn content_type(boundary: &str, form: Form) -> String {
    let charset = match form {
        Form::Client => "",
        Form::Spine => "charset=\"UTF-8\"; ",
    };
    format!(
        "multipart/related; boundary=\"{boundary}\"; {charset}type=\"text/xml\"; \
         start=\"<{HEADER_ID}>\""
    )
}

fn envelope(message: &Outbound<'_>) -> Vec<u8> {
    let mut w = Writer::with_capacity(2048);
    match message.form {
        Form::Client => {
            w.declaration();
            let namespaces = [
                ("xmlns:xsi", XSI_AS_WRITTEN),
                ("xmlns:SOAP", ns::SOAP11),
                ("xmlns:eb", EB),
                ("xmlns:hl7ebxml", HL7EBXML),
                ("xmlns:xlink", XLINK),
            ];
            let order = Order::MustUnderstandFirst;
            w.element("SOAP:Envelope", &namespaces, |w| {
                w.element("SOAP:Header", &[], |w| {
                    message.header.write(w, "SOAP", order)
                });
                w.element("SOAP:Body", &[], |w| manifest(w, message));
            });
        }
        Form::Spine => {
            w.written(b"<?xml version='1.0' encoding='UTF-8'?>\n");
            let namespaces = [
                ("xmlns:xsi", XSI_AS_WRITTEN),
                ("xmlns:soap", ns::SOAP11),
                ("xmlns:eb", EB),
                ("xmlns:xlink", XLINK),
            ];
            let order = Order::VersionFirst;
            w.element("soap:Envelope", &namespaces, |w| {
                w.element("soap:Header", &[], |w| {
                    message.header.write(w, "soap", order)
                });
                w.element("soap:Body", &[], |w| manifest(w, message));
            });
            // The Spine leaves an empty line before the next delimiter.
            w.written(b"\r\n");
        }
    }
    w.finish()
}

fn manifest(w: &mut Writer, message: &Outbound<'_>) {
    let attributes = match message.form {
        Form::Client => [("SOAP:mustUnderstand", "1"), ("eb:version", VERSION)],
        Form::Spine => [("xmlns:hl7ebxml", HL7EBXML), ("eb:version", VERSION)],
    };
    w.element("eb:Manifest", &attributes, |w| {
        payload_reference(w, message);
        for a in message.attachments {
            reference(
                w,
                &format!("cid:{}", a.content_id),
                a.document_id,
                a.description,
            );
        }
        for e in message.external {
            let href = format!("mid:{}", content_id(e.message));
            reference(w, &href, e.document_id, e.description);
        }
    });
}

fn payload_reference(w: &mut Writer, message: &Outbound<'_>) {
    let MessageHeader {
        message_id, action, ..
    } = message.header;
    let (location, version, description) = match message.form {
        Form::Client => (CLIENT_SCHEMA.to_owned(), "1.0", "HL7 payload"),
        Form::Spine => {
            let version = action
                .get(action.len().saturating_sub(2)..)
                .unwrap_or_default();
            (
                format!("urn:hl7-org:v3_{action}.xsd"),
                version,
                "The HL7 Payload",
            )
        }
    };
    let href = format!("cid:{}", content_id(message_id));
    w.element("eb:Reference", &[("xlink:href", &href)], |w| {
        let schema = [("eb:location", location.as_str()), ("eb:version", version)];
        w.empty("eb:Schema", &schema);
        w.text_element("eb:Description", &[("xml:lang", "en")], description);
        let payload = [("style", "HL7"), ("encoding", "XML"), ("version", "3.0")];
        w.empty("hl7ebxml:Payload", &payload);
    });
}

fn reference(w: &mut Writer, href: &str, id: Option<&str>, description: Option<&str>) {
    let id = id.map(|id| ("eb:id", id));
    let attributes: Vec<(&str, &str)> = id.into_iter().chain([("xlink:href", href)]).collect();
    w.element("eb:Reference", &attributes, |w| {
        let text = description.unwrap_or_default();
        w.text_element("eb:Description", &[("xml:lang", "en")], text);
    });
}
