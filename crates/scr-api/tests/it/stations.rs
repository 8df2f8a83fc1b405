//! What every request passes: ids, paths, methods, content types, rates; and what is open.

use jiff::SignedDuration;
use scr_api::{RateLimit, ScrApiConfig};
use serde_json::json;

use crate::world::{
    APP, DOCUMENT, Fate, OLD_APP, PATIENT, REQUEST_ID, STATUS_KEY, World, bundle, bundle_path,
    config, find_path,
};

const SHAPE: &str =
    "^[0-9a-fA-F]{8}+-[0-9a-fA-F]{4}+-[0-9a-fA-F]{4}+-[0-9a-fA-F]{4}+-[0-9a-fA-F]{12}+$";

#[tokio::test]
async fn ids_are_given_back_or_made() {
    let world = World::new().with_document().await;
    let correlation = "3e55a6e0-0000-4000-8000-00000000000c";
    let call = world.call("GET", &find_path(PATIENT));
    let answer = call
        .with("X-Request-ID", REQUEST_ID)
        .with("X-Correlation-ID", correlation)
        .send()
        .await;
    assert_eq!(answer.header("x-request-id"), Some(REQUEST_ID));
    assert_eq!(answer.header("x-correlation-id"), Some(correlation));
    let made = world
        .call("GET", &find_path(PATIENT))
        .with("X-Request-ID", "")
        .send()
        .await;
    assert_eq!(made.header("x-request-id").map(str::len), Some(36));
    assert_eq!(made.header("x-correlation-id").map(str::len), Some(36));
    for (name, value) in [
        ("X-Correlation-ID", "x"),
        ("X-Request-ID", "3E55A6E0000040008000000000000001"),
    ] {
        let answer = world
            .call("GET", &find_path(PATIENT))
            .with(name, value)
            .send()
            .await;
        let text = format!("Invalid {name}. Should be a UUIDv4 matching \"{SHAPE}\"");
        assert_eq!(answer.said(), (400, text));
        assert_eq!(answer.issue().1, "value");
        assert_eq!(answer.header("x-request-id"), None);
    }
}

/// Whoever is turned away at the door can tell us which request it was.
#[tokio::test]
async fn ids_are_given_back_with_refusals_too() {
    let world = World::new();
    for (token, status) in [("x", 401), (world.user_token("nobody").as_str(), 403)] {
        let call = world.call("GET", &find_path(PATIENT)).token(token);
        let answer = call.with("X-Request-ID", REQUEST_ID).send().await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.header("x-request-id"), Some(REQUEST_ID));
        assert_eq!(answer.header("x-correlation-id").map(str::len), Some(36));
    }
}

/// What the statement is refused with is in the OpenAPI document.
#[tokio::test]
async fn refusals_of_the_statement_are_documented() {
    let world = World::new();
    let openapi = world.call("GET", "/openapi.json").send().await.json();
    let documented = &openapi["paths"]["/metadata"]["get"]["responses"];
    for (path, accept, status) in [
        ("/metadata?_format=xml", "*/*", 200),
        ("/metadata?a=1", "*/*", 400),
        ("/metadata", "text/html", 406),
    ] {
        let call = world.call("GET", path).with("Accept", accept);
        assert_eq!(call.send().await.status(), status, "{path}");
        assert!(documented[status.to_string()].is_object(), "{status}");
    }
}

#[tokio::test]
async fn where_no_parameter_is_known_none_is_named() {
    let world = World::new();
    let call = world.call("POST", "/Bundle?a=1");
    let answer = call.json(&bundle(DOCUMENT, PATIENT)).send().await;
    let text = "Unknown query parameter 'a'".to_owned();
    assert_eq!(answer.said(), (400, text));
}

#[tokio::test]
async fn paths_methods_and_content_types() {
    let world = World::new();
    let base = crate::world::BASE;
    for (method, path, status, code, text, allow) in [
        (
            "GET",
            "/Nothing",
            404,
            "not-found",
            format!("{base}/Nothing not found"),
            None,
        ),
        (
            "PUT",
            "/Bundle",
            405,
            "not-supported",
            "Request method 'PUT' not supported".to_owned(),
            Some("GET,POST"),
        ),
        (
            "POST",
            "/DocumentReference",
            405,
            "not-supported",
            "Request method 'POST' not supported".to_owned(),
            Some("GET"),
        ),
        (
            "GET",
            "/$setPermission",
            405,
            "not-supported",
            "Request method 'GET' not supported".to_owned(),
            Some("POST"),
        ),
        (
            "GET",
            "/AuditEvent",
            405,
            "not-supported",
            "Request method 'GET' not supported".to_owned(),
            Some("POST"),
        ),
    ] {
        for client in [APP, OLD_APP] {
            let answer = world.call_as(client, method, path).send().await;
            assert_eq!(answer.status(), status, "{method} {path}");
            assert_eq!(
                answer.issue(),
                ("error".to_owned(), code.to_owned(), text.clone()),
                "{method} {path}"
            );
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
        }
    }
    // The content type is looked at before what else is missing.
    let call = world
        .call("POST", "/Bundle")
        .without("NHSD-Session-URID")
        .body("text/plain", "x");
    assert_eq!(
        call.send().await.said(),
        (415, "Content type 'text/plain' not supported".to_owned())
    );
    let unknown = world.call("GET", "/_raw/elsewhere").send().await;
    assert_eq!(unknown.status(), 404);
    let query = world
        .call("POST", "/Bundle?x=1")
        .json(&bundle(DOCUMENT, PATIENT))
        .send()
        .await;
    assert_eq!(query.status(), 400);
}

/// Row 19 of the adaptor's defects.
#[tokio::test]
async fn an_unacceptable_accept_is_406() {
    let world = World::new().with_document().await;
    for (client, status) in [(APP, 406), (OLD_APP, 500)] {
        let call = world
            .call_as(client, "GET", &find_path(PATIENT))
            .with("Accept", "text/html");
        assert_eq!(call.send().await.status(), status, "{client}");
    }
}

#[tokio::test]
async fn rates_are_per_application() {
    let world = World::with(ScrApiConfig {
        rate: RateLimit::default(),
        ..config()
    })
    .with_document()
    .await;
    let call = |client: &str| world.call_as(client, "GET", &find_path(PATIENT));
    for _ in 0..5 {
        assert_eq!(call(APP).send().await.status(), 200);
    }
    let answer = call(APP).send().await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.issue().1, "throttled");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(
        call(OLD_APP).send().await.status(),
        200,
        "another application"
    );
    world.env.advance(SignedDuration::from_secs(1));
    assert_eq!(call(APP).send().await.status(), 200);
    assert_eq!(
        world.events().await.len(),
        7,
        "what is throttled does not fill the audit"
    );
}

#[tokio::test]
async fn what_is_open_needs_no_token() {
    let world = World::new();
    let open = |method: &str, path: &str| world.call(method, path).without("Authorization");
    let ping = open("GET", "/_ping").send().await;
    assert_eq!(
        (ping.status(), ping.json()),
        (
            200,
            json!({ "version": "", "revision": "", "releaseId": "", "commitId": "" })
        )
    );
    let head = open("HEAD", "/_ping").send().await;
    assert_eq!((head.status(), head.text().as_str()), (200, ""));
    assert_eq!(open("POST", "/_ping").send().await.status(), 405);
    assert_eq!(open("GET", "/_status").send().await.status(), 401);
    assert_eq!(
        open("GET", "/_status")
            .with("apikey", "x")
            .send()
            .await
            .status(),
        401
    );
    let status = open("GET", "/_status")
        .with("apikey", STATUS_KEY)
        .send()
        .await;
    assert_eq!(
        (status.status(), &status.json()["status"]),
        (200, &json!("pass"))
    );
    let check = &status.json()["checks"]["healthcheckService:status"][0];
    assert_eq!(
        (&check["responseCode"], &check["outcome"]["status"]),
        (&json!(200), &json!("UP"))
    );
    let metadata = open("GET", "/metadata").send().await;
    assert_eq!(metadata.json()["resourceType"], "CapabilityStatement");
    let statement = fhir::json::read(metadata.text().as_bytes()).expect("valid FHIR");
    assert_eq!(fhir::check(&statement), []);
    assert_eq!(open("GET", "/healthcheck").send().await.status(), 401);
    let health = world.call("GET", "/healthcheck").send().await;
    assert_eq!(
        (health.status(), &health.json()["status"]),
        (200, &json!("UP"))
    );
    assert!(world.events().await.is_empty());
}

#[tokio::test]
async fn without_a_key_the_status_answers_nobody() {
    let world = World::with(ScrApiConfig {
        status_key: None,
        ..config()
    });
    let call = world.call("GET", "/_status").with("apikey", "");
    assert_eq!(call.send().await.status(), 401);
}

/// The status of a preflight, and whom it allows.
async fn preflight(world: &World, origin: &str) -> (u16, Option<String>) {
    let call = world
        .call("OPTIONS", &find_path(PATIENT))
        .without("Authorization");
    let call = call
        .with("Origin", origin)
        .with("Access-Control-Request-Method", "GET");
    let answer = call.send().await;
    let allowed = answer
        .header("access-control-allow-origin")
        .map(str::to_owned);
    (answer.status(), allowed)
}

#[tokio::test]
async fn pages_of_other_origins_are_kept_out_unless_they_are_let_in() {
    let off = World::new();
    assert_eq!(preflight(&off, "https://app.example").await, (401, None));
    let on = World::with(ScrApiConfig {
        origins: vec!["https://app.example".to_owned()],
        ..config()
    })
    .with_document()
    .await;
    let allowed = Some("https://app.example".to_owned());
    assert_eq!(preflight(&on, "https://app.example").await, (200, allowed));
    assert_eq!(preflight(&on, "https://other.example").await, (401, None));
    let call = on
        .call("GET", &find_path(PATIENT))
        .with("Origin", "https://app.example");
    let answer = call.send().await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(answer.header("vary"), Some("origin"));
}

/// The national gateway puts its own words in the place of its service's.
#[tokio::test]
async fn failures_are_told_in_the_gateways_words() {
    let world = World::new();
    let page = Fate::Answered(500, "text/html", "<html/>".to_owned());
    world.way.meet([Some(page)]);
    let call = world.call_as(OLD_APP, "GET", &find_path(PATIENT));
    let answer = call.with("X-Request-ID", REQUEST_ID).send().await;
    let diagnostics = format!(
        "An unknown error occurred processing this request. Contact us for assistance diagnosing \
         this issue: https://digital.nhs.uk/developer/help-and-support. (Message ID: {REQUEST_ID})"
    );
    let coding = json!({
        "system": "https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode", "version": "1",
        "code": "UNKNOWN_ERROR", "display": "Unknown Error",
    });
    let issue = json!({
        "severity": "error", "code": "unknown", "details": { "coding": [coding] },
        "diagnostics": diagnostics,
    });
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.json(),
        json!({ "resourceType": "OperationOutcome", "issue": [issue] })
    );
}

#[tokio::test]
async fn refusals_come_in_xml_too() {
    let world = World::new();
    for (path, token, status) in [
        ("/Nothing".to_owned(), true, 404),
        (find_path(PATIENT), false, 401),
        (find_path("1"), true, 400),
    ] {
        let call = world
            .call("GET", &path)
            .with("Accept", "application/fhir+xml");
        let call = if token {
            call
        } else {
            call.without("Authorization")
        };
        let answer = call.send().await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/fhir+xml"));
        fhir::xml::read(answer.text().as_bytes()).expect("valid FHIR");
    }
}

#[tokio::test]
async fn answers_come_in_xml_too() {
    let world = World::new().with_document().await;
    for (path, status, root) in [
        (find_path(PATIENT), 200, "Bundle"),
        (bundle_path(DOCUMENT, PATIENT), 200, "Bundle"),
        ("/DocumentReference".to_owned(), 400, "OperationOutcome"),
    ] {
        let answer = world
            .call("GET", &path)
            .with("Accept", "application/fhir+xml")
            .send()
            .await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/fhir+xml"),
            "{path}"
        );
        let body = answer.text();
        let document = xml::Document::parse(body.as_bytes()).expect("well formed");
        assert_eq!(document.root().name(), root);
        fhir::xml::read(body.as_bytes()).expect("valid FHIR");
    }
    let body = bundle("D0C00000-0000-4000-8000-00000000000A", PATIENT).to_string();
    let resource = fhir::json::read(body.as_bytes()).expect("a bundle");
    let body = fhir::xml::write(&resource).expect("XML");
    let answer = world
        .call("POST", "/Bundle")
        .body("application/fhir+xml", body)
        .send()
        .await;
    assert_eq!(answer.status(), 201, "{}", answer.text());
}
