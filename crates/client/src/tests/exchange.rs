//! From a question to a typed answer, over the bytes of a scripted service.

use domain::consent::ConsentSetting;
use itk::fault::{ErrorCode, Fault};
use itk::request::{Rules, read};
use itk::scr::query_scr;
use itk::signature::Sha1;
use jiff::SignedDuration;

use super::sample::{PATIENT, html, summary};
use super::service::{Reply, client};
use crate::{ClientError, QueryOptions, QueryOutcome, Refused, Status, StatusOutcome};

const OTHER_PATIENT: &str = "9990000026";

async fn query(reply: Reply) -> Result<QueryOutcome, ClientError> {
    let patient = PATIENT.parse().expect("a patient");
    client(reply)
        .0
        .query(patient, &QueryOptions::with_permission())
        .await
}

async fn status(reply: Reply) -> Result<StatusOutcome, ClientError> {
    client(reply)
        .0
        .status(PATIENT.parse().expect("a patient"))
        .await
}

#[tokio::test]
async fn a_document_comes_as_it_was_sent() {
    let sent = summary(PATIENT, &html("<h2>T</h2>"));
    let outcome = query(Reply::Document(sent.clone()))
        .await
        .expect("an answer");
    let QueryOutcome::Document { document, header } = &outcome else {
        panic!("{outcome:?} is no document");
    };
    assert_eq!(document.bytes, sent.bytes);
    assert_eq!(header.patient.as_str(), PATIENT);
    let shown = outcome.summary().expect("a document").expect("readable");
    assert_eq!(shown.blocks.len(), 1);
}

#[tokio::test]
async fn another_patients_document_is_discarded() {
    let other = summary(OTHER_PATIENT, &html("<h2>T</h2>"));
    let error = query(Reply::Document(other)).await;
    assert!(matches!(error, Err(ClientError::WrongPatient)), "{error:?}");
}

#[tokio::test]
async fn refusals_and_faults_are_answers() {
    let refused = Refused {
        code: "SCR-0003".to_owned(),
        display: "PTV Check Failed".to_owned(),
    };
    let reply = || Reply::Code("SCR-0003", "PTV Check Failed");
    assert_eq!(
        query(reply()).await.ok(),
        Some(QueryOutcome::Refused(refused.clone()))
    );
    assert_eq!(
        status(reply()).await.ok(),
        Some(StatusOutcome::Refused(refused))
    );

    let denied = || Reply::Fault(Fault::access_denied("no"));
    for fault in [
        query(denied()).await.ok().map(
            |o| matches!(o, QueryOutcome::Fault(f) if f.code == Some(ErrorCode::AccessDenied)),
        ),
        status(denied()).await.ok().map(
            |o| matches!(o, StatusOutcome::Fault(f) if f.code == Some(ErrorCode::AccessDenied)),
        ),
    ] {
        assert_eq!(fault, Some(true));
    }
}

#[tokio::test]
async fn status_is_typed() {
    for (exists, consent) in [(true, ConsentSetting::Ask), (false, ConsentSetting::No)] {
        let outcome = status(Reply::Status(exists, consent)).await.ok();
        assert_eq!(
            outcome,
            Some(StatusOutcome::Status(Status { exists, consent }))
        );
    }
}

#[tokio::test]
async fn what_is_no_answer_is_an_error() {
    let is = |error: &Result<QueryOutcome, ClientError>, status: u16| matches!(error, Err(ClientError::Status { status: s }) if *s == status);
    assert!(matches!(
        query(Reply::Silence).await,
        Err(ClientError::Unreachable(_))
    ));
    assert!(matches!(
        query(Reply::Unrelated).await,
        Err(ClientError::Unrelated)
    ));
    assert!(is(&query(Reply::Http(202, "text/xml", "")).await, 202));
    assert!(is(
        &query(Reply::Http(502, "text/html", "<html/>")).await,
        502
    ));
    assert!(is(
        &query(Reply::Http(413, "text/plain", "too large")).await,
        413
    ));
    for body in ["<a><b></a>", "<a/>"] {
        let answer = query(Reply::Http(200, "text/xml", body)).await;
        assert!(
            matches!(answer, Err(ClientError::Unreadable(_))),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn an_emergency_carries_its_reason() {
    let (client, service) = client(Reply::Code("SCR-0001", "RBAC Check Failed"));
    let patient = PATIENT.parse().expect("a patient");
    let options = QueryOptions::emergency("unconscious & <alone>");
    client.query(patient, &options).await.expect("an answer");
    let asked = service.asked.lock().expect("no panic");
    let document = xml::Document::parse(&asked[0]).expect("well-formed");
    let payload = document
        .root()
        .find(xml::ns::HL7, "QuerySCRRequest")
        .expect("a payload");
    let request = query_scr::Request::read(&payload).expect("valid");
    assert!(request.emergency && request.self_claim && !request.create_ptv);
    assert_eq!(
        request.emergency_reason.as_deref(),
        Some("unconscious & <alone>")
    );
}

#[test]
fn a_ready_made_request_stays_valid_as_long_as_asked() {
    let (client, service) = client(Reply::Silence);
    let patient = PATIENT.parse().expect("a patient");
    let valid_for = SignedDuration::from_hours(24);
    let bytes = client.query_request(patient, &QueryOptions::with_permission(), valid_for);
    let document = xml::Document::parse(&bytes).expect("well-formed");
    let rules = |hours| Rules {
        now: service.env.now() + SignedDuration::from_hours(hours),
        skew: SignedDuration::from_secs(5),
        soap_action: None,
        service: itk::SEND_RECV,
        sha1: Sha1::Refused,
    };
    assert!(read(&document, &rules(23)).is_ok());
    assert!(read(&document, &rules(25)).is_err());
}
