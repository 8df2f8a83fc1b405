//! User names and the subjects of certificates.

use itk::signature::certificate_subject_matches;
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};

use super::making::Identity;

fn certificate(subject: &[(DnType, &str)]) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in subject {
        let value = DnValue::Utf8String((*value).to_owned());
        params.distinguished_name.push(kind.clone(), value);
    }
    Identity::of(&KeyPair::generate().expect("a key"), &params).der
}

fn check(certificate: &[u8], username: &str, expected: bool) {
    let found = certificate_subject_matches(certificate, username);
    assert_eq!(found, expected, "{username}");
}

#[test]
fn a_bare_name_is_the_common_name() {
    let der = certificate(&[(DnType::CommonName, "client.test")]);
    for (name, expected) in [
        ("client.test", true),
        ("CN=client.test", true),
        ("cn = client.test ", true),
        ("CLIENT.TEST", false),
        ("client.tes", false),
        ("client.test ", false),
        ("client.test.evil", false),
        ("CN=client.test,O=x", false),
        ("O=client.test", false),
        ("CN=", false),
        ("", false),
    ] {
        check(&der, name, expected);
    }
}

#[test]
fn a_distinguished_name_is_the_whole_subject() {
    let der = certificate(&[
        (DnType::CountryName, "GB"),
        (DnType::OrganizationName, "Hospital, North"),
        (DnType::CommonName, "client.test"),
    ]);
    for (name, expected) in [
        ("client.test", true),
        ("C=GB,O=Hospital\\, North,CN=client.test", true),
        ("CN=client.test, O=Hospital\\, North, C=GB", true),
        ("CN=client.test", false),
        ("CN=client.test, C=GB, O=Hospital\\, North", false),
        ("CN=client.test, O=Hospital, North, C=GB", false),
        ("CN=client.test, O=Hospital\\, South, C=GB", false),
        ("CN=client.test, O=Hospital\\, North, C=GB, C=GB", false),
        ("Hospital, North", false),
        ("GB", false),
    ] {
        check(&der, name, expected);
    }
}

#[test]
fn a_subject_that_can_be_read_in_two_ways_matches_nothing() {
    // A name that looks like a distinguished one is that common name and nothing more.
    let der = certificate(&[(DnType::CommonName, "CN=victim")]);
    check(&der, "victim", false);
    check(&der, "CN=victim", true);
    check(&der, "CN=CN=victim", true);
    // A comma inside a value is not a second attribute.
    let der = certificate(&[(DnType::CommonName, "a,CN=victim")]);
    check(&der, "victim", false);
    check(&der, "CN=a,CN=victim", false);
    let der = certificate(&[(DnType::OrganizationName, "victim")]);
    check(&der, "victim", false);
    let der = certificate(&[(DnType::CommonName, "victim\0.evil")]);
    check(&der, "victim", false);
    check(b"", "victim", false);
    check(&der[..der.len() - 1], "victim", false);
}
