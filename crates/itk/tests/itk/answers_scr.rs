//! The answers of every operation, with every code: valid, and read back.

use domain::code::smsp::{CodeSet, ResponseCode};
use domain::{Consent, ConsentSetting};
use itk::client_response::{self, Answer};
use itk::scr::get_rbac_status::RbacStatus;
use itk::scr::{
    Operation, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv, query_scr,
    query_scr_activity,
};
use xml::{Element, Writer};

use crate::answers::{DOCUMENT, answer, check_valid};
use crate::payloads::dress::dresses;
use crate::payloads::written;
use crate::support::PAYLOAD;

const SUCCESS: (&str, &str) = ("SMSP-0000", "Success");
const CSV: &[u8] = b"\"20260301120000\",\"0\",\"0\",\"20260201\",\"20260228\",\"\",\"\"\r";

/// The schema of an answer; none is published for the extension.
fn schema(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::GetScrStatus => Some("REPC_MT150001GB01"),
        Operation::GetRbacStatus => Some("REPC_MT150002GB01"),
        Operation::QueryPtv => Some("REPC_MT150007GB01"),
        Operation::CreatePtv => Some("REPC_MT150009GB01"),
        Operation::QueryScr => Some("REPC_MT150012GB01"),
        Operation::QueryScrActivity => Some("REPC_MT150014GB01"),
        Operation::GetScrConsent | Operation::SetScrConsent => None,
    }
}

/// Writes the payload of an answer, with content or without.
fn write(operation: Operation, w: &mut Writer, code: (&str, &str), content: bool) {
    match operation {
        Operation::GetScrStatus => {
            let status = content.then_some(get_scr_status::Status {
                exists: true,
                consent: ConsentSetting::Ask,
            });
            get_scr_status::write_response(w, PAYLOAD, code, status);
        }
        Operation::GetRbacStatus => {
            let status = content.then_some(RbacStatus {
                with_ptv: true,
                in_emergency: false,
            });
            get_rbac_status::write_response(w, PAYLOAD, code, status);
        }
        Operation::QueryPtv => query_ptv::write_response(w, PAYLOAD, code, content.then_some(true)),
        Operation::CreatePtv => create_ptv::write_response(w, PAYLOAD, code),
        Operation::QueryScr => {
            let document = domain::record::DocumentBytes {
                bytes: DOCUMENT.into(),
                inherited: vec![(String::new(), xml::ns::HL7.to_owned())],
            };
            query_scr::write_response(w, PAYLOAD, code, content.then_some(&document));
        }
        Operation::QueryScrActivity => {
            query_scr_activity::write_response(w, PAYLOAD, code, content.then_some(CSV));
        }
        Operation::GetScrConsent => {
            let consent = content.then_some(Consent::both(ConsentSetting::Yes));
            consent::get::write_response(w, PAYLOAD, code, consent);
        }
        Operation::SetScrConsent => consent::set::write_response(w, PAYLOAD, code),
    }
}

/// Reads a payload as its operation's answer: whether there was content.
fn has_content(operation: Operation, root: &Element<'_, '_>) -> bool {
    macro_rules! read {
        ($($path:ident)::+) => {
            $($path)::+::Response::read(root).expect("an answer")
        };
    }
    match operation {
        Operation::GetScrStatus => read!(get_scr_status).status.is_some(),
        Operation::GetRbacStatus => read!(get_rbac_status).status.is_some(),
        Operation::QueryPtv => read!(query_ptv).flag.is_some(),
        Operation::CreatePtv => read!(create_ptv).value.is_success(),
        Operation::QueryScr => read!(query_scr).document.is_some(),
        Operation::QueryScrActivity => read!(query_scr_activity).report.is_some(),
        Operation::GetScrConsent => read!(consent::get).consent.is_some(),
        Operation::SetScrConsent => read!(consent::set).value.is_success(),
    }
}

#[test]
fn every_operation_answers_every_code() {
    let sets = [CodeSet::MessageSpecification, CodeSet::Spreadsheet2014];
    let codes = sets.map(|set| ResponseCode::ALL.map(|code| code.code_in(set)));
    for operation in Operation::ALL {
        for code in codes.as_flattened() {
            let success = *code == SUCCESS;
            let bytes = answer(operation, |w| write(operation, w, *code, success));
            let doc = xml::Document::parse(&bytes).expect("well-formed");
            let Ok(Answer::Response(read)) = client_response::read(&doc) else {
                panic!("no answer")
            };
            assert_eq!(read.operation, operation.into());
            assert_eq!(
                read.profile_id.as_deref(),
                Some(operation.response_profile())
            );
            let value = &read.value;
            assert_eq!((value.code.as_str(), value.display.as_str()), *code);
            assert_eq!(has_content(operation, &read.payload), success);
            if let Some(schema) = schema(operation) {
                check_valid(&bytes, schema);
            }
        }
    }
}

/// Prefixes, comments and line ends are as every provider likes them. The document of querySCR
/// has tests of its own.
#[test]
fn every_answer_in_every_dress() {
    let operations = Operation::ALL.into_iter();
    for operation in operations.filter(|operation| *operation != Operation::QueryScr) {
        let text = written(|w| write(operation, w, SUCCESS, true));
        for (name, dressed) in dresses(&text) {
            let doc = xml::Document::parse(dressed.as_bytes()).expect("well-formed");
            let root = doc.root();
            assert!(root.is(operation.namespace(), operation.response_root()));
            let content = has_content(operation, &root);
            assert!(content, "{}: {name}: {dressed}", operation.name());
        }
    }
}

#[test]
fn flags_say_what_they_say() {
    let payload = |write: &dyn Fn(&mut Writer)| {
        let mut w = Writer::new();
        write(&mut w);
        w.finish()
    };
    for (with_ptv, in_emergency) in [(true, true), (true, false), (false, true), (false, false)] {
        let status = RbacStatus {
            with_ptv,
            in_emergency,
        };
        let bytes = payload(&|w| {
            get_rbac_status::write_response(w, PAYLOAD, SUCCESS, Some(status));
        });
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let read = get_rbac_status::Response::read(&doc.root()).expect("an answer");
        assert_eq!(read.status, Some(status));
        let bytes = payload(&|w| {
            query_ptv::write_response(w, PAYLOAD, SUCCESS, Some(with_ptv));
        });
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let read = query_ptv::Response::read(&doc.root()).expect("an answer");
        assert_eq!(read.flag, Some(with_ptv));
    }
}

#[test]
fn an_answer_without_its_content_makes_no_sense() {
    for (operation, missing) in [
        (Operation::GetScrStatus, "element component is missing"),
        (Operation::GetRbacStatus, "element component is missing"),
        (Operation::QueryPtv, "element component is missing"),
        (
            Operation::QueryScrActivity,
            "the answer says Success and has no report",
        ),
        (Operation::GetScrConsent, "element consent is missing"),
    ] {
        let mut w = Writer::new();
        write(operation, &mut w, SUCCESS, false);
        let bytes = w.finish();
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let root = doc.root();
        let error = match operation {
            Operation::GetScrStatus => get_scr_status::Response::read(&root).err(),
            Operation::GetRbacStatus => get_rbac_status::Response::read(&root).err(),
            Operation::QueryPtv => query_ptv::Response::read(&root).err(),
            Operation::QueryScrActivity => query_scr_activity::Response::read(&root).err(),
            _ => consent::get::Response::read(&root).err(),
        };
        assert_eq!(error.map(|e| e.message).as_deref(), Some(missing));
    }
}
