//! A provider with one client, a few users and one patient, and the one way to ask it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use domain::Hl7Timestamp;
use domain::consent::ConsentSetting;
use domain::identifier::{OdsCode, SdsUserId};
use domain::nhs_number::NhsNumber;
use itk::client_request::{self, Parts};
use itk::client_response;
use itk::envelope::Caller;
use itk::scr::query_scr_activity::ReportType;
use itk::scr::{
    Interval, Operation, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv,
    query_scr, query_scr_activity,
};
use itk::signature::Signer;
use jiff::{SignedDuration, Timestamp};
use sds::users::{RoleProfile, User, UserDirectory};
use store::{AuditRecord, MemoryStore, Store};
use transport::{Environment, Handler, Headers, Peer, PeerCertificate, Request};

use super::spine::FakeSpine;
use crate::registry::{AccessMethod, CertificateMatch, RegisteredClient, SignaturePolicy};
use crate::{ClientRegistry, ScrService, SmspConfig};

pub(super) const PATIENT: &str = "9990000018";
pub(super) const OTHER_PATIENT: &str = "9990000026";
pub(super) const USER: &str = "112233445566";
/// Has both rights.
pub(super) const PROFILE: &str = "212233445566";
/// Has none.
pub(super) const PROFILE_WITHOUT_RIGHTS: &str = "212233445577";
/// May view, and not in an emergency.
pub(super) const PROFILE_VIEW_ONLY: &str = "212233445588";
/// May set consent and see who looked, and may not view.
pub(super) const PROFILE_OFFICER: &str = "212233445511";
/// May ask CP-IS, and nothing of the SCR.
pub(super) const PROFILE_UNSCHEDULED: &str = "212233445522";
/// A colleague of the user, who may view.
pub(super) const COLLEAGUE: &str = "112233440001";
pub(super) const COLLEAGUE_PROFILE: &str = "212233440001";
/// One of another organisation.
pub(super) const FOREIGNER: &str = "112233440002";
pub(super) const FOREIGN_PROFILE: &str = "212233440002";
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
    pub(super) operations: Vec<itk::Operation>,
    pub(super) store: Arc<dyn Store>,
    pub(super) spine: Arc<FakeSpine>,
    pub(super) env: Environment,
    pub(super) certificate: Option<&'static str>,
    pub(super) signature: SignaturePolicy,
    pub(super) sign_answers: bool,
    pub(super) client_name: &'static str,
    /// The end of the users' entries in the directory.
    pub(super) user_until: Option<&'static str>,
    /// More users of the organisation, each with a role profile that may view.
    pub(super) team: Vec<(String, String)>,
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
            operations: itk::Operation::all().collect(),
            store: Arc::new(MemoryStore::new()),
            spine: Arc::new(FakeSpine::new(env.clone())),
            env,
            certificate: Some("ward.example"),
            signature: SignaturePolicy::Optional,
            sign_answers: false,
            client_name: "ward system",
            user_until: None,
            team: Vec::new(),
        }
    }

    pub(super) fn with_spine(script: impl FnOnce(&mut FakeSpine)) -> Self {
        let mut world = Self::new();
        let mut spine = FakeSpine::new(world.env.clone());
        script(&mut spine);
        world.spine = Arc::new(spine);
        world
    }

    /// With another Spine.
    pub(super) fn asking(mut self, script: impl FnOnce(&mut FakeSpine)) -> Self {
        let mut spine = FakeSpine::new(self.env.clone());
        script(&mut spine);
        self.spine = Arc::new(spine);
        self
    }

    pub(super) fn service(&self) -> ScrService {
        ScrService::new(
            self.config.clone(),
            self.clients(),
            self.users(),
            Arc::clone(&self.store),
            Arc::clone(&self.spine) as Arc<dyn transport::Upstream>,
            self.env.clone(),
        )
    }

    pub(super) fn clients(&self) -> ClientRegistry {
        let client = RegisteredClient {
            name: self.client_name.to_owned(),
            certificate: CertificateMatch::CommonName("ward.example".to_owned()),
            ods: id("RKE"),
            organisation_name: "Example Trust".to_owned(),
            asid: id("200000000115"),
            username: "ward-system".to_owned(),
            operations: self.operations.clone(),
            access: self.access,
            signature: self.signature,
            sign_answers: self.sign_answers,
        };
        ClientRegistry::new(vec![client]).expect("distinct clients")
    }

    pub(super) fn users(&self) -> UserDirectory {
        let profile = |urp: &str, activities: &[&str]| RoleProfile {
            id: id(urp),
            job_role: id("S8000:G8000:R8000"),
            activities: activities.iter().map(|a| (*a).to_owned()).collect(),
            valid_from: None,
            valid_until: self.user_until.map(|t| t.parse().expect("a timestamp")),
        };
        let user = |uid: &str, organisation: &str, name: &str, role_profiles| User {
            user: id(uid),
            organisation: id(organisation),
            name: name.to_owned(),
            role_profiles,
        };
        let mut users = vec![
            user(
                USER,
                "RKE",
                "Dr A Example",
                vec![
                    profile(PROFILE, &["B0370", "B0168"]),
                    profile(PROFILE_WITHOUT_RIGHTS, &["B0264"]),
                    profile(PROFILE_VIEW_ONLY, &["B0370"]),
                    profile(PROFILE_OFFICER, &["B0020", "B0011"]),
                    profile(PROFILE_UNSCHEDULED, &["B0107"]),
                ],
            ),
            user(
                COLLEAGUE,
                "RKE",
                "Nurse B Example",
                vec![profile(COLLEAGUE_PROFILE, &["B0370"])],
            ),
            user(
                FOREIGNER,
                "RKX",
                "Dr C Example",
                vec![profile(FOREIGN_PROFILE, &["B0370", "B0011"])],
            ),
        ];
        users.extend(
            self.team
                .iter()
                .map(|(uid, urp)| user(uid, "RKE", "A Colleague", vec![profile(urp, &["B0370"])])),
        );
        UserDirectory::new(users).expect("distinct users")
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
pub(super) async fn check(message: &[u8], world: &World) -> Answer {
    read(&world.service().handle(request(message, world)).await)
}

/// A message as it arrives.
pub(super) fn request(message: &[u8], world: &World) -> Request {
    let mut headers = Headers::default();
    headers.add("content-type", "text/xml");
    headers.add("soapaction", itk::SEND_RECV);
    Request {
        method: "POST".to_owned(),
        path: "/smsp/scr".to_owned(),
        query: String::new(),
        headers,
        body: Bytes::copy_from_slice(message),
        peer: world.peer(),
    }
}

/// Reads a response as a client does.
pub(super) fn read(response: &transport::Response) -> Answer {
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
#[derive(Clone)]
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
    pub(super) signer: Option<Arc<Signer>>,
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
            signer: None,
        }
    }

    /// By the user in this role.
    pub(super) fn by(profile: &'static str) -> Self {
        Self {
            profile: Some(profile),
            ..Self::new()
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

    /// getRBACStatus of the user.
    pub(super) fn rights_bytes(&self, env: &Environment) -> Vec<u8> {
        let request = get_rbac_status::Request { id: env.uuid() };
        self.envelope(env, Operation::GetRbacStatus, |w| request.write(w))
    }

    /// queryPTV for the patient and the user.
    pub(super) fn permission_bytes(&self, env: &Environment) -> Vec<u8> {
        let request = query_ptv::Request {
            id: env.uuid(),
            patient: self.patient,
        };
        self.envelope(env, Operation::QueryPtv, |w| request.write(w))
    }

    /// createPTV by the user for these users and role profiles; `duration` is its effectiveTime.
    pub(super) fn permit_bytes(&self, env: &Environment, subjects: &[(&str, &str)]) -> Vec<u8> {
        let subject = |(user, profile): &(&str, &str)| create_ptv::Subject {
            user: id(user),
            role_profile: id(profile),
        };
        let request = create_ptv::Request {
            id: env.uuid(),
            effective: self.duration.map(interval),
            patient: self.patient,
            subjects: subjects.iter().map(subject).collect(),
        };
        self.envelope(env, Operation::CreatePtv, |w| request.write(w))
    }

    /// querySCRActivity of the organisation; `duration` is its period.
    pub(super) fn activity_bytes(
        &self,
        env: &Environment,
        report: ReportType,
        patient: Option<&str>,
        user: Option<&str>,
    ) -> Vec<u8> {
        let request = query_scr_activity::Request {
            id: env.uuid(),
            report,
            period: interval(self.duration.expect("a period")),
            patient: patient.map(id),
            user: user.map(id),
        };
        self.envelope(env, Operation::QueryScrActivity, |w| request.write(w))
    }

    /// getSCRConsent of the patient.
    pub(super) fn consent_bytes(&self, env: &Environment) -> Vec<u8> {
        let request = consent::get::Request {
            id: env.uuid(),
            patient: self.patient,
        };
        self.envelope(env, Operation::GetScrConsent, |w| request.write(w))
    }

    /// setSCRConsent of the patient.
    pub(super) fn set_consent_bytes(&self, env: &Environment, setting: ConsentSetting) -> Vec<u8> {
        let request = consent::set::Request {
            id: env.uuid(),
            patient: self.patient,
            setting,
        };
        self.envelope(env, Operation::SetScrConsent, |w| request.write(w))
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
            operation: operation.into(),
            caller: &self.caller(),
            signer: self.signer.as_deref(),
        };
        client_request::write(&parts, payload)
    }
}

fn interval((low, high): (Option<&str>, Option<&str>)) -> Interval {
    Interval {
        low: low.map(time),
        high: high.map(time),
    }
}

/// A message with a part of it replaced.
pub(super) fn altered(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(message.to_vec()).expect("UTF-8");
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1).into_bytes()
}
