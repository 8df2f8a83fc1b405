//! The rules of an alert, in the order and with the texts of the national adaptor.

use domain::alert::{AlertReason, AlertType};
use fhir::system::{ALERT_REASON, ALERT_TYPE, NHS_NUMBER, NOTIFICATION_MESSAGE, ODS, SDS_USER};
use fhir::{AuditAgent, AuditEvent, CodeableConcept, Coding, ExtensionValue};

use crate::outcome::Refusal;

/// Refuses an alert for the first rule that it breaks.
pub(super) fn check(event: &AuditEvent) -> Result<(), Refusal> {
    if event.id.is_none() {
        return broken("id", "'id' element is missing'");
    }
    check_notification(event)?;
    check_codes(event)?;
    if event.recorded.is_none() {
        return broken("recorded", "'recorded' element missing");
    }
    check_entity(event)?;
    for system in [NHS_NUMBER, ODS, SDS_USER] {
        check_agent(event, system)?;
    }
    check_roles(event)
}

/// The value of the agent's identifier of a system.
pub(super) fn identified<'a>(event: &'a AuditEvent, system: &str) -> Option<&'a str> {
    event.agent.iter().find_map(|agent| value_in(agent, system))
}

fn broken(place: &str, text: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal::rule(text).at(format!("AuditEvent.{place}")))
}

fn check_notification(event: &AuditEvent) -> Result<(), Refusal> {
    let is_meant = |url: &Option<String>| url.as_deref() == Some(NOTIFICATION_MESSAGE);
    let mut all = event
        .extension
        .iter()
        .filter(|extension| is_meant(&extension.url));
    let (Some(extension), None) = (all.next(), all.next()) else {
        let text =
            format!("Expecting exactly one 'extension' element with URL: '{NOTIFICATION_MESSAGE}'");
        return broken("extension", text);
    };
    match &extension.value {
        Some(ExtensionValue::String(_)) => Ok(()),
        _ => {
            let text = format!("'valueString' for 'extension' '{NOTIFICATION_MESSAGE}' is missing");
            broken("extension.value", text)
        }
    }
}

fn check_codes(event: &AuditEvent) -> Result<(), Refusal> {
    let kind = event.r#type.as_ref().filter(|kind| is_of(kind, ALERT_TYPE));
    let Some(kind) = kind else {
        return broken(
            "type.system",
            format!("'Type' element for '{ALERT_TYPE}' system missing"),
        );
    };
    let Some(alert_type) = kind.code.as_deref().and_then(AlertType::of) else {
        let text = "Invalid or missing value in field 'type.code'. Supported values are: 1, 2";
        return broken("type.code", text);
    };
    if is_blank(kind.display.as_deref()) {
        return broken("type.display", "Missing value 'type.display'");
    }
    let [reason] = event.subtype.as_slice() else {
        return broken("subtype", "Expecting exactly one 'subtype' element");
    };
    if !is_of(reason, ALERT_REASON) {
        let text = format!(
            "Invalid or missing value in field 'subtype.system'. Supported value is: {ALERT_REASON}"
        );
        return broken("subtype[0].system", text);
    }
    let Some(alert_reason) = reason.code.as_deref().and_then(AlertReason::of) else {
        let text = "Invalid or missing value in field 'subtype.code'. Supported values are: 1, 2, \
                    3, 4, 5, 6";
        return broken("subtype[0].code", text);
    };
    if is_blank(reason.display.as_deref()) {
        return broken("subtype[0].display", "Missing value 'subtype.display'");
    }
    if !alert_reason.goes_with(alert_type) {
        let text = format!(
            "Invalid combination of alert type '{}' and alert subtype '{}'.",
            alert_type.code(),
            alert_reason.code()
        );
        return broken("subtype[0].code", text);
    }
    Ok(())
}

fn check_entity(event: &AuditEvent) -> Result<(), Refusal> {
    let [entity] = event.entity.as_slice() else {
        return broken("entity", "Expecting exactly one 'entity' element");
    };
    let identifier = entity
        .what
        .as_ref()
        .and_then(|what| what.identifier.as_ref());
    if is_blank(identifier.and_then(|identifier| identifier.value.as_deref())) {
        let text = "Invalid or missing value in field 'entity.what.identifier.value'";
        return broken("entity[0].what.identifier.value", text);
    }
    Ok(())
}

fn check_agent(event: &AuditEvent, system: &str) -> Result<(), Refusal> {
    let agents = || {
        event
            .agent
            .iter()
            .filter(|agent| value_in(agent, system).is_some())
    };
    let of = format!("'who.identifier.system' '{system}'");
    if agents().any(|agent| agent.requestor != Some(false)) {
        let text = format!("Missing or unsupported 'requestor' value for 'agent' with {of}");
        return broken("agent.requestor", text);
    }
    match agents().count() {
        0 => broken(
            "agent",
            format!("Missing 'agent' entry with {of} and non-empty 'value'"),
        ),
        1 => Ok(()),
        _ => {
            let text =
                format!("Expecting exactly one 'agent' entry with {of} and non-empty 'value'");
            broken("agent", text)
        }
    }
}

fn check_roles(event: &AuditEvent) -> Result<(), Refusal> {
    let user = event
        .agent
        .iter()
        .find(|agent| value_in(agent, SDS_USER).is_some());
    let roles: &[CodeableConcept] = user.map_or(&[], |user| &user.role);
    if roles.is_empty() {
        let text =
            format!("Expecting at least one 'role' for 'agent' entry with system {SDS_USER}");
        return broken("agent.role", text);
    }
    let is_empty = |role: &CodeableConcept| role.text.is_none() && role.coding.is_empty();
    if roles.iter().any(is_empty) {
        let text = format!(
            "Expecting at least one non empty 'role' for 'agent' entry with system {SDS_USER}"
        );
        return broken("agent.role", text);
    }
    Ok(())
}

fn is_of(coding: &Coding, system: &str) -> bool {
    coding.system.as_deref() == Some(system)
}

fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn value_in<'a>(agent: &'a AuditAgent, system: &str) -> Option<&'a str> {
    let identifier = agent.who.as_ref()?.identifier.as_ref()?;
    let value = identifier
        .value
        .as_deref()
        .filter(|value| !value.is_empty())?;
    (identifier.system.as_deref() == Some(system)).then_some(value)
}

#[cfg(test)]
mod tests {
    use fhir::Resource;
    use serde_json::{Value, json};

    use super::*;

    fn alert() -> Value {
        let agent = |system: &str, value: &str| {
            json!({
                "who": { "identifier": { "system": system, "value": value } },
                "requestor": false,
            })
        };
        let mut user = agent(SDS_USER, "112233445566");
        user["role"] = json!([{ "text": "General Practitioner" }]);
        json!({
            "resourceType": "AuditEvent",
            "id": "example",
            "extension": [{ "url": NOTIFICATION_MESSAGE, "valueString": "Alert" }],
            "type": { "system": ALERT_TYPE, "code": "1", "display": "Create LR (Self Claimed)" },
            "subtype": [{ "system": ALERT_REASON, "code": "1", "display": "Public interest" }],
            "recorded": "2020-11-13T00:00:00+00:00",
            "agent": [agent(NHS_NUMBER, "9990000018"), agent(ODS, "T10101"), user],
            "source": { "observer": { "display": "x" } },
            "entity": [{ "what": { "identifier": { "value": "1C03CF4F" } } }],
        })
    }

    /// The alert with the value at a pointer replaced, or taken out when it is null.
    fn with(pointer: &str, value: Value) -> Value {
        let mut alert = alert();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = alert.pointer_mut(parent).expect("there");
        match (parent, value) {
            (Value::Object(object), Value::Null) => drop(object.remove(name)),
            (Value::Array(array), Value::Null) => {
                drop(array.remove(name.parse().expect("a number")))
            }
            (parent, value) => match parent {
                Value::Array(array) => array[name.parse::<usize>().expect("a number")] = value,
                parent => parent[name] = value,
            },
        }
        alert
    }

    fn text(alert: &Value) -> String {
        match fhir::json::read(alert.to_string().as_bytes()) {
            Ok(Resource::AuditEvent(event)) => match check(&event) {
                Ok(()) => String::new(),
                Err(refusal) => refusal.issues[0].text.clone(),
            },
            other => format!("unread: {other:?}"),
        }
    }

    #[test]
    fn a_good_alert_is_taken() {
        assert_eq!(text(&alert()), "");
        assert_eq!(text(&with("/outcomeDesc", json!("free text"))), "");
        assert_eq!(
            text(&with(
                "/agent/2/role/0",
                json!({ "coding": [{ "code": "R8000" }] })
            )),
            ""
        );
    }

    #[test]
    fn each_rule_has_the_national_text() {
        let alert = alert();
        let of = |system: &str| format!("'who.identifier.system' '{system}'");
        let extension = alert["extension"][0].clone();
        let agent = alert["agent"][0].clone();
        let wrong_code = |field: &str, values: &str| {
            format!("Invalid or missing value in field '{field}'. Supported values are: {values}")
        };
        for (pointer, value, expected) in [
            ("/id", Value::Null, "'id' element is missing'".to_owned()),
            (
                "/extension",
                json!([extension, extension]),
                format!(
                    "Expecting exactly one 'extension' element with URL: '{NOTIFICATION_MESSAGE}'"
                ),
            ),
            (
                "/extension/0/valueString",
                Value::Null,
                format!("'valueString' for 'extension' '{NOTIFICATION_MESSAGE}' is missing"),
            ),
            (
                "/type/system",
                json!("urn:x"),
                format!("'Type' element for '{ALERT_TYPE}' system missing"),
            ),
            ("/type/code", json!("3"), wrong_code("type.code", "1, 2")),
            (
                "/type/display",
                json!(" "),
                "Missing value 'type.display'".to_owned(),
            ),
            (
                "/subtype",
                json!([alert["subtype"][0], alert["subtype"][0]]),
                "Expecting exactly one 'subtype' element".to_owned(),
            ),
            (
                "/subtype/0/system",
                Value::Null,
                format!(
                    "Invalid or missing value in field 'subtype.system'. Supported value is: {ALERT_REASON}"
                ),
            ),
            (
                "/subtype/0/code",
                json!("7"),
                wrong_code("subtype.code", "1, 2, 3, 4, 5, 6"),
            ),
            (
                "/subtype/0/display",
                Value::Null,
                "Missing value 'subtype.display'".to_owned(),
            ),
            (
                "/subtype/0/code",
                json!("5"),
                "Invalid combination of alert type '1' and alert subtype '5'.".to_owned(),
            ),
            (
                "/entity",
                json!([alert["entity"][0], alert["entity"][0]]),
                "Expecting exactly one 'entity' element".to_owned(),
            ),
            (
                "/entity/0/what",
                json!({ "display": "x" }),
                "Invalid or missing value in field 'entity.what.identifier.value'".to_owned(),
            ),
            (
                "/agent/0/requestor",
                json!(true),
                format!(
                    "Missing or unsupported 'requestor' value for 'agent' with {}",
                    of(NHS_NUMBER)
                ),
            ),
            (
                "/agent/1",
                agent,
                format!(
                    "Expecting exactly one 'agent' entry with {} and non-empty 'value'",
                    of(NHS_NUMBER)
                ),
            ),
            (
                "/agent/1",
                Value::Null,
                format!(
                    "Missing 'agent' entry with {} and non-empty 'value'",
                    of(ODS)
                ),
            ),
            (
                "/agent/2/role",
                Value::Null,
                format!("Expecting at least one 'role' for 'agent' entry with system {SDS_USER}"),
            ),
        ] {
            assert_eq!(text(&with(pointer, value)), expected, "{pointer}");
        }
    }
}
