//! Makes messages with signatures of any kind, the wrong ones too.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
};
use xml::{canonical, ns};

use crate::support::{USERNAME, edit, query_message};

pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(super) const RSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
pub(super) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
pub(super) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
pub(super) const X509_V3: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";

pub(super) const STAMP: &str = "TS-0A0A0A0A-0000-4000-8000-000000000004";
/// Everything that can be signed, by the ids that [`with_ids`] gives.
pub(super) const EVERYTHING: [&str; 6] = [STAMP, "user", "body", "id", "action", "to"];

/// A certificate with its key.
pub(super) struct Identity {
    pub(super) der: Vec<u8>,
    pub(super) pem: String,
    pub(super) key_pem: String,
    key_der: Vec<u8>,
}

impl Identity {
    pub(super) fn new(key: &KeyPair, common_name: &str, usage: Vec<KeyUsagePurpose>) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        params.key_usages = usage;
        Self::of(key, &params)
    }

    pub(super) fn of(key: &KeyPair, params: &CertificateParams) -> Self {
        let certificate = params.self_signed(key).expect("a certificate");
        Self {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
        }
    }

    pub(super) fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    fn sign(&self, method: &str, bytes: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        if let Ok(key) = RsaKeyPair::from_pkcs8(&self.key_der) {
            let padding: &'static dyn RsaEncoding = match method {
                RSA_SHA512 => &RSA_PKCS1_SHA512,
                _ => &RSA_PKCS1_SHA256,
            };
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(padding, &random, bytes, &mut signature)
                .expect("signed");
            return signature;
        }
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key_der);
        let signature = key.expect("a key").sign(&random, bytes).expect("signed");
        signature.as_ref().to_vec()
    }
}

pub(super) fn rsa_key() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).expect("a key")
}

/// The client's; one key for all tests, because making one takes long.
pub(super) static CLIENT: LazyLock<Identity> =
    LazyLock::new(|| Identity::new(&rsa_key(), USERNAME, Vec::new()));
/// Somebody else's, with the same name.
pub(super) static IMPOSTOR: LazyLock<Identity> =
    LazyLock::new(|| Identity::new(&rsa_key(), USERNAME, Vec::new()));
/// The client's on P-256.
pub(super) static CURVE: LazyLock<Identity> = LazyLock::new(|| {
    let key = KeyPair::generate().expect("a key");
    Identity::new(&key, USERNAME, vec![KeyUsagePurpose::DigitalSignature])
});

/// How a message is signed.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) ids: Vec<&'static str>,
    pub(super) digest: &'static str,
    pub(super) method: &'static str,
    /// `PrefixList` of every transform, and of the SignedInfo; none when empty.
    pub(super) prefixes: &'static str,
    pub(super) key: KeyForm,
}

#[derive(Clone, Copy)]
pub(super) enum KeyForm {
    /// A BinarySecurityToken and a reference to it.
    Token,
    /// In an X509Data.
    Certificate,
}

impl Default for Plan {
    /// As a Toolkit client signs: the Timestamp.
    fn default() -> Self {
        Self {
            ids: vec![STAMP],
            digest: SHA256,
            method: RSA_SHA256,
            prefixes: "",
            key: KeyForm::Token,
        }
    }
}

impl Plan {
    pub(super) fn of(ids: &[&'static str]) -> Self {
        Self {
            ids: ids.to_vec(),
            ..Self::default()
        }
    }
}

/// A valid querySCR request in which everything that can be signed has an id.
pub(super) fn with_ids() -> String {
    let mut text = query_message();
    let wsu = format!(" xmlns:wsu=\"{}\"", ns::WSU);
    text = edit(
        &text,
        "<wsu:Timestamp ",
        &format!("<wsu:Timestamp wsu:Id=\"{STAMP}\" "),
    );
    for (tag, id) in [
        ("wsse:UsernameToken", "user"),
        ("soap:Body", "body"),
        ("wsa:MessageID", "id"),
        ("wsa:Action", "action"),
        ("wsa:To", "to"),
    ] {
        let from = format!("<{tag}>");
        text = edit(&text, &from, &format!("<{tag}{wsu} wsu:Id=\"{id}\">"));
    }
    text
}

/// A request signed by the client.
pub(super) fn signed(plan: &Plan) -> String {
    sign(&CLIENT, &with_ids(), plan)
}

/// A request of which everything is signed.
pub(super) fn all_signed() -> String {
    signed(&Plan::of(&EVERYTHING))
}

/// Adds a signature to a message.
pub(super) fn sign(identity: &Identity, message: &str, plan: &Plan) -> String {
    seal(identity, message, plan, |info| info, |key| key)
}

/// As [`sign`], with the SignedInfo and the KeyInfo changed before it is signed.
pub(super) fn seal(
    identity: &Identity,
    message: &str,
    plan: &Plan,
    info: impl FnOnce(String) -> String,
    key: impl FnOnce(String) -> String,
) -> String {
    let token = format!(
        "<wsse:BinarySecurityToken xmlns:wsu=\"{}\" wsu:Id=\"token\" ValueType=\"{X509_V3}\">{}</wsse:BinarySecurityToken>",
        ns::WSU,
        identity.base64()
    );
    let (token, key_info) = match plan.key {
        KeyForm::Token => (
            token,
            "<wsse:SecurityTokenReference><wsse:Reference URI=\"#token\"/></wsse:SecurityTokenReference>".to_owned(),
        ),
        KeyForm::Certificate => (
            String::new(),
            format!("<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>", identity.base64()),
        ),
    };
    let signature = format!(
        "{token}<ds:Signature xmlns:ds=\"{}\">{}<ds:SignatureValue>VALUE</ds:SignatureValue><ds:KeyInfo>{}</ds:KeyInfo></ds:Signature></wsse:Security>",
        ns::DS,
        info(signed_info(message, plan)),
        key(key_info)
    );
    let text = edit(message, "</wsse:Security>", &signature);
    value_filled_in(identity, &text, plan)
}

fn value_filled_in(identity: &Identity, text: &str, plan: &Plan) -> String {
    let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
    let signed_info = doc.root().find(ns::DS, "SignedInfo").expect("SignedInfo");
    let prefixes: Vec<_> = plan.prefixes.split_whitespace().collect();
    let bytes = canonical::exclusive(&signed_info, &prefixes).expect("within limits");
    let value = STANDARD.encode(identity.sign(plan.method, &bytes));
    edit(text, ">VALUE<", &format!(">{value}<"))
}

fn signed_info(message: &str, plan: &Plan) -> String {
    let inclusive = match plan.prefixes {
        "" => String::new(),
        list => format!(
            "<c:InclusiveNamespaces xmlns:c=\"{}\" PrefixList=\"{list}\"/>",
            canonical::ALGORITHM
        ),
    };
    let algorithm = canonical::ALGORITHM;
    let references: String = plan
        .ids
        .iter()
        .map(|id| {
            format!(
                "<ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"{algorithm}\">{inclusive}</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"{}\"/><ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
                plan.digest,
                digest_of(message, id, plan)
            )
        })
        .collect();
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{algorithm}\">{inclusive}</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{}\"/>{references}</ds:SignedInfo>",
        plan.method
    )
}

fn digest_of(message: &str, id: &str, plan: &Plan) -> String {
    let doc = xml::Document::parse(message.as_bytes()).expect("well-formed");
    let target = doc
        .root()
        .descendants()
        .find(|element| element.attribute_ns(ns::WSU, "Id") == Some(id));
    let Some(target) = target else {
        return STANDARD.encode([0; 32]);
    };
    let prefixes: Vec<_> = plan.prefixes.split_whitespace().collect();
    let bytes = canonical::exclusive(&target, &prefixes).expect("within limits");
    let algorithm = match plan.digest {
        SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        SHA512 => &digest::SHA512,
        _ => &digest::SHA256,
    };
    STANDARD.encode(digest::digest(algorithm, &bytes))
}
