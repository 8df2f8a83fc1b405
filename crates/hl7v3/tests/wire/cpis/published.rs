//! Everything published is read. Skipped, with a line, where the vectors are not.

use domain::CheckDigit;
use domain::code::cpis::ResponseCode;
use domain::cpis::{Author, PlanType};
use hl7v3::cpis::answer::{self, PAYLOAD, Role};
use hl7v3::cpis::query::{self, STUB};
use hl7v3::cpis::reply::{self, Reply};
use hl7v3::{SoapFault, bare, issue};

use super::world::*;
use crate::support::*;
use crate::vectors::one;

fn vector(test: &str, name: &str) -> Option<String> {
    one(test, &format!("cpis/{name}")).map(|bytes| text(&bytes))
}

#[test]
fn published_queries_are_read() {
    for (name, is_person) in [("person", true), ("device", false)] {
        let name = format!("synthetic/QUPC_IN000006GB01_author_{name}.xml");
        let Some(source) = vector("published_queries_are_read", &name) else {
            return;
        };
        let doc = parsed(source.as_bytes());
        let request = bare::read(doc.root()).expect("valid");
        let query = query::read_request(&request, CheckDigit::Required).expect("valid");
        assert_eq!(query.patient.as_str(), "9449310394");
        assert_eq!(matches!(query.author, Author::Person(_)), is_person);
        assert_eq!(query.author.organisation().code, "RKE");
        assert!(!query.silent);
        // What is passed on says the same.
        let written = written(|w| query::write_stub(w, &query));
        let again = parsed(&written);
        assert_eq!(query::read(again.root(), CheckDigit::Required), Ok(query));
    }
}

#[test]
fn the_published_stub_of_a_mini_service_is_read() {
    let name = "synthetic/SMSP_CP-ISNHSQuery_request_ITK.xml";
    let Some(source) = vector("the_published_stub_of_a_mini_service_is_read", name) else {
        return;
    };
    let doc = parsed(source.as_bytes());
    let stub = doc.root().find(xml::ns::HL7, STUB).expect("a stub");
    let query = query::read(stub, CheckDigit::Required).expect("valid");
    assert_eq!(query.id, "7D616840-AE1A-11DB-973A-B18E1E0994CE");
    let Author::Person(person) = query.author else {
        panic!("a person")
    };
    assert_eq!(person.name.to_string(), "Dr Alex Example");
    assert_eq!(person.role_profile.as_deref(), Some("100077650987"));
}

/// With the namespace that its SOAP wrapper supplies, and without any.
#[test]
fn the_published_answer_of_the_spine_is_read() {
    let name = "spine-sync/REPC_IN000007GB01_sync_template1.xml";
    let Some(source) = vector("the_published_answer_of_the_spine_is_read", name) else {
        return;
    };
    let with_namespace = source.replacen(
        "<CP-ISNHSQueryResponse ",
        "<CP-ISNHSQueryResponse xmlns=\"urn:hl7-org:v3\" ",
        1,
    );
    for source in [source, with_namespace] {
        let Ok(Reply::Found(mut read)) = reply::read(&parsed(source.as_bytes())) else {
            panic!("an answer")
        };
        assert_eq!(read.accesses.len(), 10);
        assert_eq!(read.patient().expect("a number").as_str(), "9449310394");
        assert_eq!(read.accesses.last().expect("the last").id, read.id);
        let [record] = read.records.as_slice() else {
            panic!("one record")
        };
        assert_eq!(record.authority.code.as_str(), "RFX");
        assert_eq!(
            record.contact.emergency.as_deref(),
            Some("tel:073457777777")
        );
        assert_eq!(record.contact.office.as_deref(), Some("tel:019043573581"));
        let expected = plan(PlanType::LookedAfter, "201403170000", None);
        assert_eq!(record.plans, [expected]);
        let subject = &record.subjects[0];
        assert_eq!((subject.role, subject.patient), (Role::Child, None));
        assert_eq!(subject.person.given, "TRACE");
        assert_eq!(subject.person.family, "LEWINGTON");
        // Repaired, it is valid.
        let patient = read.patient().expect("a number");
        read.complete(patient);
        let payload = written(|w| answer::write_payload(w, &read, None));
        validate_element(&payload, PAYLOAD, "REPC_MT000007GB01");
    }
}

#[test]
fn published_refusals_are_read() {
    let test = "published_refusals_are_read";
    let name = "spine-sync/MCCI_IN010000UK13_sync_template.xml";
    let Some(source) = vector(test, name) else {
        return;
    };
    let source = source
        .replace("__MSGID_UUID__", ANSWER_ID)
        .replace("__ACKNOWLEDGED_MESSAGEID_XPATH__", REQUEST_ID)
        .replace("__ERROR_VALUE_CODE_LITERAL__", "GE002");
    let doc = parsed(source.as_bytes());
    let Ok(Reply::Refused(refusal)) = reply::read(&doc) else {
        panic!("refused")
    };
    assert_eq!(refusal.codes(), "GE002");
    let read = issue::read_acknowledgement(doc.root()).expect("read");
    assert_eq!(read.refers_to, REQUEST_ID);

    let Some(source) = vector(test, "spine-errors/SoapFault_Template.xml") else {
        return;
    };
    let expected = SoapFault::not_supported();
    let error = &expected.errors[0];
    let source = source
        .replace("__SOAP_ERROR_FAULTCODE_REQUIRED__", &expected.faultcode)
        .replace("__SOAP_ERROR_FAULTSTRING_REQUIRED__", &expected.faultstring)
        .replace("__SOAP_ERROR_CODECONTEXT__", &error.code_context)
        .replace("__SOAP_ERROR_ERRORCODE__", &error.code)
        .replace("__SOAP_ERROR_SEVERITY__", &error.severity)
        .replace("__SOAP_ERROR_LOCATION__", &error.location)
        .replace("__SOAP_ERROR_DESCRIPTION__", &error.description);
    match reply::read(&parsed(source.as_bytes())) {
        Ok(Reply::Fault(fault)) => assert_eq!(fault, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn published_payloads_of_a_mini_service_are_read() {
    let test = "published_payloads_of_a_mini_service_are_read";
    let name = |rest: &str| format!("itk-smsp-responses/NHSQueryResponse_{rest}_01_ITK.xml");
    for (rest, code) in [
        ("Success_REPC_MT000012GB01_SMSP-0000", ResponseCode::Success),
        (
            "Failure_REPC_MT000012GB01_SMSP-0001",
            ResponseCode::InputValidation,
        ),
        (
            "Failure_REPC_MT000012GB01_SMSP-0003",
            ResponseCode::NoSuchPatient,
        ),
        (
            "Failure_REPC_MT000012GB01_SMSP-0005",
            ResponseCode::AuthorCredentials,
        ),
        ("Failure_REPC_MT000012GB01_SMSP-9999", ResponseCode::Failure),
        ("NRF_REPC_MT000012GB01_CPIS-0001", ResponseCode::NoRecord),
    ] {
        let Some(source) = vector(test, &name(rest)) else {
            return;
        };
        let doc = parsed(source.as_bytes());
        let payload = doc.root().find(xml::ns::HL7, PAYLOAD).expect("a payload");
        let value = answer::read_value(payload).expect("a value");
        assert_eq!(ResponseCode::of(&value.code), Some(code), "{rest}");
        assert_eq!(value.text, code.code().1, "{rest}");
        let read = answer::read(payload).expect("read");
        assert_eq!(read.records.is_empty(), code != ResponseCode::Success);
        let Some(record) = read.records.first() else {
            continue;
        };
        let expected = plan(PlanType::Unborn, "201209260900", Some("201309260900"));
        assert_eq!(record.plans, [expected]);
        assert_eq!(record.subjects[0].role, Role::Mother);
        assert_eq!(record.subjects[0].person.given, "Louise");
        assert_eq!(read.patient().expect("a number").as_str(), "1234567895");
        let again = written(|w| answer::write_payload(w, &read, Some(code)));
        let again = answer::read(parsed(&again).root());
        assert_eq!(again.as_ref(), Ok(&read));
    }
}
