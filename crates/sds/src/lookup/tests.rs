//! Which entries a look-up finds.

use transport::CertificateMatch;

use super::*;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

fn own() -> Own {
    Own {
        organisation: id("YES"),
        asid: id("990101234567"),
        party_key: id("YES-0000806"),
        url: "https://spine.example".to_owned(),
        cpa_id: "S20001A000182".to_owned(),
        agreements: None,
    }
}

fn system(name: &str, ods: &str, party: &str, asids: &[&str], endpoints: &[&str]) -> System {
    let endpoint = |interaction: &&str| Endpoint {
        interaction: (*interaction).to_owned(),
        address: format!("https://{name}.example:8443/"),
        cpa_id: format!("CPA-{name}"),
        reliability: Reliability::default(),
    };
    System {
        name: name.to_owned(),
        organisation: (!ods.is_empty()).then(|| id(ods)),
        manufacturer: Some(id("X26")),
        certificate: CertificateMatch::CommonName(name.to_owned()),
        asids: asids.iter().map(|asid| id(asid)).collect(),
        sends_for: Vec::new(),
        party_key: Some(id(party)),
        interactions: None,
        endpoints: endpoints.iter().map(endpoint).collect(),
    }
}

const ACK: &str = "urn:nhs:names:services:psis:MCCI_IN010000UK13";
const UPLOAD: &str = "urn:nhs:names:services:psis:REPC_IN150016UK05";
const LIST: &str = "urn:nhs:names:services:psisquery:QUPC_IN160102UK05";
const FORWARDED: &str = "urn:nhs:names:services:gp2gp:COPC_IN000001UK01";

fn lookup() -> Lookup {
    let narrow = System {
        interactions: Some(vec!["COMT_IN000001UK01".to_owned(), FORWARDED.to_owned()]),
        ..system("b", "Y90002", "Y90002-0000002", &["3"], &[ACK, FORWARDED])
    };
    let directory = Directory::new(vec![
        system("a", "Y90001", "Y90001-0000001", &["1", "2"], &["*", ACK]),
        narrow,
        system("c", "", "Y90003-0000003", &["4"], &["*"]),
    ]);
    Lookup::new(Some(own()), directory)
}

#[test]
fn devices_are_found_by_organisation_and_interaction() {
    let lookup = lookup();
    let check = |ods: &str, interaction: &str, party: &str, made_by: &str, expected: &[&str]| {
        let found = lookup.devices(&DeviceQuery {
            organisation: id(ods),
            service_interaction: interaction.to_owned(),
            party_key: (!party.is_empty()).then(|| id(party)),
            manufacturer: (!made_by.is_empty()).then(|| id(made_by)),
        });
        let asids: Vec<_> = found.iter().map(|device| device.asid.as_str()).collect();
        assert_eq!(asids, expected, "{ods} {interaction} {party} {made_by}");
    };
    check("YES", UPLOAD, "", "", &["990101234567"]);
    check("YES", ACK, "", "", &[]);
    check("YES", UPLOAD, "YES-0000806", "", &["990101234567"]);
    check("YES", UPLOAD, "YES-0000807", "", &[]);
    check("YES", UPLOAD, "", "X26", &[]);
    check("Y90001", UPLOAD, "", "", &["1", "2"]);
    check("y90001", ACK, "", "X26", &["1", "2"]);
    check("Y90001", UPLOAD, "", "X27", &[]);
    check("Y90001", FORWARDED, "", "", &[]);
    check("Y90002", UPLOAD, "", "", &[]);
    check("Y90002", FORWARDED, "", "", &["3"]);
    check(
        "Y90002",
        "urn:nhs:names:services:alerts:COMT_IN000001UK01",
        "",
        "",
        &["3"],
    );
    check("Y90003", UPLOAD, "", "", &[]);
}

#[test]
fn endpoints_are_found_by_two_of_three() {
    let lookup = lookup();
    let check = |ods: &str, interaction: &str, party: &str, expected: &[&str]| {
        let found = lookup.endpoints(&EndpointQuery {
            organisation: (!ods.is_empty()).then(|| id(ods)),
            service_interaction: (!interaction.is_empty()).then(|| interaction.to_owned()),
            party_key: (!party.is_empty()).then(|| id(party)),
        });
        let addresses: Vec<_> = found.iter().map(|e| e.address.as_str()).collect();
        assert_eq!(addresses, expected, "{ods} {interaction} {party}");
    };
    let reliable = "https://spine.example/reliablemessaging/reliablerequest";
    let intermediary = "https://spine.example/reliablemessaging/intermediary";
    check("YES", UPLOAD, "", &[reliable]);
    check("", UPLOAD, "YES-0000806", &[reliable]);
    check("Y90001", UPLOAD, "YES-0000806", &[]);
    check("Y90001", ACK, "", &["https://a.example:8443/"]);
    check(
        "Y90001",
        LIST,
        "Y90001-0000001",
        &["https://a.example:8443/"],
    );
    check("Y90002", LIST, "", &[]);
    check("", LIST, "Y90003-0000003", &["https://c.example:8443/"]);
    // What systems send each other goes through the Spine.
    check("", FORWARDED, "Y90002-0000002", &[intermediary]);
    check(
        "Y90002",
        "",
        "Y90002-0000002",
        &["https://b.example:8443/", intermediary],
    );
}

#[test]
fn an_endpoint_for_everything_is_listed_with_every_reply() {
    let found = lookup().endpoints(&EndpointQuery {
        organisation: Some(id("Y90001")),
        service_interaction: None,
        party_key: Some(id("Y90001-0000001")),
    });
    let mut listed: Vec<_> = found
        .iter()
        .map(|e| e.service_interaction.clone())
        .collect();
    listed.sort_unstable();
    let mut replies: Vec<_> = services::replies().collect();
    replies.sort_unstable();
    assert_eq!(listed, replies);
}

#[test]
fn contract_properties_are_those_of_published_rows() {
    let lookup = lookup();
    let contract = |interaction: &str, party: &str| {
        let found = lookup.endpoints(&EndpointQuery {
            organisation: None,
            service_interaction: Some(interaction.to_owned()),
            party_key: Some(id(party)),
        });
        let [one] = found.as_slice() else {
            panic!("one endpoint: {found:?}");
        };
        let c = &one.contract;
        let retries = c.retries.map(|n| n.to_string());
        [
            c.sync_reply_mode.unwrap_or("-").to_owned(),
            c.ack_requested.to_owned(),
            c.duplicate_elimination.to_owned(),
            c.persist_duration.clone().unwrap_or_else(|| "-".to_owned()),
            retries.unwrap_or_else(|| "-".to_owned()),
            c.retry_interval.clone().unwrap_or_else(|| "-".to_owned()),
        ]
        .join(" ")
    };
    let (spine, gp) = ("YES-0000806", "Y90001-0000001");
    for (interaction, party, expected) in [
        (UPLOAD, spine, "MSHSignalsOnly always always PT5M 2 PT1M"),
        (ACK, gp, "MSHSignalsOnly always always PT5M 2 PT1M"),
        (
            "urn:nhs:names:services:psisquery:QUPC_IN160101UK05",
            spine,
            "MSHSignalsOnly never never - - -",
        ),
        (LIST, gp, "MSHSignalsOnly never never - - -"),
        (
            "urn:nhs:names:services:lrsquery:GET_RESOURCE_PERMISSIONS_INUK01",
            spine,
            "- never never - - -",
        ),
        (
            "urn:nhs:names:services:tms:ReliableIntermediary",
            spine,
            "- never never - - -",
        ),
    ] {
        assert_eq!(contract(interaction, party), expected, "{interaction}");
    }
}
