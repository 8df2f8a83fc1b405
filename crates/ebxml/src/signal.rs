//! Signals: what message handlers say to each other about a message.

use std::fmt;

use domain::{MessageId, PartyKey};
use jiff::Timestamp;
use xml::{Element, Writer, XmlError, ns};

use crate::header::{self, Actor, MessageHeader, Order, write_party, written};
use crate::names::{EB, ERRORS, HL7EBXML, MESSAGE_SERVICE, VERSION, XLINK, XSI_AS_WRITTEN};

/// "Your message is here and safe."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgment {
    /// When it was acknowledged.
    pub timestamp: Timestamp,
    /// The message acknowledged.
    pub ref_to: MessageId,
    /// Whose acknowledgment it is.
    pub actor: Actor,
    /// Who acknowledges; some leave it out.
    pub from: Option<PartyKey>,
}

/// How bad an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The message was taken all the same.
    Warning,
    /// The message was not taken.
    Error,
}

impl Severity {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }
}

/// The standard's error codes (ebXML MS 2.0, 4.2.3.4.1), and any other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// An element or value is not known.
    ValueNotRecognized,
    /// What is asked for is not done here.
    NotSupported,
    /// The message contradicts itself, or the agreement.
    Inconsistent,
    /// Something else about the XML.
    OtherXml,
    /// The message cannot be handed on now.
    DeliveryFailure,
    /// The message came too late.
    TimeToLiveExpired,
    /// The sender may not send this.
    SecurityFailure,
    /// A reference leads nowhere.
    MimeProblem,
    /// Anything.
    Unknown,
    /// A code of somebody's own, like the numbers of the Spine's faults.
    Other(String),
}

impl ErrorCode {
    const STANDARD: [Self; 9] = [
        Self::ValueNotRecognized,
        Self::NotSupported,
        Self::Inconsistent,
        Self::OtherXml,
        Self::DeliveryFailure,
        Self::TimeToLiveExpired,
        Self::SecurityFailure,
        Self::MimeProblem,
        Self::Unknown,
    ];

    /// Its name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::ValueNotRecognized => "ValueNotRecognized",
            Self::NotSupported => "NotSupported",
            Self::Inconsistent => "Inconsistent",
            Self::OtherXml => "OtherXml",
            Self::DeliveryFailure => "DeliveryFailure",
            Self::TimeToLiveExpired => "TimeToLiveExpired",
            Self::SecurityFailure => "SecurityFailure",
            Self::MimeProblem => "MimeProblem",
            Self::Unknown => "Unknown",
            Self::Other(code) => code,
        }
    }

    /// The code of a name.
    pub fn of(name: &str) -> Self {
        let known = Self::STANDARD.into_iter().find(|code| code.name() == name);
        known.unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

/// One thing that is wrong with a message: `eb:Error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageError {
    /// What kind of thing.
    pub code: ErrorCode,
    /// How bad.
    pub severity: Severity,
    /// In words; of the Spine often a number and words, `501319:Unknown eb:CPAId`.
    pub description: String,
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.severity.name(), self.code.name())?;
        if !self.description.is_empty() {
            write!(f, ": {}", self.description)?;
        }
        Ok(())
    }
}

impl MessageHeader {
    /// The header of a signal about the message of this header: the way back, in the same
    /// conversation and agreement, with the time of the message it is about (as the Spine and
    /// the adaptor do).
    pub fn of_signal(&self, action: &str, id: MessageId) -> Self {
        Self {
            from_party: self.to_party.clone(),
            to_party: self.from_party.clone(),
            cpa_id: self.cpa_id.clone(),
            conversation: self.conversation.clone(),
            service: MESSAGE_SERVICE.to_owned(),
            action: action.to_owned(),
            message_id: id,
            timestamp: self.timestamp,
            ref_to: Some(self.message_id.clone()),
            duplicate_elimination: false,
            ack_requested: None,
            sync_reply: false,
        }
    }
}

impl Acknowledgment {
    /// The action of its header.
    pub const ACTION: &'static str = "Acknowledgment";

    /// Writes the acknowledgment of a message, `text/xml`. `id` is the acknowledgment's own.
    pub fn write(of: &MessageHeader, id: MessageId, now: Timestamp) -> Vec<u8> {
        let header = of.of_signal(Self::ACTION, id);
        let actor = of.ack_requested.unwrap_or(Actor::ToParty);
        envelope(&header, &ACKNOWLEDGMENT_NAMESPACES, |w| {
            let attributes = [
                ("eb:version", VERSION),
                ("soap:mustUnderstand", "1"),
                ("soap:actor", actor.urn()),
            ];
            w.element("eb:Acknowledgment", &attributes, |w| {
                w.text_element("eb:Timestamp", &[], &written(now));
                w.text_element("eb:RefToMessageId", &[], of.message_id.as_str());
                write_party(w, "eb:From", &of.to_party);
            });
        })
    }

    pub(crate) fn read(element: Element<'_, '_>) -> Result<Self, XmlError> {
        let from = element.optional(EB, "From")?;
        let id = from.and_then(|from| from.child(EB, "PartyId"));
        Ok(Self {
            timestamp: header::timestamp(element)?,
            ref_to: header::message_id(element, "RefToMessageId")?,
            actor: header::read_actor(element)?,
            // A name in a courtesy field is no reason to disbelieve an acknowledgment.
            from: id.and_then(|id| PartyKey::parse(id.text().trim()).ok()),
        })
    }
}

impl MessageError {
    /// The action of its header.
    pub const ACTION: &'static str = "MessageError";

    /// An error of severity Error.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            description: description.into(),
        }
    }

    /// Writes what is wrong with a message, `text/xml`. `id` is the error message's own.
    pub fn write(errors: &[Self], of: &MessageHeader, id: MessageId) -> Vec<u8> {
        let header = of.of_signal(Self::ACTION, id);
        let worst = errors.iter().map(|error| error.severity).max();
        envelope(&header, &ERROR_NAMESPACES, |w| {
            let attributes = [
                ("eb:version", VERSION),
                ("soap:mustUnderstand", "1"),
                (
                    "eb:highestSeverity",
                    worst.unwrap_or(Severity::Error).name(),
                ),
            ];
            w.element("eb:ErrorList", &attributes, |w| {
                for error in errors {
                    error.content(w);
                }
            });
        })
    }

    fn content(&self, w: &mut Writer) {
        let attributes = [
            ("eb:codeContext", ERRORS),
            ("eb:errorCode", self.code.name()),
            ("eb:severity", self.severity.name()),
        ];
        w.element("eb:Error", &attributes, |w| {
            w.text_element(
                "eb:Description",
                &[("xml:lang", "en-GB")],
                &self.description,
            );
        });
    }

    /// Reads an `eb:ErrorList`. Whatever is said badly counts as an error.
    pub(crate) fn read(list: Element<'_, '_>) -> Vec<Self> {
        let errors = list.children_named(EB, "Error");
        let read = errors.map(|error| Self {
            code: ErrorCode::of(
                error
                    .attribute_ns(EB, "errorCode")
                    .unwrap_or_default()
                    .trim(),
            ),
            severity: match error.attribute_ns(EB, "severity") {
                Some(name) if name.trim().eq_ignore_ascii_case("Warning") => Severity::Warning,
                _ => Severity::Error,
            },
            description: error
                .child(EB, "Description")
                .map(|e| e.text().trim().to_owned())
                .unwrap_or_default(),
        });
        read.collect()
    }
}

/// An acknowledgment declares more than it uses, as the published one does.
const ACKNOWLEDGMENT_NAMESPACES: [(&str, &str); 5] = [
    ("xmlns:xsi", XSI_AS_WRITTEN),
    ("xmlns:soap", ns::SOAP11),
    ("xmlns:eb", EB),
    ("xmlns:hl7ebxml", HL7EBXML),
    ("xmlns:xlink", XLINK),
];
const ERROR_NAMESPACES: [(&str, &str); 2] = [("xmlns:soap", ns::SOAP11), ("xmlns:eb", EB)];

fn envelope(
    header: &MessageHeader,
    namespaces: &[(&str, &str)],
    signal: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let mut w = Writer::new();
    w.element("soap:Envelope", namespaces, |w| {
        w.element("soap:Header", &[], |w| {
            header.write(w, "soap", Order::VersionFirst);
            signal(w);
        });
        w.empty("soap:Body", &[]);
    });
    w.finish()
}
