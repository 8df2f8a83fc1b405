//! `POST /Bundle`.

use domain::Consent;
use domain::consent::ConsentSetting;
use domain::record::DocumentState;
use jiff::SignedDuration;
use serde_json::json;
use store::Store;
use transport::{Handler, Response};

use crate::world::{
    APP, Answered, DOCUMENT, Fate, OLD_APP, PATIENT, REQUEST_ID, ROLE, SECOND, USER, World, bundle,
    bundle_path, config, id,
};

/// The documents of the patient at the Spine, by id.
pub(crate) async fn stored(world: &World) -> Vec<(String, DocumentState)> {
    let record = world
        .spine
        .patient_record(id(PATIENT), None)
        .await
        .expect("a record");
    let documents = record.documents.into_iter();
    documents
        .map(|d| (d.header.id.as_str().to_owned(), d.state))
        .collect()
}

#[tokio::test]
async fn a_document_is_uploaded_and_then_given() {
    let world = World::new();
    for (client, document) in [(APP, DOCUMENT), (OLD_APP, SECOND)] {
        let call = world
            .call_as(client, "POST", "/Bundle")
            .json(&bundle(document, PATIENT));
        let answer = call.send().await;
        assert_eq!(answer.status(), 201, "{}", answer.text());
        assert_eq!(
            (answer.text().as_str(), answer.header("content-type")),
            ("", None)
        );
        let got = world
            .call_as(client, "GET", &bundle_path(document, PATIENT))
            .send()
            .await;
        assert_eq!(got.json()["entry"][0]["resource"]["id"], document);
    }
    assert_eq!(stored(&world).await.len(), 2);
    let outcomes: Vec<_> = world
        .events()
        .await
        .into_iter()
        .filter(|event| event.operation == "POST Bundle")
        .map(|event| {
            (
                event.outcome,
                event.related.len(),
                event.patient.is_some(),
                event.document.is_some(),
                event.disclosed,
            )
        })
        .collect();
    let expected = |outcome: &str, related| (outcome.to_owned(), related, true, true, false);
    assert_eq!(
        outcomes,
        [
            expected("begun", 0),
            expected("201", 1),
            expected("begun", 0),
            expected("201", 1)
        ]
    );
}

#[tokio::test]
async fn the_message_goes_out_as_the_application_and_in_the_users_name() {
    let world = World::new();
    let answer = world
        .call("POST", "/Bundle")
        .json(&bundle(DOCUMENT, PATIENT))
        .send()
        .await;
    assert_eq!(answer.status(), 201);
    let sent = world.way.sent();
    let post = sent
        .iter()
        .find(|request| request.path == "/clinical")
        .expect("posted");
    let header = post
        .headers
        .iter()
        .find(|(name, _)| *name == "nhsd-asid")
        .expect("a header");
    assert_eq!(header.1, crate::world::APP_ASID);
    let body = String::from_utf8_lossy(&post.body).into_owned();
    for expected in [USER, ROLE, "S8000:G8000:R8001", "REPC_IN150016SM05"] {
        assert!(body.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn every_broken_rule_is_told_with_its_place() {
    let world = World::new();
    let mut broken = bundle(DOCUMENT, PATIENT);
    broken
        .as_object_mut()
        .expect("an object")
        .remove("identifier");
    broken["entry"][0]["resource"]["status"] = json!("preliminary");
    let answer = world.call("POST", "/Bundle").json(&broken).send().await;
    assert_eq!(
        answer.said(),
        (400, "bundle.identifier must not be empty".to_owned())
    );
    let issues = answer.json()["issue"].as_array().cloned().expect("issues");
    let text = "Invalid composition.status: PRELIMINARY";
    let status = issues
        .iter()
        .find(|issue| issue["details"]["text"] == text)
        .expect("told too");
    assert_eq!(
        status["expression"],
        json!(["Bundle.entry[0].resource.status"])
    );
    let old = world
        .call_as(OLD_APP, "POST", "/Bundle")
        .json(&broken)
        .send()
        .await;
    assert_eq!(
        old.json(),
        json!({ "resourceType": "OperationOutcome", "issue": [{
            "severity": "error", "code": "value",
            "details": { "text": "bundle.identifier must not be empty" },
        }] })
    );
    assert!(world.way.sent().is_empty(), "the Spine is not asked");
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_line_and_column() {
    let world = World::new();
    let post = |client: &str, body: &str| {
        world
            .call_as(client, "POST", "/Bundle")
            .body("application/fhir+json", body.to_owned())
    };
    let answer = post(APP, "{\n  \"resourceType\": \"Bundle\",,\n}")
        .send()
        .await;
    assert_eq!(answer.status(), 400, "{}", answer.text());
    assert_eq!(answer.issue().1, "value");
    let diagnostics = answer.json()["issue"][0]["diagnostics"].clone();
    assert_eq!(diagnostics, "line 2, column 28");
    let unknown = post(APP, r#"{"resourceType":"Bundle","typo":"x"}"#)
        .send()
        .await;
    assert_eq!(unknown.status(), 400);
    assert_eq!(
        unknown.json()["issue"][0]["expression"],
        json!(["Bundle.typo"])
    );
    let wrong = post(APP, r#"{"resourceType":"Patient","id":"1"}"#)
        .send()
        .await;
    let text = "Incorrect resource type found, expected \"Bundle\" but found \"Patient\"";
    assert_eq!(wrong.said(), (400, text.to_owned()));
    for (client, status) in [(APP, 400), (OLD_APP, 500)] {
        assert_eq!(post(client, "").send().await.status(), status, "no body");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let world = World::with(scr_api::ScrApiConfig {
        body_bytes: 100,
        ..config()
    });
    let answer = world
        .call("POST", "/Bundle")
        .json(&bundle(DOCUMENT, PATIENT))
        .send()
        .await;
    assert_eq!(
        (answer.status(), answer.issue().1.as_str()),
        (413, "too-long")
    );
}

/// The listener refuses some requests before anybody has read them.
#[tokio::test]
async fn what_the_listener_refuses_is_an_outcome_too() {
    let world = World::new();
    for (status, code) in [
        (400, "structure"),
        (408, "timeout"),
        (413, "too-long"),
        (500, "exception"),
        (503, "throttled"),
    ] {
        let plain = Response::text(status, "so it is\n").with_header("retry-after", "1");
        let answer = Answered(world.api.worded(plain));
        let issue = ("error".to_owned(), code.to_owned(), "so it is".to_owned());
        assert_eq!((answer.status(), answer.issue()), (status, issue));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    }
}

#[tokio::test]
async fn a_body_in_a_content_encoding_is_refused() {
    let world = World::new();
    let post = |coding: &str| {
        world
            .call("POST", "/Bundle")
            .json(&bundle(DOCUMENT, PATIENT))
            .with("Content-Encoding", coding)
    };
    let text = "Content encoding 'gzip' not supported".to_owned();
    assert_eq!(post("gzip").send().await.said(), (415, text.clone()));
    assert_eq!(post("identity, gzip").send().await.said(), (415, text));
    assert_eq!(post("identity").send().await.status(), 201);
}

#[tokio::test]
async fn an_id_comes_once() {
    let world = World::new();
    for name in ["X-Request-ID", "X-Correlation-ID"] {
        let call = world
            .call("GET", "/DocumentReference")
            .with(name, REQUEST_ID)
            .and(name, DOCUMENT);
        let text = format!("Invalid {name}. There may be only one");
        assert_eq!(call.send().await.said(), (400, text));
    }
}

#[tokio::test]
async fn what_stays_behind_is_told() {
    let world = World::new();
    let mut with_more = bundle(DOCUMENT, PATIENT);
    let immunization = json!({
        "resourceType": "Immunization", "id": "F0000000-0000-4000-8000-000000000001",
        "status": "completed", "vaccineCode": { "text": "x" }, "occurrenceString": "x",
        "patient": { "reference": "Patient/A0000000-0000-4000-8000-000000000001" },
    });
    let entries = with_more["entry"].as_array_mut().expect("entries");
    entries.push(json!({ "fullUrl": "https://x.example/Immunization/F0000000-0000-4000-8000-000000000001", "resource": immunization }));
    let answer = world.call("POST", "/Bundle").json(&with_more).send().await;
    assert_eq!(answer.status(), 201, "{}", answer.text());
    assert_eq!(answer.json()["resourceType"], "OperationOutcome");
    let issue = &answer.json()["issue"][0];
    assert_eq!(
        (&issue["severity"], &issue["code"]),
        (&json!("information"), &json!("informational"))
    );
    with_more["entry"][0]["resource"]["identifier"]["value"] = json!(SECOND);
    let old = world
        .call_as(OLD_APP, "POST", "/Bundle")
        .json(&with_more)
        .send()
        .await;
    assert_eq!((old.status(), old.text().as_str()), (201, ""));
}

/// Row 16 of the adaptor's defects: it ignores the permission to store.
#[tokio::test]
async fn dissent_to_store_is_respected() {
    let world = World::new().with_document().await;
    let consent = Consent {
        view: ConsentSetting::Ask,
        store: ConsentSetting::No,
    };
    world.consent(consent).await;
    let post = |client: &str| {
        world
            .call_as(client, "POST", "/Bundle")
            .json(&bundle(SECOND, PATIENT))
    };
    let answer = post(APP).send().await;
    let text = "The patient does not consent to a Summary Care Record being stored";
    assert_eq!(answer.said(), (403, text.to_owned()));
    assert!(
        !world
            .way
            .sent()
            .iter()
            .any(|request| request.path == "/clinical")
    );
    // The adaptor sends it, and the Spine refuses.
    let old = post(OLD_APP).send().await;
    assert_eq!((old.status(), old.issue().1.as_str()), (400, "value"));
    let refused = "Spine processing finished with errors:\n- 420: 30402";
    assert!(old.issue().2.starts_with(refused), "{}", old.text());
    assert_eq!(stored(&world).await.len(), 1);
}

/// A patient without a record has no list of events to tell the consent: the Spine tells.
#[tokio::test]
async fn dissent_to_store_is_403_without_a_record_too() {
    let world = World::new();
    world.dissent().await;
    let answer = world
        .call("POST", "/Bundle")
        .json(&bundle(SECOND, PATIENT))
        .send()
        .await;
    assert_eq!(
        (answer.status(), answer.issue().1.as_str()),
        (403, "forbidden"),
        "{}",
        answer.text()
    );
    assert!(stored(&world).await.is_empty());
}

#[tokio::test]
async fn dissent_to_view_is_403_as_the_adaptor_has_it() {
    let world = World::new().with_document().await;
    world.dissent().await;
    for client in [APP, OLD_APP] {
        let answer = world
            .call_as(client, "POST", "/Bundle")
            .json(&bundle(SECOND, PATIENT))
            .send()
            .await;
        assert_eq!(
            (answer.status(), answer.issue().1.as_str()),
            (403, "forbidden"),
            "{}",
            answer.text()
        );
        assert!(
            answer
                .issue()
                .2
                .starts_with("Code: 420, Display: Business condition")
        );
    }
}

#[tokio::test]
async fn a_document_that_is_there_already_is_refused() {
    let world = World::new().with_document().await;
    for client in [APP, OLD_APP] {
        let answer = world
            .call_as(client, "POST", "/Bundle")
            .json(&bundle(DOCUMENT, PATIENT))
            .send()
            .await;
        assert_eq!((answer.status(), answer.issue().1.as_str()), (400, "value"));
        assert!(
            answer
                .issue()
                .2
                .contains("- 30142: 30142 - Duplicate document"),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_504_and_can_be_asked_for_again() {
    let world = World::behind(config(), SignedDuration::from_secs(30));
    let post = |client: &str| {
        let call = world
            .call_as(client, "POST", "/Bundle")
            .with("X-Request-ID", REQUEST_ID);
        call.json(&bundle(DOCUMENT, PATIENT))
    };
    let text = "Upstream server timed out. Spine polling yield no result";
    let answer = post(APP).send().await;
    assert_eq!(answer.said(), (504, text.to_owned()));
    assert_eq!(answer.issue().1, "transient");
    world.env.advance(SignedDuration::from_secs(60));
    let world_again = post(APP);
    let again = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        let sending = world_again.send();
        tokio::pin!(sending);
        loop {
            tokio::select! {
                answer = &mut sending => return answer,
                () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {
                    world.env.advance(SignedDuration::from_secs(31));
                }
            }
        }
    });
    let again = again.await.expect("in time");
    assert_eq!((again.status(), again.text().as_str()), (201, ""));
    assert_eq!(stored(&world).await.len(), 1, "once");
}

#[tokio::test]
async fn an_upload_that_takes_too_long_altogether_is_504() {
    let text = "Request processing timed out. Spine POST + polling GET has timed out";
    for client in [APP, OLD_APP] {
        let world = World::new();
        world.way.meet([None, Some(Fate::Hangs)]);
        let answer = world
            .call_as(client, "POST", "/Bundle")
            .json(&bundle(DOCUMENT, PATIENT))
            .send()
            .await;
        assert_eq!(answer.said(), (504, text.to_owned()));
    }
}
