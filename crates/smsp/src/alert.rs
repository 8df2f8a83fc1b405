//! What a privacy officer must be told of.
//!
//! Looking at a record in an emergency, and claiming a relationship with a patient, each raise an
//! alert (MSCA-SCR-103 and -104), COMT_IN000001UK01 to the Spine's alert service. It is put in
//! the outbox in the same commit that records the access, so it can be late but not lost, and it
//! never holds up whoever needs the record.

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::identifier::MessageId;
use hl7v3::alert::AlertParts;
use hl7v3::wrapper::Author;
use mhs::Outgoing;
use store::OutboxEntry;

use crate::service::ScrService;
use crate::viewing::Viewing;

/// The Spine service that receives alerts, and the interaction it takes.
const SERVICE: &str = "urn:nhs:names:services:alerts";
const INTERACTION: &str = "COMT_IN000001UK01";

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

/// The outbox entry of one alert, due now. `None` never comes out: it would mean that a fresh id
/// is no id.
pub(crate) fn entry(
    service: &ScrService,
    viewing: &Viewing<'_>,
    kind: AlertType,
    reason: AlertReason,
) -> Option<OutboxEntry> {
    let id = || MessageId::parse(&service.env.uuid()).ok();
    let alert = alert(id()?, viewing, kind, reason);
    let message = id()?;
    let payload = hl7v3::alert::write(
        &AlertParts {
            id: message.as_str(),
            now: viewing.at,
            receiver: &service.config.alert_asid,
            sender: &viewing.client.asid,
            author: &Author {
                role_profile: alert.role_profile.clone(),
                user: alert.user.clone(),
                job_role: alert.job_role.clone(),
            },
        },
        &alert,
    );
    let outgoing = Outgoing {
        conversation: message.clone(),
        message,
        service: SERVICE.to_owned(),
        interaction: INTERACTION.to_owned(),
        payload: String::from_utf8(payload).ok()?,
        pattern: mhs::Pattern::Reliable,
        to_party: None,
        ref_to: None,
    };
    Some(outgoing.entry(crate::LANE, Some(viewing.patient), viewing.at))
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
        user: who.holder.user.clone(),
        user_name: who.name.clone(),
        role_profile: who.holder.role_profile.clone(),
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
