//! Every outcome of the Spine and the code it is answered with (SMSP specification §7.6), in both
//! code sets, each answer valid by its schema.

use domain::code::psis::{self, Issue};
use domain::code::smsp::{CodeSet, ResponseCode};
use domain::consent::{Consent, ConsentSetting};
use domain::record::{DocumentPointer, DocumentState};
use hl7v3::SoapFault;
use hl7v3::wrapper::AcknowledgementKind::{Error, Reject};

use super::spine::{DOCUMENT, Reply, pointer, summary};
use super::world::{Answer, OTHER_PATIENT, PATIENT, Query, World, check, id, patient, time};

const OTHER_DOCUMENT: &str = "0600CE57-C6F6-4C7F-E050-950AE0730000";

fn issue(code: &'static str, system: &'static str, text: &str) -> Issue {
    Issue {
        code: code.into(),
        system,
        text: text.to_owned(),
        severity: psis::Severity::Error,
    }
}

fn no_match() -> Reply {
    let system = domain::oid::QUERY_WARNING;
    Reply::QueryFailed(
        vec![issue("1", system, "No match to a service user record")],
        Error,
    )
}

fn soap_fault(fault: SoapFault) -> Reply {
    Reply::Http(500, "text/xml", fault.write())
}

fn author_fault() -> Reply {
    soap_fault(SoapFault::processing(
        "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID",
    ))
}

fn refused(text: &str) -> Reply {
    let system = domain::oid::DETECTED_ISSUE;
    Reply::QueryFailed(
        vec![psis::access_refused(), issue("1", system, text)],
        Error,
    )
}

/// What may come back from any exchange, and querySCR's answer to it.
pub(super) fn failures() -> Vec<(&'static str, Reply, &'static str)> {
    let dissent = vec![psis::access_refused(), psis::access_not_permitted()];
    let html = b"<html><body>502 Bad Gateway</body></html>".to_vec();
    let acknowledged = vec![issue(
        "5000",
        domain::oid::GENERIC_ERROR,
        "Unable to process message",
    )];
    vec![
        ("dissent", Reply::QueryFailed(dissent, Error), "SCR-0002"),
        (
            "role",
            refused("the author's role is not authorised"),
            "SCR-0001",
        ),
        (
            "relationship",
            refused("no legitimate relationship"),
            "SCR-0003",
        ),
        ("author", author_fault(), "SMSP-0005"),
        (
            "merged",
            Reply::QueryFailed(vec![psis::logical_inconsistency()], Error),
            "SMSP-9999",
        ),
        (
            "down",
            Reply::QueryFailed(vec![psis::not_available()], Reject),
            "SMSP-9999",
        ),
        (
            "MCCI AE",
            Reply::Acknowledged(acknowledged.clone(), Error),
            "SMSP-9999",
        ),
        (
            "MCCI AR",
            Reply::Acknowledged(acknowledged, Reject),
            "SMSP-9999",
        ),
        (
            "SOAP fault 101",
            soap_fault(SoapFault::not_supported()),
            "SMSP-9999",
        ),
        (
            "SOAP fault 200",
            soap_fault(SoapFault::processing("x")),
            "SMSP-9999",
        ),
        (
            "HTTP 404",
            Reply::Http(404, "text/plain", b"no".to_vec()),
            "SMSP-9999",
        ),
        ("timeout", Reply::Timeout, "SMSP-0004"),
        ("no endpoint", Reply::Unavailable, "SMSP-0004"),
        (
            "HTML 502",
            Reply::Http(502, "text/html", html.clone()),
            "SMSP-0004",
        ),
        ("HTTP 503, empty", Reply::Http(503, "", vec![]), "SMSP-0004"),
        ("HTML 200", Reply::Http(200, "text/html", html), "SMSP-0002"),
        (
            "empty 200",
            Reply::Http(200, "text/xml", vec![]),
            "SMSP-0002",
        ),
        (
            "HTTP 202",
            Reply::Http(202, "text/xml", vec![]),
            "SMSP-0002",
        ),
        (
            "not well-formed",
            Reply::Http(200, "text/xml", b"<a><b></a>".to_vec()),
            "SMSP-0002",
        ),
        (
            "DOCTYPE",
            Reply::Http(200, "text/xml", b"<!DOCTYPE a><a/>".to_vec()),
            "SMSP-0002",
        ),
        ("too large", Reply::TooLarge, "SMSP-0002"),
        ("of another message", Reply::Unrelated, "SMSP-0002"),
    ]
}

fn replaced(from: &'static str, to: &'static str) -> Reply {
    Reply::Replaced(from, to)
}

#[tokio::test]
async fn every_outcome_of_the_list_has_its_code() {
    let mut rows = failures();
    let no_record = vec![
        psis::success_with_warning(),
        psis::case_not_found(&patient()),
    ];
    let one = pointer(&summary(PATIENT, DOCUMENT));
    let withdrawn = DocumentPointer {
        state: DocumentState::Withdrawn,
        ..one.clone()
    };
    let replaced_one = DocumentPointer {
        state: DocumentState::Replaced,
        ..one.clone()
    };
    let of_another = Reply::List(id(OTHER_PATIENT), vec![one.clone()]);
    rows.extend([
        ("OK", Reply::Normal, "SMSP-0000"),
        ("no document", Reply::List(patient(), vec![]), "SCR-0004"),
        (
            "none in state Normal",
            Reply::List(patient(), vec![withdrawn, replaced_one]),
            "SCR-0004",
        ),
        (
            "no record",
            Reply::QueryFailed(no_record, Error),
            "SCR-0004",
        ),
        ("no match", no_match(), "SCR-0004"),
        ("another patient's", of_another, "SMSP-0002"),
        (
            "no GP Summary",
            replaced("196981000000101", "196981000000999"),
            "SCR-0004",
        ),
        (
            "bad document id",
            replaced(DOCUMENT, "not a UUID"),
            "SMSP-0002",
        ),
    ]);
    for (row, reply, expected) in rows {
        let world = World::with_spine(|spine| spine.list = reply);
        let answer = check(&Query::new().bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected, "{row}: {answer:?}");
        valid("querySCR", &answer);
        let audit = world.audit().await;
        assert_eq!(audit[0].event.outcome, expected, "{row}");
        assert_eq!(audit[0].event.disclosed, expected == "SMSP-0000", "{row}");
    }
}

#[tokio::test]
async fn every_outcome_of_the_document_has_its_code() {
    let mut rows = failures();
    let nothing = vec![psis::logical_inconsistency()];
    rows.extend([
        ("OK", Reply::Normal, "SMSP-0000"),
        ("gone", Reply::QueryFailed(nothing, Error), "SMSP-9999"),
        ("nothing found", Reply::List(patient(), vec![]), "SMSP-0002"),
        (
            "another patient's document",
            Reply::Document(patient(), summary(OTHER_PATIENT, DOCUMENT)),
            "SMSP-0002",
        ),
        (
            "filed under another patient",
            Reply::Document(id(OTHER_PATIENT), summary(PATIENT, DOCUMENT)),
            "SMSP-0002",
        ),
        (
            "another document",
            Reply::Document(patient(), summary(PATIENT, OTHER_DOCUMENT)),
            "SMSP-0002",
        ),
        ("no patient", replaced("recordTarget typeCode=\"RCT\"><patient classCode=\"PAT\"><id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"9990000018\"/></patient></recordTarget></GPSummary>", "x/></GPSummary>"), "SMSP-0002"),
        ("bad NHS number", replaced("9990000018\"/></patient></recordTarget></GPSummary>", "9990000019\"/></patient></recordTarget></GPSummary>"), "SMSP-0002"),
        ("no document", replaced("component7", "component8"), "SMSP-0002"),
    ]);
    for (row, reply, expected) in rows {
        let world = World::with_spine(|spine| spine.document = reply);
        let answer = check(&Query::new().bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected, "{row}: {answer:?}");
        assert_eq!(answer.document.is_some(), expected == "SMSP-0000", "{row}");
        valid("querySCR", &answer);
    }
}

#[tokio::test]
async fn the_newest_summary_in_state_normal_is_fetched() {
    let base = pointer(&summary(PATIENT, OTHER_DOCUMENT));
    let entry = |document: &str, effective: &str, state| {
        let mut entry = base.clone();
        entry.header.id = id(document);
        entry.header.effective = time(effective);
        entry.state = state;
        entry
    };
    let spare = "0600CE57-C6F6-4C7F-E050-950AE0731111";
    let list = vec![
        entry(OTHER_DOCUMENT, "20250101", DocumentState::Normal),
        entry(DOCUMENT, "202603010930", DocumentState::Normal),
        entry(spare, "20260302", DocumentState::Replaced),
    ];
    let world = World::with_spine(|spine| spine.list = Reply::List(patient(), list));
    let answer = check(&Query::new().bytes(&world.env), &world).await;
    assert_eq!(answer.document, Some(summary(PATIENT, DOCUMENT).bytes));
}

#[tokio::test]
async fn refusals_of_messages_can_be_faults() {
    let refused = |reply: Reply| async {
        let mut world = World::with_spine(|spine| spine.list = reply);
        world.config.faults_for_spine_failures = true;
        check(&Query::new().bytes(&world.env), &world).await.outcome
    };
    let acknowledged = Reply::Acknowledged(vec![psis::system_error()], Error);
    assert_eq!(refused(acknowledged).await, "fault 2200");
    assert_eq!(
        refused(soap_fault(SoapFault::not_supported())).await,
        "fault 2200"
    );
    // A query that failed is not a refused message, and a silent Spine not a failed one.
    let failed = Reply::QueryFailed(vec![psis::logical_inconsistency()], Error);
    assert_eq!(refused(failed).await, "SMSP-9999");
    assert_eq!(refused(Reply::Timeout).await, "SMSP-0004");
}

#[tokio::test]
async fn the_log_says_why_the_spine_could_not_be_asked() {
    for (reply, says) in [
        (Reply::Timeout, "spine=\"unreachable: timed out in phase"),
        (
            Reply::Http(503, "", vec![]),
            "spine=\"unreachable: HTTP 503 without a SOAP message\"",
        ),
    ] {
        let world = World::with_spine(|spine| spine.list = reply);
        testkit::logged::listen();
        let answer = check(&Query::new().bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "SMSP-0004");
        let log = testkit::logged::logged();
        let line = log.lines().find(|line| line.contains("SMSP-0004"));
        assert!(line.is_some_and(|line| line.contains(says)), "{log}");
    }
}

#[tokio::test]
async fn both_code_sets_reach_every_code() {
    let dissent = || {
        let issues = vec![psis::access_refused(), psis::access_not_permitted()];
        Reply::QueryFailed(issues, Error)
    };
    for set in [CodeSet::MessageSpecification, CodeSet::Spreadsheet2014] {
        for code in ResponseCode::ALL {
            let base = Query::new();
            let (query, list) = match code {
                ResponseCode::Success => (base, Reply::Normal),
                ResponseCode::InputValidation => (
                    Query {
                        duration: Some((None, Some("2020"))),
                        ..base
                    },
                    Reply::Normal,
                ),
                ResponseCode::ResponseValidation => (base, Reply::Unrelated),
                ResponseCode::NoSpine => (base, Reply::Timeout),
                ResponseCode::AuthorCredentials => (Query { user: None, ..base }, Reply::Normal),
                ResponseCode::Failure => (base, soap_fault(SoapFault::not_supported())),
                ResponseCode::RbacFailed => (
                    Query {
                        profile: Some("212233445577"),
                        ..base
                    },
                    Reply::Normal,
                ),
                ResponseCode::AcsFailed => (base, dissent()),
                ResponseCode::PtvFailed => (
                    Query {
                        create_ptv: false,
                        ..base
                    },
                    Reply::Normal,
                ),
                ResponseCode::ScrNotFound => (base, no_match()),
            };
            let mut world = World::with_spine(|spine| spine.list = list);
            world.config.code_set = set;
            let answer = check(&query.bytes(&world.env), &world).await;
            let (expected, display) = code.code_in(set);
            assert_eq!(
                (answer.outcome.as_str(), answer.text.as_str()),
                (expected, display)
            );
            assert_eq!(world.audit().await[0].event.outcome, expected);
            valid("querySCR", &answer);
        }
    }
}

#[tokio::test]
async fn status_tells_existence_and_consent_apart() {
    let dissent = || vec![psis::access_refused(), psis::access_not_permitted()];
    let no_record = || {
        vec![
            psis::success_with_warning(),
            psis::case_not_found(&patient()),
        ]
    };
    let no = || Reply::Consent(patient(), Consent::both(ConsentSetting::No));
    let yes = || Reply::Consent(patient(), Consent::both(ConsentSetting::Yes));
    for (list, consent, exists, code) in [
        (Reply::Normal, Reply::Normal, "true", "2"),
        (Reply::Normal, yes(), "true", "2"),
        (Reply::Normal, no(), "true", "0"),
        (Reply::QueryFailed(dissent(), Error), no(), "true", "0"),
        (Reply::QueryFailed(no_record(), Error), no(), "false", "0"),
        (
            Reply::QueryFailed(no_record(), Error),
            Reply::Normal,
            "false",
            "2",
        ),
        (Reply::List(patient(), vec![]), Reply::Normal, "false", "2"),
        (no_match(), no_match(), "false", "2"),
    ] {
        let world = World::with_spine(|spine| (spine.list, spine.consent) = (list, consent));
        let answer = check(&Query::new().status_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "SMSP-0000");
        let text = String::from_utf8(answer.payload.clone()).expect("UTF-8");
        assert!(
            text.contains(&format!("<sCRExistsFlag><value value=\"{exists}\"/>")),
            "{text}"
        );
        assert!(
            text.contains(&format!("<sCRConsent><code code=\"{code}\"")),
            "{text}"
        );
        valid("getSCRStatus", &answer);
        assert!(world.audit().await[0].event.disclosed);
    }
}

#[tokio::test]
async fn every_failure_of_a_status_query_has_its_code() {
    for (row, reply, expected) in failures() {
        // Dissent is a status, not a failure.
        let expected_of_list = if row == "dissent" {
            "SMSP-0000"
        } else {
            expected
        };
        let world = World::with_spine(|spine| spine.list = reply.clone());
        let answer = check(&Query::new().status_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected_of_list, "list {row}");
        valid("getSCRStatus", &answer);

        let world = World::with_spine(|spine| spine.consent = reply);
        let answer = check(&Query::new().status_bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected, "consent {row}");
        valid("getSCRStatus", &answer);
    }
    let other = Reply::Consent(id(OTHER_PATIENT), Consent::default());
    let world = World::with_spine(|spine| spine.consent = other);
    let answer = check(&Query::new().status_bytes(&world.env), &world).await;
    assert_eq!(answer.outcome, "SMSP-0002");
}

/// The payload is valid by the published schema, if the operation is a published one.
pub(super) fn valid(operation: &str, answer: &Answer) {
    let message_type = match operation {
        "getSCRStatus" => "REPC_MT150001GB01",
        "getRBACStatus" => "REPC_MT150002GB01",
        "queryPTV" => "REPC_MT150007GB01",
        "createPTV" => "REPC_MT150009GB01",
        "querySCR" => "REPC_MT150012GB01",
        "querySCRActivity" => "REPC_MT150014GB01",
        other => panic!("{other} has no published schema"),
    };
    let schema = format!("smsp-scr/schemas/Schemas/{message_type}.xsd");
    match testkit::xsd::validate(&schema, &answer.payload) {
        testkit::xsd::Outcome::Valid | testkit::xsd::Outcome::Skipped => {}
        testkit::xsd::Outcome::Invalid(why) => panic!("{answer:?} is not valid: {why}"),
    }
}
