//! Whose signatures are trusted.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use transport::pki::{Authority, IssueRequest, describe};
use transport::{ClientTrust, Environment, files};

use crate::support::{World, request};

/// The certificates of a PEM file, DER.
fn chain(world: &World, name: &str) -> Vec<Vec<u8>> {
    let pem = files::read(world.path(name, "pem")).expect("read");
    CertificateDer::pem_slice_iter(&pem)
        .map(|der| der.expect("PEM").to_vec())
        .collect()
}

fn trust(world: &World, revoked: Option<&PathBuf>) -> ClientTrust {
    ClientTrust::load(&world.path("ca", "pem"), revoked.map(|path| &**path)).expect("loaded")
}

/// Checks the first certificate of a file with the others beside it.
fn check(trust: &ClientTrust, world: &World, name: &str, now: Timestamp) -> Result<String, String> {
    let all = chain(world, name);
    let (leaf, rest) = all.split_first().expect("a certificate");
    trust.check(leaf, rest, now).map(|known| known.common_name)
}

#[test]
fn only_clients_of_our_authorities_are_trusted() {
    let world = World::new();
    let trust = trust(&world, None);
    let now = Environment::system().now();
    world.identity("good");
    assert_eq!(check(&trust, &world, "good", now), Ok("good".to_owned()));

    let other = Authority::create("Test CA", &Environment::system()).expect("a CA");
    world.identity_by(&other, "stranger", request("stranger"));
    let server = IssueRequest {
        client: false,
        ..request("server")
    };
    world.identity_by(&world.authority, "server", server);
    for (name, now, says) in [
        // Another authority of the same name, whose certificate came along.
        (
            "stranger",
            now,
            "not issued by one of our configured authorities",
        ),
        ("server", now, "may not be used by a client"),
        (
            "good",
            now + SignedDuration::from_hours(24 * 11),
            "expired at",
        ),
        (
            "good",
            now - SignedDuration::from_hours(2),
            "is not valid before",
        ),
        ("good", Timestamp::MIN, "before 1970"),
    ] {
        let why = check(&trust, &world, name, now).expect_err("refused");
        assert!(why.contains(says), "{name}: {why}");
    }
    let why = check(&trust, &world, "stranger", now).expect_err("refused");
    assert!(
        why.contains("CN=stranger") && why.contains("CN=Test CA"),
        "{why}"
    );
    let why = trust.check(b"nonsense", &[], now).expect_err("refused");
    assert_eq!(why, "the certificate cannot be read");
    // What came along is no certificate: it is of no use, and no reason to refuse.
    let good = chain(&world, "good");
    assert!(trust.check(&good[0], &[b"nonsense".to_vec()], now).is_ok());
    // An authority's own certificate does not sign messages.
    assert!(trust.check(&good[1], &[], now).is_err());
}

#[test]
fn revoked_certificates_are_not_trusted() {
    let world = World::new();
    let env = Environment::system();
    let now = env.now();
    world.identity("good");
    world.identity("bad");
    let pem = files::read(world.path("bad", "pem")).expect("read");
    let serial = describe(pem).expect("described")[0].serial.clone();
    let write = |serials: &[&str]| {
        let list = world
            .authority
            .revocation_list(serials, &env)
            .expect("a list");
        files::write_atomic(world.path("crl", "pem"), list).expect("written");
    };
    let lists = world.path("crl", "pem");
    write(&[&serial]);
    let with_list = trust(&world, Some(&lists));
    assert_eq!(
        check(&with_list, &world, "good", now),
        Ok("good".to_owned())
    );
    let why = check(&with_list, &world, "bad", now).expect_err("refused");
    assert!(why.contains("has been revoked"), "{why}");

    // A list of another authority says nothing about ours.
    let other = Authority::create("Other CA", &env).expect("a CA");
    let list = other.revocation_list(&[], &env).expect("a list");
    files::write_atomic(&lists, list).expect("written");
    let foreign = trust(&world, Some(&lists));
    let why = check(&foreign, &world, "good", now).expect_err("refused");
    assert!(why.contains("no revocation list of its issuer"), "{why}");
}

#[test]
fn replaced_files_count_after_a_refresh() {
    let world = World::new();
    let env = Environment::system();
    let now = env.now();
    world.identity("good");
    let lists = world.path("crl", "pem");
    let empty = world.authority.revocation_list(&[], &env).expect("a list");
    files::write_atomic(&lists, empty).expect("written");
    let trust = trust(&world, Some(&lists));
    assert!(!trust.refresh().expect("read"));
    assert!(check(&trust, &world, "good", now).is_ok());

    files::write_atomic(&lists, "no list").expect("written");
    let error = trust.refresh().expect_err("unusable").to_string();
    assert!(
        error.contains("crl.pem") && error.contains("no PEM revocation list"),
        "{error}"
    );
    assert!(
        check(&trust, &world, "good", now).is_ok(),
        "the old one stays"
    );

    let pem = files::read(world.path("good", "pem")).expect("read");
    let serial = describe(pem).expect("described")[0].serial.clone();
    let list = world
        .authority
        .revocation_list(&[&serial], &env)
        .expect("a list");
    files::write_atomic(&lists, list).expect("written");
    assert!(trust.refresh().expect("read"));
    assert!(check(&trust, &world, "good", now).is_err());
}

#[test]
fn what_cannot_be_used_is_not_loaded() {
    let world = World::new();
    let load = |authorities: &str, revoked: Option<&str>| {
        let revoked = revoked.map(|name| world.path(name, "pem"));
        let loaded = ClientTrust::load(&world.path(authorities, "pem"), revoked.as_deref());
        loaded.err().expect("refused").to_string()
    };
    files::write_atomic(world.path("empty", "pem"), "").expect("written");
    assert!(load("absent", None).contains("cannot read"));
    assert!(load("empty", None).contains("there is no PEM certificate in it"));
    assert!(load("ca", Some("absent")).contains("cannot read"));
    assert!(load("ca", Some("ca")).contains("there is no PEM revocation list in it"));
}
