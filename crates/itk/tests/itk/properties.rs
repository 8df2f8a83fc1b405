//! What holds for every request and for every input.

use domain::{Hl7Timestamp, NhsNumber};
use itk::scr::query_scr::{Interval, Request};
use itk::scr::{Operation, get_scr_status};
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

proptest! {
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
        let edge = |at: usize| (0..=at.min(valid.len())).rev().find(|i| valid.is_char_boundary(*i));
        let start = edge(at).unwrap_or(0);
        let end = edge(start + length).unwrap_or(start).max(start);
        let spoilt = format!("{}{with}{}", &valid[..start], &valid[end..]);
        let number = crate::support::patient();
        match receive(&spoilt, &rules()) {
            Outcome::Fault(fault) => prop_assert!(!fault.diagnostic.contains(number.as_str())),
            Outcome::Content(text) => prop_assert!(!text.contains(number.as_str())),
            Outcome::Accepted(_) => {}
        }
        if let Ok(doc) = xml::Document::parse(spoilt.as_bytes()) {
            let _ = client_response::read(&doc);
            let _ = request::message_id_of(&doc);
        }
    }
}
