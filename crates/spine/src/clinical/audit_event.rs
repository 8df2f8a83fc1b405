//! A privacy alert as a FHIR R4 AuditEvent, in the profile of the SCR FHIR API.
//!
//! The profile's own rules are checked, and beyond them that every value can be kept: an alert
//! reaches a privacy officer with a patient, a person in a role and an organisation that exist. A
//! role profile is not part of the resource; the API sends it beside it, in a header. The role is
//! often in words only, so whoever knows the directory of users is asked for its code, and where
//! nobody knows, the words stand for it, without their blanks.

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::{Asid, DocumentId, JobRole, MessageId, NhsNumber, OdsCode, RoleProfileId, StaffId};
use hl7v3::alert::{LONGEST_NAME, LONGEST_TEXT};
use jiff::Timestamp;
use serde::Deserialize;

const NOTIFICATION: &str =
    "https://fhir.nhs.uk/StructureDefinition/Extension-SCR-NotificationMessage";
const ALERT_TYPE: &str = "https://fhir.nhs.uk/CodeSystem/SCR-AlertType";
const ALERT_REASON: &str = "https://fhir.nhs.uk/CodeSystem/SCR-AlertReason";
const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
const ODS_CODE: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
const USER_ID: &str = "https://fhir.nhs.uk/Id/sds-user-id";
const ASID: &str = "https://fhir.nhs.uk/Id/nhsSpineASID";

/// What is known of an alert beside its resource.
pub(super) struct Beside<'a> {
    /// Who sends it, when the resource does not say: the header's ASID, else the system's own.
    pub(super) asid: Option<Asid>,
    /// The name of the system that sends it.
    pub(super) system: &'a str,
    /// The user's role profile.
    pub(super) role_profile: Option<RoleProfileId>,
    /// The job role of that role profile, where the directory of users knows it.
    pub(super) job_role: Option<JobRole>,
    /// The id of an alert that has none that is unique.
    pub(super) fresh_id: &'a str,
}

/// The field that is wrong, in words for the caller. Never a value of a patient.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Wrong(String);

/// Reads and checks an AuditEvent.
pub(super) fn read(json: &[u8], beside: &Beside<'_>) -> Result<PrivacyAlert, Wrong> {
    let event: AuditEvent = serde_json::from_slice(json).map_err(unreadable)?;
    event.check()?;
    let (kind, reason) = event.codes()?;
    let at = event.recorded.as_deref().and_then(|at| at.parse().ok());
    let at: Timestamp = at.ok_or_else(|| field("recorded"))?;
    let patient = event.agent(NHS_NUMBER)?;
    let patient = NhsNumber::parse(&patient.value).map_err(|_| invalid("NHS_NUMBER"))?;
    let organisation = event.agent(ODS_CODE)?;
    let ods_code = OdsCode::parse(&organisation.value).map_err(|_| invalid("ODS_CODE"))?;
    let user = event.agent(USER_ID)?;
    let user_id = StaffId::parse(&user.value).map_err(|_| invalid("SDS_USER_ID"))?;
    let (asid, observer) = event.observer(beside)?;
    Ok(PrivacyAlert {
        id: event.unique_id(beside.fresh_id)?,
        kind,
        reason,
        at,
        patient,
        user_name: user.name.unwrap_or_else(|| user.value.clone()),
        user: user_id,
        role_profile: beside.role_profile.clone(),
        job_role: job_role(user.agent, beside)?,
        organisation_name: organisation
            .name
            .unwrap_or_else(|| organisation.value.clone()),
        organisation: ods_code,
        system: observer.unwrap_or_else(|| beside.system.to_owned()),
        asid,
        words: event
            .outcome_desc
            .as_deref()
            .map(|text| cut(text, LONGEST_TEXT)),
        notification: event.notification().map(|text| cut(text, LONGEST_TEXT)),
    })
}

fn unreadable(error: serde_json::Error) -> Wrong {
    // Its own text may quote a value.
    let place = format!("line {}, column {}", error.line(), error.column());
    Wrong(format!("The AuditEvent cannot be read: {place}"))
}

fn field(name: &str) -> Wrong {
    Wrong(format!("Invalid or missing value in field '{name}'"))
}

fn invalid(name: &str) -> Wrong {
    Wrong(format!("Invalid value in field '{name}'"))
}

fn cut(text: &str, longest: usize) -> String {
    text.trim().chars().take(longest).collect()
}

/// Words, if there are any.
fn words(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuditEvent {
    resource_type: String,
    id: Option<String>,
    #[serde(default)]
    extension: Vec<Extension>,
    #[serde(rename = "type")]
    kind: Option<Coding>,
    #[serde(default)]
    subtype: Vec<Coding>,
    recorded: Option<String>,
    outcome_desc: Option<String>,
    #[serde(default)]
    agent: Vec<Agent>,
    source: Option<Source>,
    #[serde(default)]
    entity: Vec<Entity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    url: String,
    value_string: Option<String>,
}

#[derive(Deserialize)]
struct Coding {
    system: Option<String>,
    code: Option<String>,
}

#[derive(Deserialize)]
struct Agent {
    #[serde(default)]
    role: Vec<Concept>,
    who: Option<Reference>,
    name: Option<String>,
    requestor: Option<bool>,
}

#[derive(Deserialize)]
struct Concept {
    #[serde(default)]
    coding: Vec<Coding>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    identifier: Option<Identifier>,
    display: Option<String>,
}

#[derive(Deserialize)]
struct Identifier {
    system: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    observer: Option<Reference>,
}

#[derive(Deserialize)]
struct Entity {
    what: Option<Reference>,
}

/// An agent whom an identifier of a given system names.
struct Named<'a> {
    agent: &'a Agent,
    value: String,
    name: Option<String>,
}

impl Reference {
    fn value_in(&self, system: &str) -> Option<&str> {
        let identifier = self.identifier.as_ref()?;
        let value = words(identifier.value.as_deref())?;
        (identifier.system.as_deref() == Some(system)).then_some(value)
    }
}

impl AuditEvent {
    /// What must be there and has no value to keep.
    fn check(&self) -> Result<(), Wrong> {
        if self.resource_type != "AuditEvent" {
            return Err(field("resourceType"));
        }
        if words(self.id.as_deref()).is_none() {
            return Err(field("id"));
        }
        if self.notification().is_none() {
            return Err(field("extension"));
        }
        if self.event_id().is_none() {
            return Err(field("entity.what.identifier.value"));
        }
        match self.outcome_desc.as_deref() {
            Some(text) if words(Some(text)).is_none() => Err(field("outcomeDesc")),
            _ => Ok(()),
        }
    }

    fn notification(&self) -> Option<&str> {
        let mut all = self.extension.iter().filter(|e| e.url == NOTIFICATION);
        match (all.next(), all.next()) {
            (Some(only), None) => words(only.value_string.as_deref()),
            _ => None,
        }
    }

    fn codes(&self) -> Result<(AlertType, AlertReason), Wrong> {
        let kind = self.kind.as_ref().and_then(|kind| kind.code_in(ALERT_TYPE));
        let kind = kind
            .and_then(AlertType::of)
            .ok_or_else(|| field("type.code"))?;
        let reason = match self.subtype.as_slice() {
            [only] => only.code_in(ALERT_REASON).and_then(AlertReason::of),
            _ => None,
        };
        let reason = reason.ok_or_else(|| field("subtype.code"))?;
        match reason.goes_with(kind) {
            true => Ok((kind, reason)),
            false => Err(Wrong(format!(
                "Invalid combination of alert type '{}' and alert subtype '{}'",
                kind.code(),
                reason.code()
            ))),
        }
    }

    /// The only agent with an identifier of this system; nobody of them asked for anything.
    fn agent(&self, system: &str) -> Result<Named<'_>, Wrong> {
        let with_value = |agent| -> Option<(&Agent, &Reference, &str)> {
            let agent: &Agent = agent;
            let who = agent.who.as_ref()?;
            Some((agent, who, who.value_in(system)?))
        };
        let mut found = self.agent.iter().filter_map(with_value);
        let (Some((agent, who, value)), None) = (found.next(), found.next()) else {
            let what = format!("Expecting exactly one 'agent' of '{system}' with a value");
            return Err(Wrong(what));
        };
        if agent.requestor != Some(false) {
            return Err(field("agent.requestor"));
        }
        let name = words(agent.name.as_deref()).or_else(|| words(who.display.as_deref()));
        Ok(Named {
            agent,
            value: value.to_owned(),
            name: name.map(|name| cut(name, LONGEST_NAME)),
        })
    }

    /// The system that was used, by ASID and by name.
    fn observer(&self, beside: &Beside<'_>) -> Result<(Asid, Option<String>), Wrong> {
        let observer = self.source.as_ref().and_then(|s| s.observer.as_ref());
        let wrong = || invalid("ASID");
        let Some(identifier) = observer.and_then(|o| o.identifier.as_ref()) else {
            return Ok((beside.asid.clone().ok_or_else(wrong)?, None));
        };
        let value = identifier.value.as_deref().unwrap_or_default();
        if identifier.system.as_deref() != Some(ASID) {
            return Err(field("source.observer.identifier"));
        }
        let name = observer.and_then(|o| words(o.display.as_deref()));
        let name = name.map(|name| cut(name, LONGEST_NAME));
        Ok((Asid::parse(value).map_err(|_| wrong())?, name))
    }

    /// The event that the alert is about.
    fn event_id(&self) -> Option<&str> {
        let [entity] = self.entity.as_slice() else {
            return None;
        };
        let identifier = entity.what.as_ref()?.identifier.as_ref()?;
        words(identifier.value.as_deref())
    }

    /// By which an alert is known when it comes again: its own id, if that is a UUID, else that of
    /// its event. Clients are met that call every AuditEvent "example".
    fn unique_id(&self, fresh: &str) -> Result<MessageId, Wrong> {
        let given = [self.id.as_deref(), self.event_id()];
        let uuid = given
            .into_iter()
            .flatten()
            .find(|id| DocumentId::parse(id).is_ok());
        let id = uuid.unwrap_or(fresh).to_ascii_uppercase();
        MessageId::parse(&id).map_err(|_| field("id"))
    }
}

impl Coding {
    fn code_in(&self, system: &str) -> Option<&str> {
        let code = self.code.as_deref()?;
        (self.system.as_deref() == Some(system)).then_some(code)
    }
}

/// The user's job role: a code of the resource, else what the directory knows, else the words.
fn job_role(user: &Agent, beside: &Beside<'_>) -> Result<JobRole, Wrong> {
    let codes = user.role.iter().flat_map(|role| &role.coding);
    let coded = codes
        .filter_map(|coding| coding.code.as_deref())
        .find_map(|code| JobRole::parse(code).ok());
    let spoken = || {
        let text = user
            .role
            .iter()
            .find_map(|role| words(role.text.as_deref()))?;
        let letters = text.chars().filter(char::is_ascii_alphanumeric).take(40);
        JobRole::parse(&letters.collect::<String>()).ok()
    };
    if user.role.is_empty() {
        return Err(field("agent.role"));
    }
    coded
        .or_else(|| beside.job_role.clone())
        .or_else(spoken)
        .ok_or_else(|| field("agent.role"))
}
