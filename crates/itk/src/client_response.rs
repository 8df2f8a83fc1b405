//! Reading an answer, as a client of a mini service does.
//!
//! Providers differ, so only what is needed is asked for: a Security header, an address list or a
//! sender may be missing, prefixes and comments may be anything, and the message may start at the
//! SOAP envelope or at the DistributionEnvelope.

use xml::{Document, Element, Slice, XmlError, ns};

use crate::fault::{self, Fault};
use crate::scr::{self, ResponseValue, query_scr};
use crate::{INTERACTION_KEY, Operation};

/// An answer.
#[derive(Debug)]
pub enum Answer<'d, 'i> {
    /// The request was not accepted.
    Fault(Fault),
    /// The service answered, with whatever code.
    Response(Box<Response<'d, 'i>>),
}

/// An answer that is no fault.
#[derive(Debug)]
pub struct Response<'d, 'i> {
    /// `wsa:MessageID`, when there was a SOAP header.
    pub message_id: Option<String>,
    /// `wsa:RelatesTo`, mostly a bare UUID.
    pub relates_to: Option<String>,
    /// `header/@trackingid`.
    pub tracking_id: Option<String>,
    /// `manifestitem/@profileid`.
    pub profile_id: Option<String>,
    /// The interaction as written.
    pub interaction: Option<String>,
    /// Which operation's answer it is, by its root element.
    pub operation: Operation,
    /// The payload's root element.
    pub payload: Element<'d, 'i>,
    /// The response code.
    pub value: ResponseValue,
    /// The GP Summary of a querySCR answer. Whose record it is must be checked by the reader.
    pub document: Option<Slice<'i>>,
}

/// Reads an answer. An error means that the provider's message makes no sense.
pub fn read<'d, 'i>(doc: &'d Document<'i>) -> Result<Answer<'d, 'i>, XmlError> {
    let root = doc.root();
    if root.is(ns::ITK, "DistributionEnvelope") {
        return response(None, root);
    }
    if root.name() != "Envelope" {
        return Err(root.error("an answer starts with a SOAP Envelope"));
    }
    let part = |name: &str| root.children().find(|child| child.name() == name);
    let body = part("Body").ok_or_else(|| root.error("element Body is missing"))?;
    if let Some(fault) = fault::read(&body) {
        return Ok(Answer::Fault(fault));
    }
    let envelope = body.one(ns::ITK, "DistributionEnvelope")?;
    response(part("Header"), envelope)
}

fn response<'d, 'i>(
    soap_header: Option<Element<'d, 'i>>,
    envelope: Element<'d, 'i>,
) -> Result<Answer<'d, 'i>, XmlError> {
    let payload = payload(&envelope)?;
    let operation = Operation::all()
        .find(|operation| payload.is(operation.namespace(), operation.response_root()))
        .ok_or_else(|| payload.error("the payload is no answer of a mini service"))?;
    let document = match operation {
        Operation::Scr(scr::Operation::QueryScr) => query_scr::Response::read(&payload)?.document,
        _ => None,
    };
    let addressing = |name: &'static str| {
        let text = soap_header?
            .child(ns::WSA_2005, name)?
            .text()
            .trim()
            .to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    let header = envelope.child(ns::ITK, "header");
    let owned = |text: &str| text.to_owned();
    Ok(Answer::Response(Box::new(Response {
        message_id: addressing("MessageID"),
        relates_to: addressing("RelatesTo"),
        tracking_id: header.and_then(|h| h.attribute("trackingid")).map(owned),
        profile_id: header
            .and_then(|h| h.path(ns::ITK, &["manifest", "manifestitem"]))
            .and_then(|item| item.attribute("profileid"))
            .map(owned),
        interaction: header.and_then(|h| interaction(&h)),
        operation,
        payload,
        value: ResponseValue::read(&payload)?,
        document,
    })))
}

fn payload<'d, 'i>(envelope: &Element<'d, 'i>) -> Result<Element<'d, 'i>, XmlError> {
    let payload = envelope.one(ns::ITK, "payloads")?.one(ns::ITK, "payload")?;
    let mut content = payload.children();
    match (content.next(), content.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(payload.error("the payload must be one element")),
    }
}

fn interaction(header: &Element<'_, '_>) -> Option<String> {
    let handling = header.child(ns::ITK, "handlingSpecification")?;
    handling
        .children_named(ns::ITK, "spec")
        .find(|spec| spec.attribute("key") == Some(INTERACTION_KEY))
        .and_then(|spec| spec.attribute("value"))
        .map(str::to_owned)
}
