//! `/clinical`: uploads whose result is fetched, and alerts as AuditEvents.

mod alerts;
mod refused;
mod support;

use std::sync::atomic::Ordering;

use domain::consent::ConsentSetting;
use domain::record::DocumentState;
use domain::{Consent, NhsNumber};
use jiff::SignedDuration;
use spine::ScenarioPack;
use store::{Direction, MessageFilter, Store};

use crate::requests::patient;
use crate::summaries::{document_id, summary_of};

use support::{
    CLIENT, Clinic, FIRST, RESULT, SECOND, SPINE, fetch, header, hl7_of, id, upload, upload_of,
};

const ACCEPTED: &str = "200 MCCI_IN010000UK13 AA";

#[tokio::test]
async fn an_upload_is_taken_and_its_result_fetched() {
    let clinic = Clinic::new();
    let post = upload(FIRST, 1);
    let response = clinic.send(&post).await;
    assert_eq!(response.status, 202);
    assert_eq!(response.header("content-location"), Some(RESULT));
    let retry: u64 = response
        .header("retry-after")
        .and_then(|ms| ms.parse().ok())
        .expect("milliseconds");
    assert!((1..=1000).contains(&retry));
    assert_eq!(clinic.result(RESULT).await, ACCEPTED);

    let wanted = Some(crate::requests::id(&document_id(1)));
    let record = clinic.store.patient_record(patient(), wanted).await;
    let record = record.expect("a record");
    let [document] = record.documents.as_slice() else {
        panic!("one document: {:?}", record.documents);
    };
    assert_eq!(document.state, DocumentState::Normal);
    assert_eq!(document.stored_at, clinic.env.now());
    let stored = record.document.expect("bytes").bytes;
    let sent = String::from_utf8_lossy(&post.body).into_owned();
    assert!(
        sent.contains(&String::from_utf8(stored).expect("text")),
        "as it was sent"
    );

    let messages = clinic.messages().await;
    let ways: Vec<_> = messages
        .iter()
        .map(|m| {
            (
                m.direction,
                m.from.as_str(),
                m.to.as_str(),
                m.outcome.as_str(),
            )
        })
        .collect();
    assert_eq!(ways.len(), 2);
    assert!(
        ways.contains(&(Direction::In, CLIENT, SPINE, "AA")),
        "{ways:?}"
    );
    assert!(
        ways.contains(&(Direction::Out, SPINE, CLIENT, "AA")),
        "{ways:?}"
    );

    let events = clinic.events().await;
    let [took, gave] = events.as_slice() else {
        panic!("two events: {events:?}");
    };
    assert_eq!(
        (took.operation.as_str(), took.outcome.as_str()),
        ("REPC_IN150016SM05", "AA")
    );
    assert_eq!(took.message, Some(id(FIRST)));
    assert_eq!(took.patient, Some(patient()));
    assert_eq!(took.user, Some(crate::requests::author().user));
    assert_eq!(
        (gave.operation.as_str(), gave.outcome.as_str()),
        ("clinical result", "200")
    );
    assert_eq!(gave.related, took.related, "the same answer");
}

/// What breaks a rule of the record is taken like the rest, and its result says why; nothing is
/// stored.
#[tokio::test]
async fn results_say_what_is_wrong_with_an_upload() {
    for (name, consent, second, expected) in [
        (
            "the same document again",
            None,
            upload(SECOND, 1),
            "AE 410 30142",
        ),
        (
            "no consent to store",
            Some(ConsentSetting::No),
            upload(SECOND, 2),
            "AE 420",
        ),
        (
            "a broken rule",
            None,
            upload(SECOND, 2).with("<versionCode code=\"V3NPfIT4.2.00\"/>", "<versionCode/>"),
            "AE 400 400",
        ),
    ] {
        let clinic = Clinic::new();
        assert_eq!(clinic.send(&upload(FIRST, 1)).await.status, 202);
        if let Some(setting) = consent {
            clinic.set_consent(Consent::both(setting)).await;
        }
        assert_eq!(clinic.send(&second).await.status, 202, "{name}");
        let result = clinic.result(&format!("/clinical/{SECOND}")).await;
        assert_eq!(
            result,
            format!("200 MCCI_IN010000UK13 {expected}"),
            "{name}"
        );
        let record = clinic.store.patient_record(patient(), None).await;
        assert_eq!(record.expect("a record").documents.len(), 1, "{name}");
        assert_eq!(
            clinic.result(RESULT).await,
            ACCEPTED,
            "{name}: the first is as it was"
        );
    }
}

/// The harness has two refusals of uploads, each an issue that stands alone.
#[tokio::test]
async fn scenarios_of_uploads_are_refused_by_name() {
    let issue = |name| match name {
        "1102_4" => "AE 420",
        "1102_8" => "AE 410",
        other => panic!("{other} has no expectation"),
    };
    for (name, number) in ScenarioPack::UPLOADS {
        let clinic = Clinic::new();
        let summary = summary_of(number, &document_id(1), "20240601");
        let call = upload_of(&header(FIRST), &hl7_of(FIRST, &summary));
        assert_eq!(clinic.send(&call).await.status, 202);
        let expected = format!("200 MCCI_IN010000UK13 {}", issue(name));
        assert_eq!(clinic.result(RESULT).await, expected, "{name}");
        let patient = NhsNumber::parse(number).expect("valid");
        let record = clinic.store.patient_record(patient, None).await;
        assert!(record.expect("a record").documents.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_repetition_has_the_same_location_and_no_effect() {
    let clinic = Clinic::new();
    let first = clinic.send(&upload(FIRST, 1)).await;
    clinic.env.advance(SignedDuration::from_hours(1));
    for again in [
        upload(FIRST, 1),
        upload(&FIRST.to_lowercase(), 1).with(
            &format!("root=\"{}\"", FIRST.to_lowercase()),
            &format!("root=\"{FIRST}\""),
        ),
        upload(FIRST, 1).with("text/xml; charset", "application/xml; charset"),
    ] {
        assert_eq!(clinic.send(&again).await, first);
    }
    assert_eq!(clinic.messages().await.len(), 2);
    assert_eq!(clinic.result(RESULT).await, ACCEPTED);
    let other = clinic.line(&upload(FIRST, 2)).await;
    assert_eq!(
        other,
        "500 fault 200: the message id was used before, for another message"
    );
    let events = clinic.events().await;
    let outcomes: Vec<_> = events.iter().map(|event| event.outcome.as_str()).collect();
    assert_eq!(
        outcomes,
        ["AA", "repeated", "repeated", "repeated", "200", "fault 200"]
    );
}

#[tokio::test]
async fn a_withdrawal_has_its_result_here_too() {
    let clinic = Clinic::new();
    assert_eq!(clinic.send(&upload(FIRST, 1)).await.status, 202);
    let withdraw = support::withdrawal(SECOND, &document_id(1));
    assert_eq!(clinic.line(&withdraw).await, "202");
    let result = format!("/clinical/{SECOND}");
    assert_eq!(clinic.result(&result).await, ACCEPTED);
    let record = clinic.store.patient_record(patient(), None).await;
    let states: Vec<_> = record.expect("a record").documents;
    let states: Vec<_> = states.iter().map(|document| document.state).collect();
    assert_eq!(states, [DocumentState::Withdrawn]);
}

#[tokio::test]
async fn an_upload_whose_time_is_over_is_refused() {
    let clinic = Clinic::new();
    let until = |end: &str| {
        let end = format!("</eb:Timestamp><eb:TimeToLive>{end}</eb:TimeToLive>");
        upload(FIRST, 1).with("</eb:Timestamp>", &end)
    };
    let over = "500 fault 200: the time to live of the message is over";
    assert_eq!(clinic.line(&until("2024-07-01T12:00:00Z")).await, over);
    assert!(clinic.messages().await.is_empty());
    let in_time = until("2024-07-01T12:00:02Z");
    assert_eq!(clinic.line(&in_time).await, "202");
    // What came in time has its result however late it is repeated.
    clinic.env.advance(SignedDuration::from_hours(1));
    assert_eq!(clinic.line(&in_time).await, "202");
    assert_eq!(clinic.result(RESULT).await, ACCEPTED);
}

/// Its answer is valid and refers to the ebXML message, for want of anything else.
#[tokio::test]
async fn an_upload_without_an_hl7_id_is_answered() {
    for id in ["root=\"\"", "kind=\"none\""] {
        let clinic = Clinic::new();
        let own = format!("<id root=\"{FIRST}\"/>");
        let nameless = upload(FIRST, 1).with(&own, &format!("<id {id}/>"));
        assert_eq!(clinic.line(&nameless).await, "202");
        let refused = "200 MCCI_IN010000UK13 AE 400 400";
        assert_eq!(clinic.result(RESULT).await, refused);
    }
}

#[tokio::test]
async fn a_result_is_pending_for_as_long_as_is_configured() {
    let clinic = Clinic::ready_after(SignedDuration::from_secs(2));
    let first = clinic.send(&upload(FIRST, 1)).await;
    assert_eq!(
        clinic.fetch(RESULT).await,
        first,
        "202, and where to look again"
    );
    clinic.env.advance(SignedDuration::from_millis(1_999));
    assert_eq!(clinic.fetch(RESULT).await.status, 202);
    clinic.env.advance(SignedDuration::from_millis(1));
    assert_eq!(clinic.result(RESULT).await, ACCEPTED);
}

/// Whoever has a location can rely on it: nothing of a result lives in the process.
#[tokio::test]
async fn results_survive_a_restart() {
    let clinic = Clinic::new();
    assert_eq!(clinic.send(&upload(FIRST, 1)).await.status, 202);
    let restarted = clinic.restarted();
    assert_eq!(restarted.result(RESULT).await, ACCEPTED);
    assert_eq!(restarted.send(&upload(FIRST, 1)).await.status, 202);
}

#[tokio::test]
async fn results_are_for_their_sender_only() {
    let clinic = Clinic::new();
    assert_eq!(clinic.send(&upload(FIRST, 1)).await.status, 202);
    let lower = RESULT.to_lowercase();
    let unknown = format!("/clinical/{SECOND}");
    for (name, request, expected) in [
        ("in lower case", fetch(&lower), "200"),
        (
            "with its own ASID",
            fetch(RESULT).header("nhsd-asid", crate::requests::CLIENT_ASID),
            "200",
        ),
        ("unknown", fetch(&unknown), "404"),
        (
            "another system's",
            fetch(RESULT).from("other.example"),
            "404",
        ),
        ("of no party", fetch(RESULT).from("soap.example"), "404"),
        ("a stranger", fetch(RESULT).from("stranger.example"), "500"),
        (
            "another's ASID",
            fetch(RESULT).header("nhsd-asid", "200000000001"),
            "500",
        ),
        ("by POST", fetch(RESULT).method("POST"), "405"),
        ("too deep", fetch("/clinical/a/b"), "404"),
    ] {
        let response = clinic.send(&request).await;
        assert_eq!(response.status.to_string(), expected, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_not_answered() {
    let clinic = Clinic::new();
    clinic.store.refuses_commits.store(true, Ordering::Relaxed);
    let failed = "500 fault 200: System failure to process message - default";
    assert_eq!(clinic.line(&upload(FIRST, 1)).await, failed);
    clinic.store.refuses_commits.store(false, Ordering::Relaxed);
    assert_eq!(clinic.fetch(RESULT).await.status, 404, "nothing was kept");
    assert_eq!(clinic.send(&upload(FIRST, 1)).await.status, 202);
    clinic.store.refuses_commits.store(true, Ordering::Relaxed);
    assert_eq!(clinic.line(&fetch(RESULT)).await, failed);
}

/// Whoever is faster, the other one decides anew and its result says so.
#[tokio::test]
async fn of_two_uploads_of_one_document_one_is_refused() {
    let clinic = Clinic::new();
    clinic.store.dawdles.store(true, Ordering::Relaxed);
    let (first, second) = (upload(FIRST, 1), upload(SECOND, 1));
    let (one, other) = tokio::join!(clinic.send(&first), clinic.send(&second));
    assert_eq!((one.status, other.status), (202, 202));
    let mut results = vec![
        clinic.result(RESULT).await,
        clinic.result(&format!("/clinical/{SECOND}")).await,
    ];
    results.sort();
    let refused = "200 MCCI_IN010000UK13 AE 410 30142";
    assert_eq!(results, [ACCEPTED, refused]);
}

#[tokio::test]
async fn a_result_that_is_late_by_a_fault_is_pending() {
    let clinic = Clinic::new();
    let post = upload(FIRST, 1).header("X-Minispine-Fault", "reply-delay=3s");
    assert_eq!(clinic.send(&post).await.status, 202);
    assert_eq!(clinic.fetch(RESULT).await.status, 202);
    clinic.env.advance(SignedDuration::from_secs(3));
    assert_eq!(clinic.result(RESULT).await, ACCEPTED);
    let found = clinic.store.messages(MessageFilter {
        direction: Some(Direction::Out),
        limit: 10,
        ..MessageFilter::default()
    });
    assert_eq!(found.await.expect("messages").len(), 1);
}
