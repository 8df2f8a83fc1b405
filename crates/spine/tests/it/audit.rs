//! What is written down of every request, what is not said to operators, and that nothing
//! leaves that could not be written down.

use std::sync::atomic::Ordering;

use domain::MessageId;
use domain::audit::AuditEvent;
use domain::consent::ConsentSetting::No;

use crate::requests::*;
use crate::stubborn_store::DAMAGE;
use crate::summaries::{SECRET, document_id};
use crate::world::{Call, World, certificate, check};

fn world() -> World {
    World::new().with_documents(&[(&document_id(1), "20240101")])
}

fn dissenting() -> World {
    world().with_consent(No)
}

/// An event as the registered client causes it, nothing read yet.
fn turned_away(outcome: &str, decision: &str) -> AuditEvent {
    let at = "2024-07-01T12:00:01Z".parse().expect("a time");
    let mut event = AuditEvent::new(at, "spine", "unread", outcome);
    event.certificate = Some("fingerprint of client.example".to_owned());
    event.system = Some("client".to_owned());
    event.decision = Some(decision.to_owned());
    event
}

/// An event of the usual request, when it could be read.
fn event(operation: &str, outcome: &str) -> AuditEvent {
    let mut event = turned_away(outcome, "");
    event.operation = operation.to_owned();
    event.asid = Some(asid(CLIENT_ASID));
    event.message = MessageId::parse(REQUEST_ID).ok();
    event.patient = Some(patient());
    event.user = Some(author().user);
    event.role_profile = Some(author().role_profile);
    event.job_role = Some(author().job_role);
    event.decision = None;
    event
}

const LIST: &str = "QUPC_IN160101UK05";
const DOCUMENT: &str = "QUPC_IN160103UK05";
const PERMISSIONS: &str = "GET_RESOURCE_PERMISSIONS_INUK01";

#[test]
fn every_request_leaves_its_event() {
    let disclosed = |operation| AuditEvent {
        disclosed: true,
        ..event(operation, "AA OK")
    };
    let overridden = |event: AuditEvent| AuditEvent {
        decision: Some(
            "dissent override 1 (Access made in the public interest): shown although the patient \
             dissents"
                .to_owned(),
        ),
        reason: Some("found unconscious".to_owned()),
        ..event
    };
    let nobody = |event: AuditEvent| AuditEvent {
        user: None,
        role_profile: None,
        job_role: None,
        ..event
    };
    let unasked = |event: AuditEvent| AuditEvent {
        patient: None,
        ..event
    };
    let refused = |event: AuditEvent, decision: &str| AuditEvent {
        decision: Some(decision.to_owned()),
        ..event
    };
    let given = |event: AuditEvent| AuditEvent {
        document: Some(id(&document_id(1))),
        ..event
    };
    let server = "SOAP:Server: Application Exception: ";
    let no_system = AuditEvent {
        system: None,
        certificate: None,
        ..turned_away(
            "fault 200",
            &format!(
                "{server}200 the client certificate is not registered with this Spine (Not Supported)"
            ),
        )
    };
    let stranger = AuditEvent {
        certificate: Some("fingerprint of stranger.example".to_owned()),
        ..no_system.clone()
    };
    let other = AuditEvent {
        system: Some("other".to_owned()),
        certificate: Some("fingerprint of other.example".to_owned()),
        ..refused(
            event(LIST, "fault 200"),
            &format!(
                "{server}200 the sending ASID is not registered for this client certificate (Not Supported)"
            ),
        )
    };
    let call = |caller: Option<&str>, message: String| Call {
        certificate: caller.map(certificate),
        ..message.into()
    };
    let list = || asked().whole_list();
    let anonymous = Asked {
        author: false,
        ..asked()
    };
    let mut rows: Vec<(World, Call, AuditEvent)> = vec![
        (world(), list().into(), disclosed(LIST)),
        (
            world(),
            anonymous.whole_list().into(),
            nobody(disclosed(LIST)),
        ),
        (
            world(),
            asked().document(&document_id(1)).into(),
            given(disclosed(DOCUMENT)),
        ),
        (
            world(),
            asked().permissions(None).into(),
            disclosed(PERMISSIONS),
        ),
        (dissenting(), list().into(), event(LIST, "AE 420 30418")),
        (
            dissenting(),
            Asked::overriding(1).whole_list().into(),
            overridden(disclosed(LIST)),
        ),
        (
            dissenting(),
            Asked::overriding(1).document(&document_id(1)).into(),
            overridden(given(disclosed(DOCUMENT))),
        ),
        (World::new(), list().into(), event(LIST, "AE 210 30312")),
        (
            world(),
            asked().document(&document_id(9)).into(),
            event(DOCUMENT, "AE 410 30308"),
        ),
        (
            world(),
            asked().list(between("1900", "1901")).into(),
            event(LIST, "AA NF"),
        ),
        (
            world(),
            mutate(&list(), "9990000018", "9990000019").into(),
            unasked(refused(
                event(LIST, "AE 400 35160"),
                "ErrorBase1733.MANDATORY_FIELD_MISSING|nhsNumber",
            )),
        ),
        (
            world(),
            mutate(&list(), "<versionCode code=\"V3NPfIT2.0\"/>", "").into(),
            unasked(nobody(refused(
                event(LIST, "AE 400 400"),
                "ErrorBase1732.INVALID_VERSION_CODE|versionCode/@code",
            ))),
        ),
        (world(), call(None, list()), no_system),
        (world(), call(Some("stranger.example"), list()), stranger),
        (world(), call(Some("other.example"), list()), other),
        (
            world(),
            mutate(&list(), SPINE_ASID, "1").into(),
            unasked(refused(
                event(LIST, "fault 200"),
                &format!(
                    "{server}200 the receiving ASID is not that of this Spine (Not Supported)"
                ),
            )),
        ),
        (
            world(),
            mutate(&list(), "psisquery/QUPC_IN160101UK05", "psisquery/X").into(),
            turned_away(
                "fault 101",
                "SOAP:Client: The service/interaction is not supported for the requested URI: 101 The service/interaction is not supported for the requested URI (HTTP Header - SOAPAction)",
            ),
        ),
    ];
    rows.push((
        world(),
        "<a".to_owned().into(),
        turned_away("fault 201", ""),
    ));
    for (world, call, expected) in rows {
        let answer = check(call, &world);
        let mut found = answer.event.expect("an event");
        let answered = !found.outcome.starts_with("fault");
        assert_eq!(found.related.len(), usize::from(answered));
        found.related.clear();
        if expected.outcome == "fault 201" {
            let decision = found.decision.replace(String::new()).expect("the place");
            assert!(decision.contains("line 1, column"), "{decision}");
        }
        assert_eq!(found, expected);
    }
}

/// What senders write goes to the audit, but not without end.
#[test]
fn notes_are_cut() {
    let long = "é".repeat(5_000);
    let request = mutate(
        &Asked::overriding(2).whole_list(),
        "found unconscious",
        &long,
    );
    let request = mutate(&request, "Access made in the public interest", &long);
    let event = check(request, &dissenting()).event.expect("an event");
    assert_eq!(event.reason, Some("é".repeat(300)));
    let decision = event.decision.expect("a decision");
    assert_eq!(
        decision,
        format!(
            "dissent override 2 ({}): shown although the patient dissents",
            "é".repeat(300)
        )
    );
}

const FAILURE: &str = "fault 200 System failure to process message - default (Not Supported)";

/// Everything that would disclose something, or say why not.
fn requests() -> Vec<String> {
    vec![
        asked().whole_list(),
        asked().document(&document_id(1)),
        asked().set(&document_id(1)),
        asked().permissions(None),
        Asked::overriding(1).document(&document_id(1)),
        mutate(&asked().whole_list(), "9990000018", "9990000019"),
        "<a".to_owned(),
    ]
}

fn is_silent(body: &str) {
    for inside in [SECRET, "9990000018", DAMAGE, "disk", "store", "D0C00000"] {
        assert!(!body.contains(inside), "{inside}: {body}");
    }
}

#[test]
fn nothing_leaves_that_is_not_on_record() {
    for request in requests() {
        let world = world();
        world.store.refuses_commits.store(true, Ordering::Relaxed);
        let answer = check(request.clone(), &world);
        assert_eq!(answer.line, FAILURE, "{request}");
        assert!(answer.event.is_none());
        is_silent(&answer.body);
        world.store.refuses_commits.store(false, Ordering::Relaxed);
        assert_ne!(
            check(request, &world).line,
            FAILURE,
            "and afterwards it works again"
        );
    }
}

#[test]
fn a_store_that_cannot_be_read_is_our_fault() {
    for request in &requests()[..5] {
        let world = world();
        world.store.refuses_reads.store(true, Ordering::Relaxed);
        let answer = check(request.as_str(), &world);
        assert_eq!(answer.line, FAILURE, "{request}");
        let event = answer.event.expect("the attempt is on record");
        assert_eq!(event.outcome, "fault 200");
        assert_eq!(event.patient, Some(patient()));
        assert_eq!(event.document, None);
        is_silent(&answer.body);
    }
}

/// What is logged while `work` runs on this thread.
fn logged(work: impl FnOnce()) -> String {
    testkit::logged::listen();
    work();
    testkit::logged::logged()
}

#[test]
fn one_line_per_request_without_patient_data() {
    for (request, world, outcome) in [
        (asked().whole_list(), world(), "AA OK"),
        (asked().document(&document_id(1)), world(), "AA OK"),
        (asked().whole_list(), World::new(), "AE 210 30312"),
        (
            asked().document(&document_id(1)),
            dissenting(),
            "AE 420 30418",
        ),
        (Asked::overriding(1).whole_list(), dissenting(), "AA OK"),
        (
            mutate(&asked().whole_list(), "9990000018", "9990000019"),
            world(),
            "AE 400 35160",
        ),
        ("<a>9990000018".to_owned(), world(), "fault 201"),
    ] {
        let text = logged(|| drop(check(request.as_str(), &world)));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(&format!("outcome=\"{outcome}\"")), "{text}");
        assert!(
            text.contains(REQUEST_ID) != outcome.starts_with("fault"),
            "{text}"
        );
        for secret in [
            "9990000018",
            "9990000019",
            "999 000",
            SECRET,
            "Barstow",
            "unconscious",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    // What failed is for operators, and then the outcome that left is what is logged.
    let world = world();
    world.store.refuses_commits.store(true, Ordering::Relaxed);
    let text = logged(|| drop(check(asked().whole_list(), &world)));
    assert!(text.contains("the store's disk is full"), "{text}");
    assert!(
        text.contains("outcome=\"fault 200\"") && !text.contains("AA OK"),
        "{text}"
    );
    assert!(!text.contains("9990000018"), "{text}");
}
