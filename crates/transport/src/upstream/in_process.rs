//! An upstream without a network: the same bytes, handed to a handler.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Upstream, UpstreamError, UpstreamRequest, UpstreamResponse};
use crate::{BoxFuture, Ending, Handler, Headers, Peer, PeerCertificate, Request};

/// Calls a handler in this process with the bytes that would go over the network. For tests and
/// simulation. No time-outs and no limits apply.
pub struct InProcess {
    handler: Arc<dyn Handler>,
    path: String,
    peer: Peer,
}

impl InProcess {
    /// Calls `handler` as `peer`; `path` is the one used for requests without their own.
    pub fn new(handler: Arc<dyn Handler>, path: impl Into<String>, peer: Peer) -> Self {
        Self {
            handler,
            path: path.into(),
            peer,
        }
    }
}

impl Peer {
    /// A caller from loopback with this certificate, for calls that cross no network.
    pub fn local(certificate: Option<PeerCertificate>) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            certificate: certificate.map(Arc::new),
            address,
        }
    }
}

impl Upstream for InProcess {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async move {
            let target = if request.path.is_empty() {
                &self.path
            } else {
                &request.path
            };
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let mut headers = Headers::default();
            for (name, value) in &request.headers {
                if !headers.add(name, value) {
                    return Err(UpstreamError::Closed(format!(
                        "header {name} cannot be sent"
                    )));
                }
            }
            let request = Request {
                method: request.method.name().to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                headers,
                body: request.body,
                peer: self.peer.clone(),
            };
            let response = self.handler.handle(request).await;
            if response.ending != Ending::Whole {
                let broken = "the connection closed before the whole answer was there";
                return Err(UpstreamError::Closed(broken.to_owned()));
            }
            let content_type = response
                .header("content-type")
                .unwrap_or_default()
                .to_owned();
            let mut answered = Headers::default();
            for (name, value) in &response.headers {
                answered.add(name, value);
            }
            Ok(UpstreamResponse {
                status: response.status,
                content_type,
                headers: answered,
                body: response.body,
            })
        })
    }
}
