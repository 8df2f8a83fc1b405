//! Which systems may speak to this Spine, and as whom.
//!
//! The national Spine knows its callers twice: by the certificate of the connection and by the
//! accredited system id (ASID) in the message. Both are in the directory, and they must agree.

use domain::{Asid, PartyKey};
use transport::{CertificateMatch, PeerCertificate};

/// A system that may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// A name for logs and audit.
    pub name: String,
    /// How its certificate is recognised.
    pub certificate: CertificateMatch,
    /// The ASIDs it may send as.
    pub asids: Vec<Asid>,
    /// The party key it sends ebXML messages as; without one it may send none.
    pub party_key: Option<PartyKey>,
    /// The interactions it may send; `None` for every one this Spine answers.
    pub interactions: Option<Vec<String>>,
}

/// All systems that may connect.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    systems: Vec<System>,
}

/// Why a caller is turned away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unregistered {
    /// The certificate belongs to no system.
    #[error("the client certificate is not registered with this Spine")]
    Certificate,
    /// The message names an ASID that is not one of this system's.
    #[error("the sending ASID is not registered for this client certificate")]
    Asid,
    /// The message names a party key that is not this system's.
    #[error("the sending party key is not registered for this client certificate")]
    Party,
    /// The system may not send this interaction.
    #[error("the system is not registered for this interaction")]
    Interaction,
}

impl Directory {
    /// A directory of these systems.
    pub fn new(systems: Vec<System>) -> Self {
        Self { systems }
    }

    /// The system a certificate belongs to.
    pub fn system(&self, certificate: Option<&PeerCertificate>) -> Result<&System, Unregistered> {
        let certificate = certificate.ok_or(Unregistered::Certificate)?;
        self.systems
            .iter()
            .find(|system| system.certificate.is(certificate))
            .ok_or(Unregistered::Certificate)
    }
}

impl System {
    /// Whether it may send this interaction as this ASID.
    pub fn may_send(&self, asid: &Asid, interaction: &str) -> Result<(), Unregistered> {
        match self.asids.contains(asid) {
            true => self.may_ask(interaction),
            false => Err(Unregistered::Asid),
        }
    }

    /// Whether it may send ebXML messages as this party.
    pub fn may_speak_as(&self, party: &PartyKey) -> Result<(), Unregistered> {
        match &self.party_key {
            Some(own) if own == party => Ok(()),
            _ => Err(Unregistered::Party),
        }
    }

    /// Whether it may send this interaction, as whoever.
    pub fn may_ask(&self, interaction: &str) -> Result<(), Unregistered> {
        match &self.interactions {
            Some(allowed) if !allowed.iter().any(|i| i == interaction) => {
                Err(Unregistered::Interaction)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(common_name: &str, fingerprint: &str) -> PeerCertificate {
        PeerCertificate {
            common_name: common_name.to_owned(),
            subject: format!("CN={common_name}"),
            issuer: "CN=Test".to_owned(),
            serial: "1".to_owned(),
            fingerprint: fingerprint.to_owned(),
            dns_names: Vec::new(),
            not_after: jiff::Timestamp::MAX,
        }
    }

    fn asid(text: &str) -> Asid {
        Asid::parse(text).expect("an ASID")
    }

    fn party(text: &str) -> PartyKey {
        PartyKey::parse(text).expect("a party key")
    }

    #[test]
    fn certificate_asid_and_interaction_must_agree() {
        let directory = Directory::new(vec![
            System {
                name: "one".to_owned(),
                certificate: CertificateMatch::CommonName("one.example".to_owned()),
                asids: vec![asid("200000000001")],
                party_key: Some(party("ONE-000001")),
                interactions: None,
            },
            System {
                name: "two".to_owned(),
                certificate: CertificateMatch::Fingerprint("ab12".to_owned()),
                asids: vec![asid("200000000002")],
                party_key: None,
                interactions: Some(vec!["QUPC_IN160101UK05".to_owned()]),
            },
        ]);
        assert_eq!(directory.system(None), Err(Unregistered::Certificate));
        let stranger = certificate("three.example", "00");
        assert_eq!(
            directory.system(Some(&stranger)),
            Err(Unregistered::Certificate)
        );

        let one = directory
            .system(Some(&certificate("one.example", "00")))
            .expect("known");
        assert_eq!(one.may_send(&asid("200000000001"), "ANY"), Ok(()));
        assert_eq!(
            one.may_send(&asid("200000000002"), "ANY"),
            Err(Unregistered::Asid)
        );

        assert_eq!(one.may_speak_as(&party("one-000001")), Ok(()));
        assert_eq!(
            one.may_speak_as(&party("TWO-000002")),
            Err(Unregistered::Party)
        );

        let two = directory
            .system(Some(&certificate("x", "AB12")))
            .expect("known");
        assert_eq!(
            two.may_send(&asid("200000000002"), "QUPC_IN160101UK05"),
            Ok(())
        );
        assert_eq!(
            two.may_speak_as(&party("TWO-000002")),
            Err(Unregistered::Party)
        );
        assert_eq!(
            two.may_send(&asid("200000000002"), "QUPC_IN160103UK05"),
            Err(Unregistered::Interaction)
        );
    }
}
