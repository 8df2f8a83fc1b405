//! TLS: which files, and what is made of them.
//!
//! A configuration is always built whole from its files and never changed: a reload builds a new
//! one, so that no session, ticket or revocation list of an old one lives on in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use crate::{Callers, TransportError, files};

pub(crate) mod explain;
pub(crate) mod witness;

use witness::Witness;

/// The one application protocol spoken.
const HTTP_1_1: &[u8] = b"http/1.1";

/// The PEM files of one identity and of those it trusts. They are looked at again while running:
/// replace them (atomically) and new connections use the new content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate, followed by its intermediates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities the other side's certificate is checked against, and no others.
    pub authorities: PathBuf,
    /// Revocation lists. When given, every authority that issued a peer's certificate must have
    /// one: a certificate whose revocation cannot be looked up is refused. Intermediates are not
    /// looked up. A list past its next update still counts, and is warned of when loaded.
    pub revoked: Option<PathBuf>,
}

impl TlsFiles {
    /// Whether the files can be read, belong together and can be used, for listening and calling.
    pub fn check(&self) -> Result<(), TransportError> {
        self.server_config(Callers::Certified)?;
        self.client_config()?;
        Ok(())
    }

    /// What a listener needs. Certified callers must show a certificate of our authorities; of
    /// others none is asked for.
    ///
    /// Sessions are never resumed, because a resumed one skips the check of the certificate: each
    /// connection is checked in full, against the current time and revocation lists.
    pub(crate) fn server_config(&self, callers: Callers) -> Result<ServerConfig, TransportError> {
        let verifier = match callers {
            Callers::Certified => {
                let verifier = client_verifier(&self.authorities, self.revoked.as_deref())?;
                Witness::of_clients(verifier)
            }
            Callers::Anybody => WebPkiClientVerifier::no_client_auth(),
        };
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain()?, self.key()?)
            .map_err(|error| self.mismatch(&error))?;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    /// What a connector needs.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, TransportError> {
        let (authorities, revoked) = (&self.authorities, self.revoked.as_deref());
        let verifier = WebPkiServerVerifier::builder_with_provider(roots(authorities)?, provider())
            .with_crls(revocation_lists(revoked)?)
            .only_check_end_entity_revocation()
            .build()
            .map_err(|error| unusable_authorities(authorities, revoked, &error))?;
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .dangerous()
            .with_custom_certificate_verifier(Witness::of_servers(verifier))
            .with_client_auth_cert(self.chain()?, self.key()?)
            .map_err(|error| self.mismatch(&error))?;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        Ok(config)
    }

    /// What changes when one of the files is replaced. A file that is not there has no stamp.
    pub(crate) fn stamps(&self) -> Stamps {
        let revoked = self.revoked.as_deref();
        let paths = [&*self.certificate, &*self.key, &*self.authorities]
            .into_iter()
            .chain(revoked);
        Stamps(paths.map(|path| files::stamp(path).ok()).collect())
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TransportError> {
        pem_items(&self.certificate, "certificate")
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TransportError> {
        PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|_| unusable(&self.key, "there is no unencrypted PEM private key in it"))
    }

    fn mismatch(&self, error: &rustls::Error) -> TransportError {
        let key = self.key.display();
        let reason = match error {
            rustls::Error::InconsistentKeys(_) => format!("{key} is not this certificate's key"),
            other => format!("certificate and key {key} cannot be used: {other}"),
        };
        unusable(&self.certificate, reason)
    }
}

/// When each file was last changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamps(Vec<Option<(SystemTime, u64)>>);

/// Checks the certificates of clients against these authorities and revocation lists, as
/// [`TlsFiles`] says.
pub(crate) fn client_verifier(
    authorities: &Path,
    revoked: Option<&Path>,
) -> Result<Arc<dyn ClientCertVerifier>, TransportError> {
    WebPkiClientVerifier::builder_with_provider(roots(authorities)?, provider())
        .with_crls(revocation_lists(revoked)?)
        .only_check_end_entity_revocation()
        .build()
        .map_err(|error| unusable_authorities(authorities, revoked, &error))
}

fn roots(authorities: &Path) -> Result<Arc<RootCertStore>, TransportError> {
    let mut roots = RootCertStore::empty();
    for authority in pem_items(authorities, "certificate")? {
        roots.add(authority).map_err(|error| {
            unusable(authorities, format!("an authority cannot be used: {error}"))
        })?;
    }
    Ok(Arc::new(roots))
}

fn revocation_lists(
    revoked: Option<&Path>,
) -> Result<Vec<CertificateRevocationListDer<'static>>, TransportError> {
    let Some(path) = revoked else {
        return Ok(Vec::new());
    };
    let lists: Vec<CertificateRevocationListDer<'static>> = pem_items(path, "revocation list")?;
    for list in &lists {
        warn_when_overdue(path, list);
    }
    Ok(lists)
}

fn unusable_authorities(
    authorities: &Path,
    revoked: Option<&Path>,
    error: &dyn std::error::Error,
) -> TransportError {
    unusable(
        revoked.unwrap_or(authorities),
        format!("authorities and revocation lists cannot be used: {error}"),
    )
}

/// Installs the process's crypto provider (aws-lc-rs), once. Everything here brings its own, so
/// only code that uses rustls by itself needs to call this.
pub fn install_crypto_provider() {
    // An error means that one is installed already.
    let _ = CryptoProvider::install_default((*provider()).clone());
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .clone()
}

fn read(path: &Path) -> Result<Vec<u8>, TransportError> {
    files::read(path).map_err(|source| TransportError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn pem_items<T: PemObject>(path: &Path, what: &str) -> Result<Vec<T>, TransportError> {
    let items: Vec<T> = T::pem_slice_iter(&read(path)?)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(path, format!("broken PEM: {error}")))?;
    if items.is_empty() {
        return Err(unusable(path, format!("there is no PEM {what} in it")));
    }
    Ok(items)
}

fn warn_when_overdue(path: &Path, list: &CertificateRevocationListDer<'_>) {
    let Ok((_, list)) = CertificateRevocationList::from_der(list) else {
        return;
    };
    let Some(next) = list.next_update() else {
        return;
    };
    if next.timestamp() < jiff::Timestamp::now().as_second() {
        let (issuer, file) = (list.issuer().to_string(), path.display());
        tracing::warn!(%file, issuer, next_update = %next, "a revocation list is out of date");
    }
}

fn unusable(path: &Path, reason: impl Into<String>) -> TransportError {
    TransportError::Unusable {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

fn tls(error: rustls::Error) -> TransportError {
    TransportError::Tls(error.to_string())
}
