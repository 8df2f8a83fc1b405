//! A Spine with its reliable endpoint, and those who post to it.

use std::sync::Arc;

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::audit::AuditEvent;
use domain::{JobRole, MessageId, NhsNumber, OdsCode, PartyKey, RoleProfileId, SdsUserId};
use ebxml::{Actor, Attachment, Form, Kind, MessageHeader, Outbound, Written};
use hl7v3::alert::AlertParts;
use hl7v3::wrapper::Author;
use spine::{Directory, Front, ReliableConfig, ReliableService, SpineConfig, SyncService, System};
use store::{AlertFilter, ReceivedAlert, Store};
use transport::{CertificateMatch, Environment, Handler, Headers, Peer, Request, Response};

use crate::requests::{CLIENT_ASID, SPINE_ASID, asid};
use crate::stubborn_store::StubbornStore;
use crate::world::certificate;

pub(super) const PATH: &str = "/reliablemessaging/reliablerequest";
pub(super) const CLIENT: &str = "RKE-000001";
pub(super) const SPINE: &str = "YES-0000806";
pub(super) const CPA: &str = "S2001924A2012004";
pub(super) const FIRST: &str = "5BB171D4-53B2-4986-90CF-428BE6D157F5";
pub(super) const SECOND: &str = "6CC171D4-53B2-4986-90CF-428BE6D157F5";
pub(super) const ALERTS: &str = "urn:nhs:names:services:alerts";
pub(super) const ALERT: &str = "COMT_IN000001UK01";

pub(super) fn party(text: &str) -> PartyKey {
    PartyKey::parse(text).expect("a party key")
}

pub(super) fn id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a message id")
}

pub(super) struct World {
    pub(super) store: Arc<StubbornStore>,
    pub(super) env: Environment,
    pub(super) front: Arc<Front>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::knowing(None)
    }

    pub(super) fn knowing(agreements: Option<Vec<String>>) -> Self {
        let store = Arc::new(StubbornStore::default());
        let env = Environment::simulated("2026-11-21T09:30:00Z".parse().expect("a time"), 7);
        let system = |name: &str, party_key| System {
            name: name.to_owned(),
            certificate: CertificateMatch::CommonName(format!("{name}.example")),
            asids: vec![asid(CLIENT_ASID)],
            party_key,
            interactions: None,
        };
        let directory = Directory::new(vec![
            system("client", Some(party(CLIENT))),
            system("soap", None),
            System {
                asids: vec![asid("200000000001")],
                ..system("other", Some(party(CLIENT)))
            },
            System {
                interactions: Some(vec!["QUPC_IN160101UK05".to_owned()]),
                ..system("lister", Some(party(CLIENT)))
            },
        ]);
        let sync = SyncService::new(
            SpineConfig {
                asid: asid(SPINE_ASID),
                url: "https://spine.example/sync-service".to_owned(),
            },
            directory.clone(),
            store.clone(),
            None,
            env.clone(),
        );
        let config = ReliableConfig {
            asid: asid(SPINE_ASID),
            party_key: party(SPINE),
            agreements,
        };
        let reliable = ReliableService::new(config, directory, store.clone(), env.clone());
        Self {
            store,
            env,
            front: Arc::new(Front::new(sync, reliable)),
        }
    }

    pub(super) async fn send(&self, post: &Post) -> Response {
        self.front.handle(post.request()).await
    }

    pub(super) async fn alerts(&self) -> Vec<ReceivedAlert> {
        let filter = AlertFilter {
            limit: 100,
            ..AlertFilter::default()
        };
        self.store.inner.alerts(filter).await.expect("alerts")
    }

    pub(super) async fn events(&self) -> Vec<AuditEvent> {
        let records = self.store.audit_records(0, 1000).await.expect("the audit");
        records.into_iter().map(|record| record.event).collect()
    }
}

/// A request over HTTP.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) content_type: String,
    pub(super) soap_action: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) from: &'static str,
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
    pub(super) fn request(&self) -> Request {
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
    pub(super) fn with(&self, from: &str, to: &str) -> Self {
        let body = String::from_utf8(self.body.clone()).expect("text");
        assert!(body.contains(from), "{from}");
        Self {
            body: body.replacen(from, to, 1).into_bytes(),
            ..self.clone()
        }
    }
}

pub(super) fn alert(n: u32) -> PrivacyAlert {
    PrivacyAlert {
        id: id(&format!("A1E27000-0000-4000-8000-{n:012}")),
        kind: AlertType::Access,
        reason: AlertReason::Emergency,
        at: "2026-11-21T09:29:00Z".parse().expect("an instant"),
        patient: NhsNumber::parse("9990000018").expect("an NHS number"),
        user: SdsUserId::parse("123456789012").expect("a user"),
        user_name: "Dr Ann Example".to_owned(),
        role_profile: RoleProfileId::parse("210987654321").expect("a role profile"),
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
pub(super) fn hl7(n: u32) -> String {
    let alert = alert(n);
    let bytes = hl7v3::alert::write(
        &AlertParts {
            id: FIRST,
            now: alert.at,
            receiver: &asid(SPINE_ASID),
            sender: &asid(CLIENT_ASID),
            author: &Author {
                role_profile: alert.role_profile.clone(),
                user: alert.user.clone(),
                job_role: alert.job_role.clone(),
            },
        },
        &alert,
    );
    String::from_utf8(bytes).expect("text")
}

pub(super) fn header(message: &str) -> MessageHeader {
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

pub(super) fn written(
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

pub(super) fn post(message: &str, n: u32) -> Post {
    written(&header(message), &hl7(n), &[])
}

/// One line of an answer: `202 acknowledgment of ID`, `200 error Code: words`,
/// `500 fault 201: words (place)`.
pub(super) fn line(response: &Response) -> String {
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
