//! An API with two applications and one user, in front of a Spine with one patient; and the one
//! way to ask it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::audit::AuditEvent;
use domain::consent::ConsentSetting;
use domain::{Consent, MessageId};
use hl7v3::wrapper::Author;
use jiff::{SignedDuration, Timestamp};
use mhs::ClientSettings;
use scr_api::token::{KeySet, Keys, Role, TokenPolicy};
use scr_api::{Application, Backend, Issuer, Profile, RateLimit, ScrApi, ScrApiConfig, Subject};
use sds::users::{RoleProfile, User, UserDirectory};
use sds::{Directory, Own, System};
use serde_json::Value;
use spine::clinical::{ClinicalConfig, ClinicalService};
use spine::{Front, SpineConfig, SyncService, filing};
use store::{Commit, ConsentChange, MemoryStore, Store};
use transport::{
    BoxFuture, CertificateMatch, Environment, Handler, Headers, InProcess, Peer, PeerCertificate,
    Request, Response, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};

pub(crate) use crate::documents::{bundle, summary};
use crate::documents::{cut_out, relating};

pub(crate) const BASE: &str = "/summary-care-record/FHIR/R4";
pub(crate) const URL: &str = "https://scr.example/summary-care-record/FHIR/R4";
pub(crate) const PATIENT: &str = "9990000018";
pub(crate) const OTHER_PATIENT: &str = "9990000026";
pub(crate) const USER: &str = "112233445566";
pub(crate) const ROLE: &str = "555254240100";
pub(crate) const OTHER_ROLE: &str = "555254242102";
/// The application that most tests call as.
pub(crate) const APP: &str = "gp-app";
/// One that depends on the national adaptor.
pub(crate) const OLD_APP: &str = "old-app";
pub(crate) const APP_ASID: &str = "200000000115";
pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const AUDIENCE: &str = "https://scr.example";
pub(crate) const STATUS_KEY: &str = "status-key";
pub(crate) const DOCUMENT: &str = "D0C00000-0000-4000-8000-000000000001";
pub(crate) const SECOND: &str = "D0C00000-0000-4000-8000-000000000002";
/// Words of a document.
pub(crate) const SECRET: &str = "Penicillin rash";
pub(crate) const REQUEST_ID: &str = "3E55A6E0-0000-4000-8000-000000000001";

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

/// What happens to a request on its way to the Spine.
pub(crate) enum Fate {
    /// It fails.
    Fails(UpstreamError),
    /// This comes back, and the Spine sees nothing.
    Answered(u16, &'static str, String),
    /// This comes back as the answer to the very question.
    Published(String),
    /// The Spine sees it, and its answer is lost.
    Lost,
    /// Nothing ever comes back.
    Hangs,
}

/// The way to the Spine, where things happen to requests.
pub(crate) struct Way {
    to: InProcess,
    fates: Mutex<VecDeque<Option<Fate>>>,
    sent: Mutex<Vec<UpstreamRequest>>,
}

impl Way {
    /// The next requests meet this; the others pass.
    pub(crate) fn meet(&self, fates: impl IntoIterator<Item = Option<Fate>>) {
        self.fates.lock().expect("unlocked").extend(fates);
    }

    pub(crate) fn sent(&self) -> Vec<UpstreamRequest> {
        self.sent.lock().expect("unlocked").clone()
    }
}

impl Upstream for Way {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        self.sent.lock().expect("unlocked").push(request.clone());
        let fate = self.fates.lock().expect("unlocked").pop_front().flatten();
        Box::pin(async move {
            match fate {
                None => self.to.send(request).await,
                Some(Fate::Published(answer)) => Ok(UpstreamResponse {
                    status: 200,
                    content_type: "text/xml".to_owned(),
                    headers: Headers::default(),
                    body: relating(&answer, &request.body).into(),
                }),
                Some(Fate::Hangs) => std::future::pending().await,
                Some(Fate::Fails(error)) => Err(error),
                Some(Fate::Answered(status, content_type, body)) => Ok(UpstreamResponse {
                    status,
                    content_type: content_type.to_owned(),
                    headers: Headers::default(),
                    body: body.into(),
                }),
                Some(Fate::Lost) => {
                    let _ = self.to.send(request).await;
                    Err(UpstreamError::Closed("the answer is lost".to_owned()))
                }
            }
        })
    }
}

/// All that a request meets.
pub(crate) struct World {
    pub(crate) api: ScrApi,
    pub(crate) issuer: Issuer,
    pub(crate) env: Environment,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) spine: Arc<MemoryStore>,
    pub(crate) way: Arc<Way>,
}

/// An author for uploads without a user.
pub(crate) fn registered_author() -> Author {
    Author {
        role_profile: id("555000000001"),
        user: id("111000000001"),
        job_role: id("R8000"),
    }
}

pub(crate) fn config() -> ScrApiConfig {
    let application = |client_id: &str, asid: &str, profile, author| Application {
        client_id: client_id.to_owned(),
        name: format!("{client_id} of the surgery"),
        asid: id(asid),
        organisation: id("A82038"),
        party_key: None,
        author,
        rate: None,
        profile: Some(profile),
    };
    ScrApiConfig {
        applications: vec![
            application(APP, APP_ASID, Profile::Full, Some(registered_author())),
            application(OLD_APP, "200000000116", Profile::Compatible, None),
        ],
        rate: RateLimit {
            per_second: 1000,
            per_minute: 10_000,
        },
        status_key: Some(STATUS_KEY.to_owned()),
        poll_within: Duration::from_millis(400),
        upload_within: Duration::from_millis(800),
        ..ScrApiConfig::new(URL, TokenPolicy::new(ISSUER, AUDIENCE))
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: ScrApiConfig) -> Self {
        Self::behind(config, SignedDuration::ZERO)
    }

    /// In front of a Spine that takes so long over uploads.
    pub(crate) fn behind(config: ScrApiConfig, ready_after: SignedDuration) -> Self {
        Self::over(config, ready_after, |store| store)
    }

    /// Over a store that something stands around.
    pub(crate) fn over(
        config: ScrApiConfig,
        ready_after: SignedDuration,
        around: impl FnOnce(Arc<MemoryStore>) -> Arc<dyn Store>,
    ) -> Self {
        let start = "2026-03-02T09:00:00Z".parse().expect("a time");
        let env = Environment::simulated(start, 7);
        let issuer = Issuer::create(ISSUER, AUDIENCE, env.clone()).expect("an issuer");
        let keys = Keys::fixed(KeySet::parse(&issuer.jwks()).expect("a key set"));
        let spine = Arc::new(MemoryStore::new());
        let certificate = PeerCertificate {
            common_name: "scr-api.example".to_owned(),
            subject: "CN=scr-api.example".to_owned(),
            issuer: "CN=Test".to_owned(),
            serial: "01".to_owned(),
            fingerprint: "ab12".to_owned(),
            dns_names: Vec::new(),
            not_after: Timestamp::MAX,
        };
        let front = front(spine.clone(), &env, ready_after);
        let way = Arc::new(Way {
            to: InProcess::new(Arc::new(front), "/", Peer::local(Some(certificate))),
            fates: Mutex::default(),
            sent: Mutex::default(),
        });
        let backend = Backend {
            upstream: way.clone(),
            own_party_key: id("RAL-0000001"),
            asid: id("655159266510"),
            party_key: id("YES-0000806"),
            cpa_id: "S20001A000182".to_owned(),
            settings: ClientSettings {
                shortest_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(10),
                ..ClientSettings::default()
            },
        };
        let store = Arc::new(MemoryStore::new());
        let kept = around(store.clone());
        let api = ScrApi::new(config, keys, backend, users(), kept, env.clone());
        let api = api.expect("a service").with_jwks(issuer.jwks());
        Self {
            api,
            issuer,
            env,
            store,
            spine,
            way,
        }
    }

    /// Files a GP Summary of a patient at the Spine.
    pub(crate) async fn file(&self, patient: &str, document: &str, effective: &str) {
        self.file_source(&summary(patient, document, effective))
            .await;
    }

    pub(crate) async fn file_source(&self, source: &str) {
        let (header, bytes) = cut_out(source);
        let event = AuditEvent::new(self.env.now(), "test", "import", "filed");
        let store: &dyn Store = &*self.spine;
        filing::file(store, &self.env, header.patient, header, bytes, event)
            .await
            .expect("filed");
        self.env.advance(SignedDuration::from_secs(1));
    }

    /// The patient with a first document.
    pub(crate) async fn with_document(self) -> Self {
        self.file(PATIENT, DOCUMENT, "20260101090000").await;
        self
    }

    pub(crate) async fn consent(&self, consent: Consent) {
        let change = ConsentChange {
            patient: id(PATIENT),
            consent,
            at: self.env.now(),
            message: MessageId::parse("consent").expect("an id"),
            author: None,
        };
        let commit = Commit {
            consents: vec![change],
            ..Commit::default()
        };
        self.spine.commit(commit).await.expect("written");
    }

    pub(crate) async fn dissent(&self) {
        self.consent(Consent::both(ConsentSetting::No)).await;
    }

    /// Every audit event of the API so far.
    pub(crate) async fn events(&self) -> Vec<AuditEvent> {
        let records = self.store.audit_records(0, 1000).await.expect("readable");
        records.into_iter().map(|record| record.event).collect()
    }

    /// Their operations and outcomes.
    pub(crate) async fn outcomes(&self) -> Vec<(String, String)> {
        let events = self.events().await;
        events
            .into_iter()
            .map(|event| (event.operation, event.outcome))
            .collect()
    }

    pub(crate) fn user_token(&self, client: &str) -> String {
        let subject = Subject::User {
            user: USER.to_owned(),
            name: None,
            roles: roles(),
        };
        self.issuer
            .token(client, &subject, Duration::from_secs(300))
            .expect("a token")
    }

    pub(crate) fn application_token(&self, client: &str) -> String {
        let valid = Duration::from_secs(300);
        self.issuer
            .token(client, &Subject::Application, valid)
            .expect("a token")
    }

    /// A request by the user of an application.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call<'_> {
        self.call_as(APP, method, path)
    }

    pub(crate) fn call_as(&self, client: &str, method: &str, path: &str) -> Call<'_> {
        let call = Call {
            world: self,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
        };
        let token = self.user_token(client);
        call.with("Authorization", &format!("Bearer {token}"))
            .with("NHSD-Session-URID", ROLE)
    }
}

pub(crate) fn roles() -> Vec<Role> {
    let role = |profile: &str, code: &str| Role {
        person_roleid: profile.to_owned(),
        role_code: Some(code.to_owned()),
        org_code: Some("RBA".to_owned()),
    };
    vec![
        role(ROLE, "S8000:G8000:R8001"),
        role(OTHER_ROLE, "S8000:G8000:R8000"),
    ]
}

/// The user has a third role that tokens do not tell of.
pub(crate) const DIRECTORY_ROLE: &str = "555254249999";

fn users() -> UserDirectory {
    let profile = RoleProfile {
        id: id(DIRECTORY_ROLE),
        job_role: id("S8000:G8000:R8003"),
        activities: Vec::new(),
        valid_from: None,
        valid_until: None,
    };
    let user = User {
        user: id(USER),
        organisation: id("RBB"),
        name: "Ada Barstow".to_owned(),
        role_profiles: vec![profile],
    };
    UserDirectory::new(vec![user]).expect("users")
}

fn front(store: Arc<MemoryStore>, env: &Environment, ready_after: SignedDuration) -> Front {
    let own = Own {
        organisation: id("YES"),
        asid: id("655159266510"),
        party_key: id("YES-0000806"),
        url: "https://spine.example".to_owned(),
        cpa_id: "S20001A000182".to_owned(),
        agreements: None,
    };
    let system = System {
        name: "scr-api".to_owned(),
        certificate: CertificateMatch::CommonName("scr-api.example".to_owned()),
        asids: vec![id("200000000100")],
        sends_for: vec![id(APP_ASID), id("200000000116")],
        organisation: None,
        manufacturer: None,
        party_key: Some(id("RAL-0000001")),
        interactions: None,
        endpoints: Vec::new(),
    };
    let directory = Directory::new(vec![system]);
    let config = SpineConfig {
        asid: own.asid.clone(),
        url: "https://spine.example/sync-service".to_owned(),
    };
    let sync = SyncService::new(config, directory.clone(), store.clone(), None, env.clone());
    let config = ClinicalConfig {
        own,
        strict_versions: false,
        ready_after,
    };
    let clinical = ClinicalService::new(config, directory, store, env.clone())
        .with_job_roles(Arc::new(|_| Some(id("R8001"))));
    Front::new().sync(sync).clinical(clinical)
}

/// A request to be sent.
pub(crate) struct Call<'a> {
    world: &'a World,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Call<'_> {
    /// With this header instead of any of its name.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this header beside any of its name.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/fhir+json", body.to_string())
    }

    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self = self.with("Content-Type", content_type);
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answered {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut headers = Headers::default();
        for (name, value) in &self.headers {
            assert!(headers.add(name, value), "{name}");
        }
        let path = match path.starts_with("/_raw") {
            true => path.trim_start_matches("/_raw").to_owned(),
            false => format!("{BASE}{path}"),
        };
        let request = Request {
            method: self.method.clone(),
            path,
            query: query.to_owned(),
            headers,
            body: self.body.clone(),
            peer: Peer::local(None),
        };
        Answered(self.world.api.handle(request).await)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answered(pub(crate) Response);

impl Answered {
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.0.body).unwrap_or(Value::Null)
    }

    /// The first issue of an OperationOutcome: severity, code, text.
    pub(crate) fn issue(&self) -> (String, String, String) {
        let issue = &self.json()["issue"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            text(&issue["severity"]),
            text(&issue["code"]),
            text(&issue["details"]["text"]),
        )
    }

    /// Status and first text.
    pub(crate) fn said(&self) -> (u16, String) {
        (self.status(), self.issue().2)
    }
}

/// `/DocumentReference` about a patient.
pub(crate) fn find_path(patient: &str) -> String {
    format!("/DocumentReference?patient=https://fhir.nhs.uk/Id/nhs-number%7C{patient}")
}

/// `/Bundle` of a document of a patient.
pub(crate) fn bundle_path(document: &str, patient: &str) -> String {
    format!(
        "/Bundle?composition.identifier={document}\
         &composition.subject:Patient.identifier=https://fhir.nhs.uk/Id/nhs-number|{patient}"
    )
}
