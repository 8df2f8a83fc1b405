//! COMT_IN000001UK01: a privacy alert.

use domain::alert::PrivacyAlert;
use domain::audit::AuditEvent;
use ebxml::{ErrorCode, MessageError};
use hl7v3::Interaction;
use hl7v3::alert::AlertMessage;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{Commit, ReceivedAlert, SeenKey, SeenMessage};
use xml::Element;

use super::ReliableConfig;
use super::incoming::Incoming;
use super::refusal::Refusal;

/// The longest of the user's own words that the audit keeps, in characters.
const LONGEST_NOTE: usize = 300;

/// In whose name the ids of alerts are remembered: whoever sends it, an alert is one alert.
const ANYBODY: &str = "*";

/// Keeps the alert for privacy officers. One that breaks a rule of its interaction is delivered
/// all the same, so it is no error here: the event says what is wrong with it.
pub(super) fn effects(
    incoming: &Incoming<'_>,
    config: &ReliableConfig,
    message: Element<'_, '_>,
    event: &mut AuditEvent,
) -> Result<Commit, Refusal> {
    let read = match hl7v3::alert::read(message) {
        Ok(read) => read,
        Err(invalid) => {
            event.outcome = "AE".to_owned();
            event.decision = Some(invalid.to_string());
            return Ok(Commit::default());
        }
    };
    note(event, &read);
    check_systems(incoming, config, &read)
        .map_err(|error| Refusal::error(&incoming.message.header, error))?;
    event.outcome = "AA".to_owned();
    Ok(Commit {
        seen: vec![mark(&read.alert, event.at)],
        alerts: vec![ReceivedAlert {
            alert: read.alert,
            received_at: event.at,
            message: incoming.message.header.message_id.clone(),
        }],
        ..Commit::default()
    })
}

/// By which an alert is known when another message brings it again. It is kept for good, as the
/// alert is: the store takes one alert of an id, so another one under it must not pass for it.
fn mark(alert: &PrivacyAlert, at: Timestamp) -> SeenMessage {
    SeenMessage {
        key: SeenKey {
            sender: ANYBODY.to_owned(),
            interaction: Interaction::Alert.id().to_owned(),
            message: alert.id.clone(),
        },
        digest: digest(alert),
        answer: Vec::new(),
        at,
        expires: Timestamp::MAX,
    }
}

/// SHA-256 of everything an alert says.
fn digest(alert: &PrivacyAlert) -> [u8; 32] {
    let at = alert.at.to_string();
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let (words, notification) = (said(&alert.words), said(&alert.notification));
    let parts = [
        alert.kind.code(),
        alert.reason.code(),
        &at,
        alert.patient.as_str(),
        alert.user.as_str(),
        &alert.user_name,
        alert.role_profile.as_str(),
        alert.job_role.as_str(),
        alert.organisation.as_str(),
        &alert.organisation_name,
        &alert.system,
        alert.asid.as_str(),
        &words,
        &notification,
    ];
    let mut hash = Sha256::new();
    for part in parts {
        // The length first, so that no two lists of parts run into the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The systems that the HL7 message names, as its sender, its author and the device of the alert,
/// are of whoever is connected: a privacy officer believes what the alert says. The receiver is
/// this Spine.
fn check_systems(
    incoming: &Incoming<'_>,
    config: &ReliableConfig,
    read: &AlertMessage,
) -> Result<(), MessageError> {
    let transmission = &read.transmission;
    for asid in [&transmission.sender, &read.system, &read.alert.asid] {
        let allowed = incoming.system.may_send(asid, Interaction::Alert.id());
        allowed.map_err(|why| MessageError::new(ErrorCode::SecurityFailure, why.to_string()))?;
    }
    match transmission.receiver == config.asid {
        true => Ok(()),
        false => Err(MessageError::new(
            ErrorCode::ValueNotRecognized,
            "the receiving ASID is not that of this Spine",
        )),
    }
}

fn note(event: &mut AuditEvent, read: &AlertMessage) {
    let alert = &read.alert;
    event.asid = Some(read.transmission.sender.clone());
    event.patient = Some(alert.patient);
    event.user = Some(alert.user.clone());
    event.role_profile = Some(alert.role_profile.clone());
    event.job_role = Some(alert.job_role.clone());
    event.organisation = Some(alert.organisation.clone());
    event.decision = Some(format!(
        "alert {}: type {}, reason {}",
        alert.id,
        alert.kind.code(),
        alert.reason.code()
    ));
    let words = alert.words.as_deref();
    event.reason = words.map(|words| words.chars().take(LONGEST_NOTE).collect());
}
