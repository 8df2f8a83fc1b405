//! Writing an answer: SOAP 1.1, WS-Addressing, a Timestamp without user name, the
//! DistributionEnvelope, and the payload that the caller of [`write()`] adds.

use domain::{OdsCode, oid};
use jiff::{SignedDuration, Timestamp, Unit};
use xml::{Writer, ns};

use crate::{ANONYMOUS, INTERACTION_KEY, SEND_RECV_RESPONSE, uuid};

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
    /// [`crate::scr::Operation::response_profile`].
    pub profile_id: &'a str,
    /// [`crate::scr::Operation::response_interaction`].
    pub interaction: &'a str,
    /// The organisation that runs this service.
    pub provider_ods: &'a OdsCode,
    /// The organisation that asked, when it is known.
    pub client_ods: Option<&'a OdsCode>,
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
            security(w, parts.now, parts.expires_after, None);
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

/// WS-Security: a Timestamp, and a user name for requests.
pub(crate) fn security(
    w: &mut Writer,
    now: Timestamp,
    expires_after: SignedDuration,
    username: Option<&str>,
) {
    let created = milliseconds(now);
    let expires = milliseconds(now.saturating_add(expires_after).unwrap_or(Timestamp::MAX));
    w.element("wsse:Security", &[("xmlns:wsse", ns::WSSE)], |w| {
        w.element("wsu:Timestamp", &[("xmlns:wsu", ns::WSU)], |w| {
            w.text_element("wsu:Created", &[], &created);
            w.text_element("wsu:Expires", &[], &expires);
        });
        if let Some(username) = username {
            w.element("wsse:UsernameToken", &[], |w| {
                w.text_element("wsse:Username", &[], username);
            });
        }
    });
}

/// `2026-01-31T12:00:00.000Z`: to the millisecond and rounded down, so that Created is never
/// after the moment it was written.
fn milliseconds(instant: Timestamp) -> String {
    let down = jiff::TimestampRound::new()
        .smallest(Unit::Millisecond)
        .mode(jiff::RoundMode::Trunc);
    format!("{:.3}", instant.round(down).unwrap_or(instant))
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
