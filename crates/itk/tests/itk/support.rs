//! A valid request of our own, and the whole way of reading one.

use domain::{Hl7Timestamp, NhsNumber, OdsCode, RoleProfileId, SdsUserId};
use itk::envelope::Caller;
use itk::fault::{ErrorCode, Fault, FaultKind};
use itk::request::Rules;
use itk::scr::{
    Operation, PayloadError, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv,
    query_scr, query_scr_activity,
};
use itk::{client_request, request};
use jiff::{SignedDuration, Timestamp};

pub(crate) const MESSAGE: &str = "0A0A0A0A-0000-4000-8000-000000000001";
pub(crate) const TRACKING: &str = "0A0A0A0A-0000-4000-8000-000000000002";
pub(crate) const PAYLOAD: &str = "0A0A0A0A-0000-4000-8000-000000000003";
pub(crate) const USERNAME: &str = "client.test";

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

pub(crate) fn rules() -> Rules<'static> {
    Rules {
        now: now(),
        skew: SignedDuration::from_secs(5),
        soap_action: Some("\"urn:nhs-itk:services:201005:sendRecvDistEnvelope\""),
        service: itk::SEND_RECV,
        sha1: itk::signature::Sha1::Accepted,
    }
}

pub(crate) fn patient() -> NhsNumber {
    NhsNumber::from_first_nine("999000001").expect("has a check digit")
}

pub(crate) fn caller() -> Caller {
    Caller {
        organisation: OdsCode::parse("RKE").expect("an ODS code"),
        user: SdsUserId::parse("112233445566").ok(),
        role_profile: RoleProfileId::parse("212233445566").ok(),
        job_role: None,
    }
}

pub(crate) fn query() -> query_scr::Request {
    query_scr::Request {
        id: PAYLOAD.into(),
        create_ptv: true,
        emergency: false,
        emergency_reason: None,
        patient: patient(),
        ptv_duration: Some(query_scr::Interval {
            low: Hl7Timestamp::parse("20260301").ok(),
            high: Hl7Timestamp::parse("20260308").ok(),
        }),
        self_claim: true,
    }
}

pub(crate) fn message(operation: Operation, payload: impl FnOnce(&mut xml::Writer)) -> String {
    let caller = caller();
    let parts = client_request::Parts {
        message_id: MESSAGE,
        to: "https://127.0.0.1:9443/smsp/scr",
        now: now(),
        expires_after: SignedDuration::from_secs(300),
        username: USERNAME,
        tracking_id: TRACKING,
        payload_id: PAYLOAD,
        operation: operation.into(),
        caller: &caller,
        signer: None,
    };
    String::from_utf8(client_request::write(&parts, payload)).expect("UTF-8")
}

/// A valid querySCR request.
pub(crate) fn query_message() -> String {
    message(Operation::QueryScr, |w| query().write(w))
}

/// A valid getSCRStatus request.
pub(crate) fn status_message() -> String {
    let request = get_scr_status::Request {
        id: PAYLOAD.into(),
        patient: patient(),
    };
    message(Operation::GetScrStatus, |w| request.write(w))
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted(Operation),
    /// SMSP-0001.
    Content(String),
    Fault(Fault),
}

/// Reads a request as a service does, down to its payload.
pub(crate) fn receive(text: &str, rules: &Rules<'_>) -> Outcome {
    let read = || -> Result<Outcome, Fault> {
        let doc = xml::Document::parse(text.as_bytes())?;
        let request = request::read(&doc, rules)?;
        let operation = Operation::of(&request.envelope, &request.payload)?;
        let payload = match operation {
            Operation::GetScrStatus => get_scr_status::Request::read(&request.payload).map(drop),
            Operation::GetRbacStatus => get_rbac_status::Request::read(&request.payload).map(drop),
            Operation::QueryPtv => query_ptv::Request::read(&request.payload).map(drop),
            Operation::CreatePtv => create_ptv::Request::read(&request.payload).map(drop),
            Operation::QueryScr => query_scr::Request::read(&request.payload).map(drop),
            Operation::QueryScrActivity => {
                query_scr_activity::Request::read(&request.payload).map(drop)
            }
            Operation::GetScrConsent => consent::get::Request::read(&request.payload).map(drop),
            Operation::SetScrConsent => consent::set::Request::read(&request.payload).map(drop),
        };
        match payload {
            Ok(()) => Ok(Outcome::Accepted(operation)),
            Err(PayloadError::Content(text)) => Ok(Outcome::Content(text)),
            Err(PayloadError::Schema(error)) => Err(error.into()),
        }
    };
    read().unwrap_or_else(Outcome::Fault)
}

/// Replaces the one place where `from` stands.
pub(crate) fn edit(text: &str, from: &str, to: &str) -> String {
    assert_eq!(
        text.matches(from).count(),
        1,
        "{from} must stand once in {text}"
    );
    text.replacen(from, to, 1)
}

/// Replaces everything from `from` to the end of `until`.
pub(crate) fn cut(text: &str, from: &str, until: &str, to: &str) -> String {
    let start = text.find(from).expect("the start of the cut");
    let end = text[start..].find(until).expect("the end of the cut") + start + until.len();
    format!("{}{to}{}", &text[..start], &text[end..])
}

/// The message gets this fault, and its diagnostic names this.
pub(crate) fn check_fault(name: &str, text: &str, kind: FaultKind, code: ErrorCode, names: &str) {
    match receive(text, &rules()) {
        Outcome::Fault(fault) => {
            assert_eq!(
                (fault.kind, fault.code),
                (kind, Some(code)),
                "{name}: {fault:?}"
            );
            assert!(
                fault.diagnostic.contains(names),
                "{name}: {}",
                fault.diagnostic
            );
            assert!(
                !fault.diagnostic.contains(patient().as_str()),
                "{name}: {}",
                fault.diagnostic
            );
        }
        other => panic!("{name}: {other:?}"),
    }
}
