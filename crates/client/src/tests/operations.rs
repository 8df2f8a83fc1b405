//! The other operations: each call says what was asked, and each answer is read as what it says.

use std::sync::Arc;

use domain::consent::{Consent, ConsentSetting};
use domain::{Hl7Timestamp, NhsNumber};
use itk::fault::Fault;
use itk::request::{Rules, read};
use itk::scr::create_ptv::{self, Subject};
use itk::scr::get_rbac_status::{self, RbacStatus};
use itk::scr::query_scr_activity::{self, ReportType};
use itk::scr::report::{self, Header, Row};
use itk::scr::{Interval, Operation, consent, query_ptv};
use itk::signature::Sha1;
use jiff::SignedDuration;
use xml::Writer;

use super::sample::PATIENT;
use super::service::{Reply, client};
use crate::{ActivityQuery, Call, ClientError, NewPermission, Outcome, QueryOptions, Refused};

const OTHER_PATIENT: &str = "9990000026";
const USER: &str = "112233445566";
const OTHER_USER: &str = "665544332211";
const SUCCESS: (&str, &str) = ("SMSP-0000", "Success");

fn patient() -> NhsNumber {
    PATIENT.parse().expect("a patient")
}

fn subject() -> Subject {
    Subject {
        user: USER.parse().expect("a user"),
        role_profile: "212233445566".parse().expect("a role profile"),
    }
}

fn day(text: &str) -> Hl7Timestamp {
    Hl7Timestamp::parse(text).expect("a day")
}

fn payload(write: impl Fn(&mut Writer, &str) + Send + Sync + 'static) -> Reply {
    Reply::Payload(Arc::new(write))
}

/// Every call there is.
fn calls() -> Vec<Call> {
    vec![
        Call::Status(patient()),
        Call::Rbac,
        Call::QueryPtv(patient()),
        Call::CreatePtv(NewPermission {
            patient: patient(),
            subjects: vec![subject()],
            effective: None,
        }),
        Call::Query(patient(), QueryOptions::with_permission()),
        Call::Activity(activity()),
        Call::GetConsent(patient()),
        Call::SetConsent(patient(), ConsentSetting::No),
    ]
}

/// A question without filters.
fn activity() -> ActivityQuery {
    ActivityQuery {
        low: day("20260201"),
        high: Some(day("20260228")),
        patient: None,
        user: None,
    }
}

/// A report that lists these `(patient, user)`.
fn report_of(rows: &[(&str, &str)]) -> Vec<u8> {
    let header = Header {
        created: "20260302090000".to_owned(),
        returned: rows.len(),
        matching: rows.len() as u64,
        low: "20260201".to_owned(),
        high: "20260228".to_owned(),
        patient: None,
        user: None,
    };
    let row = |(patient, user): &(&str, &str)| Row {
        organisation: "RKE".to_owned(),
        organisation_name: "Example Hospital".to_owned(),
        patient: (*patient).to_owned(),
        user: (*user).to_owned(),
        role_profile: "212233445566".to_owned(),
        user_name: "Dr A Example".to_owned(),
        emergency: false,
        reason: String::new(),
        at: "20260202101112".to_owned(),
    };
    report::write(&header, rows.iter().map(row))
}

fn reply_with(csv: Vec<u8>) -> Reply {
    payload(move |w, id| query_scr_activity::write_response(w, id, SUCCESS, Some(&csv)))
}

#[test]
fn every_call_is_a_valid_request_of_its_operation() {
    let (client, service) = client(Reply::Silence);
    let hour = SignedDuration::from_hours(1);
    let mut seen = Vec::new();
    for call in calls() {
        let bytes = client.request_bytes(&call, hour);
        let document = xml::Document::parse(&bytes).expect("well-formed");
        let rules = Rules {
            now: service.env.now(),
            skew: SignedDuration::from_secs(5),
            soap_action: Some(itk::SEND_RECV),
            service: itk::SEND_RECV,
            sha1: Sha1::Refused,
        };
        let request = read(&document, &rules).expect("a request");
        let operation = Operation::of(&request.envelope, &request.payload);
        let operation = operation.expect("an operation");
        assert_eq!(operation, call.operation());
        assert_eq!(
            request.envelope.interaction.as_deref(),
            Some(operation.request_interaction())
        );
        seen.push(operation);
    }
    assert_eq!(seen, Operation::ALL);
}

#[tokio::test]
async fn flags_are_typed() {
    for (with_ptv, in_emergency) in [(true, false), (false, true)] {
        let status = RbacStatus {
            with_ptv,
            in_emergency,
        };
        let reply = payload(move |w, id| {
            get_rbac_status::write_response(w, id, SUCCESS, Some(status));
        });
        let outcome = client(reply).0.rbac().await.ok();
        assert_eq!(outcome, Some(Outcome::Value(status)));

        let reply = payload(move |w, id| {
            query_ptv::write_response(w, id, SUCCESS, Some(with_ptv));
        });
        let outcome = client(reply).0.query_ptv(patient()).await.ok();
        assert_eq!(outcome, Some(Outcome::Value(with_ptv)));
    }
}

#[tokio::test]
async fn a_permission_is_asked_for_as_given() {
    let (client, service) = client(payload(|w, id| create_ptv::write_response(w, id, SUCCESS)));
    let effective = Interval {
        low: Some(day("20260302")),
        high: None,
    };
    let outcome = client.create_ptv(patient(), vec![subject()], Some(effective.clone()));
    assert_eq!(outcome.await.ok(), Some(Outcome::Value(())));
    let asked = service.asked.lock().expect("no panic");
    let document = xml::Document::parse(&asked[0]).expect("well-formed");
    let root = document.root();
    let payload = root.find(xml::ns::HL7, "CreatePTVRequest");
    let request = create_ptv::Request::read(&payload.expect("a payload")).expect("valid");
    assert_eq!(request.patient, patient());
    assert_eq!(request.subjects, [subject()]);
    assert_eq!(request.effective, Some(effective));
}

#[tokio::test]
async fn the_filters_make_the_type_of_report() {
    let (number, user) = (patient(), subject().user);
    for (patient, user, report) in [
        (None, None, ReportType::ByDate),
        (Some(number), None, ReportType::ByPatient),
        (None, Some(user.clone()), ReportType::ByCareProfessional),
        (Some(number), Some(user), ReportType::ByPatient),
    ] {
        let asked = ActivityQuery {
            patient,
            user,
            ..activity()
        };
        let (client, service) = client(reply_with(report_of(&[(PATIENT, USER)])));
        let outcome = client.activity(&asked).await.expect("an answer");
        let Outcome::Value(found) = outcome else {
            panic!("{outcome:?} is no report")
        };
        assert_eq!(found.rows.len(), 1);
        let sent = service.asked.lock().expect("no panic");
        let document = xml::Document::parse(&sent[0]).expect("well-formed");
        let root = document.root();
        let payload = root.find(xml::ns::HL7, "QuerySCRActivityRequest");
        let request = query_scr_activity::Request::read(&payload.expect("a payload"));
        let request = request.expect("valid");
        assert_eq!(request.report, report);
        assert_eq!(
            (request.patient, &request.user),
            (asked.patient, &asked.user)
        );
        assert_eq!(request.period.low, Some(asked.low));
        assert_eq!(request.period.high, asked.high);
    }
}

#[tokio::test]
async fn a_report_about_others_is_discarded() {
    let (by_patient, by_user) = (
        ActivityQuery {
            patient: Some(patient()),
            ..activity()
        },
        ActivityQuery {
            user: Some(subject().user),
            ..activity()
        },
    );
    let both = [(PATIENT, USER), (OTHER_PATIENT, OTHER_USER)];
    for (asked, rows, fine) in [
        (activity(), &both[..], true),
        (by_patient.clone(), &both[..1], true),
        (by_patient.clone(), &both[..], false),
        (by_patient, &[(PATIENT, OTHER_USER)], true),
        (by_user.clone(), &both[..], false),
        (by_user.clone(), &[(PATIENT, OTHER_USER)], false),
        (by_user, &[(OTHER_PATIENT, USER)], true),
    ] {
        let found = client(reply_with(report_of(rows))).0.activity(&asked).await;
        match found {
            Ok(Outcome::Value(_)) => assert!(fine, "{asked:?}"),
            Err(ClientError::WrongReport) => assert!(!fine, "{asked:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_defective_report_is_refused_by_name() {
    let cut = report_of(&[(PATIENT, USER), (PATIENT, USER)]);
    let end = cut.len() - 150;
    let (client, _) = client(reply_with(cut[..end].to_vec()));
    match client.activity(&activity()).await {
        Err(ClientError::Unreadable(why)) => assert!(why.contains("of the report"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn consent_is_typed() {
    let consent = Consent {
        view: ConsentSetting::Ask,
        store: ConsentSetting::Yes,
    };
    let reply = payload(move |w, id| {
        consent::get::write_response(w, id, SUCCESS, Some(consent));
    });
    let outcome = client(reply).0.get_consent(patient()).await.ok();
    assert_eq!(outcome, Some(Outcome::Value(consent)));

    let reply = payload(|w, id| consent::set::write_response(w, id, SUCCESS));
    let (client, service) = client(reply);
    let outcome = client.set_consent(patient(), ConsentSetting::Ask).await;
    assert_eq!(outcome.ok(), Some(Outcome::Value(())));
    let sent = service.asked.lock().expect("no panic");
    let document = xml::Document::parse(&sent[0]).expect("well-formed");
    let root = document.root();
    let payload = root.find(itk::scr::CONSENT_NS, "SetSCRConsentRequest");
    let request = consent::set::Request::read(&payload.expect("a payload")).expect("valid");
    assert_eq!(
        (request.patient, request.setting),
        (patient(), ConsentSetting::Ask)
    );
}

#[tokio::test]
async fn refusals_and_faults_are_answers() {
    let refusal = ("SMSP-0005", "Author credentials error");
    let refused = Refused {
        code: refusal.0.to_owned(),
        display: refusal.1.to_owned(),
    };
    let expected = Some(Outcome::Refused(refused.clone()));
    let reply = payload(move |w, id| create_ptv::write_response(w, id, refusal));
    let (created, _) = client(reply);
    let outcome = created.create_ptv(patient(), vec![subject()], None).await;
    assert_eq!(outcome.ok(), expected);
    let reply = payload(move |w, id| query_scr_activity::write_response(w, id, refusal, None));
    let outcome = client(reply).0.activity(&activity()).await;
    assert_eq!(outcome.ok(), Some(Outcome::Refused(refused)));

    let fault = || Fault::access_denied("no");
    let outcome = client(Reply::Fault(fault())).0.rbac().await;
    assert_eq!(outcome.ok(), Some(Outcome::Fault(fault())));
}

#[tokio::test]
async fn another_operations_answer_is_none() {
    let reply = payload(|w, id| query_ptv::write_response(w, id, SUCCESS, Some(true)));
    let outcome = client(reply).0.rbac().await;
    assert!(
        matches!(outcome, Err(ClientError::Unrelated)),
        "{outcome:?}"
    );
}
