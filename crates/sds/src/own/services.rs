//! The services of the Spine: which interaction of which service is taken where, and how messages
//! travel (the contract properties of SDS, as published rows of it have them).

/// What every service name starts with.
const SERVICES: &str = "urn:nhs:names:services:";
/// Where uploads, alerts and other reliable messages go.
const RELIABLE: &str = "/reliablemessaging/reliablerequest";
/// Where queries go that are answered by a message of their own.
const QUERY: &str = "/reliablemessaging/queryrequest";
/// Where queries go that are answered at once.
const SYNC: &str = "/sync-service";
/// Where messages go that are for others than the Spine.
const INTERMEDIARY: &str = "/reliablemessaging/intermediary";

/// How messages of a service travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Acknowledged, repeated, taken once; answered later by another reliable message.
    Reliable,
    /// Sent once; answered later by another such message.
    Express,
    /// Answered on the connection, or passed on.
    Plain,
}

/// One interaction of one of our services.
#[derive(Debug)]
pub(crate) struct Service {
    service: &'static str,
    interaction: &'static str,
    /// Where it is taken.
    pub(crate) path: &'static str,
    pattern: Pattern,
}

impl Service {
    const fn at(
        path: &'static str,
        pattern: Pattern,
        service: &'static str,
        interaction: &'static str,
    ) -> Self {
        Self {
            service,
            interaction,
            path,
            pattern,
        }
    }

    /// Service and interaction in full (`SvcIA`).
    pub(crate) fn in_full(&self) -> String {
        format!("{SERVICES}{}:{}", self.service, self.interaction)
    }
}

use Pattern::{Express, Plain, Reliable};

/// What the Spine takes, and where.
pub(crate) const OWN: &[Service] = &[
    Service::at(RELIABLE, Reliable, "psis", "REPC_IN150015UK05"),
    Service::at(RELIABLE, Reliable, "psis", "REPC_IN150016UK05"),
    Service::at(RELIABLE, Reliable, "psis", "REPC_IN150017UK02"),
    Service::at(RELIABLE, Reliable, "psis", "REPC_IN150018UK02"),
    Service::at(RELIABLE, Reliable, "alerts", "COMT_IN000001UK01"),
    Service::at(RELIABLE, Reliable, "lrs", "SET_RESOURCE_PERMISSIONS_INUK01"),
    Service::at(RELIABLE, Reliable, "lrs", "REPC_IN010000UK15"),
    Service::at(QUERY, Express, "psisquery", "QUPC_IN160101UK05"),
    Service::at(QUERY, Express, "psisquery", "QUPC_IN160103UK05"),
    Service::at(RELIABLE, Reliable, "cpisquery", "QUPC_IN000006GB01"),
    Service::at(QUERY, Express, "cpisquery", "ACCESS_TO_SERVICE"),
    Service::at(QUERY, Express, "cpisquery", "INACTIVE_NHS_NUMBERS"),
    Service::at(SYNC, Plain, "psisquery", "QUPC_IN180000UK04"),
    Service::at(SYNC, Plain, "psisquery", "QUPC_IN180000SM04"),
    Service::at(SYNC, Plain, "psisquery", "QUPC_IN190000UK04"),
    Service::at(SYNC, Plain, "lrsquery", "GET_RESOURCE_PERMISSIONS_INUK01"),
    Service::at(SYNC, Plain, "lrsquery", "HAS_RESOURCE_PERMISSIONS_INUK01"),
    Service::at(SYNC, Plain, "lrsquery", "QUPC_IN010000UK32"),
    Service::at(INTERMEDIARY, Plain, "tms", "ReliableIntermediary"),
    Service::at(INTERMEDIARY, Plain, "tms", "ExpressIntermediary"),
];

/// What the Spine sends to whoever asked it by a message: services and interactions.
const REPLIES: &[(&str, &str)] = &[
    ("psis", "MCCI_IN010000UK13"),
    ("alerts", "MCCI_IN010000UK13"),
    ("lrs", "MCCI_IN010000UK13"),
    ("lrs", "REPC_IN020000UK13"),
    ("psisquery", "QUPC_IN160102UK05"),
    ("psisquery", "QUPC_IN160104UK05"),
    ("psisquery", "QUQI_IN010000UK14"),
    ("psisquery", "MCCI_IN010000UK13"),
    ("cpisquery", "REPC_IN000007GB01"),
    ("cpisquery", "REPC_IN000004GB01"),
    ("cpisquery", "REPC_IN000005GB01"),
    ("cpisquery", "QUQI_IN010000UK14"),
    ("cpisquery", "MCCI_IN010000UK13"),
];

/// Everything a system may ask of the Spine, in full.
pub(crate) fn requests() -> impl Iterator<Item = String> {
    OWN.iter()
        .filter(|service| service.path != INTERMEDIARY)
        .map(Service::in_full)
}

/// Everything a system may be sent by the Spine, in full.
pub(crate) fn replies() -> impl Iterator<Item = String> {
    REPLIES
        .iter()
        .map(|(service, interaction)| format!("{SERVICES}{service}:{interaction}"))
}

/// An interaction with its service in full; more than one when several services have it, none when
/// it is named without a service and is not one of ours.
pub(crate) fn in_full(interaction: &str) -> Vec<String> {
    if interaction.contains(':') {
        return vec![interaction.to_owned()];
    }
    let is_meant = |full: &String| full.rsplit(':').next() == Some(interaction);
    requests().chain(replies()).filter(is_meant).collect()
}

/// How messages travel to an endpoint of this service and interaction: as our own list has it, else
/// as its service does.
pub(crate) fn pattern(service_interaction: &str) -> Pattern {
    let own = OWN.iter().find(|own| own.in_full() == service_interaction);
    let service = service_interaction.rsplit(':').nth(1).unwrap_or_default();
    match own {
        Some(own) => own.pattern,
        None if service.ends_with("query") => Express,
        None => Reliable,
    }
}

#[cfg(test)]
mod tests {
    use hl7v3::Interaction;

    use super::*;

    #[test]
    fn every_interaction_we_speak_is_listed() {
        for interaction in Interaction::ALL {
            let full = in_full(interaction.id());
            let own = format!("{SERVICES}{}:{}", interaction.service(), interaction.id());
            let listed = full.contains(&own);
            // Posted and polled for, answered on the connection, or inside the Spine: these have no
            // endpoint of their own.
            let elsewhere = matches!(
                interaction,
                Interaction::SummarySm
                    | Interaction::EventListAnswer
                    | Interaction::EventListAnswerSm
                    | Interaction::EventAnswer
                    | Interaction::PermissionsAnswer
                    | Interaction::HasPermissionsAnswer
                    | Interaction::RelationshipAnswer
                    | Interaction::CpisUpload
                    | Interaction::CpisUploadAnswer
            );
            assert_eq!(listed, !elsewhere, "{}", interaction.id());
        }
    }

    #[test]
    fn messages_travel_as_their_service_does() {
        for (interaction, expected) in [
            ("psis:REPC_IN150016UK05", Reliable),
            ("psis:MCCI_IN010000UK13", Reliable),
            ("psisquery:QUPC_IN160102UK05", Express),
            ("lrsquery:QUPC_IN010000UK32", Plain),
            ("cpisquery:QUPC_IN000006GB01", Reliable),
            ("cpisquery:REPC_IN000007GB01", Express),
            ("cpisquery:ACCESS_TO_SERVICE", Express),
            ("tms:ReliableIntermediary", Plain),
            ("gp2gp:COPC_IN000001UK01", Reliable),
        ] {
            assert_eq!(pattern(&format!("{SERVICES}{interaction}")), expected);
        }
        let full = in_full("MCCI_IN010000UK13");
        assert_eq!(full.len(), 5);
        assert_eq!(in_full("COPC_IN000001UK01"), Vec::<String>::new());
    }
}
