//! Who may call: the registered client systems.
//!
//! A client is known three times over: by the certificate of its connection, by the user name of
//! its WS-Security header, and by the organisation it says it sends for. All three must agree
//! (SMSP specification §8.1); the certificate decides, because it alone cannot be typed in.

use std::sync::Arc;

use domain::identifier::{Asid, OdsCode};
use itk::Operation;
use transport::PeerCertificate;

pub use transport::CertificateMatch;

/// A client system that may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    /// A name for logs and audit.
    pub name: String,
    /// How its certificate is recognised.
    pub certificate: CertificateMatch,
    /// The organisation it sends for.
    pub ods: OdsCode,
    /// Its name, as alerts and activity reports show it.
    pub organisation_name: String,
    /// The accredited system id with which its queries go to the Spine.
    pub asid: Asid,
    /// Its WS-Security user name.
    pub username: String,
    /// The operations it may call, of any of the mini services.
    pub operations: Vec<Operation>,
    /// How its users prove who they are.
    pub access: AccessMethod,
    /// Whether its requests must be signed.
    pub signature: SignaturePolicy,
    /// Whether answers to it are signed.
    pub sign_answers: bool,
}

/// Whether a client's requests must carry an X.509 signature (WS-Security). One that is there is
/// verified whatever the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignaturePolicy {
    /// They may: the certificate of the connection says who is calling.
    #[default]
    Optional,
    /// They must.
    Required,
}

/// The four access methods of the common client requirements (HSCIC-ITK-ARCH-300).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessMethod {
    /// No user is present; only operations that show no record are possible without one.
    Unattended,
    /// A user is present and was authenticated locally.
    Attended,
    /// A user is present with a smartcard: user id and role profile must be in every request.
    Smartcard,
    /// A user is present with a session of the Spine: as with a smartcard.
    SessionAuthenticated,
}

/// Why a caller is turned away; every one is answered with fault 3000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// The connection carried no certificate.
    #[error("no client certificate was presented")]
    NoCertificate,
    /// The certificate belongs to no registered client.
    #[error("the client certificate is not registered")]
    Certificate,
    /// The user name is not the registered one (test SO_INVUSR).
    #[error("the WS-Security user name is not the one registered for this client")]
    Username,
    /// The audit identity names another organisation (test DE_INAUTH).
    #[error("the audit identity is not of the organisation registered for this client")]
    Organisation,
    /// The sender address names another organisation.
    #[error("the sender address is not of the organisation registered for this client")]
    Sender,
    /// The client is not registered for the operation.
    #[error("this client is not registered for the operation")]
    Operation,
    /// The client must sign, and this request is not signed.
    #[error("this client is registered to sign its requests, and this one carries no signature")]
    Unsigned,
    /// The certificate that signed is not trusted, for whatever reason the log gives.
    #[error("the certificate of the signature is not trusted")]
    Signer,
}

/// Why a registry cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two clients have one name, so that the audit could not tell them apart.
    #[error("two clients are registered under the name {0}")]
    SameName(String),
    /// Two clients claim one certificate, so that nobody could tell them apart.
    #[error("clients {first} and {second} are registered with the same certificate")]
    SameCertificate {
        /// The one registered first.
        first: String,
        /// The other.
        second: String,
    },
}

/// All registered clients.
#[derive(Debug, Clone, Default)]
pub struct ClientRegistry {
    clients: Vec<Arc<RegisteredClient>>,
}

impl ClientRegistry {
    /// A registry of these clients.
    pub fn new(clients: Vec<RegisteredClient>) -> Result<Self, RegistryError> {
        for (at, client) in clients.iter().enumerate() {
            if clients[..at].iter().any(|other| other.name == client.name) {
                return Err(RegistryError::SameName(client.name.clone()));
            }
            let same = |other: &&RegisteredClient| other.certificate == client.certificate;
            if let Some(first) = clients[..at].iter().find(same) {
                return Err(RegistryError::SameCertificate {
                    first: first.name.clone(),
                    second: client.name.clone(),
                });
            }
        }
        Ok(Self {
            clients: clients.into_iter().map(Arc::new).collect(),
        })
    }

    /// The client a certificate belongs to. A fingerprint is the closer match and wins.
    pub fn identify(
        &self,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Arc<RegisteredClient>, Stranger> {
        let certificate = certificate.ok_or(Stranger::NoCertificate)?;
        self.clients
            .iter()
            .filter(|client| client.certificate.is(certificate))
            .max_by_key(|client| matches!(client.certificate, CertificateMatch::Fingerprint(_)))
            .cloned()
            .ok_or(Stranger::Certificate)
    }
}

impl RegisteredClient {
    /// Whether what the message says of its sender agrees with the registration.
    pub(crate) fn agrees(
        &self,
        username: &str,
        organisation: &OdsCode,
        sender: Option<&str>,
    ) -> Result<(), Stranger> {
        if username != self.username {
            return Err(Stranger::Username);
        }
        if *organisation != self.ods {
            return Err(Stranger::Organisation);
        }
        match sender.map(sender_organisation) {
            Some(sender) if sender.as_ref() != Some(&self.ods) => Err(Stranger::Sender),
            _ => Ok(()),
        }
    }

    /// Whether it may call the operation.
    pub(crate) fn may_call(&self, operation: impl Into<Operation>) -> Result<(), Stranger> {
        match self.operations.contains(&operation.into()) {
            true => Ok(()),
            false => Err(Stranger::Operation),
        }
    }
}

/// The organisation of `urn:nhs-uk:addressing:ods:ORG[:…]`.
fn sender_organisation(uri: &str) -> Option<OdsCode> {
    let rest = uri.strip_prefix("urn:nhs-uk:addressing:ods:")?;
    OdsCode::parse(rest.split(':').next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, certificate: CertificateMatch) -> RegisteredClient {
        RegisteredClient {
            name: name.to_owned(),
            certificate,
            ods: OdsCode::parse("RKE").expect("an ODS code"),
            organisation_name: "Example Trust".to_owned(),
            asid: Asid::parse("200000000115").expect("an ASID"),
            username: "ward-system".to_owned(),
            operations: vec![itk::scr::Operation::QueryScr.into()],
            access: AccessMethod::Attended,
            signature: SignaturePolicy::Optional,
            sign_answers: false,
        }
    }

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

    #[test]
    fn a_certificate_finds_its_client() {
        let registry = ClientRegistry::new(vec![
            client(
                "by name",
                CertificateMatch::CommonName("one.example".to_owned()),
            ),
            client("by print", CertificateMatch::Fingerprint("AB12".to_owned())),
        ])
        .expect("distinct");
        for (certificate, expected) in [
            (None, Err(Stranger::NoCertificate)),
            (Some(certificate("", "")), Err(Stranger::Certificate)),
            (
                Some(certificate("two.example", "00")),
                Err(Stranger::Certificate),
            ),
            (Some(certificate("one.example", "00")), Ok("by name")),
            (Some(certificate("two.example", "ab12")), Ok("by print")),
            (Some(certificate("one.example", "ab12")), Ok("by print")),
        ] {
            let found = registry
                .identify(certificate.as_ref())
                .map(|c| c.name.clone());
            assert_eq!(found.as_deref().map_err(|e| *e), expected);
        }
    }

    #[test]
    fn one_certificate_is_one_client() {
        let same = || CertificateMatch::CommonName("one.example".to_owned());
        let error = ClientRegistry::new(vec![client("a", same()), client("b", same())]);
        assert_eq!(
            error.err(),
            Some(RegistryError::SameCertificate {
                first: "a".to_owned(),
                second: "b".to_owned()
            })
        );
    }

    #[test]
    fn one_name_is_one_client() {
        let named =
            |certificate: &str| client("a", CertificateMatch::CommonName(certificate.to_owned()));
        let error = ClientRegistry::new(vec![named("one.example"), named("two.example")]);
        assert_eq!(error.err(), Some(RegistryError::SameName("a".to_owned())));
    }

    #[test]
    fn user_name_organisation_and_sender_must_agree() {
        let client = client("a", CertificateMatch::CommonName("one.example".to_owned()));
        let sender = |org: &str| Some(format!("urn:nhs-uk:addressing:ods:{org}"));
        for (username, organisation, sender, expected) in [
            ("ward-system", "RKE", None, Ok(())),
            ("ward-system", "RKE", sender("RKE"), Ok(())),
            ("ward-system", "rke", sender("rke:ward"), Ok(())),
            ("other", "RKE", None, Err(Stranger::Username)),
            ("", "RKE", None, Err(Stranger::Username)),
            ("ward-system", "RKX", None, Err(Stranger::Organisation)),
            ("ward-system", "RKE", sender("RKX"), Err(Stranger::Sender)),
            (
                "ward-system",
                "RKE",
                Some("urn:other".to_owned()),
                Err(Stranger::Sender),
            ),
        ] {
            let organisation = OdsCode::parse(organisation).expect("an ODS code");
            assert_eq!(
                client.agrees(username, &organisation, sender.as_deref()),
                expected
            );
        }
    }
}
