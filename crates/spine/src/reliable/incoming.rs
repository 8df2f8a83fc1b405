//! A message that came in: who sends it, whether it keeps the rules, what it is about.

use std::sync::Arc;

use domain::MessageId;
use domain::audit::AuditEvent;
use ebxml::{EbxmlError, ErrorCode, Kind, Message, MessageError, Pattern};
use hl7v3::{Interaction, SoapFault};
use sds::{Directory, System, Unregistered};
use sha2::{Digest, Sha256};
use store::{Commit, SeenKey};
use transport::Request;

use super::refusal::Refusal;
use super::{ReliableConfig, alert};

/// What every service name starts with.
const SERVICES: &str = "urn:nhs:names:services:";

/// In whose name message ids are remembered: they are unique per party, whatever the interaction.
const SEEN_AS: &str = "ebXML";

/// A message that keeps every rule of its envelope, from a system that may send it.
pub(super) struct Incoming<'a> {
    pub(super) message: Message<'a>,
    pub(super) system: Arc<System>,
    payload: Vec<u8>,
}

impl<'a> Incoming<'a> {
    /// Reads it and checks everything about its envelope. Notes in the event whatever could be
    /// read.
    pub(super) fn read(
        config: &ReliableConfig,
        directory: &Directory,
        http: &'a Request,
        event: &mut AuditEvent,
    ) -> Result<Self, Refusal> {
        let system = directory
            .system(http.peer.certificate.as_deref())
            .map_err(|why| turned_away(&why))?;
        event.system = Some(system.name.clone());
        let content_type = http.header("Content-Type").unwrap_or_default();
        let message = ebxml::read(content_type, &http.body).map_err(not_well_formed)?;
        event.message = Some(message.header.message_id.clone());
        if message.kind != Kind::Business {
            // Signals come back on the connection; none is awaited here.
            return Err(SoapFault::not_supported().into());
        }
        check_soap_action(http.header("SOAPAction"), &message)?;
        let incoming = Self {
            payload: message
                .payload_bytes()
                .map_err(not_well_formed)?
                .into_owned(),
            message,
            system,
        };
        incoming
            .check(config, event)
            .map_err(|error| Refusal::error(&incoming.message.header, error))?;
        Ok(incoming)
    }

    /// The rules that can be broken by name.
    fn check(&self, config: &ReliableConfig, event: &mut AuditEvent) -> Result<(), MessageError> {
        let header = &self.message.header;
        let error = |code, description: &str| MessageError::new(code, description);
        self.message.check(Pattern::Reliable)?;
        if header.to_party != config.party_key {
            let description = "501314:Invalid To Party Type attribute";
            return Err(error(ErrorCode::ValueNotRecognized, description));
        }
        let refused = |why: Unregistered| error(ErrorCode::SecurityFailure, &why.to_string());
        self.system
            .may_speak_as(&header.from_party)
            .map_err(refused)?;
        let agreements = config.agreements.as_ref();
        if agreements.is_some_and(|known| !known.contains(&header.cpa_id)) {
            let description = "501319:Unknown eb:CPAId";
            return Err(error(ErrorCode::ValueNotRecognized, description));
        }
        let interaction = self.interaction().ok_or_else(|| {
            let description = "the service and action are not supported by this Spine";
            error(ErrorCode::NotSupported, description)
        })?;
        interaction.id().clone_into(&mut event.operation);
        self.system.may_ask(interaction.id()).map_err(refused)
    }

    /// The interaction, if it is one that is sent reliably to this Spine.
    fn interaction(&self) -> Option<Interaction> {
        let header = &self.message.header;
        let service = header.service.strip_prefix(SERVICES)?;
        Interaction::of(&header.action)
            .filter(|found| *found == Interaction::Alert && found.service() == service)
    }

    /// What it does, and what the event says of it.
    pub(super) fn effects(
        &self,
        config: &ReliableConfig,
        event: &mut AuditEvent,
    ) -> Result<Commit, Refusal> {
        let document = xml::Document::parse(&self.payload).map_err(SoapFault::from)?;
        alert::effects(self, config, document.root(), event)
    }

    /// What makes it the same message. Ids are UUIDs, which mean the same in either case.
    pub(super) fn key(&self) -> SeenKey {
        let header = &self.message.header;
        let id = header.message_id.as_str().to_ascii_uppercase();
        SeenKey {
            sender: header.from_party.as_str().to_owned(),
            interaction: SEEN_AS.to_owned(),
            message: MessageId::parse(&id).unwrap_or_else(|_| header.message_id.clone()),
        }
    }

    /// SHA-256 of what it says. Not of its bytes: a sender may write its envelope anew.
    pub(super) fn digest(&self) -> [u8; 32] {
        let header = &self.message.header;
        let mut hash = Sha256::new();
        for text in [&header.service, &header.action] {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hash.update(&self.payload);
        hash.finalize().into()
    }
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

fn turned_away(why: &Unregistered) -> Refusal {
    tracing::warn!(reason = %why, "caller turned away");
    SoapFault::processing(why.to_string()).into()
}

fn not_well_formed(error: EbxmlError) -> Refusal {
    SoapFault::not_well_formed(&error.to_string()).into()
}
