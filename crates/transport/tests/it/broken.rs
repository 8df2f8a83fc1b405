//! Answers that do not arrive whole, because the handler wants it so.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::{HttpLimits, InProcess, Peer, Upstream, UpstreamError, UpstreamRequest};

use crate::support::{PATIENCE, Scripted, World, ask, connect_well, post};

/// Everything that comes back on a connection of its own, until it closes.
async fn heard(world: &World, running: &crate::support::Running, path: &str) -> String {
    let mut stream = connect_well(running, &world.identity("client")).await;
    let request = post(path, "x");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
    let mut bytes = Vec::new();
    // The peer may close without TLS's own goodbye, which is an error after the bytes.
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("the connection closes");
    String::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test]
async fn a_dropped_answer_sends_not_a_byte_and_closes() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("drop", HttpLimits::default(), &handler).await;
    assert_eq!(heard(&world, &running, "/drop").await, "");
    let counted = running.metric("minispine_requests_total", "status=\"499\"");
    assert_eq!((handler.calls(), counted), (1, 1));
    let mut stream = connect_well(&running, &world.identity("client")).await;
    let answer = ask(&mut stream, &post("/echo", "on")).await.expect("whole");
    assert_eq!((answer.status, answer.body.as_str()), (200, "on"));
}

#[tokio::test]
async fn a_cut_answer_announces_all_and_sends_a_part() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("cut", HttpLimits::default(), &handler).await;
    let heard = heard(&world, &running, "/cut").await;
    let (head, body) = heard.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let head = head.to_ascii_lowercase();
    assert!(head.contains("content-length: 11"), "{head}");
    assert_eq!(body, "only");
}

/// Both are a broken connection to a caller, with a network or without one, and never one of
/// which nothing was sent.
#[tokio::test]
async fn callers_see_a_broken_connection() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("broken", HttpLimits::default(), &handler).await;
    let network = world.upstream(&running, "client");
    let direct = InProcess::new(handler.clone(), "/", Peer::local(None));
    let upstreams: [Arc<dyn Upstream>; 2] = [Arc::new(network), Arc::new(direct)];
    for upstream in upstreams {
        for path in ["/drop", "/cut"] {
            let request = UpstreamRequest {
                path: path.to_owned(),
                ..UpstreamRequest::default()
            };
            let error = upstream.send(request).await.expect_err("nothing whole");
            assert!(matches!(error, UpstreamError::Closed(_)), "{path}: {error}");
            assert!(!error.nothing_was_sent());
        }
    }
}
