//! Reading a request: who calls, which interaction, what it asks.

use domain::identifier::{Asid, MessageId};
use hl7v3::{Interaction, Invalid, ReplyTo, RequestError, SoapFault, SpineRequest, acs, psis};
use itk::scr::Operation;
use transport::Request;

use super::{Asked, Hl7Face, What};
use crate::registry::{RegisteredClient, SignaturePolicy};
use crate::trail::Trail;

/// A request, or the rule it breaks, with what is needed to answer it.
type Read = (ReplyTo, Result<Asked, Invalid>);

impl Hl7Face {
    /// Everything up to what is asked. What is learnt goes on the trail at once, so that a
    /// refusal is audited with what is known. An error is a SOAP fault.
    pub(super) fn read(&self, http: &Request, trail: &mut Trail) -> Result<Read, Box<SoapFault>> {
        let certificate = http.peer.certificate.as_deref();
        let client = self.service.provider.clients.identify(certificate);
        let client = client.map_err(|why| turned_away(trail, &why.to_string()))?;
        trail.client = Some(client.clone());
        let document =
            xml::Document::parse(&http.body).map_err(|error| Box::new(SoapFault::from(error)))?;
        let soap_action = http.header("SOAPAction");
        let request = match hl7v3::soap::read_request(&document, soap_action) {
            Ok(request) => request,
            Err(RequestError::Fault(fault)) => return Err(Box::new(fault)),
            Err(RequestError::Issue { invalid, reply_to }) => {
                note(trail, &reply_to);
                may_ask(&client, &reply_to.sender, reply_to.interaction)
                    .map_err(|why| turned_away(trail, why))?;
                if operation(reply_to.interaction).is_none() {
                    return Err(Box::new(SoapFault::not_supported()));
                }
                return Ok((*reply_to, Err(invalid)));
            }
        };
        let reply_to = request.reply_to();
        note(trail, &reply_to);
        if request.receiver != self.service.provider.config.spine_asid {
            let why = "the receiving ASID is not that of the Spine behind this provider";
            return Err(turned_away(trail, why));
        }
        may_ask(&client, &reply_to.sender, reply_to.interaction)
            .map_err(|why| turned_away(trail, why))?;
        let what = what(&request).ok_or_else(|| Box::new(SoapFault::not_supported()))?;
        let asked = what.map(|what| Asked {
            at: trail.at,
            message: trail
                .message
                .clone()
                .unwrap_or_else(|| request.transmission.id.clone()),
            hl7_id: request.transmission.id.clone(),
            client,
            author: request.author.clone(),
            what,
        });
        Ok((reply_to, asked))
    }
}

/// The message goes under its bare UUID, as it stands in its HL7 part.
fn note(trail: &mut Trail, reply_to: &ReplyTo) {
    let id = reply_to.message_id.trim_start_matches("uuid:");
    trail.message = MessageId::parse(id).ok();
    trail.interaction = Some(reply_to.interaction.id());
}

/// Whether a client may ask this as this system. What it may not ask of the mini services it may
/// not ask here.
fn may_ask(
    client: &RegisteredClient,
    sender: &Asid,
    interaction: Interaction,
) -> Result<(), &'static str> {
    if *sender != client.asid {
        return Err("the sending ASID is not registered for this client certificate");
    }
    if client.signature == SignaturePolicy::Required {
        return Err(
            "this client is registered to sign its requests, and these messages carry no signature",
        );
    }
    match operation(interaction) {
        Some(operation) if !client.operations.contains(&operation.into()) => {
            Err("the client is not registered for this interaction")
        }
        _ => Ok(()),
    }
}

/// The mini service that asks the same; `None` for interactions that are not taken here.
fn operation(interaction: Interaction) -> Option<Operation> {
    match interaction {
        Interaction::SetPermissions => Some(Operation::SetScrConsent),
        Interaction::PermissionsQuery | Interaction::HasPermissions => {
            Some(Operation::GetScrConsent)
        }
        Interaction::DocumentListQuery | Interaction::DocumentQuery => Some(Operation::QueryScr),
        _ => None,
    }
}

/// Turns a caller away, and tells the operator whose certificate it was.
fn turned_away(trail: &Trail, why: &str) -> Box<SoapFault> {
    tracing::warn!(
        reason = why,
        certificate = trail.common_name(),
        client = trail.client.as_ref().map(|client| client.name.as_str()),
        "caller turned away"
    );
    Box::new(SoapFault::processing(why))
}

/// What a request asks; `None` when its interaction is not taken here.
fn what(request: &SpineRequest<'_, '_>) -> Option<Result<What, Invalid>> {
    Some(match request.interaction {
        Interaction::DocumentListQuery => psis::read_list_query(request).map(What::List),
        Interaction::DocumentQuery => psis::read_document_query(request).map(What::Document),
        Interaction::PermissionsQuery => acs::read_query(request).map(What::Consent),
        Interaction::HasPermissions => acs::read_has(request).map(What::Has),
        Interaction::SetPermissions => acs::read_set(request).map(What::Set),
        _ => return None,
    })
}
