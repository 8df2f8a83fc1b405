//! Callers that are turned away, as the operator is told of them.

use sds::Unregistered;
use transport::Request;

/// Says who was turned away, by the name in their certificate: that is what an operator has to
/// register, or has to ask about.
pub(crate) fn tell(why: &Unregistered, http: &Request) {
    let certificate = http.peer.certificate.as_deref();
    tracing::warn!(
        reason = %why,
        certificate = certificate.map(|certificate| certificate.common_name.as_str()),
        "caller turned away"
    );
}
