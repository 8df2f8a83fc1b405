//! Our own schemas say what the readers do.
//!
//! Every valid request is spoilt in every place, one way at a time. A message that the reader
//! takes must be valid, one that it refuses must not be; `xmllint` judges. What a schema cannot
//! say, or says more narrowly, is listed, and each entry must be needed.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

pub(crate) mod judge;
pub(crate) mod spoil;

use domain::{Consent, ConsentSetting, Hl7Timestamp};
use itk::scr::{
    Interval, Operation, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv,
    query_scr, query_scr_activity as activity,
};

use crate::answers::{DOCUMENT, answer};
use crate::support::{
    MESSAGE, Outcome, PAYLOAD, caller, message, patient, query, query_message, receive, rules,
    status_message,
};
use judge::judge;
use spoil::{Spoilt, spoilt};

fn requests() -> Vec<(&'static str, String)> {
    let id = || PAYLOAD.to_owned();
    let rights = get_rbac_status::Request { id: id() };
    let permission = query_ptv::Request {
        id: id(),
        patient: patient(),
    };
    let subject = create_ptv::Subject {
        user: caller().user.expect("a user"),
        role_profile: caller().role_profile.expect("a role profile"),
    };
    let period = || Interval {
        low: Hl7Timestamp::parse("20260301").ok(),
        high: Hl7Timestamp::parse("20260308").ok(),
    };
    let permit = create_ptv::Request {
        id: id(),
        effective: Some(period()),
        patient: patient(),
        subjects: vec![subject],
    };
    let emergency = query_scr::Request {
        create_ptv: false,
        emergency: true,
        emergency_reason: Some("unconscious".to_owned()),
        ptv_duration: None,
        ..query()
    };
    let report = activity::Request {
        id: id(),
        report: activity::ReportType::ByPatient,
        period: period(),
        patient: Some(patient()),
        user: caller().user,
    };
    let get = consent::get::Request {
        id: id(),
        patient: patient(),
    };
    let set = consent::set::Request {
        id: id(),
        patient: patient(),
        setting: ConsentSetting::No,
    };
    vec![
        ("getSCRStatus", status_message()),
        ("querySCR", query_message()),
        (
            "querySCR in an emergency",
            message(Operation::QueryScr, |w| emergency.write(w)),
        ),
        (
            "getRBACStatus",
            message(Operation::GetRbacStatus, |w| rights.write(w)),
        ),
        (
            "queryPTV",
            message(Operation::QueryPtv, |w| permission.write(w)),
        ),
        (
            "createPTV",
            message(Operation::CreatePtv, |w| permit.write(w)),
        ),
        (
            "querySCRActivity",
            message(Operation::QueryScrActivity, |w| report.write(w)),
        ),
        (
            "getSCRConsent",
            message(Operation::GetScrConsent, |w| get.write(w)),
        ),
        (
            "setSCRConsent",
            message(Operation::SetScrConsent, |w| set.write(w)),
        ),
    ]
}

/// What no schema can say, so that it finds valid what the reader refuses: the element, and what
/// was done to it.
const UNSAID: &[(&str, &str)] = &[
    // What the uri of an identity must be depends on its type.
    ("id", "@type longer"),
    ("id", "@type removed"),
    ("id", "@uri x"),
    ("id", "@uri padded"),
    // The interaction must be there, but not for the official workbench, and must be that of the
    // profile.
    ("handlingSpecification", "removed"),
    ("spec", "@key x"),
    ("spec", "@key padded"),
    ("spec", "@key longer"),
    ("spec", "@value x"),
    ("spec", "@value padded"),
    ("spec", "@value in lower case"),
    ("spec", "@value longer"),
];

/// Where the schema is narrower than the reader.
const NARROWER: &[(&str, &str)] = &[
    // An element that a schema calls empty has nothing at all in it.
    ("*", "white space"),
    // Text between headers means nothing and is not looked at.
    ("Header", "text"),
    ("ReplyTo", "text"),
    ("Security", "text"),
    ("Timestamp", "text"),
    ("UsernameToken", "text"),
];

#[test]
fn requests_are_valid_exactly_when_the_reader_takes_them() {
    let mut cases: Vec<Spoilt> = Vec::new();
    for (at, (name, text)) in requests().into_iter().enumerate() {
        // The envelope is the same around every payload, so it is spoilt once.
        let of_interest = if at == 0 { "Envelope" } else { "payload" };
        cases.push(Spoilt::unspoilt(name, &text));
        cases.extend(spoilt(name, &text, of_interest));
    }
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let Some(verdicts) = judge("request.xsd", &texts) else {
        return;
    };
    let mut complaints = Vec::new();
    let mut needed: Vec<(&str, &str)> = Vec::new();
    for (case, valid) in cases.iter().zip(verdicts) {
        let taken = !matches!(receive(&case.text, &rules()), Outcome::Fault(_));
        let (list, which) = match (taken, valid) {
            (false, true) => (UNSAID, "the reader refuses it and the schema does not"),
            (true, false) => (NARROWER, "the schema refuses it and the reader does not"),
            _ => continue,
        };
        match list.iter().find(|entry| case.is(entry)) {
            Some(entry) => needed.push(*entry),
            None => complaints.push(format!("{case}: {which}")),
        }
    }
    assert!(
        complaints.is_empty(),
        "{} of {}\n{}",
        complaints.len(),
        cases.len(),
        complaints.join("\n")
    );
    for entry in UNSAID.iter().chain(NARROWER) {
        assert!(needed.contains(entry), "{entry:?} is listed and not needed");
    }
}

#[test]
fn our_answers_are_valid() {
    let success = ("SMSP-0000", "Success");
    let document = domain::record::DocumentBytes {
        bytes: DOCUMENT.as_bytes().to_vec(),
        inherited: vec![(String::new(), "urn:hl7-org:v3".to_owned())],
    };
    let status = get_scr_status::Status {
        exists: true,
        consent: ConsentSetting::Ask,
    };
    let rights = get_rbac_status::RbacStatus {
        with_ptv: true,
        in_emergency: false,
    };
    let settings = Consent {
        view: ConsentSetting::Ask,
        store: ConsentSetting::Yes,
    };
    let csv = b"\"20260301120000\",\"0\",\"0\",\"20260301\",\"20260301\",\"\",\"\"\r";
    let write = |operation, code: (&str, &str)| {
        answer(operation, |w| {
            let good = code == success;
            match operation {
                Operation::GetScrStatus => {
                    get_scr_status::write_response(w, PAYLOAD, code, good.then_some(status));
                }
                Operation::GetRbacStatus => {
                    get_rbac_status::write_response(w, PAYLOAD, code, good.then_some(rights));
                }
                Operation::QueryPtv => {
                    query_ptv::write_response(w, PAYLOAD, code, good.then_some(true));
                }
                Operation::CreatePtv => create_ptv::write_response(w, PAYLOAD, code),
                Operation::QueryScr => {
                    let document = good.then_some(&document);
                    query_scr::write_response(w, PAYLOAD, code, document);
                }
                Operation::QueryScrActivity => {
                    activity::write_response(w, PAYLOAD, code, good.then_some(csv.as_slice()));
                }
                Operation::GetScrConsent => {
                    consent::get::write_response(w, PAYLOAD, code, good.then_some(settings));
                }
                Operation::SetScrConsent => consent::set::write_response(w, PAYLOAD, code),
            }
        })
    };
    let mut answers = Vec::new();
    for operation in Operation::ALL {
        for set in [
            domain::code::smsp::CodeSet::MessageSpecification,
            domain::code::smsp::CodeSet::Spreadsheet2014,
        ] {
            for code in domain::code::smsp::ResponseCode::ALL {
                answers.push(write(operation, code.code_in(set)));
            }
        }
    }
    for fault in [
        itk::fault::Fault::invalid("/Envelope: no"),
        itk::fault::Fault::access_denied(""),
        itk::fault::Fault::not_retryable("no"),
        itk::fault::Fault::retryable("later"),
        itk::fault::Fault::server_failure("no"),
        itk::fault::Fault::version_mismatch(),
    ] {
        answers.push(fault.write(MESSAGE, Some(MESSAGE), PAYLOAD));
    }
    let texts: Vec<&str> = answers
        .iter()
        .map(|answer| std::str::from_utf8(answer).expect("UTF-8"))
        .collect();
    let Some(verdicts) = judge("answer.xsd", &texts) else {
        return;
    };
    for (text, valid) in texts.iter().zip(verdicts) {
        assert!(valid, "{text}");
    }
}

#[test]
fn an_answer_is_no_request_and_a_spoilt_one_is_not_valid() {
    let answer = answer(Operation::CreatePtv, |w| {
        create_ptv::write_response(w, PAYLOAD, ("SMSP-0000", "Success"));
    });
    let answer = String::from_utf8(answer).expect("UTF-8");
    let Some(verdicts) = judge("request.xsd", &[&answer]) else {
        return;
    };
    assert_eq!(verdicts, [false], "an answer has no user name");
    let cases = [
        answer.replace("SMSP-0000", "SMSP-0009"),
        answer.replace(" displayName=\"Success\"", ""),
        answer.replace(".17.506", ".17.500"),
        answer.replace("<id root=", "<id extension=\"1\" root="),
        answer.replace("CreatePTVResponse", "CreatePTVAnswer"),
        answer.replace(
            &format!("<itk:payload id=\"uuid_{PAYLOAD}"),
            &format!("<itk:payload id=\"uuid_{MESSAGE}"),
        ),
    ];
    for case in &cases {
        assert_ne!(*case, answer, "nothing was spoilt");
    }
    let texts: Vec<&str> = cases.iter().map(String::as_str).collect();
    let verdicts = judge("answer.xsd", &texts).expect("xmllint is here");
    assert_eq!(verdicts, vec![false; cases.len()]);
}

#[test]
fn every_schema_stands_alone_without_a_network() {
    for name in itk::wsdl::names().filter(|name| *name != "wsdl") {
        let Some(_) = judge(name, &["<other/>"]) else {
            return;
        };
    }
}
