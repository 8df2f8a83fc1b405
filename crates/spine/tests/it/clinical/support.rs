//! A Spine with its `/clinical`, and those who send to it.

use std::sync::Arc;

use domain::audit::AuditEvent;
use domain::{Consent, DocumentId, Hl7Timestamp, JobRole, MessageId, PartyKey};
use ebxml::{Actor, Form, MessageHeader, Outbound};
use hl7v3::withdrawal::Withdrawal;
use hl7v3::wrapper::Outgoing;
use hl7v3::{Interaction, SoapFault};
use jiff::SignedDuration;
use sds::{Directory, Own, System};
use spine::clinical::{ClinicalConfig, ClinicalService};
use spine::faults::FaultPlan;
use spine::{Front, ScenarioPack};
use store::{
    AlertFilter, Commit, ConsentChange, MessageFilter, MessageRecord, ReceivedAlert, Store,
};
use transport::{CertificateMatch, Environment, Handler, Headers, Peer, Request, Response};

use crate::requests::{CLIENT_ASID, SPINE_ASID, asid, author, patient};
use crate::stubborn_store::StubbornStore;
use crate::summaries::{cut_out, document_id, summary};
use crate::world::certificate;

pub(super) const CLIENT: &str = "TESTGEN-201324";
pub(super) const SPINE: &str = "YEA-0000806";
pub(super) const CPA: &str = "S1001A1630";
pub(super) const FIRST: &str = "94C77A1C-9249-4C40-B1FD-5A323F201F67";
pub(super) const SECOND: &str = "A5C77A1C-9249-4C40-B1FD-5A323F201F67";
pub(super) const RESULT: &str = "/clinical/94C77A1C-9249-4C40-B1FD-5A323F201F67";
const PSIS: &str = "urn:nhs:names:services:psis";

pub(super) fn id(text: &str) -> MessageId {
    MessageId::parse(text).expect("an id")
}

pub(super) fn party(text: &str) -> PartyKey {
    PartyKey::parse(text).expect("a party key")
}

pub(super) struct Clinic {
    pub(super) store: Arc<StubbornStore>,
    pub(super) env: Environment,
    ready_after: SignedDuration,
    front: Front,
}

fn directory() -> Directory {
    let system = |name: &str, asids: &str, party_key: Option<&str>| System {
        name: name.to_owned(),
        organisation: None,
        manufacturer: None,
        certificate: CertificateMatch::CommonName(format!("{name}.example")),
        asids: vec![asid(asids)],
        sends_for: Vec::new(),
        party_key: party_key.map(party),
        interactions: None,
        endpoints: Vec::new(),
    };
    Directory::new(vec![
        system("client", CLIENT_ASID, Some(CLIENT)),
        system("soap", "200000000002", None),
        system("other", "200000000001", Some("RKE-000001")),
        System {
            interactions: Some(vec!["QUPC_IN160101UK05".to_owned()]),
            ..system("lister", "200000000003", Some("RKE-000002"))
        },
    ])
}

impl Clinic {
    pub(super) fn new() -> Self {
        Self::ready_after(SignedDuration::ZERO)
    }

    pub(super) fn ready_after(time: SignedDuration) -> Self {
        let start = "2024-07-01T12:00:01Z".parse().expect("a time");
        let env = Environment::simulated(start, 7);
        Self::over(Arc::default(), env, time)
    }

    /// Another process over the same store.
    pub(super) fn restarted(&self) -> Self {
        let env = Environment::simulated(self.env.now(), 8);
        Self::over(self.store.clone(), env, self.ready_after)
    }

    fn over(store: Arc<StubbornStore>, env: Environment, ready_after: SignedDuration) -> Self {
        let config = ClinicalConfig {
            own: Own {
                organisation: domain::OdsCode::parse("YEA").expect("an ODS code"),
                asid: asid(SPINE_ASID),
                party_key: party(SPINE),
                url: "https://spine.example".to_owned(),
                cpa_id: CPA.to_owned(),
                agreements: Some(vec![CPA.to_owned()]),
            },
            strict_versions: false,
            ready_after,
        };
        let known = |profile: &domain::RoleProfileId| {
            let role = JobRole::parse("S0080:G0450:R5080").ok();
            role.filter(|_| *profile == author().role_profile)
        };
        let service = ClinicalService::new(config, directory(), store.clone(), env.clone())
            .with_scenarios(Some(ScenarioPack::published()))
            .with_faults(Some(FaultPlan::new(7, Vec::new())))
            .with_job_roles(Arc::new(known));
        Self {
            store,
            env,
            ready_after,
            front: Front::new().clinical(service),
        }
    }

    pub(super) async fn send(&self, call: &Call) -> Response {
        self.front.handle(call.request()).await
    }

    pub(super) async fn fetch(&self, path: &str) -> Response {
        self.send(&fetch(path)).await
    }

    /// One line of what a fetch gives: `200 MCCI_IN010000UK13 AE 410 30142`. Looks at everything
    /// that holds for every result.
    pub(super) async fn result(&self, path: &str) -> String {
        let response = self.fetch(path).await;
        let content_type = response.header("content-type").unwrap_or_default();
        let message = ebxml::read(content_type, &response.body).expect("ebXML");
        let header = &message.header;
        assert_eq!(header.from_party, party(SPINE));
        assert_eq!(header.to_party, party(CLIENT));
        assert_eq!(header.cpa_id, CPA);
        assert_eq!(header.service, PSIS);
        let asked = path.strip_prefix("/clinical/").expect("a result");
        assert_eq!(header.ref_to, Some(id(asked)));
        assert_eq!(header.conversation, format!("C-{asked}"));
        let payload = message.payload_bytes().expect("a payload");
        let document = xml::Document::parse(&payload).expect("well formed");
        let root = document.root();
        assert_eq!(root.name(), header.action);
        let schema = format!("schemas/spine-mim/TightenedSchemas/{}.xsd", root.name());
        testkit::xsd::assert_valid(&schema, root.slice().bytes.as_bytes());
        let own = root
            .child(xml::ns::HL7, "id")
            .and_then(|id| id.attribute("root"));
        assert_eq!(own, Some(header.message_id.as_str()));
        let ack = root.child(xml::ns::HL7, "acknowledgement").expect("one");
        let refers = ack.path(xml::ns::HL7, &["messageRef", "id"]);
        assert_eq!(refers.and_then(|id| id.attribute("root")), Some(asked));
        let mut words = vec![response.status.to_string(), root.name().to_owned()];
        words.extend(ack.attribute("typeCode").map(str::to_owned));
        let issues = hl7v3::issue::read_issues(root).into_iter();
        words.extend(issues.map(|issue| issue.code));
        words.join(" ")
    }

    /// One line of any other answer: `500 fault 200: words`, `404`.
    pub(super) async fn line(&self, call: &Call) -> String {
        let response = self.send(call).await;
        let parsed = xml::Document::parse(&response.body).ok();
        match parsed.as_ref().and_then(SoapFault::read) {
            Some(fault) => {
                assert_eq!(response.header("content-type"), Some("text/xml"));
                let error = fault.errors.first().expect("an error");
                format!(
                    "{} fault {}: {}",
                    response.status, error.code, error.description
                )
            }
            None => response.status.to_string(),
        }
    }

    pub(super) async fn events(&self) -> Vec<AuditEvent> {
        let records = self.store.audit_records(0, 1000).await.expect("the audit");
        records.into_iter().map(|record| record.event).collect()
    }

    pub(super) async fn messages(&self) -> Vec<MessageRecord> {
        let filter = MessageFilter {
            owner: Some("spine".to_owned()),
            limit: 100,
            ..MessageFilter::default()
        };
        self.store.messages(filter).await.expect("messages")
    }

    pub(super) async fn alerts(&self) -> Vec<ReceivedAlert> {
        let filter = AlertFilter {
            limit: 100,
            ..AlertFilter::default()
        };
        self.store.inner.alerts(filter).await.expect("alerts")
    }

    pub(super) async fn set_consent(&self, consent: Consent) {
        let change = ConsentChange {
            patient: patient(),
            consent,
            at: self.env.now(),
            message: id("consent"),
            author: None,
        };
        let commit = Commit {
            consents: vec![change],
            ..Commit::default()
        };
        self.store.commit(commit).await.expect("written");
    }

    pub(super) async fn has_document(&self, document: &str) -> bool {
        let wanted = DocumentId::parse(document).expect("an id");
        let record = self.store.patient_record(patient(), Some(wanted)).await;
        record.expect("a record").document.is_some()
    }
}

/// A request over HTTP.
#[derive(Clone)]
pub(super) struct Call {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    from: &'static str,
}

pub(super) fn fetch(path: &str) -> Call {
    Call {
        method: "GET",
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        from: "client.example",
    }
}

/// A post of anything, as of this type.
pub(super) fn post(path: &str, content_type: &str, body: Vec<u8>) -> Call {
    let call = Call {
        method: "POST",
        body,
        ..fetch(path)
    };
    call.header("Content-Type", content_type)
}

/// The `n`-th document of the usual patient, uploaded as the SCR FHIR API does it.
pub(super) fn upload(message: &str, n: u32) -> Call {
    upload_of(&header(message), &hl7(message, n))
}

pub(super) fn header(message: &str) -> MessageHeader {
    MessageHeader {
        from_party: party(CLIENT),
        to_party: party(SPINE),
        cpa_id: CPA.to_owned(),
        conversation: format!("C-{message}"),
        service: PSIS.to_owned(),
        action: "REPC_IN150016SM05".to_owned(),
        message_id: id(message),
        timestamp: "2024-07-01T12:00:00Z".parse().expect("an instant"),
        ref_to: None,
        duplicate_elimination: true,
        ack_requested: Some(Actor::ToParty),
        sync_reply: true,
    }
}

pub(super) fn hl7(message: &str, n: u32) -> String {
    hl7_of(message, &summary(&document_id(n), "20240601"))
}

/// The HL7 message that uploads a GP Summary.
pub(super) fn hl7_of(message: &str, summary: &str) -> String {
    let (_, document) = cut_out(summary);
    let out = Outgoing {
        id: message,
        now: "2024-07-01T12:00:00Z".parse().expect("an instant"),
        receiver: &asid(SPINE_ASID),
        sender: &asid(CLIENT_ASID),
    };
    let interaction = Interaction::SummarySm;
    let bytes = hl7v3::upload::write(interaction, &out, Some(&author()), &document);
    String::from_utf8(bytes).expect("text")
}

/// The withdrawal of a document of the usual patient.
pub(super) fn withdrawal(message: &str, document: &str) -> Call {
    let out = Outgoing {
        id: message,
        now: "2024-07-01T12:00:00Z".parse().expect("an instant"),
        receiver: &asid(SPINE_ASID),
        sender: &asid(CLIENT_ASID),
    };
    let withdrawal = Withdrawal {
        id: crate::requests::id(&document_id(900)),
        effective: Hl7Timestamp::parse("20240701130000").expect("a time"),
        patient: patient(),
        user: author().user,
        role_profile: author().role_profile,
        reason: "01".to_owned(),
        words: None,
        target: Some(crate::requests::id(document)),
    };
    let interaction = Interaction::WithdrawSummary;
    let bytes = hl7v3::withdrawal::write(interaction, &out, &author(), &withdrawal);
    let header = MessageHeader {
        action: interaction.id().to_owned(),
        ..header(message)
    };
    upload_of(&header, &String::from_utf8(bytes).expect("text"))
}

pub(super) fn upload_of(header: &MessageHeader, payload: &str) -> Call {
    let written = ebxml::write(&Outbound {
        header,
        form: Form::Client,
        payload: payload.as_bytes(),
        attachments: &[],
        external: &[],
    });
    let written = written.expect("written");
    post("/clinical", &written.content_type, written.body)
        .header("SOAPAction", &written.soap_action)
}

impl Call {
    pub(super) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(super) fn from(mut self, common_name: &'static str) -> Self {
        self.from = common_name;
        self
    }

    /// With this header, instead of any of that name.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// With something in its body replaced, once.
    pub(super) fn with(mut self, from: &str, to: &str) -> Self {
        let body = String::from_utf8(self.body).expect("text");
        assert!(body.contains(from), "{from}");
        self.body = body.replacen(from, to, 1).into_bytes();
        self
    }

    fn request(&self) -> Request {
        let mut headers = Headers::default();
        for (name, value) in &self.headers {
            assert!(headers.add(name, value), "{name}");
        }
        Request {
            method: self.method.to_owned(),
            path: self.path.clone(),
            query: String::new(),
            headers,
            body: self.body.clone().into(),
            peer: Peer::local(Some(certificate(self.from))),
        }
    }
}
