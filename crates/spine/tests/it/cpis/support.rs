//! A Spine with plans, and those who ask it about them.

use std::sync::Arc;

use domain::audit::AuditEvent;
use domain::cpis::{
    Author, Authority, AuthorityContact, Device, JobTitle, Organisation, Person, PersonName, Plan,
    PlanDate, PlanType, Responsible, Subject,
};
use domain::{Hl7Timestamp, MessageId, NhsNumber, OdsCode, RoleProfileId, SdsUserId};
use hl7v3::cpis::answer::Answer;
use hl7v3::cpis::query::{Query, write_request};
use hl7v3::cpis::reply::{self, Reply};
use hl7v3::{Interaction, RequestParts};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use sds::users::{RoleProfile, User, UserDirectory};
use sds::{Directory, Endpoint, Own, Reliability, System};
use spine::cpis::CpisConfig;
use spine::{
    ExpressService, Front, ReliableConfig, ReliableService, ScenarioPack, SpineConfig, SyncService,
};
use store::{AccessNotice, Commit, CpisChanges, InactiveNotice, NoticeFilter, Store};
use transport::{CertificateMatch, Environment, Handler, Headers, Peer, Request, Response};

use crate::requests::{CLIENT_ASID, SPINE_ASID, asid};
use crate::stubborn_store::StubbornStore;
use crate::world::certificate;

/// Nothing of a child may be where it does not belong.
pub(crate) const SECRETS: [&str; 5] = ["Secretta", "Hidden", "9990000018", "999 000", "20180503"];

pub(crate) const CHILD: &str = "9990000018";
pub(crate) const OTHER: &str = "9990000026";

/// When it is, at first: noon in summer time.
pub(crate) const START: &str = "2026-07-01T11:00:00Z";

/// The `number`-th user, who may make unscheduled accesses (1), only silent reads (2), both (3), or
/// neither (4); nobody else is in the directory.
pub(crate) fn user_id(number: u32) -> String {
    format!("5550000{number:05}")
}

pub(crate) fn number(text: &str) -> NhsNumber {
    NhsNumber::parse(text).expect("valid")
}

pub(crate) fn code(text: &str) -> OdsCode {
    OdsCode::parse(text).expect("a code")
}

/// What may differ between Spines.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) config: CpisConfig,
    pub(crate) scenarios: Option<ScenarioPack>,
}

pub(crate) struct World {
    pub(crate) store: Arc<StubbornStore>,
    pub(crate) env: Environment,
    front: Arc<Front>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let store = Arc::new(StubbornStore::default());
        let env = Environment::simulated(START.parse().expect("a time"), 7);
        let front = front(setup, store.clone(), &env);
        Self {
            store,
            env,
            front: Arc::new(front),
        }
    }

    /// With a plan of authority 301 for the usual child.
    pub(crate) async fn with_a_plan() -> Self {
        let world = Self::new();
        world.upload(plan("301", PlanType::LookedAfter)).await;
        world
    }

    /// Keeps a plan as of now.
    pub(crate) async fn upload(&self, mut plan: Plan) {
        plan.created_at = self.env.now();
        plan.updated_at = self.env.now();
        let cpis = CpisChanges {
            plans: vec![plan],
            ..CpisChanges::default()
        };
        self.commit(cpis).await;
    }

    pub(crate) async fn commit(&self, cpis: CpisChanges) {
        let commit = Commit {
            cpis,
            ..Commit::default()
        };
        self.store.inner.commit(commit).await.expect("written");
    }

    pub(crate) fn pass(&self, minutes: i64) {
        self.env.advance(SignedDuration::from_mins(minutes));
    }

    pub(crate) async fn send(&self, request: Request) -> Response {
        self.front.handle(request).await
    }

    /// Asks over SOAP, and checks what holds for every answer.
    pub(crate) async fn ask(&self, ask: &Ask) -> Told {
        self.tell(&ask.soap()).await
    }

    /// Sends a SOAP message, and checks what holds for every answer.
    pub(crate) async fn tell(&self, soap: &str) -> Told {
        let before = self.events().await.len();
        let response = self.send(post(soap, "client.example")).await;
        let mut events = self.events().await.split_off(before);
        let event = events.pop();
        assert!(events.is_empty(), "more than one event");
        Told::of(&response, event)
    }

    /// The events of the Spine so far.
    pub(crate) async fn events(&self) -> Vec<AuditEvent> {
        let records = self.store.audit_records(0, usize::MAX).await;
        let events = records.expect("the audit").into_iter();
        events.map(|record| record.event).collect()
    }

    /// Whom it is to tell what: `301 of 1`, by authority and the user of the access.
    pub(crate) async fn notices(&self) -> Vec<String> {
        let notices = self.all_notices().await;
        let line =
            |notice: &AccessNotice| format!("{} of {}", notice.authority, who(&notice.access));
        notices.iter().map(line).collect()
    }

    pub(crate) async fn all_notices(&self) -> Vec<AccessNotice> {
        let filter = NoticeFilter {
            limit: usize::MAX,
            ..NoticeFilter::default()
        };
        let mut notices = self
            .store
            .inner
            .cpis_notices(filter)
            .await
            .expect("notices");
        notices.sort_by_key(|notice| (notice.created_at, notice.authority.clone()));
        notices
    }

    /// How many accesses to the usual child's record count.
    pub(crate) async fn accesses(&self) -> u64 {
        let record = self.store.inner.cpis_record(number(CHILD), None).await;
        record.expect("a record").count
    }
}

/// The number of the user of an access.
fn who(access: &domain::cpis::Access) -> u32 {
    user_of(&access.author)
}

pub(crate) fn user_of(author: &Author) -> u32 {
    match author {
        Author::Person(person) => person.user[7..].parse().expect("one of ours"),
        Author::Device(_) => 0,
    }
}

/// A request over HTTP.
pub(crate) fn post(soap: &str, from: &str) -> Request {
    let action = crate::requests::soap_action(soap).expect("an action");
    let mut headers = Headers::default();
    assert!(headers.add("SOAPAction", &action));
    Request {
        method: "POST".to_owned(),
        path: "/sync-service".to_owned(),
        query: String::new(),
        headers,
        body: soap.as_bytes().to_vec().into(),
        peer: Peer::local(Some(certificate(from))),
    }
}

pub(crate) const PARTY: &str = "RKE-000001";
pub(crate) const AUTHORITY_ASID: &str = "200000000301";

fn own() -> Own {
    Own {
        organisation: code("YES"),
        asid: asid(SPINE_ASID),
        party_key: "YES-0000806".parse().expect("a party key"),
        url: "https://spine.example".to_owned(),
        cpa_id: "S1".to_owned(),
        agreements: None,
    }
}

/// A hospital's system and one of authority 301, both of which take answers.
fn directory() -> Directory {
    let system = |name: &str, organisation: &str, number: &str, party: &str| System {
        name: name.to_owned(),
        organisation: Some(code(organisation)),
        manufacturer: None,
        certificate: CertificateMatch::CommonName(format!("{name}.example")),
        asids: vec![asid(number)],
        sends_for: Vec::new(),
        party_key: Some(party.parse().expect("a party key")),
        interactions: None,
        endpoints: vec![Endpoint {
            interaction: "*".to_owned(),
            address: format!("https://{name}.example/inbound"),
            cpa_id: "S2".to_owned(),
            reliability: Reliability::default(),
        }],
    };
    Directory::new(vec![
        system("client", "RKE", CLIENT_ASID, PARTY),
        system("authority", "301", AUTHORITY_ASID, "301-000001"),
        System {
            interactions: Some(vec!["QUPC_IN160101UK05".to_owned()]),
            ..system("lister", "RKE", "200000000009", "RKX-000001")
        },
    ])
}

fn users() -> UserDirectory {
    let user = |user: u32, activities: &[&str]| User {
        user: SdsUserId::parse(&user_id(user)).expect("an id"),
        organisation: code("RKE"),
        name: "X".to_owned(),
        role_profiles: vec![RoleProfile {
            id: RoleProfileId::parse(&format!("6660000{user:05}")).expect("an id"),
            job_role: "R0050".parse().expect("a role"),
            activities: activities.iter().map(|a| (*a).to_owned()).collect(),
            valid_from: None,
            valid_until: None,
        }],
    };
    UserDirectory::new(vec![
        user(1, &["B0107"]),
        user(2, &["B0170"]),
        user(3, &["B0107", "B0170"]),
        user(4, &["B0370"]),
    ])
    .expect("each once")
}

/// A Spine's endpoints over any store.
pub(crate) fn front(setup: Setup, store: Arc<dyn Store>, env: &Environment) -> Front {
    let (directory, own) = (directory(), own());
    let Setup { config, scenarios } = setup;
    let spine = SpineConfig {
        asid: own.asid.clone(),
        url: "https://spine.example/sync-service".to_owned(),
    };
    let sync = SyncService::new(
        spine,
        directory.clone(),
        store.clone(),
        scenarios,
        env.clone(),
    );
    let reliable = ReliableConfig {
        own: own.clone(),
        strict_versions: false,
    };
    let reliable = ReliableService::new(reliable, directory.clone(), store.clone(), env.clone());
    let express = ExpressService::new(own, directory, store, env.clone());
    Front::new()
        .sync(sync.with_cpis(config.clone(), users()))
        .reliable(
            reliable
                .with_scenarios(scenarios)
                .with_cpis(config.clone(), users()),
        )
        .express(express.with_cpis(config, users()))
}

/// A query, as a test varies it.
#[derive(Clone)]
pub(crate) struct Ask {
    /// Which message.
    pub(crate) message: u32,
    /// Which query.
    pub(crate) query: u32,
    /// Whose user; 0 for a system without one.
    pub(crate) user: u32,
    pub(crate) organisation: &'static str,
    pub(crate) patient: NhsNumber,
    pub(crate) silent: bool,
}

/// The `number`-th message and query, of this user of hospital RKE, about the usual child.
pub(crate) fn ask(number: u32, user: u32) -> Ask {
    Ask {
        message: number,
        query: number,
        user,
        organisation: "RKE",
        patient: self::number(CHILD),
        silent: false,
    }
}

pub(crate) fn message_id(number: u32) -> String {
    format!("AAAA0000-0000-4000-8000-{number:012}")
}

pub(crate) fn query_id(number: u32) -> String {
    format!("BBBB0000-0000-4000-8000-{number:012}")
}

impl Ask {
    pub(crate) fn silently(self) -> Self {
        Self {
            silent: true,
            ..self
        }
    }

    pub(crate) fn about(self, patient: &str) -> Self {
        Self {
            patient: self::number(patient),
            ..self
        }
    }

    pub(crate) fn of(self, organisation: &'static str) -> Self {
        Self {
            organisation,
            ..self
        }
    }

    pub(crate) fn query(&self) -> Query {
        let organisation = Organisation {
            code: self.organisation.to_owned(),
            site: false,
            name: "An organisation".to_owned(),
        };
        let role = JobTitle {
            code: "R0050".to_owned(),
            display_name: "Consultant".to_owned(),
        };
        let name = PersonName {
            given: vec!["Staff".to_owned()],
            family: vec!["Member".to_owned()],
            ..PersonName::default()
        };
        let author = match self.user {
            0 => Author::Device(Device {
                asid: CLIENT_ASID.to_owned(),
                responsible: vec![Responsible { role, name }],
                organisation,
            }),
            user => Author::Person(Person {
                role,
                user: user_id(user),
                role_profile: None,
                name,
                organisation,
            }),
        };
        Query {
            id: query_id(self.query),
            at: Hl7Timestamp::parse("20260701120000+0100").expect("a time"),
            author,
            patient: self.patient,
            silent: self.silent,
        }
    }

    pub(crate) fn soap(&self) -> String {
        let parts = RequestParts {
            id: &message_id(self.message),
            now: START.parse().expect("a time"),
            to: "https://spine.example/sync-service",
            from: "",
            receiver: &asid(SPINE_ASID),
            sender: &asid(CLIENT_ASID),
            author: None,
        };
        String::from_utf8(write_request(&parts, &self.query())).expect("UTF-8")
    }
}

/// A plan for the usual child, open since the start of the year.
pub(crate) fn plan(authority: &str, kind: PlanType) -> Plan {
    Plan {
        patient: number(CHILD),
        authority: Authority {
            code: code(authority),
            name: format!("Authority {authority}"),
        },
        kind,
        start: "202601010000".parse().expect("a date"),
        end: None,
        delete: None,
        contact: AuthorityContact {
            office: Some("tel:01632960001".to_owned()),
            emergency: "tel:01632960002".to_owned(),
        },
        subject: Subject {
            given: "Secretta".to_owned(),
            family: "Hidden".to_owned(),
            birth_date: date(2018, 5, 3),
            local_id: None,
        },
        file: format!("file of {authority}"),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        inactive: false,
    }
}

pub(crate) fn plan_date(text: &str) -> PlanDate {
    text.parse().expect("a date")
}

/// What came back.
pub(crate) struct Told {
    /// `REPC_IN000007GB01 2 of 1 3; 301 LAC`: the users of the history and the records;
    /// `QUQI_IN010000UK14 1 NHSNCC002`; `MCCI_IN010000UK13 202 HL7 Validation Error`;
    /// `fault 200`.
    pub(crate) line: String,
    /// What was found.
    pub(crate) answer: Option<Answer>,
    pub(crate) body: String,
    pub(crate) event: Option<AuditEvent>,
}

impl Told {
    fn of(response: &Response, event: Option<AuditEvent>) -> Self {
        let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
        let document = xml::Document::parse(body.as_bytes()).expect("well formed");
        let read = reply::read(&document).expect("an answer");
        let answer = match &read {
            Reply::Found(answer) => Some(answer.as_ref().clone()),
            _ => None,
        };
        let is_fault = matches!(read, Reply::Fault(_));
        assert_eq!(response.status, if is_fault { 500 } else { 200 });
        if !is_fault {
            validate(&document);
        }
        let told = Self {
            line: line(&read),
            answer,
            body,
            event,
        };
        told.check();
        told
    }

    /// What holds for every answer.
    fn check(&self) {
        if let Some(event) = &self.event {
            assert_eq!(event.disclosed, self.answer.is_some(), "{}", self.line);
            assert!(!event.outcome.is_empty());
        }
        if self.answer.is_none() {
            for secret in SECRETS {
                assert!(!self.body.contains(secret), "{secret}: {}", self.body);
            }
        }
    }

    /// What the audit says of why.
    pub(crate) fn decision(&self) -> &str {
        let event = self.event.as_ref().expect("an event");
        event.decision.as_deref().unwrap_or_default()
    }
}

fn line(reply: &Reply) -> String {
    match reply {
        Reply::Found(answer) => found(answer),
        Reply::NoRecord(refusal) => format!("{} {}", refusal.interaction.id(), refusal.codes()),
        Reply::Refused(refusal) => {
            let issues = refusal.issues.iter();
            let issues: Vec<String> = issues.map(|i| format!("{} {}", i.code, i.text)).collect();
            format!("{} {}", refusal.interaction.id(), issues.join("; "))
        }
        Reply::Fault(fault) => format!("fault {}", fault.errors[0].code),
    }
}

fn found(answer: &Answer) -> String {
    let history = answer.accesses.iter();
    let history: Vec<String> = history.map(|a| user_of(&a.author).to_string()).collect();
    let records = answer.records.iter().map(|record| {
        let kinds = record.plans.iter().map(|plan| plan.kind.code());
        let kinds: Vec<&str> = kinds.collect();
        format!("{} {}", record.authority.code, kinds.join(" "))
    });
    let records: Vec<String> = records.collect();
    format!("{}; {}", history.join(" "), records.join(", "))
}

/// Against the published schema, with the totals that it has.
fn validate(document: &xml::Document<'_>) {
    let mut all = document.root().descendants();
    let message = all.find(|e| Interaction::of(e.name()).is_some());
    let message = message.expect("a message");
    testkit::xsd::assert_valid_cpis(message.name(), message.source().as_bytes());
    let Some(payload) = reply::payload(message) else {
        return;
    };
    let total = |outer: &'static str| {
        let total = payload.child(xml::ns::HL7, outer).expect(outer);
        let value = total.descendants().find(|e| e.name() == "value");
        value
            .and_then(|v| v.attribute("value"))
            .expect("a value")
            .to_owned()
    };
    let count = |name: &str| {
        let all = payload.descendants();
        all.filter(|e| e.name() == name).count().to_string()
    };
    assert_eq!(
        total("pertinentInformation11"),
        count("pertinentCP-ISNHSQuery"),
        "TRAR"
    );
    assert_eq!(total("pertinentInformation12"), count("record"), "TRCR");
}

pub(crate) fn message(text: &str) -> MessageId {
    MessageId::parse(text).expect("an id")
}

/// A number out of use, of authority 301.
pub(crate) fn inactive(patient: &str, at: Timestamp) -> InactiveNotice {
    InactiveNotice {
        authority: code("301"),
        patient: number(patient),
        replaced_by: None,
        file: "file of 301".to_owned(),
        created_at: at,
        told_at: None,
    }
}
