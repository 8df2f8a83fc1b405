//! Understanding an answer: what it says, and which rules it breaks in saying so.

mod addressing;
mod content;
mod envelope;
mod fault;
mod payload;
mod show;

use domain::NhsNumber;
use itk::Operation;
use itk::fault::{ErrorCode, FaultKind};
use xml::{Document, Element, ns};

use crate::message::Message;
use crate::wire::Reply;

pub(crate) use content::Content;
pub(crate) use show::mask;

/// An answer, understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) got: Got,
    /// Rules it breaks, whatever it says.
    pub(crate) defects: Vec<String>,
    /// What is not wrong and worth knowing.
    pub(crate) remarks: Vec<String>,
    /// The answer as a report may show it.
    pub(crate) shown: String,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Got {
    /// A SOAP fault.
    Fault {
        status: u16,
        kind: FaultKind,
        code: Option<ErrorCode>,
        diagnostic: String,
    },
    /// An answer with a response code.
    Answer {
        operation: Operation,
        code: String,
        display: String,
        content: Content,
    },
    /// An HTTP answer that is no SOAP message.
    Http { status: u16, is_wsdl: bool },
    /// A SOAP message that makes no sense.
    Senseless(String),
    /// TLS refused.
    Tls(String),
    /// The connection ended without an answer.
    Closed(String),
    /// No answer in time, none that can be taken, or no connection.
    Nothing(String),
}

/// What is noticed while reading.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) defects: Vec<String>,
    pub(crate) remarks: Vec<String>,
}

impl Notes {
    /// A rule that is broken, with where it stands.
    pub(crate) fn defect(&mut self, rule: &str, what: impl Into<String>) {
        self.defects.push(format!("{} ({rule})", what.into()));
    }

    pub(crate) fn remark(&mut self, what: impl Into<String>) {
        self.remarks.push(what.into());
    }
}

/// Whom and what an answer is held against.
pub(crate) struct Against<'a> {
    pub(crate) sent: &'a Message,
    /// Ids that answers of this run have used.
    pub(crate) used: &'a mut Vec<String>,
    pub(crate) filter_user: Option<&'a str>,
}

/// Understands a reply.
pub(crate) fn hear(reply: Reply, against: &mut Against<'_>) -> Heard {
    let mut notes = Notes::default();
    let (got, shown) = match reply {
        Reply::Http {
            status,
            content_type,
            body,
        } => {
            let got = http(status, &content_type, &body, against, &mut notes);
            (got, show::show(status, &content_type, &body))
        }
        Reply::Tls(why) => (Got::Tls(why), String::new()),
        Reply::Closed(why) => (Got::Closed(why), String::new()),
        Reply::Late(why) | Reply::Unreachable(why) | Reply::TooLarge(why) => {
            (Got::Nothing(why), String::new())
        }
    };
    Heard {
        got,
        defects: notes.defects,
        remarks: notes.remarks,
        shown,
    }
}

fn http(
    status: u16,
    content_type: &str,
    body: &[u8],
    against: &mut Against<'_>,
    notes: &mut Notes,
) -> Got {
    let document = match Document::parse_answer(body) {
        Ok(document) => document,
        Err(error) if body.trim_ascii_start().starts_with(b"<") && status != 404 => {
            let is_message = body.windows(8).any(|bytes| bytes == b"Envelope");
            return match is_message {
                true => Got::Senseless(format!("not well-formed: {error}")),
                false => Got::Http {
                    status,
                    is_wsdl: false,
                },
            };
        }
        Err(_) => {
            return Got::Http {
                status,
                is_wsdl: false,
            };
        }
    };
    let root = document.root();
    if root.name() != "Envelope" {
        let is_wsdl = root.is("http://schemas.xmlsoap.org/wsdl/", "definitions");
        return Got::Http { status, is_wsdl };
    }
    soap(root, status, content_type, against, notes)
}

fn soap(
    root: Element<'_, '_>,
    status: u16,
    content_type: &str,
    against: &mut Against<'_>,
    notes: &mut Notes,
) -> Got {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("text/xml") {
        let given = if media_type.is_empty() {
            "none"
        } else {
            media_type
        };
        notes.defect(
            "SOAP 1.1 §6",
            format!("the Content-Type must be text/xml, and is {given}"),
        );
    }
    if root.namespace() != ns::SOAP11 {
        return Got::Senseless("the Envelope is not SOAP 1.1".to_owned());
    }
    let header = root.child(ns::SOAP11, "Header");
    let Some(body) = root.child(ns::SOAP11, "Body") else {
        return Got::Senseless("the Envelope has no Body".to_owned());
    };
    let fault = itk::fault::read(&body);
    addressing::check(header, fault.is_some(), against, notes);
    match fault {
        Some(read) => {
            fault::check(&body, &read, status, notes);
            Got::Fault {
                status,
                kind: read.kind,
                code: read.code,
                diagnostic: read.diagnostic,
            }
        }
        None => {
            if status != 200 {
                notes.defect(
                    "ITK Web Services Transport",
                    format!("an answer has HTTP status 200, and this has {status}"),
                );
            }
            answer(&body, against, notes)
        }
    }
}

fn answer(body: &Element<'_, '_>, against: &mut Against<'_>, notes: &mut Notes) -> Got {
    let envelope = match body.one(ns::ITK, "DistributionEnvelope") {
        Ok(envelope) => envelope,
        Err(error) => return Got::Senseless(error.to_string()),
    };
    let Some(payload) = envelope::check(&envelope, against, notes) else {
        return Got::Senseless("the DistributionEnvelope has no single payload".to_owned());
    };
    let operation = Operation::all()
        .find(|operation| payload.is(operation.namespace(), operation.response_root()));
    let Some(operation) = operation else {
        return Got::Senseless(format!(
            "the payload {} is no answer of a mini service",
            payload.name()
        ));
    };
    if against
        .sent
        .operation
        .is_some_and(|asked| asked != operation)
    {
        notes.defect(
            envelope::rule(operation),
            format!(
                "the answer is one of {}, which was not asked",
                operation.name()
            ),
        );
    }
    envelope::check_names(&envelope, operation, notes);
    payload::check(&payload, operation, notes);
    match content::read(&payload, operation, against, notes) {
        Ok((value, content)) => Got::Answer {
            operation,
            code: value.code,
            display: value.display,
            content,
        },
        Err(error) => Got::Senseless(error.to_string()),
    }
}

/// Whether it is an upper-case UUID.
fn is_upper_uuid(text: &str) -> bool {
    domain::identifier::is_uuid(text) && !text.bytes().any(|b| b.is_ascii_lowercase())
}

/// The UUID at the end of a text, behind whatever prefix.
fn uuid_of(text: &str) -> Option<&str> {
    let at = text.len().checked_sub(36)?;
    let uuid = text.get(at..)?;
    domain::identifier::is_uuid(uuid).then_some(uuid)
}

/// Whether the patient of a record, or of a row, is the one asked about.
fn is_patient(text: &str, patient: Option<NhsNumber>) -> bool {
    patient.is_none_or(|patient| patient.as_str() == text)
}
