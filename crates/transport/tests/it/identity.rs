//! Who gets past TLS, and how the others learn why not.

use std::io;

use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, Error, SupportedProtocolVersion};
use transport::pki::{self, Authority, IssueRequest};
use transport::{Environment, HttpLimits, TlsFiles};

use crate::support::*;

/// Connects and asks: the name the handler saw, or the alert that came instead.
async fn try_as(
    running: &Running,
    files: &TlsFiles,
    with_certificate: bool,
    version: &'static SupportedProtocolVersion,
) -> Result<String, AlertDescription> {
    let outcome = async {
        let mut stream = connect(running, files, with_certificate, &[version]).await?;
        ask(&mut stream, &post("/who", "")).await
    };
    outcome
        .await
        .map(|answer| answer.body)
        .map_err(|error| alert(&error))
}

fn alert(error: &io::Error) -> AlertDescription {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Error::AlertReceived(alert)) => *alert,
        _ => panic!("no alert: {error:?}"),
    }
}

#[tokio::test]
async fn registered_certificates_get_in_with_both_versions() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("good", HttpLimits::default(), &handler).await;
    let client = world.identity("client-one");
    for version in [&TLS12, &TLS13] {
        let seen = try_as(&running, &client, true, version).await;
        assert_eq!(seen.as_deref(), Ok("client-one"), "{version:?}");
    }
    let seen = handler.seen.lock().expect("unpoisoned");
    let certificate = seen[0].peer.certificate.as_ref().expect("a certificate");
    let pem = transport::files::read(&client.certificate).expect("read");
    assert_eq!(**certificate, pki::describe(pem).expect("described")[0]);
    assert_eq!(
        running.metric("minispine_requests_total", "status=\"200\""),
        2
    );
}

#[tokio::test]
async fn all_others_are_refused_and_told_why() {
    let (world, handler) = (World::new(), Scripted::new());
    let env = Environment::system();
    let revoked = world.identity("revoked");
    let pem = transport::files::read(&revoked.certificate).expect("read");
    let serial = &pki::describe(pem).expect("described")[0].serial;
    let list = world
        .authority
        .revocation_list(&[serial], &env)
        .expect("a list");
    transport::files::write_atomic(world.path("revoked", "crl"), list).expect("written");
    let files = TlsFiles {
        revoked: Some(world.path("revoked", "crl")),
        ..world.identity("server")
    };
    let running = Running::start("strict", Some(files), HttpLimits::default(), &handler).await;

    let stranger = Authority::create("Other CA", &env).expect("a CA");
    let long_ago = env.now() - jiff::SignedDuration::from_hours(24 * 30);
    let soon = env.now() + jiff::SignedDuration::from_hours(24);
    let dated = |at, name: &str| IssueRequest {
        not_before: Some(at),
        ..request(name)
    };
    let not_client = IssueRequest {
        client: false,
        ..request("server-only")
    };
    use AlertDescription as Alert;
    let cases = [
        ("no_certificate", None, Alert::CertificateRequired),
        (
            "unknown_issuer",
            Some(world.identity_by(&stranger, "stranger", request("stranger"))),
            Alert::UnknownCA,
        ),
        (
            "expired",
            Some(world.identity_by(&world.authority, "expired", dated(long_ago, "expired"))),
            Alert::CertificateExpired,
        ),
        (
            "not_yet_valid",
            Some(world.identity_by(&world.authority, "early", dated(soon, "early"))),
            Alert::CertificateExpired,
        ),
        ("revoked", Some(revoked), Alert::CertificateRevoked),
        (
            "wrong_purpose",
            Some(world.identity_by(&world.authority, "server-only", not_client)),
            Alert::UnsupportedCertificate,
        ),
    ];
    for version in [&TLS12, &TLS13] {
        for (reason, files, expected) in &cases {
            let certificate = files.clone().unwrap_or_else(|| world.files("server"));
            let outcome = try_as(&running, &certificate, files.is_some(), version).await;
            let got = outcome.expect_err(reason);
            assert_eq!(got, *expected, "{reason} {version:?}");
        }
    }
    for (reason, ..) in &cases {
        let label = format!("reason=\"{reason}\"");
        let counted = running.metric("minispine_handshake_failures_total", &label);
        assert_eq!(counted, 2, "{reason}");
    }
    assert_eq!(handler.calls(), 0);
    // And one whose certificate is on no list still gets in.
    let good = world.identity("good");
    assert_eq!(
        try_as(&running, &good, true, &TLS13).await.as_deref(),
        Ok("good")
    );
}

/// A service with tokens of its own asks for no certificate, and is told of none.
#[tokio::test]
async fn anybody_gets_in_where_that_is_wanted() {
    let (world, handler) = (World::new(), Scripted::new());
    let (tls, limits) = (Some(world.identity("server")), HttpLimits::default());
    let callers = transport::Callers::Anybody;
    let running = Running::start_for(callers, "open", tls, limits, &handler).await;
    let client = world.identity("client-one");
    for (with_certificate, version) in [(false, &TLS12), (false, &TLS13), (true, &TLS13)] {
        let seen = try_as(&running, &client, with_certificate, version).await;
        assert_eq!(
            seen.as_deref(),
            Ok("somebody"),
            "{with_certificate} {version:?}"
        );
    }
}

#[tokio::test]
async fn plain_http_does_not_get_past_tls() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("plain", HttpLimits::default(), &handler).await;
    let mut stream = tokio::net::TcpStream::connect(running.address)
        .await
        .expect("connected");
    stream
        .write_all(post("/echo", "hello").as_bytes())
        .await
        .expect("sent");
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got).await;
    assert!(!String::from_utf8_lossy(&got).contains("HTTP"), "{got:?}");
    assert_eq!(handler.calls(), 0);
    eventually("it is counted", || {
        running.metric("minispine_handshake_failures_total", "reason=\"not_tls\"") == 1
    })
    .await;
}

#[test]
fn files_that_cannot_be_used_say_why() {
    let world = World::new();
    let (one, other) = (world.identity("one"), world.identity("other"));
    transport::files::write_atomic(world.path("empty", "pem"), "").expect("written");
    let empty = world.path("empty", "pem");
    for (files, says) in [
        (
            TlsFiles {
                key: other.key.clone(),
                ..one.clone()
            },
            "is not this certificate's key",
        ),
        (
            TlsFiles {
                key: empty.clone(),
                ..one.clone()
            },
            "no unencrypted PEM private key",
        ),
        (
            TlsFiles {
                certificate: empty.clone(),
                ..one.clone()
            },
            "no PEM certificate",
        ),
        (
            TlsFiles {
                authorities: empty.clone(),
                ..one.clone()
            },
            "no PEM certificate",
        ),
        (
            TlsFiles {
                revoked: Some(empty),
                ..one.clone()
            },
            "no PEM revocation list",
        ),
        (
            TlsFiles {
                key: world.path("absent", "key"),
                ..one.clone()
            },
            "cannot read",
        ),
    ] {
        let error = files.check().expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
    assert!(one.check().is_ok());
}
