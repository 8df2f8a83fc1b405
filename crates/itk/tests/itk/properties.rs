//! What holds for every request and for every input.

use domain::{ConsentSetting, Hl7Timestamp, NhsNumber, RoleProfileId, SdsUserId};
use itk::scr::create_ptv::{self, Subject};
use itk::scr::query_scr::{Interval, Request};
use itk::scr::query_scr_activity::{self, ReportType};
use itk::scr::{Operation, consent, get_rbac_status, get_scr_status, query_ptv};
use itk::{client_response, fault, request};
use proptest::prelude::*;

use crate::support::{Outcome, PAYLOAD, message, query_message, receive, rules};

fn patients() -> impl Strategy<Value = NhsNumber> {
    (0..100_000_000_u32).prop_filter_map("no check digit", |n| {
        NhsNumber::from_first_nine(&format!("9{n:08}"))
    })
}

/// Text without leading or trailing blanks, of any characters XML can carry.
fn reasons() -> impl Strategy<Value = String> {
    "\\PC{1,40}".prop_filter_map("blank", |text| {
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    })
}

fn intervals() -> impl Strategy<Value = Interval> {
    let day = || (1..=28_u8).prop_map(|day| Hl7Timestamp::parse(&format!("202603{day:02}")).ok());
    (day(), day(), 0..3_u8).prop_filter_map("out of order", |(low, high, ends)| match ends {
        0 => Some(Interval { low, high: None }),
        1 => Some(Interval { low: None, high }),
        _ => {
            let ordered = low.as_ref()?.first_instant() <= high.as_ref()?.last_instant();
            ordered.then_some(Interval { low, high })
        }
    })
}

fn queries() -> impl Strategy<Value = Request> {
    let parts = (
        patients(),
        any::<bool>(),
        reasons(),
        proptest::option::of(intervals()),
        any::<(bool, bool)>(),
    );
    parts.prop_map(
        |(patient, emergency, reason, duration, (create, self_claim))| {
            let create_ptv = create && !emergency;
            Request {
                id: PAYLOAD.into(),
                create_ptv,
                emergency,
                emergency_reason: emergency.then_some(reason),
                patient,
                ptv_duration: duration.filter(|_| create_ptv),
                self_claim,
            }
        },
    )
}

fn users() -> impl Strategy<Value = SdsUserId> {
    "[0-9]{12}".prop_filter_map("no user", |text| SdsUserId::parse(&text).ok())
}

fn subjects() -> impl Strategy<Value = Subject> {
    (users(), "[0-9]{12}").prop_filter_map("no role", |(user, role)| {
        let role_profile = RoleProfileId::parse(&role).ok()?;
        Some(Subject { user, role_profile })
    })
}

fn permissions() -> impl Strategy<Value = create_ptv::Request> {
    let effective = proptest::option::of(intervals());
    let subjects = proptest::collection::vec(subjects(), 1..=create_ptv::MOST_SUBJECTS);
    (effective, patients(), subjects).prop_map(|(effective, patient, subjects)| {
        create_ptv::Request {
            id: PAYLOAD.into(),
            effective,
            patient,
            subjects,
        }
    })
}

fn activities() -> impl Strategy<Value = query_scr_activity::Request> {
    let period = intervals().prop_filter("no beginning", |period| period.low.is_some());
    let filters = (
        proptest::option::of(patients()),
        proptest::option::of(users()),
    );
    (0..3_usize, period, filters).prop_map(|(kind, period, (patient, user))| {
        let report = match (ReportType::ALL[kind], &patient, &user) {
            (ReportType::ByPatient, Some(_), _) => ReportType::ByPatient,
            (ReportType::ByCareProfessional, _, Some(_)) => ReportType::ByCareProfessional,
            _ => ReportType::ByDate,
        };
        query_scr_activity::Request {
            id: PAYLOAD.into(),
            report,
            period,
            patient,
            user,
        }
    })
}

/// A valid message of every operation but querySCR, which has its own.
fn other_messages() -> impl Strategy<Value = String> {
    let (id, patient) = (PAYLOAD.to_owned(), crate::support::patient());
    let get = consent::get::Request {
        id: id.clone(),
        patient,
    };
    let set = consent::set::Request {
        id: id.clone(),
        patient,
        setting: ConsentSetting::No,
    };
    let rbac = get_rbac_status::Request { id: id.clone() };
    let ptv = query_ptv::Request { id, patient };
    let fixed = [
        message(Operation::GetScrConsent, |w| get.write(w)),
        message(Operation::SetScrConsent, |w| set.write(w)),
        message(Operation::GetRbacStatus, |w| rbac.write(w)),
        message(Operation::QueryPtv, |w| ptv.write(w)),
    ];
    prop_oneof![
        proptest::sample::select(fixed.to_vec()),
        permissions().prop_map(move |sent| message(Operation::CreatePtv, |w| {
            create_ptv::Request { patient, ..sent }.write(w);
        })),
        activities().prop_map(move |sent| message(Operation::QueryScrActivity, |w| {
            let patient = sent.patient.map(|_| patient);
            query_scr_activity::Request { patient, ..sent }.write(w);
        })),
    ]
}

/// The text with one stretch replaced.
fn spoil(valid: &str, at: usize, length: usize, with: &str) -> String {
    let edge = |at: usize| {
        (0..=at.min(valid.len()))
            .rev()
            .find(|i| valid.is_char_boundary(*i))
    };
    let start = edge(at).unwrap_or(0);
    let end = edge(start + length).unwrap_or(start).max(start);
    format!("{}{with}{}", &valid[..start], &valid[end..])
}

/// Whatever comes of a message, the patient is not named.
fn receive_without_leak(text: &str) -> Result<(), TestCaseError> {
    let number = crate::support::patient();
    match receive(text, &rules()) {
        Outcome::Fault(fault) => prop_assert!(!fault.diagnostic.contains(number.as_str())),
        Outcome::Content(text) => prop_assert!(!text.contains(number.as_str())),
        Outcome::Accepted(_) => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_permission_reads_back(sent in permissions()) {
        let text = message(Operation::CreatePtv, |w| sent.write(w));
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let request = request::read(&doc, &rules()).expect("a request");
        prop_assert_eq!(create_ptv::Request::read(&request.payload), Ok(sent));
    }

    #[test]
    fn a_question_of_activity_reads_back(sent in activities()) {
        let text = message(Operation::QueryScrActivity, |w| sent.write(w));
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let request = request::read(&doc, &rules()).expect("a request");
        prop_assert_eq!(query_scr_activity::Request::read(&request.payload), Ok(sent));
    }

    #[test]
    fn other_messages_spoilt_never_panic_and_never_leak(
        valid in other_messages(),
        at in 0..6000_usize,
        length in 0..60_usize,
        with in "[ -~é]{0,12}",
    ) {
        prop_assert!(matches!(receive(&valid, &rules()), Outcome::Accepted(_)));
        receive_without_leak(&spoil(&valid, at, length, &with))?;
    }

    #[test]
    fn a_query_reads_back(query in queries()) {
        let text = message(Operation::QueryScr, |w| query.write(w));
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let request = request::read(&doc, &rules()).expect("a request");
        prop_assert_eq!(Request::read(&request.payload), Ok(query));
    }

    #[test]
    fn a_status_request_reads_back(patient in patients()) {
        let sent = get_scr_status::Request { id: PAYLOAD.into(), patient };
        let text = message(Operation::GetScrStatus, |w| sent.write(w));
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let request = request::read(&doc, &rules()).expect("a request");
        prop_assert_eq!(get_scr_status::Request::read(&request.payload), Ok(sent));
    }

    #[test]
    fn any_diagnostic_survives_a_fault(diagnostic in reasons()) {
        let sent = fault::Fault::invalid(diagnostic);
        let bytes = sent.write(PAYLOAD, None, PAYLOAD);
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let body = doc.root().child(xml::ns::SOAP11, "Body").expect("a body");
        prop_assert_eq!(fault::read(&body), Some(sent));
    }

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(doc) = xml::Document::parse(&bytes) {
            let _ = request::read(&doc, &rules());
            let _ = client_response::read(&doc);
        }
    }

    // A valid message with one stretch replaced: most of what the checks see in real life.
    #[test]
    fn spoilt_messages_never_panic_and_never_leak(
        at in 0..4000_usize,
        length in 0..60_usize,
        with in "[ -~é]{0,12}",
    ) {
        let valid = query_message();
        let spoilt = spoil(&valid, at, length, &with);
        receive_without_leak(&spoilt)?;
        if let Ok(doc) = xml::Document::parse(spoilt.as_bytes()) {
            let _ = client_response::read(&doc);
            let _ = request::message_id_of(&doc);
        }
    }
}
