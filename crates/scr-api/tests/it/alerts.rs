//! `POST /AuditEvent`.

use serde_json::{Value, json};
use store::{AlertFilter, Store};

use crate::world::{APP, APP_ASID, Fate, OLD_APP, PATIENT, ROLE, USER, World};

pub(crate) fn alert(patient: &str) -> Value {
    let agent = |system: &str, value: &str| {
        json!({
            "who": { "identifier": { "system": format!("https://fhir.nhs.uk/Id/{system}"), "value": value } },
            "requestor": false,
        })
    };
    let mut user = agent("sds-user-id", USER);
    user["role"] = json!([{ "text": "General Practitioner" }]);
    json!({
        "resourceType": "AuditEvent",
        "id": "A1E70000-0000-4000-8000-000000000001",
        "extension": [{
            "url": "https://fhir.nhs.uk/StructureDefinition/Extension-SCR-NotificationMessage",
            "valueString": "Alert: Permission to view override",
        }],
        "type": { "system": "https://fhir.nhs.uk/CodeSystem/SCR-AlertType", "code": "2", "display": "Access alert" },
        "subtype": [{ "system": "https://fhir.nhs.uk/CodeSystem/SCR-AlertReason", "code": "5", "display": "Access made in an emergency" }],
        "recorded": "2026-03-02T09:00:00+00:00",
        "agent": [agent("nhs-number", patient), agent("ods-organization-code", "A82038"), user],
        "entity": [{ "what": { "identifier": { "value": "1C03CF4F-D404-4D76-B192-4F81727059F6" } } }],
    })
}

#[tokio::test]
async fn an_alert_reaches_the_spine() {
    let world = World::new();
    let answer = world
        .call("POST", "/AuditEvent")
        .json(&alert(PATIENT))
        .send()
        .await;
    assert_eq!((answer.status(), answer.text().as_str()), (201, ""));
    let filter = AlertFilter {
        limit: 10,
        ..AlertFilter::default()
    };
    let alerts = world.spine.alerts(filter).await.expect("alerts");
    let [received] = alerts.as_slice() else {
        panic!("one alert: {alerts:?}");
    };
    assert_eq!(received.alert.patient.as_str(), PATIENT);
    assert_eq!(
        received.alert.asid.as_str(),
        APP_ASID,
        "the source is named for whoever leaves it out"
    );
    assert_eq!(
        received.alert.role_profile.as_ref().map(|id| id.as_str()),
        Some(ROLE)
    );
    let outcomes = world.outcomes().await;
    let expected = |outcome: &str| ("POST AuditEvent".to_owned(), outcome.to_owned());
    assert_eq!(outcomes, [expected("begun"), expected("201")]);
}

#[tokio::test]
async fn the_headers_of_the_spine_are_ours_and_not_the_clients() {
    let world = World::new();
    let call = world
        .call("POST", "/AuditEvent")
        .with("nhsd-asid", "999999999999");
    let call = call.with("NHSD-Identity-UUID", "999999999999");
    assert_eq!(call.json(&alert(PATIENT)).send().await.status(), 201);
    let sent = world.way.sent().remove(0);
    let header = |name: &str| {
        sent.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, v)| v.clone())
    };
    assert_eq!(header("nhsd-asid").as_deref(), Some(APP_ASID));
    assert_eq!(header("NHSD-Identity-UUID").as_deref(), Some(USER));
    assert_eq!(header("NHSD-Session-URID").as_deref(), Some(ROLE));
}

#[tokio::test]
async fn what_the_spine_says_is_told() {
    let outcome = json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": "error", "code": "value", "details": { "coding": [{
            "system": "https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode",
            "code": "INVALID_VALUE", "display": "Invalid value - XYZ in field 'NHS_NUMBER'",
        }] } }],
    });
    let told = "Invalid value - XYZ in field 'NHS_NUMBER'".to_owned();
    let neutral = "The Spine does not take the alert".to_owned();
    for (status, body, full, compatible) in [
        (
            400,
            outcome.to_string(),
            (400, told.clone()),
            (400, told.clone()),
        ),
        (
            403,
            outcome.to_string(),
            (403, told.clone()),
            (400, told.clone()),
        ),
        (
            500,
            outcome.to_string(),
            (502, neutral.clone()),
            (500, String::new()),
        ),
        (
            400,
            "<html>".to_owned(),
            (400, neutral.clone()),
            (400, neutral.clone()),
        ),
        (
            302,
            String::new(),
            (502, neutral.clone()),
            (500, String::new()),
        ),
    ] {
        for (client, expected) in [(APP, full), (OLD_APP, compatible)] {
            let world = World::new();
            world.way.meet([Some(Fate::Answered(
                status,
                "application/fhir+json",
                body.clone(),
            ))]);
            let answer = world
                .call_as(client, "POST", "/AuditEvent")
                .json(&alert(PATIENT))
                .send()
                .await;
            assert_eq!(answer.said(), expected, "{client} {status}");
        }
    }
}

/// Row 17 of the adaptor's defects.
#[tokio::test]
async fn the_nhs_number_of_an_alert_is_validated() {
    let world = World::new();
    let answer = world
        .call("POST", "/AuditEvent")
        .json(&alert("9999999998"))
        .send()
        .await;
    let text = "Invalid value - 9999999998 in field 'agent.who.identifier.value'";
    assert_eq!(answer.said(), (400, text.to_owned()));
    assert!(world.way.sent().is_empty());
}
