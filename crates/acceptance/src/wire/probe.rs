//! A connector for what a proper client never does: each request on a connection of its own, by
//! any method, with no certificate or with one that nobody knows.
//!
//! The service's certificate is checked as always.

// The product goes through `transport`, whose connector cannot be made to misbehave. This one is
// for misbehaving, so it opens its connections itself.
#![allow(
    clippy::disallowed_methods,
    reason = "a probe sends what the product's connector never would"
)]

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use transport::{Environment, files, pki};

use super::{Reply, headers};
use crate::scenario::{Carry, Identity};
use crate::target::Target;

/// Where to, and as whom.
pub(super) struct Probe {
    host: String,
    port: u16,
    authority: String,
    path: String,
    name: ServerName<'static>,
    own: Arc<ClientConfig>,
    absent: Arc<ClientConfig>,
    stranger: Arc<ClientConfig>,
    connect: Duration,
    answer: Duration,
    answer_bytes: usize,
}

type Identified = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Probe {
    pub(super) fn new(target: &Target, env: &Environment) -> Result<Self, String> {
        let url = &target.url;
        let uri: Uri = url.parse().map_err(|_| format!("{url} is not a URL"))?;
        let authority = uri.authority().ok_or(format!("{url} has no host"))?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let name = target.server_name.clone().unwrap_or_else(|| host.clone());
        let name = ServerName::try_from(name).map_err(|error| format!("{url}: {error}"))?;
        let roots = roots(target)?;
        Ok(Self {
            own: config(&roots, Some(own(target)?))?,
            absent: config(&roots, None)?,
            stranger: config(&roots, Some(stranger(env)?))?,
            port: authority.port_u16().unwrap_or(443),
            authority: authority.as_str().to_owned(),
            path: uri.path().to_owned(),
            host,
            name,
            connect: target.limits.connect,
            answer: target.limits.answer,
            answer_bytes: target.limits.answer_bytes,
        })
    }

    /// The path of the target's URL.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) async fn send(&self, carry: &Carry, path: &str, body: Vec<u8>) -> Reply {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = match timeout(self.connect, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Reply::Unreachable(error.to_string()),
            Err(_) => return Reply::Unreachable("no connection in time".to_owned()),
        };
        let config = match carry.identity {
            Identity::Own => &self.own,
            Identity::Absent => &self.absent,
            Identity::Stranger => &self.stranger,
        };
        let connector = TlsConnector::from(Arc::clone(config));
        let handshake = connector.connect(self.name.clone(), stream);
        let stream = match timeout(self.connect, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return broken(&error),
            Err(_) => return Reply::Closed("the handshake took too long".to_owned()),
        };
        match timeout(self.answer, self.exchange(stream, carry, path, body)).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => broken(&*error),
            Err(_) => Reply::Late("no answer in time".to_owned()),
        }
    }

    async fn exchange(
        &self,
        stream: tokio_rustls::client::TlsStream<TcpStream>,
        carry: &Carry,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Reply, Box<dyn Error + Send + Sync>> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let running = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(carry.method)
            .uri(path)
            .header(HOST, &self.authority);
        for (name, value) in headers(carry) {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        let response = match sender.send_request(request).await {
            Ok(response) => response,
            Err(error) => {
                // What ended the connection may say more than that it ended.
                let last_words = running.await.ok().and_then(Result::err);
                return Err(last_words.unwrap_or(error).into());
            }
        };
        let (head, body) = response.into_parts();
        let content_type = head.headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let body = match Limited::new(body, self.answer_bytes).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Ok(Reply::TooLarge("the answer is too large".to_owned()));
            }
            Err(error) => return Err(error),
        };
        Ok(Reply::Http {
            status: head.status.as_u16(),
            content_type: content_type.unwrap_or_default().to_owned(),
            body,
        })
    }
}

/// TLS, when it is in the chain of causes; else the connection ended.
fn broken(error: &(dyn Error + 'static)) -> Reply {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Reply::Tls(tls.to_string());
        }
        // An i/o error does not name the error inside it as its source.
        let inside = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(tls) = inside.and_then(|inside| inside.downcast_ref::<rustls::Error>()) {
            return Reply::Tls(tls.to_string());
        }
        next = cause.source();
    }
    Reply::Closed(error.to_string())
}

fn config(
    roots: &Arc<RootCertStore>,
    identity: Option<Identified>,
) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(Arc::clone(roots));
    let mut config = match identity {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| error.to_string())?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

fn roots(target: &Target) -> Result<Arc<RootCertStore>, String> {
    let path = &target.tls.authorities;
    let pem = files::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let added = certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
        added.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(Arc::new(roots))
}

fn own(target: &Target) -> Result<Identified, String> {
    let (certificate, key) = (&target.tls.certificate, &target.tls.key);
    let read = |path: &std::path::Path| {
        files::read(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    identified(&read(certificate)?, &read(key)?)
}

/// An authority made for this run, and a certificate of it. Its key stays in memory.
fn stranger(env: &Environment) -> Result<Identified, String> {
    let authority = pki::Authority::create("Acceptance test, nobody's authority", env);
    let authority = authority.map_err(|error| error.to_string())?;
    let request = pki::IssueRequest {
        common_name: "stranger.example".to_owned(),
        client: true,
        ..pki::IssueRequest::default()
    };
    let issued = authority.issue(&request, env);
    let issued = issued.map_err(|error| error.to_string())?;
    identified(issued.certificate_pem.as_bytes(), issued.key_pem.as_bytes())
}

fn identified(certificate: &[u8], key: &[u8]) -> Result<Identified, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| error.to_string())?;
    Ok((chain, key))
}
