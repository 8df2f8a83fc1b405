//! One connection, from accept to close.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use metrics::Gauge;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::timed::{Activity, Timed};
use super::{Ending, Shared, Stage, Tls, exchange};
use crate::tls::{explain, witness};
use crate::wire::{Wire, wire};
use crate::{Callers, Peer, PeerCertificate};

/// Serves a connection until either side ends it.
pub(super) async fn serve(shared: &Arc<Shared>, stream: TcpStream, address: SocketAddr) {
    let _open = Open::new(&shared.counts.open);
    // Read before the configuration: a reload in between makes this connection an old one.
    let stage = *shared.stage.borrow();
    let stream = wire(stream);
    let Some(tls) = &shared.tls else {
        return http(
            shared,
            stream,
            Peer {
                certificate: None,
                address,
            },
            stage,
        )
        .await;
    };
    if let Some((stream, certificate)) = handshake(shared, tls, stream, address).await {
        let peer = Peer {
            certificate: certificate.map(Arc::new),
            address,
        };
        http(shared, stream, peer, stage).await;
    }
}

/// The TLS handshake, and the certificate of a certified caller. `None`: it failed, which has been
/// logged and counted.
async fn handshake(
    shared: &Shared,
    tls: &Tls,
    stream: Wire,
    address: SocketAddr,
) -> Option<(TlsStream<Wire>, Option<PeerCertificate>)> {
    let accept = TlsAcceptor::from(tls.config.load_full())
        .accept(stream)
        .into_fallible();
    let limited = timeout(shared.limits.handshake_timeout, accept);
    let (outcome, refused) = witness::watching(limited).await;
    match outcome {
        Ok(Ok(stream)) if tls.callers == Callers::Anybody => Some((stream, None)),
        Ok(Ok(stream)) => {
            let certificate = stream
                .get_ref()
                .1
                .peer_certificates()
                .and_then(|chain| chain.first());
            let certificate = certificate.and_then(|der| PeerCertificate::from_der(der));
            if certificate.is_none() {
                failed(
                    shared,
                    address,
                    "bad_certificate",
                    "the client's certificate is unreadable",
                );
            }
            certificate.map(|certificate| (stream, Some(certificate)))
        }
        Ok(Err((error, stream))) => {
            let explained = explain::client(&error, refused.as_ref());
            failed(shared, address, explained.label, &explained.text);
            let _ = timeout(shared.limits.linger, deliver_alert(stream)).await;
            None
        }
        Err(_) => {
            failed(
                shared,
                address,
                "timeout",
                "the client did not finish the handshake in time",
            );
            None
        }
    }
}

fn failed(shared: &Shared, address: SocketAddr, label: &'static str, reason: &str) {
    metrics::counter!("minispine_handshake_failures_total",
        "listener" => shared.name, "reason" => label)
    .increment(1);
    // Port scans and health probes of load balancers connect and leave; they are no news.
    if label == "closed" {
        tracing::debug!(listener = shared.name, peer = %address, reason, "no TLS handshake");
    } else {
        tracing::warn!(listener = shared.name, peer = %address, reason, "TLS handshake refused");
    }
}

/// Lets the client read why it was refused: closing on unread data would take the alert back.
async fn deliver_alert(mut stream: Wire) {
    let _ = stream.shutdown().await;
    let mut dropped = [0; 1024];
    while matches!(stream.read(&mut dropped).await, Ok(read) if read > 0) {}
}

/// Requests and answers, until the connection ends, has to end, or is cut.
async fn http<S>(shared: &Arc<Shared>, stream: S, peer: Peer, stage: Stage)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let address = peer.address;
    let activity = Arc::new(Activity::default());
    let io = TokioIo::new(Timed::new(stream, activity.clone(), &shared.limits));
    let service = service_fn(|request| {
        exchange::answer(shared.clone(), peer.clone(), activity.clone(), request)
    });
    let connection = http1::Builder::new()
        // `Timed` keeps the time of headers: hyper's own counts idle time as well.
        .header_read_timeout(None)
        .max_headers(shared.limits.headers)
        .max_header_size(shared.limits.header_bytes)
        .serve_connection(io, service);
    let mut connection = pin!(connection);
    let mut must_end = pin!(must_end(shared, stage));
    let mut cut = pin!(reaches(shared, |stage| stage.ending == Ending::Cut));
    let mut ending = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(listener = shared.name, peer = %address, %error,
                        "connection ended");
                }
                return;
            }
            () = &mut must_end, if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = &mut cut => return,
        }
    }
}

/// Waits until the connection has to end after its current request: it is old, its certificates
/// have been replaced, or the listener stops.
async fn must_end(shared: &Shared, started: Stage) {
    tokio::select! {
        () = reaches(shared, |now| now.ending != Ending::No || now.epoch != started.epoch) => {}
        () = sleep(shared.limits.connection_age) => {}
    }
}

async fn reaches(shared: &Shared, wanted: impl FnMut(&Stage) -> bool) {
    // The sender lives in `shared`, so this cannot fail.
    let _ = shared.stage.subscribe().wait_for(wanted).await;
}

/// Counts a connection while it is open.
struct Open<'a>(&'a Gauge);

impl<'a> Open<'a> {
    fn new(gauge: &'a Gauge) -> Self {
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}
