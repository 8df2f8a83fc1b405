//! Calls from pages in a browser: off unless origins are configured.

use transport::{Request, Response};

use crate::media::JSON;

/// The answer to a preflight, if it is one and its origin is allowed.
pub(super) fn preflight(origins: &[String], request: &Request) -> Option<Response> {
    if request.method != "OPTIONS" || request.header("access-control-request-method").is_none() {
        return None;
    }
    allowed(origins, request)?;
    let response = Response::new(200, JSON, "")
        .with_header(
            "access-control-allow-headers",
            "origin, x-requested-with, accept, content-type, authorization, nhsd-session-urid, \
             x-request-id, x-correlation-id",
        )
        .with_header("access-control-max-age", "3628800")
        .with_header("access-control-allow-methods", "GET, PUT, POST, DELETE");
    Some(allowing(origins, request, response))
}

/// The answer, for a page of an allowed origin to read.
pub(super) fn allowing(origins: &[String], request: &Request, response: Response) -> Response {
    match allowed(origins, request) {
        None => response,
        Some(origin) => response
            .with_header("access-control-allow-origin", origin)
            .with_header(
                "access-control-expose-headers",
                "x-request-id, x-correlation-id, retry-after",
            )
            .with_header("vary", "origin"),
    }
}

fn allowed<'a>(origins: &[String], request: &'a Request) -> Option<&'a str> {
    let origin = request.header("origin")?;
    let is_allowed = |known: &String| known == "*" || known == origin;
    origins.iter().any(is_allowed).then_some(origin)
}
