//! Every response code from each of its causes.

use std::sync::Arc;

use domain::code::cpis::ResponseCode::{self, *};
use domain::cpis::{Demographics, Standing};
use hl7v3::SoapFault;
use hl7v3::wrapper::AcknowledgementKind::{Accept, Error, Reject};
use jiff::civil::date;
use store::{Commit, MemoryStore, Store, StoreError};
use transport::UpstreamError;

use super::spine::Reply;
use super::world::{Ask, Cpis, code, found, held};
use crate::tests::failing_store::Failing;
use crate::tests::world::{OTHER_PATIENT, id, patient, time};

fn http(status: u16, content_type: &'static str, body: &[u8]) -> Reply {
    Reply::Http(status, content_type, body.to_vec())
}

fn soap_fault(fault: &SoapFault) -> Reply {
    Reply::Http(500, "text/xml", fault.write())
}

/// What the Spine may do, and the code that follows.
fn replies() -> Vec<(&'static str, Reply, ResponseCode)> {
    let html = b"<html><body>502 Bad Gateway</body></html>";
    let timeout = UpstreamError::Timeout { phase: "response" };
    vec![
        ("found", Reply::Held, Success),
        ("no record", Reply::NoRecord, NoRecord),
        ("MCCI AE", Reply::Acknowledged(Error), SpineService),
        ("MCCI AR", Reply::Acknowledged(Reject), SpineService),
        // It accepts, and gives nothing.
        ("MCCI AA", Reply::Acknowledged(Accept), SpineService),
        (
            "SOAP fault 101",
            soap_fault(&SoapFault::not_supported()),
            SpineService,
        ),
        (
            "SOAP fault about the author",
            soap_fault(&SoapFault::processing("ErrorBase1732.INVALID_AUTHOR")),
            SpineService,
        ),
        // Something else answers there.
        ("HTTP 401", http(401, "", b""), NoSpine),
        ("HTTP 403", http(403, "text/html", html), NoSpine),
        ("HTTP 404", http(404, "text/plain", b"no"), NoSpine),
        ("HTTP 500", http(500, "text/plain", b"oops"), NoSpine),
        ("HTTP 302", http(302, "", b""), ResponseValidation),
        (
            "a SOAP fault under HTTP 404",
            Reply::Http(404, "text/xml", SoapFault::not_supported().write()),
            SpineService,
        ),
        ("timeout", Reply::Error(timeout), NoSpine),
        (
            "connect",
            Reply::Error(UpstreamError::Connect("refused".to_owned())),
            NoSpine,
        ),
        (
            "TLS",
            Reply::Error(UpstreamError::Tls("unknown authority".to_owned())),
            NoSpine,
        ),
        ("HTML 502", http(502, "text/html", html), NoSpine),
        ("HTTP 503, empty", http(503, "", b""), NoSpine),
        (
            "too large",
            Reply::Error(UpstreamError::TooLarge { limit: 1 }),
            ResponseValidation,
        ),
        ("HTML 200", http(200, "text/html", html), ResponseValidation),
        ("HTTP 202", http(202, "text/xml", b""), ResponseValidation),
        (
            "not well-formed",
            http(200, "text/xml", b"<a><b></a>"),
            ResponseValidation,
        ),
        (
            "another interaction",
            Reply::Replaced("REPC_IN000007GB01>", "QUPC_IN160102UK05>"),
            ResponseValidation,
        ),
        ("of another message", Reply::Unrelated, ResponseValidation),
        (
            "no payload",
            Reply::Replaced(
                "<subject typeCode=\"SUBJ\">",
                "<subject><x/></subject><subject>",
            ),
            ResponseValidation,
        ),
        (
            "a date that is none",
            Reply::Replaced("202501020930", "202513020930"),
            ResponseValidation,
        ),
        (
            "a plan that is none",
            Reply::Replaced(".CPPInformation>", ".XPPInformation>"),
            ResponseValidation,
        ),
        (
            "a plan of an upload",
            Reply::Replaced("146105GB01.CPPInformation>", "146101GB01.CPPInformation>"),
            ResponseValidation,
        ),
        (
            "a plan that is said to be another",
            Reply::Replaced("146105GB01#CPPInformation", "146103GB01#LACInformation"),
            ResponseValidation,
        ),
        (
            "a number that nobody can call",
            Reply::Replaced("tel:01632960002", "tel:01632 960002"),
            ResponseValidation,
        ),
        (
            "no number for emergencies",
            Reply::Replaced("<telecom value=\"tel:01632960002\" use=\"EC\"/>", ""),
            Success,
        ),
        (
            "no number at all",
            Reply::Replaced(
                "<telecom value=\"tel:01632960001\" use=\"WP\"/>\
                 <telecom value=\"tel:01632960002\" use=\"EC\"/>",
                "",
            ),
            ResponseValidation,
        ),
        (
            "the action of another interaction",
            Reply::Replaced("cpisquery/REPC_IN000007GB01", "cpisquery/FOO"),
            ResponseValidation,
        ),
        (
            "fewer accesses announced than there are",
            Reply::Replaced(
                "<pertinentTotalReturnedAccessRecords><value value=\"1\"/>",
                "<pertinentTotalReturnedAccessRecords><value value=\"0\"/>",
            ),
            ResponseValidation,
        ),
        (
            "more announced than there is",
            Reply::Replaced(
                "<pertinentTotalReturnedChildRecords><value value=\"1\"/>",
                "<pertinentTotalReturnedChildRecords><value value=\"3\"/>",
            ),
            ResponseValidation,
        ),
    ]
}

#[tokio::test]
async fn every_reply_of_the_spine_has_its_code() {
    for (row, reply, expected) in replies() {
        let cpis = Cpis::answering(reply);
        let answer = cpis
            .check(&Ask::new(&cpis.world.env).bytes(&cpis.world.env))
            .await;
        assert_eq!(code(&answer), expected, "{row}: {}", cpis.decision().await);
        let event = &cpis.world.audit().await[0].event;
        assert_eq!(event.outcome, expected.code().0, "{row}");
        assert_eq!(event.disclosed, expected == Success, "{row}");
        let payload = String::from_utf8(answer.payload).expect("UTF-8");
        let shows = payload.contains("pertinentInformation14");
        assert_eq!(shows, expected == Success, "{row}: {payload}");
    }
}

#[tokio::test]
async fn both_codes_of_nothing_found_mean_the_same_and_others_do_not() {
    for (said, expected) in [("ID", NoRecord), ("NF", NoRecord), ("OK", SpineService)] {
        let body = format!(
            "<QUQI_IN010000UK14><id root=\"A\"/><ControlActEvent>\
             <queryAck><queryResponseCode code=\"{said}\"/></queryAck>\
             </ControlActEvent></QUQI_IN010000UK14>"
        );
        let cpis = Cpis::answering(Reply::Body(body));
        let ask = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
        assert_eq!(code(&cpis.check(&ask).await), expected, "{said}");
    }
}

#[tokio::test]
async fn an_answer_must_belong_to_its_question() {
    const OTHER_QUERY: &str = "AAAAAAAA-0000-4000-8000-000000000001";
    let other = || id(OTHER_PATIENT);
    type Change = Box<dyn Fn(&mut hl7v3::cpis::answer::Answer)>;
    let rows: Vec<(&str, Change, bool, ResponseCode)> = vec![
        ("as asked", Box::new(|_| {}), true, Success),
        (
            "a subject of another number",
            Box::new(move |a| a.records[0].subjects[0].patient = Some(other())),
            true,
            ResponseValidation,
        ),
        (
            "an access to another number",
            Box::new(move |a| a.accesses[0].patient = id(OTHER_PATIENT)),
            true,
            ResponseValidation,
        ),
        (
            "it says nothing of whom it is about",
            Box::new(|a| {
                a.accesses.clear();
                a.records[0].subjects[0].patient = None;
            }),
            true,
            ResponseValidation,
        ),
        (
            "only the accesses say whom it is about",
            Box::new(|a| a.records[0].subjects[0].patient = None),
            true,
            Success,
        ),
        (
            "to another query",
            Box::new(|a| {
                a.id = OTHER_QUERY.to_owned();
                a.accesses[0].id = OTHER_QUERY.to_owned();
            }),
            true,
            ResponseValidation,
        ),
        (
            "to another query, where that does not count",
            Box::new(|a| {
                a.id = OTHER_QUERY.to_owned();
                a.accesses[0].id = OTHER_QUERY.to_owned();
            }),
            false,
            Success,
        ),
        (
            "its first access of the day has another id",
            Box::new(|a| a.accesses[0].id = OTHER_QUERY.to_owned()),
            true,
            Success,
        ),
        (
            "an id of its own, and the query in the list",
            Box::new(|a| a.id = OTHER_QUERY.to_owned()),
            true,
            Success,
        ),
        (
            "a record without a plan",
            Box::new(|a| a.records[0].plans.clear()),
            true,
            ResponseValidation,
        ),
        (
            "a record without whom it is about",
            Box::new(|a| a.records[0].subjects.clear()),
            true,
            ResponseValidation,
        ),
    ];
    for (row, change, same_id, expected) in rows {
        let mut cpis = Cpis::new();
        cpis.world.config.cpis.same_query_id = same_id;
        let ask = Ask::new(&cpis.world.env);
        let mut answer = held(&ask.query);
        change(&mut answer);
        cpis.spine.answers(Reply::Answer(Box::new(answer)));
        let answer = cpis.check(&ask.bytes(&cpis.world.env)).await;
        assert_eq!(code(&answer), expected, "{row}: {}", cpis.decision().await);
        if expected == Success {
            let subject = &found(&answer).records[0].subjects[0];
            assert_eq!(subject.patient, Some(patient()), "{row}: completed");
        }
    }
}

/// The codes of our own: the Spine is not asked.
#[tokio::test]
async fn every_code_is_reached() {
    for expected in ResponseCode::ALL {
        let mut cpis = Cpis::new();
        let mut ask = Ask::new(&cpis.world.env);
        match expected {
            Success => {}
            InputValidation => ask.query.silent = true,
            ResponseValidation => cpis.spine.answers(Reply::Unrelated),
            NoSuchPatient => {
                cpis.world.config.cpis.trace = true;
                know(&cpis, OTHER_PATIENT).await;
            }
            NoSpine => {
                let timeout = UpstreamError::Timeout { phase: "connect" };
                cpis.spine.answers(Reply::Error(timeout));
            }
            AuthorCredentials => ask.person().user = "999999999999".to_owned(),
            Failure => cpis.world.store = broken_store(),
            NoRecord => cpis.spine.answers(Reply::NoRecord),
            SpineService => cpis.spine.answers(Reply::Acknowledged(Error)),
        }
        let answer = cpis.check(&ask.bytes(&cpis.world.env)).await;
        assert_eq!(code(&answer), expected);
        let ours = matches!(
            expected,
            InputValidation | NoSuchPatient | AuthorCredentials
        );
        assert_eq!(cpis.spine.asked().is_empty(), ours, "{expected:?}");
        // What is no success says nothing but that.
        let document = xml::Document::parse(&answer.payload).expect("well-formed");
        let names: Vec<&str> = document.root().children().map(|c| c.name()).collect();
        let nothing = [
            "effectiveTime",
            "id",
            "value",
            "pertinentInformation11",
            "pertinentInformation12",
        ];
        assert_eq!(names == nothing, expected != Success, "{names:?}");
    }
}

/// A store that takes nothing.
pub(super) fn broken_store() -> Arc<dyn Store> {
    let store = Failing::new(MemoryStore::new());
    store.fail_commits(Some(StoreError::Failed("disk".to_owned())));
    Arc::new(store)
}

pub(super) async fn know(cpis: &Cpis, number: &str) {
    let person = Demographics {
        number: id(number),
        given: vec!["Some".to_owned()],
        family: "Body".to_owned(),
        birth_date: date(2001, 1, 1),
        sensitive: false,
        standing: Standing::Current,
    };
    let mut commit = Commit::default();
    commit.cpis.people = vec![person];
    cpis.world.store.commit(commit).await.expect("kept");
}

#[tokio::test]
async fn a_patient_is_traced_where_people_are_known() {
    for (known, trace, expected) in [
        (None, true, Success),
        (Some(OTHER_PATIENT), false, Success),
        (Some(OTHER_PATIENT), true, NoSuchPatient),
        (Some(crate::tests::world::PATIENT), true, Success),
    ] {
        let mut cpis = Cpis::new();
        cpis.world.config.cpis.trace = trace;
        if let Some(number) = known {
            know(&cpis, number).await;
        }
        let ask = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
        assert_eq!(code(&cpis.check(&ask).await), expected, "{known:?} {trace}");
    }
}

/// The query goes on as its author wrote it, under a message of our own.
#[tokio::test]
async fn the_query_goes_on_as_it_came() {
    for by_system in [false, true] {
        let cpis = Cpis::new();
        let env = &cpis.world.env;
        let mut ask = match by_system {
            true => Ask::by_system(env),
            false => Ask::new(env),
        };
        ask.query.at = time("20260302085959.5+0000");
        let bytes = ask.bytes(env);
        assert_eq!(code(&cpis.check(&bytes).await), Success);
        let (message, asked) = cpis.spine.asked().pop().expect("a query");
        assert_eq!(asked, ask.query);
        assert!(!String::from_utf8_lossy(&bytes).contains(&message));
    }
}

/// The numbers of the test tool, where they are scenarios: whoever asks, and nobody else is asked.
#[tokio::test]
async fn the_scenarios_of_the_test_tool_are_played() {
    for (number, expected) in [
        ("1111111111", InputValidation),
        ("2222222222", ResponseValidation),
        ("3333333333", NoSuchPatient),
        ("4444444444", NoSpine),
        ("5555555555", AuthorCredentials),
        ("6666666666", Failure),
        ("7777777777", SpineService),
        ("8888888888", NoRecord),
    ] {
        for scenarios in [true, false] {
            let mut cpis = Cpis::new();
            cpis.world.config.cpis.scenarios = scenarios;
            let mut ask = Ask::new(&cpis.world.env);
            ask.query.patient = id(number);
            let message = ask.bytes(&cpis.world.env);
            // And the same when it comes again.
            for asked in 1..=2 {
                let answer = cpis.check(&message).await;
                let decision = cpis.decision().await;
                let (code_now, spine) = match scenarios {
                    true => (expected, 0),
                    false => (Success, asked),
                };
                assert_eq!(code(&answer), code_now, "{number}: {decision}");
                assert_eq!(cpis.spine.asked().len(), spine, "{number}");
                assert_eq!(decision.contains("scripted"), scenarios, "{decision}");
                let event = cpis.world.audit().await.pop().expect("an event").event;
                assert_eq!(event.outcome, code_now.code().0);
                assert_eq!(event.patient, Some(id(number)));
                assert_eq!(event.disclosed, !scenarios);
            }
        }
    }
    // Any other number is asked for.
    let mut cpis = Cpis::new();
    cpis.world.config.cpis.scenarios = true;
    let ask = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    assert_eq!(code(&cpis.check(&ask).await), Success);
}
