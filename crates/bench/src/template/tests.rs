//! The overwriting: what a service reads of a copy, and what stays as it was.

use std::collections::HashSet;
use std::sync::Arc;

use client::{Call, ClientIdentity, QueryOptions, ScrClient};
use itk::request::{self, Rules};
use itk::signature::{Sha1, Signer};
use jiff::SignedDuration;
use transport::Environment;
use transport::pki::{Authority, IssueRequest};

use super::*;
use crate::workload::Nowhere;

const SYSTEM: &str = "client.example";

fn patient(first_nine: &str) -> NhsNumber {
    NhsNumber::from_first_nine(first_nine).expect("it has a check digit")
}

/// A querySCR for the first of two patients, perhaps signed; and the second.
fn query(env: &Environment, signer: Option<Signer>) -> (Template, [NhsNumber; 2]) {
    let ods = "X26".parse().expect("an ODS code");
    let identity = ClientIdentity::new("https://localhost/smsp/scr", SYSTEM, ods);
    let mut client = ScrClient::new(identity, Arc::new(Nowhere), env.clone());
    if let Some(signer) = signer {
        client = client.signing(Arc::new(signer));
    }
    let patients = [patient("999000001"), patient("999123457")];
    let call = Call::Query(patients[0], QueryOptions::with_permission());
    let bytes = client.request_bytes(&call, SignedDuration::from_hours(1));
    let template = Template::new(bytes, Ids::Own(3), patients[0]).expect("a template");
    (template, patients)
}

/// What the service reads: MessageID, trackingid, the payload's id, its whole text, and whether a
/// signature was right.
fn read(bytes: &[u8], env: &Environment) -> ([String; 3], String, bool) {
    let document = xml::Document::parse(bytes).expect("well-formed");
    let rules = Rules {
        now: env.now(),
        skew: SignedDuration::ZERO,
        soap_action: Some(itk::SEND_RECV),
        service: itk::SEND_RECV,
        sha1: Sha1::Refused,
    };
    let read = request::read(&document, &rules).expect("a service takes it");
    let payload = read.payload.slice().bytes.to_owned();
    let read_payload = itk::scr::query_scr::Request::read(&read.payload).expect("a querySCR");
    let ids = [
        read.message_id.to_string(),
        read.envelope.tracking_id.to_string(),
        read_payload.id,
    ];
    (ids, payload, read.signature.is_some())
}

#[test]
fn every_copy_is_a_message_of_its_own() {
    let env = Environment::simulated(jiff::Timestamp::UNIX_EPOCH, 7);
    let authority = Authority::create("Example CA", &env).expect("an authority");
    let wanted = IssueRequest {
        common_name: SYSTEM.to_owned(),
        client: true,
        ..IssueRequest::default()
    };
    let issued = authority.issue(&wanted, &env).expect("a certificate");
    let signer = Signer::from_pem(&issued.certificate_pem, &issued.key_pem).expect("a signer");
    for signer in [None, Some(signer)] {
        let signed = signer.is_some();
        let (template, [first, second]) = query(&env, signer);
        let mut seen = HashSet::new();
        for number in [0, 1, 2, 1 << 32, (1 << 32) + 1, u64::MAX] {
            let (ids, payload, right) = read(&template.request(number, second), &env);
            assert_eq!(right, signed);
            assert!(payload.contains(second.as_str()) && !payload.contains(first.as_str()));
            for id in ids {
                assert!(seen.insert(id.clone()), "{id} came twice, at {number}");
            }
        }
        assert_eq!(seen.len(), 18);
    }
}

#[test]
fn two_templates_share_no_id() {
    let env = Environment::simulated(jiff::Timestamp::UNIX_EPOCH, 7);
    let mut seen = HashSet::new();
    for _ in 0..2 {
        let (template, [patient, _]) = query(&env, None);
        let (ids, ..) = read(&template.request(1, patient), &env);
        seen.extend(ids);
    }
    assert_eq!(seen.len(), 6);
}

#[test]
fn nothing_else_is_overwritten() {
    const TEXT: &str = "<a n='9990000018' m='19990000018' i='uuid_7A1F0C3E-0000-4000-8000-00000000000B' \
        d='TS-7A1F0C3E-0000-8000-8000-00000000000B' l='7a1f0c3e-0000-4000-8000-00000000000b' \
        w='X7A1F0C3E-0000-4000-8000-00000000000B'>7A1F0C3E-0000-4000-8000-00000000000B</a>";
    let number = "9990000018".parse().expect("an NHS number");
    let template = Template::new(TEXT.into(), Ids::Own(1), number).expect("a template");
    let other = patient("999123457");
    let made = String::from_utf8(template.request(5, other)).expect("text");

    let digits = hexadecimal(scattered(5));
    let digits = std::str::from_utf8(&digits).expect("digits");
    let id = format!(
        "{}-{}-4000-8000-{}0000000B",
        &digits[..8],
        &digits[8..12],
        &digits[12..]
    );
    let expected = TEXT
        .replace("n='9990000018", &format!("n='{}", other.as_str()))
        .replace(
            "uuid_7A1F0C3E-0000-4000-8000-00000000000B",
            &format!("uuid_{id}"),
        )
        .replace(">7A1F0C3E-0000-4000-8000-00000000000B", &format!(">{id}"));
    assert_eq!(made, expected);
    assert_eq!(template.bytes, TEXT.as_bytes(), "the template stays");
}

#[test]
fn a_request_of_another_shape_is_refused() {
    let patient = patient("999000001");
    let id = "7A1F0C3E-0000-4000-8000-00000000000B";
    for (text, ids) in [
        (format!("{id} {}", patient.as_str()), 2),
        (patient.as_str().to_owned(), 1),
        (id.to_owned(), 1),
        (String::new(), 0),
    ] {
        Template::new(text.clone().into(), Ids::Own(ids), patient).expect_err(&text);
    }
}
