//! The bare mutual-TLS server: hyper on rustls, as their documentation has it, and nothing of ours.
//!
//! What the product is held against must not be made of the product. A bare server on our own
//! listener would hide what that listener costs, and would get faster with it, so that a better
//! listener made for a worse ratio.
#![allow(
    clippy::disallowed_methods,
    reason = "the yardstick stands outside the seam on purpose"
)]

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Bytes of every answer
    #[arg(long)]
    bytes: usize,
    /// Port on loopback
    #[arg(long)]
    port: u16,
    /// PEM file of the server's certificate
    #[arg(long)]
    certificate: PathBuf,
    /// PEM file of its key
    #[arg(long)]
    key: PathBuf,
    /// PEM file of the clients' authorities
    #[arg(long)]
    authorities: PathBuf,
}

impl Arguments {
    /// Every client shows a certificate of the authorities.
    fn tls(&self) -> Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut authorities = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&self.authorities)? {
            authorities.add(certificate?)?;
        }
        let authorities = Arc::new(authorities);
        let verifier =
            WebPkiClientVerifier::builder_with_provider(authorities, provider.clone()).build()?;
        let chain = CertificateDer::pem_file_iter(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.collect::<Result<_, _>>()?, key)?;
        Ok(config)
    }
}

/// Serves until the process is ended.
pub(crate) async fn serve(arguments: &Arguments) -> Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(arguments.tls().context("the bare server's TLS")?));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await?;
    let answer = Bytes::from(vec![b'x'; arguments.bytes]);
    crate::report::line("{\"ready\":true}")?;
    loop {
        let (stream, _) = listener.accept().await?;
        let (acceptor, answer) = (acceptor.clone(), answer.clone());
        // A connection that fails is noticed at its other end, by the load.
        tokio::spawn(async move { connection(stream, &acceptor, answer).await.ok() });
    }
}

async fn connection(stream: TcpStream, acceptor: &TlsAcceptor, answer: Bytes) -> Result<()> {
    stream.set_nodelay(true)?;
    let stream = acceptor.accept(stream).await?;
    let service = service_fn(|request| same_bytes(request, answer.clone()));
    let connection = hyper::server::conn::http1::Builder::new();
    Ok(connection
        .serve_connection(TokioIo::new(stream), service)
        .await?)
}

/// Takes the whole request, then answers.
async fn same_bytes(
    request: Request<Incoming>,
    answer: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // What cannot be read ends the connection by itself.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(answer));
    let content = hyper::header::HeaderValue::from_static("text/xml; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content);
    Ok(response)
}
