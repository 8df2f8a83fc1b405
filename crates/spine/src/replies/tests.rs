//! Where answers go, by what is registered.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{MessageId, OdsCode, PartyKey};
use jiff::SignedDuration;
use mhs::Pattern;
use sds::System;
use transport::{BoxFuture, CertificateMatch, UpstreamError, UpstreamRequest, UpstreamResponse};

use super::*;

struct Nowhere;

impl Upstream for Nowhere {
    fn send(&self, _: UpstreamRequest) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async { Err(UpstreamError::Connect("nowhere".to_owned())) })
    }
}

fn party(text: &str) -> PartyKey {
    PartyKey::parse(text).expect("a party key")
}

fn endpoint(interaction: &str, address: &str) -> Endpoint {
    Endpoint {
        interaction: interaction.to_owned(),
        address: address.to_owned(),
        cpa_id: format!("cpa of {interaction}"),
        reliability: sds::Reliability {
            retries: 3,
            retry_interval: SignedDuration::from_secs(7),
            persist_duration: SignedDuration::from_mins(4),
        },
    }
}

/// A directory of one system with these endpoints, and routes that count their connections.
fn routes(endpoints: Vec<Endpoint>) -> (DirectoryRoutes, Arc<AtomicUsize>) {
    let directory = Directory::new(vec![System {
        name: "client".to_owned(),
        organisation: None,
        manufacturer: None,
        certificate: CertificateMatch::CommonName("client.example".to_owned()),
        asids: Vec::new(),
        sends_for: Vec::new(),
        party_key: Some(party("RKE-000001")),
        interactions: None,
        endpoints,
    }]);
    let own = Own {
        organisation: OdsCode::parse("YES").expect("an ODS code"),
        asid: domain::Asid::parse("655159266510").expect("digits"),
        party_key: party("YES-0000806"),
        url: "https://spine.example".to_owned(),
        cpa_id: "S1".to_owned(),
        agreements: None,
    };
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let connect = move |origin: &str| {
        count.fetch_add(1, Ordering::Relaxed);
        match origin.contains("broken") {
            true => Err("its certificate files cannot be read".to_owned()),
            false => Ok(Arc::new(Nowhere) as Arc<dyn Upstream>),
        }
    };
    (
        DirectoryRoutes::new(directory, own, Box::new(connect)),
        made,
    )
}

fn outgoing(to: Option<&str>, interaction: &str) -> Outgoing {
    let id = MessageId::parse("5BB171D4-53B2-4986-90CF-428BE6D157F5").expect("an id");
    Outgoing {
        message: id.clone(),
        conversation: id,
        service: "urn:nhs:names:services:psis".to_owned(),
        interaction: interaction.to_owned(),
        payload: "<a/>".to_owned(),
        pattern: Pattern::Reliable,
        to_party: to.map(party),
        ref_to: None,
    }
}

const MCCI: &str = "urn:nhs:names:services:psis:MCCI_IN010000UK13";

#[test]
fn a_message_goes_where_the_directory_says_and_as_it_says() {
    let (routes, _) = routes(vec![
        endpoint("*", "https://client.example:4848/all"),
        endpoint(MCCI, "https://client.example:4849/answers/in"),
    ]);
    for (interaction, path, cpa_id) in [
        ("MCCI_IN010000UK13", "/answers/in", format!("cpa of {MCCI}")),
        ("REPC_IN020000UK13", "/all", "cpa of *".to_owned()),
    ] {
        let route = routes.route(&outgoing(Some("RKE-000001"), interaction));
        let contract = route.unwrap_or_else(|why| panic!("{why}")).contract;
        assert_eq!(contract.path, path);
        assert_eq!(contract.cpa_id, cpa_id);
        assert_eq!(contract.from_party, party("YES-0000806"));
        assert_eq!(contract.to_party, party("RKE-000001"));
        assert_eq!(contract.form, Form::Spine);
        let reliability = contract.reliability.expect("it is the directory's");
        assert_eq!(reliability.retries, 3);
        assert_eq!(reliability.retry_interval, SignedDuration::from_secs(7));
        assert_eq!(reliability.persist_duration, SignedDuration::from_mins(4));
    }
}

#[test]
fn answers_of_cpis_are_sent_once() {
    let (routes, _) = routes(vec![endpoint("*", "https://client.example:4848/all")]);
    let answer = Outgoing {
        service: "urn:nhs:names:services:cpisquery".to_owned(),
        ..outgoing(Some("RKE-000001"), "REPC_IN000007GB01")
    };
    let route = routes.route(&answer).unwrap_or_else(|why| panic!("{why}"));
    let reliability = route.contract.reliability.expect("a contract");
    assert_eq!(reliability.retries, 0);
}

#[test]
fn without_a_way_it_says_why() {
    let (broken, made) = routes(vec![endpoint("*", "https://broken.example/")]);
    let reason = |routes: &DirectoryRoutes, outgoing: &Outgoing| {
        routes.route(outgoing).err().expect("no way")
    };
    let answer = outgoing(Some("RKE-000001"), "MCCI_IN010000UK13");
    assert_eq!(
        reason(&broken, &answer),
        "its certificate files cannot be read"
    );
    assert_eq!(
        reason(&broken, &answer),
        "its certificate files cannot be read"
    );
    assert_eq!(made.load(Ordering::Relaxed), 2, "a failure is not kept");
    let nobody = outgoing(None, "MCCI_IN010000UK13");
    assert_eq!(
        reason(&broken, &nobody),
        "the message names no party that it is for"
    );
    let stranger = outgoing(Some("RKE-000002"), "MCCI_IN010000UK13");
    assert_eq!(
        reason(&broken, &stranger),
        format!("the directory has no endpoint of party RKE-000002 for {MCCI}")
    );
    for address in [
        "http://client.example/",
        "https://",
        "https:///path",
        "client.example",
        "https://user@client.example/",
        "https://client.example?to=1",
    ] {
        let (routes, made) = routes(vec![endpoint("*", address)]);
        let reason = reason(&routes, &answer);
        assert!(reason.contains("is no https URL"), "{address}: {reason}");
        assert_eq!(made.load(Ordering::Relaxed), 0, "{address}");
    }
}

#[test]
fn one_host_has_one_set_of_connections_and_there_are_not_too_many() {
    let endpoints = (0..2 * HOSTS).map(|n| {
        let interaction = format!("urn:nhs:names:services:psis:I{n}");
        // Two endpoints at each host.
        endpoint(&interaction, &format!("https://host{}.example/{n}", n / 2))
    });
    let (routes, made) = routes(endpoints.collect());
    for round in 1..=2 {
        for n in 0..2 * HOSTS {
            let route = routes.route(&outgoing(Some("RKE-000001"), &format!("I{n}")));
            assert!(route.is_ok());
        }
        assert_eq!(made.load(Ordering::Relaxed), HOSTS, "round {round}");
    }
    assert_eq!(routes.hosts.lock().expect("no panic").len(), HOSTS);
}

#[test]
fn an_address_is_split_before_its_path() {
    for (address, expected) in [
        ("https://a.example", Some(("https://a.example", "/"))),
        ("https://a.example/", Some(("https://a.example", "/"))),
        (
            "https://a.example:443/b?c=d",
            Some(("https://a.example:443", "/b?c=d")),
        ),
        ("https://[::1]:8443/b", Some(("https://[::1]:8443", "/b"))),
        ("HTTPS://a.example/", None),
    ] {
        assert_eq!(split(address), expected, "{address}");
    }
}
