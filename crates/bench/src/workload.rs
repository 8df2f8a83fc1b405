//! What is asked under load.

mod cpis;
mod fhir_api;
mod spine;

use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use client::{Call, NewPermission, QueryOptions, ScrClient};
use domain::NhsNumber;
use itk::scr::create_ptv::Subject;
use jiff::SignedDuration;
use transport::{
    BoxFuture, Environment, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};

use crate::durable::Goal;
use crate::measure::MakeRequest;
use crate::patients::Patients;
use crate::peer::Peer;
use crate::template::{Ids, Template};

/// A request of the mini services has a MessageID, a trackingid, and the id of its payload.
const SCR_IDS: usize = 3;
/// Longer than any run.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Workload {
    /// querySCR of records of 20 KB.
    #[value(name = "query-scr-20")]
    QueryScr20,
    /// querySCR of records of 64 KB.
    #[value(name = "query-scr-64")]
    QueryScr64,
    /// querySCR of records of 20 KB, every request with a signed Timestamp.
    #[value(name = "query-scr-20-signed")]
    QueryScr20Signed,
    /// getSCRStatus.
    #[value(name = "get-scr-status")]
    GetScrStatus,
    /// queryPTV.
    #[value(name = "query-ptv")]
    QueryPtv,
    /// createPTV: every answer is a durable commit.
    #[value(name = "create-ptv")]
    CreatePtv,
    /// CP-IS: which plans are there of a child?
    #[value(name = "cpis-query")]
    CpisQuery,
    /// A document list from the Spine.
    #[value(name = "psis-list")]
    DocumentList,
    /// An event list from the Spine.
    #[value(name = "event-list")]
    EventList,
    /// One event, of 20 KB, from the Spine.
    #[value(name = "event-20")]
    Event20,
    /// Uploads of GP Summaries of 20 KB in ebXML: every acknowledgment is a durable commit.
    #[value(name = "upload-20")]
    Upload20,
    /// The same of 64 KB.
    #[value(name = "upload-64")]
    Upload64,
    /// GET DocumentReference from the SCR FHIR API.
    #[value(name = "fhir-identifier")]
    FhirIdentifier,
    /// GET Bundle of a record of 64 KB in HL7 V3.
    #[value(name = "fhir-get-64")]
    FhirGet64,
    /// POST Bundle of a record of 20 KB in HL7 V3.
    #[value(name = "fhir-upload-20")]
    FhirUpload20,
}

impl Workload {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::QueryScr20 => "querySCR 20 KB",
            Self::QueryScr64 => "querySCR 64 KB",
            Self::QueryScr20Signed => "querySCR 20 KB signed",
            Self::GetScrStatus => "getSCRStatus",
            Self::QueryPtv => "queryPTV",
            Self::CreatePtv => "createPTV",
            Self::CpisQuery => "CP-IS query",
            Self::DocumentList => "PSIS list",
            Self::EventList => "event list",
            Self::Event20 => "event 20 KB",
            Self::Upload20 => "upload 20 KB",
            Self::Upload64 => "upload 64 KB",
            Self::FhirIdentifier => "FHIR identifier",
            Self::FhirGet64 => "FHIR get 64 KB",
            Self::FhirUpload20 => "FHIR upload 20 KB",
        }
    }

    /// What is promised of it, if it is there to write: each answer tells of a commit that is on
    /// the disk.
    pub(crate) fn goal(self) -> Option<Goal> {
        let (commits, flushes) = match self {
            Self::CreatePtv => (2_000.0, Some(3.0)),
            Self::Upload20 => (1_500.0, None),
            Self::Upload64 => (0.0, None),
            _ => return None,
        };
        Some(Goal { commits, flushes })
    }

    pub(crate) fn url(self, peer: &Peer) -> &str {
        match self {
            Self::DocumentList | Self::EventList | Self::Event20 => &peer.sync_url,
            Self::Upload20 | Self::Upload64 => &peer.reliable_url,
            Self::FhirIdentifier | Self::FhirGet64 => &peer.api_url,
            Self::FhirUpload20 => &peer.bundle_url,
            Self::CpisQuery => &peer.cpis_url,
            _ => &peer.scr_url,
        }
    }

    /// The status of an answer that is the one that was wanted.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Upload20 | Self::Upload64 => 202,
            Self::FhirUpload20 => 201,
            _ => 200,
        }
    }

    /// What every answer says when it is the one that was wanted: a refusal is quickly made, and
    /// comes with the same HTTP status.
    pub(crate) fn success(self) -> &'static str {
        match self {
            // That nothing was found is an answer too, without a subject.
            Self::DocumentList | Self::EventList | Self::Event20 => "typeCode=\"SUBJ\"",
            Self::Upload20 | Self::Upload64 => "Acknowledgment",
            Self::FhirIdentifier => "masterIdentifier",
            Self::FhirGet64 => "Composition",
            // It has no body, and no other answer has this status.
            Self::FhirUpload20 => "",
            _ => "SMSP-0000",
        }
    }

    /// Every request is a message of its own, for the next of the patients.
    pub(crate) fn requests(
        self,
        peer: &Peer,
        patients: &Patients,
        env: &Environment,
    ) -> Result<MakeRequest> {
        let query = |patient| Call::Query(patient, QueryOptions::with_permission());
        let client = peer.client(env);
        match self {
            Self::QueryScr20 => scr(&client, &patients.of_20_kb, query),
            Self::QueryScr64 => scr(&client, &patients.of_64_kb, query),
            Self::QueryScr20Signed => {
                let client = client.signing(Arc::new(peer.signer()?));
                scr(&client, &patients.of_20_kb, query)
            }
            Self::GetScrStatus => scr(&client, &patients.of_20_kb, Call::Status),
            Self::QueryPtv => scr(&client, &patients.of_20_kb, Call::QueryPtv),
            Self::CreatePtv => scr(&client, &patients.permitting, |patient| {
                create_ptv(peer, patient)
            }),
            Self::CpisQuery => cpis::query(peer, &patients.with_plan, env),
            Self::DocumentList => spine::document_list(peer, &patients.of_20_kb, env),
            Self::EventList => spine::event_list(peer, &patients.of_20_kb, env),
            Self::Event20 => spine::event(peer, &patients.of_20_kb, env),
            Self::FhirIdentifier => Ok(fhir_api::identifier(peer, &patients.of_64_kb)),
            Self::FhirGet64 => fhir_api::get(peer, &patients.of_64_kb),
            Self::FhirUpload20 => fhir_api::upload(peer, &patients.permitting, env),
            Self::Upload20 => spine::upload(peer, &patients.permitting, 20 << 10, env),
            Self::Upload64 => spine::upload(peer, &patients.permitting, 64 << 10, env),
        }
    }
}

/// For the user who asks.
fn create_ptv(peer: &Peer, patient: NhsNumber) -> Call {
    Call::CreatePtv(NewPermission {
        patient,
        subjects: vec![Subject {
            user: peer.author.user.clone(),
            role_profile: peer.author.role_profile.clone(),
        }],
        effective: None,
    })
}

fn scr(
    client: &ScrClient,
    patients: &[NhsNumber],
    call: impl Fn(NhsNumber) -> Call,
) -> Result<MakeRequest> {
    let first = next(patients, 0);
    let bytes = client.request_bytes(&call(first), VALID_FOR);
    let template = Template::new(bytes, Ids::Own(SCR_IDS), first)?;
    Ok(copies(template, patients, to_mini_service()))
}

/// The headers of a request of a mini service.
fn to_mini_service() -> Vec<(&'static str, String)> {
    vec![
        ("Content-Type", "text/xml; charset=utf-8".to_owned()),
        ("SOAPAction", itk::SEND_RECV.to_owned()),
    ]
}

fn copies(
    template: Template,
    patients: &[NhsNumber],
    headers: Vec<(&'static str, String)>,
) -> MakeRequest {
    let patients = patients.to_vec();
    Arc::new(move |number| UpstreamRequest {
        method: transport::Method::Post,
        headers: headers.clone(),
        body: Bytes::from(template.request(number, next(&patients, number))),
        ..UpstreamRequest::default()
    })
}

fn next(patients: &[NhsNumber], number: u64) -> NhsNumber {
    patients[(number % patients.len() as u64) as usize]
}

/// The client only writes requests here; sending is measured elsewhere.
pub(crate) struct Nowhere;

impl Upstream for Nowhere {
    fn send(
        &self,
        _request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async { Err(UpstreamError::Timeout { phase: "connect" }) })
    }
}

#[cfg(test)]
mod tests;
