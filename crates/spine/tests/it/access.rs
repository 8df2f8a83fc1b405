//! Who may ask what, and how: certificates, ASIDs, interactions, HTTP, and what is not XML.

use hl7v3::Interaction;

use crate::requests::*;
use crate::summaries::document_id;
use crate::world::{Call, World, certificate, check};

fn world() -> World {
    World::new().with_documents(&[(&document_id(1), "20240101")])
}

fn by(caller: &str, message: String) -> Call {
    Call {
        certificate: Some(certificate(caller)),
        ..message.into()
    }
}

#[test]
fn the_log_says_whose_certificate_was_turned_away() {
    let world = world();
    for caller in ["stranger.example", "other.example"] {
        testkit::logged::listen();
        check(by(caller, asked().whole_list()), &world);
        let log = testkit::logged::logged();
        let told = log.lines().find(|line| line.contains("turned away"));
        let name = format!("certificate=\"{caller}\"");
        assert!(told.is_some_and(|line| line.contains(&name)), "{log}");
    }
}

const NOT_SUPPORTED: &str = "fault 101 The service/interaction is not supported for the requested \
                             URI (HTTP Header - SOAPAction)";

#[test]
fn callers_must_be_registered_for_what_they_send() {
    let fault = |text: &str| format!("fault 200 {text} (Not Supported)");
    let no_certificate = fault("the client certificate is not registered with this Spine");
    let wrong_asid = fault("the sending ASID is not registered for this client certificate");
    let not_allowed = fault("the system is not registered for this interaction");
    let not_for_us = fault("the receiving ASID is not that of this Spine");
    let list = || asked().whole_list();
    let document = || asked().document(&document_id(1));
    let broken = mutate(
        &list(),
        "<versionCode code=\"V3NPfIT2.0\"/>",
        "<versionCode/>",
    );
    let elsewhere = mutate(&list(), SPINE_ASID, "655159266511");
    let anonymous = Call {
        certificate: None,
        ..list().into()
    };
    let rows: Vec<(&str, Call, String)> = vec![
        (
            "the client",
            list().into(),
            "QUPC_IN160102UK05 AA OK".to_owned(),
        ),
        ("no certificate", anonymous, no_certificate.clone()),
        (
            "a strange certificate",
            by("stranger.example", list()),
            no_certificate.clone(),
        ),
        (
            "another's ASID",
            by("other.example", list()),
            wrong_asid.clone(),
        ),
        (
            "another's ASID, permissions",
            by("other.example", asked().permissions(None)),
            wrong_asid.clone(),
        ),
        (
            "another's ASID, broken message",
            by("other.example", broken),
            wrong_asid,
        ),
        (
            "allowed interaction",
            by("lister.example", list()),
            "QUPC_IN160102UK05 AA OK".to_owned(),
        ),
        (
            "interaction not allowed",
            by("lister.example", document()),
            not_allowed.clone(),
        ),
        (
            "permissions not allowed",
            by("lister.example", asked().permissions(None)),
            not_allowed,
        ),
        ("for another Spine", elsewhere.into(), not_for_us),
        // Before who is calling is known, nothing they send is looked at.
        (
            "a stranger's nonsense",
            by("stranger.example", "<a".to_owned()),
            no_certificate,
        ),
    ];
    for (name, call, expected) in rows {
        assert_eq!(check(call, &world()).line, expected, "{name}");
    }
}

#[test]
fn what_is_not_well_formed_is_told_where() {
    let list = asked().whole_list();
    for (body, expected) in [
        ("".to_owned(), "line 1, column 1"),
        ("\n  <a".to_owned(), "line 2, column"),
        (
            mutate(&list, "</query>", "</quest>"),
            "/Envelope/Body/QUPC_IN160101UK05/ControlActEvent/query)",
        ),
        (
            mutate(
                &list,
                "<SOAP-ENV:Envelope",
                "<!DOCTYPE a [<!ENTITY b \"c\">]>\n<SOAP-ENV:Envelope",
            ),
            "line 2, column 1",
        ),
        (mutate(&list, "uuid:", "&b;"), "line"),
        (
            mutate(&list, "SOAP-ENV:Envelope", "SOAP-ENV:Letter"),
            "SOAP 1.1 Envelope",
        ),
        (
            mutate(
                &list,
                "http://schemas.xmlsoap.org/soap/envelope/",
                "http://www.w3.org/2003/05/soap-envelope",
            ),
            "SOAP 1.1 Envelope",
        ),
    ] {
        let line = check(body, &world()).line;
        assert!(
            line.starts_with("fault 201 The message is not well formed ("),
            "{line}"
        );
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn a_document_type_is_refused_before_it_is_read() {
    let list = asked().whole_list();
    let bomb = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><SOAP-ENV:Envelope";
    let answer = check(mutate(&list, "<SOAP-ENV:Envelope", bomb), &world());
    assert!(answer.line.starts_with("fault 201"), "{}", answer.line);
    assert!(!answer.body.contains("passwd"));
}

#[test]
fn interactions_that_are_not_answered_here_are_not_supported() {
    let list = asked().whole_list();
    let action = Interaction::DocumentListQuery.action();
    for other in [
        "urn:nhs:names:services:psisquery/QUPC_IN200000UK04",
        "urn:nhs:names:services:psisquery/QUPC_IN160102UK05",
        "urn:nhs:names:services:psisquery/QUPC_IN160101UK06",
        "urn:nhs:names:services:psis/QUPC_IN160101UK05",
        "urn:nhs:names:services:lrsquery/QUPC_IN160101UK05",
        "urn:nhs:names:services:psis/REPC_IN150016UK05",
        "urn:nhs:names:services:lrs/REPC_IN010000UK15",
        "urn:nhs:names:services:lrsquery/SET_RESOURCE_PERMISSIONS_INUK01",
        "urn:nhs:names:services:alerts/COMT_IN000001UK01",
        "QUPC_IN160101UK05",
        "urn:anything",
    ] {
        let call = Call {
            soap_action: Some(other.to_owned()),
            ..mutate(&list, &action, other).into()
        };
        let answer = check(call, &world());
        assert_eq!(answer.line, NOT_SUPPORTED, "{other}");
        let event = answer.event.expect("an event");
        assert_eq!(event.operation, "unread", "no label of the caller's making");
    }
}

#[test]
fn the_soap_action_may_be_quoted_or_absent_but_not_another() {
    let list = asked().whole_list();
    let action = Interaction::DocumentListQuery.action();
    let saying = |soap_action: Option<String>| Call {
        soap_action,
        ..list.as_str().into()
    };
    for said in [
        None,
        Some(String::new()),
        Some(format!("\"{action}\"")),
        Some(action),
    ] {
        assert_eq!(
            check(saying(said), &world()).line,
            "QUPC_IN160102UK05 AA OK"
        );
    }
    let other = saying(Some(Interaction::DocumentQuery.action()));
    let line = check(other, &world()).line;
    assert!(line.contains("ErrorBaseTms.SOAP_ACTION_ERROR"), "{line}");
    for unknown in [
        "urn:nhs:names:services:psisquery/QUPC_IN160101UK06",
        "urn:nhs:names:services:psis/REPC_IN150016UK05",
        "urn:anything",
    ] {
        let line = check(saying(Some(unknown.to_owned())), &world()).line;
        assert_eq!(line, NOT_SUPPORTED, "{unknown}");
    }
}

/// What is not a request to the service gets plain text, and is no event.
#[test]
fn other_paths_and_methods_are_plain_http() {
    let list: Call = asked().whole_list().into();
    for (method, path, status) in [
        ("GET", "/sync-service", 405),
        ("PUT", "/sync-service", 405),
        ("HEAD", "/sync-service", 405),
        ("post", "/sync-service", 405),
        ("POST", "/", 404),
        ("GET", "/other", 404),
        ("POST", "/sync-service/", 404),
        ("POST", "/sync-service/../x", 404),
        ("POST", "/SYNC-SERVICE", 404),
    ] {
        let world = world();
        let response = world.send(&Call {
            method,
            path,
            ..list.clone()
        });
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.header("allow").is_some(), status == 405);
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert!(world.events().is_empty());
    }
}
