//! Saying no before there is an operation to say it.

use itk::envelope::CallerError;
use itk::fault::Fault;
use store::StoreError;
use transport::{Request, Response};

use crate::face::Place;
use crate::outcome::{Answer, Code};
use crate::registry::Stranger;
use crate::trail::Trail;

/// What is no message to this service at all.
pub(super) fn refuse_at_the_door(place: Place<'_>, request: &Request) -> Option<Response> {
    if request.path != place.path {
        let text = format!("there is nothing here; the service is at {}\n", place.path);
        return Some(Response::text(404, text));
    }
    if request.method != "POST" {
        let refused = Response::text(405, "the service takes POST only; its WSDL is at ?wsdl\n");
        return Some(refused.with_header("Allow", "POST"));
    }
    let looks_like_xml = {
        let body = request
            .body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&request.body);
        body.trim_ascii_start().first() == Some(&b'<')
    };
    let says_xml = || {
        request
            .header("content-type")
            .is_none_or(|t| t.to_ascii_lowercase().contains("xml"))
    };
    match looks_like_xml || says_xml() {
        true => None,
        false => Some(Response::text(
            415,
            "the service takes SOAP messages, text/xml\n",
        )),
    }
}

/// Turns a caller away, and tells the operator whose certificate it was: on a Friday afternoon
/// that is what they need to know.
pub(super) fn denied<T, C>(trail: &mut Trail, why: Stranger) -> Answer<T, C> {
    tracing::warn!(
        reason = %why,
        certificate = trail.common_name(),
        client = trail.client.as_ref().map(|client| client.name.as_str()),
        "caller turned away"
    );
    fault(trail, Fault::access_denied(why.to_string()))
}

pub(super) fn no_caller<T, C>(trail: &mut Trail, why: CallerError) -> Answer<T, C> {
    let text = why.to_string();
    fault(
        trail,
        match why {
            CallerError::NoOrganisation => Fault::access_denied(text),
            CallerError::Malformed(_) | CallerError::Conflict(_) => Fault::invalid(text),
        },
    )
}

/// A fault, and why on the trail.
pub(crate) fn fault<T, C>(trail: &mut Trail, fault: Fault) -> Answer<T, C> {
    trail.note(fault.diagnostic.clone());
    fault.into()
}

/// What is answered instead when the audit event could not be written.
pub(super) fn withheld<T, C: Code>(knows_operation: bool, error: &StoreError) -> Answer<T, C> {
    match (error, knows_operation) {
        (StoreError::Busy | StoreError::Full, _) => Answer::Fault(Fault::retryable(
            "the request could not be recorded now; send it again later",
        )),
        (_, true) => Answer::Code(C::FAILURE),
        (_, false) => Answer::Fault(Fault::server_failure("the request could not be recorded")),
    }
}
