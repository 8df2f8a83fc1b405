//! What each workload sends, as a service reads it.

use std::collections::HashSet;

use clap::ValueEnum;
use itk::Face;
use itk::request::{self, Rules};
use itk::scr::Operation;
use itk::signature::Sha1;
use transport::pki::{Authority, IssueRequest};

use super::*;

const NAME: &str = "client.example";

/// A peer with a client certificate of its own, and a few patients.
struct Bed {
    env: Environment,
    peer: Peer,
    patients: Patients,
    _folder: tempfile::TempDir,
}

fn bed() -> Bed {
    let env = Environment::simulated(jiff::Timestamp::UNIX_EPOCH, 3);
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::create("Example CA", &env).expect("an authority");
    let wanted = IssueRequest {
        common_name: NAME.to_owned(),
        client: true,
        ..IssueRequest::default()
    };
    let issued = authority.issue(&wanted, &env).expect("a certificate");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        transport::files::write_private(&path, text).expect("written");
        path
    };
    let peer = Peer::of(&serde_json::json!({
        "smsp": {
            "scr": "https://localhost:1/smsp/scr",
            "cpis": "https://localhost:1/smsp/cpis",
        },
        "spine": {
            "sync": "https://localhost:2/sync-service",
            "reliable": "https://localhost:2/reliablemessaging/reliablerequest",
            "asid": "200000000001",
            "party_key": "X00-000001",
            "cpa_id": "S20001A000001",
        },
        "scr_api": { "base": "https://localhost:3/summary-care-record/FHIR/R4", "token": "t" },
        "tls": {
            "ca": file("ca.pem", authority.certificate_pem()),
            "cert": file("client.pem", &issued.certificate_pem),
            "key": file("client.key", &issued.key_pem),
            "username": NAME,
            "asid": "200000000002",
            "party_key": "X26-000002",
        },
        "user": {
            "ods": "X26",
            "user_id": "555000000001",
            "role_profile_id": "555000000002",
            "job_role": "S0030:G0100:R0260",
        },
    }))
    .expect("a peer");
    let population = synthetic::population(1);
    let some = |from: u32| {
        (from..from + 3)
            .map(|index| population.patient(index).nhs_number)
            .collect()
    };
    Bed {
        env,
        peer,
        patients: Patients {
            of_20_kb: some(0),
            of_64_kb: some(crate::patients::OF_64_KB),
            permitting: some(6),
            with_plan: some(9),
        },
        _folder: folder,
    }
}

#[test]
fn every_workload_asks_what_it_says_and_never_the_same_twice() {
    let bed = bed();
    for &workload in Workload::value_variants() {
        let make = workload
            .requests(&bed.peer, &bed.patients, &bed.env)
            .expect("requests");
        let mut bodies = HashSet::new();
        for number in 0..6 {
            let request = make(number);
            let (expected, signed): (itk::Operation, bool) = match workload {
                Workload::QueryScr20 | Workload::QueryScr64 => (Operation::QueryScr.into(), false),
                Workload::QueryScr20Signed => (Operation::QueryScr.into(), true),
                Workload::GetScrStatus => (Operation::GetScrStatus.into(), false),
                Workload::QueryPtv => (Operation::QueryPtv.into(), false),
                Workload::CreatePtv => (Operation::CreatePtv.into(), false),
                Workload::CpisQuery => (itk::cpis::Operation::Query.into(), false),
                Workload::FhirIdentifier | Workload::FhirGet64 => {
                    let expected = bed.patients.of_64_kb[number as usize % 3];
                    assert!(
                        request.path.ends_with(expected.as_str()),
                        "{}",
                        request.path
                    );
                    continue;
                }
                Workload::FhirUpload20 => {
                    takes_bundle(&request);
                    assert!(bodies.insert(request.body.clone()), "{}", workload.name());
                    continue;
                }
                Workload::Upload20 | Workload::Upload64 => {
                    takes_upload(&request, workload == Workload::Upload64);
                    assert!(bodies.insert(request.body.clone()), "{}", workload.name());
                    continue;
                }
                Workload::DocumentList | Workload::EventList | Workload::Event20 => {
                    let document = xml::Document::parse(&request.body).expect("well-formed");
                    let action = Some(request.headers[1].1.as_str());
                    hl7v3::soap::read_request(&document, action).expect("a Spine takes it");
                    assert!(bodies.insert(request.body.clone()), "{}", workload.name());
                    continue;
                }
            };
            let document = xml::Document::parse(&request.body).expect("well-formed");
            let rules = Rules {
                now: bed.env.now(),
                skew: SignedDuration::ZERO,
                soap_action: Some(&request.headers[1].1),
                service: itk::SEND_RECV,
                sha1: Sha1::Refused,
            };
            let read = request::read(&document, &rules).expect("a service takes it");
            let face = match workload {
                Workload::CpisQuery => Face::Cpis,
                _ => Face::Scr,
            };
            let operation = face.operation(&read.envelope, &read.payload);
            let operation = operation.expect("an operation");
            assert_eq!(operation, expected);
            assert_eq!(read.signature.is_some(), signed, "{}", workload.name());
            assert!(bodies.insert(request.body.clone()), "{}", workload.name());
        }
    }
}

#[test]
fn patients_take_turns() {
    let bed = bed();
    let make = Workload::CreatePtv
        .requests(&bed.peer, &bed.patients, &bed.env)
        .expect("requests");
    for number in 0..6 {
        let body = make(number).body;
        let body = std::str::from_utf8(&body).expect("text");
        for (index, patient) in bed.patients.permitting.iter().enumerate() {
            let named = body.contains(patient.as_str());
            assert_eq!(named, index as u64 == number % 3, "{number} {index}");
        }
    }
}

/// A Spine reads the upload, and its document is about as large as it says.
fn takes_upload(request: &UpstreamRequest, of_64_kb: bool) {
    let content_type = &request.headers[0].1;
    let message = ebxml::read(content_type, &request.body).expect("an ebXML message");
    message
        .check(ebxml::Pattern::Reliable)
        .expect("a reliable one");
    let payload = message.payload_bytes().expect("a payload");
    let document = xml::Document::parse(&payload).expect("well-formed");
    let read = hl7v3::bare::read(document.root()).expect("a request");
    let upload = hl7v3::upload::read(&read).expect("an upload");
    let expected = if of_64_kb { 64 << 10 } else { 20 << 10 };
    let size = upload.summary.slice().bytes.len();
    assert!(size.abs_diff(expected) < expected / 10, "{size}");
}

/// The API can make a document of it.
fn takes_bundle(request: &UpstreamRequest) {
    let fhir::Resource::Bundle(bundle) = fhir::json::read_tolerant(&request.body).expect("FHIR")
    else {
        panic!("no bundle");
    };
    let new = conversion::NewDocument {
        now: jiff::Timestamp::UNIX_EPOCH,
        patient: None,
    };
    let mut ids = || "5D1C0F3E-6F0B-4B5E-9A51-0C9E9E7F0A11".to_owned();
    let profile = conversion::Profile::Full;
    conversion::from_fhir(&bundle, &new, profile, &mut ids).expect("a document");
}
