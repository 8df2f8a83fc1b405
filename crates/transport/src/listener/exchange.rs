//! One request and its answer.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{StatusCode, Uri};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::sent::{Dropped, Sent};
use super::timed::Activity;
use super::{PIECE, Shared};
use crate::body::{self, BodyError};
use crate::telemetry::loggable;
use crate::{BoxFuture, Ending, Headers, Peer, Request, Response};

/// An answer, and whether more can come on this connection.
struct Answer {
    response: Response,
    close: bool,
}

/// Answers one request, whatever happens; counts, times and logs it. The error is no accident: the
/// handler wants the connection to close without an answer.
pub(super) async fn answer(
    shared: Arc<Shared>,
    peer: Peer,
    activity: Arc<Activity>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Sent>, Dropped> {
    let _answering = activity.answering();
    let started = shared.env.monotonic();
    let (parts, body) = request.into_parts();
    let uri = parts.uri.clone();
    let answer = match receive(&shared, body).await {
        Ok((body, _held)) => {
            let request = whole(parts, body, peer.clone());
            Answer {
                response: handle(&shared, request, &uri).await,
                close: false,
            }
        }
        Err(refused) => {
            activity.leave_unread();
            Answer {
                response: shared.handler.worded(refused),
                close: true,
            }
        }
    };
    let taken = shared.env.monotonic().saturating_sub(started);
    record(&shared, &uri, answer.response.status, taken, &peer);
    match answer.response.ending {
        Ending::Dropped => Err(Dropped),
        Ending::Whole | Ending::CutAfter(_) => Ok(outgoing(answer)),
    }
}

/// The whole body with the memory it holds, or the answer to give without it.
async fn receive(
    shared: &Shared,
    body: Incoming,
) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Response> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    let cap = shared.limits.body_bytes;
    let declared = body::declared(&body);
    if declared.is_some_and(|length| length > cap as u64) {
        return Err(too_large(cap));
    }
    // A body of unknown length may turn out as long as the cap.
    let length = declared
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(cap);
    let total = shared.limits.buffered_bytes / PIECE;
    let pieces = u32::try_from((length / PIECE + 1).min(total)).unwrap_or(u32::MAX);
    let Ok(held) = shared.buffered.try_acquire_many(pieces) else {
        return Err(busy());
    };
    match timeout(shared.limits.body_timeout, body::collect(body, cap)).await {
        Ok(Ok(body)) => Ok((body, Some(held))),
        Ok(Err(BodyError::TooLarge)) => Err(too_large(cap)),
        Ok(Err(BodyError::Broken(error))) => {
            tracing::debug!(listener = shared.name, %error, "a request body broke off");
            Err(Response::text(400, "the body is not whole\n"))
        }
        Err(_) => Err(Response::text(408, "the body took too long to arrive\n")),
    }
}

fn whole(parts: Parts, body: Bytes, peer: Peer) -> Request {
    Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: Headers::from(parts.headers),
        body,
        peer,
    }
}

async fn handle(shared: &Shared, request: Request, uri: &Uri) -> Response {
    let worded = |plain| shared.handler.worded(plain);
    let Ok(_permit) = shared.requests.try_acquire() else {
        return worded(busy());
    };
    let path = || loggable(uri.path());
    let handled = caught(|| shared.handler.handle(request));
    match timeout(shared.limits.request_timeout, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(Panicked)) => {
            tracing::error!(
                listener = shared.name,
                path = path(),
                "the handler panicked"
            );
            worded(Response::text(500, "internal error\n"))
        }
        Err(_) => {
            let limit = shared.limits.request_timeout.as_secs_f32();
            tracing::error!(
                listener = shared.name,
                path = path(),
                limit,
                "the handler is too slow"
            );
            let slow = Response::text(503, "the request took too long\n");
            worded(slow.with_header("retry-after", "1"))
        }
    }
}

struct Panicked;

/// Runs a handler so that its panic ends its request and nothing else. The handler is not asked
/// to continue after that; what it shares with other requests sits behind locks that know of
/// panics, or is not changed in place.
async fn caught<'a>(begin: impl FnOnce() -> BoxFuture<'a, Response>) -> Result<Response, Panicked> {
    let begun = catch_unwind(AssertUnwindSafe(begin));
    let mut running = begun.map_err(|_| Panicked)?;
    poll_fn(
        move |cx| match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(_) => std::task::Poll::Ready(Err(Panicked)),
        },
    )
    .await
}

fn too_large(cap: usize) -> Response {
    Response::text(413, format!("a body has at most {cap} bytes\n"))
}

fn busy() -> Response {
    Response::text(503, "too many requests at a time\n").with_header("retry-after", "1")
}

fn record(shared: &Shared, uri: &Uri, status: u16, taken: Duration, peer: &Peer) {
    metrics::counter!("minispine_requests_total",
        "listener" => shared.name, "status" => status.to_string())
    .increment(1);
    shared.counts.seconds.record(taken);
    if tracing::enabled!(tracing::Level::INFO) {
        let ms = taken.as_secs_f64() * 1000.0;
        let client = peer
            .certificate
            .as_ref()
            .map_or("", |c| c.common_name.as_str());
        let path = loggable(uri.path());
        tracing::info!(listener = shared.name, path, status, ms, client, "request");
    }
}

fn outgoing(Answer { response, close }: Answer) -> hyper::Response<Sent> {
    let mut out = hyper::Response::new(Sent::new(response.body, response.ending));
    *out.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        let value = HeaderValue::from_maybe_shared(Bytes::from(value));
        match (HeaderName::from_bytes(name.as_bytes()), value) {
            (Ok(name), Ok(value)) => {
                out.headers_mut().append(name, value);
            }
            _ => tracing::error!(header = name, "a response header cannot be sent: left out"),
        }
    }
    if close {
        out.headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    out
}
