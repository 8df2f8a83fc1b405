//! A server that takes anybody, with or without a certificate: what `transport` cannot be made to
//! be.
#![allow(clippy::disallowed_methods, reason = "this server is none of ours")]

use std::convert::Infallible;
use std::sync::Arc;

use acceptance::{Report, Selection, run_in};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use transport::{Environment, Headers, Peer, Request};

use crate::server::{Manner, Server};
use crate::world::World;

/// A run against a server that asks nobody for a certificate, and takes bodies of any size.
pub(crate) async fn run_against_careless(manner: Manner, selection: Selection) -> Report {
    let world = World::new();
    let files = world.identity("server");
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&files.certificate)
        .expect("PEM")
        .collect();
    let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain.expect("certificates"), key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = Arc::new(Server::new(manner));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let (acceptor, server) = (acceptor.clone(), Arc::clone(&server));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = service_fn(|request| serve(Arc::clone(&server), request));
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    let target = world.target(&format!("https://localhost:{port}/smsp/scr"));
    run_in(&Environment::system(), target, selection, |_| {}).await
}

async fn serve(
    server: Arc<Server>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: Headers::from(head.headers),
        body: body.unwrap_or_default(),
        peer: Peer::local(None),
    };
    let answer = server.answer(&request);
    let mut response = hyper::Response::new(Full::new(answer.body));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).expect("a status");
    for (name, value) in answer.headers {
        let value = value.parse().expect("a header");
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
