//! What is asked under load, and of which documents.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use client::{ClientIdentity, QueryOptions, ScrClient};
use domain::{Asid, NhsNumber};
use hl7v3::psis::{DissentOverride, DocumentListQuery, ListFilter, write_list_query};
use hl7v3::wrapper::Author;
use hl7v3::{Interaction, RequestParts};
use transport::{Environment, TlsFiles, TlsUpstream, UpstreamRequest, UpstreamSettings, files};

use crate::SharedUpstream;
use crate::measure::MakeRequest;

/// Patients with a document of each size.
const PATIENTS: u32 = 200;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    QueryScr20,
    QueryScr64,
    DocumentList,
}

/// Patients by the size of their document.
pub(crate) struct Patients {
    of_20_kb: Vec<NhsNumber>,
    of_64_kb: Vec<NhsNumber>,
}

/// How the product is reached, from what it printed.
pub(crate) struct Peer {
    pub(crate) tls: TlsFiles,
    connections: usize,
    identity: ClientIdentity,
    spine_asid: Asid,
    asid: Asid,
    author: Author,
    scr_url: String,
    sync_url: String,
}

/// Makes documents of both sizes and imports them.
pub(crate) fn prepare(folder: &Path, data: &Path) -> Result<Patients> {
    let documents = folder.join("documents");
    files::create_dir_private(&documents)?;
    let population = synthetic::population(1);
    let make = |from: u32, bytes: usize| -> Result<Vec<NhsNumber>> {
        (from..from + PATIENTS)
            .map(|index| {
                let patient = population.patient(index);
                let name = format!("{index}.xml");
                files::write_atomic(documents.join(name), patient.summary_of_size(bytes))?;
                Ok(patient.nhs_number)
            })
            .collect()
    };
    let patients = Patients {
        of_20_kb: make(0, 20 << 10)?,
        of_64_kb: make(PATIENTS, 64 << 10)?,
    };
    let output = Command::new(crate::beside("minispine")?)
        .args(["import", "--strict", "--data"])
        .args([data, &documents])
        .output()?;
    if !output.status.success() {
        bail!(
            "the import failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(patients)
}

impl Peer {
    pub(crate) fn of(ready: &serde_json::Value, connections: usize) -> Result<Self> {
        let text = |path: &str| -> Result<&str> {
            ready
                .pointer(path)
                .and_then(|v| v.as_str())
                .with_context(|| format!("no {path}"))
        };
        let scr_url = text("/smsp/scr")?.to_owned();
        let identity = ClientIdentity {
            user: Some(text("/user/user_id")?.parse()?),
            role_profile: Some(text("/user/role_profile_id")?.parse()?),
            job_role: Some(text("/user/job_role")?.parse()?),
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
            connections,
            author: Author {
                role_profile: text("/user/role_profile_id")?.parse()?,
                user: text("/user/user_id")?.parse()?,
                job_role: text("/user/job_role")?.parse()?,
            },
            identity,
            spine_asid: text("/spine/asid")?.parse()?,
            asid: text("/tls/asid")?.parse()?,
            sync_url: text("/spine/sync")?.to_owned(),
            scr_url,
        })
    }

    /// Kept-alive connections to a URL, one for each worker.
    pub(crate) fn upstream(&self, url: &str) -> Result<SharedUpstream> {
        let settings = UpstreamSettings {
            max_idle: self.connections,
            concurrency: self.connections,
            total_timeout: Duration::from_secs(60),
            ..UpstreamSettings::new(url.to_owned(), self.tls.clone())
        };
        Ok(Arc::new(TlsUpstream::new(settings)?))
    }
}

impl Workload {
    pub(crate) const ALL: [Self; 3] = [Self::QueryScr20, Self::QueryScr64, Self::DocumentList];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::QueryScr20 => "querySCR 20 KB",
            Self::QueryScr64 => "querySCR 64 KB",
            Self::DocumentList => "PSIS list",
        }
    }

    pub(crate) fn url(self, peer: &Peer) -> String {
        match self {
            Self::DocumentList => peer.sync_url.clone(),
            _ => peer.scr_url.clone(),
        }
    }

    /// Every request is a message of its own, for the next of the patients.
    pub(crate) fn requests(
        self,
        peer: &Peer,
        patients: &Patients,
        env: &Environment,
    ) -> MakeRequest {
        match self {
            Self::QueryScr20 => query_scr(peer, &patients.of_20_kb, env),
            Self::QueryScr64 => query_scr(peer, &patients.of_64_kb, env),
            Self::DocumentList => document_list(peer, &patients.of_20_kb, env),
        }
    }
}

fn next(patients: &[NhsNumber], number: u64) -> NhsNumber {
    patients[number as usize % patients.len()]
}

fn request(action: String, body: Vec<u8>) -> UpstreamRequest {
    UpstreamRequest {
        path: String::new(),
        headers: vec![
            ("Content-Type", "text/xml; charset=utf-8".to_owned()),
            ("SOAPAction", action),
        ],
        body: Bytes::from(body),
    }
}

fn query_scr(peer: &Peer, patients: &[NhsNumber], env: &Environment) -> MakeRequest {
    let nowhere = Arc::new(Nowhere);
    let client = ScrClient::new(peer.identity.clone(), nowhere, env.clone());
    let patients = patients.to_vec();
    let options = QueryOptions::with_permission();
    Arc::new(move |number| {
        let valid_for = jiff::SignedDuration::from_mins(5);
        let body = client.query_request(next(&patients, number), &options, valid_for);
        request(
            "urn:nhs-itk:services:201005:sendRecvDistEnvelope".to_owned(),
            body,
        )
    })
}

fn document_list(peer: &Peer, patients: &[NhsNumber], env: &Environment) -> MakeRequest {
    let (receiver, sender) = (peer.spine_asid.clone(), peer.asid.clone());
    let (author, url, env) = (peer.author.clone(), peer.sync_url.clone(), env.clone());
    let patients = patients.to_vec();
    Arc::new(move |number| {
        let id = env.uuid();
        let now = env.now();
        let parts = RequestParts {
            id: &id,
            now,
            to: &url,
            from: "",
            receiver: &receiver,
            sender: &sender,
            author: Some(&author),
        };
        let query = DocumentListQuery {
            patient: next(&patients, number),
            dissent_override: DissentOverride::none(),
            filter: ListFilter {
                to: Some(domain::Hl7Timestamp::from_instant(now)),
                ..ListFilter::default()
            },
        };
        request(
            Interaction::DocumentListQuery.action(),
            write_list_query(&parts, &query),
        )
    })
}

/// The client only writes requests here; sending is measured elsewhere.
struct Nowhere;

impl transport::Upstream for Nowhere {
    fn send(
        &self,
        _request: UpstreamRequest,
    ) -> transport::BoxFuture<'_, Result<transport::UpstreamResponse, transport::UpstreamError>>
    {
        Box::pin(async { Err(transport::UpstreamError::Timeout { phase: "connect" }) })
    }
}
