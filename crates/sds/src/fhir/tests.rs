//! Requests in, answers out, held against published answers where there are some.

use domain::OdsCode;
use serde_json::Value;
use transport::{CertificateMatch, Headers, Peer};

use super::*;
use crate::users::{RoleProfile, User};
use crate::{Endpoint, Reliability, System};

mod published;
mod refused;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

fn own() -> Own {
    Own {
        organisation: id::<OdsCode>("YES"),
        asid: id("990101234567"),
        party_key: id("YES-0000806"),
        url: "https://msg.opentest.hscic.gov.uk".to_owned(),
        cpa_id: "S20001A000182".to_owned(),
        agreements: None,
    }
}

fn gp() -> System {
    System {
        name: "GP".to_owned(),
        organisation: Some(id("Y90001")),
        manufacturer: Some(id("X26")),
        certificate: CertificateMatch::CommonName("gp.example".to_owned()),
        asids: vec![id("928942012545")],
        sends_for: Vec::new(),
        party_key: Some(id("Y90001-0000003")),
        interactions: Some(vec!["REPC_IN150016UK05".to_owned()]),
        endpoints: vec![Endpoint {
            interaction: "*".to_owned(),
            address: "https://gp.example:8443/in".to_owned(),
            cpa_id: "S918999410559".to_owned(),
            reliability: Reliability::default(),
        }],
    }
}

fn service() -> FhirService {
    let profile = |urp: &str, until: Option<&str>| RoleProfile {
        id: id(urp),
        job_role: id("S8000:G8000:R8001"),
        activities: Vec::new(),
        valid_from: None,
        valid_until: until.map(|at| at.parse().expect("a time")),
    };
    let user = User {
        user: id("112233445566"),
        organisation: id("Y90001"),
        name: "Nurse Example".to_owned(),
        role_profiles: vec![
            profile("212233445566", None),
            profile("212233445577", Some("2026-01-01T00:00:00Z")),
        ],
    };
    let users = UserDirectory::new(vec![user]).expect("distinct");
    let now = "2026-03-02T09:00:00Z".parse().expect("a time");
    let env = Environment::simulated(now, 1);
    FhirService::new(own(), Directory::new(vec![gp()]), users, env)
}

fn request(path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
    let mut lines = Headers::default();
    for (name, value) in headers {
        assert!(lines.add(name, value));
    }
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: lines,
        body: Bytes::new(),
        peer: Peer::local(None),
    }
}

/// The body of a resource asked for with parameters, which must be found.
fn found(resource: &str, query: &str) -> Value {
    let path = format!("{BASE_PATH}/{resource}");
    let response = service().answer(&request(&path, query, &[("Host", "sds.example:8080")]));
    assert_eq!(response.status, 200, "{query}");
    assert_eq!(response.header("content-type"), Some(FHIR_JSON));
    serde_json::from_slice(&response.body).expect("JSON")
}

fn organisation(ods: &str) -> String {
    format!("organization=https://fhir.nhs.uk/Id/ods-organization-code|{ods}")
}

fn interaction(svc_ia: &str) -> String {
    format!("identifier=https://fhir.nhs.uk/Id/nhsServiceInteractionId|{svc_ia}")
}

fn party(key: &str) -> String {
    format!("identifier=https://fhir.nhs.uk/Id/nhsMhsPartyKey|{key}")
}

const UPLOAD: &str = "urn:nhs:names:services:psis:REPC_IN150016UK05";
const ACK: &str = "urn:nhs:names:services:psis:MCCI_IN010000UK13";

#[test]
fn a_route_is_looked_up_as_the_adaptor_does() {
    let device = found(
        "Device",
        &format!("{}&{}", organisation("YES"), interaction(UPLOAD)),
    );
    assert_eq!(device["total"], 1);
    let resource = &device["entry"][0]["resource"];
    assert_eq!(resource["identifier"][0]["value"], "990101234567");
    let key = resource["identifier"][1]["value"].as_str().expect("a key");
    let endpoint = found(
        "Endpoint",
        &format!("{}&{}", interaction(UPLOAD), party(key)),
    );
    assert_eq!(
        endpoint["entry"][0]["resource"]["address"],
        "https://msg.opentest.hscic.gov.uk/reliablemessaging/reliablerequest"
    );
    let reply = found(
        "Endpoint",
        &format!("{}&{}", organisation("y90001"), interaction(ACK)),
    );
    assert_eq!(
        reply["entry"][0]["resource"]["address"],
        "https://gp.example:8443/in"
    );
}

#[test]
fn a_bundle_says_what_was_asked() {
    let query = format!("{}&{}", organisation("YES"), interaction(UPLOAD));
    let encoded = query.replace('|', "%7C").replace(':', "%3a");
    let bundle = found("Device", &encoded);
    let here = "http://sds.example:8080/spine-directory/FHIR/R4/Device";
    assert_eq!(bundle["link"][0]["url"], format!("{here}?{query}"));
    let entry = &bundle["entry"][0];
    let id = entry["resource"]["id"].as_str().expect("an id");
    assert!(is_uuid(id) && is_uuid(bundle["id"].as_str().expect("an id")));
    assert_eq!(entry["fullUrl"], format!("{here}/{id}"));
    // Of several values, the last counts; empty ones do not.
    let last = format!(
        "{}&{}&{}&{}",
        organisation("Y90001"),
        organisation("YES"),
        organisation(""),
        interaction(UPLOAD)
    );
    assert_eq!(found("Device", &last)["total"], 1);
    // What cannot be is not found.
    for query in [
        format!("{}&{}", organisation("Y-1"), interaction(UPLOAD)),
        format!(
            "{}&{}&{}",
            organisation("YES"),
            interaction(UPLOAD),
            party("x")
        ),
        format!(
            "{}&{}",
            organisation("YES"),
            interaction("urn:none:of:these")
        ),
    ] {
        let empty = found("Device", &query);
        assert_eq!(
            (&empty["total"], &empty["entry"]),
            (&0.into(), &Value::Array(Vec::new()))
        );
    }
}

#[test]
fn a_role_is_found_by_its_profile_while_it_is_valid() {
    for (profile, expected) in [
        ("212233445566", Some("S8000:G8000:R8001")),
        ("212233445577", None),
        ("212233445588", None),
        ("1234", None),
    ] {
        let query = format!("user-role-id=https://fhir.nhs.uk/Id/nhsJobRoleCode|{profile}");
        let bundle = found("PractitionerRole", &query);
        let role = &bundle["entry"][0]["resource"]["code"][0]["coding"][0]["code"];
        assert_eq!(role.as_str(), expected, "{profile}");
        assert_eq!(bundle["total"], u8::from(expected.is_some()));
    }
}

#[test]
fn a_caller_follows_its_request_and_chooses_the_form() {
    let service = service();
    let path = format!("{BASE_PATH}/Device");
    let query = format!("{}&{}", organisation("YES"), interaction(UPLOAD));
    let mine = "0a1b2c3d-0000-4000-8000-00000000000F";
    let given = [("x-correlation-id", mine), ("apikey", "anything")];
    let response = service.answer(&request(&path, &query, &given));
    assert_eq!(response.header("X-Correlation-ID"), Some(mine));
    let response = service.answer(&request(&path, &query, &[]));
    assert!(response.header("X-Correlation-ID").is_some_and(is_uuid));
    for (accept, expected) in [
        ("*/*", FHIR_JSON),
        ("application/json", JSON),
        ("application/fhir+JSON", FHIR_JSON),
        ("text/html, application/json;q=0.9", JSON),
    ] {
        let response = service.answer(&request(&path, &query, &[("Accept", accept)]));
        assert_eq!(response.status, 200, "{accept}");
        assert_eq!(response.header("content-type"), Some(expected), "{accept}");
    }
}

#[test]
fn it_says_that_it_is_well() {
    let service = service();
    for path in ["/healthcheck", "/spine-directory/FHIR/R4/healthcheck"] {
        let response = service.answer(&request(path, "", &[]));
        assert_eq!((response.status, response.body.len()), (200, 0), "{path}");
    }
    let deep = service.answer(&request(&format!("{BASE_PATH}/healthcheck/deep"), "", &[]));
    let body: Value = serde_json::from_slice(&deep.body).expect("JSON");
    assert_eq!((deep.status, &body["status"]), (200, &"pass".into()));
}

#[test]
fn every_path_that_is_announced_is_answered() {
    let service = service();
    for path in FhirService::PATHS {
        let response = service.answer(&request(path, "", &[]));
        assert_ne!(response.status, 404, "{path}");
    }
}

#[test]
fn the_route_look_up_gives_names_of_ldap() {
    let service = service();
    let ask = |path: &str, query: &str| {
        let response = service.answer(&request(path, query, &[]));
        (response.status, response.body)
    };
    let query = format!("org-code=YES&service-id={UPLOAD}");
    let body = |path: &str| -> Value {
        let (status, body) = ask(path, &query);
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).expect("JSON")
    };
    let routing = serde_json::json!({
        "nhsMhsFQDN": "msg.opentest.hscic.gov.uk",
        "nhsMHSEndPoint": ["https://msg.opentest.hscic.gov.uk/reliablemessaging/reliablerequest"],
        "nhsMHSPartyKey": "YES-0000806",
        "nhsMhsCPAId": "S20001A000182",
        "uniqueIdentifier": ["990101234567"],
    });
    let reliability = serde_json::json!({
        "nhsMHSSyncReplyMode": "MSHSignalsOnly",
        "nhsMHSRetryInterval": "PT1M",
        "nhsMHSRetries": "2",
        "nhsMHSPersistDuration": "PT5M",
        "nhsMHSDuplicateElimination": "always",
        "nhsMHSAckRequested": "always",
    });
    assert_eq!(body("/routing"), routing);
    assert_eq!(body("/reliability"), reliability);
    let mut both = routing;
    let (Some(all), Value::Object(more)) = (both.as_object_mut(), reliability) else {
        panic!("objects");
    };
    all.extend(more);
    assert_eq!(body("/routing-reliability"), both);
    for (query, status) in [
        ("org-code=YES", 400),
        ("service-id=a", 400),
        ("org-code=&service-id=a", 400),
        ("org-code=YES&service-id=a&colour=red", 400),
        ("org-code=YES&service-id=a", 500),
        ("org-code=Y-1&service-id=a", 500),
    ] {
        assert_eq!(ask("/routing", query).0, status, "{query}");
    }
    let mut post = request("/routing", &query, &[]);
    post.method = "POST".to_owned();
    let response = service.answer(&post);
    assert_eq!(
        (response.status, response.header("allow")),
        (405, Some("GET"))
    );
}
