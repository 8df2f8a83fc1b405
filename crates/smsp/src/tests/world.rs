//! A provider with one client, one user and one patient, and the one way to ask it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use domain::Hl7Timestamp;
use domain::identifier::{OdsCode, SdsUserId};
use domain::nhs_number::NhsNumber;
use itk::client_request::{self, Parts};
use itk::client_response;
use itk::envelope::Caller;
use itk::scr::{Operation, get_scr_status, query_scr};
use jiff::{SignedDuration, Timestamp};
use store::{AuditRecord, MemoryStore, Store};
use transport::{Environment, Handler, Headers, Peer, PeerCertificate, Request};

use super::spine::FakeSpine;
use crate::registry::{AccessMethod, CertificateMatch, RegisteredClient};
use crate::users::{RoleProfile, User};
use crate::{ClientRegistry, ScrService, SmspConfig, UserDirectory};

pub(super) const PATIENT: &str = "9990000018";
pub(super) const OTHER_PATIENT: &str = "9990000026";
pub(super) const USER: &str = "112233445566";
/// Has both rights.
pub(super) const PROFILE: &str = "212233445566";
/// Has none.
pub(super) const PROFILE_WITHOUT_RIGHTS: &str = "212233445577";
/// May view, and not in an emergency.
pub(super) const PROFILE_VIEW_ONLY: &str = "212233445588";
/// Nine in the morning in Britain.
pub(super) const NOW: &str = "2026-03-02T09:00:00Z";

pub(super) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

pub(super) fn time(text: &str) -> Hl7Timestamp {
    Hl7Timestamp::parse(text).expect("a timestamp")
}

pub(super) fn patient() -> NhsNumber {
    id(PATIENT)
}

/// All that a request meets.
pub(super) struct World {
    pub(super) config: SmspConfig,
    pub(super) access: AccessMethod,
    pub(super) operations: Vec<Operation>,
    pub(super) store: Arc<dyn Store>,
    pub(super) spine: Arc<FakeSpine>,
    pub(super) env: Environment,
    pub(super) certificate: Option<&'static str>,
}

impl World {
    /// A Spine that holds the patient's summary, and a store that holds nothing.
    pub(super) fn new() -> Self {
        let now: Timestamp = NOW.parse().expect("a timestamp");
        let env = Environment::simulated(now, 7);
        Self {
            config: SmspConfig::new(
                id("RAL"),
                id("655159266510"),
                "https://spine.example/sync-service",
            ),
            access: AccessMethod::Attended,
            operations: Operation::ALL.to_vec(),
            store: Arc::new(MemoryStore::new()),
            spine: Arc::new(FakeSpine::new(env.clone())),
            env,
            certificate: Some("ward.example"),
        }
    }

    pub(super) fn with_spine(script: impl FnOnce(&mut FakeSpine)) -> Self {
        let mut world = Self::new();
        let mut spine = FakeSpine::new(world.env.clone());
        script(&mut spine);
        world.spine = Arc::new(spine);
        world
    }

    fn service(&self) -> ScrService {
        let client = RegisteredClient {
            name: "ward system".to_owned(),
            certificate: CertificateMatch::CommonName("ward.example".to_owned()),
            ods: id("RKE"),
            asid: id("200000000115"),
            username: "ward-system".to_owned(),
            operations: self.operations.clone(),
            access: self.access,
        };
        let profile = |urp: &str, activities: &[&str]| RoleProfile {
            id: id(urp),
            job_role: id("S8000:G8000:R8000"),
            activities: activities.iter().map(|a| (*a).to_owned()).collect(),
        };
        let user = User {
            user: id(USER),
            organisation: id("RKE"),
            name: "Dr A Example".to_owned(),
            role_profiles: vec![
                profile(PROFILE, &["B0370", "B0168"]),
                profile(PROFILE_WITHOUT_RIGHTS, &["B0264"]),
                profile(PROFILE_VIEW_ONLY, &["B0370"]),
            ],
            valid_from: None,
            valid_until: None,
        };
        ScrService::new(
            self.config.clone(),
            ClientRegistry::new(vec![client]).expect("distinct clients"),
            UserDirectory::new(vec![user]).expect("distinct users"),
            Arc::clone(&self.store),
            Arc::clone(&self.spine) as Arc<dyn transport::Upstream>,
            self.env.clone(),
        )
    }

    pub(super) fn peer(&self) -> Peer {
        let certificate = self.certificate.map(|name| {
            Arc::new(PeerCertificate {
                common_name: name.to_owned(),
                subject: format!("CN={name}"),
                issuer: "CN=Test".to_owned(),
                serial: "1".to_owned(),
                fingerprint: "ab".repeat(32),
                dns_names: Vec::new(),
                not_after: Timestamp::MAX,
            })
        });
        Peer {
            certificate,
            address: SocketAddr::from(([127, 0, 0, 1], 4000)),
        }
    }

    pub(super) async fn audit(&self) -> Vec<AuditRecord> {
        self.store
            .audit_records(0, 100)
            .await
            .expect("audit records")
    }
}

/// What came back, read as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// `SMSP-0000`, `fault 3000`, `HTTP 405`.
    pub(super) outcome: String,
    /// The display name of the code, or the diagnostic of the fault.
    pub(super) text: String,
    /// The payload's root element.
    pub(super) payload: Vec<u8>,
    /// The document's bytes.
    pub(super) document: Option<Vec<u8>>,
    /// `wsa:RelatesTo`.
    pub(super) relates_to: Option<String>,
}

/// Asks a world's service.
pub(super) async fn check(request: &[u8], world: &World) -> Answer {
    check_http("POST", "/smsp/scr", "text/xml", request, world).await
}

/// As [`check`], with another method, path or content type.
pub(super) async fn check_http(
    method: &str,
    path: &str,
    content_type: &str,
    body: &[u8],
    world: &World,
) -> Answer {
    let mut headers = Headers::default();
    headers.add("content-type", content_type);
    headers.add("soapaction", itk::SEND_RECV);
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers,
        body: Bytes::copy_from_slice(body),
        peer: world.peer(),
    };
    let response = world.service().handle(request).await;
    let mut answer = Answer {
        outcome: format!("HTTP {}", response.status),
        text: String::new(),
        payload: Vec::new(),
        document: None,
        relates_to: None,
    };
    if !response.body.starts_with(b"<") {
        return answer;
    }
    let document = xml::Document::parse(&response.body).expect("well-formed");
    match client_response::read(&document).expect("an answer") {
        client_response::Answer::Fault(fault) => {
            assert_eq!(response.status, 500);
            answer.outcome = match fault.code {
                Some(code) => format!("fault {}", code.code()),
                None => format!("fault {}", fault.kind.name()),
            };
            answer.text = fault.diagnostic;
        }
        client_response::Answer::Response(read) => {
            assert_eq!(response.status, 200);
            answer.outcome = read.value.code.clone();
            answer.text = read.value.display.clone();
            let slice = read.payload.slice();
            let mut w = xml::Writer::new();
            w.written(slice.bytes.as_bytes());
            answer.payload = w.finish();
            answer.document = read.document.map(|d| d.bytes.as_bytes().to_vec());
            answer.relates_to = read.relates_to;
        }
    }
    answer
}

/// A querySCR request as a test varies it.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) patient: NhsNumber,
    pub(super) create_ptv: bool,
    pub(super) emergency: Option<&'static str>,
    pub(super) duration: Option<(Option<&'static str>, Option<&'static str>)>,
    pub(super) self_claim: bool,
    pub(super) organisation: &'static str,
    pub(super) user: Option<&'static str>,
    pub(super) profile: Option<&'static str>,
    pub(super) username: &'static str,
}

impl Query {
    /// With permission given now and a claimed relationship.
    pub(super) fn new() -> Self {
        Self {
            patient: patient(),
            create_ptv: true,
            emergency: None,
            duration: None,
            self_claim: true,
            organisation: "RKE",
            user: Some(USER),
            profile: None,
            username: "ward-system",
        }
    }

    pub(super) fn emergency() -> Self {
        Self {
            create_ptv: false,
            emergency: Some("unconscious"),
            ..Self::new()
        }
    }

    pub(super) fn caller(&self) -> Caller {
        Caller {
            organisation: id::<OdsCode>(self.organisation),
            user: self.user.map(id::<SdsUserId>),
            role_profile: self.profile.map(id),
            job_role: None,
        }
    }

    pub(super) fn bytes(&self, env: &Environment) -> Vec<u8> {
        let interval = |(low, high): (Option<&str>, Option<&str>)| query_scr::Interval {
            low: low.map(time),
            high: high.map(time),
        };
        let request = query_scr::Request {
            id: env.uuid(),
            create_ptv: self.create_ptv,
            emergency: self.emergency.is_some(),
            emergency_reason: self.emergency.map(str::to_owned).filter(|r| !r.is_empty()),
            patient: self.patient,
            ptv_duration: self.duration.map(interval),
            self_claim: self.self_claim,
        };
        self.envelope(env, Operation::QueryScr, |w| request.write(w))
    }

    /// getSCRStatus for the same patient by the same user.
    pub(super) fn status_bytes(&self, env: &Environment) -> Vec<u8> {
        let request = get_scr_status::Request {
            id: env.uuid(),
            patient: self.patient,
        };
        self.envelope(env, Operation::GetScrStatus, |w| request.write(w))
    }

    fn envelope(
        &self,
        env: &Environment,
        operation: Operation,
        payload: impl FnOnce(&mut xml::Writer),
    ) -> Vec<u8> {
        let (message_id, tracking_id, payload_id) = (env.uuid(), env.uuid(), env.uuid());
        let parts = Parts {
            message_id: &message_id,
            to: "https://smsp.example/smsp/scr",
            now: env.now(),
            expires_after: SignedDuration::from_mins(5),
            username: self.username,
            tracking_id: &tracking_id,
            payload_id: &payload_id,
            operation,
            caller: &self.caller(),
        };
        client_request::write(&parts, payload)
    }
}
