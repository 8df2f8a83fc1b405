//! Who is registered, and where their answers go.

use domain::{Asid, OdsCode};

use super::*;
use crate::Reliability;

mod editing;
mod files;
mod reloading;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

fn endpoint(interaction: &str, path: &str) -> Endpoint {
    Endpoint {
        interaction: interaction.to_owned(),
        address: format!("https://gp.example:8443/{path}"),
        cpa_id: "S918999410559".to_owned(),
        reliability: Reliability::default(),
    }
}

fn system(name: &str, number: u32) -> System {
    System {
        name: name.to_owned(),
        organisation: Some(id::<OdsCode>("Y90001")),
        manufacturer: None,
        certificate: CertificateMatch::CommonName(format!("{name}.example")),
        asids: vec![id::<Asid>(&format!("9900000000{number:02}"))],
        sends_for: Vec::new(),
        party_key: Some(id(&format!("Y90001-00000{number:02}"))),
        interactions: None,
        endpoints: Vec::new(),
    }
}

fn certificate(common_name: &str, fingerprint: &str) -> PeerCertificate {
    PeerCertificate {
        common_name: common_name.to_owned(),
        subject: format!("CN={common_name}"),
        issuer: "CN=Test".to_owned(),
        serial: "1".to_owned(),
        fingerprint: fingerprint.to_owned(),
        dns_names: Vec::new(),
        not_after: jiff::Timestamp::MAX,
    }
}

#[test]
fn a_certificate_finds_its_system() {
    let hex = "ab".repeat(32);
    let by_print = System {
        certificate: CertificateMatch::Fingerprint(hex.to_ascii_uppercase()),
        ..system("print", 2)
    };
    let directory = Directory::new(vec![system("one", 1), by_print]);
    for (presented, expected) in [
        (None, None),
        (Some(certificate("", "")), None),
        (Some(certificate("two.example", "00")), None),
        (Some(certificate("ONE.example", "00")), None),
        (Some(certificate("one.example", "00")), Some("one")),
        (Some(certificate("two.example", &hex)), Some("print")),
        (Some(certificate("one.example", &hex)), Some("print")),
    ] {
        let found = directory.system(presented.as_ref());
        let found = found.as_ref().map(|system| system.name.as_str());
        assert_eq!(found, expected.ok_or(&Unregistered::Certificate));
    }
}

#[test]
fn the_endpoint_for_exactly_this_comes_first() {
    let psis = "urn:nhs:names:services:psis";
    let gp = System {
        endpoints: vec![
            endpoint("*", "all"),
            endpoint("urn:nhs:names:services:psis:MCCI_IN010000UK13", "acks"),
        ],
        ..system("gp", 1)
    };
    let narrow = System {
        endpoints: vec![endpoint(
            "urn:nhs:names:services:psis:MCCI_IN010000UK13",
            "acks",
        )],
        ..system("narrow", 2)
    };
    let directory = Directory::new(vec![gp, narrow, system("none", 3)]);
    for (party, service, interaction, expected) in [
        ("Y90001-0000001", psis, "MCCI_IN010000UK13", Some("acks")),
        ("Y90001-0000001", psis, "QUPC_IN160102UK05", Some("all")),
        (
            "Y90001-0000001",
            "urn:nhs:names:services:lrs",
            "MCCI_IN010000UK13",
            Some("all"),
        ),
        ("Y90001-0000002", psis, "MCCI_IN010000UK13", Some("acks")),
        ("Y90001-0000002", psis, "QUPC_IN160102UK05", None),
        ("Y90001-0000003", psis, "MCCI_IN010000UK13", None),
        ("Y90001-0000004", psis, "MCCI_IN010000UK13", None),
    ] {
        let found = directory.endpoint(&id(party), service, interaction);
        let expected = expected.map(|path| format!("https://gp.example:8443/{path}"));
        assert_eq!(found.map(|e| e.address), expected, "{party} {interaction}");
    }
}

#[test]
fn interactions_are_registered_with_or_without_their_service() {
    let may = |registered: &[&str], asked: &str| {
        let interactions = Some(registered.iter().map(|i| (*i).to_owned()).collect());
        let system = System {
            interactions,
            ..system("one", 1)
        };
        system.may_ask(asked).is_ok()
    };
    let (upload, full, other) = (
        "REPC_IN150016UK05",
        "urn:nhs:names:services:psis:REPC_IN150016UK05",
        "urn:nhs:names:services:other:REPC_IN150016UK05",
    );
    for (registered, asked, expected) in [
        (&[upload][..], upload, true),
        (&[upload], full, true),
        (&[full], upload, true),
        (&[full], full, true),
        (&[full], other, false),
        (&[upload], "REPC_IN150015UK05", false),
        (&[], upload, false),
    ] {
        assert_eq!(may(registered, asked), expected, "{registered:?} {asked}");
    }
    assert!(system("one", 1).may_ask("anything").is_ok());
    let provider = System {
        sends_for: vec![id("990000000002")],
        ..system("provider", 1)
    };
    for (asid, expected) in [("01", true), ("02", true), ("03", false)] {
        let asid = id(&format!("9900000000{asid}"));
        assert_eq!(provider.may_send(&asid, upload).is_ok(), expected);
    }
    let one = system("one", 1);
    assert_eq!(
        one.may_send(&id("990000000002"), upload),
        Err(Unregistered::Asid)
    );
    assert_eq!(
        one.may_speak_as(&id("Y90001-0000002")),
        Err(Unregistered::Party)
    );
}

#[test]
fn no_two_systems_share_what_tells_them_apart() {
    let hex = "ab".repeat(32);
    let print = |hex: &str| CertificateMatch::Fingerprint(hex.to_owned());
    let check = |first: System, second: System| {
        let error = Directory::open(vec![first, second], None).expect_err("refused");
        error.to_string()
    };
    let (one, two) = (system("one", 1), system("two", 2));
    assert!(Directory::open(vec![one.clone(), two.clone()], None).is_ok());
    for (first, second, shared) in [
        (
            one.clone(),
            System {
                asids: one.asids.clone(),
                ..two.clone()
            },
            "ASID 990000000001",
        ),
        (
            one.clone(),
            System {
                party_key: one.party_key.clone(),
                ..two.clone()
            },
            "party key Y90001-0000001",
        ),
        (
            one.clone(),
            System {
                certificate: one.certificate.clone(),
                ..two.clone()
            },
            "certificate with common name \"one.example\"",
        ),
        (
            System {
                certificate: print(&hex),
                ..one.clone()
            },
            System {
                certificate: print(&hex.to_ascii_uppercase()),
                ..two.clone()
            },
            &format!("certificate with fingerprint {hex}"),
        ),
    ] {
        assert_eq!(
            check(first, second),
            format!(
                "spine.systems[1]: system \"two\" has the {shared}, which system \"one\" has \
                 already (spine.systems[0])"
            )
        );
    }
    let named = System {
        name: "one".to_owned(),
        ..two
    };
    assert!(check(one, named).contains("has the name \"one\""));
}

#[test]
fn a_system_is_checked_by_itself() {
    let check = |change: &dyn Fn(&mut System), expected: &str| {
        let mut system = system("one", 1);
        change(&mut system);
        let error = system.check().expect_err(expected);
        assert!(error.starts_with(expected), "{error}");
    };
    check(&|s| s.name = " ".to_owned(), "the name");
    check(&|s| s.asids.clear(), "asids is empty");
    check(
        &|s| s.asids.push(s.asids[0].clone()),
        "asids, sends_for: 990000000001",
    );
    check(
        &|s| s.certificate = CertificateMatch::CommonName(String::new()),
        "certificate.common_name",
    );
    check(
        &|s| s.certificate = CertificateMatch::Fingerprint("ab".to_owned()),
        "certificate.fingerprint",
    );
    check(
        &|s| s.interactions = Some(vec!["a b".to_owned()]),
        "interactions: \"a b\"",
    );
    check(
        &|s| s.endpoints = vec![endpoint("*", "a"), endpoint("*", "b")],
        "endpoints: interaction *",
    );
    check(
        &|s| s.endpoints = vec![endpoint("MCCI_IN010000UK13", "a")],
        "endpoints[0]: interaction",
    );
    check(
        &|s| {
            s.party_key = None;
            s.endpoints = vec![endpoint("*", "a")];
        },
        "endpoints need a party_key",
    );
}
