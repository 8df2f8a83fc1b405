//! Writing an answer: SOAP 1.1, WS-Addressing, a Timestamp without user name, the
//! DistributionEnvelope, and the payload that the caller of [`write()`] adds.

use domain::{OdsCode, oid};
use jiff::{SignedDuration, Timestamp};
use xml::{Writer, ns};

use crate::signature::Signer;
use crate::{ANONYMOUS, INTERACTION_KEY, SEND_RECV_RESPONSE, security, uuid};

/// Everything around the payload of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Outbound<'a> {
    /// A new upper-case UUID.
    pub message_id: &'a str,
    /// The request's MessageID, as it was written; its prefix is left off.
    pub relates_to: Option<&'a str>,
    /// The time now.
    pub now: Timestamp,
    /// How long the answer is good for.
    pub expires_after: SignedDuration,
    /// A new upper-case UUID.
    pub tracking_id: &'a str,
    /// A new upper-case UUID, by custom that of the payload's own `id`.
    pub payload_id: &'a str,
    /// [`crate::Operation::response_profile`].
    pub profile_id: &'a str,
    /// [`crate::Operation::response_interaction`].
    pub interaction: &'a str,
    /// The organisation that runs this service.
    pub provider_ods: &'a OdsCode,
    /// The organisation that asked, when it is known.
    pub client_ods: Option<&'a OdsCode>,
    /// Signs the Timestamp. Toolkit answers are not signed as a rule; some clients want it.
    pub signer: Option<&'a Signer>,
}

/// Writes the whole SOAP message. `payload` writes the payload's root element with its own
/// namespace declarations.
pub fn write(parts: &Outbound<'_>, payload: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let provider = format!("urn:nhs-uk:identity:ods:{}", parts.provider_ods);
    let sender = format!("urn:nhs-uk:addressing:ods:{}", parts.provider_ods);
    let address = parts
        .client_ods
        .map(|ods| format!("urn:nhs-uk:addressing:ods:{ods}"));
    let mut w = Writer::with_capacity(4096);
    soap(
        &mut w,
        |w| {
            w.text_element("wsa:MessageID", &[], parts.message_id);
            w.text_element("wsa:Action", &[], SEND_RECV_RESPONSE);
            w.text_element("wsa:To", &[], ANONYMOUS);
            if let Some(request) = parts.relates_to {
                w.text_element("wsa:RelatesTo", &[], uuid::bare(request));
            }
            let header = security::Outgoing {
                message_id: parts.message_id,
                now: parts.now,
                expires_after: parts.expires_after,
                username: None,
                signer: parts.signer,
            };
            security::write(w, &header);
        },
        |w| {
            let shell = Shell {
                service: SEND_RECV_RESPONSE,
                tracking_id: parts.tracking_id,
                address: address.as_deref(),
                identities: &[(oid::ITK_IDENTITY, &provider)],
                payload_id: parts.payload_id,
                profile_id: parts.profile_id,
                sender: &sender,
                interaction: parts.interaction,
            };
            distribution_envelope(w, &shell, payload);
        },
    );
    w.finish()
}

/// What a DistributionEnvelope says around its payload.
pub(crate) struct Shell<'a> {
    pub(crate) service: &'a str,
    pub(crate) tracking_id: &'a str,
    pub(crate) address: Option<&'a str>,
    pub(crate) identities: &'a [(&'a str, &'a str)],
    pub(crate) payload_id: &'a str,
    pub(crate) profile_id: &'a str,
    pub(crate) sender: &'a str,
    pub(crate) interaction: &'a str,
}

/// A SOAP 1.1 envelope with the prefixes `soap` and `wsa` declared.
pub(crate) fn soap(
    w: &mut Writer,
    header: impl FnOnce(&mut Writer),
    body: impl FnOnce(&mut Writer),
) {
    w.declaration();
    let namespaces = [("xmlns:soap", ns::SOAP11), ("xmlns:wsa", ns::WSA_2005)];
    w.element("soap:Envelope", &namespaces, |w| {
        w.element("soap:Header", &[], header);
        w.element("soap:Body", &[], body);
    });
}

/// The DistributionEnvelope in the order of its schema.
pub(crate) fn distribution_envelope(
    w: &mut Writer,
    shell: &Shell<'_>,
    payload: impl FnOnce(&mut Writer),
) {
    let id = format!("uuid_{}", shell.payload_id);
    let of_address = |uri| [("type", oid::ITK_ADDRESS), ("uri", uri)];
    w.element("itk:DistributionEnvelope", &[("xmlns:itk", ns::ITK)], |w| {
        let header = [
            ("service", shell.service),
            ("trackingid", shell.tracking_id),
        ];
        w.element("itk:header", &header, |w| {
            if let Some(address) = shell.address {
                w.element("itk:addresslist", &[], |w| {
                    w.empty("itk:address", &of_address(address));
                });
            }
            w.element("itk:auditIdentity", &[], |w| {
                for (oid, uri) in shell.identities {
                    w.empty("itk:id", &[("type", oid), ("uri", uri)]);
                }
            });
            w.element("itk:manifest", &[("count", "1")], |w| {
                let item = [
                    ("id", id.as_str()),
                    ("mimetype", "text/xml"),
                    ("profileid", shell.profile_id),
                ];
                w.empty("itk:manifestitem", &item);
            });
            w.empty("itk:senderAddress", &of_address(shell.sender));
            w.element("itk:handlingSpecification", &[], |w| {
                w.empty(
                    "itk:spec",
                    &[("key", INTERACTION_KEY), ("value", shell.interaction)],
                );
            });
        });
        w.element("itk:payloads", &[("count", "1")], |w| {
            w.element("itk:payload", &[("id", &id)], payload);
        });
    });
}
