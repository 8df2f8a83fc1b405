//! What a service sees of HTTP: a whole request in, a whole response out.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::Peer;

/// A boxed future, so that handlers and upstreams can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Answers requests. A handler that panics is answered for with 500; one whose client goes away
/// or whose time is up is dropped where it waits, so it must be safe to stop at any `await`.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: Request) -> BoxFuture<'_, Response>;

    /// What the listener answers without asking the handler (too large, too slow, too many, broken
    /// off, 500 after a panic), in the interface's own form. It is plain text unless a handler says
    /// otherwise.
    fn worded(&self, plain: Response) -> Response {
        plain
    }
}

/// A request, complete with its body.
#[derive(Debug, Clone)]
pub struct Request {
    /// Such as `POST`.
    pub method: String,
    /// The path as sent, percent-encoding and all; never empty.
    pub path: String,
    /// What followed the question mark, without it; often empty.
    pub query: String,
    /// The header lines.
    pub headers: Headers,
    /// The whole body.
    pub body: Bytes,
    /// Who sent it.
    pub peer: Peer,
}

impl Request {
    /// The value of a header, by its name in any case: the first when it is repeated, `None` when
    /// it is absent or not plain ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.first(name)
    }
}

/// Header lines by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(HeaderMap);

impl Headers {
    /// The first value of a header, by its name in any case.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    /// All values of a header, in order; those that are not plain ASCII are left out.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .get_all(name)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
    }

    /// Adds a line. Returns whether name and value can be sent; if not, nothing is added.
    pub fn add(&mut self, name: &str, value: &str) -> bool {
        let name = HeaderName::from_bytes(name.as_bytes());
        let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) else {
            return false;
        };
        self.0.try_append(name, value).is_ok()
    }
}

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        Self(map)
    }
}

/// A response, complete with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code, 200 to 599.
    pub status: u16,
    /// Header lines. `Content-Length`, `Date` and `Connection` are added on the way out.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body.
    pub body: Bytes,
    /// How much of all this is sent.
    pub ending: Ending,
}

/// How a response ends. Services answer whole; the others are for rehearsing failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// As HTTP has it.
    #[default]
    Whole,
    /// Not a byte is sent: the connection closes.
    Dropped,
    /// The whole body is announced, so many bytes of it are sent, then the connection closes.
    CutAfter(usize),
}

impl Response {
    /// A response with a body of some type, such as `text/xml; charset=utf-8`.
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self {
            status,
            headers,
            body: body.into(),
            ending: Ending::Whole,
        }
    }

    /// No response: the connection closes. In logs and metrics it has status 499.
    pub fn dropped() -> Self {
        Self {
            ending: Ending::Dropped,
            ..Self::text(499, "")
        }
    }

    /// The same, broken off after so many bytes of its body.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::CutAfter(bytes);
        self
    }

    /// A response that is a line or two of text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body.into())
    }

    /// With one more header line.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The first value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        line.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case() {
        let mut headers = Headers::default();
        assert!(headers.add("SOAPAction", "\"urn:one\""));
        assert!(headers.add("soapaction", "urn:two"));
        assert_eq!(headers.first("SoapAction"), Some("\"urn:one\""));
        assert_eq!(
            headers.all("SOAPACTION").collect::<Vec<_>>(),
            ["\"urn:one\"", "urn:two"]
        );
        assert_eq!(headers.first("absent"), None);
        assert_eq!(headers.first("not a name"), None);
    }

    #[test]
    fn what_cannot_be_sent_is_not_added() {
        let mut headers = Headers::default();
        assert!(!headers.add("na me", "value"));
        assert!(!headers.add("name", "line\r\nbreak"));
        assert_eq!(headers.first("name"), None);
    }
}
