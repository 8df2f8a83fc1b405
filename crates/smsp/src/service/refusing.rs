//! Saying no before there is an operation to say it.

use domain::code::smsp::ResponseCode;
use itk::envelope::CallerError;
use itk::fault::Fault;
use itk::scr::PayloadError;
use store::StoreError;
use transport::{Request, Response};

use super::PATH;
use crate::registry::Stranger;
use crate::trail::Trail;
use crate::verdict::Answer;

/// What is no message to this service at all.
pub(super) fn refuse_at_the_door(request: &Request) -> Option<Response> {
    if request.path != PATH {
        return Some(Response::text(
            404,
            "there is nothing here; the service is at /smsp/scr\n",
        ));
    }
    if request.method != "POST" {
        let refused = Response::text(405, "the service takes POST only; its WSDL is at ?wsdl\n");
        return Some(refused.with_header("Allow", "POST"));
    }
    let says_xml = request
        .header("content-type")
        .is_none_or(|t| t.to_ascii_lowercase().contains("xml"));
    let looks_like_xml = {
        let body = request
            .body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&request.body);
        body.trim_ascii_start().first() == Some(&b'<')
    };
    match says_xml || looks_like_xml {
        true => None,
        false => Some(Response::text(
            415,
            "the service takes SOAP messages, text/xml\n",
        )),
    }
}

/// Turns a caller away, and tells the operator whose certificate it was: on a Friday afternoon
/// that is what they need to know.
pub(super) fn denied(trail: &mut Trail, why: Stranger) -> Answer {
    tracing::warn!(
        reason = %why,
        certificate = trail.common_name(),
        client = trail.client.as_ref().map(|client| client.name.as_str()),
        "caller turned away"
    );
    fault(trail, Fault::access_denied(why.to_string()))
}

pub(super) fn no_caller(trail: &mut Trail, why: CallerError) -> Answer {
    let text = why.to_string();
    fault(
        trail,
        match why {
            CallerError::NoOrganisation => Fault::access_denied(text),
            CallerError::Malformed(_) | CallerError::Conflict(_) => Fault::invalid(text),
        },
    )
}

pub(super) fn fault(trail: &mut Trail, fault: Fault) -> Answer {
    trail.note(fault.diagnostic.clone());
    fault.into()
}

pub(super) fn bad_payload(trail: &mut Trail, error: PayloadError) -> Answer {
    match error {
        PayloadError::Schema(error) => fault(trail, Fault::from(error)),
        PayloadError::Content(why) => {
            trail.note(why);
            ResponseCode::InputValidation.into()
        }
    }
}

/// What is answered instead when the audit event could not be written.
pub(super) fn withheld(trail: &Trail, error: &StoreError) -> Answer {
    match (error, trail.operation) {
        (StoreError::Busy | StoreError::Full, _) => Answer::Fault(Fault::retryable(
            "the request could not be recorded now; send it again later",
        )),
        (_, Some(_)) => Answer::Code(ResponseCode::Failure),
        (_, None) => Answer::Fault(Fault::server_failure("the request could not be recorded")),
    }
}
