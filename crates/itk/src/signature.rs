//! XML signatures in the WS-Security header: checked when read, made when written.
//!
//! A signature says which parts of a message somebody's key vouches for. The classic way to defeat
//! one is to keep the signed part somewhere in the message, where it still verifies, and to put
//! another part where it is acted upon. So every reference must lead to exactly one element of the
//! whole message, and that element must be the very one that the reader uses: the Timestamp, the
//! UsernameToken, the Body, or a WS-Addressing header.
//!
//! The profile is narrow, and everything outside it is refused: exclusive canonicalization without
//! comments as the only transform, an X.509 certificate in the message as the only kind of key,
//! RSA of 2048 to 8192 bits (or ECDSA on P-256), and a fixed list of algorithms. Sources: XML
//! Signature 1.0, WS-Security 1.0 with its X.509 token profile, and what the Toolkit's workbench
//! checks.
//!
//! A Toolkit client signs the Timestamp and nothing else. Such a signature proves that the holder
//! of the key took part within those minutes, and says nothing about what is asked:
//! [`Covers`] tells whether more is signed.
//!
//! Whether the certificate is trusted is not decided here.

mod algorithm;
mod certificate;
mod ids;
mod shape;
mod signer;
mod subject;
mod verify;

use std::fmt;

pub(crate) use signer::parts;
pub use signer::{Signer, SignerError};
pub use subject::certificate_subject_matches;
pub(crate) use verify::{Signed, verify};

/// A signature that is right: made with the key of this certificate, over what is used.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    /// The certificate whose key made the signature, DER. That it can be trusted is not said yet.
    pub certificate: Vec<u8>,
    /// Other certificates that came with it, DER, in their order: perhaps its issuers.
    pub chain: Vec<Vec<u8>>,
    /// What is signed, beside the Timestamp, which always is.
    pub covers: Covers,
}

/// What a signature covers beside the Timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Covers {
    /// The SOAP Body, and so everything that is asked.
    pub body: bool,
    /// The UsernameToken.
    pub username: bool,
    /// MessageID, Action and To, all three.
    pub addressing: bool,
}

/// Whether signatures and digests made with SHA-1 are accepted. The Toolkit's own clients make
/// them. Ours are never made with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sha1 {
    /// They are.
    #[default]
    Accepted,
    /// They are not.
    Refused,
}

impl fmt::Debug for Verified {
    /// The certificate as its length: it is long, and names people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("certificate_bytes", &self.certificate.len())
            .field("chain", &self.chain.len())
            .field("covers", &self.covers)
            .finish()
    }
}
