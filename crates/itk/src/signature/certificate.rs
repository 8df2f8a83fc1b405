//! The certificate of a signature: which key it holds, and whether that may sign.

use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_RSAENCRYPTION};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate};
use x509_parser::public_key::PublicKey as Parsed;

/// Bits of an RSA modulus.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A public key of a kind that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublicKey<'c> {
    /// `RSAPublicKey` of PKCS#1.
    Rsa(&'c [u8]),
    /// A point on P-256.
    P256(&'c [u8]),
}

impl PublicKey<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Rsa(bytes) | Self::P256(bytes) => bytes,
        }
    }
}

/// Reads a certificate; nothing may follow it.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    }
}

/// Its key, when it may sign messages; else why not.
pub(super) fn signing_key<'c>(
    certificate: &'c X509Certificate<'_>,
) -> Result<PublicKey<'c>, &'static str> {
    let usage = certificate
        .key_usage()
        .map_err(|_| "has a key usage that cannot be read")?;
    // Non-repudiation is digital signing too, of what nobody may deny later.
    if usage.is_some_and(|usage| !usage.value.digital_signature() && !usage.value.non_repudiation())
    {
        return Err("is not for signing (key usage)");
    }
    public_key(certificate.public_key())
}

fn public_key<'c>(info: &'c SubjectPublicKeyInfo<'_>) -> Result<PublicKey<'c>, &'static str> {
    let bytes = info.subject_public_key.data.as_ref();
    let algorithm = &info.algorithm;
    if algorithm.algorithm == OID_PKCS1_RSAENCRYPTION {
        return match info.parsed() {
            Ok(Parsed::RSA(key)) if RSA_BITS.contains(&bits(key.modulus)) => {
                Ok(PublicKey::Rsa(bytes))
            }
            Ok(Parsed::RSA(_)) => Err("has an RSA key that is not of 2048 to 8192 bits"),
            _ => Err("has an RSA key that cannot be read"),
        };
    }
    let curve = algorithm
        .parameters
        .as_ref()
        .and_then(|parameters| parameters.as_oid().ok());
    if algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == Some(OID_EC_P256) {
        return Ok(PublicKey::P256(bytes));
    }
    Err("has neither an RSA key nor one on the curve P-256")
}

fn bits(modulus: &[u8]) -> usize {
    let start = modulus.iter().position(|byte| *byte != 0);
    let significant = start.map_or(&[][..], |start| &modulus[start..]);
    match significant.first() {
        Some(first) => significant.len() * 8 - first.leading_zeros() as usize,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_a_modulus() {
        for (modulus, expected) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[0, 1], 1),
            (&[0x80, 0], 16),
            (&[0, 0x80, 0], 16),
            (&[0x7f, 0xff], 15),
        ] {
            assert_eq!(bits(modulus), expected, "{modulus:?}");
        }
    }

    #[test]
    fn what_is_not_a_certificate_is_none() {
        for der in [&b""[..], b"\x30\x03\x02\x01\x01", &[0xff; 40]] {
            assert!(parse(der).is_none());
        }
    }
}
