//! The algorithms that are known, by the names they have on the wire. A name that is not here is
//! refused; keyed hashes, DSA and everything with MD5 among them.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};

use super::Sha1;
use super::certificate::PublicKey;

/// A digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

/// A way of signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    RsaSha1,
    RsaSha256,
    RsaSha512,
    EcdsaSha256,
}

impl Digest {
    const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// `DigestMethod/@Algorithm`
    pub(super) fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    /// The digest of this name, if it is accepted.
    pub(super) fn accepted(uri: &str, sha1: Sha1) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|digest| digest.uri() == uri)?;
        (found != Self::Sha1 || sha1 == Sha1::Accepted).then_some(found)
    }

    pub(super) fn of(self, bytes: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes)
    }
}

impl Method {
    const ALL: [Self; 4] = [
        Self::RsaSha1,
        Self::RsaSha256,
        Self::RsaSha512,
        Self::EcdsaSha256,
    ];

    /// `SignatureMethod/@Algorithm`
    pub(super) fn uri(self) -> &'static str {
        match self {
            Self::RsaSha1 => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            Self::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        }
    }

    /// The method of this name, if it is accepted.
    pub(super) fn accepted(uri: &str, sha1: Sha1) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|method| method.uri() == uri)?;
        (found != Self::RsaSha1 || sha1 == Sha1::Accepted).then_some(found)
    }

    /// Whether the key can have signed in this way at all. The message names the method, the
    /// certificate the kind of key: they are never taken for one another.
    pub(super) fn is_for(self, key: &PublicKey<'_>) -> bool {
        matches!(
            (self, key),
            (Self::EcdsaSha256, PublicKey::P256(_))
                | (
                    Self::RsaSha1 | Self::RsaSha256 | Self::RsaSha512,
                    PublicKey::Rsa(_)
                )
        )
    }

    /// Whether the key made this signature of these bytes.
    pub(super) fn holds(self, key: &PublicKey<'_>, bytes: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self {
            Self::RsaSha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Self::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::RsaSha512 => &RSA_PKCS1_2048_8192_SHA512,
            // XML signatures hold the two numbers one after the other, without ASN.1 (RFC 4050).
            Self::EcdsaSha256 => &ECDSA_P256_SHA256_FIXED,
        };
        self.is_for(key)
            && UnparsedPublicKey::new(algorithm, key.bytes())
                .verify(bytes, signature)
                .is_ok()
    }
}
