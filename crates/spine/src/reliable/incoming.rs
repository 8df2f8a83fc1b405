//! A message that came in: who sends it, whether it keeps the rules of its envelope, what it is.

use std::borrow::Cow;
use std::sync::Arc;

use domain::audit::AuditEvent;
use domain::{Asid, MessageId};
use ebxml::{EbxmlError, ErrorCode, Kind, Message, MessageError, Pattern};
use hl7v3::{Interaction, Invalid, ReplyTo, RequestError, SoapFault, SpineRequest, bare};
use jiff::Timestamp;
use sds::{Directory, Own, System, Unregistered};
use sha2::{Digest, Sha256};
use store::{Precondition, SeenKey};
use transport::Request;
use xml::Element;

use super::refusal::Refusal;
use crate::stranger;

/// What every service name starts with.
const SERVICES: &str = "urn:nhs:names:services:";

/// In whose name message ids are remembered: they are unique per party, whatever the interaction.
const SEEN_AS: &str = "ebXML";

/// An endpoint for messages: how they travel to it, and which it takes.
pub(crate) struct Entrance {
    pub(crate) pattern: Pattern,
    pub(crate) takes: &'static [Interaction],
}

/// A message that keeps every rule of its envelope, from a system that may send it.
pub(crate) struct Incoming<'a> {
    pub(crate) message: Message<'a>,
    pub(crate) system: Arc<System>,
    pub(crate) interaction: Interaction,
}

/// What is inside: with every rule common to all interactions kept, or not.
pub(crate) enum Content<'d, 'i> {
    Sound(Box<SpineRequest<'d, 'i>>),
    Broken(Invalid, Box<ReplyTo>),
}

impl<'a> Incoming<'a> {
    /// Reads it and checks everything about its envelope. Notes in the event whatever could be
    /// read.
    pub(crate) fn read(
        own: &Own,
        directory: &Directory,
        entrance: &Entrance,
        http: &'a Request,
        event: &mut AuditEvent,
    ) -> Result<Self, Refusal> {
        let (system, message) = open(directory, http, event)?;
        if message.kind != Kind::Business {
            // Signals come back on the connection, or alone to the intermediary's path.
            return Err(SoapFault::not_supported().into());
        }
        check_soap_action(http.header("SOAPAction"), &message)?;
        let checked = check(own, &system, &message, entrance, event);
        let interaction = checked.map_err(|error| Refusal::error(&message.header, error))?;
        Ok(Self {
            message,
            system,
            interaction,
        })
    }

    /// Whether it may still be taken, by its own time to live.
    pub(crate) fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        let is_over = |end| end < now;
        if !self.message.time_to_live.is_some_and(is_over) {
            return Ok(());
        }
        let description = "the time to live of the message is over";
        let error = MessageError::new(ErrorCode::TimeToLiveExpired, description);
        Err(Refusal::error(&self.message.header, error))
    }

    /// The HL7 message as it came.
    pub(crate) fn payload(&self) -> Result<Cow<'_, [u8]>, Refusal> {
        self.message.payload_bytes().map_err(not_well_formed)
    }

    /// Reads the HL7 message as far as all interactions are alike, and checks that it is from
    /// whoever is connected and for this Spine.
    pub(crate) fn content<'d, 'i>(
        &self,
        own: &Own,
        message: Element<'d, 'i>,
        event: &mut AuditEvent,
    ) -> Result<Content<'d, 'i>, Refusal> {
        let content = match bare::read(message) {
            Ok(request) => Content::Sound(Box::new(request)),
            Err(RequestError::Issue {
                invalid,
                mut reply_to,
            }) => {
                if reply_to.hl7_id.trim().is_empty() {
                    // The answer has to refer to something; by this the sender knows it.
                    reply_to.hl7_id = upper(&self.message.header.message_id).to_string();
                }
                Content::Broken(invalid, reply_to)
            }
            Err(RequestError::Fault(fault)) => return Err(fault.into()),
        };
        self.addressed(own, &content, event)
            .map_err(|error| Refusal::error(&self.message.header, error))?;
        Ok(content)
    }

    fn addressed(
        &self,
        own: &Own,
        content: &Content<'_, '_>,
        event: &mut AuditEvent,
    ) -> Result<(), MessageError> {
        let (interaction, sender) = match content {
            Content::Sound(request) => (request.interaction, &request.sender),
            Content::Broken(_, reply_to) => (reply_to.interaction, &reply_to.sender),
        };
        event.asid = Some(sender.clone());
        if interaction != self.interaction {
            let description = "the action and the HL7 message name different interactions";
            return Err(MessageError::new(ErrorCode::Inconsistent, description));
        }
        self.is_of_sender(sender)?;
        let Content::Sound(request) = content else {
            return Ok(());
        };
        if let Some(author) = &request.author {
            event.user = Some(author.user.clone());
            event.role_profile = Some(author.role_profile.clone());
            event.job_role = Some(author.job_role.clone());
        }
        match request.receiver == own.asid {
            true => Ok(()),
            false => Err(MessageError::new(
                ErrorCode::ValueNotRecognized,
                "the receiving ASID is not that of this Spine",
            )),
        }
    }

    /// Whether an ASID that the HL7 message names is one of whoever is connected.
    pub(crate) fn is_of_sender(&self, asid: &Asid) -> Result<(), MessageError> {
        let allowed = self.system.may_send(asid, self.interaction.id());
        allowed.map_err(|why| MessageError::new(ErrorCode::SecurityFailure, why.to_string()))
    }

    /// What makes it the same message. Ids are UUIDs, which mean the same in either case.
    pub(crate) fn key(&self) -> SeenKey {
        let header = &self.message.header;
        SeenKey {
            sender: header.from_party.as_str().to_owned(),
            interaction: SEEN_AS.to_owned(),
            message: upper(&header.message_id),
        }
    }

    /// SHA-256 of what it says. Not of its bytes: a sender may write its envelope anew.
    pub(crate) fn digest(&self, payload: &[u8]) -> [u8; 32] {
        let header = &self.message.header;
        let mut hash = Sha256::new();
        for text in [&header.service, &header.action] {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hash.update(payload);
        hash.finalize().into()
    }
}

/// An id as it is kept.
pub(crate) fn upper(id: &MessageId) -> MessageId {
    MessageId::parse(&id.as_str().to_ascii_uppercase()).unwrap_or_else(|_| id.clone())
}

/// Whether this precondition, which does not hold, says that a key was seen.
pub(crate) fn is_unseen(broken: &Precondition, key: &SeenKey) -> bool {
    matches!(broken, Precondition::MessageUnseen(seen) if seen == key)
}

/// Who is connected, and the message, of either kind.
pub(crate) fn open<'a>(
    directory: &Directory,
    http: &'a Request,
    event: &mut AuditEvent,
) -> Result<(Arc<System>, Message<'a>), Refusal> {
    let system = directory
        .system(http.peer.certificate.as_deref())
        .map_err(|why| turned_away(&why, http))?;
    event.system = Some(system.name.clone());
    let content_type = http.header("Content-Type").unwrap_or_default();
    let message = ebxml::read(content_type, &http.body).map_err(not_well_formed)?;
    event.message = Some(message.header.message_id.clone());
    Ok((system, message))
}

/// That a message is for us, and from the party that is connected.
pub(crate) fn check_parties(
    own: &Own,
    system: &System,
    message: &Message<'_>,
) -> Result<(), MessageError> {
    let header = &message.header;
    if header.to_party != own.party_key {
        let description = "501314:Invalid To Party Type attribute";
        return Err(MessageError::new(
            ErrorCode::ValueNotRecognized,
            description,
        ));
    }
    system.may_speak_as(&header.from_party).map_err(refused)
}

/// The rules that can be broken by name. Gives the interaction.
fn check(
    own: &Own,
    system: &System,
    message: &Message<'_>,
    entrance: &Entrance,
    event: &mut AuditEvent,
) -> Result<Interaction, MessageError> {
    message.check(entrance.pattern)?;
    check_parties(own, system, message)?;
    if !own.knows_agreement(&message.header.cpa_id) {
        return Err(MessageError::new(
            ErrorCode::ValueNotRecognized,
            "501319:Unknown eb:CPAId",
        ));
    }
    let interaction = interaction(message, entrance).ok_or_else(|| {
        let description = "the service and action are not supported by this Spine";
        MessageError::new(ErrorCode::NotSupported, description)
    })?;
    interaction.id().clone_into(&mut event.operation);
    system.may_ask(interaction.id()).map_err(refused)?;
    Ok(interaction)
}

/// The interaction, if it is one that is sent to this endpoint.
fn interaction(message: &Message<'_>, entrance: &Entrance) -> Option<Interaction> {
    let header = &message.header;
    let service = header.service.strip_prefix(SERVICES)?;
    Interaction::of(&header.action)
        .filter(|found| entrance.takes.contains(found) && found.service() == service)
}

/// The HTTP header says the same as the envelope; as with synchronous SOAP it may be absent.
fn check_soap_action(header: Option<&str>, message: &Message<'_>) -> Result<(), Refusal> {
    let Some(header) = header.filter(|text| !text.trim().trim_matches('"').is_empty()) else {
        return Ok(());
    };
    let said = (
        message.header.service.as_str(),
        message.header.action.as_str(),
    );
    match ebxml::split_soap_action(header) == Some(said) {
        true => Ok(()),
        false => Err(SoapFault::not_supported().into()),
    }
}

fn refused(why: Unregistered) -> MessageError {
    MessageError::new(ErrorCode::SecurityFailure, why.to_string())
}

fn turned_away(why: &Unregistered, http: &Request) -> Refusal {
    stranger::tell(why, http);
    SoapFault::processing(why.to_string()).into()
}

fn not_well_formed(error: EbxmlError) -> Refusal {
    SoapFault::not_well_formed(&error.to_string()).into()
}
