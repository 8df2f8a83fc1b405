//! The Spine itself, as its directory has it.

use domain::{Asid, OdsCode, PartyKey};

use crate::{Endpoint, Reliability};

pub(crate) mod services;

/// The Spine itself, as its directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Its organisation.
    pub organisation: OdsCode,
    /// Its ASID.
    pub asid: Asid,
    /// Its party key.
    pub party_key: PartyKey,
    /// `https://host:port`, under which its services are.
    pub url: String,
    /// The agreement that its endpoints are listed with.
    pub cpa_id: String,
    /// The agreements it takes messages under; `None` for any. One that ends in `*` stands for all
    /// that start so.
    pub agreements: Option<Vec<String>>,
}

impl Own {
    /// Whether it takes messages under this agreement (CPA id). The one it is listed with is
    /// always one of them.
    pub fn knows_agreement(&self, cpa_id: &str) -> bool {
        let is_meant = |known: &String| match known.strip_suffix('*') {
            Some(start) => cpa_id.starts_with(start),
            None => known == cpa_id,
        };
        match &self.agreements {
            None => true,
            Some(known) => cpa_id == self.cpa_id || known.iter().any(is_meant),
        }
    }

    /// Where it takes the messages of each service and interaction. What is sent to it reliably is
    /// repeated as the contract of GP Summary uploads has it.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let endpoint = |service: &services::Service| Endpoint {
            interaction: service.in_full(),
            address: format!("{}{}", self.url.trim_end_matches('/'), service.path),
            cpa_id: self.cpa_id.clone(),
            reliability: Reliability::default(),
        };
        services::OWN.iter().map(endpoint).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(agreements: Option<&[&str]>) -> Own {
        Own {
            organisation: OdsCode::parse("YES").expect("a code"),
            asid: Asid::parse("990101234567").expect("an ASID"),
            party_key: PartyKey::parse("YES-0000806").expect("a party key"),
            url: "https://spine.example:4431/".to_owned(),
            cpa_id: "S20001A000182".to_owned(),
            agreements: agreements.map(|a| a.iter().map(|a| (*a).to_owned()).collect()),
        }
    }

    #[test]
    fn agreements_may_be_named_by_their_start() {
        for (agreements, asked, expected) in [
            (None, "anything", true),
            (Some(&[][..]), "S20001A000182", true),
            (Some(&[]), "S20001A000183", false),
            (Some(&["S1"]), "S1", true),
            (Some(&["S1"]), "S12", false),
            (Some(&["S1*"]), "S12", true),
            (Some(&["S1*"]), "S1", true),
            (Some(&["S1*"]), "S2", false),
            (Some(&["*"]), "S2", true),
            (Some(&["S1"]), "", false),
        ] {
            assert_eq!(own(agreements).knows_agreement(asked), expected, "{asked}");
        }
    }

    #[test]
    fn every_service_has_one_address() {
        let endpoints = own(None).endpoints();
        let address = |interaction: &str| {
            let interaction = format!("urn:nhs:names:services:{interaction}");
            let mut found = endpoints.iter().filter(|e| e.interaction == interaction);
            let address = found.next().map(|e| e.address.clone());
            assert!(found.next().is_none(), "{interaction} is there twice");
            address.map(|a| a.replace("https://spine.example:4431", ""))
        };
        for (interaction, path) in [
            (
                "psis:REPC_IN150016UK05",
                "/reliablemessaging/reliablerequest",
            ),
            (
                "psis:REPC_IN150018UK02",
                "/reliablemessaging/reliablerequest",
            ),
            (
                "alerts:COMT_IN000001UK01",
                "/reliablemessaging/reliablerequest",
            ),
            (
                "lrs:SET_RESOURCE_PERMISSIONS_INUK01",
                "/reliablemessaging/reliablerequest",
            ),
            (
                "psisquery:QUPC_IN160101UK05",
                "/reliablemessaging/queryrequest",
            ),
            ("psisquery:QUPC_IN180000SM04", "/sync-service"),
            ("lrsquery:GET_RESOURCE_PERMISSIONS_INUK01", "/sync-service"),
            (
                "tms:ReliableIntermediary",
                "/reliablemessaging/intermediary",
            ),
            ("tms:ExpressIntermediary", "/reliablemessaging/intermediary"),
        ] {
            assert_eq!(address(interaction).as_deref(), Some(path), "{interaction}");
        }
        assert_eq!(address("pdsquery:QUPA_IN040000UK32"), None);
        assert!(endpoints.iter().all(|endpoint| endpoint.check().is_ok()));
    }
}
