//! COMT_IN000001UK01: a privacy alert.

use domain::RoleProfileId;
use domain::alert::PrivacyAlert;
use domain::audit::AuditEvent;
use ebxml::{ErrorCode, MessageError, MessageHeader};
use hl7v3::alert::AlertMessage;
use hl7v3::{Interaction, SoapFault, SpineRequest};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{Commit, Precondition, ReceivedAlert, SeenKey, SeenMessage};

use super::incoming::{Incoming, is_unseen};
use super::refusal::Refusal;
use crate::uploads::{self, Desk, Taken};

/// The longest of the user's own words that the audit keeps, in characters.
const LONGEST_NOTE: usize = 300;

/// In whose name the ids of alerts are remembered: whoever sends it, an alert is one alert.
const ANYBODY: &str = "*";

/// Keeps the alert for privacy officers. One that breaks a rule of its interaction is delivered
/// all the same, so it is no error here: its answer says what is wrong with it.
pub(super) async fn take(
    desk: Desk<'_>,
    incoming: &Incoming<'_>,
    request: &SpineRequest<'_, '_>,
    overtaken: Option<&Precondition>,
    event: &mut AuditEvent,
) -> Result<Taken, Refusal> {
    let reply_to = request.reply_to();
    let read = match hl7v3::alert::read(request.message) {
        Ok(read) => read,
        Err(invalid) => return Ok(uploads::invalid(desk, &reply_to, &invalid)),
    };
    note(event, &read.alert);
    let header = &incoming.message.header;
    check_systems(incoming, &read).map_err(|error| Refusal::error(header, error))?;
    let mark = mark(&read.alert, event.at);
    let mut taken = Taken::accepted(desk, &reply_to, Commit::default());
    taken.patient = Some(read.alert.patient);
    let what = said(&read.alert);
    if overtaken.is_some_and(|broken| is_unseen(broken, &mark.key)) {
        check_same(desk, header, &mark).await?;
        taken.decision = Some(format!("{what}: known already, from another message"));
        return Ok(taken);
    }
    taken.decision = Some(what);
    taken.commit = Commit {
        seen: vec![mark],
        alerts: vec![ReceivedAlert {
            alert: read.alert,
            received_at: event.at,
            message: header.message_id.clone(),
        }],
        ..Commit::default()
    };
    Ok(taken)
}

/// A new message that brings what an earlier one brought: nothing is done, and it is accepted. If
/// what it brings only goes under the same id, accepting it would lose it, so it is refused, for
/// its sender to see.
async fn check_same(
    desk: Desk<'_>,
    header: &MessageHeader,
    mark: &SeenMessage,
) -> Result<(), Refusal> {
    let first = desk.store.seen(mark.key.clone()).await;
    match first.map_err(|error| Refusal::storage(&error))? {
        None => Err(SoapFault::processing("the message is to be sent again").into()),
        Some(first) if first.digest == mark.digest => Ok(()),
        Some(_) => {
            let description = "the id of the alert was used before, for another alert";
            let error = MessageError::new(ErrorCode::Inconsistent, description);
            Err(Refusal::error(header, error))
        }
    }
}

/// By which an alert is known when another message brings it again. It is kept for good, as the
/// alert is: the store takes one alert of an id, so another one under it must not pass for it.
pub(crate) fn mark(alert: &PrivacyAlert, at: Timestamp) -> SeenMessage {
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
        alert
            .role_profile
            .as_ref()
            .map_or("", RoleProfileId::as_str),
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

/// The systems that the HL7 message names beside its sender, as its author and the device of the
/// alert, are of whoever is connected too: a privacy officer believes what the alert says.
fn check_systems(incoming: &Incoming<'_>, read: &AlertMessage) -> Result<(), MessageError> {
    incoming.is_of_sender(&read.system)?;
    incoming.is_of_sender(&read.alert.asid)
}

pub(crate) fn said(alert: &PrivacyAlert) -> String {
    let (kind, reason) = (alert.kind.code(), alert.reason.code());
    format!("alert {}: type {kind}, reason {reason}", alert.id)
}

pub(crate) fn note(event: &mut AuditEvent, alert: &PrivacyAlert) {
    event.patient = Some(alert.patient);
    event.user = alert.user.sds();
    event.role_profile.clone_from(&alert.role_profile);
    event.job_role = Some(alert.job_role.clone());
    event.organisation = Some(alert.organisation.clone());
    let words = alert.words.as_deref();
    event.reason = words.map(|words| words.chars().take(LONGEST_NOTE).collect());
}
