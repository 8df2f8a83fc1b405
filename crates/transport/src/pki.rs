//! A certificate authority for development and tests, and a reader of certificates.
//!
//! It makes ECDSA P-256 certificates that stand for nothing outside the folder they are kept in.
//! For live use certificates come from the authority of the other side (for Spine: the national
//! one); nothing here replaces it. Keys are returned as text: whoever keeps one writes it with
//! [`files::write_private`](crate::files::write_private).
//!
//! Serial numbers and dates come from the [`Environment`]; keys always come from the machine's
//! secure randomness, even in a simulation.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::{Environment, PeerCertificate};

/// Days an authority is valid.
const AUTHORITY_DAYS: u32 = 3650;
/// Days a revocation list may be used.
const REVOCATION_LIST_DAYS: u32 = 30;
/// What a new certificate's validity begins before now, for clocks that are a little behind.
const BACKDATED: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Why a certificate cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PkiError {
    /// The text is not a PEM certificate or key, or they do not belong together.
    #[error("{0}")]
    Unreadable(String),
    /// The request makes no sense.
    #[error("{0}")]
    Request(String),
    /// The crypto library refuses.
    #[error("the certificate cannot be made: {0}")]
    Failed(String),
}

/// A certificate authority with its key.
pub struct Authority {
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate to issue. The default has no name and no use: give both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRequest {
    /// The subject's common name; the registries of client systems go by it.
    pub common_name: String,
    /// DNS names it is valid for; a server needs one of these or an address.
    pub dns_names: Vec<String>,
    /// Addresses it is valid for.
    pub ip_addresses: Vec<IpAddr>,
    /// May be shown by a client.
    pub client: bool,
    /// May be shown by a server.
    pub server: bool,
    /// Days of validity from `not_before`, or from now when that is not given. Default 365.
    pub valid_for_days: u32,
    /// The first instant of its validity. Default: an hour ago.
    pub not_before: Option<Timestamp>,
}

impl Default for IssueRequest {
    fn default() -> Self {
        Self {
            common_name: String::new(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            client: false,
            server: false,
            valid_for_days: 365,
            not_before: None,
        }
    }
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Issued {
    /// PEM: the certificate first, then the authority's, the order in which TLS sends a chain.
    pub certificate_pem: String,
    /// PEM, PKCS#8. Secret.
    pub key_pem: String,
}

impl Authority {
    /// A new authority, valid for ten years.
    pub fn create(common_name: &str, env: &Environment) -> Result<Self, PkiError> {
        let start = env.now();
        let mut params = named(common_name, start, AUTHORITY_DAYS, env)?;
        params.not_before = date_time_ymd(1970, 1, 1) + since_1970(start)? - BACKDATED;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate_pem = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self {
            certificate_pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// An authority made earlier, from its PEM certificate and key.
    pub fn load(certificate_pem: &str, key_pem: &str) -> Result<Self, PkiError> {
        let unreadable = |what: &str| PkiError::Unreadable(format!("the authority's {what}"));
        let key =
            KeyPair::from_pem(key_pem).map_err(|_| unreadable("key is not a PEM private key"))?;
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|_| unreadable("certificate is not a PEM certificate"))?;
        let (_, certificate) = x509_parser::parse_x509_certificate(&der)
            .map_err(|_| unreadable("certificate cannot be read"))?;
        if certificate.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
            return Err(unreadable("key does not belong to its certificate"));
        }
        if !certificate.is_ca() {
            return Err(unreadable(
                "certificate is not one of a certificate authority",
            ));
        }
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(failed)?;
        Ok(Self {
            certificate_pem: certificate_pem.to_owned(),
            issuer,
        })
    }

    /// Its certificate, PEM: what the other side puts among its authorities.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Its key, PEM, PKCS#8. Secret.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// Issues a certificate with a new key.
    pub fn issue(&self, request: &IssueRequest, env: &Environment) -> Result<Issued, PkiError> {
        let params = request.params(env)?;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Issued {
            certificate_pem: format!("{}{}", certificate.pem(), self.certificate_pem),
            key_pem: key.serialize_pem(),
        })
    }

    /// A revocation list, PEM, of certificates by their serial numbers (hex, as in
    /// [`PeerCertificate::serial`]); valid for 30 days.
    pub fn revocation_list(&self, serials: &[&str], env: &Environment) -> Result<String, PkiError> {
        let now = date_time_ymd(1970, 1, 1) + since_1970(env.now())?;
        let revoked_certs = serials
            .iter()
            .map(|serial| {
                Ok(RevokedCertParams {
                    serial_number: serial_number(serial)?,
                    revocation_time: now - BACKDATED,
                    reason_code: None,
                    invalidity_date: None,
                })
            })
            .collect::<Result<_, PkiError>>()?;
        let number = u64::try_from(env.now().as_second()).unwrap_or_default();
        let params = CertificateRevocationListParams {
            this_update: now - BACKDATED,
            next_update: now + DAY * REVOCATION_LIST_DAYS,
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params
            .signed_by(&self.issuer)
            .and_then(|list| list.pem())
            .map_err(failed)
    }
}

impl IssueRequest {
    fn params(&self, env: &Environment) -> Result<CertificateParams, PkiError> {
        let refuse = |why: &str| Err(PkiError::Request(why.to_owned()));
        if !self.client && !self.server {
            return refuse("a certificate must be for a client, a server, or both");
        }
        if self.server && self.dns_names.is_empty() && self.ip_addresses.is_empty() {
            return refuse("a server's certificate needs a DNS name or an address");
        }
        let start = self.not_before.unwrap_or_else(|| env.now());
        let mut params = named(&self.common_name, start, self.valid_for_days, env)?;
        if self.not_before.is_none() {
            params.not_before -= BACKDATED;
        }
        for name in &self.dns_names {
            let name = name.as_str().try_into().map_err(|_| {
                PkiError::Request(format!("{name:?} is not a DNS name (ASCII only)"))
            })?;
            params.subject_alt_names.push(SanType::DnsName(name));
        }
        params
            .subject_alt_names
            .extend(self.ip_addresses.iter().map(|a| SanType::IpAddress(*a)));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if self.client {
            params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ClientAuth);
        }
        if self.server {
            params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        params.use_authority_key_identifier_extension = true;
        Ok(params)
    }
}

/// What is known of every certificate of a PEM text, in its order.
pub fn describe(pem: impl AsRef<[u8]>) -> Result<Vec<PeerCertificate>, PkiError> {
    let unreadable = |why: &str| PkiError::Unreadable(why.to_owned());
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem.as_ref()) {
        let der = der.map_err(|error| PkiError::Unreadable(format!("broken PEM: {error}")))?;
        let certificate = PeerCertificate::from_der(&der);
        certificates.push(certificate.ok_or_else(|| unreadable("a certificate cannot be read"))?);
    }
    if certificates.is_empty() {
        return Err(unreadable("there is no PEM certificate in it"));
    }
    Ok(certificates)
}

fn named(
    common_name: &str,
    start: Timestamp,
    days: u32,
    env: &Environment,
) -> Result<CertificateParams, PkiError> {
    if common_name.trim().is_empty() || common_name.chars().count() > 64 {
        // RFC 5280, upper bound ub-common-name.
        return Err(PkiError::Request(
            "a common name has 1 to 64 characters".to_owned(),
        ));
    }
    if !(1..=36_500).contains(&days) {
        return Err(PkiError::Request(
            "a certificate is valid for 1 to 36500 days".to_owned(),
        ));
    }
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    params.serial_number = Some(fresh_serial(env));
    params.not_before = date_time_ymd(1970, 1, 1) + since_1970(start)?;
    params.not_after = params.not_before + DAY * days;
    Ok(params)
}

/// Sixteen random bytes, positive and not zero, as RFC 5280 §4.1.2.2 wants.
fn fresh_serial(env: &Environment) -> SerialNumber {
    let mut bytes = env.random_bytes();
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&bytes)
}

fn serial_number(hex: &str) -> Result<SerialNumber, PkiError> {
    let wrong = || PkiError::Request(format!("{hex:?} is not a serial number in hex"));
    let digits = hex.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return Err(wrong());
    }
    let pairs = digits.chunks_exact(2);
    // `from_str_radix` would take a sign.
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .filter(|p| !p.starts_with(['+', '-']))
        })
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect();
    Ok(SerialNumber::from_slice(&bytes.ok_or_else(wrong)?))
}

/// Time from the start of 1970. Later than the year 2200 is refused: nobody means it, and the
/// calendar of certificates ends in 9999.
fn since_1970(instant: Timestamp) -> Result<Duration, PkiError> {
    let seconds = u64::try_from(instant.as_second())
        .ok()
        .filter(|s| *s < 230 * 365 * 24 * 3600);
    let seconds = seconds.ok_or_else(|| {
        PkiError::Request("a certificate begins between 1970 and 2200".to_owned())
    })?;
    Ok(Duration::from_secs(seconds))
}

fn failed(error: rcgen::Error) -> PkiError {
    PkiError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Environment {
        Environment::simulated("2026-11-21T09:30:00Z".parse().expect("an instant"), 1)
    }

    fn request() -> IssueRequest {
        IssueRequest {
            common_name: "one.example".to_owned(),
            dns_names: vec!["one.example".to_owned()],
            client: true,
            server: true,
            ..IssueRequest::default()
        }
    }

    #[test]
    fn an_issued_certificate_describes_itself_and_its_authority() {
        let env = env();
        let authority = Authority::create("Test CA", &env).expect("an authority");
        let issued = authority.issue(&request(), &env).expect("issued");
        let described = describe(&issued.certificate_pem).expect("described");
        let [leaf, root] = described.as_slice() else {
            panic!("{described:?}")
        };
        assert_eq!(
            (leaf.common_name.as_str(), leaf.issuer.as_str()),
            ("one.example", "CN=Test CA")
        );
        assert_eq!(leaf.dns_names, ["one.example"]);
        assert_eq!(leaf.not_after.to_string(), "2027-11-21T09:30:00Z");
        assert_eq!(leaf.fingerprint.len(), 64);
        assert_eq!(
            (root.common_name.as_str(), root.subject.as_str()),
            ("Test CA", "CN=Test CA")
        );
        assert_ne!(leaf.serial, root.serial);
    }

    #[test]
    fn an_authority_can_be_loaded_again() {
        let made = Authority::create("Test CA", &env()).expect("an authority");
        let loaded = Authority::load(made.certificate_pem(), &made.key_pem()).expect("loaded");
        assert_eq!(loaded.certificate_pem(), made.certificate_pem());
        let issued = loaded.issue(&request(), &env()).expect("issued");
        assert_eq!(
            describe(issued.certificate_pem).expect("described")[0].issuer,
            "CN=Test CA"
        );
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let authority = Authority::create("Test CA", &env()).expect("an authority");
        let other = Authority::create("Test CA", &env()).expect("an authority");
        let leaf = authority.issue(&request(), &env()).expect("issued");
        for (certificate, key, says) in [
            (
                authority.certificate_pem(),
                other.key_pem().as_str(),
                "does not belong",
            ),
            (
                leaf.certificate_pem.as_str(),
                leaf.key_pem.as_str(),
                "not one of a certificate auth",
            ),
            ("", authority.key_pem().as_str(), "not a PEM certificate"),
            (authority.certificate_pem(), "", "not a PEM private key"),
        ] {
            let error = Authority::load(certificate, key)
                .err()
                .expect("refused")
                .to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn senseless_requests_are_refused() {
        let authority = Authority::create("Test CA", &env()).expect("an authority");
        let far = "3000-01-01T00:00:00Z".parse().ok();
        for wrong in [
            IssueRequest {
                client: false,
                server: false,
                ..request()
            },
            IssueRequest {
                dns_names: Vec::new(),
                ..request()
            },
            IssueRequest {
                dns_names: vec!["größe.example".to_owned()],
                ..request()
            },
            IssueRequest {
                common_name: " ".to_owned(),
                ..request()
            },
            IssueRequest {
                common_name: "x".repeat(65),
                ..request()
            },
            IssueRequest {
                valid_for_days: 0,
                ..request()
            },
            IssueRequest {
                valid_for_days: u32::MAX,
                ..request()
            },
            IssueRequest {
                not_before: far,
                ..request()
            },
            IssueRequest {
                not_before: Some(Timestamp::MIN),
                ..request()
            },
        ] {
            let refused = authority.issue(&wrong, &env()).err();
            assert!(
                matches!(refused, Some(PkiError::Request(_))),
                "{wrong:?}: {refused:?}"
            );
        }
        assert!(authority.revocation_list(&["xyz"], &env()).is_err());
        assert!(authority.revocation_list(&["+1"], &env()).is_err());
        assert!(authority.revocation_list(&[], &env()).is_ok());
    }

    #[test]
    fn what_is_not_a_certificate_is_not_described() {
        for text in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            assert!(describe(text).is_err(), "{text:?}");
        }
    }
}
