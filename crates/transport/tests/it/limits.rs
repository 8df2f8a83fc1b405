//! Every limit and time-out of the listener, each tried by going past it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use transport::{BoxFuture, Handler, HttpLimits, Request, Response, Upstream, UpstreamRequest};

use crate::support::*;

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_body_declared_too_large_is_refused_before_it_is_sent() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        body_bytes: 1000,
        ..HttpLimits::default()
    };
    let running = world.serve("declared", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    // Not a byte of the body is sent, so the answer cannot have waited for it.
    let head = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1001\r\n\r\n";
    let answer = ask(&mut stream, head).await.expect("an answer");
    assert_eq!(answer.status, 413);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert!(answer.body.contains("1000"), "{}", answer.body);
    assert_eq!(ended(&mut stream).await, "");
    assert_eq!(handler.calls(), 0);

    // One that fits exactly is taken.
    let mut stream = connect_well(&running, &world.identity("client")).await;
    let answer = ask(&mut stream, &post("/echo", &"x".repeat(1000)))
        .await
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.body.len(), handler.calls()),
        (200, 1000, 1)
    );
}

#[tokio::test]
async fn a_client_that_sends_everything_first_still_reads_its_413() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        body_bytes: 1000,
        ..HttpLimits::default()
    };
    let running = world.serve("eager", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    let body = "x".repeat(3_000_000);
    let answer = ask(&mut stream, &post("/echo", &body))
        .await
        .expect("an answer");
    assert_eq!((answer.status, handler.calls()), (413, 0));
}

#[tokio::test]
async fn a_chunked_body_is_refused_as_soon_as_it_is_too_large() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        body_bytes: 1000,
        ..HttpLimits::default()
    };
    let running = world.serve("chunked", limits, &handler).await;
    let head = "POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("258\r\n{}\r\n", "x".repeat(600));
    // Two chunks pass the cap; the end is never sent.
    let mut stream = connect_well(&running, &world.identity("client")).await;
    let answer = ask(&mut stream, &format!("{head}{chunk}{chunk}"))
        .await
        .expect("an answer");
    assert_eq!((answer.status, handler.calls()), (413, 0));
    // One is fine, in two pieces as well.
    for body in [
        format!("{chunk}0\r\n\r\n"),
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_owned(),
    ] {
        let mut stream = connect_well(&running, &world.identity("client")).await;
        let answer = ask(&mut stream, &format!("{head}{body}"))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(matches!(answer.body.len(), 600 | 5), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_memory_of_all_bodies_together_is_limited() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        buffered_bytes: 64 << 10,
        ..HttpLimits::default()
    };
    let running = world.serve("buffered", limits, &handler).await;
    let files = world.identity("client");
    let big = "x".repeat(40 << 10);
    let mut one = connect_well(&running, &files).await;
    one.write_all(post("/gate", &big).as_bytes())
        .await
        .expect("sent");
    one.flush().await.expect("sent");
    handler.reached(1).await;
    let mut other = connect_well(&running, &files).await;
    let answer = ask(&mut other, &post("/echo", &big))
        .await
        .expect("an answer");
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    handler.gate.add_permits(1);
    assert_eq!(read_answer(&mut one).await.expect("an answer").status, 200);
    let mut other = connect_well(&running, &files).await;
    assert_eq!(
        ask(&mut other, &post("/echo", &big))
            .await
            .expect("an answer")
            .status,
        200
    );
}

#[tokio::test]
async fn slow_headers_end_the_connection() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        header_timeout: SHORT,
        ..HttpLimits::default()
    };
    let running = world.serve("slow-header", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    // On a fresh connection, and on one that has served a request.
    for fresh in [true, false] {
        if !fresh {
            stream = connect_well(&running, &world.identity("client")).await;
            assert_eq!(
                ask(&mut stream, &post("/echo", ""))
                    .await
                    .expect("an answer")
                    .status,
                200
            );
        }
        let started = Instant::now();
        // A byte now and then does not help.
        for byte in "POST /echo HTTP/1.1\r\nx-slow: yes\r\n".bytes() {
            let sent = stream.write_all(&[byte]).await.is_ok() && stream.flush().await.is_ok();
            if !sent || started.elapsed() > SHORT * 2 {
                break;
            }
            tokio::time::sleep(SHORT / 10).await;
        }
        assert_eq!(ended(&mut stream).await, "");
        assert!(started.elapsed() < SHORT * 10, "{:?}", started.elapsed());
    }
    assert_eq!(handler.calls(), 1);
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        idle_timeout: SHORT,
        ..HttpLimits::default()
    };
    let running = world.serve("idle", limits, &handler).await;
    for used in [false, true] {
        let mut stream = connect_well(&running, &world.identity("client")).await;
        if used {
            assert_eq!(
                ask(&mut stream, &post("/echo", ""))
                    .await
                    .expect("an answer")
                    .status,
                200
            );
        }
        let started = Instant::now();
        assert_eq!(ended(&mut stream).await, "");
        assert!(started.elapsed() > SHORT / 2, "{:?}", started.elapsed());
    }
    // A request longer than that is not idle.
    let mut stream = connect_well(&running, &world.identity("client")).await;
    stream
        .write_all(post("/gate", "").as_bytes())
        .await
        .expect("sent");
    tokio::time::sleep(SHORT * 3).await;
    handler.gate.add_permits(1);
    assert_eq!(
        read_answer(&mut stream).await.expect("an answer").status,
        200
    );
}

#[tokio::test]
async fn a_slow_body_gets_408() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        body_timeout: SHORT,
        ..HttpLimits::default()
    };
    let running = world.serve("slow-body", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    let head = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nonly this";
    let answer = ask(&mut stream, head).await.expect("an answer");
    assert_eq!((answer.status, handler.calls()), (408, 0));
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
}

#[tokio::test]
async fn a_slow_handler_gets_503_and_is_dropped() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        request_timeout: SHORT,
        ..HttpLimits::default()
    };
    let running = world.serve("slow-handler", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    let answer = ask(&mut stream, &post("/never", ""))
        .await
        .expect("an answer");
    assert_eq!(answer.status, 503);
    // The connection goes on.
    assert_eq!(
        ask(&mut stream, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
}

#[tokio::test]
async fn too_many_requests_at_a_time_get_503_and_retry_after() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        concurrency: 1,
        ..HttpLimits::default()
    };
    let running = world.serve("busy", limits, &handler).await;
    let files = world.identity("client");
    let mut one = connect_well(&running, &files).await;
    one.write_all(post("/gate", "").as_bytes())
        .await
        .expect("sent");
    handler.reached(1).await;
    let mut other = connect_well(&running, &files).await;
    let answer = ask(&mut other, &post("/echo", "hello"))
        .await
        .expect("an answer");
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    handler.gate.add_permits(1);
    assert_eq!(read_answer(&mut one).await.expect("an answer").status, 200);
    // The same connection, a moment later.
    assert_eq!(
        ask(&mut other, &post("/echo", "hello"))
            .await
            .expect("an answer")
            .status,
        200
    );
    assert_eq!(
        running.metric("minispine_requests_total", "status=\"503\""),
        1
    );
}

#[tokio::test]
async fn too_many_connections_are_closed_and_counted() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        connections: 1,
        ..HttpLimits::default()
    };
    let running = world.serve("crowded", limits, &handler).await;
    let files = world.identity("client");
    let mut one = connect_well(&running, &files).await;
    let refused = connect(&running, &files, true, rustls::ALL_VERSIONS).await;
    assert!(refused.is_err());
    assert_eq!(running.metric("minispine_connections_refused_total", ""), 1);
    assert_eq!(
        ask(&mut one, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
    drop(one);
    eventually("the place is free", || {
        running.metric("minispine_connections_open", "") == 0
    })
    .await;
    let mut next = connect_well(&running, &files).await;
    assert_eq!(
        ask(&mut next, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
}

#[tokio::test]
async fn a_panic_is_500_and_says_nothing() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("panic", HttpLimits::default(), &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    for path in ["/panic", "/panic-at-once"] {
        let answer = ask(&mut stream, &post(path, "")).await.expect("an answer");
        assert_eq!(answer.status, 500);
        assert!(!answer.body.contains("secret"), "{}", answer.body);
    }
    assert_eq!(
        ask(&mut stream, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
}

#[tokio::test]
async fn a_client_that_takes_no_answer_is_let_go() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        write_timeout: SHORT,
        ..HttpLimits::default()
    };
    let running = world.serve("stalled", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    let request = post("/bytes?50000000", "");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
    handler.reached(1).await;
    eventually("it is let go", || {
        running.metric("minispine_connections_open", "") == 0
    })
    .await;
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        handshake_timeout: SHORT,
        ..HttpLimits::default()
    };
    let running = world.serve("silent", limits, &handler).await;
    let _silent = tokio::net::TcpStream::connect(running.address)
        .await
        .expect("connected");
    eventually("it is counted", || {
        running.metric("minispine_handshake_failures_total", "reason=\"timeout\"") == 1
    })
    .await;
    eventually("it is let go", || {
        running.metric("minispine_connections_open", "") == 0
    })
    .await;
}

#[tokio::test]
async fn headers_are_limited_in_number_and_size() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world
        .serve("headers", HttpLimits::default(), &handler)
        .await;
    let many: String = (0..100).map(|n| format!("x-{n}: y\r\n")).collect();
    let long = format!("x-long: {}\r\n", "y".repeat(40 << 10));
    for headers in [many, long] {
        let mut stream = connect_well(&running, &world.identity("client")).await;
        let request = format!("POST /echo HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let answer = ask(&mut stream, &request).await.expect("an answer");
        assert_eq!((answer.status, handler.calls()), (431, 0));
    }
}

#[tokio::test]
async fn old_connections_end_after_their_request() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        connection_age: SHORT,
        ..HttpLimits::default()
    };
    let running = world.serve("old", limits, &handler).await;
    let mut stream = connect_well(&running, &world.identity("client")).await;
    stream
        .write_all(post("/gate", "").as_bytes())
        .await
        .expect("sent");
    tokio::time::sleep(SHORT * 2).await;
    handler.gate.add_permits(1);
    let answer = read_answer(&mut stream).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(ended(&mut stream).await, "");
}

#[tokio::test]
async fn the_connector_reads_an_early_answer() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        body_bytes: 1000,
        ..HttpLimits::default()
    };
    let running = world.serve("early", limits, &handler).await;
    let upstream = world.upstream(&running, "client");
    let request = UpstreamRequest {
        method: transport::Method::Post,
        body: vec![b'x'; 6 << 20].into(),
        ..Default::default()
    };
    let answer = upstream.send(request).await.expect("an answer");
    assert_eq!((answer.status, handler.calls()), (413, 0));
}

/// A handler with words of its own for what it is not asked.
struct Wordy(Arc<Scripted>);

impl Handler for Wordy {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        self.0.handle(request)
    }

    fn worded(&self, plain: Response) -> Response {
        Response::new(plain.status, "text/wordy", "in my words")
    }
}

#[tokio::test]
async fn what_the_handler_is_not_asked_is_in_its_words() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        body_bytes: 10,
        request_timeout: SHORT,
        ..HttpLimits::default()
    };
    let wordy = Arc::new(Wordy(handler));
    let server = Some(world.identity("server"));
    let running = Running::start("wordy", server, limits, &wordy).await;
    for (path, body, status) in [("/echo", "longer than that", 413), ("/never", "", 503)] {
        let mut stream = connect_well(&running, &world.identity("client")).await;
        let answer = ask(&mut stream, &post(path, body))
            .await
            .expect("an answer");
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, "in my words")
        );
        assert!(answer.head.contains("text/wordy"), "{}", answer.head);
    }
}
