//! Who is calling: the certificate of a connection, parsed once.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its certificate, verified; `None` on a plain listener.
    pub certificate: Option<Arc<PeerCertificate>>,
    /// Its network address.
    pub address: SocketAddr,
}

/// What is known of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The first common name of the subject; empty when it has none.
    pub common_name: String,
    /// The subject's distinguished name, such as `CN=smsp.example, O=Example`.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The serial number, lower-case hex.
    pub serial: String,
    /// SHA-256 of the whole certificate (DER), lower-case hex.
    pub fingerprint: String,
    /// The DNS names of the subject alternative name.
    pub dns_names: Vec<String>,
    /// The last instant it is valid.
    pub not_after: Timestamp,
}

/// How a registered system's certificate is recognised. Its chain has been verified by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateMatch {
    /// By its subject's common name, exactly.
    CommonName(String),
    /// By the SHA-256 of the whole certificate, hex in either case.
    Fingerprint(String),
}

impl PeerCertificate {
    /// Reads a DER certificate; `None` when it is not one.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let common_name = certificate.subject().iter_common_name().next();
        Some(Self {
            common_name: common_name
                .and_then(|n| n.as_str().ok())
                .unwrap_or_default()
                .to_owned(),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: hex(certificate.raw_serial()),
            fingerprint: hex(&Sha256::digest(der)),
            dns_names: dns_names(&certificate),
            not_after: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?,
        })
    }
}

impl CertificateMatch {
    /// Whether this is the certificate meant. An empty name or fingerprint matches nothing.
    pub fn is(&self, certificate: &PeerCertificate) -> bool {
        match self {
            Self::CommonName(name) => !name.is_empty() && *name == certificate.common_name,
            Self::Fingerprint(hex) => {
                !hex.is_empty() && hex.eq_ignore_ascii_case(&certificate.fingerprint)
            }
        }
    }
}

fn dns_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = names.value.general_names.iter();
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> PeerCertificate {
        PeerCertificate {
            common_name: "one.example".to_owned(),
            subject: "CN=one.example".to_owned(),
            issuer: "CN=Test".to_owned(),
            serial: "01".to_owned(),
            fingerprint: "ab12".to_owned(),
            dns_names: Vec::new(),
            not_after: Timestamp::MAX,
        }
    }

    #[test]
    fn certificates_are_recognised_by_name_or_fingerprint() {
        use CertificateMatch::{CommonName, Fingerprint};
        for (rule, expected) in [
            (CommonName("one.example".to_owned()), true),
            (CommonName("One.example".to_owned()), false),
            (CommonName(String::new()), false),
            (Fingerprint("AB12".to_owned()), true),
            (Fingerprint("ab1".to_owned()), false),
            (Fingerprint(String::new()), false),
        ] {
            assert_eq!(rule.is(&certificate()), expected, "{rule:?}");
        }
        let nameless = PeerCertificate {
            common_name: String::new(),
            ..certificate()
        };
        assert!(!CommonName(String::new()).is(&nameless));
    }

    #[test]
    fn what_is_not_a_certificate_is_nothing() {
        assert_eq!(PeerCertificate::from_der(b""), None);
        assert_eq!(PeerCertificate::from_der(b"\x30\x03\x02\x01\x01"), None);
    }
}
