//! The national adaptor's known defects, none of which is here. Those that a test of their own
//! endpoint shows are marked "row N of the adaptor's defects" there; the rest are here.

use domain::consent::ConsentSetting;
use domain::record::DocumentState;
use serde_json::{Value, json};
use store::Store;

use crate::alerts::alert;
use crate::upload::stored;
use crate::world::{
    APP, DOCUMENT, Fate, OTHER_PATIENT, PATIENT, REQUEST_ID, SECOND, SECRET, USER, World, bundle,
    bundle_path, find_path, id, summary,
};

/// Row 1: codings of care events stay in a list that all requests share.
#[tokio::test]
async fn nothing_of_one_patient_is_in_the_answer_about_another() {
    let world = World::new();
    let other = "Allergic to nuts";
    world
        .file_source(&summary(PATIENT, DOCUMENT, "20260101090000"))
        .await;
    let source = summary(OTHER_PATIENT, SECOND, "20260101090000").replace(SECRET, other);
    world.file_source(&source).await;
    let get = |document: &str, patient: &str| world.call("GET", &bundle_path(document, patient));
    for _ in 0..3 {
        let (one, two) = tokio::join!(
            get(DOCUMENT, PATIENT).send(),
            get(SECOND, OTHER_PATIENT).send()
        );
        let (one, two) = (one.text(), two.text());
        assert!(one.contains(SECRET) && !one.contains(other) && !one.contains(OTHER_PATIENT));
        assert!(two.contains(other) && !two.contains(SECRET) && !two.contains(PATIENT));
    }
}

/// Row 11: every upload is by the same made-up user.
#[tokio::test]
async fn the_author_of_an_upload_is_the_caller() {
    let world = World::new();
    let answer = world
        .call("POST", "/Bundle")
        .json(&bundle(DOCUMENT, PATIENT))
        .send()
        .await;
    assert_eq!(answer.status(), 201, "{}", answer.text());
    let post = world
        .way
        .sent()
        .into_iter()
        .find(|r| r.path == "/clinical")
        .expect("posted");
    let body = String::from_utf8_lossy(&post.body).into_owned();
    assert!(body.contains(USER));
    for made_up in ["055888118514", "979603625513"] {
        assert!(!body.contains(made_up), "{made_up}");
    }
}

/// Row 12: messages go out under the correlation id, and two of them under the same.
#[tokio::test]
async fn every_message_has_an_id_of_its_own() {
    let world = World::new().with_document().await;
    let id_of = |body: &[u8]| {
        let text = String::from_utf8_lossy(body).into_owned();
        let start = text.find("MessageID>").expect("an id") + "MessageID>".len();
        text[start..].split('<').next().expect("text").to_owned()
    };
    for client in [APP, crate::world::OLD_APP] {
        for _ in 0..2 {
            let call = world.call_as(client, "GET", &bundle_path(DOCUMENT, PATIENT));
            let answer = call.with("X-Correlation-ID", REQUEST_ID).send().await;
            assert_eq!(answer.status(), 200);
        }
    }
    let ids: Vec<_> = world
        .way
        .sent()
        .iter()
        .map(|request| id_of(&request.body))
        .collect();
    let different: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
    assert!(ids.iter().all(|id| !id.contains(REQUEST_ID)));
}

/// Row 13: the multipart message lacks its end, and the time is not one of XML Schema.
#[tokio::test]
async fn the_multipart_message_is_whole() {
    let world = World::new();
    let answer = world
        .call("POST", "/Bundle")
        .json(&bundle(DOCUMENT, PATIENT))
        .send()
        .await;
    assert_eq!(answer.status(), 201);
    let post = world
        .way
        .sent()
        .into_iter()
        .find(|r| r.path == "/clinical")
        .expect("posted");
    let (_, content_type) = post
        .headers
        .iter()
        .find(|(n, _)| *n == "Content-Type")
        .expect("there");
    let boundary = content_type.split("boundary=").nth(1).expect("a boundary");
    let boundary = boundary
        .trim_start_matches('"')
        .split(['"', ';'])
        .next()
        .expect("a boundary");
    let body = String::from_utf8_lossy(&post.body).into_owned();
    assert!(
        body.trim_end().ends_with(&format!("--{boundary}--")),
        "{content_type}"
    );
    let time = body
        .split("Timestamp>")
        .nth(1)
        .and_then(|t| t.split('<').next())
        .expect("a time");
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
}

/// Row 14: the result is looked for with a regular expression, on one line and with one prefix.
#[tokio::test]
async fn results_are_read_as_the_xml_they_are() {
    let world = World::new();
    // The Spine of this house writes neither the prefixes nor the lines that the adaptor needs.
    let answer = world
        .call("POST", "/Bundle")
        .json(&bundle(DOCUMENT, PATIENT))
        .send()
        .await;
    assert_eq!(answer.status(), 201);
    assert_eq!(
        stored(&world).await,
        [(DOCUMENT.to_owned(), DocumentState::Normal)]
    );
}

/// Row 15: a setting that is not Yes, No or Ask ends in 500.
#[tokio::test]
async fn a_cleared_consent_is_ask() {
    let world = World::new().with_document().await;
    let set = world.call("POST", "/$setPermission");
    let set = set
        .json(&crate::consent::permission(PATIENT, "Ask"))
        .send()
        .await;
    assert_eq!(set.status(), 201);
    let record = world
        .spine
        .patient_record(id(PATIENT), None)
        .await
        .expect("a record");
    assert_eq!(
        record.consent.expect("set").consent.view,
        ConsentSetting::Ask
    );
    let found = world.call("GET", &find_path(PATIENT)).send().await;
    let label = &found.json()["entry"][0]["resource"]["securityLabel"][0]["coding"][0]["code"];
    assert_eq!((found.status(), label), (200, &json!("Ask")));
}

/// Row 17: NHS numbers are not validated.
#[tokio::test]
async fn nhs_numbers_are_validated_everywhere() {
    let world = World::new();
    let wrong = "9990000019";
    let mut upload = bundle(DOCUMENT, PATIENT);
    upload["entry"][3]["resource"]["identifier"][0]["value"] = json!(wrong);
    for call in [
        world.call("GET", &find_path(wrong)),
        world.call("GET", &bundle_path(DOCUMENT, wrong)),
        world.call("POST", "/Bundle").json(&upload),
        world.call("POST", "/AuditEvent").json(&alert(wrong)),
        world
            .call("POST", "/$setPermission")
            .json(&crate::consent::permission(wrong, "No")),
    ] {
        let answer = call.send().await;
        assert_eq!(
            (answer.status(), answer.issue().1.as_str()),
            (400, "value"),
            "{}",
            answer.text()
        );
    }
    assert!(world.way.sent().is_empty());
}

/// Row 18: an answer of the Spine that makes no sense is the client's fault, and is quoted.
#[tokio::test]
async fn what_the_spine_spoils_is_not_the_clients_fault() {
    let world = World::new().with_document().await;
    let spoilt = "<QUPC_IN210000UK04 xmlns=\"urn:hl7-org:v3\"><secret/></QUPC_IN210000UK04>";
    world
        .way
        .meet([Some(Fate::Answered(200, "text/xml", spoilt.to_owned()))]);
    let answer = world
        .call("GET", &bundle_path(DOCUMENT, PATIENT))
        .send()
        .await;
    assert_eq!(answer.status(), 502);
    for internal in ["QUPC", "secret", "Unable to find"] {
        assert!(!answer.text().contains(internal), "{}", answer.text());
    }
}

/// Row 21: addresses, displays and times that are not FHIR.
#[tokio::test]
async fn what_is_answered_is_valid_fhir() {
    let world = World::new().with_document().await;
    for path in [
        find_path(PATIENT),
        find_path(OTHER_PATIENT),
        bundle_path(DOCUMENT, PATIENT),
        "/DocumentReference".to_owned(),
    ] {
        let answer = world.call("GET", &path).send().await;
        let resource = fhir::json::read(answer.text().as_bytes()).expect("FHIR");
        let errors: Vec<_> = fhir::check(&resource)
            .into_iter()
            .filter(|finding| finding.severity == fhir::Severity::Error)
            .collect();
        assert_eq!(errors, [], "{path}");
    }
}

/// Row 22: dates without hyphens are mended in one place, and a whole one is spoilt there.
#[tokio::test]
async fn dates_without_hyphens_are_taken() {
    let world = World::new();
    for (date, document) in [("202602", DOCUMENT), ("20260228", SECOND)] {
        let mut upload = bundle(document, PATIENT);
        upload["entry"][0]["resource"]["event"] = json!([{ "period": { "start": date } }]);
        let answer = world.call("POST", "/Bundle").json(&upload).send().await;
        assert_eq!(answer.status(), 201, "{date}: {}", answer.text());
    }
}

/// Row 26: the service is unwell when another is, and its management is open to all.
#[tokio::test]
async fn health_is_our_own_and_nothing_is_open() {
    let world = World::new();
    world.way.meet([Some(Fate::Hangs)]);
    let health = world.call("GET", "/healthcheck").send().await;
    assert_eq!(health.status(), 200);
    for path in ["/env", "/metrics", "/actuator", "/actuator/env"] {
        assert_eq!(world.call("GET", path).send().await.status(), 404, "{path}");
    }
}

/// Row 31: errors carry the messages of exceptions.
#[tokio::test]
async fn errors_say_nothing_of_our_insides() {
    let world = World::new();
    for body in [
        "{",
        "[]",
        "null",
        "\u{0}",
        "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":1}]}",
    ] {
        let call = world
            .call("POST", "/Bundle")
            .body("application/fhir+json", body.to_owned());
        let answer = call.send().await;
        assert_eq!(answer.status(), 400, "{body:?}");
        for internal in ["serde", "panicked", "crates/", ".rs", "expected value at"] {
            assert!(!answer.text().contains(internal), "{}", answer.text());
        }
    }
}

/// Uploaded, got, and uploaded again: what the client sent is what it gets.
#[tokio::test]
async fn an_uploaded_document_comes_back() {
    let world = World::new();
    let sent = bundle(DOCUMENT, PATIENT);
    assert_eq!(
        world
            .call("POST", "/Bundle")
            .json(&sent)
            .send()
            .await
            .status(),
        201
    );
    let got = world
        .call("GET", &bundle_path(DOCUMENT, PATIENT))
        .send()
        .await
        .json();
    let composition = &got["entry"][0]["resource"];
    let was = &sent["entry"][0]["resource"];
    for part in ["identifier", "type", "category", "status"] {
        assert_eq!(composition[part], was[part], "{part}");
    }
    assert_eq!(
        composition["section"][0]["title"],
        was["section"][0]["title"]
    );
    let instant = |value: &Value| {
        let text = value.as_str().expect("a time");
        text.parse::<jiff::Timestamp>().expect("a time")
    };
    // Rows 6: the two times change places.
    assert_eq!(instant(&composition["date"]), instant(&was["date"]));
}
