//! Whose signatures are trusted: certificates that come inside a message, checked as those of a
//! connection are.
//!
//! Like a listener's, the files are looked at again while running, so that a certificate revoked
//! today does not sign until the next restart. Unlike a listener, nothing here runs by itself:
//! somebody calls [`ClientTrust::refresh`] from time to time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls::Error;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::tls::{client_verifier, explain};
use crate::{PeerCertificate, TransportError, files};

/// The authorities, and the revocation lists, that certificates of signatures are held against.
///
/// The rules are those of a connection's client certificate ([`TlsFiles`](crate::TlsFiles)): a
/// path to an authority through the certificates that came along, dates, purpose, and, when there
/// are revocation lists, one of the issuer's that does not name it.
pub struct ClientTrust {
    authorities: PathBuf,
    revoked: Option<PathBuf>,
    loaded: ArcSwap<Loaded>,
}

struct Loaded {
    verifier: Arc<dyn ClientCertVerifier>,
    stamps: Stamps,
}

/// When each file was last changed, and its length; nothing of a file that is not there.
type Stamps = [Option<(SystemTime, u64)>; 2];

impl ClientTrust {
    /// Reads the PEM files: the authorities, and the revocation lists if there are any.
    pub fn load(authorities: &Path, revoked: Option<&Path>) -> Result<Self, TransportError> {
        let loaded = Loaded::from_files(authorities, revoked)?;
        Ok(Self {
            authorities: authorities.to_owned(),
            revoked: revoked.map(Path::to_owned),
            loaded: ArcSwap::from_pointee(loaded),
        })
    }

    /// Reads the files again if one of them was replaced, and says whether it did. When they
    /// cannot be used, those read before stay in force.
    pub fn refresh(&self) -> Result<bool, TransportError> {
        let revoked = self.revoked.as_deref();
        if stamps(&self.authorities, revoked) == self.loaded.load().stamps {
            return Ok(false);
        }
        let loaded = Loaded::from_files(&self.authorities, revoked)?;
        self.loaded.store(Arc::new(loaded));
        Ok(true)
    }

    /// Whether a certificate (DER) may sign, now: what is known of it, or else why not, for the
    /// operator. `chain` is what came with it, in any order, and is not trusted by itself.
    pub fn check(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<PeerCertificate, String> {
        let certificate = PeerCertificate::from_der(leaf)
            .ok_or_else(|| "the certificate cannot be read".to_owned())?;
        let seconds = u64::try_from(now.as_second()).map_err(|_| "the clock is before 1970")?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let chain: Vec<CertificateDer<'_>> =
            chain.iter().map(|der| der.as_slice().into()).collect();
        let verifier = &self.loaded.load().verifier;
        match verifier.verify_client_cert(&leaf.into(), &chain, now) {
            Ok(_) => Ok(certificate),
            Err(error) => Err(why_not(&certificate, &error)),
        }
    }
}

impl Loaded {
    fn from_files(authorities: &Path, revoked: Option<&Path>) -> Result<Self, TransportError> {
        // Stamps first: a change while reading is then seen as one at the next look.
        let stamps = stamps(authorities, revoked);
        let verifier = client_verifier(authorities, revoked)?;
        Ok(Self { verifier, stamps })
    }
}

fn stamps(authorities: &Path, revoked: Option<&Path>) -> Stamps {
    [Some(authorities), revoked].map(|path| files::stamp(path?).ok())
}

fn why_not(certificate: &PeerCertificate, error: &Error) -> String {
    let why = match error {
        Error::InvalidCertificate(why) => explain::certificate(why, "client").1,
        other => format!("cannot be checked: {other}"),
    };
    let PeerCertificate {
        subject, issuer, ..
    } = certificate;
    format!("the signer's certificate (subject {subject:?}, issuer {issuer:?}) {why}")
}
