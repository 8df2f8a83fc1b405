//! New certificates without a restart.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use transport::pki::describe;
use transport::{Environment, HttpLimits, TlsFiles, files};

use crate::support::*;

/// The fingerprint of the certificate the server shows.
fn shown(stream: &Raw) -> String {
    let certificates = stream
        .get_ref()
        .1
        .peer_certificates()
        .expect("certificates");
    let pem = pem_of(&certificates[0]);
    describe(pem).expect("described")[0].fingerprint.clone()
}

fn pem_of(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for three in der.chunks(3) {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    text + "\n-----END CERTIFICATE-----\n"
}

fn on_disk(files: &TlsFiles) -> String {
    let pem = files::read(&files.certificate).expect("read");
    describe(pem).expect("described")[0].fingerprint.clone()
}

#[tokio::test]
async fn a_running_request_finishes_and_its_connection_ends() {
    let (world, handler) = (World::new(), Scripted::new());
    let running = world.serve("reload", HttpLimits::default(), &handler).await;
    let client = world.identity("client");
    let old = on_disk(&world.files("server"));
    let mut busy = connect_well(&running, &client).await;
    let mut idle = connect_well(&running, &client).await;
    assert_eq!(
        ask(&mut busy, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
    assert_eq!(
        ask(&mut idle, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
    assert_eq!(shown(&busy), old);
    busy.write_all(post("/gate", "").as_bytes())
        .await
        .expect("sent");
    handler.reached(3).await;

    let new = on_disk(&world.identity("server"));
    assert_ne!(old, new);
    running.reload.reload().expect("reloaded");
    assert_eq!(ended(&mut idle).await, "");
    handler.gate.add_permits(1);
    let answer = read_answer(&mut busy).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(ended(&mut busy).await, "");

    let mut fresh = connect_well(&running, &client).await;
    assert_eq!(shown(&fresh), new);
    assert_eq!(
        ask(&mut fresh, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );
    assert_eq!(
        running.metric("minispine_certificate_reloads_total", "outcome=\"ok\""),
        1
    );
}

#[tokio::test]
async fn a_revoked_client_is_out_after_a_reload() {
    let (world, handler) = (World::new(), Scripted::new());
    let env = Environment::system();
    let list = |serials: &[&str]| {
        let list = world
            .authority
            .revocation_list(serials, &env)
            .expect("a list");
        files::write_atomic(world.path("revoked", "crl"), list).expect("written");
    };
    list(&[]);
    let tls = TlsFiles {
        revoked: Some(world.path("revoked", "crl")),
        ..world.identity("server")
    };
    let running = Running::start("revoke", Some(tls), HttpLimits::default(), &handler).await;
    let client = world.identity("client");
    let mut kept = connect_well(&running, &client).await;
    assert_eq!(
        ask(&mut kept, &post("/echo", ""))
            .await
            .expect("an answer")
            .status,
        200
    );

    let pem = files::read(&client.certificate).expect("read");
    list(&[&describe(pem).expect("described")[0].serial]);
    running.reload.reload().expect("reloaded");
    assert_eq!(ended(&mut kept).await, "");
    let outcome = async {
        let mut stream = connect(&running, &client, true, rustls::ALL_VERSIONS).await?;
        ask(&mut stream, &post("/echo", "")).await
    };
    assert!(outcome.await.is_err());
    assert_eq!(
        running.metric("minispine_handshake_failures_total", "reason=\"revoked\""),
        1
    );
}

#[tokio::test]
async fn changed_files_are_noticed() {
    let (world, handler) = (World::new(), Scripted::new());
    let limits = HttpLimits {
        reload_poll: Duration::from_millis(20),
        ..HttpLimits::default()
    };
    let running = world.serve("noticed", limits, &handler).await;
    let client = world.identity("client");
    let reloads = |outcome: &str| running.metric("minispine_certificate_reloads_total", outcome);

    // Files that cannot be used change nothing.
    let good = files::read(&world.files("server").certificate).expect("read");
    let old = on_disk(&world.files("server"));
    files::write_atomic(world.path("server", "pem"), "not a certificate").expect("written");
    eventually("it is tried", || reloads("outcome=\"failed\"") > 0).await;
    assert!(running.reload.reload().is_err());
    assert_eq!(shown(&connect_well(&running, &client).await), old);
    files::write_atomic(world.path("server", "pem"), good).expect("written");
    eventually("it is well again", || reloads("outcome=\"ok\"") > 0).await;

    let new = on_disk(&world.identity("server"));
    let before = reloads("outcome=\"ok\"");
    eventually("it is reloaded", || reloads("outcome=\"ok\"") > before).await;
    eventually("nothing is left to reload", || {
        reloads("outcome=\"ok\"") > before
    })
    .await;
    assert_eq!(shown(&connect_well(&running, &client).await), new);
}
