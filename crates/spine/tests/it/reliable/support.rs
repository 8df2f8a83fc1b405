//! A Spine with its reliable endpoint, and those who post to it.

use std::sync::Arc;

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::audit::AuditEvent;
use domain::record::{DocumentPointer, DocumentState};
use domain::{JobRole, MessageId, NhsNumber, OdsCode, PartyKey, RoleProfileId, StaffId};
use ebxml::{Actor, Attachment, Form, Kind, MessageHeader, Outbound, Written};
use hl7v3::alert::AlertParts;
use hl7v3::wrapper::Author;
use mhs::Outgoing;
use sds::{Directory, Endpoint, Own, Reliability, System};
use spine::faults::FaultPlan;
use spine::{
    ExpressService, Front, IntermediaryService, ReliableConfig, ReliableService, ScenarioPack,
    SpineConfig, SyncService,
};
use store::{
    AlertFilter, Direction, MessageFilter, MessageRecord, OutboxEntry, OutboxFilter, ReceivedAlert,
    Store,
};
use transport::{CertificateMatch, Environment, Handler, Headers, Peer, Request, Response};

use crate::requests::{CLIENT_ASID, SPINE_ASID, asid, patient};
use crate::stubborn_store::StubbornStore;
use crate::world::certificate;

pub(crate) const PATH: &str = "/reliablemessaging/reliablerequest";
pub(crate) const CLIENT: &str = "RKE-000001";
pub(crate) const SPINE: &str = "YES-0000806";
pub(crate) const CPA: &str = "S2001924A2012004";
pub(crate) const FIRST: &str = "5BB171D4-53B2-4986-90CF-428BE6D157F5";
pub(crate) const SECOND: &str = "6CC171D4-53B2-4986-90CF-428BE6D157F5";
pub(crate) const ALERTS: &str = "urn:nhs:names:services:alerts";
pub(crate) const ALERT: &str = "COMT_IN000001UK01";

pub(crate) fn party(text: &str) -> PartyKey {
    PartyKey::parse(text).expect("a party key")
}

pub(crate) fn id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a message id")
}

pub(crate) struct World {
    pub(crate) store: Arc<StubbornStore>,
    pub(crate) env: Environment,
    pub(crate) front: Arc<Front>,
}

/// What may differ between Spines.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) agreements: Option<Vec<String>>,
    pub(crate) strict_versions: bool,
    pub(crate) scenarios: Option<ScenarioPack>,
    pub(crate) faults: Option<FaultPlan>,
}

/// Where the client takes answers.
pub(crate) const INBOX: &str = "https://client.example:4848/inbound";

/// The agreement for answers to the client.
pub(crate) const REPLY_CPA: &str = "S2030777A2138431";

pub(crate) fn own(agreements: Option<Vec<String>>) -> Own {
    Own {
        organisation: OdsCode::parse("YES").expect("an ODS code"),
        asid: asid(SPINE_ASID),
        party_key: party(SPINE),
        url: "https://spine.example".to_owned(),
        cpa_id: CPA.to_owned(),
        agreements,
    }
}

/// A client that takes answers, one without a party key, one with another ASID, and one that may
/// only list documents.
pub(crate) fn directory() -> Directory {
    let system = |name: &str, party_key| System {
        name: name.to_owned(),
        organisation: None,
        manufacturer: None,
        certificate: CertificateMatch::CommonName(format!("{name}.example")),
        asids: vec![asid(CLIENT_ASID)],
        sends_for: Vec::new(),
        party_key,
        interactions: None,
        endpoints: Vec::new(),
    };
    Directory::new(vec![
        System {
            endpoints: vec![Endpoint {
                interaction: "*".to_owned(),
                address: INBOX.to_owned(),
                cpa_id: REPLY_CPA.to_owned(),
                reliability: Reliability {
                    retries: 2,
                    retry_interval: jiff::SignedDuration::from_mins(1),
                    persist_duration: jiff::SignedDuration::from_mins(5),
                },
            }],
            ..system("client", Some(party(CLIENT)))
        },
        system("soap", None),
        System {
            asids: vec![asid("200000000001")],
            ..system("other", Some(party(CLIENT)))
        },
        System {
            interactions: Some(vec!["QUPC_IN160101UK05".to_owned()]),
            ..system("lister", Some(party(CLIENT)))
        },
    ])
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn knowing(agreements: Option<Vec<String>>) -> Self {
        Self::with(Setup {
            agreements,
            ..Setup::default()
        })
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let store = Arc::new(StubbornStore::default());
        let env = Environment::simulated("2026-11-21T09:30:00Z".parse().expect("a time"), 7);
        Self {
            front: Arc::new(front(setup, store.clone(), &env)),
            store,
            env,
        }
    }

    /// Every answer that waits to be sent, the oldest first.
    pub(crate) async fn answers(&self) -> Vec<Answered> {
        let filter = OutboxFilter {
            lane: Some("spine".to_owned()),
            due: None,
            limit: 10_000,
            ..OutboxFilter::default()
        };
        let entries = self.store.inner.outbox(filter).await.expect("the outbox");
        let mut answers: Vec<_> = entries.into_iter().map(Answered::of).collect();
        answers.sort_by_key(|answer| answer.entry.queued_at);
        answers
    }

    /// The messages that came, or that went, the oldest first.
    pub(crate) async fn messages(&self, direction: Direction) -> Vec<MessageRecord> {
        let filter = MessageFilter {
            owner: Some("spine".to_owned()),
            direction: Some(direction),
            limit: 10_000,
            ..MessageFilter::default()
        };
        let mut found = self.store.inner.messages(filter).await.expect("messages");
        found.reverse();
        found
    }

    /// The usual patient's documents, the newest first, as `ID state by ID`.
    pub(crate) async fn versions(&self) -> Vec<String> {
        let record = self.store.inner.patient_record(patient(), None).await;
        let short = |id: &domain::DocumentId| {
            let number = id.as_str().rsplit('-').next().unwrap_or_default();
            number.trim_start_matches('0').to_owned()
        };
        let line = |document: DocumentPointer| {
            let by = match document.state {
                DocumentState::Withdrawn => document.withdrawn_by,
                _ => document.replaced_by,
            };
            let by = by.map(|by| format!(" by {}", short(&by)));
            let state = document.state.display_name();
            format!(
                "{} {state}{}",
                short(&document.header.id),
                by.unwrap_or_default()
            )
        };
        record
            .expect("a record")
            .documents
            .into_iter()
            .map(line)
            .collect()
    }

    pub(crate) async fn send(&self, post: &Post) -> Response {
        self.front.handle(post.request()).await
    }

    pub(crate) async fn alerts(&self) -> Vec<ReceivedAlert> {
        let filter = AlertFilter {
            limit: 100,
            ..AlertFilter::default()
        };
        self.store.inner.alerts(filter).await.expect("alerts")
    }

    pub(crate) async fn events(&self) -> Vec<AuditEvent> {
        let records = self.store.audit_records(0, 1000).await.expect("the audit");
        records.into_iter().map(|record| record.event).collect()
    }
}

/// A Spine's endpoints over any store.
pub(crate) fn front(setup: Setup, store: Arc<dyn Store>, env: &Environment) -> Front {
    let (directory, own) = (directory(), own(setup.agreements));
    let config = SpineConfig {
        asid: own.asid.clone(),
        url: "https://spine.example/sync-service".to_owned(),
    };
    let sync = SyncService::new(config, directory.clone(), store.clone(), None, env.clone());
    let config = ReliableConfig {
        own: own.clone(),
        strict_versions: setup.strict_versions,
    };
    let (scenarios, faults) = (setup.scenarios, setup.faults);
    let reliable = ReliableService::new(config, directory.clone(), store.clone(), env.clone())
        .with_scenarios(scenarios)
        .with_faults(faults.clone());
    let express = ExpressService::new(own.clone(), directory.clone(), store.clone(), env.clone())
        .with_scenarios(scenarios)
        .with_faults(faults);
    let signals = IntermediaryService::new(own, directory, store, env.clone());
    Front::new()
        .sync(sync)
        .reliable(reliable)
        .express(express)
        .intermediary(signals)
}

/// An answer in the outbox.
pub(crate) struct Answered {
    pub(crate) entry: OutboxEntry,
    pub(crate) outgoing: Outgoing,
}

impl Answered {
    pub(crate) fn of(entry: OutboxEntry) -> Self {
        let outgoing: Outgoing = serde_json::from_slice(&entry.payload).expect("a message");
        assert_eq!(outgoing.message.as_str(), entry.id);
        Self { entry, outgoing }
    }

    /// `MCCI_IN010000UK13 AE 410 30142`. Everything in it is as the schema has it.
    pub(crate) fn line(&self) -> String {
        let name = &self.outgoing.interaction;
        let schema = format!("schemas/spine-mim/TightenedSchemas/{name}.xsd");
        testkit::xsd::assert_valid(&schema, self.outgoing.payload.as_bytes());
        self.codes()
    }

    /// The same, without a look at the schema, which takes a while.
    pub(crate) fn codes(&self) -> String {
        let bytes = self.outgoing.payload.as_bytes();
        let document = xml::Document::parse(bytes).expect("well formed");
        let message = document.root();
        assert_eq!(message.name(), self.outgoing.interaction);
        let id = message
            .child(xml::ns::HL7, "id")
            .and_then(|id| id.attribute("root"));
        assert_eq!(id, Some(self.outgoing.message.as_str()), "both ids are one");
        let ack = message.child(xml::ns::HL7, "acknowledgement");
        let kind = ack.and_then(|ack| ack.attribute("typeCode"));
        let mut words = vec![message.name().to_owned(), kind.unwrap_or("?").to_owned()];
        let issues = hl7v3::issue::read_issues(message);
        words.extend(issues.into_iter().map(|issue| issue.code));
        words.join(" ")
    }
}

/// A request over HTTP.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) content_type: String,
    pub(crate) soap_action: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) from: &'static str,
}

impl From<Written> for Post {
    fn from(written: Written) -> Self {
        Self {
            method: "POST",
            path: PATH,
            content_type: written.content_type,
            soap_action: Some(written.soap_action),
            body: written.body,
            from: "client.example",
        }
    }
}

impl Post {
    pub(crate) fn request(&self) -> Request {
        let mut headers = Headers::default();
        assert!(headers.add("Content-Type", &self.content_type));
        if let Some(action) = &self.soap_action {
            assert!(headers.add("SOAPAction", action));
        }
        Request {
            method: self.method.to_owned(),
            path: self.path.to_owned(),
            query: String::new(),
            headers,
            body: self.body.clone().into(),
            peer: Peer::local(Some(certificate(self.from))),
        }
    }

    /// With something in its body replaced, once.
    pub(crate) fn with(&self, from: &str, to: &str) -> Self {
        let body = String::from_utf8(self.body.clone()).expect("text");
        assert!(body.contains(from), "{from}");
        Self {
            body: body.replacen(from, to, 1).into_bytes(),
            ..self.clone()
        }
    }
}

pub(crate) fn alert(n: u32) -> PrivacyAlert {
    PrivacyAlert {
        id: id(&format!("A1E27000-0000-4000-8000-{n:012}")),
        kind: AlertType::Access,
        reason: AlertReason::Emergency,
        at: "2026-11-21T09:29:00Z".parse().expect("an instant"),
        patient: NhsNumber::parse("9990000018").expect("an NHS number"),
        user: StaffId::parse("123456789012").expect("a user"),
        user_name: "Dr Ann Example".to_owned(),
        role_profile: RoleProfileId::parse("210987654321").ok(),
        job_role: JobRole::parse("R8000").expect("a job role"),
        organisation: OdsCode::parse("RKE").expect("an ODS code"),
        organisation_name: "Example Hospital".to_owned(),
        system: "client".to_owned(),
        asid: asid(CLIENT_ASID),
        words: Some("unconscious".to_owned()),
        notification: None,
    }
}

/// The HL7 message of an alert.
pub(crate) fn hl7(n: u32) -> String {
    let alert = alert(n);
    let bytes = hl7v3::alert::write(
        &AlertParts {
            id: FIRST,
            now: alert.at,
            receiver: &asid(SPINE_ASID),
            sender: &asid(CLIENT_ASID),
            author: &Author {
                role_profile: alert.role_profile.clone().expect("it has one"),
                user: alert.user.sds().expect("it is one"),
                job_role: alert.job_role.clone(),
            },
        },
        &alert,
    );
    String::from_utf8(bytes).expect("text")
}

pub(crate) fn header(message: &str) -> MessageHeader {
    MessageHeader {
        from_party: party(CLIENT),
        to_party: party(SPINE),
        cpa_id: CPA.to_owned(),
        conversation: "C1".to_owned(),
        service: ALERTS.to_owned(),
        action: ALERT.to_owned(),
        message_id: id(message),
        timestamp: "2026-11-21T09:29:30Z".parse().expect("an instant"),
        ref_to: None,
        duplicate_elimination: true,
        ack_requested: Some(Actor::ToParty),
        sync_reply: true,
    }
}

pub(crate) fn written(
    header: &MessageHeader,
    payload: &str,
    attachments: &[Attachment<'_>],
) -> Post {
    ebxml::write(&Outbound {
        header,
        form: Form::Client,
        payload: payload.as_bytes(),
        attachments,
        external: &[],
    })
    .expect("written")
    .into()
}

pub(crate) fn post(message: &str, n: u32) -> Post {
    written(&header(message), &hl7(n), &[])
}

/// One line of an answer: `202 acknowledgment of ID`, `200 error Code: words`,
/// `500 fault 201: words (place)`.
pub(crate) fn line(response: &Response) -> String {
    assert_eq!(response.header("content-type"), Some("text/xml"));
    let status = response.status;
    let document = xml::Document::parse(&response.body).expect("well formed");
    if let Some(fault) = hl7v3::SoapFault::read(&document) {
        let error = fault.errors.first().expect("an error");
        return format!(
            "{status} fault {}: {} ({})",
            error.code, error.description, error.location
        );
    }
    let signal = ebxml::read("text/xml", &response.body).expect("a signal");
    assert_eq!(signal.header.from_party, party(SPINE));
    let action = format!(
        "urn:urn:oasis:names:tc:ebxml-msg:service/{}",
        signal.header.action
    );
    assert_eq!(response.header("SOAPAction"), Some(action.as_str()));
    match signal.kind {
        Kind::Acknowledgment(acknowledgment) => {
            assert_eq!(signal.header.conversation, "C1");
            assert_eq!(signal.header.ref_to.as_ref(), Some(&acknowledgment.ref_to));
            assert_eq!(acknowledgment.from, Some(party(SPINE)));
            format!("{status} acknowledgment of {}", acknowledgment.ref_to)
        }
        Kind::Errors(errors) => {
            let [error] = errors.as_slice() else {
                panic!("one error: {errors:?}");
            };
            format!(
                "{status} error {}: {}",
                error.code.name(),
                error.description
            )
        }
        Kind::Business => panic!("a signal: {signal:?}"),
    }
}
