//! Writing a request, as a client of a mini service does.

use domain::oid;
use jiff::{SignedDuration, Timestamp};
use xml::Writer;

use crate::envelope::Caller;
use crate::response::{Shell, distribution_envelope, soap};
use crate::signature::Signer;
use crate::{ANONYMOUS, Operation, SEND_RECV, security};

/// Everything around the payload of a request.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// A new upper-case UUID.
    pub message_id: &'a str,
    /// The URL of the service.
    pub to: &'a str,
    /// The time now.
    pub now: Timestamp,
    /// How long the request is good for.
    pub expires_after: SignedDuration,
    /// The name the client is registered under, mostly its certificate's common name.
    pub username: &'a str,
    /// A new upper-case UUID.
    pub tracking_id: &'a str,
    /// A new upper-case UUID, by custom that of the payload's own `id`.
    pub payload_id: &'a str,
    /// What is asked for.
    pub operation: Operation,
    /// On whose behalf.
    pub caller: &'a Caller,
    /// Signs the Timestamp, when the service wants it. Its certificate's subject must be the user
    /// name.
    pub signer: Option<&'a Signer>,
}

/// Writes the whole SOAP message. `payload` writes the payload's root element with its own
/// namespace declarations. The HTTP header `SOAPAction` is [`SEND_RECV`].
pub fn write(parts: &Parts<'_>, payload: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let caller = parts.caller;
    let toolkit = match &caller.user {
        Some(user) => format!("urn:nhs-uk:identity:ods:{}:{user}", caller.organisation),
        None => format!("urn:nhs-uk:identity:ods:{}", caller.organisation),
    };
    let mut identities = vec![(oid::ITK_IDENTITY, toolkit.as_str())];
    if let Some(user) = &caller.user {
        identities.push((oid::SDS_USER, user.as_str()));
    }
    if let Some(role_profile) = &caller.role_profile {
        identities.push((oid::SDS_ROLE_PROFILE, role_profile.as_str()));
    }
    if let Some(job_role) = &caller.job_role {
        identities.push((oid::SDS_JOB_ROLE, job_role.as_str()));
    }
    let sender = format!("urn:nhs-uk:addressing:ods:{}", caller.organisation);
    let mut w = Writer::with_capacity(4096);
    soap(
        &mut w,
        |w| {
            w.text_element("wsa:MessageID", &[], parts.message_id);
            w.text_element("wsa:Action", &[], SEND_RECV);
            w.text_element("wsa:To", &[], parts.to);
            w.element("wsa:ReplyTo", &[], |w| {
                w.text_element("wsa:Address", &[], ANONYMOUS)
            });
            let header = security::Outgoing {
                message_id: parts.message_id,
                now: parts.now,
                expires_after: parts.expires_after,
                username: Some(parts.username),
                signer: parts.signer,
            };
            security::write(w, &header);
        },
        |w| {
            let shell = Shell {
                service: SEND_RECV,
                tracking_id: parts.tracking_id,
                address: None,
                identities: &identities,
                payload_id: parts.payload_id,
                profile_id: parts.operation.request_profile(),
                sender: &sender,
                interaction: parts.operation.request_interaction(),
            };
            distribution_envelope(w, &shell, payload);
        },
    );
    w.finish()
}
