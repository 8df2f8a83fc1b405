//! Requests: the common checks of Spine 2 in its order, and what a client sends.

use domain::Asid;
use jiff::Timestamp;
use xml::{Document, Element, Writer, ns};

use super::{AnswerForm, ReplyTo, SoapFault, UUID_SCHEME};
use crate::interaction::split_action;
use crate::issue::Invalid;
use crate::wrapper::{Author, Faults, Outgoing, Transmission};
use crate::wrapper::{read_author, read_sender_wrapper, read_system};
use crate::{Interaction, cpis, wrapper};

const HL7: &str = ns::HL7;

/// A request that passed the checks common to all interactions. What it asks for is read from
/// [`SpineRequest::message`] by the module of its interaction.
#[derive(Debug, Clone)]
pub struct SpineRequest<'d, 'i> {
    /// `wsa:MessageID`: `uuid:` and a UUID, as written.
    pub message_id: String,
    /// `wsa:Action`.
    pub action: String,
    /// What is asked.
    pub interaction: Interaction,
    /// `wsa:To`.
    pub to: String,
    /// `wsa:From/wsa:Address`, which may be empty; never dialled.
    pub from: Option<String>,
    /// The ASID it is addressed to.
    pub receiver: Asid,
    /// The ASID it comes from.
    pub sender: Asid,
    /// The interaction element.
    pub message: Element<'d, 'i>,
    /// Its transmission wrapper.
    pub transmission: Transmission,
    /// The person behind it, if any.
    pub author: Option<Author>,
    /// The system that authored it.
    pub system: Asid,
    /// What goes around its answer: as it came, so it is answered.
    pub form: AnswerForm,
}

impl SpineRequest<'_, '_> {
    /// What is needed to answer it.
    pub fn reply_to(&self) -> ReplyTo {
        ReplyTo {
            message_id: self.message_id.clone(),
            from: self.from.clone().unwrap_or_default(),
            interaction: self.interaction,
            hl7_id: self.transmission.id.as_str().to_owned(),
            sender: self.sender.clone(),
            form: self.form,
        }
    }
}

/// Why a request is refused before its content is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It cannot be answered in its own terms: a SOAP fault, HTTP 500.
    #[error(transparent)]
    Fault(#[from] SoapFault),
    /// It is addressed well enough to be answered, and breaks a rule: issues, HTTP 200.
    #[error("{invalid}")]
    Issue {
        /// The rule.
        invalid: Invalid,
        /// How to answer.
        reply_to: Box<ReplyTo>,
    },
}

/// The SOAP header of a request.
struct Addressing {
    message_id: String,
    action: String,
    interaction: Interaction,
    to: String,
    from: Option<String>,
    receiver: Asid,
    sender: Asid,
}

/// Reads a request and makes every check common to all interactions. `soap_action` is the HTTP
/// header, quoted or not; without one, or with an empty one, only `wsa:Action` counts.
pub fn read_request<'d, 'i>(
    doc: &'d Document<'i>,
    soap_action: Option<&str>,
) -> Result<SpineRequest<'d, 'i>, RequestError> {
    let (header, message) = open(doc)?;
    let addressing = read_addressing(header, soap_action)?;
    let (transmission, author, system) = match read_message(message, &addressing) {
        Ok(read) => read,
        Err(invalid) => {
            let reply_to = Box::new(reply_to_unread(addressing, message));
            return Err(RequestError::Issue { invalid, reply_to });
        }
    };
    Ok(SpineRequest {
        message_id: addressing.message_id,
        action: addressing.action,
        interaction: addressing.interaction,
        to: addressing.to,
        from: addressing.from,
        receiver: addressing.receiver,
        sender: addressing.sender,
        message,
        transmission,
        author,
        system,
        form: AnswerForm::Soap,
    })
}

/// Exactly one Envelope, Header and Body, and one message in the Body.
fn open<'d, 'i>(doc: &'d Document<'i>) -> Result<(Element<'d, 'i>, Element<'d, 'i>), SoapFault> {
    let envelope = doc.root();
    if !envelope.is(ns::SOAP11, "Envelope") {
        return Err(SoapFault::not_well_formed("SOAP 1.1 Envelope"));
    }
    let header = envelope
        .one(ns::SOAP11, "Header")
        .map_err(|_| SoapFault::not_well_formed("SOAP Header"))?;
    let body = envelope
        .one(ns::SOAP11, "Body")
        .map_err(|_| SoapFault::not_well_formed("SOAP Body"))?;
    let mut messages = body.children();
    match (messages.next(), messages.next()) {
        (Some(message), None) => Ok((header, message)),
        _ => Err(SoapFault::not_well_formed("SOAP Body")),
    }
}

fn read_addressing(
    header: Element<'_, '_>,
    soap_action: Option<&str>,
) -> Result<Addressing, SoapFault> {
    let message_id = header_text(header, "MessageID")
        .filter(|id| id.len() == 41 && id.starts_with(UUID_SCHEME))
        .ok_or_else(|| {
            let rule = "one wsa:MessageID of uuid: and 36 characters must be given";
            SoapFault::header("ErrorBaseTms.SOAP_MESSAGE_ID_ERROR", "wsa:MessageID", rule)
        })?;
    let action = read_action(header, soap_action)?;
    let interaction = synchronous(&action).ok_or_else(SoapFault::not_supported)?;
    let to = header_text(header, "To")
        .filter(|to| !to.is_empty())
        .ok_or_else(|| {
            let rule = "one wsa:To that is not empty must be given";
            SoapFault::header("ErrorBaseTms.SOAP_TO_ERROR", "wsa:To", rule)
        })?;
    let from = header
        .path(ns::WSA_2004, &["From", "Address"])
        .map(|address| address.text().trim().to_owned());
    let receiver = party(header, "communicationFunctionRcv").ok_or_else(|| {
        let rule = "one receiving ASID must be given";
        let fault = "ErrorBaseTms.SOAP_COMM_FUNC_RCV_ERROR";
        SoapFault::header(fault, "communicationFunctionRcv", rule)
    })?;
    let sender = party(header, "communicationFunctionSnd").ok_or_else(|| {
        let rule = "one sending ASID must be given";
        let fault = "ErrorBaseTms.SOAP_COMM_FUNC_SND_ERROR";
        SoapFault::header(fault, "communicationFunctionSnd", rule)
    })?;
    Ok(Addressing {
        message_id,
        action,
        interaction,
        to,
        from,
        receiver,
        sender,
    })
}

/// What may be asked for by SOAP and is named by this action.
fn synchronous(action: &str) -> Option<Interaction> {
    let (service, id) = split_action(action)?;
    let named = Interaction::of(id).filter(|named| named.service() == service);
    named.filter(|named| named.is_synchronous())
}

fn read_action(header: Element<'_, '_>, soap_action: Option<&str>) -> Result<String, SoapFault> {
    let fault = |rule| SoapFault::header("ErrorBaseTms.SOAP_ACTION_ERROR", "wsa:Action", rule);
    let action = header_text(header, "Action")
        .filter(|action| !action.is_empty())
        .ok_or_else(|| fault("one wsa:Action that is not empty must be given"))?;
    let said = soap_action
        .map(|action| action.trim().trim_matches('"').trim())
        .unwrap_or_default();
    if !said.is_empty() && said != action {
        // Whoever asks for what there is not is told so, whatever the envelope says.
        synchronous(said).ok_or_else(SoapFault::not_supported)?;
        return Err(fault(
            "wsa:Action and the HTTP header SOAPAction must be the same",
        ));
    }
    Ok(action)
}

/// The trimmed text of the only header of this name.
fn header_text(header: Element<'_, '_>, name: &'static str) -> Option<String> {
    Some(
        header
            .one(ns::WSA_2004, name)
            .ok()?
            .text()
            .trim()
            .to_owned(),
    )
}

fn party(header: Element<'_, '_>, name: &'static str) -> Option<Asid> {
    wrapper::device_asid(header.one(HL7, name).ok()?.one(HL7, "device").ok()?)
}

fn read_message(
    message: Element<'_, '_>,
    addressing: &Addressing,
) -> Result<(Transmission, Option<Author>, Asid), Invalid> {
    if let Some(read) = cpis::read_wrapper(
        message,
        addressing.interaction,
        Some((&addressing.receiver, &addressing.sender)),
    ) {
        return read;
    }
    if message.name() != addressing.interaction.id() {
        return Err(inconsistent_interaction());
    }
    check_interaction(message, addressing.interaction)?;
    let transmission = read_sender_wrapper(message, &addressing.receiver, &addressing.sender)?;
    let (author, system) = read_control_act(message, addressing.interaction)?;
    Ok((transmission, author, system))
}

/// Makes the checks of the control act that all interactions share.
pub(crate) fn read_control_act(
    message: Element<'_, '_>,
    interaction: Interaction,
) -> Result<(Option<Author>, Asid), Invalid> {
    let faults: &Faults = match interaction.brings_summary() {
        true => &wrapper::UPLOAD,
        false => &wrapper::COMMON,
    };
    let act = message.one(HL7, "ControlActEvent").map_err(|_| {
        Invalid::new(
            "ErrorBase1732.INVALID_CONTROL_ACT",
            "one ControlActEvent must be given",
        )
    })?;
    let author = read_author(act, faults)?;
    let system = read_system(act, faults)?;
    if !has_query(act, interaction) {
        return Err(Invalid::new(
            "ErrorBase1732.CONTROL_ACT_QUERY_INVALID",
            "one query with content must be given",
        ));
    }
    Ok((author, system))
}

fn inconsistent_interaction() -> Invalid {
    Invalid::new(
        "ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID",
        "interactionId, wsa:Action and the message must name the same interaction",
    )
}

/// One `interactionId`, and it names this interaction.
pub(crate) fn check_interaction(
    message: Element<'_, '_>,
    interaction: Interaction,
) -> Result<(), Invalid> {
    let mut ids = message
        .children_named(HL7, "interactionId")
        .filter(|id| id.attribute("root") == Some(domain::oid::INTERACTION));
    let named = match (ids.next(), ids.next()) {
        (Some(only), None) => only.attribute("extension"),
        _ => None,
    };
    match named {
        Some(named) if named == interaction.id() => Ok(()),
        None if interaction.is_upload() => Err(Invalid::new(
            "ErrorBase1733.INVALID_DOCUMENT_DATA",
            "a single interactionID root and extension must be provided",
        )),
        _ => Err(inconsistent_interaction()),
    }
}

/// One query with at least one child; for the access control service, one of its requests. What
/// brings a subject is asked for it by the reader of its own, which has its own words.
fn has_query(act: Element<'_, '_>, interaction: Interaction) -> bool {
    let query = match interaction {
        Interaction::PermissionsQuery => act.one(ns::CRS, "getResourcePermissionsRequest"),
        Interaction::HasPermissions => act.one(ns::CRS, "hasResourcePermissionsRequest"),
        Interaction::SetPermissions => act.one(ns::CRS, "setResourcePermissionsRequest"),
        Interaction::Alert | Interaction::CreateRelationship | Interaction::CpisUpload => {
            return true;
        }
        other if other.is_upload() => return true,
        _ => act.one(HL7, "query"),
    };
    query.is_ok_and(|query| query.children().next().is_some())
}

/// How to answer a request whose message broke a rule: where it has no usable HL7 id, the one
/// of its SOAP header stands in.
fn reply_to_unread(addressing: Addressing, message: Element<'_, '_>) -> ReplyTo {
    let own = message
        .child(HL7, "id")
        .and_then(|id| id.required("root").ok());
    let from_header = addressing.message_id.trim_start_matches(UUID_SCHEME);
    ReplyTo {
        hl7_id: own.unwrap_or(from_header).to_owned(),
        message_id: addressing.message_id,
        from: addressing.from.unwrap_or_default(),
        interaction: addressing.interaction,
        sender: addressing.sender,
        form: AnswerForm::Soap,
    }
}

/// What a client says in every request.
#[derive(Debug, Clone, Copy)]
pub struct RequestParts<'a> {
    /// An upper-case UUID: the id of the SOAP message and of the HL7 message, as every published
    /// client does it.
    pub id: &'a str,
    /// The creation time.
    pub now: Timestamp,
    /// The address it is sent to.
    pub to: &'a str,
    /// Our own address; may be empty.
    pub from: &'a str,
    /// The Spine's ASID.
    pub receiver: &'a Asid,
    /// Our own ASID.
    pub sender: &'a Asid,
    /// The person behind it, if any.
    pub author: Option<&'a Author>,
}

impl<'a> RequestParts<'a> {
    pub(crate) fn outgoing(&self) -> Outgoing<'a> {
        Outgoing {
            id: self.id,
            now: self.now,
            receiver: self.receiver,
            sender: self.sender,
        }
    }
}

/// Writes a request: the SOAP header, and the message that `body` writes.
pub fn write_request(
    parts: &RequestParts<'_>,
    interaction: Interaction,
    body: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let mut w = Writer::with_capacity(4096);
    w.declaration();
    let namespaces = [
        ("xmlns:SOAP-ENV", ns::SOAP11),
        ("xmlns:wsa", ns::WSA_2004),
        ("xmlns:hl7", ns::HL7),
    ];
    w.element("SOAP-ENV:Envelope", &namespaces, |w| {
        w.element("SOAP-ENV:Header", &[], |w| header(w, parts, interaction));
        w.element("SOAP-ENV:Body", &[], body);
    });
    w.finish()
}

fn header(w: &mut Writer, parts: &RequestParts<'_>, interaction: Interaction) {
    w.text_element("wsa:MessageID", &[], &format!("{UUID_SCHEME}{}", parts.id));
    w.text_element("wsa:Action", &[], &interaction.action());
    w.text_element("wsa:To", &[], parts.to);
    w.element("wsa:From", &[], |w| {
        w.text_element("wsa:Address", &[], parts.from)
    });
    device(w, "hl7:communicationFunctionRcv", parts.receiver);
    device(w, "hl7:communicationFunctionSnd", parts.sender);
    w.element("wsa:ReplyTo", &[], |w| {
        w.text_element("wsa:Address", &[], parts.from)
    });
}

fn device(w: &mut Writer, name: &str, asid: &Asid) {
    w.element(name, &[], |w| {
        w.element("hl7:device", &[], |w| {
            w.empty(
                "hl7:id",
                &[("root", domain::oid::ASID), ("extension", asid.as_str())],
            );
        });
    });
}
