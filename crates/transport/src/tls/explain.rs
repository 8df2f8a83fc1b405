//! Says in plain words why TLS failed, and what does not match.

use std::error::Error as StdError;
use std::io;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, Error};
use rustls_pki_types::UnixTime;

use crate::PeerCertificate;

/// Why a handshake failed: a fixed word for metrics and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explanation {
    pub(crate) label: &'static str,
    pub(crate) text: String,
}

/// Finds the TLS library's error behind an I/O or HTTP error.
pub(crate) fn tls_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found);
        }
        // An I/O error passes over its content when asked for its source.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// Whether a service says that it does not take us as a caller, which it does before it reads what
/// we send.
pub(crate) fn refuses_us(error: &Error) -> bool {
    use AlertDescription as A;
    let Error::AlertReceived(alert) = error else {
        return false;
    };
    matches!(
        alert,
        A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::CertificateRequired
            | A::NoCertificate
            | A::UnknownCA
            | A::AccessDenied
            | A::HandshakeFailure
            | A::ProtocolVersion
            | A::InsufficientSecurity
    )
}

/// Why the handshake with a client failed, seen from the listener.
pub(crate) fn client(error: &io::Error, refused: Option<&PeerCertificate>) -> Explanation {
    let explain = |label, text: String| Explanation { label, text };
    let Some(error) = tls_error(error) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => explain(
                "closed",
                "the client closed the connection in the handshake".to_owned(),
            ),
            _ => explain("io", error.to_string()),
        };
    };
    match error {
        Error::NoCertificatesPresented => explain(
            "no_certificate",
            "the client sent no certificate".to_owned(),
        ),
        Error::InvalidCertificate(why) => {
            let (label, why) = certificate(why, "client");
            explain(
                label,
                format!("the client's certificate {}{why}", whose(refused)),
            )
        }
        Error::AlertReceived(alert) => {
            explain("client_alert", format!("the client {}", objection(*alert)))
        }
        Error::InvalidMessage(_) => explain(
            "not_tls",
            "what the client sent is not TLS (plain HTTP?)".to_owned(),
        ),
        Error::PeerIncompatible(why) => explain(
            "incompatible",
            format!("the client and we have no TLS version or algorithm in common: {why:?}"),
        ),
        Error::NoApplicationProtocol => explain(
            "incompatible",
            "the client does not offer HTTP/1.1".to_owned(),
        ),
        other => explain("protocol", other.to_string()),
    }
}

/// Why the handshake with a service failed, seen from the connector.
pub(crate) fn service(
    error: &Error,
    refused: Option<&PeerCertificate>,
    ours: &PeerCertificate,
) -> String {
    match error {
        Error::InvalidCertificate(why) => {
            let (_, why) = certificate(why, "server");
            format!("the service's certificate {}{why}", whose(refused))
        }
        Error::AlertReceived(alert) => {
            let ours = format!("ours: {}, valid until {}", ours.subject, ours.not_after);
            format!("the service {} ({ours})", objection(*alert))
        }
        Error::InvalidMessage(_) => "what the service sent is not TLS".to_owned(),
        Error::PeerIncompatible(why) => {
            format!("the service and we have no TLS version or algorithm in common: {why:?}")
        }
        other => other.to_string(),
    }
}

/// What is wrong with the other side's certificate, after "the certificate".
pub(crate) fn certificate(error: &CertificateError, purpose: &str) -> (&'static str, String) {
    use CertificateError as E;
    match error {
        E::Expired => ("expired", "has expired".to_owned()),
        E::ExpiredContext { not_after, .. } => {
            ("expired", format!("expired at {}", instant(*not_after)))
        }
        E::NotValidYet => ("not_yet_valid", "is not valid yet".to_owned()),
        E::NotValidYetContext { not_before, .. } => (
            "not_yet_valid",
            format!("is not valid before {}", instant(*not_before)),
        ),
        E::Revoked => ("revoked", "has been revoked".to_owned()),
        E::UnknownIssuer | E::BadSignature => (
            "unknown_issuer",
            "was not issued by one of our configured authorities".to_owned(),
        ),
        E::UnknownRevocationStatus => (
            "unknown_revocation",
            "cannot be looked up: there is no revocation list of its issuer".to_owned(),
        ),
        E::NotValidForName => ("wrong_name", "is not for the name we called".to_owned()),
        E::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names = if presented.is_empty() {
                "no name".into()
            } else {
                presented.join(", ")
            };
            (
                "wrong_name",
                format!("is not for {}: it is for {names}", expected.to_str()),
            )
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            ("wrong_purpose", format!("may not be used by a {purpose}"))
        }
        other => ("bad_certificate", format!("cannot be accepted: {other}")),
    }
}

/// What the other side objects to, after "the client" or "the service".
fn objection(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let plain = match alert {
        A::CertificateRequired => "asks for a certificate and got none",
        A::UnknownCA => "does not know the authority of our certificate",
        A::CertificateExpired => "refused our certificate as expired",
        A::CertificateRevoked => "refused our certificate as revoked",
        A::BadCertificate | A::CertificateUnknown | A::UnsupportedCertificate => {
            "refused our certificate"
        }
        A::AccessDenied => "knows our certificate and denied access",
        A::HandshakeFailure | A::ProtocolVersion | A::InsufficientSecurity => {
            "finds no TLS version or algorithm in common, or wants another certificate"
        }
        A::UnrecognisedName => "does not serve the name we called",
        _ => "refused the handshake",
    };
    format!("{plain} (TLS alert {alert:?})")
}

fn whose(certificate: Option<&PeerCertificate>) -> String {
    certificate
        .map(|c| format!("(subject {:?}, issuer {:?}) ", c.subject, c.issuer))
        .unwrap_or_default()
}

fn instant(time: UnixTime) -> Timestamp {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tls_error_is_found_inside_others() {
        let tls = Error::AlertReceived(AlertDescription::UnknownCA);
        let io = io::Error::new(io::ErrorKind::InvalidData, tls.clone());
        let outer = io::Error::other(io);
        assert_eq!(tls_error(&outer), Some(&tls));
        assert_eq!(tls_error(&io::Error::other("plain")), None);
    }

    #[test]
    fn a_refusal_of_the_caller_is_told_from_other_trouble() {
        use AlertDescription as A;
        for (error, expected) in [
            (Error::AlertReceived(A::CertificateRequired), true),
            (Error::AlertReceived(A::UnknownCA), true),
            (Error::AlertReceived(A::InternalError), false),
            (Error::AlertReceived(A::BadRecordMac), false),
            (Error::DecryptError, false),
        ] {
            assert_eq!(refuses_us(&error), expected, "{error}");
        }
    }

    #[test]
    fn failures_have_a_word_and_a_sentence() {
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_700_000_000));
        let io = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        for (error, label, says) in [
            (
                io(Error::NoCertificatesPresented),
                "no_certificate",
                "sent no certificate",
            ),
            (
                io(CertificateError::ExpiredContext {
                    time,
                    not_after: time,
                }
                .into()),
                "expired",
                "expired at 2023-11-14T22:13:20Z",
            ),
            (io(CertificateError::Revoked.into()), "revoked", "revoked"),
            (
                io(CertificateError::UnknownIssuer.into()),
                "unknown_issuer",
                "authorities",
            ),
            (
                io(Error::AlertReceived(AlertDescription::UnknownCA)),
                "client_alert",
                "does not know the authority of our certificate",
            ),
            (
                io::ErrorKind::UnexpectedEof.into(),
                "closed",
                "closed the connection",
            ),
        ] {
            let explained = client(&error, None);
            assert_eq!(explained.label, label);
            assert!(explained.text.contains(says), "{}", explained.text);
        }
    }
}
