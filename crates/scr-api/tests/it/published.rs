//! Published answers of the Spine, and the answers that the national adaptor makes of them.

#![allow(
    clippy::disallowed_methods,
    reason = "published vectors are read from files"
)]

use std::path::PathBuf;

use serde_json::Value;

use crate::world::{Fate, OLD_APP, World, bundle_path, find_path};

/// The patient and the document of the published answers.
const PATIENT: &str = "9995000180";
const DOCUMENT: &str = "FA60BE64-1F34-11EB-A2A8-000C29A364EB";

fn vectors(test: &str) -> Option<PathBuf> {
    testkit::vectors_or_skip(test, "scr-fhir")
}

fn text(root: &std::path::Path, path: &str) -> String {
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(root: &std::path::Path, path: &str) -> Value {
    serde_json::from_str(&text(root, path)).expect("JSON")
}

/// A published answer, as if it were the answer to the question that is asked.
fn answer(root: &std::path::Path, path: &str) -> Option<Fate> {
    Some(Fate::Published(text(
        root,
        &format!("spine-responses/{path}"),
    )))
}

/// Without what is made anew each time: ids, and the times of today.
fn without_generated(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(without_generated),
        Value::Object(members) => {
            for name in ["id", "fullUrl", "reference"] {
                members.remove(name);
            }
            members.values_mut().for_each(without_generated);
        }
        Value::String(text) => {
            *text = text.replace(
                "https://internal-dev.api.service.nhs.uk",
                "https://scr.example",
            );
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_national_answers_are_given() {
    let Some(root) = vectors("the_national_answers_are_given") else {
        return;
    };
    let list = |name: &str| answer(&root, &format!("event-list-query/{name}.xml"));
    for (path, answers, status, expected) in [
        (
            find_path(PATIENT),
            vec![list("success")],
            200,
            "get-scr-id/success.1-basic.response.json",
        ),
        (
            find_path(PATIENT),
            vec![list("noConsent")],
            403,
            "get-scr-id/no_consent.1-basic.response.json",
        ),
        (
            bundle_path(DOCUMENT, PATIENT),
            vec![list("noConsent")],
            403,
            "get-scr/no_consent.1-basic.response.json",
        ),
        (
            bundle_path(DOCUMENT, PATIENT),
            vec![list("notFound")],
            200,
            "get-scr/no_results.1-basic.response.json",
        ),
    ] {
        let world = World::new();
        world.way.meet(answers);
        let answer = world.call_as(OLD_APP, "GET", &path).send().await;
        let (mut found, mut expected) = (answer.json(), json(&root, &format!("api/{expected}")));
        assert_eq!(answer.status(), status, "{}", answer.text());
        without_generated(&mut found);
        without_generated(&mut expected);
        assert_eq!(found, expected, "{path}");
    }
}

#[tokio::test]
async fn what_is_sent_and_refused_is_refused_as_published() {
    let Some(root) = vectors("what_is_sent_and_refused_is_refused_as_published") else {
        return;
    };
    for (path, request, answers, status, expected) in [
        (
            "/$setPermission",
            "set-permission/success.1-basic.request.json",
            vec![answer(&root, "acs/success.xml")],
            201,
            None,
        ),
        (
            "/$setPermission",
            "set-permission/bad_request.1-nhsNumberMissing.request.json",
            vec![],
            400,
            Some("set-permission/bad_request.1-nhsNumberMissing.response.json"),
        ),
        (
            "/$setPermission",
            "set-permission/spine_error.1-nhsNumberNotFound.request.json",
            vec![answer(&root, "acs/invalidNhsNumber.xml")],
            400,
            Some("set-permission/spine_error.1-nhsNumberNotFound.response.json"),
        ),
        (
            "/AuditEvent",
            "send-alert/bad_request.1-missingNhsNumber.request.json",
            vec![],
            400,
            Some("send-alert/bad_request.1-missingNhsNumber.response.json"),
        ),
        (
            "/AuditEvent",
            "send-alert/spine_error.1-invalidValue.request.json",
            vec![Some(Fate::Answered(
                400,
                "application/fhir+json",
                text(&root, "spine-responses/alert/error.json"),
            ))],
            400,
            Some("send-alert/spine_error.1-invalidValue.response.json"),
        ),
        (
            "/AuditEvent",
            "send-alert/success.1-basic.request.json",
            vec![Some(Fate::Answered(200, "", String::new()))],
            201,
            None,
        ),
        (
            "/Bundle",
            "upload-scr/no_consent.1-dissent.request.json",
            vec![answer(&root, "event-list-query/noConsent.xml")],
            403,
            Some("upload-scr/no_consent.1-dissent.response.json"),
        ),
        (
            "/Bundle",
            "upload-scr/bad_request.1-missingComposition.request.json",
            vec![],
            400,
            Some("upload-scr/bad_request.1-missingComposition.response.json"),
        ),
    ] {
        let world = World::new();
        world.way.meet(answers);
        let call = world.call_as(OLD_APP, "POST", path);
        let answer = call
            .json(&json(&root, &format!("api/{request}")))
            .send()
            .await;
        assert_eq!(answer.status(), status, "{request}: {}", answer.text());
        match expected {
            Some(expected) => assert_eq!(
                answer.json(),
                json(&root, &format!("api/{expected}")),
                "{request}"
            ),
            None => assert_eq!(answer.text(), "", "{request}"),
        }
    }
}

/// The published list names another document than the published answer holds, which is not believed
/// here; so the list is made to name that one.
#[tokio::test]
async fn documents_are_converted_as_published() {
    let Some(root) = vectors("documents_are_converted_as_published") else {
        return;
    };
    let document = "BF4180FD-C403-4EF7-A4AB-E07303AF5477";
    let list = text(&root, "spine-responses/event-list-query/success.xml");
    let event = text(&root, "spine-responses/event-query/success.xml");
    let world = World::new();
    world.way.meet([
        Some(Fate::Published(list.replace(DOCUMENT, document))),
        Some(Fate::Published(event)),
    ]);
    let call = world.call_as(OLD_APP, "GET", &bundle_path(document, PATIENT));
    let answer = call.send().await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let expected = text(&root, "api/get-scr/success.1-basic.response.json").replace("%%", "%");
    let mut expected: Value = serde_json::from_str(&expected).expect("JSON");
    let mut found = answer.json();
    for value in [&mut found, &mut expected] {
        without_generated(value);
        // Of the Spine's answer, which the client does not hand on.
        let members = value.as_object_mut().expect("an object");
        members.remove("identifier");
        members.remove("timestamp");
    }
    assert_eq!(found, expected);
}

/// The published requests, taken and given back.
#[tokio::test]
async fn uploads_are_taken_and_given_back() {
    let Some(root) = vectors("uploads_are_taken_and_given_back") else {
        return;
    };
    for name in ["success.1-basic", "success.2-bulk"] {
        for client in [crate::world::APP, OLD_APP] {
            let world = World::new();
            let mut request = json(&root, &format!("api/upload-scr/{name}.request.json"));
            // There is nothing here that it could replace.
            let composition = request["entry"][0]["resource"]
                .as_object_mut()
                .expect("an object");
            composition.remove("relatesTo");
            let answer = world
                .call_as(client, "POST", "/Bundle")
                .json(&request)
                .send()
                .await;
            assert_eq!(answer.status(), 201, "{name} {client}: {}", answer.text());
            let entries = request["entry"].as_array().expect("entries");
            let of = |kind: &str| {
                let found = entries
                    .iter()
                    .map(|e| &e["resource"])
                    .find(|r| r["resourceType"] == kind);
                found.expect("there")["identifier"].clone()
            };
            let document = of("Composition")["value"]
                .as_str()
                .expect("an id")
                .to_owned();
            let patient = of("Patient")[0]["value"]
                .as_str()
                .expect("a number")
                .to_owned();
            let got = world
                .call_as(client, "GET", &bundle_path(&document, &patient))
                .send()
                .await;
            assert_eq!(got.status(), 200, "{name} {client}: {}", got.text());
            assert_eq!(
                got.json()["entry"][0]["resource"]["identifier"]["value"],
                document.as_str()
            );
        }
    }
}
