//! Remembers which certificate was refused.
//!
//! The TLS library says that a certificate was refused, not whose it was; the operator wants to
//! know. A verifier sees the certificate but not the connection. Both run in the same task, one
//! inside the other, so the verifier leaves a note for the task that drives the handshake.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::PeerCertificate;

tokio::task_local! {
    static REFUSED: RefCell<Option<PeerCertificate>>;
}

/// Drives a handshake and returns with its result the certificate that was refused in it, if one
/// was.
pub(crate) async fn watching<F: Future>(handshake: F) -> (F::Output, Option<PeerCertificate>) {
    let scope = REFUSED.scope(RefCell::new(None), async {
        let output = handshake.await;
        (output, REFUSED.with(|refused| refused.take()))
    });
    scope.await
}

/// A verifier that leaves a note of the certificates it refuses, and decides nothing itself.
pub(crate) struct Witness<V: ?Sized>(Arc<V>);

impl Witness<dyn ClientCertVerifier> {
    pub(crate) fn of_clients(verifier: Arc<dyn ClientCertVerifier>) -> Arc<Self> {
        Arc::new(Self(verifier))
    }
}

impl Witness<rustls::client::WebPkiServerVerifier> {
    pub(crate) fn of_servers(verifier: Arc<rustls::client::WebPkiServerVerifier>) -> Arc<Self> {
        Arc::new(Self(verifier))
    }
}

fn note<T>(outcome: Result<T, Error>, certificate: &CertificateDer<'_>) -> Result<T, Error> {
    if matches!(&outcome, Err(Error::InvalidCertificate(why)) if *why != CertificateError::BadEncoding)
    {
        // Outside of `watching` nobody wants the note.
        let _ = REFUSED.try_with(|refused| {
            refused.replace(PeerCertificate::from_der(certificate));
        });
    }
    outcome
}

impl ServerCertVerifier for Witness<rustls::client::WebPkiServerVerifier> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        note(verified, end_entity)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

impl ClientCertVerifier for Witness<dyn ClientCertVerifier> {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        note(
            self.0.verify_client_cert(end_entity, intermediates, now),
            end_entity,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }

    fn offer_client_auth(&self) -> bool {
        self.0.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.0.client_auth_mandatory()
    }
}

impl<V: ?Sized + fmt::Debug> fmt::Debug for Witness<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
