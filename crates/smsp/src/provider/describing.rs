//! `GET` with `?wsdl` and `?xsd=NAME`: what the service takes and answers, for tools.
//!
//! They hold nothing of anybody, so they are not audited; but they are for registered clients, like
//! everything here.

use transport::{Request, Response};

use super::Provider;
use crate::face::Place;

/// The name of the WSDL among the documents.
const WSDL: &str = "wsdl";

impl Provider {
    /// The description that is asked for; `None` when none is.
    pub(super) fn describe(&self, place: Place<'_>, request: &Request) -> Option<Response> {
        if request.path != place.path || request.method != "GET" {
            return None;
        }
        let name = name_of(&request.query)?;
        let certificate = request.peer.certificate.as_deref();
        if let Err(why) = self.clients.identify(certificate) {
            let certificate = certificate.map(|certificate| certificate.common_name.as_str());
            tracing::warn!(reason = %why, certificate, "description refused");
            return Some(Response::text(403, format!("{why}\n")));
        }
        Some(match itk::wsdl::document(place.face, name, place.url) {
            Some((content_type, text)) => Response::new(200, content_type, text),
            None => Response::text(404, "there is no schema of that name; see ?wsdl\n"),
        })
    }
}

/// The name of the document a query asks for.
fn name_of(query: &str) -> Option<&str> {
    if query.eq_ignore_ascii_case(WSDL) {
        return Some(WSDL);
    }
    query
        .strip_prefix("xsd=")
        .filter(|name| !name.is_empty() && *name != WSDL)
}
