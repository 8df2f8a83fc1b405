//! What a privacy officer must be told of.
//!
//! Looking at a record in an emergency, and claiming a relationship with a patient, each raise an
//! alert (MSCA-SCR-103 and -104), COMT_IN000001UK01 to the Spine's alert service. It is put in
//! the outbox in the same commit that records the access, so it can be late but not lost, and it
//! never holds up whoever needs the record. The same commit keeps a record of the message, on which
//! stands what became of it: whether it was delivered, and what the alert service answered.

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::identifier::MessageId;
use hl7v3::alert::AlertParts;
use hl7v3::wrapper::Author;
use mhs::Outgoing;
use store::{Direction, MessageRecord, OutboxEntry};

use crate::service::ScrService;
use crate::viewing::Viewing;

/// The Spine service that receives alerts, and the interaction it takes.
pub(crate) const SERVICE: &str = "urn:nhs:names:services:alerts";
pub(crate) const INTERACTION: &str = "COMT_IN000001UK01";

/// What an access on these grounds raises.
pub(crate) fn raised_by(
    claims_relationship: bool,
    emergency: bool,
) -> Vec<(AlertType, AlertReason)> {
    use AlertReason::{Emergency, Other, SelfClaimEmergency};
    use AlertType::{Access, SelfClaimed};
    match (claims_relationship, emergency) {
        (false, false) => vec![],
        (true, false) => vec![(SelfClaimed, Other)],
        (false, true) => vec![(Access, Emergency)],
        (true, true) => vec![(SelfClaimed, SelfClaimEmergency), (Access, Emergency)],
    }
}

/// These alerts as messages to send, due now, and the records of them. `None` never comes out: it
/// would mean that a fresh id is no id.
pub(crate) fn raise(
    service: &ScrService,
    viewing: &Viewing<'_>,
    alerts: &[(AlertType, AlertReason)],
) -> Option<(Vec<OutboxEntry>, Vec<MessageRecord>)> {
    let messages = alerts
        .iter()
        .map(|(kind, reason)| message(service, viewing, *kind, *reason));
    let messages: Vec<Outgoing> = messages.collect::<Option<_>>()?;
    let entry = |message: &Outgoing| message.entry(crate::LANE, Some(viewing.patient), viewing.at);
    let entries = messages.iter().map(entry).collect();
    let record = |message| record(service, viewing, message);
    Some((entries, messages.into_iter().map(record).collect()))
}

fn record(service: &ScrService, viewing: &Viewing<'_>, message: Outgoing) -> MessageRecord {
    MessageRecord {
        owner: crate::LANE.to_owned(),
        direction: Direction::Out,
        conversation: Some(message.conversation.as_str().to_owned()),
        message: message.message,
        ref_to: None,
        service: message.service,
        interaction: message.interaction,
        from: viewing.client.asid.as_str().to_owned(),
        to: service.provider.config.alert_asid.as_str().to_owned(),
        patient: Some(viewing.patient),
        document: None,
        at: viewing.at,
        outcome: "waiting".to_owned(),
        body: Some(message.payload.into_bytes()),
    }
}

/// One alert as a message.
fn message(
    service: &ScrService,
    viewing: &Viewing<'_>,
    kind: AlertType,
    reason: AlertReason,
) -> Option<Outgoing> {
    let id = || MessageId::parse(&service.provider.env.uuid()).ok();
    let alert = alert(id()?, viewing, kind, reason);
    let message = id()?;
    let payload = hl7v3::alert::write(
        &AlertParts {
            id: message.as_str(),
            now: viewing.at,
            receiver: &service.provider.config.alert_asid,
            sender: &viewing.client.asid,
            author: &Author {
                role_profile: viewing.who.holder.role_profile.clone(),
                user: viewing.who.holder.user.clone(),
                job_role: alert.job_role.clone(),
            },
        },
        &alert,
    );
    Some(Outgoing {
        conversation: message.clone(),
        message,
        service: SERVICE.to_owned(),
        interaction: INTERACTION.to_owned(),
        payload: String::from_utf8(payload).ok()?,
        pattern: mhs::Pattern::Reliable,
        to_party: None,
        ref_to: None,
    })
}

fn alert(
    id: MessageId,
    viewing: &Viewing<'_>,
    kind: AlertType,
    reason: AlertReason,
) -> PrivacyAlert {
    let Viewing { client, who, .. } = viewing;
    PrivacyAlert {
        id,
        kind,
        reason,
        at: viewing.at,
        patient: viewing.patient,
        user: who.holder.user.clone().into(),
        user_name: who.name.clone(),
        role_profile: Some(who.holder.role_profile.clone()),
        job_role: who.job_role.clone(),
        organisation: who.holder.organisation.clone(),
        organisation_name: client.organisation_name.clone(),
        system: client.name.clone(),
        asid: client.asid.clone(),
        words: viewing.claim.emergency.map(str::to_owned),
        notification: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_reasons_are_the_published_ones() {
        for (claims, emergency, expected) in [
            (false, false, vec![]),
            (true, false, vec![("1", "6")]),
            (false, true, vec![("2", "5")]),
            (true, true, vec![("1", "4"), ("2", "5")]),
        ] {
            let raised = raised_by(claims, emergency);
            assert!(raised.iter().all(|(kind, reason)| reason.goes_with(*kind)));
            let codes: Vec<_> = raised
                .iter()
                .map(|(kind, reason)| (kind.code(), reason.code()))
                .collect();
            assert_eq!(codes, expected);
        }
    }
}
