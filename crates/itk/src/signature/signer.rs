//! Making a signature of the Timestamp, as a Toolkit client does.
//!
//! What is signed is written in its canonical form in the first place: one element with its own
//! declarations first, double quotes, and no empty-element tags.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;
use xml::{Writer, canonical, ns};

use super::algorithm::{Digest, Method};
use super::certificate;
use super::verify::{BASE64, X509_V3};

/// Why a certificate and a key cannot sign: our own side's mistake, met when it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The certificate cannot be read or used.
    #[error("the signing certificate {0}")]
    Certificate(&'static str),
    /// The key cannot be read or used.
    #[error("the signing key {0}")]
    Key(&'static str),
    /// Certificate and key are not a pair.
    #[error("the signing key does not belong to the signing certificate")]
    NotAPair,
}

/// What messages are signed with: a certificate and its key.
pub struct Signer {
    certificate: Vec<u8>,
    key: Key,
    random: SystemRandom,
}

enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl fmt::Debug for Signer {
    /// Nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method();
        f.debug_struct("Signer").field("method", &method).finish()
    }
}

impl Signer {
    /// Takes a PEM certificate (the first one of the text counts) and its unencrypted PEM key.
    ///
    /// The key decides how messages are signed: one of RSA, 2048 to 8192 bits, with RSA-SHA256,
    /// which every Toolkit system can check; one on P-256 with ECDSA-SHA256, which some cannot.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, SignerError> {
        let der = first_block(certificate_pem, &["CERTIFICATE"])
            .ok_or(SignerError::Certificate("is not a PEM certificate"))?;
        let parsed =
            certificate::parse(&der.contents).ok_or(SignerError::Certificate("cannot be read"))?;
        let public = certificate::signing_key(&parsed).map_err(SignerError::Certificate)?;
        let key = first_block(
            key_pem,
            &["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"],
        )
        .ok_or(SignerError::Key("is not an unencrypted PEM private key"))?;
        let signer = Self {
            certificate: der.contents.clone(),
            key: Key::read(&key).ok_or(SignerError::Key(
                "is neither RSA, of 2048 to 8192 bits, nor on the curve P-256",
            ))?,
            random: SystemRandom::new(),
        };
        const TRIAL: &[u8] = b"a trial";
        let signature = signer
            .sign(TRIAL)
            .ok_or(SignerError::Key("cannot be used to sign"))?;
        match signer.method().holds(&public, TRIAL, &signature) {
            true => Ok(signer),
            false => Err(SignerError::NotAPair),
        }
    }

    /// Its certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn method(&self) -> Method {
        match self.key {
            Key::Rsa(_) => Method::RsaSha256,
            Key::P256(_) => Method::EcdsaSha256,
        }
    }

    /// The signature; `None` when the library refuses, which it has not done on the trial.
    fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &self.random, bytes, &mut signature)
                    .ok()?;
                Some(signature)
            }
            Key::P256(key) => Some(key.sign(&self.random, bytes).ok()?.as_ref().to_vec()),
        }
    }
}

impl Key {
    fn read(pem: &Pem) -> Option<Self> {
        let der = &pem.contents;
        let rsa = match pem.label.as_str() {
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(der).ok(),
            _ => RsaKeyPair::from_pkcs8(der).ok(),
        };
        if let Some(key) = rsa {
            return Some(Self::Rsa(key));
        }
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        EcdsaKeyPair::from_pkcs8(algorithm, der)
            .or_else(|_| EcdsaKeyPair::from_private_key_der(algorithm, der))
            .ok()
            .map(Self::P256)
    }
}

fn first_block(text: &str, labels: &[&str]) -> Option<Pem> {
    Pem::iter_from_buffer(text.as_bytes())
        .filter_map(Result::ok)
        .find(|block| labels.contains(&block.label.as_str()))
}

/// The parts of a signed Security header.
pub(crate) struct Parts {
    /// The BinarySecurityToken.
    pub(crate) token: Vec<u8>,
    /// The Timestamp.
    pub(crate) timestamp: Vec<u8>,
    /// The Signature.
    pub(crate) signature: Vec<u8>,
}

/// Writes the parts of a header for the message of this id. They declare their own namespaces,
/// except that the prefix `wsse` is declared around them. `None` when the library refuses to sign.
pub(crate) fn parts(
    signer: &Signer,
    message_id: &str,
    created: &str,
    expires: &str,
) -> Option<Parts> {
    let timestamp_id = format!("TS-{}", derived_uuid("Timestamp", message_id));
    let token_id = format!("X509-{}", derived_uuid("BinarySecurityToken", message_id));

    let mut w = Writer::new();
    let attributes = [("xmlns:wsu", ns::WSU), ("wsu:Id", &timestamp_id)];
    w.element("wsu:Timestamp", &attributes, |w| {
        w.text_element("wsu:Created", &[], created);
        w.text_element("wsu:Expires", &[], expires);
    });
    let timestamp = w.finish();

    let signed_info = signed_info(signer.method(), &timestamp_id, &timestamp);
    let value = STANDARD.encode(signer.sign(&signed_info)?);

    let mut w = Writer::new();
    w.element("ds:Signature", &[("xmlns:ds", ns::DS)], |w| {
        w.written(&signed_info);
        w.text_element("ds:SignatureValue", &[], &value);
        w.element("ds:KeyInfo", &[], |w| {
            w.element("wsse:SecurityTokenReference", &[], |w| {
                let uri = format!("#{token_id}");
                w.empty("wsse:Reference", &[("URI", &uri), ("ValueType", X509_V3)]);
            });
        });
    });
    let signature = w.finish();

    let mut w = Writer::new();
    let attributes = [
        ("xmlns:wsu", ns::WSU),
        ("EncodingType", BASE64),
        ("ValueType", X509_V3),
        ("wsu:Id", &token_id),
    ];
    let encoded = STANDARD.encode(signer.certificate());
    w.text_element("wsse:BinarySecurityToken", &attributes, &encoded);
    Some(Parts {
        token: w.finish(),
        timestamp,
        signature,
    })
}

/// `ds:SignedInfo` in its canonical form, of a Timestamp in its canonical form.
fn signed_info(method: Method, timestamp_id: &str, timestamp: &[u8]) -> Vec<u8> {
    let algorithm = |w: &mut Writer, name: &str, uri: &str| {
        w.element(name, &[("Algorithm", uri)], |_| {});
    };
    let mut w = Writer::new();
    w.element("ds:SignedInfo", &[("xmlns:ds", ns::DS)], |w| {
        algorithm(w, "ds:CanonicalizationMethod", canonical::ALGORITHM);
        algorithm(w, "ds:SignatureMethod", method.uri());
        let uri = format!("#{timestamp_id}");
        w.element("ds:Reference", &[("URI", &uri)], |w| {
            w.element("ds:Transforms", &[], |w| {
                algorithm(w, "ds:Transform", canonical::ALGORITHM);
            });
            algorithm(w, "ds:DigestMethod", Digest::Sha256.uri());
            let digest = STANDARD.encode(Digest::Sha256.of(timestamp));
            w.text_element("ds:DigestValue", &[], &digest);
        });
    });
    w.finish()
}

/// An upper-case UUID (version 8) made of a message id, always the same and unlike all others: a
/// part of a message needs an id of its own, and there is no randomness here.
fn derived_uuid(part: &str, message_id: &str) -> String {
    let digest = digest(&SHA256, format!("minispine {part} {message_id}").as_bytes());
    let mut bytes = [0; 16];
    for (byte, digested) in bytes.iter_mut().zip(digest.as_ref()) {
        *byte = *digested;
    }
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02X}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_uuids_and_differ() {
        let one = derived_uuid("a", "m");
        assert!(crate::uuid::is_upper(&one), "{one}");
        assert_eq!(&one[14..15], "8");
        assert_eq!(one, derived_uuid("a", "m"));
        assert_ne!(one, derived_uuid("b", "m"));
        assert_ne!(one, derived_uuid("a", "n"));
    }

    #[test]
    fn what_is_signed_is_written_in_canonical_form() {
        let bytes = signed_info(Method::RsaSha256, "TS-1", b"x");
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let canonical = canonical::exclusive(&doc.root(), &[]).expect("within limits");
        assert_eq!(canonical, bytes);
    }
}
