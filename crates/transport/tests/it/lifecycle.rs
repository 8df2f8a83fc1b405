//! Stopping.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use transport::HttpLimits;

use crate::support::*;

#[tokio::test]
async fn running_requests_finish_and_nothing_new_begins() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world
        .serve("graceful", HttpLimits::default(), &handler)
        .await;
    let files = world.identity("client");
    let mut idle = connect_well(&running, &files).await;
    assert_eq!(
        ask(&mut idle, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
    let mut unused = connect_well(&running, &files).await;
    let mut busy = connect_well(&running, &files).await;
    busy.write_all(post("/gate", "").as_bytes())
        .await
        .expect("sent");
    handler.reached(2).await;

    running.trigger.fire();
    assert_eq!(ended(&mut idle).await, "");
    assert_eq!(ended(&mut unused).await, "");
    assert!(
        tokio::net::TcpStream::connect(running.address)
            .await
            .is_err()
    );
    assert!(!running.task.is_finished());

    handler.gate.add_permits(1);
    let answer = read_answer(&mut busy).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_str()), (200, "through\n"));
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    tokio::time::timeout(PATIENCE, running.task)
        .await
        .expect("in time")
        .expect("no panic");
}

#[tokio::test]
async fn requests_that_do_not_finish_are_cut() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        drain: Duration::from_millis(200),
        ..HttpLimits::default()
    };
    let running = world.serve("cut", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    stream
        .write_all(post("/never", "").as_bytes())
        .await
        .expect("sent");
    handler.reached(1).await;
    let started = Instant::now();
    running.trigger.fire();
    tokio::time::timeout(PATIENCE, running.task)
        .await
        .expect("in time")
        .expect("no panic");
    assert!(
        started.elapsed() >= Duration::from_millis(200),
        "{:?}",
        started.elapsed()
    );
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(ended(&mut stream).await, "");
}

#[tokio::test]
async fn a_plain_listener_serves_the_operator() {
    use tokio::io::AsyncReadExt;
    let handler = Scripted::new();
    let running = Running::start("plain-ops", None, HttpLimits::default(), &handler).await;
    let mut stream = tokio::net::TcpStream::connect(running.address)
        .await
        .expect("connected");
    let request = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert!(
        handler.seen.lock().expect("unpoisoned")[0]
            .peer
            .certificate
            .is_none()
    );
    assert!(running.reload.reload().is_err());
}
