//! `GET /Bundle`.

use serde_json::json;

use crate::world::{
    APP, DOCUMENT, OLD_APP, OTHER_PATIENT, PATIENT, SECOND, SECRET, URL, World, bundle_path,
    summary,
};

#[tokio::test]
async fn a_document_is_given_by_its_id() {
    let world = World::new().with_document().await;
    for client in [APP, OLD_APP] {
        let answer = world
            .call_as(client, "GET", &bundle_path(DOCUMENT, PATIENT))
            .send()
            .await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let entry = &answer.json()["entry"][0];
        assert_eq!(entry["fullUrl"], format!("{URL}/Composition/{DOCUMENT}"));
        assert!(answer.text().contains(SECRET));
        let event = world.events().await.pop().expect("an event");
        assert_eq!(
            (
                event.operation.as_str(),
                event.outcome.as_str(),
                event.disclosed
            ),
            ("GET Bundle", "200", true)
        );
        assert_eq!(event.document.expect("a document").as_str(), DOCUMENT);
        assert_eq!(event.patient.expect("a patient").as_str(), PATIENT);
    }
}

/// The adaptor can give the latest version only.
#[tokio::test]
async fn every_version_is_given_and_not_only_the_latest() {
    let world = World::new().with_document().await;
    world.file(PATIENT, SECOND, "20260201090000").await;
    for (client, document, is_given) in [
        (APP, DOCUMENT, true),
        (APP, SECOND, true),
        (OLD_APP, DOCUMENT, false),
        (OLD_APP, SECOND, true),
    ] {
        let answer = world
            .call_as(client, "GET", &bundle_path(document, PATIENT))
            .send()
            .await;
        let bundle = answer.json();
        assert_eq!(
            (answer.status(), bundle["total"] != 0),
            (200, is_given),
            "{client} {document}"
        );
        if is_given {
            assert_eq!(bundle["entry"][0]["resource"]["id"], document);
        }
    }
    let sent: Vec<_> = world
        .way
        .sent()
        .into_iter()
        .filter(|r| r.path == "/sync-service")
        .collect();
    assert_eq!(sent.len(), 2 + 1 + 2, "one question where one is enough");
}

#[tokio::test]
async fn ids_are_compared_without_regard_to_case() {
    let world = World::new().with_document().await;
    let lower = DOCUMENT.to_lowercase();
    for (client, is_given) in [(APP, true), (OLD_APP, false)] {
        let answer = world
            .call_as(client, "GET", &bundle_path(&lower, PATIENT))
            .send()
            .await;
        assert_eq!(answer.json()["total"] != 0, is_given, "{client}");
    }
}

#[tokio::test]
async fn what_is_not_the_patients_is_not_found() {
    let world = World::new().with_document().await;
    for (document, patient) in [(DOCUMENT, OTHER_PATIENT), (SECOND, PATIENT)] {
        for client in [APP, OLD_APP] {
            let answer = world
                .call_as(client, "GET", &bundle_path(document, patient))
                .send()
                .await;
            let bundle = answer.json();
            assert_eq!(
                (answer.status(), &bundle["total"]),
                (200, &json!(0)),
                "{}",
                answer.text()
            );
            assert!(!world.events().await.pop().expect("an event").disclosed);
        }
    }
}

#[tokio::test]
async fn dissent_is_403() {
    let world = World::new().with_document().await;
    world.dissent().await;
    for client in [APP, OLD_APP] {
        let answer = world
            .call_as(client, "GET", &bundle_path(DOCUMENT, PATIENT))
            .send()
            .await;
        assert_eq!(
            (answer.status(), answer.issue().1.as_str()),
            (403, "forbidden")
        );
        assert!(!answer.text().contains(SECRET));
    }
}

#[tokio::test]
async fn parameters_are_checked() {
    let world = World::new().with_document().await;
    let missing = |name: &str| {
        format!(
            "Required request parameter '{name}' for method parameter type String is not present"
        )
    };
    let good = bundle_path(DOCUMENT, PATIENT);
    for (path, text) in [
        ("/Bundle".to_owned(), missing("composition.identifier")),
        (format!("/Bundle?composition.identifier={DOCUMENT}"), missing("composition.subject:Patient.identifier")),
        (bundle_path(DOCUMENT, "9990000019"), "Invalid value - https://fhir.nhs.uk/Id/nhs-number|9990000019 in field 'patient'".to_owned()),
        (bundle_path("x", PATIENT), "Invalid value - x in field 'composition.identifier'".to_owned()),
        (format!("{good}&_count=1"), "Unknown query parameter '_count'. Known are: composition.identifier, composition.subject:Patient.identifier".to_owned()),
    ] {
        assert_eq!(world.call("GET", &path).send().await.said(), (400, text), "{path}");
    }
    let old = world
        .call_as(OLD_APP, "GET", &format!("{good}&_count=1"))
        .send()
        .await;
    assert_eq!(old.status(), 200);
}

#[tokio::test]
async fn a_document_that_cannot_be_converted_is_our_failure() {
    let world = World::new();
    let source = summary(PATIENT, DOCUMENT, "20260101090000");
    world
        .file_source(&source.replace("\"active\"", "\"unusable\""))
        .await;
    let text = "The document that the Spine holds cannot be converted";
    for (client, status, code, text) in
        [(APP, 502, "exception", text), (OLD_APP, 500, "unknown", "")]
    {
        let answer = world
            .call_as(client, "GET", &bundle_path(DOCUMENT, PATIENT))
            .send()
            .await;
        assert_eq!(answer.said(), (status, text.to_owned()));
        assert_eq!(answer.issue().1, code);
        assert!(!world.events().await.pop().expect("an event").disclosed);
    }
}
