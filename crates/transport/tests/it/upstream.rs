//! The connector: what it carries, what it refuses, and what it says about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use transport::pki::{Authority, IssueRequest, describe};
use transport::{
    Environment, HttpLimits, InProcess, Peer, TlsFiles, TlsUpstream, Upstream, UpstreamError,
    UpstreamRequest, UpstreamResponse, UpstreamSettings, files,
};

use crate::support::*;

fn message(path: &str, body: &str) -> UpstreamRequest {
    UpstreamRequest {
        method: transport::Method::Post,
        path: path.to_owned(),
        headers: vec![
            ("Content-Type", "text/xml; charset=utf-8".to_owned()),
            (
                "SOAPAction",
                "\"urn:nhs:names:services:psisquery/QUPC_IN160101UK05\"".to_owned(),
            ),
        ],
        body: body.to_owned().into(),
        safe: false,
    }
}

async fn refusal(settings: UpstreamSettings, path: &str) -> UpstreamError {
    let upstream = TlsUpstream::new(settings).expect("an upstream");
    upstream
        .send(message(path, "hello"))
        .await
        .expect_err("refused")
}

fn check_tls(error: &UpstreamError, says: &[&str]) {
    let UpstreamError::Tls(text) = error else {
        panic!("{error:?}")
    };
    for part in says {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[tokio::test]
async fn the_same_bytes_arrive_over_tls_and_in_process() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("same", HttpLimits::default(), &handler).await;
    let over_tls = world.upstream(&running, "client");
    let pem = files::read(world.files("client").certificate).expect("read");
    let certificate = describe(pem).expect("described").remove(0);
    let in_process = InProcess::new(handler.clone(), "/echo", Peer::local(Some(certificate)));

    for (path, body) in [
        ("", "<a>\u{e9}\r\n</a>".to_owned()),
        ("/echo?x=1&y=%20", "x".repeat(300_000)),
        ("/elsewhere", String::new()),
    ] {
        let request = message(path, &body);
        let one = over_tls.send(request.clone()).await.expect("an answer");
        let other = in_process.send(request).await.expect("an answer");
        let answer = |response: &UpstreamResponse| {
            let location = response.headers.first("location").map(str::to_owned);
            let content_type = response.content_type.clone();
            (
                response.status,
                content_type,
                location,
                response.body.clone(),
            )
        };
        // HTTP itself adds a length and a date.
        assert_eq!(answer(&one), answer(&other));
        let seen: Vec<_> = handler.seen.lock().expect("unpoisoned").drain(..).collect();
        let [one, other] = seen.as_slice() else {
            panic!("{} requests", seen.len())
        };
        assert_eq!(
            (&one.method, &one.path, &one.query),
            (&other.method, &other.path, &other.query)
        );
        assert_eq!((&one.body, &*one.body), (&other.body, body.as_bytes()));
        assert_eq!(one.peer.certificate, other.peer.certificate);
        for name in ["content-type", "soapaction"] {
            assert!(one.header(name).is_some());
            assert_eq!(one.header(name), other.header(name));
        }
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world
        .serve("redirect", HttpLimits::default(), &handler)
        .await;
    let answer = world
        .upstream(&running, "client")
        .send(message("/elsewhere", ""))
        .await;
    assert_eq!(answer.expect("an answer").status, 307);
    assert_eq!(handler.calls(), 1);
}

#[tokio::test]
async fn nobody_there_is_said_plainly() {
    let world = World::new();
    let free = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let url = format!("https://localhost:{port}/");
    let error = refusal(UpstreamSettings::new(url, world.identity("client")), "").await;
    let UpstreamError::Connect(text) = &error else {
        panic!("{error:?}")
    };
    assert!(text.contains("nothing listens there"), "{text}");

    let url = "https://no-such-host.invalid/";
    let error = refusal(UpstreamSettings::new(url, world.identity("client")), "").await;
    let UpstreamError::Connect(text) = &error else {
        panic!("{error:?}")
    };
    assert!(
        text.contains("no-such-host.invalid cannot be looked up"),
        "{text}"
    );
}

#[tokio::test]
async fn certificates_that_do_not_match_are_explained() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world
        .serve("mismatch", HttpLimits::default(), &handler)
        .await;
    let good = world.settings(&running, "client");

    let named = UpstreamSettings {
        server_name: Some("spine.example".into()),
        ..good.clone()
    };
    let error = refusal(named, "").await;
    check_tls(
        &error,
        &[
            "the service's certificate",
            "CN=server",
            "is not for spine.example",
        ],
    );
    check_tls(&error, &["it is for", "localhost"]);

    let env = Environment::system();
    let stranger = Authority::create("Other CA", &env).expect("a CA");
    let ca = world.path("other-ca", "pem");
    files::write_atomic(&ca, stranger.certificate_pem()).expect("written");
    let tls = TlsFiles {
        authorities: ca,
        ..good.tls.clone()
    };
    let error = refusal(
        UpstreamSettings {
            tls,
            ..good.clone()
        },
        "",
    )
    .await;
    check_tls(
        &error,
        &[
            "CN=Test CA",
            "not issued by one of our configured authorities",
        ],
    );

    let long_ago = env.now() - jiff::SignedDuration::from_hours(24 * 30);
    let expired = IssueRequest {
        not_before: Some(long_ago),
        ..request("expired")
    };
    let tls = world.identity_by(&world.authority, "expired", expired);
    let error = refusal(
        UpstreamSettings {
            tls: tls.clone(),
            ..good.clone()
        },
        "",
    )
    .await;
    check_tls(
        &error,
        &[
            "refused our certificate as expired",
            "CN=expired",
            "valid until",
        ],
    );

    let tls_of_stranger = world.identity_by(&stranger, "stranger", request("stranger"));
    let error = refusal(
        UpstreamSettings {
            tls: tls_of_stranger,
            ..good.clone()
        },
        "",
    )
    .await;
    check_tls(
        &error,
        &[
            "does not know the authority of our certificate",
            "CN=stranger",
        ],
    );

    let stale = Running::start("stale", Some(tls), HttpLimits::default(), &handler).await;
    let error = refusal(
        UpstreamSettings {
            url: stale.url("/"),
            ..good
        },
        "",
    )
    .await;
    check_tls(
        &error,
        &["the service's certificate", "CN=expired", "expired at"],
    );
    assert_eq!(handler.calls(), 0);
}

#[tokio::test]
async fn what_does_not_speak_tls_is_explained() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = Running::start("no-tls", None, HttpLimits::default(), &handler).await;
    let error = refusal(world.settings(&running, "client"), "").await;
    check_tls(&error, &["what the service sent is not TLS"]);
}

#[tokio::test]
async fn every_phase_has_its_time() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("hang", HttpLimits::default(), &handler).await;
    let short = Duration::from_millis(200);
    let settings = UpstreamSettings {
        connect_timeout: short,
        response_timeout: short,
        ..world.settings(&running, "client")
    };
    let started = Instant::now();
    let error = refusal(settings.clone(), "/never").await;
    assert_eq!(error, UpstreamError::Timeout { phase: "response" });

    let mute = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("https://{}/", mute.local_addr().expect("an address"));
    let error = refusal(
        UpstreamSettings {
            url,
            ..settings.clone()
        },
        "",
    )
    .await;
    assert_eq!(error, UpstreamError::Timeout { phase: "handshake" });

    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun";
    let (url, _) = script(&world, &[head], Then::Hang).await;
    let total_timeout = Duration::from_millis(500);
    let error = refusal(
        UpstreamSettings {
            url,
            total_timeout,
            ..settings.clone()
        },
        "",
    )
    .await;
    assert_eq!(error, UpstreamError::Timeout { phase: "body" });

    let none = UpstreamSettings {
        concurrency: 0,
        total_timeout: short,
        ..settings
    };
    assert_eq!(
        refusal(none, "").await,
        UpstreamError::Timeout { phase: "queue" }
    );
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn answers_that_are_too_large_are_not_taken() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("large", HttpLimits::default(), &handler).await;
    let settings = UpstreamSettings {
        body_bytes: 1000,
        ..world.settings(&running, "client")
    };
    let upstream = TlsUpstream::new(settings.clone()).expect("an upstream");
    let too_large = UpstreamError::TooLarge { limit: 1000 };
    assert_eq!(
        upstream.send(message("/bytes?1001", "")).await,
        Err(too_large.clone())
    );
    assert_eq!(
        upstream
            .send(message("/bytes?1000", ""))
            .await
            .expect("taken")
            .body
            .len(),
        1000
    );

    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}{chunk}");
    let (url, _) = script(&world, &[&chunked], Then::Hang).await;
    assert_eq!(
        refusal(UpstreamSettings { url, ..settings }, "").await,
        too_large
    );
}

#[tokio::test]
async fn connections_are_kept_and_replaced_when_the_service_closes_them() {
    let (world, handler) = (World::new(), Scripted::new());
    let idle_timeout = Duration::from_millis(60);
    let limits = HttpLimits {
        idle_timeout,
        ..HttpLimits::default()
    };
    let running = world.serve("kept", limits, &handler).await;
    let upstream = world.upstream(&running, "client");
    let address = |n: usize| handler.seen.lock().expect("unpoisoned")[n].peer.address;
    for _ in 0..2 {
        assert_eq!(
            upstream
                .send(message("", "hello"))
                .await
                .expect("an answer")
                .status,
            200
        );
    }
    assert_eq!(address(0), address(1));
    for round in 2..6 {
        tokio::time::sleep(idle_timeout * 3).await;
        let answer = upstream.send(message("", "hello")).await;
        assert_eq!(answer.expect("an answer").status, 200);
        assert_ne!(address(round - 1), address(round));
    }
    assert_eq!(handler.calls(), 6);
}

#[tokio::test]
async fn a_request_that_may_have_been_read_is_not_sent_again() {
    let world = World::new();
    let fine = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";
    // The second request of the connection is read, and the connection closed.
    let (url, requests) = script(&world, &[fine, ""], Then::Close).await;
    let settings = UpstreamSettings::new(url, world.identity("client"));
    let upstream = TlsUpstream::new(settings).expect("an upstream");
    assert_eq!(
        &*upstream
            .send(message("", "one"))
            .await
            .expect("an answer")
            .body,
        b"fine"
    );
    let error = upstream.send(message("", "two")).await.expect_err("cut");
    assert!(matches!(error, UpstreamError::Closed(_)), "{error:?}");
    assert_eq!(requests.load(Ordering::SeqCst), 2);
    // The next one goes over a new connection.
    assert_eq!(
        &*upstream
            .send(message("", "three"))
            .await
            .expect("an answer")
            .body,
        b"fine"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_an_answer() {
    let world = World::new();
    for broken in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nonly",
        "this is not HTTP\r\n\r\n",
        "",
    ] {
        let (url, _) = script(&world, &[broken], Then::Close).await;
        let settings = UpstreamSettings::new(url, world.identity("client"));
        let error = refusal(settings, "").await;
        assert!(
            matches!(error, UpstreamError::Closed(_)),
            "{broken:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn no_more_than_so_many_requests_at_a_time() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("few", HttpLimits::default(), &handler).await;
    let settings = UpstreamSettings {
        concurrency: 2,
        ..world.settings(&running, "client")
    };
    let upstream = Arc::new(TlsUpstream::new(settings).expect("an upstream"));
    let sending: Vec<_> = (0..10)
        .map(|_| {
            let upstream = upstream.clone();
            tokio::spawn(async move { upstream.send(message("/slow", "")).await })
        })
        .collect();
    for sent in sending {
        assert_eq!(
            sent.await.expect("no panic").expect("an answer").status,
            200
        );
    }
    assert_eq!(handler.most_running.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_replaced_certificate_is_used_for_the_next_request() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world
        .serve("replaced", HttpLimits::default(), &handler)
        .await;
    let settings = UpstreamSettings {
        reload_poll: Duration::ZERO,
        ..world.settings(&running, "client")
    };
    let upstream = TlsUpstream::new(settings).expect("an upstream");
    let who = async |upstream: &TlsUpstream| {
        let answer = upstream.send(message("/who", "")).await.expect("an answer");
        String::from_utf8(answer.body.to_vec()).expect("text")
    };
    assert_eq!(who(&upstream).await, "client");
    let env = Environment::system();
    let issued = world
        .authority
        .issue(&request("client-renewed"), &env)
        .expect("issued");
    world.write("client", &issued);
    assert_eq!(who(&upstream).await, "client-renewed");
    // Files that cannot be used leave things as they are.
    files::write_atomic(world.path("client", "pem"), "broken").expect("written");
    assert_eq!(who(&upstream).await, "client-renewed");
    assert!(upstream.reload().is_err());
}

#[test]
fn urls_that_cannot_be_called_are_refused() {
    let world = World::new();
    let tls = world.identity("client");
    for url in [
        "http://localhost/",
        "localhost:1",
        "",
        "https://",
        "https://user@host/",
        "/path",
    ] {
        let outcome = TlsUpstream::new(UpstreamSettings::new(url, tls.clone()));
        assert!(outcome.is_err(), "{url:?}");
    }
    for url in [
        "https://localhost",
        "https://[::1]:8443/x",
        "https://127.0.0.1:1/x?y=z",
    ] {
        let outcome = TlsUpstream::new(UpstreamSettings::new(url, tls.clone()));
        assert!(outcome.is_ok(), "{url:?}");
    }
}

#[tokio::test]
async fn a_message_cannot_smuggle_headers() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world
        .serve("smuggle", HttpLimits::default(), &handler)
        .await;
    let upstream = world.upstream(&running, "client");
    for request in [
        UpstreamRequest {
            method: transport::Method::Post,
            headers: vec![("x", "a\r\nb: c".to_owned())],
            ..message("", "")
        },
        UpstreamRequest {
            method: transport::Method::Post,
            headers: vec![("x y", "a".to_owned())],
            ..message("", "")
        },
        message("/echo HTTP/1.1\r\nx: y", ""),
        message("https://elsewhere.example/", ""),
    ] {
        assert!(upstream.send(request.clone()).await.is_err(), "{request:?}");
    }
    assert_eq!(handler.calls(), 0);
}

/// What the scripted server does when nothing is left to answer.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Close,
    Hang,
}

/// A server that reads requests and answers each with the next text, on every connection from the
/// start. Returns its URL and how many requests it has read.
async fn script(world: &World, answers: &[&str], then: Then) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("https://{}/", listener.local_addr().expect("an address"));
    let acceptor = acceptor(&world.identity("scripted"));
    let answers: Vec<String> = answers.iter().map(|&text| text.to_owned()).collect();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            for answer in &answers {
                let mut bytes = [0; 4096];
                // One small request comes in one record.
                if !matches!(stream.read(&mut bytes).await, Ok(read) if read > 0) {
                    break;
                }
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.flush().await;
            }
            if then == Then::Hang {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    });
    (url, requests)
}

fn acceptor(files: &TlsFiles) -> tokio_rustls::TlsAcceptor {
    use rustls_pki_types::pem::PemObject;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer};
    transport::install_crypto_provider();
    let chain = CertificateDer::pem_file_iter(&files.certificate).expect("PEM");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    Arc::new(
        config
            .with_single_cert(chain, key)
            .expect("a configuration"),
    )
    .into()
}
