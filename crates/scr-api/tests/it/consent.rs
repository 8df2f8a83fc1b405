//! `POST /$setPermission`.

use std::time::Duration;

use domain::consent::ConsentSetting;
use scr_api::Subject;
use serde_json::{Value, json};
use store::Store;

use crate::world::{APP, OLD_APP, PATIENT, ROLE, USER, World, id};

pub(crate) fn permission(patient: &str, code: &str) -> Value {
    json!({
        "resourceType": "Parameters",
        "parameter": [{
            "name": "setPermissions",
            "part": [
                { "name": "nhsNumber", "valueString": patient },
                { "name": "permissionCode", "valueCoding": { "system": "https://fhir.nhs.uk/CodeSystem/SCR-ACSPermission", "code": code } },
            ],
        }],
    })
}

#[tokio::test]
async fn consent_is_set_in_the_users_name() {
    let world = World::new();
    for (client, path, code, expected) in [
        (APP, "/$setPermission", "No", ConsentSetting::No),
        (APP, "/%24setPermission", "Yes", ConsentSetting::Yes),
        (OLD_APP, "/$setPermission", "Ask", ConsentSetting::Ask),
    ] {
        let answer = world
            .call_as(client, "POST", path)
            .json(&permission(PATIENT, code))
            .send()
            .await;
        assert_eq!(
            (answer.status(), answer.text().as_str()),
            (201, ""),
            "{code}"
        );
        let record = world
            .spine
            .patient_record(id(PATIENT), None)
            .await
            .expect("a record");
        let consent = record.consent.expect("recorded");
        assert_eq!(consent.consent.view, expected, "{code}");
        let sent = world.way.sent().pop().expect("sent");
        let sent = String::from_utf8_lossy(&sent.body).into_owned();
        for expected in [USER, ROLE, "S8000:G8000:R8001"] {
            assert!(sent.contains(expected), "{expected}");
        }
    }
    let events = world.events().await;
    let decisions: Vec<_> = events
        .iter()
        .filter_map(|event| event.decision.clone())
        .collect();
    assert_eq!(decisions[..2], ["consent No", "consent No; set"]);
}

#[tokio::test]
async fn a_role_without_a_job_role_is_refused() {
    let world = World::new();
    let mut roles = crate::world::roles();
    roles[0].role_code = None;
    let subject = Subject::User {
        user: USER.to_owned(),
        name: None,
        roles,
    };
    let token = world
        .issuer
        .token(APP, &subject, Duration::from_secs(60))
        .expect("a token");
    let call = world.call("POST", "/$setPermission").token(&token);
    let text =
        "Unable to determine Job Role Code for the given RoleID via the SDS Service: 555254240100";
    assert_eq!(
        call.json(&permission(PATIENT, "No")).send().await.said(),
        (400, text.to_owned())
    );
}

#[tokio::test]
async fn without_a_role_profile_it_is_refused() {
    let world = World::new();
    let call = world
        .call("POST", "/$setPermission")
        .without("NHSD-Session-URID");
    let text = "Required request header 'NHSD-Session-URID' for method parameter type String is not present";
    assert_eq!(
        call.json(&permission(PATIENT, "No")).send().await.said(),
        (400, text.to_owned())
    );
}
