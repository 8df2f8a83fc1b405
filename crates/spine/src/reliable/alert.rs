//! COMT_IN000001UK01: a privacy alert.

use domain::audit::AuditEvent;
use ebxml::{ErrorCode, MessageError};
use hl7v3::Interaction;
use hl7v3::alert::AlertMessage;
use store::{Commit, ReceivedAlert};
use xml::Element;

use super::ReliableConfig;
use super::incoming::Incoming;
use super::refusal::Refusal;

/// The longest of the user's own words that the audit keeps, in characters.
const LONGEST_NOTE: usize = 300;

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
        alerts: vec![ReceivedAlert {
            alert: read.alert,
            received_at: event.at,
            message: incoming.message.header.message_id.clone(),
        }],
        ..Commit::default()
    })
}

/// The systems that the HL7 message names are those of the connection and of this Spine.
fn check_systems(
    incoming: &Incoming<'_>,
    config: &ReliableConfig,
    read: &AlertMessage,
) -> Result<(), MessageError> {
    let transmission = &read.transmission;
    incoming
        .system
        .may_send(&transmission.sender, Interaction::Alert.id())
        .map_err(|why| MessageError::new(ErrorCode::SecurityFailure, why.to_string()))?;
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
