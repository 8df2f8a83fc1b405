//! Reading a request: everything around the payload, checked.

use domain::MessageId;
use jiff::{SignedDuration, Timestamp};
use xml::{Document, Element, XmlError, ns};

use crate::envelope::{self, DistributionEnvelope};
use crate::fault::Fault;
use crate::header::{Addressing, Envelope};
use crate::security::{self, Security};
use crate::signature::{Sha1, Verified};
use crate::{strict, uuid};

/// What a request is held against.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The time now.
    pub now: Timestamp,
    /// How far the caller's clock may differ from ours, at both ends.
    pub skew: SignedDuration,
    /// The HTTP header `SOAPAction`, with or without its quotes. Compared when it is there.
    pub soap_action: Option<&'a str>,
    /// The ITK service that is served: [`crate::SEND_RECV`] for the SCR mini services.
    pub service: &'a str,
    /// Whether signatures made with SHA-1 are accepted.
    pub sha1: Sha1,
}

/// A request that kept every rule around its payload. Who may send it, and what the payload says,
/// is not decided yet.
#[derive(Debug)]
pub struct Request<'d, 'i> {
    /// `wsa:MessageID` as written.
    pub message_id: MessageId,
    /// `wsa:To`. Never a place to connect to.
    pub to: String,
    /// `wsse:Username`.
    pub username: String,
    /// `wsu:Created`.
    pub created: Timestamp,
    /// `wsu:Expires`.
    pub expires: Timestamp,
    /// The signature of the WS-Security header, when there is one: it is right, and made by the
    /// user name's certificate. Whether that certificate is trusted is not decided yet.
    pub signature: Option<Verified>,
    /// The DistributionEnvelope.
    pub envelope: DistributionEnvelope,
    /// The payload's root element.
    pub payload: Element<'d, 'i>,
}

impl Request<'_, '_> {
    /// The last instant at which this message is taken, by the times that it says and this
    /// tolerance of the clock. Until then a repetition of it must be known as one.
    pub fn taken_until(&self, skew: SignedDuration) -> Timestamp {
        let oldest = self.created.saturating_add(security::OLDEST);
        let end = oldest.map_or(self.expires, |oldest| oldest.min(self.expires));
        end.saturating_add(skew).unwrap_or(Timestamp::MAX)
    }
}

/// Reads a request. The order of the checks decides which fault a message with several defects
/// gets: SOAP version, headers to be understood, tidiness, addressing, security, envelope.
pub fn read<'d, 'i>(doc: &'d Document<'i>, rules: &Rules<'_>) -> Result<Request<'d, 'i>, Fault> {
    let soap = Envelope::read(doc.root())?;
    strict::tidy(doc.root())?;
    let addressing = soap.addressing()?;
    check_action(&soap, &addressing, rules)?;
    let security = security::read(&soap, rules)?;

    let distribution = distribution_envelope(&soap)?;
    let (envelope, payload) = envelope::read(distribution, &security.username)?;
    if envelope.service != rules.service {
        let error = distribution.error(format!("the service must be {}", rules.service));
        return Err(Fault::not_retryable(error.to_string()));
    }
    let Addressing { message_id, to, .. } = addressing;
    distinct(&soap, &message_id, &security, &envelope)?;
    let message_id = MessageId::parse(&message_id)
        .map_err(|error| Fault::invalid(format!("MessageID: {error}")))?;
    Ok(Request {
        message_id,
        to,
        username: security.username,
        created: security.created,
        expires: security.expires,
        signature: security.signature,
        envelope,
        payload,
    })
}

/// The MessageID of a message that was perhaps refused, for `RelatesTo` of the fault. `None`
/// when there is none that could be repeated safely.
pub fn message_id_of(doc: &Document<'_>) -> Option<String> {
    let header = doc
        .root()
        .children()
        .find(|child| child.name() == "Header")?;
    let id = header
        .children()
        .find(|child| child.name() == "MessageID")?;
    let text = id.text();
    MessageId::parse(text.trim()).ok().map(Into::into)
}

fn check_action(
    soap: &Envelope<'_, '_>,
    addressing: &Addressing,
    rules: &Rules<'_>,
) -> Result<(), XmlError> {
    if addressing.action != rules.service {
        return Err(soap
            .header()
            .error(format!("Action must be {}", rules.service)));
    }
    let Some(http) = rules.soap_action.map(str::trim) else {
        return Ok(());
    };
    let unquoted = http
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(http);
    if unquoted != rules.service {
        let rule = "Action and the HTTP header SOAPAction must be the same";
        return Err(soap.header().error(rule));
    }
    Ok(())
}

fn distribution_envelope<'d, 'i>(soap: &Envelope<'d, 'i>) -> Result<Element<'d, 'i>, XmlError> {
    strict::no_text(&soap.body)?;
    let mut children = soap.body.children();
    match (children.next(), children.next()) {
        (Some(only), None) if only.is(ns::ITK, "DistributionEnvelope") => Ok(only),
        (Some(_), Some(second)) => Err(second.error("a Body holds one element")),
        _ => Err(soap.body.error("the Body must hold a DistributionEnvelope")),
    }
}

/// MessageID, Timestamp Id, trackingid and payload id must all be different.
fn distinct(
    soap: &Envelope<'_, '_>,
    message_id: &str,
    security: &Security<'_>,
    envelope: &DistributionEnvelope,
) -> Result<(), XmlError> {
    let ids = [
        ("MessageID", Some(message_id)),
        ("the Id of Timestamp", security.timestamp_id),
        ("trackingid", Some(envelope.tracking_id.as_str())),
        ("the id of the payload", Some(envelope.payload_id.as_str())),
    ];
    let present: Vec<_> = ids
        .iter()
        .filter_map(|(name, id)| id.map(|id| (*name, uuid::bare(id))))
        .collect();
    for (at, (name, id)) in present.iter().enumerate() {
        if let Some((other, _)) = present[..at]
            .iter()
            .find(|(_, o)| o.eq_ignore_ascii_case(id))
        {
            return Err(soap
                .header()
                .error(format!("{other} and {name} must be different")));
        }
    }
    Ok(())
}
