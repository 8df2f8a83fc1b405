//! What a query comes to, by what is stored: every row of the outcome rules that this service
//! can give, and the answers of the access control service.

use domain::consent::ConsentSetting::{Ask, No, Yes};
use domain::record::DocumentState;
use domain::{Consent, NhsNumber};
use hl7v3::acs::{self, PermissionsOutcome};
use store::{Commit, StateChange};

use crate::requests::*;
use crate::summaries::{document_id, summary_of};
use crate::world::{World, check};

const LIST: &str = "QUPC_IN160102UK05 AA OK";
const DOCUMENT: &str = "QUPC_IN160104UK05 AA OK";
const NO_CASE: &str = "QUQI_IN010000UK14 AE 210 30312 ID";
const DISSENT: &str = "QUQI_IN010000UK14 AE 420 30418 ID";
const UNKNOWN: &str = "QUQI_IN010000UK14 AE 410 30308 ID";

fn one() -> String {
    document_id(1)
}

/// A patient with one document.
fn known() -> World {
    World::new().with_documents(&[(&one(), "20240101")])
}

/// Marks a document of the usual patient.
fn mark(world: &World, document: &str, to: DocumentState, by: Option<&str>) {
    world.commit(Commit {
        states: vec![StateChange {
            patient: patient(),
            document: id(document),
            to,
            by: by.map(id),
        }],
        ..Commit::default()
    });
}

#[test]
fn what_is_stored_decides() {
    let withdrawn = || {
        let world = known();
        mark(
            &world,
            &one(),
            DocumentState::Withdrawn,
            Some(&document_id(9)),
        );
        world
    };
    let two_normal = || {
        let world = known().with_documents(&[(&document_id(2), "20240201")]);
        mark(&world, &one(), DocumentState::Normal, None);
        world
    };
    let overriding = Asked::overriding;
    let rows: Vec<(&str, World, String, &str)> = vec![
        ("a list", known(), asked().whole_list(), LIST),
        ("a document", known(), asked().document(&one()), DOCUMENT),
        (
            "in lower case",
            known(),
            asked().document(&one().to_lowercase()),
            DOCUMENT,
        ),
        (
            "the current of a set",
            known(),
            asked().set(&one()),
            DOCUMENT,
        ),
        (
            "consent Yes, list",
            known().with_consent(Yes),
            asked().whole_list(),
            LIST,
        ),
        (
            "consent Yes, document",
            known().with_consent(Yes),
            asked().document(&one()),
            DOCUMENT,
        ),
        (
            "consent Ask",
            known().with_consent(Ask),
            asked().whole_list(),
            LIST,
        ),
        (
            "consent taken back",
            known().with_consent(Yes).with_consent(No),
            asked().whole_list(),
            DISSENT,
        ),
        (
            "consent given again",
            known().with_consent(No).with_consent(Ask),
            asked().whole_list(),
            LIST,
        ),
        (
            "asked by no person",
            known(),
            Asked {
                author: false,
                ..asked()
            }
            .whole_list(),
            LIST,
        ),
        ("no case, list", World::new(), asked().whole_list(), NO_CASE),
        (
            "no case, document",
            World::new(),
            asked().document(&one()),
            NO_CASE,
        ),
        ("no case, set", World::new(), asked().set(&one()), NO_CASE),
        (
            "no case and dissent",
            World::new().with_consent(No),
            asked().whole_list(),
            NO_CASE,
        ),
        (
            "dissent, list",
            known().with_consent(No),
            asked().whole_list(),
            DISSENT,
        ),
        (
            "dissent, document",
            known().with_consent(No),
            asked().document(&one()),
            DISSENT,
        ),
        (
            "dissent, set",
            known().with_consent(No),
            asked().set(&one()),
            DISSENT,
        ),
        (
            "dissent hides what is not there",
            known().with_consent(No),
            asked().document(&document_id(9)),
            DISSENT,
        ),
        (
            "dissent hides sets",
            known().with_consent(No),
            asked().set(&document_id(9)),
            DISSENT,
        ),
        (
            "dissent hides empty lists",
            known().with_consent(No),
            asked().list(between("1900", "1901")),
            DISSENT,
        ),
        (
            "override 1",
            known().with_consent(No),
            overriding(1).whole_list(),
            LIST,
        ),
        (
            "override 2",
            known().with_consent(No),
            overriding(2).document(&one()),
            DOCUMENT,
        ),
        (
            "override 3",
            known().with_consent(No),
            overriding(3).set(&one()),
            DOCUMENT,
        ),
        (
            "override 4",
            known().with_consent(No),
            overriding(4).whole_list(),
            LIST,
        ),
        (
            "override 5",
            known().with_consent(No),
            overriding(5).document(&one()),
            DOCUMENT,
        ),
        (
            "override without need",
            known(),
            overriding(1).whole_list(),
            LIST,
        ),
        (
            "override of nobody",
            known().with_consent(No),
            Asked {
                author: false,
                ..overriding(1)
            }
            .whole_list(),
            "QUQI_IN010000UK14 AE 400 400 ID",
        ),
        (
            "override nobody defined",
            known().with_consent(No),
            mutate(&overriding(5).whole_list(), "code=\"5\"", "code=\"6\""),
            "QUQI_IN010000UK14 AE 400 400 ID",
        ),
        (
            "unknown document",
            known(),
            asked().document(&document_id(9)),
            UNKNOWN,
        ),
        (
            "unknown set",
            known(),
            asked().set(&document_id(9)),
            UNKNOWN,
        ),
        (
            "several in a set",
            two_normal(),
            asked().set(&one()),
            "QUQI_IN010000UK14 AE 410 30361 ID",
        ),
        (
            "nothing current in a set",
            withdrawn(),
            asked().set(&one()),
            "QUPC_IN160104UK05 AA NF",
        ),
        (
            "a withdrawn document",
            withdrawn(),
            asked().document(&one()),
            DOCUMENT,
        ),
        (
            "nothing matches",
            known(),
            asked().list(between("1900", "1901")),
            "QUPC_IN160102UK05 AA NF",
        ),
        (
            "bad NHS number",
            known(),
            mutate(&asked().whole_list(), "9990000018", "9990000019"),
            "QUQI_IN010000UK14 AE 400 35160 ID",
        ),
        (
            "permissions",
            known(),
            asked().permissions(None),
            "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK",
        ),
        (
            "permissions of a stranger",
            World::new(),
            asked().permissions(None),
            "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK",
        ),
        (
            "permissions in spite of dissent",
            known().with_consent(No),
            asked().permissions(Some("View")),
            "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01 AA OK",
        ),
        (
            "permissions, bad NHS number",
            known(),
            mutate(&asked().permissions(None), "9990000018", "91928374650"),
            "MCCI_IN010000UK13 AE 400",
        ),
        (
            "permissions, bad criteria",
            known(),
            mutate(
                &asked().permissions(Some("View")),
                "<crs:type>SCR</crs:type>",
                "<crs:type/>",
            ),
            "MCCI_IN010000UK13 AE 400 400",
        ),
    ];
    for (name, world, request, expected) in rows {
        let answer = check(request, &world);
        assert_eq!(answer.line, expected, "{name}");
        assert_eq!(world.events().len(), 1, "{name}");
    }
}

/// A document of one patient is no document of another.
#[test]
fn a_document_is_looked_for_under_its_patient_only() {
    let other = NhsNumber::parse("9449310580").expect("valid");
    let world = known();
    world.file(&summary_of(other.as_str(), &document_id(2), "20240101"));
    assert_eq!(
        check(Asked::of(other).document(&one()), &world).line,
        UNKNOWN
    );
    assert_eq!(
        check(asked().document(&document_id(2)), &world).line,
        UNKNOWN
    );
}

/// Only the consent to view decides about viewing.
#[test]
fn the_consent_to_store_hides_nothing() {
    for (view, store, expected) in [(No, Ask, DISSENT), (Ask, No, LIST), (Yes, No, LIST)] {
        let world = known();
        world.set_consent(patient(), Consent { view, store });
        assert_eq!(check(asked().whole_list(), &world).line, expected);
    }
}

#[test]
fn specific_texts_name_what_was_asked_for() {
    for request in [
        asked().document(&document_id(9)),
        asked().set(&document_id(9)),
    ] {
        let body = check(request, &known()).body;
        let text = format!("the Event id '{}' does not exist. ", document_id(9));
        assert!(body.contains(&text), "{body}");
    }
    let body = check(asked().whole_list(), &World::new()).body;
    assert!(body.contains("[PSIS-30312] - Case Instance not found. 9990000018"));
    let wrong = mutate(&asked().permissions(None), "9990000018", "91928374650");
    let body = check(wrong, &known()).body;
    assert!(body.contains("35506-Invalid input message."), "{body}");
    assert!(body.contains("codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.12\""));
}

/// The first document of a set is its name, whichever is current.
#[test]
fn a_set_gives_its_current_document() {
    let world = known().with_documents(&[(&document_id(2), "20240201")]);
    let event = check(asked().set(&one()), &world).event.expect("an event");
    assert_eq!(event.document, Some(id(&document_id(2))));
    assert_eq!(check(asked().set(&document_id(2)), &world).line, UNKNOWN);
}

#[test]
fn permissions_are_what_was_recorded() {
    let setting = |view, store| Consent { view, store };
    let default = Consent::default();
    for (recorded, code, expected) in [
        (None, None, default),
        (Some(Consent::both(No)), None, Consent::both(No)),
        (Some(Consent::both(Yes)), None, Consent::both(Yes)),
        (Some(default), None, default),
        (Some(setting(No, Ask)), None, setting(No, Ask)),
        (Some(Consent::both(No)), Some("View"), setting(No, Ask)),
        (Some(Consent::both(Yes)), Some("Store"), setting(Ask, Yes)),
    ] {
        let world = known();
        if let Some(consent) = recorded {
            world.set_consent(patient(), consent);
        }
        let answer = check(asked().permissions(code), &world);
        let document = xml::Document::parse(answer.body.as_bytes()).expect("well formed");
        let known = PermissionsOutcome::Known {
            patient: Some(patient()),
            consent: expected,
        };
        assert_eq!(
            acs::read_answer(&document),
            Ok(known),
            "{recorded:?} {code:?}"
        );
    }
}
