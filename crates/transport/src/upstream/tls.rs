//! The connector: requests to one service over pooled mutual-TLS connections.
//!
//! It has its own small pool instead of a general HTTP client, because it has one address and one
//! identity, and because it must know two things for certain: in which phase the time ran out, and
//! whether a byte of a request may have been sent.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Method, Uri};
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::pool::{Connection, Pool};
use super::{Upstream, UpstreamError, UpstreamRequest, UpstreamResponse, UpstreamSettings};
use crate::body::{self, BodyError};
use crate::tls::{Stamps, explain, witness};
use crate::wire::wire;
use crate::{BoxFuture, PeerCertificate, TransportError, pki};

/// One other service, called over mutual TLS as one identity.
///
/// Connections are kept open and used again. The certificate files are looked at for a change when
/// a request is sent; after one, new connections are made with the new files.
pub struct TlsUpstream {
    settings: UpstreamSettings,
    target: Target,
    current: ArcSwap<Current>,
    looked_at: Mutex<Instant>,
    requests: Semaphore,
    counts: Counts,
}

/// Where to.
struct Target {
    host: String,
    port: u16,
    /// Host and port as in the URL, for messages.
    authority: String,
    /// The same as the `Host` line.
    host_line: HeaderValue,
    path: Uri,
    name: ServerName<'static>,
}

/// What every exchange counts, looked up once.
struct Counts {
    answered: metrics::Counter,
    seconds: metrics::Histogram,
}

/// What the certificate files gave, and the connections made with it.
struct Current {
    connector: TlsConnector,
    ours: PeerCertificate,
    stamps: Stamps,
    pool: Pool,
}

impl TlsUpstream {
    /// Reads the files and checks the URL. Nothing is connected yet.
    pub fn new(settings: UpstreamSettings) -> Result<Self, TransportError> {
        crate::telemetry::metrics();
        let target = Target::of(&settings.url, settings.server_name.as_deref())?;
        Ok(Self {
            counts: Counts::of(&target.authority),
            target,
            current: ArcSwap::from_pointee(Current::load(&settings)?),
            looked_at: Mutex::new(Instant::now()),
            requests: Semaphore::new(settings.concurrency.min(Semaphore::MAX_PERMITS)),
            settings,
        })
    }

    /// Whether requests could be sent to this URL, as far as it tells.
    pub fn check_url(url: &str) -> Result<(), TransportError> {
        Target::of(url, None).map(|_| ())
    }

    /// Reads the files again and uses them for new connections; running requests finish on theirs.
    /// When the files cannot be used nothing changes.
    pub fn reload(&self) -> Result<(), TransportError> {
        self.current.store(Arc::new(Current::load(&self.settings)?));
        tracing::info!(upstream = self.target.authority, "TLS files reloaded");
        Ok(())
    }

    async fn exchange(&self, request: UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let deadline = Instant::now() + self.settings.total_timeout;
        let mut request = self.target.request(request)?;
        let waiting = self.requests.acquire();
        let _permit = within("queue", self.settings.total_timeout, deadline, waiting).await?;
        let current = self.current();
        loop {
            let (mut connection, used) = self.connection(&current, deadline).await?;
            let sending = connection.sender.try_send_request(request);
            let limit = self.settings.response_timeout;
            match within("response", limit, deadline, sending).await? {
                Ok(response) => return self.finish(&current, connection, response, deadline).await,
                // The service closed its end of a kept connection; nothing had been sent.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if used => request = unsent,
                    _ => return Err(self.broken(error.into_error(), connection, &current).await),
                },
            }
        }
    }

    /// A kept connection, or a new one; and whether it has been used before.
    async fn connection(
        &self,
        current: &Current,
        deadline: Instant,
    ) -> Result<(Connection, bool), UpstreamError> {
        while let Some(mut kept) = current.pool.take() {
            // Its task may not have noticed yet that the last answer has been read.
            let ready = kept.sender.ready();
            if within("connect", self.settings.connect_timeout, deadline, ready)
                .await?
                .is_ok()
            {
                return Ok((kept, true));
            }
        }
        // Boxed, because it is rare and large: every exchange would carry the room for a handshake.
        let connected = Box::pin(self.connect(current, deadline)).await?;
        Ok((connected, false))
    }

    async fn connect(
        &self,
        current: &Current,
        deadline: Instant,
    ) -> Result<Connection, UpstreamError> {
        let limit = self.settings.connect_timeout;
        let stream = within("connect", limit, deadline, self.target.tcp()).await??;
        let name = self.target.name.clone();
        let handshake = current.connector.connect(name, wire(stream));
        let limited = within("handshake", limit, deadline, handshake);
        let (outcome, refused) = witness::watching(limited).await;
        let stream = outcome?.map_err(|error| self.refused(&error, refused.as_ref(), current))?;
        Connection::start(stream)
            .await
            .map_err(|error| UpstreamError::Closed(chain(&error)))
    }

    /// Reads the answer and keeps the connection for the next request.
    async fn finish(
        &self,
        current: &Current,
        connection: Connection,
        response: hyper::Response<Incoming>,
        deadline: Instant,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let (head, body) = response.into_parts();
        let limit = self.settings.body_bytes;
        let reading = body::collect(body, limit);
        let body = match within("body", self.settings.total_timeout, deadline, reading).await? {
            Ok(body) => body,
            Err(BodyError::TooLarge) => return Err(UpstreamError::TooLarge { limit }),
            Err(BodyError::Broken(error)) => {
                return Err(self.broken(error, connection, current).await);
            }
        };
        current.pool.put(connection);
        let content_type = head
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        Ok(UpstreamResponse {
            status: head.status.as_u16(),
            content_type: content_type.unwrap_or_default().to_owned(),
            headers: head.headers.into(),
            body,
        })
    }

    /// The handshake failed.
    fn refused(
        &self,
        error: &io::Error,
        refused: Option<&PeerCertificate>,
        current: &Current,
    ) -> UpstreamError {
        let authority = &self.target.authority;
        UpstreamError::Tls(match explain::tls_error(error) {
            Some(error) => format!(
                "{authority}: {}",
                explain::service(error, refused, &current.ours)
            ),
            None => format!("{authority}: the service ended the handshake ({error})"),
        })
    }

    /// The connection broke. In TLS 1.3 a service that refuses our certificate says so only after
    /// our side has finished the handshake, so that may be the reason. Any other trouble with TLS
    /// may have come after the request.
    async fn broken(
        &self,
        error: hyper::Error,
        connection: Connection,
        current: &Current,
    ) -> UpstreamError {
        let authority = &self.target.authority;
        let last_words = connection.last_words().await;
        let tls = explain::tls_error(&error).or_else(|| {
            last_words
                .as_ref()
                .and_then(|words| explain::tls_error(words))
        });
        match tls.filter(|tls| explain::refuses_us(tls)) {
            Some(tls) => UpstreamError::Tls(format!(
                "{authority}: {}",
                explain::service(tls, None, &current.ours)
            )),
            None => UpstreamError::Closed(format!(
                "{authority} ended it before the whole answer was there ({})",
                chain(last_words.as_ref().unwrap_or(&error))
            )),
        }
    }

    /// The configuration to use, read again when the files have changed.
    fn current(&self) -> Arc<Current> {
        if self.time_to_look() && self.settings.tls.stamps() != self.current.load().stamps {
            let outcome = self.reload();
            if let Err(error) = outcome {
                tracing::error!(upstream = self.target.authority, %error,
                    "changed TLS files cannot be used; the old ones stay in use");
            }
        }
        self.current.load_full()
    }

    fn time_to_look(&self) -> bool {
        let mut looked_at = self
            .looked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let due = looked_at.elapsed() >= self.settings.reload_poll;
        if due {
            *looked_at = Instant::now();
        }
        due
    }

    fn record(&self, outcome: &Result<UpstreamResponse, UpstreamError>, taken: Duration) {
        match outcome {
            Ok(_) => self.counts.answered.increment(1),
            Err(error) => requests_total(&self.target.authority, error.kind()).increment(1),
        }
        self.counts.seconds.record(taken);
    }
}

impl Upstream for TlsUpstream {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async move {
            let started = Instant::now();
            let outcome = self.exchange(request).await;
            self.record(&outcome, started.elapsed());
            outcome
        })
    }
}

impl Counts {
    fn of(authority: &str) -> Self {
        Self {
            answered: requests_total(authority, "answered"),
            seconds: metrics::histogram!("minispine_upstream_seconds",
                "upstream" => authority.to_owned()),
        }
    }
}

/// The number of requests that ended so.
fn requests_total(authority: &str, outcome: &'static str) -> metrics::Counter {
    metrics::counter!("minispine_upstream_requests_total",
        "upstream" => authority.to_owned(), "outcome" => outcome)
}

impl Current {
    fn load(settings: &UpstreamSettings) -> Result<Self, TransportError> {
        let files = &settings.tls;
        let stamps = files.stamps();
        let config = files.client_config()?;
        let unusable = |reason: String| TransportError::Unusable {
            path: files.certificate.clone(),
            reason,
        };
        let pem = crate::files::read(&files.certificate).map_err(|e| unusable(e.to_string()))?;
        let described = pki::describe(pem).map_err(|error| unusable(error.to_string()))?;
        let ours = described.into_iter().next();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            ours: ours.ok_or_else(|| unusable("there is no certificate in it".to_owned()))?,
            stamps,
            pool: Pool::new(settings.max_idle, settings.idle_timeout),
        })
    }
}

impl Target {
    fn of(url: &str, server_name: Option<&str>) -> Result<Self, TransportError> {
        let wrong = |reason: &str| TransportError::Url {
            url: url.to_owned(),
            reason: reason.to_owned(),
        };
        let uri: Uri = url.parse().map_err(|_| wrong("this is not a URL"))?;
        if uri.scheme_str() != Some("https") {
            return Err(wrong("the URL must begin with https://"));
        }
        let authority = uri
            .authority()
            .ok_or_else(|| wrong("the URL has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a URL with a user name is not supported"));
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = server_name.map_or_else(|| host.clone(), str::to_owned);
        let name = ServerName::try_from(name)
            .map_err(|_| wrong("the host or server name is neither a DNS name nor an address"))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let host_line = HeaderValue::from_str(authority.as_str());
        Ok(Self {
            host,
            port: port(authority).ok_or_else(|| wrong("the port must be from 1 to 65535"))?,
            authority: authority.as_str().to_owned(),
            host_line: host_line.map_err(|_| wrong("the host cannot be sent"))?,
            path: path.parse().map_err(|_| wrong("the path cannot be sent"))?,
            name,
        })
    }

    fn request(
        &self,
        request: UpstreamRequest,
    ) -> Result<hyper::Request<Full<Bytes>>, UpstreamError> {
        let unsendable = |what: &str| UpstreamError::Closed(format!("{what} cannot be sent"));
        let path = match request.path.as_str() {
            "" => self.path.clone(),
            path if !path.starts_with('/') => {
                return Err(unsendable("a path that is not absolute"));
            }
            path => path.parse().map_err(|_| unsendable("this path"))?,
        };
        let mut out = hyper::Request::new(Full::new(request.body));
        *out.method_mut() = match request.method {
            super::Method::Post => Method::POST,
            super::Method::Get => Method::GET,
            super::Method::Put => Method::PUT,
        };
        *out.uri_mut() = path;
        let headers = out.headers_mut();
        headers.insert(HOST, self.host_line.clone());
        for (name, value) in request.headers {
            let value = HeaderValue::from_maybe_shared(Bytes::from(value));
            match (HeaderName::from_bytes(name.as_bytes()), value) {
                (Ok(name), Ok(value)) => headers.append(name, value),
                _ => return Err(unsendable(&format!("header {name}"))),
            };
        }
        Ok(out)
    }

    async fn tcp(&self) -> Result<TcpStream, UpstreamError> {
        let Self {
            host, authority, ..
        } = self;
        let found = lookup_host((host.as_str(), self.port)).await;
        let addresses: Vec<SocketAddr> = found.map(Iterator::collect).map_err(|error| {
            UpstreamError::Connect(format!("the name {host} cannot be looked up ({error})"))
        })?;
        TcpStream::connect(addresses.as_slice()).await.map_err(|error| {
            UpstreamError::Connect(match error.kind() {
                io::ErrorKind::ConnectionRefused => format!(
                    "{authority} refuses it: nothing listens there (the service is down, or host \
                     or port is wrong)"
                ),
                _ => format!("{authority} cannot be reached ({error})"),
            })
        })
    }
}

/// The port of an authority, the usual one where it gives none; nothing where no port is of that
/// number.
fn port(authority: &Authority) -> Option<u16> {
    let after_host = authority.as_str().strip_prefix(authority.host())?;
    match after_host.strip_prefix(':') {
        None | Some("") => Some(443),
        Some(digits) => digits.parse().ok().filter(|port| *port != 0),
    }
}

/// Waits no longer than a phase may take, nor past the end of all phases.
async fn within<F: Future>(
    phase: &'static str,
    limit: Duration,
    deadline: Instant,
    future: F,
) -> Result<F::Output, UpstreamError> {
    let end = deadline.min(Instant::now() + limit);
    timeout_at(end, future)
        .await
        .map_err(|_| UpstreamError::Timeout { phase })
}

/// An error and its causes on one line.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
