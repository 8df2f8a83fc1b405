//! Privacy alerts as FHIR AuditEvents.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::{JobRole, OdsCode};
use serde_json::{Value, json};

use super::support::{Call, Clinic, id, post};
use crate::requests::{CLIENT_ASID, asid, author, patient};

const EVENT: &str = "1C03CF4F-D404-4D76-B192-4F81727059F6";

fn audit_event() -> Value {
    let agent = |system: &str, value: &str| {
        let system = format!("https://fhir.nhs.uk/Id/{system}");
        json!({"who": {"identifier": {"system": system, "value": value}}, "requestor": false})
    };
    let mut user = agent("sds-user-id", author().user.as_str());
    user["role"] = json!([{"text": "General Practitioner"}]);
    json!({
        "resourceType": "AuditEvent",
        "id": "example",
        "extension": [{
            "url": "https://fhir.nhs.uk/StructureDefinition/Extension-SCR-NotificationMessage",
            "valueString": "Alert: Permission to view override",
        }],
        "type": {"system": "https://fhir.nhs.uk/CodeSystem/SCR-AlertType", "code": "2"},
        "subtype": [{"system": "https://fhir.nhs.uk/CodeSystem/SCR-AlertReason", "code": "5"}],
        "outcomeDesc": "found unconscious",
        "recorded": "2024-07-01T12:59:00+01:00",
        "agent": [
            agent("nhs-number", patient().as_str()),
            agent("ods-organization-code", "T10101"),
            user,
        ],
        "source": {"observer": {"identifier": {
            "system": "https://fhir.nhs.uk/Id/nhsSpineASID",
            "value": CLIENT_ASID,
        }}},
        "entity": [{"what": {"identifier": {"value": EVENT}}}],
    })
}

fn call(event: &Value) -> Call {
    let body = serde_json::to_vec(event).expect("JSON");
    post(
        "/clinical/alert",
        "application/fhir+json; charset=utf-8",
        body,
    )
    .header("NHSD-Session-URID", author().role_profile.as_str())
}

fn expected() -> PrivacyAlert {
    PrivacyAlert {
        id: id(EVENT),
        kind: AlertType::Access,
        reason: AlertReason::Emergency,
        at: "2024-07-01T11:59:00Z".parse().expect("an instant"),
        patient: patient(),
        user: author().user.into(),
        user_name: author().user.as_str().to_owned(),
        role_profile: Some(author().role_profile),
        job_role: author().job_role,
        organisation: OdsCode::parse("T10101").expect("an ODS code"),
        organisation_name: "T10101".to_owned(),
        system: "client".to_owned(),
        asid: asid(CLIENT_ASID),
        words: Some("found unconscious".to_owned()),
        notification: Some("Alert: Permission to view override".to_owned()),
    }
}

/// Sends it and gives the status and the display of the outcome, if there is one.
async fn answer(clinic: &Clinic, call: &Call) -> (u16, String) {
    let response = clinic.send(call).await;
    if response.body.is_empty() {
        return (response.status, String::new());
    }
    assert_eq!(
        response.header("content-type"),
        Some("application/fhir+json")
    );
    let outcome: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    assert_eq!(outcome["issue"][0]["severity"], "error");
    let coding = &outcome["issue"][0]["details"]["coding"][0];
    assert_eq!(
        coding["system"],
        "https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode"
    );
    let display = coding["display"].as_str().expect("a display");
    assert!(!display.contains(patient().as_str()));
    (response.status, display.to_owned())
}

#[tokio::test]
async fn an_alert_is_kept_as_one_in_ebxml_is() {
    let clinic = Clinic::new();
    assert_eq!(
        answer(&clinic, &call(&audit_event())).await,
        (200, String::new())
    );
    let alerts = clinic.alerts().await;
    let [kept] = alerts.as_slice() else {
        panic!("one alert: {alerts:?}");
    };
    assert_eq!(kept.alert, expected());
    assert_eq!(kept.received_at, clinic.env.now());
    let messages = clinic.messages().await;
    let [message] = messages.as_slice() else {
        panic!("one message: {messages:?}");
    };
    let body: Value =
        serde_json::from_slice(message.body.as_deref().expect("a body")).expect("JSON");
    assert_eq!((message.patient, body), (Some(patient()), audit_event()));
    let events = clinic.events().await;
    let [event] = events.as_slice() else {
        panic!("one event: {events:?}");
    };
    assert_eq!(
        (event.operation.as_str(), event.outcome.as_str()),
        ("AuditEvent", "200")
    );
    assert_eq!(event.user, Some(author().user));
    assert_eq!(event.patient, Some(patient()));
    assert_eq!(event.reason.as_deref(), Some("found unconscious"));
    assert_eq!(
        event.decision,
        Some(format!("alert {EVENT}: type 2, reason 5"))
    );
}

#[tokio::test]
async fn an_alert_is_known_again_by_its_id() {
    let clinic = Clinic::new();
    for _ in 0..2 {
        assert_eq!(answer(&clinic, &call(&audit_event())).await.0, 200);
    }
    assert_eq!(clinic.alerts().await.len(), 1);
    let mut other = audit_event();
    other["outcomeDesc"] = json!("something else");
    // Another one is not lost for having the same id, and is known again too.
    for _ in 0..2 {
        assert_eq!(answer(&clinic, &call(&other)).await.0, 200);
        assert_eq!(clinic.alerts().await.len(), 2);
    }
    // A UUID of its own is what it is known by.
    other["id"] = json!("2c03cf4f-d404-4d76-b192-4f81727059f6");
    assert_eq!(answer(&clinic, &call(&other)).await.0, 200);
    let ids: Vec<_> = clinic
        .alerts()
        .await
        .into_iter()
        .map(|kept| kept.alert.id)
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.contains(&id("2C03CF4F-D404-4D76-B192-4F81727059F6")));
}

/// A role is a code, or what the directory of users says, or words.
#[tokio::test]
async fn a_job_role_is_found_or_made_of_words() {
    let coded = json!([{"coding": [{"code": "R8003"}], "text": "Nurse"}]);
    let spoken = json!([{"text": "Health visitor (acting)"}]);
    for (role, profile, expected) in [
        (&coded, author().role_profile.as_str(), "R8003"),
        (&spoken, author().role_profile.as_str(), "S0080:G0450:R5080"),
        (&spoken, "999999999999", "Healthvisitoracting"),
    ] {
        let clinic = Clinic::new();
        let mut event = audit_event();
        event["agent"][2]["role"] = role.clone();
        event["agent"][2]["name"] = json!("Ada Barstow");
        let call = call(&event).header("NHSD-Session-URID", profile);
        assert_eq!(answer(&clinic, &call).await.0, 200);
        let alerts = clinic.alerts().await;
        let alert = &alerts.first().expect("an alert").alert;
        assert_eq!(alert.job_role, JobRole::parse(expected).expect("a role"));
        assert_eq!(alert.user_name, "Ada Barstow");
    }
}

/// Path in the resource, new value (null: removed), and what the answer says.
const WRONG: [(&str, &str, &str); 25] = [
    (
        "/resourceType",
        r#""Patient""#,
        "Invalid or missing value in field 'resourceType'",
    ),
    ("/id", "null", "Invalid or missing value in field 'id'"),
    ("/id", r#"" ""#, "Invalid or missing value in field 'id'"),
    (
        "/extension",
        "[]",
        "Invalid or missing value in field 'extension'",
    ),
    (
        "/extension/0/url",
        r#""urn:x""#,
        "Invalid or missing value in field 'extension'",
    ),
    (
        "/extension/0/valueString",
        "null",
        "Invalid or missing value in field 'extension'",
    ),
    (
        "/type/code",
        r#""3""#,
        "Invalid or missing value in field 'type.code'",
    ),
    (
        "/type/system",
        r#""urn:x""#,
        "Invalid or missing value in field 'type.code'",
    ),
    (
        "/type",
        "null",
        "Invalid or missing value in field 'type.code'",
    ),
    (
        "/subtype",
        "[]",
        "Invalid or missing value in field 'subtype.code'",
    ),
    (
        "/subtype/0/code",
        r#""-99""#,
        "Invalid or missing value in field 'subtype.code'",
    ),
    (
        "/outcomeDesc",
        r#""""#,
        "Invalid or missing value in field 'outcomeDesc'",
    ),
    (
        "/recorded",
        r#""yesterday""#,
        "Invalid or missing value in field 'recorded'",
    ),
    (
        "/entity",
        "[]",
        "Invalid or missing value in field 'entity.what.identifier.value'",
    ),
    (
        "/agent/0/who/identifier/value",
        "null",
        "Expecting exactly one 'agent' of 'https://fhir.nhs.uk/Id/nhs-number' with a value",
    ),
    (
        "/agent/0/who/identifier/value",
        r#""9990000019""#,
        "Invalid value in field 'NHS_NUMBER'",
    ),
    (
        "/agent/1/who/identifier/system",
        r#""https://fhir.nhs.uk/Id/nhs-number""#,
        "Expecting exactly one 'agent' of 'https://fhir.nhs.uk/Id/nhs-number' with a value",
    ),
    (
        "/agent/1/who/identifier/value",
        r#""T-1""#,
        "Invalid value in field 'ODS_CODE'",
    ),
    (
        "/agent/2/who/identifier/value",
        r#""two words""#,
        "Invalid value in field 'SDS_USER_ID'",
    ),
    (
        "/agent/2/role",
        "[]",
        "Invalid or missing value in field 'agent.role'",
    ),
    (
        "/agent/2/requestor",
        "true",
        "Invalid or missing value in field 'agent.requestor'",
    ),
    (
        "/agent/2/requestor",
        "null",
        "Invalid or missing value in field 'agent.requestor'",
    ),
    (
        "/source/observer/identifier/value",
        r#""x""#,
        "Invalid value in field 'ASID'",
    ),
    (
        "/agent",
        "7",
        "The AuditEvent cannot be read: line 1, column 10",
    ),
    (
        "/source/observer/identifier/system",
        "null",
        "Invalid or missing value in field 'source.observer.identifier'",
    ),
];

#[tokio::test]
async fn every_rule_of_the_profile_is_checked_and_nothing_kept() {
    let clinic = Clinic::new();
    for (path, value, expected) in WRONG {
        let mut event = audit_event();
        let place = event.pointer_mut(path).expect(path);
        *place = serde_json::from_str(value).expect("JSON");
        let (status, display) = answer(&clinic, &call(&event)).await;
        assert_eq!((status, display.as_str()), (400, expected), "{path}");
    }
    assert!(clinic.alerts().await.is_empty());
    assert!(clinic.messages().await.is_empty());
    assert_eq!(clinic.events().await.len(), WRONG.len(), "each is on audit");
}

#[tokio::test]
async fn the_forbidden_pairs_are_refused_and_no_others() {
    for kind in AlertType::ALL {
        for reason in AlertReason::ALL {
            let mut event = audit_event();
            event["type"]["code"] = json!(kind.code());
            event["subtype"][0]["code"] = json!(reason.code());
            let (status, display) = answer(&Clinic::new(), &call(&event)).await;
            let (t, s) = (kind.code(), reason.code());
            let forbidden =
                format!("Invalid combination of alert type '{t}' and alert subtype '{s}'");
            let expected = match reason.goes_with(kind) {
                true => (200, String::new()),
                false => (400, forbidden),
            };
            assert_eq!((status, display), expected);
        }
    }
}

#[tokio::test]
async fn alerts_are_from_whom_they_say() {
    let event = audit_event();
    let no_source = {
        let mut event = audit_event();
        event["source"] = Value::Null;
        event
    };
    let not_theirs = "the sending ASID is not registered for this client certificate";
    for (name, call, expected) in [
        (
            "the system's own ASID stands in",
            call(&no_source),
            (200, ""),
        ),
        (
            "so does the header's",
            call(&no_source).header("nhsd-asid", CLIENT_ASID),
            (200, ""),
        ),
        (
            "another's header",
            call(&event).header("nhsd-asid", "200000000001"),
            (403, not_theirs),
        ),
        (
            "another's resource",
            call(&event).from("other.example"),
            (403, not_theirs),
        ),
        (
            "a stranger",
            call(&event).from("stranger.example"),
            (
                403,
                "the client certificate is not registered with this Spine",
            ),
        ),
        (
            "not registered for alerts",
            call(&no_source).from("lister.example"),
            (403, "the system is not registered for this interaction"),
        ),
        (
            "no role profile",
            call(&event).without("NHSD-Session-URID"),
            (200, ""),
        ),
        (
            "no such role profile",
            call(&event)
                .without("NHSD-Session-URID")
                .header("NHSD-Session-URID", "R8000"),
            (400, "Invalid value in header 'NHSD-Session-URID'"),
        ),
        (
            "too large",
            call(&event).with("{", &format!("{{{}", " ".repeat(1024 * 1024))),
            (413, "an AuditEvent has at most 1048576 bytes"),
        ),
        (
            "no JSON",
            call(&event).header("Content-Type", "text/xml"),
            (415, "the content type is not application/fhir+json"),
        ),
    ] {
        let clinic = Clinic::new();
        let (status, display) = answer(&clinic, &call).await;
        assert_eq!((status, display.as_str()), expected, "{name}");
        let kept = clinic.alerts().await.len();
        assert_eq!(kept, usize::from(status == 200), "{name}");
    }
    let by_get = call(&event).method("GET");
    assert_eq!(Clinic::new().send(&by_get).await.status, 405);
}

#[tokio::test]
async fn an_alert_that_cannot_be_written_is_not_acknowledged() {
    let clinic = Clinic::new();
    let refuses = &clinic.store.refuses_commits;
    refuses.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(answer(&clinic, &call(&audit_event())).await.0, 500);
}

/// The published example names a user who is nobody of the Spine's directory: local systems do.
#[tokio::test]
async fn the_published_example_is_taken() {
    let test = "the_published_example_is_taken";
    let Some(path) = testkit::vectors_or_skip(test, "scr-fhir/spec-examples/AuditEvent.json")
    else {
        return;
    };
    let text = std::fs::read_to_string(path).expect("readable");
    let mut event: Value = serde_json::from_str(&text).expect("JSON");
    event["source"]["observer"]["identifier"]["value"] = json!(CLIENT_ASID);
    let clinic = Clinic::new();
    assert_eq!(answer(&clinic, &call(&event)).await.0, 200);
    let alerts = clinic.alerts().await;
    let alert = &alerts.first().expect("an alert").alert;
    assert_eq!(alert.user.as_str(), "T10101");
    assert_eq!(alert.words.as_deref(), Some("a test alert"));
}
