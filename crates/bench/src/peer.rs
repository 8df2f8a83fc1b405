//! How the product is reached, from what it printed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use client::{ClientIdentity, ScrClient};
use domain::{Asid, PartyKey};
use hl7v3::wrapper::Author;
use itk::signature::Signer;
use transport::{Environment, TlsFiles, TlsUpstream, Upstream, UpstreamSettings, files};

use crate::workload::Nowhere;

/// The product, and as whom it is asked.
pub(crate) struct Peer {
    pub(crate) tls: TlsFiles,
    pub(crate) identity: ClientIdentity,
    pub(crate) author: Author,
    pub(crate) asid: Asid,
    pub(crate) spine_asid: Asid,
    pub(crate) scr_url: String,
    pub(crate) cpis_url: String,
    pub(crate) sync_url: String,
    pub(crate) reliable_url: String,
    pub(crate) api_url: String,
    /// Where its uploads go.
    pub(crate) bundle_url: String,
    pub(crate) token: String,
    pub(crate) party: PartyKey,
    pub(crate) spine_party: PartyKey,
    pub(crate) cpa_id: String,
}

impl Peer {
    /// From the line of JSON that `minispine up --json` prints.
    pub(crate) fn of(ready: &serde_json::Value) -> Result<Self> {
        let text = |path: &str| -> Result<&str> {
            ready
                .pointer(path)
                .and_then(|v| v.as_str())
                .with_context(|| format!("no {path}"))
        };
        let author = Author {
            role_profile: text("/user/role_profile_id")?.parse()?,
            user: text("/user/user_id")?.parse()?,
            job_role: text("/user/job_role")?.parse()?,
        };
        let scr_url = text("/smsp/scr")?.to_owned();
        let identity = ClientIdentity {
            user: Some(author.user.clone()),
            role_profile: Some(author.role_profile.clone()),
            job_role: Some(author.job_role.clone()),
            ..ClientIdentity::new(
                scr_url.clone(),
                text("/tls/username")?,
                text("/user/ods")?.parse()?,
            )
        };
        Ok(Self {
            tls: TlsFiles {
                certificate: text("/tls/cert")?.into(),
                key: text("/tls/key")?.into(),
                authorities: text("/tls/ca")?.into(),
                revoked: None,
            },
            identity,
            author,
            asid: text("/tls/asid")?.parse()?,
            spine_asid: text("/spine/asid")?.parse()?,
            scr_url,
            cpis_url: text("/smsp/cpis")?.to_owned(),
            sync_url: text("/spine/sync")?.to_owned(),
            api_url: text("/scr_api/base")?.to_owned(),
            bundle_url: format!("{}/Bundle", text("/scr_api/base")?),
            token: text("/scr_api/token")?.to_owned(),
            reliable_url: text("/spine/reliable")?.to_owned(),
            party: text("/tls/party_key")?.parse()?,
            spine_party: text("/spine/party_key")?.parse()?,
            cpa_id: text("/spine/cpa_id")?.to_owned(),
        })
    }

    /// Kept-alive connections to a URL, one for each worker.
    pub(crate) fn upstream(&self, url: &str, connections: usize) -> Result<Arc<dyn Upstream>> {
        let settings = UpstreamSettings {
            max_idle: connections,
            concurrency: connections,
            total_timeout: Duration::from_secs(60),
            ..UpstreamSettings::new(url.to_owned(), self.tls.clone())
        };
        Ok(Arc::new(TlsUpstream::new(settings)?))
    }

    /// A client of the mini services, to write requests with.
    pub(crate) fn client(&self, env: &Environment) -> ScrClient {
        ScrClient::new(self.identity.clone(), Arc::new(Nowhere), env.clone())
    }

    /// What its requests are signed with: the certificate and key of its connections.
    pub(crate) fn signer(&self) -> Result<Signer> {
        let certificate = files::read_to_string(&self.tls.certificate)?;
        let key = files::read_to_string(&self.tls.key)?;
        Ok(Signer::from_pem(&certificate, &key)?)
    }
}
