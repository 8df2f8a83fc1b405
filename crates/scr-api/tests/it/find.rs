//! `GET /DocumentReference`.

use domain::Consent;
use domain::consent::ConsentSetting;
use domain::record::DocumentState;
use serde_json::json;
use store::{Commit, StateChange, Store};

use crate::world::{
    APP, APP_ASID, DOCUMENT, OLD_APP, OTHER_PATIENT, PATIENT, SECOND, URL, USER, World, find_path,
    id,
};

const NO_CONSENT: &str = "Code: 420, Display: Business condition related to access control  which \
                          prevents the action being performed by PSIS;Code: 30418, Display: \
                          [PSIS-30418] - ACF does not permit access to resource";

#[tokio::test]
async fn the_newest_document_is_found() {
    let world = World::new().with_document().await;
    world.file(PATIENT, SECOND, "20260201090000").await;
    let answer = world.call("GET", &find_path(PATIENT)).send().await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    let bundle = answer.json();
    assert_eq!(
        (&bundle["type"], &bundle["total"]),
        (&json!("searchset"), &json!(1))
    );
    let found = &bundle["entry"][0]["resource"];
    let kind = json!({ "coding": [{ "system": "http://snomed.info/sct", "code": "196981000000101", "display": "General Practice Summary" }] });
    assert_eq!(found["masterIdentifier"]["value"], SECOND);
    assert_eq!(found["type"], kind);
    assert_eq!(found["context"]["event"], json!([kind]));
    assert_eq!(found["securityLabel"][0]["coding"][0]["code"], "Ask");
    let url = found["content"][0]["attachment"]["url"]
        .as_str()
        .expect("a URL");
    let patient = &bundle["entry"][1];
    assert_eq!(
        patient["fullUrl"],
        format!(
            "{URL}/Patient/{}",
            patient["resource"]["id"].as_str().expect("an id")
        )
    );
    assert_eq!(
        found["subject"]["reference"],
        format!(
            "Patient/{}",
            patient["resource"]["id"].as_str().expect("an id")
        )
    );

    let path = url.strip_prefix(URL).expect("under the base");
    let document = world.call("GET", path).send().await;
    assert_eq!(
        document.json()["entry"][0]["resource"]["id"],
        SECOND,
        "the URL leads there"
    );

    let event = world.events().await.remove(0);
    assert_eq!(
        (event.operation.as_str(), event.outcome.as_str()),
        ("GET DocumentReference", "200")
    );
    assert!(event.disclosed);
    assert_eq!(
        event.patient.map(|p| p.as_str().to_owned()).as_deref(),
        Some(PATIENT)
    );
    assert_eq!(event.user.expect("a user").as_str(), USER);
    assert_eq!(event.asid.expect("an ASID").as_str(), APP_ASID);
    assert_eq!(event.role, "scr-api");
}

#[tokio::test]
async fn the_compatible_form_is_the_national_one() {
    let world = World::new().with_document().await;
    let answer = world
        .call_as(OLD_APP, "GET", &find_path(PATIENT))
        .send()
        .await;
    let bundle = answer.json();
    let found = &bundle["entry"][0]["resource"];
    assert_eq!(
        found["type"]["coding"][0]["display"],
        " General Practice Summary"
    );
    assert_eq!(
        found["content"][0]["attachment"],
        json!({ "url": format!(
        "{URL}/Bundle?composition.identifier={DOCUMENT}&composition.subject:Patient.identifier=https://fhir.nhs.uk/Id/nhs-number|{PATIENT}"
    ) })
    );
    let id = bundle["entry"][1]["resource"]["id"]
        .as_str()
        .expect("an id");
    assert_eq!(bundle["entry"][1]["fullUrl"], id);
    assert_eq!(found.get("date"), None);
    let text = answer.text();
    let order = [
        "\"id\"",
        "\"type\"",
        "\"total\"",
        "\"entry\"",
        "\"fullUrl\"",
        "\"masterIdentifier\"",
        "\"status\"",
        "\"subject\"",
        "\"securityLabel\"",
        "\"content\"",
        "\"context\"",
        "\"search\"",
    ];
    let places: Vec<_> = order
        .iter()
        .map(|name| text.find(name).expect("there"))
        .collect();
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test]
async fn consent_is_told_and_dissent_refused() {
    let world = World::new().with_document().await;
    for (setting, expected) in [(ConsentSetting::Yes, "Yes"), (ConsentSetting::Ask, "Ask")] {
        world.consent(Consent::both(setting)).await;
        let answer = world.call("GET", &find_path(PATIENT)).send().await;
        let label = &answer.json()["entry"][0]["resource"]["securityLabel"][0]["coding"][0];
        assert_eq!(
            *label,
            json!({ "system": "https://fhir.nhs.uk/CodeSystem/SCR-ACSPermission", "code": expected })
        );
    }
    world.dissent().await;
    for client in [crate::world::APP, OLD_APP] {
        let answer = world
            .call_as(client, "GET", &find_path(PATIENT))
            .send()
            .await;
        assert_eq!(answer.status(), 403);
        assert_eq!(
            answer.issue(),
            (
                "error".to_owned(),
                "forbidden".to_owned(),
                NO_CONSENT.to_owned()
            )
        );
        assert!(!world.events().await.pop().expect("an event").disclosed);
    }
}

#[tokio::test]
async fn nobody_and_nothing_are_found_empty() {
    let world = World::new().with_document().await;
    let answer = world.call("GET", &find_path(OTHER_PATIENT)).send().await;
    let bundle = answer.json();
    assert_eq!((answer.status(), &bundle["total"]), (200, &json!(0)));
    assert_eq!(bundle.get("entry"), None);
}

#[tokio::test]
async fn parameters_are_checked() {
    let world = World::new().with_document().await;
    let system = "https://fhir.nhs.uk/Id/nhs-number";
    let missing =
        "Required request parameter 'patient' for method parameter type String is not present";
    let good = format!("patient={system}|{PATIENT}");
    let with = |more: &str| format!("{good}&{more}");
    for (query, full, compatible) in [
        (
            with("type=http://snomed.info/sct|196981000000101&_sort=date&_count=1"),
            Ok(()),
            Ok(()),
        ),
        (with("type=&_sort="), Ok(()), Ok(())),
        (
            String::new(),
            Err(missing.to_owned()),
            Err(missing.to_owned()),
        ),
        (
            "_count=2".to_owned(),
            Err(missing.to_owned()),
            Err(missing.to_owned()),
        ),
        (
            "patient=INVALID NHS NUMBER".replace(' ', "%20"),
            Err("Invalid value - INVALID NHS NUMBER in field 'patient'".to_owned()),
            Err("Invalid value - INVALID NHS NUMBER in field 'patient'".to_owned()),
        ),
        (
            with("type=x"),
            Err("Invalid value - x in field 'type'".to_owned()),
            Err("Invalid value - x in field 'type'".to_owned()),
        ),
        (
            with("_sort=-date"),
            Err("Invalid value - -date in field '_sort'".to_owned()),
            Err("Invalid value - -date in field '_sort'".to_owned()),
        ),
        (
            with("_count=2"),
            Err("Invalid value - 2 in field '_count'".to_owned()),
            Err("Invalid value - 2 in field '_count'".to_owned()),
        ),
        (
            with("_count=x"),
            Err("Invalid value - x in field '_count'".to_owned()),
            Err("Invalid value - x in field 'count'".to_owned()),
        ),
        (
            with("type=x&_count=2"),
            Err("Invalid value - x in field 'type'".to_owned()),
            Err(
                "Invalid value - x in field 'type', Invalid value - 2 in field '_count'".to_owned(),
            ),
        ),
        (
            with("_include=x"),
            Err(
                "Unknown query parameter '_include'. Known are: patient, type, _sort, _count"
                    .to_owned(),
            ),
            Ok(()),
        ),
        (
            with("_count=1&_count=1"),
            Err("Query parameter '_count' may be given once only".to_owned()),
            Ok(()),
        ),
    ] {
        for (client, expected) in [(crate::world::APP, full), (OLD_APP, compatible)] {
            let answer = world
                .call_as(client, "GET", &format!("/DocumentReference?{query}"))
                .send()
                .await;
            match expected {
                Ok(()) => assert_eq!(answer.status(), 200, "{client} {query}"),
                Err(text) => assert_eq!(answer.said(), (400, text), "{client} {query}"),
            }
        }
    }
}

/// The adaptor takes whatever is first in the list.
#[tokio::test]
async fn a_withdrawn_document_is_nobodys_current_one() {
    let world = World::new().with_document().await;
    let change = StateChange {
        patient: id(PATIENT),
        document: id(DOCUMENT),
        to: DocumentState::Withdrawn,
        by: Some(id(SECOND)),
    };
    let commit = Commit {
        states: vec![change],
        ..Commit::default()
    };
    world.spine.commit(commit).await.expect("written");
    for (client, total) in [(APP, 0), (OLD_APP, 1)] {
        let answer = world
            .call_as(client, "GET", &find_path(PATIENT))
            .send()
            .await;
        assert_eq!(answer.json()["total"], json!(total), "{client}");
    }
}
